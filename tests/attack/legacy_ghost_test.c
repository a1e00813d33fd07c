/* SPDX-License-Identifier: MIT */
/* The attacker is the relay's operator and invents a member of the earlier
 * protocol, which cannot seal, so that somebody who allows such members talks
 * in the clear: in a room that was sealed, with all others taken off the
 * roster; under the name of one who could seal before; and with clear packets
 * of its own, to be played beside the sealed ones (secure-media.md 1 and 10.7).
 *
 * What stops it: a room that was sealed in this stay, and an identity once seen
 * with a valid package, are never talked to in the clear, and nothing clear is
 * played there. What does not: an identity nobody ever met, in a room where
 * nobody else was; the application is asked, and the control shows what happens
 * if it accepts (docs/security.md says so).
 */
#include "support/harness.h"
#include "support/liar/stage.h"

#include <wzp/proto/fingerprint.h>
#include <wzp/proto/media.h>

#include <string.h>

typedef struct scene {
    wzp_stage s;
    wzp_node a;
    char ghost[WZP_FP_TEXT_LEN + 1]; /* "": there is none */
    bool hides;                      /* all but the receiver and the ghost */
    wzp_participant list[WZP_LIAR_MEMBERS + 1];
    uint16_t seq;
} scene;

static bool lie(void *user, wzp_liar *liar, int from, int to, wzp_signal *sig)
{
    scene *sc = user;
    const uint8_t *own = wzp_liar_member_at(liar, to)->mid;
    wzp_sig_room_update *u = &sig->u.room_update;
    size_t n = 0;
    (void)from;
    if (sig->kind != WZP_SIG_ROOM_UPDATE || sc->ghost[0] == '\0') {
        return true;
    }
    for (size_t i = 0; i < u->participants.n; i++) {
        const wzp_participant *p = &u->participants.v[i];
        if (!sc->hides || memcmp(p->mid.ptr, own, WZP_MID_LEN) == 0) {
            sc->list[n++] = *p;
        }
    }
    sc->list[n++] =
        (wzp_participant){.fingerprint = {sc->ghost, strlen(sc->ghost)},
                          .alias = WZP_STR("Old Phone"),
                          .relay_label = WZP_STR_NONE};
    u->participants = (wzp_participant_list){sc->list, n};
    u->count = (uint32_t)n;
    return true;
}

/* The ghost: of this seed byte. From the next roster on. */
static void invent(scene *sc, uint8_t identity, bool hides)
{
    uint8_t key[WZP_KEY_LEN], fp[WZP_FP_LEN];
    wzp_puppet_identity(identity, key, fp);
    wzp_fingerprint_encode(fp, sc->ghost);
    sc->hides = hides;
    wzp_liar_roster(sc->s.liar);
    wzp_world_run(sc->s.w, 2 * WZP_S);
}

static wzp_node client(scene *sc, uint8_t identity)
{
    static int16_t hum[4800];
    wzp_world_client_config cfg = {
        .identity = identity, .in = hum, .in_len = 4800, .has_engine = true};
    for (size_t i = 0; i < 4800; i++) {
        hum[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    wzp_engine_config_default(&cfg.engine);
    cfg.engine.allow_legacy = true;
    const wzp_node n = wzp_world_client(sc->s.w, &cfg);
    wzp_world_join(sc->s.w, n, WZP_STAGE_ROOM, sc->s.relay);
    wzp_world_run(sc->s.w, 3 * WZP_S);
    return n;
}

static void begin(scene *sc)
{
    *sc = (scene){.seq = 0};
    const wzp_liar_hooks hooks = {.user = sc, .signal = lie};
    wzp_stage_open(&sc->s, 1, true);
    wzp_liar_hook(sc->s.liar, &hooks);
    sc->a = client(sc, 60);
}

static wzp_client_stats stats(scene *sc)
{
    return wzp_world_stats(sc->s.w, sc->a);
}

static wzp_err accept_clear(scene *sc)
{
    const wzp_err e = wzp_engine_accept_clear(wzp_world_engine(sc->s.w, sc->a),
                                              wzp_world_now(sc->s.w));
    wzp_world_kick(sc->s.w, sc->a);
    return e;
}

/* What an old client would say, to the newest connection of a, for a second. */
static void speak_clear(scene *sc)
{
    uint8_t data[WZP_MEDIA_HDR_LEN + 3];
    const int to = wzp_liar_find(sc->s.liar, 60);
    for (int i = 0; i < 50; i++, sc->seq++) {
        const wzp_media_hdr hdr = {.codec = WZP_CODEC_OPUS_24K,
                                   .seq = sc->seq,
                                   .timestamp = 20u * sc->seq};
        wzp_media_hdr_encode(&hdr, data);
        memcpy(data + WZP_MEDIA_HDR_LEN, "\xF8\xFF\xFE", 3); /* silence */
        wzp_liar_throw(sc->s.liar, to, data, sizeof data);
        wzp_world_run(sc->s.w, 20 * WZP_MS);
    }
}

static void assert_nothing_clear(scene *sc)
{
    const uint64_t played = stats(sc).frames_played;
    const uint64_t heard = stats(sc).packets_received;
    assert_int_equal(accept_clear(sc), WZP_ERR_DOWNGRADE);
    assert_int_equal(stats(sc).clear, WZP_CLEAR_REFUSED);
    speak_clear(sc);
    assert_int_equal(stats(sc).clear_sent, 0);
    assert_int_equal(stats(sc).clear_received, 0);
    /* Sealed frames go on being played, no others. */
    const uint64_t more = stats(sc).frames_played - played;
    assert_in_range(more + 5, stats(sc).packets_received - heard,
                    stats(sc).packets_received - heard + 10);
}

WZP_TEST(a_legacy_ghost_in_a_sealed_room_is_shown_and_told_nothing)
{
    scene sc;
    begin(&sc);
    (void)client(&sc, 61);
    assert_int_equal(stats(&sc).members_keyed, 1);
    invent(&sc, 90, false);
    assert_int_equal(stats(&sc).members_legacy, 1);
    assert_nothing_clear(&sc);
    wzp_stage_close(&sc.s);
}

WZP_TEST(
    a_legacy_ghost_that_is_left_alone_in_a_room_once_sealed_is_told_nothing)
{
    scene sc;
    begin(&sc);
    (void)client(&sc, 61);
    invent(&sc, 90, true);
    wzp_world_run(sc.s.w, 30 * WZP_S);
    assert_int_equal(stats(&sc).members, 1);
    assert_int_equal(stats(&sc).members_legacy, 1);
    assert_nothing_clear(&sc);
    wzp_stage_close(&sc.s);
}

/* In the next stay, in which nothing was sealed yet. */
WZP_TEST(a_legacy_ghost_under_the_name_of_one_who_could_seal_is_told_nothing)
{
    scene sc;
    begin(&sc);
    const wzp_node b = client(&sc, 61);
    wzp_world_leave(sc.s.w, sc.a);
    wzp_world_leave(sc.s.w, b);
    wzp_world_run(sc.s.w, 2 * WZP_S);
    wzp_world_join(sc.s.w, sc.a, WZP_STAGE_ROOM, sc.s.relay);
    wzp_world_run(sc.s.w, 2 * WZP_S);
    invent(&sc, 61, false);
    assert_int_equal(stats(&sc).members_legacy, 1);
    assert_nothing_clear(&sc);
    wzp_stage_close(&sc.s);
}

WZP_TEST(control_alone_with_a_ghost_nobody_met_who_accepts_talks_to_the_relay)
{
    scene sc;
    begin(&sc);
    invent(&sc, 90, false);
    speak_clear(&sc);
    assert_int_equal(stats(&sc).clear, WZP_CLEAR_ASKED);
    assert_int_equal(stats(&sc).clear_sent, 0);
    assert_int_equal(stats(&sc).clear_received, 0);
    assert_int_equal(accept_clear(&sc), WZP_OK);
    speak_clear(&sc);
    assert_true(stats(&sc).clear_sent > 40);
    assert_true(stats(&sc).clear_received > 40);
    wzp_stage_close(&sc.s);
}
