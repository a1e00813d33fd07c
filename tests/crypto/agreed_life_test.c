/* SPDX-License-Identifier: MIT
 *
 * The group of a direct call while time passes: keys change, the hop is lost
 * and found.
 */
#include "call_hub.h"
#include "group/state.h"

/* --- keys change --- */

WZP_TEST(agreed_keys_change_after_60_minutes_under_the_agreed_pair)
{
    hub *h = talking();
    h->peers[CALLER].speaks = h->peers[CALLEE].speaks = false;
    hub_run(h, 3590 * WZP_S);
    assert_int_equal(hub_stats(h, CALLER).generation, 0);
    h->peers[CALLER].speaks = h->peers[CALLEE].speaks = true;
    hub_run(h, 15 * WZP_S);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(hub_stats(h, i).generation, 1);
        assert_int_equal(hub_stats(h, i).keys_refused, 0);
        assert_int_equal(h->peers[i].sent[WZP_SIG_E2EE_PAIR], 0);
    }
    assert_both_heard(h);
    end(h);
}

WZP_TEST(agreed_keys_change_before_the_counter_ends)
{
    hub *h = talking();
    h->peers[CALLEE].g->secret->current.sframe.ctr = WZP__COUNTER_REKEY - 10;
    hub_run(h, 1 * WZP_S);
    assert_int_equal(hub_stats(h, CALLEE).generation, 1);
    assert_int_equal(hub_stats(h, CALLER).generation, 0);
    assert_both_heard(h);
    end(h);
}

static bool lose_keys(hub *h, int from, int to, const wzp_signal *sig)
{
    (void)from, (void)to;
    return *(const bool *)h->user == false || sig->kind != WZP_SIG_E2EE_KEYS;
}

WZP_TEST(agreed_key_that_was_lost_is_asked_for_and_given)
{
    hub *h = talking();
    bool is_lossy = true;
    h->user = &is_lossy;
    h->on_signal = lose_keys;
    h->peers[CALLEE].g->secret->current.sframe.ctr = WZP__COUNTER_REKEY;
    hub_run(h, 1 * WZP_S);
    assert_true(hub_deaf(h, CALLEE, CALLER) > 300 * WZP_MS);
    is_lossy = false;
    hub_run(h, 2 * WZP_S);
    assert_true(h->peers[CALLER].sent[WZP_SIG_E2EE_KEY_REQUEST] > 0);
    assert_int_equal(h->peers[CALLEE].sent[WZP_SIG_E2EE_PAIR], 0);
    assert_both_heard(h);
    end(h);
}

/* --- the hop is lost and found --- */

/* What was sealed: no key id and counter twice. */
static struct {
    uint32_t kid;
    uint64_t ctr;
    int from;
} sealed[20000];
static size_t n_sealed;

static void law_of_nonces(hub *h, int from, const uint8_t *data, size_t len)
{
    wzp_sealed_view v;
    (void)h;
    ASSERT_OK(wzp_sealed_view_decode(data, len, &v));
    for (size_t i = 0; i < n_sealed; i++) {
        assert_true(sealed[i].from != from || sealed[i].kid != v.kid ||
                    sealed[i].ctr != v.ctr);
    }
    assert_true(n_sealed < sizeof sealed / sizeof sealed[0]);
    sealed[n_sealed].kid = v.kid;
    sealed[n_sealed].ctr = v.ctr;
    sealed[n_sealed++].from = from;
}

static void tell_left(hub *h, int at, int who)
{
    const wzp_bytes mid = {h->peers[who].mid, WZP_MID_LEN};
    ASSERT_OK(wzp_group_delta(h->peers[at].g, h->now,
                              (wzp_participant_list){NULL, 0},
                              (wzp_bytes_list){&mid, 1}));
}

WZP_TEST(agreed_peer_that_comes_back_with_its_package_is_heard_at_once)
{
    hub *h = talking();
    h->on_datagram = law_of_nonces;
    n_sealed = 0;
    for (int round = 0; round < 20; round++) {
        const int who = round % 2;
        hub_change(h, who, false);
        hub_run(h, (wzp_tstamp)(round * 97) * WZP_MS);
        hub_change(h, who, true);
        hub_run(h, 2 * h->delay + 40 * WZP_MS);
        assert_both_heard(h);
    }
    assert_int_equal(hub_stats(h, CALLER).generation, 0);
    end(h);
}

WZP_TEST(agreed_peers_older_connection_may_leave_after_the_newer_came)
{
    hub *h = talking();
    const wzp_participant p = hub_participant(h, CALLEE);
    const wzp_participant twice[] = {p, hub_participant(h, CALLER), p};
    ASSERT_OK(wzp_group_roster(h->peers[CALLER].g, h->now,
                               (wzp_participant_list){twice, 3}));
    tell_left(h, CALLER, CALLEE);
    hub_run(h, 5 * WZP_S);
    assert_both_heard(h);
    assert_int_equal(h->peers[CALLER].gone, 0);
    assert_int_equal(hub_stats(h, CALLER).generation, 0);
    end(h);
}

WZP_TEST(agreed_own_older_connection_is_nobody)
{
    hub *h = talking();
    const wzp_participant list[] = {hub_participant(h, CALLER),
                                    hub_participant(h, CALLER),
                                    hub_participant(h, CALLEE)};
    ASSERT_OK(wzp_group_roster(h->peers[CALLER].g, h->now,
                               (wzp_participant_list){list, 3}));
    assert_int_equal(wzp_group_member_count(h->peers[CALLER].g), 1);
    tell_left(h, CALLER, CALLER);
    hub_run(h, 1 * WZP_S);
    assert_both_heard(h);
    end(h);
}

WZP_TEST(agreed_peer_that_an_old_relay_never_lists_is_heard)
{
    hub *h = begin();
    for (int i = 0; i < 2; i++) {
        wzp_participant old = hub_participant(h, 1 - i);
        old.mid = old.kph = (wzp_bytes){NULL, 0};
        h->peers[i].is_here = h->peers[i].speaks = true;
        ASSERT_OK(wzp_group_roster(h->peers[i].g, h->now,
                                   (wzp_participant_list){&old, 1}));
    }
    hub_run(h, 30 * WZP_S);
    assert_both_heard(h);
    assert_refused(h, CALLER, NULL, WZP_ERR_LEGACY);
    end(h);
}

WZP_TEST(agreed_pair_finds_each_other_after_a_long_outage)
{
    hub *h = talking();
    h->on_datagram = law_of_nonces;
    n_sealed = 0;
    h->peers[CALLEE].is_cut = true;
    hub_run(h, 40 * WZP_S);
    uint8_t out[HUB_PACKET];
    size_t len;
    const wzp_media_hdr hdr = {.seq = 0};
    /* Nobody to speak to: treated as gone. */
    ASSERT_ERR(wzp_group_seal(h->peers[CALLER].g, h->now, &hdr, WZP_FORM_FRAME,
                              out, 10, out, sizeof out, &len),
               WZP_ERR_AGAIN);
    h->peers[CALLEE].is_cut = false;
    hub_run(h, 2 * WZP_S);
    assert_both_heard(h);
    assert_int_equal(hub_stats(h, CALLER).generation, 1);
    assert_int_equal(hub_stats(h, CALLEE).generation, 1);
    end(h);
}

WZP_TEST(agreed_peer_that_is_listed_late_is_heard_within_a_round_trip)
{
    hub *h = begin();
    for (int i = 0; i < 2; i++) {
        h->peers[i].is_here = h->peers[i].speaks = true;
        h->peers[i].is_cut = true;
    }
    hub_run(h, 40 * WZP_S); /* both count each other as gone */
    for (int i = 0; i < 2; i++) {
        h->peers[i].is_cut = false;
        h->peers[i].since = h->now;
        ASSERT_OK(hub_roster(h, i));
    }
    hub_run(h, 2 * h->delay + 40 * WZP_MS);
    assert_both_heard(h);
    assert_true(h->peers[CALLER].frames[CALLEE] > 0);
    assert_true(h->peers[CALLEE].frames[CALLER] > 0);
    hub_run(h, 2 * WZP_S);
    assert_both_heard(h);
    end(h);
}
