/* SPDX-License-Identifier: MIT */
/* A registration that is refused, not answered or lost: how it ends, and how
 * it comes back.
 */
#include "client/small_line.h"

/* --- refusals ------------------------------------------------------------- */

static const struct {
    wzp_str error;
    const char *want; /* in the text */
} refusals[] = {
    {{"blocked", 7}, "blocked"},     {{"a\x1b[31mb\n\x7f", 9}, "a?[31mb??"},
    {{"caf\xc3\xa9", 5}, "caf??"},   {{"", 0}, "does not say why"},
    {{NULL, 0}, "does not say why"},
};

static size_t refusals_count(void)
{
    return sizeof refusals / sizeof refusals[0];
}

static void refusal_row(size_t i)
{
    sl *s = sl_new();
    s->mood = SL_NO;
    s->error = refusals[i].error;

    sl_start(s);
    sr_run(s->w, WZP_S);

    sl_assert_ended(s, WZP_ERR_NOT_ALLOWED);
    const char *text = sl_find(s, WZP__LINE_ENDED)->text;
    assert_non_null(strstr(text, refusals[i].want));
    assert_non_null(strstr(text, SR_RELAY));
    assert_false(sr_is_pinned(s->w, s->w->relay_cert));
    sr_run(s->w, 120 * WZP_S);
    assert_int_equal(s->registrations, 1); /* and it does not try again */
    sl_free(s);
}
WZP_ROWS(line_that_is_refused_ends_with_the_relays_words, refusals_count,
         refusal_row);

WZP_TEST(line_cuts_what_a_relay_has_to_say)
{
    char words[5000];
    memset(words, 'w', sizeof words);
    sl *s = sl_new();
    s->mood = SL_NO;
    s->error = (wzp_str){words, sizeof words};

    sl_start(s);
    sr_run(s->w, WZP_S);

    sl_assert_ended(s, WZP_ERR_NOT_ALLOWED);
    const char *text = sl_find(s, WZP__LINE_ENDED)->text;
    assert_in_range(strlen(text), 200, 300);
    sl_free(s);
}

/* The line heard this close, of a registration that stood or was asked for. */
static void assert_obeyed(const sl *s, size_t row)
{
    if (SR_CLOSES[row].is_final) {
        sl_assert_ended(s, SR_CLOSES[row].why);
        assert_non_null(strstr(sl_find(s, WZP__LINE_ENDED)->text, "because"));
    } else {
        sl_assert_state(s, WZP_LINE_RECONNECTING);
        const wzp__line_event *ev = sl_find(s, WZP__LINE_STATE);
        assert_int_equal(ev->why, SR_CLOSES[row].why);
        assert_true(ev->text[0] != '\0');
        assert_true(ev->retry_ms > 0);
    }
}

static void close_row(size_t row)
{
    sl *s = sl_new();
    sl_registered(s);

    ASSERT_OK(wzp_endpoint_close(s->w->relay, s->w->now, s->w->relay_conn,
                                 SR_CLOSES[row].code, "because"));
    sr_run(s->w, 100 * WZP_MS);
    assert_obeyed(s, row);
    sr_run(s->w, 120 * WZP_S);

    sl_assert_state(s, SR_CLOSES[row].is_final ? WZP_LINE_IDLE
                                               : WZP_LINE_REGISTERED);
    sl_free(s);
}
WZP_ROWS(line_obeys_the_reason_a_relay_closes_with, sr_closes_count, close_row);

static void door_row(size_t row)
{
    sl *s = sl_new();
    s->mood = SL_CLOSES;
    s->code = SR_CLOSES[row].code;

    sl_start(s);
    sr_run(s->w, 100 * WZP_MS);

    assert_obeyed(s, row);
    sl_free(s);
}
WZP_ROWS(line_obeys_the_reason_it_is_turned_away_with, sr_closes_count,
         door_row);

static void hear_of_no_alpn(sl *s)
{
    wzp_ep_action a = {.kind = WZP_EP_CLOSED,
                       .conn = wzp__line_conn(s->w->line),
                       .u.closed = {.err = WZP_ERR_ALPN, .reason = ""}};
    wzp__line_recv(s->w->line, s->w->now, &a);
    sr_note_events(s->w);
}

WZP_TEST(line_believes_that_it_is_no_relay_only_before_it_was_registered)
{
    sl *s = sl_new();
    sl_registered(s);
    hear_of_no_alpn(s);
    sl_assert_state(s, WZP_LINE_RECONNECTING);
    sl_free(s);

    s = sl_new();
    sl_start(s);
    hear_of_no_alpn(s);
    sl_assert_ended(s, WZP_ERR_ALPN);
    sl_free(s);
}

/* --- no answer ------------------------------------------------------------ */

WZP_TEST(line_tries_again_when_no_ack_comes_within_10_s)
{
    sl *s = sl_new();
    s->mood = SL_SILENT;
    sl_start(s);
    sr_run(s->w, 9900 * WZP_MS);
    sl_assert_state(s, WZP_LINE_REGISTERING);

    s->mood = SL_GOOD;
    sr_run(s->w, 2 * WZP_S);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_int_equal(s->registrations, 2);
    sl_free(s);
}

/* The moment of the ENDED event since `start`, ms. */
static uint64_t ended_after_ms(const sl *s, wzp_tstamp start)
{
    for (size_t i = 0; i < s->w->n_line_events; i++) {
        if (s->w->line_events[i].kind == WZP__LINE_ENDED) {
            return (s->w->line_event_at[i] - start) / WZP_MS;
        }
    }
    return UINT64_MAX;
}

WZP_TEST(line_tells_after_15_s_that_a_relay_does_not_answer)
{
    for (int is_off = 0; is_off < 2; is_off++) {
        sl *s = sl_new();
        s->mood = SL_SILENT;
        s->w->is_off = is_off == 1;
        const wzp_tstamp start = s->w->now;

        sl_start(s);
        sr_run(s->w, 60 * WZP_S);

        sl_assert_ended(s, WZP_ERR_TIMEOUT);
        assert_in_range(ended_after_ms(s, start), 14000, 15500);
        assert_false(sr_is_pinned(s->w, s->w->relay_cert));
        sl_free(s);
    }
}

/* --- coming back ---------------------------------------------------------- */

/* Waits of this lost line, checked against the table ± 20 %. */
static size_t check_waits(const sl *s)
{
    static const uint32_t table[] = {250, 1000, 2000, 4000, 8000, 15000, 30000};
    const size_t rows = sizeof table / sizeof table[0];
    size_t n = 0;
    for (size_t i = 0; i < s->w->n_line_events; i++) {
        const wzp__line_event *ev = &s->w->line_events[i];
        if (ev->state == WZP_LINE_RECONNECTING) {
            const uint32_t base = table[n < rows ? n : rows - 1];
            assert_in_range(ev->retry_ms, base - base / 5, base + base / 5);
            n++;
        }
    }
    return n;
}

WZP_TEST(line_comes_back_by_the_table_of_waits_and_never_gives_up)
{
    sl *s = sl_new();
    sl_registered(s);

    s->w->is_off = true;
    sr_run(s->w, 300 * WZP_S);
    assert_true(check_waits(s) >= 9);
    assert_null(sl_find(s, WZP__LINE_ENDED));
    s->w->is_off = false;
    sr_run(s->w, 60 * WZP_S);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    ASSERT_OK(s->signature_err);
    ASSERT_OK(s->binding_err); /* of this connection */
    assert_int_equal(s->registrations, 2);
    sl_free(s);
}

WZP_TEST(line_begins_with_the_short_wait_after_a_steady_time_only)
{
    for (int is_steady = 0; is_steady < 2; is_steady++) {
        sl *s = sl_new();
        sl_registered(s);
        s->w->is_off = true;
        sr_run(s->w, 100 * WZP_S);
        s->w->is_off = false;
        while (wzp__line_state(s->w->line) != WZP_LINE_REGISTERED) {
            sr_run(s->w, 100 * WZP_MS);
        }
        sr_run(s->w, is_steady == 1 ? 11 * WZP_S : WZP_S);
        s->w->n_line_events = 0;

        ASSERT_OK(wzp_endpoint_close(s->w->relay, s->w->now, s->w->relay_conn,
                                     WZP_CLOSE_SHUTDOWN, ""));
        sr_run(s->w, 100 * WZP_MS);

        const wzp__line_event *ev = sl_find(s, WZP__LINE_STATE);
        assert_int_equal(ev->state, WZP_LINE_RECONNECTING);
        assert_int_equal(ev->retry_ms <= 300, is_steady == 1);
        sl_free(s);
    }
}

WZP_TEST(line_resumes_as_the_pinned_relay_and_proves_itself_anew)
{
    sl *s = sl_new();
    sl_registered(s);

    ASSERT_OK(wzp_endpoint_close(s->w->relay, s->w->now, s->w->relay_conn,
                                 WZP_CLOSE_SHUTDOWN, ""));
    sr_run(s->w, 2 * WZP_S);

    wzp_endpoint_stats stats = {.size = sizeof stats};
    wzp_endpoint_stats_get(s->w->relay, &stats);
    assert_int_equal(stats.resumed, 1);
    assert_int_equal(s->registrations, 2);
    ASSERT_OK(s->binding_err);
    sl_assert_state(s, WZP_LINE_REGISTERED);
    sl_free(s);
}

WZP_TEST(line_dials_at_once_from_another_network)
{
    sl *s = sl_new();
    sl_registered(s);
    s->w->is_off = true;
    sr_run(s->w, 200 * WZP_S);
    while (wzp__line_state(s->w->line) != WZP_LINE_RECONNECTING) {
        sr_run(s->w, 100 * WZP_MS);
    }
    sr_run(s->w, 100 * WZP_MS);
    sl_assert_state(s, WZP_LINE_RECONNECTING); /* for many seconds more */
    s->w->is_off = false;
    s->w->addr = wzp_addr_v4((const uint8_t[]){10, 0, 7, 7}, 5555);

    wzp__line_moved(s->w->line, s->w->now, &s->w->addr);
    sr_run(s->w, 500 * WZP_MS);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_true(wzp_addr_equal(&s->w->sent_from, &s->w->addr));
    sl_free(s);
}
