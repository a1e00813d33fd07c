/* SPDX-License-Identifier: MIT */
/* What both baselines share: libopus as it is, over the link of the condition,
 * in datagrams as long as ours would be, and the list of what arrives when.
 */
#ifndef WZP_VOICE_BASELINE_H
#define WZP_VOICE_BASELINE_H

#include "bench/voice/run.h"

#include <opus.h>

enum {
    BASELINE_MS = 20,
    BASELINE_SAMPLES = BASELINE_MS * VOICE_RATE / 1000,
    BASELINE_BPS = 24000,
    BASELINE_ENCODER = 9, /* complexities: those that we use */
    BASELINE_DECODER = 5,
    /* Bytes around a frame of ours: QUIC 1 + 8 + 2, DATAGRAM 2, mini header 4,
     * SFrame 7, tags 16 + 16, padding 4.5 (voice-facts.md, "wire"), as it
     * is measured of ours; and IPv4 and UDP. */
    BASELINE_AROUND = 61,
    BASELINE_IP_UDP = 28,
};

typedef struct baseline_packet {
    int64_t arrives_ns; /* after sample 0 was spoken; −1: never */
    size_t frame;       /* of the take */
} baseline_packet;

typedef struct baseline {
    voice_take take;
    baseline_packet *packets; /* in the order of arriving, lost ones last */
    size_t n, n_arrived;
    double wire_kbps;
} baseline;

/* Encode all, send all. loss_pct 0: no LBRR. */
void baseline_send(baseline *b, const voice_run *run, const voice_material *m,
                   int loss_pct);
void baseline_free(baseline *b);

/* One decoder, and the sound it makes; a piece for each block. */
typedef struct baseline_player {
    OpusDecoder *dec;
    baseline *b;
} baseline_player;

void baseline_player_init(baseline_player *p, baseline *b);
void baseline_player_deinit(baseline_player *p);
/* Plays so many samples at this time. frame: decoded, or with has_lbrr its
 * copy of the one before; NULL: concealed. `lost`: the one that is filled, NULL
 * where nothing that was said is filled. */
void baseline_play(baseline_player *p, int64_t now_ns, const voice_frame *frame,
                   bool has_lbrr, voice_frame *lost);

#endif
