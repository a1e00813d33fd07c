/* SPDX-License-Identifier: MIT */
/* What holds for the jitter buffer whatever comes: a thousand random paths.
 * That frames come in order, never twice and unchanged is checked in
 * jitter_sim.h with every frame.
 */
#include "jitter_sim.h"

typedef struct path {
    uint32_t random;
    uint8_t frame_ms;
    unsigned loss, jitter_ms, silent; /* per cent, ms, per cent of seconds */
    unsigned dup;                     /* per cent */
    bool is_fifo;
    unsigned sent, lost; /* of the numbers up to the last that came */
} path;

static unsigned pick(path *p, unsigned n)
{
    return sim_random(&p->random) % n;
}

static path random_path(uint32_t seed)
{
    static const uint8_t lengths[] = {10, 20, 40, 60};
    path p = {.random = seed * 7919 + 1};
    p.frame_ms = lengths[pick(&p, 4)];
    p.loss = pick(&p, 3) == 0 ? 0 : pick(&p, 50);
    p.jitter_ms = pick(&p, 3) == 0 ? 0 : pick(&p, 200);
    p.silent = pick(&p, 2) == 0 ? 0 : pick(&p, 80);
    p.dup = pick(&p, 2) == 0 ? 0 : pick(&p, 30);
    p.is_fifo = pick(&p, 2) == 0;
    return p;
}

/* 15 s of it. Numbers do not count while the sender is silent. */
static void send(sim *s, path *p)
{
    uint32_t n = 0;
    bool is_silent = false;
    int64_t last = 0;
    unsigned lost = 0; /* since the last that came */
    for (uint32_t ts = 0; ts < 15000; ts += p->frame_ms) {
        if (ts % 1000 < p->frame_ms) {
            is_silent = ts != 0 && pick(p, 100) < p->silent;
        }
        if (is_silent) {
            continue;
        }
        int64_t at = (int64_t)ts * 1000;
        /* The first must not come when the second is played already. */
        at += p->jitter_ms == 0 || ts < 200 ? 0 : pick(p, p->jitter_ms * 1000);
        at = p->is_fifo && at <= last ? last + 100 : at;
        last = at;
        const bool is_lost = n > 0 && pick(p, 100) < p->loss;
        sim_packet packet = {.at = is_lost ? SIM_LOST : at,
                             .n = n++,
                             .ts_ms = ts,
                             .frame_ms = p->frame_ms};
        sim_add(s, packet);
        if (!is_lost && pick(p, 100) < p->dup) {
            packet.at += pick(p, 100000);
            sim_add(s, packet);
        }
        lost += is_lost;
        if (!is_lost) {
            p->lost += lost;
            p->sent = n;
            lost = 0;
        }
    }
}

static void run_path(uint32_t seed, sim *s, path *p)
{
    *s = sim_new(NULL);
    *p = random_path(seed);
    s->phase = seed % 10 * 1000;
    s->is_stiff = seed % 4 == 0;
    if (seed % 3 == 0) {
        wzp_jitter_set_reach(s->jb, 300);
    }
    send(s, p);
    sim_run(s, 18000000);
}

enum { PATHS = 1000 };

WZP_TEST(jitter_of_any_path_accounts_for_every_number)
{
    for (uint32_t seed = 0; seed < PATHS; seed++) {
        sim s;
        path p;
        run_path(seed, &s, &p);
        const wzp_jitter_stats stats = sim_stats(&s);
        assert_int_equal(stats.expected, p.sent);
        assert_int_equal(stats.played, s.frames);
        /* Until the end all that came was given out or given up. */
        assert_int_equal(stats.played + stats.dropped + stats.lost, p.sent);
        assert_int_equal(stats.received, stats.played + stats.dropped);
        assert_int_equal(stats.lost, p.lost + stats.late);
        assert_int_equal(stats.never_came, p.lost);
        assert_int_equal(stats.full + stats.restarts, 0);
        sim_free(&s);
    }
}

/* Sum of what was filled and stretched is what passed on the reader's clock, by
 * the way the reader is made; here, that the buffer knows of it. */
WZP_TEST(jitter_of_any_path_knows_what_was_stretched)
{
    unsigned stretched = 0;
    for (uint32_t seed = 0; seed < PATHS; seed += 7) {
        sim s;
        path p;
        run_path(seed, &s, &p);
        const wzp_jitter_stats stats = sim_stats(&s);
        assert_int_equal((int64_t)(stats.longer_ms - stats.shorter_ms) * 1000,
                         s.stretched);
        stretched += s.stretched != 0;
        sim_free(&s);
    }
    assert_true(stretched > 50);
}

WZP_TEST(jitter_of_any_silence_loses_nothing)
{
    unsigned silences = 0;
    for (uint32_t seed = 0; seed < PATHS; seed += 5) {
        sim s = sim_new(NULL);
        path p = random_path(seed);
        p.loss = 0;
        p.dup = 0;
        p.is_fifo = true;
        p.silent = 60;
        p.jitter_ms = p.jitter_ms > 100 ? 100 : p.jitter_ms;
        send(&s, &p);
        sim_run(&s, 18000000);
        const wzp_jitter_stats stats = sim_stats(&s);
        assert_int_equal(stats.lost + stats.late + stats.dropped, 0);
        assert_int_equal(stats.played, p.sent);
        silences += s.silences + s.empty;
        sim_free(&s);
    }
    assert_true(silences > 1000);
}

WZP_TEST(jitter_counts_what_never_came_apart_from_what_came_late)
{
    sim s = sim_new(NULL);
    for (uint32_t n = 0; n < 500; n++) {
        sim_send(&s, n,
                 n == 300   ? SIM_LOST
                 : n == 400 ? 200000 /* after its moment */
                            : 0);
    }
    sim_run(&s, 8100000);
    assert_int_equal(sim_stats(&s).never_came, 2);
    sim_run(&s, 9000000);
    const wzp_jitter_stats stats = sim_stats(&s);
    assert_int_equal(stats.never_came, 1);
    assert_int_equal(stats.late, 1);
    assert_int_equal(stats.lost, 2);
    assert_int_equal(stats.expected, 451);
    sim_free(&s);
}
