/* SPDX-License-Identifier: MIT */
/* The jitter buffer (jitter.h): its life, what comes in, what it tells. Frames
 * lie in a ring by sequence number.
 */
#include "media/jitter_parts.h"

#include <wzp/proto/sized.h>

#include <string.h>

enum {
    FRAME_MS_MAX = 120, /* RFC 6716: the longest Opus packet */
    SLOTS_MIN = 8,
    DELAY_LIMIT_MS = 2000,
    /* A frame this far behind in numbers, or this far off in delay, is not of
     * this stream. chosen: 100 as the reference (spec/wire.md 6.1); 3 s, above
     * any queue a call survives. */
    FAR_BEHIND = 100,
    FAR_OFF_US = 3000000,
    FAR_FRAMES = 3, /* in a row: the sender restarted */
    /* In a long silence clocks drift by no more than a part in so many.
     * chosen: twice 500 ppm */
    DRIFT = 1000,
    HISTORY = 64, /* numbers behind the playout point remembered */
    /* A packet counts as there so long after it came. chosen: clocks that
     * drift by 500 ppm move so far in 4 s, time to stretch unheard before it
     * would miss its tick. */
    GUARD_US = 2000,
    TICK_MS = 10, /* of the reader, until it is known */
    /* Playing stands still until the packet after a hole is there: no frame is
     * lost by too short a wait. chosen: at 30 % loss 2.7 % come more than three
     * packets before the next one; and of a burst of 500 ms none is left. */
    HOLES_LEFT_OUT_PERCENT = 4,
    /* A repair that comes too late is lost, though. */
    REPAIRS_LEFT_OUT_PERCENT = 1,
};

/* --- life --- */

void wzp_jitter_config_default_sized(wzp_jitter_config *cfg, size_t size)
{
    const wzp_jitter_config full = {.size = sizeof full,
                                    .min_delay_ms = 0,
                                    .max_delay_ms = 400,
                                    .start_delay_ms = 40,
                                    .slots = 64};
    wzp_sized_give(cfg, size, &full, sizeof full);
}

static bool is_valid(const wzp_jitter_config *cfg)
{
    return cfg->max_delay_ms <= DELAY_LIMIT_MS &&
           cfg->min_delay_ms <= cfg->start_delay_ms &&
           cfg->start_delay_ms <= cfg->max_delay_ms &&
           cfg->slots >= SLOTS_MIN && cfg->slots <= WZP_JITTER_SLOTS_MAX;
}

wzp_err wzp_jitter_new(wzp_jitter **out, const wzp_mem *mem,
                       const wzp_jitter_config *cfg)
{
    wzp_jitter_config own;
    wzp_jitter_config_default(&own);
    if (cfg != NULL) {
        wzp_sized_take(&own, sizeof own, cfg);
    }
    if (!is_valid(&own)) {
        return WZP_ERR_CONFIG;
    }
    wzp_jitter *jb = wzp_mem_new(mem, sizeof *jb);
    if (jb == NULL) {
        return WZP_ERR_NOMEM;
    }
    jb->mem = *mem;
    jb->cfg = own;
    jb->tick_ms = TICK_MS;
    jb->slots = wzp_mem_array(mem, own.slots, sizeof *jb->slots);
    if (jb->slots == NULL) {
        wzp_mem_free(mem, jb, sizeof *jb);
        return WZP_ERR_NOMEM;
    }
    wzp_jitter_reset(jb);
    *out = jb;
    return WZP_OK;
}

void wzp_jitter_free(wzp_jitter *jb)
{
    if (jb == NULL) {
        return;
    }
    const wzp_mem mem = jb->mem;
    wzp_mem_free(&mem, jb->slots, jb->cfg.slots * sizeof *jb->slots);
    wzp_mem_free(&mem, jb, sizeof *jb);
}

static uint64_t expected(const wzp_jitter *jb)
{
    return jb->has_first ? (uint64_t)(jb->highest_seq - jb->first_seq) + 1 : 0;
}

void wzp_jitter_reset(wzp_jitter *jb)
{
    for (size_t i = 0; i < jb->cfg.slots; i++) {
        jb->slots[i].is_used = false;
    }
    jb->expected_before += expected(jb);
    jb->state = WZP__JITTER_FILLING;
    jb->has_first = false;
    jb->highest_seq = -1;
    jb->came = 0;
    jb->held = 0;
    jb->held_ms = 0;
    jb->far = 0;
    jb->has_played = false;
    jb->wish_ms = 0;
    jb->steady_ms = 0;
    jb->unheeded_ms = 0;
    jb->reordered_at = INT64_MIN;
    jb->holes = (wzp__repairs){.n = 0};
    jb->repairs = (wzp__repairs){.n = 0};
    jb->repairs_wanted = INT64_MIN;
    const wzp__delay_config cfg = {.min_ms = jb->cfg.min_delay_ms,
                                   .max_ms = jb->cfg.max_delay_ms,
                                   .start_ms = jb->cfg.start_delay_ms,
                                   .is_mobile = jb->cfg.is_mobile};
    wzp__delay_init(&jb->delay, &cfg);
}

/* --- in --- */

/* A frame that comes in, its numbers extended. */
typedef struct arrival {
    const wzp_jitter_in *in;
    int64_t at; /* when */
    int64_t seq, ts;
} arrival;

static int64_t extend_ts(int64_t last, uint32_t ts)
{
    const uint32_t ahead = ts - (uint32_t)(uint64_t)last;
    return (ahead < 0x80000000u) ? last + ahead
                                 : last + ahead - INT64_C(0x100000000);
}

/* The first frame of a stream. The extended numbers begin one wrap up, so that
 * earlier ones stay positive. */
static void begin(wzp_jitter *jb, const wzp_jitter_in *in)
{
    jb->has_first = true;
    jb->highest_seq = 0x10000 + (int64_t)in->seq;
    jb->highest_ts = INT64_C(0x100000000) + in->timestamp;
    jb->first_seq = jb->highest_seq;
    jb->next_seq = jb->highest_seq;
    jb->next_ts = jb->highest_ts;
    jb->last_frame_ms = in->frame_ms;
}

static int64_t transit(const arrival *a)
{
    return a->at - a->ts * WZP__JITTER_MS;
}

static bool is_far(const wzp_jitter *jb, const arrival *a)
{
    const int64_t off = transit(a) - jb->delay.base;
    const int64_t far = FAR_OFF_US + (a->at - jb->arrived_at) / DRIFT;
    return a->seq < jb->next_seq - FAR_BEHIND || off > far || off < -far;
}

/* A far frame; true when it is the one that restarts the buffer. */
static bool is_restart(wzp_jitter *jb, uint16_t seq)
{
    const bool follows = jb->far != 0 && wzp_seq_before(jb->far_seq, seq) &&
                         (uint16_t)(seq - jb->far_seq) < FAR_BEHIND;
    jb->far = follows ? jb->far + 1 : 1;
    jb->far_seq = seq;
    return jb->far >= FAR_FRAMES;
}

/* Is the frame of the stream that is played? When the sender restarted, the
 * buffer restarts with this frame, and its extended numbers change. */
static wzp_err check_stream(wzp_jitter *jb, arrival *a)
{
    if (!jb->has_first) {
        return WZP_ERR_LATE; /* a repair: there is nothing to judge it by */
    }
    if (jb->delay.n == 0 || !is_far(jb, a)) {
        jb->far = a->in->is_repair ? jb->far : 0;
        return WZP_OK;
    }
    if (a->in->is_repair || !is_restart(jb, a->in->seq)) {
        jb->stats.late += !a->in->is_repair;
        return WZP_ERR_LATE;
    }
    wzp_jitter_reset(jb);
    begin(jb, a->in);
    jb->stats.restarts++;
    a->seq = jb->highest_seq;
    a->ts = jb->highest_ts;
    return WZP_OK;
}

/* Behind the playout point: played already, or given up. */
static wzp_err refuse_past(wzp_jitter *jb, const arrival *a)
{
    const int64_t back = jb->next_seq - 1 - a->seq;
    if (back < HISTORY && a->seq >= jb->first_seq) {
        const uint64_t bit = UINT64_C(1) << back;
        if ((jb->came & bit) != 0) {
            jb->stats.dup++;
            return WZP_ERR_DUP;
        }
        jb->came |= bit;
        jb->stats.never_came--;
    }
    jb->stats.late += !a->in->is_repair;
    return WZP_ERR_LATE;
}

/* Empty, and the stream is far ahead: all between is lost. */
static void pass_over(wzp_jitter *jb, const arrival *a)
{
    const int64_t gap = a->seq - jb->next_seq;
    jb->stats.lost += (uint64_t)gap;
    jb->stats.never_came += (uint64_t)gap;
    jb->came = gap < HISTORY ? jb->came << gap : 0;
    jb->next_seq = a->seq;
    jb->next_ts = a->ts;
}

/* May this number be held? Moves the playout point where that costs nothing. */
static wzp_err check_place(wzp_jitter *jb, const arrival *a)
{
    if (a->seq < jb->next_seq) {
        if (jb->state != WZP__JITTER_FILLING ||
            jb->highest_seq - a->seq >= jb->cfg.slots) {
            return refuse_past(jb, a);
        }
        jb->next_seq = a->seq; /* nothing was played yet */
        jb->next_ts = a->ts;
        jb->first_seq = a->seq < jb->first_seq ? a->seq : jb->first_seq;
        return WZP_OK;
    }
    if (a->seq - jb->next_seq < jb->cfg.slots) {
        if (wzp__jitter_find(jb, a->seq) != NULL) {
            jb->stats.dup++;
            return WZP_ERR_DUP;
        }
        return WZP_OK;
    }
    if (jb->held != 0) {
        jb->stats.full++;
        return WZP_ERR_FULL;
    }
    pass_over(jb, a);
    return WZP_OK;
}

/* From when on the reader can have what came at `at`: its next tick. */
static int64_t usable_at(const wzp_jitter *jb, int64_t at)
{
    if (!jb->has_tick) {
        return at;
    }
    const int64_t tick = jb->tick_ms * WZP__JITTER_MS;
    const int64_t since = at + GUARD_US - jb->tick_at;
    const int64_t ticks = since <= 0 ? 0 : (since + tick - 1) / tick;
    return jb->tick_at + (ticks == 0 ? 1 : ticks) * tick;
}

/* The frames missing before this one, as far as it may let them be rebuilt. */
static void note_missing(wzp_jitter *jb, const arrival *a, int64_t need)
{
    const int64_t ms = a->in->frame_ms;
    for (int64_t i = 1; i < a->seq - jb->highest_seq; i++) {
        if (i * ms > jb->reach_ms) {
            return;
        }
        if (wzp__jitter_find(jb, a->seq - i) == NULL) {
            wzp__repairs_add(&jb->holes, a->at, need + i * ms * WZP__JITTER_MS);
        }
    }
}

static int64_t repairs_wanted(const wzp_jitter *jb, int64_t at)
{
    const int64_t holes =
        wzp__repairs_wanted(&jb->holes, at, HOLES_LEFT_OUT_PERCENT);
    const int64_t repairs =
        wzp__repairs_wanted(&jb->repairs, at, REPAIRS_LEFT_OUT_PERCENT);
    return holes > repairs ? holes : repairs;
}

/* What this frame, taken or too late, tells of the delay wanted. */
static void measure(wzp_jitter *jb, const arrival *a)
{
    const int64_t need = usable_at(jb, a->at) - a->ts * WZP__JITTER_MS;
    jb->arrived_at = a->at;
    if (a->in->is_repair) {
        const int64_t most =
            wzp__jitter_uneven(jb) + jb->reach_ms * WZP__JITTER_MS;
        if (need <= most) {
            wzp__repairs_add(&jb->repairs, a->at, need);
        }
    } else if (!a->in->is_follower) {
        jb->reordered_at = a->seq < jb->highest_seq ? a->at : jb->reordered_at;
        wzp__delay_add(&jb->delay, a->at, transit(a), need);
        note_missing(jb, a, need);
    }
    jb->repairs_wanted =
        jb->reach_ms == 0 ? INT64_MIN : repairs_wanted(jb, a->at);
}

static void store(wzp_jitter *jb, const arrival *a)
{
    const wzp_jitter_in *in = a->in;
    wzp__jitter_slot *s = wzp__jitter_slot_of(jb, a->seq);
    s->is_used = true;
    s->frame = (wzp_jitter_frame){.seq = a->seq,
                                  .timestamp = a->ts,
                                  .codec = in->codec,
                                  .frame_ms = in->frame_ms,
                                  .is_repair = in->is_repair,
                                  .data = {s->bytes, in->len}};
    if (in->len != 0) {
        memcpy(s->bytes, in->data, in->len);
    }
    jb->held++;
    jb->held_ms += in->frame_ms;
    jb->stats.received++;
}

wzp_err wzp_jitter_insert(wzp_jitter *jb, wzp_tstamp now,
                          const wzp_jitter_in *in)
{
    if (in->len > WZP_FRAME_MAX) {
        return WZP_ERR_OVERSIZE;
    }
    if (in->frame_ms == 0 || in->frame_ms > FRAME_MS_MAX) {
        return WZP_ERR_ARG;
    }
    if (!jb->has_first && !in->is_repair) {
        begin(jb, in);
    }
    arrival a = {.in = in,
                 .at = wzp__jitter_us(now),
                 .seq = wzp_seq_extend(jb->highest_seq, in->seq),
                 .ts = extend_ts(jb->highest_ts, in->timestamp)};
    WZP_TRY(check_stream(jb, &a));
    const wzp_err e = check_place(jb, &a);
    if (e != WZP_ERR_DUP) {
        measure(jb, &a);
    }
    WZP_TRY(e);
    store(jb, &a);
    if (a.seq > jb->highest_seq) {
        jb->highest_seq = a.seq;
        jb->highest_ts = a.ts;
    }
    return WZP_OK;
}

/* --- what it is told --- */

void wzp_jitter_set_mobile(wzp_jitter *jb, bool is_mobile)
{
    jb->cfg.is_mobile = is_mobile;
    jb->delay.cfg.is_mobile = is_mobile;
}

void wzp_jitter_set_reach(wzp_jitter *jb, uint16_t reach_ms)
{
    jb->reach_ms = reach_ms;
    jb->repairs_wanted = reach_ms == 0 ? INT64_MIN : jb->repairs_wanted;
}

void wzp_jitter_set_tick(wzp_jitter *jb, wzp_tstamp now)
{
    jb->has_tick = true;
    jb->tick_at = wzp__jitter_us(now);
}

/* --- queries --- */

bool wzp_jitter_peek(const wzp_jitter *jb, size_t i, wzp_jitter_frame *out)
{
    for (int64_t k = 0; jb->held != 0 && k < jb->cfg.slots; k++) {
        const wzp__jitter_slot *s = wzp__jitter_find(jb, jb->next_seq + k);
        if (s != NULL && i-- == 0) {
            *out = s->frame;
            return true;
        }
    }
    return false;
}

static uint32_t above(int64_t high, int64_t low)
{
    return high > low ? (uint32_t)((high - low + 500) / WZP__JITTER_MS) : 0;
}

void wzp_jitter_stats_get(const wzp_jitter *jb, wzp_jitter_stats *out)
{
    wzp_jitter_stats stats = jb->stats;
    const wzp__delay *d = &jb->delay;
    stats.target_ms = above(wzp__jitter_wanted(jb), d->base);
    stats.wait_ms = above(wzp__jitter_wanted(jb), wzp__jitter_uneven(jb));
    stats.delay_ms = jb->has_played ? above(jb->played_delay, d->base) : 0;
    stats.depth_ms = jb->held_ms;
    stats.jitter_ms = d->jitter_q4 / 16 / 1000;
    stats.highest_seq = jb->has_first ? jb->highest_seq - 0x10000 : -1;
    stats.expected = jb->expected_before + expected(jb);
    stats.gradient_us_s = d->gradient_us_s;
    stats.skew_ppm = d->skew.ppm;
    stats.longer_ms = (uint64_t)jb->longer_us / 1000;
    stats.shorter_ms = (uint64_t)jb->shorter_us / 1000;
    wzp_sized_give(out, out->size, &stats, sizeof stats);
}
