/* SPDX-License-Identifier: MIT */
/* Packets waiting for their key: bounded in number and time, in order, and
 * every reference given back.
 */
#include "call/held.h"

#include "client/fakes.h"

typedef struct fixture {
    wzp_mem mem;
    wzp_pkt_pool *pool;
    wzp__held held;
    uint8_t seen[64]; /* first bytes, as `open` was asked */
    size_t n_seen;
    uint8_t opens; /* packets with a first byte below are done */
} fixture;

static void setup(fixture *f)
{
    *f = (fixture){.mem = wzp_mem_default(), .opens = 255};
    ASSERT_OK(wzp_pkt_pool_new(&f->pool, &f->mem, 64));
}

static void teardown(fixture *f)
{
    wzp__held_clear(&f->held);
    assert_int_equal(wzp_pkt_pool_free_count(f->pool), 64);
    wzp_pkt_pool_free(f->pool);
}

static void add(fixture *f, wzp_tstamp now, uint8_t name)
{
    wzp_pkt *pkt = wzp_pkt_get(f->pool);
    assert_non_null(pkt);
    pkt->data[0] = name;
    pkt->len = 1;
    wzp__held_add(&f->held, now, pkt);
    wzp_pkt_unref(pkt);
}

static bool open_one(void *user, wzp_tstamp now, const wzp_pkt *pkt)
{
    fixture *f = user;
    (void)now;
    f->seen[f->n_seen++] = pkt->data[0];
    return pkt->data[0] < f->opens;
}

static void retry(fixture *f, wzp_tstamp now)
{
    f->n_seen = 0;
    wzp__held_retry(&f->held, now, open_one, f);
}

WZP_TEST(held_packets_are_tried_oldest_first_and_given_back)
{
    fixture f;
    setup(&f);
    for (uint8_t i = 0; i < 5; i++) {
        add(&f, i * WZP_MS, i);
    }

    retry(&f, 10 * WZP_MS);

    const uint8_t want[] = {0, 1, 2, 3, 4};
    assert_int_equal(f.n_seen, 5);
    assert_memory_equal(f.seen, want, 5);
    assert_int_equal(f.held.n, 0);
    assert_int_equal(wzp_pkt_pool_free_count(f.pool), 64);
    teardown(&f);
}

WZP_TEST(held_packets_that_do_not_open_stay_in_order)
{
    fixture f;
    setup(&f);
    const uint8_t names[] = {9, 1, 8, 2, 7};
    for (size_t i = 0; i < 5; i++) {
        add(&f, 0, names[i]);
    }
    f.opens = 5;

    retry(&f, WZP_MS);
    assert_int_equal(f.held.n, 3);
    retry(&f, 2 * WZP_MS);

    const uint8_t want[] = {9, 8, 7};
    assert_int_equal(f.n_seen, 3);
    assert_memory_equal(f.seen, want, 3);
    teardown(&f);
}

WZP_TEST(held_packet_lives_for_300_ms_and_no_longer)
{
    fixture f;
    setup(&f);
    f.opens = 0;
    add(&f, 1000 * WZP_MS, 1);
    add(&f, 1001 * WZP_MS, 2);

    retry(&f, 1300 * WZP_MS);
    assert_int_equal(f.n_seen, 2);
    retry(&f, 1300 * WZP_MS + 1);

    assert_int_equal(f.n_seen, 1); /* the first was not even tried */
    assert_int_equal(f.seen[0], 2);
    assert_int_equal(f.held.n, 1);
    teardown(&f);
}

WZP_TEST(held_33rd_packet_takes_the_place_of_the_oldest)
{
    fixture f;
    setup(&f);
    f.opens = 0;

    for (uint8_t i = 0; i < WZP__HELD_MAX + 3; i++) {
        add(&f, 0, i);
    }
    retry(&f, 0);

    assert_int_equal(f.n_seen, WZP__HELD_MAX);
    assert_int_equal(f.seen[0], 3);
    assert_int_equal(f.seen[WZP__HELD_MAX - 1], WZP__HELD_MAX + 2);
    assert_int_equal(wzp_pkt_pool_free_count(f.pool), 64 - WZP__HELD_MAX);
    teardown(&f);
}

WZP_TEST(held_clear_gives_everything_back)
{
    fixture f;
    setup(&f);
    add(&f, 0, 1);
    add(&f, 0, 2);

    wzp__held_clear(&f.held);

    assert_int_equal(f.held.n, 0);
    assert_int_equal(wzp_pkt_pool_free_count(f.pool), 64);
    teardown(&f);
}
