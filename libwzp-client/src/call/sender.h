/* SPDX-License-Identifier: MIT */
/* PCM → sealed packets: frames the microphone's samples, encodes, numbers,
 * seals. A frame for which there is no key yet waits at most 60 ms, then is
 * dropped and counted.
 */
#ifndef WZP_CLIENT_SENDER_H
#define WZP_CLIENT_SENDER_H

#include <wzp/codec/codec.h>
#include <wzp/crypto/group.h>
#include <wzp/proto/media.h>

typedef struct wzp__sender wzp__sender;

typedef struct wzp__sender_stats {
    uint64_t frames_captured;
    uint64_t frames_encoded;
    uint64_t packets_sealed;
    uint64_t frames_unsent; /* no key in time, sealing failed, or encoder */
} wzp__sender_stats;

WZP_NODISCARD wzp_err wzp__sender_new(wzp__sender **out, const wzp_mem *mem,
                                      const wzp_encoder_config *enc);
void wzp__sender_free(wzp__sender *s);

/* Other listeners, or another way to them: what was spoken before is not for
 * them. Waiting frames are dropped, half a one as well, and the next repeats
 * nothing of the past as redundancy. Sequence and time stamp go on. */
void wzp__sender_reset(wzp__sender *s);

/* Take samples from the microphone; n at most one tick. is_wanted false
 * (muted, nobody to hear it): time passes, nothing is encoded. */
void wzp__sender_capture(wzp__sender *s, wzp_tstamp now, const int16_t *pcm,
                         size_t n, bool is_wanted);

/* The next sealed packet. false: nothing to send now. out: cap ≥
 * WZP_MEDIA_MAX. */
bool wzp__sender_next(wzp__sender *s, wzp_tstamp now, wzp_group *group,
                      uint8_t *out, size_t cap, size_t *out_len);

/* The next packet in clear, for legacy parties (spec/wire.md 1): the frame as
 * it is, after every 50th frame a QualityReport. false: nothing to send now. */
bool wzp__sender_next_clear(wzp__sender *s, wzp_tstamp now,
                            const wzp_quality_report *report,
                            uint8_t out[WZP_MEDIA_MAX], size_t *out_len);

/* Seal one control frame (plain: proto/control.h items). */
WZP_NODISCARD wzp_err wzp__sender_control(wzp__sender *s, wzp_tstamp now,
                                          wzp_group *group,
                                          const uint8_t *plain, size_t len,
                                          uint8_t *out, size_t cap,
                                          size_t *out_len);

void wzp__sender_stats_get(const wzp__sender *s, wzp__sender_stats *out);

#endif
