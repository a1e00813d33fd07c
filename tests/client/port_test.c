/* SPDX-License-Identifier: MIT */
/* The two rings of a device and their counters. */
#include "audio/port.h"

#include "client/fakes.h"

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
    for (size_t n = 1; n <= 2; n++) {
        fake_mem m = {.fail_at = n};
        const wzp_mem mem = fake_mem_table(&m);
        wzp_audio_port port;
        memset(&port, 0, sizeof port); /* as in a zeroed owner */

        assert_int_equal(wzp__audio_port_init(&port, &mem), WZP_ERR_NOMEM);

        wzp__audio_port_deinit(&port, &mem);
        assert_int_equal(m.held, 0);
    }
}
