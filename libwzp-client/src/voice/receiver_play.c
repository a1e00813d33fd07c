/* SPDX-License-Identifier: MIT */
/* The next piece of sound. The jitter buffer says what the moment asks for (a
 * frame, a hole, nothing); here PCM is made of it.
 *
 * A piece is either voice or quiet: noise, of which silence is the lowest. The
 * decoder makes both, and fades from one to the other.
 *
 * Running dry is bridged by concealment for BRIDGE_MS, then it is quiet: a
 * sender that went away must not hum.
 */
#include "voice/receiver_parts.h"

#include <string.h>

#define TICK_MS   10
#define BRIDGE_MS 120 /* chosen: concealment fades within it */
#define FADE      240 /* samples: what the decoder fades within */
/* A sender that is quiet says so every second. chosen: two may be lost. */
#define NOISE_NS (3200 * WZP_MS)

/* --- quiet --- */

/* n samples of noise, at most a frame of it; of silence at level 0. */
static void quiet(wzp__receiver *r, size_t n, uint8_t level)
{
    size_t samples;
    r->is_heard = r->is_voice || level != 0 || r->sounding_level != 0;
    if (wzp_decoder_decode(r->dec, WZP_CODEC_COMFORT_NOISE, &level, 1, r->pcm,
                           WZP_PCM_MAX, &samples) != WZP_OK) {
        memset(r->pcm, 0, n * sizeof *r->pcm);
    }
    if (r->is_voice) {
        wzp_stretch_reset(r->stretch);
    }
    r->comfort += level != 0 ? n : 0;
    r->sounding_level = level;
    r->is_voice = false;
    r->len = n;
    r->media_us = -1;
}

static void be_quiet(wzp__receiver *r, wzp_tstamp now, size_t n)
{
    /* A tick made late may be before what came since. */
    const bool is_there = now <= r->heard_at + NOISE_NS;
    quiet(r, n > FADE ? n : FADE, is_there ? r->noise_level : 0);
}

/* --- voice --- */

/* `made` holds n samples of the decoder; want_ms: how much longer it may
 * become. The piece stands for media time from `ts` on, for so many ms. */
static void voice(wzp__receiver *r, size_t n, int32_t want_ms, int64_t ts,
                  uint32_t ms)
{
    int32_t done = 0;
    if (wzp_stretch_process(r->stretch, r->made, n, want_ms * SAMPLES_PER_MS,
                            r->pcm, sizeof r->pcm / sizeof *r->pcm, &r->len,
                            &done) != WZP_OK) { /* a frame below 10 ms */
        memcpy(r->pcm, r->made, n * sizeof *r->pcm);
        r->len = n;
        done = 0;
    }
    r->longer += done > 0 ? (uint64_t)done : 0;
    r->shorter += done < 0 ? (uint64_t)-done : 0;
    r->is_voice = true;
    r->is_heard = true;
    r->sounding_level = 0;
    r->media_us = ts * 1000;
    r->media_span_us = (int64_t)ms * 1000;
    r->media_end_ms = ts + ms;
}

/* ms from the next frame held, or from nothing, into `made`. */
static wzp_rebuilt fill(wzp__receiver *r, uint32_t ms,
                        const wzp_jitter_frame *next, uint32_t ahead_ms)
{
    const size_t n = (size_t)ms * SAMPLES_PER_MS;
    const bool has = next != NULL;
    wzp_rebuilt how = WZP_REBUILT_CONCEALED;
    if (wzp_decoder_fill(r->dec, n, has ? next->codec : WZP_CODEC_OPUS_24K,
                         has ? next->data.ptr : NULL, has ? next->data.len : 0,
                         (size_t)ahead_ms * SAMPLES_PER_MS, r->made,
                         &how) != WZP_OK) {
        memset(r->made, 0, n * sizeof *r->made);
        how = WZP_REBUILT_CONCEALED;
    }
    return how;
}

/* Something to hear while waiting; the sender's time stands still. */
static void bridge(wzp__receiver *r, uint32_t ms)
{
    fill(r, ms, NULL, 0);
    r->bridged += (uint64_t)ms * SAMPLES_PER_MS;
    voice(r, (size_t)ms * SAMPLES_PER_MS, 0, r->media_end_ms, 0);
}

/* The buffer's time of the sender, brought near to what was played last: the
 * first one is as the sender said it. */
static int64_t media_ms(wzp__receiver *r, int64_t ts)
{
    const uint32_t low = (uint32_t)(uint64_t)ts;
    if (!r->has_media) {
        r->has_media = true;
        return low;
    }
    return r->media_end_ms +
           (int32_t)(low - (uint32_t)(uint64_t)r->media_end_ms);
}

/* How far the end of the hole is from the next frame: a pause may lie between
 * them. The hole's own place is known about to a frame. */
static uint32_t ahead_ms(const wzp_jitter_out *hole,
                         const wzp_jitter_frame *next)
{
    const int64_t ms = next->timestamp - hole->timestamp - hole->fill_ms;
    if (ms <= 0 || (hole->ahead == 1 && ms < hole->fill_ms)) {
        return 0;
    }
    return (uint32_t)(ms < 2000 ? ms : 2000);
}

static void on_hole(wzp__receiver *r, const wzp_jitter_out *hole)
{
    wzp_jitter_frame next;
    wzp_rebuilt how;
    if (hole->ahead == 0 || !wzp_jitter_peek(r->jitter, 0, &next)) {
        how = fill(r, hole->fill_ms, NULL, 0);
    } else {
        how = fill(r, hole->fill_ms, &next, ahead_ms(hole, &next));
    }
    r->stats.rebuilt_lbrr += how == WZP_REBUILT_LBRR;
    r->stats.rebuilt_dred += how == WZP_REBUILT_DRED;

    voice(r, (size_t)hole->fill_ms * SAMPLES_PER_MS, hole->stretch_ms,
          media_ms(r, hole->timestamp), hole->fill_ms);
}

static void count_frame(wzp__receiver *r, const wzp_jitter_frame *f)
{
    const uint8_t from = r->from[(uint64_t)f->seq & 0xff];
    r->stats.rebuilt_copy += from == WZP__FRAME_COPY;
    r->stats.rebuilt_parity += from == WZP__FRAME_PARITY;
    r->stats.frames_played += from == WZP__FRAME_NEW;
}

static void on_frame(wzp__receiver *r, const wzp_jitter_out *out)
{
    const wzp_jitter_frame *f = &out->frame;
    size_t n = (size_t)f->frame_ms * SAMPLES_PER_MS;
    r->dry_ms = 0;
    if (f->codec == WZP_CODEC_COMFORT_NOISE) {
        r->noise_level = f->data.len == 0 ? 0 : f->data.ptr[0];
        r->media_end_ms = media_ms(r, f->timestamp) + f->frame_ms;
        quiet(r, n, r->noise_level);
        count_frame(r, f);
        return;
    }
    const int64_t ts = media_ms(r, f->timestamp);
    if (wzp_decoder_decode(r->dec, f->codec, f->data.ptr, f->data.len, r->made,
                           WZP_PCM_MAX, &n) != WZP_OK) {
        r->stats.undecodable++;
        fill(r, f->frame_ms, NULL, 0);
        n = (size_t)f->frame_ms * SAMPLES_PER_MS;
    } else {
        count_frame(r, f);
    }
    voice(r, n, out->stretch_ms, ts, f->frame_ms);
}

void wzp__receiver_make(wzp__receiver *r, wzp_tstamp now, size_t left)
{
    wzp_jitter_out out;
    size_t wait;
    wzp_jitter_next(r->jitter, now, TICK_MS, &out);
    r->at = 0;
    r->len = 0;
    switch (out.result) {
    case WZP_JITTER_FRAME: on_frame(r, &out); return;
    case WZP_JITTER_HOLE: on_hole(r, &out); return;
    case WZP_JITTER_EXPAND: bridge(r, out.fill_ms); return;
    case WZP_JITTER_EMPTY:
        if (r->is_voice && r->dry_ms < BRIDGE_MS) {
            r->dry_ms += TICK_MS;
            bridge(r, TICK_MS);
            return;
        }
        break;
    case WZP_JITTER_WAIT:
    case WZP_JITTER_SILENCE: break;
    }
    wait = (size_t)out.fill_ms * SAMPLES_PER_MS;
    be_quiet(r, now, wait < left ? wait : left);
}
