/* SPDX-License-Identifier: MIT */
/* Sealing one packet under one base key: SFrame (RFC 9605) framing and key
 * schedule inside a bare media datagram. Whose key it is, and when it changes,
 * is group.h. Source: design/secure-media.md 6.
 *
 *   MediaHeader[12] ‖ SFrame header[1 … 17] ‖ ciphertext ‖ tag[16]
 */
#ifndef WZP_CRYPTO_SFRAME_H
#define WZP_CRYPTO_SFRAME_H

#include <wzp/crypto/package.h>
#include <wzp/proto/media.h>

#define WZP_SFRAME_HDR_MAX 17
#define WZP_SFRAME_TAG_LEN 16
#define WZP_SFRAME_PAD_MAX 255

/* What the plaintext of a packet is; one bit of the MediaHeader each. */
typedef enum wzp_plain_form {
    WZP_FORM_FRAME,   /* one codec frame */
    WZP_FORM_BUNDLE,  /* proto/bundle.h */
    WZP_FORM_PARITY,  /* proto/parity.h */
    WZP_FORM_CONTROL, /* proto/control.h */
} wzp_plain_form;

/* --- header and padding --- */

/* sid u16 ‖ generation u8 ‖ step u8. */
uint32_t wzp_sframe_kid(uint16_t sid, uint32_t generation, uint8_t step);

/* Shortest form. Returns the length. */
size_t wzp_sframe_hdr_encode(uint64_t kid, uint64_t ctr,
                             uint8_t out[WZP_SFRAME_HDR_MAX]);

/* *used: length of the header. WZP_ERR_HEADER: cut, or not the shortest
 * form. */
WZP_NODISCARD wzp_err wzp_sframe_hdr_decode(const uint8_t *data, size_t len,
                                            uint64_t *kid, uint64_t *ctr,
                                            size_t *used);

/* Length of the padded plaintext: the next multiple of 8 above `len`, or
 * `pad_to` where that is larger and reachable with 255 bytes. pad_to 0: none.
 */
size_t wzp_sframe_padded_len(size_t len, size_t pad_to);

/* Append zeros and the pad length up to `padded` bytes. */
void wzp_sframe_pad(uint8_t *plain, size_t len, size_t padded);

/* *len in: padded, out: without padding. WZP_ERR_PADDING. */
WZP_NODISCARD wzp_err wzp_sframe_unpad(const uint8_t *plain, size_t *len);

/* --- packets --- */

/* A sealed packet taken apart, nothing verified yet. */
typedef struct wzp_sealed_view {
    wzp_media_hdr hdr;
    wzp_plain_form form;
    uint32_t kid;
    uint64_t ctr;
    wzp_bytes sealed; /* ciphertext and tag, borrowed from the datagram */
    uint8_t ad[WZP_SFRAME_HDR_MAX + WZP_MEDIA_HDR_LEN];
    size_t ad_len;
} wzp_sealed_view;

/* Without a trailer, which is cut off first. WZP_ERR_NOT_SEALED (also: no
 * MediaHeader), _OVERSIZE, _FORM, _HEADER, _LENGTH. */
WZP_NODISCARD wzp_err wzp_sealed_view_decode(const uint8_t *data, size_t len,
                                             wzp_sealed_view *out);

/* One base key with everything that is derived from it, the packet counter
 * (for sealing) and the replay window (for opening). */
typedef struct wzp_sframe_key wzp_sframe_key;

/* WZP_ERR_NOMEM, WZP_ERR_KP_SUITE. */
WZP_NODISCARD wzp_err wzp_sframe_key_new(wzp_sframe_key **out,
                                         const wzp_mem *mem, uint16_t suite,
                                         const uint8_t base_key[WZP_KEY_LEN],
                                         uint32_t kid);
/* Wipes. NULL is fine. */
void wzp_sframe_key_free(wzp_sframe_key *key, const wzp_mem *mem);

/* Packets sealed under this key. */
uint64_t wzp_sframe_key_count(const wzp_sframe_key *key);

typedef struct wzp_seal_input {
    const wzp_media_hdr *hdr; /* codec, seq, timestamp are used */
    wzp_plain_form form;
    wzp_bytes plain;
    size_t pad_to; /* 0, or the tier's maximum (`constant_rate`) */
} wzp_seal_input;

/* out: the whole datagram; must not overlap the plaintext. WZP_ERR_OVERSIZE,
 * WZP_ERR_SPACE, WZP_ERR_COUNTER (2^32 packets: a new key is needed). */
WZP_NODISCARD wzp_err wzp_sframe_seal(wzp_sframe_key *key,
                                      const wzp_seal_input *in, uint8_t *out,
                                      size_t cap, size_t *out_len);

/* plain  cap ≥ view->sealed.len − 16; holds nothing of use on error.
 * WZP_ERR_KEY_UNKNOWN (another KID), _REPLAY, _TAG, _PADDING, _FORM (reserved
 * bits set by the sender), _SPACE. The window moves only after the tag
 * verified. */
WZP_NODISCARD wzp_err wzp_sframe_open(wzp_sframe_key *key,
                                      const wzp_sealed_view *view,
                                      uint8_t *plain, size_t cap, size_t *len);

#endif
