/* SPDX-License-Identifier: MIT */
/* A jitter buffer between a path and a reader, for tests of what it does over
 * seconds and minutes: the path is a list of packets with the moment each comes
 * (or never does), the reader asks every 10 ms as the engine does, and fulfils
 * wishes to stretch by periods of 4 … 12 ms, at most once in 25 ms. Times are
 * µs.
 */
#ifndef WZP_TEST_JITTER_SIM_H
#define WZP_TEST_JITTER_SIM_H

#include "support/harness.h"

#include <wzp/proto/jitter.h>

#include <stdlib.h>
#include <string.h>

enum { SIM_START = 100000000, SIM_TICK = 10000, SIM_LOST = -1 };

typedef struct sim_packet {
    int64_t at; /* after SIM_START, or SIM_LOST */
    uint32_t n; /* its number, from 0 */
    uint32_t ts_ms;
    uint8_t frame_ms;
    bool is_repair;
    bool is_follower;
} sim_packet;

typedef struct sim {
    wzp_jitter *jb;
    sim_packet *packets; /* by arrival, once it runs */
    size_t count, room, next;
    uint16_t seq0;
    uint32_t ts0;
    int64_t phase;    /* of the ticks */
    bool is_stiff;    /* the reader does not stretch */
    int64_t asked;    /* the moment of the next sample to play */
    int64_t ready_at; /* of the stretcher */
    unsigned turn;

    /* What was seen. */
    unsigned frames, holes, empty, expands, waits, silences;
    int64_t stretched;   /* sum */
    int64_t first, last; /* extended numbers given */
    int64_t begin, gap;  /* when the first frame was played; all but frames */
    int64_t delay;       /* of the last frame: after it was sent */
    int64_t greatest;    /* of all since sim_forget */
    int64_t sum_delay;   /* and their sum, over so many: */
    int64_t sum_n;
} sim;

static inline uint32_t sim_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 16;
}

static inline sim sim_new(const wzp_jitter_config *cfg)
{
    const wzp_mem mem = wzp_mem_default();
    sim s = {.seq0 = 65500, .ts0 = UINT32_MAX - 3000, .last = -1};
    assert_int_equal(wzp_jitter_new(&s.jb, &mem, cfg), WZP_OK);
    return s;
}

static inline void sim_free(sim *s)
{
    wzp_jitter_free(s->jb);
    free(s->packets);
}

static inline void sim_add(sim *s, sim_packet p)
{
    if (s->count == s->room) {
        s->room = 2 * s->room + 1024;
        s->packets = realloc(s->packets, s->room * sizeof *s->packets);
        assert_non_null(s->packets);
    }
    s->packets[s->count++] = p;
}

/* Packet n of an even stream of 20 ms, with this transit or SIM_LOST. */
static inline void sim_send(sim *s, uint32_t n, int64_t transit)
{
    sim_add(s, (sim_packet){.at = transit == SIM_LOST
                                      ? SIM_LOST
                                      : (int64_t)n * 20000 + transit,
                            .n = n,
                            .ts_ms = n * 20,
                            .frame_ms = 20});
}

static inline int sim_by_time(const void *a, const void *b)
{
    const sim_packet *x = a, *y = b;
    return x->at != y->at ? (x->at > y->at) - (x->at < y->at)
                          : (x->n > y->n) - (x->n < y->n);
}

static inline wzp_tstamp sim_time(int64_t us)
{
    return (wzp_tstamp)(SIM_START + us) * 1000;
}

static inline wzp_jitter_stats sim_stats(const sim *s)
{
    wzp_jitter_stats stats = {.size = sizeof stats};
    wzp_jitter_stats_get(s->jb, &stats);
    return stats;
}

/* Forget the delays seen. */
static inline void sim_forget(sim *s)
{
    s->greatest = INT64_MIN;
    s->sum_delay = 0;
    s->sum_n = 0;
}

static inline void sim_put(sim *s, const sim_packet *p)
{
    const uint8_t data[4] = {(uint8_t)(p->n >> 24), (uint8_t)(p->n >> 16),
                             (uint8_t)(p->n >> 8), (uint8_t)p->n};
    const wzp_jitter_in in = {.seq = (uint16_t)(s->seq0 + p->n),
                              .timestamp = s->ts0 + p->ts_ms,
                              .frame_ms = p->frame_ms,
                              .is_repair = p->is_repair,
                              .is_follower = p->is_follower,
                              .data = data,
                              .len = sizeof data};
    wzp_ignore(wzp_jitter_insert(s->jb, sim_time(p->at), &in),
               "counted by the statistics");
}

static inline int64_t sim_stretch(sim *s, int wish_ms)
{
    if (s->is_stiff || wish_ms == 0 || s->asked < s->ready_at) {
        return 0;
    }
    const int period = 4 + (int)(s->turn++ * 7 % 9);
    if (wish_ms < 0 && period > -wish_ms) {
        return 0;
    }
    s->ready_at = s->asked + 25000;
    return (wish_ms < 0 ? -period : period) * 1000;
}

static inline void sim_frame(sim *s, const wzp_jitter_frame *f)
{
    const uint32_t ts_ms = (uint32_t)f->timestamp - s->ts0;
    const uint8_t *d = f->data.ptr;
    const uint32_t n = (uint32_t)d[0] << 24 | (uint32_t)d[1] << 16 |
                       (uint32_t)d[2] << 8 | d[3];
    assert_int_equal((uint16_t)(s->seq0 + n), (uint16_t)f->seq);
    s->begin = s->frames == 0 ? s->asked : s->begin;
    s->first = s->frames == 0 ? f->seq : s->first;
    s->frames++;
    s->delay = s->asked - (int64_t)ts_ms * 1000;
    s->greatest = s->delay > s->greatest ? s->delay : s->greatest;
    s->sum_delay += s->delay;
    s->sum_n++;
}

static inline wzp_jitter_result sim_ask(sim *s)
{
    wzp_jitter_out out;
    wzp_jitter_next(s->jb, sim_time(s->asked), SIM_TICK / 1000, &out);
    assert_true(out.fill_ms != 0);
    switch (out.result) {
    case WZP_JITTER_FRAME:
        assert_true(out.frame.seq > s->last);
        s->last = out.frame.seq;
        sim_frame(s, &out.frame);
        break;
    case WZP_JITTER_HOLE:
        assert_true(out.seq > s->last);
        assert_true(out.ahead >= 1);
        s->last = out.seq;
        s->holes++;
        break;
    case WZP_JITTER_EXPAND: s->expands++; break;
    case WZP_JITTER_EMPTY: s->empty++; break;
    case WZP_JITTER_SILENCE: s->silences++; break;
    case WZP_JITTER_WAIT: s->waits++; break;
    }
    const int64_t stretched = sim_stretch(s, out.stretch_ms);
    s->stretched += stretched;
    s->asked += out.fill_ms * 1000 + stretched;
    return out.result;
}

/* Read until this moment. */
static inline void sim_run(sim *s, int64_t until)
{
    if (s->next == 0) {
        qsort(s->packets, s->count, sizeof *s->packets, sim_by_time);
        while (s->next < s->count && s->packets[s->next].at == SIM_LOST) {
            s->next++;
        }
        s->asked = s->asked < s->phase ? s->phase : s->asked;
    }
    int64_t tick = s->asked - (s->asked - s->phase) % SIM_TICK;
    tick += tick < s->asked ? SIM_TICK : 0;
    for (; tick <= until; tick += SIM_TICK) {
        for (; s->next < s->count && s->packets[s->next].at <= tick;
             s->next++) {
            sim_put(s, &s->packets[s->next]);
        }
        wzp_jitter_set_tick(s->jb, sim_time(tick));
        while (s->asked < tick + SIM_TICK) {
            sim_ask(s);
        }
    }
}

#endif
