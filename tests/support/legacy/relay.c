/* SPDX-License-Identifier: MIT */
/* See relay.h. */
#include "relay.h"

#include "hand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKETS 1024
#define LINGER  (100 * WZP_MS) /* spec/wire.md 5.2 */

static wzp_legacy_conn *find(wzp_legacy_relay *r, wzp_conn_id id)
{
    for (size_t i = 0; i < WZP_LEGACY_CONNS; i++) {
        if (r->conns[i].id == id) {
            return &r->conns[i];
        }
    }
    return NULL;
}

static void hang_up(wzp_legacy_relay *r, wzp_tstamp now, wzp_conn_id id,
                    const char *reason)
{
    wzp_ignore(wzp_endpoint_close(r->ep, now, id, 0, reason), "gone already");
}

/* --- rooms --- */

static bool shares(const wzp_legacy_conn *c, const char *sni)
{
    return c->id != 0 && c->is_member && strcmp(c->sni, sni) == 0;
}

static void tell_room(wzp_legacy_relay *r, wzp_tstamp now, const char *sni)
{
    wzp_legacy_name who[WZP_LEGACY_CONNS];
    char json[8192];
    size_t n = 0;
    for (size_t i = 0; i < WZP_LEGACY_CONNS; i++) {
        if (shares(&r->conns[i], sni)) {
            who[n++] = r->conns[i].name;
        }
    }
    size_t len = wzp_legacy_room_update(json, sizeof json, who, n);
    for (size_t i = 0; i < WZP_LEGACY_CONNS; i++) {
        if (shares(&r->conns[i], sni)) {
            wzp_ignore(
                wzp_endpoint_send_signal(r->ep, now, r->conns[i].id, json, len),
                "a member that is going");
        }
    }
}

/* Parsed and written anew: the two unused bits of byte 1 become 0. */
static void forward(wzp_legacy_relay *r, wzp_tstamp now,
                    const wzp_legacy_conn *from, wzp_pkt *pkt)
{
    wzp_legacy_media m;
    r->media++;
    if (!wzp_legacy_read(pkt->data, pkt->len, &m)) {
        r->malformed++;
        return;
    }
    r->not_plain += m.reserved != 0;
    pkt->data[1] &= 0xFC;
    for (size_t i = 0; i < WZP_LEGACY_CONNS; i++) {
        if (&r->conns[i] != from && shares(&r->conns[i], from->sni)) {
            wzp_ignore(wzp_endpoint_send_dgram(r->ep, now, r->conns[i].id, pkt),
                       "too large, or going");
        }
    }
}

/* --- the handshake --- */

static void join(wzp_legacy_relay *r, wzp_tstamp now, wzp_legacy_conn *c,
                 const wzp_legacy_hand *offer, const char *json, size_t len)
{
    wzp_legacy_hand hand;
    char answer[2048];
    wzp_legacy_hand_make(&hand, r->identity, &r->rng, "call-answer");
    size_t n = wzp_legacy_answer(answer, sizeof answer, hand.identity,
                                 hand.ephemeral, hand.signature);
    wzp_ignore(wzp_endpoint_send_signal(r->ep, now, c->id, answer, n),
               "then it is going");
    c->is_member = true;
    memset(&c->name, 0, sizeof c->name);
    if (!r->hides_names) {
        wzp_legacy_fingerprint(offer->identity, r->shouts_names,
                               c->name.fingerprint);
    }
    (void)wzp_legacy_text(json, len, "alias", 0, c->name.alias,
                          sizeof c->name.alias);
    r->joins++;
    tell_room(r, now, c->sni);
}

static void on_signal(wzp_legacy_relay *r, wzp_tstamp now, wzp_legacy_conn *c,
                      const char *json, size_t len)
{
    wzp_legacy_hand offer;
    if (c->is_member) {
        r->signals_after++;
        return;
    }
    if (!wzp_legacy_is(json, len, "CallOffer") ||
        !wzp_legacy_bytes(json, len, "identity_pub", offer.identity, 32) ||
        !wzp_legacy_bytes(json, len, "ephemeral_pub", offer.ephemeral, 32) ||
        !wzp_legacy_bytes(json, len, "signature", offer.signature, 64) ||
        !wzp_legacy_hand_is_good(&offer, "call-offer")) {
        r->bad_offers++;
        hang_up(r, now, c->id, "normal close");
        return;
    }
    join(r, now, c, &offer, json, len);
}

static void on_accepted(wzp_legacy_relay *r, wzp_tstamp now,
                        const wzp_ep_action *a)
{
    static const char hash[] = "9377a90";
    wzp_legacy_conn *c = find(r, 0);
    if (c == NULL) {
        abort();
    }
    *c = (wzp_legacy_conn){.id = a->conn, .close_at = WZP_NEVER};
    (void)snprintf(c->sni, sizeof c->sni, "%s",
                   a->u.up.sni[0] == '\0' ? "default" : a->u.up.sni);
    (void)snprintf(r->last_sni, sizeof r->last_sni, "%s", a->u.up.sni);
    if (strcmp(c->sni, "ping") == 0) {
        hang_up(r, now, c->id, "");
    } else if (strcmp(c->sni, "version") == 0) {
        wzp_ignore(
            wzp_endpoint_send_uni(r->ep, now, c->id, hash, sizeof hash - 1),
            "then it is going");
        c->close_at = now + LINGER;
    }
}

static void on_closed(wzp_legacy_relay *r, wzp_tstamp now, wzp_legacy_conn *c,
                      const wzp_ep_action *a)
{
    const wzp_legacy_conn gone = *c;
    *c = (wzp_legacy_conn){0};
    r->close_code = a->u.closed.code;
    if (gone.is_member) {
        tell_room(r, now, gone.sni);
    }
}

static void on_action(wzp_legacy_relay *r, wzp_tstamp now,
                      const wzp_ep_action *a)
{
    if (a->kind == WZP_EP_ACCEPTED) {
        on_accepted(r, now, a);
        return;
    }
    wzp_legacy_conn *c = find(r, a->conn);
    if (c == NULL) {
        return;
    }
    if (a->kind == WZP_EP_SIGNAL) {
        on_signal(r, now, c, a->u.signal.data, a->u.signal.len);
    } else if (a->kind == WZP_EP_DGRAM && c->is_member) {
        forward(r, now, c, a->u.dgram);
    } else if (a->kind == WZP_EP_CLOSED) {
        on_closed(r, now, c, a);
    }
}

/* --- the machine --- */

static void machine_recv(void *m, wzp_tstamp now, const wzp_addr *local,
                         const wzp_addr *remote, const uint8_t *data,
                         size_t len)
{
    wzp_legacy_relay *r = m;
    wzp_endpoint_recv(r->ep, now, local, remote, data, len);
}

static void machine_expire(void *m, wzp_tstamp now)
{
    wzp_legacy_relay *r = m;
    wzp_endpoint_expire(r->ep, now);
    for (size_t i = 0; i < WZP_LEGACY_CONNS; i++) {
        wzp_legacy_conn *c = &r->conns[i];
        if (c->id != 0 && c->close_at <= now) {
            c->close_at = WZP_NEVER;
            hang_up(r, now, c->id, "");
        }
    }
}

static wzp_tstamp machine_deadline(void *m)
{
    const wzp_legacy_relay *r = m;
    wzp_tstamp at = wzp_endpoint_deadline(r->ep);
    for (size_t i = 0; i < WZP_LEGACY_CONNS; i++) {
        const wzp_legacy_conn *c = &r->conns[i];
        at = c->id != 0 && c->close_at < at ? c->close_at : at;
    }
    return at;
}

static bool machine_poll(void *m, wzp_tstamp now, wzp_addr *local,
                         wzp_addr *remote, const uint8_t **data, size_t *len)
{
    wzp_legacy_relay *r = m;
    wzp_ep_action a;
    while (wzp_endpoint_poll(r->ep, now, &a)) {
        if (a.kind == WZP_EP_SEND) {
            *local = a.u.send.local;
            *remote = a.u.send.remote;
            *data = a.u.send.data;
            *len = a.u.send.len;
            return true;
        }
        on_action(r, now, &a);
    }
    return false;
}

wzp_uv_machine wzp_legacy_relay_machine(wzp_legacy_relay *r)
{
    return (wzp_uv_machine){.recv = machine_recv,
                            .expire = machine_expire,
                            .deadline = machine_deadline,
                            .poll_send = machine_poll,
                            .machine = r};
}

/* --- life --- */

void wzp_legacy_relay_init(wzp_legacy_relay *r, uint8_t seed,
                           const uint8_t *tls_seed, const wzp_rng *rng,
                           wzp_tstamp now)
{
    *r = (wzp_legacy_relay){.rng = *rng};
    r->identity = wzp_legacy_identity(seed);
    r->ep = wzp_legacy_endpoint(&r->pool, PACKETS, rng, tls_seed, now);
}

void wzp_legacy_relay_deinit(wzp_legacy_relay *r)
{
    wzp_endpoint_free(r->ep);
    wzp_pkt_pool_free(r->pool);
    wzp_seed_identity_free(r->identity);
}
