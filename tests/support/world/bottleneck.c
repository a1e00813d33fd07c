/* SPDX-License-Identifier: MIT */
/* A narrow link under a call, see bottleneck.h. */
#include "support/world/bottleneck.h"

#include <stdlib.h>

#define VOICE_LEN 48000
#define TICK      (10 * WZP_MS)
#define DELAY     (20 * WZP_MS)

/* Something that never pauses, so that the rate is that of the mode. */
static const int16_t *voice(void)
{
    static int16_t pcm[VOICE_LEN];
    uint32_t noise = 1;
    double y1 = 0, y2 = 0;
    for (size_t i = 0; i < VOICE_LEN; i++) {
        noise = noise * 1664525u + 1013904223u;
        const size_t period = 300 + (i / 9600) % 5 * 40;
        const double hiss = (double)(noise >> 16) / 65536 - 0.5;
        const double x = (i % period == 0 ? 4000.0 : 0.0) + hiss * 200;
        const double y = x + 1.90 * y1 - 0.93 * y2; /* near 1.3 kHz */
        y2 = y1;
        y1 = y;
        pcm[i] = (int16_t)(y > 20000 ? 20000 : y < -20000 ? -20000 : y);
    }
    return pcm;
}

static uint64_t bytes_in(const wzp_bottleneck *p)
{
    wzp_link_stats up, down;
    wzp_world_link_stats(p->w, p->is_up ? p->a : p->b, &up, &down, NULL);
    return p->is_up ? up.bytes : down.bytes;
}

void wzp_bottleneck_rate(wzp_bottleneck *p, uint64_t rate_bps)
{
    const wzp_link_cfg wide = {.delay_ns = DELAY};
    const wzp_link_cfg narrow = {
        .delay_ns = DELAY, .rate_bps = rate_bps, .queue_bytes = 1 << 20};
    p->rate_bps = rate_bps;
    wzp_world_link(p->w, p->a, p->is_up ? &narrow : &wide, &wide);
    wzp_world_link(p->w, p->b, &wide, p->is_up ? &wide : &narrow);
}

wzp_bottleneck wzp_bottleneck_new(uint64_t seed, bool is_up)
{
    wzp_bottleneck p = {.w = wzp_world_new(seed), .is_up = is_up};
    const wzp_world_client_config speaks = {
        .identity = 1, .in = voice(), .in_len = VOICE_LEN};
    const wzp_world_client_config listens = {.identity = 2};
    p.relay = wzp_world_relay(p.w, 9, NULL);
    p.a = wzp_world_client(p.w, &speaks);
    p.b = wzp_world_client(p.w, &listens);
    wzp_bottleneck_rate(&p, 100000);
    wzp_world_join(p.w, p.a, "room", p.relay);
    wzp_world_join(p.w, p.b, "room", p.relay);
    if (!wzp_world_await_keyed(p.w, p.b, 1, 10 * WZP_S)) {
        abort();
    }
    p.seen_bytes = bytes_in(&p);
    return p;
}

void wzp_bottleneck_free(wzp_bottleneck *p)
{
    wzp_world_free(p->w);
}

static double queue_ms(const wzp_bottleneck *p)
{
    return p->queue_bits * 1000 / (double)p->rate_bps;
}

static void step(wzp_bottleneck *p)
{
    wzp_world_run(p->w, TICK);
    const uint64_t bytes = bytes_in(p);
    const double out = (double)(p->rate_bps * TICK) / (double)WZP_S;
    p->queue_bits += (double)(bytes - p->seen_bytes) * 8;
    p->queue_bits = p->queue_bits > out ? p->queue_bits - out : 0;
    p->seen_bytes = bytes;
    const uint64_t received = wzp_world_stats(p->w, p->b).packets_received;
    p->silent_ms = received == p->received ? p->silent_ms + 10 : 0;
    p->received = received;
    p->silent_most_ms =
        p->silent_ms > p->silent_most_ms ? p->silent_ms : p->silent_most_ms;
}

double wzp_bottleneck_run(wzp_bottleneck *p, unsigned seconds)
{
    double most = 0;
    for (unsigned i = 0; i < seconds * 100; i++) {
        step(p);
        most = queue_ms(p) > most ? queue_ms(p) : most;
    }
    return most;
}
