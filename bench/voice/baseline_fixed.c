/* SPDX-License-Identifier: MIT */
/* The simplest voice: Opus without redundancy, played 60 ms after the quickest
 * packet of the first second would have allowed. What is not there then is
 * concealed, and what comes later is thrown away.
 */
#include "bench/voice/baseline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define BUFFER_NS INT64_C(60000000)

static int64_t spoken_ns(const voice_frame *f)
{
    return (f->at + f->n) * 1000000 / (VOICE_RATE / 1000);
}

/* Of the packets of the first second of speech. */
static int64_t quickest(const baseline *b)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < b->n_arrived; i++) {
        const voice_frame *f = &b->take.frames[b->packets[i].frame];
        const int64_t way = b->packets[i].arrives_ns - spoken_ns(f);
        if (f->at >= VOICE_LEAD && f->at < VOICE_LEAD + VOICE_RATE &&
            way < least) {
            least = way;
        }
    }
    return least;
}

void voice_fixed_run(voice_run *run, const voice_material *m)
{
    baseline b;
    baseline_player player;
    baseline_send(&b, run, m, 0);
    const int64_t way = quickest(&b) + BUFFER_NS;
    for (size_t i = 0; i < b.n_arrived; i++) {
        voice_frame *f = &b.take.frames[b.packets[i].frame];
        f->has_arrived = b.packets[i].arrives_ns <= spoken_ns(f) + way;
        run->late += !f->has_arrived;
    }
    baseline_player_init(&player, &b);
    for (size_t i = 0; i < b.take.n_frames; i++) {
        voice_frame *f = &b.take.frames[i];
        baseline_play(&player, spoken_ns(f) + way, f->has_arrived ? f : NULL,
                      false, f);
    }
    baseline_player_deinit(&player);
    run->wire_kbps = run->media_kbps = b.wire_kbps;
    run->playout_ms = run->playout_p95_ms = 60;
    (void)snprintf(run->mode, sizeof run->mode, "Opus24k/20");
    voice_run_score(run, &b.take, m);
    baseline_free(&b);
}
