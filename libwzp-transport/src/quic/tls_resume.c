/* SPDX-License-Identifier: MIT */
/* Session resumption of one connection: the ticket that is offered, what it
 * stands for, and the next one that comes after the handshake. The keys of a
 * listener are in ticket_keys.c, a dialler's tickets in tickets.c.
 */
#include "quic/clock.h"
#include "quic/tls.h"
#include "quic/wipe.h"

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <stdio.h>
#include <string.h>

enum {
    NEW_SESSION_TICKET = 4, /* RFC 8446 section 4 */
    MESSAGE_HEAD = 4,
};

/* So long a dialler keeps its TLS object for a ticket. chosen: longer than a
 * round trip on any path that carries voice. */
#define TICKET_WAIT (2 * WZP_S)

wzp_err wzp__tls_resume(wzp__tls *tls, const wzp_mem *mem, const wzp_rng *rng,
                        bool gives, size_t n_kept)
{
    tls->mem = *mem;
    if (gives && tls->server != NULL) {
        tls->ticket_keys = wzp_mem_new(mem, sizeof *tls->ticket_keys);
        if (tls->ticket_keys == NULL) {
            return WZP_ERR_NOMEM;
        }
        wzp__ticket_keys_init(tls->ticket_keys, rng);
        if (!wzp__ticket_keys_use(tls->ticket_keys, tls->server)) {
            return WZP_ERR_TLS;
        }
    }
    if (n_kept == 0) {
        return WZP_OK;
    }
    tls->tickets = wzp_mem_new(mem, sizeof *tls->tickets);
    return tls->tickets == NULL ? WZP_ERR_NOMEM
                                : wzp__tickets_init(tls->tickets, mem, n_kept);
}

void wzp__tls_at(const wzp__tls *tls, wzp_tstamp now)
{
    wzp__clock_at(now);
    if (tls->ticket_keys != NULL) {
        wzp__ticket_keys_at(tls->ticket_keys, now);
    }
}

wzp_err wzp__tls_wish_ticket(wzp__tls_session *s, wzp_tstamp now,
                             const wzp_dial *dial)
{
    wzp__ticket ticket;
    s->wish = wzp_mem_new(&s->mem, sizeof *s->wish);
    if (s->wish == NULL) {
        return WZP_ERR_NOMEM;
    }
    wzp__ticket_origin *from = &s->wish->from;
    from->remote = dial->remote;
    (void)snprintf(from->sni, sizeof from->sni, "%s",
                   dial->sni != NULL ? dial->sni : "");
    if (!dial->resumes) {
        return WZP_OK;
    }
    memcpy(from->cert, dial->resume_cert, sizeof from->cert);
    if (wzp__tickets_take(s->tls->tickets, now, from, &ticket)) {
        s->wish->is_offered =
            wolfSSL_set_session(s->ssl, ticket.session) == WOLFSSL_SUCCESS;
        *from = ticket.from;
        wolfSSL_SESSION_free(ticket.session);
    }
    return WZP_OK;
}

void wzp__tls_settle_wish(wzp__tls_session *s, wzp_tstamp now)
{
    wzp__tls_facts *f = s->facts;
    wzp__ticket_origin *from = &s->wish->from;
    if (f->is_resumed && s->wish->is_offered) {
        f->has_peer_cert = true;
        memcpy(f->peer_cert, from->cert, sizeof f->peer_cert);
        f->has_peer_key = from->has_key;
        memcpy(f->peer_key, from->key, sizeof f->peer_key);
    }
    memcpy(from->cert, f->peer_cert, sizeof from->cert);
    from->has_key = f->has_peer_key;
    memcpy(from->key, f->peer_key, sizeof from->key);
    s->wish->until = now + TICKET_WAIT;
}

void wzp__tls_end_wish(wzp__tls_session *s)
{
    if (s->wish != NULL) {
        wzp__wipe(s->wish, sizeof *s->wish);
        wzp_mem_free(&s->mem, s->wish, sizeof *s->wish);
        s->wish = NULL;
    }
}

/* Keep what wolfSSL has read, if that is a ticket we can use. */
static void keep_ticket(wzp__tls_session *s, wzp_tstamp now)
{
    WOLFSSL_SESSION *session = wolfSSL_get1_session(s->ssl);
    if (session == NULL) {
        return;
    }
    if (wolfSSL_SESSION_has_ticket(session) != 1 ||
        wolfSSL_SESSION_get_max_early_data(session) != 0) {
        wolfSSL_SESSION_free(session); /* it would be used for early data */
        return;
    }
    const wzp_tstamp given =
        (wzp_tstamp)wolfSSL_SESSION_get_timeout(session) * WZP_S;
    const wzp_tstamp most = WZP__TICKET_SECONDS * WZP_S;
    wzp__tickets_put(s->tls->tickets, now + (given < most ? given : most),
                     &s->wish->from, session);
}

/* Room is left for bytes of one message, which must be a ticket. wolfSSL would
 * act on others: on a KeyUpdate, which QUIC forbids, with new keys. */
static bool take_bytes(wzp__tls_wish *w, const uint8_t *data, size_t len)
{
    const size_t room = sizeof w->message - w->len;
    const size_t n = len < room ? len : room;
    memcpy(w->message + w->len, data, n);
    w->len += n;
    if (w->len < MESSAGE_HEAD) {
        return true;
    }
    w->need = MESSAGE_HEAD + ((size_t)w->message[1] << 16 |
                              (size_t)w->message[2] << 8 | w->message[3]);
    return w->message[0] == NEW_SESSION_TICKET && w->need <= sizeof w->message;
}

void wzp__tls_recv_late(wzp__tls_session *s, wzp_tstamp now,
                        const uint8_t *data, size_t len)
{
    wzp__tls_wish *w = s->wish;
    if (s->ssl == NULL || w == NULL) {
        return;
    }
    if (!take_bytes(w, data, len)) {
        wzp__tls_end_wish(s);
        return;
    }
    if (w->len < MESSAGE_HEAD || w->len < w->need) {
        return;
    }
    /* wolfSSL refuses the 32-byte nonces of rustls's tickets. */
    if (wolfSSL_provide_quic_data(s->ssl, wolfssl_encryption_application,
                                  w->message, w->need) == WOLFSSL_SUCCESS &&
        wolfSSL_process_quic_post_handshake(s->ssl) == WOLFSSL_SUCCESS) {
        keep_ticket(s, now);
    }
    wzp__tls_end_wish(s);
}

bool wzp__tls_awaits(const wzp__tls_session *s, wzp_tstamp now)
{
    return s->ssl != NULL && s->wish != NULL && now < s->wish->until;
}
