/* SPDX-License-Identifier: MIT */
/* The stretcher: a copy at speed 1, whole periods elsewhere, no step in the
 * sound, exact accounts. How it sounds is measured by bench/cmd/stretch.c.
 */
#include "speech.h"

#include <wzp/codec/stretch.h>

#include <math.h>

enum { BLOCK_MAX = 2880, OUT_MAX = BLOCK_MAX + WZP_STRETCH_LAG_MAX };

static wzp_stretch *new_stretch(void)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_stretch *s;
    assert_int_equal(wzp_stretch_new(&s, &mem), WZP_OK);
    return s;
}

/* Glottal pulses of this period through a formant: a voice that never ends. */
static void make_voice(int16_t *pcm, size_t n, unsigned period)
{
    double y1 = 0, y2 = 0;
    const double r = 0.985, w = 6.283185307179586 * 700 / WZP_PCM_RATE;
    for (size_t i = 0; i < n; i++) {
        const double y =
            (i % period == 0 ? 1.0 : 0.0) + 2 * r * cos(w) * y1 - r * r * y2;
        y2 = y1;
        y1 = y;
        pcm[i] = (int16_t)(1500 * y);
    }
}

static int greatest_step(const int16_t *pcm, size_t n)
{
    int most = 0;
    for (size_t i = 1; i < n; i++) {
        const int step = abs(pcm[i] - pcm[i - 1]);
        most = step > most ? step : most;
    }
    return most;
}

/* All of pcm in blocks, each with the same wish; returns the length. */
static size_t stretch_all(const int16_t *pcm, size_t n, size_t block,
                          int32_t want, int16_t *out, unsigned *changes)
{
    wzp_stretch *s = new_stretch();
    size_t total = 0;
    int64_t sum = 0;
    *changes = 0;
    for (size_t i = 0; i + block <= n; i += block) {
        size_t got;
        int32_t done;
        assert_int_equal(wzp_stretch_process(s, pcm + i, block, want,
                                             out + total, OUT_MAX, &got, &done),
                         WZP_OK);
        assert_int_equal((int64_t)got, (int64_t)block + done);
        assert_true(done == 0 || (done > 0) == (want > 0));
        assert_true(abs(done) <= WZP_STRETCH_LAG_MAX);
        assert_true(want > 0 || -done <= -want);
        total += got;
        sum += done;
        *changes += done != 0;
    }
    assert_int_equal((int64_t)total, (int64_t)(n - n % block) + sum);
    wzp_stretch_free(s);
    return total;
}

WZP_TEST(stretch_without_a_wish_is_a_copy)
{
    const int16_t *pcm = speech_get(SPEECH_MADE);
    static int16_t out[SPEECH_SAMPLES + OUT_MAX];
    static const size_t blocks[] = {480, 960, 1920, 2880, 700};
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) {
        unsigned changes;
        const size_t n =
            stretch_all(pcm, SPEECH_SAMPLES, blocks[k], 0, out, &changes);
        assert_int_equal(changes, 0);
        assert_memory_equal(out, pcm, n * sizeof *out);
    }
}

typedef struct voice {
    unsigned period;
    size_t block;
    int32_t want;
} voice;

static const voice VOICES[] = {
    {240, 960, 500},   {400, 960, 500},   {480, 480, 1},    {700, 960, 48},
    {240, 480, -400},  {300, 480, -300},  {400, 960, -400}, {480, 960, -600},
    {700, 1920, -720}, {700, 2880, -720},
};

static size_t count_voices(void)
{
    return sizeof VOICES / sizeof VOICES[0];
}

static void run_voice(size_t row)
{
    enum { N = 48000 };
    const voice *v = &VOICES[row];
    static int16_t pcm[N], out[4 * N];
    unsigned changes;
    make_voice(pcm, N, v->period);
    const size_t n = stretch_all(pcm, N, v->block, v->want, out, &changes);
    assert_true(changes > N / v->block / 3);
    /* Whole periods: what comes out is as periodic as what went in. */
    const int64_t moved = (int64_t)n - (int64_t)(N - N % v->block);
    assert_int_equal(moved % v->period, 0);
    unsigned off = 0;
    for (size_t i = 4 * v->period; i < n; i++) {
        off += abs(out[i] - pcm[4 * v->period + i % v->period]) > 40;
    }
    assert_true(off < n / 100);
    assert_true(greatest_step(out, n) <= greatest_step(pcm, N) + 40);
}
WZP_ROWS(stretch_of_a_voice_is_by_whole_periods, count_voices, run_voice);

WZP_TEST(stretch_never_cuts_more_than_wished)
{
    enum { N = 48000 };
    static int16_t pcm[N], out[2 * N];
    unsigned changes;
    make_voice(pcm, N, 480);
    stretch_all(pcm, N, 960, -470, out, &changes);
    assert_int_equal(changes, 0);
    stretch_all(pcm, N, 960, -490, out, &changes);
    assert_true(changes > 40);
}

WZP_TEST(stretch_of_quiet_is_exactly_what_is_wished)
{
    static int16_t pcm[960];
    int16_t out[OUT_MAX];
    uint32_t seed = 1;
    for (size_t i = 0; i < 960; i++) {
        pcm[i] = (int16_t)(100 * speech_noise(&seed));
    }
    static const int32_t wants[] = {-48, -480, -720, 70, 333, 720};
    for (size_t k = 0; k < 6; k++) {
        wzp_stretch *s = new_stretch();
        size_t n;
        int32_t done;
        assert_int_equal(
            wzp_stretch_process(s, pcm, 960, 0, out, OUT_MAX, &n, &done),
            WZP_OK);
        assert_int_equal(
            wzp_stretch_process(s, pcm, 960, wants[k], out, OUT_MAX, &n, &done),
            WZP_OK);
        assert_int_equal(done, wants[k]);
        wzp_stretch_free(s);
    }
}

/* Loud noise has no period: it is left alone. */
WZP_TEST(stretch_leaves_alone_what_has_no_period)
{
    enum { N = 48000 };
    static int16_t pcm[N], out[2 * N];
    uint32_t seed = 1;
    unsigned changes;
    for (size_t i = 0; i < N; i++) {
        pcm[i] = (int16_t)(8000 * speech_noise(&seed));
    }
    stretch_all(pcm, N, 960, -720, out, &changes);
    assert_in_range(changes, 0, 2);
    stretch_all(pcm, N, 960, 720, out, &changes);
    assert_in_range(changes, 0, 2);
}

static void run_speech(size_t kind)
{
    const int16_t *pcm = speech_or_skip((speech_kind)kind);
    static int16_t out[2 * SPEECH_SAMPLES];
    static const int32_t wants[] = {-720, 480};
    for (size_t k = 0; k < 2; k++) {
        unsigned changes;
        const size_t n =
            stretch_all(pcm, SPEECH_SAMPLES, 960, wants[k], out, &changes);
        assert_true(changes > SPEECH_SAMPLES / 960 / 4);
        assert_true(greatest_step(out, n) <=
                    greatest_step(pcm, SPEECH_SAMPLES) + 200);
    }
}

static size_t count_kinds(void)
{
    return 2;
}
WZP_ROWS(stretch_changes_speech_without_clicks, count_kinds, run_speech);

WZP_TEST(stretch_refuses_blocks_and_room_out_of_range)
{
    static int16_t pcm[BLOCK_MAX + 1], out[OUT_MAX];
    wzp_stretch *s = new_stretch();
    size_t n;
    int32_t done;
    assert_int_equal(
        wzp_stretch_process(s, pcm, 479, 0, out, OUT_MAX, &n, &done),
        WZP_ERR_ARG);
    assert_int_equal(
        wzp_stretch_process(s, pcm, 2881, 0, out, OUT_MAX, &n, &done),
        WZP_ERR_ARG);
    assert_int_equal(wzp_stretch_process(s, pcm, 480, 0, out,
                                         480 + WZP_STRETCH_LAG_MAX - 1, &n,
                                         &done),
                     WZP_ERR_SPACE);
    assert_int_equal(wzp_stretch_process(s, pcm, 480, 0, out,
                                         480 + WZP_STRETCH_LAG_MAX, &n, &done),
                     WZP_OK);
    wzp_stretch_free(s);
    wzp_stretch_free(NULL);
}

/* What was heard before the reset is not repeated after it. */
WZP_TEST(stretch_forgets_with_reset)
{
    static int16_t pcm[960], out[OUT_MAX];
    make_voice(pcm, 960, 240);
    wzp_stretch *s = new_stretch();
    size_t n;
    int32_t done;
    for (int is_reset = 0; is_reset < 2; is_reset++) {
        assert_int_equal(
            wzp_stretch_process(s, pcm, 960, 0, out, OUT_MAX, &n, &done),
            WZP_OK);
        if (is_reset == 1) {
            wzp_stretch_reset(s);
        }
        assert_int_equal(
            wzp_stretch_process(s, pcm, 480, 480, out, OUT_MAX, &n, &done),
            WZP_OK);
        assert_int_equal(done != 0, is_reset == 0);
    }
    wzp_stretch_free(s);
}

WZP_TEST(stretch_survives_a_failed_allocation)
{
    counted_mem c = {.fail_at = 1};
    const wzp_mem mem = counted_mem_table(&c);
    wzp_stretch *s;
    assert_int_equal(wzp_stretch_new(&s, &mem), WZP_ERR_NOMEM);
    c.fail_at = 0;
    assert_int_equal(wzp_stretch_new(&s, &mem), WZP_OK);
    const size_t calls = c.calls;
    static int16_t pcm[960], out[OUT_MAX];
    size_t n;
    int32_t done;
    assert_int_equal(
        wzp_stretch_process(s, pcm, 960, 300, out, OUT_MAX, &n, &done), WZP_OK);
    assert_int_equal(c.calls, calls);
    wzp_stretch_free(s);
    assert_int_equal(c.held, 0);
}

WZP_TEST(stretch_takes_any_wish)
{
    static int16_t pcm[480], out[OUT_MAX];
    const int32_t wishes[] = {INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < 2; i++) {
        wzp_stretch *s = new_stretch();
        size_t got;
        int32_t done;
        assert_int_equal(wzp_stretch_process(s, pcm, 480, wishes[i], out,
                                             OUT_MAX, &got, &done),
                         WZP_OK);
        assert_int_equal((int64_t)got, 480 + (int64_t)done);
        assert_in_range(got, 120, 480 + WZP_STRETCH_LAG_MAX);
        wzp_stretch_free(s);
    }
}
