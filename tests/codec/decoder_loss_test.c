/* SPDX-License-Identifier: MIT */
/* Speech over a path that loses frames: what is put into the holes is counted
 * by kind, and compared with what the decoder would have said without loss.
 * Single holes of every shape are in decoder_test.c.
 */
#include "codec/speech.h"

#include <opus.h>

/* --- a receiver behind a lossy path --------------------------------------- */

typedef struct heard {
    int16_t pcm[SPEECH_SAMPLES + WZP_PCM_MAX];
    size_t how[3]; /* by wzp_rebuilt */
    size_t holes;
    wzp_rebuilt how_at[SPEECH_FRAMES]; /* where lost */
} heard;

/* Play `s` with the frames marked in `lost` missing; every hole is filled from
 * the first packet after its gap when `is_filling`, else concealed. */
static heard *play(const sent *s, const bool *lost, bool is_filling)
{
    heard *h = calloc(1, sizeof *h);
    assert_non_null(h);
    wzp_decoder *dec = speech_decoder();
    for (size_t i = 0; i < s->n; i++) {
        int16_t *out = h->pcm + i * FRAME;
        if (!lost[i]) {
            size_t n = 0;
            assert_int_equal(wzp_decoder_decode(dec, WZP_CODEC_OPUS_24K,
                                                s->data[i], s->len[i], out,
                                                WZP_PCM_MAX, &n),
                             WZP_OK);
            assert_int_equal(n, FRAME);
            continue;
        }
        size_t next = i;
        while (next < s->n && lost[next]) {
            next++;
        }
        const bool is_known = is_filling && next < s->n;
        wzp_rebuilt how;
        assert_int_equal(wzp_decoder_fill(dec, FRAME, WZP_CODEC_OPUS_24K,
                                          is_known ? s->data[next] : NULL,
                                          is_known ? s->len[next] : 0,
                                          (next - i - 1) * FRAME, out, &how),
                         WZP_OK);
        h->how[how]++;
        h->how_at[i] = how;
        h->holes++;
    }
    wzp_decoder_free(dec);
    return h;
}

static void lose_random(bool *lost, unsigned per_mille)
{
    uint32_t seed = 7;
    memset(lost, 0, SPEECH_FRAMES * sizeof *lost);
    for (size_t i = 10; i < SPEECH_FRAMES - 1; i++) {
        lost[i] = speech_noise(&seed) + 0.5 < per_mille / 1000.0;
    }
}

/* Bursts of 3, 4, 5, 6 frames, each after 30 good ones. */
static size_t lose_bursts(bool *lost)
{
    size_t n = 0;
    memset(lost, 0, SPEECH_FRAMES * sizeof *lost);
    for (size_t i = 30, k = 0; i + 6 < SPEECH_FRAMES; i += 36, k++) {
        for (size_t j = 0; j < 3 + k % 4; j++) {
            lost[i + j] = true;
            n++;
        }
    }
    return n;
}

typedef struct likeness {
    double wave;   /* correlation of samples in lost frames */
    double energy; /* correlation of 10 ms energies in lost frames */
    double level;  /* energy against the original's */
} likeness;

static likeness compare(const heard *got, const heard *want, const bool *lost)
{
    double ab = 0.0;
    double aa = 0.0;
    double bb = 0.0;
    double eab = 0.0;
    double eaa = 0.0;
    double ebb = 0.0;
    for (size_t i = 0; i < SPEECH_FRAMES; i++) {
        if (!lost[i]) {
            continue;
        }
        for (size_t half = 0; half < 2; half++) {
            const int16_t *a = got->pcm + i * FRAME + half * FRAME / 2;
            const int16_t *b = want->pcm + i * FRAME + half * FRAME / 2;
            for (size_t k = 0; k < FRAME / 2; k++) {
                ab += (double)a[k] * b[k];
                aa += (double)a[k] * a[k];
                bb += (double)b[k] * b[k];
            }
            const double ra = speech_rms(a, FRAME / 2);
            const double rb = speech_rms(b, FRAME / 2);
            eab += ra * rb;
            eaa += ra * ra;
            ebb += rb * rb;
        }
    }
    return (likeness){
        .wave = ab / sqrt(aa * bb + 1.0),
        .energy = eab / sqrt(eaa * ebb + 1.0),
        .level = aa / (bb + 1.0),
    };
}

typedef struct outcome {
    heard *rebuilt;
    likeness of_rebuilt;
    likeness of_concealed;
    size_t loud_holes;     /* where the speaker was not silent */
    size_t loud_concealed; /* and no real data came */
} outcome;

static void count_loud(outcome *o, const heard *clean, const bool *lost)
{
    for (size_t i = 0; i < SPEECH_FRAMES; i++) {
        if (lost[i] && speech_rms(clean->pcm + i * FRAME, FRAME) > 120.0) {
            o->loud_holes++;
            o->loud_concealed += o->rebuilt->how_at[i] == WZP_REBUILT_CONCEALED;
        }
    }
}

static outcome lose_and_play(speech_kind kind, wzp_redundancy redundancy,
                             const bool *lost, const char *what)
{
    static const bool nothing[SPEECH_FRAMES];
    const wzp_encoder_config cfg = speech_config(redundancy);
    sent *s = speech_send(speech_or_skip(kind), &cfg);
    heard *clean = play(s, nothing, false);
    heard *concealed = play(s, lost, false);
    outcome o = {.rebuilt = play(s, lost, true)};
    count_loud(&o, clean, lost);
    o.of_rebuilt = compare(o.rebuilt, clean, lost);
    o.of_concealed = compare(concealed, clean, lost);
    const heard *r = o.rebuilt;
    print_message("%s: %zu holes: %zu LBRR, %zu DRED, %zu concealed; "
                  "%zu of %zu loud ones concealed; likeness wave %.3f energy "
                  "%.3f level %.2f, "
                  "concealment alone %.3f %.3f %.2f\n",
                  what, r->holes, r->how[WZP_REBUILT_LBRR],
                  r->how[WZP_REBUILT_DRED], r->how[WZP_REBUILT_CONCEALED],
                  o.loud_concealed, o.loud_holes, o.of_rebuilt.wave,
                  o.of_rebuilt.energy, o.of_rebuilt.level, o.of_concealed.wave,
                  o.of_concealed.energy, o.of_concealed.level);
    assert_int_equal(concealed->how[WZP_REBUILT_CONCEALED], r->holes);
    free(clean);
    free(concealed);
    free(s);
    return o;
}

/* --- the three ways ------------------------------------------------------- */

/* Holes whose next frame came, and whose next packet carries LBRR. */
static size_t count_lbrr_holes(speech_kind kind, const bool *lost)
{
    const wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_LBRR);
    sent *s = speech_send(speech_or_skip(kind), &cfg);
    size_t n = 0;
    for (size_t i = 0; i + 1 < s->n; i++) {
        n +=
            lost[i] && !lost[i + 1] &&
            opus_packet_has_lbrr(s->data[i + 1], (opus_int32)s->len[i + 1]) > 0;
    }
    free(s);
    return n;
}

static void lbrr_rebuilds(speech_kind kind, const char *what)
{
    static bool lost[SPEECH_FRAMES];
    lose_random(lost, 100);
    const size_t expected = count_lbrr_holes(kind, lost);

    outcome o = lose_and_play(kind, WZP_REDUNDANCY_LBRR, lost, what);

    assert_int_equal(o.rebuilt->how[WZP_REBUILT_LBRR], expected);
    assert_int_equal(o.rebuilt->how[WZP_REBUILT_DRED], 0);
    assert_true(expected * 10 > o.rebuilt->holes * 6);
    assert_true(o.of_rebuilt.wave > o.of_concealed.wave + 0.1);
    assert_true(o.of_rebuilt.energy > 0.9);
    free(o.rebuilt);
}

WZP_TEST(decoder_lbrr_rebuilds_single_losses_of_a_made_voice)
{
    lbrr_rebuilds(SPEECH_MADE, "LBRR, 10 % random, made");
}

WZP_TEST(decoder_lbrr_rebuilds_single_losses_of_a_recorded_voice)
{
    lbrr_rebuilds(SPEECH_REAL, "LBRR, 10 % random, recorded");
}

static void dred_rebuilds_bursts(speech_kind kind, const char *what)
{
    static bool lost[SPEECH_FRAMES];
    const size_t n = lose_bursts(lost);

    outcome o = lose_and_play(kind, WZP_REDUNDANCY_DRED, lost, what);

    assert_int_equal(o.rebuilt->holes, n);
    assert_int_equal(o.rebuilt->how[WZP_REBUILT_LBRR], 0);
    /* In silence the encoder may send no history on purpose. */
    assert_true(o.loud_concealed * 100 <= o.loud_holes * 2);
    assert_true(o.rebuilt->how[WZP_REBUILT_DRED] * 100 >= n * 90);
    assert_true(o.of_rebuilt.energy > 0.9);
    assert_true(o.of_rebuilt.energy > o.of_concealed.energy + 0.05);
    assert_true(o.of_rebuilt.level > 0.4 && o.of_rebuilt.level < 1.6);
    free(o.rebuilt);
}

WZP_TEST(decoder_dred_rebuilds_bursts_of_a_made_voice)
{
    dred_rebuilds_bursts(SPEECH_MADE, "DRED, bursts of 3-6, made");
}

WZP_TEST(decoder_dred_rebuilds_bursts_of_a_recorded_voice)
{
    dred_rebuilds_bursts(SPEECH_REAL, "DRED, bursts of 3-6, recorded");
}

WZP_TEST(decoder_dred_rebuilds_random_loss_of_30_percent)
{
    static bool lost[SPEECH_FRAMES];
    lose_random(lost, 300);
    outcome o = lose_and_play(SPEECH_MADE, WZP_REDUNDANCY_DRED, lost,
                              "DRED, 30 % random, made");
    assert_true(o.rebuilt->how[WZP_REBUILT_DRED] * 100 >=
                o.rebuilt->holes * 97);
    free(o.rebuilt);
}

WZP_TEST(decoder_without_redundancy_conceals)
{
    static bool lost[SPEECH_FRAMES];
    lose_random(lost, 100);
    outcome o = lose_and_play(SPEECH_MADE, WZP_REDUNDANCY_NONE, lost,
                              "none, 10 % random, made");
    assert_int_equal(o.rebuilt->how[WZP_REBUILT_CONCEALED], o.rebuilt->holes);
    /* Deep concealment goes on speaking instead of falling silent. */
    assert_true(o.of_rebuilt.energy > 0.8);
    free(o.rebuilt);
}

static void round_trip(speech_kind kind)
{
    static const bool nothing[SPEECH_FRAMES];
    const int16_t *pcm = speech_or_skip(kind);
    const wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
    sent *s = speech_send(pcm, &cfg);
    heard *h = play(s, nothing, false);
    /* against the input, shifted by the codec's delay */
    const size_t delay = wzp_codec_delay(WZP_CODEC_OPUS_24K);
    double ab = 0.0;
    double aa = 0.0;
    double bb = 0.0;
    for (size_t i = 0; i + delay < SPEECH_SAMPLES; i++) {
        const double a = pcm[i];
        const double b = h->pcm[i + delay];
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    free(h);
    free(s);
    print_message("correlation with the input %.3f, level %.2f\n",
                  ab / sqrt(aa * bb), bb / aa);
    assert_true(ab / sqrt(aa * bb) > 0.8);
    assert_true(bb / aa > 0.7 && bb / aa < 1.3);
}

WZP_TEST(decoder_gives_back_a_made_voice)
{
    round_trip(SPEECH_MADE);
}

WZP_TEST(decoder_gives_back_a_recorded_voice)
{
    round_trip(SPEECH_REAL);
}
