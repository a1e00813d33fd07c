/* SPDX-License-Identifier: MIT */
/* A member that lies in all it may say: numbers, time stamps, codecs, forms
 * and frames as its seed has them, at any pace and after any pause. Nothing of
 * it may hang a tick, reach beyond what is bounded or make a counter wrong.
 */
#include "client/voice.h"
#include "voice/receiver.h"

#include <wzp/proto/bundle.h>
#include <wzp/proto/bundle2.h>
#include <wzp/proto/parity.h>

enum {
    TICK = WZP_AUDIO_TICK_SAMPLES,
    SEEDS = 12,
    TICKS = 3000,
    DELAY_MOST_MS = 500,
    REACH_MOST_MS = 1040, /* redundancy is waited for, ARCHITECTURE.md */
};

typedef struct liar {
    wzp__receiver *r;
    wzp_rng rng;
    uint32_t seed;
    wzp_tstamp now;
    uint16_t seq;
    uint32_t timestamp;
    wzp_codec_id codec;
    uint8_t plain[WZP_MEDIA_MAX];
    size_t len;
    wzp_plain_form form;
} liar;

static unsigned below(liar *l, unsigned n)
{
    uint8_t b[4];
    wzp_rng_fill(&l->rng, b, sizeof b);
    return ((unsigned)b[0] | (unsigned)b[1] << 8 | (unsigned)b[2] << 16 |
            (unsigned)b[3] << 24) %
           n;
}

/* A frame of this codec, or one that says it is. */
static wzp_bytes frame(liar *l, uint8_t *room)
{
    const voice *v = voice_get(WZP_REDUNDANCY_LBRR);
    const size_t i = below(l, VOICE_FRAMES);
    size_t len = 0;
    switch (l->codec) {
    case WZP_CODEC_CODEC2_3200: len = 8; break;
    case WZP_CODEC_CODEC2_1200: len = 6; break;
    case WZP_CODEC_COMFORT_NOISE: len = 1; break;
    default: return (wzp_bytes){v->data[i], v->len[i]};
    }
    for (size_t k = 0; k < len; k++) {
        room[k] = (uint8_t)below(l, 256);
    }
    return (wzp_bytes){room, len};
}

static void single(liar *l)
{
    uint8_t room[16];
    const wzp_bytes f = frame(l, room);
    l->form = WZP_FORM_FRAME;
    memcpy(l->plain, f.ptr, f.len);
    l->len = f.len;
}

static void bundle(liar *l)
{
    uint8_t rooms[16][16];
    wzp_bundle b = {.seq = l->seq,
                    .n_old = (uint8_t)below(l, 4),
                    .n_new = (uint8_t)(1 + below(l, 4))};
    for (size_t i = 0; i < (size_t)b.n_old + b.n_new; i++) {
        b.frames[i] = frame(l, rooms[i]);
    }
    l->form = WZP_FORM_BUNDLE;
    ASSERT_OK(wzp_bundle_encode(&b, l->plain, sizeof l->plain, &l->len));
}

/* The bytes of a window's symbols are any. */
static void window(liar *l)
{
    const uint8_t head[] = {
        (uint8_t)(1 + below(l, 40)), (uint8_t)below(l, 9), WZP_BUNDLE2_FORM,
        l->codec == WZP_CODEC_CODEC2_3200 ? 8 : 6, (uint8_t)below(l, 128)};
    const unsigned symbols = 1 + below(l, head[0]);
    l->form = WZP_FORM_BUNDLE;
    memcpy(l->plain, head, sizeof head);
    l->len = sizeof head + (size_t)head[3] * (head[1] + symbols);
    for (size_t i = sizeof head; i < l->len; i++) {
        l->plain[i] = (uint8_t)below(l, 256);
    }
}

/* Of a block that there may be or not. */
static void parity(liar *l)
{
    const uint16_t base = (uint16_t)(l->seq - below(l, 80));
    const unsigned k = 1 + below(l, 40);
    const unsigned r = 1 + below(l, 64 - k);
    const uint8_t head[] = {(uint8_t)(base >> 8), (uint8_t)base, (uint8_t)k,
                            (uint8_t)r, (uint8_t)below(l, r)};
    l->form = WZP_FORM_PARITY;
    memcpy(l->plain, head, sizeof head);
    l->len = sizeof head + 2 + below(l, 200);
    for (size_t i = sizeof head; i < l->len; i++) {
        l->plain[i] = (uint8_t)below(l, 256);
    }
}

static void noise(liar *l)
{
    l->form = below(l, 2) == 0 ? WZP_FORM_BUNDLE : WZP_FORM_FRAME;
    l->len = below(l, 300);
    for (size_t i = 0; i < l->len; i++) {
        l->plain[i] = (uint8_t)below(l, 256);
    }
}

/* Mostly a stream that goes on; now and then it jumps. */
static void move(liar *l)
{
    switch (below(l, 40)) {
    case 0: l->seq = (uint16_t)below(l, 65536); break;
    case 1: l->timestamp = below(l, UINT32_MAX); break;
    case 2: l->seq = (uint16_t)(l->seq - below(l, 300)); break;
    case 3: l->timestamp += 0x80000000u; break;
    case 4: l->codec = (wzp_codec_id)below(l, WZP_CODEC_COUNT + 2); break;
    case 5: l->seq = (uint16_t)(l->seq + below(l, 100)); break;
    case 6: l->timestamp -= below(l, 5000); break;
    case 7: l->now += below(l, 100) * WZP_S; break;
    default:
        l->seq++;
        l->timestamp += 20;
        break;
    }
}

static void say(liar *l)
{
    move(l);
    switch (below(l, 8)) {
    case 0: bundle(l); break;
    case 1: window(l); break;
    case 2: parity(l); break;
    case 3: noise(l); break;
    default: single(l); break;
    }
    const wzp_media_hdr hdr = {
        .codec = (uint8_t)l->codec, .seq = l->seq, .timestamp = l->timestamp};
    const wzp_err e =
        wzp__receiver_insert(l->r, l->now, &hdr, l->form, l->plain, l->len);
    (void)e; /* some are no packets */
}

static void check_counters(const liar *l)
{
    const uint64_t many = UINT64_C(1) << 40; /* nothing fell below 0 */
    wzp__receiver_stats s;
    wzp_receiver_report report;
    wzp__receiver_stats_get(l->r, &s);
    assert_int_equal(s.packets_lost,
                     s.rebuilt_lbrr + s.rebuilt_dred + s.concealed);
    const uint64_t all[] = {s.packets_lost,  s.packets_late, s.packets_dup,
                            s.frames_played, s.concealed,    s.undecodable,
                            s.dropped,       s.bridged_ms,   s.comfort_ms,
                            s.longer_ms,     s.shorter_ms};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        assert_true(all[i] < many);
    }
    wzp__receiver_report(l->r, l->now, &report);
    assert_true(report.loss_after_permille <= 1000);
    assert_true(report.lost <= report.expected);
    assert_true(s.playout_delay_ms <= DELAY_MOST_MS + REACH_MOST_MS);
}

static void lie(size_t seed)
{
    fake_mem m = {0};
    liar l = {.seed = (uint32_t)seed + 1,
              .now = 100 * WZP_S,
              .seq = 65500,
              .timestamp = UINT32_MAX - 3000,
              .codec = WZP_CODEC_OPUS_24K};
    l.rng = fake_rng(&l.seed);
    const wzp__receiver_config cfg = {.mem = fake_mem_table(&m),
                                      .playout_max_ms = DELAY_MOST_MS};
    ASSERT_OK(wzp__receiver_new(&l.r, &cfg));
    const size_t held = m.held;
    for (int t = 0; t < TICKS; t++) {
        int16_t pcm[TICK];
        for (unsigned n = below(&l, 4); n > 0; n--) {
            say(&l);
        }
        const bool any = wzp__receiver_read(l.r, l.now, pcm);
        (void)any;
        l.now += 10 * WZP_MS;
        if (t % 100 == 99) {
            check_counters(&l);
        }
    }
    assert_int_equal(m.held, held);
    wzp__receiver_free(l.r);
    assert_int_equal(m.held, 0);
}

static size_t count_seeds(void)
{
    return SEEDS;
}

WZP_ROWS(receiver_bears_a_member_that_lies_in_everything, count_seeds, lie);
