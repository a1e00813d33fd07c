/* SPDX-License-Identifier: MIT */
/* From samples to packets: framing, numbers, and the 60 ms a frame may wait
 * for its key. Modes and silence are sender_mode_test.c, clear media
 * sender_clear_test.c.
 */
#include "client/sending.h"

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
