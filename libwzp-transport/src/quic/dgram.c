/* SPDX-License-Identifier: MIT */
/* The queue is a ring that grows to what was ever needed and then stays: no
 * allocation per packet. Most connections never need more than the first
 * eight places.
 */
#include "quic/dgram.h"

#include <assert.h>

enum {
    FIRST_CAP = 8,
};

void wzp__dgram_init(wzp__dgram *q, const wzp_mem *mem, wzp_tstamp max_age,
                     size_t max_count)
{
    assert(max_count > 0);
    *q = (wzp__dgram){.mem = *mem, .max_age = max_age, .max_count = max_count};
}

void wzp__dgram_deinit(wzp__dgram *q)
{
    while (q->count > 0) {
        wzp__dgram_pop(q);
    }
    wzp_mem_free(&q->mem, q->ring, q->cap * sizeof *q->ring);
    q->ring = NULL;
    q->cap = 0;
}

static wzp__dgram_entry *at(const wzp__dgram *q, size_t i)
{
    return &q->ring[(q->head + i) & (q->cap - 1)];
}

static wzp_err grow(wzp__dgram *q)
{
    const size_t cap = q->cap == 0 ? FIRST_CAP : q->cap * 2;
    wzp__dgram_entry *ring = wzp_mem_array(&q->mem, cap, sizeof *ring);
    if (ring == NULL) {
        return WZP_ERR_NOMEM;
    }
    for (size_t i = 0; i < q->count; i++) {
        ring[i] = *at(q, i);
    }
    wzp_mem_free(&q->mem, q->ring, q->cap * sizeof *q->ring);
    q->ring = ring;
    q->cap = cap;
    q->head = 0;
    return WZP_OK;
}

wzp_err wzp__dgram_push(wzp__dgram *q, wzp_tstamp now, wzp_pkt *pkt)
{
    const bool is_scarce =
        q->max_count > WZP__DGRAM_SCARCE && wzp_pkt_is_scarce(pkt);
    const size_t max = is_scarce ? WZP__DGRAM_SCARCE : q->max_count;
    while (q->count >= max) {
        wzp__dgram_pop(q);
        q->dropped_full++;
    }
    if (q->count == q->cap) {
        WZP_TRY(grow(q));
    }
    *at(q, q->count) = (wzp__dgram_entry){wzp_pkt_ref(pkt), now};
    q->count++;
    return WZP_OK;
}

wzp_pkt *wzp__dgram_front(wzp__dgram *q, wzp_tstamp now)
{
    while (q->count > 0) {
        const wzp__dgram_entry *e = at(q, 0);
        if (now <= e->since || now - e->since <= q->max_age) {
            return e->pkt;
        }
        wzp__dgram_pop(q);
        q->dropped_age++;
    }
    return NULL;
}

void wzp__dgram_pop(wzp__dgram *q)
{
    assert(q->count > 0);
    wzp_pkt_unref(at(q, 0)->pkt);
    q->head = (q->head + 1) & (q->cap - 1);
    q->count--;
}

wzp_tstamp wzp__dgram_deadline(const wzp__dgram *q)
{
    /* One past the last instant at which it is still good. */
    return q->count == 0 ? WZP_NEVER : at(q, 0)->since + q->max_age + 1;
}

uint64_t wzp__dgram_dropped(const wzp__dgram *q)
{
    return q->dropped_age + q->dropped_full;
}
