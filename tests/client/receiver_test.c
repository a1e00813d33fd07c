/* SPDX-License-Identifier: MIT */
/* One remote voice, from packets to sound, in virtual time: each 10 ms what
 * has arrived by then is inserted and 10 ms are played. The real encoder has
 * spoken; a schedule says when each packet arrives.
 */
#include "voice/receiver.h"

#include "client/voice.h"

enum { TICK = WZP_AUDIO_TICK_SAMPLES, LOST = -1 };

typedef struct fixture {
    fake_mem m;
    wzp__receiver *r;
    const voice *voice;
    wzp_tstamp now;
    uint16_t seq0;
    uint32_t ts0;
    size_t gap_at;   /* before this frame the sender was silent … */
    uint32_t gap_ms; /* … for so long; seq goes on without a step */
    size_t silent;   /* ticks read as false, since the last reset by a test */
    size_t after;    /* ticks since the sender ended with sound */
    double rms;      /* of the last tick */
} fixture;

static void setup(fixture *f, wzp_redundancy redundancy)
{
    memset(f, 0, sizeof *f);
    f->voice = voice_get(redundancy);
    f->now = 100 * WZP_S;
    f->gap_at = VOICE_FRAMES;
    const wzp__receiver_config cfg = {.mem = fake_mem_table(&f->m),
                                      .playout_min_ms = 20,
                                      .playout_max_ms = 500};
    ASSERT_OK(wzp__receiver_new(&f->r, &cfg));
}

static void teardown(fixture *f)
{
    wzp__receiver_free(f->r);
    assert_int_equal(f->m.held, 0);
}

static wzp__receiver_stats stats(const fixture *f)
{
    wzp__receiver_stats out;
    wzp__receiver_stats_get(f->r, &out);
    return out;
}

/* Frame i was spoken so many ms after frame 0. */
static uint32_t spoken_ms(const fixture *f, size_t i)
{
    return 20 * (uint32_t)i + (i >= f->gap_at ? f->gap_ms : 0);
}

static wzp_err insert(fixture *f, size_t i)
{
    const wzp_media_hdr hdr =
        voice_hdr((uint16_t)(f->seq0 + i), f->ts0 + spoken_ms(f, i));
    return wzp__receiver_insert(f->r, f->now, &hdr, WZP_FORM_FRAME,
                                f->voice->data[i], f->voice->len[i]);
}

static void play_tick(fixture *f)
{
    int16_t pcm[TICK];
    bool any = wzp__receiver_read(f->r, f->now, pcm);
    f->rms = speech_rms(pcm, TICK);
    f->silent += !any;
    f->after = any ? f->after + 1 : f->after;
    if (!any) {
        assert_true(f->rms == 0.0);
    }
    f->now += 10 * WZP_MS;
}

/* Delay of frame i on its way, ms, or LOST. */
typedef int schedule(size_t i);

/* Speak frames 0 … n − 1 and play for as long as that takes. */
static void run(fixture *f, size_t n, schedule *delay)
{
    const wzp_tstamp start = f->now;
    const uint32_t ticks = spoken_ms(f, n) / 10;
    for (uint32_t t = 0; t < ticks; t++) {
        const int64_t ms = (int64_t)((f->now - start) / WZP_MS);
        for (size_t i = 0; i < n; i++) {
            const int d = delay(i);
            const int64_t due = (int64_t)spoken_ms(f, i) + d;
            if (d != LOST && due <= ms && due > ms - 10) {
                ASSERT_OK(insert(f, i));
            }
        }
        play_tick(f);
    }
}

/* The sender is gone; play on. */
static void play_out(fixture *f, uint32_t ms)
{
    f->silent = 0;
    f->after = 0;
    for (uint32_t t = 0; t < ms / 10; t++) {
        play_tick(f);
    }
}

/* --- schedules ------------------------------------------------------------ */

static int steady(size_t i)
{
    (void)i;
    return 40;
}

static int swapped(size_t i)
{
    return i % 2 == 0 ? 65 : 40; /* 0 and 1 arrive as 1, 0 */
}

static int tenth_lost(size_t i)
{
    return i % 10 == 5 ? LOST : 40;
}

static int straggler(size_t i)
{
    return i == 100 ? 640 : 40;
}

/* --- no loss -------------------------------------------------------------- */

WZP_TEST(receiver_plays_a_steady_voice_whole)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);

    run(&f, VOICE_FRAMES, steady);
    const size_t filling = f.silent;
    play_out(&f, 1000);

    const wzp__receiver_stats s = stats(&f);
    assert_int_equal(s.packets_received, VOICE_FRAMES - 2); /* 40 ms away */
    assert_int_equal(s.frames_played, VOICE_FRAMES - 2);
    assert_int_equal(s.packets_lost, 0);
    assert_int_equal(s.packets_late, 0);
    assert_int_equal(s.rebuilt_lbrr + s.rebuilt_dred, 0);
    assert_in_range(filling, 2, 12); /* the way, and the first delay */
    teardown(&f);
}

WZP_TEST(receiver_plays_what_was_said)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);

    run(&f, VOICE_FRAMES / 2, steady);
    double loudest = 0;
    for (int i = 0; i < 30; i++) { /* 300 ms have a syllable in them */
        ASSERT_OK(insert(&f, VOICE_FRAMES / 2 + (size_t)i / 2));
        play_tick(&f);
        loudest = f.rms > loudest ? f.rms : loudest;
    }

    assert_true(loudest > 500.0);
    teardown(&f);
}

WZP_TEST(receiver_puts_reordered_packets_in_order)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);

    run(&f, VOICE_FRAMES, swapped);

    const wzp__receiver_stats s = stats(&f);
    assert_int_equal(s.packets_lost, 0);
    assert_int_equal(s.packets_late, 0);
    assert_int_equal(s.packets_dup, 0);
    assert_true(s.frames_played > VOICE_FRAMES - 10);
    teardown(&f);
}

WZP_TEST(receiver_counts_double_packets_and_plays_each_once)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);

    for (size_t i = 0; i < 100; i++) {
        ASSERT_OK(insert(&f, i));
        ASSERT_OK(insert(&f, i));
        play_tick(&f);
        play_tick(&f);
    }
    play_out(&f, 500);

    const wzp__receiver_stats s = stats(&f);
    assert_int_equal(s.packets_dup, 100);
    assert_int_equal(s.packets_received, 200);
    assert_int_equal(s.frames_played, 100);
    assert_int_equal(s.packets_lost, 0);
    teardown(&f);
}

WZP_TEST(receiver_crosses_the_wrap_of_seq_and_timestamp)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);
    f.seq0 = 65400;
    f.ts0 = UINT32_MAX - 2990;

    run(&f, VOICE_FRAMES, steady);
    play_out(&f, 500);

    const wzp__receiver_stats s = stats(&f);
    assert_int_equal(s.frames_played, VOICE_FRAMES - 2);
    assert_int_equal(s.packets_lost, 0);
    assert_int_equal(s.packets_late, 0);
    assert_int_equal(s.packets_dup, 0);
    teardown(&f);
}

/* --- loss ----------------------------------------------------------------- */

WZP_TEST(receiver_rebuilds_single_losses_from_lbrr_and_counts_them)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_LBRR);

    run(&f, VOICE_FRAMES, tenth_lost);
    const wzp__receiver_stats s = stats(&f);

    /* The last one may not have been due. */
    assert_in_range(s.packets_lost, VOICE_FRAMES / 10 - 1, VOICE_FRAMES / 10);
    assert_int_equal(s.rebuilt_lbrr + s.concealed, s.packets_lost);
    assert_true(s.rebuilt_lbrr >
                s.packets_lost / 2); /* where there was voice */
    assert_int_equal(s.rebuilt_dred, 0);
    teardown(&f);
}

WZP_TEST(receiver_conceals_losses_of_a_voice_without_redundancy)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);

    run(&f, VOICE_FRAMES, tenth_lost);
    const wzp__receiver_stats s = stats(&f);

    /* The last one may not have been due. */
    assert_in_range(s.packets_lost, VOICE_FRAMES / 10 - 1, VOICE_FRAMES / 10);
    assert_int_equal(s.concealed, s.packets_lost);
    assert_int_equal(s.rebuilt_lbrr, 0);
    teardown(&f);
}

WZP_TEST(receiver_refuses_and_counts_a_packet_that_comes_too_late)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);

    run(&f, VOICE_FRAMES, straggler);

    const wzp__receiver_stats s = stats(&f);
    assert_int_equal(s.packets_late, 1);
    assert_int_equal(s.packets_lost, 1);
    teardown(&f);
}

/* --- silence is not loss -------------------------------------------------- */

WZP_TEST(receiver_does_not_count_a_pause_of_the_sender_as_loss)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);
    f.gap_at = 100;
    f.gap_ms = 2000;

    run(&f, VOICE_FRAMES, steady);
    play_out(&f, 500);

    const wzp__receiver_stats s = stats(&f);
    assert_int_equal(s.packets_lost, 0);
    assert_int_equal(s.packets_late, 0);
    assert_int_equal(s.frames_played, VOICE_FRAMES - 2);
    teardown(&f);
}

WZP_TEST(receiver_is_silent_during_a_pause_and_speaks_after_it)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);
    f.gap_at = 100;
    f.gap_ms = 2000;

    run(&f, 100, steady);
    play_out(&f, 2000); /* muted */
    const size_t heard = f.after;
    f.silent = 0;
    for (size_t i = 100; i < 200; i++) {
        ASSERT_OK(insert(&f, i));
        play_tick(&f);
        play_tick(&f);
    }

    /* What was held, then at most 120 ms of concealment, then nothing. */
    assert_true(heard <= (500 + 120) / 10);
    assert_true(f.silent <= 50); /* the delay is filled anew, at most so far */
    assert_int_equal(stats(&f).packets_lost, 0);
    assert_true(stats(&f).frames_played > 100 + 70);
    teardown(&f);
}

WZP_TEST(receiver_of_a_sender_that_went_away_ends_in_silence)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);
    run(&f, 200, steady);
    const wzp__receiver_stats before = stats(&f);

    play_out(&f, 3000);

    const wzp__receiver_stats s = stats(&f);
    const size_t held = (size_t)(s.frames_played - before.frames_played) * 2;
    assert_true(f.after <= held + 12 + 1);
    assert_true(s.bridged_ms - before.bridged_ms <= 120);
    assert_int_equal(s.concealed, before.concealed);
    assert_int_equal(s.packets_lost, 0);
    assert_true(f.rms == 0.0);
    teardown(&f);
}

WZP_TEST(receiver_bridges_anew_each_time_it_runs_dry)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);
    run(&f, 100, steady);
    play_out(&f, 1000);
    const uint64_t first = stats(&f).bridged_ms;
    f.gap_at = 100;
    f.gap_ms = 1000;
    for (size_t i = 100; i < 200; i++) {
        ASSERT_OK(insert(&f, i));
        play_tick(&f);
        play_tick(&f);
    }
    const uint64_t before = stats(&f).bridged_ms;

    play_out(&f, 1000);

    assert_true(first > 0);
    assert_true(stats(&f).bridged_ms > before);
    assert_true(stats(&f).bridged_ms <= before + 120);
    teardown(&f);
}

WZP_TEST(receiver_that_heard_nothing_is_silent)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);

    play_out(&f, 200);

    assert_int_equal(f.silent, 20);
    assert_int_equal(stats(&f).concealed, 0);
    teardown(&f);
}

/* --- what is not a frame -------------------------------------------------- */

WZP_TEST(receiver_refuses_what_is_no_frame_of_its_codec)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);
    const uint8_t junk[2000] = {0xff};
    wzp_media_hdr hdr = voice_hdr(1, 20);

    assert_int_equal(
        wzp__receiver_insert(f.r, f.now, &hdr, WZP_FORM_FRAME, junk, 0),
        WZP_ERR_CODEC_DATA);
    assert_int_equal(
        wzp__receiver_insert(f.r, f.now, &hdr, WZP_FORM_FRAME, junk, 1),
        WZP_ERR_CODEC_DATA);
    hdr.codec = 15;
    assert_int_equal(
        wzp__receiver_insert(f.r, f.now, &hdr, WZP_FORM_FRAME, junk, 40),
        WZP_ERR_CODEC_DATA);
    play_out(&f, 200);

    assert_int_equal(f.silent, 20);
    teardown(&f);
}

/* A member may send anything as Opus; it costs that member's sound only. */
WZP_TEST(receiver_survives_frames_of_random_bytes)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);
    uint32_t seed = 11;
    for (size_t i = 0; i < 400; i++) {
        uint8_t junk[200];
        fake_fill(&seed, junk, sizeof junk);
        junk[0] = (uint8_t)(junk[0] & 0xfc); /* one frame a packet */
        const wzp_media_hdr hdr = voice_hdr((uint16_t)i, 20 * (uint32_t)i);
        wzp_ignore(wzp__receiver_insert(f.r, f.now, &hdr, WZP_FORM_FRAME, junk,
                                        1 + fake_number(&seed) % 199),
                   "some are refused at once");
        play_tick(&f);
        play_tick(&f);
    }

    play_out(&f, 1000);

    assert_true(f.rms == 0.0);
    teardown(&f);
}

WZP_TEST(receiver_survives_a_codec_that_does_not_exist)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);
    const uint8_t data[8] = {0};
    for (size_t i = 0; i < 20; i++) {
        wzp_media_hdr hdr = voice_hdr((uint16_t)i, 20 * (uint32_t)i);
        hdr.codec = 9;
        wzp_ignore(wzp__receiver_insert(f.r, f.now, &hdr, WZP_FORM_FRAME, data,
                                        sizeof data),
                   "taken or refused");
        play_tick(&f);
        play_tick(&f);
    }

    play_out(&f, 1000);

    assert_int_equal(stats(&f).frames_played, 0);
    assert_true(f.rms == 0.0);
    teardown(&f);
}

/* As old clients are silent: a packet for every tenth frame. */
WZP_TEST(receiver_plays_comfort_noise_low_and_without_breaks_or_loss)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);
    const uint8_t level = 50; /* as they all say */
    for (uint32_t i = 0; i < 10; i++) {
        wzp_media_hdr hdr = voice_hdr((uint16_t)i, 200 * i);
        hdr.codec = WZP_CODEC_COMFORT_NOISE;
        ASSERT_OK(
            wzp__receiver_insert(f.r, f.now, &hdr, WZP_FORM_FRAME, &level, 1));
        for (int t = 0; t < 20; t++) {
            play_tick(&f);
            if (i > 0) {
                assert_true(f.rms > 15.0 && f.rms < 50.0); /* ± 50: 29 */
            }
        }
    }
    assert_int_equal(stats(&f).packets_lost, 0);
    assert_int_equal(stats(&f).concealed, 0);
    play_out(&f, 4000); /* and a sender that went away does not hiss on */
    assert_true(f.rms == 0.0);
    teardown(&f);
}

/* --- life and numbers ----------------------------------------------------- */

static const struct {
    uint32_t min_ms, max_ms;
} delays[] = {{20, 500}, {0, 0}, {100, 100}, {20, 40}, {200, 2000}, {0, 2000}};

static size_t delays_count(void)
{
    return sizeof delays / sizeof delays[0];
}

static void delay_row(size_t row)
{
    const wzp__receiver_config cfg = {.mem = wzp_mem_default(),
                                      .playout_min_ms = delays[row].min_ms,
                                      .playout_max_ms = delays[row].max_ms};
    wzp__receiver *r = NULL;
    ASSERT_OK(wzp__receiver_new(&r, &cfg));
    wzp__receiver_free(r);
}
WZP_ROWS(receiver_takes_every_delay_the_engine_takes, delays_count, delay_row);

WZP_TEST(receiver_knows_when_it_last_heard)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_NONE);
    ASSERT_OK(insert(&f, 0));
    const wzp_tstamp at = f.now;

    play_out(&f, 100);

    assert_int_equal(wzp__receiver_heard_at(f.r), at);
    teardown(&f);
}

WZP_TEST(receiver_allocates_nothing_per_packet)
{
    fixture f;
    setup(&f, WZP_REDUNDANCY_LBRR);
    const size_t calls = f.m.calls;

    run(&f, VOICE_FRAMES, tenth_lost);

    assert_int_equal(f.m.calls, calls);
    teardown(&f);
}

WZP_TEST(receiver_new_leaves_nothing_behind_at_the_nth_allocation)
{
    fake_mem m = {0};
    const wzp__receiver_config cfg = {
        .mem = fake_mem_table(&m), .playout_min_ms = 20, .playout_max_ms = 500};
    wzp_err e = WZP_ERR_NOMEM;
    for (size_t n = 1; e != WZP_OK; n++) {
        wzp__receiver *r = NULL;
        m.fail_at = m.calls + n;
        e = wzp__receiver_new(&r, &cfg);
        m.fail_at = 0;
        assert_true(e == WZP_OK || e == WZP_ERR_NOMEM);
        wzp__receiver_free(r);
        assert_int_equal(m.held, 0);
        assert_true(n < 50);
    }
}

WZP_TEST(receiver_stats_add_up_and_keep_the_larger_delay)
{
    const wzp__receiver_stats one = {.packets_received = 1,
                                     .packets_lost = 2,
                                     .packets_late = 3,
                                     .packets_dup = 4,
                                     .frames_played = 5,
                                     .rebuilt_lbrr = 6,
                                     .rebuilt_dred = 7,
                                     .concealed = 8,
                                     .underruns = 9,
                                     .playout_delay_ms = 60};
    wzp__receiver_stats sum = {.playout_delay_ms = 40};

    wzp__receiver_stats_add(&sum, &one);
    wzp__receiver_stats_add(&sum, &one);

    assert_int_equal(sum.packets_received, 2);
    assert_int_equal(sum.packets_lost, 4);
    assert_int_equal(sum.packets_late, 6);
    assert_int_equal(sum.packets_dup, 8);
    assert_int_equal(sum.frames_played, 10);
    assert_int_equal(sum.rebuilt_lbrr, 12);
    assert_int_equal(sum.rebuilt_dred, 14);
    assert_int_equal(sum.concealed, 16);
    assert_int_equal(sum.underruns, 18);
    assert_int_equal(sum.playout_delay_ms, 60);
}
