/* SPDX-License-Identifier: MIT */
/* The jitter buffer (jitter.h): what to play next, and how the delay is moved.
 *
 * States of the jitter buffer:
 *
 *            first frame due                nothing held
 *   FILLING ────────────────► PLAYING ────────────────────► STARVED
 *      ▲                         │  ◄──────────────────────    │
 *      └──── sender restarted ───┴───── a frame is held ───────┘
 */
#include "media/jitter_parts.h"

#include <assert.h>

enum {
    /* Frames above the delay wanted, or above the longest one, before a hole
     * is passed over or a frame dropped. chosen: less is stretched away. */
    DROP_ABOVE = 2,
    /* A delay this much off is worth a stretch. chosen: being short of delay
     * risks frames; in pauses any amount can be cut. */
    SHORT_US = 500,
    LONG_US = 1000,
    /* Between two cuts, by how much there is to cut. chosen: what is little
     * may take its time, and 200 ms must go within a second. */
    CALM_US = 20000,
    CALM_MS = 100,
    BRISK_US = 60000,
    BRISK_MS = 40,
    /* Wishes that nobody fulfils for so long: a frame is dropped. chosen: a
     * voice has stretched by then. */
    UNHEEDED_MS = 400,
    /* Packets overtook one another so lately that a missing one may be on its
     * way. chosen: the window of the estimator. */
    REORDERED_US = 3000000,
};

typedef wzp__jitter_slot slot;

/* --- where it is --- */

/* The first frame held from the playout point on, or NULL. */
static slot *first_held(const wzp_jitter *jb)
{
    for (int64_t i = 0; jb->held != 0 && i < jb->cfg.slots; i++) {
        slot *s = wzp__jitter_find(jb, jb->next_seq + i);
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
    jb->came = jb->came << 1 | (was_held ? 1 : 0);
    jb->next_seq++;
    jb->next_ts += ms;
    jb->stats.lost += !was_held;
    jb->stats.never_came += !was_held;
}

/* The delay of media time `ts` if it were played now. */
static int64_t delay_at(int64_t now, int64_t ts)
{
    return now - ts * WZP__JITTER_MS;
}

/* How long a lost frame was: as the last one, unless the time there is before
 * the next shows that the lengths were switched. */
static uint8_t hole_ms(const wzp_jitter *jb, const slot *after)
{
    const int64_t missing = after->frame.seq - jb->next_seq;
    const int64_t time = after->frame.timestamp - jb->next_ts;
    const uint8_t last = jb->last_frame_ms, next = after->frame.frame_ms;
    const bool switched =
        time == missing * next || (time < missing * last && next < last);
    return switched ? next : last;
}

/* --- stretching --- */

/* What came of the last wish shows in when we are asked again. */
static void note_stretch(wzp_jitter *jb, int64_t now)
{
    if (jb->wish_ms == 0) {
        return;
    }
    const int64_t done = now - jb->next_at;
    if (done == 0 || (done > 0) != (jb->wish_ms > 0)) {
        return;
    }
    jb->longer_us += done > 0 ? done : 0;
    jb->shorter_us += done < 0 ? -done : 0;
    jb->steady_ms = 0;
    jb->unheeded_ms = 0;
}

static uint32_t spacing_ms(int64_t excess)
{
    return excess < CALM_US ? CALM_MS : excess < BRISK_US ? BRISK_MS : 0;
}

/* How much longer, or shorter, `ms` of media should be played at this delay. */
static int16_t wish(const wzp_jitter *jb, int64_t delay, uint8_t ms)
{
    const int64_t excess = delay - wzp__jitter_wanted(jb);
    const int64_t most = ms * 3 / 4; /* chosen: something must be left */
    int64_t want = 0;
    if (excess < -SHORT_US) {
        want = (-excess + WZP__JITTER_MS - 1) / WZP__JITTER_MS;
    } else if (excess >= LONG_US && jb->steady_ms >= spacing_ms(excess)) {
        want = -(excess / WZP__JITTER_MS);
    }
    want = (want > most) ? most : want;
    want = (want < -most) ? -most : want;
    return (int16_t)want;
}

/* --- answers --- */

static void give(wzp_jitter_out *out, wzp_jitter_result result, uint8_t fill_ms)
{
    *out = (wzp_jitter_out){.result = result, .fill_ms = fill_ms};
}

/* Nothing is due for `left`: at most a tick of it. */
static void give_pause(wzp_jitter_out *out, wzp_jitter_result result,
                       int64_t left, uint8_t tick_ms)
{
    const int64_t ms = (left + WZP__JITTER_MS - 1) / WZP__JITTER_MS;
    give(out, result, ms < tick_ms ? (uint8_t)ms : tick_ms);
}

static void give_frame(wzp_jitter *jb, slot *s, int64_t delay,
                       wzp_jitter_out *out)
{
    give(out, WZP_JITTER_FRAME, s->frame.frame_ms);
    out->frame = s->frame;
    out->stretch_ms = wish(jb, delay, s->frame.frame_ms);
    jb->next_ts = s->frame.timestamp;
    jb->last_frame_ms = s->frame.frame_ms;
    jb->played_delay = delay;
    jb->has_played = true;
    jb->stats.played++;
    release(jb, s); /* the bytes stay until the next call */
    advance(jb, true, s->frame.frame_ms);
}

/* May the frame after a gap let a lost one at next_ts be rebuilt? */
static bool is_in_reach(const wzp_jitter *jb, const slot *after)
{
    return after->frame.timestamp - jb->next_ts <= jb->reach_ms &&
           jb->reach_ms != 0;
}

/* Numbers that never came, given up without playing anything for them: after
 * EMPTY the time has passed already; when far behind it must be caught up. What
 * redundancy can rebuild is played all the same, later: the delay grows. */
static void skip_missing(wzp_jitter *jb, int64_t now, const slot *after,
                         bool was_starved)
{
    const int64_t wanted = wzp__jitter_wanted(jb);
    while (jb->next_seq < after->frame.seq && !is_in_reach(jb, after)) {
        const uint8_t ms = hole_ms(jb, after);
        const int64_t left = delay_at(now, jb->next_ts + ms) - wanted;
        const int64_t least = was_starved ? -(ms * WZP__JITTER_MS / 2)
                                          : DROP_ABOVE * ms * WZP__JITTER_MS;
        if (left < least) {
            return;
        }
        advance(jb, false, ms);
    }
}

/* It is not there yet, but packets overtake one another here, and there is
 * still time. */
static bool may_still_come(const wzp_jitter *jb, int64_t now, uint8_t ms)
{
    return jb->reordered_at != INT64_MIN &&
           now - jb->reordered_at <= REORDERED_US &&
           delay_at(now, jb->next_ts - ms) <= wzp__jitter_uneven(jb);
}

static void give_hole(wzp_jitter *jb, int64_t now, const slot *after,
                      wzp_jitter_out *out)
{
    const uint8_t ms = hole_ms(jb, after);
    if (may_still_come(jb, now, ms)) {
        give(out, WZP_JITTER_EXPAND, ms);
        jb->stats.expanded++;
        return;
    }
    give(out, WZP_JITTER_HOLE, ms);
    out->seq = jb->next_seq;
    out->timestamp = jb->next_ts;
    out->ahead = (uint16_t)(after->frame.seq - jb->next_seq);
    out->stretch_ms = wish(jb, delay_at(now, jb->next_ts), ms);
    advance(jb, false, ms);
}

/* Too much delay for stretching, or nobody stretches. */
static bool should_drop(const wzp_jitter *jb, int64_t delay, uint8_t ms)
{
    const int64_t wanted = wzp__jitter_wanted(jb);
    const int64_t longest =
        jb->delay.base + jb->cfg.max_delay_ms * WZP__JITTER_MS;
    const int64_t far = DROP_ABOVE * ms * WZP__JITTER_MS;
    return delay > (wanted > longest ? wanted : longest) + far ||
           (jb->unheeded_ms >= UNHEEDED_MS && delay > wanted + far);
}

/* Throw away frames in line while the delay is too long; the slot to play, or
 * NULL when none is left in line. */
static slot *drop_surplus(wzp_jitter *jb, int64_t now, slot *s)
{
    while (
        s != NULL && jb->held > 1 &&
        should_drop(jb, delay_at(now, s->frame.timestamp), s->frame.frame_ms)) {
        jb->next_ts = s->frame.timestamp;
        jb->unheeded_ms = 0;
        jb->stats.dropped++;
        release(jb, s);
        advance(jb, true, s->frame.frame_ms);
        s = wzp__jitter_find(jb, jb->next_seq);
    }
    return s;
}

/* The next number is held: play it, or first wait for its time. */
static void give_in_line(wzp_jitter *jb, int64_t now, slot *s, uint8_t tick_ms,
                         wzp_jitter_out *out)
{
    const int64_t delay = delay_at(now, s->frame.timestamp);
    const int64_t left = wzp__jitter_wanted(jb) - delay;
    if (s->frame.timestamp > jb->next_ts && left > 0) { /* silence before it */
        give_pause(out, WZP_JITTER_SILENCE, left, tick_ms);
        return;
    }
    give_frame(jb, s, delay, out);
}

/* What a frame after EMPTY tells: an underrun, unless the sender was silent.
 * What was lost after silence is the beginning of the speech. */
static void end_starvation(wzp_jitter *jb, const slot *first)
{
    const int64_t missing = first->frame.seq - jb->next_seq;
    const int64_t lost_ms = missing * hole_ms(jb, first);
    const bool is_silence = first->frame.timestamp - jb->next_ts > lost_ms;
    jb->stats.underruns += !is_silence;
    if (is_silence && missing != 0) {
        jb->next_ts = first->frame.timestamp - lost_ms;
    }
    jb->state = WZP__JITTER_PLAYING;
}

static void answer(wzp_jitter *jb, int64_t now, uint8_t tick_ms,
                   wzp_jitter_out *out)
{
    slot *first = first_held(jb);
    if (jb->state == WZP__JITTER_FILLING) {
        const int64_t left = first == NULL
                                 ? tick_ms * WZP__JITTER_MS
                                 : wzp__jitter_wanted(jb) -
                                       delay_at(now, first->frame.timestamp);
        if (left > 0) {
            give_pause(out, WZP_JITTER_WAIT, left, tick_ms);
            return;
        }
        jb->state = WZP__JITTER_PLAYING;
    }
    if (first == NULL) {
        jb->state = WZP__JITTER_STARVED;
        give(out, WZP_JITTER_EMPTY, tick_ms);
        return;
    }
    const bool was_starved = jb->state == WZP__JITTER_STARVED;
    if (was_starved) {
        end_starvation(jb, first);
    }
    skip_missing(jb, now, first, was_starved);
    slot *s = drop_surplus(jb, now, wzp__jitter_find(jb, jb->next_seq));
    if (s != NULL) {
        give_in_line(jb, now, s, tick_ms, out);
    } else {
        give_hole(jb, now, first_held(jb), out);
    }
}

void wzp_jitter_next(wzp_jitter *jb, wzp_tstamp now, uint8_t tick_ms,
                     wzp_jitter_out *out)
{
    assert(tick_ms != 0);
    const int64_t at = wzp__jitter_us(now);
    jb->tick_ms = tick_ms;
    note_stretch(jb, at);
    answer(jb, at, tick_ms, out);
    jb->wish_ms = out->stretch_ms;
    jb->next_at = at + out->fill_ms * WZP__JITTER_MS;
    jb->steady_ms += out->fill_ms;
    jb->unheeded_ms += out->stretch_ms < 0 ? out->fill_ms : 0;
}
