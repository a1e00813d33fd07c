/* SPDX-License-Identifier: MIT */
/* What a mode costs, how long it waits, what listeners without an ability get.
 */
#include "support/harness.h"

#include <wzp/proto/mode.h>
#include <wzp/proto/signal.h>

#define ALL                                                                    \
    (WZP_CAP_FRAMES | WZP_CAP_BUNDLE1 | WZP_CAP_BUNDLE2 | WZP_CAP_PARITY1 |    \
     WZP_CAP_DRED_10)

/* A packet without its plaintext, header by header: IPv4, UDP; QUIC short
 * header with connection id and packet number, its tag; DATAGRAM with length;
 * mini header; SFrame header, its tag. */
static const uint32_t PACKET =
    (20 + 8) + (1 + 8 + 1 + 16) + (1 + 2) + 4 + (7 + 16);

static uint32_t padded(uint32_t n)
{
    do {
        n++; /* one byte at least says how many */
    } while (n % 8 != 0);
    return n;
}

static wzp_media_mode plain(wzp_codec_id codec, uint8_t ms)
{
    return (wzp_media_mode){.codec = codec, .frame_ms = ms, .n_new = 1};
}

static const wzp_media_mode LOWEST = {.codec = WZP_CODEC_CODEC2_1200,
                                      .frame_ms = 40,
                                      .n_new = 4,
                                      .window_q = 3,
                                      .window = 4};

typedef struct cost {
    wzp_media_mode mode;
    uint32_t plain_bytes, packet_ms;
} cost;

static const cost COSTS[] = {
    {{.codec = WZP_CODEC_OPUS_24K, .frame_ms = 20, .n_new = 1}, 60, 20},
    {{.codec = WZP_CODEC_OPUS_24K, .frame_ms = 40, .n_new = 1}, 120, 40},
    {{.codec = WZP_CODEC_OPUS_64K, .frame_ms = 10, .n_new = 1}, 80, 10},
    {{.codec = WZP_CODEC_OPUS_24K,
      .frame_ms = 40,
      .redundancy = WZP_REDUNDANCY_DRED,
      .n_new = 1},
     100,
     40},
    {{.codec = WZP_CODEC_OPUS_32K,
      .frame_ms = 40,
      .redundancy = WZP_REDUNDANCY_BOTH,
      .n_new = 1},
     165,
     40},
    /* Bundles: 3 bytes, then lengths: one each, or one for all. */
    {{.codec = WZP_CODEC_OPUS_6K, .frame_ms = 60, .n_new = 3},
     3 + 3 + 3 * 38,
     180},
    {{.codec = WZP_CODEC_OPUS_6K, .frame_ms = 60, .n_new = 2, .n_old = 2},
     3 + 4 + 4 * 38,
     120},
    {{.codec = WZP_CODEC_CODEC2_1200, .frame_ms = 40, .n_new = 4},
     3 + 1 + 4 * 6,
     160},
    {{.codec = WZP_CODEC_CODEC2_1200,
      .frame_ms = 40,
      .n_new = 4,
      .window_q = 3,
      .window = 4},
     3 + 1 + 2 + 4 * 6 + 12 * 6,
     160},
    {{.codec = WZP_CODEC_CODEC2_1200, .frame_ms = 40, .n_new = 5, .n_old = 18},
     3 + 1 + 23 * 6,
     200},
};

static size_t count_costs(void)
{
    return sizeof COSTS / sizeof *COSTS;
}

static void run_cost(size_t row)
{
    const cost *c = &COSTS[row];
    assert_int_equal(wzp_media_mode_delay_ms(&c->mode), c->packet_ms);
    assert_int_equal(wzp_media_mode_wire_bps(&c->mode),
                     (PACKET + padded(c->plain_bytes)) * 8000 / c->packet_ms);
}
WZP_ROWS(mode_costs_its_headers_and_frames, count_costs, run_cost);

WZP_TEST(mode_with_parity_packets_costs_those_too)
{
    wzp_media_mode m = plain(WZP_CODEC_OPUS_24K, 20);
    const uint32_t before = wzp_media_mode_wire_bps(&m);
    m.parity_k = 4;
    m.parity_r = 2;
    const uint32_t each = PACKET + padded(5 + 2 + 60);
    assert_int_equal(wzp_media_mode_wire_bps(&m) - before,
                     2 * each * 8000 / 80);
    assert_int_equal(wzp_media_mode_delay_ms(&m), 20);
}

/* --- fit --- */

WZP_TEST(mode_fits_those_who_can_read_all_as_it_is)
{
    wzp_media_mode m = LOWEST;
    wzp_media_mode_fit(&m, ALL);
    assert_true(wzp_media_mode_is_equal(&m, &LOWEST));
}

WZP_TEST(mode_without_windows_repeats_whole_frames)
{
    wzp_media_mode m = LOWEST;
    wzp_media_mode_fit(&m, ALL & ~WZP_CAP_BUNDLE2);
    assert_int_equal(m.window_q, 0);
    assert_int_equal(m.n_new, 4);
    assert_int_equal(m.n_old, 12);
}

WZP_TEST(mode_without_bundles_is_one_frame_to_a_packet)
{
    wzp_media_mode m = LOWEST;
    wzp_media_mode_fit(&m, 0);
    const wzp_media_mode want = plain(WZP_CODEC_CODEC2_1200, 40);
    assert_true(wzp_media_mode_is_equal(&m, &want));
}

WZP_TEST(mode_without_frames_has_the_length_everybody_expects)
{
    wzp_media_mode m = plain(WZP_CODEC_OPUS_6K, 60);
    wzp_media_mode_fit(&m, ALL & ~WZP_CAP_FRAMES);
    assert_int_equal(m.frame_ms, 40);
    m = plain(WZP_CODEC_OPUS_32K, 40);
    m.redundancy = WZP_REDUNDANCY_BOTH;
    wzp_media_mode_fit(&m, ALL & ~WZP_CAP_FRAMES);
    assert_int_equal(m.frame_ms, 20);
    assert_int_equal(m.codec, WZP_CODEC_OPUS_24K);
    assert_int_equal(m.redundancy, WZP_REDUNDANCY_DRED);
}

WZP_TEST(mode_without_deep_redundancy_stays_as_narrow)
{
    wzp_media_mode m = plain(WZP_CODEC_OPUS_24K, 60);
    m.redundancy = WZP_REDUNDANCY_DRED;
    const uint32_t before = wzp_media_mode_wire_bps(&m);
    wzp_media_mode_fit(&m, ALL & ~WZP_CAP_DRED_10);
    assert_int_equal(m.redundancy, WZP_REDUNDANCY_NONE);
    assert_true(wzp_media_mode_wire_bps(&m) <= before);
    m = plain(WZP_CODEC_OPUS_24K, 20);
    m.redundancy = WZP_REDUNDANCY_DRED;
    wzp_media_mode_fit(&m, ALL & ~WZP_CAP_DRED_10);
    assert_int_equal(m.redundancy, WZP_REDUNDANCY_LBRR);
    m.redundancy = WZP_REDUNDANCY_DRED;
    wzp_media_mode_fit(&m, (ALL & ~WZP_CAP_DRED_10) | WZP_CAP_DRED_12);
    assert_int_equal(m.redundancy, WZP_REDUNDANCY_DRED);
}

WZP_TEST(mode_without_parity_sends_none)
{
    wzp_media_mode m = plain(WZP_CODEC_OPUS_24K, 20);
    m.parity_k = 4;
    m.parity_r = 1;
    wzp_media_mode_fit(&m, ALL & ~WZP_CAP_PARITY1);
    assert_int_equal(m.parity_k, 0);
    assert_int_equal(m.parity_r, 0);
}

WZP_TEST(mode_is_equal_only_where_every_field_is)
{
    const wzp_media_mode m = LOWEST;
    wzp_media_mode other[] = {m, m, m, m, m, m, m, m, m, m};
    other[0].codec = WZP_CODEC_CODEC2_3200;
    other[1].frame_ms = 20;
    other[2].redundancy = WZP_REDUNDANCY_LBRR;
    other[3].loss_pct = 1;
    other[4].n_new = 5;
    other[5].n_old = 1;
    other[6].window_q = 2;
    other[7].window = 3;
    other[8].parity_k = 1;
    other[9].parity_r = 1;
    assert_true(wzp_media_mode_is_equal(&m, &LOWEST));
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        assert_false(wzp_media_mode_is_equal(&m, &other[i]));
    }
}

/* A host may fill in a mode by halves. */
WZP_TEST(mode_without_a_length_costs_nothing_that_can_be_told)
{
    wzp_media_mode m = {.codec = WZP_CODEC_OPUS_24K};
    assert_int_equal(wzp_media_mode_wire_bps(&m), 0);
    m.frame_ms = 20;
    assert_int_equal(wzp_media_mode_wire_bps(&m), 0);
    m.n_new = 1;
    const uint32_t bare = wzp_media_mode_wire_bps(&m);
    assert_int_not_equal(bare, 0);
    m.parity_r = 2; /* over blocks of nothing: none */
    assert_int_equal(wzp_media_mode_wire_bps(&m), bare);
}
