/* SPDX-License-Identifier: MIT */
/* A world with both kinds: our clients, our relay or an old one, old clients in
 * the room blue-room, and what tests ask of them. The old side
 * (tests/support/legacy) is written from spec/wire.md and shares no encoding
 * with the libraries; QUIC and Opus are common.
 */
#ifndef WZP_TEST_LEGACY_PLACE_H
#define WZP_TEST_LEGACY_PLACE_H

#include "codec/speech.h"
#include "support/harness.h"
#include "support/legacy/client.h"
#include "support/legacy/relay.h"
#include "support/world/world.h"

#include <string.h>

#define VOICE_LEN (48000 * 4)
#define LOUD      1000.0 /* mean square: speech, not noise or silence */

static inline const int16_t *voice(void)
{
    static int16_t pcm[VOICE_LEN];
    static bool is_made;
    if (!is_made) {
        speech_make(pcm, VOICE_LEN);
        speech_level(pcm, VOICE_LEN);
        is_made = true;
    }
    return pcm;
}

static inline double energy(const int16_t *pcm, size_t from, size_t to)
{
    double sum = 0;
    for (size_t i = from; i < to; i++) {
        sum += (double)pcm[i] * pcm[i];
    }
    return to > from ? sum / (double)(to - from) : 0;
}

/* --- a world with both kinds ---------------------------------------------- */

enum { OLD_MAX = 4 };

typedef struct place {
    wzp_world *w;
    wzp_node relay; /* ours or the old one */
    bool is_old_relay;
    wzp_legacy_relay old_relay;
    wzp_legacy_client old[OLD_MAX];
    wzp_node old_node[OLD_MAX];
    size_t n_old;
} place;

static inline void init(place *p, uint64_t seed)
{
    memset(p, 0, sizeof *p);
    p->w = wzp_world_new(seed);
}

static inline void with_own_relay(place *p, uint64_t seed, bool allow)
{
    wzp_relay_config cfg;
    init(p, seed);
    wzp_relay_config_default(&cfg);
    cfg.packets = 4096;
    cfg.allow_legacy = allow;
    p->relay = wzp_world_relay(p->w, 9, &cfg);
}

/* With the key, hence the certificate, that one of ours would have. */
static inline void start_old_relay(place *p)
{
    const wzp_rng rng = wzp_world_rng(p->w, p->relay);
    uint8_t seed[WZP_SEED_LEN];
    uint8_t tls[WZP_KEY_LEN];
    wzp_seed_identity *id;
    memset(seed, 9, sizeof seed);
    assert_int_equal(wzp_seed_identity_new(&id, seed), WZP_OK);
    const wzp_identity table = wzp_seed_identity_table(id);
    assert_int_equal(table.derive(table.user, "wzp-tls-ed25519", tls), WZP_OK);
    wzp_seed_identity_free(id);
    wzp_legacy_relay_init(&p->old_relay, 9, tls, &rng, wzp_world_now(p->w));
    p->is_old_relay = true;
    const wzp_uv_machine m = wzp_legacy_relay_machine(&p->old_relay);
    wzp_world_act(p->w, p->relay, &m);
}

static inline void with_old_relay(place *p, uint64_t seed)
{
    init(p, seed);
    p->relay = wzp_world_actor(p->w);
    start_old_relay(p);
}

static inline void end(place *p)
{
    wzp_world_free(p->w);
    for (size_t i = 0; i < p->n_old; i++) {
        wzp_legacy_client_deinit(&p->old[i]);
    }
    if (p->is_old_relay) {
        wzp_legacy_relay_deinit(&p->old_relay);
    }
}

/* One of ours, who talks and keeps what it hears. */
static inline wzp_node ours(place *p, uint8_t identity, bool allow)
{
    wzp_world_client_config cfg = {.identity = identity,
                                   .in = voice(),
                                   .in_len = VOICE_LEN,
                                   .keep_heard = true,
                                   .has_engine = true};
    wzp_engine_config_default(&cfg.engine);
    cfg.engine.allow_legacy = allow;
    return wzp_world_client(p->w, &cfg);
}

static inline void join(place *p, wzp_node n)
{
    wzp_world_join(p->w, n, "Blue-Room", p->relay);
}

static inline wzp_legacy_client *
old_with(place *p, wzp_legacy_client_config cfg, const char *sni)
{
    wzp_legacy_client *c = &p->old[p->n_old];
    wzp_node n = wzp_world_actor(p->w);
    p->old_node[p->n_old++] = n;
    cfg.identity = (uint8_t)(100 + p->n_old);
    cfg.rng = wzp_world_rng(p->w, n);
    wzp_legacy_client_init(c, &cfg, wzp_world_now(p->w));
    const wzp_uv_machine m = wzp_legacy_client_machine(c);
    wzp_world_act(p->w, n, &m);
    const wzp_addr local = wzp_world_addr(p->w, n);
    const wzp_addr relay = wzp_world_addr(p->w, p->relay);
    wzp_legacy_client_dial(c, wzp_world_now(p->w), &local, &relay, sni);
    wzp_world_kick(p->w, n);
    return c;
}

static inline wzp_legacy_client_config talk(void)
{
    return (wzp_legacy_client_config){
        .alias = "Old Phone", .in = voice(), .in_len = VOICE_LEN};
}

/* An old client in the room, talking. */
static inline wzp_legacy_client *old_client(place *p)
{
    return old_with(p, talk(), "blue-room");
}

static inline wzp_err accept_clear(place *p, wzp_node n)
{
    wzp_err e =
        wzp_engine_accept_clear(wzp_world_engine(p->w, n), wzp_world_now(p->w));
    wzp_world_kick(p->w, n);
    return e;
}

static inline void run(place *p, unsigned seconds)
{
    wzp_world_run(p->w, seconds * WZP_S);
}

static inline wzp_client_stats stats(place *p, wzp_node n)
{
    return wzp_world_stats(p->w, n);
}

/* The last of the CLEAR events. */
static inline wzp_client_event clear_event(place *p, wzp_node n)
{
    wzp_client_event ev = {0};
    assert_true(wzp_world_events(p->w, n, WZP_EVENT_CLEAR, &ev) > 0);
    return ev;
}

static inline void assert_clear(place *p, wzp_node n, wzp_clear_state state,
                                wzp_err why)
{
    const wzp_client_event ev = clear_event(p, n);
    assert_int_equal(ev.u.clear.state, state);
    assert_int_equal(ev.u.clear.why, why);
    assert_int_equal(stats(p, n).clear, state);
}

static inline void assert_sent_nothing_clear(place *p, wzp_node n)
{
    assert_int_equal(stats(p, n).clear_sent, 0);
    assert_int_equal(stats(p, n).clear_received, 0);
}

/* Energy of the last seconds of what one of ours heard. */
static inline double heard_by_ours(place *p, wzp_node n, size_t seconds)
{
    size_t len;
    const int16_t *pcm = wzp_world_heard(p->w, n, &len);
    size_t most = seconds * 48000;
    return energy(pcm, len > most ? len - most : 0, len);
}

static inline void assert_talk(place *p, wzp_node n, const wzp_legacy_client *c)
{
    const double said = energy(voice(), 0, VOICE_LEN);
    const double up = energy(c->heard, c->n_heard / 2, c->n_heard);
    const double down = heard_by_ours(p, n, 4);
    assert_true(up > said / 4 && up < said * 4);
    assert_true(down > said / 4 && down < said * 4);
    assert_int_equal(c->malformed, 0);
    assert_int_equal(c->strange, 0);
}

/* Ours, alone with an old client in our relay, after the question. */
static inline void pair(place *p, uint64_t seed, wzp_node *a,
                        wzp_legacy_client **c)
{
    with_own_relay(p, seed, true);
    *a = ours(p, 1, true);
    join(p, *a);
    *c = old_client(p);
    run(p, 2);
}

#endif
