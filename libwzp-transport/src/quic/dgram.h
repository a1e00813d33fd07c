/* SPDX-License-Identifier: MIT */
/* Datagrams waiting to be written. Bounded by number and by age, because
 * speech that is late is worthless: the oldest go first, and are counted.
 * Nothing of QUIC is here. Source: spec/weaknesses-wire.md 48.
 */
#ifndef WZP_TRANSPORT_QUIC_DGRAM_H
#define WZP_TRANSPORT_QUIC_DGRAM_H

#include <wzp/proto/env.h>
#include <wzp/proto/pkt.h>

/* chosen: 1024 rooms whose receivers are all stuck hold half of a relay's
 * packets then, so that others still find one */
enum { WZP__DGRAM_SCARCE = 8 };

typedef struct wzp__dgram_entry {
    wzp_pkt *pkt;
    wzp_tstamp since; /* when it was queued */
} wzp__dgram_entry;

typedef struct wzp__dgram {
    wzp_mem mem;
    wzp_tstamp max_age;
    size_t max_count;
    wzp__dgram_entry *ring; /* cap entries, a power of two; NULL at first */
    size_t cap, head, count;
    uint64_t dropped_age, dropped_full;
} wzp__dgram;

void wzp__dgram_init(wzp__dgram *q, const wzp_mem *mem, wzp_tstamp max_age,
                     size_t max_count);
void wzp__dgram_deinit(wzp__dgram *q);

/* Takes a reference. When the queue is full the oldest is dropped; when packets
 * are scarce, all but WZP__DGRAM_SCARCE are.
 * WZP_ERR_NOMEM: nothing was queued. */
WZP_NODISCARD wzp_err wzp__dgram_push(wzp__dgram *q, wzp_tstamp now,
                                      wzp_pkt *pkt);

/* The oldest one that is not too old, or NULL; those too old are dropped. */
wzp_pkt *wzp__dgram_front(wzp__dgram *q, wzp_tstamp now);

/* Remove what _front gave, and its reference. */
void wzp__dgram_pop(wzp__dgram *q);

/* When the oldest becomes too old; WZP_NEVER when empty. */
wzp_tstamp wzp__dgram_deadline(const wzp__dgram *q);

/* How many were dropped, for whatever reason. */
uint64_t wzp__dgram_dropped(const wzp__dgram *q);

#endif
