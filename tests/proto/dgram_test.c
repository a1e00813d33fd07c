/* SPDX-License-Identifier: MIT */
/* Typed datagrams: vectors in receive order, must-fail rows, the sender's
 * contexts over a link that loses and reorders. design/secure-media.md 8.
 */
#include "memory.h"
#include "vectors.h"

#include <wzp/proto/dgram.h>

#include <stdlib.h>

enum { DGRAM_CAP = 256 };

static wzp_dgram_rx *new_rx(void)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_dgram_rx *rx;
    assert_int_equal(wzp_dgram_rx_new(&rx, &mem), WZP_OK);
    return rx;
}

/* --- classes --- */

WZP_TEST(datagram_first_byte_has_a_class)
{
    for (unsigned first = 0; first < 256; first++) {
        const wzp_dgram_kind kind = wzp_dgram_classify((uint8_t)first);
        const bool bare = (first >> 2 & 15) <= 8;
        if (bare) {
            assert_int_equal(kind, WZP_DGRAM_BARE);
        } else if (first == 0x2C) {
            assert_int_equal(kind, WZP_DGRAM_OPEN);
        } else if (first == 0x28) {
            assert_int_equal(kind, WZP_DGRAM_MINI);
        } else if (first == 0x34) {
            assert_int_equal(kind, WZP_DGRAM_FEDERATION);
        } else {
            assert_int_equal(kind, WZP_DGRAM_UNKNOWN);
        }
    }
}

/* --- receiving --- */

static size_t count_datagrams(void)
{
    return rows_in(secure_vectors("datagrams"));
}

/* Rows up to this one, in order, on one connection. */
static void run_datagram(size_t row)
{
    wzp_dgram_rx *rx = new_rx();
    for (size_t i = 0; i <= row; i++) {
        const cJSON *v = row_in(secure_vectors("datagrams"), i);
        uint8_t data[DGRAM_CAP];
        size_t len;
        wzp_test_hex_of(v, "datagram", data, sizeof data, &len);
        wzp_dgram_view view;
        assert_int_equal(wzp_dgram_decode(rx, data, len, &view), WZP_OK);
        uint8_t bare[DGRAM_CAP];
        size_t bare_len;
        assert_int_equal(
            wzp_dgram_view_copy(&view, bare, sizeof bare, &bare_len), WZP_OK);
        WZP_ASSERT_HEX(bare, bare_len, wzp_test_str(v, "bare"));
        if (view.kind == WZP_DGRAM_FEDERATION) {
            uint8_t hdr[WZP_FED_HDR_LEN];
            wzp_fed_hdr_encode(&view.fed, hdr);
            assert_memory_equal(hdr, data, sizeof hdr);
        }
    }
    wzp_dgram_rx_free(rx);
}
WZP_ROWS(datagram_of_the_vectors, count_datagrams, run_datagram);

static wzp_err error_of(const char *name)
{
    static const struct {
        const char *name;
        wzp_err e;
    } errors[] = {
        {"unknown_context", WZP_ERR_DGRAM_CONTEXT},
        {"bad_length", WZP_ERR_LENGTH},
        {"too_many_hops", WZP_ERR_HOPS},
        {"unknown_type", WZP_ERR_DGRAM_TYPE},
    };
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (strcmp(errors[i].name, name) == 0) {
            return errors[i].e;
        }
    }
    return WZP_OK;
}

static size_t count_must_fail(void)
{
    return must_fail_rows("typed_datagram");
}

static void run_must_fail(size_t row)
{
    const cJSON *v = must_fail_row("typed_datagram", row);
    uint8_t data[DGRAM_CAP];
    size_t len;
    wzp_test_hex_of(v, "datagram", data, sizeof data, &len);
    wzp_dgram_rx *rx = new_rx();
    wzp_dgram_view view;
    assert_int_equal(wzp_dgram_decode(rx, data, len, &view),
                     error_of(wzp_test_str(v, "error")));
    wzp_dgram_rx_free(rx);
}
WZP_ROWS(datagram_that_must_fail, count_must_fail, run_must_fail);

static void run_truncated(size_t row)
{
    const cJSON *v = row_in(secure_vectors("datagrams"), row);
    uint8_t data[DGRAM_CAP];
    size_t len;
    wzp_test_hex_of(v, "datagram", data, sizeof data, &len);
    wzp_dgram_rx *rx = new_rx();
    static const size_t shortest[] = {12, 15, 4, 30};
    const size_t least = shortest[wzp_dgram_classify(data[0])];
    for (size_t n = 0; n < least; n++) {
        uint8_t *cut = malloc(n + 1);
        memcpy(cut, data, n);
        wzp_dgram_view view;
        const wzp_err e = wzp_dgram_decode(rx, cut, n, &view);
        assert_true(e == WZP_ERR_LENGTH || e == WZP_ERR_TRUNCATED);
        free(cut);
    }
    wzp_dgram_rx_free(rx);
}
WZP_ROWS(datagram_cut_at_any_length, count_datagrams, run_truncated);

WZP_TEST(datagram_without_contexts_is_bare_or_refused)
{
    static const uint8_t bare[12];
    static const uint8_t open[15] = {0x2C};
    wzp_dgram_view view;
    assert_int_equal(wzp_dgram_decode(NULL, bare, sizeof bare, &view), WZP_OK);
    assert_int_equal(wzp_dgram_decode(NULL, open, sizeof open, &view),
                     WZP_ERR_DGRAM_TYPE);
}

WZP_TEST(datagram_that_opens_with_an_unknown_codec_opens_nothing)
{
    static const uint8_t open[15] = {0x2C, 0x10, 20, 0x3C};
    static const uint8_t mini[4] = {0x28, 0x10, 0, 1};
    wzp_dgram_rx *rx = new_rx();
    wzp_dgram_view view;
    assert_int_equal(wzp_dgram_decode(rx, open, sizeof open, &view),
                     WZP_ERR_CODEC);
    assert_int_equal(wzp_dgram_decode(rx, mini, sizeof mini, &view),
                     WZP_ERR_DGRAM_CONTEXT);
    wzp_dgram_rx_free(rx);
}

/* --- federation --- */

WZP_TEST(federation_datagram_of_the_earlier_system_is_a_hash_and_a_bare_one)
{
    const cJSON *v = legacy_vectors("federation_datagram");
    uint8_t data[DGRAM_CAP];
    size_t len;
    wzp_test_hex_of(v, "hex", data, sizeof data, &len);
    wzp_bytes hash;
    wzp_bytes bare;
    assert_int_equal(wzp_fed_legacy_decode(data, len, &hash, &bare), WZP_OK);
    assert_int_equal(hash.len, WZP_ROOM_HASH_LEN);
    assert_memory_equal(hash.ptr, data, WZP_ROOM_HASH_LEN);
    assert_ptr_equal(bare.ptr, data + WZP_ROOM_HASH_LEN);
    assert_int_equal(bare.len, len - WZP_ROOM_HASH_LEN);
    for (size_t n = 0; n < 20; n++) {
        assert_int_equal(wzp_fed_legacy_decode(data, n, &hash, &bare),
                         WZP_ERR_LENGTH);
    }
    data[8] = 0x3C;
    assert_int_equal(wzp_fed_legacy_decode(data, len, &hash, &bare),
                     WZP_ERR_CODEC);
}

WZP_TEST(federation_datagram_of_another_type_is_refused)
{
    static const uint8_t bare[40];
    wzp_fed_hdr hdr;
    wzp_bytes inside;
    assert_int_equal(wzp_fed_decode(bare, sizeof bare, &hdr, &inside),
                     WZP_ERR_DGRAM_TYPE);
    assert_int_equal(wzp_fed_decode(bare, 0, &hdr, &inside), WZP_ERR_LENGTH);
}

/* --- sending --- */

static void make_head(uint16_t seq, uint32_t ts, uint8_t hint, uint8_t out[12])
{
    const wzp_media_hdr hdr = {.seq = seq,
                               .timestamp = ts,
                               .flags = WZP_MEDIA_SEALED,
                               .source_hint = hint};
    wzp_media_hdr_encode(&hdr, out);
}

/* What is sent arrives: the receiver gets the very header. */
static void assert_arrives(wzp_dgram_rx *rx, const wzp_dgram_head *h,
                           const uint8_t head[12])
{
    uint8_t data[DGRAM_CAP];
    memcpy(data, h->bytes, h->len);
    memcpy(data + h->len, "body", 4);
    wzp_dgram_view view;
    assert_int_equal(wzp_dgram_decode(rx, data, h->len + 4, &view), WZP_OK);
    assert_memory_equal(view.head, head, 12);
    assert_int_equal(view.body.len, 4);
    assert_memory_equal(view.body.ptr, "body", 4);
}

typedef struct pair {
    wzp_dgram_tx *tx;
    wzp_dgram_rx *rx;
} pair;

static pair new_pair(void)
{
    const wzp_mem mem = wzp_mem_default();
    pair p = {.rx = new_rx()};
    assert_int_equal(wzp_dgram_tx_new(&p.tx, &mem), WZP_OK);
    return p;
}

static void free_pair(pair p)
{
    wzp_dgram_tx_free(p.tx);
    wzp_dgram_rx_free(p.rx);
}

WZP_TEST(sender_opens_until_acknowledged_then_sends_minis)
{
    const pair p = new_pair();
    wzp_dgram_head h;
    uint8_t head[12];
    uint32_t token = 0;
    for (uint16_t i = 0; i < 5; i++) {
        make_head((uint16_t)(65533 + i), 20u * i, 1, head);
        wzp_dgram_tx_encode(p.tx, 7, head, 20, &h);
        assert_int_equal(h.kind, WZP_DGRAM_OPEN);
        assert_int_equal(h.len, WZP_DGRAM_OPEN_LEN);
        assert_true(token == 0 || h.token == token);
        token = h.token;
        assert_arrives(p.rx, &h, head);
    }
    wzp_dgram_tx_acked(p.tx, token);
    for (uint16_t i = 5; i < 1000; i++) {
        make_head((uint16_t)(65533 + i), 20u * i, 1, head);
        wzp_dgram_tx_encode(p.tx, 7, head, 20, &h);
        assert_int_equal(h.kind, WZP_DGRAM_MINI);
        assert_int_equal(h.len, WZP_DGRAM_MINI_LEN);
        assert_int_equal(h.token, 0);
        assert_arrives(p.rx, &h, head);
    }
    free_pair(p);
}

WZP_TEST(sender_opens_a_new_version_for_a_header_that_does_not_follow)
{
    const pair p = new_pair();
    wzp_dgram_head h;
    uint8_t head[12];
    uint8_t late[12];
    make_head(1, 20, 1, head);
    wzp_dgram_tx_encode(p.tx, 7, head, 20, &h);
    const uint32_t first = h.token;
    assert_arrives(p.rx, &h, head);
    wzp_dgram_tx_acked(p.tx, first);
    make_head(2, 40, 1, late);
    wzp_dgram_head late_mini;
    wzp_dgram_tx_encode(p.tx, 7, late, 20, &late_mini);
    assert_int_equal(late_mini.kind, WZP_DGRAM_MINI);

    make_head(3, 5000, 1, head); /* after a silence */
    wzp_dgram_tx_encode(p.tx, 7, head, 20, &h);
    assert_int_equal(h.kind, WZP_DGRAM_OPEN);
    assert_true(h.token != first);
    assert_arrives(p.rx, &h, head);
    assert_arrives(p.rx, &late_mini, late); /* of the old version, late */
    wzp_dgram_tx_acked(p.tx, first);        /* an old acknowledgement */
    make_head(4, 5020, 1, head);
    wzp_dgram_tx_encode(p.tx, 7, head, 20, &h);
    assert_int_equal(h.kind, WZP_DGRAM_OPEN);
    free_pair(p);
}

/* Of n packets, each a number and a time on from the one before; minis. */
static unsigned count_minis(unsigned n, uint16_t frames, uint32_t ms,
                            uint8_t guess)
{
    const pair p = new_pair();
    unsigned minis = 0;
    for (unsigned i = 0; i < n; i++) {
        wzp_dgram_head h;
        uint8_t head[12];
        make_head((uint16_t)(65530 + i * frames), UINT32_MAX - 500 + i * ms, 1,
                  head);
        wzp_dgram_tx_encode(p.tx, 7, head, guess, &h);
        assert_arrives(p.rx, &h, head);
        wzp_dgram_tx_acked(p.tx, h.token);
        minis += h.kind == WZP_DGRAM_MINI;
    }
    free_pair(p);
    return minis;
}

WZP_TEST(sender_learns_how_long_frames_are_from_two_headers)
{
    assert_int_equal(count_minis(100, 1, 20, 20), 99); /* as guessed */
    assert_int_equal(count_minis(100, 1, 10, 20), 98);
    assert_int_equal(count_minis(100, 1, 40, 20), 98);
    assert_int_equal(count_minis(100, 3, 180, 40), 98); /* 3 in a bundle */
    /* Control: no frame is so long. */
    assert_true(count_minis(100, 1, 50, 20) == 0);
}

WZP_TEST(sender_knows_after_a_pause_how_long_frames_were_before)
{
    const pair p = new_pair();
    static const uint32_t times[] = {0, 40, 80, 1000, 1040, 1080, 1120};
    static const wzp_dgram_kind kinds[] = {
        WZP_DGRAM_OPEN, WZP_DGRAM_OPEN, WZP_DGRAM_MINI, WZP_DGRAM_OPEN,
        WZP_DGRAM_MINI, WZP_DGRAM_MINI, WZP_DGRAM_MINI};
    for (uint16_t i = 0; i < 7; i++) {
        wzp_dgram_head h;
        uint8_t head[12];
        make_head(i, times[i], 1, head);
        wzp_dgram_tx_encode(p.tx, 7, head, 20, &h);
        assert_int_equal(h.kind, kinds[i]);
        assert_arrives(p.rx, &h, head);
        wzp_dgram_tx_acked(p.tx, h.token);
    }
    free_pair(p);
}

WZP_TEST(sender_acknowledgement_of_sixteen_versions_ago_counts_for_nothing)
{
    const pair p = new_pair();
    wzp_dgram_head h;
    uint8_t head[12];
    uint32_t old = 0;
    for (uint16_t i = 0; i <= 16 * 16; i++) {
        /* 16 datagrams of each version, never acknowledged */
        make_head(i, 20u * i + 1000u * (i / 16u), 1, head);
        wzp_dgram_tx_encode(p.tx, 7, head, 20, &h);
        assert_int_equal(h.kind, WZP_DGRAM_OPEN);
        old = (i == 0) ? h.token : old;
    }
    wzp_dgram_tx_acked(p.tx, old);
    make_head(257, 20u * 257 + 16000, 1, head);
    wzp_dgram_tx_encode(p.tx, 7, head, 20, &h);
    assert_int_equal(h.kind, WZP_DGRAM_OPEN);
    free_pair(p);
}

/* A version's number must not come again while an old datagram of that number
 * may still be on its way. */
WZP_TEST(sender_whose_headers_never_follow_opens_eight_versions_then_goes_bare)
{
    const pair p = new_pair();
    wzp_dgram_head h;
    uint8_t head[12];
    unsigned opens = 0;
    for (uint16_t i = 0; i < 8 + 160; i++) {
        make_head(i, 1000u * i, 1, head);
        wzp_dgram_tx_encode(p.tx, 7, head, 20, &h);
        assert_int_equal(h.kind == WZP_DGRAM_BARE, h.len == 12);
        opens += h.kind == WZP_DGRAM_OPEN;
        assert_true(i >= 8 || h.kind == WZP_DGRAM_OPEN);
        assert_arrives(p.rx, &h, head);
    }
    assert_int_equal(opens, 8 + 160 / 16);
    free_pair(p);
}

WZP_TEST(sender_gives_slots_to_sixteen_streams_and_bare_to_others)
{
    const pair p = new_pair();
    wzp_dgram_head h;
    uint8_t head[12];
    for (uint32_t stream = 0; stream < 17; stream++) {
        make_head(1, 20, (uint8_t)stream, head);
        wzp_dgram_tx_encode(p.tx, stream, head, 20, &h);
        assert_int_equal(h.kind,
                         (stream < 16) ? WZP_DGRAM_OPEN : WZP_DGRAM_BARE);
        assert_arrives(p.rx, &h, head);
    }
    /* Stream 0 falls silent; its slot goes to stream 16. */
    for (uint32_t i = 0; i < 64; i++) {
        make_head((uint16_t)(2 + i), 40 + 20 * i, 1, head);
        wzp_dgram_tx_encode(p.tx, 1, head, 20, &h);
    }
    make_head(2, 40, 16, head);
    wzp_dgram_tx_encode(p.tx, 16, head, 20, &h);
    assert_int_equal(h.kind, WZP_DGRAM_OPEN);
    assert_arrives(p.rx, &h, head);
    free_pair(p);
}

/* Loss and reordering of everything: what arrives is always right. */
WZP_TEST(sender_and_receiver_never_disagree_over_a_bad_link)
{
    enum { N = 4000, LATE = 7 };
    const pair p = new_pair();
    struct held {
        wzp_dgram_head h;
        uint8_t head[12];
    } queue[LATE] = {0};
    uint32_t random = 1;
    uint32_t ts = UINT32_MAX - 30000;
    unsigned minis = 0;
    for (unsigned i = 0; i < N; i++) {
        random = random * 1664525 + 1013904223;
        ts += (random >> 24 < 3) ? 777 : 20;
        struct held next;
        make_head((uint16_t)(i + 60000), ts, 1, next.head);
        wzp_dgram_tx_encode(p.tx, 7, next.head, 20, &next.h);
        minis += next.h.kind == WZP_DGRAM_MINI;
        struct held *slot = &queue[(random >> 16) % LATE];
        const bool lost = (random >> 8 & 3) == 0;
        if (slot->h.len != 0 && !lost) {
            assert_arrives(p.rx, &slot->h, slot->head);
            wzp_dgram_tx_acked(p.tx, slot->h.token);
        }
        *slot = next;
    }
    assert_true(minis > N / 2);
    free_pair(p);
}

static wzp_err make_both(const wzp_mem *mem)
{
    wzp_dgram_rx *rx;
    wzp_dgram_tx *tx;
    WZP_TRY(wzp_dgram_rx_new(&rx, mem));
    wzp_err e = wzp_dgram_tx_new(&tx, mem);
    if (e == WZP_OK) {
        wzp_dgram_tx_free(tx);
        static const uint8_t open[15] = {0x2C, 0x10, 20};
        wzp_dgram_view view;
        e = wzp_dgram_decode(rx, open, sizeof open, &view);
    }
    wzp_dgram_rx_free(rx);
    wzp_dgram_rx_free(NULL);
    wzp_dgram_tx_free(NULL);
    return e;
}

WZP_TEST(datagram_contexts_survive_every_failed_allocation)
{
    TEST_EVERY_ALLOCATION(make_both);
}
