/* SPDX-License-Identifier: MIT */
/* What one address may have of us: places, places of strangers, and work. A
 * stranger is a connection that the owner does not trust yet. Connections are
 * counted once their address is proven, by a Retry or a finished handshake;
 * until then they count against max_half_open only.
 *
 * An address is an IPv4 address or an IPv6 /64; a /48, which is what a site is
 * given (RFC 6177), is counted as well and may have twice as much.
 *
 * Work is counted in points: one for a connection, more by wzp_endpoint_charge.
 * They are forgotten at source_points_per_s, and who has source_points of them
 * gets no new connection until some are. A peer that was let in may go over
 * that by as much as all handshakes that may be under way: else a crowd that
 * came at once would be sent away after its handshakes, and come again, for
 * ever.
 */
#ifndef WZP_TRANSPORT_QUIC_SHARE_H
#define WZP_TRANSPORT_QUIC_SHARE_H

#include "quic/conn.h"

/* Defaults for the limits that the owner left at 0. */
void wzp__share_init(wzp_endpoint_config *cfg);

/* Are so many places taken by strangers that newcomers are looked at? */
bool wzp__share_is_pressed(const wzp__env *env);

/* May one more connection from here begin? Under pressure the strangers of an
 * address may hold a quarter of what is left, so that few addresses cannot keep
 * all others out. WZP_ERR_FULL: too many places; WZP_ERR_RATE. */
WZP_NODISCARD wzp_err wzp__share_check(const wzp__env *env, wzp_tstamp now,
                                       const wzp_addr *remote);

/* Count the connection, once. Without memory it is not counted. */
void wzp__share_take(wzp__conn *c);
/* It is no stranger any more. */
void wzp__share_trust(wzp__conn *c);
/* It is gone. Fine when it was not counted. */
void wzp__share_give(wzp__conn *c);

/* Its address has caused that much more work. WZP_ERR_RATE: too much already,
 * and nothing was added. */
WZP_NODISCARD wzp_err wzp__share_charge(wzp__conn *c, wzp_tstamp now,
                                        uint32_t points);

#endif
