/* SPDX-License-Identifier: MIT */
/* The chain as a whole: what it leaves alone, switching while it runs, what it
 * says of itself. What its parts do is in their own tests, how well in
 * bench/cmd/capture.c.
 */
#include "codec/capture_sound.h"

#include <wzp/codec/capture.h>

enum { BLOCKS = SOUND_SAMPLES / BLOCK, COMBINATIONS = 16 };

static const double TAU = 6.28318530717958647692;

static wzp_capture_parts parts_of(size_t bits)
{
    return (wzp_capture_parts){.echo = bits & 1,
                               .denoise = bits & 2,
                               .gain = bits & 4,
                               .vad = bits & 8};
}

static wzp_capture *made(wzp_capture_parts parts, bool is_light)
{
    wzp_capture_config cfg;
    wzp_capture *c;
    wzp_capture_config_default(&cfg);
    cfg.parts = parts;
    cfg.light_denoise = is_light;
    assert_int_equal(wzp_capture_new(&c, &cfg), WZP_OK);
    return c;
}

static wzp_capture_stats stats_of(const wzp_capture *c)
{
    wzp_capture_stats s = {.size = sizeof s};
    wzp_capture_stats_get(c, &s);
    return s;
}

/* --- what it leaves alone --- */

WZP_TEST(capture_with_all_off_changes_no_bit)
{
    const int16_t *voice = sound_voice(1);
    wzp_capture *c = made(parts_of(0), false);
    wzp_capture_out out;
    for (size_t b = 0; b < BLOCKS; b++) {
        int16_t pcm[BLOCK];
        memcpy(pcm, voice + b * BLOCK, sizeof pcm);
        wzp_capture_process(c, pcm, voice + b * BLOCK, &out);
        assert_memory_equal(pcm, voice + b * BLOCK, sizeof pcm);
        assert_true(out.is_voice); /* the detector is off */
    }
    wzp_capture_free(c);
}

WZP_TEST(capture_is_nothing_but_the_detector_by_default)
{
    wzp_capture_config cfg;

    wzp_capture_config_default(&cfg);

    assert_true(cfg.parts.vad);
    assert_false(cfg.parts.echo || cfg.parts.denoise || cfg.parts.gain ||
                 cfg.light_denoise);
}

WZP_TEST(capture_detector_tells_voice_from_a_pause_and_gives_levels)
{
    static const int16_t silence[BLOCK];
    wzp_capture *c = made(parts_of(8), false);
    wzp_capture_out out = {0};
    bool heard = false;
    for (size_t b = 0; b < 100; b++) {
        int16_t pcm[BLOCK];
        memcpy(pcm, sound_voice(1) + b * BLOCK, sizeof pcm);
        wzp_capture_process(c, pcm, NULL, &out);
        heard = heard || (out.is_voice && out.level_db < 40);
    }
    assert_true(heard);
    for (size_t b = 0; b < 100; b++) {
        int16_t pcm[BLOCK];
        memcpy(pcm, silence, sizeof pcm);
        wzp_capture_process(c, pcm, NULL, &out);
    }
    assert_false(out.is_voice);
    assert_int_equal(out.level_db, 127);
    assert_int_equal(out.noise_level, 0);
    wzp_capture_free(c);
}

/* --- echo through the chain --- */

WZP_TEST(capture_takes_the_echo_and_says_how_much_and_how_late_it_was)
{
    const int16_t *far = sound_voice(1);
    const size_t delay = 70 * 48;
    wzp_capture *c = made(parts_of(1 | 8), false);
    wzp_capture_out out;
    size_t voiced = 0;
    for (size_t b = 0; b < BLOCKS; b++) {
        int16_t pcm[BLOCK];
        for (size_t i = 0; i < BLOCK; i++) {
            const size_t t = b * BLOCK + i;
            pcm[i] = (int16_t)(t < delay ? 0 : far[t - delay] / 2);
        }
        wzp_capture_process(c, pcm, far + b * BLOCK, &out);
        voiced += out.is_voice && b > BLOCKS / 2;
    }

    const wzp_capture_stats s = stats_of(c);
    assert_in_range(s.echo_delay_ms, 69, 71);
    assert_true(s.erle_db >= 20);
    assert_int_equal(voiced, 0); /* what is left is not taken for speech */
    wzp_capture_free(c);
}

/* --- switching --- */

/* The steepest a 200 Hz tone of 3000 gets is 79 per sample. Its delayed copies
 * add up to no more than twice that while they are faded. */
enum { STEEPEST = 79, SETTLE = 60 };

static void tone(int16_t pcm[BLOCK], size_t block)
{
    for (size_t i = 0; i < BLOCK; i++) {
        const double t = (double)(block * BLOCK + i) / SOUND_RATE;
        pcm[i] = (int16_t)lrint(3000 * sin(TAU * 200 * t));
    }
}

/* The steepest step from one sample to the next while `from` becomes `to`. */
static int steepest(size_t from, size_t to, bool is_light)
{
    const wzp_capture_parts after = parts_of(to);
    wzp_capture *c = made(parts_of(from), is_light);
    wzp_capture_out out;
    int16_t last = 0;
    int most = 0;
    for (size_t b = 0; b < SETTLE + 15; b++) {
        int16_t pcm[BLOCK];
        if (b == SETTLE) {
            wzp_capture_set(c, &after);
        }
        tone(pcm, b);
        wzp_capture_process(c, pcm, NULL, &out);
        for (size_t i = 0; b >= SETTLE && i < BLOCK; i++) {
            most = abs(pcm[i] - last) > most ? abs(pcm[i] - last) : most;
            last = pcm[i];
        }
        last = pcm[BLOCK - 1];
    }
    wzp_capture_free(c);
    return most;
}

static size_t switch_count(void)
{
    return COMBINATIONS / 2;
}

static void run_switch(size_t from)
{
    for (size_t part = 0; part < 3; part++) {
        for (int is_light = 0; is_light <= 1; is_light++) {
            assert_true(steepest(from, from ^ (size_t)1 << part,
                                 is_light == 1) < 2 * STEEPEST);
        }
    }
}

WZP_ROWS(capture_part_is_switched_without_a_click, switch_count, run_switch);

WZP_TEST(capture_control_a_cut_between_two_delays_is_steeper)
{
    int16_t a[BLOCK];
    int16_t b[BLOCK];
    tone(a, 0);
    for (size_t i = 0; i < BLOCK; i++) {
        b[i] = (int16_t)-a[i]; /* half a period later, at its greatest */
    }

    assert_true(abs(b[60] - a[59]) > 2 * STEEPEST);
}

WZP_TEST(capture_switched_on_does_what_a_new_one_does)
{
    const wzp_capture_parts denoise = parts_of(2);
    wzp_capture *c = made(parts_of(0), true);
    wzp_capture_out out;
    int16_t *noise = calloc(SOUND_SAMPLES, sizeof *noise);
    assert_non_null(noise);
    sound_noise(noise, SOUND_SAMPLES, 500, 3);
    const size_t half = SOUND_SAMPLES / 2;
    const double before = sound_level(noise + half, half);

    wzp_capture_set(c, &denoise);
    for (size_t b = 0; b < BLOCKS; b++) {
        wzp_capture_process(c, noise + b * BLOCK, NULL, &out);
    }

    assert_true(before - sound_level(noise + half, half) > 10.0);
    assert_true(stats_of(c).parts.denoise);
    free(noise);
    wzp_capture_free(c);
}

WZP_TEST(capture_allocates_nothing_while_it_runs_and_is_switched)
{
    counted_mem counted = {0};
    wzp_capture_config cfg;
    wzp_capture *c;
    wzp_capture_out out;
    wzp_capture_config_default(&cfg);
    cfg.mem = counted_mem_table(&counted);
    assert_int_equal(wzp_capture_new(&c, &cfg), WZP_OK);
    const size_t calls = counted.calls;
    for (size_t b = 0; b < 200; b++) {
        const wzp_capture_parts parts = parts_of(b / 10 % COMBINATIONS);
        int16_t pcm[BLOCK];
        memcpy(pcm, sound_voice(1) + b * BLOCK, sizeof pcm);
        wzp_capture_set(c, &parts);
        wzp_capture_process(c, pcm, sound_voice(2) + b * BLOCK, &out);
    }

    assert_int_equal(counted.calls, calls);
    wzp_capture_free(c);
    assert_int_equal(counted.held, 0);
}

/* --- delay --- */

typedef struct delay_row {
    size_t bits;
    bool is_light;
    size_t light, neural; /* samples, without and with RNNoise */
} delay_row;

static const delay_row delays[] = {
    {0, false, 0, 0},         {4 | 8, false, 0, 0}, {1, false, 480, 480},
    {2, true, 480, 480},      {2, false, 480, 960}, {1 | 2, true, 480, 480},
    {1 | 2, false, 480, 960},
};

static size_t delay_count(void)
{
    return sizeof delays / sizeof delays[0];
}

static void run_delay(size_t row)
{
    const delay_row *r = &delays[row];
    const bool is_neural = strcmp(wzp_capture_denoiser(), "rnnoise") == 0;
    const size_t expected = is_neural ? r->neural : r->light;
    const int16_t *voice = speech_or_skip(SPEECH_REAL);
    wzp_capture *c = made(parts_of(r->bits), r->is_light);
    static int16_t pcm[2 * SOUND_RATE];
    wzp_capture_out out;
    memcpy(pcm, voice, sizeof pcm);
    for (size_t at = 0; at < 2 * SOUND_RATE; at += BLOCK) {
        wzp_capture_process(c, pcm + at, NULL, &out);
    }

    assert_int_equal(stats_of(c).delay_samples, expected);
    const size_t lag = sound_lag(voice, pcm, 2 * SOUND_RATE, 3 * BLOCK + 10);
    /* The high-pass turns phases a little: some 10 samples at most. */
    assert_true(lag <= expected && expected - lag <= 24);
    wzp_capture_free(c);
}

WZP_ROWS(capture_delay_is_what_it_says, delay_count, run_delay);

/* --- life --- */

WZP_TEST(capture_reset_forgets_gain_echo_and_floor)
{
    wzp_capture *c = made(parts_of(15), false);
    wzp_capture_out out;
    for (size_t b = 0; b < 400; b++) {
        int16_t pcm[BLOCK];
        for (size_t i = 0; i < BLOCK; i++) {
            pcm[i] = sound_voice(1)[b * BLOCK + i] / 8;
        }
        wzp_capture_process(c, pcm, sound_voice(1) + b * BLOCK, &out);
    }
    assert_true(stats_of(c).echo_delay_ms != 0 || stats_of(c).erle_db != 0);

    wzp_capture_reset(c);

    const wzp_capture_stats s = stats_of(c);
    assert_int_equal(s.gain_db, 0);
    assert_int_equal(s.echo_delay_ms, 0);
    assert_int_equal(s.erle_db, 0);
    assert_true(s.parts.echo && s.parts.denoise && s.parts.gain);
    wzp_capture_free(c);
}

/* What is heard of silence in the room after: nothing of the room before. */
WZP_TEST(capture_reset_lets_no_sound_into_the_next_room)
{
    static const int16_t silence[BLOCK];
    for (int is_light = 0; is_light < 2; is_light++) {
        for (int is_reset = 0; is_reset < 2; is_reset++) {
            wzp_capture *c = made(parts_of(15), is_light);
            wzp_capture_out out;
            int heard = 0;
            for (size_t b = 100; b < 400; b++) {
                int16_t pcm[BLOCK];
                memcpy(pcm, sound_voice(1) + b * BLOCK, sizeof pcm);
                wzp_capture_process(c, pcm, sound_voice(2) + b * BLOCK, &out);
            }
            if (is_reset) {
                wzp_capture_reset(c);
            }
            for (size_t b = 0; b < 50; b++) {
                int16_t pcm[BLOCK] = {0};
                wzp_capture_process(c, pcm, silence, &out);
                for (size_t i = 0; i < BLOCK; i++) {
                    heard = abs(pcm[i]) > heard ? abs(pcm[i]) : heard;
                }
            }
            assert_true(is_reset ? heard == 0 : heard > 0);
            wzp_capture_free(c);
        }
    }
}

WZP_TEST(capture_says_what_it_suppresses_noise_with)
{
    const char *name = wzp_capture_denoiser();

    assert_true(strcmp(name, "rnnoise") == 0 || strcmp(name, "speexdsp") == 0);
}

WZP_TEST(capture_without_memory_says_so)
{
    for (size_t at = 1; at <= 6; at++) {
        counted_mem counted = {.fail_at = at};
        wzp_capture_config cfg;
        wzp_capture *c;
        wzp_capture_config_default(&cfg);
        cfg.mem = counted_mem_table(&counted);

        const wzp_err e = wzp_capture_new(&c, &cfg);

        /* Without RNNoise it asks five times, with it seven. */
        if (e == WZP_OK) {
            assert_int_equal(at, 6);
            wzp_capture_free(c);
        } else {
            assert_int_equal(e, WZP_ERR_NOMEM);
        }
        assert_int_equal(counted.held, 0);
    }
}

WZP_TEST(capture_config_of_an_older_host_has_the_defaults_of_what_it_lacks)
{
    wzp_capture_config cfg;
    wzp_capture *c;
    wzp_capture_config_default_sized(&cfg, offsetof(wzp_capture_config, parts));
    memset(&cfg.parts, 0xFF, sizeof cfg - offsetof(wzp_capture_config, parts));

    assert_int_equal(wzp_capture_new(&c, &cfg), WZP_OK);

    const wzp_capture_stats s = stats_of(c);
    assert_true(s.parts.vad);
    assert_false(s.parts.echo || s.parts.denoise || s.parts.gain);
    wzp_capture_free(c);
}

WZP_TEST(capture_config_without_memory_functions_is_refused)
{
    wzp_capture_config cfg;
    wzp_capture *c;
    wzp_capture_config_default(&cfg);
    cfg.mem = (wzp_mem){0};

    assert_int_equal(wzp_capture_new(&c, &cfg), WZP_ERR_CONFIG);
}
