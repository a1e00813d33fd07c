/* SPDX-License-Identifier: MIT */
/* The seams of a receiver's sound: where voice begins or ends, is concealed,
 * gives way to noise, comes back. A low tone has no edges of its own, so that
 * every edge in what is played (a large second difference) is a click.
 */
#include "client/voice.h"
#include "voice/receiver.h"

#include <math.h>

enum {
    TICK = WZP_AUDIO_TICK_SAMPLES,
    HEIGHT = 8000,
    CLICK = HEIGHT / 5, /* a cut at full height: 8000; the tone itself: 6; the
                           joints of libopus after concealing: up to 1200 */
    FRAMES = 400,
};

/* A tone, encoded once in every frame length that is asked for. */
typedef struct tone {
    uint8_t frame_ms;
    uint8_t data[FRAMES][WZP_FRAME_MAX];
    size_t len[FRAMES];
} tone;

static const tone *tone_get(uint8_t frame_ms)
{
    static tone held[4];
    tone *t = held;
    while (t->frame_ms != 0 && t->frame_ms != frame_ms) {
        t++;
    }
    if (t->frame_ms == frame_ms) {
        return t;
    }
    wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
    cfg.frame_ms = frame_ms;
    cfg.complexity = 2;
    wzp_encoder *enc;
    ASSERT_OK(wzp_encoder_new(&enc, &cfg));
    const size_t n = wzp_encoder_frame_samples(enc);
    for (size_t i = 0; i < FRAMES; i++) {
        int16_t pcm[WZP_PCM_MAX];
        for (size_t k = 0; k < n; k++) {
            const double at = (double)(i * n + k) / WZP_PCM_RATE;
            pcm[k] = (int16_t)(HEIGHT * sin(6.283185307179586 * 200 * at));
        }
        ASSERT_OK(wzp_encoder_encode(enc, pcm, n, t->data[i], WZP_FRAME_MAX,
                                     &t->len[i]));
    }
    wzp_encoder_free(enc);
    t->frame_ms = frame_ms;
    return t;
}

typedef struct fixture {
    wzp__receiver *r;
    wzp_tstamp now;
    uint16_t seq;
    uint32_t ts;
    int before[2]; /* samples */
    int edge;      /* the largest so far */
    int loudest;   /* of the last tick */
} fixture;

static void setup(fixture *f)
{
    const wzp__receiver_config cfg = {
        .mem = wzp_mem_default(), .playout_min_ms = 20, .playout_max_ms = 500};
    *f = (fixture){.now = 100 * WZP_S};
    ASSERT_OK(wzp__receiver_new(&f->r, &cfg));
}

static void note(fixture *f, const int16_t pcm[TICK])
{
    f->loudest = 0;
    for (size_t i = 0; i < TICK; i++) {
        const int edge = abs(pcm[i] - 2 * f->before[0] + f->before[1]);
        f->edge = edge > f->edge ? edge : f->edge;
        f->loudest = abs(pcm[i]) > f->loudest ? abs(pcm[i]) : f->loudest;
        f->before[1] = f->before[0];
        f->before[0] = pcm[i];
    }
}

static void play(fixture *f, unsigned ms)
{
    for (unsigned t = 0; t < ms / 10; t++) {
        int16_t pcm[TICK];
        (void)wzp__receiver_read(f->r, f->now, pcm);
        f->now += 10 * WZP_MS;
        note(f, pcm);
    }
}

static void send(fixture *f, wzp_codec_id codec, const uint8_t *data,
                 size_t len)
{
    const wzp_media_hdr hdr = {
        .codec = (uint8_t)codec, .seq = f->seq, .timestamp = f->ts};
    ASSERT_OK(
        wzp__receiver_insert(f->r, f->now, &hdr, WZP_FORM_FRAME, data, len));
}

/* Frames from … to − 1 of the tone, as they are spoken; lost in 1000. */
static void speak(fixture *f, const tone *t, size_t from, size_t to,
                  unsigned lost, uint32_t *seed)
{
    for (size_t i = from; i < to; i++) {
        if (lost == 0 || fake_number(seed) % 1000 >= lost) {
            send(f, WZP_CODEC_OPUS_24K, t->data[i], t->len[i]);
        }
        f->seq++;
        f->ts += t->frame_ms;
        play(f, t->frame_ms);
    }
}

static void send_noise(fixture *f, uint8_t level)
{
    send(f, WZP_CODEC_COMFORT_NOISE, &level, 1);
    f->seq++;
}

static void teardown(fixture *f)
{
    wzp__receiver_free(f->r);
}

/* The control: what a cut would look like. */
WZP_TEST(an_edge_is_seen_where_a_tick_of_the_tone_is_missing)
{
    fixture f;
    uint32_t seed = 1;
    setup(&f);
    const tone *t = tone_get(20);
    speak(&f, t, 0, 50, 0, &seed);
    assert_true(f.edge < CLICK);
    const int16_t nothing[TICK] = {0};

    for (int i = 0; i < 10; i++) { /* one of them is not at a zero crossing */
        note(&f, nothing);
        play(&f, 10);
        play(&f, 13);
        speak(&f, t, 50 + (size_t)i, 51 + (size_t)i, 0, &seed);
    }

    assert_true(f.edge > CLICK);
    teardown(&f);
}

static const uint8_t lengths[] = {10, 20, 40, 60};

static size_t lengths_count(void)
{
    return sizeof lengths;
}

static void begins_and_ends_row(size_t row)
{
    fixture f;
    uint32_t seed = 1;
    setup(&f);
    const tone *t = tone_get(lengths[row]);
    for (size_t i = 0; i < 5; i++) { /* comes, goes without a word, again */
        speak(&f, t, 20 * i, 20 * i + 20, 0, &seed);
        assert_true(f.loudest > HEIGHT / 2);
        play(&f, 1000);
        f.ts += 1000;
        assert_int_equal(f.loudest, 0);
    }
    assert_true(f.edge < CLICK);
    teardown(&f);
}
WZP_ROWS(receiver_begins_and_ends_without_a_click, lengths_count,
         begins_and_ends_row);

static void loses_row(size_t row)
{
    fixture f;
    uint32_t seed = 7;
    setup(&f);
    speak(&f, tone_get(lengths[row]), 0, FRAMES / 4, 0, &seed);
    speak(&f, tone_get(lengths[row]), FRAMES / 4, FRAMES, 100, &seed);
    assert_true(f.edge < CLICK);
    teardown(&f);
}
WZP_ROWS(receiver_conceals_without_a_click, lengths_count, loses_row);

WZP_TEST(receiver_passes_from_voice_to_noise_and_back_without_a_click)
{
    fixture f;
    uint32_t seed = 1;
    setup(&f);
    const tone *t = tone_get(20);
    for (size_t i = 0; i < 5; i++) {
        speak(&f, t, 20 * i, 20 * i + 20, 0, &seed);
        send_noise(&f, 60);
        play(&f, 500);
        f.ts += 500;
        assert_in_range(f.loudest, 10, 200);
        send_noise(&f, 30);
        play(&f, 510);
        f.ts += 510;
        assert_in_range(f.loudest, 5, 100);
    }
    assert_true(f.edge < CLICK);
    assert_int_equal(f.loudest != 0, 1);
    teardown(&f);
}

WZP_TEST(receiver_fades_from_a_deep_gap_to_the_noise_announced_before)
{
    fixture f;
    uint32_t seed = 1;
    setup(&f);
    const tone *t = tone_get(20);
    send_noise(&f, 60);
    f.ts += 100;
    play(&f, 100);
    speak(&f, t, 0, 50, 0, &seed);

    play(&f, 1000); /* the path is dead, or the sender */

    assert_in_range(f.loudest, 10, 200);
    play(&f, 4000);
    assert_int_equal(f.loudest, 0);
    f.ts += 5000;
    speak(&f, t, 50, 100, 0, &seed);
    assert_true(f.loudest > HEIGHT / 2);
    assert_true(f.edge < CLICK);
    teardown(&f);
}

WZP_TEST(receiver_follows_a_sender_that_changes_its_frame_length)
{
    fixture f;
    uint32_t seed = 1;
    setup(&f);
    uint64_t frames = 0;
    for (size_t i = 0; i < 8; i++) {
        const tone *t = tone_get(lengths[i % 4]);
        speak(&f, t, 0, 12, 0, &seed);
        frames += 12;
    }
    play(&f, 500);

    wzp__receiver_stats s;
    wzp__receiver_stats_get(f.r, &s);
    assert_int_equal(s.frames_played + s.dropped, frames);
    assert_int_equal(s.packets_lost, 0);
    teardown(&f);
}
