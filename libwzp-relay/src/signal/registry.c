/* SPDX-License-Identifier: MIT */
/* The table of registrations, see registry.h.
 */
#include "signal/registry.h"

#include <string.h>

void wzp__registry_init(wzp__registry *t, const wzp_mem *mem, size_t max)
{
    *t = (wzp__registry){.mem = mem, .max = max};
}

void wzp__registry_deinit(wzp__registry *t)
{
    for (size_t i = 0; i < t->n; i++) {
        wzp_mem_free(t->mem, t->regs[i], sizeof *t->regs[i]);
    }
    if (t->regs != NULL) {
        wzp_mem_free(t->mem, t->regs, t->cap * sizeof(wzp__registration *));
    }
    *t = (wzp__registry){0};
}

static size_t lower_bound(const wzp__registry *t, const uint8_t *fingerprint)
{
    size_t lo = 0;
    size_t hi = t->n;
    while (lo < hi) {
        size_t at = lo + (hi - lo) / 2;
        if (memcmp(t->regs[at]->fingerprint, fingerprint, WZP_FP_LEN) < 0) {
            lo = at + 1;
        } else {
            hi = at;
        }
    }
    return lo;
}

/* What is at `at`, if it is of this fingerprint. */
static wzp__registration *at_index(const wzp__registry *t, size_t at,
                                   const uint8_t *fingerprint)
{
    const bool is_there = at < t->n && memcmp(t->regs[at]->fingerprint,
                                              fingerprint, WZP_FP_LEN) == 0;
    return is_there ? t->regs[at] : NULL;
}

const wzp__registration *wzp__registry_find(const wzp__registry *t,
                                            const uint8_t *fingerprint)
{
    return at_index(t, lower_bound(t, fingerprint), fingerprint);
}

static wzp_err reserve(wzp__registry *t)
{
    if (t->n < t->cap) {
        return WZP_OK;
    }
    size_t cap = t->cap == 0 ? 16 : 2 * t->cap;
    wzp__registration **regs =
        wzp_mem_resize(t->mem, t->regs, t->cap * sizeof(wzp__registration *),
                       cap * sizeof(wzp__registration *));
    if (regs == NULL) {
        return WZP_ERR_NOMEM;
    }
    t->regs = regs;
    t->cap = cap;
    return WZP_OK;
}

static wzp_err insert_at(wzp__registry *t, size_t at,
                         const wzp__registration *reg)
{
    if (t->n >= t->max) {
        return WZP_ERR_ROOM_FULL;
    }
    WZP_TRY(reserve(t));
    wzp__registration *copy = wzp_mem_new(t->mem, sizeof *copy);
    if (copy == NULL) {
        return WZP_ERR_NOMEM;
    }
    *copy = *reg;
    memmove(&t->regs[at + 1], &t->regs[at],
            (t->n - at) * sizeof(wzp__registration *));
    t->regs[at] = copy;
    t->n++;
    t->n_verified += reg->is_verified;
    return WZP_OK;
}

wzp_err wzp__registry_insert(wzp__registry *t, const wzp__registration *reg,
                             wzp_conn_id *replaced)
{
    const size_t at = lower_bound(t, reg->fingerprint);
    wzp__registration *older = at_index(t, at, reg->fingerprint);
    *replaced = 0;
    if (older == NULL) {
        return insert_at(t, at, reg);
    }
    if (older->is_verified && !reg->is_verified) {
        return WZP_ERR_UNVERIFIED;
    }
    *replaced = older->conn;
    t->n_verified += (size_t)(reg->is_verified && !older->is_verified);
    *older = *reg;
    return WZP_OK;
}

bool wzp__registry_remove(wzp__registry *t, const uint8_t *fingerprint,
                          wzp_conn_id conn)
{
    const size_t at = lower_bound(t, fingerprint);
    wzp__registration *reg = at_index(t, at, fingerprint);
    if (reg == NULL || reg->conn != conn) {
        return false;
    }
    memmove(&t->regs[at], &t->regs[at + 1],
            (t->n - at - 1) * sizeof(wzp__registration *));
    t->n--;
    t->n_verified -= reg->is_verified;
    wzp_mem_free(t->mem, reg, sizeof *reg);
    return true;
}
