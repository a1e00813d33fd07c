/* SPDX-License-Identifier: MIT */
/* The attacker is the relay's operator, and lies about who is in the room:
 * ghosts with packages of their own, of others and without; members named
 * twice, with another name, or not at all; revisions and counts that are wrong;
 * more members than there can be.
 */
#include "support/harness.h"
#include "support/liar/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GHOST 90 /* identity byte */
#define CROWD 10000

/* A lie about the roster. */
typedef struct lie {
    wzp_participant list[WZP_LIAR_MEMBERS];
    size_t n;
    uint32_t count, rev;
    void (*tell)(struct lie *lie, wzp_liar *liar, int to);
    uint8_t ghost_mid[WZP_MID_LEN];
    uint64_t boxes; /* to the ghost */
    char text[WZP_FP_TEXT_LEN + 1];
} lie;

static bool lie_signal(void *user, wzp_liar *liar, int from, int to,
                       wzp_signal *sig)
{
    lie *l = user;
    if (sig->kind == WZP_SIG_E2EE_KEYS &&
        memcmp(sig->u.e2ee_keys.k.v[0].to, l->ghost_mid, WZP_MID_LEN) == 0) {
        l->boxes++;
    }
    if (from != WZP_LIAR_RELAY || sig->kind != WZP_SIG_ROOM_UPDATE ||
        l->tell == NULL) {
        return true;
    }
    wzp_sig_room_update *u = &sig->u.room_update;
    memcpy(l->list, u->participants.v, u->participants.n * sizeof l->list[0]);
    l->n = u->participants.n;
    l->count = u->count;
    l->rev = u->rev.v;
    l->tell(l, liar, to);
    *u = (wzp_sig_room_update){.count = l->count,
                               .participants = {l->list, l->n},
                               .rev = {true, l->rev}};
    return true;
}

static void hook(wzp_stage *s, lie *l)
{
    const wzp_liar_hooks hooks = {.user = l, .signal = lie_signal};
    wzp_liar_hook(s->liar, &hooks);
}

/* The lie is told for two seconds. */
static void told(wzp_stage *s, lie *l, void (*tell)(lie *, wzp_liar *, int))
{
    l->tell = tell;
    hook(s, l);
    wzp_liar_roster(s->liar);
    wzp_world_run(s->w, 2 * WZP_S);
}

static void honest_again(wzp_stage *s, lie *l)
{
    l->tell = NULL;
    wzp_liar_roster(s->liar);
}

static wzp_participant *entry_of(lie *l, wzp_liar *liar, int i)
{
    for (size_t k = 0; k < l->n && i < wzp_liar_count(liar); k++) {
        if (memcmp(l->list[k].mid.ptr, wzp_liar_member_at(liar, i)->mid,
                   WZP_MID_LEN) == 0) {
            return &l->list[k];
        }
    }
    return &l->list[WZP_LIAR_MEMBERS - 1]; /* not there yet: changed in vain */
}

static void assert_both_hear(wzp_stage *s)
{
    const uint64_t b = wzp_puppet_opened(s->p[1]);
    assert_in_range(wzp_stage_hears(s, s->p[0]), 48, 52);
    assert_in_range(wzp_puppet_opened(s->p[1]) - b, 48, 52);
}

/* --- ghosts --- */

WZP_TEST(a_ghost_in_an_open_room_is_told_and_counted_and_in_the_words)
{
    wzp_stage s;
    wzp_stage_pair(&s, 1, true);
    wzp_world_client_config cfg = {.identity = 60};
    const wzp_node victim = wzp_world_client(s.w, &cfg);
    wzp_world_join(s.w, victim, WZP_STAGE_ROOM, s.relay);
    wzp_world_run(s.w, 2 * WZP_S);
    assert_int_equal(wzp_world_stats(s.w, victim).members, 2);
    uint8_t room[WZP_HASH_LEN];
    uint8_t keys[8][WZP_KEY_LEN];
    assert_int_equal(
        wzp_engine_words_input(wzp_world_engine(s.w, victim), room, keys, 8),
        3);
    const uint64_t events =
        wzp_world_events(s.w, victim, WZP_EVENT_MEMBER, NULL);
    const int ghost = wzp_liar_ghost(s.liar, GHOST);
    wzp_world_run(s.w, 2 * WZP_S);
    wzp_client_event ev;
    assert_true(wzp_world_events(s.w, victim, WZP_EVENT_MEMBER, &ev) > events);
    assert_string_equal(ev.u.member.info.alias, "ghost");
    assert_int_equal(wzp_world_stats(s.w, victim).members, 3);
    assert_int_equal(
        wzp_engine_words_input(wzp_world_engine(s.w, victim), room, keys, 8),
        4);
    /* It does hear: an open room is open. */
    assert_true(wzp_liar_opened(s.liar, ghost) > 100);
    wzp_stage_close(&s);
}

static void list_test(wzp_room_policy policy, bool gets_keys)
{
    wzp_stage s;
    lie l = {.boxes = 0};
    uint8_t key[WZP_KEY_LEN];
    uint8_t allowed[5][WZP_FP_LEN];
    for (uint8_t i = 0; i < 5; i++) {
        wzp_puppet_identity(WZP_STAGE_ID + i, key, allowed[i]);
    }
    const wzp_puppet_config cfg = {.speaks = true,
                                   .policy = policy,
                                   .allowed =
                                       (const uint8_t(*)[WZP_FP_LEN])allowed,
                                   .n_allowed = 5};
    wzp_stage_open(&s, 2, true);
    wzp_stage_enter(&s, &cfg);
    wzp_stage_enter(&s, &cfg);
    hook(&s, &l);
    const int ghost = wzp_liar_ghost(s.liar, GHOST);
    memcpy(l.ghost_mid, wzp_liar_member_at(s.liar, ghost)->mid, WZP_MID_LEN);
    /* New generations bring no key either. */
    for (int i = 0; i < 3; i++) {
        wzp_puppet *guest = wzp_stage_enter(&s, &cfg);
        wzp_puppet_leave(guest);
        wzp_world_run(s.w, 2 * WZP_S);
    }
    assert_true(wzp_puppet_stats(s.p[0]).generation >= 3);
    wzp_member_info info;
    assert_true(wzp_puppet_sees(s.p[0], GHOST, &info));
    assert_int_equal(wzp_group_member_count(wzp_puppet_group(s.p[0])), 2);
    if (gets_keys) {
        assert_true(l.boxes > 0);
        assert_true(wzp_liar_opened(s.liar, ghost) > 100);
    } else {
        assert_int_equal(info.state, WZP_MEMBER_REFUSED);
        assert_int_equal(info.why, WZP_ERR_NOT_ALLOWED);
        assert_int_equal(l.boxes, 0);
        assert_int_equal(wzp_liar_opened(s.liar, ghost), 0);
    }
    assert_both_hear(&s);
    wzp_stage_close(&s);
}

WZP_TEST(a_ghost_outside_the_list_never_gets_a_box)
{
    list_test(WZP_POLICY_LIST, false);
}

WZP_TEST(a_ghost_outside_the_contacts_never_gets_a_box)
{
    list_test(WZP_POLICY_CONTACTS, false);
}

WZP_TEST(control_without_a_policy_the_same_ghost_gets_boxes_and_hears)
{
    list_test(WZP_POLICY_OPEN, true);
}

/* --- a package that is not the one named --- */

/* The package of puppet 1 under the fingerprint of somebody else. */
static void tell_another_fingerprint(lie *l, wzp_liar *liar, int to)
{
    if (to == 0) {
        entry_of(l, liar, 1)->fingerprint =
            WZP_STR("0000:0000:0000:0000:0000:0000:0000:0001");
    }
}

static void another_name_test(void (*tell)(lie *, wzp_liar *, int), wzp_err why)
{
    wzp_stage s;
    lie l = {.tell = tell};
    wzp_stage_open(&s, 3, true);
    wzp_stage_add(&s, NULL);
    wzp_stage_add(&s, NULL);
    hook(&s, &l);
    wzp_puppet_join(s.p[0], WZP_STAGE_ROOM, s.relay);
    wzp_world_run(s.w, WZP_S);
    wzp_puppet_join(s.p[1], WZP_STAGE_ROOM, s.relay);
    wzp_world_run(s.w, 3 * WZP_S);
    wzp_member_info info;
    assert_int_equal(wzp_group_member_at(wzp_puppet_group(s.p[0]), 0, &info),
                     WZP_OK);
    assert_int_equal(info.state, WZP_MEMBER_REFUSED);
    assert_int_equal(info.why, why);
    assert_int_equal(wzp_puppet_opened(s.p[0]), 0);
    /* The lie does not outlive the liar's honesty. */
    honest_again(&s, &l);
    wzp_world_run(s.w, 2 * WZP_S);
    assert_int_equal(wzp_stage_state(s.p[0], 1), WZP_MEMBER_KEYED);
    assert_both_hear(&s);
    wzp_stage_close(&s);
}

WZP_TEST(a_package_under_the_fingerprint_of_another_is_refused_while_told_so)
{
    another_name_test(tell_another_fingerprint, WZP_ERR_FINGERPRINT);
}

/* mid of one package, hash of another. */
static void tell_another_hash(lie *l, wzp_liar *liar, int to)
{
    if (to == 0) {
        entry_of(l, liar, 1)->kph =
            (wzp_bytes){wzp_liar_member_at(liar, 0)->kph, WZP_HASH_LEN};
    }
}

WZP_TEST(a_member_id_that_is_not_of_the_package_hash_is_refused_while_told_so)
{
    another_name_test(tell_another_hash, WZP_ERR_MALFORMED);
}

static void tell_nobody(lie *l, wzp_liar *liar, int to)
{
    static const uint8_t mid[WZP_MID_LEN] = {1, 2, 3};
    (void)liar;
    (void)to;
    l->list[l->n++] = (wzp_participant){
        .fingerprint = WZP_STR("0000:0000:0000:0000:0000:0000:0000:0002"),
        .alias = WZP_STR("nobody"),
        .relay_label = WZP_STR_NONE,
        .mid = {mid, sizeof mid},
        .caps = WZP_CAP_PRESENT | WZP_CAP_E2E1};
    l->count++;
}

WZP_TEST(a_ghost_without_a_package_is_seen_and_gets_nothing)
{
    wzp_stage s;
    lie l = {.ghost_mid = {1, 2, 3}};
    wzp_stage_pair(&s, 4, true);
    told(&s, &l, tell_nobody);
    wzp_world_run(s.w, 20 * WZP_S);
    uint8_t keys[4][WZP_KEY_LEN];
    const wzp_group *g = wzp_puppet_group(s.p[0]);
    assert_int_equal(wzp_group_member_count(g), 2);
    assert_int_equal(wzp_group_identities(g, keys, 4), 2);
    assert_int_equal(l.boxes, 0);
    assert_both_hear(&s);
    wzp_stage_close(&s);
}

/* --- members named twice, not at all, with another name --- */

static void tell_all_twice(lie *l, wzp_liar *liar, int to)
{
    (void)liar;
    (void)to;
    memcpy(l->list + l->n, l->list, l->n * sizeof l->list[0]);
    l->n *= 2;
}

WZP_TEST(who_is_named_twice_is_there_once)
{
    wzp_stage s;
    lie l = {.n = 0};
    wzp_stage_pair(&s, 5, true);
    const wzp_group_stats before = wzp_puppet_stats(s.p[0]);
    told(&s, &l, tell_all_twice); /* the own entry too */
    assert_int_equal(wzp_group_member_count(wzp_puppet_group(s.p[0])), 1);
    assert_int_equal(wzp_puppet_stats(s.p[0]).generation, before.generation);
    assert_both_hear(&s);
    wzp_stage_close(&s);
}

static void tell_without_own(lie *l, wzp_liar *liar, int to)
{
    wzp_participant *own = entry_of(l, liar, to);
    *own = l->list[l->n - 1];
    l->n--;
}

WZP_TEST(a_roster_without_the_own_entry_changes_nothing)
{
    wzp_stage s;
    lie l = {.n = 0};
    wzp_stage_pair(&s, 6, true);
    told(&s, &l, tell_without_own);
    assert_int_equal(wzp_group_member_count(wzp_puppet_group(s.p[0])), 1);
    assert_both_hear(&s);
    wzp_stage_close(&s);
}

static void tell_wrong_count(lie *l, wzp_liar *liar, int to)
{
    (void)liar;
    l->count = to == 0 ? 0 : 4000000000u;
}

WZP_TEST(a_count_that_is_not_that_of_the_list_changes_nothing)
{
    wzp_stage s;
    lie l = {.n = 0};
    wzp_stage_pair(&s, 7, true);
    told(&s, &l, tell_wrong_count);
    assert_int_equal(wzp_group_member_count(wzp_puppet_group(s.p[0])), 1);
    assert_both_hear(&s);
    wzp_stage_close(&s);
}

/* Control of the three above: one that is not named at all is not heard. */
static void tell_without_others(lie *l, wzp_liar *liar, int to)
{
    l->list[0] = *entry_of(l, liar, to);
    l->n = 1;
}

WZP_TEST(control_who_is_not_on_the_roster_is_not_heard_and_comes_back)
{
    wzp_stage s;
    lie l = {.n = 0};
    wzp_stage_pair(&s, 8, true);
    told(&s, &l, tell_without_others);
    assert_int_equal(wzp_group_member_count(wzp_puppet_group(s.p[0])), 0);
    wzp_world_run(s.w, WZP_S);
    assert_int_equal(wzp_stage_hears(&s, s.p[0]), 0);
    honest_again(&s, &l);
    wzp_world_run(s.w, 2 * WZP_S);
    assert_both_hear(&s);
    wzp_stage_close(&s);
}

static void tell_swapped_names(lie *l, wzp_liar *liar, int to)
{
    (void)to;
    entry_of(l, liar, 1)->alias = WZP_STR("Carol");
    entry_of(l, liar, 2)->alias = WZP_STR("Bob");
}

WZP_TEST(a_member_renamed_keeps_its_fingerprint_and_its_keys)
{
    wzp_stage s;
    lie l = {.n = 0};
    wzp_stage_pair(&s, 9, true);
    wzp_stage_enter(&s, NULL);
    wzp_member_info was;
    wzp_member_info is;
    assert_true(wzp_puppet_sees(s.p[0], WZP_STAGE_ID + 1, &was));
    told(&s, &l, tell_swapped_names);
    assert_true(wzp_puppet_sees(s.p[0], WZP_STAGE_ID + 1, &is));
    assert_string_equal(is.alias, "Carol");
    assert_memory_equal(is.fingerprint, was.fingerprint, WZP_FP_LEN);
    assert_memory_equal(is.identity, was.identity, WZP_KEY_LEN);
    assert_int_equal(is.member, was.member);
    assert_int_equal(is.state, WZP_MEMBER_KEYED);
    assert_in_range(wzp_stage_hears(&s, s.p[0]), 97, 103);
    wzp_stage_close(&s);
}

/* --- revisions --- */

static wzp_signal delta(uint32_t rev, const uint8_t *left_mid, wzp_bytes *left)
{
    *left = (wzp_bytes){left_mid, WZP_MID_LEN};
    return (wzp_signal){.kind = WZP_SIG_ROOM_DELTA,
                        .u.room_delta = {.rev = rev, .left = {left, 1}}};
}

/* An engine on the stage: it keeps the revisions, puppets do not. */
static wzp_node victim_of(wzp_stage *s)
{
    wzp_world_client_config cfg = {.identity = 60};
    const wzp_node victim = wzp_world_client(s->w, &cfg);
    wzp_world_join(s->w, victim, WZP_STAGE_ROOM, s->relay);
    wzp_world_run(s->w, 2 * WZP_S);
    return victim;
}

static uint32_t last_rev;

static bool note_rev(void *user, wzp_liar *liar, int from, int to,
                     wzp_signal *sig)
{
    (void)user;
    (void)liar;
    (void)from;
    (void)to;
    if (sig->kind == WZP_SIG_ROOM_UPDATE) {
        last_rev = sig->u.room_update.rev.v;
    }
    return true;
}

WZP_TEST(a_delta_out_of_order_is_not_taken_and_the_roster_is_asked_for)
{
    wzp_stage s;
    wzp_stage_pair(&s, 10, true);
    const wzp_node victim = victim_of(&s);
    const int to = wzp_liar_find(s.liar, 60);
    const uint8_t *mid = wzp_liar_member_at(s.liar, 1)->mid;
    const uint32_t revs[] = {0, 1, 1000, UINT32_MAX}; /* back, and ahead */
    const wzp_liar_hooks hooks = {.signal = note_rev};
    wzp_liar_hook(s.liar, &hooks);
    wzp_bytes left;
    for (size_t i = 0; i < 4; i++) {
        const uint32_t rev = last_rev;
        const wzp_signal sig = delta(revs[i], mid, &left);
        wzp_liar_say(s.liar, to, &sig);
        wzp_world_run(s.w, 100 * WZP_MS);
        assert_true(last_rev > rev); /* RoomSync was answered */
        assert_int_equal(wzp_world_stats(s.w, victim).members, 2);
    }
    assert_both_hear(&s);
    wzp_stage_close(&s);
}

WZP_TEST(control_the_same_delta_in_its_order_is_taken)
{
    wzp_stage s;
    wzp_stage_pair(&s, 10, true);
    const wzp_liar_hooks hooks = {.signal = note_rev};
    wzp_liar_hook(s.liar, &hooks);
    const wzp_node victim = victim_of(&s);
    wzp_bytes left;
    const wzp_signal sig =
        delta(last_rev + 1, wzp_liar_member_at(s.liar, 1)->mid, &left);
    wzp_liar_say(s.liar, wzp_liar_find(s.liar, 60), &sig);
    wzp_world_run(s.w, 100 * WZP_MS);
    assert_int_equal(wzp_world_stats(s.w, victim).members, 1);
    wzp_stage_close(&s);
}

/* Revisions of whole rosters mean nothing: the last one told is the one. */
static void tell_old_revision(lie *l, wzp_liar *liar, int to)
{
    (void)liar;
    l->rev = to == 0 ? 0 : UINT32_MAX;
}

WZP_TEST(a_roster_under_a_revision_that_goes_back_or_jumps_disturbs_nobody)
{
    wzp_stage s;
    lie l = {.n = 0};
    wzp_stage_pair(&s, 11, true);
    const wzp_node victim = victim_of(&s);
    told(&s, &l, tell_old_revision);
    honest_again(&s, &l);
    wzp_world_run(s.w, WZP_S);
    const wzp_client_stats before = wzp_world_stats(s.w, victim);
    assert_both_hear(&s);
    const wzp_client_stats after = wzp_world_stats(s.w, victim);
    assert_int_equal(after.members, 2);
    assert_true(after.group.opened - before.group.opened > 90);
    assert_int_equal(after.signals_refused, 0);
    wzp_stage_close(&s);
}

/* --- too many --- */

static wzp_signal crowd_of(wzp_participant *list, uint8_t (*mids)[WZP_MID_LEN])
{
    for (uint32_t i = 0; i < CROWD; i++) {
        memset(mids[i], 0xEE, WZP_MID_LEN);
        memcpy(mids[i], &i, sizeof i);
        list[i] = (wzp_participant){.fingerprint = WZP_STR(""),
                                    .alias = WZP_STR_NONE,
                                    .relay_label = WZP_STR_NONE,
                                    .mid = {mids[i], WZP_MID_LEN}};
    }
    return (wzp_signal){.kind = WZP_SIG_ROOM_UPDATE,
                        .u.room_update = {.count = CROWD,
                                          .participants = {list, CROWD},
                                          .rev = {true, 77}}};
}

WZP_TEST(a_roster_of_ten_thousand_is_cut_and_counted_and_the_call_goes_on)
{
    wzp_stage s;
    static wzp_participant list[CROWD];
    static uint8_t mids[CROWD][WZP_MID_LEN];
    wzp_stage_pair(&s, 12, true);
    const wzp_node victim = victim_of(&s);
    const wzp_signal sig = crowd_of(list, mids);
    /* Nobody who is there goes: two of the crowd are the two. */
    memcpy(mids[CROWD - 1], wzp_liar_member_at(s.liar, 0)->mid, WZP_MID_LEN);
    memcpy(mids[CROWD - 2], wzp_liar_member_at(s.liar, 1)->mid, WZP_MID_LEN);
    wzp_liar_say(s.liar, wzp_liar_find(s.liar, 60), &sig);
    wzp_world_run(s.w, 2 * WZP_S);
    wzp_client_stats st = wzp_world_stats(s.w, victim);
    assert_int_equal(st.members, 1024);
    assert_int_equal(st.group.members_ignored, CROWD - 1024);
    assert_int_equal(st.signals_refused, 1);
    assert_int_equal(st.members_keyed, 2);
    const uint64_t opened = st.group.opened;
    wzp_world_run(s.w, WZP_S);
    assert_true(wzp_world_stats(s.w, victim).group.opened - opened > 90);
    assert_both_hear(&s);
    wzp_stage_close(&s);
}
