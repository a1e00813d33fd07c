/* SPDX-License-Identifier: MIT */
/* A registration and the relay's certificate: seen first, as pinned, changed,
 * fixed from the start, succeeded.
 */
#include "client/small_line.h"

WZP_TEST(line_pins_a_relay_it_sees_first_when_that_registered_it)
{
    sl *s = sl_new();
    s->mood = SL_SILENT;
    sl_start(s);
    sr_run(s->w, WZP_S);
    const wzp__line_event *ev = sl_find(s, WZP__LINE_PIN);
    assert_non_null(ev);
    assert_true(ev->is_first);
    assert_memory_equal(ev->seen, s->w->relay_cert, WZP_HASH_LEN);
    assert_false(sr_is_pinned(s->w, s->w->relay_cert));

    s->mood = SL_GOOD;
    sr_run(s->w, 12 * WZP_S);

    assert_true(sr_is_pinned(s->w, s->w->relay_cert));
    sl_free(s);
}

WZP_TEST(line_says_nothing_of_a_pin_that_fits)
{
    sl *s = sl_new();
    ASSERT_OK(wzp__pins_set(s->w->pins, SR_RELAY, s->w->relay_cert, 5));

    sl_start(s);
    sr_run(s->w, WZP_S);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_null(sl_find(s, WZP__LINE_PIN));
    sl_free(s);
}

WZP_TEST(line_asks_when_the_certificate_has_changed_and_says_nothing_to_it)
{
    uint8_t old[WZP_HASH_LEN];
    sl *s = with_changed_relay(old);

    sl_assert_state(s, WZP_LINE_PIN_DECISION);
    const wzp__line_event *ev = sl_find(s, WZP__LINE_PIN);
    assert_non_null(ev);
    assert_false(ev->is_first);
    assert_memory_equal(ev->pinned, old, WZP_HASH_LEN);
    assert_memory_equal(ev->seen, s->w->relay_cert, WZP_HASH_LEN);
    assert_int_equal(sl_find(s, WZP__LINE_STATE)->why, WZP_ERR_PIN);
    sr_run(s->w, 600 * WZP_S);
    sl_assert_state(s, WZP_LINE_PIN_DECISION); /* and waits for it */
    assert_int_equal(s->registrations, 1);
    assert_int_equal(s->w->data_packets, 0);
    sl_free(s);
}

WZP_TEST(line_goes_on_with_a_changed_certificate_when_accepted)
{
    uint8_t old[WZP_HASH_LEN];
    sl *s = with_changed_relay(old);

    ASSERT_OK(wzp__line_pin_decide(s->w->line, s->w->now, true));
    sr_run(s->w, WZP_S);

    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_true(sr_is_pinned(s->w, s->w->relay_cert));
    sl_free(s);
}

WZP_TEST(line_ends_with_a_changed_certificate_when_refused)
{
    uint8_t old[WZP_HASH_LEN];
    sl *s = with_changed_relay(old);

    ASSERT_OK(wzp__line_pin_decide(s->w->line, s->w->now, false));
    sr_run(s->w, 60 * WZP_S);

    sl_assert_ended(s, WZP_ERR_PIN);
    assert_true(sr_is_pinned(s->w, old));
    assert_non_null(
        strstr(sl_find(s, WZP__LINE_ENDED)->text, "only if they say so"));
    sl_free(s);
}

WZP_TEST(line_takes_no_decision_nobody_asked_for)
{
    sl *s = sl_new();
    assert_int_equal(wzp__line_pin_decide(s->w->line, s->w->now, true),
                     WZP_ERR_STATE);
    sl_registered(s);
    assert_int_equal(wzp__line_pin_decide(s->w->line, s->w->now, true),
                     WZP_ERR_STATE);
    sl_free(s);
}

WZP_TEST(line_with_an_explicit_pin_takes_that_relay_and_no_other)
{
    sl *s = sl_new();
    wzp_register reg = sl_reg(s);
    reg.has_pin = true;
    memcpy(reg.pin, s->w->relay_cert, WZP_HASH_LEN);
    ASSERT_OK(wzp__line_start(s->w->line, s->w->now, &reg));
    sr_run(s->w, WZP_S);
    sl_assert_state(s, WZP_LINE_REGISTERED);
    assert_false(sr_is_pinned(s->w, s->w->relay_cert)); /* nothing is kept */
    wzp__line_stop(s->w->line, s->w->now);
    sr_run(s->w, WZP_S);
    s->w->n_line_events = 0;

    reg.pin[0] ^= 1;
    ASSERT_OK(wzp__line_start(s->w->line, s->w->now, &reg));
    sr_run(s->w, 60 * WZP_S);

    sl_assert_ended(s, WZP_ERR_PIN);
    assert_int_equal(s->registrations, 1);
    sl_free(s);
}

WZP_TEST(line_takes_the_successor_that_its_ack_announced)
{
    const wzp_unix_s not_before = 1700086400;
    for (int is_announced = 0; is_announced < 2; is_announced++) {
        sl *s = sl_new();
        uint8_t seed[WZP_KEY_LEN];
        memset(seed, 77, sizeof seed);
        wzp_next_tls *next = &s->w->next_tls;
        ASSERT_OK(wzp_endpoint_cert_hash_of(seed, next->sha256));
        memset(seed, 2, sizeof seed); /* the relay's */
        next->has = is_announced == 1;
        next->not_before = not_before;
        wzp_next_tls_sign(seed, next->sha256, not_before, next->sig);
        sl_registered(s);
        s->w->unix_now = not_before;
        next->has = false;

        sr_replace_relay(s->w, 77);
        sr_run(s->w, 60 * WZP_S);

        sl_assert_state(s, is_announced == 1 ? WZP_LINE_REGISTERED
                                             : WZP_LINE_PIN_DECISION);
        sl_free(s);
    }
}

WZP_TEST(line_stands_and_keeps_the_pin_when_an_announcement_is_forged)
{
    sl *s = sl_new();
    s->w->next_tls.has = true; /* and no signature */
    s->w->next_tls.not_before = s->w->unix_now;
    uint8_t seed[WZP_KEY_LEN];
    memset(seed, 77, sizeof seed);
    ASSERT_OK(wzp_endpoint_cert_hash_of(seed, s->w->next_tls.sha256));

    sl_registered(s);
    assert_true(sr_is_pinned(s->w, s->w->relay_cert));
    sr_replace_relay(s->w, 77);
    sr_run(s->w, 60 * WZP_S);

    sl_assert_state(s, WZP_LINE_PIN_DECISION);
    sl_free(s);
}
