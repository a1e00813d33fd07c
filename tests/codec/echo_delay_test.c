/* SPDX-License-Identifier: MIT */
/* Finding the delay of an echo: known delays, another voice at the near end,
 * nobody at the far end.
 */
#include "dsp/echo_delay.h"

#include "codec/capture_sound.h"

enum { PER_MS = 48, EXACT = 1 * PER_MS };

static wzp__echo_delay *made(void)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__echo_delay *d;
    assert_int_equal(wzp__echo_delay_new(&d, &mem), WZP_OK);
    return d;
}

/* Feeds seconds from `from_s` on: far, and near its echo `delay` samples
 * later plus another voice times `other`. */
static void feed(wzp__echo_delay *d, double from_s, double to_s, size_t delay,
                 double other)
{
    const int16_t *far = sound_voice(1);
    const int16_t *voice = sound_voice(2);
    const size_t end = (size_t)(to_s * SOUND_RATE);
    for (size_t at = (size_t)(from_s * SOUND_RATE); at < end; at += BLOCK) {
        int16_t near[BLOCK];
        for (size_t i = 0; i < BLOCK; i++) {
            const size_t t = at + i;
            const double echo = t >= delay ? 0.5 * far[t - delay] : 0.0;
            near[i] = (int16_t)(echo + other * voice[t]);
        }
        wzp__echo_delay_process(d, near, far + at);
    }
}

static const size_t delays_ms[] = {0, 10, 45, 120, 200, 300};

static size_t delay_count(void)
{
    return sizeof delays_ms / sizeof delays_ms[0];
}

static void run_delay(size_t row)
{
    wzp__echo_delay *d = made();
    const int32_t expected = (int32_t)delays_ms[row] * PER_MS;

    feed(d, 0, 3, (size_t)expected, 0);

    assert_true(abs(wzp__echo_delay_samples(d) - expected) <= EXACT);
    wzp__echo_delay_free(d);
}

WZP_ROWS(echo_delay_is_found_to_a_millisecond, delay_count, run_delay);

WZP_TEST(echo_delay_is_found_under_a_voice_as_loud_as_the_far_end)
{
    wzp__echo_delay *d = made();

    feed(d, 0, 5, 80 * PER_MS, 1.0);

    assert_true(abs(wzp__echo_delay_samples(d) - 80 * PER_MS) <= EXACT);
    wzp__echo_delay_free(d);
}

WZP_TEST(echo_delay_is_not_found_where_there_is_no_echo)
{
    wzp__echo_delay *d = made();

    feed(d, 0, 5, SOUND_SAMPLES, 1.0); /* an echo after the end */

    assert_int_equal(wzp__echo_delay_samples(d), -1);
    wzp__echo_delay_free(d);
}

WZP_TEST(echo_delay_that_changes_is_found_again)
{
    wzp__echo_delay *d = made();
    feed(d, 0, 2, 40 * PER_MS, 0);

    feed(d, 2, 8, 140 * PER_MS, 0);

    assert_true(abs(wzp__echo_delay_samples(d) - 140 * PER_MS) <= EXACT);
    wzp__echo_delay_free(d);
}

WZP_TEST(echo_delay_stays_while_nobody_speaks_at_the_far_end)
{
    static const int16_t silence[BLOCK];
    wzp__echo_delay *d = made();
    feed(d, 0, 2, 40 * PER_MS, 0);
    const int32_t found = wzp__echo_delay_samples(d);

    for (size_t at = 0; at < 4 * SOUND_RATE; at += BLOCK) {
        wzp__echo_delay_process(d, sound_voice(2) + at, silence);
    }

    assert_true(found > 0);
    assert_int_equal(wzp__echo_delay_samples(d), found);
    wzp__echo_delay_free(d);
}

WZP_TEST(echo_delay_reset_knows_nothing)
{
    wzp__echo_delay *d = made();
    feed(d, 0, 2, 40 * PER_MS, 0);

    wzp__echo_delay_reset(d);

    assert_int_equal(wzp__echo_delay_samples(d), -1);
    wzp__echo_delay_free(d);
}

WZP_TEST(echo_delay_without_memory_says_so)
{
    for (size_t at = 1; at <= 2; at++) {
        counted_mem counted = {.fail_at = at};
        const wzp_mem mem = counted_mem_table(&counted);
        wzp__echo_delay *d;

        assert_int_equal(wzp__echo_delay_new(&d, &mem), WZP_ERR_NOMEM);
        assert_int_equal(counted.held, 0);
    }
}
