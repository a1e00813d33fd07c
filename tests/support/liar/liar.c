/* SPDX-License-Identifier: MIT */
/* The lying relay, see liar.h. Lies are not told here: this file is the honest
 * part of rooms, and the places where a test reaches in.
 */
#include "liar_state.h"

#include <wzp/crypto/binding.h>
#include <wzp/crypto/legacy.h>
#include <wzp/crypto/room.h>
#include <wzp/proto/fingerprint.h>
#include <wzp/proto/pkt.h>
#include <wzp/transport/endpoint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW_UNIX UINT64_C(1800000000) /* of the world */

static void *need(void *p)
{
    if (p == NULL) {
        abort();
    }
    return p;
}

void wzp_liar_must(wzp_err e, const char *what)
{
    if (e != WZP_OK) {
        fprintf(stderr, "liar: %s: %s\n", what, wzp_err_name(e));
        abort();
    }
}

wzp_unix_s wzp_liar_unix(const wzp_liar *l)
{
    return NOW_UNIX + wzp_world_now(l->w) / WZP_S;
}

/* --- sending --- */

void wzp_liar_send_text(wzp_liar *l, int to, const void *text, size_t len)
{
    if (l->m[to]->conn != 0) {
        wzp_ignore(wzp_endpoint_send_signal(l->ep, wzp_world_now(l->w),
                                            l->m[to]->conn, text, len),
                   "its CLOSED is on its way");
    }
    l->has_work = true;
}

static void send_bytes(wzp_liar *l, int to, const uint8_t *data, size_t len)
{
    wzp_pkt *pkt = l->m[to]->conn != 0 ? wzp_pkt_get(l->pool) : NULL;
    if (pkt == NULL) {
        return;
    }
    memcpy(pkt->data, data, len);
    pkt->len = len;
    wzp_ignore(wzp_endpoint_send_dgram(l->ep, wzp_world_now(l->w),
                                       l->m[to]->conn, pkt),
               "lost, as on a network");
    wzp_pkt_unref(pkt);
    l->has_work = true;
}

static wzp_str encode(wzp_liar *l, const wzp_signal *sig)
{
    wzp_str text;
    wzp_arena_reset(l->out);
    wzp_liar_must(wzp_signal_encode(l->out, sig, &text), "encode");
    return text;
}

void wzp_liar_say(wzp_liar *l, int to, const wzp_signal *sig)
{
    if (l->m[to]->group != NULL) {
        wzp_liar_tell_ghost(l, to, sig);
        return;
    }
    const wzp_str text = encode(l, sig);
    wzp_liar_send_text(l, to, text.ptr, text.len);
}

void wzp_liar_say_at(wzp_liar *l, wzp_tstamp at, int to, const wzp_signal *sig)
{
    const wzp_str text = encode(l, sig);
    const wzp_later_what what = {.to = to, .data = text.ptr, .len = text.len};
    wzp_later_add(&l->later, at, &what);
}

void wzp_liar_throw(wzp_liar *l, int to, const uint8_t *data, size_t len)
{
    inside *m = l->m[to];
    if (m->group == NULL) {
        send_bytes(l, to, data, len);
        return;
    }
    uint8_t plain[WZP_PKT_CAP];
    wzp_opened o;
    m->opened += wzp_group_open(m->group, wzp_world_now(l->w), data, len, plain,
                                sizeof plain, &o) == WZP_OK;
}

void wzp_liar_throw_at(wzp_liar *l, wzp_tstamp at, int to, const uint8_t *data,
                       size_t len)
{
    const wzp_later_what what = {
        .to = to, .is_dgram = true, .data = data, .len = len};
    wzp_later_add(&l->later, at, &what);
}

void wzp_liar_pass(wzp_liar *l, int from, int to, const wzp_signal *sig)
{
    wzp_signal copy = *sig;
    if (l->hooks.signal == NULL ||
        l->hooks.signal(l->hooks.user, l, from, to, &copy)) {
        wzp_liar_say(l, to, &copy);
    }
}

static bool in_room(const wzp_liar *l, int i, const uint8_t *room_id)
{
    return memcmp(l->m[i]->pub.room_id, room_id, WZP_HASH_LEN) == 0;
}

void wzp_liar_pass_dgram(wzp_liar *l, int from, const uint8_t *data, size_t len)
{
    for (int to = 0; to < l->n; to++) {
        uint8_t copy[WZP_PKT_CAP];
        size_t n = len;
        if (to == from || !l->m[to]->pub.is_here ||
            !in_room(l, to, l->m[from]->pub.room_id)) {
            continue;
        }
        memcpy(copy, data, len);
        if (l->hooks.dgram == NULL ||
            l->hooks.dgram(l->hooks.user, l, from, to, copy, &n)) {
            wzp_liar_throw(l, to, copy, n);
        }
    }
}

/* --- what an honest relay does --- */

static int find_mid(const wzp_liar *l, const uint8_t *mid)
{
    for (int i = l->n; i-- > 0;) {
        if (memcmp(l->m[i]->pub.mid, mid, WZP_MID_LEN) == 0) {
            return i;
        }
    }
    return -1;
}

static int find_conn(const wzp_liar *l, wzp_conn_id conn)
{
    for (int i = 0; i < l->n; i++) {
        if (l->m[i]->conn == conn) {
            return i;
        }
    }
    return -1;
}

static void tell_room(wzp_liar *l, const uint8_t *room_id)
{
    wzp_participant list[WZP_LIAR_MEMBERS];
    size_t n = 0;
    for (int i = 0; i < l->n; i++) {
        const wzp_liar_member *m = &l->m[i]->pub;
        if (m->is_listed && in_room(l, i, room_id)) {
            wzp_liar_must(n < WZP_LIAR_MEMBERS ? WZP_OK : WZP_ERR_FULL,
                          "members");
            list[n++] = (wzp_participant){
                .fingerprint = {m->fingerprint, strlen(m->fingerprint)},
                .alias = {m->alias, strlen(m->alias)},
                .relay_label = WZP_STR_NONE,
                .mid = {m->mid, WZP_MID_LEN},
                .kph = {m->kph, WZP_HASH_LEN},
                .caps = m->caps,
            };
        }
    }
    const wzp_signal sig = {.kind = WZP_SIG_ROOM_UPDATE,
                            .u.room_update = {.count = (uint32_t)n,
                                              .participants = {list, n},
                                              .rev = {true, l->rev}}};
    for (int to = 0; to < l->n; to++) {
        if (l->m[to]->pub.is_here && in_room(l, to, room_id)) {
            wzp_liar_pass(l, WZP_LIAR_RELAY, to, &sig);
        }
    }
}

/* The first who is in its room. */
static bool stands_for_room(const wzp_liar *l, int i)
{
    bool is_first = l->m[i]->pub.is_here;
    for (int k = 0; k < i; k++) {
        is_first = is_first && !(l->m[k]->pub.is_here &&
                                 in_room(l, k, l->m[i]->pub.room_id));
    }
    return is_first;
}

void wzp_liar_roster(wzp_liar *l)
{
    l->rev++;
    for (int i = 0; i < l->n; i++) {
        if (stands_for_room(l, i)) {
            tell_room(l, l->m[i]->pub.room_id);
        }
    }
}

static void answer_offer(wzp_liar *l, int to)
{
    uint8_t secret[WZP_KEY_LEN];
    uint8_t signature[WZP_SIG_LEN];
    uint8_t bound[WZP_SIG_LEN];
    wzp_signal sig = {.kind = WZP_SIG_CALL_ANSWER};
    wzp_sig_call_answer *a = &sig.u.call_answer;
    wzp_rng_fill(&l->rng, secret, sizeof secret);
    wzp_legacy_public(secret, a->ephemeral_pub);
    memcpy(a->identity_pub, l->identity.public_key, WZP_KEY_LEN);
    wzp_liar_must(
        wzp_legacy_sign(&l->identity, false, a->ephemeral_pub, signature),
        "sign");
    wzp_binding_input in = {.kind = WZP_BINDING_CALL_ANSWER};
    memcpy(in.exporter, l->m[to]->exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, l->cert, sizeof in.server_cert_hash);
    wzp_liar_must(wzp_binding_sign(&l->identity, &in, bound), "bind");
    a->signature = (wzp_bytes){signature, sizeof signature};
    a->binding = (wzp_bytes){bound, sizeof bound};
    a->chosen_profile = wzp_tier_profile(WZP_TIER_GOOD);
    a->caps = WZP_LIAR_CAPS;
    wzp_liar_pass(l, WZP_LIAR_RELAY, to, &sig);
}

static void keep_text(inside *m, wzp_str json)
{
    m->offer = need(malloc(json.len));
    memcpy(m->offer, json.ptr, json.len);
    m->pub.offer = (wzp_str){m->offer, json.len};
}

void wzp_liar_name_of(const uint8_t key[WZP_KEY_LEN],
                      char out[WZP_FP_TEXT_LEN + 1])
{
    uint8_t fp[WZP_FP_LEN];
    wzp_identity_fingerprint(key, fp);
    wzp_fingerprint_encode(fp, out);
}

void wzp_liar_set_names(wzp_liar_member *m, const uint8_t *key,
                        const uint8_t *kp)
{
    memcpy(m->identity, key, WZP_KEY_LEN);
    wzp_liar_name_of(key, m->fingerprint);
    memcpy(m->kp, kp, WZP_KP_LEN);
    wzp_sha256(kp, WZP_KP_LEN, m->kph);
    wzp_kp_mid(m->kph, m->mid);
    m->is_here = true;
    m->is_listed = true;
}

static void join(wzp_liar *l, int i, const wzp_sig_call_offer *offer,
                 wzp_str json)
{
    inside *m = l->m[i];
    keep_text(m, json);
    m->pub.caps = offer->caps;
    (void)snprintf(m->pub.alias, sizeof m->pub.alias, "%.*s",
                   (int)offer->alias.len, offer->alias.ptr);
    if (offer->kp.len != WZP_KP_LEN) {
        return; /* this relay is for those who seal */
    }
    if (!wzp_liar_may_enter(l, i, offer->identity_pub)) {
        wzp_ignore(wzp_endpoint_close(l->ep, wzp_world_now(l->w), m->conn,
                                      WZP_CLOSE_NOT_ALLOWED, "not your call"),
                   "gone already");
        return;
    }
    wzp_liar_set_names(&m->pub, offer->identity_pub, offer->kp.ptr);
    wzp_ignore(wzp_endpoint_trust(l->ep, m->conn), "gone already");
    answer_offer(l, i);
    wzp_liar_roster(l);
}

static void answer_request(wzp_liar *l, int to, wzp_bytes_list mids)
{
    wzp_bytes kps[WZP_LIAR_MEMBERS];
    size_t n = 0;
    for (size_t i = 0; i < mids.n && n < WZP_LIAR_MEMBERS; i++) {
        const int who = find_mid(l, mids.v[i].ptr);
        if (who >= 0) {
            kps[n++] = (wzp_bytes){l->m[who]->pub.kp, WZP_KP_LEN};
        }
    }
    const wzp_signal sig = {.kind = WZP_SIG_KEY_PACKAGES,
                            .u.key_packages.kps = {kps, n}};
    if (n > 0) {
        wzp_liar_pass(l, WZP_LIAR_RELAY, to, &sig);
    }
}

static void route_to(wzp_liar *l, int from, const uint8_t *mid,
                     const wzp_signal *sig)
{
    const int to = find_mid(l, mid);
    if (to >= 0 && l->m[to]->pub.is_here &&
        in_room(l, to, l->m[from]->pub.room_id)) {
        wzp_liar_pass(l, from, to, sig);
    }
}

/* One box a message, as an honest relay does it. */
static void route_boxes(wzp_liar *l, int from, const wzp_signal *sig)
{
    for (size_t i = 0; i < sig->u.e2ee_keys.k.n; i++) {
        wzp_e2ee_box box = sig->u.e2ee_keys.k.v[i];
        wzp_signal one = *sig;
        one.u.e2ee_keys.k = (wzp_e2ee_box_list){&box, 1};
        route_to(l, from, box.to, &one);
    }
}

void wzp_liar_serve(wzp_liar *l, int from, const wzp_signal *sig)
{
    switch (sig->kind) {
    case WZP_SIG_KEY_PACKAGE_REQUEST:
        answer_request(l, from, sig->u.key_package_request.mids);
        break;
    case WZP_SIG_E2EE_PAIR: route_to(l, from, sig->u.e2ee_pair.to, sig); break;
    case WZP_SIG_E2EE_KEY_REQUEST:
        route_to(l, from, sig->u.e2ee_key_request.to, sig);
        break;
    case WZP_SIG_E2EE_KEYS: route_boxes(l, from, sig); break;
    case WZP_SIG_ROOM_SYNC: wzp_liar_roster(l); break;
    default: break;
    }
}

static void on_signal(wzp_liar *l, const wzp_ep_action *a)
{
    const int from = find_conn(l, a->conn);
    const wzp_str json = {a->u.signal.data, a->u.signal.len};
    wzp_signal sig;
    wzp_arena_reset(l->in);
    if (from < 0 || wzp_signal_decode(l->in, json.ptr, json.len, WZP_SIGNAL_MAX,
                                      &sig) != WZP_OK) {
        return;
    }
    if (l->m[from]->pub.is_line) {
        wzp_liar_exchange(l, from, &sig);
    } else if (l->m[from]->pub.is_here) {
        wzp_liar_serve(l, from, &sig);
    } else if (sig.kind == WZP_SIG_CALL_OFFER) {
        join(l, from, &sig.u.call_offer, json);
    }
}

int wzp_liar_add(wzp_liar *l)
{
    if (l->n == WZP_LIAR_CONNS) {
        abort();
    }
    l->m[l->n] = need(calloc(1, sizeof *l->m[0]));
    return l->n++;
}

static void on_accepted(wzp_liar *l, const wzp_ep_action *a)
{
    inside *m = l->m[wzp_liar_add(l)];
    m->conn = a->conn;
    memcpy(m->exporter, a->u.up.exporter, sizeof m->exporter);
    if (strcmp(a->u.up.sni, "_signal") == 0) {
        m->pub.is_line = true;
        return;
    }
    m->names_call = strncmp(a->u.up.sni, "call-", 5) == 0;
    wzp_room_id((wzp_str){a->u.up.sni, strlen(a->u.up.sni)}, l->room_id);
    memcpy(m->pub.room_id, l->room_id, WZP_HASH_LEN);
}

static void on_closed(wzp_liar *l, const wzp_ep_action *a)
{
    const int i = find_conn(l, a->conn);
    if (i < 0) {
        return;
    }
    l->m[i]->conn = 0;
    l->m[i]->pub.is_here = false;
    if (l->m[i]->pub.is_line) {
        wzp_liar_line_ended(l, i);
        return;
    }
    if (!l->withholds_leaves) {
        l->m[i]->pub.is_listed = false;
        wzp_liar_roster(l);
    }
}

static void on_dgram(wzp_liar *l, const wzp_ep_action *a)
{
    const int from = find_conn(l, a->conn);
    if (from >= 0 && l->m[from]->pub.is_here) {
        wzp_liar_pass_dgram(l, from, a->u.dgram->data, a->u.dgram->len);
    }
}

void wzp_liar_handle(wzp_liar *l, const wzp_ep_action *a)
{
    switch (a->kind) {
    case WZP_EP_ACCEPTED: on_accepted(l, a); break;
    case WZP_EP_SIGNAL: on_signal(l, a); break;
    case WZP_EP_DGRAM: on_dgram(l, a); break;
    case WZP_EP_CLOSED: on_closed(l, a); break;
    default: break;
    }
}

void wzp_liar_drop(wzp_liar *l, int i)
{
    wzp_ignore(wzp_endpoint_close(l->ep, wzp_world_now(l->w), l->m[i]->conn,
                                  WZP_CLOSE_SHUTDOWN, "drop"),
               "gone already");
    l->has_work = true;
}

/* --- what tests say and ask --- */

void wzp_liar_hook(wzp_liar *l, const wzp_liar_hooks *hooks)
{
    l->hooks = *hooks;
}

void wzp_liar_withhold_leaves(wzp_liar *l, bool withhold)
{
    l->withholds_leaves = withhold;
}

int wzp_liar_count(const wzp_liar *l)
{
    return l->n;
}

wzp_liar_member *wzp_liar_member_at(wzp_liar *l, int i)
{
    return &l->m[i]->pub;
}

int wzp_liar_find(const wzp_liar *l, uint8_t identity)
{
    wzp_seed_identity *id = wzp_liar_identity(identity);
    const wzp_identity who = wzp_seed_identity_table(id);
    int i = l->n - 1;
    while (i >= 0 &&
           (l->m[i]->pub.is_line ||
            memcmp(l->m[i]->pub.identity, who.public_key, WZP_KEY_LEN) != 0)) {
        i--;
    }
    wzp_seed_identity_free(id);
    return i;
}
