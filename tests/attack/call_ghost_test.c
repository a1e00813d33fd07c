/* SPDX-License-Identifier: MIT */
/* The attacker is the relay that carries the room of a direct call. He lists a
 * third member there: a stranger with a valid package, somebody who cannot seal
 * at all, or "Ben" with another package of the same identity, as if a second
 * device of his had come. He wants the key of one of the two, or to be heard.
 *
 * What stops him: the agreement names the package of the one peer, and keys
 * exist for that one only; nothing of a room's joining is run in a call. What
 * was said before, he can say again to nobody: each call has keys of its own,
 * each direction too, and a packet counts once. The
 * same ghost in an open room gets keys and hears, which is the control: there
 * anybody may join, and is seen.
 */
#include "support/harness.h"
#include "support/liar/couple.h"

#include <wzp/proto/media.h>
#include <wzp/proto/pkt.h>

#include <stdlib.h>
#include <string.h>

static uint64_t keyed(const wzp_couple *c, wzp_node n)
{
    return wzp_world_stats(c->w, n).members_keyed;
}

/* What a ghost says, to one member: sealed if it holds a key of its own. */
static wzp_err ghost_says(wzp_couple *c, int ghost, int to)
{
    static const uint8_t frame[40] = {0x78};
    uint8_t out[WZP_MEDIA_MAX];
    size_t len = 0;
    const wzp_media_hdr hdr = {.codec = WZP_CODEC_OPUS_24K};
    const wzp_err e = wzp_group_seal(
        wzp_liar_group(c->liar, ghost), wzp_world_now(c->w), &hdr,
        WZP_FORM_FRAME, frame, sizeof frame, out, sizeof out, &len);
    if (e == WZP_OK) {
        wzp_liar_throw(c->liar, to, out, len);
        wzp_world_kick(c->w, c->relay);
        wzp_world_run(c->w, 100 * WZP_MS);
    }
    return e;
}

/* --- in a call --- */

static void assert_only_two(wzp_couple *c)
{
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_ACTIVE);
    assert_in_range(wzp_couple_hears(c, c->a), 45, 55);
    assert_in_range(wzp_couple_hears(c, c->b), 45, 55);
    assert_int_equal(keyed(c, c->a), 1);
    assert_int_equal(keyed(c, c->b), 1);
    assert_true(wzp_couple_is_sealed(c));
}

static size_t two(void)
{
    return 2;
}

/* 0: a stranger, 1: Ben's identity with a package of its own. */
static void enter_call(size_t row)
{
    wzp_couple *c = wzp_couple_new(1);
    wzp_couple_talk(c);
    const int anna = wzp_liar_find(c->liar, WZP_ANNA);
    const int ghost = wzp_liar_ghost(c->liar, row == 0 ? WZP_EVE : WZP_BEN);
    wzp_world_run(c->w, 10 * WZP_S);
    assert_only_two(c);
    assert_int_equal(wzp_liar_opened(c->liar, ghost), 0);
    /* Nobody took a key of his, so he has nothing to seal with. */
    assert_int_equal(ghost_says(c, ghost, anna), WZP_ERR_AGAIN);
    const wzp_client_stats s = wzp_world_stats(c->w, c->a);
    assert_int_equal(s.group.generation, 0); /* nothing changed for him */
    wzp_couple_free(c);
}

WZP_ROWS(a_ghost_in_a_call_hears_nothing_and_cannot_speak, two, enter_call);

static void enter_room(size_t row)
{
    wzp_couple *c = wzp_couple_new(2);
    wzp_world_join(c->w, c->a, "lounge", c->relay);
    wzp_world_join(c->w, c->b, "lounge", c->relay);
    wzp_world_run(c->w, 3 * WZP_S);
    const int anna = wzp_liar_find(c->liar, WZP_ANNA);
    const int ghost = wzp_liar_ghost(c->liar, row == 0 ? WZP_EVE : WZP_BEN);
    wzp_world_run(c->w, 10 * WZP_S);
    assert_true(wzp_liar_opened(c->liar, ghost) > 400);
    assert_int_equal(keyed(c, c->a), 2);
    const uint64_t before = wzp_world_stats(c->w, c->a).group.opened;
    wzp_ignore(ghost_says(c, ghost, anna), "the first waits for its boxes");
    wzp_world_run(c->w, WZP_S);
    assert_int_equal(ghost_says(c, ghost, anna), WZP_OK);
    assert_true(wzp_world_stats(c->w, c->a).group.opened > before);
    wzp_couple_free(c);
}

WZP_ROWS(control_the_same_ghost_in_an_open_room_hears_and_speaks, two,
         enter_room);

/* --- what was said already --- */

enum { SAID_MAX = 200 };

typedef struct tape {
    uint8_t data[SAID_MAX][WZP_PKT_CAP];
    size_t len[SAID_MAX], n;
    bool is_on;
} tape;

/* What Anna says. */
static bool record(void *user, wzp_liar *liar, int from, int to, uint8_t *data,
                   size_t *len)
{
    tape *t = user;
    (void)to;
    if (t->is_on && from == wzp_liar_find(liar, WZP_ANNA) && t->n < SAID_MAX) {
        memcpy(t->data[t->n], data, *len);
        t->len[t->n++] = *len;
    }
    return true;
}

static void play(wzp_couple *c, const tape *t, uint8_t to)
{
    for (size_t i = 0; i < t->n; i++) {
        wzp_liar_throw(c->liar, wzp_liar_find(c->liar, to), t->data[i],
                       t->len[i]);
    }
    wzp_world_kick(c->w, c->relay);
    wzp_world_run(c->w, 100 * WZP_MS);
}

static uint64_t opened(const wzp_couple *c, wzp_node n)
{
    return wzp_world_stats(c->w, n).group.opened;
}

WZP_TEST(what_was_said_in_one_call_is_nothing_in_the_next)
{
    wzp_couple *c = wzp_couple_new(4);
    tape *t = calloc(1, sizeof *t);
    assert_non_null(t);
    c->user = t;
    c->dgram = record;
    wzp_couple_talk(c);
    t->is_on = true;
    assert_in_range(wzp_couple_hears(c, c->b), 45, 55); /* the control */
    t->is_on = false;
    assert_true(t->n >= 45);
    wzp_couple_hang_up(c, c->b); /* it is silent at last */
    wzp_world_run(c->w, WZP_S);

    wzp_couple_talk(c); /* another call */
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE);
    wzp_engine_mute(wzp_world_engine(c->w, c->a), wzp_world_now_at(c->w, c->a),
                    true);
    wzp_engine_mute(wzp_world_engine(c->w, c->b), wzp_world_now_at(c->w, c->b),
                    true);
    wzp_world_run(c->w, WZP_S);
    const uint64_t a = wzp_world_stats(c->w, c->a).packets_received;
    const uint64_t b = wzp_world_stats(c->w, c->b).packets_received;
    play(c, t, WZP_BEN);
    play(c, t, WZP_ANNA);
    assert_int_equal(wzp_world_stats(c->w, c->a).packets_received, a);
    assert_int_equal(wzp_world_stats(c->w, c->b).packets_received, b);
    wzp_couple_free(c);
    free(t);
}

/* Her own words come back to her, and again to Ben. */
WZP_TEST(what_was_said_in_this_call_comes_back_as_nothing)
{
    wzp_couple *c = wzp_couple_new(5);
    tape *t = calloc(1, sizeof *t);
    assert_non_null(t);
    c->user = t;
    c->dgram = record;
    wzp_couple_talk(c);
    t->is_on = true;
    assert_in_range(wzp_couple_hears(c, c->b), 45, 55);
    t->is_on = false;
    wzp_engine_mute(wzp_world_engine(c->w, c->a), wzp_world_now_at(c->w, c->a),
                    true);
    wzp_engine_mute(wzp_world_engine(c->w, c->b), wzp_world_now_at(c->w, c->b),
                    true);
    wzp_world_run(c->w, WZP_S);
    const uint64_t a = opened(c, c->a), b = opened(c, c->b);
    const uint64_t replayed = wzp_world_stats(c->w, c->b).group.replayed;
    play(c, t, WZP_ANNA);
    play(c, t, WZP_BEN);
    assert_in_range(opened(c, c->a), a, a + 2); /* keep-alives */
    assert_in_range(opened(c, c->b), b, b + 2);
    assert_int_equal(wzp_world_stats(c->w, c->b).group.replayed,
                     replayed + t->n);
    WZP_ASSERT_CALL(c, c->a, WZP_CALL_ACTIVE);
    wzp_couple_free(c);
    free(t);
}

/* Everything fresh is lost; what was recorded is said every second. */
static bool lose(void *user, wzp_liar *liar, int from, int to, uint8_t *data,
                 size_t *len)
{
    (void)user;
    (void)liar;
    (void)from;
    (void)to;
    (void)data;
    (void)len;
    return false;
}

WZP_TEST(a_call_that_died_is_not_kept_alive_with_what_was_said_in_it)
{
    wzp_couple *c = wzp_couple_new(6);
    tape *t = calloc(1, sizeof *t);
    assert_non_null(t);
    c->user = t;
    c->dgram = record;
    wzp_couple_talk(c);
    t->is_on = true;
    wzp_world_run(c->w, WZP_S);
    c->dgram = lose;
    for (int i = 0; i < 62; i++) {
        play(c, t, WZP_BEN);
        wzp_world_run(c->w, 900 * WZP_MS);
        if (wzp_couple_last(c, c->b).u.call.state == WZP_CALL_ENDED) {
            break;
        }
        assert_true(i < 61);
    }
    WZP_ASSERT_ENDED(c, c->b, WZP_ERR_TIMEOUT);
    wzp_couple_free(c);
    free(t);
}

/* --- who cannot seal --- */

typedef struct shown {
    wzp_participant list[WZP_LIAR_MEMBERS + 1];
    bool is_alone; /* the peer is not listed either */
} shown;

static bool list_a_legacy_member(void *user, wzp_liar *liar, int from, int to,
                                 wzp_signal *sig)
{
    shown *s = user;
    wzp_participant_list *p = &sig->u.room_update.participants;
    (void)from;
    if (sig->kind != WZP_SIG_ROOM_UPDATE) {
        return true;
    }
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const bool is_own =
            memcmp(p->v[i].mid.ptr, wzp_liar_member_at(liar, to)->mid,
                   WZP_MID_LEN) == 0;
        if (!s->is_alone || is_own) {
            s->list[n++] = p->v[i];
        }
    }
    s->list[n++] = (wzp_participant){.fingerprint = WZP_STR("old"),
                                     .alias = WZP_STR("Ben"),
                                     .relay_label = WZP_STR_NONE};
    *p = (wzp_participant_list){s->list, n};
    sig->u.room_update.count = (uint32_t)n;
    return true;
}

/* A clear packet, which an old client would play. */
static void throw_clear(wzp_couple *c, uint8_t to, int n)
{
    const wzp_media_hdr hdr = {.codec = WZP_CODEC_OPUS_24K};
    uint8_t packet[WZP_MEDIA_HDR_LEN + 40] = {0};
    for (int i = 0; i < n; i++) {
        wzp_media_hdr h = hdr;
        h.seq = (uint16_t)i;
        h.timestamp = 20 * (uint32_t)i;
        wzp_media_hdr_encode(&h, packet);
        wzp_liar_throw(c->liar, wzp_liar_find(c->liar, to), packet,
                       sizeof packet);
        wzp_world_kick(c->w, c->relay);
        wzp_world_run(c->w, 20 * WZP_MS);
    }
}

static void legacy_in_call(size_t is_alone)
{
    wzp_couple *c = wzp_couple_new(3);
    shown s = {.is_alone = is_alone};
    const wzp_liar_hooks hooks = {.user = &s, .signal = list_a_legacy_member};
    wzp_liar_hook(c->liar, &hooks);
    wzp_couple_talk(c);
    throw_clear(c, WZP_ANNA, 100);
    assert_int_equal(wzp_engine_accept_clear(wzp_world_engine(c->w, c->a),
                                             wzp_world_now_at(c->w, c->a)),
                     WZP_ERR_STATE); /* in a call there is nothing to accept */
    throw_clear(c, WZP_ANNA, 100);
    assert_only_two(c);
    assert_true(wzp_world_stats(c->w, c->a).group.not_sealed >= 200);
    assert_int_equal(wzp_world_stats(c->w, c->a).clear, WZP_CLEAR_OFF);
    wzp_couple_free(c);
}

WZP_ROWS(a_member_that_cannot_seal_makes_no_call_a_clear_one, two,
         legacy_in_call);
