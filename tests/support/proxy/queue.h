/* SPDX-License-Identifier: MIT */
/* Packets on their way, taken out in the order they are due; those due at the
 * same time in the order they were put in. A binary heap of bounded size.
 */
#ifndef WZP_NETSIM_QUEUE_H
#define WZP_NETSIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WZP_NETSIM_QUEUE_MAX = 65536 }; /* packets; chosen: 1 s of 65,536/s */

typedef struct wzp_netsim_packet {
    uint64_t due_ns;
    uint64_t number; /* set by insert */
    size_t client;
    int direction;
    size_t len;
    uint8_t data[];
} wzp_netsim_packet;

/* Zero is an empty queue. */
typedef struct wzp_netsim_queue {
    wzp_netsim_packet **heap;
    size_t n, room;
    uint64_t next_number;
} wzp_netsim_queue;

/* Copies `packet` (its data too: data[0..len) from `data`). False: full. */
bool wzp_netsim_queue_insert(wzp_netsim_queue *q,
                             const wzp_netsim_packet *packet,
                             const uint8_t *data);

/* When the first packet is due; UINT64_MAX: the queue is empty. */
uint64_t wzp_netsim_queue_due(const wzp_netsim_queue *q);

/* The first packet, which the caller frees; NULL: empty. */
wzp_netsim_packet *wzp_netsim_queue_remove(wzp_netsim_queue *q);

void wzp_netsim_queue_deinit(wzp_netsim_queue *q);

#endif
