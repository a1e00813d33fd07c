/* SPDX-License-Identifier: MIT */
#include "quic/stats.h"

#include "support/harness.h"

#define START (5 * WZP_S)

static wzp__stats make(void)
{
    wzp__stats s;
    wzp__stats_init(&s, START);
    return s;
}

WZP_TEST(stats_without_packets_are_zero)
{
    const wzp__stats s = make();
    const wzp__stats_view v = wzp__stats_get(&s, START);
    assert_int_equal(v.loss_permille, 0);
    assert_true(v.tx_rate_bps == 0 && v.rx_rate_bps == 0);
}

WZP_TEST(stats_rates_are_those_of_the_last_second)
{
    wzp__stats s = make();
    for (int i = 0; i < 500; i++) { /* 50 packets/s of 100 bytes */
        wzp__stats_sent(&s, START + (wzp_tstamp)i * 20 * WZP_MS, 100, true);
        wzp__stats_received(&s, START + (wzp_tstamp)i * 20 * WZP_MS, 50);
    }
    const wzp__stats_view v = wzp__stats_get(&s, START + 10 * WZP_S - 1);
    assert_in_range(v.tx_rate_bps, 38000, 42000);
    assert_in_range(v.rx_rate_bps, 19000, 21000);
}

/* loss in permille of a second of 50 packets, and the second after it */
typedef struct loss_row {
    int lost;
    uint32_t permille;
} loss_row;

static const loss_row LOSSES[] = {
    {0, 0}, {1, 20}, {5, 100}, {25, 500}, {50, 1000}, {60, 1000},
};

static size_t loss_rows(void)
{
    return sizeof LOSSES / sizeof *LOSSES;
}

static void shows_loss(size_t row)
{
    wzp__stats s = make();
    for (int i = 0; i < 50; i++) {
        const wzp_tstamp t = START + (wzp_tstamp)i * 20 * WZP_MS;
        wzp__stats_sent(&s, t, 100, true);
    }
    for (int i = 0; i < LOSSES[row].lost; i++) {
        wzp__stats_lost(&s, START + 500 * WZP_MS);
    }
    const wzp_tstamp second = START + WZP_S - 1;
    assert_int_equal(wzp__stats_get(&s, second).loss_permille,
                     LOSSES[row].permille);
    /* A second later it is forgotten. */
    assert_int_equal(wzp__stats_get(&s, second + WZP_S).loss_permille, 0);
}

WZP_ROWS(stats_show_the_loss_of_the_last_second, loss_rows, shows_loss);

WZP_TEST(stats_do_not_count_packets_that_cannot_be_lost)
{
    wzp__stats s = make();
    for (int i = 0; i < 10; i++) {
        wzp__stats_sent(&s, START, 100, i < 5);
    }
    wzp__stats_lost(&s, START);
    assert_int_equal(wzp__stats_get(&s, START).loss_permille, 200);
}

WZP_TEST(stats_survive_a_long_silence)
{
    wzp__stats s = make();
    wzp__stats_sent(&s, START, 100, true);
    wzp__stats_lost(&s, START);
    wzp__stats_sent(&s, START + 86400 * WZP_S, 100, true);
    const wzp__stats_view v = wzp__stats_get(&s, START + 86400 * WZP_S);
    assert_int_equal(v.loss_permille, 0);
    assert_in_range(v.tx_rate_bps, 700, 1000);
}
