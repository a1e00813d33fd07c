/* SPDX-License-Identifier: MIT */
/* The laws, applied: packets as they are sealed, counters and queues of all
 * nodes every WATCH_NS (in large worlds less often), tables when a test says
 * that nothing moves.
 */
#include "world_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WATCH_NS (100 * WZP_MS)

/* The world whose machines run: key groups do not know theirs. */
static wzp_world *present;

void wzp__world_break(wzp_world *w, int node, const char *what)
{
    if (w->caught != NULL) {
        if (w->caught->what == NULL) {
            *w->caught = (wzp_world_broken){what, w->now, node};
        }
        return;
    }
    fprintf(stderr, "world: %s (seed %" PRIu64 ", time %" PRIu64 " ns, ", what,
            w->seed, w->now);
    fprintf(stderr, "node %d)\n", node);
    abort();
}

wzp_node wzp_world_acting(void)
{
    return present == NULL ? -1 : present->acting;
}

static void judge(wzp_world *w, int node, const char *broken)
{
    if (broken != NULL) {
        wzp__world_break(w, node, broken);
    }
}

void wzp_world_catch(wzp_world *w, wzp_world_broken *out)
{
    *out = (wzp_world_broken){.node = -1};
    w->caught = out;
}

/* --- every packet --- */

void wzp_world_hear_seal(const wzp_group *g, const uint8_t *packet, size_t len)
{
    wzp_sealed_view view;
    wzp_group_stats stats = {.size = sizeof stats};
    wzp_world *w = present;
    if (w == NULL || w->acting < 0) {
        return;
    }
    wzp__world_must(wzp_sealed_view_decode(packet, len, &view), "own packet");
    wzp_group_stats_get(g, &stats);
    wzp_sealed_seen seen = {.node = w->acting,
                            .generation = stats.generation,
                            .step = stats.step,
                            .kid = view.kid,
                            .ctr = view.ctr};
    wzp_group_own_mid(g, seen.mid);
    judge(w, w->acting, wzp_law_nonce(&w->nonces, &seen));
}

void wzp_world_hear_open(const wzp_opened *opened, const uint8_t *packet,
                         size_t len)
{
    wzp_sealed_view view;
    wzp_world *w = present;
    if (w == NULL || w->acting < 0 || w->on_opened == NULL) {
        return;
    }
    wzp__world_must(wzp_sealed_view_decode(packet, len, &view), "as opened");
    const wzp_world_opened o = {
        .by = w->acting,
        .from = wzp_nonces_node(&w->nonces, opened->mid),
        .is_media = opened->form != WZP_FORM_CONTROL,
        .generation = (uint8_t)(view.kid >> 8),
    };
    w->on_opened(w->on_opened_user, w->now, &o);
}

void wzp_world_on_opened(wzp_world *w, wzp_world_opened_fn *fn, void *user)
{
    w->on_opened = fn;
    w->on_opened_user = user;
}

void wzp_world_key_loss(wzp_world *w, double loss, double dup)
{
    w->key_loss = loss;
    w->key_dup = dup;
}

void wzp_world_no_keys(wzp_world *w, wzp_node client, wzp_tstamp until)
{
    w->nodes[client]->no_keys_until = until;
}

static double draw(wzp_world *w)
{
    return (double)(wzp_test_rng_next(&w->key_rng) >> 11) * 0x1p-53;
}

int wzp_world_key_copies(const wzp_signal *sig)
{
    wzp_world *w = present;
    if (w == NULL || w->acting < 0 ||
        (sig->kind != WZP_SIG_E2EE_PAIR && sig->kind != WZP_SIG_E2EE_KEYS &&
         sig->kind != WZP_SIG_E2EE_KEY_REQUEST)) {
        return 1;
    }
    const double loss = draw(w), dup = draw(w);
    if (w->now < w->nodes[w->acting]->no_keys_until || loss < w->key_loss) {
        return 0;
    }
    return dup < w->key_dup ? 2 : 1;
}

void wzp_world_silence(wzp_world *w, bool is_silent)
{
    w->is_silent = is_silent;
}

bool wzp_world_is_silent(void)
{
    return present != NULL && present->is_silent;
}

void wzp_world_no_codec(wzp_world *w)
{
    w->is_silent = true;
    w->has_no_encoder = true;
}

bool wzp_world_has_encoder(void)
{
    return present == NULL || !present->has_no_encoder;
}

/* --- every now and then --- */

static void watch_client(wzp_world *w, int i)
{
    wzp__node *nd = w->nodes[i];
    wzp_inside in;
    wzp_inside_client(nd->engine, &in);
    const wzp_client_stats s = wzp_world_stats(w, i);
    const bool is_same = in.epoch == nd->epoch_seen;
    judge(w, i, wzp_law_bounds(&in, nd->pool_all));
    judge(w, i, wzp_law_client_counters(&nd->client_seen, &s, is_same));
    if (is_same) {
        judge(w, i, wzp_law_generation(&nd->client_seen.group, &s.group));
    }
    nd->client_seen = s;
    nd->epoch_seen = in.epoch;
}

static void watch_relay(wzp_world *w, int i)
{
    wzp__node *nd = w->nodes[i];
    wzp_inside in;
    wzp_relay_stats s = {.size = sizeof s};
    wzp_inside_relay(nd->relay, &in);
    wzp_relay_stats_get(nd->relay, &s);
    judge(w, i, wzp_law_bounds(&in, nd->pool_all));
    judge(w, i, wzp_law_relay_counters(&nd->relay_seen, &s));
    nd->relay_seen = s;
}

void wzp__world_watch(wzp_world *w)
{
    w->watch_at = w->now + WATCH_NS * (1 + (uint64_t)w->n_nodes / 64);
    for (int i = 0; i < w->n_nodes; i++) {
        if (w->nodes[i]->is_dead) {
            continue;
        }
        if (w->nodes[i]->engine != NULL) {
            watch_client(w, i);
        } else if (w->nodes[i]->relay != NULL) {
            watch_relay(w, i);
        }
    }
}

/* --- when a test says so --- */

static bool is_in(const wzp__node *nd)
{
    return nd->engine != NULL && !nd->is_dead && nd->joined >= 0;
}

static bool is_first_of_room(const wzp_world *w, int i)
{
    for (int k = 0; k < i; k++) {
        if (is_in(w->nodes[k]) && w->nodes[k]->joined == w->nodes[i]->joined &&
            strcmp(w->nodes[k]->room, w->nodes[i]->room) == 0) {
            return false;
        }
    }
    return true;
}

static size_t count_room(const wzp_world *w, int i)
{
    size_t n = 0;
    for (int k = 0; k < w->n_nodes; k++) {
        n += is_in(w->nodes[k]) && w->nodes[k]->joined == w->nodes[i]->joined &&
             strcmp(w->nodes[k]->room, w->nodes[i]->room) == 0;
    }
    return n;
}

static void check_relay(wzp_world *w, int r)
{
    wzp_relay_stats s = {.size = sizeof s};
    wzp_inside in;
    size_t members = 0, rooms = 0;
    wzp_relay_stats_get(w->nodes[r]->relay, &s);
    wzp_inside_relay(w->nodes[r]->relay, &in);
    for (int i = 0; i < w->n_nodes; i++) {
        if (is_in(w->nodes[i]) && w->nodes[i]->joined == r) {
            members++;
            rooms += is_first_of_room(w, i);
        }
    }
    if (s.members != members || in.peers != members) {
        wzp__world_break(w, r, "a relay lists others than those who are in");
    }
    if (s.rooms != rooms) {
        wzp__world_break(w, r, "a relay has rooms that nobody is in");
    }
}

void wzp_world_check_settled(wzp_world *w)
{
    for (int i = 0; i < w->n_nodes; i++) {
        if (w->nodes[i]->relay != NULL && !w->nodes[i]->is_dead) {
            check_relay(w, i);
        }
        if (is_in(w->nodes[i]) &&
            wzp_world_stats(w, i).members + 1 != count_room(w, i)) {
            wzp__world_break(w, i,
                             "a client lists others than those who are in");
        }
    }
}

void wzp_world_check_empty(wzp_world *w)
{
    for (int i = 0; i < w->n_nodes; i++) {
        wzp_inside in;
        if (w->nodes[i]->is_dead || w->nodes[i]->is_actor) {
            continue;
        }
        if (w->nodes[i]->engine != NULL) {
            wzp_inside_client(w->nodes[i]->engine, &in);
        } else {
            wzp_inside_relay(w->nodes[i]->relay, &in);
        }
        judge(w, i, wzp_law_empty(&in, w->nodes[i]->pool_all));
    }
    wzp_world_check_settled(w);
}

/* --- life --- */

void wzp__world_watch_begin(wzp_world *w)
{
    present = w;
    w->watch_at = w->now;
    w->key_rng.state = w->seed ^ 0x6B657973; /* its own: changes nothing else */
}

void wzp__world_watch_end(wzp_world *w)
{
    wzp_nonces_free(&w->nonces);
    present = NULL;
}
