/* SPDX-License-Identifier: MIT */
/* Which relay a session takes for the one it knows: by pin, by an announced
 * successor, by resumption.
 */
#include "client/small_relay.h"

#include <wzp/crypto/next_tls.h>
#include <wzp/proto/fingerprint.h>

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
