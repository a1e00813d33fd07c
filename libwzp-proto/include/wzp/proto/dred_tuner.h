/* SPDX-License-Identifier: MIT */
/* The earlier protocol's rule for deep redundancy inside a tier, for what we
 * send to legacy peers. Source: spec/client.md 1.11.
 */
#ifndef WZP_PROTO_DRED_TUNER_H
#define WZP_PROTO_DRED_TUNER_H

#include <wzp/proto/profile.h>

typedef struct wzp_dred_tuner {
    wzp_codec_id codec;
    /* The answer. */
    uint8_t frames;   /* of 10 ms, 0 … 104 */
    uint8_t loss_pct; /* to expect, 0 … 100 */
    /* */
    bool has_jitter;
    float jitter_ms;   /* smoothed: fast up, slow down */
    unsigned cooldown; /* notes until a spike of jitter is forgotten */
} wzp_dred_tuner;

/* Also after a change of the codec: the spike is forgotten. */
void wzp_dred_tuner_init(wzp_dred_tuner *t, wzp_codec_id codec) WZP_NONNULL(1);

/* What the path is like, every 500 ms or so. True: the answer has changed. */
bool wzp_dred_tuner_note(wzp_dred_tuner *t, float loss_pct, uint32_t rtt_ms,
                         uint32_t jitter_ms) WZP_NONNULL(1);

#endif
