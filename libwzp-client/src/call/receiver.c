/* SPDX-License-Identifier: MIT */
/* One remote sender, see receiver.h. The jitter buffer says what the next
 * moment is (a frame, a hole, silence, nothing); this file makes PCM of it and
 * hands it out in ticks.
 *
 * Running dry is concealed for CONCEAL_MS, then it is silence: a sender that
 * went away must not hum.
 */
#include "call/receiver.h"

#include <wzp/proto/jitter.h>

#include <string.h>

#define TICK_MS        10
#define CONCEAL_MS     120 /* chosen: classic concealment fades within it */
#define SAMPLES_PER_MS (WZP_PCM_RATE / 1000)
#define NOISE          50 /* spec/wire.md 1.2 */
/* Such a packet comes with every tenth silent frame of 20 or 40 ms. chosen: one
 * may be lost. */
#define NOISE_MS 1000

struct wzp__receiver {
    wzp_mem mem;
    wzp_jitter *jitter;
    wzp_decoder *dec;
    int16_t pcm[WZP_PCM_MAX]; /* decoded, not yet played */
    size_t at, len;
    uint32_t dry_ms; /* concealed in a row without any packet */
    bool has_played;
    uint32_t noise;    /* state of the comfort noise */
    uint32_t noise_ms; /* it goes on for so long where nothing comes */
    wzp_tstamp heard_at;
    wzp__receiver_stats stats; /* rebuilt and concealed; the rest is jitter's */
};

wzp_err wzp__receiver_new(wzp__receiver **out, const wzp__receiver_config *cfg)
{
    wzp__receiver *r = wzp_mem_new(&cfg->mem, sizeof *r);
    if (r == NULL) {
        return WZP_ERR_NOMEM;
    }
    r->mem = cfg->mem;
    wzp_jitter_config jc;
    wzp_jitter_config_default(&jc);
    jc.min_delay_ms = (uint16_t)cfg->playout_min_ms;
    jc.max_delay_ms = (uint16_t)cfg->playout_max_ms;
    jc.start_delay_ms = jc.start_delay_ms < jc.min_delay_ms ? jc.min_delay_ms
                                                            : jc.start_delay_ms;
    jc.start_delay_ms = jc.start_delay_ms > jc.max_delay_ms ? jc.max_delay_ms
                                                            : jc.start_delay_ms;
    wzp_decoder_config dc;
    wzp_decoder_config_default(&dc);
    dc.mem = cfg->mem;
    wzp_err e = wzp_jitter_new(&r->jitter, &cfg->mem, &jc);
    if (e == WZP_OK) {
        e = wzp_decoder_new(&r->dec, &dc);
    }
    if (e != WZP_OK) {
        wzp__receiver_free(r);
        return e;
    }
    *out = r;
    return WZP_OK;
}

void wzp__receiver_free(wzp__receiver *r)
{
    if (r == NULL) {
        return;
    }
    wzp_mem mem = r->mem;
    wzp_jitter_free(r->jitter);
    wzp_decoder_free(r->dec);
    wzp_mem_free(&mem, r, sizeof *r);
}

wzp_err wzp__receiver_insert(wzp__receiver *r, wzp_tstamp now,
                             const wzp_media_hdr *hdr, const uint8_t *frame,
                             size_t len)
{
    uint8_t frame_ms;
    WZP_TRY(wzp_codec_frame_ms(hdr->codec, frame, len, &frame_ms));
    r->heard_at = now;
    r->stats.packets_received++;
    wzp_jitter_in in = {.seq = hdr->seq,
                        .timestamp = hdr->timestamp,
                        .codec = hdr->codec,
                        .frame_ms = frame_ms,
                        .data = frame,
                        .len = len};
    return wzp_jitter_insert(r->jitter, now, &in);
}

/* --- making PCM --- */

static void silence(wzp__receiver *r, size_t samples)
{
    memset(r->pcm, 0, samples * sizeof *r->pcm);
    r->len = samples;
}

static void count(wzp__receiver *r, wzp_rebuilt how)
{
    r->stats.rebuilt_lbrr += how == WZP_REBUILT_LBRR;
    r->stats.rebuilt_dred += how == WZP_REBUILT_DRED;
    r->stats.concealed += how == WZP_REBUILT_CONCEALED;
}

/* Fill `ms` from the next packet held, or from nothing. */
static void fill(wzp__receiver *r, uint32_t ms, const wzp_jitter_frame *next,
                 uint32_t ahead_ms)
{
    wzp_rebuilt how = WZP_REBUILT_CONCEALED;
    size_t samples = (size_t)ms * SAMPLES_PER_MS;
    wzp_err e = wzp_decoder_fill(
        r->dec, samples, next == NULL ? WZP_CODEC_OPUS_24K : next->codec,
        next == NULL ? NULL : next->data.ptr, next == NULL ? 0 : next->data.len,
        (size_t)ahead_ms * SAMPLES_PER_MS, r->pcm, &how);
    if (e != WZP_OK) {
        silence(r, samples);
        return;
    }
    r->len = samples;
    count(r, how);
}

static void on_hole(wzp__receiver *r, const wzp_jitter_out *out)
{
    wzp_jitter_frame next;
    if (out->ahead == 0 || !wzp_jitter_peek(r->jitter, 0, &next)) {
        fill(r, out->fill_ms, NULL, 0);
        return;
    }
    fill(r, out->fill_ms, &next, (uint32_t)(out->ahead - 1) * out->fill_ms);
}

/* What a legacy sender's silence sounds like: noise of a fixed height, whatever
 * the packet says (spec/wire.md 1.2). */
static void comfort_noise(wzp__receiver *r, uint32_t ms)
{
    size_t samples = (size_t)ms * SAMPLES_PER_MS;
    for (size_t i = 0; i < samples; i++) {
        r->noise = r->noise * 1664525u + 1013904223u; /* Numerical Recipes */
        r->pcm[i] =
            (int16_t)((int)((r->noise >> 16) % (2 * NOISE + 1)) - NOISE);
    }
    r->len = samples;
}

static void on_frame(wzp__receiver *r, const wzp_jitter_frame *f)
{
    size_t samples = 0;
    if (f->codec == WZP_CODEC_COMFORT_NOISE) {
        comfort_noise(r, f->frame_ms);
        r->noise_ms = NOISE_MS;
        return;
    }
    r->noise_ms = 0;
    wzp_err e = wzp_decoder_decode(r->dec, f->codec, f->data.ptr, f->data.len,
                                   r->pcm, WZP_PCM_MAX, &samples);
    if (e != WZP_OK) {
        fill(r, f->frame_ms, NULL, 0);
        return;
    }
    r->len = samples;
    r->stats.frames_played++;
}

/* Between two comfort noise packets. */
static bool is_noisy(wzp__receiver *r, const wzp_jitter_out *out)
{
    if (r->noise_ms == 0 || (out->result != WZP_JITTER_EMPTY &&
                             out->result != WZP_JITTER_SILENCE)) {
        return false;
    }
    comfort_noise(r, out->fill_ms);
    r->noise_ms -= r->noise_ms < out->fill_ms ? r->noise_ms : out->fill_ms;
    return true;
}

/* Decode what comes next. False: nothing to play in this tick. */
static bool next_pcm(wzp__receiver *r, wzp_tstamp now)
{
    wzp_jitter_out out;
    wzp_jitter_next(r->jitter, now, TICK_MS, &out);
    r->at = 0;
    r->len = 0;
    if (is_noisy(r, &out)) {
        return true;
    }
    switch (out.result) {
    case WZP_JITTER_FRAME:
        on_frame(r, &out.frame);
        r->has_played = true;
        r->dry_ms = 0;
        return true;
    case WZP_JITTER_HOLE: on_hole(r, &out); return true;
    case WZP_JITTER_EXPAND: fill(r, out.fill_ms, NULL, 0); return true;
    case WZP_JITTER_EMPTY:
        if (!r->has_played || r->dry_ms >= CONCEAL_MS) {
            return false;
        }
        fill(r, out.fill_ms, NULL, 0);
        r->dry_ms += out.fill_ms;
        return true;
    case WZP_JITTER_WAIT:
    case WZP_JITTER_SILENCE: break;
    }
    return false;
}

bool wzp__receiver_read(wzp__receiver *r, wzp_tstamp now,
                        int16_t out[WZP_AUDIO_TICK_SAMPLES])
{
    size_t done = 0;
    bool any = false;
    while (done < WZP_AUDIO_TICK_SAMPLES) {
        if (r->at == r->len && !next_pcm(r, now)) {
            break; /* the rest of this tick is silence */
        }
        size_t n = WZP_AUDIO_TICK_SAMPLES - done;
        n = n < r->len - r->at ? n : r->len - r->at;
        memcpy(out + done, r->pcm + r->at, n * sizeof *out);
        r->at += n;
        done += n;
        any = true;
    }
    memset(out + done, 0, (WZP_AUDIO_TICK_SAMPLES - done) * sizeof *out);
    return any;
}

/* --- statistics --- */

wzp_tstamp wzp__receiver_heard_at(const wzp__receiver *r)
{
    return r->heard_at;
}

void wzp__receiver_stats_get(const wzp__receiver *r, wzp__receiver_stats *out)
{
    wzp_jitter_stats j = {.size = sizeof j};
    wzp_jitter_stats_get(r->jitter, &j);
    *out = r->stats;
    out->packets_lost = j.lost;
    out->packets_late = j.late;
    out->packets_dup = j.dup;
    out->underruns = j.underruns;
    out->playout_delay_ms = j.target_ms;
}

void wzp__receiver_stats_add(wzp__receiver_stats *into,
                             const wzp__receiver_stats *from)
{
    into->packets_received += from->packets_received;
    into->packets_lost += from->packets_lost;
    into->packets_late += from->packets_late;
    into->packets_dup += from->packets_dup;
    into->frames_played += from->frames_played;
    into->rebuilt_lbrr += from->rebuilt_lbrr;
    into->rebuilt_dred += from->rebuilt_dred;
    into->concealed += from->concealed;
    into->underruns += from->underruns;
    if (from->playout_delay_ms > into->playout_delay_ms) {
        into->playout_delay_ms = from->playout_delay_ms;
    }
}
