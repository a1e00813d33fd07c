/* SPDX-License-Identifier: MIT */
/* A path that becomes narrow and wide again under a call: the whole engine,
 * real QUIC and codec, virtual time.
 */
#include "support/harness.h"
#include "support/world/bottleneck.h"

static wzp_tier tier(const wzp_bottleneck *p)
{
    return wzp_world_stats(p->w, p->a).tier;
}

static void narrow_and_wide(uint64_t seed, bool is_up)
{
<<<<<<< HEAD
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
=======
    wzp_bottleneck p = wzp_bottleneck_new(seed, is_up);
    wzp_bottleneck_run(&p, 15);
    assert_int_equal(tier(&p), WZP_TIER_GOOD);
    wzp_bottleneck_rate(&p, 20000);
    wzp_bottleneck_run(&p, 5);
>>>>>>> refs/wt/quality
    const wzp_client_stats s = wzp_world_stats(p.w, p.a);
    assert_true(s.tier < WZP_TIER_GOOD);
    assert_true(s.estimate_bps > 0);
    assert_true(wzp_bottleneck_run(&p, 3) <= 100);
    wzp_bottleneck_run(&p, 12);
    wzp_bottleneck_rate(&p, 60000);
    wzp_bottleneck_run(&p, 60);
    assert_true(tier(&p) >= WZP_TIER_GOOD);
    assert_true(p.silent_most_ms < 2000);
    wzp_bottleneck_free(&p);
}

WZP_TEST(speaker_behind_a_path_that_narrows_makes_no_queue_that_stays)
{
    narrow_and_wide(1, true);
}

WZP_TEST(listener_behind_a_path_that_narrows_gets_no_queue_that_stays)
{
    narrow_and_wide(1, false);
}

/* The control: what is forced to stay fills the queue by more than a second
 * for each second. */
WZP_TEST(forced_tier_on_a_narrow_path_makes_a_queue)
{
    wzp_bottleneck p = wzp_bottleneck_new(1, true);
    assert_int_equal(wzp_engine_quality_force(wzp_world_engine(p.w, p.a),
                                              wzp_world_now(p.w),
                                              WZP_TIER_GOOD),
                     WZP_OK);
    wzp_bottleneck_run(&p, 5);
    wzp_bottleneck_rate(&p, 20000);
    assert_true(wzp_bottleneck_run(&p, 5) > 1000);
    assert_int_equal(tier(&p), WZP_TIER_GOOD);
    wzp_bottleneck_free(&p);
}
