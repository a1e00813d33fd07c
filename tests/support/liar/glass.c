/* SPDX-License-Identifier: MIT */
/* A relay whose memory is a list, see glass.h. */
#define _GNU_SOURCE /* memmem */
#include "glass.h"

#include <wzp/client/client.h>
#include <wzp/proto/pkt.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_UNIX UINT64_C(1800000000) /* of the world */

typedef struct block {
    struct block *next, *prev;
    size_t size;
    _Alignas(max_align_t) uint8_t data[];
} block;

struct wzp_glass {
    wzp_world *w;
    wzp_node node;
    wzp_relay *relay;
    wzp_seed_identity *seed;
    block *first; /* of all that it has */
    size_t held, most;
    const block *pool; /* of packet buffers */
    const void *what;
    size_t what_len;
    uint64_t media_in, seen, found;
};

static void unlink_block(wzp_glass *g, block *b)
{
    *(b->prev != NULL ? &b->prev->next : &g->first) = b->next;
    if (b->next != NULL) {
        b->next->prev = b->prev;
    }
    g->held -= b->size;
}

static void link_block(wzp_glass *g, block *b, size_t size)
{
    b->size = size;
    b->next = g->first;
    b->prev = NULL;
    if (b->next != NULL) {
        b->next->prev = b;
    }
    g->first = b;
    g->held += size;
    g->most = g->held > g->most ? g->held : g->most;
}

static void *glass_resize(void *user, void *ptr, size_t old, size_t size)
{
    wzp_glass *g = user;
    block *was =
        ptr == NULL ? NULL : (block *)((uint8_t *)ptr - offsetof(block, data));
    const size_t had = was == NULL ? 0 : was->size;
    (void)old;
    if (was != NULL) {
        unlink_block(g, was);
    }
    if (size == 0) {
        free(was);
        return NULL;
    }
    block *b = realloc(was, sizeof *b + size);
    if (b == NULL) {
        abort();
    }
    if (size > had) { /* what the heap held before is not the relay's */
        memset(b->data + had, 0, size - had);
    }
    link_block(g, b, size);
    return b->data;
}

static wzp_unix_s unix_now(void *user)
{
    const wzp_glass *g = user;
    return NOW_UNIX + wzp_world_now(g->w) / WZP_S;
}

static size_t find_in(const block *b, const void *what, size_t len)
{
    size_t n = 0;
    const uint8_t *at = b->data;
    const uint8_t *end = b->data + b->size;
    while ((at = memmem(at, (size_t)(end - at), what, len)) != NULL) {
        at += len;
        n++;
    }
    return n;
}

/* A packet stays in its buffer until another takes it. */
static void watch(wzp_glass *g)
{
    const uint64_t media_in = wzp_glass_stats(g).media_in;
    if (g->what != NULL && media_in != g->media_in) {
        g->seen += media_in - g->media_in;
        g->found += find_in(g->pool, g->what, g->what_len) > 0;
    }
    g->media_in = media_in;
}

/* --- the machine --- */

static void glass_recv(void *m, wzp_tstamp now, const wzp_addr *local,
                       const wzp_addr *remote, const uint8_t *data, size_t len)
{
    const wzp_glass *g = m;
    wzp_relay_recv(g->relay, now, local, remote, data, len);
}
static void glass_expire(void *m, wzp_tstamp now)
{
    const wzp_glass *g = m;
    wzp_relay_expire(g->relay, now);
}
static wzp_tstamp glass_deadline(void *m)
{
    const wzp_glass *g = m;
    return wzp_relay_deadline(g->relay);
}
static bool glass_poll(void *m, wzp_tstamp now, wzp_addr *local,
                       wzp_addr *remote, const uint8_t **data, size_t *len)
{
    wzp_glass *g = m;
    const bool any =
        wzp_relay_poll_send(g->relay, now, local, remote, data, len);
    watch(g);
    return any;
}

/* The block of so many buffers, each with a little beside its bytes. */
static const block *find_pool(const wzp_glass *g, size_t packets)
{
    const block *found = NULL;
    for (const block *b = g->first; b != NULL; b = b->next) {
        if (b->size % packets == 0 && b->size / packets > WZP_PKT_CAP &&
            b->size / packets < WZP_PKT_CAP + 128) {
            if (found != NULL) {
                fprintf(stderr, "glass: two blocks look like the pool\n");
                abort();
            }
            found = b;
        }
    }
    return found;
}

wzp_glass *wzp_glass_new(wzp_world *w, uint8_t identity,
                         const wzp_relay_config *given)
{
    uint8_t seed[WZP_SEED_LEN];
    char why[160] = "";
    wzp_relay_config cfg;
    wzp_glass *g = calloc(1, sizeof *g);
    memset(seed, identity, sizeof seed);
    if (g == NULL || wzp_global_init() != WZP_OK ||
        wzp_seed_identity_new(&g->seed, seed) != WZP_OK) {
        abort();
    }
    g->w = w;
    g->node = wzp_world_actor(w);
    wzp_relay_config_default(&cfg);
    cfg.packets = 512;
    if (given != NULL) {
        cfg = *given;
    }
    cfg.mem = (wzp_mem){.resize = glass_resize, .user = g};
    cfg.rng = wzp_world_rng(w, g->node);
    cfg.identity = wzp_seed_identity_table(g->seed);
    cfg.unix_now = unix_now;
    cfg.unix_now_user = g;
    if (wzp_relay_new(&g->relay, &cfg, wzp_world_now(w), why, sizeof why) !=
        WZP_OK) {
        fprintf(stderr, "glass: %s\n", why);
        abort();
    }
    const wzp_uv_machine machine = {.recv = glass_recv,
                                    .expire = glass_expire,
                                    .deadline = glass_deadline,
                                    .poll_send = glass_poll,
                                    .machine = g};
    g->pool = find_pool(g, cfg.packets);
    wzp_world_act(w, g->node, &machine);
    return g;
}

void wzp_glass_free(wzp_glass *g)
{
    wzp_relay_free(g->relay);
    wzp_seed_identity_free(g->seed);
    if (g->held != 0) {
        fprintf(stderr, "glass: %zu bytes left\n", g->held);
        abort();
    }
    free(g);
    wzp_global_deinit();
}

wzp_node wzp_glass_node(const wzp_glass *g)
{
    return g->node;
}

wzp_relay *wzp_glass_relay(wzp_glass *g)
{
    return g->relay;
}

wzp_relay_stats wzp_glass_stats(const wzp_glass *g)
{
    wzp_relay_stats s = {.size = sizeof s};
    wzp_relay_stats_get(g->relay, &s);
    return s;
}

size_t wzp_glass_find(const wzp_glass *g, const void *what, size_t len)
{
    size_t n = 0;
    for (const block *b = g->first; b != NULL; b = b->next) {
        n += find_in(b, what, len);
    }
    return n;
}

void wzp_glass_watch(wzp_glass *g, const void *what, size_t len)
{
    g->what = what;
    g->what_len = len;
}

uint64_t wzp_glass_watched(const wzp_glass *g, uint64_t *seen)
{
    *seen = g->seen;
    return g->found;
}

size_t wzp_glass_held(const wzp_glass *g, size_t *most)
{
    if (most != NULL) {
        *most = g->most;
    }
    return g->held;
}
