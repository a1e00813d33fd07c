/* SPDX-License-Identifier: MIT */
/* The mixer as arithmetic: exact below the knee, monotonic above, never out of
 * range.
 */
#include "voice/mixer.h"

#include "client/fakes.h"

enum { N = WZP_AUDIO_TICK_SAMPLES };

static void fill(int16_t pcm[N], int16_t v)
{
    for (size_t i = 0; i < N; i++) {
        pcm[i] = v;
    }
}

WZP_TEST(mixer_with_nobody_is_silence)
{
    wzp__mixer m;
    int16_t out[N];
    fill(out, 123);

    wzp__mixer_begin(&m);
    wzp__mixer_end(&m, out);

    for (size_t i = 0; i < N; i++) {
        assert_int_equal(out[i], 0);
    }
}

WZP_TEST(mixer_leaves_quiet_sums_bit_exact)
{
    wzp__mixer m;
    uint32_t seed = 3;
    int16_t voice[3][N];
    int16_t out[N];
    wzp__mixer_begin(&m);
    for (size_t v = 0; v < 3; v++) {
        for (size_t i = 0; i < N; i++) {
            voice[v][i] = (int16_t)((int)(fake_number(&seed) % 16001) - 8000);
        }
        wzp__mixer_add(&m, voice[v]);
    }

    wzp__mixer_end(&m, out);

    for (size_t i = 0; i < N; i++) {
        assert_int_equal(out[i], voice[0][i] + voice[1][i] + voice[2][i]);
    }
}

/* Every sum two voices can make, in rising order. */
WZP_TEST(mixer_limiter_is_monotonic_odd_and_never_clips)
{
    int last = -32768;
    int at[2] = {0};
    for (int32_t sum = -65536; sum <= 65534; sum += N) {
        wzp__mixer m;
        int16_t out[N];
        wzp__mixer_begin(&m);
        for (int i = 0; i < N; i++) {
            m.sum[i] = sum + i;
        }
        wzp__mixer_end(&m, out);
        for (int i = 0; i < N; i++) {
            assert_true(out[i] >= last);
            assert_in_range(out[i] + 32767, 0, 65534);
            last = out[i];
            at[0] = sum + i == -40000 ? out[i] : at[0];
            at[1] = sum + i == 40000 ? out[i] : at[1];
        }
    }
    assert_int_equal(at[0], -at[1]);
    assert_true(at[1] > 24000);
}

static const struct {
    int32_t sum;
    int16_t out;
} knee[] = {{0, 0},         {1, 1},           {-1, -1},       {23999, 23999},
            {24000, 24000}, {-24000, -24000}, {24001, 24000}, {24100, 24098}};

static size_t knee_count(void)
{
    return sizeof knee / sizeof knee[0];
}

static void knee_row(size_t row)
{
    wzp__mixer m;
    int16_t out[N];
    wzp__mixer_begin(&m);
    m.sum[0] = knee[row].sum;
    wzp__mixer_end(&m, out);
    assert_int_equal(out[0], knee[row].out);
}
WZP_ROWS(mixer_bends_smoothly_at_the_knee, knee_count, knee_row);

WZP_TEST(mixer_takes_many_loud_voices_without_overflow)
{
    wzp__mixer m;
    int16_t loud[N];
    int16_t out[N];
    fill(loud, INT16_MIN);
    loud[1] = INT16_MAX;

    wzp__mixer_begin(&m);
    for (int i = 0; i < 4096; i++) { /* far above max_senders (64) */
        wzp__mixer_add(&m, loud);
    }
    wzp__mixer_end(&m, out);

    assert_in_range(-out[0], 32700, 32767);
    assert_in_range(out[1], 32700, 32767);
}

/* --- gain ----------------------------------------------------------------- */

WZP_TEST(gain_of_one_leaves_every_sample_as_it_is)
{
    int16_t pcm[N];
    for (int i = 0; i < N; i++) {
        pcm[i] = (int16_t)(i * 136 - 32640);
    }

    wzp__gain_ramp(pcm, WZP__GAIN_ONE, WZP__GAIN_ONE);

    for (int i = 0; i < N; i++) {
        assert_int_equal(pcm[i], i * 136 - 32640);
    }
}

WZP_TEST(gain_goes_from_one_to_the_other_in_a_straight_line)
{
    int16_t pcm[N];
    fill(pcm, 9600);

    wzp__gain_ramp(pcm, WZP__GAIN_ONE, 0);

    for (int i = 0; i < N; i++) {
        assert_int_equal(pcm[i], 9600 - 20 * i);
    }
}

WZP_TEST(gain_that_is_high_bends_and_does_not_wrap)
{
    int16_t pcm[N];
    fill(pcm, INT16_MIN);
    pcm[1] = INT16_MAX;

    wzp__gain_ramp(pcm, WZP__GAIN_MAX, WZP__GAIN_MAX);

    assert_in_range(-pcm[0], 31000, 32767);
    assert_in_range(pcm[1], 31000, 32767);
}
