/* SPDX-License-Identifier: MIT */
/* Entries are found through a table of the same kind as connection ids: its
 * keyed hash is one that an attacker cannot aim at.
 */
#include "quic/source.h"

#include <string.h>

enum {
    FIRST_CAP = 16,
};

void wzp__sources_init(wzp__sources *t, const wzp_mem *mem,
                       const uint8_t key[WZP__CID_KEY_LEN])
{
    *t = (wzp__sources){.mem = *mem, .unused = WZP__SOURCE_NONE};
    wzp__cidmap_init(&t->map, mem, key);
    wzp__heap_init(&t->idle, mem);
}

void wzp__sources_deinit(wzp__sources *t)
{
    wzp__cidmap_deinit(&t->map);
    wzp__heap_deinit(&t->idle);
    wzp_mem_free(&t->mem, t->v, t->cap * sizeof *t->v);
    t->v = NULL;
    t->cap = 0;
    t->unused = WZP__SOURCE_NONE;
}

wzp__source *wzp__sources_find(const wzp__sources *t, const wzp__cid *key)
{
    uint32_t at = 0;
    return wzp__cidmap_get(&t->map, key, &at) ? &t->v[at] : NULL;
}

static wzp_err grow(wzp__sources *t)
{
    const uint32_t cap = t->cap == 0 ? FIRST_CAP : 2 * t->cap;
    WZP_TRY(wzp__heap_reserve(&t->idle, cap));
    wzp__source *v = wzp_mem_array(&t->mem, cap, sizeof *v);
    if (v == NULL) {
        return WZP_ERR_NOMEM;
    }
    if (t->cap > 0) {
        memcpy(v, t->v, t->cap * sizeof *v);
    }
    for (uint32_t i = t->cap; i < cap; i++) {
        v[i].next = i + 1 < cap ? i + 1 : WZP__SOURCE_NONE;
    }
    t->unused = t->cap; /* there were none */
    wzp_mem_free(&t->mem, t->v, t->cap * sizeof *t->v);
    t->v = v;
    t->cap = cap;
    return WZP_OK;
}

wzp__source *wzp__sources_enter(wzp__sources *t, const wzp__cid *key)
{
    wzp__source *s = wzp__sources_find(t, key);
    if (s != NULL) { /* it is in use: nobody may throw it out */
        wzp__heap_set(&t->idle, (uint32_t)(s - t->v), WZP_NEVER);
        return s;
    }
    if (t->unused == WZP__SOURCE_NONE && grow(t) != WZP_OK) {
        return NULL;
    }
    const uint32_t at = t->unused;
    if (wzp__cidmap_set(&t->map, key, at) != WZP_OK) {
        return NULL;
    }
    s = &t->v[at];
    t->unused = s->next;
    *s = (wzp__source){.key = *key};
    return s;
}

static void forget(wzp__sources *t, uint32_t at)
{
    wzp__source *s = &t->v[at];
    wzp__heap_set(&t->idle, at, WZP_NEVER);
    wzp__cidmap_remove(&t->map, &s->key, at);
    *s = (wzp__source){.next = t->unused};
    t->unused = at;
}

void wzp__sources_settle(wzp__sources *t, wzp_tstamp now, wzp__source *s)
{
    const uint32_t at = (uint32_t)(s - t->v);
    wzp__heap_set(&t->idle, at, s->conns > 0 ? WZP_NEVER : s->until);
    wzp__heap_entry least;
    while (wzp__heap_top(&t->idle, &least) &&
           (least.at <= now || t->idle.count > WZP__SOURCES_IDLE)) {
        forget(t, least.slot);
    }
}
