/* SPDX-License-Identifier: MIT */
/* Who gets into a room, and who gets keys there. The attackers are a relay that
 * plays a member itself, and strangers at the door of an honest relay; the
 * defenders are the product's engines. Each row has its control, in which the
 * same attacker gets what it wants because nobody said that it must not.
 */
#include "support/harness.h"
#include "support/liar/glass.h"
#include "support/liar/stage.h"

#include <wzp/crypto/room.h>
#include <wzp/proto/fingerprint.h>
#include <wzp/proto/room_name.h>

#include <string.h>

#define GHOST 90 /* identity bytes */
#define ANN   30
#define BEN   31
#define CID   32

static const uint8_t ACCESS[WZP_KEY_LEN] = {0xAC};
static const uint8_t PSK[WZP_KEY_LEN] = {0x95};

static const int16_t *hum(void)
{
    static int16_t pcm[4800];
    for (size_t i = 0; i < 4800; i++) {
        pcm[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    return pcm;
}

static wzp_node person(wzp_world *w, uint8_t identity)
{
    const wzp_world_client_config cfg = {
        .identity = identity, .in = hum(), .in_len = 4800};
    return wzp_world_client(w, &cfg);
}

static void fp_of(uint8_t identity, uint8_t fp[WZP_FP_LEN])
{
    uint8_t key[WZP_KEY_LEN];
    wzp_puppet_identity(identity, key, fp);
}

static wzp_join with_secret(void)
{
    wzp_join terms = {.has_secret = true};
    memcpy(terms.access, ACCESS, sizeof terms.access);
    memcpy(terms.psk, PSK, sizeof terms.psk);
    return terms;
}

/* --- a relay that plays a member ------------------------------------------ */

typedef struct scene {
    wzp_world *w;
    wzp_liar *liar;
    wzp_node ann, ben;
    int ghost;
} scene;

/* Ann and Ben talk; then the relay puts a ghost between them. */
static void haunt(scene *s, const wzp_join *terms)
{
    *s = (scene){.w = wzp_world_new(1)};
    s->liar = wzp_liar_new(s->w, 9);
    s->ann = person(s->w, ANN);
    s->ben = person(s->w, BEN);
    wzp_world_join_with(s->w, s->ann, "den", wzp_liar_node(s->liar), terms);
    wzp_world_join_with(s->w, s->ben, "den", wzp_liar_node(s->liar), terms);
    assert_true(wzp_world_await_keyed(s->w, s->ann, 1, 10 * WZP_S));
    assert_true(wzp_world_await_keyed(s->w, s->ben, 1, 10 * WZP_S));
    s->ghost = wzp_liar_ghost(s->liar, GHOST);
    wzp_world_run(s->w, 6 * WZP_S);
}

static void lay(scene *s)
{
    wzp_world_free(s->w);
    wzp_liar_free(s->liar);
}

/* Told and counted, whether it gets keys or not. */
static void assert_seen(const scene *s, wzp_member_state state, wzp_err why)
{
    wzp_client_event ev;
    assert_true(wzp_world_events(s->w, s->ann, WZP_EVENT_MEMBER, &ev) > 0);
    assert_string_equal(ev.u.member.info.alias, "ghost");
    assert_int_equal(ev.u.member.info.state, state);
    assert_int_equal(ev.u.member.info.why, why);
    assert_int_equal(wzp_world_stats(s->w, s->ann).members, 2);
}

static void list_test(wzp_room_policy policy)
{
    scene s;
    uint8_t allowed[2][WZP_FP_LEN];
    fp_of(ANN, allowed[0]);
    fp_of(BEN, allowed[1]);
    const wzp_join terms = {.policy = policy,
                            .allowed = (const uint8_t(*)[WZP_FP_LEN])allowed,
                            .n_allowed = 2};
    haunt(&s, &terms);
    const uint64_t before = wzp_world_stats(s.w, s.ben).packets_received;
    if (policy == WZP_POLICY_OPEN) {
        assert_true(wzp_liar_opened(s.liar, s.ghost) > 100);
        assert_seen(&s, WZP_MEMBER_KEYED, WZP_OK);
    } else {
        assert_int_equal(wzp_liar_opened(s.liar, s.ghost), 0);
        assert_seen(&s, WZP_MEMBER_REFUSED, WZP_ERR_NOT_ALLOWED);
    }
    wzp_world_run(s.w, WZP_S); /* the two are not disturbed */
    assert_true(wzp_world_stats(s.w, s.ben).packets_received > before + 40);
    lay(&s);
}

WZP_TEST(a_ghost_outside_the_list_of_two_clients_hears_nothing_and_is_seen)
{
    list_test(WZP_POLICY_LIST);
}

WZP_TEST(a_ghost_outside_the_contacts_of_two_clients_hears_nothing_and_is_seen)
{
    list_test(WZP_POLICY_CONTACTS); /* without contacts: the list counts */
}

WZP_TEST(control_in_an_open_room_the_same_ghost_hears_and_is_seen)
{
    list_test(WZP_POLICY_OPEN);
}

static void secret_test(bool has_secret)
{
    scene s;
    wzp_join terms = {0};
    if (has_secret) {
        terms = with_secret();
    }
    haunt(&s, &terms); /* this relay checks nothing, and lets it in */
    if (has_secret) {
        assert_int_equal(wzp_liar_opened(s.liar, s.ghost), 0);
    } else {
        assert_true(wzp_liar_opened(s.liar, s.ghost) > 100);
    }
    assert_int_equal(wzp_world_stats(s.w, s.ann).members, 2);
    lay(&s);
}

WZP_TEST(a_ghost_that_does_not_know_the_rooms_secret_opens_nothing)
{
    secret_test(true);
}

WZP_TEST(control_in_a_room_without_a_secret_the_same_ghost_opens_all)
{
    secret_test(false);
}

static void two_secrets_test(uint8_t of_ben)
{
    wzp_world *w = wzp_world_new(2);
    wzp_liar *liar = wzp_liar_new(w, 9);
    const wzp_node ann = person(w, ANN);
    const wzp_node ben = person(w, BEN);
    wzp_join terms = with_secret();
    wzp_world_join_with(w, ann, "den", wzp_liar_node(liar), &terms);
    terms.psk[0] = of_ben;
    wzp_world_join_with(w, ben, "den", wzp_liar_node(liar), &terms);
    wzp_world_run(w, 10 * WZP_S);
    wzp_client_event ev;
    assert_true(wzp_world_events(w, ann, WZP_EVENT_MEMBER, &ev) > 0);
    if (of_ben == PSK[0]) {
        assert_int_equal(ev.u.member.info.state, WZP_MEMBER_KEYED);
        assert_int_equal(ev.u.member.info.why, WZP_OK);
    } else {
        assert_int_equal(ev.u.member.info.state, WZP_MEMBER_VERIFIED);
        assert_int_equal(ev.u.member.info.why, WZP_ERR_TAG);
        assert_int_equal(wzp_world_stats(w, ben).packets_received, 0);
        assert_true(wzp_world_stats(w, ann).group.keys_refused > 0);
    }
    wzp_world_free(w);
    wzp_liar_free(liar);
}

WZP_TEST(members_with_different_secrets_are_told_that_keys_do_not_open)
{
    two_secrets_test(0x11);
}

WZP_TEST(control_members_with_one_secret_hear_each_other)
{
    two_secrets_test(0x95);
}

/* --- contacts, while in the room ------------------------------------------ */

WZP_TEST(whoever_becomes_a_contact_gets_keys_and_loses_them_when_forgotten)
{
    scene s;
    uint8_t ben[WZP_FP_LEN], ghost[WZP_FP_LEN];
    fp_of(BEN, ben);
    fp_of(GHOST, ghost);
    s = (scene){.w = wzp_world_new(3)};
    s.liar = wzp_liar_new(s.w, 9);
    s.ann = person(s.w, ANN);
    s.ben = person(s.w, BEN);
    const wzp_join terms = {.policy = WZP_POLICY_CONTACTS};
    wzp_engine *ann = wzp_world_engine(s.w, s.ann);
    assert_int_equal(
        wzp_engine_contact_add(ann, wzp_world_now(s.w), ben, "Ben"), WZP_OK);
    wzp_world_join_with(s.w, s.ann, "den", wzp_liar_node(s.liar), &terms);
    wzp_world_join(s.w, s.ben, "den", wzp_liar_node(s.liar));
    assert_true(wzp_world_await_keyed(s.w, s.ann, 1, 10 * WZP_S));
    s.ghost = wzp_liar_ghost(s.liar, GHOST);
    wzp_world_run(s.w, 3 * WZP_S);
    /* Ben keeps nobody out: it is Ann's packets that count. */
    assert_int_equal(wzp_world_stats(s.w, s.ann).members_keyed, 1);
    wzp_member_info info;
    assert_int_equal(
        wzp_group_member_at(wzp_liar_group(s.liar, s.ghost), 0, &info), WZP_OK);

    assert_int_equal(
        wzp_engine_contact_add(ann, wzp_world_now(s.w), ghost, "Gus"), WZP_OK);
    wzp_world_kick(s.w, s.ann);
    const uint64_t opened = wzp_liar_opened(s.liar, s.ghost);
    wzp_world_run(s.w, 3 * WZP_S);
    const uint64_t both = wzp_liar_opened(s.liar, s.ghost) - opened;
    assert_true(both > 250); /* Ann's and Ben's, 50 a second each */

    assert_int_equal(wzp_engine_contact_forget(ann, wzp_world_now(s.w), ghost),
                     WZP_OK);
    wzp_world_kick(s.w, s.ann);
    wzp_world_run(s.w, 3 * WZP_S); /* what it holds runs out */
    const uint64_t then = wzp_liar_opened(s.liar, s.ghost);
    wzp_world_run(s.w, 3 * WZP_S);
    assert_in_range(wzp_liar_opened(s.liar, s.ghost) - then, 140, 160);
    lay(&s);
}

WZP_TEST(who_is_on_the_list_beside_the_contacts_is_not_forgotten_with_them)
{
    wzp_world *w = wzp_world_new(6);
    wzp_liar *liar = wzp_liar_new(w, 9);
    uint8_t ben[1][WZP_FP_LEN];
    fp_of(BEN, ben[0]);
    const wzp_join terms = {.policy = WZP_POLICY_CONTACTS,
                            .allowed = (const uint8_t(*)[WZP_FP_LEN])ben,
                            .n_allowed = 1};
    const wzp_node ann = person(w, ANN);
    wzp_world_join_with(w, ann, "den", wzp_liar_node(liar), &terms);
    wzp_world_join(w, person(w, BEN), "den", wzp_liar_node(liar));
    assert_true(wzp_world_await_keyed(w, ann, 1, 10 * WZP_S));
    wzp_engine *e = wzp_world_engine(w, ann);
    assert_int_equal(wzp_engine_contact_forget(e, wzp_world_now(w), ben[0]),
                     WZP_ERR_NOT_FOUND);
    wzp_world_kick(w, ann);
    wzp_world_run(w, 3 * WZP_S);
    assert_int_equal(wzp_world_stats(w, ann).members_keyed, 1);
    wzp_world_free(w);
    wzp_liar_free(liar);
}

/* --- strangers at the door ------------------------------------------------ */

typedef struct door {
    wzp_world *w;
    wzp_glass *glass;
    wzp_node relay;
} door;

/* den has a secret, hall a list with Ann on it; the relay is closed. */
static void door_open(door *d)
{
    uint8_t ann[1][WZP_FP_LEN];
    wzp_room_rule rules[] = {{.name = "Den", .has_access = true},
                             {.name = "hall",
                              .allowed = (const uint8_t(*)[WZP_FP_LEN])ann,
                              .n_allowed = 1},
                             {.name = "yard"}};
    memcpy(rules[0].access, ACCESS, WZP_KEY_LEN);
    fp_of(ANN, ann[0]);
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.packets = 4096;
    cfg.room_rules = rules;
    cfg.n_room_rules = 3;
    cfg.is_closed = true;
    cfg.allow_legacy = true;
    *d = (door){.w = wzp_world_new(4)};
    d->glass = wzp_glass_new(d->w, 9, &cfg);
    d->relay = wzp_glass_node(d->glass);
}

static void door_close(door *d)
{
    wzp_world_free(d->w);
    wzp_glass_free(d->glass);
}

static const struct {
    const char *what;
    const char *room;
    uint8_t who;
    uint8_t access; /* 0: no secret is given */
    wzp_err why;    /* WZP_OK: it is in */
    const char *says;
} COMERS[] = {
    {"the secret", "den", BEN, 0xAC, WZP_OK, NULL},
    {"no secret", "den", BEN, 0, WZP_ERR_AUTH,
     "the relay says: this room has a secret, and none was given"},
    {"another secret", "den", BEN, 0x01, WZP_ERR_AUTH,
     "the relay says: the secret given is not that of this room"},
    {"on the list", "hall", ANN, 0, WZP_OK, NULL},
    {"not on the list", "hall", BEN, 0, WZP_ERR_NOT_ALLOWED,
     "the relay says: this identity is not on the list of this room"},
    {"a secret nobody asks for", "yard", BEN, 0x01, WZP_OK, NULL},
    {"no such room", "attic", ANN, 0, WZP_ERR_NOT_ALLOWED,
     "the relay says: there is no such room on this relay"},
};

static size_t count_comers(void)
{
    return sizeof COMERS / sizeof COMERS[0];
}

static void run_comer(size_t row)
{
    door d;
    door_open(&d);
    const wzp_node n = person(d.w, COMERS[row].who);
    wzp_join terms = {0};
    if (COMERS[row].access != 0) {
        terms = with_secret();
        terms.access[0] = COMERS[row].access;
    }
    wzp_world_join_with(d.w, n, COMERS[row].room, d.relay, &terms);
    wzp_world_run(d.w, 3 * WZP_S);
    if (COMERS[row].why == WZP_OK) {
        assert_int_equal(wzp_engine_state(wzp_world_engine(d.w, n)),
                         WZP_CLIENT_JOINED);
        assert_int_equal(wzp_glass_stats(d.glass).refused_rule, 0);
    } else {
        wzp_client_event ev;
        assert_int_equal(wzp_world_events(d.w, n, WZP_EVENT_ENDED, &ev), 1);
        assert_int_equal(ev.u.ended.why, COMERS[row].why);
        assert_string_equal(ev.u.ended.text, COMERS[row].says);
        assert_int_equal(wzp_glass_stats(d.glass).refused_rule, 1);
        assert_int_equal(wzp_glass_stats(d.glass).members, 0);
    }
    door_close(&d);
}

WZP_ROWS(a_relay_with_rules_tells_who_stays_outside_why, count_comers,
         run_comer);

/* What a thief has of somebody else's join, or of an earlier one of its own. */
typedef struct thief {
    uint8_t stolen[WZP_HASH_LEN];
    bool has_stolen;
    bool uses_it;
} thief;

static bool steal(void *user, wzp_puppet *p, wzp_signal *sig)
{
    thief *t = user;
    (void)p;
    if (sig->kind == WZP_SIG_CALL_OFFER && !t->has_stolen) {
        memcpy(t->stolen, sig->u.call_offer.room_proof.ptr, WZP_HASH_LEN);
        t->has_stolen = true;
    } else if (sig->kind == WZP_SIG_CALL_OFFER && t->uses_it) {
        sig->u.call_offer.room_proof = (wzp_bytes){t->stolen, WZP_HASH_LEN};
    }
    return true;
}

/* Ann's proof, on the next connection: by Ben, or by Ann herself with a fresh
 * package. */
static void replay_test(uint8_t by, bool uses_it)
{
    door d;
    thief t = {.uses_it = uses_it};
    uint64_t code = 0;
    door_open(&d);
    wzp_puppet_config cfg = {
        .identity = ANN,
        .access = ACCESS,
        .psk = PSK,
        .hooks = {.user = &t, .out = steal},
    };
    wzp_puppet *first = wzp_puppet_new(d.w, &cfg);
    wzp_puppet_join(first, "den", d.relay);
    wzp_world_run(d.w, WZP_S);
    assert_true(wzp_puppet_is_in(first));
    assert_true(t.has_stolen);
    cfg.identity = by;
    wzp_puppet *second = wzp_puppet_new(d.w, &cfg);
    wzp_puppet_join(second, "den", d.relay);
    wzp_world_run(d.w, WZP_S);
    assert_int_equal(wzp_puppet_is_in(second), !uses_it);
    if (uses_it) {
        assert_int_equal(wzp_puppet_closed(second, &code), WZP_ERR_PEER_CLOSED);
        assert_int_equal(code, WZP_CLOSE_AUTH);
    }
    wzp_world_free(d.w);
    wzp_puppet_free(first);
    wzp_puppet_free(second);
    wzp_glass_free(d.glass);
}

WZP_TEST(a_proof_taken_from_another_member_opens_no_door)
{
    replay_test(BEN, true);
}

WZP_TEST(a_proof_of_ones_own_opens_no_second_door)
{
    replay_test(ANN, true);
}

WZP_TEST(control_a_fresh_proof_opens_it_to_both)
{
    replay_test(BEN, false);
    replay_test(ANN, false);
}

WZP_TEST(who_cannot_prove_who_it_is_stays_outside_where_there_are_rules)
{
    static const char *const rooms[] = {"den", "hall", "yard"};
    for (size_t i = 0; i < 3; i++) {
        door d;
        uint64_t code = 0;
        door_open(&d);
        const wzp_puppet_config cfg = {.identity = ANN, .is_legacy = true};
        wzp_puppet *old = wzp_puppet_new(d.w, &cfg);
        wzp_puppet_join(old, rooms[i], d.relay);
        wzp_world_run(d.w, WZP_S);
        if (i < 2) {
            assert_int_equal(wzp_puppet_closed(old, &code),
                             WZP_ERR_PEER_CLOSED);
            assert_int_equal(code, WZP_CLOSE_LEGACY);
        } else { /* the control: yard asks nothing */
            assert_true(wzp_puppet_is_in(old));
        }
        wzp_world_free(d.w);
        wzp_puppet_free(old);
        wzp_glass_free(d.glass);
    }
}

/* --- names ---------------------------------------------------------------- */

/* What the relay was told in the first packet, which is what everybody on the
 * path can read. */
static void next_join(door *d, char room[WZP_ROOM_NAME_MAX + 1])
{
    wzp_relay_event ev;
    do {
        assert_true(wzp_relay_next_event(wzp_glass_relay(d->glass), &ev));
    } while (ev.kind != WZP_RELAY_JOINED);
    assert_true(strlen(ev.room) <= WZP_ROOM_NAME_MAX);
    memcpy(room, ev.room, strlen(ev.room) + 1);
}

WZP_TEST(
    a_name_is_seen_on_the_way_only_when_asked_for_and_both_meet_in_one_room)
{
    door d;
    char hash[WZP_ROOM_HEX_LEN + 1];
    char seen[WZP_ROOM_NAME_MAX + 1];
    wzp_room_hash(WZP_STR("den"), hash);
    door_open(&d);
    const wzp_node ann = person(d.w, ANN);
    const wzp_node ben = person(d.w, BEN);
    wzp_join terms = with_secret();
    wzp_world_join_with(d.w, ann, "Den", d.relay, &terms);
    wzp_world_run(d.w, WZP_S);
    next_join(&d, seen);
    assert_string_equal(seen, hash);

    terms.public_name = true; /* the control: this way it would be seen */
    wzp_world_join_with(d.w, ben, "Den", d.relay, &terms);
    assert_true(wzp_world_await_keyed(d.w, ann, 1, 10 * WZP_S));
    assert_true(wzp_world_await_keyed(d.w, ben, 1, 10 * WZP_S));
    next_join(&d, seen);
    assert_string_equal(seen, "den");
    assert_int_equal(wzp_glass_stats(d.glass).rooms, 1);
    door_close(&d);
}

/* --- what the relay has --------------------------------------------------- */

WZP_TEST(the_relay_holds_nothing_of_a_rooms_secret_where_it_could_be_read)
{
    door d;
    uint8_t access[WZP_KEY_LEN], psk[WZP_KEY_LEN];
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    memset(access, 0xA7, sizeof access);
    memset(psk, 0x5C, sizeof psk);
    wzp_room_rule rule = {.name = "den", .has_access = true};
    memcpy(rule.access, access, sizeof access);
    cfg.packets = 4096;
    cfg.room_rules = &rule;
    cfg.n_room_rules = 1;
    d = (door){.w = wzp_world_new(5)};
    d.glass = wzp_glass_new(d.w, 9, &cfg);
    d.relay = wzp_glass_node(d.glass);
    const wzp_node ann = person(d.w, ANN);
    const wzp_node ben = person(d.w, BEN);
    wzp_join terms = {.has_secret = true};
    memcpy(terms.access, access, sizeof access);
    memcpy(terms.psk, psk, sizeof psk);
    wzp_world_join_with(d.w, ann, "den", d.relay, &terms);
    wzp_world_join_with(d.w, ben, "den", d.relay, &terms);
    assert_true(wzp_world_await_keyed(d.w, ann, 1, 10 * WZP_S));
    wzp_world_run(d.w, WZP_S);
    assert_int_equal(wzp_glass_find(d.glass, psk, sizeof psk), 0);
    assert_int_equal(wzp_glass_find(d.glass, access, sizeof access), 0);
    uint8_t fp[WZP_FP_LEN]; /* the control: what it does hold is found */
    char text[WZP_FP_TEXT_LEN + 1];
    fp_of(ANN, fp);
    wzp_fingerprint_encode(fp, text);
    assert_true(wzp_glass_find(d.glass, text, WZP_FP_TEXT_LEN) > 0);
    door_close(&d);
}
