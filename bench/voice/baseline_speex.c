/* SPDX-License-Identifier: MIT */
/* What many programs do: Opus with LBRR, the encoder told the true loss, behind
 * the adaptive jitter buffer of speexdsp, with a margin of one frame so that
 * LBRR has its chance. Used as its manual says: a packet every 20 ms, the
 * buffer's own adjusting of the delay.
 */
#include "bench/voice/baseline.h"
#include "bench/voice/condition.h"

#include <math.h>
#include <speex/speex_jitter.h>
#include <stdio.h>
#include <stdlib.h>

#define TICK_NS INT64_C(20000000)

typedef struct listener {
    baseline b;
    baseline_player player;
    JitterBuffer *jitter;
    size_t next;   /* packet to arrive */
    bool *is_here; /* frames received, late ones too */
} listener;

/* The truth where there is one; of a trace, what was really lost. */
static int true_loss(const voice_run *run, const voice_material *m)
{
    baseline probe;
    baseline_send(&probe, run, m, 0);
    const double lost = 1 - (double)probe.n_arrived / (double)probe.n;
    baseline_free(&probe);
    return (int)lround(100 * lost);
}

static void receive(listener *l, int64_t now)
{
    while (l->next < l->b.n_arrived &&
           l->b.packets[l->next].arrives_ns <= now) {
        const size_t i = l->b.packets[l->next++].frame;
        voice_frame *f = &l->b.take.frames[i];
        const JitterBufferPacket packet = {
            .data = (char *)f->data,
            .len = f->len,
            .timestamp = (spx_uint32_t)f->at,
            .span = f->n,
            .sequence = (spx_uint16_t)i,
        };
        jitter_buffer_put(l->jitter, &packet);
        l->is_here[i] = true;
    }
}

static void play_lost(listener *l, int64_t now, int64_t at)
{
    voice_frame *lost = voice_take_find(&l->b.take, at);
    const size_t next = (size_t)(at / BASELINE_SAMPLES) + 1;
    const bool has_next =
        lost != NULL && next < l->b.take.n_frames && l->is_here[next];
    const voice_frame *from = has_next ? &l->b.take.frames[next] : NULL;
    const bool has_lbrr =
        has_next && opus_packet_has_lbrr(from->data, from->len) > 0;
    baseline_play(&l->player, now, has_lbrr ? from : NULL, has_lbrr, lost);
}

static void play(listener *l, int64_t now)
{
    char data[WZP_FRAME_MAX];
    JitterBufferPacket packet = {.data = data, .len = sizeof data};
    spx_int32_t offset = 0;
    const int64_t at = jitter_buffer_get_pointer_timestamp(l->jitter);
    const int got =
        jitter_buffer_get(l->jitter, &packet, BASELINE_SAMPLES, &offset);
    voice_frame *f = got == JITTER_BUFFER_OK
                         ? voice_take_find(&l->b.take, packet.timestamp)
                         : NULL;
    if (f != NULL) {
        f->has_arrived = true;
        baseline_play(&l->player, now, f, false, f);
    } else if (got == JITTER_BUFFER_MISSING) {
        play_lost(l, now, at);
    } else {
        baseline_play(&l->player, now, NULL, false, NULL);
    }
    jitter_buffer_tick(l->jitter);
}

void voice_speex_run(voice_run *run, const voice_material *m)
{
    listener l = {0};
    int margin = BASELINE_SAMPLES;
    baseline_send(&l.b, run, m, true_loss(run, m));
    baseline_player_init(&l.player, &l.b);
    l.jitter = jitter_buffer_init(BASELINE_SAMPLES);
    l.is_here = calloc(l.b.n, sizeof *l.is_here);
    if (l.jitter == NULL || l.is_here == NULL) {
        abort();
    }
    jitter_buffer_ctl(l.jitter, JITTER_BUFFER_SET_MARGIN, &margin);
    const int64_t first = l.b.packets[0].arrives_ns;
    const int64_t last = (int64_t)m->n * 1000000 / (VOICE_RATE / 1000);
    for (int64_t now = first; now < last; now += TICK_NS) {
        receive(&l, now);
        play(&l, now);
    }
    run->wire_kbps = run->media_kbps = l.b.wire_kbps;
    (void)snprintf(run->mode, sizeof run->mode, "Opus24k/20 LBRR");
    voice_run_score(run, &l.b.take, m);
    jitter_buffer_destroy(l.jitter);
    baseline_player_deinit(&l.player);
    baseline_free(&l.b);
    free(l.is_here);
}
