/* SPDX-License-Identifier: MIT
 *
 * Groups wired to each other on virtual time, with what a relay does: rosters,
 * packages on request, key messages routed by mid, datagrams to everybody.
 * Messages can be lost, delayed and thereby reordered. Each test program
 * includes this once.
 */
#ifndef WZP_TEST_CRYPTO_HUB_H
#define WZP_TEST_CRYPTO_HUB_H

#include "vec_impl.h"

#include <wzp/crypto/group.h>
#include <wzp/crypto/room.h>
#include <wzp/crypto/sender_key.h>

#include <sodium.h>

#include <stdio.h>
#include <stdlib.h>

enum {
    HUB_PEERS = 128,
    HUB_NOW_UNIX = 1800000000,
    HUB_PACKET = 256,
};
#define HUB_TICK (5 * WZP_MS)

typedef struct hub_msg {
    struct hub_msg *next;
    wzp_tstamp at;
    int to;
    bool is_datagram;
    int from;
    wzp_signal sig; /* pointers into the fields below */
    wzp_bytes list[64];
    wzp_participant one;
    uint8_t bytes[1500];
    uint8_t bytes2[64];
    wzp_e2ee_box box;
} hub_msg;

typedef struct hub_peer {
    wzp_group *g;
    wzp_seed_identity *seed;
    uint8_t mid[WZP_MID_LEN];
    uint8_t kph[WZP_HASH_LEN];
    char fp[WZP_FP_TEXT_LEN + 1];
    bool is_here;
    bool speaks;
    bool is_mute_control; /* ignores CONTROL_DUE */
    bool is_cut;          /* nothing reaches it or leaves it */
    wzp_tstamp since;
    wzp_tstamp sealed_at; /* first frame sealed since it speaks */
    uint16_t seq;
    wzp_tstamp heard[HUB_PEERS]; /* last packet opened, by sender */
    uint64_t frames[HUB_PEERS];
    unsigned changed;
    unsigned members;
    unsigned gone;
    unsigned sent[WZP_SIGNAL_KINDS];
} hub_peer;

typedef struct hub {
    wzp_tstamp now;
    uint64_t random;
    unsigned loss_permille; /* of key messages */
    wzp_tstamp delay;
    wzp_tstamp jitter;
    hub_msg *queue;
    hub_peer *peers;
    int n;
    uint8_t room_id[WZP_HASH_LEN];
    wzp_group_config cfg;
    /* a test's look at, and veto of, what passes */
    bool (*on_signal)(struct hub *h, int from, int to, const wzp_signal *sig);
    void (*on_datagram)(struct hub *h, int from, const uint8_t *data,
                        size_t len);
    void (*on_member)(struct hub *h, int at, uint32_t member);
    void *user;
} hub;

static uint32_t hub_random(hub *h, uint32_t bound)
{
    h->random = h->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((h->random >> 33) % bound);
}

static void hub_fill(void *user, uint8_t *out, size_t len)
{
    hub *h = user;
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)hub_random(h, 256);
    }
}

static hub *hub_new(uint64_t seed)
{
    hub *h = calloc(1, sizeof *h);
    assert_non_null(h);
    h->peers = calloc(HUB_PEERS, sizeof *h->peers);
    assert_non_null(h->peers);
    h->random = seed * 2654435761u + 1;
    h->now = 1000 * WZP_S;
    h->delay = 20 * WZP_MS;
    wzp_room_id(WZP_STR("hub"), h->room_id);
    wzp_group_config_default(&h->cfg);
    h->cfg.rng = (wzp_rng){.fill = hub_fill, .user = h};
    h->cfg.now_unix = HUB_NOW_UNIX;
    memcpy(h->cfg.room_id, h->room_id, WZP_HASH_LEN);
    return h;
}

static void hub_free(hub *h)
{
    while (h->queue != NULL) {
        hub_msg *m = h->queue;
        h->queue = m->next;
        free(m);
    }
    for (int i = 0; i < h->n; i++) {
        wzp_group_free(h->peers[i].g);
        wzp_seed_identity_free(h->peers[i].seed);
    }
    free(h->peers);
    free(h);
}

/* A peer that has not joined. cfg NULL: the hub's. */
static int hub_add(hub *h, const wzp_group_config *cfg)
{
    assert_true(h->n < HUB_PEERS);
    hub_peer *p = &h->peers[h->n];
    wzp_group_config c = cfg != NULL ? *cfg : h->cfg;
    uint8_t seed[WZP_SEED_LEN] = {0};
    uint8_t fp[WZP_FP_LEN];
    seed[0] = (uint8_t)(h->n + 1);
    ASSERT_OK(wzp_seed_identity_new(&p->seed, seed));
    c.identity = wzp_seed_identity_table(p->seed);
    ASSERT_OK(wzp_group_new(&p->g, &c));
    wzp_group_own_mid(p->g, p->mid);
    wzp_group_own_kph(p->g, p->kph);
    wzp_identity_fingerprint(c.identity.public_key, fp);
    for (size_t i = 0, at = 0; i < WZP_FP_LEN; i++) {
        at += (size_t)snprintf(p->fp + at, sizeof p->fp - at, "%s%02x",
                               i > 0 && i % 2 == 0 ? ":" : "", fp[i]);
    }
    return h->n++;
}

static int hub_find(const hub *h, const uint8_t *mid)
{
    for (int i = 0; i < h->n; i++) {
        if (memcmp(h->peers[i].mid, mid, WZP_MID_LEN) == 0) {
            return i;
        }
    }
    return -1;
}

static wzp_participant hub_participant(const hub *h, int i)
{
    const hub_peer *p = &h->peers[i];
    return (wzp_participant){
        .fingerprint = {p->fp, WZP_FP_TEXT_LEN},
        .alias = WZP_STR("peer"),
        .mid = {p->mid, WZP_MID_LEN},
        .kph = {p->kph, WZP_HASH_LEN},
        .caps = WZP_CAP_PRESENT | WZP_CAP_E2E1,
    };
}

static hub_msg *hub_msg_new(hub *h, int from, int to)
{
    hub_msg *m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->from = from;
    m->to = to;
    m->at = h->now + h->delay;
    if (h->jitter > 0) {
        m->at += hub_random(h, (uint32_t)(h->jitter / 1000)) * 1000u;
    }
    return m;
}

static void hub_post(hub *h, hub_msg *m)
{
    hub_msg **at = &h->queue;
    while (*at != NULL && (*at)->at <= m->at) {
        at = &(*at)->next;
    }
    m->next = *at;
    *at = m;
}

static wzp_err hub_roster(hub *h, int to)
{
    static wzp_participant list[HUB_PEERS];
    size_t n = 0;
    for (int i = 0; i < h->n; i++) {
        if (h->peers[i].is_here) {
            list[n++] = hub_participant(h, i);
        }
    }
    return wzp_group_roster(h->peers[to].g, h->now,
                            (wzp_participant_list){list, n});
}

/* Everybody sees it after one delay, without loss: rosters are the relay's
 * own affair (`rev` and RoomSync). */
static void hub_change(hub *h, int who, bool is_join)
{
    h->peers[who].is_here = is_join;
    h->peers[who].since = h->now;
    for (int i = 0; i < h->n; i++) {
        if (!h->peers[i].is_here || i == who) {
            continue;
        }
        hub_msg *m = hub_msg_new(h, who, i);
        m->at = h->now + h->delay;
        m->sig.kind = WZP_SIG_ROOM_DELTA;
        if (is_join) {
            m->one = hub_participant(h, who);
            m->sig.u.room_delta.joined = (wzp_participant_list){&m->one, 1};
        } else {
            m->list[0] = (wzp_bytes){h->peers[who].mid, WZP_MID_LEN};
            m->sig.u.room_delta.left = (wzp_bytes_list){m->list, 1};
        }
        hub_post(h, m);
    }
    if (is_join) {
        ASSERT_OK(hub_roster(h, who));
    }
}

static int hub_join(hub *h)
{
    const int i = hub_add(h, NULL);
    hub_change(h, i, true);
    return i;
}

/* --- relaying --- */

static void hub_route(hub *h, int from, int to, const wzp_signal *sig)
{
    if (to < 0 || !h->peers[to].is_here ||
        (h->on_signal != NULL && !h->on_signal(h, from, to, sig)) ||
        hub_random(h, 1000) < h->loss_permille) {
        return;
    }
    hub_msg *m = hub_msg_new(h, from, to);
    m->sig = *sig;
    if (sig->kind == WZP_SIG_E2EE_PAIR) {
        const wzp_sig_e2ee_pair *p = &sig->u.e2ee_pair;
        memcpy(m->bytes, p->ct.ptr, p->ct.len);
        memcpy(m->bytes2, p->sig.ptr, p->sig.len);
        m->sig.u.e2ee_pair.ct.ptr = m->bytes;
        m->sig.u.e2ee_pair.sig.ptr = m->bytes2;
    } else if (sig->kind == WZP_SIG_E2EE_KEYS) {
        const wzp_e2ee_box *b = sig->u.e2ee_keys.k.v;
        m->box = *b;
        memcpy(m->bytes, b->box.ptr, b->box.len);
        m->box.box.ptr = m->bytes;
        m->sig.u.e2ee_keys.k = (wzp_e2ee_box_list){&m->box, 1};
    }
    hub_post(h, m);
}

static void hub_packages(hub *h, int to, const wzp_bytes_list *mids)
{
    hub_msg *m = hub_msg_new(h, to, to);
    size_t n = 0;
    for (size_t i = 0; i < mids->n; i++) {
        const int p = hub_find(h, mids->v[i].ptr);
        if (p >= 0) {
            m->list[n++] = wzp_group_package_view(h->peers[p].g);
        }
    }
    m->sig.kind = WZP_SIG_KEY_PACKAGES;
    m->sig.u.key_packages.kps = (wzp_bytes_list){m->list, n};
    hub_post(h, m);
}

static void hub_signal(hub *h, int from, const wzp_signal *sig)
{
    h->peers[from].sent[sig->kind]++;
    switch (sig->kind) {
    case WZP_SIG_KEY_PACKAGE_REQUEST:
        hub_packages(h, from, &sig->u.key_package_request.mids);
        break;
    case WZP_SIG_E2EE_PAIR:
        hub_route(h, from, hub_find(h, sig->u.e2ee_pair.to), sig);
        break;
    case WZP_SIG_E2EE_KEY_REQUEST:
        hub_route(h, from, hub_find(h, sig->u.e2ee_key_request.to), sig);
        break;
    case WZP_SIG_E2EE_KEYS:
        for (size_t i = 0; i < sig->u.e2ee_keys.k.n; i++) {
            wzp_signal one = *sig;
            one.u.e2ee_keys.k.v = &sig->u.e2ee_keys.k.v[i];
            one.u.e2ee_keys.k.n = 1;
            hub_route(h, from, hub_find(h, one.u.e2ee_keys.k.v->to), &one);
        }
        break;
    default: fail_msg("unexpected signal"); break;
    }
}

static void hub_broadcast(hub *h, int from, const uint8_t *data, size_t len)
{
    if (h->on_datagram != NULL) {
        h->on_datagram(h, from, data, len);
    }
    for (int i = 0; i < h->n; i++) {
        if (i != from && h->peers[i].is_here) {
            hub_msg *m = hub_msg_new(h, from, i);
            m->is_datagram = true;
            memcpy(m->bytes, data, len);
            m->one.mid.len = len;
            hub_post(h, m);
        }
    }
}

/* Seals one packet and sends it. */
static wzp_err hub_say(hub *h, int i, wzp_plain_form form)
{
    hub_peer *p = &h->peers[i];
    const wzp_media_hdr hdr = {
        .codec = form == WZP_FORM_CONTROL ? 5 : 0,
        .seq = p->seq,
        .timestamp = (uint32_t)p->seq * 20,
    };
    uint8_t plain[40] = {1};
    uint8_t out[HUB_PACKET];
    size_t len;
    plain[1] = (uint8_t)i;
    WZP_TRY(wzp_group_seal(p->g, h->now, &hdr, form, plain, sizeof plain, out,
                           sizeof out, &len));
    p->seq = (uint16_t)(p->seq + (form == WZP_FORM_FRAME));
    hub_broadcast(h, i, out, len);
    return WZP_OK;
}

static void hub_deliver(hub *h, hub_msg *m)
{
    hub_peer *p = &h->peers[m->to];
    if (!p->is_here || p->is_cut || h->peers[m->from].is_cut) {
        return;
    }
    if (m->is_datagram) {
        uint8_t plain[HUB_PACKET];
        wzp_opened o;
        if (wzp_group_open(p->g, h->now, m->bytes, m->one.mid.len, plain,
                           sizeof plain, &o) == WZP_OK) {
            assert_memory_equal(o.mid, h->peers[m->from].mid, WZP_MID_LEN);
            assert_int_equal(plain[1], m->from);
            p->heard[m->from] = h->now;
            p->frames[m->from] += o.form == WZP_FORM_FRAME;
        }
    } else if (m->sig.kind == WZP_SIG_ROOM_DELTA) {
        ASSERT_OK(wzp_group_delta(p->g, h->now, m->sig.u.room_delta.joined,
                                  m->sig.u.room_delta.left));
    } else {
        wzp_ignore(wzp_group_recv(p->g, h->now, HUB_NOW_UNIX, &m->sig),
                   "refusals are looked at through the statistics");
    }
}

static void hub_drain(hub *h, int i)
{
    hub_peer *p = &h->peers[i];
    wzp_group_action a;
    while (wzp_group_poll(p->g, h->now, &a)) {
        switch (a.kind) {
        case WZP_GROUP_SEND: hub_signal(h, i, a.u.signal); break;
        case WZP_GROUP_KEYS_CHANGED: p->changed++; break;
        case WZP_GROUP_MEMBER:
            p->members++;
            if (h->on_member != NULL) {
                h->on_member(h, i, a.u.member);
            }
            break;
        case WZP_GROUP_MEMBER_GONE: p->gone++; break;
        case WZP_GROUP_CONTROL_DUE:
            if (!p->is_mute_control) {
                wzp_ignore(hub_say(h, i, WZP_FORM_CONTROL), "not yet");
            }
            break;
        }
    }
}

static void hub_tick(hub *h)
{
    h->now += HUB_TICK;
    while (h->queue != NULL && h->queue->at <= h->now) {
        hub_msg *m = h->queue;
        h->queue = m->next;
        hub_deliver(h, m);
        free(m);
    }
    for (int i = 0; i < h->n; i++) {
        hub_peer *p = &h->peers[i];
        if (!p->is_here) {
            continue;
        }
        if (wzp_group_deadline(p->g) <= h->now) {
            wzp_group_expire(p->g, h->now);
            assert_true(wzp_group_deadline(p->g) > h->now);
        }
        if (p->speaks && h->now % (20 * WZP_MS) == 0 &&
            hub_say(h, i, WZP_FORM_FRAME) == WZP_OK && p->sealed_at == 0) {
            p->sealed_at = h->now;
        }
        hub_drain(h, i);
    }
}

static void hub_run(hub *h, wzp_tstamp time)
{
    const wzp_tstamp end = h->now + time;
    while (h->now < end) {
        hub_tick(h);
    }
}

/* How long b has not heard a, both being there and a speaking. */
static wzp_tstamp hub_deaf(const hub *h, int a, int b)
{
    const hub_peer *from = &h->peers[a];
    const hub_peer *to = &h->peers[b];
    if (a == b || !from->is_here || !to->is_here || !from->speaks) {
        return 0;
    }
    wzp_tstamp since = from->since > to->since ? from->since : to->since;
    since = to->heard[a] > since ? to->heard[a] : since;
    return h->now - since;
}

static wzp_group_stats hub_stats(const hub *h, int i)
{
    wzp_group_stats s = {.size = sizeof s};
    wzp_group_stats_get(h->peers[i].g, &s);
    return s;
}

static wzp_member_info hub_info(const hub *h, int at, int of)
{
    wzp_member_info info = {.member = UINT32_MAX};
    for (size_t i = 0; i < wzp_group_member_count(h->peers[at].g); i++) {
        ASSERT_OK(wzp_group_member_at(h->peers[at].g, i, &info));
        if (memcmp(info.mid, h->peers[of].mid, WZP_MID_LEN) == 0) {
            return info;
        }
    }
    fail_msg("%d does not list %d", at, of);
    return info;
}

/* Some tests need only a part of this file. */
__attribute__((constructor)) static void hub_use(void)
{
    (void)hub_join;
    (void)hub_run;
    (void)hub_deaf;
    (void)hub_stats;
    (void)hub_info;
    (void)hub_free;
    (void)hub_new;
}

#endif
