/* SPDX-License-Identifier: MIT */
/* speexdsp's suppressor as we set it up. */
#include "dsp/suppress.h"

#include "codec/capture_sound.h"

enum { BLOCKS = SOUND_SAMPLES / BLOCK };

static int16_t in[SOUND_SAMPLES];
static int16_t out[SOUND_SAMPLES];

static wzp__suppress *made(bool noise)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__suppress *s;
    assert_int_equal(wzp__suppress_new(&s, &mem), WZP_OK);
    wzp__suppress_set(s, noise, NULL);
    return s;
}

static void run(wzp__suppress *s)
{
    memcpy(out, in, sizeof out);
    for (size_t b = 0; b < BLOCKS; b++) {
        wzp__suppress_process(s, out + b * BLOCK);
    }
}

WZP_TEST(suppress_delays_speech_by_10_ms_and_leaves_its_level)
{
    memcpy(in, sound_voice(1), sizeof in);
    wzp__suppress *s = made(true);

    run(s);

    assert_int_equal(sound_lag(in, out, SOUND_RATE, 2 * BLOCK),
                     WZP__SUPPRESS_DELAY);
    assert_true(fabs(sound_level(out, SOUND_SAMPLES) -
                     sound_level(in, SOUND_SAMPLES)) < 1.0);
    wzp__suppress_free(s);
}

WZP_TEST(suppress_takes_at_least_10_db_of_even_noise)
{
    sound_noise(in, SOUND_SAMPLES, 500, 3);
    wzp__suppress *s = made(true);

    run(s);

    const size_t half = SOUND_SAMPLES / 2;
    assert_true(sound_level(in + half, half) - sound_level(out + half, half) >
                10.0);
    wzp__suppress_free(s);
}

WZP_TEST(suppress_without_noise_suppression_leaves_noise)
{
    sound_noise(in, SOUND_SAMPLES, 500, 3);
    wzp__suppress *s = made(false);

    run(s);

    const size_t half = SOUND_SAMPLES / 2;
    assert_true(fabs(sound_level(in + half, half) -
                     sound_level(out + half, half)) < 1.5);
    wzp__suppress_free(s);
}

WZP_TEST(suppress_reset_is_as_new)
{
    wzp__suppress *used = made(true);
    wzp__suppress *fresh = made(true);
    sound_noise(in, SOUND_SAMPLES, 3000, 4);
    run(used);
    memcpy(in, sound_voice(2), sizeof in);

    wzp__suppress_reset(used);

    run(used);
    int16_t *first = malloc(sizeof out);
    assert_non_null(first);
    memcpy(first, out, sizeof out);
    run(fresh);
    assert_memory_equal(first, out, sizeof out);
    free(first);
    wzp__suppress_free(used);
    wzp__suppress_free(fresh);
}

WZP_TEST(suppress_without_memory_says_so)
{
    counted_mem counted = {.fail_at = 1};
    const wzp_mem mem = counted_mem_table(&counted);
    wzp__suppress *s;

    assert_int_equal(wzp__suppress_new(&s, &mem), WZP_ERR_NOMEM);
    assert_int_equal(counted.held, 0);
}
