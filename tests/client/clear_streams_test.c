/* SPDX-License-Identifier: MIT */
/* Telling talkers of a legacy room apart by their clocks. */
#include "call/clear_streams.h"

#include "client/fakes.h"

#define START (1000 * WZP_S)

/* A talker whose time stamps began `since` ms after START. */
typedef struct talker {
    uint32_t since_ms;
    uint16_t seq;
    uint32_t timestamp;
} talker;

static int say_at(wzp__clear_streams *s, talker *t, wzp_tstamp now,
                  bool *is_new)
{
    const uint16_t seq = t->seq++;
    const uint32_t ts = t->timestamp;
    t->timestamp += 20;
    return wzp__clear_streams_pick(s, now, seq, ts, is_new);
}

/* Its next packet, so many ms late. */
static int say(wzp__clear_streams *s, talker *t, unsigned late_ms, bool *is_new)
{
    const wzp_tstamp at = START + (t->since_ms + t->timestamp) * WZP_MS;
    return say_at(s, t, at + late_ms * WZP_MS, is_new);
}

WZP_TEST(streams_one_talker_is_one_stream_with_jitter_and_loss)
{
    wzp__clear_streams s = {0};
    talker t = {0};
    bool is_new;
    assert_int_equal(say(&s, &t, 0, &is_new), 0);
    assert_true(is_new);
    for (unsigned i = 0; i < 500; i++) {
        if (i % 7 == 3) {
            t.seq += 2; /* lost */
            t.timestamp += 40;
        }
        assert_int_equal(say(&s, &t, i * 37 % 200, &is_new), 0);
        assert_false(is_new);
    }
}

WZP_TEST(streams_a_stall_and_its_burst_stay_one_stream)
{
    wzp__clear_streams s = {0};
    talker t = {0};
    bool is_new;
    for (int i = 0; i < 50; i++) {
        say(&s, &t, 0, &is_new);
    }
    const wzp_tstamp burst = START + (t.timestamp + 900) * WZP_MS;
    for (int i = 0; i < 45; i++) { /* all that was held, at once */
        assert_int_equal(say_at(&s, &t, burst, &is_new), 0);
        assert_false(is_new);
    }
    assert_int_equal(say(&s, &t, 0, &is_new), 0);
}

WZP_TEST(streams_of_talkers_who_came_at_other_times_are_apart)
{
    wzp__clear_streams s = {0};
    talker t[3] = {{.since_ms = 0}, {.since_ms = 600}, {.since_ms = 5000}};
    bool is_new;
    for (unsigned ms = 0; ms < 20000; ms += 20) {
        for (int i = 0; i < 3; i++) {
            if (ms >= t[i].since_ms) {
                assert_int_equal(say(&s, &t[i], ms % 60, &is_new), i);
            }
        }
    }
}

WZP_TEST(streams_beyond_the_last_place_are_refused_until_one_is_silent)
{
    wzp__clear_streams s = {0};
    talker t[WZP__CLEAR_STREAMS];
    bool is_new;
    for (uint32_t i = 0; i < WZP__CLEAR_STREAMS; i++) {
        t[i] = (talker){.since_ms = 1000 * i};
        assert_int_equal(say_at(&s, &t[i], START + 5 * WZP_S, &is_new), 0);
        s = (wzp__clear_streams){0}; /* each alone is the first */
    }
    for (uint32_t i = 0; i < WZP__CLEAR_STREAMS; i++) {
        t[i] = (talker){.timestamp = 10000 * i};
        assert_int_equal(say_at(&s, &t[i], START, &is_new), (int)i);
        assert_true(is_new);
    }
    talker more = {.timestamp = 99000};
    assert_int_equal(say_at(&s, &more, START + WZP_MS, &is_new), -1);
    say_at(&s, &t[0], START + 2 * WZP_S, &is_new); /* 0 speaks on */
    assert_int_equal(say_at(&s, &more, START + 3 * WZP_S, &is_new), 1);
    assert_true(is_new);
}

WZP_TEST(streams_live_through_the_wrap_of_both_clocks)
{
    wzp__clear_streams s = {0};
    talker t = {.seq = 0xFFF0, .timestamp = 0xFFFFFF00};
    bool is_new;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(
            say_at(&s, &t, START + (wzp_tstamp)i * 20 * WZP_MS, &is_new), 0);
        assert_int_equal(is_new, i == 0);
    }
}
