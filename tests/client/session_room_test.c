/* SPDX-License-Identifier: MIT */
/* The room a session asks for: what the way shows of its name, and its terms.
 */
#include "call/session_parts.h"
#include "client/small_relay.h"

#include <wzp/proto/room_name.h>

/* --- names ---------------------------------------------------------------- */

static void sni_of(const char *name, char out[WZP_ROOM_HEX_LEN + 1])
{
    wzp_room_hash((wzp_str){name, strlen(name)}, out);
}

WZP_TEST(session_sends_the_hash_of_the_name_in_lower_case)
{
    sr *w = sr_new();
    char want[WZP_ROOM_HEX_LEN + 1];
    sni_of("team room", want);

    sr_start(w, "Team ROOM"); /* not a server name, and does not become one */
    sr_run(w, WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_string_equal(w->sni, want);
    sr_free(w);
}

WZP_TEST(session_keeps_a_name_that_is_a_hash_already)
{
    sr *w = sr_new();

    sr_start(w, "0123456789ABCDEF0123456789abcdef");
    sr_run(w, WZP_S);

    assert_string_equal(w->sni, "0123456789abcdef0123456789abcdef");
    sr_free(w);
}

WZP_TEST(session_room_id_is_the_same_for_the_name_and_its_hash)
{
    sr *one = sr_new();
    sr *two = sr_new();
    char hash[WZP_ROOM_HEX_LEN + 1];
    sni_of("kitchen", hash);
    uint8_t id[2][WZP_HASH_LEN];

    sr_start(one, "KITCHEN");
    sr_start(two, hash);
    wzp__session_room_id(one->session, id[0]);
    wzp__session_room_id(two->session, id[1]);

    assert_memory_equal(id[0], id[1], WZP_HASH_LEN);
    sr_free(one);
    sr_free(two);
}

static const char *const bad_rooms[] = {"",     "_relay",  "_",      "ping",
                                        "PING", "version", "Version"};

static size_t bad_rooms_count(void)
{
    return sizeof bad_rooms / sizeof bad_rooms[0];
}

static void bad_room_row(size_t row)
{
    sr *w = sr_new();
    const wzp_join join = sr_join_of(w, bad_rooms[row]);
    assert_int_equal(wzp__session_start(w->session, w->now, &join),
                     WZP_ERR_NAME);
    sr_assert_state(w, WZP_CLIENT_IDLE);
    sr_free(w);
}
WZP_ROWS(session_refuses_a_reserved_name, bad_rooms_count, bad_room_row);

WZP_TEST(session_takes_the_longest_name_and_no_longer)
{
    sr *w = sr_new();
    char name[WZP_ROOM_NAME_MAX + 2];
    memset(name, 'a', sizeof name);
    name[WZP_ROOM_NAME_MAX + 1] = '\0';
    const wzp_join join = sr_join_of(w, name);

    assert_int_equal(wzp__session_start(w->session, w->now, &join),
                     WZP_ERR_NAME);
    name[WZP_ROOM_NAME_MAX] = '\0';
    ASSERT_OK(wzp__session_start(w->session, w->now, &join));

    sr_run(w, WZP_S);
    sr_assert_state(w, WZP_CLIENT_JOINED);
    sr_free(w);
}

/* --- terms: names, lists, secrets ----------------------------------------- */

WZP_TEST(session_shows_the_way_a_hash_and_never_the_name)
{
    sr *w = sr_new();
    char hash[WZP_ROOM_HEX_LEN + 1];
    wzp_room_hash(WZP_STR("board-room"), hash);

    sr_start(w, "Board-Room");
    sr_run(w, WZP_S);

    assert_string_equal(w->sni, hash);
    sr_free(w);
}

/* The control of the one before: where it is asked for, the name is there. */
WZP_TEST(session_shows_the_name_of_a_public_room_and_again_when_it_comes_back)
{
    sr *w = sr_new();
    wzp_join join = sr_join_of(w, "Board-Room");
    join.public_name = true;

    ASSERT_OK(wzp__session_start(w->session, w->now, &join));
    sr_run(w, WZP_S);
    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_string_equal(w->sni, "board-room");

    w->sni[0] = '\0';
    ASSERT_OK(wzp_endpoint_close(w->relay, w->now, w->relay_conn,
                                 WZP_CLOSE_SHUTDOWN, "restart"));
    sr_run(w, 2 * WZP_S);
    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_string_equal(w->sni, "board-room");
    sr_free(w);
}

WZP_TEST(session_hashes_a_public_name_that_cannot_be_a_server_name)
{
    sr *w = sr_new();
    char hash[WZP_ROOM_HEX_LEN + 1];
    wzp_join join = sr_join_of(w, "board room");
    join.public_name = true;
    wzp_room_hash(WZP_STR("board room"), hash);

    ASSERT_OK(wzp__session_start(w->session, w->now, &join));
    sr_run(w, WZP_S);

    assert_string_equal(w->sni, hash);
    sr_free(w);
}

static wzp_join secret_join(const sr *w)
{
    wzp_join join = sr_join_of(w, "room");
    join.has_secret = true;
    memset(join.access, 0xAC, WZP_KEY_LEN);
    memset(join.psk, 0x95, WZP_KEY_LEN);
    return join;
}

static bool is_in(const void *where, size_t size, const void *what, size_t len)
{
    return memmem(where, size, what, len) != NULL;
}

/* Nothing of the secret in the session or in what its memory holds; while it
 * lasts, it is where it belongs. */
static void assert_forgotten(const sr *w, const wzp_join *join)
{
    assert_null(w->session->access.secret);
    assert_false(is_in(w->session, sizeof *w->session, join->access, 32));
    assert_false(is_in(w->session, sizeof *w->session, join->psk, 32));
}

WZP_TEST(session_keeps_a_rooms_secret_in_guarded_memory_until_it_leaves)
{
    sr *w = sr_new();
    const wzp_join join = secret_join(w);
    ASSERT_OK(wzp__session_start(w->session, w->now, &join));
    sr_run(w, WZP_S);
    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_true(is_in(w->session->access.secret, sizeof(wzp__access_secret),
                      join.psk, WZP_KEY_LEN));
    assert_false(is_in(w->session, sizeof *w->session, join.psk, WZP_KEY_LEN));

    wzp__session_leave(w->session, w->now);
    sr_run(w, WZP_S);

    sr_assert_ended(w, WZP_OK);
    assert_forgotten(w, &join);
    sr_free(w);
}

WZP_TEST(session_forgets_a_rooms_secret_when_it_is_refused)
{
    sr *w = sr_new();
    const wzp_join join = secret_join(w);
    w->mood = SR_REFUSES;
    w->code = WZP_CLOSE_AUTH;
    w->reason = "the room's secret is another one";

    ASSERT_OK(wzp__session_start(w->session, w->now, &join));
    sr_run(w, WZP_S);

    sr_assert_ended(w, WZP_ERR_AUTH);
    assert_forgotten(w, &join);
    sr_free(w);
}

WZP_TEST(session_forgets_a_rooms_secret_when_nobody_answers)
{
    sr *w = sr_new();
    const wzp_join join = secret_join(w);
    w->is_off = true;

    ASSERT_OK(wzp__session_start(w->session, w->now, &join));
    sr_run(w, 40 * WZP_S);

    assert_non_null(sr_find(w, WZP__SESSION_ENDED));
    assert_forgotten(w, &join);
    sr_free(w);
}

WZP_TEST(session_without_a_room_allows_nobody_anything)
{
    sr *w = sr_new();
    const uint8_t fp[WZP_FP_LEN] = {1};
    assert_int_equal(wzp__session_allow(w->session, w->now, fp), WZP_ERR_STATE);
    sr_joined(w);
    ASSERT_OK(wzp__session_allow(w->session, w->now, fp));
    sr_free(w);
}
