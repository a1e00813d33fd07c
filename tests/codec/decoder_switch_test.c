/* SPDX-License-Identifier: MIT */
/* From any codec to any other at a frame boundary: nothing clicks, nothing is
 * missing, nothing old is heard, holes at the seam are filled from whoever
 * knows, and nothing is allocated.
 */
#include "codec/seams.h"
#include "support/allocs.h"

static const struct kind {
    wzp_codec_id codec;
    uint8_t frame_ms;
    wzp_redundancy redundancy;
} kinds[] = {
    {WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_NONE},
    {WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_LBRR},
    {WZP_CODEC_OPUS_24K, 60, WZP_REDUNDANCY_DRED},
    {WZP_CODEC_OPUS_16K, 10, WZP_REDUNDANCY_NONE},
    {WZP_CODEC_OPUS_6K, 60, WZP_REDUNDANCY_NONE},
    {WZP_CODEC_OPUS_32K, 40, WZP_REDUNDANCY_BOTH},
    {WZP_CODEC_OPUS_48K, 20, WZP_REDUNDANCY_DRED},
    {WZP_CODEC_OPUS_64K, 20, WZP_REDUNDANCY_NONE},
    {WZP_CODEC_CODEC2_3200, 20, WZP_REDUNDANCY_NONE},
    {WZP_CODEC_CODEC2_1200, 40, WZP_REDUNDANCY_NONE},
};
enum {
    KINDS = sizeof kinds / sizeof kinds[0],
    SECOND = WZP_PCM_RATE,
    IN_A_WORD = 201600, /* of the made voice, and 150 ms on */
};

/* --- a line: encoder, decoder, what was heard ----------------------------- */

typedef struct line {
    wzp_encoder *enc;
    wzp_decoder *dec;
    const int16_t *in;
    size_t at; /* samples said and heard */
    int16_t heard[6 * SECOND];
} line;

static void set(line *l, const struct kind *k)
{
    assert_int_equal(
        wzp_encoder_set(l->enc, k->codec, k->frame_ms, k->redundancy, 0),
        WZP_OK);
}

static line *start(const int16_t *in, const struct kind *k)
{
    line *l = calloc(1, sizeof *l);
    assert_non_null(l);
    const wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
    assert_int_equal(wzp_encoder_new(&l->enc, &cfg), WZP_OK);
    l->dec = speech_decoder();
    l->in = in;
    set(l, k);
    return l;
}

static void end(line *l)
{
    wzp_encoder_free(l->enc);
    wzp_decoder_free(l->dec);
    free(l);
}

typedef struct packet {
    wzp_codec_id codec;
    size_t samples;
    size_t len;
    uint8_t data[WZP_FRAME_MAX];
} packet;

static packet say(line *l)
{
    packet p = {.codec = wzp_encoder_codec(l->enc),
                .samples = wzp_encoder_frame_samples(l->enc)};
    assert_int_equal(wzp_encoder_encode(l->enc, l->in + l->at, p.samples,
                                        p.data, sizeof p.data, &p.len),
                     WZP_OK);
    return p;
}

static void hear(line *l, const packet *p)
{
    size_t n = 0;
    assert_int_equal(wzp_decoder_decode(l->dec, p->codec, p->data, p->len,
                                        l->heard + l->at, WZP_PCM_MAX, &n),
                     WZP_OK);
    assert_int_equal(n, p->samples);
    l->at += n;
}

static void talk(line *l, size_t until)
{
    while (l->at < until) {
        const packet p = say(l);
        hear(l, &p);
    }
}

static const int16_t *vowel(void)
{
    static int16_t pcm[5 * SECOND];
    if (pcm[1] == 0) {
        seam_vowel(pcm, 5 * SECOND);
    }
    return pcm;
}

/* --- clicks and gaps ------------------------------------------------------ */

static size_t count_pairs(void)
{
    return KINDS * KINDS;
}

static void run_pair(size_t row)
{
    const struct kind *a = &kinds[row / KINDS];
    const struct kind *b = &kinds[row % KINDS];
    if (a == b) {
        return;
    }
    line *l = start(vowel(), a);
    talk(l, SECOND);
    const size_t seam = l->at;
    set(l, b);
    talk(l, 2 * SECOND);

    const double usual = speech_rms(vowel() + SECOND / 2, SECOND);
    const double click = seam_click(l->heard + seam);
    /* 10 ms before the seam until 60 ms after it */
    const double least =
        seam_rms(l->heard + seam - 4 * SEAM_PIECE, 28, false) / usual;
    const double most =
        seam_rms(l->heard + seam - 4 * SEAM_PIECE, 28, true) / usual;
    end(l);
    print_message("%d/%u/%d to %d/%u/%d: edge %.2f, level %.2f … %.2f\n",
                  a->codec, a->frame_ms, a->redundancy, b->codec, b->frame_ms,
                  b->redundancy, click, least, most);
    assert_true(click < 2.0);
    assert_true(least > 0.4 && most < 1.8);
}
WZP_ROWS(decoder_switches_without_click_or_gap, count_pairs, run_pair);

/* The control: two decoders, one after the other, as plain as can be. */
WZP_TEST(decoder_switch_of_two_bare_decoders_has_a_gap)
{
    const struct kind *a = &kinds[0];
    const struct kind *b = &kinds[KINDS - 1];
    line *l = start(vowel(), a);
    talk(l, SECOND);
    const size_t seam = l->at;
    set(l, b);
    wzp_decoder_free(l->dec);
    l->dec = speech_decoder();
    talk(l, 2 * SECOND);
    const double usual = speech_rms(vowel() + SECOND / 2, SECOND);
    const double least = seam_rms(l->heard + seam, 20, false) / usual;
    end(l);
    assert_true(least < 0.1);
}

/* Longest run of samples at rest, while the input is loud. */
static size_t longest_rest(const line *l, size_t from)
{
    size_t longest = 0;
    size_t run = 0;
    for (size_t i = from; i < l->at; i++) {
        run = abs(l->heard[i]) <= 1 ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

WZP_TEST(decoder_switches_at_every_frame_without_a_rest)
{
    line *l = start(vowel(), &kinds[0]);
    talk(l, SECOND / 4);
    const size_t from = l->at;
    size_t frames = 0;
    for (uint32_t seed = 1; l->at < 5 * SECOND - WZP_PCM_MAX; frames++) {
        seed = seed * 1664525u + 1013904223u;
        set(l, &kinds[(seed >> 16) % KINDS]);
        const packet p = say(l);
        hear(l, &p);
    }
    const size_t rest = longest_rest(l, from);
    const double level = speech_rms(l->heard + from, l->at - from) /
                         speech_rms(vowel() + from, l->at - from);
    print_message("%zu frames, longest rest %zu samples, level %.2f\n", frames,
                  rest, level);
    end(l);
    assert_true(frames > 100);
    assert_true(rest < 2 * 48);
    assert_true(level > 0.5 && level < 1.6);
}

/* --- nothing old ---------------------------------------------------------- */

static size_t count_kinds(void)
{
    return KINDS;
}

/* Loud, then another codec and silence, then the first one and silence. */
static void run_old(size_t row)
{
    static int16_t in[5 * SECOND];
    memcpy(in, vowel(), SECOND * sizeof *in);
    const struct kind *other =
        kinds[row].codec == WZP_CODEC_CODEC2_1200 ? &kinds[8] : &kinds[9];
    line *l = start(in, &kinds[row]);
    talk(l, SECOND);
    set(l, other);
    talk(l, 3 * SECOND);
    const size_t seam = l->at;
    set(l, &kinds[row]);
    talk(l, 4 * SECOND);
    const double rms = speech_rms(l->heard + seam, SECOND / 5);
    end(l);
    print_message("rms %.1f\n", rms);
    assert_true(rms < 20.0);
}
WZP_ROWS(decoder_says_nothing_of_long_ago, count_kinds, run_old);

/* --- holes at a seam ------------------------------------------------------ */

static line *start_speech(const struct kind *k)
{
    return start(speech_get(SPEECH_MADE), k);
}

static wzp_rebuilt fill(line *l, size_t samples, const packet *next,
                        size_t ahead)
{
    wzp_rebuilt how;
    assert_int_equal(wzp_decoder_fill(l->dec, samples, next->codec, next->data,
                                      next->len, ahead, l->heard + l->at, &how),
                     WZP_OK);
    l->at += samples;
    return how;
}

/* Say one frame that nobody hears. */
static packet lose(line *l, size_t *lost)
{
    const packet p = say(l);
    l->at += p.samples;
    *lost += p.samples;
    return p;
}

WZP_TEST(decoder_fills_short_frames_from_longer_ones)
{
    static const struct kind from = {WZP_CODEC_OPUS_24K, 20,
                                     WZP_REDUNDANCY_DRED};
    static const struct kind to = {WZP_CODEC_OPUS_24K, 60, WZP_REDUNDANCY_DRED};
    line *l = start(vowel(), &from);
    talk(l, SECOND);
    const size_t hole = l->at;
    size_t lost = 0;
    lose(l, &lost);
    lose(l, &lost);
    set(l, &to);
    lose(l, &lost);
    const packet next = say(l);
    l->at = hole;

    assert_int_equal(lost, 100 * 48);
    assert_int_equal(fill(l, 960, &next, lost - 960), WZP_REBUILT_DRED);
    assert_int_equal(fill(l, 960, &next, lost - 1920), WZP_REBUILT_DRED);
    assert_int_equal(fill(l, 2880, &next, 0), WZP_REBUILT_DRED);
    hear(l, &next);
    const double level =
        speech_rms(l->heard + hole, lost) / speech_rms(vowel() + hole, lost);
    end(l);
    assert_true(level > 0.5 && level < 1.5);
}

/* The first Opus frames after Codec2 are lost: libopus has never decoded. */
static void run_into_opus(size_t row)
{
    static const struct kind to[] = {
        {WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_DRED},
        {WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_LBRR},
    };
    const size_t frames = row == 0 ? 6 : 2;
    const size_t known = row == 0 ? 2 : 1; /* before, history is growing */
    line *l = start_speech(&kinds[9]);
    talk(l, IN_A_WORD);
    const size_t hole = l->at;
    size_t lost = 0;
    set(l, &to[row]);
    for (size_t i = 0; i < frames; i++) {
        lose(l, &lost);
    }
    const packet next = say(l);
    l->at = hole;
    for (size_t i = frames; i-- > 0;) {
        const wzp_rebuilt how = fill(l, 960, &next, i * 960);
        assert_true(i >= known ||
                    how == (row == 0 ? WZP_REBUILT_DRED : WZP_REBUILT_LBRR));
    }
    hear(l, &next);
    const size_t n = known * 960;
    const double level = speech_rms(l->heard + hole + lost - n, n) /
                         speech_rms(l->in + hole + lost - n, n);
    print_message("level %.2f\n", level);
    end(l);
    assert_true(level > 0.4 && level < 1.6);
}

static size_t count_into_opus(void)
{
    return 2;
}
WZP_ROWS(decoder_rebuilds_the_first_frames_of_opus, count_into_opus,
         run_into_opus);

WZP_TEST(decoder_takes_lbrr_for_the_last_frame_and_dred_before)
{
    line *l = start_speech(&kinds[5]);
    talk(l, IN_A_WORD);
    const size_t hole = l->at;
    size_t lost = 0;
    for (int i = 0; i < 4; i++) {
        lose(l, &lost);
    }
    const packet next = say(l);
    l->at = hole;
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(fill(l, 1920, &next, lost - i * 1920),
                         WZP_REBUILT_DRED);
    }
    assert_int_equal(fill(l, 1920, &next, 0), WZP_REBUILT_LBRR);
    assert_true(wzp_decoder_reach(l->dec, next.codec, next.data, next.len) >=
                575 * 48);
    end(l);
}

WZP_TEST(decoder_conceals_before_a_codec_that_knows_nothing)
{
    static const size_t before[] = {0, 5, 8, 9};
    for (size_t i = 0; i < 4; i++) {
        line *l = start(vowel(), &kinds[before[i]]);
        talk(l, SECOND);
        const size_t hole = l->at;
        size_t lost = 0;
        lose(l, &lost);
        set(l, before[i] == 9 ? &kinds[8] : &kinds[9]);
        const packet next = say(l);
        l->at = hole;
        assert_int_equal(fill(l, lost, &next, 0), WZP_REBUILT_CONCEALED);
        hear(l, &next);
        const double least = seam_rms(l->heard + hole, 8, false);
        end(l);
        assert_true(least > 0.3 * speech_rms(vowel() + hole, SECOND));
    }
}

WZP_TEST(decoder_reach_is_what_a_frame_can_rebuild)
{
    static const struct {
        struct kind kind;
        size_t least, most;
    } rows[] = {
        {{WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_NONE}, 0, 0},
        {{WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_LBRR}, 960, 960},
        {{WZP_CODEC_OPUS_24K, 40, WZP_REDUNDANCY_LBRR}, 1920, 1920},
        {{WZP_CODEC_OPUS_24K, 20, WZP_REDUNDANCY_DRED}, 135 * 48, 300 * 48},
        {{WZP_CODEC_OPUS_24K, 40, WZP_REDUNDANCY_DRED}, 535 * 48, 1040 * 48},
        {{WZP_CODEC_CODEC2_3200, 20, WZP_REDUNDANCY_NONE}, 0, 0},
        {{WZP_CODEC_COMFORT_NOISE, 20, WZP_REDUNDANCY_NONE}, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        line *l = start_speech(&rows[i].kind);
        talk(l, IN_A_WORD);
        const packet p = say(l);
        const size_t reach = wzp_decoder_reach(l->dec, p.codec, p.data, p.len);
        assert_in_range(reach, rows[i].least, rows[i].most);
        assert_int_equal(wzp_decoder_reach(l->dec, p.codec, p.data, 0), 0);
        end(l);
    }
}

/* --- memory --------------------------------------------------------------- */

/* Whoever allocates: libopus and libcodec2 too. */
WZP_TEST(decoder_and_encoder_switch_without_allocating)
{
    if (!ALLOCS_WORK) {
        WZP_SKIP("a sanitizer has the allocator");
    }
    line *l = start(vowel(), &kinds[0]);
    allocs_begin(NULL);
    for (size_t i = 0; l->at < 4 * SECOND; i++) {
        set(l, &kinds[i * 7 % KINDS]);
        size_t lost = 0;
        packet p = say(l);
        hear(l, &p);
        const size_t hole = l->at;
        lose(l, &lost);
        p = say(l);
        l->at = hole;
        (void)wzp_decoder_reach(l->dec, p.codec, p.data, p.len);
        fill(l, lost, &p, 0);
        hear(l, &p);
        const uint8_t level = 50;
        size_t n;
        assert_int_equal(wzp_decoder_decode(l->dec, WZP_CODEC_COMFORT_NOISE,
                                            &level, 1, l->heard + l->at,
                                            WZP_PCM_MAX, &n),
                         WZP_OK);
    }
    wzp_encoder_reset(l->enc);
    allocs_end();
    end(l);
    assert_int_equal(allocs.made[0], 0);
    assert_int_equal(allocs.freed[0], 0);
}
