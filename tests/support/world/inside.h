/* SPDX-License-Identifier: MIT */
/* What the laws want to know of a machine and its public queries do not say:
 * how full its queues and tables are. Read only. One file per kind of machine,
 * because both have private headers of the same names.
 */
#ifndef WZP_TEST_INSIDE_H
#define WZP_TEST_INSIDE_H

#include <wzp/client/engine.h>
#include <wzp/relay/relay.h>

/* Something of which there is a limited number. */
typedef struct wzp_filled {
    size_t n, most;
} wzp_filled;

typedef struct wzp_inside {
    size_t pool_free;
    wzp_filled conns, events;
    wzp_filled signals, dgrams; /* the fullest queue of one connection: bytes;
                                 * packets */
    wzp_filled held;            /* client: packets that wait for keys */
    uint32_t epoch;             /* client: number of the key group */
    size_t peers;               /* relay */
    uint64_t resumed;           /* client: handshakes with a ticket */
    uint64_t key_updates;       /* client: of packet keys, all connections */
    uint64_t no_memory;         /* client: allocations of QUIC that failed */
} wzp_inside;

void wzp_inside_client(const wzp_engine *e, wzp_inside *out);
void wzp_inside_relay(const wzp_relay *r, wzp_inside *out);

#endif
