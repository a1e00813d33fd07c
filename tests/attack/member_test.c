/* SPDX-License-Identifier: MIT */
/* The attacker is a member of the room, at an honest relay: it sends garbage,
 * floods, lies about who it is, does not read, comes and goes. Two others talk
 * meanwhile. In every row they lose nothing, the relay's memory stays bounded,
 * and the relay has counted what was done; at most the attacker is dropped.
 */
#include "support/harness.h"
#include "support/liar/glass.h"
#include "support/liar/stage.h"

#include <wzp/crypto/room.h>
#include <wzp/crypto/sframe.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS 5
#define STEP    (10 * WZP_MS)
#define MEMORY  ((size_t)12 << 20) /* more than before, at most */
#define MANY    10000              /* mids in one request */

typedef struct scene {
    wzp_stage s;
    wzp_glass *glass;
    wzp_puppet *mallory;
    unsigned step;
    bool is_off;
} scene;

static void mid_of(const scene *sc, int i, uint8_t mid[WZP_MID_LEN])
{
    wzp_group_own_mid(wzp_puppet_group(sc->s.p[i]), mid);
}

static void own_mid(const scene *sc, uint8_t mid[WZP_MID_LEN])
{
    wzp_group_own_mid(wzp_puppet_group(sc->mallory), mid);
}

/* --- what it does in a step of 10 ms --- */

/* Each kind there is, with nothing in it, and texts that are none. */
static void garbage(scene *sc)
{
    static const char *const texts[] = {
        "",
        "{",
        "null",
        "[]",
        "\"Hold\"",
        "\xff\xfe",
        "{\"RoomUpdate\":null}",
        "{\"E2eePair\":{}}",
        "{\"E2eeKeys\":{\"from\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"gen\":-1}}",
        "{\"NoSuchVariant\":{\"a\":[[[[[[[[1]]]]]]]]}}",
    };
    const char *text = texts[sc->step % 10];
    wzp_puppet_say_text(sc->mallory, text, strlen(text));
    char named[96];
    const char *name =
        wzp_signal_name((wzp_signal_kind)(sc->step % WZP_SIGNAL_KINDS));
    if (strcmp(name, "Hangup") == 0) {
        return; /* that would be a leave */
    }
    (void)snprintf(named, sizeof named, "\"%s\"", name);
    wzp_puppet_say_text(sc->mallory, named, strlen(named));
    (void)snprintf(named, sizeof named, "{\"%s\":{\"timestamp_ms\":1}}", name);
    wzp_puppet_say_text(sc->mallory, named, strlen(named));
}

static void huge(scene *sc)
{
    static char text[WZP_SIGNAL_MAX];
    if (sc->step % 10 != 0) {
        return;
    }
    memset(text, '[', sizeof text);
    memcpy(text, "{\"Transfer\":{\"target_fingerprint\":\"", 35);
    wzp_puppet_say_text(sc->mallory, text, sizeof text);
}

static void flood_pairs(scene *sc)
{
    static uint8_t ct[WZP_KEM_CT_LEN], sig[WZP_SIG_LEN];
    wzp_signal pair = {.kind = WZP_SIG_E2EE_PAIR};
    own_mid(sc, pair.u.e2ee_pair.from);
    mid_of(sc, 0, pair.u.e2ee_pair.to);
    pair.u.e2ee_pair.ct = (wzp_bytes){ct, sizeof ct};
    pair.u.e2ee_pair.sig = (wzp_bytes){sig, sizeof sig};
    for (int i = 0; i < 20; i++) {
        ct[i] = (uint8_t)sc->step;
        wzp_puppet_say(sc->mallory, &pair);
    }
}

static void flood_requests(scene *sc)
{
    wzp_signal sig = {.kind = WZP_SIG_E2EE_KEY_REQUEST};
    own_mid(sc, sig.u.e2ee_key_request.from);
    mid_of(sc, 0, sig.u.e2ee_key_request.to);
    for (int i = 0; i < 20; i++) {
        wzp_puppet_say(sc->mallory, &sig);
    }
}

/* Boxes for one receiver, many in a message. */
static void flood_boxes(scene *sc)
{
    static uint8_t box[WZP_KEY_LEN + 16];
    static wzp_e2ee_box boxes[200];
    wzp_signal sig = {.kind = WZP_SIG_E2EE_KEYS};
    own_mid(sc, sig.u.e2ee_keys.from);
    for (int i = 0; i < 200; i++) {
        mid_of(sc, 0, boxes[i].to);
        boxes[i].n = sc->step;
        boxes[i].box = (wzp_bytes){box, sizeof box};
    }
    sig.u.e2ee_keys.gen = sc->step;
    sig.u.e2ee_keys.suite = WZP_SUITE_CHACHA;
    sig.u.e2ee_keys.k = (wzp_e2ee_box_list){boxes, 200};
    wzp_puppet_say(sc->mallory, &sig);
}

static void flood_syncs(scene *sc)
{
    const wzp_signal sig = {.kind = WZP_SIG_ROOM_SYNC};
    for (int i = 0; i < 20; i++) {
        wzp_puppet_say(sc->mallory, &sig);
    }
}

/* As if it were puppet 1. */
static void claim_mid(scene *sc)
{
    wzp_signal sig = {.kind = WZP_SIG_E2EE_KEY_REQUEST};
    mid_of(sc, 1, sig.u.e2ee_key_request.from);
    mid_of(sc, 0, sig.u.e2ee_key_request.to);
    wzp_puppet_say(sc->mallory, &sig);
}

/* Sealed packets under the stream id of puppet 1. */
static void claim_sid(scene *sc)
{
    static const uint8_t base[WZP_KEY_LEN] = {1};
    const wzp_mem mem = wzp_mem_default();
    const wzp_media_hdr hdr = {.codec = WZP_CODEC_OPUS_24K};
    const wzp_seal_input in = {.hdr = &hdr, .plain = {base, sizeof base}};
    wzp_sframe_key *key;
    uint8_t mid[WZP_MID_LEN];
    uint8_t out[WZP_PKT_CAP];
    size_t len;
    mid_of(sc, 1, mid);
    assert_int_equal(wzp_sframe_key_new(&key, &mem, WZP_SUITE_CHACHA, base,
                                        wzp_sframe_kid(wzp_mid_sid(mid), 0, 0)),
                     WZP_OK);
    assert_int_equal(wzp_sframe_seal(key, &in, out, sizeof out, &len), WZP_OK);
    wzp_sframe_key_free(key, &mem);
    wzp_puppet_throw(sc->mallory, out, len);
}

/* Of every length, and longer than a datagram may be. */
static void bad_dgrams(scene *sc)
{
    uint8_t data[WZP_PKT_CAP];
    memset(data, (int)sc->step, sizeof data);
    for (size_t i = 0; i < 4; i++) {
        wzp_puppet_throw(sc->mallory, data, (sc->step * 7 + i * 300) % 1200);
    }
    data[0] = 0x10;
    data[10] = WZP_MEDIA_SEALED;
    wzp_puppet_throw(sc->mallory, data, 1150);
}

static void clear_dgrams(scene *sc)
{
    uint8_t data[60] = {0x10};
    wzp_puppet_throw(sc->mallory, data, sizeof data);
}

static void many_mids(scene *sc)
{
    static wzp_bytes mids[MANY];
    static uint8_t mid[WZP_MID_LEN];
    if (sc->step % 10 != 0) {
        return;
    }
    mid_of(sc, 0, mid);
    for (size_t i = 0; i < MANY; i++) {
        mids[i] = (wzp_bytes){mid, sizeof mid};
    }
    const wzp_signal sig = {.kind = WZP_SIG_KEY_PACKAGE_REQUEST,
                            .u.key_package_request.mids = {mids, MANY}};
    wzp_puppet_say(sc->mallory, &sig);
}

/* It asks for as much as it may, and acknowledges nothing of it. */
static void read_nothing(scene *sc)
{
    if (sc->step == 0) {
        flood_syncs(sc);
        many_mids(sc);
        wzp_world_run(sc->s.w, 1);
        wzp_puppet_deafen(sc->mallory, true);
    }
}

static void come_and_go(scene *sc)
{
    if (wzp_puppet_is_in(sc->mallory)) {
        wzp_puppet_leave(sc->mallory);
    } else {
        wzp_puppet_join(sc->mallory, WZP_STAGE_ROOM, sc->s.relay);
    }
}

static void nothing(scene *sc)
{
    (void)sc;
}

/* --- rows --- */

typedef struct row {
    const char *name;
    void (*step)(scene *sc);
    size_t counter; /* offset in the relay's statistics: must go up */
} row;

#define COUNTS(field) offsetof(wzp_relay_stats, field)

static const row rows[] = {
    {"control: nothing", nothing, COUNTS(media_out)},
    {"garbage", garbage, COUNTS(signals_malformed)},
    {"messages of 1 MiB", huge, COUNTS(signals_refused)},
    {"a flood of pairs", flood_pairs, COUNTS(signals_refused)},
    {"a flood of requests", flood_requests, COUNTS(signals_refused)},
    {"a flood of boxes", flood_boxes, COUNTS(signals_refused)},
    {"a flood of syncs", flood_syncs, COUNTS(signals_refused)},
    {"another's member id", claim_mid, COUNTS(signals_refused)},
    {"another's stream id", claim_sid, COUNTS(media_dropped_sid)},
    {"datagrams of any length", bad_dgrams, COUNTS(media_dropped_malformed)},
    {"datagrams in the clear", clear_dgrams, COUNTS(media_dropped_legacy)},
    {"10,000 ids in a request", many_mids, COUNTS(signals_refused)},
    {"reads nothing", read_nothing, COUNTS(media_out)},
    {"comes and goes", come_and_go, COUNTS(joined)},
};

static uint64_t counter_of(const scene *sc, const row *r)
{
    const wzp_relay_stats st = wzp_glass_stats(sc->glass);
    uint64_t v;
    memcpy(&v, (const uint8_t *)&st + r->counter, sizeof v);
    return v;
}

static void begin(scene *sc)
{
    *sc = (scene){.s = {.w = wzp_world_new(1)}};
    sc->glass = wzp_glass_new(sc->s.w, 9, NULL);
    sc->s.relay = wzp_glass_node(sc->glass);
    wzp_stage_enter(&sc->s, NULL);
    wzp_stage_enter(&sc->s, NULL);
    const wzp_puppet_config cfg = {.speaks = false};
    sc->mallory = wzp_stage_enter(&sc->s, &cfg);
}

static void assert_hears_all(uint64_t sent, uint64_t opened, const char *name)
{
    if (opened + 3 < sent) {
        print_message("%s: %d of %d heard\n", name, (int)opened, (int)sent);
    }
    assert_true(opened + 3 >= sent); /* three may be on the way */
}

static void run_row(size_t i)
{
    const row *r = &rows[i];
    scene sc;
    uint64_t sent[2];
    uint64_t opened[2];
    size_t most = 0;
    begin(&sc);
    for (int k = 0; k < 2; k++) {
        sent[k] = wzp_puppet_sent(sc.s.p[k]);
        opened[k] = wzp_puppet_opened(sc.s.p[k]);
    }
    const uint64_t counted = counter_of(&sc, r);
    const size_t held = wzp_glass_held(sc.glass, NULL);
    for (sc.step = 0; sc.step < SECONDS * WZP_S / STEP; sc.step++) {
        r->step(&sc);
        wzp_world_run(sc.s.w, STEP);
    }
    wzp_world_run(sc.s.w, 100 * WZP_MS);
    for (int k = 0; k < 2; k++) {
        assert_hears_all(wzp_puppet_sent(sc.s.p[k]) - sent[k],
                         wzp_puppet_opened(sc.s.p[1 - k]) - opened[1 - k],
                         r->name);
        assert_true(wzp_puppet_is_in(sc.s.p[k]));
    }
    assert_true(wzp_puppet_sent(sc.s.p[0]) - sent[0] >= 49 * SECONDS);
    assert_true(counter_of(&sc, r) > counted);
    wzp_glass_held(sc.glass, &most);
    print_message("%s: counted %d, %d KiB more at most, attacker %s\n", r->name,
                  (int)(counter_of(&sc, r) - counted),
                  (int)((most - held) / 1024),
                  wzp_puppet_is_in(sc.mallory) ? "in" : "out");
    assert_true(most - held < MEMORY);
    wzp_stage_close(&sc.s);
    wzp_glass_free(sc.glass);
}

static size_t n_rows(void)
{
    return sizeof rows / sizeof rows[0];
}

WZP_ROWS(a_hostile_member_costs_two_who_talk_not_one_packet, n_rows, run_row);

WZP_TEST(a_member_that_reads_nothing_is_dropped_in_the_end_and_alone)
{
    scene sc;
    begin(&sc);
    read_nothing(&sc);
    const uint64_t left = wzp_glass_stats(sc.glass).left;
    wzp_world_run(sc.s.w, 100 * WZP_S);
    assert_int_equal(wzp_glass_stats(sc.glass).left, left + 1);
    assert_int_equal(wzp_glass_stats(sc.glass).members, 2);
    assert_in_range(wzp_stage_hears(&sc.s, sc.s.p[0]), 49, 51);
    wzp_stage_close(&sc.s);
    wzp_glass_free(sc.glass);
}

/* Control of the rows: a call that does lose packets is noticed. */
WZP_TEST(control_one_who_does_not_get_all_is_noticed)
{
    scene sc;
    begin(&sc);
    const wzp_link_cfg bad = {.loss = 0.05};
    wzp_world_link(sc.s.w, wzp_puppet_node(sc.s.p[1]), &bad, &bad);
    const uint64_t sent = wzp_puppet_sent(sc.s.p[0]);
    const uint64_t opened = wzp_puppet_opened(sc.s.p[1]);
    wzp_world_run(sc.s.w, SECONDS * WZP_S);
    assert_true(wzp_puppet_opened(sc.s.p[1]) - opened + 3 <
                wzp_puppet_sent(sc.s.p[0]) - sent);
    wzp_stage_close(&sc.s);
    wzp_glass_free(sc.glass);
}
