/* SPDX-License-Identifier: MIT */
/* What the jitter buffer gives out over time, and with which delay: how little
 * it holds on a clean path, how it follows clocks that drift and paths that
 * change, and comes back after spikes.
 */
#include "jitter_sim.h"

static int64_t mean_ms10(const sim *s)
{
    return s->sum_delay / s->sum_n / 100;
}

/* --- a clean path --- */

/* Mean delay after the first 3 s, in 0.1 ms, over all phases of the reader. */
static int64_t clean_delay(uint8_t frame_ms, int64_t *greatest)
{
    int64_t sum = 0;
    *greatest = 0;
    for (int64_t phase = 0; phase < SIM_TICK; phase += 1000) {
        sim s = sim_new(NULL);
        s.phase = phase;
        for (uint32_t n = 0; n < 1000; n++) {
            sim_add(&s, (sim_packet){.at = (int64_t)n * frame_ms * 1000,
                                     .n = n,
                                     .ts_ms = n * frame_ms,
                                     .frame_ms = frame_ms});
        }
        sim_run(&s, 3000000);
        sim_forget(&s);
        sim_run(&s, 9000000);
        sum += mean_ms10(&s);
        *greatest = s.greatest > *greatest ? s.greatest : *greatest;
        assert_int_equal(s.holes + s.empty + s.expands, 0);
        assert_int_equal(sim_stats(&s).dropped, 0);
        sim_free(&s);
    }
    return sum / 10;
}

static const uint8_t LENGTHS[] = {10, 20, 40, 60};

static size_t count_lengths(void)
{
    return sizeof LENGTHS;
}

static void run_clean(size_t row)
{
    int64_t greatest;
    const int64_t mean = clean_delay(LENGTHS[row], &greatest);
    assert_in_range(mean, 0, 95); /* 9.5 ms, the wait for the tick included */
    assert_in_range(greatest, 0, 16000);
}
WZP_ROWS(jitter_holds_less_than_ten_ms_on_a_clean_path, count_lengths,
         run_clean);

WZP_TEST(jitter_holds_a_tick_more_for_a_reader_that_does_not_tell_its_ticks)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_jitter *jb;
    assert_int_equal(wzp_jitter_new(&jb, &mem, NULL), WZP_OK);
    for (uint16_t n = 0; n < 200; n++) {
        const wzp_jitter_in in = {
            .seq = n, .timestamp = n * 20u, .frame_ms = 20};
        assert_int_equal(wzp_jitter_insert(jb, sim_time(n * 20000), &in),
                         WZP_OK);
        wzp_jitter_out out;
        wzp_jitter_next(jb, sim_time(n * 20000), 10, &out);
    }
    wzp_jitter_stats stats = {.size = sizeof stats};
    wzp_jitter_stats_get(jb, &stats);
    assert_int_equal(stats.target_ms, 10);
    wzp_jitter_set_tick(jb, sim_time(199 * 20000));
    wzp_jitter_stats_get(jb, &stats);
    assert_int_equal(stats.target_ms, 0);
    wzp_jitter_free(jb);
}

/* --- clocks --- */

enum { MINUTES = 30 };

static sim skewed(int ppm, bool is_stiff)
{
    sim s = sim_new(NULL);
    uint32_t random = 11;
    s.is_stiff = is_stiff;
    s.phase = 3000;
    for (uint32_t n = 0; n < MINUTES * 60 * 50; n++) {
        const int64_t drift = -(int64_t)n * 20000 * ppm / 1000000;
        sim_send(&s, n, 1000000 + drift + sim_random(&random) % 3000);
    }
    sim_run(&s, MINUTES * INT64_C(60000000));
    return s;
}

static const int SKEWS[] = {500, -500};

static size_t count_skews(void)
{
    return 2;
}

static void run_skew(size_t row)
{
    sim s = skewed(SKEWS[row], false);
    const wzp_jitter_stats stats = sim_stats(&s);
    assert_true(s.frames > MINUTES * 60 * 50 - 100);
    assert_int_equal(s.holes + s.empty + s.expands, 0);
    assert_int_equal(stats.lost + stats.late + stats.dropped, 0);
    assert_int_equal(stats.underruns, 0);
    assert_true(stats.delay_ms <= 30);
    assert_in_range(stats.skew_ppm + 1000, SKEWS[row] + 1000 - 25,
                    SKEWS[row] + 1000 + 25);
    /* 900 ms in 30 minutes. */
    const uint64_t net = SKEWS[row] > 0 ? stats.shorter_ms - stats.longer_ms
                                        : stats.longer_ms - stats.shorter_ms;
    assert_in_range(net, 850, 950);
    sim_free(&s);
    /* The control: who does not stretch pays for it. */
    s = skewed(SKEWS[row], true);
    assert_true(s.empty + s.holes + sim_stats(&s).dropped > 20);
    sim_free(&s);
}
WZP_ROWS(jitter_follows_clocks_500_ppm_apart_for_half_an_hour_without_loss,
         count_skews, run_skew);

/* Five hours without a word, the clocks 200 ppm apart: 3.6 s. */
WZP_TEST(jitter_knows_its_stream_after_hours_of_silence)
{
    enum { HOURS_US = 5 * 3600 };
    for (int side = -1; side <= 1; side += 2) {
        sim s = sim_new(NULL);
        const uint32_t pause_ms = HOURS_US * 1000u;
        const int64_t drift = side * INT64_C(3600000);
        for (uint32_t n = 0; n < 400; n++) {
            const uint32_t ts = n * 20 + (n < 200 ? 0 : pause_ms);
            sim_add(&s, (sim_packet){.at = 5000000 + ts * INT64_C(1000) +
                                           (n < 200 ? 0 : drift),
                                     .n = n,
                                     .ts_ms = ts,
                                     .frame_ms = 20});
        }
        sim_run(&s, HOURS_US * INT64_C(1000000) + 20000000);
        const wzp_jitter_stats stats = sim_stats(&s);
        assert_int_equal(stats.restarts + stats.lost + stats.late, 0);
        assert_int_equal(stats.played, 400);
        assert_in_range(stats.delay_ms, 0, 15);
        sim_free(&s);
    }
}

/* --- spikes --- */

typedef struct spikes {
    int64_t length_ms[3]; /* 0: none */
    int64_t apart_ms;
    int jitter_ms; /* beside them */
} spikes;

static const spikes SPIKES[] = {
    {{100, 0, 0}, 0, 0},        {{300, 0, 0}, 0, 2},
    {{800, 0, 0}, 0, 0},        {{200, 200, 0}, 1500, 2},
    {{400, 300, 350}, 2000, 0}, {{150, 150, 150}, 700, 10},
};

static size_t count_spikes(void)
{
    return sizeof SPIKES / sizeof SPIKES[0];
}

/* Packets of 20 s, with the spikes from 8 s on, none overtaking another;
 * returns when the last one ended. */
static int64_t send_spikes(sim *s, const spikes *k)
{
    uint32_t random = 5;
    int64_t end = 0, last = 0;
    for (uint32_t n = 0; n < 1000; n++) {
        int64_t at = (int64_t)n * 20000;
        if (k->jitter_ms != 0) {
            at += sim_random(&random) % (uint32_t)(k->jitter_ms * 1000);
        }
        for (int i = 0; i < 3; i++) {
            const int64_t from = 8000000 + i * k->apart_ms * 1000;
            const int64_t to = from + k->length_ms[i] * 1000;
            if (at >= from && at < to) {
                at = to;
                end = to;
            }
        }
        at = at <= last ? last + 100 : at;
        last = at;
        sim_send(s, n, at - (int64_t)n * 20000);
    }
    return end;
}

static void run_spikes(size_t row)
{
    sim s = sim_new(NULL);
    s.phase = 3000;
    const int64_t end = send_spikes(&s, &SPIKES[row]);
    sim_run(&s, 6000000);
    sim_forget(&s);
    sim_run(&s, 7900000);
    const int64_t floor = s.sum_delay / s.sum_n;
    sim_forget(&s);
    sim_run(&s, end + 500000);
    assert_true(s.greatest > floor + 50000); /* it did grow */
    sim_run(&s, end + 5000000);
    sim_forget(&s);
    sim_run(&s, end + 6000000);
    /* A fifth above, and what the shortest period is above that. */
    assert_in_range(s.sum_delay / s.sum_n, 0, floor * 12 / 10 + 2500);
    sim_free(&s);
}
WZP_ROWS(jitter_is_back_at_its_floor_five_seconds_after_a_spike, count_spikes,
         run_spikes);

WZP_TEST(jitter_on_a_mobile_path_holds_above_a_spike_for_longer)
{
    wzp_jitter_config cfg;
    wzp_jitter_config_default(&cfg);
    int64_t after[2];
    for (int is_mobile = 0; is_mobile < 2; is_mobile++) {
        cfg.is_mobile = is_mobile == 1;
        sim s = sim_new(&cfg);
        const int64_t end = send_spikes(&s, &SPIKES[1]);
        sim_run(&s, end + 5000000);
        after[is_mobile] = s.delay;
        sim_free(&s);
    }
    assert_true(after[0] < 20000);
    assert_true(after[1] > 250000);
}

WZP_TEST(jitter_drops_nothing_below_its_longest_delay_and_is_soon_below_it)
{
    const spikes short_one = {{350, 0, 0}, 0, 0},
                 long_one = {{800, 0, 0}, 0, 0};
    sim s = sim_new(NULL);
    sim_run(&s, send_spikes(&s, &short_one) + 1000000);
    assert_int_equal(sim_stats(&s).dropped, 0);
    sim_free(&s);
    s = sim_new(NULL);
    const int64_t end = send_spikes(&s, &long_one);
    sim_run(&s, end + 100000);
    assert_in_range(sim_stats(&s).dropped, 15, 20);
    assert_true(s.delay < 450000);
    sim_free(&s);
}

WZP_TEST(jitter_drops_a_frame_now_and_then_where_nobody_stretches)
{
    const spikes k = {{300, 0, 0}, 0, 0};
    sim s = sim_new(NULL);
    s.is_stiff = true;
    const int64_t end = send_spikes(&s, &k);
    sim_run(&s, end + 2000000);
    assert_in_range(sim_stats(&s).dropped, 4, 6);
    assert_int_equal(sim_stats(&s).shorter_ms, 0);
    sim_free(&s);
}

/* --- paths with jitter and loss, and paths that change --- */

WZP_TEST(jitter_at_ten_per_cent_loss_conceals_what_was_lost_and_no_more)
{
    sim s = sim_new(NULL);
    uint32_t random = 7;
    unsigned lost = 0;
    for (uint32_t n = 0; n < 10000; n++) {
        const bool is_lost = n > 0 && sim_random(&random) % 100 < 10;
        sim_send(&s, n,
                 is_lost ? SIM_LOST : sim_random(&random) % 41 * INT64_C(1000));
        lost += is_lost;
    }
    sim_run(&s, 199000000);
    /* What is played from nothing, in packets: not much more than was lost. */
    const unsigned concealed = s.holes + s.expands + s.empty / 2;
    assert_in_range(concealed, lost * 85 / 100, lost * 105 / 100);
    sim_run(&s, 201000000);
    const wzp_jitter_stats stats = sim_stats(&s);
    assert_in_range(stats.never_came, lost - 1, lost); /* the last may be */
    assert_true(stats.late < 20);
    assert_in_range(stats.target_ms, 40, 52);
    sim_free(&s);
}

/* 40 s, of which the second half takes a way longer by so much. */
static sim half_way(int64_t longer)
{
    sim s = sim_new(NULL);
    uint32_t random = 7;
    for (uint32_t n = 0; n < 2000; n++) {
        sim_send(&s, n,
                 300000 + (n < 1000 ? 0 : longer) +
                     sim_random(&random) % 21 * INT64_C(1000));
    }
    return s;
}

WZP_TEST(jitter_follows_a_path_that_becomes_slower)
{
    sim s = half_way(200000);
    sim_run(&s, 39000000);
    const wzp_jitter_stats stats = sim_stats(&s);
    assert_int_equal(stats.lost + stats.late + stats.dropped, 0);
    assert_in_range(s.empty, 10, 25); /* 200 ms once */
    assert_in_range(s.delay, 520000, 540000);
    sim_free(&s);
}

WZP_TEST(jitter_follows_a_path_that_becomes_faster)
{
    sim s = half_way(-200000);
    sim_run(&s, 19000000);
    assert_in_range(s.delay, 320000, 340000);
    sim_run(&s, 24000000);
    const wzp_jitter_stats stats = sim_stats(&s);
    assert_int_equal(stats.lost + stats.dropped + s.empty, 0);
    assert_in_range(s.delay, 120000, 140000);
    sim_free(&s);
}

WZP_TEST(jitter_learns_the_stalls_of_a_path)
{
    sim s = sim_new(NULL);
    for (uint32_t n = 0; n < 3000; n++) {
        /* Every two seconds nothing comes for 150 ms, then all at once. */
        const unsigned phase = n % 100;
        sim_send(&s, n, phase < 8 ? 20000 * (int64_t)(8 - phase) : 0);
    }
    sim_run(&s, 10000000);
    const unsigned empty = s.empty;
    sim_run(&s, 59000000);
    assert_int_equal(s.empty, empty);
    assert_int_equal(s.holes, 0);
    assert_in_range(sim_stats(&s).target_ms, 160, 172);
    sim_free(&s);
}

WZP_TEST(jitter_stretches_ahead_of_a_queue_that_fills)
{
    sim s = sim_new(NULL);
    for (uint32_t n = 0; n < 500; n++) {
        sim_send(&s, n, n < 200 ? 0 : (n - 200) * 1000); /* 50 ms/s */
    }
    sim_run(&s, 4000000);
    sim_run(&s, 10000000);
    const wzp_jitter_stats stats = sim_stats(&s);
    /* The first steps come before anything is known. */
    assert_in_range(s.empty, 0, 3);
    assert_in_range(stats.longer_ms, 200, 350);
    assert_in_range(stats.gradient_us_s, 45000, 52000);
    sim_free(&s);
}
