/* SPDX-License-Identifier: MIT */
/* What the two halves of the jitter buffer share: jitter.c takes frames in,
 * jitter_next.c gives them out. Times are µs; a delay is `now` minus a
 * timestamp, on the scale of delay.h.
 */
#ifndef WZP_PROTO_MEDIA_JITTER_PARTS_H
#define WZP_PROTO_MEDIA_JITTER_PARTS_H

#include "media/delay.h"
#include "media/repairs.h"

#include <wzp/proto/jitter.h>
#include <wzp/proto/media.h>

#define WZP__JITTER_MS INT64_C(1000)

typedef enum wzp__jitter_state {
    WZP__JITTER_FILLING,
    WZP__JITTER_PLAYING,
    WZP__JITTER_STARVED,
} wzp__jitter_state;

typedef struct wzp__jitter_slot {
    bool is_used;
    wzp_jitter_frame frame; /* data.ptr is bytes */
    uint8_t bytes[WZP_FRAME_MAX];
} wzp__jitter_slot;

struct wzp_jitter {
    wzp_mem mem;
    wzp_jitter_config cfg;
    wzp__jitter_slot *slots; /* by seq mod cfg.slots */
    wzp__jitter_state state;
    bool has_first;
    int64_t first_seq;   /* since the last restart */
    int64_t next_seq;    /* the playout point; FILLING: lowest held */
    int64_t next_ts;     /* media time it should have, ms */
    int64_t highest_seq; /* the references for extending */
    int64_t highest_ts;
    uint64_t came; /* bit i: next_seq − 1 − i came, held or too late */
    size_t held;
    uint32_t held_ms;
    uint8_t last_frame_ms;
    unsigned far; /* far frames in a row */
    uint16_t far_seq;
    int64_t arrived_at; /* the last packet of this stream */

    /* Delay. */
    wzp__delay delay;
    wzp__repairs holes;     /* rebuilt by the packet after them */
    wzp__repairs repairs;   /* that came */
    int64_t repairs_wanted; /* INT64_MIN: none */
    uint16_t reach_ms;
    int64_t reordered_at; /* INT64_MIN: never */
    int64_t played_delay; /* of the last frame */
    bool has_played;

    /* The reader. */
    uint8_t tick_ms;
    bool has_tick;
    int64_t tick_at;

    /* Stretching. */
    int16_t wish_ms;      /* of the last answer */
    int64_t next_at;      /* when the next call comes if nothing is stretched */
    uint32_t steady_ms;   /* played since the last stretch */
    uint32_t unheeded_ms; /* played with wishes that nobody fulfilled */
    int64_t longer_us, shorter_us;

    uint64_t expected_before; /* the last restart */
    wzp_jitter_stats stats;
};

static inline int64_t wzp__jitter_us(wzp_tstamp t)
{
    return (int64_t)(t / (WZP_MS / 1000));
}

static inline wzp__jitter_slot *wzp__jitter_slot_of(const wzp_jitter *jb,
                                                    int64_t seq)
{
    return &jb->slots[(size_t)(seq % jb->cfg.slots)];
}

/* The frame with this number, or NULL. */
static inline wzp__jitter_slot *wzp__jitter_find(const wzp_jitter *jb,
                                                 int64_t seq)
{
    wzp__jitter_slot *s = wzp__jitter_slot_of(jb, seq);
    return (s->is_used && s->frame.seq == seq) ? s : NULL;
}

/* The delay wanted because packets come unevenly. */
static inline int64_t wzp__jitter_uneven(const wzp_jitter *jb)
{
    /* A reader that does not say when it reads may do so a tick early. */
    const int64_t early = jb->has_tick ? 0 : jb->tick_ms * WZP__JITTER_MS;
    return wzp__delay_wanted(&jb->delay) + early;
}

/* The delay wanted. */
static inline int64_t wzp__jitter_wanted(const wzp_jitter *jb)
{
    const int64_t uneven = wzp__jitter_uneven(jb);
    const int64_t most = uneven + jb->reach_ms * WZP__JITTER_MS;
    if (jb->repairs_wanted <= uneven) {
        return uneven;
    }
    return jb->repairs_wanted < most ? jb->repairs_wanted : most;
}

#endif
