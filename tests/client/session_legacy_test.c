/* SPDX-License-Identifier: MIT */
/* A session and a legacy relay: the decision, which name goes out when, what
 * is heard and what is not said. The rules are clear_test.c's.
 */
#include "client/small_relay.h"

#include <wzp/crypto/room.h>

static void hash_of(const char *name, char out[WZP_ROOM_HEX_LEN + 1])
{
    wzp_room_hash((wzp_str){name, strlen(name)}, out);
}

/* At a legacy relay, where clear media is allowed. */
static sr *at_legacy(const char *room)
{
    sr *w = sr_new();
    w->mood = SR_NO_CAPS;
    w->clear.is_allowed = true;
    sr_start(w, room);
    sr_run(w, WZP_S);
    return w;
}

static void accept(sr *w)
{
    ASSERT_OK(wzp__clear_accept(&w->clear));
    wzp__session_clear_accepted(w->session, w->now);
    sr_run(w, WZP_S);
}

WZP_TEST(session_waits_at_a_legacy_relay_for_the_decision_without_a_connection)
{
    sr *w = at_legacy("Kitchen");
    char hash[WZP_ROOM_HEX_LEN + 1];
    hash_of("kitchen", hash);
    sr_assert_state(w, WZP_CLIENT_CLEAR_DECISION);
    assert_string_equal(w->sni, hash);
    assert_int_equal(w->last_close.u.closed.code, WZP_CLOSE_NORMAL);
    assert_int_equal(wzp__session_conn(w->session), 0);
    assert_true(wzp__session_is_legacy(w->session));
    assert_false(sr_is_pinned(w, w->relay_cert));
    sr_run(w, 600 * WZP_S);
    sr_assert_state(w, WZP_CLIENT_CLEAR_DECISION);
    assert_int_equal(w->offers, 1);
    sr_free(w);
}

WZP_TEST(session_gives_a_legacy_relay_the_name_once_accepted_and_pins_it)
{
    sr *w = at_legacy("Kitchen");
    accept(w);
    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_string_equal(w->sni, "kitchen");
    assert_true(sr_is_pinned(w, w->relay_cert));
    assert_true(wzp__session_is_legacy(w->session));
    sr_free(w);
}

WZP_TEST(session_accepted_before_goes_on_by_itself)
{
    sr *w = sr_new();
    w->mood = SR_NO_CAPS;
    w->clear.is_allowed = true;
    w->clear.is_accepted = true;
    sr_start(w, "kitchen");
    sr_run(w, WZP_S);
    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_string_equal(w->sni, "kitchen");
    assert_int_equal(w->offers, 2);
    sr_free(w);
}

static const char *const hashed[] = {"team room", "a_-", "12.34",
                                     "0123456789abcdef0123456789abcdef"};

static size_t hashed_count(void)
{
    return sizeof hashed / sizeof hashed[0];
}

static void hashed_row(size_t row)
{
    sr *w = at_legacy(hashed[row]);
    char hash[WZP_ROOM_HEX_LEN + 1];
    memcpy(hash, w->sni, sizeof hash);
    accept(w);
    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_string_equal(w->sni, hash);
    sr_free(w);
}
WZP_ROWS(session_keeps_to_the_hash_where_the_name_cannot_travel, hashed_count,
         hashed_row);

WZP_TEST(session_joins_no_other_relay_in_the_place_of_a_legacy_one)
{
    sr *w = at_legacy("kitchen");
    sr_replace_relay(w, 77);
    ASSERT_OK(wzp__clear_accept(&w->clear));
    wzp__session_clear_accepted(w->session, w->now);
    sr_run(w, WZP_S);
    sr_assert_state(w, WZP_CLIENT_PIN_DECISION);
    assert_int_equal(w->offers, 1);
    sr_free(w);
}

WZP_TEST(session_comes_back_to_a_legacy_relay_under_the_name)
{
    sr *w = at_legacy("kitchen");
    accept(w);
    ASSERT_OK(wzp_endpoint_close(w->relay, w->now, w->relay_conn, 0, ""));
    sr_run(w, 5 * WZP_S);
    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_string_equal(w->sni, "kitchen");
    assert_int_equal(w->offers, 3);
    sr_free(w);
}

WZP_TEST(session_is_sealed_again_when_the_relay_has_learnt_it)
{
    sr *w = at_legacy("kitchen");
    char hash[WZP_ROOM_HEX_LEN + 1];
    hash_of("kitchen", hash);
    accept(w);
    w->mood = SR_GOOD;
    ASSERT_OK(wzp_endpoint_close(w->relay, w->now, w->relay_conn, 0, ""));
    sr_run(w, 5 * WZP_S);
    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_false(wzp__session_is_legacy(w->session));
    ASSERT_OK(wzp_endpoint_close(w->relay, w->now, w->relay_conn, 0, ""));
    sr_run(w, 5 * WZP_S);
    assert_string_equal(w->sni, hash);
    sr_free(w);
}

WZP_TEST(session_of_a_sealed_room_ends_at_a_legacy_relay)
{
    sr *w = sr_new();
    w->clear.is_allowed = true;
    w->clear.is_accepted = true;
    sr_joined(w);
    w->clear.was_sealed = true;
    w->mood = SR_NO_CAPS;
    ASSERT_OK(wzp_endpoint_close(w->relay, w->now, w->relay_conn, 0, ""));
    sr_run(w, 5 * WZP_S);
    sr_assert_ended(w, WZP_ERR_DOWNGRADE);
    assert_int_equal(w->offers, 2);
    sr_free(w);
}

WZP_TEST(session_refuses_a_legacy_relay_by_its_name_where_it_is_not_allowed)
{
    sr *w = sr_new();
    w->mood = SR_NO_CAPS;
    sr_start(w, "kitchen");
    sr_run(w, WZP_S);
    sr_assert_ended(w, WZP_ERR_LEGACY);
    assert_non_null(strstr(sr_find(w, WZP__SESSION_ENDED)->text, SR_RELAY));
    sr_free(w);
}

WZP_TEST(session_can_be_left_while_it_waits_for_the_acceptance)
{
    sr *w = at_legacy("kitchen");
    wzp__session_leave(w->session, w->now);
    sr_run(w, WZP_S);
    sr_assert_ended(w, WZP_OK);
    wzp__session_clear_accepted(w->session, w->now); /* too late: nothing */
    sr_run(w, WZP_S);
    sr_assert_state(w, WZP_CLIENT_IDLE);
    sr_free(w);
}

static void count_signal(void *user, const wzp_signal *sig)
{
    size_t *n = user;
    *n += sig->kind != WZP_SIG_CALL_OFFER;
}

WZP_TEST(session_says_nothing_to_a_legacy_relay_after_its_offer)
{
    sr *w = at_legacy("kitchen");
    size_t n = 0;
    w->on_signal = count_signal;
    w->user = &n;
    accept(w);
    /* Even members with ids, which such a relay cannot know, ask for nothing.
     */
    static const uint8_t bytes[WZP_HASH_LEN];
    const wzp_participant p = {.fingerprint = {"", 0},
                               .alias = {"Eve", 3},
                               .mid = {bytes, WZP_MID_LEN},
                               .kph = {bytes, WZP_HASH_LEN},
                               .caps = WZP_CAP_PRESENT | WZP_CAP_E2E1};
    wzp_signal update = {
        .kind = WZP_SIG_ROOM_UPDATE,
        .u.room_update = {.count = 1, .participants = {&p, 1}}};
    sr_send(w, &update);
    sr_send_text(w, "{\"QualityDirective\":{\"recommended_profile\":{\"codec\":"
                    "\"Opus6k\",\"fec_ratio\":0.5,\"frame_duration_ms\":40,"
                    "\"frames_per_block\":10},\"reason\":\"weakest link\"}}");
    sr_send_text(w, "{\"RoomDelta\":{\"rev\":7,\"joined\":[],\"left\":[]}}");
    sr_run(w, 60 * WZP_S);
    const wzp_signal sync = {.kind = WZP_SIG_ROOM_SYNC};
    assert_int_equal(wzp__session_send(w->session, w->now, &sync),
                     WZP_ERR_STATE);
    sr_run(w, WZP_S);
    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_int_equal(n, 0);
    wzp_member_info info;
    ASSERT_OK(wzp_group_member_at(wzp__session_group(w->session), 0, &info));
    assert_int_equal(info.state, WZP_MEMBER_LEGACY);
    sr_free(w);
}
