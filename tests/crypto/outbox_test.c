/* SPDX-License-Identifier: MIT
 *
 * What goes out, and in which bites.
 */
#include "hub.h"

WZP_TEST(outbox_messages_stay_within_a_batch)
{
    enum { OTHERS = 100 };
    hub *h = hub_new(51);
    const int a = hub_add(h, NULL);
    static wzp_participant list[OTHERS];
    static wzp_bytes kps[OTHERS];
    for (int i = 0; i < OTHERS; i++) {
        const int p = hub_add(h, NULL);
        list[i] = hub_participant(h, p);
        kps[i] = wzp_group_package_view(h->peers[p].g);
    }
    wzp_group *g = h->peers[a].g;
    wzp_group_action act;
    size_t asked = 0;
    size_t boxed = 0;
    size_t pairs = 0;
    size_t pairs_before_first = 0;
    ASSERT_OK(
        wzp_group_roster(g, h->now, (wzp_participant_list){list, OTHERS}));
    while (wzp_group_poll(g, h->now, &act)) {
        if (act.kind == WZP_GROUP_SEND) {
            const wzp_bytes_list mids =
                act.u.signal->u.key_package_request.mids;
            assert_true(mids.n <= 64);
            asked += mids.n;
        }
    }
    assert_int_equal(asked, OTHERS);
    const wzp_signal s = {.kind = WZP_SIG_KEY_PACKAGES,
                          .u.key_packages.kps = {kps, OTHERS}};
    ASSERT_OK(wzp_group_recv(g, h->now, HUB_NOW_UNIX, &s));
    ASSERT_ERR(hub_say(h, a, WZP_FORM_FRAME), WZP_ERR_AGAIN);
    while (wzp_group_poll(g, h->now, &act)) {
        if (act.kind != WZP_GROUP_SEND) {
            continue;
        }
        if (act.u.signal->kind == WZP_SIG_E2EE_PAIR) {
            pairs++;
            continue;
        }
        assert_int_equal(act.u.signal->kind, WZP_SIG_E2EE_KEYS);
        assert_true(act.u.signal->u.e2ee_keys.k.n <= 64);
        pairs_before_first = boxed == 0 ? pairs : pairs_before_first;
        boxed += act.u.signal->u.e2ee_keys.k.n;
    }
    assert_int_equal(pairs, OTHERS);
    assert_int_equal(boxed, OTHERS);
    assert_true(pairs_before_first <= 16);
    ASSERT_OK(hub_say(h, a, WZP_FORM_FRAME));
    hub_free(h);
}

WZP_TEST(outbox_is_empty_when_nothing_is_due)
{
    hub *h = hub_new(52);
    const int a = hub_add(h, NULL);
    wzp_group_action act;
    assert_false(wzp_group_poll(h->peers[a].g, h->now, &act));
    assert_int_equal(wzp_group_deadline(h->peers[a].g), WZP_NEVER);
    hub_free(h);
}

WZP_TEST(outbox_who_is_gone_can_be_looked_at_while_it_is_told)
{
    hub *h = hub_new(53);
    const int a = hub_add(h, NULL);
    wzp_group *g = h->peers[a].g;
    const wzp_participant one = {.fingerprint = WZP_STR("?"),
                                 .alias = WZP_STR("Olga")};
    wzp_group_action act;
    wzp_member_info info;
    ASSERT_OK(wzp_group_roster(g, h->now, (wzp_participant_list){&one, 1}));
    assert_true(wzp_group_poll(g, h->now, &act));
    ASSERT_OK(wzp_group_roster(g, h->now, (wzp_participant_list){&one, 0}));

    assert_true(wzp_group_poll(g, h->now, &act));

    assert_int_equal(act.kind, WZP_GROUP_MEMBER_GONE);
    ASSERT_OK(wzp_group_member_get(g, act.u.member, &info));
    assert_string_equal(info.alias, "Olga");
    assert_false(wzp_group_poll(g, h->now, &act)); /* then it is no more */
    ASSERT_ERR(wzp_group_member_get(g, info.member, &info), WZP_ERR_NOT_FOUND);
    hub_free(h);
}
