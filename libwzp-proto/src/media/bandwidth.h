/* SPDX-License-Identifier: MIT */
/* How much one way holds, seen from what arrives on it: our own hop, or all
 * the way to one listener. A delay above its least is a queue; while there is
 * one, what arrives is what the bottleneck lets through.
 */
#ifndef WZP_PROTO_MEDIA_BANDWIDTH_H
#define WZP_PROTO_MEDIA_BANDWIDTH_H

#include <wzp/proto/base.h>

enum {
    WZP__BANDWIDTH_ARRIVALS = 16,
    WZP__BANDWIDTH_SMOOTH = 3,
};

typedef struct wzp__bandwidth {
    unsigned smooth;                          /* samples, 1 … 3 */
    wzp_tstamp recent[WZP__BANDWIDTH_SMOOTH]; /* delays, newest last */
    unsigned n;
    /* The least delay of this stretch of 30 s, and of the one before. */
    wzp_tstamp least, least_before, stretch_at;
    struct {
        wzp_tstamp at;
        uint64_t bytes;
    } arrival[WZP__BANDWIDTH_ARRIVALS]; /* ring */
    uint64_t arrivals;
    wzp_tstamp queue;  /* as seen: the least of the recent delays, above base */
    uint64_t rate_bps; /* that arrives */
    uint64_t backlog;  /* bytes under way */
} wzp__bandwidth;

/* smooth: a queue must show in so many samples in a row. */
void wzp__bandwidth_init(wzp__bandwidth *b, unsigned smooth);

typedef struct wzp__bandwidth_sample {
    wzp_tstamp delay;  /* there and back; 0: not known */
    uint64_t arrived;  /* bytes, ever */
    uint64_t backlog;  /* bytes sent that have not arrived yet */
    wzp_tstamp window; /* over which a rate is taken */
} wzp__bandwidth_sample;

void wzp__bandwidth_note(wzp__bandwidth *b, wzp_tstamp now,
                         const wzp__bandwidth_sample *sample);

/* What is waiting now by the bytes under way, ns: more than `queue` shows
 * while it grows, as a delay is known only when it is over. */
wzp_tstamp wzp__bandwidth_queue(const wzp__bandwidth *b);

/* The newest delay above base, ns. */
wzp_tstamp wzp__bandwidth_newest(const wzp__bandwidth *b);

/* The way has become longer and is not full: its delay is the least now. */
void wzp__bandwidth_rebase(wzp__bandwidth *b, wzp_tstamp now);

#endif
