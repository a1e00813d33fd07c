/* SPDX-License-Identifier: MIT */
/* What a voice costs beyond its codec: CPU time of everything a frame passes
 * from the microphone's samples to the mix at the listener (capture chain,
 * framing, encoder, seal, open, jitter buffer, decoder, mixer; no QUIC, no
 * kernel), against libopus alone encoding and decoding the same 20 ms frames.
 * A second of speech of one, then of the other, in turns, so that both see the
 * same machine.
 */
#include "bench/cmd/two_groups.h"
#include "bench/support/results.h"
#include "bench/voice/material.h"
#include "voice/sender.h"
#include "voice/voices.h"

#include <wzp/codec/capture.h>

#include <opus.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TICK = WZP_AUDIO_TICK_SAMPLES,
    FRAME = 2 * TICK,
    CHUNK = 50, /* frames: a second */
    CHUNKS_MAX = 120,
};

#define TICK_NS (10 * WZP_MS)

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(wzp_err e)
{
    if (e != WZP_OK) {
        fprintf(stderr, "pipeline: %s\n", wzp_err_name(e));
        exit(1);
    }
}

/* --- ours --- */

typedef struct path {
    wzp_group *g[2]; /* speaks, listens */
    wzp_capture *capture;
    wzp__sender *sender;
    wzp__voices voices;
    int16_t far[TICK]; /* what the listener played last: its echo */
    bool has_far;
    wzp_tstamp now;
    uint64_t opened;
} path;

static void path_new(path *p, bool is_full)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_capture_config capture;
    wzp_encoder_config enc;
    wzp__receiver_config receiver = {
        .mem = mem, .playout_min_ms = 0, .playout_max_ms = 500};
    *p = (path){.now = 1000 * WZP_S, .has_far = is_full};
    must(two_groups_new(p->g, &p->now));
    wzp_capture_config_default(&capture);
    capture.parts.echo = capture.parts.denoise = is_full;
    must(wzp_capture_new(&p->capture, &capture));
    wzp_encoder_config_default(&enc);
    enc.redundancy = is_full ? WZP_REDUNDANCY_DRED : WZP_REDUNDANCY_NONE;
    must(wzp__sender_new(&p->sender, &mem, &enc));
    must(wzp__voices_init(&p->voices, &receiver, 8));
}

static void path_send(path *p)
{
    uint8_t packet[WZP_MEDIA_MAX];
    uint8_t plain[WZP_MEDIA_MAX];
    size_t len = 0;
    while (wzp__sender_next(p->sender, p->now, p->g[0], packet, sizeof packet,
                            &len)) {
        wzp_opened o;
        must(wzp_group_open(p->g[1], p->now, packet, len, plain, sizeof plain,
                            &o));
        wzp__voices_insert(&p->voices, p->now, o.member, &o.hdr, o.form, plain,
                           o.len);
        p->opened++;
    }
}

static void path_run(path *p, const int16_t *pcm, size_t frames)
{
    for (size_t i = 0; i < 2 * frames; i++) {
        int16_t block[TICK];
        wzp_capture_out voice;
        memcpy(block, pcm + i * TICK, sizeof block);
        wzp__voices_mix(&p->voices, p->now, p->far);
        wzp_capture_process(p->capture, block, p->has_far ? p->far : NULL,
                            &voice);
        const wzp__sender_in in = {.is_wanted = true, .is_voice = true};
        wzp__sender_capture(p->sender, p->now, block, TICK, &in);
        path_send(p);
        p->now += TICK_NS;
    }
}

/* --- libopus alone --- */

typedef struct bare {
    OpusEncoder *enc;
    OpusDecoder *dec;
} bare;

static void bare_new(bare *b)
{
    int e = 0;
    b->enc = opus_encoder_create(VOICE_RATE, 1, OPUS_APPLICATION_VOIP, &e);
    b->dec = opus_decoder_create(VOICE_RATE, 1, &e);
    if (b->enc == NULL || b->dec == NULL) {
        must(WZP_ERR_NOMEM);
    }
    opus_encoder_ctl(b->enc, OPUS_SET_BITRATE(24000));
    opus_encoder_ctl(b->enc, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(b->enc, OPUS_SET_COMPLEXITY(9));
    opus_decoder_ctl(b->dec, OPUS_SET_COMPLEXITY(5));
}

static void bare_run(bare *b, const int16_t *pcm, size_t frames)
{
    for (size_t i = 0; i < frames; i++) {
        uint8_t data[WZP_FRAME_MAX];
        int16_t out[FRAME];
        const int n =
            opus_encode(b->enc, pcm + i * FRAME, FRAME, data, sizeof data);
        if (n <= 0 || opus_decode(b->dec, data, n, out, FRAME, 0) != FRAME) {
            must(WZP_ERR_INTERNAL);
        }
    }
}

/* --- in turns --- */

static wzp_result measure(const voice_material *m, const char *what,
                          bool is_full, double goal)
{
    double us[CHUNKS_MAX], ratio[CHUNKS_MAX];
    size_t n = 0;
    path p;
    bare b;
    path_new(&p, is_full);
    bare_new(&b);
    for (size_t at = VOICE_LEAD; at + CHUNK * FRAME <= m->end && n < CHUNKS_MAX;
         at += CHUNK * FRAME, n++) {
        const double t0 = seconds();
        path_run(&p, m->pcm + at, CHUNK);
        const double t1 = seconds();
        bare_run(&b, m->pcm + at, CHUNK);
        const double t2 = seconds();
        us[n] = (t1 - t0) * 1e6 / CHUNK;
        ratio[n] = (t1 - t0) / (t2 - t1);
    }
    if (p.opened + 4 < n * CHUNK) {
        must(WZP_ERR_STATE); /* nothing was sealed, or opened */
    }
    const wzp_runs runs = wzp_runs_of(ratio, n);
    const double median = wzp_runs_of(us, n).median;
    return (wzp_result){
        .id = "pipeline",
        .what = what,
        .value = median,
        .unit = "us per 20 ms",
        .baseline = median / runs.median,
        .goal_is = WZP_GOAL_AT_MOST,
        .goal = goal,
        .runs = n,
        .spread = runs.spread,
        .conditions = "CPU time of sender and receiver of one voice, against "
                      "libopus 24k encode + decode of the same frames, a "
                      "second of each in turns; median of the ratios"};
}

int main(void)
{
    char error[WZP_RESULTS_ERROR_LEN];
    voice_material m;
    must(wzp_crypto_global_init());
    if (!voice_material_load(".deps/speech", &m)) {
        return 1;
    }
    const wzp_result rows[] = {
        measure(&m, "without echo canceller, denoiser, DRED", false, 1.3),
        measure(&m, "with echo canceller, denoiser, DRED", true, 3.4),
    };
    for (size_t i = 0; i < 2; i++) {
        printf("%s: %.1f %s, %.2f times libopus\n", rows[i].what, rows[i].value,
               rows[i].unit, wzp_result_ratio(&rows[i]));
    }
    voice_material_free(&m);
    if (!wzp_results_put("build/bench/results.json", rows, 2, error)) {
        fprintf(stderr, "pipeline: %s\n", error);
        return 1;
    }
    return 0;
}
