/* SPDX-License-Identifier: MIT */
/* The jitter buffer, driven by hand: arrivals and playout on one clock of
 * milliseconds.
 */
#include "memory.h"
#include "support/harness.h"

#include <wzp/proto/jitter.h>

#include <string.h>

enum { START = 100000 }; /* ms; the clock of the tests begins here */

static wzp_tstamp at(int64_t ms)
{
    return (wzp_tstamp)(START + ms) * WZP_MS;
}

static wzp_jitter *new_jitter(void)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_jitter *jb;
    assert_int_equal(wzp_jitter_new(&jb, &mem, NULL), WZP_OK);
    return jb;
}

/* Frame i of a stream of `ms` frames that began at seq0 and ts0. Its two bytes
 * are i. */
typedef struct stream {
    uint16_t seq0;
    uint32_t ts0;
    uint8_t ms;
} stream;

static wzp_err put_kind(wzp_jitter *jb, int64_t now, const stream *s,
                        unsigned i, bool is_repair)
{
    const uint8_t data[2] = {(uint8_t)(i >> 8), (uint8_t)i};
    const wzp_jitter_in in = {.seq = (uint16_t)(s->seq0 + i),
                              .timestamp = s->ts0 + i * s->ms,
                              .frame_ms = s->ms,
                              .is_repair = is_repair,
                              .data = data,
                              .len = sizeof data};
    return wzp_jitter_insert(jb, at(now), &in);
}

static wzp_err put(wzp_jitter *jb, int64_t now, const stream *s, unsigned i)
{
    return put_kind(jb, now, s, i, false);
}

static unsigned index_of(const wzp_jitter_frame *f)
{
    return (unsigned)(f->data.ptr[0] << 8 | f->data.ptr[1]);
}

static wzp_jitter_out next(wzp_jitter *jb, int64_t now)
{
    wzp_jitter_out out;
    wzp_jitter_next(jb, at(now), 20, &out);
    return out;
}

static wzp_jitter_stats stats(const wzp_jitter *jb)
{
    wzp_jitter_stats s = {.size = sizeof s};
    wzp_jitter_stats_get(jb, &s);
    return s;
}

static const stream PLAIN = {.seq0 = 100, .ts0 = 5000, .ms = 20};

/* --- the plain case --- */

WZP_TEST(jitter_waits_for_its_delay_then_plays_in_order)
{
    wzp_jitter *jb = new_jitter();
    assert_int_equal(next(jb, 0).result, WZP_JITTER_WAIT);
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(put(jb, 20 * i, &PLAIN, i), WZP_OK);
        const wzp_jitter_out out = next(jb, 20 * i);
        if (out.result == WZP_JITTER_WAIT) {
            assert_true(i < 4);
            assert_in_range(out.fill_ms, 1, 20);
            continue;
        }
        assert_int_equal(out.result, WZP_JITTER_FRAME);
        assert_int_equal(out.fill_ms, 20);
        assert_int_equal(stats(jb).delay_ms, stats(jb).depth_ms + 20 - 20);
    }
    const wzp_jitter_stats s = stats(jb);
    assert_int_equal(s.received, 200);
    assert_int_equal(s.lost + s.late + s.dup + s.underruns + s.expanded, 0);
    assert_int_equal(s.highest_seq, 299);
    wzp_jitter_free(jb);
}

WZP_TEST(jitter_puts_reordered_frames_in_order)
{
    static const unsigned order[] = {1, 0, 3, 2, 5, 4, 7, 6};
    wzp_jitter *jb = new_jitter();
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(put(jb, 20 * i + 20, &PLAIN, order[i]), WZP_OK);
    }
    for (unsigned i = 0; i < 8; i++) {
        const wzp_jitter_out out = next(jb, 80 + 20 * i);
        assert_int_equal(out.result, WZP_JITTER_FRAME);
        assert_int_equal(index_of(&out.frame), i);
    }
    wzp_jitter_free(jb);
}

/* --- what is refused --- */

/* Frames 0 … n−1 arrive in time; the first three are played. */
static wzp_jitter *playing(unsigned n)
{
    wzp_jitter *jb = new_jitter();
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(put(jb, 20 * i, &PLAIN, i), WZP_OK);
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(next(jb, 80 + 20 * i).result, WZP_JITTER_FRAME);
    }
    return jb;
}

WZP_TEST(jitter_late_packet_is_counted_and_dropped)
{
    wzp_jitter *jb = new_jitter();
    put(jb, 0, &PLAIN, 0);
    put(jb, 40, &PLAIN, 2);
    assert_int_equal(next(jb, 80).result, WZP_JITTER_FRAME);
    assert_int_equal(next(jb, 100).result, WZP_JITTER_HOLE);
    assert_int_equal(put(jb, 110, &PLAIN, 1), WZP_ERR_LATE);
    assert_int_equal(stats(jb).late, 1);
    assert_int_equal(stats(jb).lost, 1);
    wzp_jitter_free(jb);
}

WZP_TEST(jitter_duplicate_is_known_held_or_played)
{
    wzp_jitter *jb = playing(6);
    assert_int_equal(put(jb, 121, &PLAIN, 5), WZP_ERR_DUP);
    assert_int_equal(put(jb, 122, &PLAIN, 1), WZP_ERR_DUP);
    assert_int_equal(stats(jb).dup, 2);
    assert_int_equal(stats(jb).late, 0);
    wzp_jitter_free(jb);
}

WZP_TEST(jitter_full_keeps_what_it_holds)
{
    wzp_jitter *jb = playing(6);
    assert_int_equal(put_kind(jb, 130, &PLAIN, 3 + 63, true), WZP_OK);
    assert_int_equal(put_kind(jb, 131, &PLAIN, 3 + 64, true), WZP_ERR_FULL);
    assert_int_equal(stats(jb).full, 1);
    const wzp_jitter_out out = next(jb, 140);
    assert_int_equal(out.result, WZP_JITTER_FRAME);
    assert_int_equal(index_of(&out.frame), 3);
    wzp_jitter_free(jb);
}

WZP_TEST(jitter_refuses_frames_of_impossible_size)
{
    static const uint8_t data[WZP_FRAME_MAX + 1];
    wzp_jitter *jb = new_jitter();
    wzp_jitter_in in = {.frame_ms = 20, .data = data, .len = sizeof data};
    assert_int_equal(wzp_jitter_insert(jb, at(0), &in), WZP_ERR_OVERSIZE);
    in.len = WZP_FRAME_MAX;
    in.frame_ms = 0;
    assert_int_equal(wzp_jitter_insert(jb, at(0), &in), WZP_ERR_ARG);
    in.frame_ms = 121;
    assert_int_equal(wzp_jitter_insert(jb, at(0), &in), WZP_ERR_ARG);
    in.frame_ms = 120;
    assert_int_equal(wzp_jitter_insert(jb, at(0), &in), WZP_OK);
    in = (wzp_jitter_in){.seq = 1, .frame_ms = 20};
    assert_int_equal(wzp_jitter_insert(jb, at(0), &in), WZP_OK);
    wzp_jitter_free(jb);
}

/* --- loss --- */

WZP_TEST(jitter_hole_tells_how_far_the_next_frame_is)
{
    wzp_jitter *jb = new_jitter();
    put(jb, 0, &PLAIN, 0);
    put(jb, 60, &PLAIN, 3);
    put(jb, 80, &PLAIN, 4);
    assert_int_equal(next(jb, 80).result, WZP_JITTER_FRAME);
    for (unsigned i = 1; i <= 2; i++) {
        const wzp_jitter_out hole = next(jb, 80 + 20 * i);
        assert_int_equal(hole.result, WZP_JITTER_HOLE);
        assert_int_equal(hole.fill_ms, 20);
        assert_int_equal(hole.ahead, 3 - i);
        wzp_jitter_frame f;
        assert_true(wzp_jitter_peek(jb, 0, &f));
        assert_int_equal(index_of(&f), 3);
        assert_int_equal(f.seq - hole.seq, hole.ahead);
        assert_int_equal(f.timestamp - hole.timestamp, 20 * hole.ahead);
        assert_true(wzp_jitter_peek(jb, 1, &f));
        assert_int_equal(index_of(&f), 4);
        assert_false(wzp_jitter_peek(jb, 2, &f));
    }
    const wzp_jitter_out out = next(jb, 140);
    assert_int_equal(out.result, WZP_JITTER_FRAME);
    assert_int_equal(index_of(&out.frame), 3);
    wzp_jitter_free(jb);
}

WZP_TEST(jitter_repair_fills_the_hole)
{
    wzp_jitter *jb = new_jitter();
    put(jb, 0, &PLAIN, 0);
    put(jb, 40, &PLAIN, 2);
    const wzp_jitter_in repair = {.seq = 101,
                                  .timestamp = 5020,
                                  .frame_ms = 20,
                                  .is_repair = true,
                                  .data = (const uint8_t *)"\0\1",
                                  .len = 2};
    const uint32_t target = stats(jb).target_ms;
    assert_int_equal(wzp_jitter_insert(jb, at(90), &repair), WZP_OK);
    assert_int_equal(stats(jb).target_ms, target); /* no word on the delay */
    for (unsigned i = 0; i < 3; i++) {
        const wzp_jitter_out out = next(jb, 91 + 20 * i);
        assert_int_equal(out.result, WZP_JITTER_FRAME);
        assert_int_equal(index_of(&out.frame), i);
        assert_int_equal(out.frame.is_repair, i == 1);
    }
    assert_int_equal(wzp_jitter_insert(jb, at(150), &repair), WZP_ERR_DUP);
    wzp_jitter_free(jb);
}

WZP_TEST(jitter_repair_does_not_begin_a_stream_and_must_fit_it)
{
    wzp_jitter *jb = new_jitter();
    wzp_jitter_in repair = {
        .seq = 99, .timestamp = 4980, .frame_ms = 20, .is_repair = true};
    assert_int_equal(wzp_jitter_insert(jb, at(0), &repair), WZP_ERR_LATE);
    assert_int_equal(next(jb, 5000).result, WZP_JITTER_WAIT);
    assert_int_equal(put(jb, 5000, &PLAIN, 0), WZP_OK);
    assert_int_equal(wzp_jitter_insert(jb, at(5000), &repair), WZP_OK);
    for (uint16_t i = 0; i < 5; i++) {
        repair.seq = (uint16_t)(105 + i);
        repair.timestamp = 900000000;
        assert_int_equal(wzp_jitter_insert(jb, at(5000), &repair),
                         WZP_ERR_LATE);
    }
    assert_int_equal(stats(jb).late, 0);
    assert_int_equal(stats(jb).restarts, 0);
    assert_int_equal(next(jb, 5060).result, WZP_JITTER_FRAME);
    wzp_jitter_free(jb);
}

/* --- silence and underrun --- */

WZP_TEST(jitter_silence_is_no_loss)
{
    wzp_jitter *jb = playing(6);
    for (unsigned i = 3; i < 6; i++) {
        assert_int_equal(next(jb, 80 + 20 * i).result, WZP_JITTER_FRAME);
    }
    for (int64_t t = 200; t < 1000; t += 20) {
        assert_int_equal(next(jb, t).result, WZP_JITTER_EMPTY);
    }
    /* One second on: the next number, its timestamp after the silence. */
    const stream later = {.seq0 = 100, .ts0 = 5000 + 880, .ms = 20};
    assert_int_equal(put(jb, 1000, &later, 6), WZP_OK);
    unsigned silent = 0;
    int64_t t = 1000;
    while (next(jb, t).result == WZP_JITTER_SILENCE) {
        silent++;
        t += 20;
    }
    assert_in_range(silent, 1, 3);
    const wzp_jitter_stats s = stats(jb);
    assert_int_equal(s.lost, 0);
    assert_int_equal(s.underruns, 0);
    assert_int_equal(s.played, 7);
    wzp_jitter_free(jb);
}

WZP_TEST(jitter_underrun_does_not_run_ahead)
{
    wzp_jitter *jb = playing(3);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(next(jb, 140 + 20 * i).result, WZP_JITTER_EMPTY);
    }
    /* The frames were late, not lost: they are played, none is passed over. */
    for (unsigned i = 3; i < 8; i++) {
        assert_int_equal(put(jb, 340, &PLAIN, i), WZP_OK);
    }
    const wzp_jitter_out out = next(jb, 340);
    assert_int_equal(out.result, WZP_JITTER_FRAME);
    assert_true(index_of(&out.frame) >= 3);
    assert_int_equal(stats(jb).lost, 0);
    assert_int_equal(stats(jb).underruns, 1);
    wzp_jitter_free(jb);
}

/* A second of packets never comes: nothing is concealed a second time. */
WZP_TEST(jitter_resumes_at_once_after_an_outage)
{
    for (unsigned gap = 5; gap <= 500; gap *= 10) {
        wzp_jitter *jb = playing(3);
        int64_t t = 140;
        for (unsigned i = 3; i < 3 + gap; i++, t += 20) {
            assert_int_equal(next(jb, t).result, WZP_JITTER_EMPTY);
        }
        unsigned waited = 0;
        for (unsigned i = 3 + gap; i < 13 + gap; i++, t += 20) {
            assert_int_equal(put(jb, 20 * i, &PLAIN, i), WZP_OK);
            const wzp_jitter_out out = next(jb, t);
            waited += out.result != WZP_JITTER_FRAME;
        }
        assert_true(waited <= 4);
        assert_int_equal(stats(jb).lost, gap);
        assert_int_equal(stats(jb).underruns, 1);
        wzp_jitter_free(jb);
    }
}

/* --- numbers --- */

static const stream STREAMS[] = {
    {65530, UINT32_MAX - 100, 20}, {0, 0, 20},           {65535, 0, 40},
    {32760, 0x7FFFFFC0, 60},       {12, 0xFFFFFFFF, 10},
};

static size_t count_streams(void)
{
    return sizeof STREAMS / sizeof STREAMS[0];
}

static void run_stream(size_t row)
{
    const stream *s = &STREAMS[row];
    wzp_jitter *jb = new_jitter();
    unsigned played = 0;
    int64_t t = 0;
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(put(jb, (int64_t)i * s->ms, s, i), WZP_OK);
        while (t <= (int64_t)i * s->ms) {
            const wzp_jitter_out out = next(jb, t);
            t += out.fill_ms;
            if (out.result == WZP_JITTER_FRAME) {
                /* One may be dropped to come down from the first delay. */
                assert_in_range(index_of(&out.frame), played, played + 1);
                assert_int_equal(out.fill_ms, s->ms);
                played = index_of(&out.frame) + 1;
            } else {
                assert_int_equal(out.result, WZP_JITTER_WAIT);
            }
        }
    }
    assert_true(played > 285);
    wzp_jitter_free(jb);
}
WZP_ROWS(jitter_plays_streams_that_wrap_and_other_frame_lengths, count_streams,
         run_stream);

WZP_TEST(jitter_follows_a_switch_of_the_frame_length)
{
    wzp_jitter *jb = new_jitter();
    const stream wide = {.seq0 = 0, .ts0 = 0, .ms = 40};
    const stream tight = {.seq0 = 5, .ts0 = 200, .ms = 20};
    for (unsigned i = 0; i < 5; i++) {
        put(jb, 40 * i, &wide, i);
    }
    for (unsigned i = 1; i < 6; i++) { /* its first frame is lost */
        put(jb, 200 + 20 * i, &tight, i);
    }
    unsigned ms = 0;
    unsigned holes = 0;
    for (unsigned i = 0; i < 11; i++) {
        const wzp_jitter_out out = next(jb, 80 + ms);
        holes += out.result == WZP_JITTER_HOLE;
        ms += out.fill_ms;
    }
    assert_int_equal(holes, 1);
    assert_int_equal(ms, 5 * 40 + 6 * 20);
    wzp_jitter_free(jb);
}

WZP_TEST(jitter_restarts_with_its_sender)
{
    wzp_jitter *jb = playing(6);
    const stream again = {.seq0 = 40000, .ts0 = 900000000, .ms = 20};
    assert_int_equal(put(jb, 200, &again, 0), WZP_ERR_LATE);
    assert_int_equal(put(jb, 220, &again, 1), WZP_ERR_LATE);
    assert_int_equal(put(jb, 240, &again, 2), WZP_OK);
    assert_int_equal(stats(jb).restarts, 1);
    assert_int_equal(next(jb, 240).result, WZP_JITTER_WAIT);
    const wzp_jitter_out out = next(jb, 320);
    assert_int_equal(out.result, WZP_JITTER_FRAME);
    assert_int_equal(index_of(&out.frame), 2);
    wzp_jitter_free(jb);
}

WZP_TEST(jitter_is_not_restarted_by_single_strays)
{
    wzp_jitter *jb = playing(6);
    const stream stray = {.seq0 = 40000, .ts0 = 900000000, .ms = 20};
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(put(jb, 130 + 20 * i, &stray, 7 * i * i),
                         WZP_ERR_LATE);
        assert_int_equal(put(jb, 130 + 20 * i, &PLAIN, 6 + i), WZP_OK);
        next(jb, 140 + 20 * i);
    }
    assert_int_equal(stats(jb).restarts, 0);
    wzp_jitter_free(jb);
}

/* --- life --- */

WZP_TEST(jitter_configuration_is_checked)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_jitter *jb;
    wzp_jitter_config cfg;
    wzp_jitter_config_default(&cfg);
    cfg.slots = 7;
    assert_int_equal(wzp_jitter_new(&jb, &mem, &cfg), WZP_ERR_CONFIG);
    wzp_jitter_config_default(&cfg);
    cfg.min_delay_ms = 100;
    assert_int_equal(wzp_jitter_new(&jb, &mem, &cfg), WZP_ERR_CONFIG);
    wzp_jitter_config_default(&cfg);
    cfg.max_delay_ms = 2001;
    assert_int_equal(wzp_jitter_new(&jb, &mem, &cfg), WZP_ERR_CONFIG);
    /* An older caller knows the first two fields only. */
    wzp_jitter_config_default(&cfg);
    cfg.size = offsetof(wzp_jitter_config, max_delay_ms);
    cfg.min_delay_ms = 30;
    cfg.slots = 0;
    assert_int_equal(wzp_jitter_new(&jb, &mem, &cfg), WZP_OK);
    wzp_jitter_free(jb);
    wzp_jitter_free(NULL);
}

WZP_TEST(jitter_statistics_fill_an_older_struct_and_no_more)
{
    wzp_jitter *jb = playing(6);
    wzp_jitter_stats s;
    memset(&s, 0xAA, sizeof s);
    s.size = offsetof(wzp_jitter_stats, late);
    wzp_jitter_stats_get(jb, &s);
    assert_int_equal(s.received, 6);
    assert_int_equal(s.late, UINT64_C(0xAAAAAAAAAAAAAAAA));
    wzp_jitter_free(jb);
}

WZP_TEST(jitter_reset_forgets_the_stream_and_keeps_the_counts)
{
    wzp_jitter *jb = playing(6);
    wzp_jitter_reset(jb);
    wzp_jitter_frame f;
    assert_false(wzp_jitter_peek(jb, 0, &f));
    assert_int_equal(stats(jb).received, 6);
    assert_int_equal(stats(jb).depth_ms, 0);
    assert_int_equal(stats(jb).highest_seq, -1);
    assert_int_equal(next(jb, 200).result, WZP_JITTER_WAIT);
    wzp_jitter_free(jb);
}

static wzp_err make_jitter(const wzp_mem *mem)
{
    wzp_jitter *jb;
    WZP_TRY(wzp_jitter_new(&jb, mem, NULL));
    wzp_jitter_free(jb);
    return WZP_OK;
}

WZP_TEST(jitter_survives_every_failed_allocation)
{
    TEST_EVERY_ALLOCATION(make_jitter);
}

WZP_TEST(jitter_allocates_nothing_while_it_runs)
{
    test_memory m = {0};
    const wzp_mem mem = test_memory_mem(&m);
    wzp_jitter *jb;
    assert_int_equal(wzp_jitter_new(&jb, &mem, NULL), WZP_OK);
    const size_t calls = m.calls;
    for (unsigned i = 0; i < 1000; i++) {
        wzp_ignore(put(jb, 20 * i, &PLAIN, i), "any answer will do");
        next(jb, 20 * i);
    }
    assert_int_equal(m.calls, calls);
    wzp_jitter_free(jb);
    assert_int_equal(m.held, 0);
}
