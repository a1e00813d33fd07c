/* SPDX-License-Identifier: MIT */
/* The system's devices, on miniaudio's null one: real threads and real time,
 * but nothing is said of how long it takes.
 */
#include "audio/port.h"
#include "client/fakes.h"

#include <time.h>

enum { TICK = WZP_AUDIO_TICK_SAMPLES, LIMIT = 60 * 1000 };

typedef struct fixture {
    fake_mem m;
    wzp_mem mem;
    wzp_audio_port port;
    wzp_audio_device *device;
    wzp_audio_io io;
} fixture;

static wzp_err open_device(fixture *f, const char *backend, const char *output,
                           const char *input)
{
    wzp_audio_device_config cfg;
    wzp_audio_device_config_default(&cfg);
    cfg.mem = f->mem;
    cfg.backend = backend;
    cfg.output = output;
    cfg.input = input;
    const wzp_err e = wzp_audio_device_new(&f->device, &cfg);
    if (e == WZP_OK) {
        f->io = wzp_audio_device_table(f->device);
    }
    return e;
}

static void setup(fixture *f)
{
    memset(f, 0, sizeof *f);
    f->mem = fake_mem_table(&f->m);
    ASSERT_OK(wzp__audio_port_init(&f->port, &f->mem));
}

static void teardown(fixture *f)
{
    wzp_audio_device_free(f->device);
    wzp__audio_port_deinit(&f->port, &f->mem);
    assert_int_equal(f->m.held, 0);
}

static void pause_ms(void)
{
    const struct timespec ms = {.tv_nsec = 1000000};
    nanosleep(&ms, NULL);
}

static wzp_audio_note await_note(fixture *f)
{
    wzp_audio_note note;
    for (int i = 0; i < LIMIT; i++) {
        if (f->io.poll(f->io.user, &note)) {
            return note;
        }
        pause_ms();
    }
    fail_msg("nothing was told");
    return note;
}

/* Samples captured and played, at least so many of each; returns the sum of
 * those captured. */
static void await_samples(fixture *f, size_t n)
{
    size_t in = 0;
    size_t out = 0;
    for (int i = 0; i < LIMIT && (in < n || out < n); i++) {
        int16_t pcm[TICK];
        in += wzp__ring_read(&f->port.capture, pcm, TICK);
        out += wzp__ring_read(&f->port.played, pcm, TICK);
        pause_ms();
    }
    assert_true(in >= n);
    assert_true(out >= n);
}

WZP_TEST(device_plays_and_records_on_the_null_backend)
{
    fixture f;
    setup(&f);
    ASSERT_OK(open_device(&f, "null", NULL, NULL));

    ASSERT_OK(f.io.start(f.io.user, &f.port));
    const wzp_audio_note note = await_note(&f);
    assert_int_equal(note.what, WZP_AUDIO_STARTED);
    assert_true(strlen(note.input) > 0 && strlen(note.output) > 0);
    await_samples(&f, 10 * TICK);

    f.io.stop(f.io.user);
    teardown(&f);
}

WZP_TEST(device_touches_nothing_after_stop)
{
    fixture f;
    setup(&f);
    ASSERT_OK(open_device(&f, "null", NULL, NULL));
    ASSERT_OK(f.io.start(f.io.user, &f.port));
    await_samples(&f, 2 * TICK);

    f.io.stop(f.io.user);
    wzp__audio_port_forget(&f.port);
    const size_t written = atomic_load(&f.port.played.written);
    for (int i = 0; i < 100; i++) {
        pause_ms();
    }

    assert_int_equal(wzp__ring_level(&f.port.capture), 0);
    assert_int_equal(atomic_load(&f.port.played.written), written);
    teardown(&f);
}

WZP_TEST(device_can_be_started_again)
{
    fixture f;
    setup(&f);
    ASSERT_OK(open_device(&f, "null", NULL, NULL));

    for (int i = 0; i < 3; i++) {
        ASSERT_OK(f.io.start(f.io.user, &f.port));
        await_samples(&f, TICK);
        f.io.stop(f.io.user);
    }

    teardown(&f);
}

WZP_TEST(device_without_an_input_only_plays)
{
    fixture f;
    setup(&f);
    ASSERT_OK(open_device(&f, "null", NULL, ""));
    ASSERT_OK(f.io.start(f.io.user, &f.port));

    const wzp_audio_note note = await_note(&f);
    assert_int_equal(note.what, WZP_AUDIO_STARTED);
    assert_string_equal(note.input, "");
    size_t out = 0;
    for (int i = 0; i < LIMIT && out < 4 * TICK; i++) {
        int16_t pcm[TICK];
        out += wzp__ring_read(&f.port.played, pcm, TICK);
        pause_ms();
    }

    assert_true(out >= 4 * TICK);
    assert_int_equal(wzp__ring_level(&f.port.capture), 0);
    f.io.stop(f.io.user);
    teardown(&f);
}

WZP_TEST(device_of_a_sound_system_that_is_not_there_says_so)
{
    fixture f;
    setup(&f);
    ASSERT_OK(open_device(&f, "gramophone", NULL, NULL));

    ASSERT_OK(f.io.start(f.io.user, &f.port));
    const wzp_audio_note note = await_note(&f);

    assert_int_equal(note.what, WZP_AUDIO_FAILED);
    assert_int_equal(note.why, WZP_ERR_NOT_FOUND);
    f.io.stop(f.io.user);
    teardown(&f);
}

static void count_wakes(void *user)
{
    atomic_fetch_add((_Atomic int *)user, 1);
}

WZP_TEST(device_wakes_whoever_waits_for_its_samples)
{
    fixture f;
    setup(&f);
    static _Atomic int woken;
    atomic_store(&woken, 0);
    f.port.wake = count_wakes;
    f.port.wake_user = &woken;
    ASSERT_OK(open_device(&f, "null", NULL, NULL));
    ASSERT_OK(f.io.start(f.io.user, &f.port));

    await_samples(&f, 4 * TICK);

    f.io.stop(f.io.user);
    const int at_stop = atomic_load(&woken);
    assert_true(at_stop >= 4);
    teardown(&f);
    assert_int_equal(atomic_load(&woken), at_stop);
}

WZP_TEST(device_refuses_names_longer_than_any)
{
    fixture f;
    setup(&f);
    char name[WZP_DEVICE_NAME_MAX + 1];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';

    assert_int_equal(open_device(&f, NULL, name, NULL), WZP_ERR_NAME);
    assert_int_equal(open_device(&f, name, NULL, NULL), WZP_ERR_NAME);

    assert_null(f.device);
    teardown(&f);
}

WZP_TEST(device_new_leaves_nothing_behind_at_the_nth_allocation)
{
    fixture f;
    setup(&f);
    const size_t held = f.m.held;
    wzp_err e = WZP_ERR_NOMEM;
    for (size_t n = 1; e != WZP_OK; n++) {
        f.m.fail_at = f.m.calls + n;
        e = open_device(&f, "null", NULL, NULL);
        f.m.fail_at = 0;
        assert_true(e == WZP_OK || e == WZP_ERR_NOMEM);
        assert_true(e == WZP_OK || f.m.held == held);
        assert_true(n < 10);
    }
    teardown(&f);
}

typedef struct listed {
    int inputs, outputs, defaults;
} listed;

static void count(void *user, const wzp_audio_device_info *info)
{
    listed *l = user;
    l->inputs += info->is_input;
    l->outputs += !info->is_input;
    l->defaults += info->is_default;
    assert_true(strlen(info->name) > 0 && strlen(info->id) > 0);
}

WZP_TEST(device_list_names_what_there_is)
{
    listed l = {0};

    ASSERT_OK(wzp_audio_device_list("null", count, &l));

    assert_int_equal(l.inputs, 1);
    assert_int_equal(l.outputs, 1);
    assert_int_equal(l.defaults, 2);
    assert_int_equal(wzp_audio_device_list("gramophone", count, &l),
                     WZP_ERR_NOT_FOUND);
}
