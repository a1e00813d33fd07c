/* SPDX-License-Identifier: MIT */
/* The rings of a device and their counters, also between two threads. */
#include "audio/port.h"

#include "client/fakes.h"

#include <pthread.h>
#include <sched.h>

static void open_port(wzp_audio_port *port)
{
    const wzp_mem mem = wzp_mem_default();
    ASSERT_OK(wzp__audio_port_init(port, &mem));
}

static void close_port(wzp_audio_port *port)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__audio_port_deinit(port, &mem);
}

WZP_TEST(port_capture_reaches_the_engine_side)
{
    wzp_audio_port port;
    open_port(&port);
    const int16_t pcm[3] = {1, -2, 32767};

    assert_int_equal(wzp_audio_capture(&port, pcm, 3), 3);

    int16_t got[3];
    assert_int_equal(wzp__ring_read(&port.capture, got, 3), 3);
    assert_memory_equal(got, pcm, sizeof pcm);
    assert_int_equal(port.capture_overflow, 0);
    close_port(&port);
}

WZP_TEST(port_playout_fills_what_is_missing_with_silence_and_counts_it)
{
    wzp_audio_port port;
    open_port(&port);
    const int16_t pcm[2] = {11, 12};
    assert_int_equal(wzp__ring_write(&port.playout, pcm, 2), 2);

    int16_t got[6] = {9, 9, 9, 9, 9, 9};
    assert_int_equal(wzp_audio_playout(&port, got, 6), 2);

    const int16_t want[6] = {11, 12, 0, 0, 0, 0};
    assert_memory_equal(got, want, sizeof want);
    assert_int_equal(port.playout_underflow, 4);
    close_port(&port);
}

WZP_TEST(port_capture_that_does_not_fit_is_dropped_and_counted)
{
    wzp_audio_port port;
    open_port(&port);
    const int16_t pcm[WZP_AUDIO_TICK_SAMPLES] = {0};
    size_t given = 0;
    size_t taken = 0;

    for (int i = 0; i < 100; i++) { /* a second, and nobody reads */
        given += WZP_AUDIO_TICK_SAMPLES;
        taken += wzp_audio_capture(&port, pcm, WZP_AUDIO_TICK_SAMPLES);
    }

    assert_int_equal(port.capture_overflow, given - taken);
    assert_int_equal(wzp__ring_level(&port.capture), taken);
    assert_true(taken >= 9600); /* 200 ms */
    close_port(&port);
}

WZP_TEST(port_without_memory_leaves_nothing_behind)
{
    for (size_t n = 1; n <= 3; n++) {
        fake_mem m = {.fail_at = n};
        const wzp_mem mem = fake_mem_table(&m);
        wzp_audio_port port;
        memset(&port, 0, sizeof port); /* as in a zeroed owner */

        assert_int_equal(wzp__audio_port_init(&port, &mem), WZP_ERR_NOMEM);

        wzp__audio_port_deinit(&port, &mem);
        assert_int_equal(m.held, 0);
    }
}

/* --- what was played ------------------------------------------------------ */

enum { TICK = WZP_AUDIO_TICK_SAMPLES };

static void fill(int16_t pcm[TICK], int16_t value)
{
    for (size_t i = 0; i < TICK; i++) {
        pcm[i] = value;
    }
}

/* The engine gives a block, the device plays it. */
static void play(wzp_audio_port *port, int16_t value)
{
    int16_t pcm[TICK];
    fill(pcm, value);
    assert_int_equal(wzp__ring_write(&port->playout, pcm, TICK), TICK);
    assert_int_equal(wzp_audio_playout(port, pcm, TICK), TICK);
}

WZP_TEST(port_tells_what_was_played_in_the_order_it_was)
{
    wzp_audio_port port;
    open_port(&port);
    int16_t far[TICK];
    int16_t want[TICK];

    play(&port, 7);
    play(&port, 8);

    assert_true(wzp__audio_port_far(&port, far));
    fill(want, 7);
    assert_memory_equal(far, want, sizeof far);
    assert_true(wzp__audio_port_far(&port, far));
    fill(want, 8);
    assert_memory_equal(far, want, sizeof far);
    close_port(&port);
}

WZP_TEST(port_tells_the_silence_that_was_played_for_what_was_missing)
{
    wzp_audio_port port;
    open_port(&port);
    int16_t pcm[TICK];
    int16_t far[TICK];
    fill(pcm, 5);
    assert_int_equal(wzp__ring_write(&port.playout, pcm, 100), 100);

    assert_int_equal(wzp_audio_playout(&port, pcm, TICK), 100);

    assert_true(wzp__audio_port_far(&port, far));
    for (size_t i = 0; i < TICK; i++) {
        assert_int_equal(far[i], i < 100 ? 5 : 0);
    }
    close_port(&port);
}

WZP_TEST(port_that_played_nothing_says_so)
{
    wzp_audio_port port;
    open_port(&port);
    int16_t far[TICK];
    int16_t silence[TICK] = {0};
    fill(far, 9);

    assert_false(wzp__audio_port_far(&port, far));

    assert_memory_equal(far, silence, sizeof far);
    close_port(&port);
}

WZP_TEST(port_forgets_what_was_played_long_before_anything_is_recorded)
{
    wzp_audio_port port;
    open_port(&port);
    int16_t far[TICK];
    for (int16_t i = 1; i <= 10; i++) {
        play(&port, i);
    }

    assert_true(wzp__audio_port_far(&port, far));

    assert_int_equal(far[0], 9); /* two blocks are kept */
    assert_true(wzp__audio_port_far(&port, far));
    assert_int_equal(far[0], 10);
    assert_false(wzp__audio_port_far(&port, far));
    close_port(&port);
}

WZP_TEST(port_keeps_up_with_a_device_that_plays_a_little_faster_than_it_records)
{
    wzp_audio_port port;
    open_port(&port);
    int16_t far[TICK];
    int16_t last = 0;

    for (int16_t i = 1; i <= 1000; i++) {
        play(&port, i);
        if (i % 100 == 0) {
            continue; /* no block was recorded meanwhile */
        }
        assert_true(wzp__audio_port_far(&port, far));
        assert_true(far[0] > last && far[0] <= i);
        assert_true(i - far[0] <= 4); /* never far behind */
        last = far[0];
    }
    close_port(&port);
}

WZP_TEST(port_remembers_how_much_the_device_takes_at_once)
{
    wzp_audio_port port;
    open_port(&port);
    int16_t pcm[TICK];

    size_t n = wzp_audio_playout(&port, pcm, 128);
    n += wzp_audio_playout(&port, pcm, 441);
    n += wzp_audio_playout(&port, pcm, 64);
    assert_int_equal(n, 0);

    assert_int_equal(port.quantum, 441);
    wzp__audio_port_forget(&port);
    assert_int_equal(port.quantum, 0);
    close_port(&port);
}

/* --- a device on a thread of its own, faster and slower than the engine --- */

enum { LAPS = 40, BURST = 3 * 9600, ODD = 331 };

typedef struct lapping {
    wzp_audio_port port;
    _Atomic bool is_done;
    /* the device's */
    size_t offered, taken; /* samples recorded */
    size_t asked, real;    /* samples played */
} lapping;

/* Numbers that are never silence. */
static int16_t number(size_t i)
{
    return (int16_t)(i % 30000 + 1);
}

static void record_some(lapping *l)
{
    int16_t pcm[ODD];
    for (size_t i = 0; i < ODD; i++) {
        pcm[i] = number(l->taken + i);
    }
    l->taken += wzp_audio_capture(&l->port, pcm, ODD);
    l->offered += ODD;
}

static void play_some(lapping *l)
{
    int16_t pcm[ODD];
    const size_t n = wzp_audio_playout(&l->port, pcm, ODD);
    for (size_t i = 0; i < ODD; i++) {
        const int16_t want = i < n ? number(l->real + i) : 0;
        if (pcm[i] != want) {
            assert_int_equal(pcm[i], want);
        }
    }
    l->real += n;
    l->asked += ODD;
}

/* Each turn three rings full, one after the other without a pause: whoever
 * reads and writes at the other side is lapped. */
static void *device(void *user)
{
    lapping *l = user;
    for (int lap = 0; lap < LAPS; lap++) {
        for (size_t n = 0; n < BURST; n += ODD) {
            record_some(l);
            play_some(l);
        }
        while (atomic_load(&l->port.capture.read) < l->taken) {
            sched_yield();
        }
    }
    atomic_store(&l->is_done, true);
    return NULL;
}

/* Whole ticks in, whole ticks out, as the engine does. */
static size_t take_recorded(lapping *l, size_t seen)
{
    int16_t pcm[TICK];
    const size_t n = wzp__ring_read(&l->port.capture, pcm, TICK);
    for (size_t i = 0; i < n; i++) {
        if (pcm[i] != number(seen + i)) {
            assert_int_equal(pcm[i], number(seen + i));
        }
    }
    return seen + n;
}

static size_t give_some(lapping *l, size_t given)
{
    int16_t pcm[TICK];
    for (size_t i = 0; i < TICK; i++) {
        pcm[i] = number(given + i);
    }
    return given + wzp__ring_write(&l->port.playout, pcm, TICK);
}

WZP_TEST(port_lapped_on_purpose_loses_nothing_that_it_does_not_count)
{
    static lapping l;
    pthread_t thread;
    memset(&l, 0, sizeof l);
    open_port(&l.port);
    size_t seen = 0;
    size_t given = 0;

    assert_int_equal(pthread_create(&thread, NULL, device, &l), 0);
    while (atomic_load(&l.port.capture_overflow) == 0) {
        sched_yield(); /* not a sample before it is full */
    }
    while (!atomic_load(&l.is_done) || seen < l.taken) {
        int16_t far[TICK];
        seen = take_recorded(&l, seen);
        given = give_some(&l, given);
        const bool any = wzp__audio_port_far(&l.port, far);
        (void)any; /* read while it is written; what it says is tested above */
    }
    assert_int_equal(pthread_join(thread, NULL), 0);

    assert_int_equal(seen, l.taken);
    assert_int_equal(l.port.capture_overflow, l.offered - l.taken);
    assert_int_equal(l.port.playout_underflow, l.asked - l.real);
    assert_int_equal(given - l.real, wzp__ring_level(&l.port.playout));
    /* It was lapped: both happened. */
    assert_true(l.offered > l.taken);
    assert_true(l.asked > l.real);
    close_port(&l.port);
}
