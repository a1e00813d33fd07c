/* SPDX-License-Identifier: MIT */
/* The group machine under any order of messages, times and bytes. The input is
 * a list of steps: op u8 ‖ length u8 ‖ that many bytes. Two honest groups talk
 * through it: the fuzzer drops, repeats, changes and invents.
 */
#include <wzp/crypto/group.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    NOW_UNIX = 1800000000,
    STEPS_MAX = 200,
};

typedef struct bench {
    wzp_group *g[2];
    wzp_seed_identity *id[2];
    uint8_t mid[2][WZP_MID_LEN];
    wzp_tstamp now;
    uint8_t packet[WZP_MEDIA_MAX];
    size_t packet_len;
    uint64_t random;
} bench;

static void fill(void *user, uint8_t *out, size_t len)
{
    bench *b = user;
    for (size_t i = 0; i < len; i++) {
        b->random = b->random * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(b->random >> 56);
    }
}

static bool begin(bench *b)
{
    for (uint8_t i = 0; i < 2; i++) {
        const uint8_t seed[WZP_SEED_LEN] = {i};
        wzp_group_config cfg;
        wzp_group_config_default(&cfg);
        if (wzp_seed_identity_new(&b->id[i], seed) != WZP_OK) {
            return false;
        }
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

static void list(bench *b, int at)
{
    const wzp_participant p = {.fingerprint = WZP_STR(""),
                               .mid = {b->mid[1 - at], WZP_MID_LEN}};
    wzp_ignore(
        wzp_group_roster(b->g[at], b->now, (wzp_participant_list){&p, 1}),
        "room for one");
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
    case 0: list(b, who); break;
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
    }
    for (int i = 0; i < 2; i++) {
        wzp_group_free(b.g[i]);
        wzp_seed_identity_free(b.id[i]);
    }
    wzp_crypto_global_deinit();
    return 0;
}
