/* SPDX-License-Identifier: MIT */
/* An engine that knows people: whom the host is told of by name, what is kept
 * of them, and a member that has a contact's fingerprint and another key.
 */
#include "client/fake_store.h"
#include "client/small_call.h"

#include <wzp/proto/hex.h>

typedef struct place {
    sc *c;
    fake_store store; /* its name: contacts */
} place;

static wzp_err open_engine(place *p)
{
    wzp_engine_config cfg = sc_config(p->c);
    cfg.allow_legacy = true;
    cfg.store = p->store.table;
    wzp_engine_free(p->c->e);
    p->c->e = NULL;
    return wzp_engine_new(&p->c->e, &cfg, p->c->w->now);
}

/* The file of contacts is `text` when the engine starts. */
static place *place_new(const char *text)
{
    place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->c = sc_new();
    fake_store_init(&p->store, "contacts");
    if (text != NULL) {
        fake_store_put(&p->store, text, strlen(text));
    }
    ASSERT_OK(open_engine(p));
    sc_add_friend(p->c);
    return p;
}

static void place_free(place *p)
{
    sc_free(p->c);
    fake_store_deinit(&p->store);
    free(p);
}

static const uint8_t *friend_key(void)
{
    static uint8_t key[WZP_KEY_LEN];
    ASSERT_OK(wzp_crypto_global_init()); /* counted */
    wzp_seed_identity *id = sr_identity(3);
    memcpy(key, wzp_seed_identity_table(id).public_key, sizeof key);
    wzp_seed_identity_free(id);
    wzp_crypto_global_deinit();
    return key;
}

static const uint8_t *friend_fp(void)
{
    static uint8_t fp[WZP_FP_LEN];
    wzp_identity_fingerprint(friend_key(), fp);
    return fp;
}

/* A line for the friend, called Anna; key NULL: not seen yet. */
static const char *line_of_anna(const uint8_t *key)
{
    static char text[256];
    char fp[2 * WZP_FP_LEN + 1] = "";
    char hex[2 * WZP_KEY_LEN + 1] = "-";
    wzp_hex_encode(friend_fp(), WZP_FP_LEN, fp);
    if (key != NULL) {
        wzp_hex_encode(key, WZP_KEY_LEN, hex);
        hex[2 * WZP_KEY_LEN] = '\0';
    }
    snprintf(text, sizeof text, "%s %s 100 200 - Anna\n", fp, hex);
    return text;
}

static wzp_contact saved_anna(place *p)
{
    const wzp_mem mem = wzp_mem_default();
    const wzp_store table = {.load = fake_store_load, .user = &p->store};
    wzp_contacts *all;
    wzp_contact one;
    ASSERT_OK(wzp_contacts_new(&all, &mem, &table));
    ASSERT_OK(wzp_contacts_find(all, friend_fp(), &one));
    wzp_contacts_free(all);
    return one;
}

/* The last event of this kind. */
static const wzp_client_event *last(const place *p, wzp_client_event_kind kind)
{
    for (size_t i = p->c->n_events; i > 0; i--) {
        if (p->c->events[i - 1].kind == kind) {
            return &p->c->events[i - 1];
        }
    }
    fail_msg("there is no event of kind %d", (int)kind);
    return NULL;
}

/* --- people --------------------------------------------------------------- */

WZP_TEST(engine_calls_a_contact_by_its_name_and_keeps_its_key)
{
    place *p = place_new(line_of_anna(NULL));
    sc_join(p->c);
    sc_talk(p->c, 50);
    sc_run(p->c, 2 * WZP_S);

    const wzp_client_event *ev = last(p, WZP_EVENT_MEMBER);
    assert_int_equal(ev->u.member.info.state, WZP_MEMBER_KEYED);
    assert_string_equal(ev->u.member.contact, "Anna");
    assert_string_equal(ev->u.member.info.alias, "somebody");
    assert_false(ev->u.member.is_verified);
    const wzp_contact anna = saved_anna(p);
    assert_true(anna.has_key && anna.is_capable);
    assert_memory_equal(anna.key, friend_key(), WZP_KEY_LEN);
    assert_true(anna.last_seen == p->c->w->unix_now);
    assert_int_equal(sc_count(p->c, WZP_EVENT_CONTACT), 0);
    place_free(p);
}

WZP_TEST(engine_makes_no_contact_of_a_stranger)
{
    place *p = place_new(NULL);
    sc_join(p->c);
    sc_run(p->c, 2 * WZP_S);

    const wzp_client_event *ev = last(p, WZP_EVENT_MEMBER);
    assert_string_equal(ev->u.member.contact, "");
    assert_int_equal(wzp_contacts_count(wzp_engine_contacts_view(p->c->e)), 0);
    assert_int_equal(p->store.saves, 0);
    place_free(p);
}

/* What the relay says of a member nobody has proved is no name of ours. */
WZP_TEST(engine_names_nobody_before_it_proved_who_it_is)
{
    place *p = place_new(line_of_anna(NULL));
    sc_join(p->c);
    for (size_t i = 0; i < p->c->n_events; i++) {
        const wzp_client_event *ev = &p->c->events[i];
        if (ev->kind == WZP_EVENT_MEMBER &&
            ev->u.member.info.state == WZP_MEMBER_UNKNOWN) {
            assert_string_equal(ev->u.member.contact, "");
            assert_memory_equal(ev->u.member.info.fingerprint, friend_fp(),
                                WZP_FP_LEN);
            place_free(p);
            return;
        }
    }
    fail_msg("nobody was unknown");
}

WZP_TEST(engine_adds_verifies_and_forgets_a_member_that_is_here)
{
    place *p = place_new(NULL);
    wzp_engine *e = p->c->e;
    sc_join(p->c);

    ASSERT_OK(wzp_engine_contact_add(e, p->c->w->now, friend_fp(), "Anna"));
    sc_settle(p->c);
    assert_string_equal(last(p, WZP_EVENT_MEMBER)->u.member.contact, "Anna");
    assert_int_equal(last(p, WZP_EVENT_CONTACT)->u.contact.why, WZP_OK);
    assert_memory_equal(last(p, WZP_EVENT_CONTACT)->u.contact.pinned,
                        friend_key(), WZP_KEY_LEN);
    ASSERT_OK(wzp_engine_contact_verify(e, p->c->w->now, friend_fp(), true));
    sc_settle(p->c);
    assert_true(last(p, WZP_EVENT_MEMBER)->u.member.is_verified);
    assert_true(last(p, WZP_EVENT_CONTACT)->u.contact.is_verified);
    assert_true(saved_anna(p).is_verified);

    ASSERT_OK(wzp_engine_contact_forget(e, p->c->w->now, friend_fp()));
    sc_settle(p->c);
    assert_string_equal(last(p, WZP_EVENT_MEMBER)->u.member.contact, "");
    assert_string_equal(last(p, WZP_EVENT_CONTACT)->u.contact.name, "");
    place_free(p);
}

WZP_TEST(engine_says_why_a_contact_was_not_added_or_verified)
{
    place *p = place_new(line_of_anna(NULL));
    wzp_engine *e = p->c->e;

    assert_int_equal(
        wzp_engine_contact_add(e, p->c->w->now, friend_fp(), "Berta"),
        WZP_ERR_EXISTS);
    sc_settle(p->c);
    assert_int_equal(last(p, WZP_EVENT_CONTACT)->u.contact.why, WZP_ERR_EXISTS);
    assert_string_equal(last(p, WZP_EVENT_CONTACT)->u.contact.name, "Anna");
    assert_int_equal(
        wzp_engine_contact_verify(e, p->c->w->now, friend_fp(), true),
        WZP_ERR_STATE);
    const uint8_t nobody[WZP_FP_LEN] = {1};
    assert_int_equal(wzp_engine_contact_forget(e, p->c->w->now, nobody),
                     WZP_ERR_NOT_FOUND);
    place_free(p);
}

/* --- another key ---------------------------------------------------------- */

/* Two keys of one fingerprint are not to be had; a store edited by hand stands
 * for them. */
WZP_TEST(engine_gives_no_keys_to_a_member_with_another_key_than_its_contact)
{
    const uint8_t other[WZP_KEY_LEN] = {9, 9, 9};
    place *p = place_new(line_of_anna(other));
    sc_join(p->c);
    sc_talk(p->c, 100);
    sc_run(p->c, 10 * WZP_S);

    assert_int_equal(p->c->heard + p->c->control, 0);
    assert_int_equal(sc_stats(p->c).frames_played, 0);
    const wzp_client_event *ev = last(p, WZP_EVENT_MEMBER);
    assert_int_equal(ev->u.member.info.state, WZP_MEMBER_REFUSED);
    assert_int_equal(ev->u.member.info.why, WZP_ERR_CONTACT);
    assert_int_equal(sc_count(p->c, WZP_EVENT_CONTACT), 1);
    ev = last(p, WZP_EVENT_CONTACT);
    assert_int_equal(ev->u.contact.why, WZP_ERR_CONTACT);
    assert_string_equal(ev->u.contact.name, "Anna");
    assert_memory_equal(ev->u.contact.pinned, other, WZP_KEY_LEN);
    assert_memory_equal(ev->u.contact.seen, friend_key(), WZP_KEY_LEN);
    const wzp_contact anna = saved_anna(p);
    assert_memory_equal(anna.key, other, WZP_KEY_LEN);
    assert_true(anna.last_seen == 200);
    place_free(p);
}

WZP_TEST(engine_control_a_member_with_the_key_of_its_contact_hears_and_is_heard)
{
    place *p = place_new(line_of_anna(friend_key()));
    sc_join(p->c);
    sc_talk(p->c, 100);
    sc_run(p->c, 10 * WZP_S);

    assert_true(p->c->heard > 100);
    assert_true(sc_stats(p->c).frames_played > 50);
    assert_int_equal(sc_count(p->c, WZP_EVENT_CONTACT), 0);
    place_free(p);
}

WZP_TEST(
    engine_gives_keys_to_it_once_the_user_forgot_the_contact_and_joined_anew)
{
    const uint8_t other[WZP_KEY_LEN] = {9, 9, 9};
    place *p = place_new(line_of_anna(other));
    wzp_engine *e = p->c->e;
    sc_join(p->c);
    ASSERT_OK(wzp_engine_contact_forget(e, p->c->w->now, friend_fp()));
    ASSERT_OK(wzp_engine_contact_add(e, p->c->w->now, friend_fp(), "Anna"));
    sc_run(p->c, 2 * WZP_S);
    assert_int_equal(p->c->heard + p->c->control, 0);

    wzp_engine_leave(e, p->c->w->now);
    sc_run(p->c, WZP_S);
    sc_join(p->c);
    sc_talk(p->c, 100);

    assert_true(p->c->heard > 10);
    assert_memory_equal(saved_anna(p).key, friend_key(), WZP_KEY_LEN);
    place_free(p);
}

/* --- clear media ---------------------------------------------------------- */

/* In the room with one who does not seal and claims to be the friend. */
static wzp_client_event beside_an_old_friend(place *p)
{
    char fp[WZP_FP_TEXT_LEN + 1];
    wzp_group_free(p->c->friend);
    p->c->friend = NULL;
    sc_join(p->c);
    wzp_fingerprint_encode(friend_fp(), fp);
    const wzp_participant old = {.fingerprint = {fp, WZP_FP_TEXT_LEN},
                                 .alias = WZP_STR("Anna")};
    const wzp_signal sig = {.kind = WZP_SIG_ROOM_UPDATE,
                            .u.room_update = {.count = 1,
                                              .participants = {&old, 1},
                                              .rev = {true, 2}}};
    sr_send(p->c->w, &sig);
    sc_run(p->c, WZP_S);
    return *last(p, WZP_EVENT_CLEAR);
}

WZP_TEST(engine_never_talks_in_clear_to_a_contact_that_could_seal)
{
    place *p = place_new(line_of_anna(friend_key()));
    const wzp_client_event ev = beside_an_old_friend(p);

    assert_int_equal(ev.u.clear.state, WZP_CLEAR_REFUSED);
    assert_int_equal(ev.u.clear.why, WZP_ERR_DOWNGRADE);
    assert_int_equal(wzp_engine_accept_clear(p->c->e, p->c->w->now),
                     WZP_ERR_DOWNGRADE);
    assert_string_equal(last(p, WZP_EVENT_MEMBER)->u.member.contact, "");
    place_free(p);
}

WZP_TEST(engine_control_of_a_contact_whose_key_was_never_seen_it_asks)
{
    place *p = place_new(line_of_anna(NULL));
    const wzp_client_event ev = beside_an_old_friend(p);

    assert_int_equal(ev.u.clear.state, WZP_CLEAR_ASKED);
    place_free(p);
}

/* --- the store ------------------------------------------------------------ */

WZP_TEST(engine_writes_contacts_when_there_is_news_and_not_with_every_event)
{
    place *p = place_new(line_of_anna(NULL));
    sc_join(p->c);
    sc_talk(p->c, 500);
    assert_int_equal(p->store.saves, 1);
    place_free(p);
}

WZP_TEST(engine_saves_a_contact_as_soon_as_it_can)
{
    place *p = place_new(line_of_anna(NULL));
    p->store.is_broken = true;
    sc_join(p->c);
    sc_run(p->c, 5 * WZP_S);
    assert_true(p->store.saves > 3);
    assert_false(saved_anna(p).has_key);

    p->store.is_broken = false;
    sc_run(p->c, WZP_S);

    assert_true(saved_anna(p).has_key);
    place_free(p);
}

WZP_TEST(engine_does_not_start_over_contacts_it_cannot_understand)
{
    place *p = place_new(NULL);
    fake_store_put(&p->store, "what is this\n", 13);

    const wzp_err e = open_engine(p);

    assert_int_equal(e, WZP_ERR_MALFORMED);
    assert_int_equal(p->store.saves, 0);
    place_free(p);
}
