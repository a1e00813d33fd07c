/* SPDX-License-Identifier: MIT */
/* Long talks of two: node 0 speaks, node 1 is listened to. Looked at every
 * 100 ms; two laws are counted while time passes:
 *
 * Nobody is deaf. The path is alive when both are in the room and have the
 * other's key, and in each half of the last second each of their links let
 * through at least half of what entered it, both ways (QUIC sends nothing where
 * nothing is acknowledged). While it has been so for a second, node 0 speaks
 * and node 1 listens, 2 s without sound are too many. Packets of any kind
 * count: a sender that falls silent on a path that is alive breaks the law, as
 * does a listener that plays none of what comes. Where QUIC at the speaker or
 * the relay held datagrams back until they were too old, the path is not alive
 * either: after an outage that follows loss its window is full, and it waits
 * for the next probe, at doubling distances (RFC 9002, 6.2.1). How long that
 * may be is in voice_long_test.c.
 *
 * Delay. From the moment node 0's engine is given a sample until node 1's
 * engine plays it, by the media time of both (no codec, no device). Its floor
 * is that of a clean path, and what the modes of the last 5 s (on a cellular
 * network 12.5) take longer to fill a packet than the one then. Apart from it
 * stands what the buffer waited in those 5 s on purpose, for redundancy, and
 * said so (playout_wait_ms).
 *
 * To be included by one source of a program that is linked with TALK_WRAP
 * (mk/tests.mk).
 */
#ifndef WZP_TEST_TALK_H
#define WZP_TEST_TALK_H

#include "support/allocs.h"
#include "support/harness.h"
#include "support/world/rng.h"
#include "support/world/world.h"
#include "voice/receiver.h"
#include "voice/sender.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE         48000
#define VOICE_S      2
#define LOOK_MS      100
#define LOOK_NS      (LOOK_MS * WZP_MS)
#define SECOND       10  /* looks */
#define LOOKS        50  /* of RECOVERY */
#define LOOKS_MOBILE 125 /* of RECOVERY_MOBILE */
#define HOP_MS       20  /* of each access link, one way */
#define LOUD         200
#define DEAF_MS      2000
#define HELD_MS      6000
#define TICK_MS      10 /* in which delay is counted */
#define RECOVERY     (5 * WZP_S)
/* On a cellular network the jitter buffer looks back on 10 s instead of 2.5
 * (wzp/proto/jitter.h, is_mobile). */
#define RECOVERY_MOBILE (RECOVERY + 7500 * WZP_MS)

static const wzp_link_cfg CLEAN = {.delay_ns = HOP_MS * WZP_MS};

/* Syllables of a voice of 120 Hz, pauses of 250 ms between. */
static inline const int16_t *voice(void)
{
    static int16_t pcm[VOICE_S * RATE];
    static bool is_made;
    const double pi = 3.14159265358979;
    for (size_t i = 0; i < VOICE_S * RATE && !is_made; i++) {
        const double t = (double)i / RATE;
        const double bow = fmax(0, sin(2 * pi * 2 * t));
        double sum = 0;
        for (int h = 1; h <= 20; h++) {
            sum += sin(2 * pi * 120 * h * t) / h;
        }
        pcm[i] = (int16_t)(6000 * bow * sum);
    }
    is_made = true;
    return pcm;
}

/* --- ears at the two ends --- */

/* Of the talk that goes on: one at a time. */
typedef struct mouth_to_ear {
    wzp_node speaker, listener;
    int64_t said_us; /* captured so far, on the speaker's own clock */
    double sum_ms;   /* of the ticks since the last look */
    unsigned n;
} mouth_to_ear;

static mouth_to_ear ear = {.speaker = -1, .listener = -1};

void __real_wzp__sender_capture(wzp__sender *s, wzp_tstamp now,
                                const int16_t *pcm, size_t n,
                                const wzp__sender_in *in);
void __wrap_wzp__sender_capture(wzp__sender *s, wzp_tstamp now,
                                const int16_t *pcm, size_t n,
                                const wzp__sender_in *in);
bool __real_wzp__receiver_read(wzp__receiver *r, wzp_tstamp now,
                               int16_t out[WZP_AUDIO_TICK_SAMPLES]);
bool __wrap_wzp__receiver_read(wzp__receiver *r, wzp_tstamp now,
                               int16_t out[WZP_AUDIO_TICK_SAMPLES]);

void __wrap_wzp__sender_capture(wzp__sender *s, wzp_tstamp now,
                                const int16_t *pcm, size_t n,
                                const wzp__sender_in *in)
{
    if (wzp_world_acting() == ear.speaker) {
        ear.said_us += (int64_t)n * 1000000 / RATE;
    }
    __real_wzp__sender_capture(s, now, pcm, n, in);
}

bool __wrap_wzp__receiver_read(wzp__receiver *r, wzp_tstamp now,
                               int16_t out[WZP_AUDIO_TICK_SAMPLES])
{
    const int64_t media = wzp__receiver_media_us(r);
    if (media >= 0 && wzp_world_acting() == ear.listener) {
        ear.sum_ms += (double)(ear.said_us - media) / 1000;
        ear.n++;
    }
    return __real_wzp__receiver_read(r, now, out);
}

/* --- a talk --- */

typedef struct link_seen {
    uint64_t in, out; /* packets */
} link_seen;

enum { WAYS = 4 }; /* up and down of both */

typedef struct look {
    link_seen way[WAYS];
    uint64_t missed;  /* datagrams too old, packets without their key */
    double delay_ms;  /* mean; 0: nothing was played */
    uint32_t mode_ms; /* of filling a packet */
    uint32_t wait_ms; /* on purpose */
    bool has_heard;
} look;

typedef struct talk {
    wzp_world *w;
    wzp_node relay, node[2];
    bool is_stand_in;
    bool is_quiet;  /* nobody speaks, or nobody listens, by their own wish */
    bool is_mobile; /* the listener is on a cellular network */
    look looks[LOOKS_MOBILE]; /* ring */
    unsigned n_looks;
    unsigned alive_ms, deaf_ms;
    bool is_held;                        /* in this silence */
    unsigned deaf_most_ms, held_most_ms; /* without and with that */
    wzp_tstamp deaf_at;                  /* when the longer one grew */
    uint64_t alive_looks;
    size_t heard_seen;
    uint64_t played_seen;
    uint64_t heard_hash;
} talk;

static inline wzp_client_stats stats(const talk *t, int i)
{
    return wzp_world_stats(t->w, t->node[i]);
}

static inline void join_both(talk *t)
{
    for (int i = 0; i < 2; i++) {
        wzp_world_join(t->w, t->node[i], "long", t->relay);
    }
    for (int i = 0; i < 2; i++) {
        assert_true(wzp_world_await_keyed(t->w, t->node[i], 1, 5 * WZP_S));
    }
}

/* Not joined yet. The first of both has these parts of the capture chain. */
static inline void begin(talk *t, uint64_t seed, bool is_stand_in,
                         const wzp_capture_parts *parts)
{
    *t = (talk){.w = wzp_world_new(seed),
                .is_stand_in = is_stand_in,
                .heard_hash = UINT64_C(0xCBF29CE484222325)};
    t->relay = wzp_world_relay(t->w, 9, NULL);
    if (is_stand_in) {
        wzp_world_no_codec(t->w);
    }
    for (int i = 0; i < 2; i++) {
        wzp_world_client_config cfg = {.identity = (uint8_t)(1 + i),
                                       .in = voice(),
                                       .in_len = VOICE_S * RATE,
                                       .has_engine = true,
                                       .keep_heard = i == 1 && !is_stand_in};
        wzp_engine_config_default(&cfg.engine);
        if (parts != NULL && i == 0) {
            cfg.engine.capture = *parts;
        }
        t->node[i] = wzp_world_client(t->w, &cfg);
        wzp_world_link(t->w, t->node[i], &CLEAN, &CLEAN);
    }
    ear = (mouth_to_ear){.speaker = t->node[0], .listener = t->node[1]};
}

static inline void finish(talk *t)
{
    ear.speaker = ear.listener = -1;
    for (int i = 0; i < 2; i++) {
        wzp_world_leave(t->w, t->node[i]);
    }
    wzp_world_run(t->w, 15 * WZP_S);
    wzp_world_check_empty(t->w);
    wzp_world_free(t->w);
}

/* --- looking --- */

static inline bool is_loud(talk *t, const int16_t *pcm, size_t n)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        any |= abs(pcm[i]) > LOUD;
        t->heard_hash =
            (t->heard_hash ^ (uint16_t)pcm[i]) * UINT64_C(0x100000001B3);
    }
    return any;
}

/* By node 1, since the last look. A stand-in plays zeros: its frames count. */
static inline bool has_heard(talk *t)
{
    const wzp_client_stats s = stats(t, 1);
    const uint64_t played = s.frames_played + s.rebuilt_copy +
                            s.rebuilt_parity + s.rebuilt_lbrr + s.rebuilt_dred;
    bool any = played > t->played_seen;
    if (!t->is_stand_in) {
        size_t n = 0;
        const int16_t *pcm = wzp_world_heard(t->w, t->node[1], &n);
        any = is_loud(t, pcm + t->heard_seen, n - t->heard_seen);
        t->heard_seen = n;
    }
    t->played_seen = played;
    return any;
}

static inline void look_at_links(const talk *t, look *l)
{
    for (int i = 0; i < 2; i++) {
        wzp_link_stats up, down;
        uint64_t refused;
        wzp_world_link_stats(t->w, t->node[i], &up, &down, &refused);
        l->way[2 * i] = (link_seen){up.packets, up.delivered};
        l->way[2 * i + 1] = (link_seen){down.packets + refused, down.delivered};
    }
}

/* Of what node 0 sends, because QUIC waits. */
static inline uint64_t missed(const talk *t)
{
    wzp_relay_stats relay = {.size = sizeof relay};
    wzp_relay_stats_get(wzp_world_relay_machine(t->w, t->relay), &relay);
    return stats(t, 0).dgram_dropped + relay.media_dropped_late +
           stats(t, 1).group.unknown_key;
}

static inline look take_look(talk *t)
{
    const wzp_media_mode mode = stats(t, 0).mode;
    look l = {
        .delay_ms = ear.n == 0 ? 0 : ear.sum_ms / ear.n,
        .mode_ms = mode.n_new == 0 ? 20 : wzp_media_mode_delay_ms(&mode),
        .wait_ms = stats(t, 1).playout_wait_ms,
        .has_heard = has_heard(t),
    };
    look_at_links(t, &l);
    l.missed = missed(t);
    ear.sum_ms = ear.n = 0;
    t->looks[t->n_looks++ % LOOKS_MOBILE] = l;
    return l;
}

/* The i-th look before the last one. */
static inline const look *look_before(const talk *t, unsigned i)
{
    return &t->looks[(t->n_looks - 1 - i) % LOOKS_MOBILE];
}

static inline bool let_through(const link_seen *now, const link_seen *then)
{
    return 2 * (now->out - then->out) >= now->in - then->in;
}

static inline bool is_alive(const talk *t)
{
    for (int i = 0; i < 2; i++) {
        const wzp_client_stats s = stats(t, i);
        if (s.state != WZP_CLIENT_JOINED || s.members_keyed == 0) {
            return false;
        }
    }
    if (t->n_looks < SECOND || t->is_quiet) {
        return false;
    }
    const look *now = look_before(t, 0), *mid = look_before(t, SECOND / 2),
               *then = look_before(t, SECOND - 1);
    for (int i = 0; i < WAYS; i++) {
        if (!let_through(&now->way[i], &mid->way[i]) ||
            !let_through(&mid->way[i], &then->way[i])) {
            return false;
        }
    }
    return true;
}

static inline void judge_look(talk *t)
{
    const look l = take_look(t);
    const bool alive = is_alive(t);
    t->alive_ms = alive ? t->alive_ms + LOOK_MS : 0;
    t->alive_looks += alive;
    if (l.has_heard || t->alive_ms < 1000) {
        t->deaf_ms = 0;
        t->is_held = false;
        return;
    }
    t->deaf_ms += LOOK_MS;
    t->is_held |= l.missed != look_before(t, SECOND - 1)->missed;
    unsigned *most = t->is_held ? &t->held_most_ms : &t->deaf_most_ms;
    if (t->deaf_ms > t->deaf_most_ms && t->deaf_ms > t->held_most_ms) {
        t->deaf_at = wzp_world_now(t->w);
    }
    *most = t->deaf_ms > *most ? t->deaf_ms : *most;
}

/* Lets time pass and looks at it. */
static inline void run(talk *t, wzp_tstamp duration)
{
    for (wzp_tstamp done = 0; done < duration; done += LOOK_NS) {
        wzp_world_run(t->w, LOOK_NS);
        judge_look(t);
    }
}

/* --- delay --- */

/* Over the last half second; 0: nothing was played. */
static inline double delay_ms(const talk *t)
{
    double sum = 0;
    unsigned n = 0;
    for (unsigned i = 0; i < SECOND / 2; i++) {
        const double ms = look_before(t, i)->delay_ms;
        sum += ms;
        n += ms > 0;
    }
    return n == 0 ? 0 : sum / n;
}

/* How long it may take until delay is back, and of so many looks. */
static inline wzp_tstamp recovery(const talk *t)
{
    return t->is_mobile ? RECOVERY_MOBILE : RECOVERY;
}

/* The longest of those: what took time is to go in as long. */
static inline uint32_t mode_ms(const talk *t)
{
    const unsigned n = t->is_mobile ? LOOKS_MOBILE : LOOKS;
    uint32_t most = 0;
    for (unsigned i = 0; i < n && i < t->n_looks; i++) {
        const uint32_t ms = look_before(t, i)->mode_ms;
        most = ms > most ? ms : most;
    }
    return most;
}

static inline uint32_t wait_ms(const talk *t)
{
    uint32_t most = 0;
    for (unsigned i = 0; i < LOOKS && i < t->n_looks; i++) {
        const uint32_t ms = look_before(t, i)->wait_ms;
        most = ms > most ? ms : most;
    }
    return most;
}

typedef struct base {
    double delay_ms;
    uint32_t mode_ms;
} base;

/* Of a path that has been clean for a while. */
static inline base base_of(const talk *t)
{
    return (base){delay_ms(t), mode_ms(t)};
}

static inline double floor_ms(const talk *t, const base *b)
{
    const uint32_t ms = mode_ms(t);
    return b->delay_ms + (ms > b->mode_ms ? ms - b->mode_ms : 0);
}

static inline bool is_near(double delay, double floor)
{
    return delay <= 1.2 * floor + TICK_MS;
}

#endif
