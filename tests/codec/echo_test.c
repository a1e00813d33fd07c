/* SPDX-License-Identifier: MIT */
/* The canceller behind its delay. Small room: direct path and a tail of 20 ms.
 */
#include "dsp/echo.h"

#include "codec/capture_sound.h"

enum { PER_MS = 48, TAPS = 20, BLOCKS = SOUND_SAMPLES / BLOCK };

static wzp__echo *made(void)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__echo *e;
    assert_int_equal(wzp__echo_new(&e, &mem), WZP_OK);
    return e;
}

/* The far end's sound at sample t of the microphone. */
static double echo_at(const int16_t *far, size_t t, size_t delay)
{
    double sum = 0;
    for (size_t k = 0; k < TAPS && t >= delay + k * PER_MS; k++) {
        sum += (k % 2 == 0 ? 0.4 : -0.4) * pow(0.8, (double)k) *
               far[t - delay - k * PER_MS];
    }
    return sum;
}

static int16_t *microphone(const int16_t *far, size_t delay)
{
    int16_t *mic = calloc(SOUND_SAMPLES, sizeof *mic);
    assert_non_null(mic);
    for (size_t t = 0; t < SOUND_SAMPLES; t++) {
        mic[t] = (int16_t)echo_at(far, t, delay);
    }
    return mic;
}

/* Runs it all; returns dB taken away from `from_s` on. */
static double cancel(wzp__echo *e, const int16_t *mic, const int16_t *far,
                     double from_s)
{
    double before = 0;
    double after = 0;
    for (size_t b = 0; b < BLOCKS; b++) {
        int16_t pcm[BLOCK];
        memcpy(pcm, mic + b * BLOCK, sizeof pcm);
        wzp__echo_process(e, pcm, far + b * BLOCK);
        if ((double)b * 0.01 >= from_s) {
            before += pow(speech_rms(mic + b * BLOCK, BLOCK), 2);
            after += pow(speech_rms(pcm, BLOCK), 2);
        }
    }
    return 10 * log10(before / (after + 1));
}

static const size_t delays_ms[] = {5, 60, 280};

static size_t delay_count(void)
{
    return sizeof delays_ms / sizeof delays_ms[0];
}

static void run_delay(size_t row)
{
    const int16_t *far = sound_voice(1);
    const size_t delay = delays_ms[row] * PER_MS;
    int16_t *mic = microphone(far, delay);
    wzp__echo *e = made();

    const double erle = cancel(e, mic, far, 2.0);

    const int32_t left = (int32_t)delay - wzp__echo_shift(e);
    assert_in_range(left, 0, 10 * PER_MS);
    assert_true(erle > 15.0);
    wzp__echo_free(e);
    free(mic);
}

WZP_ROWS(
    echo_is_taken_away_wherever_it_lies_and_10_ms_are_left_to_the_canceller,
    delay_count, run_delay);

WZP_TEST(echo_control_without_the_far_end_nothing_is_taken_away)
{
    static const int16_t silence[SOUND_SAMPLES];
    int16_t *mic = microphone(sound_voice(1), 60 * PER_MS);
    wzp__echo *e = made();

    const double erle = cancel(e, mic, silence, 2.0);

    assert_true(fabs(erle) < 0.5);
    assert_int_equal(wzp__echo_found(e), -1);
    wzp__echo_free(e);
    free(mic);
}

/* Compared with what the canceller makes of the voice alone: its filter
 * against hum turns phases. */
WZP_TEST(echo_is_taken_from_under_a_voice_that_stays)
{
    static const int16_t silence[BLOCK];
    const int16_t *far = sound_voice(1);
    const int16_t *near = sound_voice(2);
    int16_t *mic = microphone(far, 60 * PER_MS);
    wzp__echo *e = made();
    wzp__echo *alone = made();
    double voice = 0;
    double echo = 0;
    double error = 0;
    for (size_t b = 0; b < BLOCKS; b++) {
        const bool is_talk = b >= BLOCKS / 2;
        int16_t pcm[BLOCK];
        int16_t clean[BLOCK];
        for (size_t i = 0; i < BLOCK; i++) {
            const size_t t = b * BLOCK + i;
            clean[i] = is_talk ? near[t] : 0;
            pcm[i] = (int16_t)(mic[t] + clean[i]);
        }
        wzp__echo_process(e, pcm, far + b * BLOCK);
        wzp__echo_process(alone, clean, silence);
        for (size_t i = 0; is_talk && i < BLOCK; i++) {
            voice += clean[i] * clean[i];
            echo += pow(mic[b * BLOCK + i], 2);
            error += pow(pcm[i] - clean[i], 2);
        }
    }

    assert_true(10 * log10(echo / error) > 6.0);
    assert_true(10 * log10(voice / error) > 10.0);
    wzp__echo_free(e);
    wzp__echo_free(alone);
    free(mic);
}

/* Not to the bit: speexdsp keeps its powers. */
WZP_TEST(echo_reset_is_nearly_as_new)
{
    const int16_t *far = sound_voice(1);
    int16_t *mic = microphone(far, 60 * PER_MS);
    wzp__echo *used = made();
    wzp__echo *fresh = made();
    double sum = 0;
    double apart = 0;
    cancel(used, mic, far, 0);

    wzp__echo_reset(used);

    assert_int_equal(wzp__echo_shift(used), 0);
    assert_int_equal(wzp__echo_found(used), -1);
    for (size_t b = 0; b < 100; b++) {
        int16_t x[BLOCK];
        int16_t y[BLOCK];
        memcpy(x, mic + b * BLOCK, sizeof x);
        memcpy(y, x, sizeof y);
        wzp__echo_process(used, x, far + b * BLOCK);
        wzp__echo_process(fresh, y, far + b * BLOCK);
        for (size_t i = 0; i < BLOCK; i++) {
            sum += y[i] * y[i];
            apart += (x[i] - y[i]) * (x[i] - y[i]);
        }
    }
    assert_true(10 * log10(sum / apart) > 15.0);
    wzp__echo_free(used);
    wzp__echo_free(fresh);
    free(mic);
}

WZP_TEST(echo_without_memory_says_so)
{
    for (size_t at = 1; at <= 3; at++) {
        counted_mem counted = {.fail_at = at};
        const wzp_mem mem = counted_mem_table(&counted);
        wzp__echo *e;

        assert_int_equal(wzp__echo_new(&e, &mem), WZP_ERR_NOMEM);
        assert_int_equal(counted.held, 0);
    }
}

/* Speaks for the first half, without an echo, while the far end speaks. */
WZP_TEST(echo_that_is_not_there_is_not_put_into_silence)
{
    const int16_t *far = sound_voice(1);
    const int16_t *near = sound_voice(2);
    wzp__echo *e = made();
    double spoken = 0;
    double left = 0;

    for (size_t b = 0; b < BLOCKS; b++) {
        int16_t pcm[BLOCK] = {0};
        if (b < BLOCKS / 2) {
            memcpy(pcm, near + b * BLOCK, sizeof pcm);
        }
        wzp__echo_process(e, pcm, far + b * BLOCK);
        const double rms = speech_rms(pcm, BLOCK);
        spoken = b < BLOCKS / 2 && rms > spoken ? rms : spoken;
        left = b >= BLOCKS / 2 + 30 && rms > left ? rms : left;
    }

    assert_true(spoken > 1000.0);
    assert_true(left < 1.0);
    wzp__echo_free(e);
}
