/* SPDX-License-Identifier: MIT */
/* Voice, noise and silence told apart. */
#include "dsp/vad.h"

#include "codec/capture_sound.h"

enum { BLOCKS = SOUND_SAMPLES / BLOCK, HANG = 25 };

static const float UNKNOWN = -1.0f;

static int16_t in[SOUND_SAMPLES];

typedef struct counts {
    size_t loud, heard;      /* blocks of speech; of them voice */
    size_t paused, mistaken; /* blocks far from speech; of them voice */
} counts;

/* Voice 1 over noise of this amplitude; judged from 3 s on. */
static counts run(wzp__vad *v, double noise)
{
    const int16_t *voice = sound_voice(1);
    counts c = {0};
    sound_noise(in, SOUND_SAMPLES, noise, 9);
    for (size_t i = 0; i < SOUND_SAMPLES; i++) {
        in[i] = (int16_t)(in[i] + voice[i]);
    }
    size_t since = 0;
    for (size_t b = 0; b < BLOCKS; b++) {
        const double rms = speech_rms(voice + b * BLOCK, BLOCK);
        const bool is_voice =
            wzp__vad_process(v, in + b * BLOCK, UNKNOWN, false).is_voice;
        since = rms > 20 ? 0 : since + 1;
        if (b < 300) {
            continue;
        }
        c.loud += rms > 1000;
        c.heard += rms > 1000 && is_voice;
        c.paused += since > HANG;
        c.mistaken += since > HANG && is_voice;
    }
    return c;
}

/* Blocks of noise alone that are voice, of the last second of `seconds`. */
static size_t run_noise(wzp__vad *v, double amplitude, size_t seconds)
{
    size_t voiced = 0;
    sound_noise(in, SOUND_SAMPLES, amplitude, 5);
    for (size_t b = 0; b < seconds * 100; b++) {
        const wzp__vad_out o =
            wzp__vad_process(v, in + b % BLOCKS * BLOCK, UNKNOWN, false);
        voiced += o.is_voice && b >= (seconds - 1) * 100;
    }
    return voiced;
}

WZP_TEST(vad_hears_speech_and_its_pauses_in_a_silent_room)
{
    wzp__vad v;
    wzp__vad_init(&v);

    const counts c = run(&v, 3);

    assert_true(c.loud > 100 && c.heard == c.loud);
    assert_true(c.paused > 20 && c.mistaken == 0);
}

WZP_TEST(
    vad_hears_speech_and_its_pauses_in_noise_that_a_fixed_level_takes_for_voice)
{
    wzp__vad v;
    wzp__vad_init(&v);

    const counts c = run(&v, 600); /* RMS 346 */

    assert_true(c.loud > 100 && c.heard >= c.loud * 98 / 100);
    assert_true(c.paused > 20 && c.mistaken <= c.paused / 10);
}

WZP_TEST(vad_silence_is_no_voice)
{
    wzp__vad v;
    wzp__vad_init(&v);

    assert_int_equal(run_noise(&v, 0, 1), 0);
}

WZP_TEST(vad_even_noise_is_no_voice_once_it_is_known)
{
    wzp__vad v;
    wzp__vad_init(&v);

    assert_int_equal(run_noise(&v, 1000, 4), 0);
}

WZP_TEST(vad_noise_that_has_just_begun_counts_as_voice)
{
    wzp__vad v;
    wzp__vad_init(&v);
    run_noise(&v, 30, 4);

    assert_int_equal(run_noise(&v, 1000, 1), 100);
}

/* Speaks one block after silence; then how long is it voice? */
WZP_TEST(vad_voice_lasts_250_ms_longer_than_speech)
{
    wzp__vad v;
    wzp__vad_init(&v);
    run_noise(&v, 3, 4);
    sound_noise(in, BLOCK, 3000, 1);
    assert_true(wzp__vad_process(&v, in, UNKNOWN, false).is_active);
    sound_noise(in, SOUND_SAMPLES, 3, 2);
    wzp__vad_process(&v, in, UNKNOWN, false); /* its filters ring out */

    for (int b = 1; b < HANG; b++) {
        const wzp__vad_out o = wzp__vad_process(&v, in, UNKNOWN, false);
        assert_true(o.is_voice && !o.is_active);
    }
    assert_false(wzp__vad_process(&v, in, UNKNOWN, false).is_voice);
}

WZP_TEST(vad_what_is_left_of_an_echo_is_no_voice)
{
    wzp__vad v;
    wzp__vad_init(&v);
    run_noise(&v, 3, 1);
    sound_noise(in, BLOCK, 1000, 1);

    assert_false(wzp__vad_process(&v, in, UNKNOWN, true).is_voice);
    assert_true(wzp__vad_process(&v, in, UNKNOWN, false).is_voice);
}

WZP_TEST(vad_probability_decides_where_the_level_does_not)
{
    wzp__vad v;
    wzp__vad_init(&v);
    run_noise(&v, 3, 1);

    sound_noise(in, BLOCK, 1000, 1);
    assert_false(wzp__vad_process(&v, in, 0.05f, false).is_voice);
    sound_noise(in, BLOCK, 3, 1);
    assert_true(wzp__vad_process(&v, in, 0.9f, false).is_voice);
}

WZP_TEST(vad_background_is_the_amplitude_of_even_noise)
{
    wzp__vad v;
    uint8_t level = 0;
    wzp__vad_init(&v);
    sound_noise(in, SOUND_SAMPLES, 100, 5);

    for (size_t b = 0; b < BLOCKS; b++) {
        level = wzp__vad_background(&v, in + b * BLOCK, false);
    }

    assert_in_range(level, 97, 103);
}

WZP_TEST(vad_background_is_held_during_voice_and_bounded)
{
    wzp__vad v;
    wzp__vad_init(&v);
    sound_noise(in, BLOCK, 50, 5);
    const uint8_t soft = wzp__vad_background(&v, in, false);
    sound_noise(in, BLOCK, 20000, 5);

    assert_int_equal(wzp__vad_background(&v, in, true), soft);
    assert_int_equal(wzp__vad_background(&v, in, false), 255);
}
