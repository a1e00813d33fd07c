/* SPDX-License-Identifier: MIT */
/* A listener's losses: windows, and chance told from clusters. */
#include "media/loss.h"

#include "support/harness.h"

typedef struct heard {
    wzp__loss l;
    wzp_tstamp now;
} heard;

static heard begin(void)
{
    return (heard){.now = WZP_S};
}

static void note(heard *h, uint32_t expected, uint16_t lost)
{
    const wzp_receiver_report r = {.expected = expected,
                                   .lost = lost,
                                   .loss_after_permille =
                                       (uint16_t)(lost * 500 / 50)};
    h->now += WZP_S;
    wzp__loss_note(&h->l, h->now, &r);
}

static wzp__loss_view get(const heard *h)
{
    return wzp__loss_get(&h->l, h->now);
}

WZP_TEST(loss_is_that_of_five_seconds)
{
    heard h = begin();
    for (int i = 0; i < 5; i++) {
        note(&h, 50, 10);
    }
    assert_int_equal(get(&h).permille, 200);
    assert_int_equal(get(&h).after_permille, 100);
    for (int i = 0; i < 5; i++) {
        note(&h, 50, 0);
    }
    assert_int_equal(get(&h).permille, 0); /* not that of the whole call */
}

WZP_TEST(loss_of_the_last_report_is_told_where_it_is_more_than_one_packet)
{
    heard h = begin();
    note(&h, 50, 0);
    note(&h, 50, 1);
    assert_int_equal(get(&h).newest_permille, 0);
    note(&h, 50, 5);
    assert_int_equal(get(&h).newest_permille, 100);
}

WZP_TEST(loss_by_chance_is_no_cluster)
{
    static const uint16_t chance[] = {4, 6, 5, 3, 7, 5, 4, 8, 5, 6};
    heard h = begin();
    for (size_t i = 0; i < 10; i++) {
        note(&h, 50, chance[i]);
        assert_int_equal(get(&h).cluster, 0);
    }
}

WZP_TEST(loss_of_many_at_once_is_a_cluster_of_so_many)
{
    heard h = begin();
    for (int i = 0; i < 5; i++) {
        note(&h, 50, 0);
    }
    note(&h, 50, 10);
    assert_int_equal(get(&h).cluster, 10);
    for (int i = 0; i < 10; i++) {
        note(&h, 50, 0);
    }
    assert_int_equal(get(&h).cluster, 0); /* long ago */
}

WZP_TEST(loss_says_nothing_where_nothing_was_sent_or_heard_lately)
{
    heard h = begin();
    note(&h, 50, 25);
    for (int i = 0; i < 4; i++) {
        note(&h, 0, 0); /* silence does not thin it out */
    }
    assert_int_equal(get(&h).permille, 500);
    h.now += 10 * WZP_S;
    assert_int_equal(get(&h).permille, 0);
}

WZP_TEST(loss_is_never_more_than_all_whatever_a_listener_says)
{
    heard h = begin();
    for (int i = 0; i < 2; i++) { /* together 2^32 + 2 */
        const wzp_receiver_report r = {.expected = 0x80000001u,
                                       .lost = UINT16_MAX,
                                       .loss_after_permille = UINT16_MAX};
        wzp__loss_note(&h.l, h.now, &r);
    }
    assert_int_equal(get(&h).permille, 1000);
    assert_int_equal(get(&h).newest_permille, 1000);
    assert_int_equal(get(&h).after_permille, 1000);
}
