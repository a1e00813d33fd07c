/* SPDX-License-Identifier: MIT */
/* Bundle: several codec frames in one sealed packet, repeats first. Forms 0
 * and 1; form 2 is refused until `bundle2` exists.
 * Source: design/secure-media.md 7.
 *
 *   old u8 | new u8 | form u8 | lengths | frames
 *   form 0: one length u8 for all
 *   form 1: per frame u8, or 255 and the length as u16 where it is ≥ 255
 */
#ifndef WZP_PROTO_BUNDLE_H
#define WZP_PROTO_BUNDLE_H

#include <wzp/proto/err.h>

#define WZP_BUNDLE_FRAMES_MAX 48

/* frames[0 … old−1] are repeats, frames[old … old+new−1] are new. Frame i has
 * sequence number (uint16_t)(seq − old + i); the next packet's is seq + new. */
typedef struct wzp_bundle {
    uint16_t seq; /* MediaHeader's: the first new frame */
    uint8_t n_old;
    uint8_t n_new;                           /* may be 0 */
    wzp_bytes frames[WZP_BUNDLE_FRAMES_MAX]; /* borrowed */
} wzp_bundle;

/* Bytes that encode would write; 0 when n_old + n_new is not 1 … 48 or a frame
 * is longer than WZP_FRAME_MAX. */
size_t wzp_bundle_len(const wzp_bundle *b) WZP_NONNULL(1);

/* Form 0 when all frames have one length of at most 255, else form 1.
 * WZP_ERR_ARG where wzp_bundle_len says 0, WZP_ERR_SPACE. */
WZP_NODISCARD wzp_err wzp_bundle_encode(const wzp_bundle *b, uint8_t *out,
                                        size_t cap, size_t *out_len)
    WZP_NONNULL(1, 4);

/* `seq` is the MediaHeader's. Frames are borrowed from `data`; empty ones
 * have a non-NULL ptr. WZP_ERR_BUNDLE for anything that does not fill the
 * plaintext exactly. */
WZP_NODISCARD wzp_err wzp_bundle_decode(const uint8_t *data, size_t len,
                                        uint16_t seq, wzp_bundle *out)
    WZP_NONNULL(4);

#endif
