/* SPDX-License-Identifier: MIT */
/* Numbers that add up: each of the sender's that playing has passed is in one
 * counter, whatever the path did; samples are as many as there is time; media
 * time is told exactly; and what is reported to the sender is what happened.
 */
#include "client/voice.h"
#include "voice/receiver.h"

enum { TICK = WZP_AUDIO_TICK_SAMPLES };

typedef struct fixture {
    wzp__receiver *r;
    wzp_tstamp now;
    uint32_t seed;
} fixture;

static void setup(fixture *f, uint32_t seed)
{
    const wzp__receiver_config cfg = {
        .mem = wzp_mem_default(), .playout_min_ms = 20, .playout_max_ms = 500};
    *f = (fixture){.now = 100 * WZP_S, .seed = seed};
    ASSERT_OK(wzp__receiver_new(&f->r, &cfg));
}

static void teardown(fixture *f)
{
    wzp__receiver_free(f->r);
}

static wzp__receiver_stats stats(const fixture *f)
{
    wzp__receiver_stats out;
    wzp__receiver_stats_get(f->r, &out);
    return out;
}

static void insert(fixture *f, const voice *v, size_t i)
{
    const wzp_media_hdr hdr = voice_hdr((uint16_t)i, 20 * (uint32_t)i);
    ASSERT_OK(wzp__receiver_insert(f->r, f->now, &hdr, WZP_FORM_FRAME,
                                   v->data[i], v->len[i]));
}

static void play(fixture *f)
{
    int16_t pcm[TICK];
    (void)wzp__receiver_read(f->r, f->now, pcm);
    f->now += 10 * WZP_MS;
}

/* What a path does, of 1000. */
typedef struct path {
    unsigned lost, dup;
    unsigned jitter_ms;
    unsigned burst; /* frames lost in a row, once a second */
} path;

/* All frames, through this path; the arrivals are drawn before. */
static size_t run(fixture *f, const voice *v, const path *p)
{
    size_t arrived = 0;
    uint32_t at[VOICE_FRAMES][2];
    for (size_t i = 0; i < VOICE_FRAMES; i++) {
        const bool is_lost =
            i > 0 && (fake_number(&f->seed) % 1000 < p->lost ||
                      (p->burst != 0 && i % 50 >= 50 - p->burst));
        const bool is_dup = fake_number(&f->seed) % 1000 < p->dup;
        const uint32_t late = fake_number(&f->seed) % (p->jitter_ms + 1);
        at[i][0] = is_lost ? UINT32_MAX : 20 * (uint32_t)i + 40 + late;
        at[i][1] = is_dup && !is_lost ? at[i][0] + 30 : UINT32_MAX;
        arrived += !is_lost;
    }
    for (uint32_t ms = 0; ms < VOICE_MS + 2000; ms += 10) {
        for (size_t i = 0; i < VOICE_FRAMES; i++) {
            for (size_t k = 0; k < 2; k++) {
                if (at[i][k] >= ms && at[i][k] < ms + 10) {
                    insert(f, v, i);
                }
            }
        }
        play(f);
    }
    return arrived;
}

/* --- the law -------------------------------------------------------------- */

static const path paths[] = {
    {0},
    {.lost = 50},
    {.lost = 300},
    {.lost = 600},
    {.jitter_ms = 150},
    {.lost = 100, .jitter_ms = 80},
    {.lost = 100, .dup = 300, .jitter_ms = 300},
    {.burst = 5},
    {.burst = 25},
    {.lost = 100, .dup = 100, .jitter_ms = 400, .burst = 10},
};

static size_t paths_count(void)
{
    return 4 * sizeof paths / sizeof paths[0];
}

/* Numbers passed: up to the last frame played, the rest of which was lost on
 * the way is in no counter, as nothing came after it to show it. */
static void law_row(size_t row)
{
    fixture f;
    const path *p = &paths[row / 4];
    setup(&f, (uint32_t)row + 1);
    const size_t arrived = run(&f, voice_get(WZP_REDUNDANCY_LBRR), p);

    const wzp__receiver_stats s = stats(&f);
    const uint64_t came = s.frames_played + s.rebuilt_copy + s.rebuilt_parity +
                          s.undecodable + s.dropped;
    assert_int_equal(s.rebuilt_lbrr + s.rebuilt_dred + s.concealed,
                     s.packets_lost);
    assert_int_equal(came + s.packets_late, arrived);
    assert_true(came + s.packets_lost <= VOICE_FRAMES);
    assert_true(came + s.packets_lost >= VOICE_FRAMES - 30);
    assert_int_equal(s.undecodable + s.malformed, 0);
    teardown(&f);
}
WZP_ROWS(receiver_has_each_number_in_one_counter, paths_count, law_row);

/* --- media time ----------------------------------------------------------- */

/* Through a clean path what is played is 20 ms of the sender's in 20 ms. */
WZP_TEST(receiver_tells_the_media_time_of_what_it_plays)
{
    fixture f;
    setup(&f, 1);
    const voice *v = voice_get(WZP_REDUNDANCY_NONE);
    size_t next = 0;
    int64_t last = -1;
    assert_int_equal(wzp__receiver_media_us(f.r), -1);
    for (int t = 0; t < 400; t++) {
        if (t % 2 == 0) {
            insert(&f, v, next++);
        }
        play(&f);
        const int64_t at = wzp__receiver_media_us(f.r);
        if (t > 100) {
            assert_int_equal(at - last, 10000);
        }
        last = at;
    }
    assert_in_range(last, (400 - 30) * 10000, 400 * 10000);
    teardown(&f);
}

/* The path gets 40 ms quicker at once: the delay is caught up by stretching,
 * and each sample taken out is media time passed. */
WZP_TEST(receiver_tells_the_media_time_through_stretching)
{
    fixture f;
    setup(&f, 1);
    const voice *v = voice_get(WZP_REDUNDANCY_NONE);
    size_t next = 0;
    int64_t begin = 0;
    uint64_t shorter = 0;
    for (int t = 0; t < 550; t++) {
        if (t % 2 == 0) {
            insert(&f, v, next++);
            if (t == 200) { /* those that were on the way */
                insert(&f, v, next++);
                insert(&f, v, next++);
            }
        }
        play(&f);
        if (t == 190) {
            begin = wzp__receiver_media_us(f.r);
            shorter = stats(&f).shorter_ms - stats(&f).longer_ms;
        }
    }
    const int64_t passed = wzp__receiver_media_us(f.r) - begin;
    shorter = stats(&f).shorter_ms - stats(&f).longer_ms - shorter;

    assert_true(shorter >= 20);
    assert_in_range(passed, (int64_t)(3590 + shorter - 2) * 1000,
                    (int64_t)(3590 + shorter + 2) * 1000);
    assert_int_equal(stats(&f).bridged_ms + stats(&f).dropped, 0);
    teardown(&f);
}

WZP_TEST(receiver_has_no_media_time_while_the_sender_is_silent)
{
    fixture f;
    setup(&f, 1);
    const voice *v = voice_get(WZP_REDUNDANCY_NONE);
    for (size_t i = 0; i < 50; i++) {
        insert(&f, v, i);
        play(&f);
        play(&f);
    }
    assert_true(wzp__receiver_media_us(f.r) > 0);

    for (int t = 0; t < 100; t++) {
        play(&f);
    }

    assert_int_equal(wzp__receiver_media_us(f.r), -1);
    teardown(&f);
}

/* --- reports -------------------------------------------------------------- */

WZP_TEST(receiver_reports_a_clean_path_as_clean)
{
    fixture f;
    setup(&f, 1);
    run(&f, voice_get(WZP_REDUNDANCY_NONE), &(path){0});

    wzp_receiver_report p;
    wzp__receiver_report(f.r, f.now, &p);

    assert_int_equal(p.expected, VOICE_FRAMES);
    assert_int_equal(p.highest_seq, VOICE_FRAMES - 1);
    assert_int_equal(p.lost, 0);
    assert_int_equal(p.late, 0);
    assert_int_equal(p.loss_after_permille, 0);
    assert_in_range(p.rate_kbps, 10, 40);
    teardown(&f);
}

WZP_TEST(receiver_reports_what_the_path_lost_and_what_is_left_after_repair)
{
    fixture f;
    setup(&f, 3);
    const size_t arrived =
        run(&f, voice_get(WZP_REDUNDANCY_LBRR), &(path){.lost = 100});

    wzp_receiver_report p;
    wzp__receiver_report(f.r, f.now, &p);

    assert_int_equal(p.expected - p.lost, arrived);
    assert_in_range(p.lost, VOICE_FRAMES * 5 / 100, VOICE_FRAMES * 15 / 100);
    assert_true(p.loss_after_permille < 1000u * p.lost / p.expected / 2);
    teardown(&f);
}

WZP_TEST(receiver_reports_each_loss_once)
{
    fixture f;
    setup(&f, 3);
    wzp_receiver_report p;
    run(&f, voice_get(WZP_REDUNDANCY_NONE), &(path){.lost = 100});
    wzp__receiver_report(f.r, f.now, &p);
    assert_true(p.lost > 0 && p.loss_after_permille > 0 && p.rate_kbps > 0);

    f.now += WZP_S;
    wzp__receiver_report(f.r, f.now, &p);

    assert_int_equal(p.expected, 0);
    assert_int_equal(p.lost, 0);
    assert_int_equal(p.late, 0);
    assert_int_equal(p.rate_kbps, 0);
    assert_int_equal(p.loss_after_permille, 0);
    assert_true(p.highest_seq > VOICE_FRAMES - 10); /* stays */
    teardown(&f);
}

/* Told lost when the report was made, come since: no loss below none. */
WZP_TEST(receiver_reports_a_reordered_packet_as_no_loss_twice)
{
    fixture f;
    setup(&f, 1);
    const voice *v = voice_get(WZP_REDUNDANCY_NONE);
    wzp_receiver_report p;
    insert(&f, v, 0);
    insert(&f, v, 2);
    wzp__receiver_report(f.r, f.now, &p);
    assert_int_equal(p.lost, 1);

    insert(&f, v, 1);
    insert(&f, v, 3);
    wzp__receiver_report(f.r, f.now + WZP_S, &p);

    assert_int_equal(p.expected, 1);
    assert_int_equal(p.lost, 0);
    teardown(&f);
}

/* The key for it came after that for the next ones. */
WZP_TEST(receiver_reports_no_loss_where_the_first_packet_comes_last)
{
    fixture f;
    setup(&f, 1);
    const voice *v = voice_get(WZP_REDUNDANCY_NONE);
    wzp_receiver_report p;
    const size_t order[] = {3, 4, 1, 0, 2, 2, 5};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        insert(&f, v, order[i]);
    }

    wzp__receiver_report(f.r, f.now + WZP_S, &p);

    assert_int_equal(p.expected, 6);
    assert_int_equal(p.lost, 0);
    teardown(&f);
}

WZP_TEST(receiver_reports_over_the_wrap_of_the_numbers)
{
    fixture f;
    setup(&f, 1);
    const voice *v = voice_get(WZP_REDUNDANCY_NONE);
    for (uint32_t i = 0; i < 20; i++) {
        const wzp_media_hdr hdr = voice_hdr((uint16_t)(65530 + i), 20 * i);
        ASSERT_OK(wzp__receiver_insert(f.r, f.now, &hdr, WZP_FORM_FRAME,
                                       v->data[i], v->len[i]));
    }

    wzp_receiver_report p;
    wzp__receiver_report(f.r, f.now + WZP_S, &p);

    assert_int_equal(p.expected, 20);
    assert_int_equal(p.lost, 0);
    assert_int_equal(p.highest_seq, 13);
    teardown(&f);
}
