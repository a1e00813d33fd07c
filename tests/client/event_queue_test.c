/* SPDX-License-Identifier: MIT */
/* The queue of events: order, bounds, what makes room for what, and the
 * counter of what was dropped.
 */
#include "call/event_queue.h"

#include "client/fakes.h"

enum { CAP = 8 };

static wzp__event_queue queue(void)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__event_queue q;
    ASSERT_OK(wzp__event_queue_init(&q, &mem, CAP));
    return q;
}

static void push(wzp__event_queue *q, wzp_client_event_kind kind, wzp_tstamp at)
{
    wzp_client_event ev = {.kind = kind, .at = at};
    wzp__event_queue_push(q, &ev);
}

/* Next event is of this kind and time. */
static void expect(wzp__event_queue *q, wzp_client_event_kind kind,
                   wzp_tstamp at)
{
    wzp_client_event ev;
    assert_true(wzp__event_queue_pop(q, &ev));
    assert_int_equal(ev.kind, kind);
    assert_int_equal(ev.at, at);
}

static void expect_end(wzp__event_queue *q)
{
    wzp_client_event ev;
    assert_false(wzp__event_queue_pop(q, &ev));
    wzp__event_queue_deinit(q);
}

WZP_TEST(event_queue_keeps_the_order_and_sets_the_size)
{
    wzp__event_queue q = queue();
    push(&q, WZP_EVENT_STATE, 1);
    push(&q, WZP_EVENT_MEMBER, 2);

    wzp_client_event ev;
    assert_true(wzp__event_queue_pop(&q, &ev));

    assert_int_equal(ev.size, sizeof ev);
    assert_int_equal(ev.kind, WZP_EVENT_STATE);
    expect(&q, WZP_EVENT_MEMBER, 2);
    assert_int_equal(q.dropped, 0);
    expect_end(&q);
}

WZP_TEST(event_queue_holds_one_statistics_event_the_newest)
{
    wzp__event_queue q = queue();
    push(&q, WZP_EVENT_STATS, 1);
    push(&q, WZP_EVENT_STATE, 2);
    push(&q, WZP_EVENT_STATS, 3);
    push(&q, WZP_EVENT_STATS, 4);

    expect(&q, WZP_EVENT_STATE, 2);
    expect(&q, WZP_EVENT_STATS, 4);
    assert_int_equal(q.dropped, 0); /* nothing a host would miss */
    expect_end(&q);
}

WZP_TEST(event_queue_holds_one_event_of_each_members_state_the_newest)
{
    wzp__event_queue q = queue();
    for (uint32_t i = 0; i < 10; i++) {
        wzp_client_event ev = {.kind = WZP_EVENT_PEER, .at = i};
        ev.u.peer.member = i % 2;
        wzp__event_queue_push(&q, &ev);
    }

    expect(&q, WZP_EVENT_PEER, 8);
    expect(&q, WZP_EVENT_PEER, 9);
    assert_int_equal(q.dropped, 0);
    expect_end(&q);
}

/* Each of these says all that the ones before it did. */
static const wzp_client_event_kind wholes[] = {
    WZP_EVENT_STATS, WZP_EVENT_TALKERS, WZP_EVENT_QUALITY};

static size_t wholes_count(void)
{
    return sizeof wholes / sizeof wholes[0];
}

static void whole_row(size_t row)
{
    wzp__event_queue q = queue();
    push(&q, wholes[row], 1);
    push(&q, WZP_EVENT_MEMBER, 2); /* says what no other does */
    push(&q, wholes[row], 3);
    push(&q, WZP_EVENT_MEMBER, 4);
    push(&q, wholes[row], 5);

    expect(&q, WZP_EVENT_MEMBER, 2);
    expect(&q, WZP_EVENT_MEMBER, 4);
    expect(&q, wholes[row], 5);
    assert_int_equal(q.dropped, 0);
    expect_end(&q);
}
WZP_ROWS(event_queue_holds_the_newest_of_these_only, wholes_count, whole_row);

WZP_TEST(event_queue_that_is_full_drops_statistics_first)
{
    wzp__event_queue q = queue();
    push(&q, WZP_EVENT_MEMBER, 1);
    push(&q, WZP_EVENT_STATS, 2);
    for (wzp_tstamp t = 3; t <= CAP + 1; t++) {
        push(&q, WZP_EVENT_MEMBER, t);
    }

    expect(&q, WZP_EVENT_MEMBER, 1);
    expect(&q, WZP_EVENT_MEMBER, 3);
    assert_int_equal(q.dropped, 1);
    wzp__event_queue_deinit(&q);
}

WZP_TEST(event_queue_that_is_full_drops_the_oldest_member_and_counts)
{
    wzp__event_queue q = queue();
    push(&q, WZP_EVENT_STATE, 0);
    for (wzp_tstamp t = 1; t <= CAP + 4; t++) {
        push(&q, WZP_EVENT_MEMBER, t);
    }

    assert_int_equal(q.count, CAP);
    assert_int_equal(q.dropped, 5);
    expect(&q, WZP_EVENT_STATE, 0);
    expect(&q, WZP_EVENT_MEMBER, 6);
    wzp__event_queue_deinit(&q);
}

/* What a full queue of one kind does with a newcomer of another. */
static const struct {
    wzp_client_event_kind full, newcomer;
    bool is_kept; /* the newcomer; else it is the one dropped */
} rows[] = {
    {WZP_EVENT_MEMBER, WZP_EVENT_STATE, true},
    {WZP_EVENT_MEMBER, WZP_EVENT_PIN, true},
    {WZP_EVENT_MEMBER, WZP_EVENT_ENDED, true},
    {WZP_EVENT_MEMBER, WZP_EVENT_WORDS, true},
    {WZP_EVENT_MEMBER, WZP_EVENT_STATS, false},
    {WZP_EVENT_STATE, WZP_EVENT_STATE, true},
    {WZP_EVENT_STATE, WZP_EVENT_ENDED, true},
    {WZP_EVENT_STATE, WZP_EVENT_PIN, true},
    {WZP_EVENT_STATE, WZP_EVENT_MEMBER, false},
    {WZP_EVENT_STATE, WZP_EVENT_STATS, false},
    {WZP_EVENT_STATE, WZP_EVENT_WORDS, false},
    {WZP_EVENT_STATE, WZP_EVENT_CLEAR, true},
    {WZP_EVENT_STATE, WZP_EVENT_LINE, true},
    {WZP_EVENT_LINE, WZP_EVENT_STATE, true},
    {WZP_EVENT_LINE, WZP_EVENT_MEMBER, false},
    {WZP_EVENT_CLEAR, WZP_EVENT_STATE, false},
    {WZP_EVENT_STATE, WZP_EVENT_CONTACT, true},
    {WZP_EVENT_CONTACT, WZP_EVENT_STATE, false},
    {WZP_EVENT_STATE, WZP_EVENT_CALL, true},
    {WZP_EVENT_CALL, WZP_EVENT_STATE, false},
    {WZP_EVENT_CALL, WZP_EVENT_CALL, true},
    {WZP_EVENT_PIN, WZP_EVENT_ENDED, true},
    {WZP_EVENT_PIN, WZP_EVENT_MEMBER, false},
    {WZP_EVENT_PIN, WZP_EVENT_INPUT_ENDED, false},
    {WZP_EVENT_ENDED, WZP_EVENT_ENDED, true},
    {WZP_EVENT_ENDED, WZP_EVENT_MEMBER, false},
    {WZP_EVENT_ENDED, WZP_EVENT_STATS, false},
};

static size_t rows_count(void)
{
    return sizeof rows / sizeof rows[0];
}

static void full_row(size_t row)
{
    wzp__event_queue q = queue();
    for (wzp_tstamp t = 0; t < CAP; t++) {
        push(&q, rows[row].full, t);
    }

    push(&q, rows[row].newcomer, 100);

    assert_int_equal(q.count, CAP);
    assert_int_equal(q.dropped, 1);
    wzp_client_event last = {0};
    while (wzp__event_queue_pop(&q, &last)) {
    }
    assert_int_equal(last.at, rows[row].is_kept ? 100 : CAP - 1);
    wzp__event_queue_deinit(&q);
}
WZP_ROWS(event_queue_drops_what_matters_least, rows_count, full_row);

WZP_TEST(event_queue_keeps_the_end_of_a_call_through_a_flood)
{
    wzp__event_queue q = queue();
    push(&q, WZP_EVENT_ENDED, 1);
    push(&q, WZP_EVENT_PIN, 2);
    for (wzp_tstamp t = 10; t < 1000; t++) {
        push(&q, WZP_EVENT_MEMBER, t);
        push(&q, WZP_EVENT_STATS, t);
        push(&q, WZP_EVENT_STATE, t);
    }

    expect(&q, WZP_EVENT_ENDED, 1);
    expect(&q, WZP_EVENT_PIN, 2);
    for (wzp_tstamp t = 994; t < 1000; t++) {
        expect(&q, WZP_EVENT_STATE, t); /* the newest ones */
    }
    expect_end(&q);
}

WZP_TEST(event_queue_without_memory_says_so)
{
    fake_mem m = {.fail_at = 1};
    const wzp_mem mem = fake_mem_table(&m);
    wzp__event_queue q;

    assert_int_equal(wzp__event_queue_init(&q, &mem, CAP), WZP_ERR_NOMEM);

    wzp__event_queue_deinit(&q);
    assert_int_equal(m.held, 0);
}
