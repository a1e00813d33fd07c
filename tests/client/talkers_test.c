/* SPDX-License-Identifier: MIT */
/* Who is told to be heard: quickly on, slowly off, loudest first, no flicker,
 * not too often.
 */
#include "voice/talkers.h"

#include "client/fakes.h"

#include <math.h>

enum { TICK = WZP_AUDIO_TICK_SAMPLES, TICKS_PER_S = 100 };

typedef struct fixture {
    wzp__talkers t;
    wzp_tstamp now;
    unsigned told;
    size_t n;
    wzp_talker last[WZP_TALKERS_MAX];
} fixture;

static fixture fresh(void)
{
    return (fixture){.now = 100 * WZP_S};
}

static void poll(fixture *f)
{
    wzp_talker out[WZP_TALKERS_MAX];
    size_t n;
    if (wzp__talkers_poll(&f->t, f->now, out, &n)) {
        f->told++;
        f->n = n;
        memcpy(f->last, out, n * sizeof *out);
    }
}

/* One tick in which member i is heard at amplitude[i]; below 0: not at all. */
static void tick(fixture *f, const int *amplitude, size_t members)
{
    for (size_t m = 0; m < members; m++) {
        int16_t pcm[TICK];
        for (size_t i = 0; i < TICK; i++) {
            pcm[i] = (int16_t)(i % 2 == 0 ? amplitude[m] : -amplitude[m]);
        }
        if (amplitude[m] >= 0) {
            wzp__talkers_note(&f->t, (uint32_t)m, pcm);
        }
    }
    wzp__talkers_tick(&f->t);
    f->now += 10 * WZP_MS;
    poll(f);
}

static void run(fixture *f, unsigned ticks, const int *amplitude,
                size_t members)
{
    for (unsigned i = 0; i < ticks; i++) {
        tick(f, amplitude, members);
    }
}

WZP_TEST(talkers_are_told_within_three_ticks_of_the_first_word)
{
    fixture f = fresh();
    run(&f, TICKS_PER_S, (int[]){0}, 1);
    assert_int_equal(f.told, 0);

    run(&f, 3, (int[]){3000}, 1);

    assert_int_equal(f.told, 1);
    assert_int_equal(f.n, 1);
    assert_int_equal(f.last[0].member, 0);
    assert_in_range(f.last[0].level_db, 20, 30); /* 3000: −21 dB */
}

WZP_TEST(talkers_stay_in_a_pause_between_words_and_go_after_a_second)
{
    fixture f = fresh();
    run(&f, 50, (int[]){3000}, 1);
    assert_int_equal(f.n, 1);

    run(&f, 20, (int[]){0}, 1);
    assert_int_equal(f.n, 1);
    run(&f, TICKS_PER_S, (int[]){0}, 1);

    assert_int_equal(f.n, 0);
    const unsigned told = f.told;
    run(&f, TICKS_PER_S, (int[]){0}, 1);
    assert_int_equal(f.told, told);
}

WZP_TEST(talkers_that_are_not_heard_at_all_any_more_go_as_well)
{
    fixture f = fresh();
    run(&f, 50, (int[]){3000}, 1);

    run(&f, 2 * TICKS_PER_S, (int[]){-1}, 1);

    assert_int_equal(f.n, 0);
    assert_false(f.t.v[0].is_used);
}

/* Between the two heights: who is not yet one does not become one, who is
 * stays. */
WZP_TEST(talkers_do_not_flicker_between_the_heights)
{
    fixture f = fresh();
    run(&f, TICKS_PER_S, (int[]){60}, 1); /* −55 dB */
    assert_int_equal(f.told, 0);
    run(&f, 50, (int[]){3000}, 1);

    run(&f, 10 * TICKS_PER_S, (int[]){60}, 1);

    assert_int_equal(f.n, 1);
    assert_true(f.told < 10); /* on, and on the way down */
}

WZP_TEST(talkers_are_told_loudest_first)
{
    fixture f = fresh();

    run(&f, 50, (int[]){1000, 9000, 0, 3000}, 4);

    assert_int_equal(f.n, 3);
    assert_int_equal(f.last[0].member, 1);
    assert_int_equal(f.last[1].member, 3);
    assert_int_equal(f.last[2].member, 0);
    assert_true(f.last[0].level_db < f.last[1].level_db);
    assert_true(f.last[1].level_db < f.last[2].level_db);
}

WZP_TEST(talkers_beyond_the_most_are_the_quietest)
{
    fixture f = fresh();
    int amplitude[20];
    int height[20];
    for (int i = 0; i < 20; i++) {
        height[i] = i * 7 % 20;
        amplitude[i] = (int)(1000 * pow(1.2, height[i])); /* 1.6 dB each */
    }

    run(&f, 50, amplitude, 20);

    assert_int_equal(f.n, WZP_TALKERS_MAX);
    for (size_t i = 0; i < f.n; i++) {
        assert_int_equal(height[f.last[i].member], 19 - (int)i);
    }
}

/* The worst there is: somebody else begins or ends in every tick. */
WZP_TEST(talkers_are_told_at_most_five_times_a_second)
{
    fixture f = fresh();
    uint32_t seed = 5;
    for (int t = 0; t < 10 * TICKS_PER_S; t++) {
        int amplitude[8];
        for (int i = 0; i < 8; i++) {
            amplitude[i] = fake_number(&seed) % 2 == 0 ? 20000 : 0;
        }
        const unsigned before = f.told;
        const wzp_tstamp at = f.t.told_at;
        tick(&f, amplitude, 8);
        if (f.told != before && at != 0) {
            assert_true(f.now - at >= 200 * WZP_MS);
        }
    }
    assert_true(f.told <= 51);
}

WZP_TEST(talkers_of_an_even_level_are_told_once)
{
    fixture f = fresh();

    run(&f, 10 * TICKS_PER_S, (int[]){3000}, 1);

    assert_true(f.told <= 2); /* on its way up, and there */
}

WZP_TEST(talkers_that_become_much_louder_are_told_again)
{
    fixture f = fresh();
    run(&f, TICKS_PER_S, (int[]){1000}, 1);
    const unsigned told = f.told;
    const uint8_t level = f.last[0].level_db;

    run(&f, TICKS_PER_S, (int[]){8000}, 1);

    assert_true(f.told > told);
    assert_in_range(level - f.last[0].level_db, 12, 24);
}

WZP_TEST(talkers_who_retire_are_no_talkers)
{
    fixture f = fresh();
    run(&f, 50, (int[]){3000, 3000}, 2);
    assert_true(wzp__talkers_has(&f.t, 0));

    wzp__talkers_forget(&f.t, 0);
    wzp__talkers_forget(&f.t, 99); /* nobody */
    run(&f, 50, (int[]){-1, 3000}, 2);

    assert_false(wzp__talkers_has(&f.t, 0));
    assert_int_equal(f.n, 1);
    assert_int_equal(f.last[0].member, 1);
}
