/* SPDX-License-Identifier: MIT */
/* A join: texts and terms judged at once, names and secrets worked on off the
 * loop, and an end meanwhile.
 */
#include "client/uv_relay.h"

#include <wzp/crypto/room.h>

/* --- the end while a name is looked up ------------------------------------ */

WZP_TEST(client_on_its_own_thread_can_be_freed_while_resolving)
{
    ASSERT_OK(wzp_global_init());
    for (int i = 0; i < 10; i++) {
        wzp_client *c = client_new(NULL);
        ASSERT_OK(wzp_client_run_thread(c));
        ASSERT_OK(wzp_client_join(c, "room", "localhost:9", NULL));
        wzp_client_free(c, NULL, NULL);
    }
    wzp_global_deinit();
}

WZP_TEST(client_on_the_callers_loop_can_be_freed_while_resolving)
{
    ASSERT_OK(wzp_global_init());
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    int closed = 0;
    for (int i = 0; i < 10; i++) {
        wzp_client *c = client_new(NULL);
        ASSERT_OK(wzp_client_attach(c, &loop));
        ASSERT_OK(wzp_client_join(c, "room", "localhost:9", NULL));
        ASSERT_OK(wzp_client_words(c));
        uv_run(&loop, UV_RUN_NOWAIT);
        wzp_client_free(c, note_closed, &closed);
    }
    uv_run(&loop, UV_RUN_DEFAULT);

    assert_int_equal(closed, 10);
    assert_int_equal(uv_loop_close(&loop), 0);
    wzp_global_deinit();
}

WZP_TEST(client_behind_a_descriptor_can_be_freed_while_resolving)
{
    ASSERT_OK(wzp_global_init());
    for (int i = 0; i < 10; i++) {
        wzp_client *c = client_new(NULL);
        int fd = -1;
        int timeout = 0;
        ASSERT_OK(wzp_client_fd(c, &fd, &timeout));
        ASSERT_OK(wzp_client_join(c, "room", "localhost:9", NULL));
        ASSERT_OK(wzp_client_process(c));
        wzp_client_free(c, NULL, NULL);
    }
    wzp_global_deinit();
}

WZP_TEST(client_that_leaves_while_resolving_does_not_join)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    held_pool pool;
    ASSERT_OK(wzp_client_run_thread(c));

    pool_hold(&pool);
    ASSERT_OK(wzp_client_join(c, "room", by_name(r), NULL));
    ASSERT_OK(wzp_client_leave(c));
    pool_release(&pool);
    const wzp_client_event ev = await_event(c, WZP_EVENT_ENDED);

    assert_int_equal(ev.u.ended.why, WZP_OK);
    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_end(r), 0);
}

WZP_TEST(client_tells_when_a_name_is_not_found)
{
    ASSERT_OK(wzp_global_init());
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));

    /* An empty label: no server is asked. */
    ASSERT_OK(wzp_client_join(c, "room", "no..where:4433", NULL));
    const wzp_client_event ev = await_event(c, WZP_EVENT_ENDED);

    assert_int_equal(ev.u.ended.why, WZP_ERR_RESOLVE);
    assert_non_null(strstr(ev.u.ended.text, "no..where"));
    wzp_client_free(c, NULL, NULL);
    wzp_global_deinit();
}

/* --- terms ---------------------------------------------------------------- */

static wzp_client_join_options with_secret(const uv_relay *r,
                                           const char *secret)
{
    wzp_client_join_options o;
    wzp_client_join_options_default(&o);
    o.room = "room";
    o.relay = r->address;
    o.secret = secret;
    o.secret_len = strlen(secret);
    return o;
}

typedef struct proof {
    uint8_t exporter[32], kph[WZP_HASH_LEN], mac[WZP_HASH_LEN];
    size_t len;
} proof;

static sr *proving; /* the relay below */

static void note_proof(void *user, const wzp_signal *sig)
{
    proof *p = user;
    if (sig->kind != WZP_SIG_CALL_OFFER) {
        return;
    }
    const wzp_sig_call_offer *o = &sig->u.call_offer;
    p->len = o->room_proof.len;
    if (p->len == sizeof p->mac) {
        memcpy(p->mac, o->room_proof.ptr, sizeof p->mac);
    }
    wzp_sha256(o->kp.ptr, o->kp.len, p->kph);
    memcpy(p->exporter, proving->exporter, sizeof p->exporter);
}

WZP_TEST(client_proves_the_secret_it_is_given_and_keeps_it_to_itself)
{
    uint8_t access[WZP_KEY_LEN], psk[WZP_KEY_LEN], room_id[WZP_HASH_LEN];
    proof p = {0};
    char secret[] = "able baker charlie";
    uv_relay *r = relay_start();
    proving = &r->w;
    r->w.user = &p;
    r->w.on_signal = note_proof;
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    const wzp_client_join_options o = with_secret(r, secret);

    ASSERT_OK(wzp_client_join_with(c, &o));
    memset(secret, 'x', sizeof secret); /* it has its own copy */
    await_state(c, WZP_CLIENT_JOINED);

    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_end(r), 1);
    wzp_room_id(WZP_STR("room"), room_id);
    ASSERT_OK(
        wzp_room_secret_derive("able baker charlie", 18, room_id, access, psk));
    ASSERT_OK(wzp_room_proof_check(access, p.exporter, p.kph, p.mac, p.len));
}

WZP_TEST(client_that_leaves_while_the_secret_is_worked_on_does_not_join)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    const wzp_client_join_options o = with_secret(r, "able baker charlie");
    held_pool pool;

    pool_hold(&pool);
    ASSERT_OK(wzp_client_join_with(c, &o));
    ASSERT_OK(wzp_client_leave(c));
    pool_release(&pool);
    const wzp_client_event ev = await_event(c, WZP_EVENT_ENDED);

    assert_int_equal(ev.u.ended.why, WZP_OK);
    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_end(r), 0);
}

WZP_TEST(client_can_be_freed_while_the_secret_is_worked_on)
{
    uv_relay *r = relay_start();
    wzp_client_join_options o = with_secret(r, "able baker charlie");
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    ASSERT_OK(wzp_client_join_with(c, &o));
    wzp_client_free(c, NULL, NULL);
    relay_end(r); /* where the test is slow, it may have joined */

    r = relay_start();
    o = with_secret(r, "able baker charlie");
    c = client_new(NULL); /* and before anybody looked at the command */
    int fd = -1;
    int timeout = 0;
    ASSERT_OK(wzp_client_fd(c, &fd, &timeout));
    ASSERT_OK(wzp_client_join_with(c, &o));
    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_end(r), 0);
}

WZP_TEST(client_judges_the_terms_of_a_join_at_once)
{
    static const uint8_t list[1][WZP_FP_LEN];
    static const char long_one[WZP_ROOM_SECRET_MAX + 1];
    ASSERT_OK(wzp_global_init());
    wzp_client *c = client_new(NULL);
    wzp_client_join_options o;
    wzp_client_join_options_default(&o);
    assert_int_equal(wzp_client_join_with(c, &o), WZP_ERR_ARG);
    o.room = "room";
    o.relay = "relay.example";
    o.secret = long_one;
    assert_int_equal(wzp_client_join_with(c, &o), WZP_ERR_PASSPHRASE);
    o.secret_len = sizeof long_one;
    assert_int_equal(wzp_client_join_with(c, &o), WZP_ERR_PASSPHRASE);
    o.secret_len--;
    assert_int_equal(wzp_client_join_with(c, &o), WZP_ERR_STATE); /* no host */
    o.n_allowed = 1;
    assert_int_equal(wzp_client_join_with(c, &o), WZP_ERR_ARG);
    o.allowed = list;
    assert_int_equal(wzp_client_join_with(c, &o), WZP_ERR_STATE);
    o.policy = (wzp_room_policy)9;
    assert_int_equal(wzp_client_join_with(c, &o), WZP_ERR_ARG);
    wzp_client_free(c, NULL, NULL);
    wzp_global_deinit();
}

/* --- a second join is no end of the first --------------------------------- */

WZP_TEST(client_in_a_room_stays_there_when_asked_to_join_another)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));
    await_state(c, WZP_CLIENT_JOINED);

    wzp_ignore(wzp_client_join(c, "other", r->address, NULL), "refused");
    ASSERT_OK(wzp_client_words(c)); /* done in order: after the join */

    wzp_client_event ev;
    do {
        ASSERT_OK(wzp_client_wait_event(c, WAIT_MS, &ev));
        assert_int_not_equal(ev.kind, WZP_EVENT_ENDED);
    } while (ev.kind != WZP_EVENT_WORDS);
    ASSERT_OK(ev.u.words.err); /* still in the room */
    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_end(r), 1);
}

/* --- texts ---------------------------------------------------------------- */

#define HEX64 "0123456789abcdef0123456789abcdef0123456789ABCDEF0123456789ABCDEF"

static const struct {
    const char *room, *relay, *pin;
    wzp_err err;
} texts[] = {
    {"room", "relay.example", NULL, WZP_OK},
    {"room", "relay.example:4433", NULL, WZP_OK},
    {"room", "192.0.2.1:1", NULL, WZP_OK},
    {"room", "[2001:db8::1]", NULL, WZP_OK},
    {"room", "[2001:db8::1]:65535", NULL, WZP_OK},
    {"Any Room Ä", "relay.example", NULL, WZP_OK},
    {"", "relay.example", NULL, WZP_ERR_NAME},
    {"_relay", "relay.example", NULL, WZP_ERR_NAME},
    {"PING", "relay.example", NULL, WZP_ERR_NAME},
    {"room", "", NULL, WZP_ERR_ADDRESS},
    {"room", ":4433", NULL, WZP_ERR_ADDRESS},
    {"room", "relay.example:", NULL, WZP_ERR_ADDRESS},
    {"room", "relay.example:https", NULL, WZP_ERR_ADDRESS},
    {"room", "relay.example:44 33", NULL, WZP_ERR_ADDRESS},
    {"room", "relay.example:-1", NULL, WZP_ERR_ADDRESS},
    {"room", "relay.example:65536", NULL, WZP_ERR_ADDRESS},
    {"room", "relay.example:99999", NULL, WZP_ERR_ADDRESS},
    {"room", "relay.example:123456", NULL, WZP_ERR_ADDRESS},
    {"room", "2001:db8::1", NULL, WZP_ERR_ADDRESS},
    {"room", "[2001:db8::1", NULL, WZP_ERR_ADDRESS},
    {"room", "[2001:db8::1]x", NULL, WZP_ERR_ADDRESS},
    {"room", "[]:4433", NULL, WZP_ERR_ADDRESS},
    {"room", "relay.example", HEX64, WZP_OK},
    {"room", "relay.example", "", WZP_ERR_ARG},
    {"room", "relay.example", "00", WZP_ERR_ARG},
    {"room", "relay.example", HEX64 "00", WZP_ERR_ARG},
    {"room", "relay.example", "x" HEX64, WZP_ERR_ARG},
};

static size_t texts_count(void)
{
    return sizeof texts / sizeof texts[0];
}

/* Queued, never processed: only the text is judged. */
static void text_row(size_t row)
{
    ASSERT_OK(wzp_global_init());
    wzp_client *c = client_new(NULL);
    int fd = -1;
    int timeout = 0;
    ASSERT_OK(wzp_client_fd(c, &fd, &timeout));

    wzp_err e =
        wzp_client_join(c, texts[row].room, texts[row].relay, texts[row].pin);

    if (texts[row].err == WZP_ERR_ARG) { /* any error will do for a pin */
        assert_int_not_equal(e, WZP_OK);
    } else {
        assert_int_equal(e, texts[row].err);
    }
    if (e == WZP_OK) {
        ASSERT_OK(wzp_client_leave(c));
    }
    wzp_client_free(c, NULL, NULL);
    wzp_global_deinit();
}
WZP_ROWS(client_judges_the_text_of_a_join_at_once, texts_count, text_row);

WZP_TEST(client_takes_a_pin_with_colons)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    char pin[3 * WZP_HASH_LEN + 1];
    for (size_t i = 0; i < WZP_HASH_LEN; i++) {
        snprintf(pin + 3 * i, 4, "%02X:", r->w.relay_cert[i]);
    }
    pin[3 * WZP_HASH_LEN - 1] = '\0';

    ASSERT_OK(wzp_client_join(c, "room", r->address, pin));

    await_state(c, WZP_CLIENT_JOINED);
    wzp_client_free(c, NULL, NULL);
    relay_end(r);
}

WZP_TEST(client_with_another_pin_ends)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));

    ASSERT_OK(wzp_client_join(c, "room", r->address, HEX64));

    assert_int_equal(await_event(c, WZP_EVENT_ENDED).u.ended.why, WZP_ERR_PIN);
    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_end(r), 0);
}
