/* SPDX-License-Identifier: MIT */
/* Trouble made up from a seed, for voice_random_test.c: what may befall the two
 * links, the two clients, the relay and guests of a talk. Each is noted in
 * words.
 */
#ifndef WZP_TEST_INTEGRATION_TROUBLE_H
#define WZP_TEST_INTEGRATION_TROUBLE_H

#include "talk.h"

#include <stdarg.h>
#include <stdio.h>

#define GUESTS      3
#define LOG_LEN     8000
#define FULL_PACKET 1500

typedef struct scene {
    talk t;
    wzp_test_rng rng;
    wzp_trace trace;
    base floor;
    wzp_node guest[GUESTS];
    bool guest_in[GUESTS];
    bool is_translated[2];
    uint64_t under_way_ns; /* at most, what entered in this trouble */
    bool was_rejoined;     /* media times began anew */
    /* Most by which delay was too high after trouble: what nobody asked for,
     * 5 s after; everything, later. */
    double above_ms, late_ms;
    wzp_tstamp above_at;
    unsigned unheard, measured; /* times of relief */
    uint64_t hash, heard;
    wzp_client_stats end;
    char log[LOG_LEN];
    size_t log_len;
} scene;

static inline uint64_t below(scene *s, uint64_t n)
{
    return wzp_test_rng_next(&s->rng) % n;
}

__attribute__((format(printf, 2, 3))) static inline void
note(scene *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n =
        vsnprintf(s->log + s->log_len, LOG_LEN - s->log_len, format, args);
    va_end(args);
    s->log_len += (size_t)n < LOG_LEN - s->log_len ? (size_t)n : 0;
}

static inline double seconds(const scene *s)
{
    return (double)wzp_world_now(s->t.w) / (double)WZP_S - 1000;
}

/* --- what may befall a link --- */

static inline void note_under_way(scene *s, uint64_t ns)
{
    s->under_way_ns = ns > s->under_way_ns ? ns : s->under_way_ns;
}

static inline wzp_link_cfg lossy_link(scene *s)
{
    wzp_link_cfg link = {
        .loss = (double)below(s, 51) / 100,
        .burst_ms = below(s, 2) == 0 ? (double)(20 + below(s, 480)) : 0,
        .delay_ns = (HOP_MS + below(s, 200)) * WZP_MS,
        .jitter_ns = below(s, 60) * WZP_MS,
        .dup = (double)below(s, 10) / 100,
        .keep_order = below(s, 2) == 0,
        .reorder = (double)below(s, 10) / 100,
    };
    note_under_way(s, link.delay_ns + link.jitter_ns + WZP_LINK_REORDER_NS);
    note(s, " loss %.2f in %.0f ms, %u +- %u ms;", link.loss, link.burst_ms,
         (unsigned)(link.delay_ns / WZP_MS),
         (unsigned)(link.jitter_ns / WZP_MS));
    return link;
}

/* 10 to 200 kbit/s, low ones as likely as high ones. Below 10 the lowest tier
 * and the acknowledgements of what comes the other way do not fit. The queue
 * holds a full packet: QUIC needs paths that carry 1,200 bytes (RFC 9000, 14),
 * and probes with such. */
static inline wzp_link_cfg narrow_link(scene *s)
{
    const uint64_t bps = (uint64_t)(10000 * exp2((double)below(s, 433) / 100));
    const uint64_t least_ms = FULL_PACKET * 8000 / bps + 1;
    const uint64_t asked_ms = 50 + below(s, 450);
    const uint64_t queue_ms = asked_ms < least_ms ? least_ms : asked_ms;
    const wzp_link_cfg link = {
        .delay_ns = HOP_MS * WZP_MS,
        .rate_bps = bps,
        .queue_bytes = bps * queue_ms / 8000,
        .loss = below(s, 3) == 0 ? (double)below(s, 11) / 100 : 0,
    };
    note_under_way(s, queue_ms * WZP_MS);
    note(s, " %u bit/s, queue %u ms, loss %.2f;", (unsigned)bps,
         (unsigned)queue_ms, link.loss);
    return link;
}

static inline wzp_link_cfg traced_link(scene *s)
{
    const wzp_link_cfg link = {.trace = &s->trace};
    int32_t longest = 0;
    for (size_t i = 0; i < WZP_TRACE_LEN; i++) {
        const int32_t delay = s->trace.delay[i];
        longest = delay > longest ? delay : longest;
    }
    note_under_way(s, (uint64_t)longest * WZP_TRACE_UNIT_NS);
    note(s, " trace %s;", s->trace.name);
    return link;
}

static inline wzp_link_cfg dead_link(scene *s)
{
    const wzp_link_cfg link = {.loss = 1};
    note(s, " dead;");
    return link;
}

static inline wzp_link_cfg some_link(scene *s)
{
    switch (below(s, 8)) {
    case 0: return dead_link(s);
    case 1: return traced_link(s);
    case 2:
    case 3: return narrow_link(s);
    case 4: return CLEAN;
    default: return lossy_link(s);
    }
}

/* Both ways of one of the two, or of both. */
static inline void change_links(scene *s)
{
    const uint64_t which = below(s, 3);
    for (unsigned i = 0; i < 2; i++) {
        if (which == i || which == 2) {
            note(s, " links of %u:", i);
            const wzp_link_cfg up = some_link(s), down = some_link(s);
            wzp_world_link(s->t.w, s->t.node[i], &up, &down);
        }
    }
}

/* --- what may befall a client --- */

static inline wzp_engine *engine(scene *s, int i)
{
    return wzp_world_engine(s->t.w, s->t.node[i]);
}

static inline wzp_tstamp now_at(scene *s, int i)
{
    return wzp_world_now_at(s->t.w, s->t.node[i]);
}

/* Another address, of which its engine hears after a gap. */
static inline void hand_over(scene *s, int i)
{
    const uint64_t gap_ms = below(s, 2) == 0 ? 0 : below(s, 2000);
    const wzp_link_cfg dead = {.loss = 1};
    note(s, " %d moves, gap %u ms;", i, (unsigned)gap_ms);
    wzp_world_link(s->t.w, s->t.node[i], &dead, &dead);
    wzp_world_move(s->t.w, s->t.node[i]);
    run(&s->t, gap_ms * WZP_MS);
    wzp_world_link(s->t.w, s->t.node[i], &CLEAN, &CLEAN);
    const wzp_addr addr = wzp_world_addr(s->t.w, s->t.node[i]);
    wzp_engine_moved(engine(s, i), now_at(s, i), &addr);
    if (below(s, 2) == 0) {
        const wzp_network network = (wzp_network)below(s, 3);
        wzp_engine_quality_network(engine(s, i), now_at(s, i), network);
        if (i == 1) {
            s->t.is_mobile = network == WZP_NETWORK_CELLULAR;
        }
    }
    wzp_world_kick(s->t.w, s->t.node[i]);
}

/* Its translator forgets it, and may give it another address. */
static inline void rebind(scene *s, int i)
{
    note(s, " %d is translated anew;", i);
    if (below(s, 2) == 0) {
        wzp_world_rebind(s->t.w, s->t.node[i]);
    } else {
        wzp_world_readdress(s->t.w, s->t.node[i]);
    }
}

static inline void change_address(scene *s)
{
    const int i = (int)below(s, 2);
    if (s->is_translated[i]) {
        rebind(s, i);
    } else {
        hand_over(s, i);
    }
}

static inline void restart_relay(scene *s)
{
    note(s, " relay starts anew;");
    wzp_world_restart_relay(s->t.w, s->t.relay);
    s->was_rejoined = true;
}

static inline void tier(scene *s)
{
    const uint64_t which = below(s, WZP_TIER_COUNT);
    note(s, " tier %u;", (unsigned)which);
    assert_int_equal(
        wzp_engine_quality_force(engine(s, 0), now_at(s, 0), (wzp_tier)which),
        WZP_OK);
}

static inline void skew(scene *s)
{
    const int i = (int)below(s, 2);
    const int32_t ppm = (int32_t)below(s, 1001) - 500;
    note(s, " clock of %d: %d ppm;", i, (int)ppm);
    wzp_world_skew(s->t.w, s->t.node[i], ppm);
}

/* Node 0 is silent, or node 1 does not listen, because they want it so. */
static inline void be_quiet(scene *s)
{
    const uint64_t which = below(s, 4);
    note(s, " quiet %u;", (unsigned)which);
    s->t.is_quiet = true;
    if (which == 0) {
        wzp_engine_mute(engine(s, 0), now_at(s, 0), true);
    } else if (which == 1) {
        wzp_engine_push_to_talk(engine(s, 0), now_at(s, 0), true, false);
    } else {
        const int i = (int)which - 2;
        wzp_engine_hold(engine(s, i), now_at(s, i), true);
    }
    wzp_world_kick(s->t.w, s->t.node[0]);
    wzp_world_kick(s->t.w, s->t.node[1]);
}

static inline void speak(scene *s)
{
    s->t.is_quiet = false;
    wzp_engine_mute(engine(s, 0), now_at(s, 0), false);
    wzp_engine_push_to_talk(engine(s, 0), now_at(s, 0), false, false);
    for (int i = 0; i < 2; i++) {
        wzp_engine_hold(engine(s, i), now_at(s, i), false);
        wzp_world_kick(s->t.w, s->t.node[i]);
    }
}

/* Guests say nothing: what node 1 hears is node 0. */
static inline void guest(scene *s)
{
    const unsigned i = (unsigned)below(s, GUESTS);
    const wzp_world_client_config cfg = {.identity = (uint8_t)(50 + i)};
    note(s, " guest %u %s;", i, s->guest_in[i] ? "leaves" : "comes");
    if (s->guest[i] == 0) {
        s->guest[i] = wzp_world_client(s->t.w, &cfg);
        wzp_world_link(s->t.w, s->guest[i], &CLEAN, &CLEAN);
    }
    if (s->guest_in[i]) {
        wzp_world_leave(s->t.w, s->guest[i]);
    } else if (wzp_engine_state(wzp_world_engine(s->t.w, s->guest[i])) ==
               WZP_CLIENT_IDLE) {
        wzp_world_join(s->t.w, s->guest[i], "long", s->t.relay);
    } else {
        return; /* on its way out */
    }
    s->guest_in[i] = !s->guest_in[i];
}

/* --- all of it --- */

static inline void something_happens(scene *s)
{
    switch (below(s, 12)) {
    case 0:
    case 1: change_address(s); break;
    case 2:
        if (below(s, 4) == 0) {
            restart_relay(s);
        }
        break;
    case 3: be_quiet(s); break;
    case 4: tier(s); break;
    case 5: skew(s); break;
    case 6:
    case 7: guest(s); break;
    default: break;
    }
}

static inline void trouble(scene *s)
{
    s->under_way_ns = 0;
    note(s, "\n%6.1f", seconds(s));
    if (below(s, 6) != 0) {
        change_links(s);
    }
    for (uint64_t n = 1 + below(s, 3); n > 0; n--) {
        something_happens(s);
        run(&s->t, (1 + below(s, 40)) * LOOK_NS);
    }
}

#endif
