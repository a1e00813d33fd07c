/* SPDX-License-Identifier: MIT */
/* PCM → sealed packets, see sender.h.
 *
 * seq counts frames; timestamp counts milliseconds of captured sound, silence
 * included, so that a listener tells silence (time jumps, seq does not) from
 * loss (both jump). Control packets use no seq up (secure-media.md 6).
 */
#include "voice/sender.h"

#include "voice/packer.h"

#include <wzp/proto/signal.h>

#include <string.h>

/* secure-media.md 5 allows 300 ms. chosen: what waits longer comes as a burst
 * that makes every listener's buffer deep for seconds. */
#define WAIT_NS (60 * WZP_MS)
/* What old peers read of all that can be announced. */
#define LEGACY_CAPS  (WZP_CAP_DRED_10 | WZP_CAP_DRED_12)
#define REPORT_EVERY 50 /* frames, spec/wire.md 1.4 */

/* ComfortNoise: spec/wire.md 1.2 for its frame. chosen: a second, for listeners
 * that came in silence, and that levels which swing cost 4 packets a second at
 * most. */
#define NOISE_FRAME_MS  20
#define NOISE_AGAIN_MS  1000
#define NOISE_CHANGE_MS 250

struct wzp__sender {
    wzp_mem mem;
    wzp_encoder *enc;
    wzp_media_mode wanted; /* put in force at the next packet boundary */
    bool is_clear;
    size_t frame_samples;
    int16_t pcm[WZP_PCM_MAX];
    size_t pcm_len;
    bool has_voice;     /* in pcm */
    bool is_heard;      /* the frame before was wanted */
    bool is_closing;    /* this one ends what is told */
    uint32_t timestamp; /* of the next frame, ms */
    bool is_silent;     /* noise was told */
    uint8_t noise_level;
    uint32_t noise_at;     /* timestamp of the last noise frame */
    unsigned since_report; /* frames sent in clear */
    wzp__packer packer;
    wzp__sender_stats stats; /* frames_unsent without the packer's */
};

wzp_err wzp__sender_new(wzp__sender **out, const wzp_mem *mem,
                        const wzp_encoder_config *enc)
{
    wzp__sender *s = wzp_mem_new(mem, sizeof *s);
    if (s == NULL) {
        return WZP_ERR_NOMEM;
    }
    s->mem = *mem;
    wzp_err e = wzp_encoder_new(&s->enc, enc);
    if (e != WZP_OK) {
        wzp_mem_free(mem, s, sizeof *s);
        return e;
    }
    s->wanted = (wzp_media_mode){.codec = enc->codec,
                                 .frame_ms = enc->frame_ms,
                                 .redundancy = enc->redundancy,
                                 .loss_pct = enc->loss_pct,
                                 .n_new = 1};
    s->frame_samples = wzp_encoder_frame_samples(s->enc);
    wzp__packer_init(&s->packer, &s->wanted);
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

/* --- mode --- */

/* Between two frames, with no packet half full. */
static void take_mode(wzp__sender *s, wzp_tstamp now)
{
    wzp_media_mode want = s->wanted;
    if (s->is_clear) {
        wzp_media_mode_fit(&want, LEGACY_CAPS);
    }
    if (s->pcm_len > 0 || wzp__packer_is_open(&s->packer) ||
        wzp_media_mode_is_equal(&want, &s->packer.mode)) {
        return;
    }
    if (wzp_encoder_set(s->enc, want.codec, want.frame_ms, want.redundancy,
                        want.loss_pct) != WZP_OK) {
        s->wanted = s->packer.mode;
        return;
    }
    s->frame_samples = wzp_encoder_frame_samples(s->enc);
    wzp__packer_set_mode(&s->packer, now, &want);
}

void wzp__sender_set_mode(wzp__sender *s, const wzp_media_mode *mode)
{
    s->wanted = wzp__packer_checked(mode);
}

void wzp__sender_mode(const wzp__sender *s, wzp_media_mode *out)
{
    *out = s->packer.mode;
}

void wzp__sender_reset(wzp__sender *s)
{
    wzp__packer_forget(&s->packer);
    s->is_clear = false;
    s->is_heard = false;
    s->is_closing = false;
    s->pcm_len = 0;
    s->is_silent = false;
    wzp_encoder_reset(s->enc); /* redundancy repeats what was spoken before */
}

/* --- frames --- */

static void encode(wzp__sender *s, wzp_tstamp now)
{
    wzp__packer_frame f = {.timestamp = s->timestamp,
                           .codec = (uint8_t)s->packer.mode.codec,
                           .frame_ms = s->packer.mode.frame_ms};
    size_t len = 0;
    wzp_err e =
        wzp_encoder_encode(s->enc, s->pcm, s->frame_samples,
                           wzp__packer_room(&s->packer), WZP_FRAME_MAX, &len);
    if (e != WZP_OK || len == 0) {
        s->stats.frames_unsent += e != WZP_OK;
        return;
    }
    f.len = (uint16_t)len;
    s->is_silent = false;
    s->stats.frames_encoded++;
    wzp__packer_put(&s->packer, now, &f);
}

static bool is_noise_due(const wzp__sender *s, uint8_t level)
{
    const uint32_t since = s->timestamp - s->noise_at;
    return !s->is_silent || since >= NOISE_AGAIN_MS ||
           (level != s->noise_level && since >= NOISE_CHANGE_MS);
}

static void stay_silent(wzp__sender *s, wzp_tstamp now, uint8_t level)
{
    wzp__packer_pause(&s->packer, now);
    if (!is_noise_due(s, level)) {
        return;
    }
    const wzp__packer_frame f = {.timestamp = s->timestamp,
                                 .len = 1,
                                 .codec = WZP_CODEC_COMFORT_NOISE,
                                 .frame_ms = NOISE_FRAME_MS};
    wzp__packer_room(&s->packer)[0] = level;
    wzp__packer_put(&s->packer, now, &f);
    s->is_silent = true;
    s->noise_level = level;
    s->noise_at = s->timestamp;
}

/* No level of the room's: its microphone is closed. */
static void end_speech(wzp__sender *s, wzp_tstamp now)
{
    if (s->is_closing && s->is_heard) {
        stay_silent(s, now, 0);
    } else {
        wzp__packer_pause(&s->packer, now);
    }
}

void wzp__sender_close(wzp__sender *s, wzp_tstamp now)
{
    memset(s->pcm, 0, s->pcm_len * sizeof *s->pcm);
    s->has_voice = false;
    s->is_closing = !s->is_clear;
    wzp__packer_pause(&s->packer, now);
    wzp_encoder_reset(s->enc);
}

static void on_frame(wzp__sender *s, wzp_tstamp now, const wzp__sender_in *in)
{
    const uint32_t frame_ms =
        (uint32_t)(s->frame_samples * 1000 / WZP_PCM_RATE);
    s->stats.frames_captured++;
    if (!in->is_wanted || s->is_closing) {
        end_speech(s, now);
    } else if (s->has_voice || s->is_clear) {
        encode(s, now);
    } else {
        stay_silent(s, now, in->noise_level);
        s->stats.silence_ms += frame_ms;
    }
    s->timestamp += frame_ms;
    s->pcm_len = 0;
    s->has_voice = false;
    s->is_heard = in->is_wanted;
    s->is_closing = false;
}

void wzp__sender_capture(wzp__sender *s, wzp_tstamp now, const int16_t *pcm,
                         size_t n, const wzp__sender_in *in)
{
    while (n > 0) {
        take_mode(s, now);
        size_t room = s->frame_samples - s->pcm_len;
        size_t take = n < room ? n : room;
        memcpy(s->pcm + s->pcm_len, pcm, take * sizeof *pcm);
        s->pcm_len += take;
        s->has_voice |= in->is_voice;
        pcm += take;
        n -= take;
        if (s->pcm_len == s->frame_samples) {
            on_frame(s, now, in);
        }
    }
}

/* --- packets --- */

static wzp_err seal_oldest(wzp__sender *s, wzp_tstamp now, wzp_group *group,
                           uint8_t *out, size_t cap, size_t *out_len)
{
    wzp__packed p;
    WZP_TRY(wzp__packer_get(&s->packer, &p));
    WZP_TRY(wzp_group_seal(group, now, &p.hdr, p.form, p.plain, p.len, out, cap,
                           out_len));
    s->stats.packets_sealed++;
    s->stats.packets_parity += p.form == WZP_FORM_PARITY;
    return WZP_OK;
}

bool wzp__sender_next(wzp__sender *s, wzp_tstamp now, wzp_group *group,
                      uint8_t *out, size_t cap, size_t *out_len)
{
    wzp_tstamp at;
    while (wzp__packer_at(&s->packer, &at)) {
        wzp_err e = WZP_ERR_OVERSIZE;
        if (now - at <= WAIT_NS) {
            e = seal_oldest(s, now, group, out, cap, out_len);
            if (e == WZP_ERR_AGAIN) {
                return false;
            }
        }
        if (e == WZP_OK) {
            wzp__packer_sent(&s->packer);
            return true;
        }
        wzp__packer_drop(&s->packer);
    }
    return false;
}

static size_t write_clear(wzp__sender *s, const wzp__packer_frame *f,
                          const wzp_quality_report *report, uint8_t *out)
{
    size_t len = WZP_MEDIA_HDR_LEN;
    wzp_media_hdr hdr = {.codec = f->codec,
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

/* Single frames of their codec's usual length are all that old peers read. */
static bool is_for_clear(const wzp__sender *s)
{
    const wzp__packer_frame *f = wzp__packer_frame_at(&s->packer, 0);
    return f != NULL && wzp__packer_frame_at(&s->packer, 1) == NULL &&
           f->frame_ms == wzp_codec_info_get(f->codec)->frame_ms;
}

bool wzp__sender_next_clear(wzp__sender *s, wzp_tstamp now,
                            const wzp_quality_report *report,
                            uint8_t out[WZP_MEDIA_MAX], size_t *out_len)
{
    wzp_tstamp at;
    s->is_clear = true;
    while (wzp__packer_at(&s->packer, &at) &&
           (now - at > WAIT_NS || !is_for_clear(s))) {
        wzp__packer_drop(&s->packer);
    }
    if (!wzp__packer_at(&s->packer, &at)) {
        return false;
    }
    *out_len = write_clear(s, wzp__packer_frame_at(&s->packer, 0), report, out);
    wzp__packer_sent(&s->packer);
    return true;
}

wzp_err wzp__sender_control(wzp__sender *s, wzp_tstamp now, wzp_group *group,
                            const uint8_t *plain, size_t len, uint8_t *out,
                            size_t cap, size_t *out_len)
{
    wzp_media_hdr hdr = {.codec = WZP_CODEC_COMFORT_NOISE,
                         .seq = s->packer.seq,
                         .timestamp = s->timestamp};
    return wzp_group_seal(group, now, &hdr, WZP_FORM_CONTROL, plain, len, out,
                          cap, out_len);
}

void wzp__sender_stats_get(const wzp__sender *s, wzp__sender_stats *out)
{
    *out = s->stats;
    out->frames_unsent += s->packer.frames_dropped;
}
