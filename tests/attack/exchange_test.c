/* SPDX-License-Identifier: MIT */
/* The set for attacks on direct calls: what the lying relay's role `_signal`
 * does while nobody lies, and that a hook sees all of it. The attacks stand on
 * this.
 */
#include "support/liar/exchange.h"

#include "support/harness.h"
#include "support/liar/handset.h"
#include "support/liar/puppet.h"

#include <string.h>

enum { A = 31, B = 32, C = 33 }; /* identity bytes */

typedef struct hub {
    wzp_world *w;
    wzp_liar *liar;
    wzp_handset *a, *b, *c;
    wzp_handset *more; /* another device */
    wzp_puppet *in[8]; /* of rooms */
    size_t n_in;
} hub;

static hub hub_open(uint64_t seed)
{
    hub h = {.w = wzp_world_new(seed)};
    h.liar = wzp_liar_new(h.w, 9);
    h.a = wzp_handset_new(h.w, A);
    h.b = wzp_handset_new(h.w, B);
    h.c = wzp_handset_new(h.w, C);
    return h;
}

static void hub_close(hub *h)
{
    wzp_world_free(h->w);
    wzp_handset_free(h->a);
    wzp_handset_free(h->b);
    wzp_handset_free(h->c);
    if (h->more != NULL) {
        wzp_handset_free(h->more);
    }
    for (size_t i = 0; i < h->n_in; i++) {
        wzp_puppet_free(h->in[i]);
    }
    wzp_liar_free(h->liar);
}

static wzp_str text(const char *s)
{
    return (wzp_str){s, strlen(s)};
}

static void let_in(hub *h, wzp_handset *who)
{
    assert_true(wzp_handset_register(who, wzp_liar_node(h->liar)));
}

/* All three registered, nothing noted. */
static hub hub_of_three(uint64_t seed)
{
    hub h = hub_open(seed);
    let_in(&h, h.a);
    let_in(&h, h.b);
    let_in(&h, h.c);
    wzp_handset_forget(h.a);
    wzp_handset_forget(h.b);
    wzp_handset_forget(h.c);
    return h;
}

static void say(hub *h, wzp_handset *who, const wzp_signal *sig)
{
    wzp_handset_say(who, sig);
    wzp_world_run(h->w, WZP_S);
}

static void offer(hub *h, wzp_handset *from, wzp_handset *to, const char *id)
{
    wzp_signal sig = {.kind = WZP_SIG_DIRECT_CALL_OFFER};
    sig.u.direct_call_offer = (wzp_sig_direct_call_offer){
        .caller_fingerprint = text(wzp_handset_fingerprint(from)),
        .caller_alias = WZP_STR_NONE,
        .target_fingerprint = text(wzp_handset_fingerprint(to)),
        .call_id = text(id),
        .caller_reflexive_addr = WZP_STR_NONE,
        .caller_build_version = WZP_STR_NONE,
        .caller_mapped_addr = WZP_STR_NONE,
    };
    say(h, from, &sig);
}

static void answer(hub *h, wzp_handset *who, const char *id,
                   wzp_accept_mode mode)
{
    wzp_signal sig = {.kind = WZP_SIG_DIRECT_CALL_ANSWER};
    sig.u.direct_call_answer = (wzp_sig_direct_call_answer){
        .call_id = text(id),
        .accept_mode = mode,
        .callee_reflexive_addr = WZP_STR_NONE,
        .callee_build_version = WZP_STR_NONE,
        .callee_mapped_addr = WZP_STR_NONE,
    };
    say(h, who, &sig);
}

static void reveal(hub *h, wzp_handset *who, const char *id)
{
    static const uint8_t some[WZP_KP_LEN]; /* the hub does not look into it */
    const wzp_signal sig = {
        .kind = WZP_SIG_DIRECT_CALL_REVEAL,
        .u.direct_call_reveal = {.call_id = text(id),
                                 .kp = {some, WZP_KP_LEN},
                                 .nonce = {some, WZP_HASH_LEN},
                                 .ct = {some, WZP_KEM_CT_LEN},
                                 .sig = {some, WZP_SIG_LEN}}};
    say(h, who, &sig);
}

static void hang_up(hub *h, wzp_handset *who, const char *id)
{
    const wzp_signal sig = {
        .kind = WZP_SIG_HANGUP,
        .u.hangup = {.reason = WZP_HANGUP_BUSY,
                     .call_id = id == NULL ? WZP_STR_NONE : text(id)}};
    say(h, who, &sig);
}

/* It heard exactly these, in this order. */
static void assert_heard(wzp_handset *who, const wzp_signal_kind *kinds,
                         size_t n)
{
    assert_int_equal(wzp_handset_count(who), n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(wzp_handset_heard(who, i)->kind, kinds[i]);
    }
}
#define ASSERT_HEARD(who, ...)                                                 \
    assert_heard((who), (const wzp_signal_kind[]){__VA_ARGS__},                \
                 sizeof((wzp_signal_kind[]){__VA_ARGS__}) /                    \
                     sizeof(wzp_signal_kind))

static void assert_silent(wzp_handset *who)
{
    assert_int_equal(wzp_handset_count(who), 0);
}

/* --- registrations -------------------------------------------------------- */

WZP_TEST(hub_the_newest_registration_stands)
{
    hub h = hub_open(1);
    wzp_handset *again = h.more = wzp_handset_new(h.w, A);
    let_in(&h, h.a);
    const int first = wzp_liar_line(h.liar, A);
    uint64_t code;

    let_in(&h, again);

    assert_int_equal(wzp_handset_why(h.a, &code), WZP_ERR_PEER_CLOSED);
    assert_int_equal(code, WZP_CLOSE_REPLACED);
    assert_true(wzp_handset_is_connected(again));
    assert_true(wzp_liar_line(h.liar, A) > first);
    assert_int_equal(wzp_liar_line(h.liar, B), -1);
    hub_close(&h);
}

/* What a registration lacks. */
typedef enum lack {
    LACKS_NOTHING,
    LACKS_SIGNATURE, /* of another's */
    LACKS_BINDING,   /* of another connection */
    LACKS_KEY,       /* names another identity */
    LACKS_ALL,       /* neither signature nor binding: a legacy one */
} lack;

static bool is_let_in(hub *h, wzp_handset *who, lack what)
{
    wzp_handset_dial(who, wzp_liar_node(h->liar));
    wzp_world_run(h->w, WZP_S);
    wzp_signal sig = wzp_handset_presence(who);
    wzp_sig_register_presence *r = &sig.u.register_presence;
    uint8_t bad[WZP_SIG_LEN];
    memcpy(bad, what == LACKS_BINDING ? r->binding.ptr : r->signature.ptr,
           sizeof bad);
    bad[3] ^= 1;
    switch (what) {
    case LACKS_SIGNATURE: r->signature.ptr = bad; break;
    case LACKS_BINDING: r->binding.ptr = bad; break;
    case LACKS_KEY: r->identity_pub[0] ^= 1; break;
    case LACKS_ALL:
        r->signature.len = 0;
        r->binding = (wzp_bytes){NULL, 0};
        break;
    case LACKS_NOTHING: break;
    }
    wzp_handset_forget(who);
    say(h, who, &sig);
    return wzp_handset_last(who, WZP_SIG_REGISTER_PRESENCE_ACK)
        ->u.register_presence_ack.success;
}

WZP_TEST(hub_a_registration_without_proof_is_refused)
{
    hub h = hub_open(2);

    assert_false(is_let_in(&h, h.a, LACKS_SIGNATURE));
    assert_false(is_let_in(&h, h.a, LACKS_BINDING));
    assert_false(is_let_in(&h, h.a, LACKS_KEY));
    assert_int_equal(wzp_liar_refused(h.liar), 3);
    assert_int_equal(wzp_liar_line(h.liar, A), -1);

    assert_true(is_let_in(&h, h.a, LACKS_NOTHING));
    assert_true(wzp_liar_line(h.liar, A) >= 0);
    hub_close(&h);
}

WZP_TEST(hub_an_unsigned_registration_displaces_no_verified_one)
{
    hub h = hub_open(3);
    wzp_handset *old = h.more = wzp_handset_new(h.w, A);

    assert_true(is_let_in(&h, old, LACKS_ALL));
    assert_false(
        wzp_liar_member_at(h.liar, wzp_liar_line(h.liar, A))->is_verified);
    assert_true(is_let_in(&h, h.a, LACKS_NOTHING)); /* displaces it */
    const int line = wzp_liar_line(h.liar, A);
    assert_true(wzp_liar_member_at(h.liar, line)->is_verified);
    assert_false(is_let_in(&h, old, LACKS_ALL));
    assert_int_equal(wzp_liar_line(h.liar, A), line);

    hub_close(&h);
}

WZP_TEST(hub_who_is_not_registered_is_not_heard)
{
    hub h = hub_open(4);
    let_in(&h, h.b);
    wzp_handset_forget(h.b);
    wzp_handset_dial(h.a, wzp_liar_node(h.liar));
    wzp_world_run(h.w, WZP_S);

    offer(&h, h.a, h.b, "1");

    assert_silent(h.a);
    assert_silent(h.b);
    assert_int_equal(wzp_liar_refused(h.liar), 1);
    hub_close(&h);
}

/* --- calls ---------------------------------------------------------------- */

WZP_TEST(hub_a_call_goes_its_way)
{
    hub h = hub_of_three(10);

    offer(&h, h.a, h.b, "17ab");
    ASSERT_HEARD(h.a, WZP_SIG_CALL_RINGING);
    ASSERT_HEARD(h.b, WZP_SIG_DIRECT_CALL_OFFER);
    answer(&h, h.b, "17ab", WZP_ACCEPT_GENERIC);
    ASSERT_HEARD(h.a, WZP_SIG_CALL_RINGING, WZP_SIG_DIRECT_CALL_ANSWER,
                 WZP_SIG_CALL_SETUP);
    ASSERT_HEARD(h.b, WZP_SIG_DIRECT_CALL_OFFER, WZP_SIG_CALL_SETUP);
    const wzp_sig_call_setup *setup =
        &wzp_handset_last(h.b, WZP_SIG_CALL_SETUP)->u.call_setup;
    const wzp_addr addr = wzp_world_addr(h.w, wzp_liar_node(h.liar));
    char want[WZP_ADDR_TEXT_MAX];
    wzp_addr_encode(&addr, want);
    assert_memory_equal(setup->room.ptr, "call-17ab", 9);
    assert_memory_equal(setup->call_id.ptr, "17ab", 4);
    assert_memory_equal(setup->relay_addr.ptr, want, strlen(want));
    assert_int_equal(setup->relay_addr.len, strlen(want));
    reveal(&h, h.a, "17ab");
    ASSERT_HEARD(h.b, WZP_SIG_DIRECT_CALL_OFFER, WZP_SIG_CALL_SETUP,
                 WZP_SIG_DIRECT_CALL_REVEAL);
    assert_int_equal(wzp_liar_calls(h.liar), 1);
    hang_up(&h, h.b, "17ab");
    assert_int_equal(wzp_handset_last(h.a, WZP_SIG_HANGUP)->u.hangup.reason,
                     WZP_HANGUP_BUSY);

    assert_int_equal(wzp_liar_calls(h.liar), 0);
    assert_int_equal(wzp_liar_refused(h.liar), 0);
    assert_silent(h.c);
    hub_close(&h);
}

WZP_TEST(hub_nobody_is_there)
{
    hub h = hub_open(11);
    let_in(&h, h.a);
    wzp_handset_forget(h.a);

    offer(&h, h.a, h.b, "1");

    ASSERT_HEARD(h.a, WZP_SIG_HANGUP);
    assert_null(wzp_handset_heard(h.a, 0)->u.hangup.call_id.ptr);
    assert_int_equal(wzp_liar_calls(h.liar), 0);
    hub_close(&h);
}

WZP_TEST(hub_a_rejected_call_is_over)
{
    hub h = hub_of_three(12);
    offer(&h, h.a, h.b, "1");

    answer(&h, h.b, "1", WZP_ACCEPT_REJECT);

    ASSERT_HEARD(h.a, WZP_SIG_CALL_RINGING, WZP_SIG_HANGUP);
    assert_int_equal(wzp_liar_calls(h.liar), 0);
    hub_close(&h);
}

WZP_TEST(hub_a_third_party_has_no_say_in_a_call)
{
    hub h = hub_of_three(13);
    offer(&h, h.a, h.b, "1");

    answer(&h, h.c, "1", WZP_ACCEPT_GENERIC);
    hang_up(&h, h.c, "1");
    hang_up(&h, h.c, NULL);
    reveal(&h, h.c, "1");
    offer(&h, h.c, h.b, "1"); /* a stolen id */
    answer(&h, h.a, "1", WZP_ACCEPT_GENERIC);
    reveal(&h, h.a, "1"); /* before an answer */

    ASSERT_HEARD(h.a, WZP_SIG_CALL_RINGING);
    ASSERT_HEARD(h.b, WZP_SIG_DIRECT_CALL_OFFER);
    assert_silent(h.c);
    assert_int_equal(wzp_liar_refused(h.liar), 6);
    assert_int_equal(wzp_liar_calls(h.liar), 1);
    hub_close(&h);
}

WZP_TEST(hub_an_offer_in_anothers_name_is_dropped)
{
    hub h = hub_of_three(14);
    wzp_signal sig = {.kind = WZP_SIG_DIRECT_CALL_OFFER};
    sig.u.direct_call_offer = (wzp_sig_direct_call_offer){
        .caller_fingerprint = text(wzp_handset_fingerprint(h.a)),
        .caller_alias = WZP_STR_NONE,
        .target_fingerprint = text(wzp_handset_fingerprint(h.b)),
        .call_id = WZP_STR("1"),
        .caller_reflexive_addr = WZP_STR_NONE,
        .caller_build_version = WZP_STR_NONE,
        .caller_mapped_addr = WZP_STR_NONE,
    };

    say(&h, h.c, &sig);

    assert_silent(h.b);
    assert_int_equal(wzp_liar_refused(h.liar), 1);
    hub_close(&h);
}

WZP_TEST(hub_a_hangup_without_an_id_ends_all_calls_of_the_sender_only)
{
    hub h = hub_of_three(15);
    offer(&h, h.a, h.b, "1");
    offer(&h, h.c, h.a, "2");
    offer(&h, h.c, h.b, "3");

    hang_up(&h, h.a, NULL);

    assert_non_null(wzp_handset_last(h.b, WZP_SIG_HANGUP));
    assert_non_null(wzp_handset_last(h.c, WZP_SIG_HANGUP));
    assert_int_equal(wzp_liar_calls(h.liar), 1);
    hub_close(&h);
}

WZP_TEST(hub_a_line_that_ends_ends_its_calls)
{
    hub h = hub_of_three(16);
    offer(&h, h.a, h.b, "1");
    answer(&h, h.b, "1", WZP_ACCEPT_GENERIC);
    offer(&h, h.c, h.b, "2");

    wzp_handset_hang_up(h.b);
    wzp_world_run(h.w, WZP_S);

    assert_memory_equal(
        wzp_handset_last(h.a, WZP_SIG_HANGUP)->u.hangup.call_id.ptr, "1", 1);
    assert_memory_equal(
        wzp_handset_last(h.c, WZP_SIG_HANGUP)->u.hangup.call_id.ptr, "2", 1);
    assert_int_equal(wzp_liar_calls(h.liar), 0);
    hub_close(&h);
}

/* --- several devices ------------------------------------------------------ */

WZP_TEST(hub_a_call_rings_at_all_devices_and_one_has_it)
{
    hub h = hub_open(20);
    wzp_handset *b2 = h.more = wzp_handset_new(h.w, B);
    wzp_liar_allow_devices(h.liar, true);
    let_in(&h, h.a);
    let_in(&h, h.b);
    let_in(&h, b2);
    wzp_handset_forget(h.a);
    wzp_handset_forget(h.b);
    wzp_handset_forget(b2);

    offer(&h, h.a, h.b, "1");
    answer(&h, b2, "1", WZP_ACCEPT_GENERIC);
    answer(&h, h.b, "1", WZP_ACCEPT_GENERIC); /* too late */
    reveal(&h, h.a, "1");
    hang_up(&h, h.b, "1"); /* not its call any more */

    ASSERT_HEARD(h.a, WZP_SIG_CALL_RINGING, WZP_SIG_DIRECT_CALL_ANSWER,
                 WZP_SIG_CALL_SETUP);
    ASSERT_HEARD(h.b, WZP_SIG_DIRECT_CALL_OFFER, WZP_SIG_HANGUP);
    ASSERT_HEARD(b2, WZP_SIG_DIRECT_CALL_OFFER, WZP_SIG_CALL_SETUP,
                 WZP_SIG_DIRECT_CALL_REVEAL);
    assert_int_equal(wzp_liar_refused(h.liar), 2);
    hub_close(&h);
}

/* --- lies ----------------------------------------------------------------- */

/* Swallows reveals, and calls everybody back as Mallory. */
static bool lies(void *user, wzp_liar *liar, int from, int to, wzp_signal *sig)
{
    size_t *seen = user;
    (void)liar;
    (void)from;
    (void)to;
    (*seen)++;
    if (sig->kind == WZP_SIG_DIRECT_CALL_OFFER) {
        sig->u.direct_call_offer.caller_alias = WZP_STR("Mallory");
    }
    return sig->kind != WZP_SIG_DIRECT_CALL_REVEAL;
}

WZP_TEST(hub_a_hook_sees_changes_and_drops_what_passes)
{
    hub h = hub_of_three(30);
    size_t seen = 0;
    const wzp_liar_hooks hooks = {.user = &seen, .signal = lies};
    wzp_liar_hook(h.liar, &hooks);

    offer(&h, h.a, h.b, "1");
    answer(&h, h.b, "1", WZP_ACCEPT_GENERIC);
    reveal(&h, h.a, "1");

    const wzp_sig_direct_call_offer *o =
        &wzp_handset_last(h.b, WZP_SIG_DIRECT_CALL_OFFER)->u.direct_call_offer;
    assert_memory_equal(o->caller_alias.ptr, "Mallory", 7);
    assert_null(wzp_handset_last(h.b, WZP_SIG_DIRECT_CALL_REVEAL));
    assert_int_equal(seen, 6); /* offer, ringing, answer, two setups, reveal */
    hub_close(&h);
}

WZP_TEST(hub_the_relay_says_what_it_likes_to_a_line)
{
    hub h = hub_of_three(31);
    const wzp_signal sig = {.kind = WZP_SIG_HANGUP,
                            .u.hangup.call_id = WZP_STR("made-up")};

    wzp_liar_say(h.liar, wzp_liar_line(h.liar, A), &sig);
    wzp_world_kick(h.w, wzp_liar_node(h.liar));
    wzp_world_run(h.w, WZP_S);

    ASSERT_HEARD(h.a, WZP_SIG_HANGUP);
    hub_close(&h);
}

/* --- rooms of calls ------------------------------------------------------- */

/* Is a member of this identity let into this room? */
static bool enters(hub *h, const wzp_puppet_config *cfg, const char *room)
{
    wzp_puppet *p = h->in[h->n_in++] = wzp_puppet_new(h->w, cfg);
    wzp_puppet_join(p, room, wzp_liar_node(h->liar));
    wzp_world_run(h->w, 2 * WZP_S);
    return wzp_puppet_is_in(p);
}

static bool person_enters(hub *h, uint8_t identity, const char *room)
{
    const wzp_puppet_config cfg = {.identity = identity};
    return enters(h, &cfg, room);
}

static hub hub_with_call(uint64_t seed)
{
    hub h = hub_of_three(seed);
    offer(&h, h.a, h.b, "17ab");
    answer(&h, h.b, "17ab", WZP_ACCEPT_GENERIC);
    return h;
}

WZP_TEST(hub_the_room_of_a_call_is_for_its_parties)
{
    hub h = hub_with_call(40);

    assert_true(person_enters(&h, A, "call-17ab"));
    assert_true(person_enters(&h, B, "call-17ab"));
    assert_false(person_enters(&h, C, "call-17ab"));

    wzp_member_info info;
    assert_true(wzp_puppet_sees(h.in[0], B, &info));
    assert_false(wzp_puppet_sees(h.in[0], C, &info));
    hub_close(&h);
}

WZP_TEST(hub_control_a_room_of_calls_that_is_open_lets_a_third_in)
{
    hub h = hub_with_call(41);
    wzp_liar_open_call_rooms(h.liar, true);
    assert_true(person_enters(&h, A, "call-17ab"));

    assert_true(person_enters(&h, C, "call-17ab"));

    wzp_member_info info;
    assert_true(wzp_puppet_sees(h.in[0], C, &info));
    hub_close(&h);
}

WZP_TEST(hub_the_room_of_a_call_is_one_by_name_and_by_hash)
{
    hub h = hub_with_call(42);
    const wzp_puppet_config raw = {.identity = B, .has_public_name = true};
    const wzp_puppet_config bad = {.identity = C, .has_public_name = true};

    assert_true(person_enters(&h, A, "call-17ab"));
    assert_true(enters(&h, &raw, "call-17ab"));
    assert_false(enters(&h, &bad, "call-none"));

    wzp_member_info info;
    assert_true(wzp_puppet_sees(h.in[0], B, &info));
    hub_close(&h);
}

WZP_TEST(hub_a_party_that_comes_again_takes_its_own_place)
{
    hub h = hub_with_call(43);
    uint64_t code;
    assert_true(person_enters(&h, A, "call-17ab"));

    assert_true(person_enters(&h, A, "call-17ab"));

    assert_int_equal(wzp_puppet_closed(h.in[0], &code), WZP_ERR_PEER_CLOSED);
    assert_int_equal(code, WZP_CLOSE_REPLACED);
    hub_close(&h);
}

WZP_TEST(hub_rooms_are_apart)
{
    hub h = hub_with_call(44);
    const wzp_puppet_config speaks = {.identity = A, .speaks = true};
    assert_true(enters(&h, &speaks, "call-17ab"));
    assert_true(person_enters(&h, B, "call-17ab"));
    assert_true(person_enters(&h, C, "another"));
    wzp_member_info info;

    wzp_world_run(h.w, 2 * WZP_S);

    assert_true(wzp_puppet_sees(h.in[0], B, &info));
    assert_false(wzp_puppet_sees(h.in[0], C, &info));
    assert_false(wzp_puppet_sees(h.in[2], A, &info));
    assert_int_equal(wzp_puppet_stats(h.in[2]).unknown_key, 0);
    hub_close(&h);
}

/* --- with our own clients ------------------------------------------------- */

WZP_TEST(hub_registers_the_clients_of_this_library_and_routes_to_them)
{
    hub h = hub_open(50);
    const wzp_world_client_config cfg = {.identity = B};
    const wzp_node client = wzp_world_client(h.w, &cfg);
    let_in(&h, h.a);
    wzp_handset_forget(h.a);

    wzp_world_register(h.w, client, wzp_liar_node(h.liar));
    assert_true(
        wzp_world_await_line(h.w, client, WZP_LINE_REGISTERED, 5 * WZP_S));

    const wzp_liar_member *m =
        wzp_liar_member_at(h.liar, wzp_liar_line(h.liar, B));
    assert_true(m->is_verified);
    assert_int_equal(m->caps, WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1);
    offer(&h, h.a, h.b, "1"); /* h.b is of the same identity */
    assert_int_equal(wzp_handset_heard(h.a, 0)->kind, WZP_SIG_CALL_RINGING);
    wzp_world_unregister(h.w, client);
    assert_true(wzp_world_await_line(h.w, client, WZP_LINE_IDLE, WZP_S));
    wzp_world_run(h.w, WZP_S);
    /* The offer had no commitment: it was refused, or the line ended. */
    ASSERT_HEARD(h.a, WZP_SIG_CALL_RINGING, WZP_SIG_HANGUP);
    assert_int_equal(wzp_liar_calls(h.liar), 0);
    hub_close(&h);
}
