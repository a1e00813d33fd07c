/* SPDX-License-Identifier: MIT */
/* PCM → sealed packets, see sender.h.
 *
 * seq counts frames; timestamp counts milliseconds of captured sound, silence
 * included, so that a listener tells silence (time jumps, seq does not) from
 * loss (both jump). Control packets use no seq up (secure-media.md 6).
 */
#include "call/sender.h"

#include <string.h>

/* secure-media.md 5 allows 300 ms. chosen: what waits longer comes as a burst
 * that makes every listener's buffer deep for seconds. */
#define WAIT_NS      (60 * WZP_MS)
#define WAITING      8  /* frames: 60 ms of 10 ms frames, and some more */
#define REPORT_EVERY 50 /* frames, spec/wire.md 1.4 */

typedef struct frame {
    wzp_tstamp at;
    uint32_t timestamp;
    uint16_t seq;
    uint16_t len;
    uint8_t data[WZP_FRAME_MAX];
} frame;

struct wzp__sender {
    wzp_mem mem;
    wzp_encoder *enc;
    wzp_codec_id codec;
    size_t frame_samples;
    uint32_t frame_ms;
    int16_t pcm[WZP_PCM_MAX];
    size_t pcm_len;
    uint16_t seq;       /* of the next frame */
    uint32_t timestamp; /* of the next frame, ms */
    frame waiting[WAITING];
    size_t head, count;
    unsigned since_report; /* frames sent in clear */
    wzp__sender_stats stats;
};

wzp_err wzp__sender_new(wzp__sender **out, const wzp_mem *mem,
                        const wzp_encoder_config *enc)
{
    wzp__sender *s = wzp_mem_new(mem, sizeof *s);
    if (s == NULL) {
        return WZP_ERR_NOMEM;
    }
    s->mem = *mem;
    s->codec = enc->codec;
    wzp_err e = wzp_encoder_new(&s->enc, enc);
    if (e != WZP_OK) {
        wzp_mem_free(mem, s, sizeof *s);
        return e;
    }
    s->frame_samples = wzp_encoder_frame_samples(s->enc);
    s->frame_ms = (uint32_t)(s->frame_samples * 1000 / WZP_PCM_RATE);
    *out = s;
    return WZP_OK;
}

void wzp__sender_free(wzp__sender *s)
{
    if (s == NULL) {
        return;
    }
    wzp_mem mem = s->mem;
    wzp_encoder_free(s->enc);
    wzp_mem_free(&mem, s, sizeof *s);
}

static void drop_oldest(wzp__sender *s)
{
    s->head = (s->head + 1) % WAITING;
    s->count--;
    s->stats.frames_unsent++;
}

void wzp__sender_reset(wzp__sender *s)
{
    while (s->count > 0) {
        drop_oldest(s);
    }
    s->pcm_len = 0;
    wzp_encoder_reset(s->enc); /* redundancy repeats what was spoken before */
}

static void encode(wzp__sender *s, wzp_tstamp now)
{
    if (s->count == WAITING) {
        drop_oldest(s);
    }
    frame *f = &s->waiting[(s->head + s->count) % WAITING];
    size_t len = 0;
    wzp_err e = wzp_encoder_encode(s->enc, s->pcm, s->frame_samples, f->data,
                                   sizeof f->data, &len);
    if (e != WZP_OK || len == 0) {
        s->stats.frames_unsent += e != WZP_OK;
        return;
    }
    f->at = now;
    f->len = (uint16_t)len;
    f->seq = s->seq++;
    f->timestamp = s->timestamp;
    s->count++;
    s->stats.frames_encoded++;
}

void wzp__sender_capture(wzp__sender *s, wzp_tstamp now, const int16_t *pcm,
                         size_t n, bool is_wanted)
{
    while (n > 0) {
        size_t room = s->frame_samples - s->pcm_len;
        size_t take = n < room ? n : room;
        memcpy(s->pcm + s->pcm_len, pcm, take * sizeof *pcm);
        s->pcm_len += take;
        pcm += take;
        n -= take;
        if (s->pcm_len == s->frame_samples) {
            s->stats.frames_captured++;
            if (is_wanted) {
                encode(s, now);
            }
            s->timestamp += s->frame_ms;
            s->pcm_len = 0;
        }
    }
}

bool wzp__sender_next(wzp__sender *s, wzp_tstamp now, wzp_group *group,
                      uint8_t *out, size_t cap, size_t *out_len)
{
    while (s->count > 0) {
        const frame *f = &s->waiting[s->head];
        wzp_media_hdr hdr = {.codec = (uint8_t)s->codec,
                             .seq = f->seq,
                             .timestamp = f->timestamp};
        wzp_err e = WZP_ERR_AGAIN;
        if (now - f->at <= WAIT_NS) {
            e = wzp_group_seal(group, now, &hdr, WZP_FORM_FRAME, f->data,
                               f->len, out, cap, out_len);
            if (e == WZP_ERR_AGAIN) {
                return false;
            }
        }
        if (e != WZP_OK) {
            drop_oldest(s);
            continue;
        }
        s->head = (s->head + 1) % WAITING;
        s->count--;
        s->stats.packets_sealed++;
        return true;
    }
    return false;
}

static size_t write_clear(wzp__sender *s, const frame *f,
                          const wzp_quality_report *report, uint8_t *out)
{
    size_t len = WZP_MEDIA_HDR_LEN;
    wzp_media_hdr hdr = {.codec = (uint8_t)s->codec,
                         .seq = f->seq,
                         .timestamp = f->timestamp,
                         .has_quality = ++s->since_report >= REPORT_EVERY};
    wzp_media_hdr_encode(&hdr, out);
    memcpy(out + len, f->data, f->len);
    len += f->len;
    if (hdr.has_quality) {
        s->since_report = 0;
        wzp_quality_encode(report, out + len);
        len += WZP_QUALITY_LEN;
    }
    return len;
}

bool wzp__sender_next_clear(wzp__sender *s, wzp_tstamp now,
                            const wzp_quality_report *report,
                            uint8_t out[WZP_MEDIA_MAX], size_t *out_len)
{
    while (s->count > 0 && now - s->waiting[s->head].at > WAIT_NS) {
        drop_oldest(s);
    }
    if (s->count == 0) {
        return false;
    }
    *out_len = write_clear(s, &s->waiting[s->head], report, out);
    s->head = (s->head + 1) % WAITING;
    s->count--;
    return true;
}

wzp_err wzp__sender_control(wzp__sender *s, wzp_tstamp now, wzp_group *group,
                            const uint8_t *plain, size_t len, uint8_t *out,
                            size_t cap, size_t *out_len)
{
    wzp_media_hdr hdr = {.codec = WZP_CODEC_COMFORT_NOISE,
                         .seq = s->seq,
                         .timestamp = s->timestamp};
    return wzp_group_seal(group, now, &hdr, WZP_FORM_CONTROL, plain, len, out,
                          cap, out_len);
}

void wzp__sender_stats_get(const wzp__sender *s, wzp__sender_stats *out)
{
    *out = s->stats;
}
