/* SPDX-License-Identifier: MIT */
/* Before a connection is in, see door.h.
 */
#include "door.h"

#include "join.h"
#include "signal/register.h"
#include "signal/serve.h"

#include <wzp/crypto/wipe.h>

/* Messages read before a CallOffer or RegisterPresence: AuthToken, and what is
 * unknown. chosen. */
enum { MESSAGES_BEFORE_IN = 8 };

/* What this peer must say to get in. */
static wzp_signal_kind key_of(const wzp__peer *peer)
{
    return peer->state == WZP__PEER_WAIT_OFFER ? WZP_SIG_CALL_OFFER
                                               : WZP_SIG_REGISTER_PRESENCE;
}

/* Before its token was looked at: the token, then one message more. */
static void before_granted(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                           const wzp_signal *sig, wzp_str json)
{
    if (peer->auth.state == WZP__AUTH_ASKED) {
        wzp_err e = sig->kind == key_of(peer)
                        ? wzp__auth_hold(&relay->cfg.mem, &peer->auth, json)
                        : WZP_ERR_PROTOCOL;
        if (e != WZP_OK) {
            wzp__join_refuse_for(relay, now, peer, e, NULL);
        }
        return;
    }
    if (sig->kind != WZP_SIG_AUTH_TOKEN) {
        wzp__join_refuse_for(relay, now, peer, WZP_ERR_AUTH,
                             "this relay wants an AuthToken first");
        return;
    }
    const wzp_str token = sig->u.auth_token.token;
    wzp_err e = wzp__auth_ask(&relay->asks, &peer->auth, peer->conn, token);
    wzp_wipe((char *)token.ptr, token.len); /* it is in our arena */
    if (e != WZP_OK) {
        wzp__join_refuse_for(relay, now, peer, e, NULL);
        return;
    }
    relay->stats.auth_asked++;
}

static void on_early(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                     wzp_str json)
{
    wzp_signal sig;
    wzp_arena_reset(relay->in_arena);
    wzp_err e = wzp_signal_decode(relay->in_arena, json.ptr, json.len,
                                  WZP_SIGNAL_MAX_EARLY, &sig);
    if (e == WZP_OK && relay->cfg.asks_auth &&
        peer->auth.state != WZP__AUTH_GRANTED) {
        before_granted(relay, now, peer, &sig, json);
        return;
    }
    if (e == WZP_OK && sig.kind == key_of(peer)) {
        if (sig.kind == WZP_SIG_CALL_OFFER) {
            wzp__join_offer(relay, now, peer, &sig.u.call_offer);
        } else {
            wzp__register(relay, now, peer, &sig.u.register_presence);
        }
        return;
    }
    if (e != WZP_OK) {
        wzp__serve_count_error(&relay->egress, peer->conn, e);
    }
    /* Clients of relays that ask for a token may send it anyhow. */
    bool is_skipped =
        e == WZP_ERR_VARIANT || (e == WZP_OK && sig.kind == WZP_SIG_AUTH_TOKEN);
    if (!is_skipped || peer->messages >= MESSAGES_BEFORE_IN) {
        wzp__join_refuse_for(relay, now, peer, WZP_ERR_PROTOCOL,
                             e != WZP_OK ? wzp_strerror(e)
                             : key_of(peer) == WZP_SIG_CALL_OFFER
                                 ? "expected a CallOffer"
                                 : "expected a RegisterPresence");
    }
}

static bool is_at_the_door(const wzp__peer *peer)
{
    return peer->state == WZP__PEER_WAIT_OFFER ||
           peer->state == WZP__PEER_WAIT_REGISTER;
}

void wzp__door_signal(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                      wzp_str json)
{
    if (!is_at_the_door(peer)) {
        return;
    }
    relay->stats.signals_in++;
    peer->messages++;
    on_early(relay, now, peer, json);
}

wzp_err wzp__door_auth(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                       bool ok, const uint8_t *fingerprint)
{
    if (peer == NULL || peer->auth.state == WZP__AUTH_WANTED ||
        peer->state == WZP__PEER_REFUSED || peer->state == WZP__PEER_CLOSING) {
        return WZP_ERR_NOT_FOUND;
    }
    if (!ok && !is_at_the_door(peer)) {
        wzp__join_close(relay, now, peer, WZP_CLOSE_AUTH,
                        "the AuthToken is no longer accepted", WZP_ERR_AUTH);
        return WZP_OK;
    }
    if (!ok) {
        wzp__join_refuse_for(relay, now, peer, WZP_ERR_AUTH,
                             "the AuthToken was not accepted");
        return WZP_OK;
    }
    if (peer->auth.state == WZP__AUTH_GRANTED) {
        return WZP_OK; /* said before; whose it is stays */
    }
    wzp__kept held = wzp__auth_grant(&peer->auth, fingerprint);
    if (held.text != NULL) {
        on_early(relay, now, peer, (wzp_str){held.text, held.len});
        wzp__kept_free(&relay->cfg.mem, &held);
    }
    return WZP_OK;
}
