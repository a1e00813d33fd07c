/* SPDX-License-Identifier: MIT */
/* The attacker is Carl: registered at the same relay under his own name, and he
 * knows the call id of Anna's call to Ben, by whatever way. He wants to be the
 * one who answers, to end the call, to send it somewhere else, or to sit in its
 * room.
 *
 * What stops him at an honest relay: he is no party of the call, so nothing
 * that he says about it is passed on, and its room does not let him in.
 * What stops him where the relay lets everything pass: an answer must hold a
 * package of whom Anna called, and one that does not is counted and waits for
 * the right one; a reveal must open Anna's commitment; who is in the room
 * without being in the agreement gets no key. There he can end the call before
 * it stands, as any relay can: by a hang-up, a rejection, a false reveal. None
 * of them makes it another call.
 * Without the call id: that he ends all of his own calls is passed on without a
 * name, and ends none of Anna's that rings.
 */
#include "support/harness.h"
#include "support/liar/couple.h"
#include "support/liar/handset.h"
#include "support/liar/puppet.h"

#include <stdio.h>
#include <string.h>

typedef struct theft {
    wzp_couple *c;
    wzp_handset *carl;
    char id[WZP_CALL_ID_MAX + 1];
    wzp_agree *his; /* as the callee of Anna's offer, under his name */
    wzp_agree *own; /* as a caller */
} theft;

/* Anna calls, it rings at Ben's, and Carl knows all of the offer. */
static theft begin(uint64_t seed, bool is_lax)
{
    theft t = {.c = wzp_couple_new(seed)};
    uint8_t commit[WZP_HASH_LEN], key[WZP_KEY_LEN];
    wzp_liar_let_all_pass(t.c->liar, is_lax);
    t.carl = wzp_handset_new(t.c->w, WZP_CARL);
    assert_true(wzp_handset_register(t.carl, t.c->relay));
    assert_int_equal(wzp_couple_call(t.c, t.c->a, WZP_BEN), WZP_OK);
    wzp_world_run(t.c->w, WZP_S);
    (void)snprintf(t.id, sizeof t.id, "%s",
                   wzp_couple_last(t.c, t.c->b).u.call.call_id);
    const wzp_sig_direct_call_offer *o =
        &wzp_couple_said(t.c, WZP_SIG_DIRECT_CALL_OFFER, 0)
             ->u.direct_call_offer;
    memcpy(commit, o->commit.ptr, sizeof commit);
    memcpy(key, o->identity_pub, sizeof key);
    const wzp_str id = {t.id, strlen(t.id)};
    t.his = wzp_couple_agree(t.c, WZP_CARL, id, commit, key);
    t.own = wzp_couple_agree(t.c, WZP_CARL, id, NULL, NULL);
    return t;
}

static void end(theft *t)
{
    wzp_couple_free(t->c);
    wzp_handset_free(t->carl);
    wzp_agree_free(t->his);
    wzp_agree_free(t->own);
}

static void say(theft *t, const wzp_signal *sig)
{
    wzp_handset_say(t->carl, sig);
    wzp_world_run(t->c->w, 500 * WZP_MS);
}

static wzp_str id_of(const theft *t)
{
    return (wzp_str){t->id, strlen(t->id)};
}

static void answer(theft *t, wzp_accept_mode mode)
{
    wzp_signal sig = wzp_couple_accept(id_of(t), t->his);
    sig.u.direct_call_answer.accept_mode = mode;
    say(t, &sig);
}

static void hang_up(theft *t, wzp_hangup_reason reason)
{
    const wzp_signal sig = {
        .kind = WZP_SIG_HANGUP,
        .u.hangup = {.reason = reason, .call_id = id_of(t)}};
    say(t, &sig);
}

/* All that he can make: his own package, and no nonce of Anna's. */
static void reveal(theft *t)
{
    static uint8_t zero[WZP_KEM_CT_LEN];
    const wzp_signal sig = {
        .kind = WZP_SIG_DIRECT_CALL_REVEAL,
        .u.direct_call_reveal = {.call_id = id_of(t),
                                 .kp = wzp_agree_package(t->own),
                                 .nonce = {zero, WZP_CALL_NONCE_LEN},
                                 .ct = {zero, WZP_KEM_CT_LEN},
                                 .sig = {zero, WZP_SIG_LEN}}};
    say(t, &sig);
}

static void set_up(theft *t)
{
    const wzp_signal sig = {
        .kind = WZP_SIG_CALL_SETUP,
        .u.call_setup = {.call_id = id_of(t),
                         .room = WZP_STR("carls-own"),
                         .relay_addr = WZP_STR("192.0.2.66:4433"),
                         .peer_direct_addr = WZP_STR_NONE,
                         .peer_mapped_addr = WZP_STR_NONE}};
    say(t, &sig);
}

static void report_a_path(theft *t)
{
    const wzp_signal sig = {
        .kind = WZP_SIG_MEDIA_PATH_REPORT,
        .u.media_path_report = {.call_id = id_of(t),
                                .direct_ok = true,
                                .race_winner = WZP_STR("direct")}};
    say(t, &sig);
}

static void assert_in_a_call(theft *t)
{
    WZP_ASSERT_CALL(t->c, t->c->a, WZP_CALL_ACTIVE);
    WZP_ASSERT_CALL(t->c, t->c->b, WZP_CALL_ACTIVE);
    WZP_ASSERT_SAME_WORDS(t->c, t->c->a, t->c->b, true);
    assert_in_range(wzp_couple_hears(t->c, t->c->a), 45, 55);
    assert_in_range(wzp_couple_hears(t->c, t->c->b), 45, 55);
    assert_true(wzp_couple_is_sealed(t->c));
}

static void say_everything(theft *t)
{
    answer(t, WZP_ACCEPT_GENERIC);
    answer(t, WZP_ACCEPT_REJECT);
    hang_up(t, WZP_HANGUP_NORMAL);
    hang_up(t, WZP_HANGUP_BUSY);
    reveal(t);
    set_up(t);
    report_a_path(t);
}

WZP_TEST(an_honest_relay_passes_nothing_on_of_who_only_knows_the_call_id)
{
    theft t = begin(1, false);
    const uint64_t refused = wzp_liar_refused(t.c->liar);
    const size_t kept = t.c->n_kept;
    say_everything(&t);
    assert_int_equal(t.c->n_kept, kept); /* nobody was told anything */
    assert_int_equal(wzp_liar_refused(t.c->liar), refused + 7);
    assert_int_equal(wzp_couple_answer(t.c, t.c->b), WZP_OK);
    wzp_world_run(t.c->w, 2 * WZP_S);
    const size_t said = t.c->n_kept;
    say_everything(&t); /* and now that it stands */
    assert_int_equal(t.c->n_kept, said);
    assert_in_a_call(&t);
    end(&t);
}

WZP_TEST(an_answer_of_a_stranger_is_counted_and_the_right_one_stands)
{
    theft t = begin(2, true);
    answer(&t, WZP_ACCEPT_GENERIC);
    answer(&t, WZP_ACCEPT_TRUSTED);
    assert_int_equal(wzp_world_stats(t.c->w, t.c->a).call_answers_refused, 2);
    assert_null(wzp_handset_last(t.carl, WZP_SIG_DIRECT_CALL_REVEAL));
    WZP_ASSERT_CALL(t.c, t.c->a, WZP_CALL_RINGING_OUT);
    assert_int_equal(wzp_couple_answer(t.c, t.c->b), WZP_OK);
    wzp_world_run(t.c->w, 2 * WZP_S);
    answer(&t, WZP_ACCEPT_GENERIC);
    answer(&t, WZP_ACCEPT_REJECT);
    assert_in_a_call(&t);
    assert_int_equal(wzp_couple_count(t.c, WZP_SIG_DIRECT_CALL_REVEAL), 1);
    end(&t);
}

WZP_TEST(
    a_stranger_who_reveals_or_reports_in_a_call_that_stands_changes_nothing)
{
    theft t = begin(3, true);
    reveal(&t); /* while it rings */
    WZP_ASSERT_CALL(t.c, t.c->b, WZP_CALL_RINGING_IN);
    assert_int_equal(wzp_couple_answer(t.c, t.c->b), WZP_OK);
    wzp_world_run(t.c->w, 2 * WZP_S);
    reveal(&t);
    report_a_path(&t);
    set_up(&t);
    hang_up(&t, WZP_HANGUP_BUSY); /* "answered elsewhere" */
    assert_in_a_call(&t);
    end(&t);
}

/* What he can do there: as the relay can. */
enum { HANGS_UP, REJECTS, REVEALS_FALSELY, HANGS_UP_LATER, DOES_NOTHING, WAYS };

static size_t ways(void)
{
    return WAYS;
}

static bool hold_reveals(void *user, wzp_couple *c, int from, int to,
                         wzp_signal *sig)
{
    (void)to;
    (void)user;
    const bool is_annas = from == wzp_liar_line(c->liar, WZP_ANNA);
    return sig->kind != WZP_SIG_DIRECT_CALL_REVEAL || !is_annas;
}

static void spoil(size_t way)
{
    static const struct {
        wzp_err anna, ben;
    } ends[WAYS] = {
        [HANGS_UP] = {WZP_ERR_DECLINED, WZP_ERR_NO_ANSWER},
        [REJECTS] = {WZP_ERR_DECLINED, WZP_ERR_NO_ANSWER},
        [REVEALS_FALSELY] = {WZP_ERR_PEER_CLOSED, WZP_ERR_COMMIT},
        [HANGS_UP_LATER] = {WZP_OK, WZP_OK},
        [DOES_NOTHING] = {WZP_OK, WZP_OK},
    };
    theft t = begin(4, true);
    if (way == HANGS_UP) {
        hang_up(&t, WZP_HANGUP_NORMAL);
    } else if (way == REJECTS) {
        answer(&t, WZP_ACCEPT_REJECT);
        wzp_couple_hang_up(t.c, t.c->b);
    } else {
        t.c->signal = way == REVEALS_FALSELY ? hold_reveals : NULL;
        assert_int_equal(wzp_couple_answer(t.c, t.c->b), WZP_OK);
        wzp_world_run(t.c->w, WZP_S);
    }
    if (way == REVEALS_FALSELY) {
        reveal(&t);
    } else if (way == HANGS_UP_LATER) {
        hang_up(&t, WZP_HANGUP_NORMAL);
    }
    wzp_world_run(t.c->w, 2 * WZP_S);
    if (way == DOES_NOTHING) {
        assert_in_a_call(&t);
    } else if (way == REJECTS) {
        WZP_ASSERT_ENDED(t.c, t.c->a, ends[way].anna);
    } else {
        WZP_ASSERT_ENDED(t.c, t.c->a, ends[way].anna);
        WZP_ASSERT_ENDED(t.c, t.c->b, ends[way].ben);
    }
    end(&t);
}

WZP_ROWS(a_relay_that_lets_all_pass_lets_a_stranger_end_a_call_and_no_more,
         ways, spoil);

/* --- without the call id --- */

/* He calls Anna, who is calling, and says at once that he ends all his calls:
 * a relay passes that on as it is, without a name (spec/relay.md 4.5), which is
 * also how it says that nobody is there. */
WZP_TEST(who_calls_and_hangs_up_all_his_calls_ends_no_call_of_others)
{
    theft t = begin(6, false);
    const wzp_signal off = {.kind = WZP_SIG_HANGUP,
                            .u.hangup.call_id = WZP_STR_NONE};
    const wzp_signal on =
        wzp_couple_offer(t.c, WZP_CARL, WZP_ANNA, WZP_STR("carls"), NULL);
    wzp_handset_say(t.carl, &on);
    wzp_handset_say(t.carl, &off);
    wzp_world_run(t.c->w, WZP_S);
    assert_int_equal(wzp_world_stats(t.c->w, t.c->a).call_offers_busy, 1);
    assert_int_equal(wzp_world_stats(t.c->w, t.c->a).call_hangups_ignored, 1);
    WZP_ASSERT_CALL(t.c, t.c->a, WZP_CALL_RINGING_OUT);
    assert_int_equal(wzp_couple_answer(t.c, t.c->b), WZP_OK);
    wzp_world_run(t.c->w, 2 * WZP_S);
    assert_in_a_call(&t);
    end(&t);
}

static bool hold_ringing(void *user, wzp_couple *c, int from, int to,
                         wzp_signal *sig)
{
    (void)user;
    (void)c;
    (void)from;
    (void)to;
    return sig->kind != WZP_SIG_CALL_RINGING;
}

WZP_TEST(control_before_it_rings_the_same_words_say_that_nobody_is_there)
{
    wzp_couple *c = wzp_couple_new(7);
    const wzp_signal off = {.kind = WZP_SIG_HANGUP,
                            .u.hangup.call_id = WZP_STR_NONE};
    c->signal = hold_ringing;
    assert_int_equal(wzp_couple_call(c, c->a, WZP_BEN), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    wzp_couple_tell(c, wzp_liar_line(c->liar, WZP_ANNA), &off);
    WZP_ASSERT_ENDED(c, c->a, WZP_ERR_OFFLINE);
    wzp_couple_free(c);
}

/* --- in its room --- */

WZP_TEST(who_knows_the_call_id_does_not_come_into_its_room)
{
    for (int is_open = 0; is_open < 2; is_open++) {
        theft t = begin(5, false);
        char room[WZP_CALL_ID_MAX + sizeof "call-"];
        const wzp_puppet_config cfg = {.identity = WZP_CARL, .speaks = true};
        wzp_puppet *carl = wzp_puppet_new(t.c->w, &cfg);
        (void)snprintf(room, sizeof room, "call-%s", t.id);
        wzp_liar_open_call_rooms(t.c->liar, is_open);
        assert_int_equal(wzp_couple_answer(t.c, t.c->b), WZP_OK);
        wzp_world_run(t.c->w, 2 * WZP_S);
        wzp_puppet_join(carl, room, t.c->relay);
        wzp_world_run(t.c->w, 5 * WZP_S);
        assert_int_equal(wzp_puppet_is_in(carl), is_open); /* the control */
        assert_in_a_call(&t);
        assert_int_equal(wzp_puppet_opened(carl), 0);
        assert_int_equal(wzp_puppet_sent(carl), 0); /* nobody has his key */
        end(&t);
        wzp_puppet_free(carl);
    }
}
