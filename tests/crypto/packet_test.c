/* SPDX-License-Identifier: MIT
 *
 * Seal and open through the group.
 */
#include "group/state.h"
#include "hub.h"

static uint8_t packet[HUB_PACKET + 4];
static size_t packet_len;

static void keep(hub *h, int from, const uint8_t *data, size_t len)
{
    (void)h;
    if (from == 0) {
        memcpy(packet, data, len);
        packet_len = len;
    }
}

static hub *begin(void)
{
    hub *h = hub_new(41);
    h->peers[hub_join(h)].speaks = true;
    hub_join(h);
    hub_run(h, 1 * WZP_S);
    h->on_datagram = keep;
    h->peers[1].is_cut = true;
    hub_run(h, 30 * WZP_MS);
    h->peers[0].speaks = false;
    hub_run(h, 60 * WZP_MS);
    h->peers[1].is_cut = false;
    return h;
}

static wzp_err open_at(hub *h, const uint8_t *data, size_t len, wzp_opened *o)
{
    uint8_t plain[WZP_MEDIA_MAX];
    return wzp_group_open(h->peers[1].g, h->now, data, len, plain, sizeof plain,
                          o);
}

WZP_TEST(packet_opens_once_and_says_who_sealed_it)
{
    hub *h = begin();
    wzp_opened o;
    ASSERT_OK(open_at(h, packet, packet_len, &o));
    assert_memory_equal(o.mid, h->peers[0].mid, WZP_MID_LEN);
    assert_int_equal(o.form, WZP_FORM_FRAME);
    assert_int_equal(o.len, 40);
    assert_int_equal(o.member, hub_info(h, 1, 0).member);
    ASSERT_ERR(open_at(h, packet, packet_len, &o), WZP_ERR_REPLAY);
    assert_int_equal(hub_stats(h, 1).replayed, 1);
    hub_free(h);
}

WZP_TEST(packet_with_a_trailer_of_the_network_opens)
{
    hub *h = begin();
    wzp_opened o;
    packet[0] |= 2;
    packet[1] |= 3;
    ASSERT_OK(open_at(h, packet, packet_len + 4, &o));
    assert_true(o.hdr.has_quality);
    hub_free(h);
}

WZP_TEST(packet_changed_anywhere_is_refused_and_counted)
{
    hub *h = begin();
    wzp_opened o;
    size_t refused = 0;
    for (size_t i = 0; i < packet_len; i++) {
        packet[i] ^= 0x10;
        const wzp_err e = open_at(h, packet, packet_len, &o);
        packet[i] ^= 0x10;
        assert_int_not_equal(e, WZP_OK);
        refused++;
    }
    const wzp_group_stats s = hub_stats(h, 1);
    assert_int_equal(s.bad_tag + s.not_sealed + s.unknown_key + s.malformed +
                         s.replayed,
                     refused);
    ASSERT_OK(open_at(h, packet, packet_len, &o));
    hub_free(h);
}

WZP_TEST(packet_in_the_clear_is_refused)
{
    hub *h = begin();
    wzp_opened o;
    const uint8_t clear[60] = {0};
    ASSERT_ERR(open_at(h, clear, sizeof clear, &o), WZP_ERR_NOT_SEALED);
    assert_int_equal(hub_stats(h, 1).not_sealed, 1);
    hub_free(h);
}

WZP_TEST(packet_of_somebody_departed_opens_for_two_seconds_only)
{
    hub *h = begin();
    wzp_opened o;
    hub_change(h, 0, false);
    hub_run(h, 1900 * WZP_MS);
    ASSERT_OK(open_at(h, packet, packet_len, &o));
    hub_run(h, 300 * WZP_MS);
    ASSERT_ERR(open_at(h, packet, packet_len, &o), WZP_ERR_KEY_UNKNOWN);
    hub_free(h);
}

WZP_TEST(packet_too_large_is_refused_and_uses_no_counter)
{
    hub *h = begin();
    const wzp_media_hdr hdr = {.seq = 1};
    uint8_t plain[WZP_MEDIA_MAX] = {0};
    uint8_t out[WZP_MEDIA_MAX];
    size_t len;
    wzp_group *g = h->peers[0].g;
    const uint64_t ctr = g->secret->current.sframe.ctr;
    ASSERT_ERR(wzp_group_seal(g, h->now, &hdr, WZP_FORM_FRAME, plain, 1068, out,
                              sizeof out, &len),
               WZP_ERR_OVERSIZE);
    assert_int_equal(g->secret->current.sframe.ctr, ctr);
    ASSERT_OK(wzp_group_seal(g, h->now, &hdr, WZP_FORM_FRAME, plain, 1000, out,
                             sizeof out, &len));
    assert_true(len <= WZP_MEDIA_MAX);
    hub_free(h);
}

WZP_TEST(packet_of_every_form_opens_as_that_form)
{
    hub *h = begin();
    for (unsigned f = WZP_FORM_FRAME; f <= WZP_FORM_CONTROL; f++) {
        wzp_opened o;
        ASSERT_OK(hub_say(h, 0, (wzp_plain_form)f));
        ASSERT_OK(open_at(h, packet, packet_len, &o));
        assert_int_equal(o.form, f);
    }
    hub_free(h);
}

/* Packages made until two have one stream id. */
static void twins(hub *h, int *a, int *b)
{
    enum { TRIES = 1200 };
    static uint16_t sid[TRIES];
    static wzp_seed_identity *seed; /* kept: the groups sign with it */
    uint8_t s[WZP_SEED_LEN] = {200};
    uint64_t state[TRIES];
    ASSERT_OK(wzp_seed_identity_new(&seed, s));
    wzp_group_config c = h->cfg;
    c.identity = wzp_seed_identity_table(seed);
    for (int i = 0; i < TRIES; i++) {
        wzp_group *g;
        uint8_t mid[WZP_MID_LEN];
        state[i] = h->random;
        ASSERT_OK(wzp_group_new(&g, &c));
        wzp_group_own_mid(g, mid);
        wzp_group_free(g);
        sid[i] = wzp_mid_sid(mid);
        for (int k = 0; k < i; k++) {
            if (sid[k] == sid[i]) {
                const uint64_t both[2] = {state[k], state[i]};
                int made[2];
                for (int t = 0; t < 2; t++) {
                    made[t] = hub_add(h, NULL);
                    hub_peer *p = &h->peers[made[t]];
                    wzp_group_free(p->g);
                    h->random = both[t];
                    ASSERT_OK(wzp_group_new(&p->g, &c));
                    wzp_group_own_mid(p->g, p->mid);
                    wzp_group_own_kph(p->g, p->kph);
                    uint8_t fp[WZP_FP_LEN];
                    wzp_identity_fingerprint(c.identity.public_key, fp);
                    sodium_bin2hex(p->fp, 33, fp, sizeof fp);
                    for (int q = 7; q > 0; q--) {
                        memmove(p->fp + 5 * q, p->fp + 4 * q, 4);
                        p->fp[5 * q - 1] = ':';
                    }
                    p->fp[WZP_FP_TEXT_LEN] = '\0';
                }
                *a = made[0];
                *b = made[1];
                return;
            }
        }
    }
    fail_msg("no twins");
}

WZP_TEST(packet_two_members_with_one_stream_id_are_told_apart)
{
    hub *h = hub_new(42);
    int a = 0;
    int b = 0;
    twins(h, &a, &b);
    hub_change(h, a, true);
    hub_change(h, b, true);
    const int c = hub_join(h);
    h->peers[a].speaks = h->peers[b].speaks = true;
    hub_run(h, 2 * WZP_S);
    assert_int_equal(wzp_mid_sid(h->peers[a].mid),
                     wzp_mid_sid(h->peers[b].mid));
    assert_true(h->peers[c].frames[a] > 60); /* the hub checks who is who */
    assert_true(h->peers[c].frames[b] > 60);
    hub_free(h);
}

/* --- nonce law --- */

enum { LAW_MAX = 60000 };
typedef struct used {
    int from;
    uint32_t kid;
    uint64_t ctr;
} used;
static used law[LAW_MAX];
static size_t n_law;

static void note(hub *h, int from, const uint8_t *data, size_t len)
{
    wzp_sealed_view v;
    (void)h;
    ASSERT_OK(wzp_sealed_view_decode(data, len, &v));
    assert_true(n_law < LAW_MAX);
    law[n_law++] = (used){from, v.kid, v.ctr};
}

static int by_value(const void *a, const void *b)
{
    const used *x = a;
    const used *y = b;
    if (x->from != y->from) {
        return x->from < y->from ? -1 : 1;
    }
    if (x->kid != y->kid) {
        return x->kid < y->kid ? -1 : 1;
    }
    return x->ctr < y->ctr ? -1 : x->ctr > y->ctr;
}

WZP_TEST(packet_no_key_and_counter_is_used_twice)
{
    hub *h = hub_new(43);
    n_law = 0;
    h->on_datagram = note;
    h->loss_permille = 100;
    for (int i = 0; i < 4; i++) {
        h->peers[hub_join(h)].speaks = true;
    }
    for (int i = 0; i < 20; i++) {
        hub_run(h, 500 * WZP_MS);
        if (i % 2 == 0) {
            hub_join(h);
        } else {
            hub_change(h, h->n - 1, false);
        }
    }
    qsort(law, n_law, sizeof law[0], by_value);
    assert_true(n_law > 1000);
    for (size_t i = 1; i < n_law; i++) {
        assert_true(by_value(&law[i - 1], &law[i]) != 0);
    }
    hub_free(h);
}
