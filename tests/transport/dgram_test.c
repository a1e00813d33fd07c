/* SPDX-License-Identifier: MIT */
#include "quic/dgram.h"

#include "support/harness.h"

typedef struct fixture {
    wzp_mem mem;
    wzp_pkt_pool *pool;
    wzp__dgram q;
} fixture;

static fixture make(size_t max)
{
    fixture f = {.mem = wzp_mem_default()};
    assert_int_equal(wzp_pkt_pool_new(&f.pool, &f.mem, 100), WZP_OK);
    wzp__dgram_init(&f.q, &f.mem, 200 * WZP_MS, max);
    return f;
}

static void end(fixture *f)
{
    wzp__dgram_deinit(&f->q);
    assert_int_equal(wzp_pkt_pool_free_count(f->pool), 100);
    wzp_pkt_pool_free(f->pool);
}

static void push(fixture *f, wzp_tstamp now, uint8_t mark)
{
    wzp_pkt *p = wzp_pkt_get(f->pool);
    assert_non_null(p);
    p->data[0] = mark;
    p->len = 1;
    assert_int_equal(wzp__dgram_push(&f->q, now, p), WZP_OK);
    wzp_pkt_unref(p);
}

static void expect(fixture *f, wzp_tstamp now, int mark)
{
    const wzp_pkt *p = wzp__dgram_front(&f->q, now);
    if (mark < 0) {
        assert_null(p);
        return;
    }
    assert_non_null(p);
    assert_int_equal(p->data[0], mark);
    wzp__dgram_pop(&f->q);
}

WZP_TEST(dgram_queue_gives_the_oldest_first)
{
    fixture f = make(64);
    for (uint8_t i = 0; i < 40; i++) {
        push(&f, 0, i);
    }
    for (int i = 0; i < 40; i++) {
        expect(&f, 1, i);
    }
    expect(&f, 1, -1);
    end(&f);
}

WZP_TEST(dgram_queue_drops_what_is_older_than_its_limit)
{
    fixture f = make(64);
    push(&f, 0, 1);
    push(&f, 100 * WZP_MS, 2);
    assert_true(wzp__dgram_deadline(&f.q) == 200 * WZP_MS + 1);
    expect(&f, 200 * WZP_MS + 1, 2);
    assert_int_equal(f.q.dropped_age, 1);
    assert_true(wzp__dgram_deadline(&f.q) == WZP_NEVER);
    end(&f);
}

WZP_TEST(dgram_queue_keeps_what_is_exactly_at_its_limit)
{
    fixture f = make(64);
    push(&f, 5, 1);
    expect(&f, 5 + 200 * WZP_MS, 1);
    assert_int_equal(f.q.dropped_age, 0);
    end(&f);
}

WZP_TEST(dgram_queue_drops_the_oldest_when_full)
{
    fixture f = make(3);
    for (uint8_t i = 0; i < 5; i++) {
        push(&f, 0, i);
    }
    assert_int_equal(f.q.dropped_full, 2);
    expect(&f, 0, 2);
    expect(&f, 0, 3);
    expect(&f, 0, 4);
    expect(&f, 0, -1);
    end(&f);
}

WZP_TEST(dgram_queue_wraps_around_while_it_grows)
{
    fixture f = make(64);
    uint8_t in = 0;
    int out = 0;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 5; i++) {
            push(&f, 0, in++);
        }
        for (int i = 0; i < 3; i++) {
            expect(&f, 0, out++);
        }
    }
    while (f.q.count > 0) {
        expect(&f, 0, out++);
    }
    assert_int_equal(out, 100);
    end(&f);
}

WZP_TEST(dgram_queue_keeps_the_newest_eight_while_packets_are_scarce)
{
    fixture f = make(64);
    wzp_pkt *elsewhere[60];
    for (uint8_t i = 0; i < 20; i++) {
        push(&f, 0, i);
    }
    for (size_t i = 0; i < 60; i++) {
        elsewhere[i] = wzp_pkt_get(f.pool);
    }
    push(&f, 0, 20);
    assert_int_equal(f.q.count, WZP__DGRAM_SCARCE);
    assert_int_equal(f.q.dropped_full, 13);
    for (size_t i = 0; i < 60; i++) {
        wzp_pkt_unref(elsewhere[i]);
    }
    for (uint8_t i = 21; i < 40; i++) { /* plenty again */
        push(&f, 0, i);
    }
    for (int i = 13; i < 40; i++) {
        expect(&f, 0, i);
    }
    end(&f);
}
