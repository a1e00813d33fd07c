/* SPDX-License-Identifier: MIT */
/* The path of a connection: how it is named to ngtcp2, and what happens when
 * one of its ends moves (RFC 9000, section 9). A listener follows its peer
 * once ngtcp2 believes it; a dialler moves when its owner says so.
 */
#include "quic/conn.h"
#include "quic/sockaddr.h"

void wzp__conn_path_of(wzp__conn_path *p, const wzp_addr *local,
                       const wzp_addr *remote)
{
    p->path = (ngtcp2_path){
        .local = {&p->local.any, wzp__sockaddr_from(local, &p->local)},
        .remote = {&p->remote.any, wzp__sockaddr_from(remote, &p->remote)},
    };
}

/* A dialler has one socket: a packet that came is on the path in use, whatever
 * name that has by now. */
int wzp__conn_path_read(wzp__conn *c, wzp_tstamp now, const wzp_addr *local,
                        const wzp_addr *remote, const uint8_t *data, size_t len)
{
    wzp__conn_path p;
    wzp__conn_path_of(&p, local, remote);
    if (!c->is_server) {
        p.path.local = ngtcp2_conn_get_path(c->quic)->local;
    }
    const ngtcp2_pkt_info info = {0};
    return ngtcp2_conn_read_pkt(c->quic, &p.path, &info, data, len, now);
}

void wzp__conn_path_follow(wzp__conn *c)
{
    const ngtcp2_path *path = ngtcp2_conn_get_path(c->quic);
    wzp_addr remote;
    if (c->is_server &&
        wzp__sockaddr_to(path->remote.addr, path->remote.addrlen, &remote)) {
        c->remote = remote;
    }
}

void wzp__conn_path_checked(wzp__conn *c, bool is_valid)
{
    c->seen.urgent = true;
    if (is_valid) {
        wzp__width_reset(&c->width);
        c->total.path_changes++;
        c->env->stats.path_changes++;
    }
    WZP_LOG(&c->env->cfg.log, WZP_LOG_DEBUG, "quic", "conn.path",
            "conn=%llu valid=%d", (unsigned long long)c->id, is_valid);
}

wzp_err wzp__conn_path_move(wzp__conn *c, wzp_tstamp now, const wzp_addr *local)
{
    const wzp_addr own = wzp__sockaddr_own(local, &c->remote);
    if (c->is_server || c->state >= WZP__CONN_CLOSING ||
        own.family != c->remote.family || wzp_addr_equal(&own, &c->local)) {
        return WZP_OK;
    }
    c->now = now;
    c->local = own;
    if (!c->is_confirmed) {
        return WZP_ERR_MOVED; /* a listener drops what comes from elsewhere
                               * until its handshake is over */
    }
    wzp__conn_path p;
    wzp__conn_path_of(&p, &own, &c->remote);
    const int rv =
        ngtcp2_conn_initiate_immediate_migration(c->quic, &p.path, now);
    if (rv == NGTCP2_ERR_CONN_ID_BLOCKED || rv == NGTCP2_ERR_INVALID_STATE) {
        /* No spare id came yet, or the peer wants no moves: then as a NAT
         * would. An id seen from two places is better than silence. */
        ngtcp2_conn_set_local_addr(c->quic, &p.path.local);
        return WZP_OK;
    }
    return rv == 0 ? WZP_OK : WZP_ERR_NOMEM;
}
