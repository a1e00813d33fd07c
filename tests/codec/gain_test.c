/* SPDX-License-Identifier: MIT */
/* Gain and limiter. A tone stands for speech: its level is even. */
#include "dsp/gain.h"

#include "codec/capture_sound.h"

enum { LIMIT = 29204, SECONDS = 8 };

static const double TAU = 6.28318530717958647692;

/* A block of a 300 Hz tone of this RMS. */
static void tone(int16_t pcm[BLOCK], size_t block, double rms)
{
    for (size_t i = 0; i < BLOCK; i++) {
        const double t = (double)(block * BLOCK + i) / SOUND_RATE;
        const double v = rms * sqrt(2.0) * sin(TAU * 300 * t);
        pcm[i] = (int16_t)lrint(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
    }
}

static double rms_of(double dbfs)
{
    return 32768.0 * pow(10, dbfs / 20);
}

/* Runs seconds of a tone; returns the level of the last block, dBFS. */
static double run(wzp__gain *g, double dbfs, bool is_active, size_t seconds)
{
    int16_t pcm[BLOCK];
    for (size_t b = 0; b < seconds * 100; b++) {
        tone(pcm, b, rms_of(dbfs));
        wzp__gain_process(g, pcm, is_active);
    }
    return sound_level(pcm, BLOCK);
}

WZP_TEST(gain_raises_soft_speech_to_20_db_below_full_scale)
{
    wzp__gain g;
    wzp__gain_init(&g);

    assert_true(fabs(run(&g, -40, true, SECONDS) + 20) < 0.5);
}

WZP_TEST(gain_lowers_loud_speech)
{
    wzp__gain g;
    wzp__gain_init(&g);

    assert_true(fabs(run(&g, -10, true, SECONDS) + 20) < 0.5);
}

WZP_TEST(gain_raises_by_24_db_at_most)
{
    wzp__gain g;
    wzp__gain_init(&g);

    assert_true(fabs(run(&g, -55, true, SECONDS) + 31) < 0.5);
}

WZP_TEST(gain_learns_nothing_from_what_is_not_speech)
{
    wzp__gain g;
    wzp__gain_init(&g);

    assert_true(fabs(run(&g, -50, false, SECONDS) + 50) < 0.5);
}

WZP_TEST(gain_stays_through_a_pause)
{
    wzp__gain g;
    wzp__gain_init(&g);
    run(&g, -40, true, SECONDS);

    assert_true(fabs(run(&g, -40, false, 1) + 20) < 0.5);
}

WZP_TEST(gain_moves_by_no_more_than_6_db_a_second_upwards)
{
    wzp__gain g;
    wzp__gain_init(&g);

    const double after = run(&g, -40, true, 1);

    assert_true(after > -36.0 && after < -33.5);
}

WZP_TEST(gain_is_a_line_without_steps)
{
    wzp__gain g;
    wzp__gain_init(&g);
    int16_t last = 0;
    for (size_t b = 0; b < 300; b++) {
        int16_t pcm[BLOCK];
        tone(pcm, b, rms_of(-40));
        wzp__gain_process(&g, pcm, true);
        for (size_t i = 0; i < BLOCK; i++) {
            /* The steepest a 300 Hz tone at −20 dBFS gets: 182. */
            assert_true(abs(pcm[i] - last) < 185);
            last = pcm[i];
        }
    }
}

/* A shout after a whisper, at 24 dB of gain. */
WZP_TEST(gain_limits_a_shout_after_a_whisper)
{
    wzp__gain g;
    wzp__gain_init(&g);
    run(&g, -50, true, SECONDS);
    for (size_t b = 0; b < 50; b++) {
        int16_t pcm[BLOCK];
        tone(pcm, b, rms_of(-12));
        wzp__gain_process(&g, pcm, true);
        for (size_t i = b == 0 ? BLOCK / 10 : 0; i < BLOCK; i++) {
            assert_true(abs(pcm[i]) <= LIMIT);
        }
    }
}

WZP_TEST(gain_control_without_a_limit_the_shout_would_clip)
{
    wzp__gain g;
    wzp__gain_init(&g);
    run(&g, -50, true, SECONDS);

    assert_true(rms_of(-12) * pow(10, g.db / 20) > LIMIT);
}
