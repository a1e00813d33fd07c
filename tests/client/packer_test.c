/* SPDX-License-Identifier: MIT */
/* Frames into packets: what is in each, when it is complete, what reaches back
 * and what must not. That packets are read back to the same frames is
 * depacket_test's.
 */
#include "client/fakes.h"
#include "client/packing.h"

#include <wzp/proto/bundle.h>
#include <wzp/proto/bundle2.h>
#include <wzp/proto/parity.h>

static wzp__packer p; /* 85 KB */
static uint32_t clock_ms;

static void setup(const wzp_media_mode *mode)
{
    wzp__packer_init(&p, mode);
    clock_ms = 0;
}

static wzp_tstamp now(void)
{
    return WZP_S + clock_ms * WZP_MS;
}

static void speak(const voice *v, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        put_frame(&p, now(), v, clock_ms);
        clock_ms += v->frame_ms;
    }
}

static bool next(wzp__packed *out)
{
    wzp_tstamp at;
    if (!wzp__packer_at(&p, &at)) {
        return false;
    }
    ASSERT_OK(wzp__packer_get(&p, out));
    assert_in_range(out->len, 1, WZP__PACKER_PLAIN_MAX);
    wzp__packer_sent(&p);
    return true;
}

static wzp_bundle next_bundle(wzp__packed *out)
{
    wzp_bundle b;
    assert_true(next(out));
    assert_int_equal(out->form, WZP_FORM_BUNDLE);
    ASSERT_OK(wzp_bundle_decode(out->plain, out->len, out->hdr.seq, &b));
    return b;
}

static wzp_bundle2 next_window(wzp__packed *out)
{
    wzp_bundle2 b;
    assert_true(next(out));
    assert_int_equal(out->form, WZP_FORM_BUNDLE);
    ASSERT_OK(wzp_bundle2_decode(out->plain, out->len, out->hdr.seq, &b));
    return b;
}

/* --- forms ---------------------------------------------------------------- */

WZP_TEST(packer_makes_a_plain_packet_of_each_frame)
{
    const wzp_media_mode mode = mode_of(&OPUS_20, 1, 0);
    setup(&mode);

    speak(&OPUS_20, 3);

    wzp__packed out;
    for (unsigned i = 0; i < 3; i++) {
        uint8_t want[128];
        assert_true(next(&out));
        assert_int_equal(out.form, WZP_FORM_FRAME);
        assert_int_equal(out.hdr.seq, i);
        assert_int_equal(out.hdr.timestamp, 20 * i);
        assert_int_equal(out.hdr.codec, WZP_CODEC_OPUS_24K);
        assert_int_equal(out.len, frame_bytes(&OPUS_20, (uint16_t)i, want));
        assert_memory_equal(out.plain, want, out.len);
    }
    assert_false(next(&out));
}

WZP_TEST(packer_waits_until_a_bundle_is_full)
{
    const wzp_media_mode mode = mode_of(&OPUS_60, 3, 0);
    setup(&mode);
    wzp__packed out;

    speak(&OPUS_60, 2);
    assert_false(next(&out));
    assert_true(wzp__packer_is_open(&p));
    speak(&OPUS_60, 1);

    const wzp_bundle b = next_bundle(&out);
    assert_false(wzp__packer_is_open(&p));
    assert_int_equal(b.n_old, 0);
    assert_int_equal(b.n_new, 3);
    assert_int_equal(out.hdr.seq, 0);
    assert_int_equal(out.hdr.timestamp, 0);
    wzp_tstamp at;
    assert_false(wzp__packer_at(&p, &at));
}

WZP_TEST(packer_repeats_as_many_frames_as_there_are)
{
    const wzp_media_mode mode = mode_of(&OPUS_60, 2, 3);
    setup(&mode);
    static const uint8_t old[] = {0, 2, 3, 3};

    speak(&OPUS_60, 8);

    for (unsigned i = 0; i < 4; i++) {
        wzp__packed out;
        uint8_t want[128];
        const wzp_bundle b = next_bundle(&out);
        assert_int_equal(b.n_old, old[i]);
        assert_int_equal(b.n_new, 2);
        assert_int_equal(b.seq, 2 * i);
        for (unsigned k = 0; k < (unsigned)b.n_old + b.n_new; k++) {
            const uint16_t seq = (uint16_t)(b.seq - b.n_old + k);
            assert_int_equal(b.frames[k].len, frame_bytes(&OPUS_60, seq, want));
            assert_memory_equal(b.frames[k].ptr, want, b.frames[k].len);
        }
    }
}

WZP_TEST(packer_codes_over_the_window_before_each_packet)
{
    wzp_media_mode mode = mode_of(&CODEC2_1200, 4, 0);
    mode.window_q = 3;
    mode.window = 4;
    setup(&mode);
    wzp__packed out;

    speak(&CODEC2_1200, 4);
    assert_int_equal(next_bundle(&out).n_old, 0); /* nothing is before it */
    unsigned row = 0;
    for (unsigned i = 1; i < 50; i++) {
        speak(&CODEC2_1200, 4);
        const wzp_bundle2 b = next_window(&out);
        assert_int_equal(b.n_old, i < 4 ? 4 * i : 16);
        assert_int_equal(b.n_new, 4);
        assert_int_equal(b.n_parity, i < 3 ? 4 * i : 12);
        assert_int_equal(b.row, row); /* no row twice within 128 */
        assert_int_equal(out.len, 5 + 6 * (4 + b.n_parity));
        row = (row + b.n_parity) % WZP_BUNDLE2_ROWS;
    }
}

/* --- no further back than that -------------------------------------------- */

WZP_TEST(packer_reaches_over_no_pause)
{
    const wzp_media_mode mode = mode_of(&OPUS_60, 2, 4);
    setup(&mode);
    speak(&OPUS_60, 3);

    wzp__packer_pause(&p, now());
    clock_ms += 600;
    speak(&OPUS_60, 2);

    wzp__packed out;
    assert_int_equal(next_bundle(&out).n_new, 2);
    const wzp_bundle cut = next_bundle(&out); /* the third went out alone */
    assert_int_equal(cut.n_new, 1);
    assert_int_equal(cut.n_old, 2);
    const wzp_bundle after = next_bundle(&out);
    assert_int_equal(after.n_old, 0);
    assert_int_equal(after.n_new, 2);
    assert_int_equal(out.hdr.seq, 3);
    assert_int_equal(out.hdr.timestamp, 780);
}

WZP_TEST(packer_sees_a_pause_in_the_time_stamps)
{
    const wzp_media_mode mode = mode_of(&OPUS_60, 2, 4);
    setup(&mode);
    speak(&OPUS_60, 1);
    clock_ms += 60;
    speak(&OPUS_60, 1);

    wzp__packed out;
    assert_true(next(&out));
    assert_int_equal(out.form, WZP_FORM_FRAME);
    assert_false(next(&out)); /* the second waits for another */
}

WZP_TEST(packer_reaches_over_no_change_of_codec)
{
    wzp_media_mode mode = mode_of(&OPUS_60, 2, 4);
    setup(&mode);
    speak(&OPUS_60, 2);

    mode = mode_of(&CODEC2_1200, 4, 4);
    wzp__packer_set_mode(&p, now(), &mode);
    speak(&CODEC2_1200, 8);

    wzp__packed out;
    assert_int_equal(next_bundle(&out).n_new, 2);
    assert_int_equal(next_bundle(&out).n_old, 0);
    assert_int_equal(next_bundle(&out).n_old, 4);
    assert_int_equal(out.hdr.codec, WZP_CODEC_CODEC2_1200);
}

WZP_TEST(packer_forgets_all_of_before_and_goes_on_counting)
{
    const wzp_media_mode mode = mode_of(&OPUS_60, 2, 4);
    setup(&mode);
    speak(&OPUS_60, 5);

    wzp__packer_forget(&p);
    speak(&OPUS_60, 2);

    wzp__packed out;
    const wzp_bundle b = next_bundle(&out);
    assert_int_equal(p.frames_dropped, 5);
    assert_int_equal(b.n_old, 0);
    assert_int_equal(b.seq, 5);
    assert_false(next(&out));
}

WZP_TEST(packer_sends_comfort_noise_at_once_and_alone)
{
    const voice noise = {WZP_CODEC_COMFORT_NOISE, 20, 0, 1};
    const wzp_media_mode mode = mode_of(&OPUS_60, 3, 3);
    setup(&mode);
    speak(&OPUS_60, 3);
    speak(&noise, 1);

    wzp__packed out;
    next_bundle(&out);
    assert_true(next(&out));
    assert_int_equal(out.form, WZP_FORM_FRAME);
    assert_int_equal(out.hdr.codec, WZP_CODEC_COMFORT_NOISE);
    assert_int_equal(out.hdr.seq, 3);
    assert_int_equal(out.len, 1);
}

/* --- parity packets ------------------------------------------------------- */

static void expect_frame(uint16_t seq)
{
    wzp__packed out;
    assert_true(next(&out));
    assert_int_equal(out.form, WZP_FORM_FRAME);
    assert_int_equal(out.hdr.seq, seq);
}

/* Packet `index` over k frames from base, with the numbers of frame `seq`, the
 * one to come; none is used up. */
static void expect_parity(uint16_t base, uint8_t k, uint8_t r, uint8_t index,
                          uint16_t seq)
{
    wzp__packed out;
    wzp_parity parity;
    assert_true(next(&out));
    assert_int_equal(out.form, WZP_FORM_PARITY);
    ASSERT_OK(wzp_parity_decode(out.plain, out.len, &parity));
    assert_int_equal(parity.base, base);
    assert_int_equal(parity.k, k);
    assert_int_equal(parity.r, r);
    assert_int_equal(parity.index, index);
    assert_int_equal(out.hdr.seq, seq);
    assert_int_equal(out.hdr.timestamp, seq * 20u);
}

static bool is_empty(void)
{
    wzp_tstamp at;
    return !wzp__packer_at(&p, &at);
}

/* Packets of one moment are often lost together. */
WZP_TEST(packer_sends_the_parity_of_a_block_between_packets_of_the_next)
{
    wzp_media_mode mode = mode_of(&OPUS_20, 1, 0);
    mode.parity_k = 3;
    mode.parity_r = 2;
    setup(&mode);

    speak(&OPUS_20, 9);

    expect_frame(0);
    expect_frame(1);
    expect_frame(2);
    for (uint16_t block = 1; block < 3; block++) {
        const uint16_t first = (uint16_t)(3 * block);
        expect_frame(first);
        expect_parity((uint16_t)(first - 3), 3, 2, 0, (uint16_t)(first + 1));
        expect_frame((uint16_t)(first + 1));
        expect_parity((uint16_t)(first - 3), 3, 2, 1, (uint16_t)(first + 2));
        expect_frame((uint16_t)(first + 2));
    }
    assert_true(is_empty());
}

WZP_TEST(packer_sends_more_parity_than_packets_several_at_once)
{
    wzp_media_mode mode = mode_of(&OPUS_20, 1, 0);
    mode.parity_k = 2;
    mode.parity_r = 4;
    setup(&mode);

    speak(&OPUS_20, 3);

    expect_frame(0);
    expect_frame(1);
    expect_frame(2);
    expect_parity(0, 2, 4, 0, 3);
    expect_parity(0, 2, 4, 1, 3);
    assert_true(is_empty());
}

WZP_TEST(packer_sends_all_parity_when_a_pause_begins)
{
    wzp_media_mode mode = mode_of(&OPUS_20, 1, 0);
    mode.parity_k = 10;
    mode.parity_r = 4;
    setup(&mode);
    speak(&OPUS_20, 4);

    wzp__packer_pause(&p, now());

    for (uint16_t i = 0; i < 4; i++) {
        expect_frame(i);
    }
    /* a block cut short has its share: 4 × 4 / 10, rounded up */
    expect_parity(0, 4, 2, 0, 4);
    expect_parity(0, 4, 2, 1, 4);
    assert_true(is_empty());
    wzp__packer_pause(&p, now());
    assert_true(is_empty());
}

/* --- sizes ---------------------------------------------------------------- */

static void put_long(unsigned n, size_t len)
{
    for (unsigned i = 0; i < n; i++) {
        wzp__packer_frame f = {.timestamp = clock_ms,
                               .len = (uint16_t)len,
                               .codec = WZP_CODEC_OPUS_64K,
                               .frame_ms = 20};
        uint8_t *room = wzp__packer_room(&p);
        memset(room, 1, len);
        wzp__packer_put(&p, now(), &f);
        clock_ms += 20;
    }
}

WZP_TEST(packer_repeats_fewer_frames_where_they_do_not_fit)
{
    const wzp_media_mode mode = mode_of(&OPUS_20, 1, 8);
    setup(&mode);

    put_long(10, 300);

    wzp__packed out;
    wzp_bundle b;
    for (unsigned i = 0; i < 10; i++) {
        assert_true(next(&out));
        if (i > 0) {
            ASSERT_OK(wzp_bundle_decode(out.plain, out.len, out.hdr.seq, &b));
        }
    }
    assert_int_equal(b.n_old, 2); /* 3 × 300 of 1,047 */
    assert_int_equal(b.n_new, 1);
}

WZP_TEST(packer_closes_a_bundle_that_the_next_frame_does_not_fit_into)
{
    const wzp_media_mode mode = mode_of(&OPUS_20, 8, 0);
    setup(&mode);

    put_long(8, 300);

    wzp__packed out;
    assert_int_equal(next_bundle(&out).n_new, 3);
    assert_int_equal(next_bundle(&out).n_new, 3);
    assert_false(next(&out)); /* two wait for more */
}

WZP_TEST(packer_drops_a_frame_that_fits_into_no_packet)
{
    const wzp_media_mode mode = mode_of(&OPUS_20, 1, 0);
    setup(&mode);

    put_long(1, WZP__PACKER_PLAIN_MAX);
    put_long(1, WZP__PACKER_PLAIN_MAX + 1);
    put_long(1, 10);

    wzp__packed out;
    assert_true(next(&out));
    assert_int_equal(out.len, WZP__PACKER_PLAIN_MAX);
    assert_true(next(&out));
    assert_int_equal(out.hdr.seq, 1); /* a gap in time, and no loss */
    assert_int_equal(out.hdr.timestamp, 40);
    assert_int_equal(p.frames_dropped, 1);
}

/* --- modes ---------------------------------------------------------------- */

WZP_TEST(packer_mode_is_kept_within_what_the_forms_can_say)
{
    const wzp_media_mode wild = {.codec = WZP_CODEC_CODEC2_1200,
                                 .frame_ms = 40,
                                 .n_new = 200,
                                 .n_old = 200,
                                 .window_q = 200,
                                 .window = 200,
                                 .parity_k = 200,
                                 .parity_r = 200};
    const wzp_media_mode m = wzp__packer_checked(&wild);
    assert_int_equal(m.n_new, 8);
    assert_int_equal(m.n_old, 24);
    assert_int_equal(m.window_q, 3);
    assert_int_equal(m.window, 5); /* 40 frames */
    assert_int_equal(m.parity_k, 32);
    assert_int_equal(m.parity_r, 32);

    wzp_media_mode opus = wild;
    opus.codec = WZP_CODEC_OPUS_24K;
    assert_int_equal(wzp__packer_checked(&opus).window_q, 0);
    const wzp_media_mode none = {.codec = WZP_CODEC_OPUS_24K, .parity_r = 3};
    assert_int_equal(wzp__packer_checked(&none).n_new, 1);
    assert_int_equal(wzp__packer_checked(&none).parity_r, 0);
}

/* Nobody takes packets: frames of the ring are used again, and what needs them
 * is given up, in every mode. Under the address sanitizer. */
WZP_TEST(packer_nobody_asks_gives_up_what_it_can_no_longer_make)
{
    static const struct {
        uint8_t n_new, n_old, q, window, k, r;
    } rows[] = {{1, 0, 0, 0, 0, 0},   {1, 24, 0, 0, 0, 0},
                {8, 24, 0, 0, 0, 0},  {8, 0, 3, 8, 0, 0},
                {1, 0, 0, 0, 32, 32}, {8, 24, 0, 0, 32, 32},
                {7, 0, 2, 5, 31, 3},  {1, 0, 0, 0, 1, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wzp_media_mode mode =
            mode_of(&CODEC2_1200, rows[i].n_new, rows[i].n_old);
        mode.window_q = rows[i].q;
        mode.window = rows[i].window;
        mode.parity_k = rows[i].k;
        mode.parity_r = rows[i].r;
        setup(&mode);
        speak(&CODEC2_1200, 500);
        wzp__packed out;
        unsigned n = 0;
        while (next(&out)) {
            n++;
        }
        assert_in_range(n, 1, 16 * 64);
        assert_true(p.frames_dropped > 400);
    }
}
