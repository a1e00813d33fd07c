/* SPDX-License-Identifier: MIT */
/* Sound in an engine: a device with a clock of its own and how much is kept
 * ready for it, what is told of devices, the capture chain, recording. Ticked
 * devices are in engine_test.c.
 */
#include "client/small_call.h"

/* --- a device with a clock ------------------------------------------------ */

enum { NOTES = 8, ECHO = 4 /* blocks late */ };

typedef struct clocked {
    wzp_audio_port *port;
    int starts, stops;
    wzp_err refuses;   /* to start */
    bool is_deaf;      /* does not run */
    bool is_quiet;     /* nobody speaks */
    wzp_tstamp period; /* of its clock, for a block */
    wzp_tstamp at;
    size_t block;         /* samples at once */
    wzp_tstamp speech_at; /* the friend's next frame */
    size_t missed, blocks;
    size_t waiting;   /* samples of before, when it was started */
    bool is_counting; /* what is missed */
    wzp_audio_note notes[NOTES];
    size_t n_notes;
    bool is_echoing;           /* records what it plays, later and quieter */
    bool tells_nothing_played; /* a device that keeps that to itself */
    int16_t room[ECHO][SC_TICK];
    size_t room_at;
    /* the recorder */
    char path[64];
    bool is_recording;
    size_t recorded;
    bool is_loud;     /* something else than silence was recorded */
    int loudest;      /* sample recorded, since a test reset it */
    size_t breaks_at; /* samples; 0: never */
} clocked;

static clocked dev;

static wzp_err dev_start(void *user, wzp_audio_port *port)
{
    clocked *d = user;
    if (d->refuses != WZP_OK) {
        return d->refuses;
    }
    d->starts++;
    d->port = port;
    d->waiting =
        wzp__ring_level(&port->playout) + wzp__ring_level(&port->capture);
    return WZP_OK;
}

static void dev_stop(void *user)
{
    clocked *d = user;
    d->port = NULL;
    d->stops++;
}

static bool dev_poll(void *user, wzp_audio_note *out)
{
    clocked *d = user;
    if (d->n_notes == 0) {
        return false;
    }
    *out = d->notes[0];
    memmove(d->notes, d->notes + 1, --d->n_notes * sizeof *d->notes);
    return true;
}

static void tell(wzp_audio_event what, const char *output)
{
    wzp_audio_note *n = &dev.notes[dev.n_notes++];
    memset(n, 0, sizeof *n);
    n->what = what;
    strcpy(n->output, output);
}

static wzp_err rec_begin(void *user, const char *path)
{
    clocked *d = user;
    if (strcmp(path, "refused") == 0) {
        return WZP_ERR_IO;
    }
    strcpy(d->path, path);
    d->is_recording = true;
    return WZP_OK;
}

static wzp_err rec_write(void *user, const int16_t *pcm, size_t n)
{
    clocked *d = user;
    assert_true(d->is_recording);
    assert_int_equal(n, SC_TICK);
    for (size_t i = 0; i < n; i++) {
        d->is_loud |= pcm[i] != 0;
        d->loudest = pcm[i] > d->loudest ? pcm[i] : d->loudest;
    }
    d->recorded += n;
    return d->breaks_at != 0 && d->recorded >= d->breaks_at ? WZP_ERR_IO
                                                            : WZP_OK;
}

static wzp_err rec_end(void *user)
{
    ((clocked *)user)->is_recording = false;
    return WZP_OK;
}

/* In a room with a friend, with this device, which begins now. */
static sc *call_with(size_t block, int ppm)
{
    sc *c = sc_new();
    wzp_engine_config cfg = sc_config(c);
    memset(&dev, 0, sizeof dev);
    dev.block = block;
    dev.period =
        (wzp_tstamp)((int64_t)block * 1000000 / 48 * (1000000 - ppm) / 1000000);
    cfg.audio = (wzp_audio_io){.size = sizeof cfg.audio,
                               .start = dev_start,
                               .stop = dev_stop,
                               .poll = dev_poll,
                               .user = &dev};
    cfg.recorder = (wzp_audio_recorder){.size = sizeof cfg.recorder,
                                        .begin = rec_begin,
                                        .write = rec_write,
                                        .end = rec_end,
                                        .user = &dev};
    wzp_engine_free(c->e);
    ASSERT_OK(wzp_engine_new(&c->e, &cfg, c->w->now));
    sc_add_friend(c);
    sc_join(c);
    assert_non_null(dev.port);
    dev.at = dev.speech_at = c->w->now;
    return c;
}

/* What was played comes back. */
static void echo(int16_t *pcm)
{
    int16_t *late = dev.room[dev.room_at];
    for (size_t i = 0; i < SC_TICK; i++) {
        const int16_t played = pcm[i];
        pcm[i] = late[i] / 2;
        late[i] = played;
    }
    dev.room_at = (dev.room_at + 1) % ECHO;
    while (dev.tells_nothing_played && wzp__ring_level(&dev.port->played) > 0) {
        int16_t far[SC_TICK];
        const size_t n = wzp__ring_read(&dev.port->played, far, SC_TICK);
        assert_true(n > 0);
    }
}

static void device_block(void)
{
    static int16_t pcm[9600];
    const size_t real = wzp_audio_playout(dev.port, pcm, dev.block);
    dev.missed += dev.is_counting ? dev.block - real : 0;
    if (dev.is_echoing) {
        echo(pcm);
    }
    for (size_t i = 0; !dev.is_echoing && i < dev.block; i++) {
        pcm[i] = dev.is_quiet ? 0 : (int16_t)(i % 101 * 60);
    }
    const size_t taken = wzp_audio_capture(dev.port, pcm, dev.block);
    assert_int_equal(taken, dev.block);
    dev.blocks++;
}

/* lag: the engine is run so long after the device took something; it is woken
 * where lag is not WZP_NEVER. */
static void run(sc *c, wzp_tstamp duration, wzp_tstamp lag)
{
    const wzp_tstamp end = c->w->now + duration;
    while (dev.at <= end) {
        if (dev.at > c->w->now) {
            sc_run(c, dev.at - c->w->now);
        }
        if (!dev.is_deaf) {
            device_block();
        }
        dev.at += dev.period;
        if (lag != WZP_NEVER) {
            sc_run(c, lag);
            sc_wake(c);
        }
    }
    sc_run(c, end - c->w->now);
}

WZP_TEST(engine_keeps_no_more_ready_than_a_device_takes_at_once)
{
    sc *c = call_with(SC_TICK, 0);
    run(c, WZP_S, WZP_MS);
    dev.is_counting = true;

    run(c, 60 * WZP_S, WZP_MS);

    assert_int_equal(dev.missed, 0);
    assert_true(wzp__ring_level(&dev.port->playout) <= SC_TICK);
    assert_int_equal(sc_stats(c).capture_overflow, 0);
    sc_free(c);
}

/* A second of a clock that is 500 ppm off is half a millisecond: in ten minutes
 * it is a third of a second, which no ring holds. */
static void skewed(int ppm)
{
    sc *c = call_with(SC_TICK, ppm);
    run(c, WZP_S, WZP_MS);
    dev.is_counting = true;
    const wzp_client_stats before = sc_stats(c);

    run(c, 600 * WZP_S, WZP_MS);

    const wzp_client_stats s = sc_stats(c);
    assert_int_equal(dev.missed, 0);
    assert_int_equal(s.capture_overflow, 0);
    assert_true(wzp__ring_level(&dev.port->playout) <= 2 * SC_TICK);
    assert_in_range((s.frames_captured - before.frames_captured) * 2 + 2,
                    600 * 100 - 100, 600 * 100 + 100);
    sc_free(c);
}

WZP_TEST(engine_follows_a_device_whose_clock_is_fast)
{
    skewed(500);
}

WZP_TEST(engine_follows_a_device_whose_clock_is_slow)
{
    skewed(-500);
}

WZP_TEST(engine_keeps_more_ready_for_a_device_that_takes_much_at_once)
{
    sc *c = call_with(1500, 0);
    run(c, WZP_S, WZP_MS);
    dev.is_counting = true;

    run(c, 10 * WZP_S, WZP_MS);

    assert_int_equal(dev.missed, 0);
    assert_in_range(wzp__ring_level(&dev.port->playout), 1500,
                    1500 + 2 * SC_TICK);
    sc_free(c);
}

/* Nobody wakes it: 10 ms between two looks. */
WZP_TEST(engine_that_is_not_woken_learns_to_keep_more_ready)
{
    sc *c = call_with(SC_TICK, 300);
    run(c, 5 * WZP_S, WZP_NEVER);
    dev.is_counting = true;

    run(c, 60 * WZP_S, WZP_NEVER);

    /* One block missing now and then, until it has learnt. */
    assert_true(dev.missed <= 3 * SC_TICK);
    assert_in_range(wzp__ring_level(&dev.port->playout), 1, 5 * SC_TICK);
    sc_free(c);
}

WZP_TEST(engine_goes_on_mixing_for_a_device_that_does_not_play)
{
    sc *c = call_with(SC_TICK, 0);
    run(c, WZP_S, WZP_MS);
    dev.is_deaf = true;
    const wzp_client_stats before = sc_stats(c);

    size_t sealed = 0;
    for (int i = 0; i < 100; i++) {
        sealed += sc_friend_speaks(c);
        run(c, 20 * WZP_MS, WZP_NEVER);
    }

    /* The friend's frames were not kept for later. */
    const wzp_client_stats s = sc_stats(c);
    assert_true(sealed > 90);
    assert_true(s.frames_played - before.frames_played > sealed - 20);
    assert_true(wzp__ring_level(&dev.port->playout) <= 2 * SC_TICK);
    sc_free(c);
}

/* The friend speaks, and the device takes so many blocks at one go; the engine
 * is woken after each. */
static void talk(sc *c, wzp_tstamp duration, size_t pieces)
{
    const wzp_tstamp end = c->w->now + duration;
    while (c->w->now < end) {
        const wzp_tstamp at = dev.speech_at < dev.at ? dev.speech_at : dev.at;
        sc_run(c, at > c->w->now ? at - c->w->now : 0);
        if (at == dev.speech_at) {
            const bool is_sealed = sc_friend_speaks(c);
            (void)is_sealed; /* nobody has a key at first */
            dev.speech_at += 20 * WZP_MS;
            continue;
        }
        for (size_t i = 0; i < pieces; i++) {
            if (!dev.is_deaf) {
                device_block();
            }
            sc_run(c, WZP_MS / 5);
            sc_wake(c);
        }
        dev.at += pieces * dev.period;
    }
}

/* Packets come as evenly as they were sent: nothing is missing, stretched or
 * waited for, however much the device takes at once. */
static void plays_evenly(size_t block, size_t pieces)
{
    sc *c = call_with(block, 0);
    talk(c, 5 * WZP_S, pieces);
    const wzp_client_stats before = sc_stats(c);

    talk(c, 20 * WZP_S, pieces);

    const wzp_client_stats s = sc_stats(c);
    assert_in_range(s.frames_played - before.frames_played, 990, 1010);
    assert_int_equal(s.underruns - before.underruns, 0);
    assert_int_equal(s.bridged_ms - before.bridged_ms, 0);
    assert_true(s.longer_ms - before.longer_ms <= 40);
    assert_true(s.shorter_ms - before.shorter_ms <= 40);
    assert_true(s.playout_delay_ms <= 20);
    sc_free(c);
}

WZP_TEST(engine_plays_evenly_on_a_device_that_takes_21_ms_at_once)
{
    plays_evenly(1024, 1);
}

WZP_TEST(engine_plays_evenly_on_a_device_that_takes_100_ms_at_once)
{
    plays_evenly(4800, 1);
}

WZP_TEST(engine_plays_evenly_on_a_device_that_takes_200_ms_at_once)
{
    plays_evenly(9600, 1);
}

WZP_TEST(engine_plays_evenly_on_a_device_that_takes_five_blocks_in_a_row)
{
    plays_evenly(SC_TICK, 5);
}

/* For three seconds, in which the voices go on. Once, what it takes ahead has
 * to be bridged. */
WZP_TEST(engine_plays_evenly_again_on_a_device_that_stood_still)
{
    sc *c = call_with(4800, 0);
    talk(c, 5 * WZP_S, 1);
    dev.is_deaf = true;
    talk(c, 3 * WZP_S, 1);
    const wzp_client_stats before = sc_stats(c);
    dev.is_deaf = false;

    talk(c, 5 * WZP_S, 1);

    const wzp_client_stats s = sc_stats(c);
    assert_in_range(s.frames_played - before.frames_played, 244, 252);
    assert_true(s.underruns - before.underruns <= 1);
    assert_true(s.bridged_ms - before.bridged_ms <= 100);
    assert_true(s.longer_ms - before.longer_ms <= 20);
    assert_true(s.shorter_ms - before.shorter_ms <= 20);
    sc_free(c);
}

WZP_TEST(engine_bears_a_device_that_takes_more_than_the_rings_hold)
{
    sc *c = call_with(20000, 0);

    for (int i = 0; i < 3; i++) {
        static int16_t pcm[20000];
        const size_t real = wzp_audio_playout(dev.port, pcm, 20000);
        sc_wake(c);
        sc_run(c, dev.period);
        assert_true(real < 20000);
    }

    assert_true(wzp__ring_level(&dev.port->playout) > 9600);
    sc_free(c);
}

/* --- what is told of devices ---------------------------------------------- */

static const wzp_client_event *last_audio(const sc *c)
{
    const wzp_client_event *ev = NULL;
    for (size_t i = 0; i < c->n_events; i++) {
        ev = c->events[i].kind == WZP_EVENT_AUDIO ? &c->events[i] : ev;
    }
    return ev;
}

WZP_TEST(engine_tells_what_happens_to_devices_and_counts_the_losses)
{
    sc *c = call_with(SC_TICK, 0);

    tell(WZP_AUDIO_STARTED, "speaker");
    run(c, WZP_S, WZP_MS);
    assert_int_equal(sc_count(c, WZP_EVENT_AUDIO), 1);
    assert_string_equal(last_audio(c)->u.audio.output, "speaker");
    tell(WZP_AUDIO_LOST, "speaker");
    tell(WZP_AUDIO_STARTED, "headset");
    run(c, WZP_S, WZP_MS);

    assert_int_equal(sc_count(c, WZP_EVENT_AUDIO), 3);
    assert_int_equal(last_audio(c)->u.audio.what, WZP_AUDIO_STARTED);
    assert_string_equal(last_audio(c)->u.audio.output, "headset");
    assert_int_equal(sc_stats(c).device_restarts, 1);
    sc_free(c);
}

static wzp_err refuse_start(void *user, wzp_audio_port *port)
{
    (void)user;
    (void)port;
    return WZP_ERR_IO;
}

WZP_TEST(engine_tells_that_a_device_cannot_be_started)
{
    sc *c = sc_new();
    wzp_engine_config cfg = sc_config(c);
    cfg.audio.start = refuse_start;
    wzp_engine_free(c->e);
    ASSERT_OK(wzp_engine_new(&c->e, &cfg, c->w->now));

    sc_join(c);

    assert_int_equal(last_audio(c)->u.audio.what, WZP_AUDIO_FAILED);
    assert_int_equal(last_audio(c)->u.audio.why, WZP_ERR_IO);
    assert_int_equal(c->dev.ticks, 0);
    sc_free(c);
}

static void count_wake(void *user)
{
    (*(int *)user)++;
}

WZP_TEST(engine_passes_on_that_a_device_waits)
{
    sc *c = call_with(SC_TICK, 0);
    int woken = 0;

    wzp_engine_audio_wake(c->e, c->w->now, count_wake, &woken);
    device_block();
    assert_int_equal(woken, 2); /* played, recorded */

    wzp_engine_audio_wake(c->e, c->w->now, NULL, NULL);
    assert_null(dev.port); /* stopped: it cannot wake any more */
    sc_free(c);
    assert_int_equal(dev.stops, dev.starts); /* each start once */
}

WZP_TEST(engine_tells_that_a_device_cannot_be_started_again)
{
    sc *c = call_with(SC_TICK, 0);
    int woken = 0;
    ASSERT_OK(wzp_engine_record(c->e, c->w->now, "mine.wav"));

    dev.refuses = WZP_ERR_IO;
    wzp_engine_audio_wake(c->e, c->w->now, count_wake, &woken);
    sc_run(c, WZP_S);

    assert_int_equal(sc_count(c, WZP_EVENT_AUDIO), 3);
    assert_int_equal(last_audio(c)->u.audio.what, WZP_AUDIO_RECORDED);
    assert_false(dev.is_recording);
    assert_int_equal(dev.stops, 1);
    sc_free(c);
    assert_int_equal(dev.stops, 1); /* it does not run */
}

/* --- the capture chain ---------------------------------------------------- */

WZP_TEST(engine_switches_the_parts_of_the_capture_chain_while_it_runs)
{
    sc *c = call_with(SC_TICK, 0);
    wzp_client_stats s = sc_stats(c);
    assert_false(s.has_echo || s.has_denoise || s.has_gain);

    const wzp_capture_parts parts = {.echo = true, .gain = true, .vad = true};
    wzp_engine_capture_set(c->e, c->w->now, &parts);
    run(c, WZP_S, WZP_MS);

    s = sc_stats(c);
    assert_true(s.has_echo && s.has_gain && s.has_vad && !s.has_denoise);
    assert_true(s.capture_level_db < 40); /* it is not silent */
    sc_free(c);
}

/* The friend speaks, and the microphone hears the speaker. */
static wzp_client_stats echo_of(bool tells_nothing)
{
    sc *c = call_with(SC_TICK, 0);
    const wzp_capture_parts parts = {.echo = true, .vad = true};
    wzp_engine_capture_set(c->e, c->w->now, &parts);
    dev.is_echoing = true;
    dev.tells_nothing_played = tells_nothing;
    for (int i = 0; i < 600; i++) {
        const bool is_sealed = sc_friend_speaks(c);
        (void)is_sealed; /* nobody has a key at first */
        run(c, 20 * WZP_MS, WZP_MS);
    }
    const wzp_client_stats s = sc_stats(c);
    sc_free(c);
    return s;
}

WZP_TEST(engine_takes_the_echo_out_of_what_was_really_played)
{
    const wzp_client_stats s = echo_of(false);

    assert_true(s.frames_played > 500);
    assert_in_range(s.echo_delay_ms, 20, 60);
    assert_true(s.erle_db >= 15);
}

WZP_TEST(engine_that_is_not_told_what_was_played_leaves_the_echo)
{
    const wzp_client_stats s = echo_of(true);

    assert_true(s.frames_played > 500);
    assert_int_equal(s.echo_delay_ms, 0);
    assert_true(s.erle_db < 3);
}

/* --- recording ------------------------------------------------------------ */

WZP_TEST(engine_records_nothing_that_nobody_asked_for)
{
    sc *c = call_with(SC_TICK, 0);

    run(c, 10 * WZP_S, WZP_MS);

    assert_int_equal(dev.recorded, 0);
    assert_int_equal(sc_count(c, WZP_EVENT_AUDIO), 0);
    sc_free(c);
}

WZP_TEST(engine_records_the_microphone_from_the_command_until_the_next)
{
    sc *c = call_with(SC_TICK, 0);

    ASSERT_OK(wzp_engine_record(c->e, c->w->now, "mic.wav"));
    run(c, 10 * WZP_S, WZP_MS);
    assert_int_equal(last_audio(c)->u.audio.what, WZP_AUDIO_RECORDING);
    ASSERT_OK(wzp_engine_record(c->e, c->w->now, NULL));
    run(c, 5 * WZP_S, WZP_MS);

    assert_string_equal(dev.path, "mic.wav");
    assert_false(dev.is_recording);
    assert_true(dev.is_loud);
    assert_in_range(dev.recorded / SC_TICK, 998, 1002);
    assert_in_range(sc_stats(c).recorded_ms, 9980, 10020);
    assert_int_equal(last_audio(c)->u.audio.what, WZP_AUDIO_RECORDED);
    assert_int_equal(last_audio(c)->u.audio.why, WZP_OK);

    ASSERT_OK(wzp_engine_record(c->e, c->w->now, "next.wav"));
    run(c, WZP_S, WZP_MS);
    assert_in_range(sc_stats(c).recorded_ms, 980, 1020); /* of this one */
    sc_free(c);
}

WZP_TEST(engine_records_silence_while_muted)
{
    sc *c = call_with(SC_TICK, 0);
    wzp_engine_mute(c->e, c->w->now, true);
    run(c, WZP_S, WZP_MS);

    ASSERT_OK(wzp_engine_record(c->e, c->w->now, "mic.wav"));
    run(c, WZP_S, WZP_MS);

    assert_true(dev.recorded > 0);
    assert_false(dev.is_loud);
    sc_free(c);
}

enum { DOORS = 4, FAINT = 30 /* 45 dB below */ };

/* A device of blocks of 7 ms, so that half a block of ours is in the ring, and
 * with noise suppression two of ours in the chain. Somebody speaks until the
 * microphone is opened, and not after. */
static int said_behind_the_door(bool denoises, bool is_closed)
{
    sc *c = call_with(336, 0);
    const wzp_capture_parts parts = {.denoise = denoises};
    wzp_engine_capture_set(c->e, c->w->now, &parts);
    wzp_engine_mute(c->e, c->w->now, is_closed);
    run(c, 505 * WZP_MS, WZP_MS);
    assert_true(wzp__ring_level(&dev.port->capture) > 0);
    ASSERT_OK(wzp_engine_record(c->e, c->w->now, "mic.wav"));
    dev.is_quiet = true;

    wzp_engine_mute(c->e, c->w->now, false);
    run(c, 300 * WZP_MS, WZP_MS);

    assert_true(dev.recorded > 0);
    sc_free(c);
    return dev.loudest;
}

static void door_row(size_t row)
{
    const bool is_closed = row % 2 == 0;
    assert_int_equal(said_behind_the_door(row >= 2, is_closed) < FAINT,
                     is_closed);
}

static size_t doors_count(void)
{
    return DOORS;
}
WZP_ROWS(engine_lets_nothing_out_that_was_said_before_it_was_opened,
         doors_count, door_row);

/* What was said, and heard, in the room before. */
WZP_TEST(engine_begins_a_room_with_nothing_of_the_one_before)
{
    sc *c = call_with(SC_TICK, 0);
    const wzp_capture_parts parts = {.denoise = true};
    wzp_engine_capture_set(c->e, c->w->now, &parts);
    run(c, 500 * WZP_MS, WZP_MS);
    sc_talk(c, 20);
    wzp_audio_port *port = dev.port;
    assert_true(wzp__ring_level(&port->playout) > 0);
    wzp_engine_leave(c->e, c->w->now);
    sc_run(c, WZP_S);
    assert_null(dev.port);

    dev.is_quiet = true;
    sc_join(c);
    ASSERT_OK(wzp_engine_record(c->e, c->w->now, "mic.wav"));
    assert_ptr_equal(dev.port, port);
    assert_true(dev.waiting == 0);
    dev.at = c->w->now;
    run(c, 300 * WZP_MS, WZP_MS);

    assert_true(dev.recorded > 0);
    assert_true(dev.loudest < FAINT);
    sc_free(c);
}

WZP_TEST(engine_that_leaves_ends_the_recording)
{
    sc *c = call_with(SC_TICK, 0);
    ASSERT_OK(wzp_engine_record(c->e, c->w->now, "mic.wav"));

    wzp_engine_leave(c->e, c->w->now);
    sc_run(c, WZP_S);

    assert_false(dev.is_recording);
    assert_int_equal(last_audio(c)->u.audio.what, WZP_AUDIO_RECORDED);
    assert_int_equal(wzp_engine_record(c->e, c->w->now, "again.wav"),
                     WZP_ERR_STATE);
    sc_free(c);
}

WZP_TEST(engine_says_that_a_recording_broke)
{
    sc *c = call_with(SC_TICK, 0);
    dev.breaks_at = 50 * SC_TICK;
    ASSERT_OK(wzp_engine_record(c->e, c->w->now, "mic.wav"));

    run(c, 5 * WZP_S, WZP_MS);

    assert_false(dev.is_recording);
    assert_int_equal(last_audio(c)->u.audio.what, WZP_AUDIO_RECORDED);
    assert_int_equal(last_audio(c)->u.audio.why, WZP_ERR_IO);
    sc_free(c);
}

WZP_TEST(engine_that_cannot_begin_to_record_says_why)
{
    sc *c = call_with(SC_TICK, 0);

    assert_int_equal(wzp_engine_record(c->e, c->w->now, "refused"), WZP_ERR_IO);

    run(c, WZP_S, WZP_MS);
    assert_int_equal(dev.recorded, 0);
    assert_int_equal(sc_count(c, WZP_EVENT_AUDIO), 0);
    sc_free(c);
}
