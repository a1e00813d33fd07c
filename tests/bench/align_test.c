/* SPDX-License-Identifier: MIT */
/* Alignment of synthetic recordings whose delay is known: shifted, quieter,
 * noisy, holed, with a delay that changes, and with another waveform under the
 * same envelope. The signal is noise in syllables of random length, which, as
 * speech does, looks different everywhere.
 */
#include "bench/support/align.h"

#include "bench/support/stoi.h"
#include "support/harness.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE = 16000,
    MS = RATE / 1000,
    N_REF = 12 * RATE,
    N_REC = N_REF,
    SEGMENT_MS = 2000,
    SPREAD_MS = 250,
};

static int16_t ref[N_REF], rec[N_REC];

static uint32_t draw(uint32_t *s)
{
    *s = *s * 1664525u + 1013904223u;
    return *s >> 16;
}

/* Syllables of 80 to 300 ms with pauses between; `voice` seeds the waveform,
 * `words` when and how loud they are. */
static void speak(int16_t *v, size_t n, uint32_t voice, uint32_t words)
{
    size_t i = 0;
    while (i < n) {
        const size_t len = (80 + draw(&words) % 220) * MS;
        const size_t pause = draw(&words) % 150 * MS;
        const double loud = 0.05 + draw(&words) % 100 / 400.0;
        for (size_t k = 0; k < len && i < n; k++, i++) {
            const double bow = sin(3.14159265 * (double)k / (double)len);
            v[i] = (int16_t)(((int)draw(&voice) - 32768) * bow * loud);
        }
        for (size_t k = 0; k < pause && i < n; k++, i++) {
            v[i] = (int16_t)(draw(&voice) % 5);
        }
    }
}

/* rec[t] = gain * ref[t - delay] + noise for t in [from, to). */
static void record(size_t from, size_t to, ptrdiff_t delay, double gain,
                   int noise)
{
    uint32_t s = 99;
    for (size_t t = from; t < to; t++) {
        const ptrdiff_t at = (ptrdiff_t)t - delay;
        const double x = at >= 0 && at < N_REF ? ref[at] : 0;
        const int r = noise == 0 ? 0 : (int)draw(&s) % (2 * noise) - noise;
        rec[t] = (int16_t)lround(x * gain + r);
    }
}

static wzp_align_in input(void)
{
    return (wzp_align_in){.ref = ref,
                          .n_ref = N_REF,
                          .rec = rec,
                          .n_rec = N_REC,
                          .rate = RATE,
                          .min_delay = -500 * MS,
                          .max_delay = 1500 * MS};
}

static wzp_align track(const wzp_align_in *in)
{
    wzp_align a;
    assert_true(wzp_align_track(in, SEGMENT_MS, SPREAD_MS, &a));
    return a;
}

/* ---- one delay --------------------------------------------------------- */

static const struct {
    ptrdiff_t delay; /* samples */
    double gain;
    int noise;
} SHIFTS[] = {
    {0, 1, 0},
    {1, 1, 0},
    {137 * MS + 5, 1, 0},
    {1400 * MS, 1, 0},
    {-300 * MS - 3, 1, 0},
    {100 * MS + 1, 0.1, 0},
    {100 * MS + 1, 3, 0},
    {100 * MS + 2, -1, 0}, /* inverted: only the envelope matches */
    {100 * MS + 3, 1, 1000},
    {100 * MS + 3, 1, 3000}, /* about as loud as the speech */
};

static size_t shift_count(void)
{
    return sizeof(SHIFTS) / sizeof(*SHIFTS);
}

static void shift_run(size_t row)
{
    const ptrdiff_t delay = SHIFTS[row].delay;
    speak(ref, N_REF, 1, 2);
    record(0, N_REC, delay, SHIFTS[row].gain, SHIFTS[row].noise);
    const wzp_align_in in = input();

    ptrdiff_t found;
    double score;
    assert_true(wzp_align_find(&in, &found, &score));
    assert_true(labs(found - delay) <= 2 * MS);

    wzp_align a = track(&in);
    const long most = SHIFTS[row].gain > 0 ? 0 : 2 * MS;
    for (size_t i = 0; i < a.n_segments; i++) {
        assert_true(labs(a.segments[i].delay - delay) <= most);
    }
    wzp_align_deinit(&a);
}

WZP_ROWS(align_finds_a_shift_whatever_gain_and_noise, shift_count, shift_run);

WZP_TEST(align_finds_the_envelope_of_another_waveform)
{
    const ptrdiff_t delay = 220 * MS;
    static int16_t other[N_REF];
    speak(ref, N_REF, 1, 2);
    speak(other, N_REF, 77, 2);
    memset(rec, 0, sizeof(rec));
    memcpy(rec + delay, other, (size_t)(N_REC - delay) * sizeof(*rec));
    const wzp_align_in in = input();

    wzp_align a = track(&in);

    for (size_t i = 0; i < a.n_segments; i++) {
        assert_false(a.segments[i].is_exact);
        assert_true(labs(a.segments[i].delay - delay) <= 4 * MS);
    }
    wzp_align_deinit(&a);
}

WZP_TEST(align_of_a_loop_stays_in_the_range_it_was_given)
{
    enum { LOOP = 3 * RATE };
    static int16_t one[LOOP];
    speak(one, LOOP, 1, 2);
    wzp_align_unroll(one, LOOP, ref, N_REF);
    assert_int_equal(ref[2 * LOOP + 17], one[17]);
    record(0, N_REC, 180 * MS, 1, 0);
    wzp_align_in in = input();

    wzp_align a = track(&in);

    assert_true(labs(a.delay - 180 * MS) <= MS);
    wzp_align_deinit(&a);
}

WZP_TEST(align_scores_unlike_signals_low)
{
    speak(ref, N_REF, 1, 2);
    speak(rec, N_REC, 3, 4);
    const wzp_align_in in = input();
    ptrdiff_t delay;
    double score;

    assert_true(wzp_align_find(&in, &delay, &score));
    assert_true(score < 0.3);
}

WZP_TEST(align_has_no_result_without_sound_or_range)
{
    wzp_align_in in = input();
    wzp_align a;
    ptrdiff_t delay;
    double score;

    speak(ref, N_REF, 1, 2);
    memset(rec, 0, sizeof(rec));
    assert_false(wzp_align_find(&in, &delay, &score));
    assert_false(wzp_align_track(&in, SEGMENT_MS, SPREAD_MS, &a));
    assert_null(a.segments);

    record(0, N_REC, 0, 1, 0);
    in.n_rec = 0;
    assert_false(wzp_align_track(&in, SEGMENT_MS, SPREAD_MS, &a));
    in.n_rec = N_REC;
    in.min_delay = in.max_delay + 1;
    assert_false(wzp_align_track(&in, SEGMENT_MS, SPREAD_MS, &a));
}

/* ---- a delay that changes ---------------------------------------------- */

WZP_TEST(align_follows_a_delay_step_and_finds_where_it_was)
{
    /* 60 ms more from 5.3 s on, in the middle of a segment */
    const ptrdiff_t early = 120 * MS, late = 180 * MS;
    const size_t step = 5300 * MS;
    speak(ref, N_REF, 1, 2);
    record(0, step, early, 1, 20);
    record(step, N_REC, late, 1, 20);
    const wzp_align_in in = input();

    wzp_align a = track(&in);

    assert_int_equal(a.segments[0].delay, early);
    assert_int_equal(a.segments[a.n_segments - 1].delay, late);
    size_t border = 0;
    for (size_t i = 0; i + 1 < a.n_segments; i++) {
        assert_int_equal(a.segments[i].end, a.segments[i + 1].start);
        if (a.segments[i].delay == early) {
            border = a.segments[i].end;
        }
    }
    /* the 60 ms between were heard twice: either side is right */
    assert_in_range(border, step - (size_t)late - 30 * MS,
                    step - (size_t)early + 30 * MS);
    assert_true(wzp_align_stoi(&in, &a) > 0.98);
    wzp_align_deinit(&a);
}

WZP_TEST(align_stoi_with_one_delay_would_blame_the_step)
{
    const size_t step = 5300 * MS;
    speak(ref, N_REF, 1, 2);
    record(0, step, 120 * MS, 1, 20);
    record(step, N_REC, 180 * MS, 1, 20);
    const wzp_align_in in = input();

    /* a spread of 0 keeps every segment at the global delay */
    wzp_align a;
    assert_true(wzp_align_track(&in, SEGMENT_MS, 0, &a));

    assert_true(wzp_align_stoi(&in, &a) < 0.85);
    wzp_align_deinit(&a);
}

/* ---- what is compared -------------------------------------------------- */

WZP_TEST(align_leaves_out_what_was_said_before_the_recording_heard_it)
{
    const ptrdiff_t delay = 150 * MS;
    const size_t heard = 3000 * MS;
    speak(ref, N_REF, 1, 2);
    record(0, N_REC, delay, 1, 0);
    memset(rec, 0, heard * sizeof(*rec));
    const wzp_align_in in = input();

    wzp_align a = track(&in);

    assert_in_range(a.start, heard - (size_t)delay - 2 * MS,
                    heard - (size_t)delay + 400 * MS);
    assert_in_range(a.end, N_REF - (size_t)delay - 2 * MS, N_REF);
    assert_true(wzp_align_stoi(&in, &a) > 0.999);
    wzp_align_deinit(&a);
}

WZP_TEST(align_forgives_no_holes)
{
    const ptrdiff_t delay = 150 * MS;
    static int16_t holed[N_REF];
    speak(ref, N_REF, 1, 2);
    record(0, N_REC, delay, 1, 0);
    for (size_t t = 0; t < N_REC; t++) {
        if (t / (40 * MS) % 3 == 2) {
            rec[t] = 0;
        }
    }
    const wzp_align_in in = input();

    wzp_align a = track(&in);

    memcpy(holed, rec + (ptrdiff_t)a.start + delay,
           (a.end - a.start) * sizeof(*holed));
    const double known = wzp_stoi(ref + a.start, holed, a.end - a.start, RATE);
    const double found = wzp_align_stoi(&in, &a);
    assert_true(known < 0.9);
    assert_true(fabs(known - found) < 0.001);
    wzp_align_deinit(&a);
}

WZP_TEST(align_keeps_the_delay_through_a_segment_that_was_lost)
{
    speak(ref, N_REF, 1, 2);
    record(0, N_REC, 150 * MS, 1, 0);
    memset(rec + 5 * RATE, 0, 2 * RATE * sizeof(*rec));
    const wzp_align_in in = input();

    wzp_align a = track(&in);

    for (size_t i = 0; i < a.n_segments; i++) {
        assert_int_equal(a.segments[i].delay, 150 * MS);
    }
    assert_true(wzp_align_stoi(&in, &a) < 0.9);
    wzp_align_deinit(&a);
}

/* ---- milliseconds ------------------------------------------------------ */

WZP_TEST(align_delay_is_the_median_plus_what_the_clocks_are_apart)
{
    wzp_align_segment segments[] = {
        {.start = 0, .end = 32000, .delay = 1600},
        {.start = 32000, .end = 64000, .delay = 1920},
        {.start = 64000, .end = 64000, .delay = 9999}, /* empty */
        {.start = 64000, .end = 96000, .delay = 1920},
    };
    const wzp_align a = {
        .delay = 1700, .end = 96000, .segments = segments, .n_segments = 4};
    double least, greatest;

    /* the recorder started 30 ms after the speaker */
    const double ms =
        wzp_align_delay_ms(&a, RATE, 1000000000, 1030000000, &least, &greatest);

    assert_true(fabs(ms - 150) < 1e-9);
    assert_true(fabs(least - 130) < 1e-9);
    assert_true(fabs(greatest - 150) < 1e-9);
}
