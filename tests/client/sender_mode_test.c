/* SPDX-License-Identifier: MIT */
/* What the sender makes of speech and silence: modes, which change between
 * packets, noise in pauses, and nothing of before once it was closed.
 */
#include "client/sending.h"

/* --- modes ---------------------------------------------------------------- */

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
