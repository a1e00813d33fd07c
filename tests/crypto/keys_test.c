/* SPDX-License-Identifier: MIT
 *
 * Keys of others: boxes, roll-back, requests, ratchet, wiping.
 */
#include "group/state.h"
#include "hub.h"

static wzp__member *of(hub *h, int at, int other)
{
    wzp__member *m = wzp__member_find(h->peers[at].g, h->peers[other].mid);
    assert_non_null(m);
    return m;
}

enum { KEPT = 32 };
static wzp_signal seen[KEPT];
static wzp_e2ee_box boxes[KEPT];
static uint8_t sealed[KEPT][WZP_KEY_BOX_LEN];
static size_t n_seen;

/* Keys from 0 to 1. */
static bool keep_keys(hub *h, int from, int to, const wzp_signal *sig)
{
    (void)h;
    if (sig->kind == WZP_SIG_E2EE_KEYS && from == 0 && to == 1 &&
        n_seen < KEPT) {
        seen[n_seen] = *sig;
        boxes[n_seen] = sig->u.e2ee_keys.k.v[0];
        memcpy(sealed[n_seen], boxes[n_seen].box.ptr, WZP_KEY_BOX_LEN);
        boxes[n_seen].box.ptr = sealed[n_seen];
        seen[n_seen].u.e2ee_keys.k.v = &boxes[n_seen];
        n_seen++;
    }
    return true;
}

static wzp_err recv(hub *h, size_t i)
{
    return wzp_group_recv(h->peers[1].g, h->now, HUB_NOW_UNIX, &seen[i]);
}

static hub *begin(void)
{
    hub *h = hub_new(21);
    n_seen = 0;
    h->on_signal = keep_keys;
    h->peers[hub_join(h)].speaks = true;
    hub_join(h);
    hub_join(h);
    hub_run(h, 1 * WZP_S);
    return h;
}

WZP_TEST(keys_played_again_are_refused_and_change_nothing)
{
    hub *h = begin();
    hub_change(h, 2, false);
    hub_run(h, 1 * WZP_S);
    assert_int_equal(of(h, 1, 0)->high_generation, 1);
    const wzp__member before = *of(h, 1, 0);
    const uint64_t highest = before.keys->sframe.replay.highest;
    for (size_t i = 0; i < n_seen; i++) {
        ASSERT_ERR(recv(h, i), WZP_ERR_ROLLBACK);
    }
    const wzp__member *after = of(h, 1, 0);
    assert_memory_equal(&before.rx, &after->rx, sizeof before.rx);
    assert_ptr_equal(before.keys, after->keys);
    assert_int_equal(after->keys->sframe.replay.highest, highest);
    assert_true(hub_stats(h, 1).keys_refused > 0);
    hub_free(h);
}

WZP_TEST(keys_repeats_are_counted_apart_from_refusals)
{
    hub *h = begin();
    assert_int_equal(hub_stats(h, 1).keys_refused, 0);
    assert_int_equal(hub_stats(h, 1).keys_repeated, 2);
    hub_free(h);
}

WZP_TEST(keys_changed_boxes_are_refused_and_the_right_one_still_opens)
{
    hub *h = begin();
    wzp__member *m = of(h, 1, 0);
    const wzp_key_chain before = m->rx;
    wzp_signal *s = &seen[n_seen - 1];
    /* A later generation, under an n not used yet: everything but the tag. */
    s->u.e2ee_keys.gen = 7;
    boxes[n_seen - 1].n = m->rx.n;
    ASSERT_ERR(recv(h, n_seen - 1), WZP_ERR_TAG);
    boxes[n_seen - 1].n = m->rx.n + 1024;
    ASSERT_ERR(recv(h, n_seen - 1), WZP_ERR_TAG);
    boxes[n_seen - 1].n = m->rx.n + 1025;
    ASSERT_ERR(recv(h, n_seen - 1), WZP_ERR_KEY_AHEAD);
    boxes[n_seen - 1].n = 0;
    ASSERT_ERR(recv(h, n_seen - 1), WZP_ERR_KEY_REPLAYED);
    boxes[n_seen - 1].box.len = 47;
    ASSERT_ERR(recv(h, n_seen - 1), WZP_ERR_LENGTH);
    s->u.e2ee_keys.suite = 1;
    ASSERT_ERR(recv(h, n_seen - 1), WZP_ERR_KP_SUITE);
    s->u.e2ee_keys.from[0] ^= 1;
    ASSERT_ERR(recv(h, n_seen - 1), WZP_ERR_NOT_FOUND);
    assert_memory_equal(&before, &m->rx, sizeof before);
    assert_int_equal(hub_stats(h, 1).keys_refused, 7);
    hub_change(h, 2, false);
    hub_run(h, 1 * WZP_S);
    assert_true(hub_deaf(h, 0, 1) < 100 * WZP_MS);
    hub_free(h);
}

static bool no_keys(hub *h, int from, int to, const wzp_signal *sig)
{
    const wzp_tstamp *until = h->user;
    (void)from;
    return !(sig->kind == WZP_SIG_E2EE_KEYS && to == 1 && h->now < *until);
}

WZP_TEST(keys_are_asked_for_once_a_second_until_they_come)
{
    hub *h = hub_new(22);
    h->peers[hub_join(h)].speaks = true;
    const int b = hub_join(h);
    wzp_tstamp until = h->now + 10 * WZP_S;
    h->user = &until;
    h->on_signal = no_keys;
    hub_run(h, 10 * WZP_S);
    const unsigned asked = h->peers[b].sent[WZP_SIG_E2EE_KEY_REQUEST];
    assert_true(asked >= 8 && asked <= 10);
    assert_int_equal(h->peers[b].frames[0], 0);
    assert_true(hub_stats(h, b).unknown_key > 300);
    hub_run(h, 1500 * WZP_MS);
    assert_true(hub_deaf(h, 0, b) < 100 * WZP_MS);
    hub_free(h);
}

WZP_TEST(keys_of_a_lost_generation_recover_within_two_seconds)
{
    hub *h = hub_new(23);
    h->peers[hub_join(h)].speaks = true;
    const int b = hub_join(h);
    const int c = hub_join(h);
    hub_run(h, 1 * WZP_S);
    wzp_tstamp until = h->now + 600 * WZP_MS;
    h->user = &until;
    h->on_signal = no_keys;
    hub_change(h, c, false);
    wzp_tstamp worst = 0;
    for (int i = 0; i < 400; i++) {
        hub_tick(h);
        const wzp_tstamp d = hub_deaf(h, 0, b);
        worst = d > worst ? d : worst;
    }
    assert_true(worst > 100 * WZP_MS && worst < 2 * WZP_S);
    assert_true(hub_deaf(h, 0, b) < 100 * WZP_MS);
    hub_free(h);
}

WZP_TEST(keys_held_of_one_member_are_eight_and_the_newest)
{
    hub *h = begin();
    wzp_group *g = h->peers[1].g;
    wzp__member *m = of(h, 1, 0);
    for (uint8_t i = 0; i < 3 * WZP__KEYS_MAX; i++) {
        const uint8_t base[WZP_KEY_LEN] = {i};
        ASSERT_OK(wzp__keys_agreed(g, h->now, m, WZP_SUITE_CHACHA, base));
    }
    size_t held = 0;
    for (const wzp__their_key *k = m->keys; k != NULL; k = k->older) {
        assert_int_equal(k->base[0], 3 * WZP__KEYS_MAX - 1 - held);
        held++;
    }
    assert_int_equal(held, WZP__KEYS_MAX);
    assert_int_equal(m->n_keys, WZP__KEYS_MAX);
    hub_free(h);
}

WZP_TEST(keys_boxed_for_others_alone_change_nothing)
{
    hub *h = begin();
    const wzp__member before = *of(h, 1, 0);
    boxes[0].to[0] ^= 1;
    ASSERT_OK(recv(h, 0));
    assert_memory_equal(&before, of(h, 1, 0), sizeof before);
    hub_free(h);
}

WZP_TEST(keys_request_for_another_or_from_nobody_is_refused)
{
    hub *h = begin();
    wzp_signal s = {.kind = WZP_SIG_E2EE_KEY_REQUEST};
    wzp_sig_e2ee_key_request *r = &s.u.e2ee_key_request;
    memcpy(r->from, h->peers[1].mid, WZP_MID_LEN);
    ASSERT_ERR(wzp_group_recv(h->peers[0].g, h->now, HUB_NOW_UNIX, &s),
               WZP_ERR_PROTOCOL);
    memcpy(r->to, h->peers[0].mid, WZP_MID_LEN);
    ASSERT_OK(wzp_group_recv(h->peers[0].g, h->now, HUB_NOW_UNIX, &s));
    r->from[0] ^= 1;
    ASSERT_ERR(wzp_group_recv(h->peers[0].g, h->now, HUB_NOW_UNIX, &s),
               WZP_ERR_NOT_FOUND);
    hub_free(h);
}

static uint8_t packet[HUB_PACKET];
static size_t packet_len;

static void keep_first(hub *h, int from, const uint8_t *data, size_t len)
{
    (void)h;
    if (packet_len == 0 && from == 0) {
        memcpy(packet, data, len);
        packet_len = len;
    }
}

/* A packet of the old key that b never saw, opened after a wait. */
static wzp_err open_after(wzp_tstamp wait)
{
    hub *h = hub_new(24);
    h->peers[hub_join(h)].speaks = true;
    const int b = hub_join(h);
    const int c = hub_join(h);
    hub_run(h, 1 * WZP_S);
    packet_len = 0;
    h->on_datagram = keep_first;
    h->peers[b].is_cut = true;
    hub_run(h, 30 * WZP_MS);
    h->peers[0].speaks = false;
    hub_run(h, 60 * WZP_MS);
    h->peers[0].speaks = true;
    h->peers[b].is_cut = false;
    hub_change(h, c, false);
    while (of(h, b, 0)->high_generation == 0) {
        hub_tick(h);
    }
    hub_run(h, wait);
    uint8_t plain[HUB_PACKET];
    wzp_opened o;
    const wzp_err e = wzp_group_open(h->peers[b].g, h->now, packet, packet_len,
                                     plain, sizeof plain, &o);
    hub_free(h);
    return e;
}

WZP_TEST(keys_old_one_opens_for_two_seconds_more_and_no_longer)
{
    ASSERT_OK(open_after(2200 * WZP_MS));
    ASSERT_ERR(open_after(2400 * WZP_MS), WZP_ERR_KEY_UNKNOWN);
}

WZP_TEST(keys_invented_steps_cost_little_and_change_nothing)
{
    hub *h = begin();
    wzp__member *m = of(h, 1, 0);
    packet_len = 0;
    h->on_datagram = keep_first;
    hub_run(h, 100 * WZP_MS);
    const wzp__their_key *newest = m->keys;
    for (unsigned i = 0; i < 100; i++) {
        uint8_t bad[HUB_PACKET];
        uint8_t plain[HUB_PACKET];
        wzp_opened o;
        /* generation 0, step 255: the KID ends the SFrame header's number */
        memcpy(bad, packet, packet_len);
        bad[12 + 4] = 255;
        const wzp_err e = wzp_group_open(h->peers[1].g, h->now, bad, packet_len,
                                         plain, sizeof plain, &o);
        assert_true(e == WZP_ERR_TAG || e == WZP_ERR_KEY_UNKNOWN);
    }
    assert_ptr_equal(m->keys, newest);
    assert_int_equal(m->n_keys, 1);
    hub_run(h, 500 * WZP_MS);
    assert_true(hub_deaf(h, 0, 1) < 100 * WZP_MS);
    hub_free(h);
}
