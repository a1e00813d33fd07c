/* SPDX-License-Identifier: MIT */
/* What signals can do to a direct call when whoever sends them is not who they
 * say, is not asked, or says it again. Each has its control: what the same
 * signal does where it belongs.
 */
#include "client/small_hub.h"

static const wzp_signal *decode(sh *h, const char *json)
{
    static wzp_signal sig;
    wzp_arena_reset(h->arena);
    ASSERT_OK(
        wzp_signal_decode(h->arena, json, strlen(json), WZP_SIGNAL_MAX, &sig));
    return &sig;
}

/* Alice has called Bob, who has not heard of it yet: her offer. */
static const char *offer(sh *h)
{
    sh_device *a = &h->d[SH_ALICE];
    ASSERT_OK(wzp__calls_call(a->calls, h->now, h->d[SH_BOB].fp));
    sh_drain(a);
    for (size_t i = a->n_said; i-- > 0;) {
        if (sh_is(a->said[i], "DirectCallOffer")) {
            return a->said[i];
        }
    }
    return NULL;
}

/* Its own encoding, as telling it uses the arena of the decoding. */
static wzp_err tell_copy(sh_device *d, const wzp_signal *sig)
{
    wzp_arena *arena;
    wzp_str json;
    const wzp_mem mem = wzp_mem_default();
    ASSERT_OK(wzp_arena_new(&arena, &mem, 8 * (size_t)WZP_SIGNAL_MAX));
    ASSERT_OK(wzp_signal_encode(arena, sig, &json));
    char *text = calloc(1, json.len + 1);
    memcpy(text, json.ptr, json.len);
    wzp_arena_free(arena);
    const wzp_err e = sh_tell_text(d, text);
    free(text);
    return e;
}

/* --- offers --------------------------------------------------------------- */

static void for_another(sh *h, wzp_sig_direct_call_offer *o)
{
    static char fp[WZP_FP_TEXT_LEN + 1];
    wzp_fingerprint_encode(h->d[SH_CAROL].fp, fp);
    o->target_fingerprint = (wzp_str){fp, WZP_FP_TEXT_LEN};
}

static void of_another(sh *h, wzp_sig_direct_call_offer *o)
{
    static char fp[WZP_FP_TEXT_LEN + 1];
    wzp_fingerprint_encode(h->d[SH_CAROL].fp, fp);
    o->caller_fingerprint = (wzp_str){fp, WZP_FP_TEXT_LEN};
}

static void of_ourselves(sh *h, wzp_sig_direct_call_offer *o)
{
    static char fp[WZP_FP_TEXT_LEN + 1];
    wzp_fingerprint_encode(h->d[SH_BOB].fp, fp);
    o->caller_fingerprint = (wzp_str){fp, WZP_FP_TEXT_LEN};
    memcpy(o->identity_pub, wzp_seed_identity_table(h->d[SH_BOB].id).public_key,
           WZP_KEY_LEN);
}

static void of_no_fingerprint(sh *h, wzp_sig_direct_call_offer *o)
{
    (void)h;
    o->caller_fingerprint = WZP_STR("someone");
}

static void without_id(sh *h, wzp_sig_direct_call_offer *o)
{
    (void)h;
    o->call_id = WZP_STR("");
}

static void with_a_long_id(sh *h, wzp_sig_direct_call_offer *o)
{
    static const char id[] = "0123456789012345678901234567890123456789"
                             "0123456789012345678901234";
    (void)h;
    o->call_id = WZP_STR(id);
}

static void with_a_strange_id(sh *h, wzp_sig_direct_call_offer *o)
{
    (void)h;
    o->call_id = WZP_STR("two words");
}

static const struct {
    void (*wrong)(sh *h, wzp_sig_direct_call_offer *o);
    wzp_err err;
} offers[] = {
    {NULL, WZP_OK},
    {for_another, WZP_ERR_NOT_ALLOWED},
    {of_another, WZP_ERR_FINGERPRINT},
    {of_ourselves, WZP_ERR_NOT_ALLOWED},
    {of_no_fingerprint, WZP_ERR_MALFORMED},
    {without_id, WZP_ERR_FIELD},
    {with_a_long_id, WZP_ERR_FIELD},
    {with_a_strange_id, WZP_ERR_FIELD},
};

static size_t offers_count(void)
{
    return sizeof offers / sizeof offers[0];
}

static void offers_run(size_t row)
{
    sh *h = sh_new();
    sh_device *b = &h->d[SH_BOB];
    wzp_signal sig = *decode(h, offer(h));
    if (offers[row].wrong != NULL) {
        offers[row].wrong(h, &sig.u.direct_call_offer);
    }
    const wzp_err e = tell_copy(b, &sig);
    assert_string_equal(wzp_err_name(e), wzp_err_name(offers[row].err));
    const bool rings = offers[row].err == WZP_OK;
    assert_int_equal(b->n_events, rings);
    assert_int_equal(sh_stats(b).call_offers_refused, !rings);
    assert_int_equal(b->n_said, 0);
    sh_free(h);
}

WZP_ROWS(an_offer_that_is_not_what_it_says_does_not_ring, offers_count,
         offers_run);

WZP_TEST(an_offer_without_keys_is_told_as_a_legacy_party_and_does_not_ring)
{
    for (int relay = 0; relay < 2; relay++) {
        sh *h = sh_new();
        sh_device *b = &h->d[SH_BOB];
        wzp_signal sig = *decode(h, offer(h));
        sig.u.direct_call_offer.commit = (wzp_bytes){NULL, 0};
        wzp__calls_line(b->calls, true, relay == 1);
        assert_int_equal(tell_copy(b, &sig), WZP_ERR_LEGACY);
        sh_assert_ended(b, WZP_ERR_LEGACY);
        const wzp_client_event *ev = sh_last(b, WZP_CALL_ENDED);
        assert_int_equal(ev->u.call.is_relay_legacy, relay == 1);
        assert_memory_equal(ev->u.call.fingerprint, h->d[SH_ALICE].fp,
                            WZP_FP_LEN);
        assert_non_null(strstr(sh_said(b, "Hangup", 0), "Error"));
        assert_int_equal(sh_stats(b).call_offers_legacy, 1);
        sh_free(h);
    }
}

WZP_TEST(a_call_id_rings_once_in_24_h_also_after_a_restart)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    sh_agree(h);
    const char *again = sh_said(a, "DirectCallOffer", 0);
    wzp__calls_hangup(a->calls, h->now, WZP_HANGUP_NORMAL);
    sh_run(h);
    const size_t events = b->n_events;
    assert_int_equal(sh_tell_text(b, again), WZP_ERR_CALL_KNOWN);
    sh_restart(b);
    assert_int_equal(sh_tell_text(b, again), WZP_ERR_CALL_KNOWN);
    assert_int_equal(sh_stats(b).call_offers_known, 1);
    assert_int_equal(b->n_events, events);
    h->unix_now += 24 * 60 * 60; /* the control */
    ASSERT_OK(sh_tell_text(b, again));
    (void)sh_last(b, WZP_CALL_RINGING_IN);
    sh_free(h);
}

WZP_TEST(an_offer_repeated_while_it_rings_is_no_second_call)
{
    sh *h = sh_new();
    sh_device *b = &h->d[SH_BOB];
    const char *json = offer(h);
    ASSERT_OK(sh_tell_text(b, json));
    assert_int_equal(sh_tell_text(b, json), WZP_ERR_CALL_KNOWN);
    assert_int_equal(b->n_said, 0);
    (void)sh_last(b, WZP_CALL_RINGING_IN);
    sh_free(h);
}

WZP_TEST(who_makes_it_ring_and_stop_again_and_again_is_slowed_down)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    wzp_err e = WZP_OK;
    size_t rings = 0;
    for (int i = 0; i < 20; i++) {
        e = sh_tell_text(b, offer(h));
        rings += e == WZP_OK;
        wzp__calls_hangup(a->calls, h->now, WZP_HANGUP_NORMAL);
        sh_drain(a);
        wzp_ignore(sh_tell_hangup(b, WZP_HANGUP_NORMAL, sh_id(a)),
                   "most do not ring");
    }
    assert_int_equal(rings, 5);
    assert_int_equal(e, WZP_ERR_RATE);
    assert_int_equal(sh_stats(b).call_offers_busy, 15);
    h->now += 2 * WZP_S;
    ASSERT_OK(sh_tell_text(b, offer(h)));
    sh_free(h);
}

WZP_TEST(an_alias_is_shown_without_control_characters_and_cut_between_letters)
{
    sh *h = sh_new();
    sh_device *b = &h->d[SH_BOB];
    wzp_signal sig = *decode(h, offer(h));
    char alias[80];
    memset(alias, 'a', sizeof alias);
    alias[0] = '\x1b';
    memcpy(alias + 62, "\xc3\xa4", 2); /* bytes 62 and 63 */
    sig.u.direct_call_offer.caller_alias = (wzp_str){alias, 70};
    ASSERT_OK(tell_copy(b, &sig));
    const wzp_client_event *ev = sh_last(b, WZP_CALL_RINGING_IN);
    assert_int_equal(ev->u.call.alias[0], '?');
    assert_int_equal(strlen(ev->u.call.alias), 62);
    sh_free(h);
}

/* --- answers -------------------------------------------------------------- */

/* Carol answers Alice's call to Bob: everything of hers is valid but that she
 * is not Bob. What she would say; Bob's own answer is in *of_bob. */
static const char *answer_of_carol(sh *h, const char **of_bob)
{
    sh_device *carol = &h->d[SH_CAROL], *b = &h->d[SH_BOB];
    wzp_signal sig = *decode(h, offer(h));
    ASSERT_OK(tell_copy(b, &sig));
    sig = *decode(h, h->d[SH_ALICE].said[h->d[SH_ALICE].n_said - 1]);
    for_another(h, &sig.u.direct_call_offer);
    ASSERT_OK(tell_copy(carol, &sig));
    sh_answer(carol);
    sh_answer(b);
    *of_bob = sh_said(b, "DirectCallAnswer", 0);
    return sh_said(carol, "DirectCallAnswer", 0);
}

WZP_TEST(an_answer_of_somebody_else_is_counted_and_the_one_called_still_answers)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    const char *of_bob;
    const char *of_carol = answer_of_carol(h, &of_bob);
    assert_int_equal(sh_tell_text(a, of_carol), WZP_ERR_FINGERPRINT);
    assert_int_equal(sh_stats(a).call_answers_refused, 1);
    (void)sh_last(a, WZP_CALL_RINGING_OUT);
    assert_null(sh_said(a, "DirectCallReveal", 0));
    ASSERT_OK(sh_tell_text(a, of_bob));
    ASSERT_OK(sh_tell_text(b, sh_said(a, "DirectCallReveal", 0)));
    (void)sh_last(b, WZP_CALL_CONNECTING);
    assert_int_equal(sh_tell_text(a, of_carol), WZP_ERR_FINGERPRINT);
    assert_null(sh_said(a, "Hangup", 0)); /* and nothing for it afterwards */
    sh_free(h);
}

WZP_TEST(a_call_that_only_somebody_else_answered_ends_by_that_name)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE];
    const char *of_bob;
    const char *of_carol = answer_of_carol(h, &of_bob);
    assert_int_equal(sh_tell_text(a, of_carol), WZP_ERR_FINGERPRINT);
    h->now += 45 * WZP_S;
    wzp__calls_expire(a->calls, h->now);
    sh_drain(a);
    sh_assert_ended(a, WZP_ERR_FINGERPRINT);
    sh_free(h);
}

WZP_TEST(an_answer_for_another_call_is_none)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    sh_agree(h);
    const char *old = sh_said(b, "DirectCallAnswer", 0);
    wzp__calls_hangup(a->calls, h->now, WZP_HANGUP_NORMAL);
    sh_run(h);
    assert_int_equal(sh_tell_text(a, old), WZP_ERR_NOT_FOUND);
    wzp_signal sig = *decode(h, offer(h));
    char id[WZP_CALL_ID_MAX + 1];
    snprintf(id, sizeof id, "%s", sh_id(a));
    sig = *decode(h, old);
    assert_int_equal(tell_copy(a, &sig), WZP_ERR_NOT_FOUND);
    sig.u.direct_call_answer.call_id = (wzp_str){id, strlen(id)};
    assert_int_equal(tell_copy(a, &sig), WZP_ERR_KP_CONTEXT);
    assert_int_equal(sh_stats(a).call_answers_refused, 1);
    assert_null(sh_said(a, "DirectCallReveal", 1));
    sh_free(h);
}

WZP_TEST(an_answer_without_keys_ends_the_call_and_names_the_legacy_party)
{
    for (int row = 0; row < 3; row++) {
        sh *h = sh_new();
        sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
        sh_ring(h);
        sh_answer(b);
        wzp_signal sig = *decode(h, sh_said(b, "DirectCallAnswer", 0));
        if (row != 1) {
            sig.u.direct_call_answer.kp = (wzp_bytes){NULL, 0};
        }
        if (row != 0) {
            sig.u.direct_call_answer.caps = 0;
        }
        wzp__calls_line(a->calls, true, row == 2);
        assert_int_equal(tell_copy(a, &sig), WZP_ERR_LEGACY);
        sh_assert_ended(a, WZP_ERR_LEGACY);
        assert_int_equal(sh_last(a, WZP_CALL_ENDED)->u.call.is_relay_legacy,
                         row == 2);
        assert_non_null(strstr(sh_said(a, "Hangup", 0), "Error"));
        sh_free(h);
    }
}

WZP_TEST(one_answer_is_taken_and_one_reveal_made)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    sh_agree(h);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sh_tell_text(a, sh_said(b, "DirectCallAnswer", 0)),
                         WZP_ERR_ANSWERED);
    }
    assert_null(sh_said(a, "DirectCallReveal", 1));
    assert_null(sh_said(a, "Hangup", 0)); /* a repeat is no other device */
    assert_int_equal(sh_stats(a).call_answers_late, 3);
    sh_free(h);
}

WZP_TEST(a_rejection_after_the_answer_changes_nothing)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE];
    sh_agree(h);
    const char *id = sh_id(a);
    const wzp_signal sig = {
        .kind = WZP_SIG_DIRECT_CALL_ANSWER,
        .u.direct_call_answer = {.call_id = {id, strlen(id)},
                                 .accept_mode = WZP_ACCEPT_REJECT}};
    assert_int_equal(sh_tell(a, &sig), WZP_ERR_ANSWERED);
    (void)sh_last(a, WZP_CALL_CONNECTING);
    sh_free(h);
}

/* --- reveals -------------------------------------------------------------- */

/* Bob has answered; Alice's reveal has not come to him. */
static const char *reveal(sh *h)
{
    sh_ring(h);
    h->d[SH_BOB].is_deaf = true;
    sh_answer(&h->d[SH_BOB]);
    sh_run(h);
    return sh_said(&h->d[SH_ALICE], "DirectCallReveal", 0);
}

static uint8_t flipped[2048];

static wzp_bytes flip(wzp_bytes b, size_t at)
{
    memcpy(flipped, b.ptr, b.len);
    flipped[at] ^= 1;
    return (wzp_bytes){flipped, b.len};
}

static void flip_kp(wzp_sig_direct_call_reveal *r)
{
    r->kp = flip(r->kp, 5);
}

static void flip_nonce(wzp_sig_direct_call_reveal *r)
{
    r->nonce = flip(r->nonce, 0);
}

static void flip_ct(wzp_sig_direct_call_reveal *r)
{
    r->ct = flip(r->ct, 100);
}

static void flip_sig(wzp_sig_direct_call_reveal *r)
{
    r->sig = flip(r->sig, 3);
}

static void cut_ct(wzp_sig_direct_call_reveal *r)
{
    r->ct.len--;
}

static const struct {
    void (*wrong)(wzp_sig_direct_call_reveal *r);
    wzp_err err;
    bool is_said; /* a hang-up goes out: no other device can have it right */
} reveals[] = {
    {NULL, WZP_OK, false},
    {flip_kp, WZP_ERR_COMMIT, true},
    {flip_nonce, WZP_ERR_COMMIT, true},
    {flip_ct, WZP_ERR_SIGNATURE, false},
    {flip_sig, WZP_ERR_SIGNATURE, false},
    {cut_ct, WZP_ERR_LENGTH, true},
};

static size_t reveals_count(void)
{
    return sizeof reveals / sizeof reveals[0];
}

static void reveals_run(size_t row)
{
    sh *h = sh_new();
    sh_device *b = &h->d[SH_BOB];
    wzp_signal sig = *decode(h, reveal(h));
    if (reveals[row].wrong != NULL) {
        reveals[row].wrong(&sig.u.direct_call_reveal);
    }
    const wzp_err e = tell_copy(b, &sig);
    assert_string_equal(wzp_err_name(e), wzp_err_name(reveals[row].err));
    if (e == WZP_OK) {
        (void)sh_last(b, WZP_CALL_CONNECTING);
    } else {
        sh_assert_ended(b, reveals[row].err);
        assert_int_equal(b->joins, 0);
    }
    assert_int_equal(sh_said(b, "Hangup", 0) != NULL, reveals[row].is_said);
    sh_free(h);
}

WZP_ROWS(a_reveal_that_was_changed_ends_the_call_by_its_name, reveals_count,
         reveals_run);

WZP_TEST(a_reveal_nobody_waits_for_changes_nothing)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    const char *json = reveal(h);
    assert_int_equal(sh_tell_text(a, json), WZP_ERR_NOT_FOUND);
    assert_int_equal(sh_tell_text(&h->d[SH_CAROL], json), WZP_ERR_NOT_FOUND);
    ASSERT_OK(sh_tell_text(b, json));
    assert_int_equal(sh_tell_text(b, json), WZP_ERR_NOT_FOUND);
    (void)sh_last(b, WZP_CALL_CONNECTING);
    sh_free(h);
}

/* --- set-up, ringing ------------------------------------------------------ */

WZP_TEST(a_set_up_counts_once_for_its_call_its_room_and_a_real_address)
{
    sh *h = sh_new();
    sh_device *b = &h->d[SH_BOB];
    sh_ring(h);
    const char *id = sh_id(b);
    assert_int_equal(sh_tell_setup(b, id), WZP_ERR_NOT_FOUND); /* too early */
    sh_hush(b);
    sh_answer(b);
    char room[100];
    snprintf(room, sizeof room, "call-%s", id);
    wzp_signal sig = {.kind = WZP_SIG_CALL_SETUP,
                      .u.call_setup = {.call_id = {id, strlen(id)},
                                       .room = WZP_STR("another-room"),
                                       .relay_addr = WZP_STR(SH_RELAY)}};
    char other[100];
    snprintf(other, sizeof other, "%s", room);
    other[strlen(other) - 1] ^= 1;
    assert_int_equal(sh_tell(b, &sig), WZP_ERR_FIELD);
    sig.u.call_setup.room = (wzp_str){other, strlen(other)};
    assert_int_equal(sh_tell(b, &sig), WZP_ERR_FIELD);
    sig.u.call_setup.room = (wzp_str){room, strlen(room)};
    sig.u.call_setup.relay_addr = WZP_STR("relay.example:4433");
    assert_int_equal(sh_tell(b, &sig), WZP_ERR_ADDRESS);
    assert_int_equal(sh_tell_setup(b, "another"), WZP_ERR_NOT_FOUND);
    assert_int_equal(sh_stats(b).call_signals_refused, 5);
    ASSERT_OK(sh_tell_setup(b, id));
    assert_int_equal(sh_tell_setup(b, id), WZP_ERR_NOT_FOUND);
    assert_int_equal(b->joins, 0); /* the keys are not agreed */
    sh_free(h);
}

WZP_TEST(a_set_up_that_comes_before_the_reveal_is_kept)
{
    sh *h = sh_new();
    sh_device *b = &h->d[SH_BOB];
    const char *json = reveal(h);
    ASSERT_OK(sh_tell_text(b, json));
    assert_int_equal(b->joins, 1); /* the relay had said it before */
    sh_free(h);
}

WZP_TEST(ringing_is_told_once_and_only_of_the_call_we_make)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE];
    (void)offer(h);
    assert_false(sh_last(a, WZP_CALL_RINGING_OUT)->u.call.is_ringing);
    assert_int_equal(sh_tell_ringing(a, "another"), WZP_ERR_NOT_FOUND);
    ASSERT_OK(sh_tell_ringing(a, sh_id(a)));
    assert_true(sh_last(a, WZP_CALL_RINGING_OUT)->u.call.is_ringing);
    assert_int_equal(sh_tell_ringing(a, sh_id(a)), WZP_ERR_NOT_FOUND);
    assert_int_equal(a->n_events, 2);
    sh_free(h);
}

/* --- hang-ups ------------------------------------------------------------- */

typedef enum where {
    CALLS,
    RINGS_THERE,
    IS_CALLED,
    HAS_ANSWERED,
    AGREED
} where;

static const struct {
    where at;
    wzp_hangup_reason reason;
    bool is_unnamed;
    wzp_err why; /* 1: it goes on */
} hangups[] = {
    {CALLS, WZP_HANGUP_NORMAL, true, WZP_ERR_OFFLINE},
    {CALLS, WZP_HANGUP_NORMAL, false, WZP_ERR_OFFLINE},
    {CALLS, WZP_HANGUP_TIMEOUT, true, WZP_ERR_NO_ANSWER},
    {RINGS_THERE, WZP_HANGUP_NORMAL, true, 1},
    {RINGS_THERE, WZP_HANGUP_NORMAL, false, WZP_ERR_DECLINED},
    {RINGS_THERE, WZP_HANGUP_BUSY, false, WZP_ERR_BUSY},
    {RINGS_THERE, WZP_HANGUP_DECLINED, false, WZP_ERR_DECLINED},
    {RINGS_THERE, WZP_HANGUP_TIMEOUT, false, WZP_ERR_NO_ANSWER},
    {RINGS_THERE, WZP_HANGUP_ERROR, false, WZP_ERR_PEER_CLOSED},
    {IS_CALLED, WZP_HANGUP_NORMAL, true, 1},
    {IS_CALLED, WZP_HANGUP_NORMAL, false, WZP_ERR_NO_ANSWER},
    {IS_CALLED, WZP_HANGUP_BUSY, false, WZP_ERR_ANSWERED},
    {IS_CALLED, WZP_HANGUP_DECLINED, false, WZP_ERR_DECLINED},
    {HAS_ANSWERED, WZP_HANGUP_BUSY, false, WZP_ERR_ANSWERED},
    {HAS_ANSWERED, WZP_HANGUP_NORMAL, false, WZP_ERR_PEER_CLOSED},
    {HAS_ANSWERED, WZP_HANGUP_NORMAL, true, 1},
    {AGREED, WZP_HANGUP_BUSY, false, 1},
    {AGREED, WZP_HANGUP_NORMAL, true, 1},
    {AGREED, WZP_HANGUP_NORMAL, false, WZP_OK},
    {AGREED, WZP_HANGUP_ERROR, false, WZP_ERR_PEER_CLOSED},
    {AGREED, WZP_HANGUP_TIMEOUT, false, WZP_ERR_TIMEOUT},
};

static size_t hangups_count(void)
{
    return sizeof hangups / sizeof hangups[0];
}

static sh_device *go(sh *h, where at)
{
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    switch (at) {
    case CALLS: (void)offer(h); return a;
    case RINGS_THERE: sh_ring(h); return a;
    case IS_CALLED: sh_ring(h); return b;
    case HAS_ANSWERED: (void)reveal(h); return b;
    case AGREED: break;
    }
    sh_agree(h);
    return b;
}

static void hangups_run(size_t row)
{
    sh *h = sh_new();
    sh_device *d = go(h, hangups[row].at);
    const size_t events = d->n_events, said = d->n_said;
    assert_int_equal(sh_tell_hangup(d, hangups[row].reason, "another"),
                     WZP_ERR_NOT_FOUND); /* the control of all rows */
    assert_int_equal(d->n_events, events);
    const wzp_err e = sh_tell_hangup(d, hangups[row].reason,
                                     hangups[row].is_unnamed ? NULL : sh_id(d));
    if (hangups[row].why == 1) {
        assert_int_equal(e, WZP_ERR_NOT_FOUND);
        assert_int_equal(d->n_events, events);
        assert_int_equal(sh_stats(d).call_hangups_ignored, 2);
    } else {
        ASSERT_OK(e);
        sh_assert_ended(d, hangups[row].why);
    }
    assert_int_equal(d->n_said, said); /* nobody is answered */
    sh_free(h);
}

WZP_ROWS(a_hangup_counts_for_the_call_it_names_and_says_why, hangups_count,
         hangups_run);

WZP_TEST(signals_of_other_matters_are_left_alone)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE];
    const wzp_signal sig = {.kind = WZP_SIG_PONG};
    assert_int_equal(sh_tell(a, &sig), WZP_ERR_PROTOCOL);
    assert_int_equal(sh_stats(a).call_signals_refused, 0);
    sh_free(h);
}
