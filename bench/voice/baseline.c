/* SPDX-License-Identifier: MIT */
/* See baseline.h. */
#include "bench/voice/baseline.h"

#include "bench/voice/condition.h"

#include <stdlib.h>
#include <string.h>

#define NEVER INT64_MAX

static void *need(void *p)
{
    if (p == NULL) {
        abort();
    }
    return p;
}

static OpusEncoder *new_encoder(int loss_pct)
{
    int e = 0;
    OpusEncoder *enc =
        need(opus_encoder_create(VOICE_RATE, 1, OPUS_APPLICATION_VOIP, &e));
    opus_encoder_ctl(enc, OPUS_SET_BITRATE(BASELINE_BPS));
    opus_encoder_ctl(enc, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(enc, OPUS_SET_COMPLEXITY(BASELINE_ENCODER));
    opus_encoder_ctl(enc, OPUS_SET_INBAND_FEC(loss_pct > 0));
    opus_encoder_ctl(enc, OPUS_SET_PACKET_LOSS_PERC(loss_pct));
    return enc;
}

static void encode_all(baseline *b, const voice_material *m, int loss_pct)
{
    OpusEncoder *enc = new_encoder(loss_pct);
    for (size_t at = 0; at + BASELINE_SAMPLES <= m->n; at += BASELINE_SAMPLES) {
        voice_frame *f = voice_take_frame(&b->take);
        const int n = opus_encode(enc, m->pcm + at, BASELINE_SAMPLES, f->data,
                                  WZP_FRAME_MAX);
        if (n <= 0) {
            abort();
        }
        f->at = (int64_t)at;
        f->n = BASELINE_SAMPLES;
        f->codec = WZP_CODEC_OPUS_24K;
        f->len = (uint16_t)n;
    }
    opus_encoder_destroy(enc);
}

static int64_t ns_of(int64_t sample)
{
    return sample * 1000000 / (VOICE_RATE / 1000);
}

/* As in the world: clean until the talker begins to speak, bad from then on. */
static void send_all(baseline *b, const voice_run *run)
{
    wzp_trace *trace = need(calloc(1, sizeof *trace));
    const wzp_link_cfg good = {.delay_ns = VOICE_HOP_NS, .seed = run->seed};
    const wzp_link_cfg bad = voice_condition_link(
        voice_condition_at(run->condition), run->seed, trace);
    wzp_link link;
    bool is_bad = false;
    wzp_link_init(&link, &good);
    for (size_t i = 0; i < b->take.n_frames; i++) {
        const voice_frame *f = &b->take.frames[i];
        uint64_t due[WZP_LINK_COPIES_MAX];
        if (!is_bad && f->at >= VOICE_LEAD) {
            wzp_link_init(&link, &bad);
            is_bad = true;
        }
        const uint64_t at = (uint64_t)ns_of(f->at + f->n) + VOICE_HOP_NS;
        const int n = wzp_link_send(&link, at, f->len + BASELINE_AROUND, due);
        b->packets[i] = (baseline_packet){n == 0 ? NEVER : (int64_t)due[0], i};
        b->n_arrived += n > 0;
    }
    free(trace);
}

static int by_arrival(const void *a, const void *b)
{
    const baseline_packet *x = a, *y = b;
    if (x->arrives_ns != y->arrives_ns) {
        return x->arrives_ns < y->arrives_ns ? -1 : 1;
    }
    return x->frame < y->frame ? -1 : 1;
}

static double rate(const baseline *b, const voice_material *m)
{
    double bytes = 0;
    size_t n = 0;
    for (size_t i = 0; i < b->take.n_frames; i++) {
        const voice_frame *f = &b->take.frames[i];
        if (f->at >= VOICE_LEAD + VOICE_SETTLE && f->at < (int64_t)m->end) {
            bytes += f->len + BASELINE_AROUND + BASELINE_IP_UDP;
            n++;
        }
    }
    return bytes * 8 / ((double)n * BASELINE_MS);
}

void baseline_send(baseline *b, const voice_run *run, const voice_material *m,
                   int loss_pct)
{
    *b = (baseline){0};
    encode_all(b, m, loss_pct);
    b->n = b->take.n_frames;
    b->packets = need(calloc(b->n, sizeof *b->packets));
    send_all(b, run);
    qsort(b->packets, b->n, sizeof *b->packets, by_arrival);
    b->wire_kbps = rate(b, m);
}

void baseline_free(baseline *b)
{
    voice_take_free(&b->take);
    free(b->packets);
    *b = (baseline){0};
}

/* --- playing --- */

void baseline_player_init(baseline_player *p, baseline *b)
{
    int e = 0;
    p->b = b;
    p->dec = need(opus_decoder_create(VOICE_RATE, 1, &e));
    opus_decoder_ctl(p->dec, OPUS_SET_COMPLEXITY(BASELINE_DECODER));
}

void baseline_player_deinit(baseline_player *p)
{
    opus_decoder_destroy(p->dec);
}

void baseline_play(baseline_player *p, int64_t now_ns, const voice_frame *frame,
                   bool has_lbrr, voice_frame *lost)
{
    int16_t pcm[BASELINE_SAMPLES];
    voice_take *t = &p->b->take;
    wzp_piece piece = {.at = t->n_heard, .n = BASELINE_SAMPLES};
    const voice_frame *said = has_lbrr || frame == NULL ? lost : frame;
    const int n = opus_decode(p->dec, frame == NULL ? NULL : frame->data,
                              frame == NULL ? 0 : (opus_int32)frame->len, pcm,
                              BASELINE_SAMPLES, has_lbrr);
    if (n != BASELINE_SAMPLES) {
        abort();
    }
    if (said != NULL) {
        piece.from = said->at;
        piece.to = said->at + said->n;
    }
    if (lost != NULL) {
        lost->fate = has_lbrr        ? VOICE_LBRR
                     : frame == NULL ? VOICE_CONCEALED
                                     : VOICE_DIRECT;
    }
    voice_take_heard(t, pcm, BASELINE_SAMPLES);
    voice_take_piece(t, &piece, now_ns);
}
