/* SPDX-License-Identifier: MIT */
/* Direct calls as a machine: who calls, who answers, how it ends, and when.
 * What hostile signals can do to it is calls_recv_test.c, contacts are
 * calls_contacts_test.c.
 */
#include "client/small_hub.h"

#include <wzp/proto/media.h>

/* --- a call --------------------------------------------------------------- */

/* What a seals, b opens. */
static void assert_hears(sh_device *a, sh_device *b)
{
    uint8_t packet[WZP_MEDIA_MAX], plain[WZP_MEDIA_MAX];
    size_t len = 0;
    wzp_opened o;
    const wzp_media_hdr hdr = {.codec = WZP_CODEC_OPUS_24K};
    ASSERT_OK(wzp_group_seal(a->group, a->at, &hdr, WZP_FORM_FRAME,
                             (const uint8_t *)"hello", 5, packet, sizeof packet,
                             &len));
    ASSERT_OK(
        wzp_group_open(b->group, b->at, packet, len, plain, sizeof plain, &o));
    assert_int_equal(o.len, 5);
    assert_memory_equal(plain, "hello", 5);
}

WZP_TEST(a_call_that_is_answered_gives_both_the_same_words_keys_and_room)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    sh_agree(h);

    const wzp_client_event *ea = sh_last(a, WZP_CALL_CONNECTING);
    const wzp_client_event *eb = sh_last(b, WZP_CALL_CONNECTING);
    for (size_t i = 0; i < WZP_CALL_WORDS; i++) {
        assert_string_equal(ea->u.call.word[i], eb->u.call.word[i]);
    }
    assert_int_equal(strlen(ea->u.call.digits), WZP_CALL_DIGITS);
    assert_string_equal(ea->u.call.digits, eb->u.call.digits);
    assert_memory_equal(ea->u.call.fingerprint, b->fp, WZP_FP_LEN);
    assert_memory_equal(eb->u.call.key,
                        wzp_seed_identity_table(a->id).public_key, WZP_KEY_LEN);
    assert_false(ea->u.call.is_incoming);
    assert_true(eb->u.call.is_incoming);

    assert_int_equal(a->joins, 1);
    assert_int_equal(b->joins, 1);
    assert_string_equal(a->room, b->room);
    assert_memory_equal(a->room, "call-", 5);
    char relay[WZP_ADDR_TEXT_MAX];
    wzp_addr_encode(&a->relay, relay);
    assert_string_equal(relay, SH_RELAY);
    assert_hears(a, b);
    assert_hears(b, a);

    sh_hear(a);
    sh_hear(b);
    (void)sh_last(a, WZP_CALL_ACTIVE);
    (void)sh_last(b, WZP_CALL_ACTIVE);
    sh_free(h);
}

WZP_TEST(hanging_up_ends_it_on_both_sides_and_leaves_the_room)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    sh_connect(h);
    const char *id = sh_id(a);
    wzp__calls_hangup(b->calls, h->now, WZP_HANGUP_NORMAL);
    sh_run(h);
    sh_assert_ended(a, WZP_OK);
    sh_assert_ended(b, WZP_OK);
    assert_true(sh_last(a, WZP_CALL_ENDED)->u.call.is_by_peer);
    assert_false(sh_last(b, WZP_CALL_ENDED)->u.call.is_by_peer);
    assert_int_equal(a->leaves, 1);
    assert_int_equal(b->leaves, 1);
    assert_non_null(strstr(sh_said(b, "Hangup", 0), id));

    sh_agree(h); /* and the next one */
    assert_string_not_equal(sh_id(a), id);
    sh_free(h);
}

WZP_TEST(call_ids_are_128_random_bits)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE];
    char first[WZP_CALL_ID_MAX + 1] = "";
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(wzp__calls_call(a->calls, h->now, h->d[SH_BOB].fp));
        sh_drain(a);
        const char *id = sh_id(a);
        assert_int_equal(strlen(id), 32);
        assert_int_equal(strspn(id, "0123456789abcdef"), 32);
        assert_string_not_equal(id, first);
        snprintf(first, sizeof first, "%s", id);
        wzp__calls_hangup(a->calls, h->now, WZP_HANGUP_NORMAL);
        sh_drain(a);
    }
    sh_free(h);
}

WZP_TEST(an_offer_shows_who_calls_and_a_commitment_but_no_package)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE];
    ASSERT_OK(wzp__calls_call(a->calls, h->now, h->d[SH_BOB].fp));
    sh_drain(a);
    wzp_signal sig;
    const char *json = sh_said(a, "DirectCallOffer", 0);
    wzp_arena_reset(h->arena);
    ASSERT_OK(
        wzp_signal_decode(h->arena, json, strlen(json), WZP_SIGNAL_MAX, &sig));
    const wzp_sig_direct_call_offer *o = &sig.u.direct_call_offer;
    static const uint8_t zeros[WZP_KEY_LEN];
    assert_memory_equal(o->identity_pub,
                        wzp_seed_identity_table(a->id).public_key, WZP_KEY_LEN);
    assert_memory_equal(o->ephemeral_pub, zeros, WZP_KEY_LEN);
    assert_int_equal(o->commit.len, WZP_HASH_LEN);
    assert_int_equal(o->caps & WZP_CAP_E2E1, WZP_CAP_E2E1);
    assert_int_equal(o->supported_profiles.n, 1);
    assert_int_equal(o->caller_local_addrs.n, 0);
    assert_null(strstr(json, "\"kp\""));
    sh_free(h);
}

WZP_TEST(neither_side_says_where_it_can_be_reached)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    wzp_signal sig;
    wzp_str text;
    sh_ring(h);
    const char *json = sh_said(a, "DirectCallOffer", 0);
    assert_null(strstr(json, "_addr"));
    sh_answer(b);
    assert_null(strstr(sh_said(b, "DirectCallAnswer", 0), "_addr"));
    wzp_arena_reset(h->arena); /* the control */
    ASSERT_OK(
        wzp_signal_decode(h->arena, json, strlen(json), WZP_SIGNAL_MAX, &sig));
    sig.u.direct_call_offer.caller_reflexive_addr = WZP_STR("192.0.2.1:9");
    ASSERT_OK(wzp_signal_encode(h->arena, &sig, &text));
    assert_non_null(memmem(text.ptr, text.len, "_addr", 5));
    sh_free(h);
}

WZP_TEST(nothing_is_answered_before_the_user_does)
{
    sh *h = sh_new();
    sh_device *b = &h->d[SH_BOB];
    sh_ring(h);
    assert_int_equal(b->n_said, 0);
    const wzp_client_event *ev = sh_last(b, WZP_CALL_RINGING_IN);
    assert_int_equal(ev->u.call.contact, WZP_CALL_STRANGER);
    assert_string_equal(ev->u.call.alias, "Some Name");
    assert_null(ev->u.call.word[0]);
    assert_int_equal(
        wzp__calls_answer(b->calls, h->now, "another", WZP_ACCEPT_GENERIC),
        WZP_ERR_NOT_FOUND);
    sh_answer(b);
    assert_non_null(strstr(sh_said(b, "DirectCallAnswer", 0), "\"kp\""));
    sh_free(h);
}

WZP_TEST(one_call_at_a_time)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    assert_int_equal(wzp__calls_call(a->calls, h->now, a->fp), WZP_ERR_ARG);
    sh_ring(h);
    assert_int_equal(wzp__calls_call(a->calls, h->now, h->d[SH_CAROL].fp),
                     WZP_ERR_STATE);
    assert_int_equal(wzp__calls_call(b->calls, h->now, h->d[SH_CAROL].fp),
                     WZP_ERR_STATE);
    assert_int_equal(wzp__calls_contact_decide(a->calls, h->now, true),
                     WZP_ERR_STATE);
    sh_free(h);
}

WZP_TEST(a_relay_of_the_earlier_kind_is_named_before_anything_is_said)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE];
    wzp__calls_line(a->calls, true, true);
    assert_int_equal(wzp__calls_call(a->calls, h->now, h->d[SH_BOB].fp),
                     WZP_ERR_LEGACY);
    sh_drain(a);
    assert_int_equal(a->n_said, 0);
    assert_int_equal(a->n_events, 0);
    sh_free(h);
}

WZP_TEST(a_call_without_memory_is_none)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    a->m.fail_at = a->m.calls + 1;
    assert_int_equal(wzp__calls_call(a->calls, h->now, b->fp), WZP_ERR_NOMEM);
    a->m.fail_at = 0;
    sh_ring(h);
    b->m.fail_at = b->m.calls + 2; /* past what the store takes */
    assert_int_equal(
        wzp__calls_answer(b->calls, h->now, sh_id(b), WZP_ACCEPT_GENERIC),
        WZP_ERR_NOMEM);
    b->m.fail_at = 0;
    sh_answer(b); /* it still rings */
    sh_run(h);
    (void)sh_last(a, WZP_CALL_CONNECTING);
    sh_free(h);
}

/* A whole call, whatever fails on the way. */
static void play(sh *h)
{
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    h->d[SH_BOB2].is_deaf = h->d[SH_CAROL].is_deaf = true;
    wzp_err e = wzp__calls_call(a->calls, h->now, b->fp);
    if (e == WZP_OK) {
        sh_run(h);
        e = wzp__calls_answer(b->calls, h->now, sh_id(a), WZP_ACCEPT_GENERIC);
    }
    sh_run(h);
    assert_true(e == WZP_OK || e == WZP_ERR_NOMEM);
    wzp__calls_hangup(a->calls, h->now, WZP_HANGUP_NORMAL);
    wzp__calls_hangup(b->calls, h->now, WZP_HANGUP_NORMAL);
    sh_run(h);
}

WZP_TEST(every_allocation_of_a_call_may_fail)
{
    size_t calls[2] = {0};
    for (size_t n = 0; n <= calls[0] + calls[1]; n++) {
        sh *h = sh_new();
        const size_t who = n <= calls[0] ? SH_ALICE : SH_BOB;
        sh_device *d = &h->d[who];
        const size_t before = d->m.calls;
        if (n > 0) {
            d->m.fail_at = before + (who == SH_ALICE ? n : n - calls[0]);
        }
        play(h);
        if (n == 0) {
            calls[0] = h->d[SH_ALICE].m.calls - before;
            calls[1] = calls[0]; /* at least */
            assert_true(calls[0] > 2);
            assert_int_equal(h->d[SH_ALICE].joins, 1);
        }
        assert_false(wzp__calls_is_busy(h->d[SH_ALICE].calls));
        sh_free(h); /* looks at what is held */
    }
}

/* --- how it ends before it begins ----------------------------------------- */

WZP_TEST(rejecting_is_declined_for_the_caller)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    sh_ring(h);
    ASSERT_OK(wzp__calls_answer(b->calls, h->now, sh_id(b), WZP_ACCEPT_REJECT));
    sh_run(h);
    sh_assert_ended(a, WZP_ERR_DECLINED);
    sh_assert_ended(b, WZP_ERR_DECLINED);
    assert_null(strstr(sh_said(b, "DirectCallAnswer", 0), "\"kp\""));

    sh_ring(h); /* hanging up while it rings is the same */
    wzp__calls_hangup(b->calls, h->now, WZP_HANGUP_NORMAL);
    sh_run(h);
    sh_assert_ended(a, WZP_ERR_DECLINED);
    assert_int_equal(a->leaves + b->leaves, 0);
    sh_free(h);
}

WZP_TEST(a_caller_who_gives_up_is_a_missed_call)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    sh_ring(h);
    wzp__calls_hangup(a->calls, h->now, WZP_HANGUP_NORMAL);
    sh_run(h);
    sh_assert_ended(a, WZP_OK);
    sh_assert_ended(b, WZP_ERR_NO_ANSWER);
    sh_free(h);
}

WZP_TEST(who_is_in_a_call_is_busy_for_others)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    sh_device *carol = &h->d[SH_CAROL];
    sh_connect(h);
    ASSERT_OK(wzp__calls_call(carol->calls, h->now, b->fp));
    sh_drain(carol);
    assert_int_equal(sh_tell_text(b, sh_said(carol, "DirectCallOffer", 0)),
                     WZP_ERR_BUSY);
    const char *hangup = sh_said(b, "Hangup", 0);
    assert_non_null(strstr(hangup, "Busy"));
    assert_non_null(strstr(hangup, sh_id(carol)));
    ASSERT_OK(sh_tell_text(carol, hangup));
    sh_assert_ended(carol, WZP_ERR_BUSY);
    ASSERT_OK(sh_tell_hangup(a, WZP_HANGUP_NORMAL, sh_id(a)));
    assert_int_equal(sh_stats(b).call_offers_busy, 1);
    sh_free(h);
}

WZP_TEST(nobody_answers_within_45_s)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    sh_ring(h);
    assert_true(wzp__calls_deadline(a->calls) == h->now + 45 * WZP_S);
    assert_true(wzp__calls_deadline(b->calls) == h->now + 45 * WZP_S);
    sh_hush(a);
    a->is_deaf = b->is_deaf = true;
    sh_wait(h, 45 * WZP_S - 1);
    assert_true(wzp__calls_is_busy(a->calls));
    sh_wait(h, 1);
    sh_assert_ended(a, WZP_ERR_NO_ANSWER);
    sh_assert_ended(b, WZP_ERR_NO_ANSWER);
    assert_non_null(strstr(sh_said(a, "Hangup", 0), "Timeout"));
    assert_int_equal(b->n_said, 0); /* other devices may ring on */
    sh_free(h);
}

WZP_TEST(no_reveal_within_10_s_ends_it_without_a_word)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    sh_ring(h);
    a->is_deaf = true;
    sh_wait(h, 30 * WZP_S);
    sh_answer(b);
    const size_t said = b->n_said;
    assert_true(wzp__calls_deadline(b->calls) == h->now + 10 * WZP_S);
    sh_wait(h, 10 * WZP_S);
    sh_assert_ended(b, WZP_ERR_TIMEOUT);
    assert_int_equal(b->n_said, said);
    sh_free(h);
}

WZP_TEST(a_room_that_nobody_comes_to_ends_after_30_s)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE];
    sh_agree(h);
    h->d[SH_BOB].is_deaf = true;
    assert_true(wzp__calls_deadline(a->calls) == h->now + 30 * WZP_S);
    sh_wait(h, 30 * WZP_S);
    sh_assert_ended(a, WZP_ERR_TIMEOUT);
    assert_int_equal(a->leaves, 1);
    sh_free(h);
}

WZP_TEST(a_call_without_a_sound_of_the_other_side_ends_after_60_s)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE];
    sh_connect(h);
    a->is_deaf = true;
    sh_wait(h, 59 * WZP_S);
    sh_hear(a);
    sh_wait(h, 60 * WZP_S - 1);
    (void)sh_last(a, WZP_CALL_ACTIVE);
    sh_wait(h, 1);
    sh_assert_ended(a, WZP_ERR_TIMEOUT);
    sh_free(h);
}

WZP_TEST(a_room_that_cannot_be_entered_ends_the_call_by_its_name)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    sh_agree(h);
    wzp__calls_left(a->calls, h->now, WZP_ERR_PIN);
    sh_run(h);
    sh_assert_ended(a, WZP_ERR_PIN);
    sh_assert_ended(b, WZP_ERR_PEER_CLOSED);
    assert_int_equal(a->leaves, 0); /* it is left */
    assert_int_equal(b->leaves, 1);
    sh_free(h);
}

/* --- the line ------------------------------------------------------------- */

WZP_TEST(a_room_at_an_old_relay_ends_the_call_and_the_relay_is_named)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE];
    sh_agree(h);
    wzp__calls_left(a->calls, h->now, WZP_ERR_LEGACY);
    sh_drain(a);
    sh_assert_ended(a, WZP_ERR_LEGACY);
    assert_true(sh_last(a, WZP_CALL_ENDED)->u.call.is_relay_legacy);
    sh_free(h);
}

WZP_TEST(an_offer_waits_for_the_line)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE];
    wzp__calls_line(a->calls, false, false);
    ASSERT_OK(wzp__calls_call(a->calls, h->now, h->d[SH_BOB].fp));
    sh_drain(a);
    assert_int_equal(a->n_said, 0);
    (void)sh_last(a, WZP_CALL_RINGING_OUT);
    wzp__calls_line(a->calls, true, false);
    sh_drain(a);
    assert_int_equal(a->n_said, 1);
    sh_free(h);
}

WZP_TEST(what_a_call_wanted_to_say_is_not_said_when_it_is_over)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE];
    wzp__calls_line(a->calls, false, false);
    ASSERT_OK(wzp__calls_call(a->calls, h->now, h->d[SH_BOB].fp));
    wzp__calls_hangup(a->calls, h->now, WZP_HANGUP_NORMAL);
    wzp__calls_line(a->calls, true, false);
    sh_drain(a);
    assert_null(sh_said(a, "DirectCallOffer", 0));
    sh_free(h);
}

WZP_TEST(the_time_for_the_reveal_begins_when_the_answer_goes_out)
{
    sh *h = sh_new();
    sh_device *b = &h->d[SH_BOB];
    sh_ring(h);
    const wzp_tstamp ring = wzp__calls_deadline(b->calls);
    wzp__calls_line(b->calls, false, false);
    sh_answer(b);
    assert_true(wzp__calls_deadline(b->calls) == ring);
    sh_wait(h, 20 * WZP_S);
    wzp__calls_line(b->calls, true, false);
    sh_drain(b);
    assert_true(wzp__calls_deadline(b->calls) == h->now + 10 * WZP_S);
    sh_run(h);
    (void)sh_last(b, WZP_CALL_CONNECTING);
    sh_free(h);
}

WZP_TEST(a_call_goes_on_without_the_line)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE];
    sh_connect(h);
    wzp__calls_line(a->calls, false, false);
    sh_hear(a);
    sh_wait(h, 59 * WZP_S);
    (void)sh_last(a, WZP_CALL_ACTIVE);
    wzp__calls_line(a->calls, true, false);
    sh_drain(a);
    assert_null(sh_said(a, "DirectCallOffer", 1)); /* nothing said again */
    assert_null(sh_said(a, "DirectCallReveal", 1));
    sh_free(h);
}

/* --- both call each other ------------------------------------------------- */

WZP_TEST(of_two_offers_that_cross_the_one_of_the_smaller_fingerprint_stands)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    h->d[SH_BOB2].is_deaf = h->d[SH_CAROL].is_deaf = true;
    const bool a_stands = memcmp(a->fp, b->fp, WZP_FP_LEN) < 0;
    sh_device *stands = a_stands ? a : b, *yields = a_stands ? b : a;
    ASSERT_OK(wzp__calls_call(a->calls, h->now, b->fp));
    ASSERT_OK(wzp__calls_call(b->calls, h->now, a->fp));
    sh_drain(a);
    sh_drain(b);
    const char *id = sh_id(stands), *withdrawn = sh_id(yields);
    assert_int_equal(
        sh_tell_text(stands, sh_said(yields, "DirectCallOffer", 0)),
        WZP_ERR_BUSY);
    assert_int_equal(stands->n_said, 1); /* no hang-up for that */
    ASSERT_OK(sh_tell_text(yields, sh_said(stands, "DirectCallOffer", 0)));
    assert_string_equal(sh_id(yields), id);
    assert_non_null(strstr(sh_said(yields, "Hangup", 0), withdrawn));
    const wzp_client_event *ev = sh_last(yields, WZP_CALL_RINGING_OUT);
    assert_false(ev->u.call.is_incoming);

    assert_int_equal(sh_tell_text(stands, sh_said(yields, "Hangup", 0)),
                     WZP_ERR_NOT_FOUND);
    ASSERT_OK(sh_tell_text(stands, sh_said(yields, "DirectCallAnswer", 0)));
    ASSERT_OK(sh_tell_text(yields, sh_said(stands, "DirectCallReveal", 0)));
    ASSERT_OK(sh_tell_setup(a, id));
    ASSERT_OK(sh_tell_setup(b, id));
    assert_string_equal(a->room, b->room);
    assert_hears(a, b);
    sh_free(h);
}

/* --- several devices ------------------------------------------------------ */

WZP_TEST(the_first_device_that_answers_has_the_call_and_the_others_stop)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB], *b2 = &h->d[SH_BOB2];
    h->d[SH_CAROL].is_deaf = true;
    ASSERT_OK(wzp__calls_call(a->calls, h->now, b->fp));
    sh_run(h);
    sh_answer(b);
    sh_answer(b2);
    const char *id = sh_id(b2);
    sh_run(h); /* both answers pass, then what the caller says, to both */
    (void)sh_last(a, WZP_CALL_CONNECTING);
    assert_null(sh_said(a, "DirectCallReveal", 1));
    assert_non_null(strstr(sh_said(a, "Hangup", 0), "Busy"));
    const bool first = b->joins == 1;
    assert_int_equal(b->joins + b2->joins, 1);
    sh_device *lost = first ? b2 : b;
    const wzp_client_event *ev = sh_last(lost, WZP_CALL_ENDED);
    /* the reveal for the other device came to it as well, or not */
    assert_true(ev->u.call.why == WZP_ERR_ANSWERED ||
                ev->u.call.why == WZP_ERR_SIGNATURE);
    assert_null(sh_said(lost, "Hangup", 0));
    (void)sh_last(first ? b : b2, WZP_CALL_CONNECTING);
    assert_int_equal(sh_stats(a).call_answers_late, 1);
    assert_true(strlen(id) == 32);
    sh_free(h);
}

WZP_TEST(a_device_that_still_rings_stops_when_another_has_answered)
{
    sh *h = sh_new();
    sh_device *b2 = &h->d[SH_BOB2];
    h->d[SH_CAROL].is_deaf = true;
    ASSERT_OK(wzp__calls_call(h->d[SH_ALICE].calls, h->now, h->d[SH_BOB].fp));
    sh_run(h);
    ASSERT_OK(sh_tell_hangup(b2, WZP_HANGUP_BUSY, sh_id(b2)));
    sh_assert_ended(b2, WZP_ERR_ANSWERED);
    assert_int_equal(b2->n_said, 0);
    sh_free(h);
}
