/* SPDX-License-Identifier: MIT */
/* Parity blocks where memory is short, packets disagree or blocks mix. That
 * they rebuild what the packer covered is depacket_test's.
 */
#include "voice/blocks.h"

#include "client/fakes.h"

#include <wzp/proto/profile.h>

enum { K = 4, LEN = 50 };

static wzp__blocks b; /* 42 KB */
static unsigned rebuilt;
static uint8_t kept[64][WZP_FRAME_MAX];
static size_t kept_len;

static void fill(uint16_t seq)
{
    memset(kept[seq % 64], seq * 3, kept_len);
    kept[seq % 64][0] = 9 << 3; /* Opus, 20 ms */
}

static void begin(size_t len)
{
    memset(&b, 0, sizeof b);
    rebuilt = 0;
    kept_len = len;
}

static void add(uint16_t seq)
{
    fill(seq);
    wzp__blocks_frame_add(&b, WZP_CODEC_OPUS_24K, seq, seq * 20u,
                          kept[seq % 64], kept_len);
}

static void add_parity(uint16_t base, uint8_t k, uint8_t r, uint8_t index)
{
    wzp_bytes frames[64];
    uint8_t out[2000];
    size_t len;
    for (unsigned j = 0; j < k; j++) {
        fill((uint16_t)(base + j));
        frames[j] = (wzp_bytes){kept[(base + j) % 64], kept_len};
    }
    wzp_parity p = {.base = base, .k = k, .r = r, .index = index};
    const wzp_media_hdr hdr = {.seq = (uint16_t)(base + k),
                               .timestamp = (base + k) * 20u};
    ASSERT_OK(wzp_parity_encode(&p, frames, out, sizeof out, &len));
    ASSERT_OK(wzp_parity_decode(out, len, &p));
    wzp__blocks_parity_add(&b, &hdr, &p);
}

static void on_rebuilt(void *user, uint16_t seq, uint32_t timestamp,
                       uint8_t codec, const uint8_t *data, size_t len)
{
    assert_null(user);
    assert_int_equal(codec, WZP_CODEC_OPUS_24K);
    assert_int_equal(timestamp, seq * 20u);
    assert_int_equal(len, kept_len);
    fill(seq);
    assert_memory_equal(data, kept[seq % 64], len);
    rebuilt++;
    wzp__blocks_frame_add(&b, codec, seq, timestamp, data, len);
}

static unsigned rebuild(void)
{
    rebuilt = 0;
    wzp__blocks_rebuild(&b, on_rebuilt, NULL);
    return rebuilt;
}

WZP_TEST(blocks_rebuild_two_blocks_whose_packets_come_mixed)
{
    begin(LEN);
    for (uint16_t seq = 0; seq < 2 * K; seq++) {
        if (seq % K != 1 && seq % K != 2) {
            add(seq);
        }
    }
    add_parity(0, K, 2, 1);
    add_parity(K, K, 2, 0);
    assert_int_equal(rebuild(), 0);
    add_parity(0, K, 2, 0);
    assert_int_equal(rebuild(), 2);
    add_parity(K, K, 2, 1);
    assert_int_equal(rebuild(), 2);
    assert_int_equal(rebuild(), 0); /* each once */
}

WZP_TEST(blocks_count_one_packet_twice_as_one)
{
    begin(LEN);
    add(0);
    add(1);
    add_parity(0, K, 2, 1);
    add_parity(0, K, 2, 1);
    assert_int_equal(rebuild(), 0);
    add_parity(0, K, 2, 0);
    assert_int_equal(rebuild(), 2);
}

/* Frames of 1,000 bytes: 24 of them fit, the older ones are gone. */
WZP_TEST(blocks_keep_what_fits_and_rebuild_nothing_from_what_does_not)
{
    static const struct {
        uint16_t later;
        unsigned want;
    } rows[] = {{4, 1}, {30, 0}};
    for (size_t i = 0; i < 2; i++) {
        begin(1000);
        add(0);
        add(1);
        add(3);
        for (uint16_t seq = 4; seq < 4 + rows[i].later; seq++) {
            add(seq);
        }
        add_parity(0, K, 1, 0);
        assert_int_equal(rebuild(), rows[i].want);
    }
}

WZP_TEST(blocks_forget_symbols_that_newer_ones_overwrote)
{
    begin(1000);
    add(0);
    add(1);
    add_parity(0, K, 2, 0); /* 8 symbols of 1,002 bytes fit */
    for (uint16_t block = 1; block < 9; block++) {
        add_parity((uint16_t)(block * K), K, 2, 0);
    }
    add_parity(0, K, 2, 1);
    assert_int_equal(rebuild(), 0);
}

WZP_TEST(blocks_are_not_rebuilt_from_packets_that_disagree)
{
    begin(LEN);
    add(0);
    add(1);
    add_parity(0, K, 2, 0);
    kept_len = LEN + 8;
    add_parity(0, K, 2, 1); /* longer symbols */
    kept_len = LEN;
    assert_int_equal(rebuild(), 0);
}

WZP_TEST(blocks_reset_forgets_frames_and_packets)
{
    begin(LEN);
    add(0);
    add(1);
    add(2);
    wzp__blocks_reset(&b);
    add_parity(0, K, 1, 0);
    assert_int_equal(rebuild(), 0);
    begin(LEN);
    add(0);
    add(1);
    add(2);
    add_parity(0, K, 1, 0);
    assert_int_equal(rebuild(), 1); /* the control */
}

/* Under the sanitizers. */
WZP_TEST(blocks_of_every_size_stay_within_their_bytes)
{
    unsigned n_rebuilt = 0;
    for (unsigned n = 0; n < 3000; n++) {
        if (n % 30 == 0) {
            begin(1 + n * 7 % 1000);
        }
        if (n % 3 != 1) {
            add((uint16_t)n);
        }
        if (n % 3 == 2) {
            add_parity((uint16_t)(n - 2), 3, 2, (uint8_t)(n % 2));
        }
        n_rebuilt += rebuild();
    }
    assert_int_equal(n_rebuilt, 1000);
}
