/* SPDX-License-Identifier: MIT */
/* The registration at a signal relay, with real endpoints in virtual time:
 * proof, `sig1`, stopping, no memory. Refusals and coming back are
 * line_back_test.c, pins line_pins_test.c.
 */
#include "client/small_line.h"

/* --- registering ---------------------------------------------------------- */

WZP_TEST(line_registers_with_proof_of_who_and_where)
{
    sl *s = sl_new();

    sl_start(s);
    sr_run(s->w, WZP_S);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    const wzp_line_state want[] = {WZP_LINE_CONNECTING, WZP_LINE_REGISTERING,
                                   WZP_LINE_REGISTERED};
    size_t n = 0;
    for (size_t i = 0; i < s->w->n_line_events; i++) {
        if (s->w->line_events[i].kind == WZP__LINE_STATE) {
            assert_true(n < 3);
            assert_int_equal(s->w->line_events[i].state, want[n++]);
        }
    }
    assert_int_equal(n, 3);
    assert_string_equal(s->w->sni, "_signal");
    assert_int_equal(s->registrations, 1);
    ASSERT_OK(s->signature_err);
    ASSERT_OK(s->binding_err);
    const wzp_identity id = wzp_seed_identity_table(s->w->id);
    assert_memory_equal(s->identity, id.public_key, WZP_KEY_LEN);
    assert_string_equal(s->alias, "Alice");
    assert_int_equal(s->caps, WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1);
    assert_false(wzp__line_is_legacy(s->w->line));
    ASSERT_OK(sl_find(s, WZP__LINE_STATE)->why);
    assert_string_equal(wzp__line_relay(s->w->line), SR_RELAY);
    sl_free(s);
}

WZP_TEST(line_passes_on_what_the_relay_says_and_takes_what_it_is_told_to_say)
{
    sl *s = sl_new();
    sl_registered(s);
    const wzp_signal sig = {.kind = WZP_SIG_REFLECT};

    sr_send_text(s->w, "{\"CallRinging\":{\"call_id\":\"17ab\"}}");
    ASSERT_OK(wzp__line_send(s->w->line, s->w->now, &sig));
    sr_run(s->w, WZP_S);

    const wzp__line_event *ev = sl_find(s, WZP__LINE_SIGNAL);
    assert_non_null(ev);
    assert_int_equal(ev->signal->kind, WZP_SIG_CALL_RINGING);
    assert_int_equal(ev->signal->u.call_ringing.call_id.len, 4);
    assert_int_equal(s->n_signals, 1);
    assert_int_equal(s->last_kind, WZP_SIG_REFLECT);
    sl_free(s);
}

WZP_TEST(line_stops_when_told_and_starts_again)
{
    sl *s = sl_new();
    sl_registered(s);
    const wzp_register reg = sl_reg(s);
    assert_int_equal(wzp__line_start(s->w->line, s->w->now, &reg),
                     WZP_ERR_STATE);

    wzp__line_stop(s->w->line, s->w->now);
    sr_run(s->w, WZP_S);
    sl_assert_ended(s, WZP_OK);

    sl_start(s);
    sr_run(s->w, WZP_S);
    sl_assert_state(s, WZP_LINE_REGISTERED);
    sl_free(s);
}

/* A text that the relay says while the line is up, and what came of it. */
static const struct {
    const char *text;
    bool is_passed;
} said[] = {
    {"{\"CallRinging\":{\"call_id\":\"1\"}}", true},
    {"{\"Hangup\":{\"reason\":\"Normal\"}}", true},
    {"{\"Pong\":{\"timestamp_ms\":7}}", true},
    {"{\"PresenceList\":{\"users\":[]}}", true},
    {"{\"NoSuchThing\":{}}", false},
    {"\"NoSuchThing\"", false},
    {"{\"RegisterPresenceAck\":{\"success\":true}}", false},
    {"{\"RegisterPresenceAck\":{\"success\":false,\"error\":\"x\"}}", false},
    {"{\"CallRinging\":{}}", false},
    {"{\"CallRinging\":", false},
    {"", false},
    {"\xff\xfe", false},
};

static size_t said_count(void)
{
    return sizeof said / sizeof said[0];
}

static void said_row(size_t i)
{
    sl *s = sl_new();
    sl_registered(s);

    sr_send_text(s->w, said[i].text);
    sr_run(s->w, WZP_S);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_int_equal(sl_find(s, WZP__LINE_SIGNAL) != NULL, said[i].is_passed);
    assert_int_equal(wzp__line_signals_refused(s->w->line), !said[i].is_passed);
    assert_int_equal(s->registrations, 1);
    sl_free(s);
}
WZP_ROWS(line_passes_what_it_can_read_and_counts_the_rest, said_count,
         said_row);

WZP_TEST(line_passes_nothing_on_before_it_is_registered)
{
    sl *s = sl_new();
    s->mood = SL_JUNK;

    sl_start(s);
    sr_run(s->w, WZP_S);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_null(sl_find(s, WZP__LINE_SIGNAL));
    assert_int_equal(wzp__line_signals_refused(s->w->line), 2);
    sl_free(s);
}

WZP_TEST(line_takes_a_large_signal_from_a_relay_that_registered_it)
{
    enum { LEN = 2 * WZP_SIGNAL_MAX_EARLY };
    sl *s = sl_new();
    sl_registered(s);
    char *text = malloc(LEN + 1);
    assert_non_null(text);
    memset(text, ' ', LEN);
    memcpy(text, "{\"CallRinging\":{\"call_id\":\"1\"}", 30);
    text[LEN - 1] = '}';
    text[LEN] = '\0';

    sr_send_text(s->w, text);
    sr_run(s->w, WZP_S);

    free(text);
    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_non_null(sl_find(s, WZP__LINE_SIGNAL));
    sl_free(s);
}

WZP_TEST(line_keeps_a_signal_that_is_answered_before_the_next_comes)
{
    sl *s = sl_new();
    sl_registered(s);
    const wzp_signal reflect = {.kind = WZP_SIG_REFLECT};
    sr_send_text(s->w, "{\"CallRinging\":{\"call_id\":\"17ab\"}}");
    sr_run(s->w, 100 * WZP_MS);
    const wzp__line_event *ev = sl_find(s, WZP__LINE_SIGNAL);
    assert_non_null(ev);

    ASSERT_OK(wzp__line_send(s->w->line, s->w->now, &reflect));

    assert_memory_equal(ev->signal->u.call_ringing.call_id.ptr, "17ab", 4);
    sl_free(s);
}

WZP_TEST(line_refuses_to_start_with_addresses_or_a_name_it_cannot_use)
{
    sl *s = sl_new();
    char name[WZP__PIN_NAME_MAX + 2];
    memset(name, 'r', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    wzp_register reg = sl_reg(s);

    reg.n_addrs = 0;
    assert_int_equal(wzp__line_start(s->w->line, s->w->now, &reg), WZP_ERR_ARG);
    reg.n_addrs = WZP_RELAY_ADDRS_MAX + 1;
    assert_int_equal(wzp__line_start(s->w->line, s->w->now, &reg), WZP_ERR_ARG);
    reg = sl_reg(s);
    reg.relay = name;
    assert_int_equal(wzp__line_start(s->w->line, s->w->now, &reg), WZP_ERR_ARG);

    sl_assert_state(s, WZP_LINE_IDLE);
    sl_free(s);
}

WZP_TEST(line_tries_the_next_address_when_one_is_dead)
{
    sl *s = sl_new();
    wzp_register reg = sl_reg(s);
    reg.addrs[1] = reg.addrs[0];
    reg.addrs[0] = wzp_addr_v4((const uint8_t[]){10, 0, 0, 99}, 4433);
    reg.n_addrs = 2;

    ASSERT_OK(wzp__line_start(s->w->line, s->w->now, &reg));
    sr_run(s->w, 14 * WZP_S);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    sl_free(s);
}

WZP_TEST(line_passes_over_an_address_that_cannot_be_dialled)
{
    sl *s = sl_new();
    wzp_register reg = sl_reg(s);
    reg.addrs[1] = reg.addrs[0];
    reg.addrs[0] = (wzp_addr){.family = WZP_FAMILY_NONE};
    reg.n_addrs = 2;

    ASSERT_OK(wzp__line_start(s->w->line, s->w->now, &reg));
    sl_assert_state(s, WZP_LINE_RECONNECTING);
    sr_run(s->w, WZP_S);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    sl_free(s);
}

WZP_TEST(line_is_kept_alive_while_nobody_says_anything)
{
    sl *s = sl_new();
    sl_registered(s);

    sr_run(s->w, 600 * WZP_S); /* the endpoint gives up after 30 */

    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_int_equal(s->w->n_line_events, 0);
    sl_free(s);
}

WZP_TEST(line_and_session_share_an_endpoint_and_nothing_else)
{
    sl *s = sl_new();
    sl_registered(s);
    sr_start(s->w, "room");
    sr_run(s->w, WZP_S);
    sr_assert_state(s->w, WZP_CLIENT_JOINED);

    wzp__line_stop(s->w->line, s->w->now);
    sr_run(s->w, WZP_S);
    sr_assert_state(s->w, WZP_CLIENT_JOINED);
    sl_registered(s);
    wzp__session_leave(s->w->session, s->w->now);
    sr_run(s->w, WZP_S);

    sr_assert_state(s->w, WZP_CLIENT_IDLE);
    sl_assert_state(s, WZP_LINE_REGISTERED);
    sl_free(s);
}

/* --- a relay of the seed's, and `sig1` ------------------------------------ */

WZP_TEST(line_at_an_old_relay_stands_and_says_what_that_means)
{
    sl *s = sl_new();
    s->mood = SL_OLD;

    sl_start(s);
    sr_run(s->w, WZP_S);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_true(wzp__line_is_legacy(s->w->line));
    const wzp__line_event *ev = sl_find(s, WZP__LINE_STATE);
    assert_int_equal(ev->why, WZP_ERR_LEGACY);
    assert_non_null(strstr(ev->text, SR_RELAY));
    sr_run(s->w, 60 * WZP_S);
    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_int_equal(s->registrations, 1);
    sl_free(s);
}

WZP_TEST(line_believes_the_relay_it_is_at_and_not_the_one_before)
{
    sl *s = sl_new();
    sl_registered(s);
    assert_false(wzp__line_is_legacy(s->w->line));

    s->mood = SL_OLD;
    ASSERT_OK(wzp_endpoint_close(s->w->relay, s->w->now, s->w->relay_conn,
                                 WZP_CLOSE_SHUTDOWN, ""));
    sr_run(s->w, 2 * WZP_S);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_true(wzp__line_is_legacy(s->w->line));
    sl_free(s);
}

static const sl_mood without_sig1[] = {SL_OLD, SL_NO_SIG1};

static size_t kind_count(void)
{
    return 2 * WZP_SIGNAL_KINDS;
}

static void kind_row(size_t i)
{
    const wzp_signal sig = {.kind = (wzp_signal_kind)(i / 2)};
    sl *s = sl_new();
    s->mood = without_sig1[i % 2];
    sl_registered(s);

    const wzp_err e = wzp__line_send(s->w->line, s->w->now, &sig);
    sr_run(s->w, 100 * WZP_MS);

    if (sig.kind < WZP_SIGNAL_KINDS_LEGACY) { /* empty ones may be refused */
        assert_true(e == WZP_OK || e == WZP_ERR_ARG);
    } else {
        assert_int_equal(e, WZP_ERR_LEGACY);
        assert_int_equal(s->n_signals, 0);
    }
    sl_free(s);
}
WZP_ROWS(line_sends_the_old_variants_only_where_sig1_was_not_announced,
         kind_count, kind_row);

WZP_TEST(line_sends_new_variants_where_sig1_was_announced)
{
    sl *s = sl_new();
    sl_registered(s);
    const wzp_signal sig = {.kind = WZP_SIG_PRESENCE_LIST};

    ASSERT_OK(wzp__line_send(s->w->line, s->w->now, &sig));
    sr_run(s->w, 100 * WZP_MS);

    assert_int_equal(s->n_signals, 1);
    assert_int_equal(s->last_kind, WZP_SIG_PRESENCE_LIST);
    sl_free(s);
}

WZP_TEST(line_sends_only_while_it_is_registered)
{
    sl *s = sl_new();
    sr *w = s->w;
    const wzp_signal sig = {.kind = WZP_SIG_REFLECT};
    assert_int_equal(wzp__line_send(w->line, w->now, &sig), WZP_ERR_STATE);
    s->mood = SL_SILENT;
    sl_start(s);
    assert_int_equal(wzp__line_send(w->line, w->now, &sig), WZP_ERR_STATE);
    sr_run(w, WZP_S);
    sl_assert_state(s, WZP_LINE_REGISTERING);
    assert_int_equal(wzp__line_send(w->line, w->now, &sig), WZP_ERR_STATE);
    s->mood = SL_GOOD;
    sr_run(w, 12 * WZP_S);
    sl_assert_state(s, WZP_LINE_REGISTERED);
    ASSERT_OK(wzp__line_send(w->line, w->now, &sig));

    wzp__line_stop(w->line, w->now);

    assert_int_equal(wzp__line_send(w->line, w->now, &sig), WZP_ERR_STATE);
    sl_free(s);
}

/* --- stopping ------------------------------------------------------------- */

static const wzp_line_state stops[] = {
    WZP_LINE_CONNECTING,   WZP_LINE_REGISTERING,  WZP_LINE_REGISTERED,
    WZP_LINE_RECONNECTING, WZP_LINE_PIN_DECISION,
};

static size_t stops_count(void)
{
    return sizeof stops / sizeof stops[0];
}

static sl *in_state(wzp_line_state state)
{
    uint8_t old[WZP_HASH_LEN];
    if (state == WZP_LINE_PIN_DECISION) {
        return with_changed_relay(old);
    }
    sl *s = sl_new();
    s->mood = state == WZP_LINE_REGISTERING ? SL_SILENT : SL_GOOD;
    sl_start(s);
    sr_run(s->w, state == WZP_LINE_CONNECTING ? 7 * WZP_MS : WZP_S);
    if (state == WZP_LINE_RECONNECTING) {
        ASSERT_OK(wzp_endpoint_close(s->w->relay, s->w->now, s->w->relay_conn,
                                     WZP_CLOSE_FULL, ""));
        sr_run(s->w, 50 * WZP_MS);
    }
    return s;
}

static void stop_row(size_t i)
{
    sl *s = in_state(stops[i]);
    sl_assert_state(s, stops[i]);
    const size_t before = s->registrations;

    wzp__line_stop(s->w->line, s->w->now);
    wzp__line_stop(s->w->line, s->w->now); /* twice is once */
    sr_run(s->w, 120 * WZP_S);

    sl_assert_ended(s, WZP_OK);
    assert_int_equal(s->registrations, before);
    size_t ends = 0;
    for (size_t k = 0; k < s->w->n_line_events; k++) {
        ends += s->w->line_events[k].kind == WZP__LINE_ENDED;
    }
    assert_int_equal(ends, 1);
    sl_free(s);
}
WZP_ROWS(line_can_be_stopped_in_every_state, stops_count, stop_row);

WZP_TEST(line_that_stops_says_good_bye)
{
    sl *s = sl_new();
    sl_registered(s);

    wzp__line_stop(s->w->line, s->w->now);
    sr_run(s->w, WZP_S);

    assert_int_equal(s->w->last_close.u.closed.err, WZP_ERR_PEER_CLOSED);
    assert_int_equal(s->w->last_close.u.closed.code, WZP_CLOSE_NORMAL);
    sl_free(s);
}

WZP_TEST(line_that_stops_hears_nothing_more)
{
    sl *s = sl_new();
    sl_registered(s);
    const char *text = "{\"CallRinging\":{\"call_id\":\"1\"}}";
    const wzp_ep_action came = {.kind = WZP_EP_SIGNAL,
                                .conn = wzp__line_conn(s->w->line),
                                .u.signal = {text, strlen(text)}};

    wzp__line_recv(s->w->line, s->w->now, &came);
    sr_note_events(s->w);
    assert_non_null(sl_find(s, WZP__LINE_SIGNAL)); /* what it was worth */
    s->w->n_line_events = 0;
    wzp__line_stop(s->w->line, s->w->now);
    wzp__line_recv(s->w->line, s->w->now, &came);
    sr_run(s->w, WZP_S);

    assert_null(sl_find(s, WZP__LINE_SIGNAL));
    sl_assert_ended(s, WZP_OK);
    sl_free(s);
}

WZP_TEST(line_that_is_idle_has_nothing_to_stop)
{
    sl *s = sl_new();

    wzp__line_stop(s->w->line, s->w->now);
    sr_run(s->w, WZP_S);

    assert_int_equal(s->w->n_line_events, 0);
    assert_int_equal(wzp__line_deadline(s->w->line), WZP_NEVER);
    sl_free(s);
}

/* --- no memory, no signature ---------------------------------------------- */

WZP_TEST(line_begins_anew_when_there_was_no_memory_for_a_signal)
{
    sl *s = sl_new();
    sl_registered(s);
    char big[40000] = "{\"AuthToken\":{\"token\":\"";
    memset(big + strlen(big), 'x', sizeof big - 100);
    snprintf(big + sizeof big - 60, 60, "\"}}");

    s->w->line_mem.fail_at = s->w->line_mem.calls + 1;
    sr_send_text(s->w, big);
    sr_run(s->w, 100 * WZP_MS);
    sl_assert_state(s, WZP_LINE_RECONNECTING);
    s->w->line_mem.fail_at = 0;
    sr_run(s->w, 5 * WZP_S);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_int_equal(s->registrations, 2);
    sl_free(s);
}

WZP_TEST(line_tries_again_when_there_was_no_memory_to_register_with)
{
    sl *s = sl_new();
    s->w->line_mem.fail_at = s->w->line_mem.calls + 1;

    sl_start(s);
    sr_run(s->w, WZP_S);
    sl_assert_state(s, WZP_LINE_RECONNECTING);
    assert_int_equal(sl_find(s, WZP__LINE_STATE)->why, WZP_ERR_NOMEM);
    assert_int_equal(s->registrations, 0);
    s->w->line_mem.fail_at = 0;
    sr_run(s->w, 5 * WZP_S);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    sl_free(s);
}

static wzp_err cannot_sign(void *user, const uint8_t *msg, size_t len,
                           uint8_t sig[WZP_SIG_LEN])
{
    (void)user;
    (void)msg;
    (void)len;
    (void)sig;
    return WZP_ERR_IO;
}

WZP_TEST(line_ends_when_the_key_store_does_not_sign)
{
    sl *s = sl_new();
    wzp__line_free(s->w->line);
    sr_make_line(s->w, cannot_sign);

    sl_start(s);
    sr_run(s->w, 60 * WZP_S);

    sl_assert_ended(s, WZP_ERR_IO);
    assert_int_equal(s->registrations, 0);
    sl_free(s);
}

WZP_TEST(line_new_leaves_nothing_behind_at_the_nth_allocation)
{
    sl *s = sl_new();
    fake_mem m = {0};
    const wzp__line_deps deps = {.mem = fake_mem_table(&m), .ep = s->w->ep};
    wzp_err e = WZP_ERR_NOMEM;
    for (size_t n = 1; e != WZP_OK; n++) {
        wzp__line *l = NULL;
        m.fail_at = m.calls + n;
        e = wzp__line_new(&l, &deps);
        m.fail_at = 0;
        assert_true(e == WZP_OK || e == WZP_ERR_NOMEM);
        wzp__line_free(l);
        assert_int_equal(m.held, 0);
        assert_true(n < 20);
    }
    sl_free(s);
}
