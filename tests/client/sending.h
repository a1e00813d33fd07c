/* SPDX-License-Identifier: MIT */
/* A sender with a stand-in for the key group: what the sender asks of it is
 * the subject of its tests. With real groups it runs in tests/integration.
 */
#ifndef WZP_TEST_CLIENT_SENDING_H
#define WZP_TEST_CLIENT_SENDING_H

#include "client/fakes.h"
#include "voice/sender.c" /* seq and timestamp are set close to their wrap */

/* --- a stand-in for the key group ----------------------------------------- */

typedef struct sealed {
    wzp_media_hdr hdr;
    wzp_plain_form form;
    size_t len;
    uint8_t first;
} sealed;

struct wzp_group {
    wzp_err answer; /* to the next seal */
    sealed v[64];
    size_t n;
    size_t asked;
};

wzp_err wzp_group_seal(wzp_group *g, wzp_tstamp now, const wzp_media_hdr *hdr,
                       wzp_plain_form form, const uint8_t *plain, size_t len,
                       uint8_t *out, size_t cap, size_t *out_len)
{
    (void)now;
    g->asked++;
    assert_true(cap >= WZP_MEDIA_MAX);
    if (g->answer != WZP_OK) {
        return g->answer;
    }
    assert_true(g->n < 64);
    g->v[g->n++] = (sealed){*hdr, form, len, plain[0]};
    memcpy(out, plain, len);
    *out_len = len;
    return WZP_OK;
}

/* --- given ---------------------------------------------------------------- */

enum { TICK = 480 }; /* 10 ms */

typedef struct fixture {
    fake_mem m;
    wzp_mem mem;
    wzp__sender *s;
    wzp_group g;
    wzp_tstamp now;
    uint8_t out[WZP_MEDIA_MAX];
    size_t out_len;
} fixture;

static inline void setup_with(fixture *f, wzp_redundancy redundancy)
{
    memset(f, 0, sizeof *f);
    f->mem = fake_mem_table(&f->m);
    f->now = 5 * WZP_S;
    wzp_encoder_config enc;
    wzp_encoder_config_default(&enc);
    enc.mem = f->mem;
    enc.complexity = 1; /* quick */
    enc.redundancy = redundancy;
    ASSERT_OK(wzp__sender_new(&f->s, &f->mem, &enc));
}

static inline void setup(fixture *f)
{
    setup_with(f, WZP_REDUNDANCY_NONE);
}

static inline void teardown(fixture *f)
{
    wzp__sender_free(f->s);
    assert_int_equal(f->m.held, 0);
}

static inline void capture(fixture *f, size_t n, const wzp__sender_in *in)
{
    int16_t pcm[TICK];
    for (size_t i = 0; i < n; i++) {
        pcm[i] = (int16_t)(i % 97 * 40);
    }
    wzp__sender_capture(f->s, f->now, pcm, n, in);
}

static inline void speak(fixture *f, size_t n, bool is_wanted)
{
    const wzp__sender_in in = {.is_wanted = is_wanted, .is_voice = true};
    capture(f, n, &in);
}

/* Whole ticks, time going on. */
static inline void ticks(fixture *f, int n, bool is_wanted)
{
    for (int i = 0; i < n; i++) {
        speak(f, TICK, is_wanted);
        f->now += 10 * WZP_MS;
    }
}

static inline bool next(fixture *f)
{
    return wzp__sender_next(f->s, f->now, &f->g, f->out, sizeof f->out,
                            &f->out_len);
}

static inline size_t drain(fixture *f)
{
    size_t n = 0;
    while (next(f)) {
        n++;
    }
    return n;
}

static inline wzp__sender_stats stats(const fixture *f)
{
    wzp__sender_stats out;
    wzp__sender_stats_get(f->s, &out);
    return out;
}

/* Whole ticks, packets taken as they come; how many. */
static inline size_t flow(fixture *f, int n, bool is_voice, uint8_t level)
{
    const wzp__sender_in in = {
        .is_wanted = true, .is_voice = is_voice, .noise_level = level};
    size_t packets = 0;
    for (int i = 0; i < n; i++) {
        capture(f, TICK, &in);
        packets += drain(f);
        f->now += 10 * WZP_MS;
    }
    return packets;
}

static inline size_t talk(fixture *f, int n)
{
    return flow(f, n, true, 0);
}

static inline size_t quiet(fixture *f, int n, uint8_t level)
{
    return flow(f, n, false, level);
}

/* --- modes, clear media --------------------------------------------------- */

static const wzp_media_mode LOWEST = {.codec = WZP_CODEC_CODEC2_1200,
                                      .frame_ms = 40,
                                      .n_new = 4,
                                      .window_q = 3,
                                      .window = 4};
static const wzp_media_mode BUNDLES = {
    .codec = WZP_CODEC_OPUS_6K, .frame_ms = 60, .n_new = 3};

static const wzp_quality_report quality = {25, 25, 0, 200}; /* in clear */

static inline bool next_clear(fixture *f)
{
    return wzp__sender_next_clear(f->s, f->now, &quality, f->out, &f->out_len);
}

#endif
