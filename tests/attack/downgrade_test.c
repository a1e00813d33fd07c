/* SPDX-License-Identifier: MIT */
/* The attacker is the relay's operator and wants the members to talk in the
 * clear, or to pass for one of them elsewhere: stripped caps, bindings and
 * packages, an answer of the earlier protocol, a handshake recorded here and
 * played to an honest relay (secure-media.md 10, 7). And identities swapped
 * under the members of an open room: their words differ (10, 3).
 */
#include "support/harness.h"
#include "support/liar/glass.h"
#include "support/liar/stage.h"

#include <wzp/crypto/room.h>

#include <stdlib.h>
#include <string.h>

/* --- answers --- */

static void strip_caps(wzp_signal *sig)
{
    sig->u.call_answer.caps = 0;
}
static void strip_e2e1(wzp_signal *sig)
{
    sig->u.call_answer.caps &= ~WZP_CAP_E2E1;
}
static void strip_sig1(wzp_signal *sig)
{
    sig->u.call_answer.caps &= ~WZP_CAP_SIG1;
}
static void strip_binding(wzp_signal *sig)
{
    sig->u.call_answer.binding = (wzp_bytes){NULL, 0};
}
static void change_binding(wzp_signal *sig)
{
    static uint8_t wrong[WZP_SIG_LEN];
    memcpy(wrong, sig->u.call_answer.binding.ptr, sizeof wrong);
    wrong[5] ^= 1;
    sig->u.call_answer.binding.ptr = wrong;
}
static void change_signature(wzp_signal *sig)
{
    static uint8_t wrong[WZP_SIG_LEN];
    memcpy(wrong, sig->u.call_answer.signature.ptr, sizeof wrong);
    wrong[5] ^= 1;
    sig->u.call_answer.signature.ptr = wrong;
}
static void change_identity(wzp_signal *sig)
{
    uint8_t fp[WZP_FP_LEN];
    wzp_puppet_identity(77, sig->u.call_answer.identity_pub, fp);
}
static void change_nothing(wzp_signal *sig)
{
    (void)sig;
}

typedef struct answer {
    const char *what;
    void (*change)(wzp_signal *sig);
    wzp_err err;
} answer;

static const answer answers[] = {
    {"no caps", strip_caps, WZP_ERR_LEGACY},
    {"no e2e1", strip_e2e1, WZP_ERR_LEGACY},
    {"no sig1", strip_sig1, WZP_ERR_LEGACY},
    {"no binding", strip_binding, WZP_ERR_BINDING},
    {"another binding", change_binding, WZP_ERR_BINDING},
    {"another signature", change_signature, WZP_ERR_SIGNATURE},
    {"another identity", change_identity, WZP_ERR_SIGNATURE},
    {"control: nothing", change_nothing, WZP_OK},
};

static bool change_answer(void *user, wzp_liar *liar, int from, int to,
                          wzp_signal *sig)
{
    const answer *a = user;
    (void)liar;
    (void)from;
    (void)to;
    if (sig->kind == WZP_SIG_CALL_ANSWER) {
        a->change(sig);
    }
    return true;
}

static size_t n_answers(void)
{
    return sizeof answers / sizeof answers[0];
}

static int16_t hum[4800];

static wzp_node client(wzp_world *w, uint8_t identity)
{
    for (size_t i = 0; i < 4800; i++) {
        hum[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    const wzp_world_client_config cfg = {
        .identity = identity, .in = hum, .in_len = 4800};
    return wzp_world_client(w, &cfg);
}

static void run_answer(size_t i)
{
    wzp_stage s;
    answer a = answers[i];
    const wzp_liar_hooks hooks = {.user = &a, .signal = change_answer};
    wzp_stage_open(&s, 1, true);
    wzp_liar_hook(s.liar, &hooks);
    const wzp_node n = client(s.w, 60);
    wzp_world_join(s.w, n, WZP_STAGE_ROOM, s.relay);
    wzp_world_run(s.w, 3 * WZP_S);
    wzp_client_event ev;
    if (a.err == WZP_OK) {
        assert_int_equal(wzp_world_stats(s.w, n).state, WZP_CLIENT_JOINED);
    } else {
        assert_int_equal(wzp_world_events(s.w, n, WZP_EVENT_ENDED, &ev), 1);
        assert_int_equal(ev.u.ended.why, a.err);
        assert_int_equal(wzp_world_stats(s.w, n).packets_sent, 0);
    }
    wzp_stage_close(&s);
}

WZP_ROWS(an_answer_that_is_not_of_this_connection_or_not_capable_ends_by_name,
         n_answers, run_answer);

/* --- participants --- */

typedef struct strip {
    bool caps, ids, is_off;
    wzp_participant list[WZP_LIAR_MEMBERS];
    uint64_t clear; /* packets not sealed that passed */
} strip;

static bool strip_members(void *user, wzp_liar *liar, int from, int to,
                          wzp_signal *sig)
{
    strip *st = user;
    const uint8_t *own = wzp_liar_member_at(liar, to)->mid;
    (void)from;
    if (sig->kind != WZP_SIG_ROOM_UPDATE || st->is_off) {
        return true;
    }
    wzp_participant_list *p = &sig->u.room_update.participants;
    memcpy(st->list, p->v, p->n * sizeof st->list[0]);
    p->v = st->list;
    for (size_t i = 0; i < p->n; i++) {
        if (st->caps) {
            st->list[i].caps = 0;
        }
        if (st->ids && memcmp(st->list[i].mid.ptr, own, WZP_MID_LEN) != 0) {
            st->list[i].mid = (wzp_bytes){NULL, 0};
            st->list[i].kph = (wzp_bytes){NULL, 0};
        }
    }
    return true;
}

static bool note_clear(void *user, wzp_liar *liar, int from, int to,
                       uint8_t *data, size_t *len)
{
    strip *st = user;
    (void)liar;
    (void)from;
    (void)to;
    st->clear += *len < WZP_MEDIA_HDR_LEN || !(data[10] & WZP_MEDIA_SEALED);
    return true;
}

static void strip_test(strip st, uint32_t legacy)
{
    wzp_stage s;
    const wzp_liar_hooks hooks = {
        .user = &st, .signal = strip_members, .dgram = note_clear};
    wzp_stage_open(&s, 2, true);
    wzp_liar_hook(s.liar, &hooks);
    const wzp_node a = client(s.w, 60);
    const wzp_node b = client(s.w, 61);
    wzp_world_join(s.w, a, WZP_STAGE_ROOM, s.relay);
    wzp_world_join(s.w, b, WZP_STAGE_ROOM, s.relay);
    wzp_world_run(s.w, 5 * WZP_S);
    assert_int_equal(st.clear, 0);
    assert_int_equal(wzp_world_stats(s.w, a).members_legacy, legacy);
    assert_int_equal(wzp_world_stats(s.w, a).members_keyed, 1 - legacy);
    if (legacy > 0) {
        assert_int_equal(wzp_world_stats(s.w, a).packets_sent, 0);
        st.is_off = true;
        wzp_liar_roster(s.liar);
        wzp_world_run(s.w, 3 * WZP_S);
        assert_int_equal(wzp_world_stats(s.w, a).members_keyed, 1);
        assert_int_equal(st.clear, 0);
    }
    assert_true(wzp_world_stats(s.w, b).packets_received > 50);
    wzp_stage_close(&s);
}

WZP_TEST(members_shown_as_unable_to_seal_are_told_nothing_in_the_clear)
{
    strip_test((strip){.caps = true, .ids = true}, 1);
}

/* What members can do stands in their packages, signed. */
WZP_TEST(caps_stripped_from_the_roster_change_nothing)
{
    strip_test((strip){.caps = true}, 0);
}

WZP_TEST(control_nothing_stripped_all_is_sealed)
{
    strip_test((strip){.caps = false}, 0);
}

/* --- a recorded handshake elsewhere --- */

typedef struct recorded {
    wzp_str json;
    bool is_given;
} recorded;

static bool give_recorded(void *user, wzp_puppet *p, wzp_signal *sig)
{
    recorded *r = user;
    if (sig->kind != WZP_SIG_CALL_OFFER) {
        return true;
    }
    wzp_puppet_say_text(p, r->json.ptr, r->json.len);
    r->is_given = true;
    return false;
}

/* The event that an honest relay tells last. */
static wzp_relay_event last_event(wzp_relay *relay)
{
    wzp_relay_event ev = {.size = sizeof ev};
    wzp_relay_event last = {.err = WZP_OK};
    while (wzp_relay_next_event(relay, &ev)) {
        last = ev;
    }
    return last;
}

static void recorded_test(const char *room, wzp_err err, bool uses_own)
{
    wzp_stage s;
    recorded r = {.is_given = false};
    wzp_stage_pair(&s, 3, true);
    wzp_glass *honest = wzp_glass_new(s.w, 10, NULL);
    r.json = wzp_liar_member_at(s.liar, 0)->offer;
    wzp_puppet_config cfg = {.speaks = true};
    if (!uses_own) {
        cfg.hooks = (wzp_puppet_hooks){.user = &r, .out = give_recorded};
    }
    wzp_puppet *thief = wzp_stage_add(&s, &cfg);
    wzp_puppet_join(thief, room, wzp_glass_node(honest));
    wzp_world_run(s.w, 2 * WZP_S);
    const wzp_relay_stats st = wzp_glass_stats(honest);
    assert_int_equal(last_event(wzp_glass_relay(honest)).err, err);
    assert_int_equal(wzp_puppet_is_in(thief), err == WZP_OK);
    assert_int_equal(st.refused_auth, err != WZP_OK);
    assert_int_equal(st.joined, err == WZP_OK);
    wzp_stage_close(&s);
    wzp_glass_free(honest);
}

WZP_TEST(an_offer_recorded_by_one_relay_is_no_offer_at_another)
{
    recorded_test(WZP_STAGE_ROOM, WZP_ERR_BINDING, false);
}

WZP_TEST(an_offer_recorded_in_one_room_is_no_offer_in_another)
{
    recorded_test("elsewhere", WZP_ERR_BINDING, false);
}

WZP_TEST(control_an_offer_made_for_the_relay_is_taken)
{
    recorded_test(WZP_STAGE_ROOM, WZP_OK, true);
}

/* --- words --- */

/* The relay splits the room: each of the two sees a ghost where the other is.
 */
typedef struct split {
    int ghost[2];
    bool is_on;
    wzp_participant list[WZP_LIAR_MEMBERS];
} split;

static bool is_hidden(const split *sp, int to, int who)
{
    return who >= 0 && (who == sp->ghost[1 - to] || who == 1 - to);
}

static bool split_room(void *user, wzp_liar *liar, int from, int to,
                       wzp_signal *sig)
{
    split *sp = user;
    if (!sp->is_on || to > 1) {
        return true;
    }
    if (sig->kind != WZP_SIG_ROOM_UPDATE) {
        return from < 0 || !is_hidden(sp, to, from);
    }
    wzp_participant_list *p = &sig->u.room_update.participants;
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        bool hidden = false;
        for (int m = 0; m < wzp_liar_count(liar); m++) {
            hidden |= is_hidden(sp, to, m) &&
                      memcmp(p->v[i].mid.ptr, wzp_liar_member_at(liar, m)->mid,
                             WZP_MID_LEN) == 0;
        }
        if (!hidden) {
            sp->list[n++] = p->v[i];
        }
    }
    *p = (wzp_participant_list){sp->list, n};
    return true;
}

static void words_of(wzp_stage *s, wzp_node n, uint16_t words[WZP_ROOM_WORDS])
{
    uint8_t room[WZP_HASH_LEN];
    uint8_t keys[8][WZP_KEY_LEN];
    const size_t k =
        wzp_engine_words_input(wzp_world_engine(s->w, n), room, keys, 8);
    assert_int_equal(k, 2);
    assert_int_equal(
        wzp_room_words(room, (const uint8_t(*)[WZP_KEY_LEN])keys, k, words),
        WZP_OK);
}

static void words_test(bool is_split)
{
    wzp_stage s;
    split sp = {.is_on = is_split};
    const wzp_liar_hooks hooks = {.user = &sp, .signal = split_room};
    wzp_stage_open(&s, 4, true);
    const wzp_node v[2] = {client(s.w, 60), client(s.w, 61)};
    for (int i = 0; i < 2; i++) {
        wzp_world_join(s.w, v[i], WZP_STAGE_ROOM, s.relay);
        wzp_world_run(s.w, 100 * WZP_MS);
    }
    if (is_split) {
        sp.ghost[0] = sp.ghost[1] = -2;
        wzp_liar_hook(s.liar, &hooks);
        sp.ghost[0] = wzp_liar_ghost(s.liar, 90);
        sp.ghost[1] = wzp_liar_ghost(s.liar, 91);
        wzp_liar_roster(s.liar);
    }
    wzp_world_run(s.w, 3 * WZP_S);
    uint16_t words[2][WZP_ROOM_WORDS];
    words_of(&s, v[0], words[0]);
    words_of(&s, v[1], words[1]);
    if (is_split) {
        assert_memory_not_equal(words[0], words[1], sizeof words[0]);
        assert_true(wzp_liar_opened(s.liar, sp.ghost[0]) > 50);
        assert_true(wzp_liar_opened(s.liar, sp.ghost[1]) > 50);
    } else {
        assert_memory_equal(words[0], words[1], sizeof words[0]);
    }
    wzp_stage_close(&s);
}

WZP_TEST(two_who_talk_to_ghosts_in_each_others_place_have_other_words)
{
    words_test(true);
}

WZP_TEST(control_two_who_talk_to_each_other_have_the_same_words)
{
    words_test(false);
}
