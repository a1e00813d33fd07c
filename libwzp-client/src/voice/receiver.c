/* SPDX-License-Identifier: MIT */
/* One remote sender, see receiver.h: its making, packets in, ticks out. */
#include "voice/receiver_parts.h"

#include <string.h>

/* How long a sender that lost a packet counts as one that loses some, and how
 * often its redundancy is looked at then. chosen: DRED's bits cost some µs. */
#define LOSING_NS (2 * WZP_S)
#define LOOK_NS   (500 * WZP_MS)
/* No redundancy is waited for longer, whatever a sender says of its own.
 * chosen: what DRED can say, and no mode of ours reaches farther. */
#define REACH_MOST_MS 1040

static uint16_t at_most(uint32_t x, uint32_t most)
{
    return (uint16_t)(x < most ? x : most);
}

static wzp_jitter_config jitter_config(const wzp__receiver_config *cfg)
{
    wzp_jitter_config jc;
    wzp_jitter_config_default(&jc);
    jc.min_delay_ms = (uint16_t)cfg->playout_min_ms;
    jc.max_delay_ms = (uint16_t)cfg->playout_max_ms;
    jc.is_mobile = cfg->is_mobile;
    if (jc.start_delay_ms < jc.min_delay_ms) {
        jc.start_delay_ms = jc.min_delay_ms;
    }
    jc.start_delay_ms = at_most(jc.start_delay_ms, jc.max_delay_ms);
    return jc;
}

static wzp_err make_parts(wzp__receiver *r, const wzp__receiver_config *cfg)
{
    const wzp_jitter_config jc = jitter_config(cfg);
    wzp_decoder_config dc;
    wzp_decoder_config_default(&dc);
    dc.mem = cfg->mem;
    WZP_TRY(wzp__depacket_new(&r->depacket, &cfg->mem));
    WZP_TRY(wzp_jitter_new(&r->jitter, &cfg->mem, &jc));
    WZP_TRY(wzp_stretch_new(&r->stretch, &cfg->mem));
    return wzp_decoder_new(&r->dec, &dc);
}

wzp_err wzp__receiver_new(wzp__receiver **out, const wzp__receiver_config *cfg)
{
    wzp__receiver *r = wzp_mem_new(&cfg->mem, sizeof *r);
    if (r == NULL) {
        return WZP_ERR_NOMEM;
    }
    r->mem = cfg->mem;
    r->media_us = -1;
    const wzp_err e = make_parts(r, cfg);
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
    wzp__depacket_free(r->depacket);
    wzp_jitter_free(r->jitter);
    wzp_stretch_free(r->stretch);
    wzp_decoder_free(r->dec);
    wzp_mem_free(&mem, r, sizeof *r);
}

void wzp__receiver_set_mobile(wzp__receiver *r, bool is_mobile)
{
    wzp_jitter_set_mobile(r->jitter, is_mobile);
}

/* --- packets in --- */

/* What the packets of late can bring back, for the buffer to wait for: asked
 * only while frames are being lost. */
static void look_back(wzp__receiver *r, wzp_tstamp now, const wzp__frame_in *f)
{
    if (r->gap_at == 0 || now - r->gap_at > LOSING_NS ||
        now - r->reach_at < LOOK_NS) {
        return;
    }
    const size_t samples =
        wzp_decoder_reach(r->dec, (wzp_codec_id)f->codec, f->data, f->len);
    uint32_t reach = wzp__depacket_reach_ms(r->depacket);
    if (samples / SAMPLES_PER_MS > reach) {
        reach = (uint32_t)(samples / SAMPLES_PER_MS);
    }
    r->reach_at = now;
    r->reach_ms[r->reach_next++ % 4] = at_most(reach, REACH_MOST_MS);
    uint16_t most = 0;
    for (size_t i = 0; i < 4; i++) {
        most = r->reach_ms[i] > most ? r->reach_ms[i] : most;
    }
    wzp_jitter_set_reach(r->jitter, most);
}

static void on_frame(void *user, wzp_tstamp now, const wzp__frame_in *f)
{
    wzp__receiver *r = user;
    const bool is_new = f->from == WZP__FRAME_NEW;
    r->frames_in++;
    if (is_new && !f->is_follower &&
        !wzp__tally_is_in_line(&r->tally, f->seq)) {
        r->gap_at = now;
    }
    if (is_new) {
        look_back(r, now, f);
    }
    const wzp_jitter_in in = {.seq = f->seq,
                              .timestamp = f->timestamp,
                              .codec = f->codec,
                              .frame_ms = f->frame_ms,
                              .is_repair = !is_new,
                              .is_follower = f->is_follower,
                              .data = f->data,
                              .len = f->len};
    if (wzp_jitter_insert(r->jitter, now, &in) == WZP_OK) {
        r->from[f->seq & 0xff] = (uint8_t)f->from;
    } /* else counted by the buffer */
}

static void note_numbers(wzp__receiver *r, wzp_tstamp now,
                         const wzp_media_hdr *hdr)
{
    const unsigned n = wzp__depacket_n_new(r->depacket);
    for (unsigned i = 0; i < n; i++) {
        wzp__tally_add(&r->tally, (uint16_t)(hdr->seq + i));
    }
    if (n > 0 && hdr->codec != WZP_CODEC_COMFORT_NOISE) {
        r->spoke_at = now;
    }
}

wzp_err wzp__receiver_insert(wzp__receiver *r, wzp_tstamp now,
                             const wzp_media_hdr *hdr, wzp_plain_form form,
                             const uint8_t *plain, size_t len)
{
    if (r->reported.at == 0) {
        r->reported.at = now;
    }
    const uint64_t before = r->frames_in;
    const wzp_err e = wzp__depacket_recv(r->depacket, now, hdr, form, plain,
                                         len, on_frame, r);
    if (e != WZP_OK) {
        r->stats.malformed++;
        return e;
    }
    note_numbers(r, now, hdr);
    r->heard_at = now;
    r->stats.packets_dup += form == WZP_FORM_FRAME && r->frames_in == before;
    r->bytes += WZP_MEDIA_HDR_LEN + len;
    r->stats.packets_received++;
    return WZP_OK;
}

/* --- ticks out --- */

bool wzp__receiver_read(wzp__receiver *r, wzp_tstamp now,
                        int16_t out[WZP_AUDIO_TICK_SAMPLES])
{
    size_t done = 0;
    bool any = false;
    wzp_jitter_set_tick(r->jitter, now);
    while (done < WZP_AUDIO_TICK_SAMPLES) {
        if (r->at == r->len) {
            wzp__receiver_make(r, now + done * WZP_S / WZP_PCM_RATE,
                               WZP_AUDIO_TICK_SAMPLES - done);
        }
        size_t n = WZP_AUDIO_TICK_SAMPLES - done;
        n = n < r->len - r->at ? n : r->len - r->at;
        memcpy(out + done, r->pcm + r->at, n * sizeof *out);
        r->at += n;
        done += n;
        any |= r->is_heard;
    }
    return any;
}

int64_t wzp__receiver_media_us(const wzp__receiver *r)
{
    if (r->media_us < 0) {
        return -1;
    }
    return r->media_us + r->media_span_us * (int64_t)r->at / (int64_t)r->len;
}

wzp_tstamp wzp__receiver_heard_at(const wzp__receiver *r)
{
    return r->heard_at;
}

wzp_tstamp wzp__receiver_spoke_at(const wzp__receiver *r)
{
    return r->spoke_at;
}
