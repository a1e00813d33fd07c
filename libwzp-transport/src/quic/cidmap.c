/* SPDX-License-Identifier: MIT */
/* Linear probing at a load of at most one half; removal shifts back what
 * follows, so that there are no tombstones. The hash is SipHash-1-3.
 */
#include "quic/cidmap.h"

#include <assert.h>
#include <string.h>

enum {
    FIRST_CAP = 64,
};

static uint64_t load64(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--) {
        v = v << 8 | p[i];
    }
    return v;
}

static uint64_t rotl(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

static void sip_round(uint64_t s[4])
{
    s[0] += s[1];
    s[1] = rotl(s[1], 13) ^ s[0];
    s[0] = rotl(s[0], 32);
    s[2] += s[3];
    s[3] = rotl(s[3], 16) ^ s[2];
    s[0] += s[3];
    s[3] = rotl(s[3], 21) ^ s[0];
    s[2] += s[1];
    s[1] = rotl(s[1], 17) ^ s[2];
    s[2] = rotl(s[2], 32);
}

/* Over the padded 24 bytes; the length stands in the last word. */
static size_t hash(const wzp__cidmap *m, const wzp__cid *cid)
{
    uint8_t padded[24] = {0};
    memcpy(padded, cid->data, sizeof cid->data);
    padded[23] = cid->len;
    uint64_t s[4] = {m->key[0] ^ UINT64_C(0x736f6d6570736575),
                     m->key[1] ^ UINT64_C(0x646f72616e646f6d),
                     m->key[0] ^ UINT64_C(0x6c7967656e657261),
                     m->key[1] ^ UINT64_C(0x7465646279746573)};
    for (size_t i = 0; i < sizeof padded; i += 8) {
        const uint64_t word = load64(padded + i);
        s[3] ^= word;
        sip_round(s);
        s[0] ^= word;
    }
    s[2] ^= 0xff;
    sip_round(s);
    sip_round(s);
    sip_round(s);
    return (size_t)(s[0] ^ s[1] ^ s[2] ^ s[3]);
}

wzp__cid wzp__cid_of(const uint8_t *data, size_t len)
{
    wzp__cid cid = {.len = (uint8_t)(len < WZP__CID_MAX ? len : WZP__CID_MAX)};
    if (cid.len > 0) {
        memcpy(cid.data, data, cid.len);
    }
    return cid;
}

static bool same(const wzp__cid *a, const wzp__cid *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

void wzp__cidmap_init(wzp__cidmap *m, const wzp_mem *mem,
                      const uint8_t key[WZP__CID_KEY_LEN])
{
    *m = (wzp__cidmap){.mem = *mem, .key = {load64(key), load64(key + 8)}};
}

void wzp__cidmap_deinit(wzp__cidmap *m)
{
    wzp_mem_free(&m->mem, m->v, m->cap * sizeof *m->v);
    m->v = NULL;
    m->cap = m->count = 0;
}

/* Where the id is, or the free place where it belongs. */
static size_t place(const wzp__cidmap *m, const wzp__cid *cid)
{
    size_t i = hash(m, cid) & (m->cap - 1);
    while (m->v[i].value != 0 && !same(&m->v[i].cid, cid)) {
        i = (i + 1) & (m->cap - 1);
    }
    return i;
}

static wzp_err grow(wzp__cidmap *m)
{
    wzp__cidmap bigger = *m;
    bigger.cap = m->cap == 0 ? FIRST_CAP : m->cap * 2;
    bigger.v = wzp_mem_array(&m->mem, bigger.cap, sizeof *bigger.v);
    if (bigger.v == NULL) {
        return WZP_ERR_NOMEM;
    }
    for (size_t i = 0; i < m->cap; i++) {
        if (m->v[i].value != 0) {
            bigger.v[place(&bigger, &m->v[i].cid)] = m->v[i];
        }
    }
    wzp_mem_free(&m->mem, m->v, m->cap * sizeof *m->v);
    *m = bigger;
    return WZP_OK;
}

wzp_err wzp__cidmap_set(wzp__cidmap *m, const wzp__cid *cid, uint32_t value)
{
    assert(value < UINT32_MAX);
    if (m->count * 2 >= m->cap) {
        WZP_TRY(grow(m));
    }
    wzp__cidmap_entry *e = &m->v[place(m, cid)];
    if (e->value == 0) {
        m->count++;
    }
    *e = (wzp__cidmap_entry){value + 1, *cid};
    return WZP_OK;
}

bool wzp__cidmap_get(const wzp__cidmap *m, const wzp__cid *cid, uint32_t *value)
{
    if (m->cap == 0) {
        return false;
    }
    const wzp__cidmap_entry *e = &m->v[place(m, cid)];
    if (e->value == 0) {
        return false;
    }
    *value = e->value - 1;
    return true;
}

void wzp__cidmap_remove(wzp__cidmap *m, const wzp__cid *cid, uint32_t value)
{
    if (m->cap == 0) {
        return;
    }
    const size_t mask = m->cap - 1;
    size_t hole = place(m, cid);
    if (m->v[hole].value != value + 1) {
        return;
    }
    for (size_t i = (hole + 1) & mask; m->v[i].value != 0; i = (i + 1) & mask) {
        const size_t home = hash(m, &m->v[i].cid) & mask;
        /* Move back unless its home lies after the hole. */
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->v[hole] = m->v[i];
            hole = i;
        }
    }
    m->v[hole].value = 0;
    m->count--;
}
