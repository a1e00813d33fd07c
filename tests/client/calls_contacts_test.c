/* SPDX-License-Identifier: MIT */
/* Direct calls and contacts: who becomes one by a call, and a key that is not
 * the contact's, which the user decides upon.
 */
#include "client/small_hub.h"

WZP_TEST(whom_one_called_is_a_contact_with_that_key_and_who_called_is_not)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    sh_agree(h);
    wzp_contact known;
    ASSERT_OK(wzp_contacts_find(a->contacts, b->fp, &known));
    assert_true(known.has_key);
    assert_string_not_equal(known.name, "Some Name"); /* not what was claimed */
    assert_false(known.is_verified);
    assert_int_equal(wzp_contacts_find(b->contacts, a->fp, &known),
                     WZP_ERR_NOT_FOUND);
    const wzp_client_event *ev = sh_last(b, WZP_CALL_CONNECTING);
    assert_int_equal(ev->u.call.contact, WZP_CALL_STRANGER);
    sh_free(h);
}

static wzp_err save_never(void *user, const char *name, const uint8_t *data,
                          size_t len)
{
    (void)user;
    (void)name;
    (void)data;
    (void)len;
    return WZP_ERR_IO;
}

WZP_TEST(a_contact_that_cannot_be_saved_is_pinned_in_memory_all_the_same)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    a->store.save = save_never;
    sh_restart(a);
    sh_agree(h);
    wzp_contact known;
    ASSERT_OK(wzp_contacts_find(a->contacts, b->fp, &known));
    assert_true(known.has_key);
    assert_int_equal(sh_last(a, WZP_CALL_CONNECTING)->u.call.contact,
                     WZP_CALL_KEY_SAME);
    sh_free(h);
}

WZP_TEST(a_changed_key_of_the_callee_waits_for_the_user_before_the_reveal)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    sh_plant(a, b);
    sh_ring(h);
    sh_answer(b);
    sh_run(h);
    assert_null(sh_said(a, "DirectCallReveal", 0));
    const wzp_client_event *ev = &a->events[a->n_events - 1];
    assert_int_equal(ev->kind, WZP_EVENT_CONTACT);
    assert_int_equal(ev->u.contact.why, WZP_ERR_CONTACT);
    assert_string_equal(ev->u.contact.name, "Bob");
    assert_string_equal(ev->u.contact.call_id, sh_id(a));
    assert_memory_equal(ev->u.contact.seen,
                        wzp_seed_identity_table(b->id).public_key, WZP_KEY_LEN);
    assert_true(wzp__calls_deadline(a->calls) == h->now + 10 * WZP_S);

    ASSERT_OK(wzp__calls_contact_decide(a->calls, h->now, true));
    sh_run(h);
    (void)sh_last(b, WZP_CALL_CONNECTING);
    ev = sh_last(a, WZP_CALL_CONNECTING);
    assert_int_equal(ev->u.call.contact, WZP_CALL_KEY_SAME);
    assert_false(ev->u.call.is_verified);
    sh_free(h);
}

WZP_TEST(a_changed_key_of_the_callee_refused_or_undecided_ends_the_call)
{
    for (int decides = 0; decides < 2; decides++) {
        sh *h = sh_new();
        sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
        sh_plant(a, b);
        sh_ring(h);
        sh_answer(b);
        sh_run(h);
        if (decides) {
            ASSERT_OK(wzp__calls_contact_decide(a->calls, h->now, false));
            sh_run(h);
            sh_assert_ended(b, WZP_ERR_PEER_CLOSED);
        } else {
            sh_wait(h, 10 * WZP_S);
        }
        sh_assert_ended(a, WZP_ERR_CONTACT);
        assert_null(sh_said(a, "DirectCallReveal", 0));
        wzp_contact known;
        ASSERT_OK(wzp_contacts_find(a->contacts, b->fp, &known));
        assert_true(known.is_verified); /* as it was */
        sh_free(h);
    }
}

WZP_TEST(a_changed_key_of_the_caller_waits_for_the_user_before_the_answer)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    sh_plant(b, a);
    sh_ring(h);
    assert_int_equal(sh_last(b, WZP_CALL_RINGING_IN)->u.call.contact,
                     WZP_CALL_KEY_CHANGED);
    /* What was compared is the other one. */
    assert_false(sh_last(b, WZP_CALL_RINGING_IN)->u.call.is_verified);
    const wzp_tstamp ring = wzp__calls_deadline(b->calls);
    sh_answer(b);
    assert_int_equal(b->n_said, 0);
    assert_int_equal(b->events[b->n_events - 1].kind, WZP_EVENT_CONTACT);
    assert_true(wzp__calls_deadline(b->calls) == ring);
    ASSERT_OK(wzp__calls_contact_decide(b->calls, h->now, true));
    sh_run(h);
    (void)sh_last(a, WZP_CALL_CONNECTING);
    (void)sh_last(b, WZP_CALL_CONNECTING);
    sh_free(h);
}

WZP_TEST(a_changed_key_of_the_caller_refused_rejects_the_call)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    sh_plant(b, a);
    sh_ring(h);
    sh_answer(b);
    ASSERT_OK(wzp__calls_contact_decide(b->calls, h->now, false));
    sh_run(h);
    sh_assert_ended(b, WZP_ERR_CONTACT);
    sh_assert_ended(a, WZP_ERR_DECLINED);
    sh_free(h);
}

WZP_TEST(an_offer_that_crosses_ours_is_not_answered_under_a_changed_key)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB];
    const bool a_stands = memcmp(a->fp, b->fp, WZP_FP_LEN) < 0;
    sh_device *stands = a_stands ? a : b, *yields = a_stands ? b : a;
    sh_plant(yields, stands);
    ASSERT_OK(wzp__calls_call(a->calls, h->now, b->fp));
    ASSERT_OK(wzp__calls_call(b->calls, h->now, a->fp));
    sh_drain(a);
    sh_drain(b);
    ASSERT_OK(sh_tell_text(yields, sh_said(stands, "DirectCallOffer", 0)));
    assert_null(sh_said(yields, "DirectCallAnswer", 0));
    const wzp_client_event *ev = &yields->events[yields->n_events - 1];
    assert_int_equal(ev->kind, WZP_EVENT_CONTACT);
    assert_string_equal(ev->u.contact.call_id, sh_id(stands));

    ASSERT_OK(wzp__calls_contact_decide(yields->calls, h->now, true));
    sh_drain(yields);
    assert_non_null(sh_said(yields, "DirectCallAnswer", 0));
    sh_free(h);
}

WZP_TEST(another_device_that_answers_while_the_user_decides_is_told_afterwards)
{
    sh *h = sh_new();
    sh_device *a = &h->d[SH_ALICE], *b = &h->d[SH_BOB], *b2 = &h->d[SH_BOB2];
    sh_plant(a, b);
    h->d[SH_CAROL].is_deaf = true;
    ASSERT_OK(wzp__calls_call(a->calls, h->now, b->fp));
    sh_run(h);
    sh_answer(b);
    sh_run(h);
    b2->is_deaf = true; /* the relay gives it no reveal, as it should */
    sh_answer(b2);
    sh_run(h);
    assert_null(sh_said(a, "Hangup", 0));
    ASSERT_OK(wzp__calls_contact_decide(a->calls, h->now, true));
    sh_run(h);
    (void)sh_last(b, WZP_CALL_CONNECTING); /* the reveal was first */
    ASSERT_OK(sh_tell_text(b2, sh_said(a, "Hangup", 0)));
    sh_assert_ended(b2, WZP_ERR_ANSWERED);
    sh_free(h);
}
