/* SPDX-License-Identifier: MIT */
/* A member in the test's hands, see puppet.h. Built on the public headers of
 * the libraries: it is an endpoint and a group, and no client.
 */
#include "puppet.h"

#include <wzp/client/client.h>
#include <wzp/crypto/binding.h>
#include <wzp/crypto/legacy.h>
#include <wzp/crypto/room.h>
#include <wzp/proto/control.h>
#include <wzp/proto/pkt.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKETS   256
#define ARENA_MAX (8 * (size_t)WZP_SIGNAL_MAX)
#define NOW_UNIX  UINT64_C(1800000000) /* of the world */
#define FRAME     (20 * WZP_MS)
#define CAPS      (WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1)

struct wzp_puppet {
    wzp_world *w;
    wzp_node node;
    wzp_puppet_config cfg;
    wzp_rng rng;
    wzp_seed_identity *seed;
    wzp_identity identity;
    wzp_endpoint *ep;
    wzp_pkt_pool *pool;
    wzp_arena *in, *out;
    wzp_group *group;
    uint8_t room_id[WZP_HASH_LEN];
    wzp_conn_id conn;
    bool is_in, is_deaf, has_work;
    wzp_err why;
    uint64_t code;
    uint8_t exporter[WZP_EXPORTER_LEN];
    uint8_t cert[WZP_HASH_LEN];
    wzp_tstamp frame_at;
    uint16_t seq;
    uint64_t sent, opened;
    wzp_err refused;
};

static void *need(void *p)
{
    if (p == NULL) {
        abort();
    }
    return p;
}

static void must(wzp_err e, const char *what)
{
    if (e != WZP_OK) {
        fprintf(stderr, "puppet: %s: %s\n", what, wzp_err_name(e));
        abort();
    }
}

static wzp_unix_s unix_now(const wzp_puppet *p)
{
    return NOW_UNIX + wzp_world_now(p->w) / WZP_S;
}

static wzp_seed_identity *identity_of(uint8_t byte)
{
    uint8_t seed[WZP_SEED_LEN];
    wzp_seed_identity *id;
    memset(seed, byte, sizeof seed);
    must(wzp_seed_identity_new(&id, seed), "identity");
    return id;
}

void wzp_puppet_identity(uint8_t identity, uint8_t key[WZP_KEY_LEN],
                         uint8_t fp[WZP_FP_LEN])
{
    must(wzp_global_init(), "global init"); /* there may be no world yet */
    wzp_seed_identity *id = identity_of(identity);
    const wzp_identity table = wzp_seed_identity_table(id);
    memcpy(key, table.public_key, WZP_KEY_LEN);
    wzp_identity_fingerprint(key, fp);
    wzp_seed_identity_free(id);
    wzp_global_deinit();
}

/* --- sending --- */

void wzp_puppet_say_text(wzp_puppet *p, const char *text, size_t len)
{
    wzp_ignore(wzp_endpoint_send_signal(p->ep, wzp_world_now(p->w), p->conn,
                                        text, len),
               "its CLOSED tells");
    p->has_work = true;
}

void wzp_puppet_say(wzp_puppet *p, const wzp_signal *sig)
{
    wzp_str text;
    wzp_arena_reset(p->out);
    must(wzp_signal_encode(p->out, sig, &text), "encode");
    wzp_puppet_say_text(p, text.ptr, text.len);
}

static void pass(wzp_puppet *p, const wzp_signal *sig)
{
    wzp_signal copy = *sig;
    if (p->cfg.hooks.out == NULL ||
        p->cfg.hooks.out(p->cfg.hooks.user, p, &copy)) {
        wzp_puppet_say(p, &copy);
    }
}

void wzp_puppet_throw(wzp_puppet *p, const uint8_t *data, size_t len)
{
    wzp_pkt *pkt = wzp_pkt_get(p->pool);
    if (pkt == NULL) {
        return;
    }
    memcpy(pkt->data, data, len);
    pkt->len = len;
    wzp_ignore(
        wzp_endpoint_send_dgram(p->ep, wzp_world_now(p->w), p->conn, pkt),
        "lost, as on a network");
    wzp_pkt_unref(pkt);
    p->has_work = true;
}

static bool seal_and_throw(wzp_puppet *p, wzp_plain_form form,
                           const uint8_t *plain, size_t n)
{
    uint8_t out[WZP_PKT_CAP];
    size_t len = 0;
    const wzp_tstamp now = wzp_world_now(p->w);
    const wzp_media_hdr hdr = {.codec = form == WZP_FORM_CONTROL
                                            ? WZP_CODEC_COMFORT_NOISE
                                            : WZP_CODEC_OPUS_24K,
                               .seq = p->seq,
                               .timestamp = (uint32_t)(now / WZP_MS)};
    if (p->cfg.is_legacy) {
        wzp_media_hdr_encode(&hdr, out);
        memcpy(out + WZP_MEDIA_HDR_LEN, plain, n);
        len = WZP_MEDIA_HDR_LEN + n;
    } else if (wzp_group_seal(p->group, now, &hdr, form, plain, n, out,
                              sizeof out, &len) != WZP_OK) {
        return false;
    }
    wzp_puppet_throw(p, out, len);
    return true;
}

static void say_frame(wzp_puppet *p)
{
    char frame[80];
    const int n =
        snprintf(frame, sizeof frame, WZP_PUPPET_MARK "%02x-%08" PRIu64,
                 p->cfg.identity, p->sent);
    if (seal_and_throw(p, WZP_FORM_FRAME, (const uint8_t *)frame, (size_t)n)) {
        p->sent++;
        p->seq++;
    }
}

static void keep_alive(wzp_puppet *p)
{
    uint8_t plain[8];
    size_t n = 0;
    const wzp_control_item item = {.type = WZP_CONTROL_KEEPALIVE};
    must(wzp_control_encode(&item, 1, plain, sizeof plain, &n), "control");
    (void)seal_and_throw(p, WZP_FORM_CONTROL, plain, n);
}

/* --- joining --- */

static void make_group(wzp_puppet *p)
{
    wzp_group_config cfg;
    wzp_group_config_default(&cfg);
    cfg.identity = p->identity;
    cfg.rng = p->rng;
    cfg.now_unix = unix_now(p);
    cfg.policy = p->cfg.policy;
    cfg.allowed = p->cfg.allowed;
    cfg.n_allowed = p->cfg.n_allowed;
    if (p->cfg.psk != NULL) {
        cfg.has_psk = true;
        memcpy(cfg.psk, p->cfg.psk, WZP_KEY_LEN);
    }
    memcpy(cfg.room_id, p->room_id, WZP_HASH_LEN);
    wzp_group_free(p->group);
    must(wzp_group_new(&p->group, &cfg), "group");
}

static wzp_bytes prove(const wzp_puppet *p, uint8_t proof[WZP_HASH_LEN])
{
    uint8_t kph[WZP_HASH_LEN];
    if (p->cfg.access == NULL) {
        return (wzp_bytes){NULL, 0};
    }
    wzp_group_own_kph(p->group, kph);
    wzp_room_proof(p->cfg.access, p->exporter, kph, proof);
    return (wzp_bytes){proof, WZP_HASH_LEN};
}

static void offer(wzp_puppet *p)
{
    uint8_t proof[WZP_HASH_LEN];
    uint8_t secret[WZP_KEY_LEN];
    uint8_t signature[WZP_SIG_LEN];
    uint8_t bound[WZP_SIG_LEN];
    const wzp_profile profile = wzp_tier_profile(WZP_TIER_GOOD);
    wzp_signal sig = {.kind = WZP_SIG_CALL_OFFER};
    wzp_sig_call_offer *o = &sig.u.call_offer;
    wzp_rng_fill(&p->rng, secret, sizeof secret);
    wzp_legacy_public(secret, o->ephemeral_pub);
    memcpy(o->identity_pub, p->identity.public_key, WZP_KEY_LEN);
    must(wzp_legacy_sign(&p->identity, true, o->ephemeral_pub, signature),
         "sign");
    o->signature = (wzp_bytes){signature, sizeof signature};
    o->supported_profiles = (wzp_profile_list){&profile, 1};
    o->alias = WZP_STR("puppet");
    if (!p->cfg.is_legacy) {
        wzp_binding_input in = {.kind = WZP_BINDING_CALL_OFFER};
        o->kp = wzp_group_package_view(p->group);
        in.kp = o->kp;
        memcpy(in.exporter, p->exporter, sizeof in.exporter);
        memcpy(in.server_cert_hash, p->cert, sizeof in.server_cert_hash);
        must(wzp_binding_sign(&p->identity, &in, bound), "bind");
        o->binding = (wzp_bytes){bound, sizeof bound};
        o->room_proof = prove(p, proof);
        o->caps = CAPS;
    }
    pass(p, &sig);
}

void wzp_puppet_join(wzp_puppet *p, const char *room, wzp_node relay)
{
    const wzp_str name = {room, strlen(room)};
    char sni[WZP_ROOM_HEX_LEN + 1];
    wzp_room_hash(name, sni);
    wzp_room_id(name, p->room_id);
    make_group(p);
    p->is_in = false;
    p->why = WZP_OK;
    const wzp_dial dial = {.local = wzp_world_addr(p->w, p->node),
                           .remote = wzp_world_addr(p->w, relay),
                           .sni = sni};
    must(wzp_endpoint_dial(p->ep, wzp_world_now(p->w), &dial, &p->conn),
         "dial");
    p->has_work = true;
}

void wzp_puppet_leave(wzp_puppet *p)
{
    wzp_ignore(wzp_endpoint_close(p->ep, wzp_world_now(p->w), p->conn,
                                  WZP_CLOSE_NORMAL, "hangup"),
               "gone already");
    p->is_in = false;
    p->has_work = true;
}

/* --- what comes --- */

static void note(wzp_puppet *p, wzp_err e)
{
    p->refused = p->refused == WZP_OK ? e : p->refused;
}

static void on_signal(wzp_puppet *p, const wzp_ep_action *a)
{
    wzp_signal sig;
    const wzp_tstamp now = wzp_world_now(p->w);
    wzp_arena_reset(p->in);
    if (wzp_signal_decode(p->in, a->u.signal.data, a->u.signal.len,
                          WZP_SIGNAL_MAX, &sig) != WZP_OK ||
        (p->cfg.hooks.in != NULL &&
         !p->cfg.hooks.in(p->cfg.hooks.user, p, &sig))) {
        return;
    }
    switch (sig.kind) {
    case WZP_SIG_CALL_ANSWER:
        p->is_in = true;
        p->frame_at = now;
        wzp_ignore(wzp_endpoint_trust(p->ep, p->conn), "gone already");
        break;
    case WZP_SIG_ROOM_UPDATE:
        note(p,
             wzp_group_roster(p->group, now, sig.u.room_update.participants));
        break;
    case WZP_SIG_ROOM_DELTA:
        note(p, wzp_group_delta(p->group, now, sig.u.room_delta.joined,
                                sig.u.room_delta.left));
        break;
    default: note(p, wzp_group_recv(p->group, now, unix_now(p), &sig)); break;
    }
}

static void on_dgram(wzp_puppet *p, const wzp_ep_action *a)
{
    uint8_t plain[WZP_PKT_CAP];
    wzp_opened o;
    const wzp_pkt *pkt = a->u.dgram;
    if (p->cfg.hooks.dgram != NULL &&
        !p->cfg.hooks.dgram(p->cfg.hooks.user, p, pkt->data, pkt->len)) {
        return;
    }
    if (wzp_group_open(p->group, wzp_world_now(p->w), pkt->data, pkt->len,
                       plain, sizeof plain, &o) == WZP_OK) {
        p->opened += o.form != WZP_FORM_CONTROL;
        if (p->cfg.hooks.opened != NULL) {
            p->cfg.hooks.opened(p->cfg.hooks.user, p, pkt->data, pkt->len);
        }
    }
}

static void handle(wzp_puppet *p, const wzp_ep_action *a)
{
    if (a->conn != p->conn) {
        return; /* of a stay before */
    }
    switch (a->kind) {
    case WZP_EP_CONNECTED:
        memcpy(p->exporter, a->u.up.exporter, sizeof p->exporter);
        memcpy(p->cert, a->u.up.cert_hash, sizeof p->cert);
        offer(p);
        break;
    case WZP_EP_SIGNAL: on_signal(p, a); break;
    case WZP_EP_DGRAM: on_dgram(p, a); break;
    case WZP_EP_CLOSED:
        p->is_in = false;
        p->why = a->u.closed.err;
        p->code = a->u.closed.code;
        break;
    default: break;
    }
}

static bool group_acts(wzp_puppet *p)
{
    wzp_group_action a;
    bool any = false;
    while (p->is_in && wzp_group_poll(p->group, wzp_world_now(p->w), &a)) {
        any = true;
        if (a.kind == WZP_GROUP_SEND && !p->cfg.is_legacy) {
            pass(p, a.u.signal);
        } else if (a.kind == WZP_GROUP_CONTROL_DUE) {
            keep_alive(p);
        }
    }
    return any;
}

/* --- the machine --- */

static void puppet_recv(void *machine, wzp_tstamp now, const wzp_addr *local,
                        const wzp_addr *remote, const uint8_t *data, size_t len)
{
    wzp_puppet *p = machine;
    if (!p->is_deaf) {
        wzp_endpoint_recv(p->ep, now, local, remote, data, len);
    }
}

static void puppet_expire(void *machine, wzp_tstamp now)
{
    wzp_puppet *p = machine;
    p->has_work = false;
    wzp_endpoint_expire(p->ep, now);
    if (!p->is_in) {
        return;
    }
    wzp_group_expire(p->group, now);
    if (p->cfg.speaks && now >= p->frame_at) {
        say_frame(p);
        p->frame_at = now + FRAME;
    }
}

static wzp_tstamp puppet_deadline(void *machine)
{
    const wzp_puppet *p = machine;
    wzp_tstamp at = wzp_endpoint_deadline(p->ep);
    if (p->is_in) {
        const wzp_tstamp g = wzp_group_deadline(p->group);
        at = g < at ? g : at;
        at = p->cfg.speaks && p->frame_at < at ? p->frame_at : at;
    }
    return p->has_work ? 0 : at;
}

static bool puppet_poll(void *machine, wzp_tstamp now, wzp_addr *local,
                        wzp_addr *remote, const uint8_t **data, size_t *len)
{
    wzp_puppet *p = machine;
    wzp_ep_action a;
    do {
        while (wzp_endpoint_poll(p->ep, now, &a)) {
            if (a.kind == WZP_EP_SEND) {
                *local = a.u.send.local;
                *remote = a.u.send.remote;
                *data = a.u.send.data;
                *len = a.u.send.len;
                return true;
            }
            handle(p, &a);
        }
    } while (group_acts(p));
    p->has_work = false;
    return false;
}

/* --- life --- */

wzp_puppet *wzp_puppet_new(wzp_world *w, const wzp_puppet_config *cfg)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_puppet *p = need(calloc(1, sizeof *p));
    must(wzp_global_init(), "global init");
    p->w = w;
    p->cfg = *cfg;
    p->node = wzp_world_actor(w);
    p->rng = wzp_world_rng(w, p->node);
    p->seed = identity_of(cfg->identity);
    p->identity = wzp_seed_identity_table(p->seed);
    must(wzp_arena_new(&p->in, &mem, ARENA_MAX), "arena");
    must(wzp_arena_new(&p->out, &mem, ARENA_MAX), "arena");
    must(wzp_pkt_pool_new(&p->pool, &mem, PACKETS), "pool");
    wzp_endpoint_config ec;
    wzp_endpoint_config_default(&ec);
    ec.rng = p->rng;
    ec.pool = p->pool;
    ec.signal_max_queue = 64 * (size_t)WZP_SIGNAL_MAX; /* it may flood */
    must(wzp_endpoint_new(&p->ep, &ec, wzp_world_now(w)), "endpoint");
    const wzp_uv_machine machine = {.recv = puppet_recv,
                                    .expire = puppet_expire,
                                    .deadline = puppet_deadline,
                                    .poll_send = puppet_poll,
                                    .machine = p};
    wzp_world_act(w, p->node, &machine);
    return p;
}

void wzp_puppet_free(wzp_puppet *p)
{
    wzp_endpoint_free(p->ep);
    wzp_pkt_pool_free(p->pool);
    wzp_arena_free(p->in);
    wzp_arena_free(p->out);
    wzp_group_free(p->group);
    wzp_seed_identity_free(p->seed);
    free(p);
    wzp_global_deinit();
}

wzp_node wzp_puppet_node(const wzp_puppet *p)
{
    return p->node;
}

void wzp_puppet_speak(wzp_puppet *p, bool speaks)
{
    p->cfg.speaks = speaks;
    p->frame_at = wzp_world_now(p->w);
}

void wzp_puppet_deafen(wzp_puppet *p, bool is_deaf)
{
    p->is_deaf = is_deaf;
}

/* --- looking --- */

wzp_group *wzp_puppet_group(wzp_puppet *p)
{
    return p->group;
}

bool wzp_puppet_is_in(const wzp_puppet *p)
{
    return p->is_in;
}

wzp_err wzp_puppet_closed(const wzp_puppet *p, uint64_t *code)
{
    if (code != NULL) {
        *code = p->code;
    }
    return p->why;
}

uint64_t wzp_puppet_sent(const wzp_puppet *p)
{
    return p->sent;
}

uint64_t wzp_puppet_opened(const wzp_puppet *p)
{
    return p->opened;
}

wzp_err wzp_puppet_refused(wzp_puppet *p)
{
    const wzp_err e = p->refused;
    p->refused = WZP_OK;
    return e;
}

const uint8_t *wzp_puppet_exporter(const wzp_puppet *p)
{
    return p->exporter;
}

bool wzp_puppet_sees(const wzp_puppet *p, uint8_t identity,
                     wzp_member_info *out)
{
    uint8_t key[WZP_KEY_LEN];
    uint8_t fp[WZP_FP_LEN];
    wzp_puppet_identity(identity, key, fp);
    for (size_t i = 0; i < wzp_group_member_count(p->group); i++) {
        if (wzp_group_member_at(p->group, i, out) == WZP_OK &&
            memcmp(out->fingerprint, fp, sizeof fp) == 0) {
            return true;
        }
    }
    return false;
}

wzp_group_stats wzp_puppet_stats(const wzp_puppet *p)
{
    wzp_group_stats s = {.size = sizeof s};
    wzp_group_stats_get(p->group, &s);
    return s;
}
