/* SPDX-License-Identifier: MIT */
/* PCM → sealed packets: frames the microphone's samples, encodes, numbers, has
 * them packed as the mode says (packer.h), seals. A packet for which there is
 * no key yet waits at most 60 ms, then is dropped and its frames are counted.
 */
#ifndef WZP_CLIENT_SENDER_H
#define WZP_CLIENT_SENDER_H

#include <wzp/codec/codec.h>
#include <wzp/crypto/group.h>
#include <wzp/proto/media.h>
#include <wzp/proto/mode.h>

typedef struct wzp__sender wzp__sender;

typedef struct wzp__sender_stats {
    uint64_t frames_captured;
    uint64_t frames_encoded;
    uint64_t packets_sealed;
    uint64_t packets_parity; /* of them, those with T = 1 */
    uint64_t silence_ms;     /* captured and wanted, but nobody spoke */
    uint64_t frames_unsent;  /* no key in time, sealing failed, or encoder */
} wzp__sender_stats;

/* Begins with plain packets of what `enc` says. */
WZP_NODISCARD wzp_err wzp__sender_new(wzp__sender **out, const wzp_mem *mem,
                                      const wzp_encoder_config *enc);
void wzp__sender_free(wzp__sender *s);

/* Other listeners, or another way to them: what was spoken before is not for
 * them. Waiting frames are dropped, half a one as well, and the next repeats
 * nothing of the past as redundancy. Sequence and time stamp go on. */
void wzp__sender_reset(wzp__sender *s);

/* Another way of sending, at the next packet boundary. A mode that the encoder
 * has no operating point for is not taken. */
void wzp__sender_set_mode(wzp__sender *s, const wzp_media_mode *mode);
/* The one in force. */
void wzp__sender_mode(const wzp__sender *s, wzp_media_mode *out);

typedef struct wzp__sender_in {
    bool is_wanted; /* false (nobody to hear it): time passes, no more */
    /* false: not speech. After the last frame with speech in it one
     * ComfortNoise frame goes out, and again when the level changed or a second
     * passed; time goes on, seq does not but for these. Not so in clear. */
    bool is_voice;
    uint8_t noise_level; /* peak of the background, spec/wire.md 1.2 */
} wzp__sender_in;

/* Take samples from the microphone; n at most one tick. */
void wzp__sender_capture(wzp__sender *s, wzp_tstamp now, const int16_t *pcm,
                         size_t n, const wzp__sender_in *in);

/* The microphone was closed: what follows repeats nothing of what was spoken
 * before, and a listener is told of the end with one frame of silence. Packets
 * that are complete, and the bundle that is open, still go. The caller gives
 * silence, or wants nothing, until it is open again. */
void wzp__sender_close(wzp__sender *s, wzp_tstamp now);

/* The next sealed packet. false: nothing to send now. out: cap ≥
 * WZP_MEDIA_MAX. */
bool wzp__sender_next(wzp__sender *s, wzp_tstamp now, wzp_group *group,
                      uint8_t *out, size_t cap, size_t *out_len);

/* The next packet in clear, for legacy parties (spec/wire.md 1): the frame as
 * it is, after every 50th frame a QualityReport. false: nothing to send now.
 * From the first such call until _reset the mode is what old peers read of
 * the one that was set: plain packets, frames of the codec's usual length;
 * others are dropped. */
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
