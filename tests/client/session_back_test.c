/* SPDX-License-Identifier: MIT */
/* A session that lost its relay: when it comes back, and when it does not.
 */
#include "call/session_parts.h"
#include "client/small_relay.h"

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

static void close_row(size_t row)
{
    sr *w = sr_new();
    sr_joined(w);

    ASSERT_OK(wzp_endpoint_close(w->relay, w->now, w->relay_conn,
                                 SR_CLOSES[row].code, "because"));
    sr_run(w, 100 * WZP_MS);

    if (SR_CLOSES[row].is_final) {
        sr_assert_ended(w, SR_CLOSES[row].why);
        const wzp__session_event *ev = sr_find(w, WZP__SESSION_ENDED);
        assert_non_null(strstr(ev->text, "because"));
    } else {
        sr_assert_state(w, WZP_CLIENT_RECONNECTING);
        const wzp__session_event *ev = sr_find(w, WZP__SESSION_STATE);
        assert_int_equal(ev->why, SR_CLOSES[row].why);
    }
    sr_free(w);
}
WZP_ROWS(session_obeys_the_reason_a_relay_closes_with, sr_closes_count,
         close_row);

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
