/* SPDX-License-Identifier: MIT */
/* Our own call, in the world: a talker, a relay, a listener; QUIC, keys and
 * codec as they are. The network gets bad on the listener's down link when the
 * talker begins to speak.
 */
#include "bench/voice/condition.h"
#include "bench/voice/control.h"
#include "bench/voice/run.h"
#include "bench/voice/tap.h"
#include "bench/voice/wire_ear.h"
#include "support/world/world_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_NS   (100 * WZP_MS)
#define LOOKS_MAX 1024

typedef struct call {
    wzp_world *w;
    wzp_node relay, talker, listener;
    const voice_material *m;
    wzp_trace trace;
    size_t spoken_until;
    double playout[LOOKS_MAX];
    size_t n_looks;
    double wait_sum;
} call;

static bool begin(call *c, const voice_run *run, voice_take *take)
{
    const bool is_near = voice_condition_at(run->condition)->has_no_hop;
    const wzp_link_cfg hop = {.delay_ns = is_near ? 0 : VOICE_HOP_NS};
    wzp_world_client_config talker = {
        .identity = 1, .in = c->m->pcm, .in_len = c->m->n};
    wzp_world_client_config listener = {.identity = 2, .keep_heard = true};
    voice_control_config(run->who, &talker);
    voice_control_config(run->who, &listener);
    c->w = wzp_world_new(run->seed);
    c->relay = wzp_world_relay(c->w, 9, NULL);
    c->talker = wzp_world_client(c->w, &talker);
    c->listener = wzp_world_client(c->w, &listener);
    wzp_world_link(c->w, c->talker, &hop, &hop);
    wzp_world_link(c->w, c->listener, &hop, &hop);
    voice_tap_begin(c->w, c->talker, c->listener, c->m, take);
    voice_wire_begin(wzp_world_engine(c->w, c->talker));
    wzp_world_join(c->w, c->talker, "voice", c->relay);
    wzp_world_join(c->w, c->listener, "voice", c->relay);
    voice_control_begin(run->who, c->w, c->talker);
    return wzp_world_await_keyed(c->w, c->talker, 1, WZP_S) &&
           wzp_world_await_keyed(c->w, c->listener, 1, WZP_S);
}

static bool has_spoken(wzp_world *w, void *user)
{
    const call *c = user;
    (void)w;
    return voice_tap_spoken() >= c->spoken_until;
}

static bool speak_until(call *c, size_t sample)
{
    c->spoken_until = sample;
    return wzp_world_run_until(c->w, 200 * WZP_S, has_spoken, c);
}

static void look(call *c)
{
    const wzp_client_stats s = wzp_world_stats(c->w, c->listener);
    if (c->n_looks < LOOKS_MAX) {
        c->playout[c->n_looks++] = s.playout_delay_ms;
        c->wait_sum += s.playout_wait_ms;
    }
}

typedef struct counts {
    wzp_client_stats talker, listener;
    voice_wire wire;
} counts;

static void count(const call *c, counts *out)
{
    out->talker = wzp_world_stats(c->w, c->talker);
    out->listener = wzp_world_stats(c->w, c->listener);
    out->wire = voice_wire_get();
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void note(call *c, voice_run *run, const counts *a, const counts *b,
                 double seconds)
{
    const double media = (double)(b->wire.media_bytes - a->wire.media_bytes);
    const double other = (double)(b->wire.other_bytes - a->wire.other_bytes);
    double sum = 0;
    run->media_kbps = media * 8 / seconds / 1000;
    run->wire_kbps = (media + other) * 8 / seconds / 1000;
    run->late = (double)(b->listener.packets_late - a->listener.packets_late);
    run->longer_ms = (double)(b->listener.longer_ms - a->listener.longer_ms);
    run->shorter_ms = (double)(b->listener.shorter_ms - a->listener.shorter_ms);
    run->rebuilt_parity =
        (double)(b->listener.rebuilt_parity - a->listener.rebuilt_parity);
    run->mode_changes =
        (double)(b->talker.mode_changes - a->talker.mode_changes);
    voice_control_mode(&b->talker, run->mode, sizeof run->mode);
    for (size_t i = 0; i < c->n_looks; i++) {
        sum += c->playout[i];
    }
    qsort(c->playout, c->n_looks, sizeof c->playout[0], by_size);
    run->playout_ms = sum / (double)c->n_looks;
    run->playout_p95_ms = c->playout[c->n_looks * 95 / 100];
    run->wait_ms = c->wait_sum / (double)c->n_looks;
}

static void talk(call *c, voice_run *run)
{
    const voice_condition *cond = voice_condition_at(run->condition);
    const wzp_link_cfg bad = voice_condition_link(cond, run->seed, &c->trace);
    counts a, b;
    speak_until(c, VOICE_LEAD);
    wzp_link_init(&c->w->nodes[c->listener]->down, &bad);
    speak_until(c, VOICE_LEAD + VOICE_SETTLE);
    count(c, &a);
    const wzp_tstamp from = wzp_world_now(c->w);
    while (voice_tap_spoken() < c->m->end) {
        wzp_world_run(c->w, LOOK_NS);
        look(c);
    }
    count(c, &b);
    note(c, run, &a, &b, (double)(wzp_world_now(c->w) - from) / 1e9);
    speak_until(c, c->m->n - VOICE_RATE / 10); /* the buffers run dry */
}

/* A denoiser changes what it is given: then other sound is as it should be. */
static void judge(voice_run *run, const voice_tap_check *check)
{
    const size_t other = run->who == VOICE_DENOISED ? 0 : check->bad_input;
    if (check->bad_stamp + check->bad_media + other > 0) {
        (void)snprintf(run->broken, sizeof run->broken,
                       "%zu frames of other sound, %zu stamps astray, %zu "
                       "ticks off (%.0f ms)",
                       check->bad_input, check->bad_stamp, check->bad_media,
                       check->worst_media_ms);
    }
}

void voice_call_run(voice_run *run, const voice_material *m)
{
    call *c = calloc(1, sizeof *c);
    voice_take take = {0};
    if (c == NULL) {
        abort();
    }
    c->m = m;
    if (begin(c, run, &take)) {
        talk(c, run);
        run->trace = wzp_world_trace(c->w);
        const voice_tap_check check = voice_tap_end();
        judge(run, &check);
        voice_run_score(run, &take, m);
    } else {
        (void)snprintf(run->broken, sizeof run->broken, "no call came about");
        (void)voice_tap_end();
    }
    voice_wire_begin(NULL);
    wzp_world_free(c->w);
    voice_take_free(&take);
    free(c);
}
