/* SPDX-License-Identifier: MIT */
/* Recordings whose pieces are known, put back on the speaker's timeline. */
#include "bench/support/timeline.h"

#include "support/harness.h"

#include <string.h>

enum { N = 400 };

/* What was said: each sample its own number. */
static void say(int16_t said[N])
{
    for (int i = 0; i < N; i++) {
        said[i] = (int16_t)(1000 + i);
    }
}

WZP_TEST(what_was_played_late_is_where_it_was_said)
{
    int16_t heard[N + 100] = {0}, out[N];
    say(heard + 100);
    const wzp_piece pieces[] = {{0, 100, 0, 0}, {100, N, 0, N}};
    wzp_timeline_restore(pieces, 2, heard, N + 100, 0, out, N);
    assert_memory_equal(out, heard + 100, sizeof out);
}

WZP_TEST(what_was_skipped_is_silence_and_the_rest_in_its_place)
{
    int16_t said[N], heard[N - 50], out[N];
    say(said);
    memcpy(heard, said, 100 * sizeof *heard);
    memcpy(heard + 100, said + 150, (N - 150) * sizeof *heard);
    const wzp_piece pieces[] = {{0, 100, 0, 100}, {100, N - 150, 150, N}};
    wzp_timeline_restore(pieces, 2, heard, N - 50, 0, out, N);
    assert_memory_equal(out, said, 100 * sizeof *out);
    assert_int_equal(out[120], 0);
    assert_memory_equal(out + 150, said + 150, (N - 150) * sizeof *out);
}

enum { PERIOD = 80, CUT_AT = 120 };

static int16_t periodic(size_t i)
{
    return (int16_t)(i % PERIOD * 10);
}

/* A period was cut at CUT_AT: two became one. The one was played in two ticks
 * of `first` and PERIOD - first samples. */
static void restore_cut(size_t first, int16_t out[N])
{
    int16_t heard[N - PERIOD];
    for (size_t i = 0; i < N - PERIOD; i++) {
        heard[i] = periodic(i);
    }
    const int64_t mid = CUT_AT + 2 * (int64_t)first;
    const wzp_piece pieces[] = {
        {0, CUT_AT, 0, CUT_AT},
        {CUT_AT, first, CUT_AT, mid},
        {CUT_AT + first, PERIOD - first, mid, CUT_AT + 2 * PERIOD},
        {CUT_AT + PERIOD, N - CUT_AT - 2 * PERIOD, CUT_AT + 2 * PERIOD, N},
    };
    wzp_timeline_restore(pieces, 4, heard, N - PERIOD, 0, out, N);
}

WZP_TEST(a_period_that_was_cut_is_there_again_at_its_pitch)
{
    static const size_t FIRST[] = {1, 25, PERIOD / 2, PERIOD - 1};
    for (size_t k = 0; k < sizeof FIRST / sizeof FIRST[0]; k++) {
        int16_t out[N];
        restore_cut(FIRST[k], out);
        for (size_t i = 0; i < N; i++) {
            assert_int_equal(out[i], periodic(i));
        }
    }
}

/* Twice of one period: the fade between them is no speech of its own. */
WZP_TEST(a_period_that_was_repeated_is_there_once)
{
    int16_t heard[N + PERIOD], out[N];
    for (size_t i = 0; i < N + PERIOD; i++) {
        heard[i] = periodic(i);
    }
    const wzp_piece pieces[] = {
        {0, CUT_AT, 0, CUT_AT},
        {CUT_AT, 2 * PERIOD, CUT_AT, CUT_AT + PERIOD},
        {CUT_AT + 2 * PERIOD, N - CUT_AT - PERIOD, CUT_AT + PERIOD, N},
    };
    wzp_timeline_restore(pieces, 3, heard, N + PERIOD, 0, out, N);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(out[i], periodic(i));
    }
}

/* Control: what was not cut by its period is not made whole. */
WZP_TEST(a_cut_that_is_heard_is_still_there)
{
    int16_t heard[N - PERIOD], out[N];
    for (size_t i = 0; i < N - PERIOD; i++) {
        heard[i] = periodic(i < CUT_AT ? i : i + PERIOD / 2);
    }
    const wzp_piece pieces[] = {
        {0, CUT_AT, 0, CUT_AT},
        {CUT_AT, PERIOD, CUT_AT, CUT_AT + 2 * PERIOD},
        {CUT_AT + PERIOD, N - CUT_AT - 2 * PERIOD, CUT_AT + 2 * PERIOD, N},
    };
    wzp_timeline_restore(pieces, 3, heard, N - PERIOD, 0, out, N);
    assert_int_not_equal(out[CUT_AT], periodic(CUT_AT));
}

WZP_TEST(a_jump_is_no_stretch)
{
    int16_t heard[10] = {5, 5, 5, 5, 5, 5, 5, 5, 5, 5}, out[N];
    const wzp_piece piece = {0, 10, 0, 10 * WZP_PIECE_STRETCH_MAX + 1};
    wzp_timeline_restore(&piece, 1, heard, 10, 0, out, N);
    for (int i = 0; i < N; i++) {
        assert_int_equal(out[i], 0);
    }
}

WZP_TEST(pieces_outside_of_what_is_asked_for_do_no_harm)
{
    int16_t heard[40], out[20];
    for (int i = 0; i < 40; i++) {
        heard[i] = (int16_t)(i + 1);
    }
    const wzp_piece pieces[] = {
        {0, 40, 90, 130},   /* reaches over both ends */
        {0, 40, -100, -60}, /* before */
        {30, 40, 100, 140}, /* more than was heard */
    };
    wzp_timeline_restore(pieces, 3, heard, 40, 100, out, 20);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(out[i], i + 11);
    }
}
