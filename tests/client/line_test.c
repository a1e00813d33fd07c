/* SPDX-License-Identifier: MIT */
/* The registration at a signal relay, with real endpoints in virtual time and a
 * relay of a few lines (small_relay.h) that registers as it is told: proof,
 * refusals, pins, `sig1`, coming back.
 */
#include "signal/line.h"

#include "client/small_relay.h"

#include <wzp/crypto/next_tls.h>

/* --- the relay's side ----------------------------------------------------- */

typedef enum sl_mood {
    SL_GOOD,
    SL_SILENT, /* no answer at all */
    SL_JUNK,   /* an answer that is not JSON, and a strange one, then a good */
    SL_OLD,    /* one of the seed's: no caps, no list of them */
    SL_NO_SIG1,
    SL_NO, /* success: false, with `error` */
    SL_CLOSES,
} sl_mood;

typedef struct sl {
    sr *w;
    sl_mood mood;
    wzp_str error;
    uint64_t code;
    size_t registrations;
    /* of the last one */
    wzp_err signature_err, binding_err;
    uint32_t caps;
    char alias[WZP_ALIAS_MAX];
    uint8_t identity[WZP_KEY_LEN];
    /* what came after it */
    size_t n_signals;
    wzp_signal_kind last_kind;
} sl;

static uint32_t sl_caps(const sl *s)
{
    return s->mood == SL_OLD ? 0
           : s->mood == SL_NO_SIG1
               ? WZP_CAP_PRESENT | WZP_CAP_E2E1
               : WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1;
}

static void sl_ack(sl *s)
{
    wzp_signal sig = {.kind = WZP_SIG_REGISTER_PRESENCE_ACK};
    sig.u.register_presence_ack = (wzp_sig_register_presence_ack){
        .success = s->mood != SL_NO,
        .error = s->mood == SL_NO ? s->error : WZP_STR_NONE,
        .relay_build = WZP_STR_NONE,
        .relay_region = WZP_STR_NONE,
        .caps = sl_caps(s),
        .next_tls = s->w->next_tls,
    };
    sr_send(s->w, &sig);
}

/* As a relay checks it: who, and this connection. */
static void sl_check(sl *s, const wzp_sig_register_presence *r)
{
    wzp_binding_input in = {.kind = WZP_BINDING_REGISTER};
    memcpy(in.exporter, s->w->exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, s->w->relay_cert, WZP_HASH_LEN);
    s->signature_err = wzp_register_verify(r->identity_pub, r->signature.ptr,
                                           r->signature.len);
    s->binding_err = wzp_binding_verify(r->identity_pub, &in, r->binding.ptr,
                                        r->binding.len);
    s->caps = r->caps;
    snprintf(s->alias, sizeof s->alias, "%.*s", (int)r->alias.len,
             r->alias.ptr);
    memcpy(s->identity, r->identity_pub, WZP_KEY_LEN);
}

static void sl_register(sl *s, const wzp_sig_register_presence *r)
{
    s->registrations++;
    sl_check(s, r);
    switch (s->mood) {
    case SL_SILENT: return;
    case SL_CLOSES:
        ASSERT_OK(wzp_endpoint_close(s->w->relay, s->w->now, s->w->relay_conn,
                                     s->code, "because"));
        return;
    case SL_JUNK:
        sr_send_text(s->w, "{\"RegisterPresenceAck\":");
        sr_send_text(s->w, "{\"CallRinging\":{\"call_id\":\"early\"}}");
        break;
    default: break;
    }
    sl_ack(s);
}

static void sl_signal(void *user, const wzp_signal *sig)
{
    sl *s = user;
    if (sig->kind == WZP_SIG_REGISTER_PRESENCE) {
        sl_register(s, &sig->u.register_presence);
    } else {
        s->n_signals++;
        s->last_kind = sig->kind;
    }
}

/* --- given and then ------------------------------------------------------- */

static sl *sl_new(void)
{
    sl *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->w = sr_new();
    s->w->on_signal = sl_signal;
    s->w->user = s;
    return s;
}

static void sl_free(sl *s)
{
    sr_free(s->w);
    free(s);
}

static wzp_register sl_reg(const sl *s)
{
    return (wzp_register){.relay = SR_RELAY,
                          .addrs = {s->w->relay_addr},
                          .n_addrs = 1,
                          .local = s->w->addr};
}

static void sl_start(sl *s)
{
    const wzp_register reg = sl_reg(s);
    ASSERT_OK(wzp__line_start(s->w->line, s->w->now, &reg));
}

static void sl_assert_state(const sl *s, wzp_line_state state)
{
    assert_int_equal(wzp__line_state(s->w->line), state);
}

/* Registered, and the notes empty. */
static void sl_registered(sl *s)
{
    sl_start(s);
    sr_run(s->w, WZP_S);
    sl_assert_state(s, WZP_LINE_REGISTERED);
    s->w->n_line_events = 0;
}

/* The last event of this kind, or NULL. */
static const wzp__line_event *sl_find(const sl *s, wzp__line_event_kind kind)
{
    for (size_t i = s->w->n_line_events; i > 0; i--) {
        if (s->w->line_events[i - 1].kind == kind) {
            return &s->w->line_events[i - 1];
        }
    }
    return NULL;
}

static void sl_assert_ended(const sl *s, wzp_err why)
{
    const wzp__line_event *ev = sl_find(s, WZP__LINE_ENDED);
    assert_non_null(ev);
    assert_int_equal(ev->why, why);
    assert_true(ev->text[0] != '\0');
    sl_assert_state(s, WZP_LINE_IDLE);
    assert_int_equal(wzp__line_conn(s->w->line), 0);
}

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

/* The line heard this close, of a registration that stood or was asked for. */
static void assert_obeyed(const sl *s, size_t row)
{
    if (closes[row].is_final) {
        sl_assert_ended(s, closes[row].why);
        assert_non_null(strstr(sl_find(s, WZP__LINE_ENDED)->text, "because"));
    } else {
        sl_assert_state(s, WZP_LINE_RECONNECTING);
        const wzp__line_event *ev = sl_find(s, WZP__LINE_STATE);
        assert_int_equal(ev->why, closes[row].why);
        assert_true(ev->text[0] != '\0');
        assert_true(ev->retry_ms > 0);
    }
}

static void close_row(size_t row)
{
    sl *s = sl_new();
    sl_registered(s);

    ASSERT_OK(wzp_endpoint_close(s->w->relay, s->w->now, s->w->relay_conn,
                                 closes[row].code, "because"));
    sr_run(s->w, 100 * WZP_MS);
    assert_obeyed(s, row);
    sr_run(s->w, 120 * WZP_S);

    sl_assert_state(s,
                    closes[row].is_final ? WZP_LINE_IDLE : WZP_LINE_REGISTERED);
    sl_free(s);
}
WZP_ROWS(line_obeys_the_reason_a_relay_closes_with, closes_count, close_row);

static void door_row(size_t row)
{
    sl *s = sl_new();
    s->mood = SL_CLOSES;
    s->code = closes[row].code;

    sl_start(s);
    sr_run(s->w, 100 * WZP_MS);

    assert_obeyed(s, row);
    sl_free(s);
}
WZP_ROWS(line_obeys_the_reason_it_is_turned_away_with, closes_count, door_row);

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

/* --- pins ----------------------------------------------------------------- */

WZP_TEST(line_pins_a_relay_it_sees_first_when_that_registered_it)
{
    sl *s = sl_new();
    s->mood = SL_SILENT;
    sl_start(s);
    sr_run(s->w, WZP_S);
    const wzp__line_event *ev = sl_find(s, WZP__LINE_PIN);
    assert_non_null(ev);
    assert_true(ev->is_first);
    assert_memory_equal(ev->seen, s->w->relay_cert, WZP_HASH_LEN);
    assert_false(sr_is_pinned(s->w, s->w->relay_cert));

    s->mood = SL_GOOD;
    sr_run(s->w, 12 * WZP_S);

    assert_true(sr_is_pinned(s->w, s->w->relay_cert));
    sl_free(s);
}

WZP_TEST(line_says_nothing_of_a_pin_that_fits)
{
    sl *s = sl_new();
    ASSERT_OK(wzp__pins_set(s->w->pins, SR_RELAY, s->w->relay_cert, 5));

    sl_start(s);
    sr_run(s->w, WZP_S);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_null(sl_find(s, WZP__LINE_PIN));
    sl_free(s);
}

/* Registered once, then the relay has another certificate; `old` is the
 * first. */
static sl *with_changed_relay(uint8_t old[WZP_HASH_LEN])
{
    sl *s = sl_new();
    sl_registered(s);
    assert_true(s->w->data_packets > 0); /* what the count is worth */
    wzp__line_stop(s->w->line, s->w->now);
    sr_run(s->w, WZP_S);
    memcpy(old, s->w->relay_cert, WZP_HASH_LEN);
    sr_replace_relay(s->w, 77);
    s->w->n_line_events = 0;
    s->w->data_packets = 0;
    sl_start(s);
    sr_run(s->w, WZP_S);
    return s;
}

WZP_TEST(line_asks_when_the_certificate_has_changed_and_says_nothing_to_it)
{
    uint8_t old[WZP_HASH_LEN];
    sl *s = with_changed_relay(old);

    sl_assert_state(s, WZP_LINE_PIN_DECISION);
    const wzp__line_event *ev = sl_find(s, WZP__LINE_PIN);
    assert_non_null(ev);
    assert_false(ev->is_first);
    assert_memory_equal(ev->pinned, old, WZP_HASH_LEN);
    assert_memory_equal(ev->seen, s->w->relay_cert, WZP_HASH_LEN);
    assert_int_equal(sl_find(s, WZP__LINE_STATE)->why, WZP_ERR_PIN);
    sr_run(s->w, 600 * WZP_S);
    sl_assert_state(s, WZP_LINE_PIN_DECISION); /* and waits for it */
    assert_int_equal(s->registrations, 1);
    assert_int_equal(s->w->data_packets, 0);
    sl_free(s);
}

WZP_TEST(line_goes_on_with_a_changed_certificate_when_accepted)
{
    uint8_t old[WZP_HASH_LEN];
    sl *s = with_changed_relay(old);

    ASSERT_OK(wzp__line_pin_decide(s->w->line, s->w->now, true));
    sr_run(s->w, WZP_S);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_true(sr_is_pinned(s->w, s->w->relay_cert));
    sl_free(s);
}

WZP_TEST(line_ends_with_a_changed_certificate_when_refused)
{
    uint8_t old[WZP_HASH_LEN];
    sl *s = with_changed_relay(old);

    ASSERT_OK(wzp__line_pin_decide(s->w->line, s->w->now, false));
    sr_run(s->w, 60 * WZP_S);

    sl_assert_ended(s, WZP_ERR_PIN);
    assert_true(sr_is_pinned(s->w, old));
    assert_non_null(
        strstr(sl_find(s, WZP__LINE_ENDED)->text, "only if they say so"));
    sl_free(s);
}

WZP_TEST(line_takes_no_decision_nobody_asked_for)
{
    sl *s = sl_new();
    assert_int_equal(wzp__line_pin_decide(s->w->line, s->w->now, true),
                     WZP_ERR_STATE);
    sl_registered(s);
    assert_int_equal(wzp__line_pin_decide(s->w->line, s->w->now, true),
                     WZP_ERR_STATE);
    sl_free(s);
}

WZP_TEST(line_with_an_explicit_pin_takes_that_relay_and_no_other)
{
    sl *s = sl_new();
    wzp_register reg = sl_reg(s);
    reg.has_pin = true;
    memcpy(reg.pin, s->w->relay_cert, WZP_HASH_LEN);
    ASSERT_OK(wzp__line_start(s->w->line, s->w->now, &reg));
    sr_run(s->w, WZP_S);
    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_false(sr_is_pinned(s->w, s->w->relay_cert)); /* nothing is kept */
    wzp__line_stop(s->w->line, s->w->now);
    sr_run(s->w, WZP_S);
    s->w->n_line_events = 0;

    reg.pin[0] ^= 1;
    ASSERT_OK(wzp__line_start(s->w->line, s->w->now, &reg));
    sr_run(s->w, 60 * WZP_S);

    sl_assert_ended(s, WZP_ERR_PIN);
    assert_int_equal(s->registrations, 1);
    sl_free(s);
}

WZP_TEST(line_takes_the_successor_that_its_ack_announced)
{
    const wzp_unix_s not_before = 1700086400;
    for (int is_announced = 0; is_announced < 2; is_announced++) {
        sl *s = sl_new();
        uint8_t seed[WZP_KEY_LEN];
        memset(seed, 77, sizeof seed);
        wzp_next_tls *next = &s->w->next_tls;
        ASSERT_OK(wzp_endpoint_cert_hash_of(seed, next->sha256));
        memset(seed, 2, sizeof seed); /* the relay's */
        next->has = is_announced == 1;
        next->not_before = not_before;
        wzp_next_tls_sign(seed, next->sha256, not_before, next->sig);
        sl_registered(s);
        s->w->unix_now = not_before;
        next->has = false;

        sr_replace_relay(s->w, 77);
        sr_run(s->w, 60 * WZP_S);

        sl_assert_state(s, is_announced == 1 ? WZP_LINE_REGISTERED
                                             : WZP_LINE_PIN_DECISION);
        sl_free(s);
    }
}

WZP_TEST(line_stands_and_keeps_the_pin_when_an_announcement_is_forged)
{
    sl *s = sl_new();
    s->w->next_tls.has = true; /* and no signature */
    s->w->next_tls.not_before = s->w->unix_now;
    uint8_t seed[WZP_KEY_LEN];
    memset(seed, 77, sizeof seed);
    ASSERT_OK(wzp_endpoint_cert_hash_of(seed, s->w->next_tls.sha256));

    sl_registered(s);
    assert_true(sr_is_pinned(s->w, s->w->relay_cert));
    sr_replace_relay(s->w, 77);
    sr_run(s->w, 60 * WZP_S);

    sl_assert_state(s, WZP_LINE_PIN_DECISION);
    sl_free(s);
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
