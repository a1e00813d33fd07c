/* SPDX-License-Identifier: MIT */
/* Mute, hold and push-to-talk as states, what members are told of them, and
 * what is kept of theirs.
 */
#include "voice/control.h"

#include "client/fakes.h"

#define NOW (100 * WZP_S)

static wzp__control fresh(void)
{
    wzp__control c;
    wzp__control_init(&c);
    return c;
}

WZP_TEST(control_is_open_and_has_nothing_to_tell_at_first)
{
    const wzp__control c = fresh();

    assert_true(wzp__control_is_open(&c, NOW));
    assert_false(wzp__control_is_due(&c, NOW));
    assert_true(wzp__control_deadline(&c) == WZP_NEVER);
}

/* --- whether the microphone goes out -------------------------------------- */

static const struct {
    bool is_muted, is_held, has_key, is_down;
    bool is_open;
} states[] = {
    {false, false, false, false, true}, {true, false, false, false, false},
    {false, true, false, false, false}, {true, true, false, false, false},
    {false, false, true, false, false}, {false, false, true, true, true},
    {true, false, true, true, false},   {false, true, true, true, false},
};

static size_t states_count(void)
{
    return sizeof states / sizeof states[0];
}

static void state_row(size_t row)
{
    wzp__control c = fresh();
    wzp__control_mute(&c, NOW, states[row].is_muted);
    wzp__control_hold(&c, NOW, states[row].is_held);
    wzp__control_key(&c, NOW, states[row].has_key, states[row].is_down);
    assert_int_equal(wzp__control_is_open(&c, NOW + WZP_S),
                     states[row].is_open);
}
WZP_ROWS(control_opens_the_microphone_in_these_states, states_count, state_row);

WZP_TEST(control_lets_200_ms_through_after_the_key_went_up)
{
    wzp__control c = fresh();
    wzp__control_key(&c, NOW, true, true);
    wzp__control_key(&c, NOW + WZP_S, true, false);

    assert_true(wzp__control_is_open(&c, NOW + WZP_S + 199 * WZP_MS));
    assert_false(wzp__control_is_open(&c, NOW + WZP_S + 200 * WZP_MS));
}

WZP_TEST(control_has_no_tail_for_a_key_that_was_not_down)
{
    wzp__control c = fresh();
    wzp__control_key(&c, NOW, true, false);
    assert_false(wzp__control_is_open(&c, NOW));

    wzp__control_key(&c, NOW, true, false);

    assert_false(wzp__control_is_open(&c, NOW));
}

WZP_TEST(control_is_open_again_when_push_to_talk_ends)
{
    wzp__control c = fresh();
    wzp__control_key(&c, NOW, true, false);

    wzp__control_key(&c, NOW, false, false);

    assert_true(wzp__control_is_open(&c, NOW));
}

/* --- telling -------------------------------------------------------------- */

static unsigned tell_until_done(wzp__control *c, wzp_tstamp *last)
{
    unsigned n = 0;
    while (wzp__control_deadline(c) != WZP_NEVER) {
        *last = wzp__control_deadline(c);
        assert_true(wzp__control_is_due(c, *last));
        wzp__control_told(c, *last);
        n++;
        assert_true(n < 10);
    }
    return n;
}

WZP_TEST(control_tells_a_change_three_times_within_a_second)
{
    wzp__control c = fresh();
    wzp_tstamp last = 0;

    wzp__control_mute(&c, NOW, true);

    assert_true(wzp__control_is_due(&c, NOW));
    assert_int_equal(tell_until_done(&c, &last), 3);
    assert_true(last > NOW && last < NOW + WZP_S);
}

WZP_TEST(control_tells_nothing_where_nothing_changed)
{
    wzp__control c = fresh();
    wzp_tstamp last = 0;
    wzp__control_mute(&c, NOW, true);
    tell_until_done(&c, &last);

    wzp__control_mute(&c, NOW + WZP_S, true);
    wzp__control_hold(&c, NOW + WZP_S, false);
    wzp__control_key(&c, NOW + WZP_S, true, true); /* not for others to know */

    assert_false(wzp__control_is_due(&c, NOW + WZP_S));
}

WZP_TEST(control_begins_anew_when_it_changes_while_it_tells)
{
    wzp__control c = fresh();
    wzp_tstamp last = 0;
    wzp__control_mute(&c, NOW, true);
    wzp__control_told(&c, NOW);
    wzp__control_told(&c, NOW + 300 * WZP_MS);

    wzp__control_mute(&c, NOW + 400 * WZP_MS, false);

    assert_true(wzp__control_is_due(&c, NOW + 400 * WZP_MS));
    assert_int_equal(tell_until_done(&c, &last), 3);
}

WZP_TEST(control_says_both_states_as_they_are)
{
    wzp__control c = fresh();
    wzp_control_item items[WZP__CONTROL_STATE_ITEMS];
    wzp__control_hold(&c, NOW, true);

    assert_int_equal(wzp__control_state(&c, items), 2);

    assert_int_equal(items[0].type, WZP_CONTROL_MUTE);
    assert_false(items[0].u.is_on);
    assert_int_equal(items[1].type, WZP_CONTROL_HOLD);
    assert_true(items[1].u.is_on);
}

/* --- what members say ----------------------------------------------------- */

static bool heard(wzp__control *c, uint32_t member, wzp_control_type type,
                  bool is_on, wzp__control_peer *out)
{
    const wzp_control_item item = {.type = type, .u.is_on = is_on};
    uint32_t whose;
    wzp__control_heard(c, member, &item);
    c->news_at = 0;
    const bool any = wzp__control_news(c, NOW, &whose, out);
    assert_true(!any || whose == member);
    return any;
}

WZP_TEST(control_notices_what_a_member_changes_and_nothing_else)
{
    wzp__control c = fresh();
    wzp__control_peer peer;

    assert_false(heard(&c, 7, WZP_CONTROL_MUTE, false, &peer));
    assert_true(heard(&c, 7, WZP_CONTROL_MUTE, true, &peer));
    assert_true(peer.is_muted && !peer.is_held);
    assert_false(heard(&c, 7, WZP_CONTROL_MUTE, true, &peer));
    assert_true(heard(&c, 7, WZP_CONTROL_HOLD, true, &peer));
    assert_true(peer.is_muted && peer.is_held);
    assert_true(heard(&c, 7, WZP_CONTROL_MUTE, false, &peer));
    assert_true(!peer.is_muted && peer.is_held);
    assert_false(heard(&c, 8, WZP_CONTROL_HOLD, false, &peer));
}

WZP_TEST(control_has_news_of_members_once_in_200_ms)
{
    wzp__control c = fresh();
    wzp__control_peer peer;
    uint32_t member;
    wzp_control_item item = {.type = WZP_CONTROL_MUTE, .u.is_on = true};
    wzp__control_heard(&c, 3, &item);
    assert_true(wzp__control_news(&c, NOW, &member, &peer));
    assert_false(wzp__control_news(&c, NOW, &member, &peer));

    wzp__control_heard(&c, 4, &item);
    wzp__control_heard(&c, 5, &item);
    assert_false(wzp__control_news(&c, NOW + 199 * WZP_MS, &member, &peer));
    assert_int_equal(wzp__control_deadline(&c), NOW + 200 * WZP_MS);
    item.u.is_on = false;
    wzp__control_heard(&c, 5, &item); /* as the host knows it */

    assert_true(wzp__control_news(&c, NOW + 200 * WZP_MS, &member, &peer));
    assert_int_equal(member, 4);
    assert_true(peer.is_muted);
    assert_false(wzp__control_news(&c, NOW + 200 * WZP_MS, &member, &peer));
    assert_int_equal(wzp__control_deadline(&c), WZP_NEVER);
}

WZP_TEST(control_forgets_a_member_that_left)
{
    wzp__control c = fresh();
    wzp__control_peer peer;
    assert_true(heard(&c, 7, WZP_CONTROL_MUTE, true, &peer));
    assert_true(heard(&c, 8, WZP_CONTROL_MUTE, true, &peer));

    wzp__control_forget(&c, 7);

    assert_true(heard(&c, 7, WZP_CONTROL_MUTE, true, &peer));
    assert_false(heard(&c, 8, WZP_CONTROL_MUTE, true, &peer));
    wzp__control_forget_all(&c);
    assert_true(heard(&c, 8, WZP_CONTROL_MUTE, true, &peer));
}

WZP_TEST(control_keeps_nothing_of_members_beyond_its_table)
{
    wzp__control c = fresh();
    wzp__control_peer peer;

    assert_true(
        heard(&c, WZP__CONTROL_PEERS - 1, WZP_CONTROL_MUTE, true, &peer));
    assert_false(heard(&c, WZP__CONTROL_PEERS, WZP_CONTROL_MUTE, true, &peer));
    assert_false(heard(&c, UINT32_MAX, WZP_CONTROL_HOLD, true, &peer));
    wzp__control_forget(&c, UINT32_MAX);
}
