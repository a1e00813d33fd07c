/* SPDX-License-Identifier: MIT */
/* Parity packets (proto/parity.h) of one remote sender and the frames they
 * cover, for as long as they can help: the last 64 frames and 32 packets, as
 * far as they fit into the bytes kept for them.
 */
#ifndef WZP_CLIENT_BLOCKS_H
#define WZP_CLIENT_BLOCKS_H

#include <wzp/proto/media.h>
#include <wzp/proto/parity.h>

#define WZP__BLOCKS_FRAMES      64
#define WZP__BLOCKS_PACKETS     32
#define WZP__BLOCKS_FRAME_ROOM  24576 /* bytes; chosen: 64 frames at 64k/40 */
#define WZP__BLOCKS_SYMBOL_ROOM 8192
#define WZP__BLOCKS_REBUILT     8192 /* of one block at once */

typedef struct wzp__blocks_frame {
    bool is_here;
    uint8_t codec;
    uint16_t seq;
    uint32_t timestamp;
    uint64_t at; /* place in the bytes, ever growing */
    size_t len;
} wzp__blocks_frame;

typedef struct wzp__blocks_packet {
    bool is_here;
    uint8_t codec;
    uint16_t next_seq;       /* of the frame to come when it was sent */
    uint32_t next_timestamp; /* likewise */
    wzp_parity parity;       /* symbol.ptr is not used */
    uint64_t at;
} wzp__blocks_packet;

typedef struct wzp__blocks {
    wzp__blocks_frame frames[WZP__BLOCKS_FRAMES]; /* by seq */
    wzp__blocks_packet packets[WZP__BLOCKS_PACKETS];
    size_t next_packet;
    uint64_t frame_end, symbol_end; /* bytes taken so far, gaps included */
    uint8_t frame_bytes[WZP__BLOCKS_FRAME_ROOM];
    uint8_t symbol_bytes[WZP__BLOCKS_SYMBOL_ROOM];
    uint8_t rebuilt[WZP__BLOCKS_REBUILT];
} wzp__blocks;

/* A frame rebuilt; data is borrowed for the call. */
typedef void wzp__blocks_fn(void *user, uint16_t seq, uint32_t timestamp,
                            uint8_t codec, const uint8_t *data, size_t len);

void wzp__blocks_reset(wzp__blocks *b);

/* A frame is here, however it came. */
void wzp__blocks_frame_add(wzp__blocks *b, uint8_t codec, uint16_t seq,
                           uint32_t timestamp, const uint8_t *data, size_t len);

/* A parity packet is here, decoded without error. */
void wzp__blocks_parity_add(wzp__blocks *b, const wzp_media_hdr *hdr,
                            const wzp_parity *p);

/* Call fn for the frames of every block that can be rebuilt now. */
void wzp__blocks_rebuild(wzp__blocks *b, wzp__blocks_fn *fn, void *user);

#endif
