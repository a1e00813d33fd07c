/* SPDX-License-Identifier: MIT */
/* What an encoder takes and refuses, and what it keeps doing across a change.
 * Rates and reach are in opus_point_test.c.
 */
#include "codec/speech.h"

#include <opus.h>

static wzp_err try_new(const wzp_encoder_config *cfg)
{
    wzp_encoder *enc = NULL;
    wzp_err e = wzp_encoder_new(&enc, cfg);
    assert_true((e == WZP_OK) == (enc != NULL));
    wzp_encoder_free(enc);
    return e;
}

/* A row each: what is changed in the default, and what new says. */
static const struct config_row {
    wzp_codec_id codec;
    uint8_t frame_ms;
    wzp_redundancy redundancy;
    uint8_t loss_pct;
    uint8_t complexity;
    wzp_err expected;
} config_rows[] = {
    {WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_NONE, 0, 9, WZP_OK},
    {WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_LBRR, 10, 0, WZP_OK},
    {WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_DRED, 100, 7, WZP_OK},
    {WZP_CODEC_OPUS_24K, 10, WZP_REDUNDANCY_NONE, 0, 10, WZP_OK},
    {WZP_CODEC_OPUS_16K, 20, WZP_REDUNDANCY_NONE, 0, 9, WZP_OK},
    {WZP_CODEC_OPUS_6K, 40, WZP_REDUNDANCY_NONE, 0, 9, WZP_OK},
    {WZP_CODEC_OPUS_6K, 60, WZP_REDUNDANCY_NONE, 0, 9, WZP_OK},
    {WZP_CODEC_OPUS_32K, 20, WZP_REDUNDANCY_NONE, 0, 9, WZP_OK},
    {WZP_CODEC_OPUS_48K, 20, WZP_REDUNDANCY_NONE, 0, 9, WZP_OK},
    {WZP_CODEC_OPUS_64K, 20, WZP_REDUNDANCY_NONE, 0, 9, WZP_OK},
    /* DRED below complexity 7 costs bits and carries nothing */
    {WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_DRED, 0, 6, WZP_ERR_CONFIG},
    {WZP_CODEC_OPUS_24K, 30, WZP_REDUNDANCY_NONE, 0, 9, WZP_ERR_CONFIG},
    {WZP_CODEC_OPUS_24K, 0, WZP_REDUNDANCY_NONE, 0, 9, WZP_ERR_CONFIG},
    {WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_NONE, 101, 9, WZP_ERR_CONFIG},
    {WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_NONE, 0, 11, WZP_ERR_CONFIG},
    {WZP_CODEC_OPUS_24K, 20, (wzp_redundancy)4, 0, 9, WZP_ERR_CONFIG},
    {(wzp_codec_id)9, 20, WZP_REDUNDANCY_NONE, 0, 9, WZP_ERR_CONFIG},
    {WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_BOTH, 0, 9, WZP_ERR_UNSUPPORTED},
    {WZP_CODEC_OPUS_24K, 40, WZP_REDUNDANCY_DRED, 0, 9, WZP_OK},
    {WZP_CODEC_OPUS_32K, 40, WZP_REDUNDANCY_BOTH, 0, 9, WZP_OK},
    {WZP_CODEC_OPUS_32K, 20, WZP_REDUNDANCY_BOTH, 0, 9, WZP_ERR_UNSUPPORTED},
    {WZP_CODEC_OPUS_6K, 40, WZP_REDUNDANCY_LBRR, 0, 9, WZP_ERR_UNSUPPORTED},
    {WZP_CODEC_CODEC2_3200, 20, WZP_REDUNDANCY_NONE, 0, 9, WZP_OK},
    {WZP_CODEC_CODEC2_3200, 40, WZP_REDUNDANCY_NONE, 0, 9, WZP_ERR_UNSUPPORTED},
    {WZP_CODEC_CODEC2_3200, 20, WZP_REDUNDANCY_LBRR, 0, 9, WZP_ERR_UNSUPPORTED},
    {WZP_CODEC_CODEC2_1200, 40, WZP_REDUNDANCY_NONE, 0, 9, WZP_OK},
    {WZP_CODEC_CODEC2_1200, 20, WZP_REDUNDANCY_NONE, 0, 9, WZP_ERR_UNSUPPORTED},
    {WZP_CODEC_COMFORT_NOISE, 20, WZP_REDUNDANCY_NONE, 0, 9, WZP_OK},
    {WZP_CODEC_COMFORT_NOISE, 60, WZP_REDUNDANCY_NONE, 0, 9,
     WZP_ERR_UNSUPPORTED},
};

static size_t count_configs(void)
{
    return sizeof config_rows / sizeof config_rows[0];
}

static void run_config(size_t row)
{
    const struct config_row *r = &config_rows[row];
    wzp_encoder_config cfg = speech_config(r->redundancy);
    cfg.codec = r->codec;
    cfg.frame_ms = r->frame_ms;
    cfg.loss_pct = r->loss_pct;
    cfg.complexity = r->complexity;
    assert_int_equal(try_new(&cfg), r->expected);
}

WZP_ROWS(encoder_config_is_taken_or_refused, count_configs, run_config);

WZP_TEST(encoder_config_of_an_older_caller_gets_defaults)
{
    /* given: a struct that ended before `redundancy` */
    wzp_encoder_config cfg = speech_config((wzp_redundancy)77);
    cfg.complexity = 99;
    cfg.size = offsetof(wzp_encoder_config, redundancy);
    assert_int_equal(try_new(&cfg), WZP_OK);

    /* and: one that ends before it says anything */
    cfg.size = 0;
    assert_int_equal(try_new(&cfg), WZP_ERR_CONFIG);
}

WZP_TEST(encoder_survives_failing_memory)
{
    counted_mem c = {.fail_at = 1};
    wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
    cfg.mem = counted_mem_table(&c);
    while (try_new(&cfg) != WZP_OK) {
        assert_int_equal(c.held, 0);
        c = (counted_mem){.fail_at = c.fail_at + 1};
    }
    assert_true(c.fail_at > 1);
    assert_int_equal(c.held, 0);
    wzp_encoder_free(NULL);
}

WZP_TEST(encoder_allocates_only_when_created)
{
    counted_mem c = {0};
    wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
    cfg.mem = counted_mem_table(&c);
    wzp_encoder *enc;
    assert_int_equal(wzp_encoder_new(&enc, &cfg), WZP_OK);
    const size_t calls = c.calls;

    const int16_t *pcm = speech_get(SPEECH_MADE);
    for (size_t i = 0; i < 60; i++) {
        uint8_t out[WZP_FRAME_MAX];
        size_t len;
        assert_int_equal(wzp_encoder_set(enc, WZP_CODEC_OPUS_24K, 20,
                                         (wzp_redundancy)(i / 20), 20),
                         WZP_OK);
        assert_int_equal(wzp_encoder_encode(enc, pcm + i * FRAME, FRAME, out,
                                            sizeof out, &len),
                         WZP_OK);
    }
    assert_int_equal(c.calls, calls);
    wzp_encoder_free(enc);
    assert_int_equal(c.held, 0);
}

WZP_TEST(encoder_takes_exactly_one_frame)
{
    static const uint8_t lengths_ms[] = {10, 20, 40, 60};
    static const wzp_codec_id codecs[] = {
        WZP_CODEC_OPUS_24K, WZP_CODEC_OPUS_16K, WZP_CODEC_OPUS_6K,
        WZP_CODEC_OPUS_32K, WZP_CODEC_OPUS_48K, WZP_CODEC_OPUS_64K,
    };
    const int16_t *pcm = speech_get(SPEECH_MADE);
    for (size_t i = 0; i < sizeof lengths_ms * 6; i++) {
        wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
        cfg.codec = codecs[i / sizeof lengths_ms];
        cfg.frame_ms = lengths_ms[i % sizeof lengths_ms];
        wzp_encoder *enc;
        assert_int_equal(wzp_encoder_new(&enc, &cfg), WZP_OK);
        const size_t frame = wzp_encoder_frame_samples(enc);
        assert_int_equal(frame, cfg.frame_ms * 48);

        uint8_t out[WZP_FRAME_MAX];
        size_t len = 0;
        const size_t wrong[] = {0, 1, frame - 1, frame + 1, 2 * frame, 480 * 7};
        for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
            assert_int_equal(
                wzp_encoder_encode(enc, pcm, wrong[k], out, sizeof out, &len),
                WZP_ERR_ARG);
        }
        assert_int_equal(
            wzp_encoder_encode(enc, pcm, frame, out, sizeof out - 1, &len),
            WZP_ERR_SPACE);
        assert_int_equal(
            wzp_encoder_encode(enc, pcm, frame, out, sizeof out, &len), WZP_OK);
        assert_int_equal(
            opus_packet_get_nb_samples(out, (opus_int32)len, WZP_PCM_RATE),
            frame);
        wzp_encoder_free(enc);
    }
}

WZP_TEST(encoder_dtx_sends_almost_nothing_in_silence)
{
    for (int dtx = 0; dtx < 2; dtx++) {
        wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
        cfg.dtx = dtx == 1;
        wzp_encoder *enc;
        assert_int_equal(wzp_encoder_new(&enc, &cfg), WZP_OK);
        const int16_t silence[FRAME] = {0};
        size_t tiny = 0;
        for (int i = 0; i < 100; i++) {
            uint8_t out[WZP_FRAME_MAX];
            size_t len;
            assert_int_equal(
                wzp_encoder_encode(enc, silence, FRAME, out, sizeof out, &len),
                WZP_OK);
            tiny += len <= 2;
        }
        assert_true(dtx == 1 ? tiny > 70 : tiny == 0);
        wzp_encoder_free(enc);
    }
}

/* --- changing redundancy -------------------------------------------------- */

static size_t dred_reach(const uint8_t *packet, size_t len)
{
    int e;
    OpusDREDDecoder *model = opus_dred_decoder_create(&e);
    OpusDRED *dred = opus_dred_alloc(&e);
    int end;
    int n = opus_dred_parse(model, dred, packet, (opus_int32)len, WZP_PCM_RATE,
                            WZP_PCM_RATE, &end, 1);
    opus_dred_free(dred);
    opus_dred_decoder_destroy(model);
    return n > 0 ? (size_t)n : 0;
}

WZP_TEST(encoder_redundancy_begins_and_ends_with_the_call)
{
    const int16_t *pcm = speech_get(SPEECH_MADE);
    wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
    wzp_encoder *enc;
    assert_int_equal(wzp_encoder_new(&enc, &cfg), WZP_OK);
    size_t lbrr[3] = {0};
    size_t dred[3] = {0};
    for (size_t i = 0; i < 300; i++) {
        /* when: NONE, LBRR, DRED for two seconds each */
        if (i % 100 == 0) {
            assert_int_equal(wzp_encoder_set(enc, WZP_CODEC_OPUS_24K, 20,
                                             (wzp_redundancy)(i / 100), 0),
                             WZP_OK);
        }
        uint8_t out[WZP_FRAME_MAX];
        size_t len;
        assert_int_equal(wzp_encoder_encode(enc, pcm + i * FRAME, FRAME, out,
                                            sizeof out, &len),
                         WZP_OK);
        if (i % 100 >= 25) {
            lbrr[i / 100] += opus_packet_has_lbrr(out, (opus_int32)len) > 0;
            dred[i / 100] += dred_reach(out, len) >= 135 * 48;
        }
    }
    wzp_encoder_free(enc);
    assert_true(lbrr[0] == 0 && dred[0] == 0);
    assert_true(lbrr[1] > 40 && dred[1] == 0);
    assert_true(lbrr[2] == 0 && dred[2] == 75);
}

static size_t encode_at(wzp_encoder *enc, size_t frame,
                        uint8_t out[WZP_FRAME_MAX])
{
    size_t len = 0;
    assert_int_equal(wzp_encoder_encode(enc,
                                        speech_get(SPEECH_MADE) + frame * FRAME,
                                        FRAME, out, WZP_FRAME_MAX, &len),
                     WZP_OK);
    return len;
}

/* A row each: the redundancy before and after the reset. */
static const wzp_redundancy reset_rows[][2] = {
    {WZP_REDUNDANCY_LBRR, WZP_REDUNDANCY_LBRR},
    {WZP_REDUNDANCY_DRED, WZP_REDUNDANCY_DRED},
    {WZP_REDUNDANCY_LBRR, WZP_REDUNDANCY_NONE}, /* with a flush pending */
};

static size_t count_resets(void)
{
    return sizeof reset_rows / sizeof reset_rows[0];
}

static void run_reset(size_t row)
{
    wzp_encoder_config cfg = speech_config(reset_rows[row][0]);
    wzp_encoder *used, *fresh;
    uint8_t a[WZP_FRAME_MAX], b[WZP_FRAME_MAX];
    assert_int_equal(wzp_encoder_new(&used, &cfg), WZP_OK);
    cfg.redundancy = reset_rows[row][1];
    assert_int_equal(wzp_encoder_new(&fresh, &cfg), WZP_OK);
    for (size_t i = 0; i < 100; i++) {
        encode_at(used, i, a);
    }
    assert_int_equal(
        wzp_encoder_set(used, WZP_CODEC_OPUS_24K, 20, cfg.redundancy, 0),
        WZP_OK);

    wzp_encoder_reset(used);

    for (size_t i = 120; i < 170; i++) {
        const size_t len = encode_at(used, i, a);
        assert_int_equal(len, encode_at(fresh, i, b));
        assert_memory_equal(a, b, len);
    }
    wzp_encoder_free(used);
    wzp_encoder_free(fresh);
}
WZP_ROWS(encoder_that_was_reset_is_as_new, count_resets, run_reset);

WZP_TEST(encoder_refused_redundancy_changes_nothing)
{
    wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
    cfg.complexity = 5;
    wzp_encoder *a;
    wzp_encoder *b;
    assert_int_equal(wzp_encoder_new(&a, &cfg), WZP_OK);
    assert_int_equal(wzp_encoder_new(&b, &cfg), WZP_OK);
    const int16_t *pcm = speech_get(SPEECH_MADE);
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(
            wzp_encoder_set(a, WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_BOTH, 9),
            WZP_ERR_UNSUPPORTED);
        assert_int_equal(
            wzp_encoder_set(a, WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_DRED, 9),
            WZP_ERR_CONFIG);
        assert_int_equal(wzp_encoder_set(a, WZP_CODEC_OPUS_24K, 20,
                                         WZP_REDUNDANCY_LBRR, 101),
                         WZP_ERR_CONFIG);
        uint8_t x[WZP_FRAME_MAX];
        uint8_t y[WZP_FRAME_MAX];
        size_t nx;
        size_t ny;
        const int16_t *p = pcm + i * FRAME;
        assert_int_equal(wzp_encoder_encode(a, p, FRAME, x, sizeof x, &nx),
                         WZP_OK);
        assert_int_equal(wzp_encoder_encode(b, p, FRAME, y, sizeof y, &ny),
                         WZP_OK);
        assert_int_equal(nx, ny);
        assert_memory_equal(x, y, nx);
    }
    wzp_encoder_free(a);
    wzp_encoder_free(b);
}

WZP_TEST(encoder_set_is_what_the_next_frame_is)
{
    static const struct {
        wzp_codec_id codec;
        uint8_t frame_ms;
        wzp_redundancy redundancy;
    } rows[] = {
        {WZP_CODEC_OPUS_6K, 60, WZP_REDUNDANCY_NONE},
        {WZP_CODEC_CODEC2_1200, 40, WZP_REDUNDANCY_NONE},
        {WZP_CODEC_OPUS_32K, 40, WZP_REDUNDANCY_BOTH},
        {WZP_CODEC_COMFORT_NOISE, 20, WZP_REDUNDANCY_NONE},
        {WZP_CODEC_CODEC2_3200, 20, WZP_REDUNDANCY_NONE},
        {WZP_CODEC_OPUS_64K, 10, WZP_REDUNDANCY_NONE},
    };
    const wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_LBRR);
    wzp_encoder *enc;
    assert_int_equal(wzp_encoder_new(&enc, &cfg), WZP_OK);
    for (size_t i = 0; i < 60; i++) {
        const size_t k = i % 6;
        assert_int_equal(wzp_encoder_set(enc, rows[k].codec, rows[k].frame_ms,
                                         rows[k].redundancy, 0),
                         WZP_OK);
        assert_int_equal(wzp_encoder_codec(enc), rows[k].codec);
        const size_t n = wzp_encoder_frame_samples(enc);
        assert_int_equal(n, rows[k].frame_ms * 48);
        uint8_t out[WZP_FRAME_MAX];
        uint8_t ms = 0;
        size_t len = 0;
        assert_int_equal(wzp_encoder_encode(enc,
                                            speech_get(SPEECH_MADE) + i * n, n,
                                            out, sizeof out, &len),
                         WZP_OK);
        assert_int_equal(wzp_codec_frame_ms(rows[k].codec, out, len, &ms),
                         WZP_OK);
        assert_int_equal(ms, rows[k].frame_ms);
    }
    wzp_encoder_free(enc);
}

/* Largest step between neighbours: a click is a step the speech does not
 * have. */
static int largest_step(const int16_t *pcm, size_t n)
{
    int most = 0;
    for (size_t i = 1; i < n; i++) {
        const int d = abs(pcm[i] - pcm[i - 1]);
        most = d > most ? d : most;
    }
    return most;
}

/* Every change there is, in a circle. */
static const wzp_redundancy switch_order[6] = {
    WZP_REDUNDANCY_LBRR, WZP_REDUNDANCY_DRED, WZP_REDUNDANCY_NONE,
    WZP_REDUNDANCY_DRED, WZP_REDUNDANCY_LBRR, WZP_REDUNDANCY_NONE,
};

/* The worst step of what is heard, against the speech nearby, around
 * the frames where a switch falls, whether one is made or not. */
static double worst_step(const int16_t *pcm, wzp_redundancy first,
                         bool is_switching)
{
    wzp_encoder_config cfg = speech_config(first);
    wzp_encoder *enc;
    assert_int_equal(wzp_encoder_new(&enc, &cfg), WZP_OK);
    wzp_decoder *dec = speech_decoder();
    static int16_t heard[SPEECH_SAMPLES + WZP_PCM_MAX];
    const size_t n = SPEECH_FRAMES;
    for (size_t i = 0; i < n; i++) {
        if (is_switching && i % 10 == 0) {
            assert_int_equal(wzp_encoder_set(enc, WZP_CODEC_OPUS_24K, 20,
                                             switch_order[i / 10 % 6], 20),
                             WZP_OK);
        }
        uint8_t out[WZP_FRAME_MAX];
        size_t len;
        size_t got;
        assert_int_equal(wzp_encoder_encode(enc, pcm + i * FRAME, FRAME, out,
                                            sizeof out, &len),
                         WZP_OK);
        assert_int_equal(wzp_decoder_decode(dec, WZP_CODEC_OPUS_24K, out, len,
                                            heard + i * FRAME, WZP_PCM_MAX,
                                            &got),
                         WZP_OK);
    }
    wzp_encoder_free(enc);
    wzp_decoder_free(dec);
    double worst = 0.0;
    for (size_t i = 20; i + 3 < n; i += 10) {
        const int in = largest_step(pcm + (i - 2) * FRAME, 5 * FRAME);
        const int out = largest_step(heard + (i - 1) * FRAME, 3 * FRAME);
        const double ratio = (double)out / (in + 200);
        worst = ratio > worst ? ratio : worst;
    }
    return worst;
}

/* Coding alone gives up to 1.2. A frame that libopus starves of bits, as when
 * LBRR is turned off the plain way, gives 1.8 … 2.9. */
static void switch_without_click(speech_kind kind)
{
    const int16_t *pcm = speech_or_skip(kind);
    double most = 0.0;
    for (int r = 0; r < 3; r++) {
        const double plain = worst_step(pcm, (wzp_redundancy)r, false);
        print_message("redundancy %d, largest step against the speech's own: "
                      "%.2f\n",
                      r, plain);
        most = plain > most ? plain : most;
    }
    const double switched = worst_step(pcm, WZP_REDUNDANCY_NONE, true);
    print_message("switching: %.2f\n", switched);
    assert_true(switched < 1.2 * most);
}

WZP_TEST(encoder_changes_redundancy_without_a_click_made_voice)
{
    switch_without_click(SPEECH_MADE);
}

WZP_TEST(encoder_changes_redundancy_without_a_click_recorded_voice)
{
    switch_without_click(SPEECH_REAL);
}

/* --- delay ---------------------------------------------------------------- */

WZP_TEST(encoder_delay_is_what_the_library_says)
{
    int e;
    OpusEncoder *opus =
        opus_encoder_create(WZP_PCM_RATE, 1, OPUS_APPLICATION_VOIP, &e);
    opus_int32 lookahead = 0;
    assert_int_equal(opus_encoder_ctl(opus, OPUS_GET_LOOKAHEAD(&lookahead)),
                     OPUS_OK);
    opus_encoder_destroy(opus);
    assert_int_equal(wzp_codec_delay(WZP_CODEC_OPUS_24K), lookahead);
    assert_int_equal(wzp_codec_delay(WZP_CODEC_OPUS_6K), lookahead);
    assert_int_equal(wzp_codec_delay(WZP_CODEC_COMFORT_NOISE), 0);
    assert_int_equal(wzp_codec_delay((wzp_codec_id)200), 0);
}

WZP_TEST(encoder_delay_is_what_comes_out)
{
    const int16_t *pcm = speech_get(SPEECH_MADE);
    wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
    sent *s = speech_send(pcm, &cfg);
    wzp_decoder *dec = speech_decoder();
    enum { N = 200 };
    static int16_t heard[N * FRAME + WZP_PCM_MAX];
    for (size_t i = 0; i < N; i++) {
        size_t got;
        assert_int_equal(wzp_decoder_decode(dec, WZP_CODEC_OPUS_24K, s->data[i],
                                            s->len[i], heard + i * FRAME,
                                            WZP_PCM_MAX, &got),
                         WZP_OK);
    }
    wzp_decoder_free(dec);
    free(s);
    size_t best = 0;
    double most = 0.0;
    for (size_t lag = 0; lag < 700; lag++) {
        double sum = 0.0;
        for (size_t i = 10 * FRAME; i + lag < N * FRAME; i += 3) {
            sum += (double)pcm[i] * heard[i + lag];
        }
        if (sum > most) {
            most = sum;
            best = lag;
        }
    }
    print_message("measured delay %zu samples\n", best);
    assert_in_range(best, wzp_codec_delay(WZP_CODEC_OPUS_24K) - 24,
                    wzp_codec_delay(WZP_CODEC_OPUS_24K) + 24);
}
