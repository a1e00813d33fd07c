/* SPDX-License-Identifier: MIT */
/* The sender towards old peers: their header, bare frames, one at a time. */
#include "client/sending.h"

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
