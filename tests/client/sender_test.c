/* SPDX-License-Identifier: MIT */
/* From samples to packets: framing, numbers, and the 60 ms a frame may wait
 * for its key. The key group is a stand-in made here: what the sender asks of
 * it is the subject. With real groups it runs in tests/integration.
 */
#include "call/sender.c" /* seq and timestamp are set close to their wrap */

#include "client/fakes.h"

/* --- a stand-in for the key group ----------------------------------------- */

typedef struct sealed {
    wzp_media_hdr hdr;
    wzp_plain_form form;
    size_t len;
    uint8_t first;
} sealed;

struct wzp_group {
    wzp_err answer; /* to the next seal */
    sealed v[64];
    size_t n;
    size_t asked;
};

wzp_err wzp_group_seal(wzp_group *g, wzp_tstamp now, const wzp_media_hdr *hdr,
                       wzp_plain_form form, const uint8_t *plain, size_t len,
                       uint8_t *out, size_t cap, size_t *out_len)
{
    (void)now;
    g->asked++;
    assert_true(cap >= WZP_MEDIA_MAX);
    if (g->answer != WZP_OK) {
        return g->answer;
    }
    assert_true(g->n < 64);
    g->v[g->n++] = (sealed){*hdr, form, len, plain[0]};
    memcpy(out, plain, len);
    *out_len = len;
    return WZP_OK;
}

/* --- given ---------------------------------------------------------------- */

enum { TICK = 480 }; /* 10 ms */

typedef struct fixture {
    fake_mem m;
    wzp_mem mem;
    wzp__sender *s;
    wzp_group g;
    wzp_tstamp now;
    uint8_t out[WZP_MEDIA_MAX];
    size_t out_len;
} fixture;

static void setup_with(fixture *f, wzp_redundancy redundancy)
{
    memset(f, 0, sizeof *f);
    f->mem = fake_mem_table(&f->m);
    f->now = 5 * WZP_S;
    wzp_encoder_config enc;
    wzp_encoder_config_default(&enc);
    enc.mem = f->mem;
    enc.complexity = 1; /* quick */
    enc.redundancy = redundancy;
    ASSERT_OK(wzp__sender_new(&f->s, &f->mem, &enc));
}

static void setup(fixture *f)
{
    setup_with(f, WZP_REDUNDANCY_NONE);
}

static void teardown(fixture *f)
{
    wzp__sender_free(f->s);
    assert_int_equal(f->m.held, 0);
}

static void capture(fixture *f, size_t n, const wzp__sender_in *in)
{
    int16_t pcm[TICK];
    for (size_t i = 0; i < n; i++) {
        pcm[i] = (int16_t)(i % 97 * 40);
    }
    wzp__sender_capture(f->s, f->now, pcm, n, in);
}

static void speak(fixture *f, size_t n, bool is_wanted)
{
    const wzp__sender_in in = {.is_wanted = is_wanted, .is_voice = true};
    capture(f, n, &in);
}

/* Whole ticks, time going on. */
static void ticks(fixture *f, int n, bool is_wanted)
{
    for (int i = 0; i < n; i++) {
        speak(f, TICK, is_wanted);
        f->now += 10 * WZP_MS;
    }
}

static bool next(fixture *f)
{
    return wzp__sender_next(f->s, f->now, &f->g, f->out, sizeof f->out,
                            &f->out_len);
}

static size_t drain(fixture *f)
{
    size_t n = 0;
    while (next(f)) {
        n++;
    }
    return n;
}

static wzp__sender_stats stats(const fixture *f)
{
    wzp__sender_stats out;
    wzp__sender_stats_get(f->s, &out);
    return out;
}

/* --- framing -------------------------------------------------------------- */

WZP_TEST(sender_makes_one_packet_of_two_ticks)
{
    fixture f;
    setup(&f);

    ticks(&f, 1, true);
    assert_false(next(&f));
    ticks(&f, 1, true);
    assert_true(next(&f));
    assert_false(next(&f));

    uint8_t ms = 0;
    assert_int_equal(f.g.v[0].form, WZP_FORM_FRAME);
    assert_int_equal(f.g.v[0].hdr.codec, WZP_CODEC_OPUS_24K);
    ASSERT_OK(wzp_codec_frame_ms(WZP_CODEC_OPUS_24K, f.out, f.out_len, &ms));
    assert_int_equal(ms, 20);
    teardown(&f);
}

WZP_TEST(sender_frames_pieces_of_any_length)
{
    fixture f;
    setup(&f);

    for (size_t i = 0; i < 100; i++) {
        speak(&f, 441, true); /* 44,100 samples are 45.9 frames */
        drain(&f);
    }

    assert_int_equal(stats(&f).frames_captured, 45);
    assert_int_equal(f.g.n, 45);
    teardown(&f);
}

/* --- numbers -------------------------------------------------------------- */

WZP_TEST(sender_counts_frames_in_seq_and_milliseconds_in_timestamp)
{
    fixture f;
    setup(&f);

    for (int i = 0; i < 5; i++) {
        ticks(&f, 2, true);
        drain(&f);
    }

    assert_int_equal(f.g.n, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(f.g.v[i].hdr.seq, i);
        assert_int_equal(f.g.v[i].hdr.timestamp, 20 * i);
    }
    teardown(&f);
}

WZP_TEST(sender_lets_time_go_on_while_not_wanted_but_not_seq)
{
    fixture f;
    setup(&f);
    ticks(&f, 2, true);
    drain(&f);

    ticks(&f, 100, false); /* a second of silence */
    ticks(&f, 2, true);
    drain(&f);

    assert_int_equal(f.g.n, 2);
    assert_int_equal(f.g.v[1].hdr.seq, 1);
    assert_int_equal(f.g.v[1].hdr.timestamp, 1020);
    assert_int_equal(stats(&f).frames_captured, 52);
    assert_int_equal(stats(&f).frames_encoded, 2);
    assert_int_equal(stats(&f).frames_unsent, 0);
    teardown(&f);
}

WZP_TEST(sender_wraps_seq_and_timestamp)
{
    fixture f;
    setup(&f);
    f.s->packer.seq = 0xFFFF;
    f.s->timestamp = UINT32_MAX - 9;

    ticks(&f, 4, true);
    drain(&f);

    assert_int_equal(f.g.v[0].hdr.seq, 0xFFFF);
    assert_int_equal(f.g.v[0].hdr.timestamp, UINT32_MAX - 9);
    assert_int_equal(f.g.v[1].hdr.seq, 0);
    assert_int_equal(f.g.v[1].hdr.timestamp, 10);
    teardown(&f);
}

/* --- waiting for keys ----------------------------------------------------- */

WZP_TEST(sender_keeps_frames_in_order_until_the_key_is_there)
{
    fixture f;
    setup(&f);
    f.g.answer = WZP_ERR_AGAIN;
    ticks(&f, 6, true);
    assert_false(next(&f));

    f.g.answer = WZP_OK;
    assert_int_equal(drain(&f), 3);

    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(f.g.v[i].hdr.seq, i);
    }
    assert_int_equal(stats(&f).packets_sealed, 3);
    assert_int_equal(stats(&f).frames_unsent, 0);
    teardown(&f);
}

WZP_TEST(sender_gives_a_frame_60_ms_and_no_longer)
{
    fixture f;
    setup(&f);
    f.g.answer = WZP_ERR_AGAIN;
    speak(&f, TICK, true);
    speak(&f, TICK, true); /* one frame, now */

    f.now += 60 * WZP_MS;
    assert_false(next(&f));
    assert_int_equal(stats(&f).frames_unsent, 0);
    const size_t asked = f.g.asked;
    f.g.answer = WZP_OK;
    f.now += 1;
    assert_false(next(&f));

    assert_int_equal(f.g.asked, asked); /* not sealed too late */
    assert_int_equal(f.g.n, 0);
    assert_int_equal(stats(&f).frames_unsent, 1);
    teardown(&f);
}

WZP_TEST(sender_without_keys_holds_60_ms_of_frames_at_most)
{
    fixture f;
    setup(&f);
    f.g.answer = WZP_ERR_AGAIN;
    for (int i = 0; i < 100; i++) { /* a second */
        ticks(&f, 1, true);
        assert_false(next(&f));
    }

    f.g.answer = WZP_OK;
    const size_t sent = drain(&f);

    assert_in_range(sent, 3, 4);
    assert_int_equal(stats(&f).frames_unsent, 50 - sent);
    assert_int_equal(f.g.v[0].hdr.seq, 50 - sent);
    assert_int_equal(f.g.v[sent - 1].hdr.seq, 49);
    teardown(&f);
}

WZP_TEST(sender_nobody_asks_drops_the_oldest)
{
    fixture f;
    setup(&f);

    for (int i = 0; i < 2 * 20; i++) { /* 20 frames at once: 16 places */
        speak(&f, TICK, true);
    }

    assert_int_equal(drain(&f), 16);
    assert_int_equal(f.g.v[0].hdr.seq, 4);
    assert_int_equal(stats(&f).frames_unsent, 4);
    teardown(&f);
}

static const wzp_err refusals[] = {WZP_ERR_OVERSIZE, WZP_ERR_COUNTER,
                                   WZP_ERR_NOMEM, WZP_ERR_FULL};

static size_t refusals_count(void)
{
    return sizeof refusals / sizeof refusals[0];
}

static void refusal_row(size_t row)
{
    fixture f;
    setup(&f);
    ticks(&f, 4, true);
    f.g.answer = refusals[row];

    assert_false(next(&f));

    assert_int_equal(stats(&f).frames_unsent, 2);
    f.g.answer = WZP_OK;
    ticks(&f, 2, true);
    assert_int_equal(drain(&f), 1);
    assert_int_equal(f.g.v[0].hdr.seq, 2);
    teardown(&f);
}
WZP_ROWS(sender_drops_and_counts_what_cannot_be_sealed, refusals_count,
         refusal_row);

WZP_TEST(sender_reset_drops_what_waits_and_goes_on_counting)
{
    fixture f;
    setup(&f);
    f.g.answer = WZP_ERR_AGAIN;
    ticks(&f, 6, true);

    wzp__sender_reset(f.s);

    f.g.answer = WZP_OK;
    assert_int_equal(drain(&f), 0);
    assert_int_equal(stats(&f).frames_unsent, 3);
    ticks(&f, 2, true);
    assert_int_equal(drain(&f), 1);
    assert_int_equal(f.g.v[0].hdr.seq, 3);
    assert_int_equal(f.g.v[0].hdr.timestamp, 60);
    teardown(&f);
}

/* What was spoken into a sealed room must not begin a clear call: redundancy
 * repeats earlier speech, and half a frame may wait for its end. */
WZP_TEST(sender_reset_lets_nothing_spoken_before_into_the_next_frame)
{
    fixture before, fresh;
    setup_with(&before, WZP_REDUNDANCY_LBRR);
    setup_with(&fresh, WZP_REDUNDANCY_LBRR);
    ticks(&before, 101, true);
    drain(&before);

    wzp__sender_reset(before.s);

    ticks(&before, 2, true);
    ticks(&fresh, 2, true);
    assert_true(next(&before) && next(&fresh));
    assert_int_equal(before.out_len, fresh.out_len);
    assert_memory_equal(before.out, fresh.out, fresh.out_len);
    teardown(&before);
    teardown(&fresh);
}

/* --- modes ---------------------------------------------------------------- */

/* Whole ticks, packets taken as they come; how many. */
static size_t flow(fixture *f, int n, bool is_voice, uint8_t level)
{
    const wzp__sender_in in = {
        .is_wanted = true, .is_voice = is_voice, .noise_level = level};
    size_t packets = 0;
    for (int i = 0; i < n; i++) {
        capture(f, TICK, &in);
        packets += drain(f);
        f->now += 10 * WZP_MS;
    }
    return packets;
}

static size_t talk(fixture *f, int n)
{
    return flow(f, n, true, 0);
}

static size_t quiet(fixture *f, int n, uint8_t level)
{
    return flow(f, n, false, level);
}

static const wzp_media_mode LOWEST = {.codec = WZP_CODEC_CODEC2_1200,
                                      .frame_ms = 40,
                                      .n_new = 4,
                                      .window_q = 3,
                                      .window = 4};
static const wzp_media_mode BUNDLES = {
    .codec = WZP_CODEC_OPUS_6K, .frame_ms = 60, .n_new = 3};

static wzp_codec_id codec_in_force(const fixture *f)
{
    wzp_media_mode m;
    wzp__sender_mode(f->s, &m);
    return m.codec;
}

WZP_TEST(sender_changes_its_mode_at_the_next_packet_boundary)
{
    fixture f;
    setup(&f);
    wzp__sender_set_mode(f.s, &BUNDLES);
    assert_int_equal(talk(&f, 3 * 6 + 1), 1);
    assert_int_equal(codec_in_force(&f), WZP_CODEC_OPUS_6K);

    wzp__sender_set_mode(f.s, &LOWEST); /* 10 ms into the next bundle */
    assert_int_equal(talk(&f, 3 * 6 - 2), 0);
    assert_int_equal(codec_in_force(&f), WZP_CODEC_OPUS_6K);
    assert_int_equal(talk(&f, 1 + 1), 1);
    assert_int_equal(codec_in_force(&f), WZP_CODEC_CODEC2_1200);
    assert_int_equal(talk(&f, 4 * 4 - 1), 1);

    assert_int_equal(f.g.n, 3);
    static const uint16_t seq[] = {0, 3, 6};
    static const uint32_t at[] = {0, 180, 360};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(f.g.v[i].form, WZP_FORM_BUNDLE);
        assert_int_equal(f.g.v[i].hdr.codec,
                         i < 2 ? WZP_CODEC_OPUS_6K : WZP_CODEC_CODEC2_1200);
        assert_int_equal(f.g.v[i].hdr.seq, seq[i]);
        assert_int_equal(f.g.v[i].hdr.timestamp, at[i]);
    }
    teardown(&f);
}

WZP_TEST(sender_changes_its_mode_at_once_between_packets)
{
    fixture f;
    setup(&f);
    ticks(&f, 2, true);

    wzp__sender_set_mode(f.s, &LOWEST);
    ticks(&f, 1, true);

    assert_int_equal(codec_in_force(&f), WZP_CODEC_CODEC2_1200);
    teardown(&f);
}

WZP_TEST(sender_takes_no_mode_without_an_operating_point)
{
    fixture f;
    setup(&f);
    wzp_media_mode none = BUNDLES;
    none.redundancy = WZP_REDUNDANCY_BOTH;

    wzp__sender_set_mode(f.s, &none);

    assert_int_equal(talk(&f, 20), 10);
    assert_int_equal(codec_in_force(&f), WZP_CODEC_OPUS_24K);
    wzp__sender_set_mode(f.s, &BUNDLES); /* the control */
    ticks(&f, 18, true);
    assert_int_equal(codec_in_force(&f), WZP_CODEC_OPUS_6K);
    teardown(&f);
}

WZP_TEST(sender_gives_a_bundle_60_ms_from_its_last_frame_on)
{
    fixture f;
    setup(&f);
    wzp__sender_set_mode(f.s, &LOWEST);
    f.g.answer = WZP_ERR_AGAIN;
    ticks(&f, 15, true);
    speak(&f, TICK, true); /* complete now, 150 ms after it began */

    f.now += 60 * WZP_MS;
    assert_false(next(&f));
    assert_int_equal(stats(&f).frames_unsent, 0);
    f.now += 1;
    assert_false(next(&f));

    assert_int_equal(stats(&f).frames_unsent, 4);
    teardown(&f);
}

WZP_TEST(sender_reset_leaves_no_repeats_of_before)
{
    fixture f;
    setup(&f);
    wzp__sender_set_mode(f.s, &LOWEST);
    ticks(&f, 40, true);
    drain(&f);
    const size_t before = f.g.n;

    wzp__sender_reset(f.s);
    ticks(&f, 16, true);
    drain(&f);

    assert_int_equal(f.g.n, before + 1);
    assert_int_equal(f.out[0], 0); /* no old ones */
    assert_int_equal(f.out[1], 4);
    teardown(&f);
}

/* --- silence -------------------------------------------------------------- */

WZP_TEST(sender_tells_silence_once_and_again_each_second)
{
    fixture f;
    setup(&f);

    talk(&f, 2);
    quiet(&f, 300, 17); /* 3 s */
    talk(&f, 2);

    static const uint32_t at[] = {0, 20, 1020, 2020, 3020};
    assert_int_equal(f.g.n, 5);
    for (size_t i = 0; i < 5; i++) {
        const bool is_noise = i > 0 && i < 4;
        assert_int_equal(f.g.v[i].hdr.seq, i); /* only packets use numbers */
        assert_int_equal(f.g.v[i].hdr.timestamp, at[i]);
        assert_int_equal(f.g.v[i].hdr.codec == WZP_CODEC_COMFORT_NOISE,
                         is_noise);
        assert_int_equal(f.g.v[i].form, WZP_FORM_FRAME);
        if (is_noise) {
            assert_int_equal(f.g.v[i].len, 1);
            assert_int_equal(f.g.v[i].first, 17);
        }
    }
    assert_int_equal(stats(&f).frames_encoded, 2);
    assert_int_equal(stats(&f).silence_ms, 3000);
    teardown(&f);
}

WZP_TEST(sender_counts_its_parity_packets)
{
    fixture f;
    setup(&f);
    const wzp_media_mode mode = {.codec = WZP_CODEC_OPUS_24K,
                                 .frame_ms = 20,
                                 .n_new = 1,
                                 .parity_k = 4,
                                 .parity_r = 2};
    wzp__sender_set_mode(f.s, &mode);
    talk(&f, 2 * 4 * 4); /* four blocks; the parity of one goes with the next */
    assert_int_equal(stats(&f).packets_parity, 3 * 2);
    assert_int_equal(stats(&f).packets_sealed, 4 * 4 + 3 * 2);
    teardown(&f);
}

WZP_TEST(sender_tells_another_level_four_times_a_second_at_most)
{
    fixture f;
    setup(&f);
    for (int i = 0; i < 100; i++) { /* 1 s, each tick another level */
        quiet(&f, 1, (uint8_t)i);
    }
    assert_in_range(f.g.n, 4, 5);
    teardown(&f);
}

WZP_TEST(sender_encodes_a_frame_with_a_little_speech_in_it)
{
    fixture f;
    setup(&f);
    quiet(&f, 1, 5);
    talk(&f, 1); /* the other half of the frame */
    quiet(&f, 2, 5);

    assert_int_equal(f.g.n, 2);
    assert_int_equal(f.g.v[0].hdr.codec, WZP_CODEC_OPUS_24K);
    assert_int_equal(f.g.v[1].hdr.codec, WZP_CODEC_COMFORT_NOISE);
    teardown(&f);
}

WZP_TEST(sender_closes_a_bundle_early_when_silence_begins)
{
    fixture f;
    setup(&f);
    wzp__sender_set_mode(f.s, &LOWEST);
    assert_int_equal(talk(&f, 8), 0); /* two frames of four */

    assert_int_equal(quiet(&f, 4, 5), 2);
    assert_int_equal(f.g.v[0].form, WZP_FORM_BUNDLE);
    assert_int_equal(f.g.v[1].hdr.codec, WZP_CODEC_COMFORT_NOISE);
    assert_int_equal(f.g.v[1].hdr.seq, 2);
    assert_int_equal(f.g.v[1].hdr.timestamp, 80);
    teardown(&f);
}

WZP_TEST(sender_not_wanted_closes_a_bundle_and_tells_no_silence)
{
    fixture f;
    setup(&f);
    wzp__sender_set_mode(f.s, &LOWEST);
    assert_int_equal(talk(&f, 8), 0);

    ticks(&f, 4, false);
    assert_int_equal(drain(&f), 1);
    ticks(&f, 100, false);
    assert_int_equal(drain(&f), 0);
    assert_int_equal(f.g.v[0].form, WZP_FORM_BUNDLE);
    teardown(&f);
}

/* --- a closed microphone -------------------------------------------------- */

static const wzp_quality_report quality = {25, 25, 0, 200}; /* in clear */

static size_t closings_count(void)
{
    return 5;
}

/* Each repeats earlier speech in a way of its own. */
static const wzp_media_mode REPEATING[] = {
    {.codec = WZP_CODEC_OPUS_24K,
     .frame_ms = 20,
     .n_new = 1,
     .redundancy = WZP_REDUNDANCY_LBRR,
     .loss_pct = 20},
    {.codec = WZP_CODEC_OPUS_24K,
     .frame_ms = 20,
     .n_new = 1,
     .redundancy = WZP_REDUNDANCY_DRED,
     .loss_pct = 25},
    {.codec = WZP_CODEC_OPUS_6K, .frame_ms = 60, .n_new = 2, .n_old = 2},
    {.codec = WZP_CODEC_CODEC2_1200,
     .frame_ms = 40,
     .n_new = 4,
     .window_q = 3,
     .window = 4},
    {.codec = WZP_CODEC_OPUS_24K,
     .frame_ms = 20,
     .n_new = 1,
     .parity_k = 8,
     .parity_r = 6},
};

/* Deep redundancy needs more than the quickest encoder. */
static void setup_repeating(fixture *f, size_t row)
{
    setup(f);
    wzp__sender_free(f->s);
    wzp_encoder_config enc;
    wzp_encoder_config_default(&enc);
    enc.mem = f->mem;
    ASSERT_OK(wzp__sender_new(&f->s, &f->mem, &enc));
    wzp__sender_set_mode(f->s, &REPEATING[row]);
}

/* A tick of speech each: do both send the same? */
static bool is_same_tick(fixture *a, fixture *b)
{
    speak(a, TICK, true);
    speak(b, TICK, true);
    a->now += 10 * WZP_MS;
    b->now += 10 * WZP_MS;
    bool any = next(a);
    bool is_same = any == next(b);
    while (any && is_same) {
        is_same =
            a->out_len == b->out_len && memcmp(a->out, b->out, a->out_len) == 0;
        any = next(a);
        is_same = any == next(b) && is_same;
    }
    a->g.n = b->g.n = 0;
    return is_same;
}

/* 121 ticks of a note: a part of a frame waits for its end. */
static void hum(fixture *f, size_t period)
{
    const wzp__sender_in in = {.is_wanted = true, .is_voice = true};
    int16_t pcm[TICK];
    for (size_t t = 0; t < 121; t++) {
        for (size_t i = 0; i < TICK; i++) {
            pcm[i] = (int16_t)((t * TICK + i) % period * 60);
        }
        wzp__sender_capture(f->s, f->now, pcm, TICK, &in);
        drain(f);
        f->g.n = 0;
        f->now += 10 * WZP_MS;
    }
}

/* Two senders that have said different things before say the same now. */
static bool says_the_same(size_t row, bool is_closed)
{
    static fixture one, other;
    setup_repeating(&one, row);
    setup_repeating(&other, row);
    hum(&one, 101);
    hum(&other, 211);
    if (is_closed) {
        wzp__sender_close(one.s, one.now);
        wzp__sender_close(other.s, other.now);
    }
    ticks(&one, 47, false);
    ticks(&other, 47, false);
    drain(&one); /* what is left of before, and the end */
    drain(&other);
    bool is_same = true;
    for (int i = 0; i < 48; i++) {
        is_same &= is_same_tick(&one, &other);
    }
    teardown(&one);
    teardown(&other);
    return is_same;
}

static void closing_row(size_t row)
{
    assert_true(says_the_same(row, true));
    assert_false(says_the_same(row, false)); /* the control */
}
WZP_ROWS(sender_repeats_nothing_that_was_spoken_before_it_was_closed,
         closings_count, closing_row);

static bool next_clear(fixture *f)
{
    return wzp__sender_next_clear(f->s, f->now, &quality, f->out, &f->out_len);
}

static bool is_same_silence(fixture *a, fixture *b)
{
    static const int16_t silence[TICK];
    const wzp__sender_in in = {.is_wanted = true, .is_voice = true};
    const size_t from = WZP_MEDIA_HDR_LEN;
    wzp__sender_capture(a->s, a->now, silence, TICK, &in);
    wzp__sender_capture(b->s, b->now, silence, TICK, &in);
    const bool any = next_clear(a);
    assert_int_equal(any, next_clear(b));
    return !any ||
           (a->out_len == b->out_len &&
            memcmp(a->out + from, b->out + from, a->out_len - from) == 0);
}

/* Towards old peers silence is sent meanwhile, through the same encoder: its
 * deep redundancy would tell them what was said before. */
static bool is_silent_in_clear(bool is_closed)
{
    static const int16_t silence[TICK];
    const wzp__sender_in in = {.is_wanted = true, .is_voice = true};
    fixture before, fresh;
    setup_repeating(&before, 1);
    setup_repeating(&fresh, 1);
    for (int i = 0; i < 49 * 2 + 1; i++) { /* half a frame waits */
        ticks(&before, 1, true);
        (void)next_clear(&before);
    }
    before.s->since_report = 0;
    if (is_closed) {
        wzp__sender_close(before.s, before.now);
    }
    wzp__sender_capture(fresh.s, fresh.now, silence, TICK, &in);
    bool is_same = true;
    for (int i = 0; i < 49; i++) {
        is_same &= is_same_silence(&before, &fresh);
    }
    teardown(&before);
    teardown(&fresh);
    return is_same;
}

WZP_TEST(sender_in_clear_repeats_nothing_of_before_while_it_is_closed)
{
    assert_true(is_silent_in_clear(true));
    assert_false(is_silent_in_clear(false)); /* the control */
}

WZP_TEST(sender_that_is_closed_says_so_with_one_frame_of_silence)
{
    fixture f;
    setup(&f);
    talk(&f, 5); /* half a frame waits for its end */

    wzp__sender_close(f.s, f.now);

    ticks(&f, 1, false);
    assert_int_equal(drain(&f), 1);
    ticks(&f, 500, false);
    assert_int_equal(drain(&f), 0);
    assert_int_equal(f.g.v[2].hdr.codec, WZP_CODEC_COMFORT_NOISE);
    assert_int_equal(f.g.v[2].first, 0);
    assert_int_equal(f.g.v[2].hdr.seq, 2);
    assert_int_equal(f.g.v[2].hdr.timestamp, 40);
    teardown(&f);
}

WZP_TEST(sender_that_nobody_heard_says_nothing_when_it_is_closed)
{
    fixture f;
    setup(&f);
    ticks(&f, 4, false);

    wzp__sender_close(f.s, f.now);

    ticks(&f, 4, false);
    assert_int_equal(drain(&f), 0);
    teardown(&f);
}

/* --- control -------------------------------------------------------------- */

WZP_TEST(sender_control_carries_the_numbers_of_the_frame_to_come)
{
    fixture f;
    setup(&f);
    ticks(&f, 4, true);
    drain(&f);
    const uint8_t plain[1] = {0x77};

    ASSERT_OK(wzp__sender_control(f.s, f.now, &f.g, plain, 1, f.out,
                                  sizeof f.out, &f.out_len));
    ticks(&f, 2, true);
    drain(&f);

    assert_int_equal(f.g.n, 4);
    assert_int_equal(f.g.v[2].form, WZP_FORM_CONTROL);
    assert_int_equal(f.g.v[2].first, 0x77);
    assert_int_equal(f.g.v[2].hdr.seq, 2);
    assert_int_equal(f.g.v[2].hdr.timestamp, 40);
    assert_int_equal(f.g.v[3].form, WZP_FORM_FRAME);
    assert_int_equal(f.g.v[3].hdr.seq, 2); /* control used none up */
    assert_int_equal(stats(&f).packets_sealed, 3);
    teardown(&f);
}

WZP_TEST(sender_control_without_a_key_tells_its_caller)
{
    fixture f;
    setup(&f);
    f.g.answer = WZP_ERR_AGAIN;
    const uint8_t plain[1] = {0};

    assert_int_equal(wzp__sender_control(f.s, f.now, &f.g, plain, 1, f.out,
                                         sizeof f.out, &f.out_len),
                     WZP_ERR_AGAIN);

    assert_int_equal(stats(&f).frames_unsent, 0);
    teardown(&f);
}

/* --- life ----------------------------------------------------------------- */

WZP_TEST(sender_new_leaves_nothing_behind_at_the_nth_allocation)
{
    fixture f;
    setup(&f);
    wzp_encoder_config enc;
    wzp_encoder_config_default(&enc);
    enc.mem = f.mem;
    const size_t held = f.m.held;
    wzp_err e = WZP_ERR_NOMEM;
    for (size_t n = 1; e != WZP_OK; n++) {
        wzp__sender *s = NULL;
        f.m.fail_at = f.m.calls + n;
        e = wzp__sender_new(&s, &f.mem, &enc);
        f.m.fail_at = 0;
        assert_true(e == WZP_OK || e == WZP_ERR_NOMEM);
        wzp__sender_free(s);
        assert_int_equal(f.m.held, held);
        assert_true(n < 50);
    }
    teardown(&f);
}

WZP_TEST(sender_allocates_nothing_per_frame)
{
    fixture f;
    setup(&f);
    const size_t calls = f.m.calls;

    for (int i = 0; i < 100; i++) {
        ticks(&f, 1, true);
        f.g.n = 0;
        drain(&f);
    }

    assert_int_equal(f.m.calls, calls);
    teardown(&f);
}

/* --- in clear ------------------------------------------------------------- */

WZP_TEST(sender_in_clear_writes_the_header_of_old_peers_and_the_bare_frame)
{
    fixture f;
    setup(&f);
    for (unsigned i = 0; i < 3; i++) {
        ticks(&f, 2, true);
        assert_true(next_clear(&f));
        assert_false(next_clear(&f));
        /* spec/wire.md 1.1: V0 T0 codec 0 Q0 ratio 0, seq, time, zeros */
        const uint8_t want[12] = {0, 0, 0, (uint8_t)i,
                                  0, 0, 0, (uint8_t)(20 * i)};
        assert_memory_equal(f.out, want, sizeof want);
        uint8_t ms;
        ASSERT_OK(wzp_codec_frame_ms(WZP_CODEC_OPUS_24K, f.out + 12,
                                     f.out_len - 12, &ms));
        assert_int_equal(ms, 20);
    }
    assert_int_equal(f.g.asked, 0); /* no key was touched */
    teardown(&f);
}

WZP_TEST(sender_in_clear_reports_quality_with_every_fiftieth_frame)
{
    fixture f;
    setup(&f);
    static const uint8_t trailer[4] = {25, 25, 0, 200};
    for (int i = 1; i <= 150; i++) {
        ticks(&f, 2, true);
        assert_true(next_clear(&f));
        assert_int_equal((f.out[0] & 2) != 0, i % 50 == 0);
        if (i % 50 == 0) {
            assert_memory_equal(f.out + f.out_len - 4, trailer, 4);
        }
    }
    teardown(&f);
}

WZP_TEST(sender_in_clear_drops_frames_that_waited_too_long)
{
    fixture f;
    setup(&f);
    ticks(&f, 2, true);
    f.now += WAIT_NS + WZP_MS;
    assert_false(next_clear(&f));
    assert_int_equal(stats(&f).frames_unsent, 1);
    teardown(&f);
}

WZP_TEST(sender_in_clear_sends_plain_packets_whatever_the_mode)
{
    fixture f;
    setup(&f);
    wzp__sender_set_mode(f.s, &LOWEST);
    ticks(&f, 16, true);
    assert_false(next_clear(&f)); /* a bundle, which is not for old peers */
    assert_int_equal(stats(&f).frames_unsent, 4);

    for (unsigned i = 0; i < 3; i++) {
        ticks(&f, 4, true);
        assert_true(next_clear(&f));
        assert_false(next_clear(&f));
        assert_int_equal(f.out[0], WZP_CODEC_CODEC2_1200 << 2); /* no T */
        assert_int_equal(f.out[3], 4 + i);
        assert_int_equal(f.out_len, 12 + 6);
    }
    wzp__sender_set_mode(f.s, &BUNDLES); /* 60 ms: not for old peers either */
    ticks(&f, 4, true);
    assert_true(next_clear(&f));
    assert_int_equal(f.out[0], WZP_CODEC_OPUS_6K << 2);

    wzp__sender_reset(f.s); /* sealed again: the mode comes back */
    assert_int_equal(talk(&f, 18), 1);
    assert_int_equal(f.g.v[0].form, WZP_FORM_BUNDLE);
    teardown(&f);
}

WZP_TEST(sender_in_clear_sends_silence_as_sound)
{
    fixture f;
    setup(&f);
    assert_false(next_clear(&f));
    const wzp__sender_in in = {.is_wanted = true, .noise_level = 5};
    for (int i = 0; i < 4; i++) {
        capture(&f, TICK, &in);
    }

    assert_true(next_clear(&f));
    assert_true(next_clear(&f));
    assert_int_equal(stats(&f).frames_encoded, 2);
    teardown(&f);
}
