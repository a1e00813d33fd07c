/* SPDX-License-Identifier: MIT */
/* Two sides agree on a higher tier, or do not. */
#include "support/harness.h"

#include <wzp/proto/upgrade.h>

#include <string.h>

#define NOW WZP_S

typedef struct two {
    wzp_upgrade a, b; /* a's fingerprint is the smaller one */
} two;

static two begin(void)
{
    two t;
    wzp_upgrade_init(&t.a, WZP_TIER_GOOD, true);
    wzp_upgrade_init(&t.b, WZP_TIER_GOOD, false);
    return t;
}

static wzp_upgrade_msg taken(wzp_upgrade *u)
{
    wzp_upgrade_msg msg;
    assert_true(wzp_upgrade_poll(u, &msg));
    assert_false(wzp_upgrade_poll(u, &(wzp_upgrade_msg){0}));
    return msg;
}

/* Everything `from` has to say goes to `to`. */
static bool carry(wzp_upgrade *from, wzp_upgrade *to, wzp_tstamp now, bool may)
{
    const wzp_upgrade_msg msg = taken(from);
    return wzp_upgrade_recv(to, now, &msg, may);
}

WZP_TEST(upgrade_that_is_accepted_and_confirmed_lets_both_send_it)
{
    two t = begin();
    assert_true(wzp_upgrade_propose(&t.a, NOW, WZP_TIER_STUDIO_32K, "1"));
    assert_false(carry(&t.a, &t.b, NOW, true));
    assert_int_equal(t.b.agreed, WZP_TIER_GOOD); /* not before the confirm */
    assert_true(carry(&t.b, &t.a, NOW, true));
    assert_true(carry(&t.a, &t.b, NOW, true));
    assert_int_equal(t.a.agreed, WZP_TIER_STUDIO_32K);
    assert_int_equal(t.b.agreed, WZP_TIER_STUDIO_32K);
    assert_true(wzp_upgrade_deadline(&t.a) == WZP_NEVER);
    assert_true(wzp_upgrade_deadline(&t.b) == WZP_NEVER);
}

WZP_TEST(
    upgrade_that_is_refused_changes_nothing_and_is_not_asked_for_again_at_once)
{
    two t = begin();
    assert_true(wzp_upgrade_propose(&t.a, NOW, WZP_TIER_STUDIO_32K, "1"));
    assert_false(carry(&t.a, &t.b, NOW, false));
    assert_false(carry(&t.b, &t.a, NOW, true));
    assert_int_equal(t.a.agreed, WZP_TIER_GOOD);
    assert_false(wzp_upgrade_poll(&t.a, &(wzp_upgrade_msg){0}));
    assert_false(
        wzp_upgrade_propose(&t.a, NOW + 59 * WZP_S, WZP_TIER_STUDIO_32K, "2"));
    assert_true(
        wzp_upgrade_propose(&t.a, NOW + 60 * WZP_S, WZP_TIER_STUDIO_32K, "2"));
}

WZP_TEST(upgrade_without_an_answer_is_over_after_five_seconds)
{
    two t = begin();
    assert_true(wzp_upgrade_propose(&t.a, NOW, WZP_TIER_STUDIO_32K, "1"));
    assert_true(wzp_upgrade_deadline(&t.a) == NOW + 5 * WZP_S);
    const wzp_upgrade_msg proposal = taken(&t.a);
    wzp_upgrade_expire(&t.a, NOW + 5 * WZP_S);
    assert_true(wzp_upgrade_deadline(&t.a) == WZP_NEVER);
    wzp_upgrade_recv(&t.b, NOW + 5 * WZP_S, &proposal, true);
    assert_false(carry(&t.b, &t.a, NOW + 6 * WZP_S, true)); /* too late */
    assert_int_equal(t.a.agreed, WZP_TIER_GOOD);
    assert_true(wzp_upgrade_deadline(&t.b) == NOW + 10 * WZP_S);
    wzp_upgrade_expire(&t.b, NOW + 10 * WZP_S - 1);
    assert_int_equal(t.b.state, WZP_UPGRADE_ACCEPTED);
    wzp_upgrade_expire(&t.b, NOW + 10 * WZP_S); /* no confirm either */
    assert_int_equal(t.b.state, WZP_UPGRADE_IDLE);
    assert_int_equal(t.b.agreed, WZP_TIER_GOOD);
}

WZP_TEST(upgrade_proposed_by_both_is_that_of_the_smaller_fingerprint)
{
    two t = begin();
    assert_true(wzp_upgrade_propose(&t.a, NOW, WZP_TIER_STUDIO_32K, "a"));
    assert_true(wzp_upgrade_propose(&t.b, NOW, WZP_TIER_STUDIO_48K, "b"));
    const wzp_upgrade_msg of_a = taken(&t.a);
    const wzp_upgrade_msg of_b = taken(&t.b);
    wzp_upgrade_recv(&t.a, NOW, &of_b, true);
    wzp_upgrade_recv(&t.b, NOW, &of_a, true);
    assert_false(wzp_upgrade_poll(&t.a, &(wzp_upgrade_msg){0}));
    assert_true(carry(&t.b, &t.a, NOW, true));
    assert_true(carry(&t.a, &t.b, NOW, true));
    assert_int_equal(t.a.agreed, WZP_TIER_STUDIO_32K);
    assert_int_equal(t.b.agreed, WZP_TIER_STUDIO_32K);
}

WZP_TEST(upgrade_messages_that_come_twice_do_nothing_more)
{
    two t = begin();
    assert_true(wzp_upgrade_propose(&t.a, NOW, WZP_TIER_STUDIO_32K, "1"));
    const wzp_upgrade_msg proposal = taken(&t.a);
    wzp_upgrade_recv(&t.b, NOW, &proposal, true);
    const wzp_upgrade_msg yes = taken(&t.b);
    wzp_upgrade_recv(&t.b, NOW, &proposal, false); /* the answer stands */
    assert_true(taken(&t.b).is_accepted);
    assert_true(wzp_upgrade_recv(&t.a, NOW, &yes, true));
    const wzp_upgrade_msg confirm = taken(&t.a);
    assert_false(wzp_upgrade_recv(&t.a, NOW, &yes, true));
    assert_false(wzp_upgrade_poll(&t.a, &(wzp_upgrade_msg){0}));
    assert_true(wzp_upgrade_recv(&t.b, NOW, &confirm, true));
    assert_false(wzp_upgrade_recv(&t.b, NOW, &confirm, true));
}

WZP_TEST(upgrade_takes_no_confirm_of_what_was_not_accepted)
{
    two t = begin();
    const wzp_upgrade_msg confirm = {
        .kind = WZP_UPGRADE_CONFIRM, .id = "1", .tier = WZP_TIER_STUDIO_64K};
    assert_false(wzp_upgrade_recv(&t.b, NOW, &confirm, true));
    assert_true(wzp_upgrade_propose(&t.a, NOW, WZP_TIER_STUDIO_32K, "1"));
    carry(&t.a, &t.b, NOW, true);
    assert_false(wzp_upgrade_recv(&t.b, NOW, &confirm, true)); /* another */
    assert_int_equal(t.b.agreed, WZP_TIER_GOOD);
}

WZP_TEST(upgrade_asks_for_nothing_that_is_agreed)
{
    two t = begin();
    assert_false(wzp_upgrade_propose(&t.a, NOW, WZP_TIER_GOOD, "1"));
    assert_false(wzp_upgrade_poll(&t.a, &(wzp_upgrade_msg){0}));
}

WZP_TEST(upgrade_cuts_an_id_that_is_too_long)
{
    char id[WZP_UPGRADE_ID_MAX + 10];
    memset(id, 'x', sizeof id);
    id[sizeof id - 1] = '\0';
    two t = begin();
    assert_true(wzp_upgrade_propose(&t.a, NOW, WZP_TIER_STUDIO_32K, id));
    assert_int_equal(strlen(t.a.id), WZP_UPGRADE_ID_MAX);
    carry(&t.a, &t.b, NOW, true);
    assert_int_equal(strlen(t.b.last), WZP_UPGRADE_ID_MAX);
    assert_true(carry(&t.b, &t.a, NOW, true));
    assert_true(carry(&t.a, &t.b, NOW, true));
}
