/* SPDX-License-Identifier: MIT */
/* What a receiver brings back, of the frames that were lost: from LBRR, DRED,
 * copies and parity; in time, and counted each by its own name.
 */
#include "client/voice.h"
#include "voice/packer.h"
#include "voice/receiver.h"

enum { TICK = WZP_AUDIO_TICK_SAMPLES, SECONDS = 20 };

typedef struct fixture {
    wzp__receiver *r;
    wzp_tstamp now;
    uint32_t seed;
    const int16_t *pcm;
} fixture;

static const int16_t *speech(void)
{
    static int16_t pcm[SECONDS * WZP_PCM_RATE];
    static bool is_made;
    if (!is_made) {
        speech_make(pcm, sizeof pcm / sizeof *pcm);
        speech_level(pcm, sizeof pcm / sizeof *pcm);
        is_made = true;
    }
    return pcm;
}

static void setup(fixture *f)
{
    const wzp__receiver_config cfg = {
        .mem = wzp_mem_default(), .playout_min_ms = 0, .playout_max_ms = 500};
    *f = (fixture){.now = 100 * WZP_S, .seed = 5, .pcm = speech()};
    ASSERT_OK(wzp__receiver_new(&f->r, &cfg));
}

static void teardown(fixture *f)
{
    wzp__receiver_free(f->r);
}

static void play(fixture *f, unsigned ms)
{
    for (unsigned t = 0; t < ms; t += 10) {
        int16_t pcm[TICK];
        (void)wzp__receiver_read(f->r, f->now, pcm);
        f->now += 10 * WZP_MS;
    }
}

/* Of packets: each of 1000 so many; or those of so many ms every 2 s. */
typedef struct loss {
    unsigned random, burst_ms;
} loss;

typedef struct stream {
    wzp_encoder *enc;
    wzp__packer packer;
    wzp_media_mode mode;
    uint32_t frames; /* spoken so far */
    uint32_t lost;   /* frames whose packet was */
} stream;

static void begin(stream *s, const wzp_media_mode *mode)
{
    wzp_encoder_config cfg = speech_config(mode->redundancy);
    *s = (stream){.mode = *mode};
    cfg.codec = mode->codec;
    cfg.frame_ms = mode->frame_ms;
    cfg.loss_pct = mode->loss_pct;
    cfg.complexity = 7;
    ASSERT_OK(wzp_encoder_new(&s->enc, &cfg));
    wzp__packer_init(&s->packer, mode);
}

static void speak(const fixture *f, stream *s)
{
    const size_t n = wzp_encoder_frame_samples(s->enc);
    size_t len;
    uint8_t *room = wzp__packer_room(&s->packer);
    ASSERT_OK(wzp_encoder_encode(s->enc, f->pcm + s->frames * n, n, room,
                                 WZP_FRAME_MAX, &len));
    const wzp__packer_frame frame = {.timestamp =
                                         s->frames++ * s->mode.frame_ms,
                                     .len = (uint16_t)len,
                                     .codec = (uint8_t)s->mode.codec,
                                     .frame_ms = s->mode.frame_ms};
    wzp__packer_put(&s->packer, f->now, &frame);
}

static void send(fixture *f, stream *s, loss l)
{
    wzp_tstamp at;
    while (wzp__packer_at(&s->packer, &at)) {
        wzp__packed p;
        ASSERT_OK(wzp__packer_get(&s->packer, &p));
        const uint32_t ms = s->frames * s->mode.frame_ms;
        const bool is_lost = ms > 1000 && ms < (SECONDS - 1) * 1000 &&
                             (fake_number(&f->seed) % 1000 < l.random ||
                              ms % 2000 >= 2000 - l.burst_ms);
        const unsigned n_new = p.form == WZP_FORM_FRAME    ? 1
                               : p.form == WZP_FORM_BUNDLE ? p.plain[1]
                                                           : 0;
        s->lost += is_lost ? n_new : 0;
        if (!is_lost) {
            ASSERT_OK(wzp__receiver_insert(f->r, f->now, &p.hdr, p.form,
                                           p.plain, p.len));
        }
        wzp__packer_sent(&s->packer);
    }
}

typedef struct result {
    wzp__receiver_stats s;
    wzp_receiver_report report;
    uint32_t lost; /* frames, on the way */
} result;

static uint64_t rebuilt(const result *r)
{
    return r->s.rebuilt_copy + r->s.rebuilt_parity + r->s.rebuilt_lbrr +
           r->s.rebuilt_dred;
}

static result run(const wzp_media_mode *mode, loss l)
{
    fixture f;
    stream s;
    result out;
    setup(&f);
    begin(&s, mode);
    while (s.frames < SECONDS * 1000u / mode->frame_ms) {
        speak(&f, &s);
        send(&f, &s, l);
        play(&f, mode->frame_ms);
    }
    play(&f, 2000);
    wzp__receiver_stats_get(f.r, &out.s);
    wzp__receiver_report(f.r, f.now, &out.report);
    out.lost = s.lost;
    const wzp__receiver_stats *c = &out.s;
    /* Each number is in one counter. */
    const uint64_t numbers = c->frames_played + c->rebuilt_copy +
                             c->rebuilt_parity + c->undecodable + c->dropped +
                             c->packets_lost;
    assert_int_equal(c->rebuilt_lbrr + c->rebuilt_dred + c->concealed,
                     c->packets_lost);
    assert_int_equal(numbers, s.frames);
    wzp_encoder_free(s.enc);
    teardown(&f);
    return out;
}

/* --- what is brought back ------------------------------------------------- */

#define OPUS(id, ms, red, news, olds)                                          \
    {                                                                          \
        .codec = WZP_CODEC_OPUS_##id, .frame_ms = ms,                          \
        .redundancy = WZP_REDUNDANCY_##red, .n_new = news, .n_old = olds       \
    }

/* At least so many of 1000 lost frames, by this means alone. What waits for
 * parity has lost the first ones while it learnt to. */
static const struct {
    const char *name;
    wzp_media_mode mode;
    loss l;
    unsigned least;
    size_t by; /* the counter */
} repairs[] = {
#define BY(c) offsetof(wzp__receiver_stats, c)
    {"dred 10 %", OPUS(24K, 20, DRED, 1, 0), {100, 0}, 950, BY(rebuilt_dred)},
    {"dred 30 %", OPUS(24K, 20, DRED, 1, 0), {300, 0}, 950, BY(rebuilt_dred)},
    {"dred 100", OPUS(24K, 20, DRED, 1, 0), {0, 100}, 950, BY(rebuilt_dred)},
    {"dred 160", OPUS(24K, 20, DRED, 1, 0), {0, 160}, 950, BY(rebuilt_dred)},
    {"lbrr 5 %", OPUS(24K, 20, LBRR, 1, 0), {50, 0}, 600, BY(rebuilt_lbrr)},
    {"both 500", OPUS(32K, 40, BOTH, 1, 0), {0, 500}, 850, BY(rebuilt_dred)},
    {"copies 10 %", OPUS(6K, 60, NONE, 1, 2), {100, 0}, 950, BY(rebuilt_copy)},
    {"copies 120", OPUS(6K, 60, NONE, 1, 2), {0, 120}, 950, BY(rebuilt_copy)},
    {"parity",
     {.codec = WZP_CODEC_OPUS_24K,
      .frame_ms = 20,
      .n_new = 1,
      .parity_k = 4,
      .parity_r = 2},
     {50, 0},
     900,
     BY(rebuilt_parity)},
    {"window",
     {.codec = WZP_CODEC_CODEC2_1200,
      .frame_ms = 40,
      .n_new = 4,
      .window = 4,
      .window_q = 3},
     {300, 0},
     900,
     BY(rebuilt_parity)},
};

static size_t repairs_count(void)
{
    return sizeof repairs / sizeof repairs[0];
}

static void repair_row(size_t row)
{
    const result r = run(&repairs[row].mode, repairs[row].l);
    const uint64_t by =
        *(const uint64_t *)(const void *)((const char *)&r.s + repairs[row].by);
    fprintf(stderr, "%s: %llu lost, %llu so, %llu in all; wait %u of %u ms\n",
            repairs[row].name, (unsigned long long)r.lost,
            (unsigned long long)by, (unsigned long long)rebuilt(&r),
            r.s.playout_wait_ms, r.s.playout_delay_ms);
    assert_true(r.lost >= 15);
    assert_true(by * 1000 >= (uint64_t)r.lost * repairs[row].least);
    assert_true(r.report.lost == r.lost);
    assert_true(r.report.loss_after_permille <= 50 ||
                repairs[row].mode.redundancy == WZP_REDUNDANCY_LBRR);
}
WZP_ROWS(receiver_brings_back_what_redundancy_holds, repairs_count, repair_row);

/* The control: without redundancy nothing is claimed. */
WZP_TEST(receiver_without_redundancy_brings_back_nothing)
{
    const result r =
        run(&(wzp_media_mode)OPUS(24K, 20, NONE, 1, 0), (loss){.random = 100});

    assert_int_equal(rebuilt(&r), 0);
    assert_int_equal(r.s.concealed, r.s.packets_lost);
    assert_int_equal(r.s.packets_lost, r.lost);
    assert_true(r.report.loss_after_permille > 60);
}

/* Waiting costs delay: a path that loses nothing pays none. */
WZP_TEST(receiver_waits_for_redundancy_only_where_frames_are_lost)
{
    const wzp_media_mode dred = OPUS(24K, 20, DRED, 1, 0);

    assert_int_equal(run(&dred, (loss){0}).s.playout_wait_ms, 0);
    assert_in_range(run(&dred, (loss){.burst_ms = 100}).s.playout_wait_ms, 80,
                    120);
}
