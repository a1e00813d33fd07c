/* SPDX-License-Identifier: MIT */
/* What was sent when: a log of the last packets, so that a report about a
 * sequence number says how long ago that was and how much came after it.
 */
#ifndef WZP_PROTO_MEDIA_SENT_H
#define WZP_PROTO_MEDIA_SENT_H

#include <wzp/proto/base.h>

/* chosen: 5 s of 10 ms frames */
#define WZP__SENT_MAX 512

typedef struct wzp__sent {
    struct {
        wzp_tstamp at;
        uint64_t before; /* bytes sent before it */
        uint16_t seq;    /* of its first new frame */
    } of[WZP__SENT_MAX]; /* ring */
    uint64_t count;      /* ever; the newest is at (count − 1) mod MAX */
    uint64_t bytes;      /* ever */
} wzp__sent;

/* seq does not go back. */
void wzp__sent_note(wzp__sent *s, wzp_tstamp now, uint16_t seq, size_t bytes);

typedef struct wzp__sent_view {
    wzp_tstamp at;    /* the packet that holds the frame was sent */
    bool has_more;    /* something was sent after it: */
    wzp_tstamp next;  /* the first of that */
    uint64_t arrived; /* bytes sent up to it, ever */
    uint64_t after;   /* bytes sent after it */
} wzp__sent_view;

/* The packet with this frame; for a frame to come, the newest one: which frames
 * that one holds is not kept. False: nothing was sent yet, or the frame too
 * long ago. */
bool wzp__sent_find(const wzp__sent *s, uint16_t seq, wzp__sent_view *out);

/* Bytes sent since then. */
uint64_t wzp__sent_since(const wzp__sent *s, wzp_tstamp since);

#endif
