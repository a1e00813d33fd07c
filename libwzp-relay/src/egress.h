/* SPDX-License-Identifier: MIT */
/* The way out: whatever a room sends to a connection passes here, is counted
 * here, and can fail only for that connection. The bounded queue of each
 * receiver is the endpoint's.
 */
#ifndef WZP_RELAY_EGRESS_H
#define WZP_RELAY_EGRESS_H

#include <wzp/proto/signal.h>
#include <wzp/relay/relay.h>
#include <wzp/transport/endpoint.h>

typedef struct wzp__egress {
    wzp_endpoint *ep;       /* borrowed */
    wzp_arena *arena;       /* borrowed; text being made */
    wzp_relay_stats *stats; /* borrowed */
    const wzp_log *log;     /* borrowed */
    size_t routed_max;      /* bytes a receiver may owe before messages of
                             * other members are no longer routed to it */
} wzp__egress;

/* Forget the text made before; what the next message points to may then be
 * put into `arena`. */
void wzp__egress_begin(wzp__egress *eg);

/* JSON of `sig`, valid until the next begin. False: counted and logged. */
WZP_NODISCARD bool wzp__egress_encode(wzp__egress *eg, const wzp_signal *sig,
                                      wzp_str *text);

/* Queue text for one connection. What is missed once may be missed for good:
 * a full queue, or no memory, closes that connection, and it comes back. */
void wzp__egress_text(wzp__egress *eg, wzp_tstamp now, wzp_conn_id conn,
                      wzp_str text);

/* For want of memory it cannot be told what it must know: let it come again. */
void wzp__egress_drop(wzp__egress *eg, wzp_tstamp now, wzp_conn_id conn);

/* begin, encode and queue. `sig` must not point into the arena. */
void wzp__egress_signal(wzp__egress *eg, wzp_tstamp now, wzp_conn_id conn,
                        const wzp_signal *sig);

/* True while messages of other members may be queued for this connection:
 * what one member sends must not be able to overflow another's queue. */
bool wzp__egress_takes_routed(const wzp__egress *eg, wzp_conn_id conn);

/* Queue a datagram; the receiver's queue takes its own reference. */
void wzp__egress_dgram(wzp__egress *eg, wzp_tstamp now, wzp_conn_id conn,
                       wzp_pkt *pkt);

#endif
