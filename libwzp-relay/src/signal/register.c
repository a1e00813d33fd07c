/* SPDX-License-Identifier: MIT */
/* From waiting to registered and out again, see register.h and the diagram in
 * peer.h. What the client may ask then is desk.h; who gives way to whom is
 * registry.h.
 */
#include "signal/register.h"

#include "join.h"

#include <wzp/crypto/wipe.h>

#include <string.h>

#define REFUSED_LINGER (250 * WZP_MS) /* see peer.h */
#define PROBE_LIFE     (10 * WZP_S)

/* No media on this connection. */
#define SIGNAL_CAPS (WZP__RELAY_CAPS & ~WZP_CAP_DGRAM1)

/* --- answering ------------------------------------------------------------ */

static void acknowledge(wzp_relay *relay, wzp_tstamp now, const wzp__peer *peer,
                        bool with_extras)
{
    wzp_signal sig = {.kind = WZP_SIG_REGISTER_PRESENCE_ACK};
    wzp_sig_register_presence_ack *ack = &sig.u.register_presence_ack;
    ack->success = true;
    ack->relay_build = (wzp_str){relay->build, strlen(relay->build)};
    if (with_extras) {
        ack->caps = SIGNAL_CAPS;
        ack->next_tls = relay->rules.next_tls;
    }
    wzp__egress_signal(&relay->egress, now, peer->conn, &sig);
}

void wzp__register_refused(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                           const wzp__verdict *verdict)
{
    wzp_signal sig = {.kind = WZP_SIG_REGISTER_PRESENCE_ACK};
    sig.u.register_presence_ack.error =
        (wzp_str){verdict->reason, strlen(verdict->reason)};
    peer->code = verdict->code;
    peer->reason = verdict->reason;
    peer->err = verdict->err;
    wzp__peer_enter(&relay->peers, peer, WZP__PEER_REFUSED,
                    now + REFUSED_LINGER);
    wzp__egress_signal(&relay->egress, now, peer->conn, &sig);
}

static void refuse(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                   wzp_err err)
{
    const char *reason = NULL;
    if (err == WZP_ERR_LEGACY) {
        reason = "this relay takes only registrations that prove the identity";
    }
    if (err == WZP_ERR_AUTH) {
        reason = WZP__NOT_ITS_TOKEN;
    }
    wzp__join_refuse_for(relay, now, peer, err, reason);
}

/* --- in and out ----------------------------------------------------------- */

/* Into the registry; whoever was there before goes. */
static wzp_err enter(wzp_relay *relay, wzp_tstamp now, const wzp__peer *peer,
                     const wzp_sig_register_presence *reg)
{
    wzp__registration entry = {.conn = peer->conn,
                               .is_verified = peer->desk->is_verified,
                               .caps = reg->caps};
    wzp_conn_id older;
    memcpy(entry.fingerprint, peer->desk->fingerprint, WZP_FP_LEN);
    memcpy(entry.identity, reg->identity_pub, WZP_KEY_LEN);
    wzp__join_alias(reg->alias, entry.alias);
    WZP_TRY(wzp__registry_insert(&relay->registry, &entry, &older));
    if (older != 0) {
        relay->stats.registrations_replaced++;
        wzp__join_close(relay, now, wzp__peers_find(&relay->peers, older),
                        WZP_CLOSE_REPLACED, "replaced by a newer registration",
                        WZP_ERR_REPLACED);
    }
    return WZP_OK;
}

static void welcome(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                    const wzp_sig_register_presence *reg)
{
    wzp__peer_enter(&relay->peers, peer, WZP__PEER_REGISTERED, WZP_NEVER);
    relay->stats.registrations++;
    if (peer->desk->is_verified) {
        /* The others stay what strangers are, with the share of their address.
         * Nobody is read at length here: desk.c. */
        wzp_ignore(wzp_endpoint_know(relay->ep, peer->conn),
                   "gone already: WZP_EP_CLOSED is on its way");
    }
    acknowledge(relay, now, peer, (reg->caps & WZP_CAP_PRESENT) != 0);
    wzp__join_tell(relay, now, WZP_RELAY_REGISTERED, peer, WZP_OK);
}

static wzp_err take_in(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                       const wzp_sig_register_presence *reg,
                       wzp__admit_sort sort)
{
    peer->desk = wzp_mem_new(&relay->cfg.mem, sizeof *peer->desk);
    if (peer->desk == NULL) {
        return WZP_ERR_NOMEM;
    }
    if (sort == WZP__ADMIT_PROBE) {
        relay->stats.address_probes++;
        wzp__peer_enter(&relay->peers, peer, WZP__PEER_PROBE, now + PROBE_LIFE);
        acknowledge(relay, now, peer, false);
        return WZP_OK;
    }
    peer->desk->is_verified = sort == WZP__ADMIT_VERIFIED;
    wzp_identity_fingerprint(reg->identity_pub, peer->desk->fingerprint);
    WZP_TRY(enter(relay, now, peer, reg));
    welcome(relay, now, peer, reg);
    return WZP_OK;
}

void wzp__register(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                   const wzp_sig_register_presence *reg)
{
    wzp__admit_sort sort;
    wzp_err e =
        wzp_endpoint_charge(relay->ep, now, peer->conn, WZP__POINTS_OFFER);
    if (e != WZP_ERR_RATE) {
        e = wzp__admit_registration(&relay->rules, peer->exporter, reg, &sort);
    }
    if (e == WZP_OK && !wzp__auth_admits(&peer->auth, relay->cfg.asks_auth,
                                         reg->identity_pub)) {
        e = WZP_ERR_AUTH;
    }
    if (e == WZP_OK) {
        e = take_in(relay, now, peer, reg, sort);
    }
    wzp_wipe(peer->exporter, sizeof peer->exporter);
    if (e != WZP_OK) {
        refuse(relay, now, peer, e);
    }
}

void wzp__register_left(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                        wzp_err err)
{
    if (peer->state != WZP__PEER_REGISTERED) {
        return;
    }
    relay->stats.registrations_ended++;
    /* False: a newer registration took its place, and stays. */
    (void)wzp__registry_remove(&relay->registry, peer->desk->fingerprint,
                               peer->conn);
    wzp__join_tell(relay, now, WZP_RELAY_UNREGISTERED, peer, err);
}
