/* SPDX-License-Identifier: MIT */
/* The table of voices: who gets a receiver, who is mixed, who makes room, and
 * that nothing counted is lost when one goes.
 */
#include "call/voices.h"

#include "client/voice.h"

enum { TICK = WZP_AUDIO_TICK_SAMPLES, MAX = 3 };

typedef struct fixture {
    fake_mem m;
    wzp__voices vs;
    wzp_tstamp now;
    int16_t out[TICK];
} fixture;

static void setup(fixture *f)
{
    memset(f, 0, sizeof *f);
    f->now = 100 * WZP_S;
    const wzp__receiver_config cfg = {.mem = fake_mem_table(&f->m),
                                      .playout_min_ms = 20,
                                      .playout_max_ms = 500};
    ASSERT_OK(wzp__voices_init(&f->vs, &cfg, MAX));
}

static void teardown(fixture *f)
{
    wzp__voices_deinit(&f->vs);
    assert_int_equal(f->m.held, 0);
}

static void hear(fixture *f, uint32_t member, size_t i)
{
    const voice *v = voice_get(WZP_REDUNDANCY_NONE);
    const wzp_media_hdr hdr = voice_hdr((uint16_t)i, 20 * (uint32_t)i);
    wzp__voices_insert(&f->vs, f->now, member, &hdr, WZP_FORM_FRAME, v->data[i],
                       v->len[i]);
}

static void mix(fixture *f)
{
    wzp__voices_mix(&f->vs, f->now, f->out);
    f->now += 10 * WZP_MS;
}

/* These members speak frames from … to − 1; returns the loudest tick. */
static double speak(fixture *f, const uint32_t *members, size_t n, size_t from,
                    size_t to)
{
    double loudest = 0;
    for (size_t i = from; i < to; i++) {
        for (size_t m = 0; m < n; m++) {
            hear(f, members[m], i);
        }
        for (int k = 0; k < 2; k++) {
            mix(f);
            const double rms = speech_rms(f->out, TICK);
            loudest = rms > loudest ? rms : loudest;
        }
    }
    return loudest;
}

static wzp__receiver_stats stats(const fixture *f)
{
    wzp__receiver_stats out;
    wzp__voices_stats_get(&f->vs, &out);
    return out;
}

static size_t taken(const fixture *f)
{
    size_t n = 0;
    for (size_t i = 0; i < MAX; i++) {
        n += f->vs.v[i].receiver != NULL;
    }
    return n;
}

WZP_TEST(voices_of_nobody_are_silence)
{
    fixture f;
    setup(&f);
    memset(f.out, 0x55, sizeof f.out);

    mix(&f);

    assert_true(speech_rms(f.out, TICK) == 0.0);
    teardown(&f);
}

WZP_TEST(voices_get_one_receiver_each)
{
    fixture f;
    setup(&f);
    const uint32_t members[] = {7, 0};

    speak(&f, members, 2, 0, 50);

    assert_int_equal(taken(&f), 2);
    assert_int_equal(stats(&f).packets_received, 100);
    assert_int_equal(f.vs.no_room, 0);
    teardown(&f);
}

WZP_TEST(voices_are_summed)
{
    fixture one;
    fixture two;
    setup(&one);
    setup(&two);
    const uint32_t members[] = {1, 2};

    const double alone = speak(&one, members, 1, 0, 50);
    const double both = speak(&two, members, 2, 0, 50); /* the same words */

    assert_true(alone > 500.0);
    assert_true(both > 1.7 * alone);
    teardown(&one);
    teardown(&two);
}

WZP_TEST(voices_beyond_the_most_are_counted_and_not_heard)
{
    fixture f;
    setup(&f);
    const uint32_t members[] = {1, 2, 3, 4, 5};

    speak(&f, members, 5, 0, 20);

    assert_int_equal(taken(&f), MAX);
    assert_int_equal(f.vs.no_room, 2 * 20);
    assert_int_equal(stats(&f).packets_received, MAX * 20);
    teardown(&f);
}

WZP_TEST(voices_that_retire_make_room_and_leave_their_numbers)
{
    fixture f;
    setup(&f);
    const uint32_t members[] = {1, 2, 3};
    speak(&f, members, 3, 0, 50);
    const wzp__receiver_stats before = stats(&f);

    wzp__voices_retire(&f.vs, 2);
    wzp__voices_retire(&f.vs, 99); /* nobody */

    assert_int_equal(taken(&f), 2);
    const wzp__receiver_stats after = stats(&f);
    assert_memory_equal(&after, &before, sizeof after);
    hear(&f, 4, 0);
    assert_int_equal(taken(&f), 3);
    assert_int_equal(f.vs.no_room, 0);
    teardown(&f);
}

WZP_TEST(voices_that_all_retire_leave_no_delay_behind)
{
    fixture f;
    setup(&f);
    const uint32_t members[] = {1, 2};
    speak(&f, members, 2, 0, 50);
    assert_true(stats(&f).playout_delay_ms > 0);

    wzp__voices_retire_all(&f.vs);

    assert_int_equal(taken(&f), 0);
    assert_int_equal(stats(&f).playout_delay_ms, 0);
    assert_int_equal(stats(&f).packets_received, 100);
    teardown(&f);
}

WZP_TEST(voices_silent_for_ten_seconds_retire)
{
    fixture f;
    setup(&f);
    hear(&f, 1, 0);
    f.now += 5 * WZP_S;
    hear(&f, 2, 0);

    f.now += 5 * WZP_S;
    wzp__voices_retire_idle(&f.vs, f.now);
    assert_int_equal(taken(&f), 2);
    wzp__voices_retire_idle(&f.vs, f.now + 1);

    assert_int_equal(taken(&f), 1);
    wzp__voices_retire_idle(&f.vs, f.now + 5 * WZP_S + 1);
    assert_int_equal(taken(&f), 0);
    teardown(&f);
}

WZP_TEST(voices_without_memory_for_one_more_count_it)
{
    fixture f;
    setup(&f);
    hear(&f, 1, 0);
    f.m.fail_at = f.m.calls + 2;

    hear(&f, 2, 0);

    assert_int_equal(f.vs.no_room, 1);
    assert_int_equal(taken(&f), 1);
    f.m.fail_at = 0;
    hear(&f, 2, 1); /* and again when there is some */
    assert_int_equal(taken(&f), 2);
    teardown(&f);
}

WZP_TEST(voices_init_without_memory_says_so)
{
    fake_mem m = {.fail_at = 1};
    const wzp__receiver_config cfg = {.mem = fake_mem_table(&m)};
    wzp__voices vs;

    assert_int_equal(wzp__voices_init(&vs, &cfg, MAX), WZP_ERR_NOMEM);

    wzp__voices_deinit(&vs);
    assert_int_equal(m.held, 0);
}
