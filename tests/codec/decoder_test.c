/* SPDX-License-Identifier: MIT */
/* Frames in, speech out: single holes, codec changes, configuration, and
 * hostile frames. Whole calls with loss are in decoder_loss_test.c.
 */
#include "codec/speech.h"

#include <opus.h>

/* --- holes of every shape ------------------------------------------------- */

enum { AT = 400 }; /* a packet in the middle of speech that has LBRR */

typedef struct fixture {
    sent *s;
    wzp_decoder *dec;
    size_t next; /* first packet after the gap */
} fixture;

/* A decoder that has played up to a gap. */
static fixture before_gap(wzp_redundancy redundancy, size_t gap)
{
    const wzp_encoder_config cfg = speech_config(redundancy);
    fixture f = {.s = speech_send(speech_get(SPEECH_MADE), &cfg),
                 .dec = speech_decoder(),
                 .next = AT};
    while (redundancy == WZP_REDUNDANCY_LBRR &&
           opus_packet_has_lbrr(f.s->data[f.next],
                                (opus_int32)f.s->len[f.next]) <= 0) {
        f.next++;
    }
    for (size_t i = 0; i + gap < f.next; i++) {
        int16_t pcm[WZP_PCM_MAX];
        size_t n;
        assert_int_equal(wzp_decoder_decode(f.dec, WZP_CODEC_OPUS_24K,
                                            f.s->data[i], f.s->len[i], pcm,
                                            WZP_PCM_MAX, &n),
                         WZP_OK);
    }
    return f;
}

static void after_gap(fixture *f)
{
    free(f->s);
    wzp_decoder_free(f->dec);
}

static wzp_rebuilt fill(fixture *f, size_t samples, size_t ahead)
{
    int16_t pcm[WZP_PCM_MAX];
    wzp_rebuilt how;
    assert_int_equal(wzp_decoder_fill(f->dec, samples, WZP_CODEC_OPUS_24K,
                                      f->s->data[f->next], f->s->len[f->next],
                                      ahead, pcm, &how),
                     WZP_OK);
    return how;
}

WZP_TEST(decoder_lbrr_serves_only_the_frame_before_it)
{
    fixture f = before_gap(WZP_REDUNDANCY_LBRR, 2);
    assert_int_equal(fill(&f, FRAME, FRAME), WZP_REBUILT_CONCEALED);
    assert_int_equal(fill(&f, FRAME, 0), WZP_REBUILT_LBRR);
    after_gap(&f);
}

WZP_TEST(decoder_lbrr_never_claims_a_hole_longer_than_itself)
{
    fixture f = before_gap(WZP_REDUNDANCY_LBRR, 3);
    assert_int_equal(fill(&f, 3 * FRAME, 0), WZP_REBUILT_CONCEALED);
    after_gap(&f);
    /* nor one that is shorter than a frame */
    f = before_gap(WZP_REDUNDANCY_LBRR, 1);
    assert_int_equal(fill(&f, FRAME / 2, 0), WZP_REBUILT_CONCEALED);
    after_gap(&f);
}

WZP_TEST(decoder_dred_serves_holes_of_other_lengths)
{
    static const size_t lengths[] = {480, 960, 1920, 2880};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        fixture f = before_gap(WZP_REDUNDANCY_DRED, 6);
        for (size_t left = 6 * FRAME; left > 0; left -= lengths[i]) {
            assert_int_equal(fill(&f, lengths[i], left - lengths[i]),
                             WZP_REBUILT_DRED);
        }
        after_gap(&f);
    }
}

WZP_TEST(decoder_dred_beyond_its_reach_is_concealed)
{
    fixture f = before_gap(WZP_REDUNDANCY_DRED, 40);
    assert_int_equal(fill(&f, FRAME, 39 * FRAME), WZP_REBUILT_CONCEALED);
    assert_int_equal(fill(&f, FRAME, SIZE_MAX - 5), WZP_REBUILT_CONCEALED);
    assert_int_equal(fill(&f, FRAME, 2 * FRAME), WZP_REBUILT_DRED);
    after_gap(&f);
}

WZP_TEST(decoder_fill_takes_only_lengths_it_can_make)
{
    wzp_decoder *dec = speech_decoder();
    int16_t pcm[WZP_PCM_MAX];
    wzp_rebuilt how;
    const size_t wrong[] = {0, 1, 119, 121, 961, WZP_PCM_MAX + 120, SIZE_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(wzp_decoder_fill(dec, wrong[i], WZP_CODEC_OPUS_24K,
                                          NULL, 0, 0, pcm, &how),
                         WZP_ERR_ARG);
    }
    for (size_t n = 120; n <= WZP_PCM_MAX; n += 120) {
        /* exact room, so that a sanitizer sees one sample too many */
        int16_t *exact = malloc(n * sizeof *exact);
        assert_non_null(exact);
        assert_int_equal(wzp_decoder_fill(dec, n, WZP_CODEC_OPUS_24K, NULL, 0,
                                          0, exact, &how),
                         WZP_OK);
        assert_int_equal(how, WZP_REBUILT_CONCEALED);
        free(exact);
    }
    wzp_decoder_free(dec);
}

WZP_TEST(decoder_fill_before_any_speech_is_silence)
{
    wzp_decoder *dec = speech_decoder();
    int16_t pcm[FRAME];
    wzp_rebuilt how;
    assert_int_equal(
        wzp_decoder_fill(dec, FRAME, WZP_CODEC_OPUS_24K, NULL, 0, 0, pcm, &how),
        WZP_OK);
    assert_true(speech_rms(pcm, FRAME) < 1.0);
    wzp_decoder_free(dec);
}

WZP_TEST(decoder_fill_from_another_codec_is_concealed)
{
    fixture f = before_gap(WZP_REDUNDANCY_LBRR, 1);
    int16_t pcm[FRAME];
    wzp_rebuilt how;
    assert_int_equal(wzp_decoder_fill(f.dec, FRAME, WZP_CODEC_CODEC2_3200,
                                      f.s->data[f.next], f.s->len[f.next], 0,
                                      pcm, &how),
                     WZP_OK);
    assert_int_equal(how, WZP_REBUILT_CONCEALED);
    after_gap(&f);
}

/* --- codecs and configuration --------------------------------------------- */

WZP_TEST(decoder_switches_between_opus_ids_at_any_frame)
{
    static const struct {
        wzp_codec_id codec;
        uint8_t frame_ms;
    } kinds[] = {
        {WZP_CODEC_OPUS_24K, 20}, {WZP_CODEC_OPUS_6K, 40},
        {WZP_CODEC_OPUS_64K, 20}, {WZP_CODEC_OPUS_16K, 60},
        {WZP_CODEC_OPUS_48K, 10}, {WZP_CODEC_OPUS_32K, 20},
    };
    enum { KINDS = 6 };
    const int16_t *pcm = speech_get(SPEECH_MADE);
    wzp_encoder *enc[KINDS];
    for (size_t k = 0; k < KINDS; k++) {
        wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
        cfg.codec = kinds[k].codec;
        cfg.frame_ms = kinds[k].frame_ms;
        assert_int_equal(wzp_encoder_new(&enc[k], &cfg), WZP_OK);
    }
    wzp_decoder *dec = speech_decoder();
    static int16_t heard_pcm[SPEECH_SAMPLES / 3 + WZP_PCM_MAX];
    size_t at = 0;
    for (size_t i = 0; at < SPEECH_SAMPLES / 3; i++) {
        const size_t k = i / 3 % KINDS;
        uint8_t frame[WZP_FRAME_MAX];
        size_t len;
        size_t n;
        const size_t want = wzp_encoder_frame_samples(enc[k]);
        assert_int_equal(wzp_encoder_encode(enc[k], pcm + at, want, frame,
                                            sizeof frame, &len),
                         WZP_OK);
        assert_int_equal(wzp_decoder_decode(dec, kinds[k].codec, frame, len,
                                            heard_pcm + at, WZP_PCM_MAX, &n),
                         WZP_OK);
        assert_int_equal(n, want);
        at += n;
    }
    for (size_t k = 0; k < KINDS; k++) {
        wzp_encoder_free(enc[k]);
    }
    wzp_decoder_free(dec);
    const double level = speech_rms(heard_pcm, at) / speech_rms(pcm, at);
    assert_true(level > 0.6 && level < 1.5);
}

WZP_TEST(decoder_refuses_ids_that_do_not_exist)
{
    wzp_decoder *dec = speech_decoder();
    const uint8_t frame[8] = {0};
    int16_t pcm[WZP_PCM_MAX];
    size_t n = 77;
    const int ids[] = {9, 15, 255};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        assert_int_equal(wzp_decoder_decode(dec, (wzp_codec_id)ids[i], frame,
                                            sizeof frame, pcm, WZP_PCM_MAX, &n),
                         WZP_ERR_UNSUPPORTED);
    }
    assert_int_equal(n, 77);
    wzp_decoder_free(dec);
}

WZP_TEST(decoder_refuses_frames_out_of_bounds)
{
    wzp_decoder *dec = speech_decoder();
    int16_t pcm[WZP_PCM_MAX];
    size_t n = 77;
    uint8_t frame[WZP_FRAME_MAX + 1] = {0};
    assert_int_equal(wzp_decoder_decode(dec, WZP_CODEC_OPUS_24K, frame, 0, pcm,
                                        WZP_PCM_MAX, &n),
                     WZP_ERR_CODEC_DATA);
    assert_int_equal(wzp_decoder_decode(dec, WZP_CODEC_OPUS_24K, frame,
                                        sizeof frame, pcm, WZP_PCM_MAX, &n),
                     WZP_ERR_CODEC_DATA);
    assert_int_equal(wzp_decoder_decode(dec, WZP_CODEC_OPUS_24K, frame, 10, pcm,
                                        WZP_PCM_MAX - 1, &n),
                     WZP_ERR_SPACE);
    /* two frames of 60 ms are more than WZP_PCM_MAX */
    frame[0] = 3 << 3 | 1;
    assert_int_equal(wzp_decoder_decode(dec, WZP_CODEC_OPUS_24K, frame, 21, pcm,
                                        WZP_PCM_MAX, &n),
                     WZP_ERR_CODEC_DATA);
    assert_int_equal(n, 77);
    wzp_decoder_free(dec);
}

WZP_TEST(decoder_state_is_unchanged_by_a_refused_frame)
{
    fixture a = before_gap(WZP_REDUNDANCY_NONE, 0);
    fixture b = before_gap(WZP_REDUNDANCY_NONE, 0);
    for (size_t i = AT; i < AT + 20; i++) {
        int16_t x[WZP_PCM_MAX];
        int16_t y[WZP_PCM_MAX];
        size_t n;
        const uint8_t bad[] = {0x4b, 0xff, 0xff, 0x00};
        assert_int_equal(wzp_decoder_decode(a.dec, WZP_CODEC_OPUS_24K, bad,
                                            sizeof bad, x, WZP_PCM_MAX, &n),
                         WZP_ERR_CODEC_DATA);
        assert_int_equal(wzp_decoder_decode(a.dec, WZP_CODEC_OPUS_24K,
                                            a.s->data[i], a.s->len[i], x,
                                            WZP_PCM_MAX, &n),
                         WZP_OK);
        assert_int_equal(wzp_decoder_decode(b.dec, WZP_CODEC_OPUS_24K,
                                            b.s->data[i], b.s->len[i], y,
                                            WZP_PCM_MAX, &n),
                         WZP_OK);
        assert_memory_equal(x, y, n * sizeof *x);
    }
    after_gap(&a);
    after_gap(&b);
}

WZP_TEST(decoder_config_is_checked)
{
    wzp_decoder_config cfg;
    wzp_decoder *dec = NULL;
    wzp_decoder_config_default(&cfg);
    assert_int_equal(cfg.complexity, 5);
    cfg.complexity = 11;
    assert_int_equal(wzp_decoder_new(&dec, &cfg), WZP_ERR_CONFIG);
    cfg.size = offsetof(wzp_decoder_config, complexity);
    assert_int_equal(wzp_decoder_new(&dec, &cfg), WZP_OK);
    wzp_decoder_free(dec);
    cfg.size = 3;
    assert_int_equal(wzp_decoder_new(&dec, &cfg), WZP_ERR_CONFIG);
    wzp_decoder_free(NULL);
}

WZP_TEST(decoder_allocates_when_created_and_survives_failing_memory)
{
    counted_mem c = {.fail_at = 1};
    wzp_decoder_config cfg;
    wzp_decoder_config_default(&cfg);
    cfg.mem = counted_mem_table(&c);
    wzp_decoder *dec = NULL;
    while (wzp_decoder_new(&dec, &cfg) != WZP_OK) {
        assert_null(dec);
        assert_int_equal(c.held, 0);
        c = (counted_mem){.fail_at = c.fail_at + 1};
    }
    const size_t calls = c.calls;
    assert_int_equal(calls, c.fail_at - 1);
    fixture f = before_gap(WZP_REDUNDANCY_DRED, 3);
    wzp_decoder_free(f.dec);
    f.dec = dec;
    assert_int_equal(fill(&f, FRAME, 2 * FRAME), WZP_REBUILT_DRED);
    assert_int_equal(c.calls, calls);
    after_gap(&f);
    assert_int_equal(c.held, 0);
}

/* --- hostile frames ------------------------------------------------------- */

/* One hostile frame, in a buffer of exactly its length. */
static void feed(wzp_decoder *dec, const uint8_t *frame, size_t len,
                 bool is_filling)
{
    uint8_t *exact = malloc(len + (len == 0));
    assert_non_null(exact);
    memcpy(exact, frame, len);
    int16_t pcm[WZP_PCM_MAX];
    size_t n = 0;
    wzp_rebuilt how;
    if (is_filling) {
        assert_int_equal(wzp_decoder_fill(dec, FRAME, WZP_CODEC_OPUS_24K, exact,
                                          len, len % 4 * FRAME, pcm, &how),
                         WZP_OK);
    }
    wzp_err e = wzp_decoder_decode(dec, WZP_CODEC_OPUS_24K, exact, len, pcm,
                                   WZP_PCM_MAX, &n);
    assert_true(e == WZP_OK || e == WZP_ERR_CODEC_DATA);
    assert_true(e != WZP_OK || (n > 0 && n <= WZP_PCM_MAX));
    free(exact);
}

static void still_decodes(wzp_decoder *dec)
{
    const wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
    sent *s = speech_send(speech_get(SPEECH_MADE), &cfg);
    static int16_t pcm[100 * FRAME + WZP_PCM_MAX];
    for (size_t i = 0; i < 100; i++) {
        size_t n;
        assert_int_equal(wzp_decoder_decode(dec, WZP_CODEC_OPUS_24K, s->data[i],
                                            s->len[i], pcm + i * FRAME,
                                            WZP_PCM_MAX, &n),
                         WZP_OK);
    }
    const double level =
        speech_rms(pcm + 50 * FRAME, 50 * FRAME) /
        speech_rms(speech_get(SPEECH_MADE) + 50 * FRAME, 50 * FRAME);
    assert_true(level > 0.7 && level < 1.4);
    free(s);
}

WZP_TEST(decoder_survives_ten_thousand_random_frames)
{
    wzp_decoder *dec = speech_decoder();
    uint32_t seed = 99;
    for (int i = 0; i < 10000; i++) {
        uint8_t frame[1400];
        const size_t len =
            (size_t)((speech_noise(&seed) + 0.5) * (i % 4 == 0 ? 1400 : 40));
        for (size_t k = 0; k < len; k++) {
            frame[k] = (uint8_t)(256 * (speech_noise(&seed) + 0.5));
        }
        feed(dec, frame, len, i % 8 == 0);
    }
    still_decodes(dec);
    wzp_decoder_free(dec);
}

WZP_TEST(decoder_survives_damaged_frames)
{
    for (int r = 0; r < 3; r++) {
        const wzp_encoder_config cfg = speech_config((wzp_redundancy)r);
        sent *s = speech_send(speech_get(SPEECH_MADE), &cfg);
        wzp_decoder *dec = speech_decoder();
        uint32_t seed = 5;
        for (size_t i = 0; i < s->n; i++) {
            for (int k = 0; k < 1 + (int)(i % 3); k++) {
                const double where = speech_noise(&seed) + 0.5;
                const double bit = 8 * (speech_noise(&seed) + 0.5);
                s->data[i][(size_t)(where * (double)s->len[i])] ^=
                    (uint8_t)(1u << (unsigned)bit);
            }
            feed(dec, s->data[i], s->len[i], i % 4 == 0);
        }
        still_decodes(dec);
        wzp_decoder_free(dec);
        free(s);
    }
}

WZP_TEST(decoder_survives_frames_cut_at_every_length)
{
    for (int r = 0; r < 3; r++) {
        fixture f = before_gap((wzp_redundancy)r, 1);
        for (size_t n = 0; n <= f.s->len[f.next]; n++) {
            feed(f.dec, f.s->data[f.next], n, true);
        }
        after_gap(&f);
    }
}
