/* SPDX-License-Identifier: MIT */
/* RNNoise where this build has it; that it says so where not. */
#include "dsp/neural.h"

#include "codec/capture_sound.h"

static int16_t in[SOUND_SAMPLES];
static int16_t out[SOUND_SAMPLES];

static wzp__neural *made_or_skip(void)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__neural *n;
    if (!wzp__neural_is_there()) {
        WZP_SKIP("RNNoise is not in this build");
    }
    assert_int_equal(wzp__neural_new(&n, &mem), WZP_OK);
    return n;
}

/* Returns the mean probability of speech. */
static double run(wzp__neural *n)
{
    double sum = 0;
    memcpy(out, in, sizeof out);
    for (size_t at = 0; at < SOUND_SAMPLES; at += BLOCK) {
        sum += wzp__neural_process(n, out + at);
    }
    return sum * BLOCK / SOUND_SAMPLES;
}

static void run_real(void)
{
    memcpy(in, speech_or_skip(SPEECH_REAL), sizeof in);
}

WZP_TEST(neural_says_whether_it_is_in_this_build)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__neural *n = NULL;

    const wzp_err e = wzp__neural_new(&n, &mem);

    assert_int_equal(e, wzp__neural_is_there() ? WZP_OK : WZP_ERR_UNSUPPORTED);
    wzp__neural_free(n);
}

WZP_TEST(neural_delays_speech_by_20_ms_and_leaves_its_level)
{
    run_real();
    wzp__neural *n = made_or_skip();

    const double probability = run(n);

    assert_in_range(sound_lag(in, out, 2 * SOUND_RATE, 3 * BLOCK),
                    WZP__NEURAL_DELAY - 1, WZP__NEURAL_DELAY);
    assert_true(fabs(sound_level(out, SOUND_SAMPLES) -
                     sound_level(in, SOUND_SAMPLES)) < 1.0);
    assert_true(probability > 0.5);
    wzp__neural_free(n);
}

WZP_TEST(neural_takes_25_db_of_noise_and_leaves_a_twentieth)
{
    sound_noise(in, SOUND_SAMPLES, 500, 3);
    wzp__neural *n = made_or_skip();

    const double probability = run(n);

    const size_t half = SOUND_SAMPLES / 2;
    const double taken =
        sound_level(in + half, half) - sound_level(out + half, half);
    assert_true(taken > 25.0 && taken < 27.0);
    assert_true(probability < 0.2);
    wzp__neural_free(n);
}

WZP_TEST(neural_reset_is_as_new)
{
    run_real();
    wzp__neural *used = made_or_skip();
    wzp__neural *fresh = made_or_skip();
    run(used);

    wzp__neural_reset(used);

    for (size_t at = 0; at < SOUND_RATE; at += BLOCK) {
        int16_t a[BLOCK];
        int16_t b[BLOCK];
        memcpy(a, in + at, sizeof a);
        memcpy(b, in + at, sizeof b);
        const float p = wzp__neural_process(used, a);
        assert_true(p == wzp__neural_process(fresh, b));
        assert_memory_equal(a, b, sizeof a);
    }
    wzp__neural_free(used);
    wzp__neural_free(fresh);
}

WZP_TEST(neural_without_memory_says_so)
{
    wzp__neural_free(made_or_skip());
    for (size_t at = 1; at <= 2; at++) {
        counted_mem counted = {.fail_at = at};
        const wzp_mem mem = counted_mem_table(&counted);
        wzp__neural *n;

        assert_int_equal(wzp__neural_new(&n, &mem), WZP_ERR_NOMEM);
        assert_int_equal(counted.held, 0);
    }
}

/* All it needs is asked of wzp_mem, so its reset costs none. */
WZP_TEST(neural_allocates_when_it_is_made_only)
{
    wzp__neural_free(made_or_skip());
    counted_mem counted = {0};
    const wzp_mem mem = counted_mem_table(&counted);
    wzp__neural *n;
    assert_int_equal(wzp__neural_new(&n, &mem), WZP_OK);
    const size_t calls = counted.calls;

    wzp__neural_reset(n);
    run(n);

    assert_int_equal(counted.calls, calls);
    wzp__neural_free(n);
    assert_int_equal(counted.held, 0);
}
