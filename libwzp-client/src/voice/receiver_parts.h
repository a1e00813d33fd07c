/* SPDX-License-Identifier: MIT */
/* What a receiver is made of, for the files that make it work: receiver.c
 * (packets in, ticks out), receiver_play.c (the next piece of sound) and
 * receiver_report.c (what is counted and told).
 */
#ifndef WZP_CLIENT_RECEIVER_PARTS_H
#define WZP_CLIENT_RECEIVER_PARTS_H

#include "voice/depacket.h"
#include "voice/receiver.h"

#include <wzp/codec/stretch.h>
#include <wzp/proto/jitter.h>

#define SAMPLES_PER_MS (WZP_PCM_RATE / 1000)

/* The numbers that came in packets of their own, as RFC 3550 A.3 counts. */
typedef struct wzp__tally {
    bool has_first;
    int64_t first, highest; /* extended; lowest and highest of the stream */
    uint64_t window;        /* bit i: highest − i came */
    uint64_t expected, came;
} wzp__tally;

/* The state of the counters at the last report. */
typedef struct wzp__reported {
    wzp_tstamp at;
    uint64_t expected, came, late, bytes;
    uint64_t passed, unrepaired; /* numbers played or given up; not real */
} wzp__reported;

struct wzp__receiver {
    wzp_mem mem;
    wzp__depacket *depacket;
    wzp_jitter *jitter;
    wzp_decoder *dec;
    wzp_stretch *stretch;

    /* One piece of sound, made and not yet played to its end. */
    int16_t pcm[WZP_PCM_MAX + WZP_STRETCH_LAG_MAX];
    size_t at, len;
    bool is_heard;             /* not plain silence */
    bool is_voice;             /* of the decoder, as was the one before it */
    int64_t media_us;          /* of pcm[0]; −1: none */
    int64_t media_span_us;     /* that the piece stands for */
    int16_t made[WZP_PCM_MAX]; /* of the decoder, before it is stretched */

    /* where the sender is */
    bool has_media;
    int64_t media_end_ms; /* extended; end of what was played last */
    uint32_t dry_ms;      /* bridged in a row */

    /* comfort noise */
    uint8_t noise_level; /* announced; 0: none */
    uint8_t sounding_level;

    /* redundancy */
    wzp_tstamp gap_at; /* a number was last seen missing; 0: never */
    wzp_tstamp reach_at;
    uint16_t reach_ms[4]; /* of the packets looked at lately */
    size_t reach_next;
    uint8_t from[256]; /* wzp__frame_from of the frames held, by number */

    wzp_tstamp heard_at, spoke_at;
    uint64_t frames_in; /* out of packets, for the buffer */
    wzp__tally tally;
    uint64_t bytes;
    wzp__reported reported;
    uint64_t longer, shorter, comfort, bridged; /* samples */
    wzp__receiver_stats stats; /* what is counted here; the rest on demand */
};

/* --- receiver_play.c --- */

/* Make the next piece; `left`: samples up to the end of the tick, which a quiet
 * piece does not pass. */
void wzp__receiver_make(wzp__receiver *r, wzp_tstamp now, size_t left);

/* --- receiver_report.c --- */

/* The number of a frame that came in a packet of its own. */
void wzp__tally_add(wzp__tally *t, uint16_t seq);
/* It would be the next, or one of before; else some are missing before it. */
bool wzp__tally_is_in_line(const wzp__tally *t, uint16_t seq);

#endif
