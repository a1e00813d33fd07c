/* SPDX-License-Identifier: MIT */
/* A path that becomes narrow and wide again under a call: the whole engine,
 * real QUIC and codec, virtual time. The queue before the bottleneck is
 * counted here, from what enters the link.
 */
#include "support/harness.h"
#include "support/world/world.h"

#include <stdio.h>
#include <stdlib.h>

#define VOICE_LEN 48000
#define TICK      (10 * WZP_MS)

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

typedef struct place {
    wzp_world *w;
    wzp_node relay, a, b; /* a speaks, b listens */
    bool is_up;           /* the bottleneck: a's up link, else b's down link */
    uint64_t rate_bps, seen_bytes;
    double queue_bits;
    uint64_t received, silent_ms, silent_most_ms;
} place;

static uint64_t bytes_in(const place *p)
{
    wzp_link_stats up, down;
    wzp_world_link_stats(p->w, p->is_up ? p->a : p->b, &up, &down, NULL);
    return p->is_up ? up.bytes : down.bytes;
}

static void set_rate(place *p, uint64_t rate_bps)
{
    const wzp_link_cfg wide = {.delay_ns = 20 * WZP_MS};
    const wzp_link_cfg narrow = {
        .delay_ns = 20 * WZP_MS, .rate_bps = rate_bps, .queue_bytes = 1 << 20};
    p->rate_bps = rate_bps;
    wzp_world_link(p->w, p->a, p->is_up ? &narrow : &wide, &wide);
    wzp_world_link(p->w, p->b, &wide, p->is_up ? &wide : &narrow);
}

static place call(uint64_t seed, bool is_up)
{
    place p = {.w = wzp_world_new(seed), .is_up = is_up};
    const wzp_world_client_config speaks = {
        .identity = 1, .in = voice(), .in_len = VOICE_LEN};
    const wzp_world_client_config listens = {.identity = 2};
    p.relay = wzp_world_relay(p.w, 9, NULL);
    p.a = wzp_world_client(p.w, &speaks);
    p.b = wzp_world_client(p.w, &listens);
    set_rate(&p, 100000);
    wzp_world_join(p.w, p.a, "room", p.relay);
    wzp_world_join(p.w, p.b, "room", p.relay);
    assert_true(wzp_world_await_keyed(p.w, p.b, 1, 10 * WZP_S));
    p.seen_bytes = bytes_in(&p);
    return p;
}

static double queue_ms(const place *p)
{
    return p->queue_bits * 1000 / (double)p->rate_bps;
}

static void step(place *p)
{
    wzp_world_run(p->w, TICK);
    const uint64_t bytes = bytes_in(p);
    const double out = (double)p->rate_bps * TICK / WZP_S;
    p->queue_bits += (double)(bytes - p->seen_bytes) * 8;
    p->queue_bits = p->queue_bits > out ? p->queue_bits - out : 0;
    p->seen_bytes = bytes;
    const uint64_t received = wzp_world_stats(p->w, p->b).packets_received;
    p->silent_ms = received == p->received ? p->silent_ms + 10 : 0;
    p->received = received;
    if (p->silent_ms > p->silent_most_ms) {
        p->silent_most_ms = p->silent_ms;
    }
}

/* The longest queue, ms. */
static double run(place *p, unsigned seconds)
{
    double most = 0;
    for (unsigned i = 0; i < seconds * 100; i++) {
        step(p);
        most = queue_ms(p) > most ? queue_ms(p) : most;
        if (getenv("SHOW") && i % 50 == 0) {
            wzp_client_stats s = wzp_world_stats(p->w, p->a);
            printf("%6.1f %s c%d/%d r%d n%d+%d q%d queue=%.0f est=%u qms=%u "
                   "loss=%u rtt=%llu sent=%llu recv=%llu drop=%llu txr=%llu\n",
                   (double)wzp_world_now(p->w) / 1e9, wzp_tier_name(s.tier),
                   s.mode.codec, s.mode.frame_ms, s.mode.redundancy,
                   s.mode.n_new, s.mode.n_old, s.mode.window_q, queue_ms(p),
                   s.estimate_bps, s.queue_ms, s.peer_loss_permille,
                   (unsigned long long)s.rtt_us / 1000,
                   (unsigned long long)s.packets_sent,
                   (unsigned long long)p->received,
                   (unsigned long long)s.dgram_dropped,
                   (unsigned long long)s.tx_rate_bps);
        }
    }
    return most;
}

static void narrow_and_wide(bool is_up)
{
    place p = call(1, is_up);
    run(&p, 15);
    assert_int_equal(wzp_world_stats(p.w, p.a).tier, WZP_TIER_GOOD);
    set_rate(&p, 20000);
    run(&p, 5);
    const double after = run(&p, 3);
    run(&p, 12);
    set_rate(&p, 60000);
    run(&p, 60);
    const wzp_client_stats s = wzp_world_stats(p.w, p.a);
    assert_true(after <= 100);
    assert_true(p.silent_most_ms < 2000);
    assert_true(s.tier >= WZP_TIER_GOOD);
    wzp_world_free(p.w);
}

WZP_TEST(speaker_behind_a_path_that_narrows_makes_no_queue_that_stays)
{
    narrow_and_wide(true);
}

WZP_TEST(listener_behind_a_path_that_narrows_gets_no_queue_that_stays)
{
    narrow_and_wide(false);
}
