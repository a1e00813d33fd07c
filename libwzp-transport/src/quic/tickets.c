/* SPDX-License-Identifier: MIT */
/* A handful of tickets, looked through one by one; see tickets.h.
 */
#include "quic/tickets.h"

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <string.h>

wzp_err wzp__tickets_init(wzp__tickets *t, const wzp_mem *mem, size_t n)
{
    *t = (wzp__tickets){.mem = *mem, .n = n};
    t->v = wzp_mem_new(mem, n * sizeof *t->v);
    return t->v != NULL ? WZP_OK : WZP_ERR_NOMEM;
}

static void drop(wzp__ticket *one)
{
    wolfSSL_SESSION_free(one->session); /* wipes; NULL is fine */
    one->session = NULL;
    one->until = 0;
}

void wzp__tickets_deinit(wzp__tickets *t)
{
    for (size_t i = 0; t->v != NULL && i < t->n; i++) {
        drop(&t->v[i]);
    }
    wzp_mem_free(&t->mem, t->v, t->n * sizeof *t->v);
    t->v = NULL;
}

static bool is_same(const wzp__ticket_origin *a, const wzp__ticket_origin *b)
{
    return wzp_addr_equal(&a->remote, &b->remote) &&
           strcmp(a->sni, b->sni) == 0 &&
           memcmp(a->cert, b->cert, sizeof a->cert) == 0;
}

static wzp__ticket *find(const wzp__tickets *t, const wzp__ticket_origin *want)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->v[i].session != NULL && is_same(&t->v[i].from, want)) {
            return &t->v[i];
        }
    }
    return NULL;
}

/* A free place, or the one that ends first: `until` of a free one is 0. */
static wzp__ticket *first_to_end(const wzp__tickets *t)
{
    size_t first = 0;
    for (size_t i = 1; i < t->n; i++) {
        first = t->v[i].until < t->v[first].until ? i : first;
    }
    return &t->v[first];
}

void wzp__tickets_put(wzp__tickets *t, wzp_tstamp until,
                      const wzp__ticket_origin *from,
                      struct WOLFSSL_SESSION *session)
{
    wzp__ticket *place = find(t, from);
    place = place == NULL ? first_to_end(t) : place;
    drop(place);
    *place = (wzp__ticket){.session = session, .until = until, .from = *from};
}

bool wzp__tickets_take(wzp__tickets *t, wzp_tstamp now,
                       const wzp__ticket_origin *want, wzp__ticket *out)
{
    wzp__ticket *one = find(t, want);
    if (one == NULL) {
        return false;
    }
    if (now >= one->until) {
        drop(one);
        return false;
    }
    *out = *one;
    one->session = NULL;
    one->until = 0;
    return true;
}
