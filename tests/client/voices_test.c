/* SPDX-License-Identifier: MIT */
/* The table of voices: who gets a receiver, who is mixed, who makes room, and
 * that nothing counted is lost when one goes.
 */
#include "voice/voices.h"

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
    const size_t said = i % VOICE_FRAMES;
    wzp__voices_insert(&f->vs, f->now, member, &hdr, WZP_FORM_FRAME,
                       v->data[said], v->len[said]);
}

static void hear_noise(fixture *f, uint32_t member, size_t i)
{
    const uint8_t level = 30;
    wzp_media_hdr hdr = voice_hdr((uint16_t)i, 1000 * (uint32_t)i);
    hdr.codec = WZP_CODEC_COMFORT_NOISE;
    wzp__voices_insert(&f->vs, f->now, member, &hdr, WZP_FORM_FRAME, &level, 1);
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
    return wzp__voices_count(&f->vs);
}

static bool has(const fixture *f, uint32_t member)
{
    for (size_t i = 0; i < MAX; i++) {
        if (f->vs.v[i].receiver != NULL && f->vs.v[i].member == member) {
            return true;
        }
    }
    return false;
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

/* --- many members --------------------------------------------------------- */

/* All that the others send is that they are silent. */
WZP_TEST(voices_of_50_members_of_whom_3_speak_are_3_receivers)
{
    fixture f;
    setup(&f);
    const uint32_t speaking[] = {1, 2, 3};
    size_t most = 0;
    for (size_t s = 0; s < 5; s++) {
        for (uint32_t m = 4; m <= 50; m++) {
            hear_noise(&f, m, s);
        }
        speak(&f, speaking, 3, 50 * s, 50 * s + 50);
        most = taken(&f) > most ? taken(&f) : most;
    }

    assert_int_equal(most, 3);
    assert_int_equal(f.vs.no_room, 0);
    teardown(&f);
}

/* Three are there who have said nothing for a while: the first of them to have
 * fallen silent makes room, and no other. */
WZP_TEST(voices_give_the_place_of_the_longest_silent_one_to_a_newcomer)
{
    fixture f;
    setup(&f);
    speak(&f, (const uint32_t[]){1, 2, 3}, 3, 0, 50);
    speak(&f, (const uint32_t[]){1, 3}, 2, 50, 100);
    speak(&f, (const uint32_t[]){3}, 1, 100, 250);

    speak(&f, (const uint32_t[]){3, 4}, 2, 250, 270);

    assert_int_equal(taken(&f), MAX);
    assert_true(has(&f, 1) && !has(&f, 2) && has(&f, 3) && has(&f, 4));
    assert_int_equal(f.vs.no_room, 0);
    teardown(&f);
}

/* A word is not cut off for another one's. */
WZP_TEST(voices_that_speak_keep_their_places)
{
    fixture f;
    setup(&f);
    speak(&f, (const uint32_t[]){1, 2, 3}, 3, 0, 100);

    speak(&f, (const uint32_t[]){1, 2, 3, 4}, 4, 100, 200);

    assert_true(has(&f, 1) && has(&f, 2) && has(&f, 3));
    assert_int_equal(f.vs.no_room, 100);
    teardown(&f);
}

/* Alone, its room is heard for as long as it says so; under another's words it
 * is not missed. */
WZP_TEST(voices_of_noise_stay_while_nobody_speaks_and_retire_when_one_does)
{
    fixture f;
    setup(&f);
    speak(&f, (const uint32_t[]){1}, 1, 0, 50);
    for (size_t s = 0; s < 30; s++) {
        hear_noise(&f, 1, 100 + s);
        f.now += WZP_S;
        wzp__voices_retire_idle(&f.vs, f.now);
    }
    assert_true(has(&f, 1));

    hear_noise(&f, 1, 130);
    speak(&f, (const uint32_t[]){2}, 1, 0, 5);
    wzp__voices_retire_idle(&f.vs, f.now);

    assert_false(has(&f, 1));
    assert_true(has(&f, 2));
    teardown(&f);
}

/* --- volume and hold ------------------------------------------------------ */

WZP_TEST(voices_are_as_loud_as_is_wanted)
{
    fixture f[3];
    double loudest[3];
    const uint16_t gains[3] = {WZP__GAIN_ONE, WZP__GAIN_ONE / 2, 0};
    for (int i = 0; i < 3; i++) {
        setup(&f[i]);
        ASSERT_OK(wzp__voices_volume(&f[i].vs, 1, gains[i]));
        loudest[i] = speak(&f[i], (const uint32_t[]){1}, 1, 0, 50);
        teardown(&f[i]);
    }
    assert_true(loudest[1] > 0.49 * loudest[0]);
    assert_true(loudest[1] < 0.51 * loudest[0]);
    assert_true(loudest[2] == 0.0);
}

WZP_TEST(voices_volume_is_kept_until_the_member_leaves)
{
    fixture f;
    setup(&f);
    ASSERT_OK(wzp__voices_volume(&f.vs, 1, 0));
    assert_true(speak(&f, (const uint32_t[]){1}, 1, 0, 50) == 0.0);
    f.now += 20 * WZP_S;
    wzp__voices_retire_idle(&f.vs, f.now); /* silent for long: still here */
    assert_int_equal(taken(&f), 0);
    assert_true(speak(&f, (const uint32_t[]){1}, 1, 0, 50) == 0.0);

    wzp__voices_retire(&f.vs, 1); /* left */

    assert_true(speak(&f, (const uint32_t[]){1}, 1, 0, 50) > 500.0);
    teardown(&f);
}

WZP_TEST(voices_volume_has_its_limits)
{
    fixture f;
    setup(&f);

    assert_int_equal(wzp__voices_volume(&f.vs, 1, WZP__GAIN_MAX + 1),
                     WZP_ERR_ARG);
    for (uint32_t m = 0; m < WZP__VOLUMES; m++) {
        ASSERT_OK(wzp__voices_volume(&f.vs, m, 2 * WZP__GAIN_ONE));
    }
    assert_int_equal(wzp__voices_volume(&f.vs, 99, 0), WZP_ERR_FULL);
    ASSERT_OK(wzp__voices_volume(&f.vs, 99, WZP__GAIN_ONE)); /* is nothing */
    ASSERT_OK(wzp__voices_volume(&f.vs, 5, WZP__GAIN_ONE));
    ASSERT_OK(wzp__voices_volume(&f.vs, 99, 0));

    teardown(&f);
}

/* Delay that is left 4 s after a stall of 300 ms, the only one. */
static uint32_t delay_after_a_stall(bool is_mobile_before, bool is_mobile)
{
    static const uint32_t who[] = {1};
    fixture f;
    setup(&f);
    wzp__voices_mobile(&f.vs, is_mobile_before);
    speak(&f, who, 1, 0, 300);
    wzp__voices_mobile(&f.vs, is_mobile);
    for (int k = 0; k < 30; k++) {
        mix(&f);
    }
    for (size_t i = 300; i < 315; i++) {
        hear(&f, 1, i);
    }
    speak(&f, who, 1, 315, 515);
    const uint32_t ms = stats(&f).playout_delay_ms;
    teardown(&f);
    return ms;
}

WZP_TEST(voices_over_a_cellular_network_remember_a_single_stall)
{
    assert_true(delay_after_a_stall(false, false) < 100);
    assert_true(delay_after_a_stall(true, true) > 200);
    assert_true(delay_after_a_stall(false, true) >
                200); /* who speaks already */
    assert_true(delay_after_a_stall(true, false) < 100);
}

WZP_TEST(voices_on_hold_fade_out_and_hear_nothing_until_it_ends)
{
    fixture f;
    setup(&f);
    const uint32_t one[] = {1};
    speak(&f, one, 1, 0, 50);

    wzp__voices_hold(&f.vs, true);
    mix(&f);
    assert_int_equal(f.out[TICK - 1] / 64, 0); /* at the end of the tick */
    assert_true(speak(&f, one, 1, 50, 100) == 0.0);
    assert_int_equal(taken(&f), 0);
    wzp__voices_hold(&f.vs, false);

    assert_true(speak(&f, one, 1, 100, 150) > 500.0);
    teardown(&f);
}

/* --- reports -------------------------------------------------------------- */

WZP_TEST(voices_report_each_that_was_heard_once_a_round)
{
    fixture f;
    setup(&f);
    wzp_receiver_report p;
    uint32_t member;
    assert_false(wzp__voices_has_report(&f.vs));
    speak(&f, (const uint32_t[]){7, 9}, 2, 0, 50);
    f.now += WZP_MS;

    uint32_t sum = 0;
    size_t n = 0;
    while (wzp__voices_report(&f.vs, f.now, &member, &p)) {
        sum += member;
        n++;
        assert_int_equal(p.expected, 50);
        assert_int_equal(p.lost, 0);
        assert_true(n < 10);
    }

    assert_int_equal(n, 2);
    assert_int_equal(sum, 7 + 9);
    assert_false(wzp__voices_has_report(&f.vs));
    speak(&f, (const uint32_t[]){9}, 1, 50, 60);
    f.now += WZP_MS;
    assert_true(wzp__voices_report(&f.vs, f.now, &member, &p));
    assert_int_equal(member, 9);
    assert_int_equal(p.expected, 10);
    assert_false(wzp__voices_report(&f.vs, f.now, &member, &p));
    teardown(&f);
}
