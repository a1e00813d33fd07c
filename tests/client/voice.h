/* SPDX-License-Identifier: MIT */
/* A remote voice for the tests of receiver and mixer: the made speech of
 * tests/codec, really encoded once per program, and its packets' numbers.
 */
#ifndef WZP_TEST_CLIENT_VOICE_H
#define WZP_TEST_CLIENT_VOICE_H

#include "client/fakes.h"
#include "codec/speech.h"

#include <wzp/proto/media.h>

enum { VOICE_FRAMES = 300, VOICE_MS = 20 * VOICE_FRAMES };

typedef struct voice {
    uint8_t data[VOICE_FRAMES][WZP_FRAME_MAX];
    size_t len[VOICE_FRAMES];
} voice;

static inline void voice_encode(voice *v, wzp_redundancy redundancy)
{
    static int16_t pcm[VOICE_FRAMES * FRAME];
    speech_make(pcm, VOICE_FRAMES * FRAME);
    speech_level(pcm, VOICE_FRAMES * FRAME);
    wzp_encoder_config cfg = speech_config(redundancy);
    cfg.complexity = 2; /* quick; what is sent is the same in kind */
    wzp_encoder *enc;
    ASSERT_OK(wzp_encoder_new(&enc, &cfg));
    for (size_t i = 0; i < VOICE_FRAMES; i++) {
        ASSERT_OK(wzp_encoder_encode(enc, pcm + i * FRAME, FRAME, v->data[i],
                                     WZP_FRAME_MAX, &v->len[i]));
    }
    wzp_encoder_free(enc);
}

/* Made once per program and redundancy (NONE or LBRR). */
static inline const voice *voice_get(wzp_redundancy redundancy)
{
    static voice held[2];
    static bool is_made[2];
    const size_t i = redundancy == WZP_REDUNDANCY_LBRR;
    if (!is_made[i]) {
        voice_encode(&held[i], redundancy);
        is_made[i] = true;
    }
    return &held[i];
}

static inline wzp_media_hdr voice_hdr(uint16_t seq, uint32_t timestamp)
{
    return (wzp_media_hdr){
        .codec = WZP_CODEC_OPUS_24K, .seq = seq, .timestamp = timestamp};
}

#endif
