/* SPDX-License-Identifier: MIT */
/* Each operating point does what its row says: 30 s of speech are encoded, and
 * rate, LBRR and the reach of DRED are counted in the packets. A new libopus
 * cannot change them unseen.
 */
#include "codec/opus_point.h"

#include "codec/speech.h"

#include <opus.h>

enum { WARM_UP = 100 }; /* packets until the history is full */

static size_t count_points(void)
{
    size_t n = 0;
    while (wzp__opus_point_at(n) != NULL) {
        n++;
    }
    return n;
}

/* Recorded speech through all, the made voice through those whose redundancy
 * can fail. */
typedef struct run {
    const wzp__opus_point *point;
    speech_kind kind;
} run;

static bool run_get(size_t row, run *out)
{
    const size_t n = count_points();
    if (row < n) {
        *out = (run){wzp__opus_point_at(row), SPEECH_REAL};
        return true;
    }
    for (size_t i = 0, at = n; i < n; i++) {
        const wzp__opus_point *p = wzp__opus_point_at(i);
        if (p->redundancy != WZP_REDUNDANCY_NONE && at++ == row) {
            *out = (run){p, SPEECH_MADE};
            return true;
        }
    }
    return false;
}

static size_t count_rows(void)
{
    run r;
    size_t n = 0;
    while (run_get(n, &r)) {
        n++;
    }
    return n;
}

static int by_size(const void *a, const void *b)
{
    const int x = *(const int *)a;
    const int y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Tenth percentile of the history in the packets, in ms. */
static int reach_p10_ms(const sent *s)
{
    int e;
    OpusDREDDecoder *model = opus_dred_decoder_create(&e);
    OpusDRED *dred = opus_dred_alloc(&e);
    assert_non_null(dred);
    static int reach[SPEECH_FRAMES];
    size_t n = 0;
    for (size_t i = WARM_UP; i < s->n; i++) {
        int end;
        int got =
            opus_dred_parse(model, dred, s->data[i], (opus_int32)s->len[i],
                            WZP_PCM_RATE, WZP_PCM_RATE, &end, 1);
        reach[n++] = got / 48;
    }
    opus_dred_free(dred);
    opus_dred_decoder_destroy(model);
    qsort(reach, n, sizeof reach[0], by_size);
    return reach[n / 10];
}

static double lbrr_share(const sent *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        n += opus_packet_has_lbrr(s->data[i], (opus_int32)s->len[i]) > 0;
    }
    return (double)n / (double)s->n;
}

static double rate_bps(const sent *s, unsigned frame_ms)
{
    size_t bytes = 0;
    for (size_t i = 0; i < s->n; i++) {
        bytes += s->len[i];
    }
    return 8000.0 * (double)bytes / ((double)s->n * frame_ms);
}

static void run_row(size_t row)
{
    run r;
    assert_true(run_get(row, &r));
    const wzp__opus_point *p = r.point;
    const speech_kind kind = r.kind;
    const int16_t *pcm = speech_or_skip(kind);
    wzp_encoder_config cfg = speech_config(p->redundancy);
    cfg.codec = p->codec;
    cfg.frame_ms = p->frame_ms;

    sent *s = speech_send(pcm, &cfg);

    const double rate = rate_bps(s, cfg.frame_ms);
    const double lbrr = lbrr_share(s);
    const int reach = reach_p10_ms(s);
    free(s);
    print_message("codec %d, %u ms, redundancy %d, %s: %.1f kbit/s, "
                  "reach p10 %d ms, LBRR in %.0f %%\n",
                  p->codec, cfg.frame_ms, p->redundancy,
                  kind == SPEECH_REAL ? "recorded" : "made", rate / 1000, reach,
                  100 * lbrr);
    /* The made voice is easier to code than any recorded one. */
    const double least = kind == SPEECH_REAL ? 1.0 : 0.7;
    assert_true(rate >= least * p->rate_min_bps && rate <= p->rate_max_bps);
    assert_true(reach >= p->reach_p10_ms);
    assert_true(p->dred_10ms > 0 || reach == 0);
    assert_true(p->has_lbrr ? lbrr > 0.75 : lbrr == 0.0);
}

WZP_ROWS(opus_point_does_what_its_row_says, count_rows, run_row);

/* Left alone, libopus stays at full band, and is dearer by 6 %. */
WZP_TEST(opus_point_of_dred_is_wideband_whatever_came_before)
{
    static const wzp_redundancy BEFORE[] = {
        WZP_REDUNDANCY_NONE, WZP_REDUNDANCY_LBRR, WZP_REDUNDANCY_DRED};
    const int16_t *pcm = speech_or_skip(SPEECH_REAL);
    for (size_t k = 0; k < sizeof BEFORE / sizeof BEFORE[0]; k++) {
        wzp_encoder_config cfg = speech_config(BEFORE[k]);
        wzp_encoder *enc;
        assert_int_equal(wzp_encoder_new(&enc, &cfg), WZP_OK);
        for (size_t i = 0; i < SPEECH_SAMPLES / 960; i++) {
            uint8_t out[WZP_FRAME_MAX];
            size_t len;
            if (i == WARM_UP) {
                assert_int_equal(wzp_encoder_set(enc, cfg.codec, cfg.frame_ms,
                                                 WZP_REDUNDANCY_DRED, 0),
                                 WZP_OK);
            }
            assert_int_equal(wzp_encoder_encode(enc, pcm + i * 960, 960, out,
                                                sizeof out, &len),
                             WZP_OK);
            if (i > WARM_UP + 2) {
                assert_int_equal(opus_packet_get_bandwidth(out),
                                 OPUS_BANDWIDTH_WIDEBAND);
            }
        }
        wzp_encoder_free(enc);
    }
}

WZP_TEST(opus_point_is_absent_for_what_does_not_pay)
{
    assert_null(
        wzp__opus_point_get(WZP_CODEC_CODEC2_3200, 20, WZP_REDUNDANCY_NONE));
    assert_null(
        wzp__opus_point_get(WZP_CODEC_COMFORT_NOISE, 20, WZP_REDUNDANCY_NONE));
    assert_null(
        wzp__opus_point_get(WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_BOTH));
    assert_null(
        wzp__opus_point_get(WZP_CODEC_OPUS_16K, 20, WZP_REDUNDANCY_DRED));
    assert_null(
        wzp__opus_point_get(WZP_CODEC_OPUS_24K, 30, WZP_REDUNDANCY_NONE));
}

WZP_TEST(opus_point_hint_is_never_one_that_only_costs)
{
    const wzp__opus_point *none =
        wzp__opus_point_get(WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_NONE);
    const wzp__opus_point *lbrr =
        wzp__opus_point_get(WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_LBRR);
    const wzp__opus_point *dred =
        wzp__opus_point_get(WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_DRED);

    assert_int_equal(wzp__opus_point_hint(none, 50), 0);
    assert_int_equal(wzp__opus_point_hint(lbrr, 0), 10);
    assert_int_equal(wzp__opus_point_hint(lbrr, 20), 20);
    assert_int_equal(wzp__opus_point_hint(dred, 5), 25);
    assert_int_equal(wzp__opus_point_hint(dred, 255), 100);
}
