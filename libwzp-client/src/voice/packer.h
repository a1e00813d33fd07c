/* SPDX-License-Identifier: MIT */
/* Codec frames → plaintexts of packets, as the mode wants them: single frames,
 * bundles with repeats or with a window of parity, parity packets between.
 * Nothing is sealed here, and no time passes but through `now`.
 * Source: design/secure-media.md 7, docs/wire.md.
 *
 * A run is a row of frames of one codec and one length without a pause;
 * repeats, windows and parity blocks never reach over its ends.
 */
#ifndef WZP_CLIENT_PACKER_H
#define WZP_CLIENT_PACKER_H

#include <wzp/crypto/sframe.h>
#include <wzp/proto/media.h>
#include <wzp/proto/mode.h>

/* A plaintext of this length still fits into WZP_MEDIA_MAX when sealed, the
 * longest SFrame header and 8 bytes of padding included. */
#define WZP__PACKER_PLAIN_MAX                                                  \
    (WZP_MEDIA_MAX - WZP_MEDIA_HDR_LEN - WZP_SFRAME_HDR_MAX -                  \
     WZP_SFRAME_TAG_LEN - 8)

#define WZP__PACKER_FRAMES  64 /* kept for repeats; divides 65,536 */
#define WZP__PACKER_WAITING 16 /* packets; the oldest gives way */

typedef struct wzp__packer_frame {
    uint32_t timestamp;
    uint16_t seq;
    uint16_t len;
    uint8_t codec;
    uint8_t frame_ms;
    uint8_t data[WZP_FRAME_MAX];
} wzp__packer_frame;

/* A packet that is complete and waits to be taken. */
typedef struct wzp__packer_entry {
    wzp_tstamp at; /* when it was complete */
    uint32_t timestamp;
    uint16_t seq;
    uint8_t codec;
    uint8_t n_old, n_new;
    uint8_t n_parity, row; /* form 2 where n_parity is not 0 */
    /* A parity packet where parity_r is not 0: over n_old frames from base. */
    uint16_t base;
    uint8_t parity_r, index;
} wzp__packer_entry;

/* Parity packets of the block before, which go out one after the other with the
 * packets of this one: together they would be lost together. */
typedef struct wzp__packer_block {
    uint16_t base;
    uint8_t k, r, index; /* index r: all are out */
    uint8_t at_once;     /* with each packet */
} wzp__packer_block;

typedef struct wzp__packer {
    wzp_media_mode mode;
    wzp__packer_frame frames[WZP__PACKER_FRAMES]; /* by seq */
    uint16_t seq;                                 /* of the next frame */
    unsigned n_run;     /* frames of the run that are still kept */
    unsigned n_pending; /* of them, not in a packet yet */
    unsigned n_block;   /* of them, not under parity packets yet */
    wzp__packer_block block;
    uint8_t row; /* of the next form 2 bundle */
    wzp__packer_entry waiting[WZP__PACKER_WAITING];
    size_t head, count;
    uint64_t frames_dropped;
} wzp__packer;

/* A plaintext with what its header has to say. */
typedef struct wzp__packed {
    wzp_media_hdr hdr; /* codec, seq, timestamp */
    wzp_plain_form form;
    size_t len;
    uint8_t plain[WZP__PACKER_PLAIN_MAX];
} wzp__packed;

/* Counts and windows of a mode within their ranges, and no window where frames
 * have no fixed size. */
wzp_media_mode wzp__packer_checked(const wzp_media_mode *mode);

void wzp__packer_init(wzp__packer *p, const wzp_media_mode *mode);

/* From the next packet on; frames that wait for their bundle to be full go out
 * in a shorter one. */
void wzp__packer_set_mode(wzp__packer *p, wzp_tstamp now,
                          const wzp_media_mode *mode);

/* Frames wait for others to share their packet. */
static inline bool wzp__packer_is_open(const wzp__packer *p)
{
    return p->n_pending > 0;
}

/* Where the next frame is to be written, WZP_FRAME_MAX bytes; _put says that
 * it is there. f: timestamp, codec, frame_ms, len are read; it gets the next
 * number. A frame that fits into no packet is dropped. */
uint8_t *wzp__packer_room(wzp__packer *p);
void wzp__packer_put(wzp__packer *p, wzp_tstamp now,
                     const wzp__packer_frame *f);

/* A pause begins: what is open goes out, and nothing reaches back over it. */
void wzp__packer_pause(wzp__packer *p, wzp_tstamp now);

/* Forget all frames: nothing of before goes out. Numbers go on. */
void wzp__packer_forget(wzp__packer *p);

/* The oldest packet that waits. _at: when it was complete; false: none. */
bool wzp__packer_at(const wzp__packer *p, wzp_tstamp *at);
/* There must be one. Errors of the encodings. */
WZP_NODISCARD wzp_err wzp__packer_get(const wzp__packer *p, wzp__packed *out);
/* Done with it: sent, or given up, which is counted. */
void wzp__packer_sent(wzp__packer *p);
void wzp__packer_drop(wzp__packer *p);

/* The i-th new frame of the oldest packet; NULL: it has no such, as a parity
 * packet has none, or there is no packet. */
const wzp__packer_frame *wzp__packer_frame_at(const wzp__packer *p, size_t i);

#endif
