/* SPDX-License-Identifier: MIT */
/* Membership in a room, with real endpoints in virtual time and a relay of a
 * few lines (small_relay.h): joining, refusals, pins, names, coming back.
 */
#include "call/session_parts.h"
#include "client/small_relay.h"

#include <wzp/crypto/next_tls.h>
#include <wzp/crypto/room.h>
#include <wzp/proto/fingerprint.h>
#include <wzp/proto/room_name.h>

/* --- joining -------------------------------------------------------------- */

WZP_TEST(session_joins_a_good_relay)
{
    sr *w = sr_new();

    sr_start(w, "room");
    sr_run(w, WZP_S);

    const wzp_client_state want[] = {WZP_CLIENT_CONNECTING, WZP_CLIENT_JOINING,
                                     WZP_CLIENT_JOINED};
    size_t n = 0;
    for (size_t i = 0; i < w->n_events; i++) {
        if (w->events[i].kind == WZP__SESSION_STATE) {
            assert_true(n < 3);
            assert_int_equal(w->events[i].state, want[n++]);
        }
    }
    assert_int_equal(n, 3);
    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_non_null(wzp__session_group(w->session));
    assert_int_equal(wzp__session_epoch(w->session), 1);
    assert_int_equal(w->offers, 1);
    ASSERT_OK(w->offer_err);
    assert_string_equal(wzp__session_relay(w->session), SR_RELAY);
    sr_free(w);
}

WZP_TEST(session_pins_a_relay_it_sees_first_when_that_proved_itself)
{
    sr *w = sr_new();

    sr_start(w, "room");
    sr_run(w, WZP_S);

    const wzp__session_event *ev = sr_find(w, WZP__SESSION_PIN);
    assert_non_null(ev);
    assert_true(ev->is_first);
    assert_memory_equal(ev->seen, w->relay_cert, WZP_HASH_LEN);
    assert_true(sr_is_pinned(w, w->relay_cert));
    sr_free(w);
}

WZP_TEST(session_says_nothing_of_a_pin_that_fits)
{
    sr *w = sr_new();
    ASSERT_OK(wzp__pins_set(w->pins, SR_RELAY, w->relay_cert, 5));

    sr_start(w, "room");
    sr_run(w, WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_null(sr_find(w, WZP__SESSION_PIN));
    sr_free(w);
}

WZP_TEST(session_skips_a_signal_it_cannot_read_and_takes_the_next)
{
    sr *w = sr_new();
    w->mood = SR_JUNK;

    sr_start(w, "room");
    sr_run(w, WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_true(wzp__session_signals_refused(w->session) > 0);
    sr_free(w);
}

WZP_TEST(session_is_in_one_room_at_a_time)
{
    sr *w = sr_new();
    sr_joined(w);
    const wzp_join join = sr_join_of(w, "other");

    assert_int_equal(wzp__session_start(w->session, w->now, &join),
                     WZP_ERR_STATE);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    sr_free(w);
}

WZP_TEST(session_can_join_again_after_leaving)
{
    sr *w = sr_new();
    sr_joined(w);
    wzp__session_leave(w->session, w->now);
    sr_run(w, WZP_S);

    sr_start(w, "room");
    sr_run(w, WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_int_equal(wzp__session_epoch(w->session), 2);
    sr_free(w);
}

WZP_TEST(session_refuses_a_join_without_or_with_too_many_addresses)
{
    sr *w = sr_new();
    wzp_join join = sr_join_of(w, "room");

    join.n_addrs = 0;
    assert_int_equal(wzp__session_start(w->session, w->now, &join),
                     WZP_ERR_ARG);
    join.n_addrs = WZP_RELAY_ADDRS_MAX + 1;
    assert_int_equal(wzp__session_start(w->session, w->now, &join),
                     WZP_ERR_ARG);

    sr_assert_state(w, WZP_CLIENT_IDLE);
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

WZP_TEST(session_tries_the_next_address_when_one_is_dead)
{
    sr *w = sr_new();
    wzp_join join = sr_join_of(w, "room");
    join.addrs[1] = join.addrs[0];
    join.addrs[0] = wzp_addr_v4((const uint8_t[]){10, 0, 0, 99}, 4433);
    join.n_addrs = 2;

    ASSERT_OK(wzp__session_start(w->session, w->now, &join));
    sr_run(w, 14 * WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    sr_free(w);
}

/* --- bad answers ---------------------------------------------------------- */

static const struct {
    sr_mood mood;
    wzp_err why;
    uint64_t code; /* what the relay is told */
} bad[] = {
    {SR_BAD_SIGNATURE, WZP_ERR_SIGNATURE, WZP_CLOSE_AUTH},
    {SR_NO_CAPS, WZP_ERR_LEGACY, WZP_CLOSE_NORMAL},
    {SR_BAD_BINDING, WZP_ERR_BINDING, WZP_CLOSE_AUTH},
};

static size_t bad_count(void)
{
    return sizeof bad / sizeof bad[0];
}

static void bad_row(size_t row)
{
    sr *w = sr_new();
    w->mood = bad[row].mood;

    sr_start(w, "room");
    sr_run(w, WZP_S);

    sr_assert_ended(w, bad[row].why);
    assert_false(sr_is_pinned(w, w->relay_cert));
    assert_int_equal(w->last_close.u.closed.err, WZP_ERR_PEER_CLOSED);
    assert_int_equal(w->last_close.u.closed.code, bad[row].code);
    sr_run(w, 60 * WZP_S);
    assert_int_equal(w->offers, 1); /* and it does not try again */
    sr_free(w);
}
WZP_ROWS(session_ends_on_a_bad_answer_and_pins_nothing, bad_count, bad_row);

/* --- no answer ------------------------------------------------------------ */

WZP_TEST(session_tries_again_when_no_answer_comes)
{
    sr *w = sr_new();
    w->mood = SR_SILENT;
    sr_start(w, "room");
    sr_run(w, 9900 * WZP_MS);
    sr_assert_state(w, WZP_CLIENT_JOINING);

    w->mood = SR_GOOD;
    sr_run(w, 2 * WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_int_equal(w->offers, 2);
    sr_free(w);
}

/* The moment of the first ENDED event since `start`, ms. */
static uint64_t ended_after_ms(const sr *w, wzp_tstamp start)
{
    for (size_t i = 0; i < w->n_events; i++) {
        if (w->events[i].kind == WZP__SESSION_ENDED) {
            return (w->event_at[i] - start) / WZP_MS;
        }
    }
    return UINT64_MAX;
}

WZP_TEST(session_tells_after_15_s_that_a_relay_does_not_answer)
{
    sr *w = sr_new();
    w->mood = SR_SILENT;
    const wzp_tstamp start = w->now;

    sr_start(w, "room");
    sr_run(w, 60 * WZP_S);

    sr_assert_ended(w, WZP_ERR_TIMEOUT);
    assert_in_range(ended_after_ms(w, start), 14000, 15500);
    sr_free(w);
}

WZP_TEST(session_tells_after_15_s_that_nobody_is_there)
{
    sr *w = sr_new();
    w->is_off = true;
    const wzp_tstamp start = w->now;

    sr_start(w, "room");
    sr_run(w, 60 * WZP_S);

    sr_assert_ended(w, WZP_ERR_TIMEOUT);
    assert_in_range(ended_after_ms(w, start), 14000, 15500);
    sr_free(w);
}

/* --- pins ----------------------------------------------------------------- */

/* Joined once, then the relay has another certificate; `old` is the first. */
static sr *with_changed_relay(uint8_t old[WZP_HASH_LEN])
{
    sr *w = sr_new();
    sr_joined(w);
    wzp__session_leave(w->session, w->now);
    sr_run(w, WZP_S);
    memcpy(old, w->relay_cert, WZP_HASH_LEN);
    sr_replace_relay(w, 77);
    w->n_events = 0;
    sr_start(w, "room");
    sr_run(w, WZP_S);
    return w;
}

/* The relay saw so many handshakes through and holds no connection: the
 * session closed before its own last message, hence without its code (RFC 9000
 * 10.2.3 hides it there). */
static void assert_hung_up(const sr *w, size_t dials)
{
    wzp_endpoint_stats stats = {.size = sizeof stats};
    wzp_endpoint_stats_get(w->relay, &stats);
    assert_int_equal(w->dials, dials);
    assert_int_equal(stats.conns + stats.half_open, 0);
}

WZP_TEST(session_asks_when_the_certificate_has_changed)
{
    uint8_t old[WZP_HASH_LEN];
    sr *w = with_changed_relay(old);

    sr_assert_state(w, WZP_CLIENT_PIN_DECISION);
    const wzp__session_event *ev = sr_find(w, WZP__SESSION_PIN);
    assert_non_null(ev);
    assert_false(ev->is_first);
    assert_memory_equal(ev->pinned, old, WZP_HASH_LEN);
    assert_memory_equal(ev->seen, w->relay_cert, WZP_HASH_LEN);
    assert_int_equal(w->offers, 1); /* nothing was said to the new one */
    assert_hung_up(w, 1);
    sr_run(w, 600 * WZP_S);
    sr_assert_state(w, WZP_CLIENT_PIN_DECISION); /* and waits for it */
    sr_free(w);
}

WZP_TEST(session_puts_nothing_on_the_wire_for_a_changed_certificate)
{
    sr *w = sr_new();
    sr_joined(w);
    assert_true(w->data_packets > 0); /* what the count is worth */
    wzp__session_leave(w->session, w->now);
    sr_run(w, WZP_S);
    sr_replace_relay(w, 77);
    w->data_packets = 0;

    sr_start(w, "room");
    sr_run(w, 60 * WZP_S);

    sr_assert_state(w, WZP_CLIENT_PIN_DECISION);
    assert_int_equal(w->data_packets, 0); /* the close is a Handshake packet */
    sr_free(w);
}

static void assert_text_has(const char *text, const uint8_t hash[WZP_HASH_LEN])
{
    char fp[WZP_TLS_FP_TEXT_LEN + 1];
    wzp_tls_fingerprint_encode(hash, fp);
    assert_non_null(strstr(text, fp));
}

WZP_TEST(session_names_both_certificates_when_it_ends_over_them)
{
    uint8_t old[WZP_HASH_LEN];
    sr *w = with_changed_relay(old);

    ASSERT_OK(wzp__session_pin_decide(w->session, w->now, false));
    sr_run(w, WZP_S);

    const char *text = sr_find(w, WZP__SESSION_ENDED)->text;
    assert_text_has(text, old);
    assert_text_has(text, w->relay_cert);
    assert_non_null(strstr(text, "only if they say so")); /* not cut */
    sr_free(w);
}

WZP_TEST(session_goes_on_with_a_changed_certificate_when_accepted)
{
    uint8_t old[WZP_HASH_LEN];
    sr *w = with_changed_relay(old);

    ASSERT_OK(wzp__session_pin_decide(w->session, w->now, true));
    sr_run(w, WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_true(sr_is_pinned(w, w->relay_cert));
    sr_free(w);
}

WZP_TEST(session_ends_with_a_changed_certificate_when_refused)
{
    uint8_t old[WZP_HASH_LEN];
    sr *w = with_changed_relay(old);

    ASSERT_OK(wzp__session_pin_decide(w->session, w->now, false));
    sr_run(w, 60 * WZP_S);

    sr_assert_ended(w, WZP_ERR_PIN);
    assert_true(sr_is_pinned(w, old));
    sr_free(w);
}

WZP_TEST(session_can_be_left_while_it_waits_for_the_decision)
{
    uint8_t old[WZP_HASH_LEN];
    sr *w = with_changed_relay(old);

    wzp__session_leave(w->session, w->now);
    sr_run(w, WZP_S);

    sr_assert_ended(w, WZP_OK);
    assert_true(sr_is_pinned(w, old));
    sr_free(w);
}

WZP_TEST(session_takes_no_decision_nobody_asked_for)
{
    sr *w = sr_new();
    sr_joined(w);

    assert_int_equal(wzp__session_pin_decide(w->session, w->now, true),
                     WZP_ERR_STATE);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    sr_free(w);
}

WZP_TEST(session_asks_again_when_the_accepted_certificate_changes_too)
{
    uint8_t old[WZP_HASH_LEN];
    sr *w = with_changed_relay(old);
    uint8_t second[WZP_HASH_LEN];
    memcpy(second, w->relay_cert, WZP_HASH_LEN);
    sr_replace_relay(w, 78);

    ASSERT_OK(wzp__session_pin_decide(w->session, w->now, true));
    sr_run(w, WZP_S);

    sr_assert_state(w, WZP_CLIENT_PIN_DECISION);
    const wzp__session_event *ev = sr_find(w, WZP__SESSION_PIN);
    assert_memory_equal(ev->pinned, second, WZP_HASH_LEN);
    assert_memory_equal(ev->seen, w->relay_cert, WZP_HASH_LEN);
    sr_free(w);
}

WZP_TEST(session_with_an_explicit_pin_takes_that_relay_and_stores_nothing)
{
    sr *w = sr_new();
    wzp_join join = sr_join_of(w, "room");
    join.has_pin = true;
    memcpy(join.pin, w->relay_cert, WZP_HASH_LEN);

    ASSERT_OK(wzp__session_start(w->session, w->now, &join));
    sr_run(w, WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_false(sr_is_pinned(w, w->relay_cert));
    assert_null(sr_find(w, WZP__SESSION_PIN));
    sr_free(w);
}

WZP_TEST(session_with_an_explicit_pin_ends_at_another_relay)
{
    sr *w = sr_new();
    ASSERT_OK(wzp__pins_set(w->pins, SR_RELAY, w->relay_cert, 5)); /* no help */
    wzp_join join = sr_join_of(w, "room");
    join.has_pin = true;
    memset(join.pin, 0x11, WZP_HASH_LEN);

    ASSERT_OK(wzp__session_start(w->session, w->now, &join));
    sr_run(w, 60 * WZP_S);

    sr_assert_ended(w, WZP_ERR_PIN);
    assert_int_equal(w->offers, 0);
    assert_hung_up(w, 0);
    const wzp__session_event *ev = sr_find(w, WZP__SESSION_PIN);
    assert_non_null(ev);
    assert_memory_equal(ev->pinned, join.pin, WZP_HASH_LEN);
    const char *text = sr_find(w, WZP__SESSION_ENDED)->text;
    assert_text_has(text, join.pin);
    assert_text_has(text, w->relay_cert);
    assert_int_equal(w->data_packets, 0);
    sr_free(w);
}

/* --- successors ----------------------------------------------------------- */

enum { OLD_TLS = 2, NEXT_TLS = 77, OTHER_TLS = 78 }; /* bytes of the seeds */

#define NOT_BEFORE  UINT64_C(1700086400)
#define LAST_SECOND (NOT_BEFORE + UINT64_C(7776000))

/* The relay announces the certificate of NEXT_TLS, signed with `signer`. */
static void announce(sr *w, uint8_t signer)
{
    uint8_t seed[WZP_KEY_LEN];
    memset(seed, NEXT_TLS, sizeof seed);
    ASSERT_OK(wzp_endpoint_cert_hash_of(seed, w->next_tls.sha256));
    memset(seed, signer, sizeof seed);
    w->next_tls.has = true;
    w->next_tls.not_before = NOT_BEFORE;
    wzp_next_tls_sign(seed, w->next_tls.sha256, NOT_BEFORE, w->next_tls.sig);
}

static void leave_and_wait(sr *w)
{
    wzp__session_leave(w->session, w->now);
    sr_run(w, WZP_S);
    w->n_events = 0;
}

static const struct {
    const char *what;
    uint8_t signer;    /* of the announcement; 0: none is made */
    bool is_withdrawn; /* a later answer comes without it */
    uint8_t shown;
    wzp_unix_s at;
    bool is_taken;
} CHANGES[] = {
    {"first second", OLD_TLS, false, NEXT_TLS, NOT_BEFORE, true},
    {"last second", OLD_TLS, false, NEXT_TLS, LAST_SECOND, true},
    {"too early", OLD_TLS, false, NEXT_TLS, NOT_BEFORE - 1, false},
    {"too late", OLD_TLS, false, NEXT_TLS, LAST_SECOND + 1, false},
    {"never announced", 0, false, NEXT_TLS, NOT_BEFORE, false},
    {"signed by itself", NEXT_TLS, false, NEXT_TLS, NOT_BEFORE, false},
    {"signed by another", OTHER_TLS, false, NEXT_TLS, NOT_BEFORE, false},
    {"another than announced", OLD_TLS, false, OTHER_TLS, NOT_BEFORE, false},
    {"taken back", OLD_TLS, true, NEXT_TLS, NOT_BEFORE, false},
    {"no change", OLD_TLS, false, OLD_TLS, NOT_BEFORE, true},
};

static size_t change_rows(void)
{
    return sizeof CHANGES / sizeof CHANGES[0];
}

static void change_row(size_t i)
{
    sr *w = sr_new();
    if (CHANGES[i].signer != 0) {
        announce(w, CHANGES[i].signer);
    }
    sr_joined(w);
    leave_and_wait(w);
    w->next_tls.has = false;
    if (CHANGES[i].is_withdrawn) {
        sr_joined(w);
        leave_and_wait(w);
    }
    sr_replace_relay(w, CHANGES[i].shown);
    w->unix_now = CHANGES[i].at;
    w->data_packets = 0;

    sr_start(w, "room");
    sr_run(w, WZP_S);

    assert_int_equal(wzp__session_state(w->session),
                     CHANGES[i].is_taken ? WZP_CLIENT_JOINED
                                         : WZP_CLIENT_PIN_DECISION);
    assert_int_equal(sr_is_pinned(w, w->relay_cert), CHANGES[i].is_taken);
    assert_int_equal(w->data_packets > 0, CHANGES[i].is_taken);
    assert_int_equal(sr_find(w, WZP__SESSION_PIN) == NULL, CHANGES[i].is_taken);
    sr_free(w);
}
WZP_ROWS(session_takes_an_announced_successor_in_its_time, change_rows,
         change_row);

WZP_TEST(session_does_not_go_back_from_a_successor)
{
    sr *w = sr_new();
    announce(w, OLD_TLS);
    sr_joined(w);
    leave_and_wait(w);
    w->next_tls.has = false;
    w->unix_now = NOT_BEFORE;
    sr_replace_relay(w, NEXT_TLS);
    sr_joined(w);
    leave_and_wait(w);

    sr_replace_relay(w, OLD_TLS);
    sr_start(w, "room");
    sr_run(w, WZP_S);

    sr_assert_state(w, WZP_CLIENT_PIN_DECISION);
    sr_free(w);
}

WZP_TEST(session_moves_no_pin_for_a_successor_that_does_not_prove_itself)
{
    sr *w = sr_new();
    announce(w, OLD_TLS);
    sr_joined(w);
    leave_and_wait(w);
    uint8_t old[WZP_HASH_LEN];
    memcpy(old, w->relay_cert, sizeof old);
    w->unix_now = NOT_BEFORE;
    w->mood = SR_BAD_BINDING;
    sr_replace_relay(w, NEXT_TLS);

    sr_start(w, "room");
    sr_run(w, WZP_S);

    sr_assert_ended(w, WZP_ERR_BINDING);
    assert_true(sr_is_pinned(w, old));
    sr_free(w);
}

WZP_TEST(session_with_an_explicit_pin_takes_no_successor)
{
    sr *w = sr_new();
    announce(w, OLD_TLS);
    sr_joined(w);
    leave_and_wait(w);
    wzp_join join = sr_join_of(w, "room");
    join.has_pin = true;
    memcpy(join.pin, w->relay_cert, WZP_HASH_LEN);
    w->unix_now = NOT_BEFORE;
    sr_replace_relay(w, NEXT_TLS);

    ASSERT_OK(wzp__session_start(w->session, w->now, &join));
    sr_run(w, WZP_S);

    sr_assert_ended(w, WZP_ERR_PIN);
    sr_free(w);
}

/* --- resumption ----------------------------------------------------------- */

static uint64_t resumed(const sr *w)
{
    wzp_endpoint_stats stats = {.size = sizeof stats};
    wzp_endpoint_stats_get(w->relay, &stats);
    return stats.resumed;
}

WZP_TEST(session_resumes_as_the_pinned_relay_and_is_bound_anew)
{
    sr *w = sr_new();
    sr_joined(w);
    leave_and_wait(w);
    assert_int_equal(resumed(w), 0);

    sr_joined(w);

    assert_int_equal(resumed(w), 1);
    ASSERT_OK(w->offer_err); /* both bindings are of this connection */
    assert_true(sr_is_pinned(w, w->relay_cert));
    leave_and_wait(w);
    announce(w, OLD_TLS); /* also under a certificate that was not shown */
    sr_joined(w);
    assert_int_equal(resumed(w), 2);
    assert_true(
        wzp__pins_is_next(w->pins, SR_RELAY, w->next_tls.sha256, NOT_BEFORE));
    sr_free(w);
}

WZP_TEST(session_with_another_pin_does_not_resume)
{
    sr *w = sr_new();
    sr_joined(w);
    leave_and_wait(w);
    wzp_join join = sr_join_of(w, "room");
    join.has_pin = true;
    memset(join.pin, 0x11, WZP_HASH_LEN);

    ASSERT_OK(wzp__session_start(w->session, w->now, &join));
    sr_run(w, WZP_S);

    sr_assert_ended(w, WZP_ERR_PIN);
    assert_int_equal(resumed(w), 0);
    sr_free(w);
}

/* --- coming back ---------------------------------------------------------- */

static const uint32_t backoff[] = {250, 1000, 2000, 4000, 8000, 15000, 30000};

static uint32_t backoff_of(size_t attempt)
{
    const size_t last = sizeof backoff / sizeof backoff[0] - 1;
    return backoff[attempt < last ? attempt : last];
}

/* Waits of this lost session, checked against the table ± 20 %. */
static size_t check_waits(const sr *w, uint32_t waits[SR_EVENTS])
{
    size_t n = 0;
    for (size_t i = 0; i < w->n_events; i++) {
        const wzp__session_event *ev = &w->events[i];
        if (ev->kind == WZP__SESSION_STATE &&
            ev->state == WZP_CLIENT_RECONNECTING) {
            const uint32_t base = backoff_of(n);
            assert_in_range(ev->retry_ms, base - base / 5, base + base / 5);
            waits[n++] = ev->retry_ms;
        }
    }
    return n;
}

WZP_TEST(session_comes_back_by_the_table_of_waits)
{
    sr *w = sr_new();
    sr_joined(w);
    uint32_t waits[SR_EVENTS];

    w->is_off = true;
    sr_run(w, 300 * WZP_S);

    sr_assert_state(w, wzp__session_state(w->session) == WZP_CLIENT_CONNECTING
                           ? WZP_CLIENT_CONNECTING
                           : WZP_CLIENT_RECONNECTING);
    assert_true(check_waits(w, waits) >= 9);
    assert_null(sr_find(w, WZP__SESSION_ENDED)); /* it never gives up */
    sr_free(w);
}

WZP_TEST(session_waits_differ_so_that_clients_do_not_come_back_as_one)
{
    uint32_t waits[2][SR_EVENTS] = {{0}};
    size_t n[2];
    for (uint32_t k = 0; k < 2; k++) {
        sr *w = sr_new();
        sr_joined(w);
        w->seed += 1000 * (k + 1);
        w->is_off = true;
        sr_run(w, 200 * WZP_S);
        n[k] = check_waits(w, waits[k]);
        sr_free(w);
    }

    assert_true(n[0] > 4 && n[1] > 4);
    assert_memory_not_equal(waits[0], waits[1], 5 * sizeof waits[0][0]);
}

WZP_TEST(session_is_joined_again_with_fresh_keys_when_the_relay_is_back)
{
    sr *w = sr_new();
    sr_joined(w);
    uint8_t old[WZP_MID_LEN];
    uint8_t new[WZP_MID_LEN];
    wzp_group_own_mid(wzp__session_group(w->session), old);

    w->is_off = true;
    sr_run(w, 60 * WZP_S);
    assert_null(wzp__session_group(w->session));
    w->is_off = false;
    sr_run(w, 60 * WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_int_equal(wzp__session_epoch(w->session), 2);
    wzp_group_own_mid(wzp__session_group(w->session), new);
    assert_memory_not_equal(old, new, WZP_MID_LEN);
    sr_free(w);
}

WZP_TEST(session_begins_with_the_short_wait_after_each_success)
{
    sr *w = sr_new();
    sr_joined(w);
    w->is_off = true;
    sr_run(w, 100 * WZP_S);
    w->is_off = false;
    sr_run(w, 60 * WZP_S);
    sr_assert_state(w, WZP_CLIENT_JOINED);
    w->n_events = 0;
    uint32_t waits[SR_EVENTS];

    w->is_off = true;
    sr_run(w, 60 * WZP_S);

    assert_true(check_waits(w, waits) >= 1); /* the first is about 250 */
    sr_free(w);
}

WZP_TEST(session_asks_about_a_certificate_that_changed_while_it_was_lost)
{
    sr *w = sr_new();
    sr_joined(w);

    sr_replace_relay(w, 90); /* restarted with another key */
    sr_run(w, 60 * WZP_S);

    sr_assert_state(w, WZP_CLIENT_PIN_DECISION);
    sr_free(w);
}

/* What a relay that closes means: come back, or the end. */
static const struct {
    uint64_t code;
    wzp_err why;
    bool is_final;
} closes[] = {
    {WZP_CLOSE_NORMAL, WZP_ERR_PEER_CLOSED, false},
    {WZP_CLOSE_SHUTDOWN, WZP_ERR_SHUTDOWN, false},
    {WZP_CLOSE_FULL, WZP_ERR_ROOM_FULL, false},
    {WZP_CLOSE_SLOW, WZP_ERR_SLOW, false},
    {1234, WZP_ERR_PEER_CLOSED, false},
    {WZP_CLOSE_AUTH, WZP_ERR_AUTH, true},
    {WZP_CLOSE_NOT_ALLOWED, WZP_ERR_NOT_ALLOWED, true},
    {WZP_CLOSE_PROTOCOL, WZP_ERR_PROTOCOL, true},
    {WZP_CLOSE_REPLACED, WZP_ERR_REPLACED, true},
    {WZP_CLOSE_LEGACY, WZP_ERR_LEGACY, true},
    {WZP_CLOSE_KEY_MISMATCH, WZP_ERR_PIN, true},
};

static size_t closes_count(void)
{
    return sizeof closes / sizeof closes[0];
}

static void close_row(size_t row)
{
    sr *w = sr_new();
    sr_joined(w);

    ASSERT_OK(wzp_endpoint_close(w->relay, w->now, w->relay_conn,
                                 closes[row].code, "because"));
    sr_run(w, 100 * WZP_MS);

    if (closes[row].is_final) {
        sr_assert_ended(w, closes[row].why);
        const wzp__session_event *ev = sr_find(w, WZP__SESSION_ENDED);
        assert_non_null(strstr(ev->text, "because"));
    } else {
        sr_assert_state(w, WZP_CLIENT_RECONNECTING);
        const wzp__session_event *ev = sr_find(w, WZP__SESSION_STATE);
        assert_int_equal(ev->why, closes[row].why);
    }
    sr_free(w);
}
WZP_ROWS(session_obeys_the_reason_a_relay_closes_with, closes_count, close_row);

WZP_TEST(session_refused_at_the_door_ends_with_the_relays_words)
{
    sr *w = sr_new();
    w->mood = SR_REFUSES;
    w->code = WZP_CLOSE_NOT_ALLOWED;
    w->reason = "members only";

    sr_start(w, "room");
    sr_run(w, WZP_S);

    sr_assert_ended(w, WZP_ERR_NOT_ALLOWED);
    assert_non_null(
        strstr(sr_find(w, WZP__SESSION_ENDED)->text, "members only"));
    sr_free(w);
}

static void hear_of_no_alpn(sr *w)
{
    wzp_ep_action a = {.kind = WZP_EP_CLOSED,
                       .conn = wzp__session_conn(w->session),
                       .u.closed = {.err = WZP_ERR_ALPN, .reason = ""}};
    wzp__session_recv(w->session, w->now, &a);
    sr_note_events(w);
}

WZP_TEST(session_believes_that_it_is_no_relay_only_before_it_was_in_a_room)
{
    sr *w = sr_new();
    sr_joined(w);
    hear_of_no_alpn(w);
    sr_assert_state(w, WZP_CLIENT_RECONNECTING);
    sr_free(w);

    w = sr_new();
    sr_start(w, "room");
    hear_of_no_alpn(w);
    sr_assert_ended(w, WZP_ERR_ALPN);
    sr_free(w);
}

/* It ties a signature to a connection, and has no use after that. */
WZP_TEST(session_keeps_no_exporter_of_a_connection_that_ended)
{
    static const uint8_t none[WZP_EXPORTER_LEN];
    sr *w = sr_new();
    w->mood = SR_SILENT;
    sr_start(w, "room");
    sr_run(w, WZP_S);
    assert_memory_not_equal(w->session->handshake.exporter, none, sizeof none);

    ASSERT_OK(wzp_endpoint_close(w->relay, w->now, w->relay_conn, 0, ""));
    sr_run(w, 20 * WZP_MS);

    sr_assert_state(w, WZP_CLIENT_RECONNECTING);
    assert_memory_equal(w->session->handshake.exporter, none, sizeof none);
    sr_free(w);
}

/* --- leaving -------------------------------------------------------------- */

WZP_TEST(session_says_good_bye)
{
    sr *w = sr_new();
    sr_joined(w);

    wzp__session_leave(w->session, w->now);
    wzp__session_leave(w->session, w->now); /* twice is once */
    sr_run(w, WZP_S);

    sr_assert_ended(w, WZP_OK);
    assert_int_equal(w->last_close.u.closed.err, WZP_ERR_PEER_CLOSED);
    assert_int_equal(w->last_close.u.closed.code, WZP_CLOSE_NORMAL);
    assert_string_equal(w->last_reason, "hangup");
    size_t ends = 0;
    for (size_t i = 0; i < w->n_events; i++) {
        ends += w->events[i].kind == WZP__SESSION_ENDED;
    }
    assert_int_equal(ends, 1);
    sr_free(w);
}

WZP_TEST(session_can_be_left_while_connecting)
{
    sr *w = sr_new();
    sr_start(w, "room");
    sr_run(w, 7 * WZP_MS);
    sr_assert_state(w, WZP_CLIENT_CONNECTING);

    wzp__session_leave(w->session, w->now);
    sr_run(w, WZP_S);

    sr_assert_ended(w, WZP_OK);
    assert_int_equal(w->offers, 0);
    sr_free(w);
}

WZP_TEST(session_can_be_left_while_joining)
{
    sr *w = sr_new();
    w->mood = SR_SILENT;
    sr_start(w, "room");
    sr_run(w, WZP_S);
    sr_assert_state(w, WZP_CLIENT_JOINING);

    wzp__session_leave(w->session, w->now);
    sr_run(w, WZP_S);

    sr_assert_ended(w, WZP_OK);
    sr_free(w);
}

WZP_TEST(session_that_is_left_when_its_time_is_over_does_not_come_back)
{
    sr *w = sr_new();
    sr_joined(w);
    w->mood = SR_SILENT;
    ASSERT_OK(wzp_endpoint_close(w->relay, w->now, w->relay_conn,
                                 WZP_CLOSE_SHUTDOWN, ""));
    sr_run(w, WZP_S);
    sr_assert_state(w, WZP_CLIENT_JOINING);

    wzp__session_leave(w->session, w->now);
    w->now += 20 * WZP_S; /* the host asks late, and the timer first */
    wzp__session_expire(w->session, w->now);
    sr_run(w, 60 * WZP_S);

    sr_assert_ended(w, WZP_OK);
    sr_free(w);
}

WZP_TEST(session_can_be_left_while_it_waits_to_come_back)
{
    sr *w = sr_new();
    sr_joined(w);
    ASSERT_OK(wzp_endpoint_close(w->relay, w->now, w->relay_conn,
                                 WZP_CLOSE_SHUTDOWN, ""));
    sr_run(w, 20 * WZP_MS);
    sr_assert_state(w, WZP_CLIENT_RECONNECTING);

    wzp__session_leave(w->session, w->now);
    sr_run(w, 60 * WZP_S);

    sr_assert_ended(w, WZP_OK);
    assert_int_equal(w->offers, 1);
    sr_free(w);
}

WZP_TEST(session_that_is_idle_has_nothing_to_leave)
{
    sr *w = sr_new();

    wzp__session_leave(w->session, w->now);
    sr_run(w, WZP_S);

    assert_int_equal(w->n_events, 0);
    assert_int_equal(wzp__session_deadline(w->session), WZP_NEVER);
    sr_free(w);
}

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

/* --- signals in a room ---------------------------------------------------- */

static void send_delta(sr *w, uint32_t rev)
{
    const wzp_signal sig = {.kind = WZP_SIG_ROOM_DELTA,
                            .u.room_delta = {.rev = rev}};
    sr_send(w, &sig);
    sr_run(w, 50 * WZP_MS);
}

static void send_update(sr *w, uint32_t rev)
{
    const wzp_signal sig = {.kind = WZP_SIG_ROOM_UPDATE,
                            .u.room_update = {.rev = {true, rev}}};
    sr_send(w, &sig);
    sr_run(w, 50 * WZP_MS);
}

WZP_TEST(session_asks_for_the_roster_when_a_delta_does_not_follow)
{
    sr *w = sr_new();
    sr_joined(w);
    send_update(w, 7);
    send_delta(w, 8);
    assert_int_equal(w->syncs, 0);

    send_delta(w, 10);

    assert_int_equal(w->syncs, 1);
    assert_int_equal(w->sync_rev, 8);
    send_update(w, 11);
    send_delta(w, 12);
    assert_int_equal(w->syncs, 1);
    sr_free(w);
}

WZP_TEST(session_begins_anew_when_there_was_no_memory_for_a_roster)
{
    sr *w = sr_new();
    sr_joined(w);
    const size_t offers = w->offers;
    const uint8_t mid[WZP_MID_LEN] = {9}, kph[WZP_HASH_LEN] = {9};
    wzp_participant other = {.mid = {mid, sizeof mid},
                             .kph = {kph, sizeof kph},
                             .caps = WZP_CAP_PRESENT | WZP_CAP_E2E1};
    const wzp_signal sig = {
        .kind = WZP_SIG_ROOM_UPDATE,
        .u.room_update = {.count = 1, .participants = {&other, 1}}};

    w->session_mem.fail_at = w->session_mem.calls + 1;
    sr_send(w, &sig);
    sr_run(w, 100 * WZP_MS);
    sr_assert_state(w, WZP_CLIENT_RECONNECTING);
    sr_run(w, WZP_S); /* still none: it goes on trying */
    w->session_mem.fail_at = 0;
    sr_run(w, 5 * WZP_S);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_true(w->offers > offers);
    sr_free(w);
}

static const char *const junk[] = {
    "",
    "{",
    "null",
    "\"CallAnswer\"",
    "{\"NoSuchThing\":{}}",
    "{\"RoomUpdate\":{\"count\":-1}}",
    "{\"RoomUpdate\":{\"count\":1,\"participants\":7}}",
    "{\"E2eeKeys\":{}}",
    "{\"KeyPackages\":{\"kps\":[\"AAAA\"]}}",
    "\xff\xfe",
};

static size_t junk_count(void)
{
    return sizeof junk / sizeof junk[0];
}

static void junk_row(size_t row)
{
    sr *w = sr_new();
    sr_joined(w);

    sr_send_text(w, junk[row]);
    send_update(w, 3);
    send_delta(w, 4);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_int_equal(w->n_events, 0);
    assert_int_equal(w->syncs, 0); /* what came after it was read */
    sr_free(w);
}
WZP_ROWS(session_survives_signals_it_cannot_use, junk_count, junk_row);

WZP_TEST(session_takes_a_large_signal_from_a_relay_that_proved_itself)
{
    sr *w = sr_new();
    sr_joined(w);
    enum { LEN = 200000 }; /* above signal_max_early */
    char *text = malloc(LEN + 1);
    assert_non_null(text);
    memset(text, ' ', LEN);
    text[LEN] = '\0';

    sr_send_text(w, text);
    sr_run(w, 2 * WZP_S);
    send_update(w, 3);
    send_delta(w, 4);

    sr_assert_state(w, WZP_CLIENT_JOINED);
    assert_int_equal(w->syncs, 0);
    free(text);
    sr_free(w);
}

WZP_TEST(session_sends_signals_only_in_a_room)
{
    sr *w = sr_new();
    const wzp_signal sig = {.kind = WZP_SIG_ROOM_SYNC,
                            .u.room_sync = {.rev = 42}};

    assert_int_equal(wzp__session_send(w->session, w->now, &sig),
                     WZP_ERR_STATE);
    sr_joined(w);
    ASSERT_OK(wzp__session_send(w->session, w->now, &sig));
    sr_run(w, 50 * WZP_MS);

    assert_int_equal(w->sync_rev, 42);
    sr_free(w);
}

/* --- life ----------------------------------------------------------------- */

WZP_TEST(session_new_leaves_nothing_behind_at_the_nth_allocation)
{
    sr *w = sr_new();
    fake_mem m = {0};
    const wzp__session_deps deps = {.mem = fake_mem_table(&m), .ep = w->ep};
    wzp_err e = WZP_ERR_NOMEM;
    for (size_t n = 1; e != WZP_OK; n++) {
        wzp__session *s = NULL;
        m.fail_at = m.calls + n;
        e = wzp__session_new(&s, &deps);
        m.fail_at = 0;
        assert_true(e == WZP_OK || e == WZP_ERR_NOMEM);
        wzp__session_free(s);
        assert_int_equal(m.held, 0);
        assert_true(n < 20);
    }
    sr_free(w);
}
