/* SPDX-License-Identifier: MIT */
/* The attacker is the relay's operator, and changes, repeats, delays and makes
 * up media packets. Whatever does not open is counted by its reason, and the
 * call goes on.
 */
#include "support/harness.h"
#include "support/liar/stage.h"

#include <wzp/crypto/sframe.h>

#include <stdlib.h>
#include <string.h>

#define HELD_MAX 512

/* Packets from puppet 0 to 1: kept, and while `holds` is above 0, held back. */
typedef struct held {
    size_t n, holds;
    size_t len[HELD_MAX];
    uint8_t data[HELD_MAX][256];
} held;

static bool hold(void *user, wzp_liar *liar, int from, int to, uint8_t *data,
                 size_t *len)
{
    held *h = user;
    wzp_sealed_view view;
    (void)liar;
    if (from != 0 || to != 1 || *len > 200 || h->n == HELD_MAX ||
        wzp_sealed_view_decode(data, *len, &view) != WZP_OK ||
        view.form != WZP_FORM_FRAME) {
        return true;
    }
    memcpy(h->data[h->n], data, *len);
    h->len[h->n++] = *len;
    if (h->holds == 0) {
        return true;
    }
    h->holds--;
    return false;
}

static held hd;

static void begin(wzp_stage *s, uint64_t seed, size_t holds)
{
    const wzp_liar_hooks hooks = {.user = &hd, .dgram = hold};
    hd.n = 0;
    hd.holds = holds;
    wzp_stage_pair(s, seed, true);
    wzp_liar_hook(s->liar, &hooks);
    wzp_world_run(s->w, WZP_S);
}

/* What puppet 1 says to a packet. */
static wzp_err say_to_1(wzp_stage *s, const uint8_t *data, size_t len)
{
    uint8_t plain[WZP_PKT_CAP];
    wzp_opened o;
    return wzp_group_open(wzp_puppet_group(s->p[1]), wzp_world_now(s->w), data,
                          len, plain, sizeof plain, &o);
}

static uint64_t failures(const wzp_stage *s)
{
    const wzp_group_stats st = wzp_puppet_stats(s->p[1]);
    return st.not_sealed + st.unknown_key + st.bad_tag + st.replayed +
           st.malformed;
}

static void assert_goes_on(wzp_stage *s)
{
    const uint64_t b = wzp_puppet_opened(s->p[0]);
    assert_in_range(wzp_stage_hears(s, s->p[1]), 48, 52);
    assert_in_range(wzp_puppet_opened(s->p[0]) - b, 48, 52);
}

/* --- repeats --- */

WZP_TEST(a_hundred_thousand_repeats_open_nothing)
{
    wzp_stage s;
    begin(&s, 1, 0);
    const uint64_t opened = wzp_puppet_stats(s.p[1]).opened;
    const uint64_t frames = wzp_puppet_sent(s.p[0]);
    for (unsigned i = 0; i < 100000; i++) {
        wzp_liar_throw(s.liar, 1, hd.data[i % 50], hd.len[i % 50]);
        if (i % 20 == 19) {
            wzp_world_run(s.w, WZP_MS);
        }
    }
    wzp_world_run(s.w, 100 * WZP_MS);
    const wzp_group_stats st = wzp_puppet_stats(s.p[1]);
    assert_true(st.replayed > 95000);
    /* Frames and keep-alives of the real one, no more. */
    const uint64_t more = wzp_puppet_sent(s.p[0]) - frames;
    assert_in_range(st.opened - opened, more - more / 20, more + 10);
    assert_goes_on(&s);
    wzp_stage_close(&s);
}

/* --- changes --- */

/* A relay may touch the two low bits of byte 1, and Q together with a trailer;
 * nothing else. */
static bool may_touch(size_t byte, unsigned bit)
{
    return byte == 1 && bit < 2;
}

WZP_TEST(a_packet_with_any_bit_changed_does_not_open_and_is_counted)
{
    wzp_stage s;
    begin(&s, 2, 1);
    uint8_t p[256];
    const size_t len = hd.len[0];
    for (size_t i = 0; i < len; i++) {
        for (unsigned b = 0; b < 8; b++) {
            memcpy(p, hd.data[0], len);
            p[i] ^= (uint8_t)(1u << b);
            const uint64_t before = failures(&s);
            const wzp_err e =
                may_touch(i, b) ? WZP_ERR_TAG : say_to_1(&s, p, len);
            assert_int_not_equal(e, WZP_OK);
            assert_int_equal(wzp_err_class(e), WZP_CLASS_PEER);
            assert_int_equal(failures(&s) - before, !may_touch(i, b));
        }
    }
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_not_equal(say_to_1(&s, hd.data[0], cut), WZP_OK);
    }
    /* Control: as it was it opens, and once. */
    assert_int_equal(say_to_1(&s, hd.data[0], len), WZP_OK);
    assert_int_equal(say_to_1(&s, hd.data[0], len), WZP_ERR_REPLAY);
    assert_goes_on(&s);
    wzp_stage_close(&s);
}

WZP_TEST(a_packet_with_a_quality_trailer_or_spare_bits_set_on_the_way_opens)
{
    wzp_stage s;
    begin(&s, 3, 4);
    uint8_t p[256];
    memcpy(p, hd.data[0], hd.len[0]);
    p[1] ^= 3;
    assert_int_equal(say_to_1(&s, p, hd.len[0]), WZP_OK);
    memcpy(p, hd.data[1], hd.len[1]);
    p[0] ^= 2; /* Q */
    memset(p + hd.len[1], 0xFF, WZP_QUALITY_LEN);
    assert_int_equal(say_to_1(&s, p, hd.len[1] + WZP_QUALITY_LEN), WZP_OK);
    /* A trailer without Q, and Q without a trailer, are changes. */
    memcpy(p, hd.data[2], hd.len[2]);
    memset(p + hd.len[2], 0xFF, WZP_QUALITY_LEN);
    assert_int_equal(say_to_1(&s, p, hd.len[2] + WZP_QUALITY_LEN), WZP_ERR_TAG);
    p[0] ^= 2;
    assert_int_equal(say_to_1(&s, p, hd.len[2]), WZP_ERR_TAG);
    assert_goes_on(&s);
    wzp_stage_close(&s);
}

typedef struct change {
    const char *what;
    size_t byte;
    uint8_t bits;
    wzp_err err;
} change;

static const change changes[] = {
    {"codec", 0, 0x04, WZP_ERR_TAG},
    {"T", 0, 0x40, WZP_ERR_TAG},
    {"FEC ratio", 1, 0x04, WZP_ERR_TAG},
    {"seq", 2, 0x80, WZP_ERR_TAG},
    {"timestamp", 7, 0x01, WZP_ERR_TAG},
    {"FEC block", 8, 0x01, WZP_ERR_TAG},
    {"bundle", 10, 0x40, WZP_ERR_TAG},
    {"control", 10, 0x20, WZP_ERR_TAG},
    {"sealed", 10, 0x80, WZP_ERR_NOT_SEALED},
    {"a bit of the rest", 10, 0x01, WZP_ERR_TAG},
};

static size_t n_changes(void)
{
    return sizeof changes / sizeof changes[0];
}

static void run_change(size_t i)
{
    const change *c = &changes[i];
    wzp_stage s;
    uint8_t p[256];
    begin(&s, 4, 1);
    memcpy(p, hd.data[0], hd.len[0]);
    p[c->byte] ^= c->bits;
    const wzp_err e = say_to_1(&s, p, hd.len[0]);
    if (e != c->err) {
        print_message("%s: %s\n", c->what, wzp_err_name(e));
    }
    assert_int_equal(e, c->err);
    wzp_stage_close(&s);
}

WZP_ROWS(a_header_changed_on_the_way_is_refused_by_name, n_changes, run_change);

/* --- keys that are not the sender's --- */

static wzp_err sealed_by_relay(wzp_stage *s, uint32_t kid)
{
    static const uint8_t base[WZP_KEY_LEN] = "made up by the relay, 32 bytes.";
    const wzp_mem mem = wzp_mem_default();
    wzp_sframe_key *key;
    uint8_t out[WZP_PKT_CAP];
    size_t len;
    assert_int_equal(
        wzp_sframe_key_new(&key, &mem, WZP_SUITE_CHACHA, base, kid), WZP_OK);
    const wzp_media_hdr hdr = {.codec = WZP_CODEC_OPUS_24K, .seq = 60000};
    const wzp_seal_input in = {.hdr = &hdr,
                               .form = WZP_FORM_FRAME,
                               .plain = {(const uint8_t *)"lie", 3}};
    assert_int_equal(wzp_sframe_seal(key, &in, out, sizeof out, &len), WZP_OK);
    wzp_sframe_key_free(key, &mem);
    return say_to_1(s, out, len);
}

WZP_TEST(a_packet_that_the_relay_sealed_does_not_open_as_anybodys)
{
    wzp_stage s;
    wzp_sealed_view view;
    begin(&s, 5, 1);
    assert_int_equal(wzp_sealed_view_decode(hd.data[0], hd.len[0], &view),
                     WZP_OK);
    assert_int_equal(sealed_by_relay(&s, view.kid), WZP_ERR_TAG);
    assert_int_equal(sealed_by_relay(&s, view.kid + 1), WZP_ERR_TAG);
    assert_int_equal(sealed_by_relay(&s, view.kid + 0x100),
                     WZP_ERR_KEY_UNKNOWN);
    assert_int_equal(sealed_by_relay(&s, view.kid ^ 0x10000),
                     WZP_ERR_KEY_UNKNOWN);
    assert_int_equal(say_to_1(&s, hd.data[0], hd.len[0]), WZP_OK);
    assert_goes_on(&s);
    wzp_stage_close(&s);
}

WZP_TEST(a_packet_under_the_stream_id_of_another_does_not_open)
{
    wzp_stage s;
    begin(&s, 6, 1);
    wzp_stage_enter(&s, NULL);
    /* Config byte, then the key id: stream id, generation, step. */
    uint8_t *kid = &hd.data[0][WZP_MEDIA_HDR_LEN + 1];
    assert_int_equal(kid[-1] >> 4, 8 + 3); /* of four bytes */
    memcpy(kid, wzp_liar_member_at(s.liar, 2)->mid, 2);
    kid[2] = (uint8_t)wzp_puppet_stats(s.p[2]).generation;
    kid[3] = wzp_puppet_stats(s.p[2]).step;
    assert_int_equal(say_to_1(&s, hd.data[0], hd.len[0]), WZP_ERR_TAG);
    assert_in_range(wzp_stage_hears(&s, s.p[1]), 97, 103);
    wzp_stage_close(&s);
}

/* --- old packets --- */

static void late_test(wzp_tstamp after, wzp_err err)
{
    wzp_stage s;
    begin(&s, 7, 20);
    assert_int_equal(hd.holds, 0);
    wzp_puppet *guest = wzp_stage_enter(&s, NULL);
    const uint32_t generation = wzp_puppet_stats(s.p[0]).generation;
    hd.n = 0;
    hd.holds = 20;
    wzp_world_run(s.w, WZP_S);
    wzp_puppet_leave(guest);
    while (wzp_puppet_stats(s.p[0]).generation == generation) {
        wzp_world_run(s.w, 10 * WZP_MS);
    }
    wzp_world_run(s.w, after);
    assert_int_equal(say_to_1(&s, hd.data[0], hd.len[0]), err);
    assert_goes_on(&s);
    wzp_stage_close(&s);
}

WZP_TEST(a_packet_of_a_generation_that_is_over_opens_no_more)
{
    late_test(3 * WZP_S, WZP_ERR_KEY_UNKNOWN);
}

WZP_TEST(control_within_two_seconds_it_does)
{
    late_test(1500 * WZP_MS, WZP_OK);
}

static void reorder_test(unsigned seconds, wzp_err err)
{
    wzp_stage s;
    begin(&s, 8, 1);
    wzp_world_run(s.w, seconds * WZP_S);
    assert_int_equal(say_to_1(&s, hd.data[0], hd.len[0]), err);
    assert_goes_on(&s);
    wzp_stage_close(&s);
}

WZP_TEST(a_packet_8192_packets_late_is_taken_for_a_repeat)
{
    reorder_test(170, WZP_ERR_REPLAY);
}

WZP_TEST(control_a_packet_8000_packets_late_opens)
{
    reorder_test(158, WZP_OK);
}
