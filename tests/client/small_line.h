/* SPDX-License-Identifier: MIT */
/* A registration over the relay of small_relay.h, which registers as it is
 * told, in virtual time.
 */
#ifndef WZP_TEST_CLIENT_SMALL_LINE_H
#define WZP_TEST_CLIENT_SMALL_LINE_H

#include "client/small_relay.h"
#include "signal/line.h"

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

static inline uint32_t sl_caps(const sl *s)
{
    return s->mood == SL_OLD ? 0
           : s->mood == SL_NO_SIG1
               ? WZP_CAP_PRESENT | WZP_CAP_E2E1
               : WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1;
}

static inline void sl_ack(sl *s)
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
static inline void sl_check(sl *s, const wzp_sig_register_presence *r)
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

static inline void sl_register(sl *s, const wzp_sig_register_presence *r)
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

static inline void sl_signal(void *user, const wzp_signal *sig)
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

static inline sl *sl_new(void)
{
    sl *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->w = sr_new();
    s->w->on_signal = sl_signal;
    s->w->user = s;
    return s;
}

static inline void sl_free(sl *s)
{
    sr_free(s->w);
    free(s);
}

static inline wzp_register sl_reg(const sl *s)
{
    return (wzp_register){.relay = SR_RELAY,
                          .addrs = {s->w->relay_addr},
                          .n_addrs = 1,
                          .local = s->w->addr};
}

static inline void sl_start(sl *s)
{
    const wzp_register reg = sl_reg(s);
    ASSERT_OK(wzp__line_start(s->w->line, s->w->now, &reg));
}

static inline void sl_assert_state(const sl *s, wzp_line_state state)
{
    assert_int_equal(wzp__line_state(s->w->line), state);
}

/* Registered, and the notes empty. */
static inline void sl_registered(sl *s)
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

static inline void sl_assert_ended(const sl *s, wzp_err why)
{
    const wzp__line_event *ev = sl_find(s, WZP__LINE_ENDED);
    assert_non_null(ev);
    assert_int_equal(ev->why, why);
    assert_true(ev->text[0] != '\0');
    sl_assert_state(s, WZP_LINE_IDLE);
    assert_int_equal(wzp__line_conn(s->w->line), 0);
}

/* Registered once, then the relay has another certificate; `old` is the
 * first. */
static inline sl *with_changed_relay(uint8_t old[WZP_HASH_LEN])
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

#endif
