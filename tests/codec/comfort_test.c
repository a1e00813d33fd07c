/* SPDX-License-Identifier: MIT */
/* Comfort noise: as loud as was announced, of the colour of the background,
 * and it comes and goes without an edge.
 */
#include "codec/comfort.h"

#include "codec/seams.h"

enum { SECOND = WZP_PCM_RATE };

/* --- the noise ------------------------------------------------------------ */

/* Correlation of neighbours, −1 … 1: 0 of white noise, near 1 of a dark one. */
static double darkness(const int16_t *pcm, size_t n)
{
    double ab = 0.0;
    double aa = 1.0;
    for (size_t i = 1; i < n; i++) {
        ab += (double)pcm[i] * pcm[i - 1];
        aa += (double)pcm[i] * pcm[i];
    }
    return ab / aa;
}

static double even_rms(double level)
{
    return level / sqrt(3.0);
}

static void make(wzp__comfort *c, float level, int16_t *pcm, size_t n)
{
    memset(pcm, 0, n * sizeof *pcm);
    wzp__comfort_add(c, level, pcm, n);
}

WZP_TEST(comfort_before_any_background_is_even_white_noise)
{
    static int16_t pcm[SECOND];
    wzp__comfort c;
    wzp__comfort_init(&c);
    make(&c, 50.0f, pcm, SECOND);
    int most = 0;
    for (size_t i = 0; i < SECOND; i++) {
        most = abs(pcm[i]) > most ? abs(pcm[i]) : most;
    }
    assert_int_equal(most, 50);
    assert_true(fabs(speech_rms(pcm + 480, SECOND - 480) / even_rms(50) - 1) <
                0.03);
    assert_true(fabs(darkness(pcm, SECOND)) < 0.02);
}

static void run_level(size_t row)
{
    static int16_t pcm[SECOND];
    static const float levels[] = {0, 1, 10, 50, 255};
    wzp__comfort c;
    wzp__comfort_init(&c);
    make(&c, levels[row], pcm, SECOND);
    const double rms = speech_rms(pcm + 480, SECOND - 480);
    /* rounding to whole numbers matters at 1 */
    assert_true(fabs(rms - even_rms(levels[row])) <=
                0.03 * levels[row] + (row == 1 ? 0.3 : 0.0));
}

static size_t count_levels(void)
{
    return 5;
}
WZP_ROWS(comfort_is_as_loud_as_announced, count_levels, run_level);

/* One-pole noise: darker the nearer `pole` is to 1. */
static void background(int16_t *pcm, size_t n, double pole, double rms)
{
    uint32_t seed = 9;
    double y = 0.0;
    const double gain = rms * sqrt(12.0) * sqrt(1.0 - pole * pole);
    for (size_t i = 0; i < n; i++) {
        y = pole * y + gain * speech_noise(&seed);
        pcm[i] = (int16_t)lrint(y);
    }
}

static void run_colour(size_t row)
{
    static const double poles[] = {0.0, 0.7, 0.95, -0.6};
    static int16_t heard[2 * SECOND];
    static int16_t pcm[SECOND];
    background(heard, 2 * SECOND, poles[row], 40.0);
    /* a loud word in it, of another colour, is not the background */
    for (size_t i = SECOND / 2; i < SECOND; i++) {
        heard[i] = (int16_t)(heard[i] + (i % 96 < 48 ? 4000 : -4000));
    }
    wzp__comfort c;
    wzp__comfort_init(&c);
    for (size_t i = 0; i < 2 * SECOND; i += FRAME) {
        wzp__comfort_hear(&c, heard + i, FRAME);
    }
    make(&c, 60.0f, pcm, SECOND);
    const double want = darkness(heard + SECOND, SECOND);
    const double got = darkness(pcm, SECOND);
    const double rms = speech_rms(pcm + 480, SECOND - 480);
    print_message("darkness %.3f, heard %.3f; rms %.1f, announced %.1f\n", got,
                  want, rms, even_rms(60));
    assert_true(fabs(got - want) < 0.05);
    assert_true(rms > 0.85 * even_rms(60) && rms < 1.15 * even_rms(60));
    assert_true(fabs(wzp__comfort_background(&c) - 40 * sqrt(3.0)) < 15);
}

static size_t count_colours(void)
{
    return 4;
}
WZP_ROWS(comfort_has_the_colour_of_the_background, count_colours, run_colour);

WZP_TEST(comfort_stays_tame_whatever_it_heard)
{
    static int16_t pcm[SECOND];
    static int16_t heard[FRAME];
    for (int kind = 0; kind < 5; kind++) {
        wzp__comfort c;
        wzp__comfort_init(&c);
        for (int k = 0; k < 200; k++) {
            uint32_t seed = (uint32_t)k;
            for (size_t i = 0; i < FRAME; i++) {
                heard[i] = kind == 0   ? 0
                           : kind == 1 ? 30
                           : kind == 2 ? (i % 2 == 0 ? 32767 : -32768)
                           : kind == 3 ? (int16_t)(i == 0 ? 32767 : 0)
                                       : (int16_t)(5 * speech_noise(&seed));
            }
            wzp__comfort_hear(&c, heard, FRAME);
        }
        make(&c, 100.0f, pcm, SECOND);
        const double rms = speech_rms(pcm + 4800, SECOND - 4800);
        print_message("kind %d: rms %.1f\n", kind, rms);
        assert_true(rms > 0.4 * even_rms(100) && rms < 2.5 * even_rms(100));
    }
}

WZP_TEST(comfort_changes_level_within_5_ms_and_not_at_once)
{
    static int16_t pcm[4 * FRAME];
    wzp__comfort c;
    wzp__comfort_init(&c);
    memset(pcm, 0, sizeof pcm);
    wzp__comfort_add(&c, 200.0f, pcm, FRAME);
    wzp__comfort_add(&c, 0.0f, pcm + FRAME, FRAME);
    assert_true(abs(pcm[0]) <= 1);
    assert_true(speech_rms(pcm, 60) < 0.25 * even_rms(200));
    assert_true(speech_rms(pcm + 240, FRAME - 240) > 0.9 * even_rms(200));
    assert_true(speech_rms(pcm + FRAME, 60) > 0.6 * even_rms(200));
    assert_true(speech_rms(pcm + FRAME + 240, FRAME - 240) < 0.5);
    /* also where it is asked in small pieces, which may take longer */
    for (size_t i = 0; i < 20; i++) {
        wzp__comfort_add(&c, 200.0f, pcm + 2 * FRAME + i * 48, 48);
    }
    assert_true(speech_rms(pcm + 2 * FRAME, 48) < 0.25 * even_rms(200));
    assert_true(speech_rms(pcm + 2 * FRAME + 10 * 48, 480) >
                0.7 * even_rms(200));
}

/* --- frames of it through encoder and decoder ----------------------------- */

WZP_TEST(comfort_noise_of_an_encoder_says_how_loud_it_was)
{
    wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
    cfg.codec = WZP_CODEC_COMFORT_NOISE;
    wzp_encoder *enc;
    assert_int_equal(wzp_encoder_new(&enc, &cfg), WZP_OK);
    static const double levels[] = {0, 20, 100, 5000};
    for (size_t i = 0; i < 4; i++) {
        int16_t pcm[FRAME];
        uint8_t out[WZP_FRAME_MAX];
        size_t len = 0;
        background(pcm, FRAME, 0.0, even_rms(levels[i]));
        assert_int_equal(
            wzp_encoder_encode(enc, pcm, FRAME, out, sizeof out, &len), WZP_OK);
        assert_int_equal(len, 1);
        const double want = levels[i] > 255 ? 255 : levels[i];
        assert_true(fabs(out[0] - want) <= 0.1 * want);
    }
    wzp_encoder_free(enc);
}

static void decode(wzp_decoder *dec, wzp_codec_id codec, const uint8_t *data,
                   size_t len, int16_t *pcm)
{
    size_t n = 0;
    assert_int_equal(
        wzp_decoder_decode(dec, codec, data, len, pcm, WZP_PCM_MAX, &n),
        WZP_OK);
    assert_int_equal(n, FRAME);
}

/* A vowel, noise, a vowel, as frames and with the noise between two frames of
 * it filled. */
WZP_TEST(comfort_noise_frames_come_and_go_without_an_edge)
{
    enum { N = 100 };
    static int16_t in[SPEECH_SAMPLES];
    static int16_t out[3 * N * FRAME + WZP_PCM_MAX];
    const uint8_t level = 100;
    seam_vowel(in, SPEECH_SAMPLES);
    const wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
    sent *s = speech_send(in, &cfg);
    wzp_decoder *dec = speech_decoder();
    for (size_t i = 0; i < 3 * N; i++) {
        int16_t *pcm = out + i * FRAME;
        if (i < N || i >= 2 * N) {
            const size_t k = i < N ? i : i - N;
            decode(dec, WZP_CODEC_OPUS_24K, s->data[k], s->len[k], pcm);
        } else if (i % 50 == 0) {
            decode(dec, WZP_CODEC_COMFORT_NOISE, &level, 1, pcm);
        } else {
            wzp_rebuilt how;
            assert_int_equal(wzp_decoder_fill(dec, FRAME,
                                              WZP_CODEC_COMFORT_NOISE, &level,
                                              1, 0, pcm, &how),
                             WZP_OK);
            assert_int_equal(how, WZP_REBUILT_CONCEALED);
        }
    }
    const double into = seam_click(out + N * FRAME);
    const double back = seam_click(out + 2 * N * FRAME);
    const double rms = speech_rms(out + (N + 2) * FRAME, (N - 4) * FRAME);
    print_message("edge into noise %.2f, back %.2f, rms %.1f\n", into, back,
                  rms);
    wzp_decoder_free(dec);
    free(s);
    assert_true(into < 1.2 && back < 1.5);
    assert_true(rms > 0.8 * even_rms(100) && rms < 1.25 * even_rms(100));
    assert_true(seam_rms(out + (N + 1) * FRAME, (N - 2) * 8, false) >
                0.5 * even_rms(100));
}

WZP_TEST(comfort_noise_frame_is_one_byte)
{
    wzp_decoder *dec = speech_decoder();
    const uint8_t frame[2] = {50, 50};
    int16_t pcm[WZP_PCM_MAX];
    size_t n = 77;
    for (size_t len = 0; len < 3; len += 2) {
        assert_int_equal(wzp_decoder_decode(dec, WZP_CODEC_COMFORT_NOISE, frame,
                                            len, pcm, WZP_PCM_MAX, &n),
                         WZP_ERR_CODEC_DATA);
    }
    assert_int_equal(n, 77);
    wzp_decoder_free(dec);
}
