/* SPDX-License-Identifier: MIT */
/* The past speech that one Opus packet carries (DRED), parsed when it is
 * needed and kept for the several holes of one gap. Reading costs a few
 * microseconds, decoding the features 10 … 200 µs, so each is done only when a
 * hole asks for it, and only as far back as that hole
 * (design/voice-facts.md 1, 4).
 *
 * Not here: turning features into sound, which needs the decoder's own state
 * (decoder.c).
 */
#ifndef WZP_CODEC_DRED_H
#define WZP_CODEC_DRED_H

#include <wzp/codec/codec.h>

#include <opus.h>

typedef struct wzp__dred {
    OpusDREDDecoder *model; /* NULL: this libopus has no DRED */
    OpusDRED *features;
    bool is_processed; /* features are decoded, not only read */
    size_t limit;      /* how far back was read; 0: nothing is held */
    size_t reach;      /* oldest sample held, counted back from the packet */
    size_t tail;       /* newest sample held, counted back likewise */
    size_t len;
    uint8_t packet[WZP_FRAME_MAX]; /* the packet this was read from */
} wzp__dred;

/* What a hole finds in a packet. */
typedef enum wzp__dred_cover {
    WZP__DRED_NOTHING,
    WZP__DRED_PART, /* the oldest samples of the hole are missing */
    WZP__DRED_WHOLE,
} wzp__dred_cover;

/* Bytes that init wants for libopus' two objects; 0 without DRED. */
size_t wzp__dred_size(void);

/* `space`: wzp__dred_size() bytes, aligned for any object; stays the
 * caller's. */
void wzp__dred_init(wzp__dred *dred, void *space);

/* Make ready what `packet` knows of the hole that begins `back` samples before
 * it and is `samples` long. After anything but NOTHING, dred->features can be
 * given to opus_decoder_dred_decode. */
wzp__dred_cover wzp__dred_find(wzp__dred *dred, const uint8_t *packet,
                               size_t len, size_t back, size_t samples);

/* The oldest sample that `packet` holds, counted back from it, but at most
 * 1.04 s; 0: none. Reads all of its bits, decodes nothing. */
size_t wzp__dred_reach(wzp__dred *dred, const uint8_t *packet, size_t len);

#endif
