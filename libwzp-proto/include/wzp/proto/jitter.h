/* SPDX-License-Identifier: MIT */
/* Jitter buffer of one sender: frames in as they arrive, out in order at the
 * pace of playout. It decides when a frame is played and when it is given up;
 * it does not decode, conceal or stretch, and it reads no clock.
 *
 * Sequence numbers count frames; timestamps are the sender's media time in ms.
 * A number that never comes is loss; a jump of the timestamp without a missing
 * number is silence, and no loss.
 *
 * Delay is counted against the quickest packet of the last seconds. The target
 * is what the packets of the last 2.5 s needed to be there when they are asked
 * for, a single stall of the path forgiven, and what redundancy needs where
 * frames are being lost. The delay moves towards it for free in silence, else
 * by stretching what is played (stretch_ms). Only far above it are frames
 * dropped.
 */
#ifndef WZP_PROTO_JITTER_H
#define WZP_PROTO_JITTER_H

#include <wzp/proto/env.h>

#define WZP_JITTER_SLOTS_MAX 256

typedef struct wzp_jitter wzp_jitter;

typedef struct wzp_jitter_config {
    size_t size;             /* of this struct, set by _default */
    uint16_t min_delay_ms;   /* 0: the target is never below */
    uint16_t max_delay_ms;   /* 400: never above, but for redundancy (reach);
                                min … 2000 */
    uint16_t start_delay_ms; /* 40: before anything was measured; min … max */
    uint16_t slots;          /* 64: frames held at most; 8 … 256 */
    bool is_mobile;          /* false; true: looks back on 10 s instead of 2.5
                                and forgives no packet */
} wzp_jitter_config;

void wzp_jitter_config_default_sized(wzp_jitter_config *cfg, size_t size)
    WZP_NONNULL(1);
static inline void wzp_jitter_config_default(wzp_jitter_config *cfg)
{
    wzp_jitter_config_default_sized(cfg, sizeof *cfg);
}

/* cfg NULL for the defaults. Memory: 19 KB and 1,328 bytes a slot.
 * WZP_ERR_CONFIG, WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_jitter_new(wzp_jitter **out, const wzp_mem *mem,
                                     const wzp_jitter_config *cfg);
void wzp_jitter_free(wzp_jitter *jb);

/* Forget the stream. The statistics stay, and what the reader said of itself:
 * its tick, the reach. */
void wzp_jitter_reset(wzp_jitter *jb) WZP_NONNULL(1);

/* --- in --- */

/* One codec frame out of a packet that was opened. */
typedef struct wzp_jitter_in {
    uint16_t seq;       /* of the frame; extended to 64 bits inside */
    uint32_t timestamp; /* of the frame, ms; likewise */
    uint8_t codec;      /* wzp_codec_id; kept for the caller */
    uint8_t frame_ms;   /* 1 … 120 */
    bool is_repair;     /* a repeat or rebuilt one: says nothing of the delay */
    bool is_follower;   /* not the first new frame of its packet: likewise */
    const uint8_t *data; /* copied; may be NULL when len is 0 */
    size_t len;          /* 0 … WZP_FRAME_MAX */
} wzp_jitter_in;

/* Insert a frame.
 *
 * now  ns, monotonic: when the packet arrived
 *
 * WZP_ERR_LATE      behind the playout point, or too far from it to be of this
 *                   stream (the third such frame in a row restarts the buffer
 *                   with it: the sender restarted); a repair before the
 *                   first frame
 * WZP_ERR_DUP       held, played or refused as late already
 * WZP_ERR_FULL      further ahead than there are slots; those held are kept
 * WZP_ERR_OVERSIZE  longer than WZP_FRAME_MAX
 * WZP_ERR_ARG       frame_ms 0 or above 120
 */
WZP_NODISCARD wzp_err wzp_jitter_insert(wzp_jitter *jb, wzp_tstamp now,
                                        const wzp_jitter_in *in)
    WZP_NONNULL(1, 3);

/* --- out --- */

/* A frame held. */
typedef struct wzp_jitter_frame {
    int64_t seq;       /* extended */
    int64_t timestamp; /* extended, ms */
    uint8_t codec;
    uint8_t frame_ms;
    bool is_repair;
    wzp_bytes data; /* borrowed until the next insert, next or reset */
} wzp_jitter_frame;

typedef enum wzp_jitter_result {
    WZP_JITTER_WAIT,    /* before the first frame is due: play nothing */
    WZP_JITTER_FRAME,   /* decode `frame` */
    WZP_JITTER_HOLE,    /* one frame is lost: rebuild it from those that follow
                           (wzp_jitter_peek) or conceal */
    WZP_JITTER_EXPAND,  /* conceal; nothing is lost, the delay grows */
    WZP_JITTER_SILENCE, /* the sender was silent on purpose: comfort noise */
    WZP_JITTER_EMPTY,   /* nothing is held: conceal, then fade to silence */
} wzp_jitter_result;

typedef struct wzp_jitter_out {
    wzp_jitter_result result;
    uint8_t fill_ms; /* how much playout time this answer is for */
    /* FRAME, HOLE: so much longer (or, below 0, shorter) should this be played
     * where it can be done unheard; 0: as it is */
    int16_t stretch_ms;
    wzp_jitter_frame frame; /* FRAME */
    int64_t seq;            /* HOLE: the lost frame's */
    int64_t timestamp;      /* HOLE: where it was in media time, about */
    uint16_t ahead; /* HOLE: frames from it to the next one held, ≥ 1 */
} wzp_jitter_out;

/* What to play next. To be called when the playout has used up the fill_ms of
 * the answer before, at that moment's `now`.
 *
 * tick_ms  the caller's period, 10 or 20: fill_ms of EMPTY, and at most that of
 *          WAIT and SILENCE; FRAME, HOLE and EXPAND fill one frame, whatever
 *          the tick
 *
 * The cursor never runs ahead of the sender: EMPTY consumes no sequence
 * number, and a hole is only reported when a later frame is held. */
void wzp_jitter_next(wzp_jitter *jb, wzp_tstamp now, uint8_t tick_ms,
                     wzp_jitter_out *out) WZP_NONNULL(1, 4);

/* A block of playout is made now: the calls of _next until the next such call
 * are made at this moment, though they ask for times up to a tick later. With
 * it a frame is held until the tick it can be used in, and no longer; without
 * it, a tick more is held. */
void wzp_jitter_set_tick(wzp_jitter *jb, wzp_tstamp now) WZP_NONNULL(1);

/* The i-th frame held from the playout point on, 0 = the next one; false
 * beyond the last. After HOLE, frame 0 is the one `ahead` frames later. */
bool wzp_jitter_peek(const wzp_jitter *jb, size_t i, wzp_jitter_frame *out)
    WZP_NONNULL(1, 3);

/* config.is_mobile from now on. */
void wzp_jitter_set_mobile(wzp_jitter *jb, bool is_mobile) WZP_NONNULL(1);

/* How far back the redundancy of the packets that come now reaches, ms: 0 none.
 * Where frames are being lost, the delay grows as far as this to let them be
 * rebuilt in time (wait_ms): after EMPTY the frames within reach of the next
 * one are given as HOLE, late; then the target is what 96 % of the frames lost
 * in the last 15 s needed of the packet after them, and 99 % of those that came
 * as repairs. To be known before the first _next after a gap. */
void wzp_jitter_set_reach(wzp_jitter *jb, uint16_t reach_ms) WZP_NONNULL(1);

/* --- figures --- */

typedef struct wzp_jitter_stats {
    size_t size;       /* of this struct */
    uint64_t received; /* frames taken */
    uint64_t late;     /* refused; repairs are not counted */
    uint64_t dup;
    uint64_t full;
    uint64_t lost; /* numbers passed over without a frame */
    uint64_t played;
    uint64_t underruns;  /* ran empty while the sender was not silent */
    uint64_t expanded;   /* concealment put in to grow the delay */
    uint64_t dropped;    /* frames thrown away to shrink it */
    uint64_t restarts;   /* of the sender */
    uint32_t target_ms;  /* delay wanted now */
    uint32_t delay_ms;   /* delay of what was played last */
    uint32_t depth_ms;   /* held now */
    uint32_t jitter_ms;  /* RFC 3550 6.4.1 */
    int64_t highest_seq; /* extended; −1 before the first frame */
    uint64_t expected;   /* numbers from the first one to the highest */
    uint64_t never_came; /* of those passed by, in no form: loss of the path */
    uint32_t wait_ms;    /* part of the target that is there for redundancy */
    int32_t gradient_us_s; /* of the one-way delay over the last second */
    int32_t skew_ppm;      /* of the sender's clock against ours, slow */
    uint64_t longer_ms, shorter_ms; /* asked for with stretch_ms, and done */
} wzp_jitter_stats;

/* Fills out->size bytes at most; set it to sizeof *out. */
void wzp_jitter_stats_get(const wzp_jitter *jb, wzp_jitter_stats *out)
    WZP_NONNULL(1, 2);

#endif
