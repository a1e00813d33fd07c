/* SPDX-License-Identifier: MIT */
/* What it takes a speaker to be heard in a room of a thousand, ten of whom
 * speak: packages fetched and checked, pairs, boxes, all as JSON; for who
 * speaks at once, and for who has been there for two minutes, in which members
 * prepare pairs (design/secure-media.md 5). The relay and the path are left
 * out: messages arrive at once. Listeners list the speakers only, so that the
 * bench fits into memory; a speaker lists everybody.
 */
#include "bench/support/results.h"

#include <wzp/crypto/group.h>
#include <wzp/crypto/room.h>
#include <wzp/proto/arena.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    MEMBERS = 1000,
    SPEAKERS = 10,
    NOW_UNIX = 1800000000,
    KPS_PER_MESSAGE = 32, /* as the relay */
};
#define STEP  (10 * WZP_MS)
#define CALM  (120 * WZP_S)
#define LIMIT (60 * WZP_S)

/* What a member spends, by what it is for. */
typedef enum part {
    PART_PACKAGES,
    PART_PAIRS,
    PART_KEYS,  /* boxes, and asking for them */
    PART_OTHER, /* the list of members, timers, what is told */
    PARTS,
} part;

typedef struct cost {
    double make, take; /* seconds: own messages, those of others */
    uint64_t up, down;
} cost;

typedef struct member {
    wzp_seed_identity *seed;
    wzp_group *group;
    uint8_t mid[WZP_MID_LEN];
    cost of[PARTS];
    uint64_t heard; /* a bit for each speaker */
} member;

static member room[MEMBERS];
static wzp_arena *tx_arena, *rx_arena, *kp_arena;
static wzp_tstamp now = WZP_S;

static void must(wzp_err e, const char *what)
{
    if (e != WZP_OK) {
        fprintf(stderr, "room_1000: %s: %s\n", what, wzp_strerror(e));
        exit(1);
    }
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static part part_of(wzp_signal_kind kind)
{
    switch (kind) {
    case WZP_SIG_KEY_PACKAGE_REQUEST:
    case WZP_SIG_KEY_PACKAGES: return PART_PACKAGES;
    case WZP_SIG_E2EE_PAIR: return PART_PAIRS;
    case WZP_SIG_E2EE_KEYS:
    case WZP_SIG_E2EE_KEY_REQUEST: return PART_KEYS;
    default: return PART_OTHER;
    }
}

/* --- the room --- */

static void make(member *m, int i, const uint8_t room_id[WZP_HASH_LEN])
{
    const uint8_t seed[WZP_SEED_LEN] = {1, (uint8_t)i, (uint8_t)(i >> 8)};
    wzp_group_config cfg;
    wzp_group_config_default(&cfg);
    must(wzp_seed_identity_new(&m->seed, seed), "identity");
    cfg.identity = wzp_seed_identity_table(m->seed);
    cfg.rng = wzp_rng_system();
    cfg.now_unix = NOW_UNIX;
    memcpy(cfg.room_id, room_id, WZP_HASH_LEN);
    must(wzp_group_new(&m->group, &cfg), "group");
    wzp_group_own_mid(m->group, m->mid);
}

static void list(member *m, int n)
{
    static wzp_participant all[MEMBERS];
    for (int i = 0; i < n; i++) {
        all[i] = (wzp_participant){.fingerprint = WZP_STR(""),
                                   .mid = {room[i].mid, sizeof room[i].mid}};
    }
    const double from = seconds();
    must(
        wzp_group_roster(m->group, now, (wzp_participant_list){all, (size_t)n}),
        "roster");
    m->of[PART_OTHER].take += seconds() - from;
}

static member *find(const uint8_t *mid)
{
    for (int i = 0; i < MEMBERS; i++) {
        if (memcmp(room[i].mid, mid, WZP_MID_LEN) == 0) {
            return &room[i];
        }
    }
    fputs("room_1000: nobody has this id\n", stderr);
    exit(1);
}

/* --- messages --- */

static void deliver(member *to, wzp_str json)
{
    wzp_signal sig;
    const double from = seconds();
    wzp_arena_reset(rx_arena);
    must(wzp_signal_decode(rx_arena, json.ptr, json.len, WZP_SIGNAL_MAX, &sig),
         "decode");
    wzp_ignore(wzp_group_recv(to->group, now, NOW_UNIX, &sig),
               "a pair that loses is a refusal as well; who is deaf is seen");
    cost *c = &to->of[part_of(sig.kind)];
    c->take += seconds() - from;
    c->down += json.len;
}

static void hand_packages(member *to, const wzp_sig_key_package_request *req)
{
    wzp_bytes kps[KPS_PER_MESSAGE];
    size_t n = 0;
    for (size_t i = 0; i < req->mids.n; i++) {
        kps[n++] = wzp_group_package_view(find(req->mids.v[i].ptr)->group);
        if (n < KPS_PER_MESSAGE && i + 1 < req->mids.n) {
            continue;
        }
        wzp_str json;
        const wzp_signal sig = {.kind = WZP_SIG_KEY_PACKAGES,
                                .u.key_packages.kps = {kps, n}};
        wzp_arena_reset(kp_arena);
        must(wzp_signal_encode(kp_arena, &sig, &json), "encode");
        deliver(to, json);
        n = 0;
    }
}

/* As the relay does it: a message for each receiver, with its box only. */
static void route_keys(const wzp_sig_e2ee_keys *keys)
{
    for (size_t i = 0; i < keys->k.n; i++) {
        wzp_str json;
        wzp_signal sig = {.kind = WZP_SIG_E2EE_KEYS, .u.e2ee_keys = *keys};
        sig.u.e2ee_keys.k = (wzp_e2ee_box_list){&keys->k.v[i], 1};
        wzp_arena_reset(kp_arena);
        must(wzp_signal_encode(kp_arena, &sig, &json), "encode");
        deliver(find(keys->k.v[i].to), json);
    }
}

static void route(member *from, const wzp_signal *sig, wzp_str json)
{
    switch (sig->kind) {
    case WZP_SIG_KEY_PACKAGE_REQUEST:
        hand_packages(from, &sig->u.key_package_request);
        break;
    case WZP_SIG_E2EE_KEYS: route_keys(&sig->u.e2ee_keys); break;
    case WZP_SIG_E2EE_PAIR: deliver(find(sig->u.e2ee_pair.to), json); break;
    case WZP_SIG_E2EE_KEY_REQUEST:
        deliver(find(sig->u.e2ee_key_request.to), json);
        break;
    default: break;
    }
}

static void drain(member *m)
{
    for (;;) {
        wzp_group_action a;
        wzp_str json = {NULL, 0};
        const double from = seconds();
        const bool any = wzp_group_poll(m->group, now, &a);
        if (any && a.kind == WZP_GROUP_SEND) {
            wzp_arena_reset(tx_arena);
            must(wzp_signal_encode(tx_arena, a.u.signal, &json), "encode");
        }
        const bool is_message = any && a.kind == WZP_GROUP_SEND;
        cost *c = &m->of[is_message ? part_of(a.u.signal->kind) : PART_OTHER];
        c->make += seconds() - from;
        if (!any) {
            return;
        }
        c->up += json.len;
        if (json.ptr != NULL) {
            route(m, a.u.signal, json);
        }
    }
}

/* --- speaking --- */

static void speak(int speaker)
{
    member *m = &room[speaker];
    const wzp_media_hdr hdr = {.codec = WZP_CODEC_OPUS_24K,
                               .seq = (uint16_t)(now / STEP)};
    const uint8_t frame[60] = {0};
    uint8_t packet[WZP_MEDIA_MAX], plain[WZP_MEDIA_MAX];
    size_t len;
    if (wzp_group_seal(m->group, now, &hdr, WZP_FORM_FRAME, frame, sizeof frame,
                       packet, sizeof packet, &len) != WZP_OK) {
        return;
    }
    for (int i = 0; i < MEMBERS; i++) {
        wzp_opened o;
        if (i != speaker && (room[i].heard >> speaker & 1) == 0 &&
            wzp_group_open(room[i].group, now, packet, len, plain, sizeof plain,
                           &o) == WZP_OK) {
            room[i].heard |= UINT64_C(1) << speaker;
        }
    }
}

static bool is_done(void)
{
    const uint64_t all = (UINT64_C(1) << SPEAKERS) - 1;
    for (int i = 0; i < MEMBERS; i++) {
        const uint64_t own = i < SPEAKERS ? UINT64_C(1) << i : 0;
        if ((room[i].heard | own) != all) {
            return false;
        }
    }
    return true;
}

static void fill(void)
{
    const wzp_mem mem = wzp_mem_default();
    uint8_t room_id[WZP_HASH_LEN];
    must(wzp_crypto_global_init(), "crypto");
    wzp_room_id(WZP_STR("room_1000"), room_id);
    must(wzp_arena_new(&tx_arena, &mem, 8 * WZP_SIGNAL_MAX), "arena");
    must(wzp_arena_new(&rx_arena, &mem, 8 * WZP_SIGNAL_MAX), "arena");
    must(wzp_arena_new(&kp_arena, &mem, 8 * WZP_SIGNAL_MAX), "arena");
    for (int i = 0; i < MEMBERS; i++) {
        make(&room[i], i, room_id);
    }
    for (int i = 0; i < MEMBERS; i++) {
        list(&room[i], i < SPEAKERS ? MEMBERS : SPEAKERS);
    }
}

static void pass(wzp_tstamp duration)
{
    now += duration;
    for (int i = 0; i < MEMBERS; i++) {
        const double from = seconds();
        wzp_group_expire(room[i].group, now);
        room[i].of[PART_OTHER].take += seconds() - from;
        drain(&room[i]);
    }
}

/* Nobody speaks; nobody's cost is counted. */
static void be_calm(wzp_tstamp duration)
{
    const wzp_tstamp end = now + duration;
    while (now < end) {
        pass(10 * STEP);
    }
    for (int i = 0; i < MEMBERS; i++) {
        memset(room[i].of, 0, sizeof room[i].of);
    }
}

static void run(void)
{
    const wzp_tstamp end = now + LIMIT;
    while (!is_done()) {
        pass(STEP);
        for (int i = 0; i < SPEAKERS; i++) {
            speak(i);
        }
        if (now > end) {
            fputs("room_1000: not everybody hears everybody\n", stderr);
            exit(1);
        }
    }
}

static void clear(void)
{
    for (int i = 0; i < MEMBERS; i++) {
        wzp_group_free(room[i].group);
        wzp_seed_identity_free(room[i].seed);
        room[i] = (member){0};
    }
    wzp_arena_free(tx_arena);
    wzp_arena_free(rx_arena);
    wzp_arena_free(kp_arena);
    wzp_crypto_global_deinit();
}

static void put(const char *when, const char *what, const wzp_runs *r,
                double value, const char *unit)
{
    char text[100];
    (void)snprintf(text, sizeof text, "%s, %s", what, when);
    const wzp_result row = {.id = "room_1000",
                            .what = text,
                            .value = value,
                            .unit = unit,
                            .runs = r != NULL ? r->n : 1,
                            .spread = r != NULL ? r->spread : NAN,
                            .baseline = NAN,
                            .conditions =
                                "1,000 members, 10 speak; groups and JSON, no "
                                "path; median of the speakers"};
    char error[WZP_RESULTS_ERROR_LEN] = "";
    printf("%s %s: %.2f %s\n", row.id, text, value, unit);
    if (!wzp_results_put("build/bench/results.json", &row, 1, error)) {
        fprintf(stderr, "room_1000: %s\n", error);
        exit(1);
    }
}

/* The whole of what a member spends. */
static cost total(const member *m)
{
    cost all = {0};
    for (int p = 0; p < PARTS; p++) {
        all.make += m->of[p].make;
        all.take += m->of[p].take;
        all.up += m->of[p].up;
        all.down += m->of[p].down;
    }
    return all;
}

/* Means over the speakers. */
static void show_parts(const char *when)
{
    static const char *const names[PARTS] = {"packages", "pairs", "keys",
                                             "other"};
    for (int p = 0; p < PARTS; p++) {
        cost mean = {0};
        for (int i = 0; i < SPEAKERS; i++) {
            const cost *c = &room[i].of[p];
            mean.make += c->make * 1e3 / SPEAKERS;
            mean.take += c->take * 1e3 / SPEAKERS;
            mean.up += c->up / SPEAKERS;
            mean.down += c->down / SPEAKERS;
        }
        printf("  %s, %s: own messages %.1f ms, %.3f MB; those of others "
               "%.1f ms, %.3f MB\n",
               when, names[p], mean.make, (double)mean.up / 1e6, mean.take,
               (double)mean.down / 1e6);
    }
}

static void measure(const char *when, wzp_tstamp calm)
{
    double cpu[SPEAKERS], up[SPEAKERS], down[SPEAKERS];
    fill();
    be_calm(calm);
    run();
    show_parts(when);
    for (int i = 0; i < SPEAKERS; i++) {
        const cost c = total(&room[i]);
        cpu[i] = (c.make + c.take) * 1e3;
        up[i] = (double)c.up / 1e6;
        down[i] = (double)c.down / 1e6;
    }
    clear();
    const wzp_runs c = wzp_runs_of(cpu, SPEAKERS);
    const wzp_runs u = wzp_runs_of(up, SPEAKERS);
    const wzp_runs d = wzp_runs_of(down, SPEAKERS);
    put(when, "a speaker's processor time until all hear it", &c, c.median,
        "ms");
    put(when, "bytes it sends for that", &u, u.median, "MB");
    put(when, "bytes it receives for that", &d, d.median, "MB");
    put(when, "time those bytes take at 1 Mbit/s, the longer way", NULL,
        8 * (u.median > d.median ? u.median : d.median), "s");
}

int main(void)
{
    measure("at once", 0);
    measure("after two minutes in the room", CALM);
    return 0;
}
