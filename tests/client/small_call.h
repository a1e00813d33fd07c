/* SPDX-License-Identifier: MIT */
/* A whole engine in a room with one friend: the relay of small_relay.h with a
 * roster of two and key messages passed on, and the friend as a key group
 * without audio of its own. Virtual time; the device is a stand-in that speaks
 * the made voice and measures what it hears.
 */
#ifndef WZP_TEST_CLIENT_SMALL_CALL_H
#define WZP_TEST_CLIENT_SMALL_CALL_H

#include "audio/port.h"
#include "client/small_relay.h"
#include "client/voice.h"

#include <wzp/client/engine.h>
#include <wzp/crypto/room.h>
#include <wzp/proto/control.h>
#include <wzp/proto/fingerprint.h>

enum { SC_TICK = WZP_AUDIO_TICK_SAMPLES, SC_EVENTS = 256, SC_LATER = 32 };

typedef struct sc_device {
    int starts, stops;
    wzp_audio_port *port;
    size_t waiting; /* samples for the engine when it was started */
    uint64_t ticks;
    uint64_t ends_at; /* tick from which the input has ended; 0: never */
    double loudest;   /* rms of a tick, since a test reset it */
} sc_device;

typedef struct sc {
    sr *w; /* its own session and client endpoint lie idle */
    wzp_engine *e;
    sc_device dev;

    wzp_group *friend; /* NULL: we are alone */
    wzp_seed_identity *friend_id;
    bool holds_keys; /* messages of the friend wait in `later` */
    char *later[SC_LATER];
    size_t n_later;
    uint64_t heard;   /* frames of ours the friend opened */
    uint64_t control; /* likewise */
    wzp_media_hdr last;
    wzp_control_item
        told[WZP_CONTROL_ITEMS_MAX]; /* in the last control frame */
    size_t n_told;
    size_t said; /* frames the friend has spoken */

    wzp_client_event events[SC_EVENTS];
    size_t n_events;
} sc;

/* --- the device ----------------------------------------------------------- */

static wzp_err sc_dev_start(void *user, wzp_audio_port *port)
{
    sc_device *d = user;
    d->port = port;
    d->waiting = wzp__ring_level(&port->capture);
    d->starts++;
    return WZP_OK;
}

static void sc_dev_stop(void *user)
{
    sc_device *d = user;
    d->stops++;
}

static wzp_err sc_dev_tick(void *user, wzp_audio_port *port)
{
    sc_device *d = user;
    int16_t pcm[SC_TICK];
    size_t real = wzp_audio_playout(port, pcm, SC_TICK);
    (void)real;
    const double rms = speech_rms(pcm, SC_TICK);
    d->loudest = rms > d->loudest ? rms : d->loudest;
    for (size_t i = 0; i < SC_TICK; i++) {
        pcm[i] = (int16_t)((d->ticks * SC_TICK + i) % 101 * 60);
    }
    size_t taken = wzp_audio_capture(port, pcm, SC_TICK);
    (void)taken;
    d->ticks++;
    return d->ends_at != 0 && d->ticks >= d->ends_at ? WZP_ERR_CLOSED : WZP_OK;
}

/* --- the relay's roster --------------------------------------------------- */

typedef struct sc_who {
    uint8_t kph[WZP_HASH_LEN];
    char fp[WZP_FP_TEXT_LEN + 1];
} sc_who;

/* Identity is at 1 … 32 of a package (secure-media.md 4). */
static inline wzp_participant sc_participant(wzp_bytes kp, sc_who *who)
{
    uint8_t fp[WZP_FP_LEN];
    wzp_sha256(kp.ptr, kp.len, who->kph);
    wzp_identity_fingerprint(kp.ptr + 1, fp);
    wzp_fingerprint_encode(fp, who->fp);
    return (wzp_participant){.fingerprint = {who->fp, WZP_FP_TEXT_LEN},
                             .alias = WZP_STR("somebody"),
                             .mid = {who->kph, WZP_MID_LEN},
                             .kph = {who->kph, WZP_HASH_LEN},
                             .caps =
                                 WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1};
}

static inline void sc_send_roster(sc *c)
{
    sr *w = c->w;
    sc_who who[2];
    wzp_participant p[2];
    size_t n = 0;
    p[n] = sc_participant((wzp_bytes){w->kp, w->kp_len}, &who[n]);
    n++;
    if (c->friend != NULL) {
        p[n] = sc_participant(wzp_group_package_view(c->friend), &who[n]);
        n++;
        ASSERT_OK(
            wzp_group_roster(c->friend, w->now, (wzp_participant_list){p, n}));
    }
    const wzp_signal sig = {.kind = WZP_SIG_ROOM_UPDATE,
                            .u.room_update = {.count = (uint32_t)n,
                                              .participants = {p, n},
                                              .rev = {true, 1}}};
    sr_send(w, &sig);
}

static inline wzp_signal sc_packages(const wzp_bytes *kp)
{
    return (wzp_signal){.kind = WZP_SIG_KEY_PACKAGES,
                        .u.key_packages = {.kps = {kp, 1}}};
}

static inline void sc_on_signal(void *user, const wzp_signal *sig)
{
    sc *c = user;
    sr *w = c->w;
    if (sig->kind == WZP_SIG_CALL_OFFER) {
        sc_send_roster(c);
    } else if (c->friend == NULL) {
        return;
    } else if (sig->kind == WZP_SIG_KEY_PACKAGE_REQUEST) {
        const wzp_bytes kp = wzp_group_package_view(c->friend);
        const wzp_signal answer = sc_packages(&kp);
        sr_send(w, &answer);
    } else if (sig->kind >= WZP_SIG_E2EE_PAIR) {
        wzp_ignore(wzp_group_recv(c->friend, w->now, w->unix_now, sig),
                   "the friend judges for itself");
    }
}

static inline void sc_on_dgram(void *user, const wzp_pkt *pkt)
{
    sc *c = user;
    uint8_t plain[WZP_MEDIA_MAX];
    wzp_opened o;
    if (c->friend == NULL ||
        wzp_group_open(c->friend, c->w->now, pkt->data, pkt->len, plain,
                       sizeof plain, &o) != WZP_OK) {
        return;
    }
    c->heard += o.form == WZP_FORM_FRAME;
    if (o.form == WZP_FORM_CONTROL) {
        c->control++;
        ASSERT_OK(wzp_control_decode(plain, o.len, c->told, &c->n_told));
    }
    c->last = o.form == WZP_FORM_FRAME ? o.hdr : c->last;
}

/* --- the friend ----------------------------------------------------------- */

static inline void sc_friend_says(sc *c, const wzp_signal *sig)
{
    sr *w = c->w;
    wzp_str json;
    wzp_arena_reset(w->arena);
    ASSERT_OK(wzp_signal_encode(w->arena, sig, &json));
    if (!c->holds_keys) {
        wzp_ignore(wzp_endpoint_send_signal(w->relay, w->now, w->relay_conn,
                                            json.ptr, json.len),
                   "nobody may be there");
        return;
    }
    assert_true(c->n_later < SC_LATER);
    c->later[c->n_later] = strndup(json.ptr, json.len);
    assert_non_null(c->later[c->n_later++]);
}

static inline void sc_release_keys(sc *c)
{
    c->holds_keys = false;
    for (size_t i = 0; i < c->n_later; i++) {
        sr_send_text(c->w, c->later[i]);
        free(c->later[i]);
    }
    c->n_later = 0;
}

/* Sealed by the friend and on its way. False: it has no key yet. */
static inline bool sc_friend_sends(sc *c, const wzp_media_hdr *hdr,
                                   wzp_plain_form form, const uint8_t *plain,
                                   size_t len)
{
    wzp_pkt *pkt = wzp_pkt_get(c->w->relay_pool);
    assert_non_null(pkt);
    wzp_err e = wzp_group_seal(c->friend, c->w->now, hdr, form, plain, len,
                               pkt->data, WZP_PKT_CAP, &pkt->len);
    if (e == WZP_OK) {
        wzp_ignore(wzp_endpoint_send_dgram(c->w->relay, c->w->now,
                                           c->w->relay_conn, pkt),
                   "nobody may be there");
    }
    wzp_pkt_unref(pkt);
    return e == WZP_OK;
}

/* Its next frame of speech. */
static inline bool sc_friend_speaks(sc *c)
{
    const voice *v = voice_get(WZP_REDUNDANCY_NONE);
    const size_t i = c->said % VOICE_FRAMES;
    const wzp_media_hdr hdr =
        voice_hdr((uint16_t)c->said, 20 * (uint32_t)c->said);
    c->said++;
    return sc_friend_sends(c, &hdr, WZP_FORM_FRAME, v->data[i], v->len[i]);
}

static inline void sc_friend_settle(sc *c)
{
    wzp_group_action a;
    while (c->friend != NULL && wzp_group_poll(c->friend, c->w->now, &a)) {
        if (a.kind == WZP_GROUP_CONTROL_DUE) {
            const wzp_media_hdr hdr = voice_hdr((uint16_t)c->said, 0);
            const uint8_t item[2] = {WZP_CONTROL_KEEPALIVE, 0};
            bool is_sent = sc_friend_sends(c, &hdr, WZP_FORM_CONTROL, item, 2);
            (void)is_sent; /* the group asks again */
        }
        if (a.kind != WZP_GROUP_SEND) {
            continue;
        }
        if (a.u.signal->kind == WZP_SIG_KEY_PACKAGE_REQUEST) {
            const wzp_bytes kp = {c->w->kp, c->w->kp_len};
            const wzp_signal answer = sc_packages(&kp);
            ASSERT_OK(
                wzp_group_recv(c->friend, c->w->now, c->w->unix_now, &answer));
        } else if (a.u.signal->kind >= WZP_SIG_E2EE_PAIR) {
            sc_friend_says(c, a.u.signal);
        }
    }
}

/* --- time ----------------------------------------------------------------- */

static inline void sc_settle(sc *c)
{
    wzp_addr local;
    wzp_addr remote;
    const uint8_t *data;
    size_t len;
    while (
        wzp_engine_poll_send(c->e, c->w->now, &local, &remote, &data, &len)) {
        sr_fly(c->w, &remote, data, len, true);
    }
    sr_relay_settle(c->w);
    sc_friend_settle(c);
    sr_relay_settle(c->w); /* what the friend said */
    while (c->n_events < SC_EVENTS &&
           wzp_engine_next_event(c->e, &c->events[c->n_events])) {
        c->n_events++;
    }
}

static inline wzp_tstamp sc_next(const sc *c)
{
    const sr *w = c->w;
    wzp_tstamp at = w->n_packets > 0 ? w->packets[0].due : WZP_NEVER;
    const wzp_tstamp all[] = {
        wzp_engine_deadline(c->e), wzp_endpoint_deadline(w->relay),
        c->friend == NULL ? WZP_NEVER : wzp_group_deadline(c->friend)};
    for (size_t i = 0; i < 3; i++) {
        at = all[i] < at ? all[i] : at;
    }
    return at;
}

static inline void sc_wake(sc *c)
{
    sr_packet p;
    while (sr_land(c->w, &p)) {
        if (p.is_to_relay) {
            wzp_endpoint_recv(c->w->relay, c->w->now, &p.to, &p.from, p.data,
                              p.len);
        } else {
            wzp_engine_recv(c->e, c->w->now, &p.to, &p.from, p.data, p.len);
        }
    }
    wzp_engine_expire(c->e, c->w->now);
    wzp_endpoint_expire(c->w->relay, c->w->now);
    if (c->friend != NULL) {
        wzp_group_expire(c->friend, c->w->now);
    }
    sc_settle(c);
}

static inline void sc_run(sc *c, wzp_tstamp duration)
{
    const wzp_tstamp end = c->w->now + duration;
    sc_settle(c);
    for (wzp_tstamp at = sc_next(c); at <= end; at = sc_next(c)) {
        c->w->now = at > c->w->now ? at : c->w->now;
        sc_wake(c);
    }
    c->w->now = end;
}

/* The friend speaks n frames, one every 20 ms; how many were sealed. */
static inline size_t sc_talk(sc *c, size_t n)
{
    size_t sealed = 0;
    for (size_t i = 0; i < n; i++) {
        sealed += sc_friend_speaks(c);
        sc_run(c, 20 * WZP_MS);
    }
    return sealed;
}

/* --- life ----------------------------------------------------------------- */

static inline wzp_engine_config sc_config(sc *c)
{
    wzp_engine_config cfg;
    wzp_engine_config_default(&cfg);
    cfg.rng = fake_rng(&c->w->seed);
    cfg.identity = wzp_seed_identity_table(c->w->id);
    cfg.unix_now = sr_unix_now;
    cfg.unix_now_user = c->w;
    cfg.audio = (wzp_audio_io){.size = sizeof cfg.audio,
                               .start = sc_dev_start,
                               .stop = sc_dev_stop,
                               .tick = sc_dev_tick,
                               .user = &c->dev};
    return cfg;
}

static inline sc *sc_new(void)
{
    sc *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->w = sr_new();
    c->w->on_signal = sc_on_signal;
    c->w->on_dgram = sc_on_dgram;
    c->w->user = c;
    const wzp_engine_config cfg = sc_config(c);
    ASSERT_OK(wzp_engine_new(&c->e, &cfg, c->w->now));
    return c;
}

/* To be called before the engine joins "room". */
static inline void sc_add_friend(sc *c)
{
    wzp_group_config cfg;
    wzp_group_config_default(&cfg);
    c->friend_id = sr_identity(3);
    cfg.rng = fake_rng(&c->w->seed);
    cfg.identity = wzp_seed_identity_table(c->friend_id);
    wzp_room_id(WZP_STR("room"), cfg.room_id);
    cfg.caps = WZP_CAP_FRAMES;
    cfg.now_unix = c->w->unix_now;
    ASSERT_OK(wzp_group_new(&c->friend, &cfg));
}

static inline void sc_free(sc *c)
{
    wzp_engine_free(c->e);
    wzp_group_free(c->friend);
    wzp_seed_identity_free(c->friend_id);
    for (size_t i = 0; i < c->n_later; i++) {
        free(c->later[i]);
    }
    sr_free(c->w);
    free(c);
}

static inline void sc_join(sc *c)
{
    const wzp_join join = sr_join_of(c->w, "room");
    ASSERT_OK(wzp_engine_join(c->e, c->w->now, &join));
    sc_run(c, WZP_S);
    assert_int_equal(wzp_engine_state(c->e), WZP_CLIENT_JOINED);
}

/* In the room with a friend, keys exchanged. */
static inline sc *sc_call(void)
{
    sc *c = sc_new();
    sc_add_friend(c);
    sc_join(c);
    sc_run(c, WZP_S);
    return c;
}

static inline wzp_client_stats sc_stats(const sc *c)
{
    wzp_client_stats s = {.size = sizeof s};
    wzp_engine_stats_get(c->e, &s);
    return s;
}

/* Events of this kind so far. */
static inline size_t sc_count(const sc *c, wzp_client_event_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_events; i++) {
        n += c->events[i].kind == kind;
    }
    return n;
}

#endif
