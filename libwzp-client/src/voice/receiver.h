/* SPDX-License-Identifier: MIT */
/* One remote sender: opened packets → codec frames → jitter buffer → decoder →
 * time-stretch → PCM, 10 ms at a time. For every hole the best there is: a copy
 * or parity (which fill it before it is one), LBRR or DRED from the next frame
 * held, concealment. Where nobody speaks: the noise the sender announced, or
 * silence. One passes into the other without a click.
 *
 * Each number of the sender's that playing has passed is in one counter:
 *   frames_played, rebuilt_copy, rebuilt_parity   it came, in this form
 *   undecodable, dropped                          it came, and was not heard
 *   rebuilt_lbrr, rebuilt_dred, concealed         lost (packets_lost)
 */
#ifndef WZP_CLIENT_RECEIVER_H
#define WZP_CLIENT_RECEIVER_H

#include <wzp/client/audio.h>
#include <wzp/codec/codec.h>
#include <wzp/crypto/sframe.h>
#include <wzp/proto/control.h>
#include <wzp/proto/media.h>

typedef struct wzp__receiver wzp__receiver;

typedef struct wzp__receiver_config {
    wzp_mem mem;
    uint32_t playout_min_ms, playout_max_ms;
    bool is_mobile; /* packets come over a cellular network */
} wzp__receiver_config;

typedef struct wzp__receiver_stats {
    uint64_t packets_received; /* readable ones */
    uint64_t packets_lost;     /* numbers given up */
    uint64_t packets_late;     /* frames that came when they were given up */
    uint64_t packets_dup;
    uint64_t malformed;     /* packets */
    uint64_t frames_played; /* from packets of their own */
    uint64_t rebuilt_copy, rebuilt_parity;
    uint64_t rebuilt_lbrr, rebuilt_dred;
    uint64_t concealed; /* lost ones that nothing brought back: their place is,
                           or was, filled without knowing */

    uint64_t undecodable; /* frames the codec refused */
    uint64_t dropped;     /* frames thrown away to catch up */
    uint64_t underruns;
    uint64_t bridged_ms; /* concealed while waiting for what comes next */
    uint64_t comfort_ms;
    uint64_t longer_ms, shorter_ms;
    uint32_t playout_delay_ms, playout_wait_ms, jitter_ms;
} wzp__receiver_stats;

WZP_NODISCARD wzp_err wzp__receiver_new(wzp__receiver **out,
                                        const wzp__receiver_config *cfg);
void wzp__receiver_free(wzp__receiver *r);
/* Another kind of network from now on. */
void wzp__receiver_set_mobile(wzp__receiver *r, bool is_mobile);

/* One packet as opened, of any form but CONTROL; `now`: when it arrived.
 * Frames that come late, twice or too early are refused one by one, and
 * counted. An error says that the packet was no readable one; counted too. */
WZP_NODISCARD wzp_err wzp__receiver_insert(wzp__receiver *r, wzp_tstamp now,
                                           const wzp_media_hdr *hdr,
                                           wzp_plain_form form,
                                           const uint8_t *plain, size_t len);

/* 10 ms to play, of which the first sample is due `now`. false: nothing to say
 * (silence). */
bool wzp__receiver_read(wzp__receiver *r, wzp_tstamp now,
                        int16_t out[WZP_AUDIO_TICK_SAMPLES]);

/* Media time of the next sample that read will give, in µs on the sender's
 * clock: the frame's timestamp, extended, and the place in it; what the codec
 * delays (wzp_codec_delay) is not taken off. Through stretching it is exact at
 * the ends of a frame and even between them. While a gap is bridged it stands
 * still. −1: silence or noise. */
int64_t wzp__receiver_media_us(const wzp__receiver *r);

/* What came since the report before, or since the first packet; sid is left to
 * the caller (secure-media.md 7). All but highest_seq, jitter, delay and
 * gradient are about that time only, so that a report that is lost hides what
 * it would have told and nothing else:
 *   expected   numbers by which the highest one rose
 *   lost       those of them that came in no packet of their own, whatever
 *              became of them: loss of the path
 *   late       frames that came after their moment
 *   rate       opened bytes and their headers, without seal and QUIC
 *   loss after repair   of the numbers that playing passed, those that were not
 *              played from real data */
void wzp__receiver_report(wzp__receiver *r, wzp_tstamp now,
                          wzp_receiver_report *out);

/* When the last packet came; when the last one with sound in it did (not just
 * comfort noise). */
wzp_tstamp wzp__receiver_heard_at(const wzp__receiver *r);
wzp_tstamp wzp__receiver_spoke_at(const wzp__receiver *r);
void wzp__receiver_stats_get(const wzp__receiver *r, wzp__receiver_stats *out);
/* Add `from` to `into`; of delays and jitter the larger one stays. */
void wzp__receiver_stats_add(wzp__receiver_stats *into,
                             const wzp__receiver_stats *from);

#endif
