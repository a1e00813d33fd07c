/* SPDX-License-Identifier: MIT
 *
 * When the own key changes, and for whom.
 */
#include "group/state.h"
#include "hub.h"

static hub *begin(int peers)
{
    hub *h = hub_new(31);
    for (int i = 0; i < peers; i++) {
        hub_join(h);
    }
    h->peers[0].speaks = true;
    hub_run(h, 1 * WZP_S);
    return h;
}

WZP_TEST(schedule_leaves_within_the_wait_share_one_generation)
{
    hub *h = begin(6);
    for (int i = 3; i < 6; i++) {
        hub_change(h, i, false);
        hub_run(h, 50 * WZP_MS);
    }
    hub_run(h, 1 * WZP_S);
    assert_int_equal(hub_stats(h, 0).generation, 1);
    for (int i = 1; i < 3; i++) {
        assert_true(hub_deaf(h, 0, i) < 100 * WZP_MS);
    }
    hub_free(h);
}

WZP_TEST(schedule_new_key_is_used_at_most_300_ms_after_it_was_sent)
{
    hub *h = begin(3);
    wzp_group *g = h->peers[0].g;
    hub_change(h, 2, false);
    wzp_tstamp sent = 0;
    while (hub_stats(h, 0).generation == 0) {
        hub_tick(h);
        if (sent == 0 && g->has_next && g->switch_at != WZP_NEVER) {
            sent = h->now;
        }
    }
    assert_true(sent > 0);
    assert_true(h->now - sent <= 300 * WZP_MS);
    assert_true(sodium_is_zero((const uint8_t *)&g->secret->next,
                               sizeof g->secret->next));
    hub_free(h);
}

WZP_TEST(schedule_key_changes_after_60_minutes)
{
    hub *h = begin(2);
    h->peers[0].speaks = false;
    hub_run(h, 3590 * WZP_S);
    assert_int_equal(hub_stats(h, 0).generation, 0);
    hub_run(h, 15 * WZP_S);
    assert_int_equal(hub_stats(h, 0).generation, 1);
    h->peers[0].speaks = true;
    hub_run(h, 100 * WZP_MS);
    assert_true(h->peers[1].frames[0] > 0);
    hub_free(h);
}

WZP_TEST(schedule_key_changes_before_the_counter_ends)
{
    hub *h = begin(2);
    h->peers[0].g->secret->current.sframe.ctr = WZP__COUNTER_REKEY - 10;
    hub_run(h, 1 * WZP_S);
    assert_int_equal(hub_stats(h, 0).generation, 1);
    assert_true(hub_deaf(h, 0, 1) < 100 * WZP_MS);
    hub_free(h);
}

WZP_TEST(schedule_step_255_makes_a_new_generation)
{
    hub *h = begin(2);
    h->peers[0].g->secret->current.step = 255;
    const int c = hub_join(h);
    hub_run(h, 1 * WZP_S);
    assert_int_equal(hub_stats(h, 0).generation, 1);
    assert_int_equal(hub_stats(h, 0).step, 0);
    assert_true(hub_deaf(h, 0, 1) < 100 * WZP_MS);
    assert_true(hub_deaf(h, 0, c) < 100 * WZP_MS);
    hub_free(h);
}

WZP_TEST(schedule_many_requests_end_in_a_new_generation)
{
    hub *h = begin(2);
    wzp_signal s = {.kind = WZP_SIG_E2EE_KEY_REQUEST};
    memcpy(s.u.e2ee_key_request.from, h->peers[1].mid, WZP_MID_LEN);
    memcpy(s.u.e2ee_key_request.to, h->peers[0].mid, WZP_MID_LEN);
    for (int i = 0; i < 200; i++) {
        wzp_ignore(wzp_group_recv(h->peers[0].g, h->now, HUB_NOW_UNIX, &s),
                   "not refused: anybody could have sent it");
        hub_run(h, 300 * WZP_MS);
    }
    assert_true(hub_stats(h, 0).generation >= 1);
    assert_int_equal(hub_stats(h, 0).requests_ignored, 0);
    assert_true(hub_deaf(h, 0, 1) < 100 * WZP_MS);
    hub_free(h);
}

WZP_TEST(schedule_requests_too_soon_after_each_other_are_one_and_counted)
{
    hub *h = begin(2);
    wzp_signal s = {.kind = WZP_SIG_E2EE_KEY_REQUEST};
    memcpy(s.u.e2ee_key_request.from, h->peers[1].mid, WZP_MID_LEN);
    memcpy(s.u.e2ee_key_request.to, h->peers[0].mid, WZP_MID_LEN);
    const unsigned before = h->peers[0].sent[WZP_SIG_E2EE_KEYS];
    for (int i = 0; i < 100; i++) {
        ASSERT_OK(wzp_group_recv(h->peers[0].g, h->now, HUB_NOW_UNIX, &s));
        hub_run(h, 10 * WZP_MS);
    }
    /* Four in a second, and each box is sent three times at most. */
    assert_in_range(h->peers[0].sent[WZP_SIG_E2EE_KEYS] - before, 4, 12);
    assert_int_equal(hub_stats(h, 0).requests_ignored, 96);
    hub_free(h);
}

WZP_TEST(schedule_joins_are_followed_by_ratchet)
{
    hub *h = begin(2);
    for (int i = 0; i < 5; i++) {
        const int c = hub_join(h);
        hub_run(h, 400 * WZP_MS);
        assert_true(hub_deaf(h, 0, c) < 400 * WZP_MS);
    }
    assert_int_equal(hub_stats(h, 0).generation, 0);
    assert_int_equal(hub_stats(h, 0).step, 5);
    assert_true(hub_deaf(h, 0, 1) < 100 * WZP_MS);
    hub_free(h);
}

/* A member whose package lists 0xF001 alone. */
static int add_without_aes(hub *h)
{
    const int i = hub_add(h, NULL);
    wzp_group *g = h->peers[i].g;
    wzp_kp kp;
    ASSERT_OK(wzp_kp_decode(g->package, WZP_KP_LEN, HUB_NOW_UNIX, NULL, NULL, 0,
                            &kp));
    kp.suites = 1;
    g->own_suites = 1;
    ASSERT_OK(wzp_kp_encode(&g->identity, &kp, g->package));
    memcpy(g->kph, kp.kph, WZP_HASH_LEN);
    memcpy(g->mid, kp.kph, WZP_MID_LEN);
    g->sid = wzp_mid_sid(g->mid);
    memcpy(h->peers[i].kph, g->kph, WZP_HASH_LEN);
    memcpy(h->peers[i].mid, g->mid, WZP_MID_LEN);
    return i;
}

WZP_TEST(schedule_suite_follows_the_members_that_are_there)
{
    if (!wzp__aead_has_aes()) {
        WZP_SKIP("this processor has no AES instructions");
    }
    hub *h = begin(2);
    assert_int_equal(hub_stats(h, 0).suite, WZP_SUITE_AES);
    const int c = add_without_aes(h);
    hub_change(h, c, true);
    hub_run(h, 2 * WZP_S);
    assert_int_equal(hub_stats(h, 0).suite, WZP_SUITE_CHACHA);
    assert_int_equal(hub_stats(h, 0).generation, 1);
    assert_true(hub_deaf(h, 0, 1) < 100 * WZP_MS);
    assert_true(hub_deaf(h, 0, c) < 100 * WZP_MS);
    hub_change(h, c, false);
    hub_run(h, 2 * WZP_S);
    assert_int_equal(hub_stats(h, 0).suite, WZP_SUITE_AES);
    assert_int_equal(hub_stats(h, 0).generation, 2);
    assert_true(hub_deaf(h, 0, 1) < 100 * WZP_MS);
    hub_free(h);
}

WZP_TEST(schedule_silent_member_is_gone_for_keying_though_it_is_listed)
{
    hub *h = begin(3);
    h->peers[2].is_mute_control = true;
    hub_run(h, 25 * WZP_S);
    assert_int_equal(hub_info(h, 0, 2).state, WZP_MEMBER_KEYED);
    assert_true(hub_stats(h, 0).generation >= 1);
    assert_true(hub_deaf(h, 0, 1) < 100 * WZP_MS);
    assert_true(hub_deaf(h, 0, 2) > 2 * WZP_S);
    /* It shows itself, and is one of them again. */
    h->peers[2].is_mute_control = false;
    hub_run(h, 12 * WZP_S);
    assert_true(hub_deaf(h, 0, 2) < 100 * WZP_MS);
    hub_free(h);
}

WZP_TEST(schedule_two_that_lost_each_other_for_25_s_find_back)
{
    hub *h = begin(2);
    h->peers[1].speaks = true;
    hub_run(h, 1 * WZP_S);
    h->peers[1].is_cut = true;
    hub_run(h, 25 * WZP_S);
    ASSERT_ERR(hub_say(h, 0, WZP_FORM_FRAME), WZP_ERR_AGAIN);
    h->peers[1].is_cut = false;
    hub_run(h, 7 * WZP_S);
    assert_true(hub_deaf(h, 0, 1) < 100 * WZP_MS);
    assert_true(hub_deaf(h, 1, 0) < 100 * WZP_MS);
    hub_free(h);
}

/* Silent, and still listed: a relay takes 30 s to notice. */
static hub *begin_with_silent_holder(void)
{
    hub *h = begin(2);
    h->peers[1].speaks = true;
    hub_run(h, 1 * WZP_S);
    h->peers[1].is_cut = true;
    hub_run(h, 20 * WZP_S);
    ASSERT_ERR(hub_say(h, 0, WZP_FORM_FRAME), WZP_ERR_AGAIN);
    return h;
}

WZP_TEST(schedule_newcomer_does_not_wait_for_a_silent_holder)
{
    hub *h = begin_with_silent_holder();

    const int c = hub_join(h);
    hub_run(h, 2 * WZP_S);

    assert_true(hub_deaf(h, 0, c) < 100 * WZP_MS);
    assert_true(hub_stats(h, 0).generation >= 1); /* not the silent one's */
    hub_free(h);
}

WZP_TEST(schedule_silent_holder_comes_back_after_a_newcomer)
{
    hub *h = begin_with_silent_holder();
    const int c = hub_join(h);
    h->peers[c].speaks = true;
    hub_run(h, 3 * WZP_S);

    h->peers[1].is_cut = false;
    ASSERT_OK(hub_roster(h, 1)); /* it hears of the newcomer now */
    hub_run(h, 4 * WZP_S);

    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) {
            assert_true(hub_deaf(h, i, k) < 100 * WZP_MS);
        }
    }
    hub_free(h);
}

WZP_TEST(schedule_silent_holder_at_the_hour_is_no_busy_loop)
{
    hub *h = begin(2);
    wzp_group *g = h->peers[0].g;
    h->peers[0].speaks = false;
    h->peers[1].is_here = false; /* listed at the other, and gone */
    unsigned wakes = 0;
    for (; h->now < 1000 * WZP_S + 3700 * WZP_S; wakes++) {
        assert_true(wakes < 10000);
        const wzp_tstamp at = wzp_group_deadline(g);
        h->now = at > h->now ? at : h->now;
        wzp_group_expire(g, h->now);
        hub_drain(h, 0);
    }
    hub_free(h);
}

WZP_TEST(schedule_keep_alives_come_three_to_an_interval_of_five_seconds)
{
    hub *h = begin(2);
    hub_run(h, 1 * WZP_S);
    unsigned n = 0;
    wzp_tstamp last = h->peers[0].heard[1];
    for (int i = 0; i < 20 * 200; i++) {
        hub_tick(h);
        n += h->peers[0].heard[1] != last;
        last = h->peers[0].heard[1];
    }
    assert_true(n >= 10 && n <= 14);
    hub_free(h);
}

WZP_TEST(schedule_control_without_keep_alives_nobody_would_notice)
{
    hub *h = begin(3);
    hub_run(h, 25 * WZP_S);
    assert_int_equal(hub_stats(h, 0).generation, 0);
    hub_free(h);
}
