/* SPDX-License-Identifier: MIT */
/* The attacker can call Ben as often as he likes, with as many identities as he
 * likes: a relay, or somebody whom an honest one does not hold back. He wants
 * to fill Ben's memory and store, to make it ring all night, to push out what
 * Ben must remember of calls he answered, or to be taken for a friend by what
 * an offer says of itself.
 *
 * What stops him: one call at a time, the others get Hangup{Busy}; five rings,
 * then one every 2 s; what only rang is remembered in a ring of 256, and what
 * was answered, which only the user can do, is in the store, is never pushed
 * out, and when that is full refuses calls instead; a name is the user's own
 * contact's, an alias is a claim and shown as one.
 * What is left to him: while he floods, others find Ben busy.
 */
#include "support/harness.h"
#include "support/liar/couple.h"

#include <wzp/proto/utf8.h>

#include <stdio.h>
#include <string.h>

/* Offers of Eve's, each with an id of its own. */
static void flood(wzp_couple *c, size_t n, const char *prefix)
{
    const int ben = wzp_liar_line(c->liar, WZP_BEN);
    char id[40];
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(id, sizeof id, "%s-%zu", prefix, i);
        const wzp_signal sig = wzp_couple_offer(
            c, WZP_EVE, WZP_BEN, (wzp_str){id, strlen(id)}, NULL);
        wzp_liar_say(c->liar, ben, &sig);
        wzp_world_kick(c->w, c->relay);
        wzp_world_run(c->w, WZP_MS);
    }
    wzp_world_run(c->w, WZP_S);
}

static size_t stored(wzp_couple *c, const char *name)
{
    const wzp_store store = wzp_world_store(c->w, c->b);
    const wzp_mem mem = wzp_mem_default();
    uint8_t *data = NULL;
    size_t len = 0;
    if (store.load(store.user, name, &mem, &data, &len) != WZP_OK) {
        return 0;
    }
    wzp_mem_free(&mem, data, len);
    return len;
}

WZP_TEST(of_a_thousand_offers_one_rings_and_nothing_is_kept)
{
    wzp_couple *c = wzp_couple_silent(1);
    flood(c, 1000, "flood");
    const wzp_client_stats s = wzp_world_stats(c->w, c->b);
    wzp_client_event ev;
    assert_int_equal(s.calls_rung, 1);
    assert_int_equal(s.call_offers_busy, 999);
    assert_int_equal(s.call_signals_unsent, 0);
    assert_int_equal(wzp_world_events(c->w, c->b, WZP_EVENT_CALL, &ev), 1);
    assert_string_equal(ev.u.call.call_id, "flood-0");
    assert_int_equal(stored(c, "calls"), 0);
    assert_int_equal(stored(c, "contacts"), 0);
    wzp_couple_free(c);
}

/* Each ring is taken back at once, so that the next one finds nobody busy. */
WZP_TEST(who_rings_and_hangs_up_again_and_again_rings_once_in_two_seconds)
{
    wzp_couple *c = wzp_couple_silent(2);
    const int ben = wzp_liar_line(c->liar, WZP_BEN);
    const wzp_tstamp from = wzp_world_now(c->w);
    char id[40];
    for (int i = 0; i < 400; i++) {
        (void)snprintf(id, sizeof id, "on-and-off-%d", i);
        const wzp_str call_id = {id, strlen(id)};
        const wzp_signal on =
            wzp_couple_offer(c, WZP_EVE, WZP_BEN, call_id, NULL);
        const wzp_signal off = {.kind = WZP_SIG_HANGUP,
                                .u.hangup = {.call_id = call_id}};
        wzp_couple_tell(c, ben, &on);
        wzp_couple_tell(c, ben, &off);
    }
    const uint64_t seconds = (wzp_world_now(c->w) - from) / WZP_S;
    const uint64_t rings = wzp_world_stats(c->w, c->b).calls_rung;
    assert_in_range(rings, 6, 5 + seconds / 2 + 1);
    /* Control: who calls once he is gone rings at once. */
    wzp_world_run(c->w, 3 * WZP_S);
    assert_int_equal(wzp_couple_call(c, c->a, WZP_BEN), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_RINGING_IN);
    wzp_couple_free(c);
}

/* The offers push each other out of memory, and not what was answered. */
WZP_TEST(a_flood_does_not_push_out_the_ids_that_were_answered)
{
    wzp_couple *c = wzp_couple_silent(3);
    wzp_couple_talk(c);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_ACTIVE);
    wzp_couple_hang_up(c, c->a);
    wzp_world_run(c->w, WZP_S);
    const wzp_signal sig = *wzp_couple_said(c, WZP_SIG_DIRECT_CALL_OFFER, 0);
    wzp_couple_tell(c, wzp_liar_line(c->liar, WZP_BEN), &sig);
    assert_int_equal(wzp_world_stats(c->w, c->b).call_offers_known, 1);
    flood(c, 600, "push");
    wzp_couple_tell(c, wzp_liar_line(c->liar, WZP_BEN),
                    wzp_couple_said(c, WZP_SIG_DIRECT_CALL_OFFER, 0));
    assert_int_equal(wzp_world_stats(c->w, c->b).call_offers_known, 2);
    wzp_couple_free(c);
}

/* A day on which 1024 calls were answered, as the store has it. */
static void fill_the_day(wzp_couple *c)
{
    static char text[1024 * 60];
    const wzp_store store = wzp_world_store(c->w, c->b);
    size_t len = 0;
    for (int i = 0; i < 1024; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%032x %llu\n",
                                i, (unsigned long long)wzp_couple_unix(c));
    }
    assert_int_equal(
        store.save(store.user, "calls", (const uint8_t *)text, len), WZP_OK);
    wzp_world_restart_client(c->w, c->b);
    wzp_world_register(c->w, c->b, c->relay);
    assert_true(
        wzp_world_await_line(c->w, c->b, WZP_LINE_REGISTERED, 5 * WZP_S));
}

WZP_TEST(where_no_more_can_be_remembered_nothing_rings_until_a_day_has_gone)
{
    wzp_couple *c = wzp_couple_silent(4);
    fill_the_day(c);
    assert_int_equal(wzp_couple_call(c, c->a, WZP_BEN), WZP_OK);
    wzp_world_run(c->w, WZP_S);
    WZP_ASSERT_ENDED(c, c->a, WZP_ERR_BUSY);
    assert_int_equal(wzp_world_stats(c->w, c->b).call_offers_busy, 1);
    assert_int_equal(wzp_world_stats(c->w, c->b).calls_rung, 0);
    wzp_world_unregister(c->w, c->b);
    wzp_world_run(c->w, 24 * 3600 * WZP_S);
    wzp_world_register(c->w, c->b, c->relay);
    assert_true(
        wzp_world_await_line(c->w, c->b, WZP_LINE_REGISTERED, 5 * WZP_S));
    wzp_couple_talk(c);
    WZP_ASSERT_CALL(c, c->b, WZP_CALL_ACTIVE);
    assert_in_range(stored(c, "calls"), 40, 60); /* that one only */
    wzp_couple_free(c);
}

/* --- what an offer says --- */

static char long_id[1001];

static const struct {
    const char *id;
    bool rings;
} ids[] = {
    {"0123456789abcdef0123456789abcdef", true},
    {"0123456789012345678901234567890123456789012345678901234567890123", true},
    {"01234567890123456789012345678901234567890123456789012345678901234",
     false},
    {long_id, false},
    {"", false},
    {"two words", false},
    {"line\nfeed", false},
    {"\x1b[2J", false},
    {"caf\xc3\xa9", false},
    {"../../etc/passwd", true}, /* a word like any other: it names no file */
    {"\"}},{\"Hangup\":{", true},
    {"%s%n%x", true},
};

static size_t ids_count(void)
{
    return sizeof ids / sizeof ids[0];
}

static void ids_run(size_t row)
{
    wzp_couple *c = wzp_couple_silent(5);
    memset(long_id, 'x', sizeof long_id - 1);
    const wzp_str id = {ids[row].id, strlen(ids[row].id)};
    wzp_agree *he =
        ids[row].rings ? wzp_couple_agree(c, WZP_EVE, id, NULL, NULL) : NULL;
    const wzp_signal sig = wzp_couple_offer(c, WZP_EVE, WZP_BEN, id, he);
    wzp_couple_tell(c, wzp_liar_line(c->liar, WZP_BEN), &sig);
    assert_int_equal(wzp_world_stats(c->w, c->b).calls_rung, ids[row].rings);
    assert_int_equal(wzp_world_stats(c->w, c->b).call_offers_refused,
                     !ids[row].rings);
    if (ids[row].rings) {
        assert_string_equal(wzp_couple_last(c, c->b).u.call.call_id,
                            ids[row].id);
        assert_int_equal(wzp_couple_answer(c, c->b), WZP_OK);
        wzp_world_run(c->w, 11 * WZP_S);
        WZP_ASSERT_ENDED(c, c->b, WZP_ERR_TIMEOUT);
    }
    wzp_couple_free(c);
    wzp_agree_free(he);
}

WZP_ROWS(a_call_id_is_a_word_of_64_characters_or_less, ids_count, ids_run);

/* In every row it is the attacker who calls, and "Mama" is a contact. */
static const char *const aliases[] = {
    "Mama",
    "Mama\xe2\x80\xae",         /* turns the direction */
    "\xe2\x81\xa7Mama",         /* the same */
    "Mama\n(verified)",         /* a line of its own */
    "Mama\xe2\x80\xa8verified", /* the same */
    "\xc2\x9b[2J\x1b[31mMama",  /* for terminals */
    "Mama\x7f",
    "",
};

static size_t aliases_count(void)
{
    return sizeof aliases / sizeof aliases[0];
}

static void aliases_run(size_t row)
{
    wzp_couple *c = wzp_couple_silent(6);
    wzp_client_event ev;
    const uint8_t mama[WZP_FP_LEN] = {7};
    assert_int_equal(wzp_engine_contact_add(wzp_world_engine(c->w, c->b),
                                            wzp_world_now_at(c->w, c->b), mama,
                                            "Mama"),
                     WZP_OK);
    wzp_signal sig =
        wzp_couple_offer(c, WZP_EVE, WZP_BEN, WZP_STR("hello"), NULL);
    sig.u.direct_call_offer.caller_alias =
        (wzp_str){aliases[row], strlen(aliases[row])};
    wzp_couple_tell(c, wzp_liar_line(c->liar, WZP_BEN), &sig);
    ev = wzp_couple_last(c, c->b);
    assert_int_equal(ev.u.call.state, WZP_CALL_RINGING_IN);
    assert_int_equal(ev.u.call.contact, WZP_CALL_STRANGER);
    assert_string_equal(ev.u.call.name, "");
    assert_false(ev.u.call.is_verified);
    assert_true(wzp_utf8_is_line(ev.u.call.alias, strlen(ev.u.call.alias)));
    assert_true(wzp_utf8_is_valid(ev.u.call.alias, strlen(ev.u.call.alias)));
    wzp_couple_free(c);
}

WZP_ROWS(a_caller_with_the_name_of_a_contact_is_a_stranger, aliases_count,
         aliases_run);

/* As long as a signal may be. */
WZP_TEST(an_alias_that_is_too_long_is_cut)
{
    static char alias[60000];
    wzp_couple *c = wzp_couple_silent(7);
    memset(alias, 'm', sizeof alias);
    wzp_signal sig =
        wzp_couple_offer(c, WZP_EVE, WZP_BEN, WZP_STR("long"), NULL);
    sig.u.direct_call_offer.caller_alias = (wzp_str){alias, sizeof alias};
    wzp_couple_tell(c, wzp_liar_line(c->liar, WZP_BEN), &sig);
    wzp_world_run(c->w, WZP_S);
    assert_int_equal(strlen(wzp_couple_last(c, c->b).u.call.alias), 63);
    wzp_couple_free(c);
}
