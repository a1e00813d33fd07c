/* SPDX-License-Identifier: MIT */
/* Speech through Codec2: how it comes out, how late, and what is heard where
 * frames are missing.
 */
#include "codec/codec2_dec.h"

#include "codec/seams.h"

enum {
    RATE = WZP_PCM_RATE,
    MODES = 2,
    ENVELOPE = 240, /* 5 ms */
};

static const wzp_codec_id codecs[MODES] = {WZP_CODEC_CODEC2_3200,
                                           WZP_CODEC_CODEC2_1200};

static size_t count_modes(void)
{
    return MODES;
}

static size_t frame_samples(size_t mode)
{
    return (size_t)wzp_codec_info_get(codecs[mode])->frame_ms * 48;
}

static sent *send(const int16_t *pcm, size_t mode)
{
    wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
    cfg.codec = codecs[mode];
    cfg.frame_ms = wzp_codec_info_get(codecs[mode])->frame_ms;
    return speech_send(pcm, &cfg);
}

/* What to do with a frame that did not come. */
typedef enum remedy { REMEDY_FILL, REMEDY_ZEROS } remedy;

/* All of `s` but the frames marked in `lost` (NULL: none). */
static int16_t *play(const sent *s, size_t mode, const bool *lost, remedy how)
{
    const size_t frame = frame_samples(mode);
    int16_t *out = calloc(s->n * frame + WZP_PCM_MAX, sizeof *out);
    assert_non_null(out);
    wzp_decoder *dec = speech_decoder();
    for (size_t i = 0; i < s->n; i++) {
        size_t n = 0;
        wzp_rebuilt rebuilt = WZP_REBUILT_DRED;
        if (lost == NULL || !lost[i]) {
            assert_int_equal(wzp_decoder_decode(dec, codecs[mode], s->data[i],
                                                s->len[i], out + i * frame,
                                                WZP_PCM_MAX, &n),
                             WZP_OK);
            assert_int_equal(n, frame);
        } else if (how == REMEDY_FILL) {
            assert_int_equal(wzp_decoder_fill(dec, frame, codecs[mode], NULL, 0,
                                              0, out + i * frame, &rebuilt),
                             WZP_OK);
            assert_int_equal(rebuilt, WZP_REBUILT_CONCEALED);
        }
    }
    wzp_decoder_free(dec);
    return out;
}

/* Likeness of two envelopes, `lag` samples apart, −1 … 1: in decibels, so that
 * the beginning of a word counts as much as its loudest vowel. */
static double likeness(const int16_t *a, const int16_t *b, size_t lag,
                       size_t samples)
{
    double sums[5] = {0};
    double n = 0.0;
    for (size_t i = 0; i + lag + 2 * ENVELOPE <= samples; i += ENVELOPE) {
        const double x = log(speech_rms(a + i, 2 * ENVELOPE) + 10.0);
        const double y = log(speech_rms(b + i + lag, 2 * ENVELOPE) + 10.0);
        const double parts[5] = {x, y, x * x, y * y, x * y};
        for (size_t k = 0; k < 5; k++) {
            sums[k] += parts[k];
        }
        n += 1.0;
    }
    return (n * sums[4] - sums[0] * sums[1]) /
           sqrt((n * sums[2] - sums[0] * sums[0]) *
                (n * sums[3] - sums[1] * sums[1]));
}

static void run_delay(size_t mode)
{
    const int16_t *pcm = speech_or_skip(SPEECH_REAL);
    sent *s = send(pcm, mode);
    int16_t *out = play(s, mode, NULL, REMEDY_FILL);
    double most = 0.0;
    size_t best = 0;
    for (size_t lag = 0; lag < 3000; lag += 24) {
        const double l = likeness(pcm, out, lag, 10 * RATE);
        if (l > most) {
            most = l;
            best = lag;
        }
    }
    const double level =
        speech_rms(out, 10 * RATE) / speech_rms(pcm, 10 * RATE);
    print_message("delay %zu samples, said to be %zu; likeness %.3f, "
                  "level %.2f\n",
                  best, wzp_codec_delay(codecs[mode]), most, level);
    free(out);
    free(s);
    /* 3 ms: it differs so much from voice to voice */
    assert_in_range(best, wzp_codec_delay(codecs[mode]) - 144,
                    wzp_codec_delay(codecs[mode]) + 144);
    assert_true(most > 0.9);
    assert_true(level > 0.6 && level < 1.5);
}
WZP_ROWS(codec2_dec_gives_speech_when_it_says, count_modes, run_delay);

WZP_TEST(codec2_dec_delay_counts_both_resamplers)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_resampler *down;
    wzp_resampler *up;
    assert_int_equal(wzp_resampler_new(&down, &mem, RATE, 8000), WZP_OK);
    assert_int_equal(wzp_resampler_new(&up, &mem, 8000, RATE), WZP_OK);
    assert_int_equal(6 * wzp_resampler_delay(down) + wzp_resampler_delay(up),
                     384);
    wzp_resampler_free(down);
    wzp_resampler_free(up);
}

/* --- holes ---------------------------------------------------------------- */

static double lost_likeness(const int16_t *got, const int16_t *want,
                            const bool *lost, size_t n, size_t frame)
{
    double ab = 0.0;
    double aa = 0.0;
    double bb = 0.0;
    for (size_t i = 0; i < n * frame; i += ENVELOPE) {
        if (lost[i / frame]) {
            const double x = speech_rms(got + i, ENVELOPE);
            const double y = speech_rms(want + i, ENVELOPE);
            ab += x * y;
            aa += x * x;
            bb += y * y;
        }
    }
    return ab / sqrt(aa * bb + 1.0);
}

static void run_random_loss(size_t mode)
{
    static bool lost[SPEECH_FRAMES];
    uint32_t seed = 3;
    for (size_t i = 5; i < SPEECH_FRAMES; i++) {
        lost[i] = speech_noise(&seed) + 0.5 < 0.1;
    }
    const size_t frame = frame_samples(mode);
    sent *s = send(speech_or_skip(SPEECH_REAL), mode);
    int16_t *clean = play(s, mode, NULL, REMEDY_FILL);
    int16_t *filled = play(s, mode, lost, REMEDY_FILL);
    int16_t *zeros = play(s, mode, lost, REMEDY_ZEROS);
    const double got = lost_likeness(filled, clean, lost, s->n, frame);
    const double none = lost_likeness(zeros, clean, lost, s->n, frame);
    /* after a hole: does it find back to the level? */
    const double level =
        speech_rms(filled, s->n * frame) / speech_rms(clean, s->n * frame);
    print_message("10 %% lost: likeness in holes %.3f, zeros %.3f; level of "
                  "all %.2f\n",
                  got, none, level);
    free(clean);
    free(filled);
    free(zeros);
    free(s);
    assert_true(got > 0.75 && got > none + 0.3);
    assert_true(level > 0.8 && level < 1.3);
}
WZP_ROWS(codec2_dec_conceals_better_than_zeros, count_modes, run_random_loss);

static const int16_t *vowel(void)
{
    static int16_t pcm[SPEECH_SAMPLES];
    if (pcm[1] == 0) {
        seam_vowel(pcm, SPEECH_SAMPLES);
    }
    return pcm;
}

static void run_clicks(size_t mode)
{
    enum { AT = 60 };
    static bool lost[SPEECH_FRAMES];
    memset(lost, 0, sizeof lost);
    lost[AT] = true;
    lost[AT + 1] = mode == 0; /* 40 ms either way */
    const size_t frame = frame_samples(mode);
    sent *s = send(vowel(), mode);
    int16_t *filled = play(s, mode, lost, REMEDY_FILL);
    int16_t *zeros = play(s, mode, lost, REMEDY_ZEROS);
    const size_t end = (AT + (mode == 0 ? 2u : 1u)) * frame;
    const double into = seam_click(filled + AT * frame);
    const double out = seam_click(filled + end);
    const double usual = speech_rms(filled + 20 * frame, 20 * frame);
    const double least = seam_rms(filled + AT * frame - 480, 28, false) / usual;
    const double most = seam_rms(filled + AT * frame - 480, 28, true) / usual;
    const double control =
        seam_rms(zeros + AT * frame - 480, 28, false) / usual;
    print_message("edge into %.2f, out of the hole %.2f, level %.2f … %.2f; "
                  "zeros: level %.2f\n",
                  into, out, least, most, control);
    free(filled);
    free(zeros);
    free(s);
    assert_true(into < 1.5 && out < 1.5);
    assert_true(least > 0.5 && most < 1.5);
    assert_true(control < 0.1);
}
WZP_ROWS(codec2_dec_hole_is_not_heard_as_one, count_modes, run_clicks);

/* A hole of any length, in a buffer of exactly that length, at any place in the
 * period. */
static void run_lengths(size_t mode)
{
    sent *s = send(vowel(), mode);
    wzp_decoder *dec = speech_decoder();
    size_t next = 0;
    for (size_t n = 120; n <= WZP_PCM_MAX; n += 120) {
        int16_t pcm[WZP_PCM_MAX];
        int16_t *exact = malloc(n * sizeof *exact);
        size_t got;
        wzp_rebuilt how;
        assert_non_null(exact);
        assert_int_equal(wzp_decoder_decode(dec, codecs[mode], s->data[next],
                                            s->len[next], pcm, WZP_PCM_MAX,
                                            &got),
                         WZP_OK);
        next++;
        assert_int_equal(wzp_decoder_fill(dec, n, codecs[mode], s->data[next],
                                          s->len[next], 0, exact, &how),
                         WZP_OK);
        assert_int_equal(how, WZP_REBUILT_CONCEALED);
        free(exact);
    }
    wzp_decoder_free(dec);
    free(s);
}
WZP_ROWS(codec2_dec_fills_holes_of_every_length, count_modes, run_lengths);

/* Noise of RMS 60 all the time; a word from second 2 to 3. */
static void run_fade(size_t mode)
{
    static int16_t in[SPEECH_SAMPLES];
    uint32_t seed = 5;
    for (size_t i = 0; i < SPEECH_SAMPLES; i++) {
        in[i] = (int16_t)(208 * speech_noise(&seed));
        if (i >= 2 * RATE && i < 3 * RATE) {
            in[i] = (int16_t)(in[i] + vowel()[i]);
        }
    }
    const size_t frame = frame_samples(mode);
    sent *s = send(in, mode);
    wzp_decoder *dec = speech_decoder();
    int16_t out[WZP_PCM_MAX];
    double before = 0.0;
    for (size_t at = 0; at + frame <= 3 * RATE; at += frame) {
        size_t n;
        assert_int_equal(
            wzp_decoder_decode(dec, codecs[mode], s->data[at / frame],
                               s->len[at / frame], out, WZP_PCM_MAX, &n),
            WZP_OK);
        if (at < 2 * RATE) {
            before = speech_rms(out, n);
        }
    }
    double rms[20];
    for (size_t i = 0; i < 20; i++) {
        wzp_rebuilt how;
        assert_int_equal(
            wzp_decoder_fill(dec, 960, codecs[mode], NULL, 0, 0, out, &how),
            WZP_OK);
        rms[i] = speech_rms(out, 960);
    }
    print_message("background %.0f; hole, every 20 ms: %.0f %.0f %.0f %.0f "
                  "%.0f %.0f %.0f … %.0f\n",
                  before, rms[0], rms[1], rms[2], rms[3], rms[4], rms[5],
                  rms[6], rms[19]);
    wzp_decoder_free(dec);
    free(s);
    assert_true(rms[0] > 1000.0);
    for (size_t i = 1; i < 6; i++) {
        assert_true(rms[i] < 1.05 * rms[i - 1]);
    }
    assert_true(rms[19] > 0.3 * before && rms[19] < 2.0 * before);
}
WZP_ROWS(codec2_dec_long_hole_fades_to_the_background, count_modes, run_fade);

/* --- hostile frames ------------------------------------------------------- */

static void run_hostile(size_t mode)
{
    wzp_decoder *dec = speech_decoder();
    int16_t pcm[WZP_PCM_MAX];
    uint32_t seed = 11;
    size_t n;
    for (size_t i = 0; i < 10000; i++) {
        uint8_t frame[8];
        for (size_t k = 0; k < sizeof frame; k++) {
            frame[k] = (uint8_t)(256 * (speech_noise(&seed) + 0.5));
        }
        assert_int_equal(wzp_decoder_decode(dec, codecs[mode], frame,
                                            mode == 0 ? 8 : 6, pcm, WZP_PCM_MAX,
                                            &n),
                         WZP_OK);
        for (size_t len = 0; len < 8; len++) {
            if (len != (mode == 0 ? 8u : 6u)) {
                assert_int_equal(wzp_decoder_decode(dec, codecs[mode], frame,
                                                    len, pcm, WZP_PCM_MAX, &n),
                                 WZP_ERR_CODEC_DATA);
            }
        }
    }
    sent *s = send(vowel(), mode);
    double rms = 0.0;
    for (size_t i = 0; i < 60; i++) {
        assert_int_equal(wzp_decoder_decode(dec, codecs[mode], s->data[i],
                                            s->len[i], pcm, WZP_PCM_MAX, &n),
                         WZP_OK);
        rms = speech_rms(pcm, n);
    }
    const double level = rms / speech_rms(vowel() + RATE, RATE);
    free(s);
    wzp_decoder_free(dec);
    assert_true(level > 0.5 && level < 2.0);
}
WZP_ROWS(codec2_dec_survives_ten_thousand_random_frames, count_modes,
         run_hostile);
