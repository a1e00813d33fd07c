/* SPDX-License-Identifier: MIT */
/* WAV files as microphone and speaker, tick by tick. */
#include "audio/port.h"
#include "client/fakes.h"

#include <wzp/client/audio.h>
#include <wzp/codec/wav.h>

enum { TICK = WZP_AUDIO_TICK_SAMPLES };

typedef struct fixture {
    fake_dir dir;
    fake_mem m;
    wzp_mem mem;
    wzp_audio_port port;
    wzp_audio_wav *wav;
    wzp_audio_io io;
} fixture;

static void setup(fixture *f)
{
    memset(f, 0, sizeof *f);
    f->dir = fake_dir_new();
    f->mem = fake_mem_table(&f->m);
    ASSERT_OK(wzp__audio_port_init(&f->port, &f->mem));
}

static void teardown(fixture *f)
{
    wzp__audio_port_deinit(&f->port, &f->mem);
    assert_int_equal(f->m.held, 0);
    fake_dir_free(&f->dir);
}

static wzp_err open_wav(fixture *f, const char *in, const char *out, bool loop)
{
    wzp_audio_wav_config cfg;
    wzp_audio_wav_config_default(&cfg);
    cfg.mem = f->mem;
    cfg.in = in;
    cfg.out = out;
    cfg.loop = loop;
    wzp_err e = wzp_audio_wav_new(&f->wav, &cfg);
    if (e == WZP_OK) {
        f->io = wzp_audio_wav_table(f->wav);
        ASSERT_OK(f->io.start(f->io.user, &f->port));
    }
    return e;
}

static wzp_err tick(fixture *f)
{
    return f->io.tick(f->io.user, &f->port);
}

static int16_t ramp(size_t i)
{
    return (int16_t)(i % 20000);
}

static void write_ramp(fixture *f, const char *path, uint32_t rate, size_t n)
{
    wzp_wav_writer *w;
    ASSERT_OK(wzp_wav_writer_new(&w, &f->mem, path, rate));
    for (size_t i = 0; i < n; i++) {
        const int16_t v = ramp(i);
        ASSERT_OK(wzp_wav_writer_write(w, &v, 1));
    }
    ASSERT_OK(wzp_wav_writer_close(w));
}

/* One captured tick equals `want(i)` from `from` on, silence beyond `end`. */
static void expect_tick(fixture *f, size_t from, size_t end)
{
    int16_t pcm[TICK];
    assert_int_equal(wzp__ring_read(&f->port.capture, pcm, TICK), TICK);
    for (size_t i = 0; i < TICK; i++) {
        assert_int_equal(pcm[i], from + i < end ? ramp(from + i) : 0);
    }
}

/* --- in ------------------------------------------------------------------- */

WZP_TEST(wav_device_gives_ten_ms_of_the_file_a_tick)
{
    fixture f;
    setup(&f);
    const char *in = fake_path(&f.dir, "in.wav");
    write_ramp(&f, in, 48000, 3 * TICK);
    ASSERT_OK(open_wav(&f, in, NULL, false));

    ASSERT_OK(tick(&f));
    ASSERT_OK(tick(&f));

    expect_tick(&f, 0, 3 * TICK);
    expect_tick(&f, TICK, 3 * TICK);
    assert_int_equal(wzp__ring_level(&f.port.capture), 0);
    ASSERT_OK(wzp_audio_wav_free(f.wav));
    teardown(&f);
}

WZP_TEST(wav_device_says_closed_at_the_end_and_goes_on_with_silence)
{
    fixture f;
    setup(&f);
    const char *in = fake_path(&f.dir, "in.wav");
    write_ramp(&f, in, 48000, TICK + 100);
    ASSERT_OK(open_wav(&f, in, NULL, false));

    ASSERT_OK(tick(&f));
    assert_int_equal(tick(&f), WZP_ERR_CLOSED);
    assert_int_equal(tick(&f), WZP_ERR_CLOSED);

    expect_tick(&f, 0, TICK + 100);
    expect_tick(&f, TICK, TICK + 100);
    expect_tick(&f, 2 * TICK, TICK + 100);
    ASSERT_OK(wzp_audio_wav_free(f.wav));
    teardown(&f);
}

WZP_TEST(wav_device_that_loops_begins_again_without_a_gap)
{
    fixture f;
    setup(&f);
    const char *in = fake_path(&f.dir, "in.wav");
    write_ramp(&f, in, 48000, 100); /* shorter than a tick */
    ASSERT_OK(open_wav(&f, in, NULL, true));

    for (int i = 0; i < 3; i++) {
        ASSERT_OK(tick(&f));
    }

    int16_t pcm[3 * TICK];
    assert_int_equal(wzp__ring_read(&f.port.capture, pcm, 3 * TICK), 3 * TICK);
    for (size_t i = 0; i < 3 * TICK; i++) {
        assert_int_equal(pcm[i], ramp(i % 100));
    }
    ASSERT_OK(wzp_audio_wav_free(f.wav));
    teardown(&f);
}

WZP_TEST(wav_device_without_input_is_silence_that_never_ends)
{
    fixture f;
    setup(&f);
    ASSERT_OK(open_wav(&f, NULL, NULL, false));

    for (int i = 0; i < 5; i++) {
        ASSERT_OK(tick(&f));
        expect_tick(&f, 0, 0);
    }

    ASSERT_OK(wzp_audio_wav_free(f.wav));
    teardown(&f);
}

WZP_TEST(wav_device_brings_any_rate_to_48_khz)
{
    fixture f;
    setup(&f);
    const char *in = fake_path(&f.dir, "in.wav");
    write_ramp(&f, in, 16000, 1600); /* 100 ms */
    ASSERT_OK(open_wav(&f, in, NULL, false));

    int ticks = 1;
    while (tick(&f) == WZP_OK) {
        ticks++;
        assert_true(ticks < 50);
    }

    assert_in_range(ticks, 9, 11);
    int16_t pcm[4 * TICK];
    assert_int_equal(wzp__ring_read(&f.port.capture, pcm, 4 * TICK), 4 * TICK);
    /* A ramp of one a sample is one of a third; the filter's delay is small. */
    assert_in_range(pcm[4 * TICK - 1], 600, 640);
    ASSERT_OK(wzp_audio_wav_free(f.wav));
    teardown(&f);
}

/* --- out ------------------------------------------------------------------ */

WZP_TEST(wav_device_writes_what_is_played_and_the_silence_between)
{
    fixture f;
    setup(&f);
    const char *out = fake_path(&f.dir, "out.wav");
    ASSERT_OK(open_wav(&f, NULL, out, false));
    int16_t pcm[TICK];
    for (size_t i = 0; i < TICK; i++) {
        pcm[i] = ramp(i + 1);
    }

    assert_int_equal(wzp__ring_write(&f.port.playout, pcm, TICK), TICK);
    ASSERT_OK(tick(&f));
    ASSERT_OK(tick(&f)); /* nothing there: silence keeps the time */
    assert_int_equal(wzp__ring_write(&f.port.playout, pcm, TICK), TICK);
    ASSERT_OK(tick(&f));
    f.io.stop(f.io.user);
    ASSERT_OK(wzp_audio_wav_free(f.wav));

    wzp_wav got;
    ASSERT_OK(wzp_wav_load(&got, &f.mem, out));
    assert_int_equal(got.rate_hz, 48000);
    assert_int_equal(got.samples, 3 * TICK);
    assert_memory_equal(got.pcm, pcm, sizeof pcm);
    assert_int_equal(got.pcm[TICK], 0);
    assert_memory_equal(got.pcm + 2 * TICK, pcm, sizeof pcm);
    wzp_wav_free(&got, &f.mem);
    teardown(&f);
}

WZP_TEST(wav_device_that_cannot_write_says_so_at_the_end)
{
    if (access("/dev/full", W_OK) != 0) {
        WZP_SKIP("there is no /dev/full here");
    }
    fixture f;
    setup(&f);
    if (open_wav(&f, NULL, "/dev/full", false) != WZP_OK) {
        teardown(&f); /* refused at once is fine as well */
        return;
    }

    for (int i = 0; i < 100; i++) {
        ASSERT_OK(tick(&f)); /* the call goes on */
    }

    assert_int_equal(wzp_audio_wav_free(f.wav), WZP_ERR_IO);
    teardown(&f);
}

/* --- refused -------------------------------------------------------------- */

WZP_TEST(wav_device_refuses_files_it_cannot_use)
{
    fixture f;
    setup(&f);
    const char *in = fake_path(&f.dir, "in.wav");
    const char *none = fake_path(&f.dir, "none.wav");
    const char *text = fake_path(&f.dir, "text.wav");
    write_ramp(&f, in, 48000, 0);
    FILE *file = fopen(text, "w");
    assert_non_null(file);
    fputs("not a WAV file at all, whatever its name says", file);
    fclose(file);

    assert_int_equal(open_wav(&f, none, NULL, false), WZP_ERR_IO);
    assert_int_equal(open_wav(&f, text, NULL, false), WZP_ERR_WAV);
    assert_int_equal(open_wav(&f, in, NULL, false), WZP_ERR_WAV);
    assert_int_equal(
        open_wav(&f, NULL, fake_path(&f.dir, "no/such/folder.wav"), false),
        WZP_ERR_IO);

    assert_null(f.wav);
    ASSERT_OK(wzp_audio_wav_free(NULL));
    teardown(&f);
}

WZP_TEST(wav_device_new_leaves_nothing_behind_at_the_nth_allocation)
{
    fixture f;
    setup(&f);
    const char *in = fake_path(&f.dir, "in.wav");
    const char *out = fake_path(&f.dir, "out.wav");
    write_ramp(&f, in, 16000, 1600);
    const size_t held = f.m.held;
    wzp_err e = WZP_ERR_NOMEM;
    for (size_t n = 1; e != WZP_OK; n++) {
        f.m.fail_at = f.m.calls + n;
        e = open_wav(&f, in, out, false);
        f.m.fail_at = 0;
        assert_true(e == WZP_OK || e == WZP_ERR_NOMEM);
        if (e == WZP_OK) {
            ASSERT_OK(wzp_audio_wav_free(f.wav));
        }
        assert_int_equal(f.m.held, held);
        assert_true(n < 50);
    }
    teardown(&f);
}
