/* SPDX-License-Identifier: MIT */
/* One remote sender: opened packets → jitter buffer → decoder → PCM, 10 ms at
 * a time. Holes are rebuilt from the next packet held (LBRR, DRED) or
 * concealed; each is counted.
 */
#ifndef WZP_CLIENT_RECEIVER_H
#define WZP_CLIENT_RECEIVER_H

#include <wzp/client/audio.h>
#include <wzp/codec/codec.h>
#include <wzp/proto/media.h>

typedef struct wzp__receiver wzp__receiver;

typedef struct wzp__receiver_config {
    wzp_mem mem;
    uint32_t playout_min_ms, playout_max_ms;
} wzp__receiver_config;

typedef struct wzp__receiver_stats {
    uint64_t packets_received;
    uint64_t packets_lost;
    uint64_t packets_late;
    uint64_t packets_dup;
    uint64_t frames_played;
    uint64_t rebuilt_lbrr;
    uint64_t rebuilt_dred;
    uint64_t concealed;
    uint64_t underruns;
    uint32_t playout_delay_ms;
} wzp__receiver_stats;

WZP_NODISCARD wzp_err wzp__receiver_new(wzp__receiver **out,
                                        const wzp__receiver_config *cfg);
void wzp__receiver_free(wzp__receiver *r);

/* One codec frame as opened. Errors are counted; WZP_ERR_LATE, _DUP, _FULL
 * tell why it was not taken. */
WZP_NODISCARD wzp_err wzp__receiver_insert(wzp__receiver *r, wzp_tstamp now,
                                           const wzp_media_hdr *hdr,
                                           const uint8_t *frame, size_t len);

/* 10 ms to play. false: nothing to say (silence). */
bool wzp__receiver_read(wzp__receiver *r, wzp_tstamp now,
                        int16_t out[WZP_AUDIO_TICK_SAMPLES]);

/* When the last packet came. */
wzp_tstamp wzp__receiver_heard_at(const wzp__receiver *r);
void wzp__receiver_stats_get(const wzp__receiver *r, wzp__receiver_stats *out);
/* Add `from` to `into`; the delay becomes the larger one. */
void wzp__receiver_stats_add(wzp__receiver_stats *into,
                             const wzp__receiver_stats *from);

#endif
