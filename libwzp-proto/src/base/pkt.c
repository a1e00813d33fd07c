/* SPDX-License-Identifier: MIT */
/* Packet pool (pkt.h): one array of slots and a list of the free ones. A slot
 * is not touched before its first use, so a large pool costs the memory of
 * what was ever in flight at once. */
#include <wzp/proto/pkt.h>

#include <assert.h>

enum { POOL_MAX = 1048576 };

/* `pub` comes first: a wzp_pkt * is the slot's address. */
typedef struct slot {
    wzp_pkt pub;
    wzp_pkt_pool *pool;
    struct slot *next_free;
    uint32_t refs;
    uint8_t bytes[WZP_PKT_CAP];
} slot;

struct wzp_pkt_pool {
    wzp_mem mem;
    slot *slots;
    size_t count;
    size_t touched; /* slots from here on were never handed out */
    slot *free_list;
    size_t n_free;
};

wzp_err wzp_pkt_pool_new(wzp_pkt_pool **out, const wzp_mem *mem, size_t count)
{
    if (count == 0 || count > POOL_MAX) {
        return WZP_ERR_ARG;
    }
    wzp_pkt_pool *pool = wzp_mem_new(mem, sizeof *pool);
    if (pool == NULL) {
        return WZP_ERR_NOMEM;
    }
    *pool = (wzp_pkt_pool){.mem = *mem, .count = count, .n_free = count};
    pool->slots = wzp_mem_resize(mem, NULL, 0, count * sizeof *pool->slots);
    if (pool->slots == NULL) {
        wzp_mem_free(mem, pool, sizeof *pool);
        return WZP_ERR_NOMEM;
    }
    *out = pool;
    return WZP_OK;
}

void wzp_pkt_pool_free(wzp_pkt_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    assert(pool->n_free == pool->count);
    const wzp_mem mem = pool->mem;
    wzp_mem_free(&mem, pool->slots, pool->count * sizeof *pool->slots);
    wzp_mem_free(&mem, pool, sizeof *pool);
}

size_t wzp_pkt_pool_free_count(const wzp_pkt_pool *pool)
{
    return pool->n_free;
}

bool wzp_pkt_is_scarce(const wzp_pkt *pkt)
{
    const wzp_pkt_pool *pool = ((const slot *)pkt)->pool;
    return pool->n_free < pool->count / 4;
}

wzp_pkt *wzp_pkt_get(wzp_pkt_pool *pool)
{
    slot *s = pool->free_list;
    if (s != NULL) {
        pool->free_list = s->next_free;
    } else if (pool->touched < pool->count) {
        s = &pool->slots[pool->touched++];
        s->pool = pool;
    } else {
        return NULL;
    }
    pool->n_free--;
    s->refs = 1;
    s->pub = (wzp_pkt){.data = s->bytes, .len = 0, .at = 0};
    return &s->pub;
}

wzp_pkt *wzp_pkt_ref(wzp_pkt *pkt)
{
    slot *s = (slot *)pkt;
    assert(s->refs != 0 && s->refs != UINT32_MAX);
    s->refs++;
    return pkt;
}

void wzp_pkt_unref(wzp_pkt *pkt)
{
    if (pkt == NULL) {
        return;
    }
    slot *s = (slot *)pkt;
    assert(s->refs != 0);
    if (--s->refs != 0) {
        return;
    }
    wzp_pkt_pool *pool = s->pool;
    s->next_free = pool->free_list;
    pool->free_list = s;
    pool->n_free++;
}
