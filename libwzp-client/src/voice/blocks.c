/* SPDX-License-Identifier: MIT */
/* Parity blocks of a receiver, see blocks.h. Frames and symbols lie in two
 * rings of bytes, each piece in one part; what was overwritten is known by its
 * distance from the end.
 */
#include "voice/blocks.h"

#include <wzp/codec/codec.h>

#include <string.h>

/* --- rings of bytes --- */

/* A place of `len` bytes that does not wrap; len ≤ room. */
static uint64_t take(uint64_t *end, size_t room, size_t len)
{
    const size_t at = (size_t)(*end % room);
    if (at + len > room) {
        *end += room - at;
    }
    const uint64_t place = *end;
    *end += len;
    return place;
}

static bool is_whole(uint64_t at, uint64_t end, size_t room)
{
    return end - at <= room;
}

/* --- in --- */

void wzp__blocks_reset(wzp__blocks *b)
{
    memset(b->frames, 0, sizeof b->frames);
    memset(b->packets, 0, sizeof b->packets);
}

void wzp__blocks_frame_add(wzp__blocks *b, uint8_t codec, uint16_t seq,
                           uint32_t timestamp, const uint8_t *data, size_t len)
{
    wzp__blocks_frame *f = &b->frames[seq % WZP__BLOCKS_FRAMES];
    if (len == 0 || len > WZP_FRAME_MAX) {
        return;
    }
    *f = (wzp__blocks_frame){
        .is_here = true,
        .codec = codec,
        .seq = seq,
        .timestamp = timestamp,
        .at = take(&b->frame_end, WZP__BLOCKS_FRAME_ROOM, len),
        .len = len,
    };
    memcpy(b->frame_bytes + f->at % WZP__BLOCKS_FRAME_ROOM, data, len);
}

void wzp__blocks_parity_add(wzp__blocks *b, const wzp_media_hdr *hdr,
                            const wzp_parity *p)
{
    wzp__blocks_packet *x = &b->packets[b->next_packet];
    if (p->symbol.len > WZP_MEDIA_MAX) {
        return;
    }
    b->next_packet = (b->next_packet + 1) % WZP__BLOCKS_PACKETS;
    *x = (wzp__blocks_packet){
        .is_here = true,
        .codec = hdr->codec,
        .next_seq = hdr->seq,
        .next_timestamp = hdr->timestamp,
        .parity = *p,
        .at = take(&b->symbol_end, WZP__BLOCKS_SYMBOL_ROOM, p->symbol.len),
    };
    memcpy(b->symbol_bytes + x->at % WZP__BLOCKS_SYMBOL_ROOM, p->symbol.ptr,
           p->symbol.len);
}

/* --- rebuilding --- */

static const wzp__blocks_frame *frame_here(const wzp__blocks *b, uint16_t seq,
                                           uint8_t codec)
{
    const wzp__blocks_frame *f = &b->frames[seq % WZP__BLOCKS_FRAMES];
    const bool is_it = f->is_here && f->seq == seq && f->codec == codec &&
                       is_whole(f->at, b->frame_end, WZP__BLOCKS_FRAME_ROOM);
    return is_it ? f : NULL;
}

static bool is_same_block(const wzp__blocks_packet *a,
                          const wzp__blocks_packet *b)
{
    return a->is_here && a->parity.base == b->parity.base &&
           a->parity.k == b->parity.k && a->codec == b->codec &&
           a->parity.symbol.len == b->parity.symbol.len;
}

static size_t packets_of(const wzp__blocks *b, const wzp__blocks_packet *of,
                         wzp_parity out[WZP__BLOCKS_PACKETS])
{
    size_t n = 0;
    for (size_t i = 0; i < WZP__BLOCKS_PACKETS; i++) {
        const wzp__blocks_packet *p = &b->packets[i];
        if (is_same_block(p, of) &&
            is_whole(p->at, b->symbol_end, WZP__BLOCKS_SYMBOL_ROOM)) {
            out[n] = p->parity;
            out[n++].symbol.ptr =
                b->symbol_bytes + p->at % WZP__BLOCKS_SYMBOL_ROOM;
        }
    }
    return n;
}

/* A block has no pause in it, so one frame's time tells those of all; without
 * any, that of the frame after it. */
static uint32_t time_of(const wzp__blocks *b, const wzp__blocks_packet *p,
                        uint16_t seq, uint8_t frame_ms)
{
    for (unsigned j = 0; j < p->parity.k; j++) {
        const uint16_t other = (uint16_t)(p->parity.base + j);
        const wzp__blocks_frame *f = frame_here(b, other, p->codec);
        if (f != NULL) {
            const int16_t ahead = (int16_t)(uint16_t)(seq - other);
            return f->timestamp + (uint32_t)(ahead * frame_ms);
        }
    }
    const int16_t ahead = (int16_t)(uint16_t)(seq - p->next_seq);
    return p->next_timestamp + (uint32_t)(ahead * frame_ms);
}

/* It can help no more. */
static void forget_block(wzp__blocks *b, const wzp__blocks_packet *of)
{
    const wzp__blocks_packet block = *of;
    for (size_t i = 0; i < WZP__BLOCKS_PACKETS; i++) {
        if (is_same_block(&b->packets[i], &block)) {
            b->packets[i].is_here = false;
        }
    }
}

static void give(const wzp__blocks *b, const wzp__blocks_packet *p,
                 const wzp_bytes *frames, const bool *was_lost,
                 wzp__blocks_fn *fn, void *user)
{
    for (unsigned j = 0; j < p->parity.k; j++) {
        const uint16_t seq = (uint16_t)(p->parity.base + j);
        uint8_t ms;
        if (was_lost[j] && wzp_codec_frame_ms(p->codec, frames[j].ptr,
                                              frames[j].len, &ms) == WZP_OK) {
            fn(user, seq, time_of(b, p, seq, ms), p->codec, frames[j].ptr,
               frames[j].len);
        }
    }
}

static void rebuild_block(wzp__blocks *b, const wzp__blocks_packet *p,
                          wzp__blocks_fn *fn, void *user)
{
    wzp_bytes frames[WZP_PARITY_TOTAL_MAX];
    bool was_lost[WZP_PARITY_TOTAL_MAX];
    wzp_parity parity[WZP__BLOCKS_PACKETS];
    size_t lost = 0;
    for (unsigned j = 0; j < p->parity.k; j++) {
        const wzp__blocks_frame *f =
            frame_here(b, (uint16_t)(p->parity.base + j), p->codec);
        was_lost[j] = f == NULL;
        lost += f == NULL;
        frames[j] =
            f == NULL
                ? (wzp_bytes){NULL, 0}
                : (wzp_bytes){b->frame_bytes + f->at % WZP__BLOCKS_FRAME_ROOM,
                              f->len};
    }
    const size_t n = packets_of(b, p, parity);
    if (lost > n) {
        return;
    }
    const wzp__blocks_packet block = *p;
    const wzp_err e =
        wzp_parity_recover(parity, n, frames, b->rebuilt, sizeof b->rebuilt);
    if (e != WZP_ERR_AGAIN) {
        forget_block(b, &block);
    }
    if (e == WZP_OK) {
        give(b, &block, frames, was_lost, fn, user);
    }
}

void wzp__blocks_rebuild(wzp__blocks *b, wzp__blocks_fn *fn, void *user)
{
    for (size_t i = 0; i < WZP__BLOCKS_PACKETS; i++) {
        if (b->packets[i].is_here) {
            rebuild_block(b, &b->packets[i], fn, user);
        }
    }
}
