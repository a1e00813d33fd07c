/* SPDX-License-Identifier: MIT */
/* How many places the strangers of one address hold: connections whose address
 * is proven (by a Retry or a finished handshake) and which the owner does not
 * trust yet. Under pressure an address may hold a quarter of what is left, so
 * that few addresses cannot keep all others out; without pressure there is no
 * limit. An address is an IPv4 address or an IPv6 /64.
 */
#ifndef WZP_TRANSPORT_QUIC_SHARE_H
#define WZP_TRANSPORT_QUIC_SHARE_H

#include "quic/conn.h"

/* Are so many places taken by strangers that newcomers are looked at? */
bool wzp__share_is_pressed(const wzp__env *env);

/* May one more connection from here begin, under pressure? */
bool wzp__share_allows(const wzp__env *env, const wzp_addr *remote);

/* Count the connection, once; until wzp__share_give. Without memory it is not
 * counted. */
void wzp__share_take(wzp__conn *c);
/* It is trusted or gone. Fine when it was not counted. */
void wzp__share_give(wzp__conn *c);

#endif
