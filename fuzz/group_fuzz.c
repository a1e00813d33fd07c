/* SPDX-License-Identifier: MIT */
/* The group machine under any order of messages, times and bytes. The input is
 * a list of steps: op u8 ‖ length u8 ‖ that many bytes. Two honest groups talk
 * through it: the fuzzer drops, repeats, changes and invents. With bit 6 of
 * the first op they are the two of a direct call: then each keeps the other,
 * whatever is said, and neither sends anything but keys, to the other.
 */
#include "fuzz.h"

#include <wzp/crypto/group.h>

enum {
    NOW_UNIX = 1800000000,
    STEPS_MAX = 200,
    CALL_BIT = 0x40,
};

typedef struct bench {
    wzp_group *g[2];
    wzp_seed_identity *id[2];
    uint8_t mid[2][WZP_MID_LEN];
    wzp_tstamp now;
    uint8_t packet[WZP_MEDIA_MAX];
    size_t packet_len;
    uint64_t random;
    bool is_call;
    wzp_agree *agreed[2];
} bench;

static void fill(void *user, uint8_t *out, size_t len)
{
    bench *b = user;
    for (size_t i = 0; i < len; i++) {
        b->random = b->random * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(b->random >> 56);
    }
}

static void agree(bench *b)
{
    wzp_agree_config cfg[2];
    uint8_t commit[WZP_HASH_LEN];
    uint8_t fp[WZP_FP_LEN];
    wzp_sig_direct_call_reveal reveal;
    for (int i = 0; i < 2; i++) {
        wzp_agree_config_default(&cfg[i]);
        cfg[i].identity = wzp_seed_identity_table(b->id[i]);
        cfg[i].rng = (wzp_rng){.fill = fill, .user = b};
        cfg[i].now_unix = NOW_UNIX;
        cfg[i].call_id = WZP_STR("call");
    }
    require(wzp_agree_new_caller(&b->agreed[0], &cfg[0]) == WZP_OK);
    wzp_agree_commit(b->agreed[0], commit);
    require(wzp_agree_new_callee(&b->agreed[1], &cfg[1], commit,
                                 cfg[0].identity.public_key) == WZP_OK);
    wzp_identity_fingerprint(cfg[1].identity.public_key, fp);
    require(wzp_agree_answered(b->agreed[0], NOW_UNIX,
                               wzp_agree_package(b->agreed[1]), fp) == WZP_OK);
    require(wzp_agree_reveal(b->agreed[0], &reveal) == WZP_OK);
    require(wzp_agree_revealed(b->agreed[1], NOW_UNIX, &reveal) == WZP_OK);
}

static bool begin(bench *b)
{
    for (uint8_t i = 0; i < 2; i++) {
        const uint8_t seed[WZP_SEED_LEN] = {i};
        if (wzp_seed_identity_new(&b->id[i], seed) != WZP_OK) {
            return false;
        }
    }
    if (b->is_call) {
        agree(b);
    }
    for (int i = 0; i < 2; i++) {
        wzp_group_config cfg;
        wzp_group_config_default(&cfg);
        cfg.now = b->now;
        cfg.agreed = b->agreed[i];
        cfg.identity = wzp_seed_identity_table(b->id[i]);
        cfg.rng = (wzp_rng){.fill = fill, .user = b};
        cfg.now_unix = NOW_UNIX;
        cfg.max_members = 4;
        if (wzp_group_new(&b->g[i], &cfg) != WZP_OK) {
            return false;
        }
        wzp_group_own_mid(b->g[i], b->mid[i]);
    }
    return true;
}

/* The other one, and a stranger of 16 bytes. */
static void list(bench *b, int at, const uint8_t *x, size_t n)
{
    const wzp_participant p[] = {
        {.fingerprint = WZP_STR(""), .mid = {b->mid[1 - at], WZP_MID_LEN}},
        {.fingerprint = WZP_STR(""), .mid = {x, n}},
    };
    wzp_ignore(wzp_group_roster(b->g[at], b->now,
                                (wzp_participant_list){p, n > 0 ? 2 : 1}),
               "room for one, at least");
}

/* What a call's group may send. */
static void require_of_call(const bench *b, int from, const wzp_signal *sig)
{
    const uint8_t *peer = b->mid[1 - from];
    require(sig->kind == WZP_SIG_E2EE_KEYS ||
            sig->kind == WZP_SIG_E2EE_KEY_REQUEST);
    if (sig->kind == WZP_SIG_E2EE_KEY_REQUEST) {
        require(memcmp(sig->u.e2ee_key_request.to, peer, WZP_MID_LEN) == 0);
        return;
    }
    for (size_t i = 0; i < sig->u.e2ee_keys.k.n; i++) {
        require(memcmp(sig->u.e2ee_keys.k.v[i].to, peer, WZP_MID_LEN) == 0);
    }
}

/* The other one is there and keyed; nobody else is more than shown. */
static void require_peer(const bench *b, int at)
{
    wzp_member_info info;
    bool has_peer = false;
    for (size_t i = 0; wzp_group_member_at(b->g[at], i, &info) == WZP_OK; i++) {
        const bool is_peer = memcmp(info.mid, b->mid[1 - at], WZP_MID_LEN) == 0;
        has_peer |= is_peer;
        require(info.state ==
                (is_peer ? WZP_MEMBER_KEYED : WZP_MEMBER_REFUSED));
    }
    require(has_peer);
}

/* Bytes of the input laid over what a signal points to. */
static void change(wzp_signal *sig, const uint8_t *x, size_t n, uint8_t *room)
{
    wzp_bytes *at = NULL;
    if (sig->kind == WZP_SIG_E2EE_PAIR) {
        at = &sig->u.e2ee_pair.ct;
    } else if (sig->kind == WZP_SIG_E2EE_KEYS && n > 0) {
        sig->u.e2ee_keys.gen ^= x[0];
        sig->u.e2ee_keys.step ^= x[n - 1];
    }
    if (at != NULL && at->len <= WZP_KP_LEN) {
        memcpy(room, at->ptr, at->len);
        for (size_t i = 0; i < n && i < at->len; i++) {
            room[i] ^= x[i];
        }
        at->ptr = room;
    }
}

static void deliver(bench *b, int to, const wzp_signal *sig, unsigned times)
{
    while (times-- > 0) {
        wzp_ignore(wzp_group_recv(b->g[to], b->now, NOW_UNIX, sig),
                   "refusals are the point");
    }
}

/* One action of `from`: dropped, delivered, repeated or changed. */
static void pump(bench *b, int from, unsigned how, const uint8_t *x, size_t n)
{
    wzp_group_action a;
    uint8_t room[WZP_KP_LEN];
    if (!wzp_group_poll(b->g[from], b->now, &a) || a.kind != WZP_GROUP_SEND) {
        return;
    }
    wzp_signal sig = *a.u.signal;
    if (b->is_call) {
        require_of_call(b, from, &sig);
    }
    if (sig.kind == WZP_SIG_KEY_PACKAGE_REQUEST) {
        const wzp_bytes kp = wzp_group_package_view(b->g[1 - from]);
        const wzp_signal answer = {.kind = WZP_SIG_KEY_PACKAGES,
                                   .u.key_packages.kps = {&kp, 1}};
        deliver(b, from, &answer, how & 3);
        return;
    }
    if ((how & 4) != 0) {
        change(&sig, x, n, room);
    }
    deliver(b, 1 - from, &sig, how & 3);
}

static void invent(bench *b, int to, const uint8_t *x, size_t n)
{
    wzp_e2ee_box box = {.n = (uint32_t)n, .box = {x, n}};
    wzp_signal sig = {.kind = WZP_SIG_E2EE_KEYS};
    memcpy(box.to, b->mid[to], WZP_MID_LEN);
    memcpy(sig.u.e2ee_keys.from, b->mid[1 - to], WZP_MID_LEN);
    sig.u.e2ee_keys.gen = n > 0 ? x[0] : 0;
    sig.u.e2ee_keys.suite = WZP_SUITE_CHACHA;
    sig.u.e2ee_keys.k = (wzp_e2ee_box_list){&box, 1};
    deliver(b, to, &sig, 1);
}

static void seal(bench *b, int from, wzp_plain_form form, const uint8_t *x,
                 size_t n)
{
    const wzp_media_hdr hdr = {.seq = (uint16_t)n};
    size_t len;
    if (wzp_group_seal(b->g[from], b->now, &hdr, form, x, n, b->packet,
                       sizeof b->packet, &len) == WZP_OK) {
        b->packet_len = len;
    }
}

static void open_changed(bench *b, int to, const uint8_t *x, size_t n)
{
    uint8_t data[WZP_MEDIA_MAX];
    uint8_t plain[WZP_MEDIA_MAX];
    wzp_opened o;
    memcpy(data, b->packet, b->packet_len);
    for (size_t i = 0; i < n && i < b->packet_len; i++) {
        data[i] ^= x[i];
    }
    wzp_ignore(wzp_group_open(b->g[to], b->now, data, b->packet_len, plain,
                              sizeof plain, &o),
               "refusals are the point");
}

static void leave(bench *b, int at)
{
    const wzp_bytes mid = {b->mid[1 - at], WZP_MID_LEN};
    wzp_ignore(wzp_group_delta(b->g[at], b->now,
                               (wzp_participant_list){NULL, 0},
                               (wzp_bytes_list){&mid, 1}),
               "nobody joins");
}

static void step(bench *b, uint8_t op, const uint8_t *x, size_t n)
{
    const int who = op >> 7;
    switch (op & 7) {
    case 0: list(b, who, x, n); break;
    case 1: leave(b, who); break;
    case 2: pump(b, who, op >> 3 & 7, x, n); break;
    case 3: invent(b, who, x, n); break;
    case 4: seal(b, who, (wzp_plain_form)(op >> 3 & 3), x, n); break;
    case 5: open_changed(b, who, x, n); break;
    case 6:
        b->now += n * n * WZP_MS;
        wzp_group_expire(b->g[0], b->now);
        wzp_group_expire(b->g[1], b->now);
        break;
    default: pump(b, who, 1, NULL, 0); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bench b = {.now = 1};
    b.is_call = size > 0 && (data[0] & CALL_BIT) != 0;
    if (wzp_crypto_global_init() != WZP_OK) {
        return 0;
    }
    if (begin(&b)) {
        size_t at = 0;
        for (int s = 0; s < STEPS_MAX && size - at >= 2; s++) {
            const size_t left = size - at - 2;
            const size_t n = data[at + 1] < left ? data[at + 1] : left;
            step(&b, data[at], data + at + 2, n);
            at += 2 + n;
        }
        for (int i = 0; b.is_call && i < 2; i++) {
            require_peer(&b, i);
        }
    }
    for (int i = 0; i < 2; i++) {
        wzp_group_free(b.g[i]);
        wzp_agree_free(b.agreed[i]);
        wzp_seed_identity_free(b.id[i]);
    }
    wzp_crypto_global_deinit();
    return 0;
}
