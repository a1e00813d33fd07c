/* SPDX-License-Identifier: MIT */
/* The attacker is the relay's operator, and forges, swaps, re-addresses and
 * repeats key messages and packages. Three talk in the room; the relay has kept
 * all key messages between them. Each row sends one lie to puppet `to`, names
 * the error it must meet and the counter that must show it, and then all must
 * hear all as before.
 */
#include "support/harness.h"
#include "support/liar/stage.h"

#include <wzp/crypto/pair.h>
#include <wzp/crypto/room.h>
#include <wzp/crypto/sender_key.h>

#include <string.h>

#define NOW_UNIX UINT64_C(1800001000) /* the world begins here */

/* What went from one to another. */
typedef struct heard {
    bool has_pair, has_keys;
    wzp_signal pair, keys; /* the last of each */
    uint8_t ct[WZP_KEM_CT_LEN], sig[WZP_SIG_LEN];
    wzp_e2ee_box one;
    uint8_t box[WZP_KEY_BOX_LEN];
} heard;

typedef struct scene {
    wzp_stage s;
    heard h[3][3];
    int from, to, other;
    wzp_signal lie;
    /* room for what a lie points to */
    uint8_t ct[WZP_KEM_CT_LEN], sig[WZP_SIG_LEN];
    wzp_e2ee_box one;
    uint8_t box[WZP_KEY_BOX_LEN];
    uint8_t kp[WZP_KP_LEN];
    wzp_bytes list;
} scene;

static bool listen(void *user, wzp_liar *liar, int from, int to,
                   wzp_signal *sig)
{
    scene *sc = user;
    (void)liar;
    if (from < 0 || from > 2 || to > 2) {
        return true; /* of the relay, of guests */
    }
    heard *h = &sc->h[from][to];
    if (sig->kind == WZP_SIG_E2EE_PAIR) {
        h->has_pair = true;
        h->pair = *sig;
        memcpy(h->ct, sig->u.e2ee_pair.ct.ptr, sizeof h->ct);
        memcpy(h->sig, sig->u.e2ee_pair.sig.ptr, sizeof h->sig);
    } else if (sig->kind == WZP_SIG_E2EE_KEYS) {
        h->has_keys = true;
        h->keys = *sig;
        h->one = sig->u.e2ee_keys.k.v[0];
        memcpy(h->box, h->one.box.ptr, sizeof h->box);
    }
    return true;
}

/* `from` made the pairs with both others, and its ct stands with `to`. */
static void cast(scene *sc)
{
    for (int i = 0; i < 6; i++) {
        sc->from = i / 2;
        sc->to = (sc->from + 1 + i % 2) % 3;
        sc->other = 3 - sc->from - sc->to;
        if (sc->h[sc->from][sc->to].has_pair &&
            sc->h[sc->from][sc->other].has_pair &&
            !sc->h[sc->to][sc->from].has_pair) {
            return;
        }
    }
    fail_msg("another seed is needed");
}

static void begin(scene *sc)
{
    const wzp_liar_hooks hooks = {.user = sc, .signal = listen};
    wzp_stage_open(&sc->s, 1, true);
    wzp_liar_hook(sc->s.liar, &hooks);
    for (int i = 0; i < 3; i++) {
        wzp_stage_enter(&sc->s, NULL);
    }
    cast(sc);
    wzp_ignore(wzp_puppet_refused(sc->s.p[sc->to]), "of the time before");
}

static const wzp_liar_member *who(scene *sc, int i)
{
    return wzp_liar_member_at(sc->s.liar, i);
}

/* --- lies --- */

static void use_pair(scene *sc, int from, int to)
{
    heard *h = &sc->h[from][to];
    assert_true(h->has_pair);
    memcpy(sc->ct, h->ct, sizeof sc->ct);
    memcpy(sc->sig, h->sig, sizeof sc->sig);
    sc->lie = h->pair;
    sc->lie.u.e2ee_pair.ct = (wzp_bytes){sc->ct, sizeof sc->ct};
    sc->lie.u.e2ee_pair.sig = (wzp_bytes){sc->sig, sizeof sc->sig};
    memcpy(sc->lie.u.e2ee_pair.to, who(sc, sc->to)->mid, WZP_MID_LEN);
}

static void pair_again(scene *sc)
{
    use_pair(sc, sc->from, sc->to);
}
static void pair_other_ct(scene *sc)
{
    use_pair(sc, sc->from, sc->to);
    memcpy(sc->ct, sc->h[sc->from][sc->other].ct, sizeof sc->ct);
}
static void pair_bit(scene *sc)
{
    use_pair(sc, sc->from, sc->to);
    sc->ct[700] ^= 1;
}
static void pair_other_sig(scene *sc)
{
    use_pair(sc, sc->from, sc->to);
    memcpy(sc->sig, sc->h[sc->from][sc->other].sig, sizeof sc->sig);
}
static void pair_readdressed(scene *sc)
{
    use_pair(sc, sc->from, sc->other);
}
static void pair_other_sender(scene *sc)
{
    use_pair(sc, sc->from, sc->to);
    memcpy(sc->lie.u.e2ee_pair.from, who(sc, sc->other)->mid, WZP_MID_LEN);
}
static void pair_nobodys(scene *sc)
{
    use_pair(sc, sc->from, sc->to);
    sc->lie.u.e2ee_pair.from[3] ^= 1;
}
static void pair_for_another(scene *sc)
{
    use_pair(sc, sc->from, sc->to);
    memcpy(sc->lie.u.e2ee_pair.to, who(sc, sc->other)->mid, WZP_MID_LEN);
}
static void pair_cut(scene *sc)
{
    use_pair(sc, sc->from, sc->to);
    sc->lie.u.e2ee_pair.ct.len--;
}
/* A second valid one: the member itself would have to be false. */
static void pair_second(scene *sc)
{
    uint8_t seed[WZP_SEED_LEN];
    wzp_seed_identity *id;
    wzp_kp kp;
    wzp_pair_keys keys;
    wzp_pair_names names;
    const wzp_rng rng = wzp_rng_system();
    use_pair(sc, sc->from, sc->to);
    memset(seed, WZP_STAGE_ID + sc->from, sizeof seed);
    assert_int_equal(wzp_seed_identity_new(&id, seed), WZP_OK);
    const wzp_identity table = wzp_seed_identity_table(id);
    wzp_room_id(WZP_STR(WZP_STAGE_ROOM), names.room_id);
    memcpy(names.kph_from, who(sc, sc->from)->kph, WZP_HASH_LEN);
    memcpy(names.kph_to, who(sc, sc->to)->kph, WZP_HASH_LEN);
    assert_int_equal(wzp_kp_decode(who(sc, sc->to)->kp, WZP_KP_LEN, NOW_UNIX,
                                   NULL, NULL, 0, &kp),
                     WZP_OK);
    assert_int_equal(wzp_pair_seal(&table, &rng, &names, kp.kem, NULL, sc->ct,
                                   sc->sig, &keys),
                     WZP_OK);
    wzp_seed_identity_free(id);
}

static wzp_sig_e2ee_keys *use_keys(scene *sc, int from, int to)
{
    heard *h = &sc->h[from][to];
    assert_true(h->has_keys);
    memcpy(sc->box, h->box, sizeof sc->box);
    sc->lie = h->keys;
    sc->one = h->one;
    sc->one.box = (wzp_bytes){sc->box, sizeof sc->box};
    memcpy(sc->one.to, who(sc, sc->to)->mid, WZP_MID_LEN);
    sc->lie.u.e2ee_keys.k = (wzp_e2ee_box_list){&sc->one, 1};
    return &sc->lie.u.e2ee_keys;
}

static void keys_again(scene *sc)
{
    use_keys(sc, sc->from, sc->to);
}
static void keys_next_generation(scene *sc)
{
    use_keys(sc, sc->from, sc->to)->gen++;
    sc->one.n += 5;
}
static void keys_n_passed(scene *sc)
{
    use_keys(sc, sc->from, sc->to)->gen++;
    sc->one.n = 0;
}
static void keys_n_ahead(scene *sc)
{
    use_keys(sc, sc->from, sc->to)->gen++;
    sc->one.n += WZP_KEY_AHEAD_MAX + 10;
}
static void keys_far_generation(scene *sc)
{
    use_keys(sc, sc->from, sc->to)->gen = UINT32_MAX;
    sc->one.n += 5;
}
static void keys_readdressed(scene *sc)
{
    use_keys(sc, sc->from, sc->other)->gen++;
    sc->one.n += 5;
}
static void keys_other_sender(scene *sc)
{
    wzp_sig_e2ee_keys *k = use_keys(sc, sc->from, sc->to);
    k->gen++;
    sc->one.n += 5;
    memcpy(k->from, who(sc, sc->other)->mid, WZP_MID_LEN);
}
static void keys_nobodys(scene *sc)
{
    use_keys(sc, sc->from, sc->to)->from[3] ^= 1;
}
static void keys_unknown_suite(scene *sc)
{
    wzp_sig_e2ee_keys *k = use_keys(sc, sc->from, sc->to);
    k->gen++;
    k->suite = 0x0001;
}
static void keys_cut(scene *sc)
{
    use_keys(sc, sc->from, sc->to)->gen++;
    sc->one.n += 5;
    sc->one.box.len--;
}

static void request_of_nobody(scene *sc)
{
    sc->lie = (wzp_signal){.kind = WZP_SIG_E2EE_KEY_REQUEST};
    memcpy(sc->lie.u.e2ee_key_request.to, who(sc, sc->to)->mid, WZP_MID_LEN);
}
static void request_for_another(scene *sc)
{
    sc->lie = (wzp_signal){.kind = WZP_SIG_E2EE_KEY_REQUEST};
    memcpy(sc->lie.u.e2ee_key_request.from, who(sc, sc->from)->mid,
           WZP_MID_LEN);
    memcpy(sc->lie.u.e2ee_key_request.to, who(sc, sc->other)->mid, WZP_MID_LEN);
}

/* --- packages nobody asked for --- */

typedef struct making {
    const char *room;
    int64_t exp; /* seconds from now */
    uint8_t suites;
} making;

static void make_package(scene *sc, const making *how)
{
    uint8_t seed[WZP_SEED_LEN];
    wzp_seed_identity *id;
    uint8_t room_id[WZP_HASH_LEN];
    wzp_kp kp = {.exp = (wzp_unix_s)((int64_t)NOW_UNIX + how->exp),
                 .suites = how->suites};
    memset(seed, 99, sizeof seed);
    assert_int_equal(wzp_seed_identity_new(&id, seed), WZP_OK);
    const wzp_identity table = wzp_seed_identity_table(id);
    wzp_room_id((wzp_str){how->room, strlen(how->room)}, room_id);
    wzp_room_ctx(room_id, kp.ctx);
    assert_int_equal(wzp_kp_encode(&table, &kp, sc->kp), WZP_OK);
    wzp_seed_identity_free(id);
    sc->list = (wzp_bytes){sc->kp, sizeof sc->kp};
    sc->lie = (wzp_signal){.kind = WZP_SIG_KEY_PACKAGES,
                           .u.key_packages.kps = {&sc->list, 1}};
}

static const making good = {WZP_STAGE_ROOM, 3600, 3};

static void package_unasked(scene *sc)
{
    make_package(sc, &good);
}
static void package_elsewhere(scene *sc)
{
    make_package(sc, &(making){"elsewhere", 3600, 3});
}
static void package_expired(scene *sc)
{
    make_package(sc, &(making){WZP_STAGE_ROOM, -3600, 3});
}
static void package_too_far(scene *sc)
{
    make_package(sc, &(making){WZP_STAGE_ROOM, 90000, 3});
}
static void package_no_suite(scene *sc)
{
    make_package(sc, &(making){WZP_STAGE_ROOM, 3600, 0});
}
static void package_signature(scene *sc)
{
    make_package(sc, &good);
    sc->kp[WZP_KP_LEN - 1] ^= 1;
}
static void package_cut(scene *sc)
{
    make_package(sc, &good);
    sc->list.len -= 3;
}
static void package_version(scene *sc)
{
    make_package(sc, &good);
    sc->kp[0] = 2;
}

/* --- rows --- */

typedef enum counter { NONE, PAIRS, KEYS, REPEATED, PACKAGES } counter;

typedef struct row {
    const char *name;
    void (*make)(scene *sc);
    wzp_err err;
    counter counter;
} row;

static const row rows[] = {
    {"the pair again", pair_again, WZP_OK, NONE},
    {"a ct from another pair", pair_other_ct, WZP_ERR_SIGNATURE, PAIRS},
    {"a bit of the ct", pair_bit, WZP_ERR_SIGNATURE, PAIRS},
    {"a signature from another pair", pair_other_sig, WZP_ERR_SIGNATURE, PAIRS},
    {"a pair for another", pair_readdressed, WZP_ERR_SIGNATURE, PAIRS},
    {"a pair as of another", pair_other_sender, WZP_ERR_SIGNATURE, PAIRS},
    {"a pair of nobody", pair_nobodys, WZP_ERR_NOT_FOUND, PAIRS},
    {"a pair misdelivered", pair_for_another, WZP_ERR_PROTOCOL, PAIRS},
    {"a pair cut", pair_cut, WZP_ERR_LENGTH, PAIRS},
    {"a second pair", pair_second, WZP_ERR_KEY_REPLAYED, PAIRS},
    {"the box again", keys_again, WZP_ERR_ROLLBACK, REPEATED},
    {"a generation made up", keys_next_generation, WZP_ERR_TAG, KEYS},
    {"a generation far ahead", keys_far_generation, WZP_ERR_TAG, KEYS},
    {"an n that is passed", keys_n_passed, WZP_ERR_KEY_REPLAYED, KEYS},
    {"an n too far ahead", keys_n_ahead, WZP_ERR_KEY_AHEAD, KEYS},
    {"a box for another", keys_readdressed, WZP_ERR_TAG, KEYS},
    {"a box as of another", keys_other_sender, WZP_ERR_TAG, KEYS},
    {"a box of nobody", keys_nobodys, WZP_ERR_NOT_FOUND, KEYS},
    {"a suite nobody has", keys_unknown_suite, WZP_ERR_KP_SUITE, KEYS},
    {"a box cut", keys_cut, WZP_ERR_LENGTH, KEYS},
    {"a request of nobody", request_of_nobody, WZP_ERR_NOT_FOUND, KEYS},
    {"a request misdelivered", request_for_another, WZP_ERR_PROTOCOL, KEYS},
    {"a package of nobody", package_unasked, WZP_ERR_NOT_FOUND, PACKAGES},
    {"a package for elsewhere", package_elsewhere, WZP_ERR_KP_CONTEXT,
     PACKAGES},
    {"a package expired", package_expired, WZP_ERR_KP_EXPIRED, PACKAGES},
    {"a package too far", package_too_far, WZP_ERR_KP_TOO_FAR, PACKAGES},
    {"a package without suite", package_no_suite, WZP_ERR_KP_SUITE, PACKAGES},
    {"a package mis-signed", package_signature, WZP_ERR_SIGNATURE, PACKAGES},
    {"a package cut", package_cut, WZP_ERR_LENGTH, PACKAGES},
    {"a package of a later version", package_version, WZP_ERR_KP_VERSION,
     PACKAGES},
};

static uint64_t count_of(const wzp_group_stats *s, counter c)
{
    switch (c) {
    case PAIRS: return s->pairs_refused;
    case KEYS: return s->keys_refused;
    case REPEATED: return s->keys_repeated;
    case PACKAGES: return s->packages_refused;
    case NONE: break;
    }
    return s->pairs_refused + s->keys_refused + s->packages_refused;
}

static void assert_all_hear(wzp_stage *s)
{
    uint64_t before[3];
    for (int i = 0; i < 3; i++) {
        before[i] = wzp_puppet_opened(s->p[i]);
    }
    wzp_world_run(s->w, WZP_S);
    for (int i = 0; i < 3; i++) {
        assert_in_range(wzp_puppet_opened(s->p[i]) - before[i], 97, 103);
    }
}

static void run_row(size_t i)
{
    const row *r = &rows[i];
    scene sc = {.from = 0};
    begin(&sc);
    wzp_puppet *victim = sc.s.p[sc.to];
    r->make(&sc);
    wzp_group_stats s = wzp_puppet_stats(victim);
    const uint64_t before = count_of(&s, r->counter);
    wzp_liar_say(sc.s.liar, sc.to, &sc.lie);
    wzp_world_run(sc.s.w, 50 * WZP_MS);
    const wzp_err refused = wzp_puppet_refused(victim);
    if (refused != r->err) {
        print_message("%s: %s\n", r->name, wzp_err_name(refused));
    }
    assert_int_equal(refused, r->err);
    s = wzp_puppet_stats(victim);
    /* Where a box did not open the key is asked for, and comes again. */
    const uint64_t more = count_of(&s, r->counter) - before;
    assert_in_range(more, r->counter != NONE, r->err == WZP_ERR_TAG ? 2 : 1);
    assert_all_hear(&sc.s);
    wzp_stage_close(&sc.s);
}

static size_t n_rows(void)
{
    return sizeof rows / sizeof rows[0];
}

WZP_ROWS(a_lie_in_a_key_message_meets_its_error_and_disturbs_nobody, n_rows,
         run_row);

/* --- more than one message --- */

WZP_TEST(a_box_of_a_generation_that_is_over_is_a_roll_back)
{
    scene sc = {.from = 0};
    begin(&sc);
    use_keys(&sc, sc.from, sc.to);
    wzp_puppet *guest = wzp_stage_enter(&sc.s, NULL);
    sc.s.n--; /* nobody of the three */
    wzp_puppet_leave(guest);
    wzp_world_run(sc.s.w, 3 * WZP_S);
    wzp_ignore(wzp_puppet_refused(sc.s.p[sc.to]), "of the time before");
    assert_true(wzp_puppet_stats(sc.s.p[sc.from]).generation > 0);
    const uint64_t before = wzp_puppet_stats(sc.s.p[sc.to]).keys_refused;
    wzp_liar_say(sc.s.liar, sc.to, &sc.lie);
    wzp_world_run(sc.s.w, 50 * WZP_MS);
    assert_int_equal(wzp_puppet_refused(sc.s.p[sc.to]), WZP_ERR_ROLLBACK);
    assert_int_equal(wzp_puppet_stats(sc.s.p[sc.to]).keys_refused, before + 1);
    assert_all_hear(&sc.s);
    sc.s.n++;
    wzp_stage_close(&sc.s);
}

/* The same message, as it was made, is taken when it comes for the first
 * time, however late: what is refused above is refused for the lie in it. */
static bool hold_back(void *user, wzp_liar *liar, int from, int to,
                      wzp_signal *sig)
{
    scene *sc = user;
    (void)listen(user, liar, from, to, sig);
    return !(from == sc->from && to == sc->to &&
             sig->kind == WZP_SIG_E2EE_KEYS);
}

WZP_TEST(control_a_box_held_back_and_not_changed_is_taken)
{
    scene sc = {.from = 0};
    begin(&sc);
    const wzp_liar_hooks hooks = {.user = &sc, .signal = hold_back};
    wzp_puppet *guest = wzp_stage_enter(&sc.s, NULL);
    wzp_liar_hook(sc.s.liar, &hooks);
    wzp_puppet_leave(guest);
    wzp_world_run(sc.s.w, 5 * WZP_S);
    /* `to` does not hear `from` any more, but the other one. */
    assert_in_range(wzp_stage_hears(&sc.s, sc.s.p[sc.to]), 45, 55);
    use_keys(&sc, sc.from, sc.to);
    const uint64_t before = wzp_puppet_stats(sc.s.p[sc.to]).keys_refused;
    wzp_liar_say(sc.s.liar, sc.to, &sc.lie);
    wzp_world_run(sc.s.w, 50 * WZP_MS);
    assert_in_range(wzp_stage_hears(&sc.s, sc.s.p[sc.to]), 97, 103);
    assert_int_equal(wzp_puppet_stats(sc.s.p[sc.to]).keys_refused, before);
    wzp_stage_close(&sc.s);
}

WZP_TEST(key_requests_made_up_by_the_relay_are_answered_4_times_a_second)
{
    scene sc = {.from = 0};
    begin(&sc);
    wzp_signal sig = {.kind = WZP_SIG_E2EE_KEY_REQUEST};
    memcpy(sig.u.e2ee_key_request.from, who(&sc, sc.from)->mid, WZP_MID_LEN);
    memcpy(sig.u.e2ee_key_request.to, who(&sc, sc.to)->mid, WZP_MID_LEN);
    const wzp_group_stats before = wzp_puppet_stats(sc.s.p[sc.to]);
    for (int i = 0; i < 1000; i++) {
        wzp_liar_say(sc.s.liar, sc.to, &sig);
        wzp_world_run(sc.s.w, 2 * WZP_MS);
    }
    const wzp_group_stats after = wzp_puppet_stats(sc.s.p[sc.to]);
    assert_in_range(after.requests_ignored - before.requests_ignored, 985, 995);
    assert_int_equal(after.generation, before.generation);
    assert_all_hear(&sc.s);
    wzp_stage_close(&sc.s);
}

/* --- a member whose package is bad --- */

/* A ghost with this package in place of its own, listed and asked for. */
static void bad_ghost(scene *sc, void (*make)(scene *sc), wzp_err why)
{
    const int ghost = wzp_liar_ghost(sc->s.liar, 99);
    wzp_liar_member *m = wzp_liar_member_at(sc->s.liar, ghost);
    make(sc);
    memcpy(m->kp, sc->kp, sizeof m->kp);
    wzp_sha256(m->kp, sizeof m->kp, m->kph);
    wzp_kp_mid(m->kph, m->mid);
    wzp_liar_roster(sc->s.liar);
    wzp_world_run(sc->s.w, WZP_S);
    wzp_member_info info;
    assert_true(wzp_puppet_sees(sc->s.p[0], 99, &info));
    assert_int_equal(info.state, WZP_MEMBER_REFUSED);
    assert_int_equal(info.why, why);
    m->is_listed = false;
    wzp_liar_roster(sc->s.liar);
    wzp_world_run(sc->s.w, WZP_S);
}

WZP_TEST(a_listed_member_with_a_bad_package_is_shown_with_what_is_wrong)
{
    scene sc = {.from = 0};
    begin(&sc);
    bad_ghost(&sc, package_expired, WZP_ERR_KP_EXPIRED);
    bad_ghost(&sc, package_too_far, WZP_ERR_KP_TOO_FAR);
    bad_ghost(&sc, package_elsewhere, WZP_ERR_KP_CONTEXT);
    bad_ghost(&sc, package_no_suite, WZP_ERR_KP_SUITE);
    bad_ghost(&sc, package_signature, WZP_ERR_SIGNATURE);
    bad_ghost(&sc, package_version, WZP_ERR_KP_VERSION);
    wzp_world_run(sc.s.w, 2 * WZP_S);
    assert_all_hear(&sc.s);
    wzp_stage_close(&sc.s);
}

/* The package asked for is answered with another's, each with the other's. */
static bool swap_packages(void *user, wzp_liar *liar, int from, int to,
                          wzp_signal *sig)
{
    static wzp_bytes wrong;
    bool *is_off = user;
    (void)from;
    if (sig->kind == WZP_SIG_KEY_PACKAGES && !*is_off) {
        wrong = (wzp_bytes){wzp_liar_member_at(liar, to)->kp, WZP_KP_LEN};
        sig->u.key_packages.kps = (wzp_bytes_list){&wrong, 1};
    }
    return true;
}

WZP_TEST(an_answer_with_the_askers_own_package_makes_nobody_known)
{
    wzp_stage s;
    bool is_off = false;
    const wzp_liar_hooks hooks = {.user = &is_off, .signal = swap_packages};
    wzp_stage_open(&s, 5, true);
    wzp_liar_hook(s.liar, &hooks);
    wzp_stage_enter(&s, NULL);
    wzp_stage_enter(&s, NULL);
    assert_int_equal(wzp_stage_state(s.p[0], 1), WZP_MEMBER_UNKNOWN);
    assert_true(wzp_puppet_stats(s.p[0]).packages_refused > 0);
    assert_int_equal(wzp_puppet_refused(s.p[0]), WZP_ERR_NOT_FOUND);
    is_off = true; /* control */
    wzp_world_run(s.w, 6 * WZP_S);
    assert_int_equal(wzp_stage_state(s.p[0], 1), WZP_MEMBER_KEYED);
    wzp_stage_close(&s);
}
