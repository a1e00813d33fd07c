/* SPDX-License-Identifier: MIT */
/* From accepted to member to gone, see join.h and the diagram in peer.h.
 */
#include "join.h"

#include "classify.h"
#include "room/roster.h"
#include "signal/budget.h"
#include "signal/register.h"

#include <wzp/crypto/wipe.h>
#include <wzp/proto/fingerprint.h>

#include <inttypes.h>
#include <string.h>

/* Of the address (wzp_endpoint_charge). chosen: who has nothing to show gets
 * ten times less often to the door. */
enum { POINTS_WRONG = 10 };

#define VERSION_LINGER (100 * WZP_MS) /* spec/wire.md 5.2 */

/* --- telling -------------------------------------------------------------- */

void wzp__join_tell(wzp_relay *relay, wzp_tstamp now, wzp_relay_event_kind kind,
                    const wzp__peer *peer, wzp_err err)
{
    wzp_relay_event ev = {
        .kind = kind, .remote = peer->remote, .err = err, .conn = peer->conn};
    if (peer->member != NULL) {
        memcpy(ev.fingerprint, peer->member->fingerprint,
               sizeof ev.fingerprint);
    }
    if (peer->state == WZP__PEER_REGISTERED) {
        wzp_fingerprint_encode(peer->desk->fingerprint, ev.fingerprint);
        ev.is_verified = peer->desk->is_verified;
    }
    if (wzp__event_queue_insert(&relay->events, &ev, peer->name)) {
        relay->stats.events_dropped++;
    }
    static const char *const names[] = {
        [WZP_RELAY_JOINED] = "room.join",
        [WZP_RELAY_LEFT] = "room.leave",
        [WZP_RELAY_REFUSED] = "join.refused",
        [WZP_RELAY_REGISTERED] = "signal.register",
        [WZP_RELAY_UNREGISTERED] = "signal.unregister",
    };
    if (!wzp__budget_take(&relay->log_budget, now, 0, 1)) {
        return; /* the events and the counters have it */
    }
    char remote[WZP_ADDR_TEXT_MAX];
    wzp_addr_encode(&peer->remote, remote);
    WZP_LOG(&relay->cfg.log, WZP_LOG_INFO, "relay", names[kind],
            "conn=%" PRIu64 " remote=%s room=%s fp=%s err=%s%s", peer->conn,
            remote, peer->name, ev.fingerprint, wzp_err_name(err),
            ev.is_verified ? " verified" : "");
}

static void count_refusal(wzp_relay_stats *stats, const wzp__verdict *verdict)
{
    if (verdict->is_by_rule) {
        stats->refused_rule++;
        return;
    }
    switch (verdict->err) {
    case WZP_ERR_LEGACY: stats->refused_legacy++; break;
    case WZP_ERR_ROOM_FULL:
    case WZP_ERR_SID:
    case WZP_ERR_NOMEM: stats->refused_full++; break;
    case WZP_ERR_TIMEOUT: stats->refused_timeout++; break;
    case WZP_ERR_RATE: stats->refused_rate++; break;
    case WZP_ERR_PROTOCOL:
    case WZP_ERR_NAME:
    case WZP_ERR_NOT_ALLOWED: stats->refused_protocol++; break;
    default: stats->refused_auth++; break;
    }
}

/* --- out ------------------------------------------------------------------ */

void wzp__join_room_changed(wzp_relay *relay, wzp_tstamp now, wzp__room *room)
{
    if (relay->is_draining) {
        return; /* everybody is told to go */
    }
    wzp__roster_flush(room, &relay->egress, now);
    wzp_tstamp due = wzp__roster_deadline(room);
    if (due < relay->roster_due) {
        relay->roster_due = due;
    }
}

/* Out of its room or registration, if it is in one. */
static void leave(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                  wzp_err err)
{
    wzp__room *room = peer->room;
    wzp__register_left(relay, now, peer, err);
    wzp__auth_drop(&relay->asks, &peer->auth);
    if (peer->member == NULL) {
        return;
    }
    wzp__join_tell(relay, now, WZP_RELAY_LEFT, peer, err);
    relay->stats.left++;
    relay->members--;
    wzp__roster_left(room, peer->member);
    wzp__room_remove(room, peer->member);
    peer->member = NULL;
    peer->room = NULL;
    if (room->n == 0) {
        wzp__room_table_remove(&relay->rooms, room);
        return;
    }
    wzp__join_room_changed(relay, now, room);
}

void wzp__join_close(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                     uint64_t code, const char *reason, wzp_err err)
{
    leave(relay, now, peer, err);
    wzp__peer_enter(&relay->peers, peer, WZP__PEER_CLOSING, WZP_NEVER);
    wzp_ignore(wzp_endpoint_close(relay->ep, now, peer->conn, code, reason),
               "gone already: WZP_EP_CLOSED is on its way");
}

void wzp__join_gone(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                    wzp_err err)
{
    leave(relay, now, peer, err);
    wzp__peers_remove(&relay->peers, peer);
}

/* Made to cost us work or a place, or by a client that will not get better by
 * trying again; a full relay and an old client are no fault of the address. */
static bool is_wrong(wzp_err err)
{
    return err != WZP_ERR_LEGACY && err != WZP_ERR_ROOM_FULL &&
           err != WZP_ERR_SID && err != WZP_ERR_NOMEM && err != WZP_ERR_RATE &&
           err != WZP_ERR_IO;
}

/* Its token lies with our host: it has said what it can. */
static bool waits_for_us(const wzp__peer *peer)
{
    return peer->auth.state == WZP__AUTH_ASKED;
}

static void refuse_with(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                        const wzp__verdict *verdict)
{
    count_refusal(&relay->stats, verdict);
    if (is_wrong(verdict->err) &&
        !(verdict->err == WZP_ERR_TIMEOUT && waits_for_us(peer))) {
        wzp_ignore(
            wzp_endpoint_charge(relay->ep, now, peer->conn, POINTS_WRONG),
            "it is refused anyhow");
    }
    wzp__join_tell(relay, now, WZP_RELAY_REFUSED, peer, verdict->err);
    /* To a client an Ack that says no is final. What may be otherwise the next
     * time is said by the close alone. */
    if (peer->state == WZP__PEER_WAIT_REGISTER &&
        verdict->code != WZP_CLOSE_FULL && verdict->code != WZP_CLOSE_SLOW) {
        wzp__auth_drop(&relay->asks, &peer->auth);
        wzp__register_refused(relay, now, peer, verdict);
        return;
    }
    wzp__join_close(relay, now, peer, verdict->code, verdict->reason,
                    verdict->err);
}

static void refuse(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                   wzp_err err, uint64_t code, const char *reason)
{
    wzp__verdict verdict = {.err = err, .code = code, .reason = reason};
    refuse_with(relay, now, peer, &verdict);
}

void wzp__join_refuse_for(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                          wzp_err err, const char *reason)
{
    wzp__verdict verdict;
    memset(&verdict, 0, sizeof verdict);
    wzp__admit_refusal(err, &verdict);
    if (reason != NULL) {
        verdict.reason = reason;
    }
    refuse_with(relay, now, peer, &verdict);
}

/* --- accepted ------------------------------------------------------------- */

static void serve_version(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer)
{
    wzp_err e = wzp_endpoint_send_uni(relay->ep, now, peer->conn, relay->build,
                                      strlen(relay->build));
    if (e != WZP_OK) {
        wzp__join_close(relay, now, peer, WZP_CLOSE_NORMAL, "version", e);
        return;
    }
    wzp__peer_enter(&relay->peers, peer, WZP__PEER_VERSION,
                    now + VERSION_LINGER);
}

static void enter_role(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                       wzp__role role)
{
    switch (role) {
    case WZP__ROLE_ROOM:
        wzp__peer_enter(&relay->peers, peer, WZP__PEER_WAIT_OFFER,
                        now + relay->cfg.join_timeout);
        break;
    case WZP__ROLE_SIGNAL:
        wzp__peer_enter(&relay->peers, peer, WZP__PEER_WAIT_REGISTER,
                        now + relay->cfg.join_timeout);
        break;
    case WZP__ROLE_VERSION: serve_version(relay, now, peer); break;
    case WZP__ROLE_PING:
        wzp__join_close(relay, now, peer, WZP_CLOSE_NORMAL, "ping", WZP_OK);
        break;
    case WZP__ROLE_CALL:
        refuse(relay, now, peer, WZP_ERR_NOT_ALLOWED, WZP_CLOSE_NOT_ALLOWED,
               "no such call on this relay");
        break;
    case WZP__ROLE_RESERVED:
        refuse(relay, now, peer, WZP_ERR_NOT_ALLOWED, WZP_CLOSE_NOT_ALLOWED,
               "this service is not available on this relay");
        break;
    case WZP__ROLE_BAD_NAME:
        refuse(relay, now, peer, WZP_ERR_NAME, WZP_CLOSE_NOT_ALLOWED,
               "room name not allowed");
        break;
    }
}

void wzp__join_accepted(wzp_relay *relay, wzp_tstamp now,
                        const wzp_ep_action *action)
{
    wzp__peer *peer = wzp__peers_insert(&relay->peers, action->conn);
    if (peer == NULL) {
        relay->stats.refused_full++;
        wzp_ignore(wzp_endpoint_close(relay->ep, now, action->conn,
                                      WZP_CLOSE_FULL, "relay is full"),
                   "nothing is kept for it");
        return;
    }
    peer->remote = action->u.up.remote;
    memcpy(peer->exporter, action->u.up.exporter, sizeof peer->exporter);
    wzp__role role = wzp__classify(action->u.up.sni, peer->name);
    if (relay->is_draining) {
        wzp__join_close(relay, now, peer, WZP_CLOSE_SHUTDOWN,
                        relay->drain_reason, WZP_ERR_SHUTDOWN);
        return;
    }
    enter_role(relay, now, peer, role);
}

void wzp__join_expire(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer)
{
    switch (peer->state) {
    case WZP__PEER_VERSION:
        wzp__join_close(relay, now, peer, WZP_CLOSE_NORMAL, "version", WZP_OK);
        break;
    case WZP__PEER_PROBE:
        wzp__join_close(relay, now, peer, WZP_CLOSE_NORMAL, "probe", WZP_OK);
        break;
    case WZP__PEER_REFUSED:
        wzp__join_close(relay, now, peer, peer->code, peer->reason, peer->err);
        break;
    default:
        /* Not NOT_ALLOWED: on a bad path a client may well try again. */
        refuse(relay, now, peer, WZP_ERR_TIMEOUT, WZP_CLOSE_SLOW,
               waits_for_us(peer) ? "nobody looked at the AuthToken in time"
               : peer->state == WZP__PEER_WAIT_REGISTER
                   ? "no RegisterPresence in time"
                   : "no CallOffer in time");
        break;
    }
}

/* --- joining -------------------------------------------------------------- */

void wzp__join_alias(wzp_str alias, char out[WZP_ALIAS_MAX])
{
    size_t n = alias.len < WZP_ALIAS_MAX - 1 ? alias.len : WZP_ALIAS_MAX - 1;
    while (n < alias.len && n > 0 && ((uint8_t)alias.ptr[n] & 0xC0) == 0x80) {
        n--;
    }
    if (n > 0) {
        memcpy(out, alias.ptr, n);
    }
    out[n] = '\0';
}

static void fill_member(wzp__member *member, wzp_conn_id conn,
                        const wzp_sig_call_offer *offer,
                        const wzp__verdict *verdict)
{
    uint8_t fingerprint[WZP_FP_LEN];
    member->conn = conn;
    wzp_identity_fingerprint(offer->identity_pub, fingerprint);
    wzp_fingerprint_encode(fingerprint, member->fingerprint);
    wzp__join_alias(offer->alias, member->alias);
    member->is_capable = verdict->is_capable;
    if (!verdict->is_capable) {
        return;
    }
    member->caps = offer->caps;
    memcpy(member->kp, offer->kp.ptr, sizeof member->kp);
    memcpy(member->kph, verdict->kp.kph, sizeof member->kph);
    wzp_kp_mid(member->kph, member->mid);
    member->sid = wzp_mid_sid(member->mid);
}

/* The same package on a newer connection takes the older one's place. */
static void replace_older(wzp_relay *relay, wzp_tstamp now, const char *key,
                          const wzp__member *member)
{
    wzp__room *room = wzp__room_table_find(&relay->rooms, key);
    if (room == NULL || !member->is_capable) {
        return;
    }
    const wzp__member *older = wzp__room_find(room, member->mid);
    if (older == NULL ||
        memcmp(older->kph, member->kph, sizeof older->kph) != 0) {
        return;
    }
    wzp__join_close(relay, now, wzp__peers_find(&relay->peers, older->conn),
                    WZP_CLOSE_REPLACED, "replaced by a newer connection",
                    WZP_ERR_REPLACED);
}

static wzp_err make_room(wzp_relay *relay, const wzp__peer *peer,
                         const char *key, wzp__room **out)
{
    if (wzp__room_table_made(&relay->rooms, &peer->remote) >=
        relay->cfg.max_source_rooms) {
        return WZP_ERR_ROOM_FULL;
    }
    WZP_TRY(wzp__room_table_insert(&relay->rooms, key, peer->name, out));
    (*out)->maker = peer->remote;
    return WZP_OK;
}

/* member  taken on WZP_OK */
static wzp_err enter_room(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                          wzp__member *member)
{
    char key[WZP_ROOM_HEX_LEN + 1];
    wzp__room_key(peer->name, key);
    replace_older(relay, now, key, member);
    wzp__room *room = wzp__room_table_find(&relay->rooms, key);
    if (room == NULL) {
        WZP_TRY(make_room(relay, peer, key, &room));
    }
    wzp_err e = wzp__room_insert(room, relay->cfg.max_members, member);
    if (e != WZP_OK) {
        if (room->n == 0) {
            wzp__room_table_remove(&relay->rooms, room);
        }
        return e == WZP_ERR_EXISTS ? WZP_ERR_SID : e;
    }
    peer->room = room;
    peer->member = member;
    return WZP_OK;
}

/* Media headers on this hop, as either side announced. */
static void set_typed(wzp_relay *relay, const wzp__peer *peer)
{
    if (!peer->member->is_capable) {
        return; /* our own capabilities are not told to it */
    }
    unsigned ways = WZP_TYPED_RECEIVE;
    if ((peer->member->caps & WZP_CAP_DGRAM1) != 0) {
        ways |= WZP_TYPED_SEND;
    }
    wzp_ignore(wzp_endpoint_typed(relay->ep, peer->conn, ways),
               "gone already: WZP_EP_CLOSED is on its way");
}

/* A member now: it is answered, and the room's roster goes to it and the change
 * to the others, when due. */
static void welcome(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                    const wzp__answer *answer)
{
    wzp_wipe(peer->exporter, sizeof peer->exporter);
    wzp__peer_enter(&relay->peers, peer, WZP__PEER_MEMBER, WZP_NEVER);
    relay->stats.joined++;
    relay->members++;
    wzp_ignore(wzp_endpoint_trust(relay->ep, peer->conn),
               "gone already: WZP_EP_CLOSED is on its way");
    set_typed(relay, peer);
    wzp__egress_signal(&relay->egress, now, peer->conn, &answer->sig);
    wzp__roster_joined(peer->room, peer->member);
    wzp__join_room_changed(relay, now, peer->room);
    wzp__join_tell(relay, now, WZP_RELAY_JOINED, peer, WZP_OK);
}

static wzp_err join(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                    const wzp_sig_call_offer *offer,
                    const wzp__verdict *verdict)
{
    wzp__answer answer;
    WZP_TRY(wzp__admit_answer(&relay->rules, &relay->cfg.rng, peer->exporter,
                              (offer->caps & WZP_CAP_PRESENT) != 0, &answer));
    wzp__member *member = wzp__member_new(&relay->cfg.mem);
    if (member == NULL) {
        return WZP_ERR_NOMEM;
    }
    fill_member(member, peer->conn, offer, verdict);
    wzp_err e = enter_room(relay, now, peer, member);
    if (e != WZP_OK) {
        wzp__member_free(&relay->cfg.mem, member);
        return e;
    }
    welcome(relay, now, peer, &answer);
    return WZP_OK;
}

void wzp__join_offer(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                     const wzp_sig_call_offer *offer)
{
    const wzp__admit_client client = {
        .exporter = peer->exporter,
        .room = peer->name,
        .now = relay->cfg.unix_now(relay->cfg.unix_now_user),
    };
    wzp__verdict verdict = {.err = wzp_endpoint_charge(
                                relay->ep, now, peer->conn, WZP__POINTS_OFFER)};
    if (verdict.err == WZP_ERR_RATE) {
        wzp__admit_refusal(verdict.err, &verdict);
    } else {
        wzp__admit_check(&relay->rules, &client, offer, &verdict);
    }
    if (verdict.err == WZP_OK &&
        !wzp__auth_admits(&peer->auth, relay->cfg.asks_auth,
                          offer->identity_pub)) {
        wzp__join_refuse_for(relay, now, peer, WZP_ERR_AUTH,
                             WZP__NOT_ITS_TOKEN);
        return;
    }
    if (verdict.err == WZP_OK) {
        wzp__admit_refusal(join(relay, now, peer, offer, &verdict), &verdict);
    }
    if (verdict.err != WZP_OK) {
        refuse_with(relay, now, peer, &verdict);
    }
}
