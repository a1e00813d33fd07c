/* SPDX-License-Identifier: MIT */
/* The owner moves a slot only when its deadline becomes earlier, and looks
 * again when it fires (a connection's deadline moves later with every packet):
 * see transport-facts.md, hint 4. The heap itself knows nothing of that.
 */
#include "quic/heap.h"

#include <assert.h>

void wzp__heap_init(wzp__heap *h, const wzp_mem *mem)
{
    *h = (wzp__heap){.mem = *mem};
}

void wzp__heap_deinit(wzp__heap *h)
{
    wzp_mem_free(&h->mem, h->v, h->slots * sizeof *h->v);
    wzp_mem_free(&h->mem, h->pos, h->slots * sizeof *h->pos);
    *h = (wzp__heap){.mem = h->mem};
}

wzp_err wzp__heap_reserve(wzp__heap *h, size_t slots)
{
    if (slots <= h->slots) {
        return WZP_OK;
    }
    wzp__heap_entry *v = wzp_mem_array(&h->mem, slots, sizeof *v);
    uint32_t *pos = wzp_mem_array(&h->mem, slots, sizeof *pos);
    if (v == NULL || pos == NULL) {
        wzp_mem_free(&h->mem, v, slots * sizeof *v);
        wzp_mem_free(&h->mem, pos, slots * sizeof *pos);
        return WZP_ERR_NOMEM;
    }
    for (size_t i = 0; i < h->count; i++) {
        v[i] = h->v[i];
        pos[v[i].slot] = (uint32_t)i + 1;
    }
    const size_t count = h->count;
    wzp__heap_deinit(h);
    h->v = v;
    h->pos = pos;
    h->count = count;
    h->slots = slots;
    return WZP_OK;
}

static void put(wzp__heap *h, size_t i, wzp__heap_entry e)
{
    h->v[i] = e;
    h->pos[e.slot] = (uint32_t)i + 1;
}

static void up(wzp__heap *h, size_t i, wzp__heap_entry e)
{
    while (i > 0 && e.at < h->v[(i - 1) / 2].at) {
        put(h, i, h->v[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    put(h, i, e);
}

static void down(wzp__heap *h, size_t i, wzp__heap_entry e)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= h->count) {
            break;
        }
        if (child + 1 < h->count && h->v[child + 1].at < h->v[child].at) {
            child++;
        }
        if (e.at <= h->v[child].at) {
            break;
        }
        put(h, i, h->v[child]);
        i = child;
    }
    put(h, i, e);
}

static void take_out(wzp__heap *h, uint32_t slot)
{
    const size_t i = h->pos[slot] - 1;
    h->pos[slot] = 0;
    h->count--;
    if (i == h->count) {
        return;
    }
    const wzp__heap_entry last = h->v[h->count];
    if (i > 0 && last.at < h->v[(i - 1) / 2].at) {
        up(h, i, last);
    } else {
        down(h, i, last);
    }
}

void wzp__heap_set(wzp__heap *h, uint32_t slot, wzp_tstamp at)
{
    assert(slot < h->slots);
    if (h->pos[slot] != 0) {
        take_out(h, slot);
    }
    if (at != WZP_NEVER) {
        h->count++;
        up(h, h->count - 1, (wzp__heap_entry){at, slot});
    }
}

wzp_tstamp wzp__heap_get(const wzp__heap *h, uint32_t slot)
{
    if (slot >= h->slots || h->pos[slot] == 0) {
        return WZP_NEVER;
    }
    return h->v[h->pos[slot] - 1].at;
}

bool wzp__heap_top(const wzp__heap *h, wzp__heap_entry *out)
{
    if (h->count == 0) {
        return false;
    }
    *out = h->v[0];
    return true;
}
