/* SPDX-License-Identifier: MIT
 *
 * Pairs: both sent, lost, repeated, forged.
 */
#include "group/state.h"
#include "hkdf.h"
#include "hub.h"

static wzp__member *of(hub *h, int at, int other)
{
    wzp__member *m = wzp__member_find(h->peers[at].g, h->peers[other].mid);
    assert_non_null(m);
    return m;
}

/* The receiver's chain, stepped on (repeats do not step it), is the sender's.
 */
static void assert_follows(const wzp_key_chain *tx, wzp_key_chain rx)
{
    for (; rx.n < tx->n; rx.n++) {
        wzp__hkdf_label(rx.pk, "wzp-pair-next", rx.pk);
    }
    assert_int_equal(rx.n, tx->n);
    assert_memory_equal(tx->pk, rx.pk, WZP_KEY_LEN);
}

/* One end encapsulated and both know whose it is. */
static void assert_agree(hub *h, int a, int b)
{
    const wzp__member *ab = of(h, a, b);
    const wzp__member *ba = of(h, b, a);
    assert_int_equal(ab->pair + ba->pair, WZP__PAIR_OWN + WZP__PAIR_PEER);
    assert_follows(&ab->tx, ba->rx);
    assert_follows(&ba->tx, ab->rx);
}

static hub *h_both(uint64_t seed)
{
    hub *h = hub_new(seed);
    for (int i = 0; i < 2; i++) {
        hub_join(h);
    }
    hub_run(h, 80 * WZP_MS); /* packages are there, pairs are not */
    assert_int_equal(of(h, 0, 1)->pair, WZP__PAIR_NONE);
    return h;
}

WZP_TEST(pairing_both_at_once_the_smaller_hash_stands)
{
    for (uint64_t seed = 1; seed < 6; seed++) {
        hub *h = h_both(seed);
        h->peers[0].speaks = h->peers[1].speaks = true;
        hub_run(h, 1 * WZP_S);
        assert_true(h->peers[0].sent[WZP_SIG_E2EE_PAIR] >= 1);
        assert_true(h->peers[1].sent[WZP_SIG_E2EE_PAIR] >= 1);
        assert_agree(h, 0, 1);
        const bool first = wzp_pair_stands(h->peers[0].kph, h->peers[1].kph);
        assert_int_equal(of(h, 0, 1)->pair,
                         first ? WZP__PAIR_OWN : WZP__PAIR_PEER);
        assert_true(h->peers[0].frames[1] > 30);
        assert_true(h->peers[1].frames[0] > 30);
        hub_free(h);
    }
}

static int drops;

static bool drop_pairs(hub *h, int from, int to, const wzp_signal *sig)
{
    (void)h;
    (void)from;
    (void)to;
    return sig->kind != WZP_SIG_E2EE_PAIR || drops-- <= 0;
}

WZP_TEST(pairing_lost_pair_is_made_good)
{
    for (int lost = 1; lost < 6; lost++) {
        hub *h = h_both(3);
        drops = lost;
        h->on_signal = drop_pairs;
        h->peers[0].speaks = h->peers[1].speaks = true;
        hub_run(h, 4 * WZP_S);
        assert_agree(h, 0, 1);
        assert_true(hub_deaf(h, 0, 1) < 100 * WZP_MS);
        assert_true(hub_deaf(h, 1, 0) < 100 * WZP_MS);
        hub_free(h);
    }
}

static wzp_signal seen;
static uint8_t seen_ct[WZP_KEM_CT_LEN];
static uint8_t seen_sig[WZP_SIG_LEN];

static bool keep_pair(hub *h, int from, int to, const wzp_signal *sig)
{
    (void)h;
    (void)to;
    if (sig->kind == WZP_SIG_E2EE_PAIR && from == 0) {
        seen = *sig;
        memcpy(seen_ct, sig->u.e2ee_pair.ct.ptr, sizeof seen_ct);
        memcpy(seen_sig, sig->u.e2ee_pair.sig.ptr, sizeof seen_sig);
        seen.u.e2ee_pair.ct = (wzp_bytes){seen_ct, sizeof seen_ct};
        seen.u.e2ee_pair.sig = (wzp_bytes){seen_sig, sizeof seen_sig};
    }
    return true;
}

static wzp_err recv(hub *h, int at)
{
    return wzp_group_recv(h->peers[at].g, h->now, HUB_NOW_UNIX, &seen);
}

/* 0 speaks, so that 0 encapsulated. */
static hub *h_one(void)
{
    hub *h = h_both(5);
    h->on_signal = keep_pair;
    h->peers[0].speaks = true;
    hub_run(h, 1 * WZP_S);
    assert_int_equal(of(h, 1, 0)->pair, WZP__PAIR_PEER);
    return h;
}

WZP_TEST(pairing_repeat_is_ignored_and_changes_nothing)
{
    hub *h = h_one();
    const wzp__member before = *of(h, 1, 0);
    ASSERT_OK(recv(h, 1));
    assert_memory_equal(&before.tx, &of(h, 1, 0)->tx, sizeof before.tx);
    assert_memory_equal(&before.rx, &of(h, 1, 0)->rx, sizeof before.rx);
    hub_free(h);
}

WZP_TEST(pairing_forged_messages_are_refused_and_change_nothing)
{
    hub *h = h_one();
    const wzp__member before = *of(h, 1, 0);
    seen_sig[5] ^= 1;
    ASSERT_ERR(recv(h, 1), WZP_ERR_SIGNATURE);
    seen_sig[5] ^= 1;
    seen_ct[5] ^= 1;
    ASSERT_ERR(recv(h, 1), WZP_ERR_SIGNATURE);
    seen_ct[5] ^= 1;
    seen.u.e2ee_pair.ct.len--;
    ASSERT_ERR(recv(h, 1), WZP_ERR_LENGTH);
    seen.u.e2ee_pair.ct.len++;
    seen.u.e2ee_pair.to[0] ^= 1;
    ASSERT_ERR(recv(h, 1), WZP_ERR_PROTOCOL);
    seen.u.e2ee_pair.to[0] ^= 1;
    seen.u.e2ee_pair.from[0] ^= 1;
    ASSERT_ERR(recv(h, 1), WZP_ERR_NOT_FOUND);
    assert_int_equal(hub_stats(h, 1).pairs_refused, 5);
    assert_memory_equal(&before.tx, &of(h, 1, 0)->tx, sizeof before.tx);
    hub_free(h);
}

WZP_TEST(pairing_second_pair_of_one_sender_is_refused)
{
    hub *h = h_one();
    const wzp_identity id = wzp_seed_identity_table(h->peers[0].seed);
    wzp_pair_names names;
    wzp_pair_keys keys;
    memcpy(names.room_id, h->room_id, WZP_HASH_LEN);
    memcpy(names.kph_from, h->peers[0].kph, WZP_HASH_LEN);
    memcpy(names.kph_to, h->peers[1].kph, WZP_HASH_LEN);
    ASSERT_OK(wzp_pair_seal(&id, &h->cfg.rng, &names, of(h, 0, 1)->kem, NULL,
                            seen_ct, seen_sig, &keys));
    const wzp_key_chain before = of(h, 1, 0)->rx;
    ASSERT_ERR(recv(h, 1), WZP_ERR_KEY_REPLAYED);
    assert_memory_equal(&before, &of(h, 1, 0)->rx, sizeof before);
    hub_free(h);
}

/* Somebody who lists 0 but has no package of it, and in `seen` the pair that 0
 * made for it, with its keys. */
static int without_package(hub *h, wzp_pair_keys *keys)
{
    const int late = hub_add(h, NULL);
    wzp_participant p = hub_participant(h, 0);
    ASSERT_OK(wzp_group_roster(h->peers[late].g, h->now,
                               (wzp_participant_list){&p, 1}));
    wzp_pair_names names;
    wzp_kp kp;
    const wzp_bytes own = wzp_group_package_view(h->peers[late].g);
    const wzp_identity id = wzp_seed_identity_table(h->peers[0].seed);
    ASSERT_OK(
        wzp_kp_decode(own.ptr, own.len, HUB_NOW_UNIX, NULL, NULL, 0, &kp));
    memcpy(names.room_id, h->room_id, WZP_HASH_LEN);
    memcpy(names.kph_from, h->peers[0].kph, WZP_HASH_LEN);
    memcpy(names.kph_to, h->peers[late].kph, WZP_HASH_LEN);
    ASSERT_OK(wzp_pair_seal(&id, &h->cfg.rng, &names, kp.kem, NULL, seen_ct,
                            seen_sig, keys));
    memcpy(seen.u.e2ee_pair.to, h->peers[late].mid, WZP_MID_LEN);
    return late;
}

static void hand_package(hub *h, int late)
{
    const wzp_bytes kp = wzp_group_package_view(h->peers[0].g);
    const wzp_signal s = {.kind = WZP_SIG_KEY_PACKAGES,
                          .u.key_packages.kps = {&kp, 1}};
    ASSERT_OK(wzp_group_recv(h->peers[late].g, h->now, HUB_NOW_UNIX, &s));
}

WZP_TEST(pairing_before_the_package_is_kept)
{
    hub *h = h_one();
    wzp_pair_keys keys;
    const int late = without_package(h, &keys);
    seen.u.e2ee_pair.ct.len--;
    ASSERT_ERR(recv(h, late), WZP_ERR_LENGTH);
    seen.u.e2ee_pair.ct.len++;
    ASSERT_OK(recv(h, late));
    assert_int_equal(of(h, late, 0)->pair, WZP__PAIR_NONE);
    hand_package(h, late);
    assert_int_equal(of(h, late, 0)->pair, WZP__PAIR_PEER);
    assert_memory_equal(of(h, late, 0)->rx.pk, keys.i2r, WZP_KEY_LEN);
    hub_free(h);
}

WZP_TEST(pairing_forged_before_the_package_is_refused_and_in_nobodys_way)
{
    hub *h = h_one();
    wzp_pair_keys keys;
    const int late = without_package(h, &keys);
    seen_sig[5] ^= 1;
    ASSERT_OK(recv(h, late));
    hand_package(h, late);
    assert_int_equal(of(h, late, 0)->pair, WZP__PAIR_NONE);
    assert_int_equal(hub_stats(h, late).pairs_refused, 1);
    seen_sig[5] ^= 1;
    ASSERT_OK(recv(h, late));
    assert_int_equal(of(h, late, 0)->pair, WZP__PAIR_PEER);
    hub_free(h);
}

/* --- a kem key that is none, signed by its owner --- */

static bool of_nobody_new(hub *h, int from, int to, const wzp_signal *sig)
{
    (void)h;
    (void)to;
    return sig->kind != WZP_SIG_E2EE_PAIR || from < 2;
}

/* A third member, whose kem key has these bytes at a place. */
static int add_with_kem(hub *h, size_t at, const uint8_t *bytes, size_t len)
{
    const int i = hub_add(h, NULL);
    wzp_group *g = h->peers[i].g;
    wzp_kp kp;
    ASSERT_OK(wzp_kp_decode(g->package, WZP_KP_LEN, HUB_NOW_UNIX, NULL, NULL, 0,
                            &kp));
    memcpy(kp.kem + at, bytes, len);
    ASSERT_OK(wzp_kp_encode(&g->identity, &kp, g->package));
    memcpy(g->kph, kp.kph, WZP_HASH_LEN);
    memcpy(g->mid, kp.kph, WZP_MID_LEN);
    g->sid = wzp_mid_sid(g->mid);
    memcpy(h->peers[i].kph, g->kph, WZP_HASH_LEN);
    memcpy(h->peers[i].mid, g->mid, WZP_MID_LEN);
    return i;
}

static void refuses_kem(bool speaks, size_t at, const uint8_t *bytes,
                        size_t len)
{
    hub *h = h_both(9);
    h->on_signal = of_nobody_new; /* it does not make the pairs itself */
    h->peers[0].speaks = speaks;
    const int bad = add_with_kem(h, at, bytes, len);
    hub_change(h, bad, true);
    hub_run(h, 5 * WZP_S);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(hub_info(h, i, bad).state, WZP_MEMBER_REFUSED);
        assert_int_equal(hub_info(h, i, bad).why, WZP_ERR_WEAK_KEY);
        assert_int_equal(of(h, i, bad)->pair, WZP__PAIR_NONE);
    }
    h->peers[0].speaks = true;
    hub_run(h, 2 * WZP_S);
    assert_true(hub_deaf(h, 0, 1) < 100 * WZP_MS); /* the others are well */
    assert_int_equal(h->peers[bad].frames[0], 0);
    hub_free(h);
}

WZP_TEST(pairing_member_whose_kem_key_is_none_is_refused_and_gets_no_key)
{
    static const uint8_t above[2] = {0xFF, 0xFF}; /* 3329 */
    static const uint8_t low_order[WZP_KEY_LEN] = {0};
    const size_t x25519 = WZP_KEM_PK_LEN - WZP_KEY_LEN;
    for (int speaks = 0; speaks < 2; speaks++) {
        refuses_kem(speaks, 0, above, sizeof above);
        refuses_kem(speaks, x25519, low_order, sizeof low_order);
    }
}

WZP_TEST(pairing_control_with_a_kem_key_of_its_own_the_same_member_gets_keys)
{
    hub *h = h_both(9);
    h->peers[0].speaks = true;
    const int good = add_with_kem(h, 0, seen_ct, 0);
    hub_change(h, good, true);
    hub_run(h, 2 * WZP_S);
    assert_int_not_equal(of(h, 0, good)->pair, WZP__PAIR_NONE);
    assert_true(h->peers[good].frames[0] > 30);
    hub_free(h);
}

WZP_TEST(pairing_idle_members_prepare_at_most_ten_a_second)
{
    hub *h = hub_new(11);
    for (int i = 0; i < 25; i++) {
        hub_join(h);
    }
    hub_run(h, 60 * WZP_MS);
    unsigned before[25] = {0};
    for (int s = 0; s < 5; s++) {
        hub_run(h, 1 * WZP_S);
        for (int i = 0; i < 25; i++) {
            const unsigned n = h->peers[i].sent[WZP_SIG_E2EE_PAIR];
            assert_true(n - before[i] <= 10);
            before[i] = n;
        }
    }
    for (int a = 0; a < 25; a++) {
        for (int b = 0; b < a; b++) {
            assert_agree(h, a, b);
        }
    }
    hub_free(h);
}
