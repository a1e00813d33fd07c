/* SPDX-License-Identifier: MIT */
/* The jitter buffer (jitter.h). Frames lie in a ring by sequence number; the
 * estimator in delay.h says how long to hold them.
 *
 * States of the jitter buffer:
 *
 *            first frame due                nothing held
 *   FILLING ────────────────► PLAYING ────────────────────► STARVED
 *      ▲                         │  ◄──────────────────────    │
 *      └──── sender restarted ───┴───── a frame is held ───────┘
 */
#include "media/delay.h"

#include <wzp/proto/jitter.h>
#include <wzp/proto/media.h>
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
    FAR_OFF_MS = 3000,
    FAR_FRAMES = 3, /* in a row: the sender restarted */
    /* Frames from one correction of the delay to the next. chosen: a quarter
     * faster or slower is heard as haste, not as a break. */
    SPACING = 4,
    /* Frames above the target before one is dropped. */
    DROP_ABOVE = 2,
    HISTORY = 64, /* numbers behind the playout point remembered */
};

typedef enum state { FILLING, PLAYING, STARVED } state;

typedef struct slot {
    bool is_used;
    wzp_jitter_frame frame; /* data.ptr is bytes */
    uint8_t bytes[WZP_FRAME_MAX];
} slot;

struct wzp_jitter {
    wzp_mem mem;
    wzp_jitter_config cfg;
    slot *slots; /* by seq mod cfg.slots */
    state state;
    bool has_first;
    int64_t next_seq;    /* the playout point; FILLING: lowest held */
    int64_t next_ts;     /* media time it should have, ms */
    int64_t highest_seq; /* the references for extending */
    int64_t highest_ts;
    uint64_t history; /* bit i: next_seq − 1 − i was held */
    size_t held;
    uint32_t held_ms;
    uint8_t last_frame_ms;
    unsigned since_change; /* frames since the delay was corrected */
    unsigned far;          /* far frames in a row */
    uint16_t far_seq;
    int64_t delay_ms;
    wzp__delay delay;
    wzp_jitter_stats stats;
};

/* --- life --- */

void wzp_jitter_config_default_sized(wzp_jitter_config *cfg, size_t size)
{
    const wzp_jitter_config full = {.size = sizeof full,
                                    .min_delay_ms = 20,
                                    .max_delay_ms = 400,
                                    .start_delay_ms = 60,
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

void wzp_jitter_reset(wzp_jitter *jb)
{
    for (size_t i = 0; i < jb->cfg.slots; i++) {
        jb->slots[i].is_used = false;
    }
    jb->state = FILLING;
    jb->has_first = false;
    jb->highest_seq = -1;
    jb->history = 0;
    jb->held = 0;
    jb->held_ms = 0;
    jb->since_change = 0;
    jb->far = 0;
    jb->delay_ms = 0;
    wzp__delay_init(&jb->delay, jb->cfg.min_delay_ms, jb->cfg.max_delay_ms,
                    jb->cfg.start_delay_ms);
}

/* --- slots --- */

static slot *slot_of(const wzp_jitter *jb, int64_t seq)
{
    return &jb->slots[(size_t)(seq % jb->cfg.slots)];
}

/* The frame with this number, or NULL. */
static slot *find(const wzp_jitter *jb, int64_t seq)
{
    slot *s = slot_of(jb, seq);
    return (s->is_used && s->frame.seq == seq) ? s : NULL;
}

/* The first frame held from the playout point on, or NULL. */
static slot *first_held(const wzp_jitter *jb)
{
    for (int64_t i = 0; jb->held != 0 && i < jb->cfg.slots; i++) {
        slot *s = find(jb, jb->next_seq + i);
        if (s != NULL) {
            return s;
        }
    }
    return NULL;
}

static void release(wzp_jitter *jb, slot *s)
{
    s->is_used = false;
    jb->held--;
    jb->held_ms -= s->frame.frame_ms;
}

/* The playout point moves on by one number and `ms` of media time. */
static void advance(wzp_jitter *jb, bool was_held, int64_t ms)
{
    jb->history = jb->history << 1 | (was_held ? 1 : 0);
    jb->next_seq++;
    jb->next_ts += ms;
}

/* --- in --- */

static int64_t to_ms(wzp_tstamp t)
{
    return (int64_t)(t / WZP_MS);
}

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
    jb->next_seq = jb->highest_seq;
    jb->next_ts = jb->highest_ts;
    jb->last_frame_ms = in->frame_ms;
}

static bool is_far(const wzp_jitter *jb, int64_t seq, int64_t transit)
{
    const int64_t off = transit - jb->delay.base;
    return seq < jb->next_seq - FAR_BEHIND || off > FAR_OFF_MS ||
           off < -FAR_OFF_MS;
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
static wzp_err check_stream(wzp_jitter *jb, wzp_tstamp now,
                            const wzp_jitter_in *in, int64_t *seq, int64_t *ts)
{
    if (!jb->has_first) {
        return WZP_ERR_LATE; /* a repair: there is nothing to judge it by */
    }
    if (jb->delay.n == 0 || !is_far(jb, *seq, to_ms(now) - *ts)) {
        jb->far = in->is_repair ? jb->far : 0;
        return WZP_OK;
    }
    if (in->is_repair || !is_restart(jb, in->seq)) {
        jb->stats.late += !in->is_repair;
        return WZP_ERR_LATE;
    }
    wzp_jitter_reset(jb);
    begin(jb, in);
    jb->stats.restarts++;
    *seq = jb->highest_seq;
    *ts = jb->highest_ts;
    return WZP_OK;
}

/* Behind the playout point: played already, or given up. */
static wzp_err refuse_past(wzp_jitter *jb, int64_t seq, bool is_repair)
{
    const int64_t back = jb->next_seq - 1 - seq;
    if (back < HISTORY && (jb->history >> back & 1) != 0) {
        jb->stats.dup++;
        return WZP_ERR_DUP;
    }
    jb->stats.late += !is_repair;
    return WZP_ERR_LATE;
}

/* May this number be held? Moves the playout point where that costs nothing. */
static wzp_err check_place(wzp_jitter *jb, int64_t seq, int64_t ts,
                           bool is_repair)
{
    if (seq < jb->next_seq) {
        if (jb->state != FILLING || jb->highest_seq - seq >= jb->cfg.slots) {
            return refuse_past(jb, seq, is_repair);
        }
        jb->next_seq = seq; /* nothing was played yet */
        jb->next_ts = ts;
        return WZP_OK;
    }
    if (seq - jb->next_seq < jb->cfg.slots) {
        if (find(jb, seq) != NULL) {
            jb->stats.dup++;
            return WZP_ERR_DUP;
        }
        return WZP_OK;
    }
    if (jb->held != 0) {
        jb->stats.full++;
        return WZP_ERR_FULL;
    }
    /* Empty, and the stream is far ahead: all between is lost. */
    jb->stats.lost += (uint64_t)(seq - jb->next_seq);
    jb->next_seq = seq;
    jb->next_ts = ts;
    jb->history = 0;
    return WZP_OK;
}

static void store(wzp_jitter *jb, const wzp_jitter_in *in, int64_t seq,
                  int64_t ts)
{
    slot *s = slot_of(jb, seq);
    s->is_used = true;
    s->frame = (wzp_jitter_frame){.seq = seq,
                                  .timestamp = ts,
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
    int64_t seq = wzp_seq_extend(jb->highest_seq, in->seq);
    int64_t ts = extend_ts(jb->highest_ts, in->timestamp);
    WZP_TRY(check_stream(jb, now, in, &seq, &ts));
    if (!in->is_repair) {
        wzp__delay_add(&jb->delay, to_ms(now) - ts, in->frame_ms);
    }
    WZP_TRY(check_place(jb, seq, ts, in->is_repair));
    store(jb, in, seq, ts);
    if (seq > jb->highest_seq) {
        jb->highest_seq = seq;
        jb->highest_ts = ts;
    }
    return WZP_OK;
}

/* --- out --- */

/* Delay that media time `ts` would have if it were played now. */
static int64_t delay_at(const wzp_jitter *jb, wzp_tstamp now, int64_t ts)
{
    return to_ms(now) - ts - jb->delay.base;
}

static void give(wzp_jitter_out *out, wzp_jitter_result result, uint8_t fill_ms)
{
    *out = (wzp_jitter_out){.result = result, .fill_ms = fill_ms};
}

static void give_frame(wzp_jitter *jb, slot *s, int64_t delay,
                       wzp_jitter_out *out)
{
    give(out, WZP_JITTER_FRAME, s->frame.frame_ms);
    out->frame = s->frame;
    jb->next_ts = s->frame.timestamp;
    jb->last_frame_ms = s->frame.frame_ms;
    jb->delay_ms = delay;
    jb->since_change++;
    jb->stats.played++;
    release(jb, s); /* the bytes stay until the next call */
    advance(jb, true, s->frame.frame_ms);
}

/* How long a lost frame was: as the last one, unless a switch to shorter
 * frames shows in the time there is before the next. */
static uint8_t hole_ms(const wzp_jitter *jb, const slot *after)
{
    const int64_t missing = after->frame.seq - jb->next_seq;
    const int64_t time = after->frame.timestamp - jb->next_ts;
    const uint8_t last = jb->last_frame_ms;
    const bool shorter = time < missing * last && after->frame.frame_ms < last;
    return shorter ? after->frame.frame_ms : last;
}

/* Numbers that never came, given up without playing anything for them: after
 * EMPTY the time has passed already; when far behind it must be caught up. */
static void skip_missing(wzp_jitter *jb, wzp_tstamp now, const slot *after)
{
    const int64_t target = wzp__delay_target(&jb->delay);
    while (jb->next_seq < after->frame.seq) {
        const uint8_t ms = hole_ms(jb, after);
        const int64_t left = delay_at(jb, now, jb->next_ts + ms) - target;
        if (left < ((jb->state == STARVED) ? 0 : DROP_ABOVE * (int64_t)ms)) {
            return;
        }
        jb->stats.lost++;
        advance(jb, false, ms);
    }
}

/* The delay is a frame short and may be corrected again. */
static bool should_expand(const wzp_jitter *jb, int64_t delay, uint8_t ms)
{
    return jb->since_change >= SPACING &&
           delay + ms <= wzp__delay_target(&jb->delay);
}

static bool should_drop(const wzp_jitter *jb, int64_t delay, uint8_t ms)
{
    const int64_t above = delay - wzp__delay_target(&jb->delay);
    return above > DROP_ABOVE * (int64_t)ms &&
           (jb->since_change >= SPACING || delay > jb->cfg.max_delay_ms);
}

static void give_expand(wzp_jitter *jb, uint8_t ms, wzp_jitter_out *out)
{
    give(out, WZP_JITTER_EXPAND, ms);
    jb->since_change = 0;
    jb->stats.expanded++;
}

static void give_hole(wzp_jitter *jb, wzp_tstamp now, const slot *after,
                      wzp_jitter_out *out)
{
    const uint8_t ms = hole_ms(jb, after);
    const int64_t delay = delay_at(jb, now, jb->next_ts);
    if (should_expand(jb, delay, ms)) {
        give_expand(jb, ms, out); /* it may still come */
        return;
    }
    give(out, WZP_JITTER_HOLE, ms);
    out->seq = jb->next_seq;
    out->timestamp = jb->next_ts;
    out->ahead = (uint16_t)(after->frame.seq - jb->next_seq);
    jb->delay_ms = delay;
    jb->since_change++;
    jb->stats.lost++;
    advance(jb, false, ms);
}

/* Throw away frames in line while the delay is too long; the slot to play, or
 * NULL when none is left in line. */
static slot *drop_surplus(wzp_jitter *jb, wzp_tstamp now, slot *s)
{
    while (s != NULL && jb->held > 1 &&
           should_drop(jb, delay_at(jb, now, s->frame.timestamp),
                       s->frame.frame_ms)) {
        jb->next_ts = s->frame.timestamp;
        jb->since_change = 0;
        jb->stats.dropped++;
        release(jb, s);
        advance(jb, true, s->frame.frame_ms);
        s = find(jb, jb->next_seq);
    }
    return s;
}

/* The next number is held: play it, or first wait for its time. */
static void give_in_line(wzp_jitter *jb, wzp_tstamp now, slot *s,
                         uint8_t tick_ms, wzp_jitter_out *out)
{
    const int64_t delay = delay_at(jb, now, s->frame.timestamp);
    if (s->frame.timestamp > jb->next_ts) { /* silence before it */
        if (delay < wzp__delay_target(&jb->delay)) {
            give(out, WZP_JITTER_SILENCE, tick_ms);
            return;
        }
    } else if (should_expand(jb, delay, s->frame.frame_ms)) {
        give_expand(jb, s->frame.frame_ms, out);
        return;
    }
    give_frame(jb, s, delay, out);
}

/* What a frame after EMPTY tells: an underrun, unless the sender was silent. */
static void end_starvation(wzp_jitter *jb, const slot *first)
{
    const bool silent = first->frame.seq == jb->next_seq &&
                        first->frame.timestamp > jb->next_ts;
    jb->stats.underruns += !silent;
    jb->state = PLAYING;
}

void wzp_jitter_next(wzp_jitter *jb, wzp_tstamp now, uint8_t tick_ms,
                     wzp_jitter_out *out)
{
    slot *first = first_held(jb);
    if (jb->state == FILLING) {
        if (first == NULL || delay_at(jb, now, first->frame.timestamp) <
                                 wzp__delay_target(&jb->delay)) {
            give(out, WZP_JITTER_WAIT, tick_ms);
            return;
        }
        jb->state = PLAYING;
    }
    if (first == NULL) {
        jb->state = STARVED;
        give(out, WZP_JITTER_EMPTY, tick_ms);
        return;
    }
    skip_missing(jb, now, first);
    if (jb->state == STARVED) {
        end_starvation(jb, first);
    }
    slot *s = drop_surplus(jb, now, find(jb, jb->next_seq));
    if (s != NULL) {
        give_in_line(jb, now, s, tick_ms, out);
    } else {
        give_hole(jb, now, first_held(jb), out);
    }
}

/* --- queries --- */

bool wzp_jitter_peek(const wzp_jitter *jb, size_t i, wzp_jitter_frame *out)
{
    for (int64_t k = 0; jb->held != 0 && k < jb->cfg.slots; k++) {
        const slot *s = find(jb, jb->next_seq + k);
        if (s != NULL && i-- == 0) {
            *out = s->frame;
            return true;
        }
    }
    return false;
}

void wzp_jitter_stats_get(const wzp_jitter *jb, wzp_jitter_stats *out)
{
    wzp_jitter_stats stats = jb->stats;
    stats.target_ms = (uint32_t)wzp__delay_target(&jb->delay);
    stats.delay_ms = (jb->delay_ms > 0) ? (uint32_t)jb->delay_ms : 0;
    stats.depth_ms = jb->held_ms;
    stats.jitter_ms = wzp__delay_jitter(&jb->delay);
    stats.highest_seq = jb->has_first ? jb->highest_seq - 0x10000 : -1;
    wzp_sized_give(out, out->size, &stats, sizeof stats);
}
