/* SPDX-License-Identifier: MIT */
/* What is asked of a client from any thread: taken or refused at once, done in
 * order, and its outcome told.
 */
#include "client/uv_relay.h"

#include <poll.h>
#include <pthread.h>

WZP_TEST(client_gives_words_when_in_a_room_and_the_reason_when_not)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));

    ASSERT_OK(wzp_client_words(c));
    assert_int_equal(await_event(c, WZP_EVENT_WORDS).u.words.err,
                     WZP_ERR_STATE);
    ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));
    await_state(c, WZP_CLIENT_JOINED);
    ASSERT_OK(wzp_client_words(c));
    const wzp_client_event ev = await_event(c, WZP_EVENT_WORDS);

    ASSERT_OK(ev.u.words.err);
    for (int i = 0; i < 8; i++) {
        assert_non_null(ev.u.words.word[i]);
        assert_true(strlen(ev.u.words.word[i]) >= 3);
    }
    wzp_client_free(c, NULL, NULL);
    relay_end(r);
}

/* In no room: people are known there too. */
WZP_TEST(client_says_what_became_of_commands_about_contacts)
{
    ASSERT_OK(wzp_global_init());
    const uint8_t fp[WZP_FP_LEN] = {1, 2, 3};
    char long_name[WZP_ALIAS_MAX + 1];
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));

    ASSERT_OK(wzp_client_contact_add(c, fp, "Anna"));
    wzp_client_event ev = await_event(c, WZP_EVENT_CONTACT);
    ASSERT_OK(ev.u.contact.why);
    assert_string_equal(ev.u.contact.name, "Anna");
    assert_memory_equal(ev.u.contact.fingerprint, fp, WZP_FP_LEN);
    ASSERT_OK(wzp_client_contact_add(c, fp, "Berta"));
    ev = await_event(c, WZP_EVENT_CONTACT);
    assert_int_equal(ev.u.contact.why, WZP_ERR_EXISTS);
    ASSERT_OK(wzp_client_contact_verify(c, fp, true));
    ev = await_event(c, WZP_EVENT_CONTACT);
    assert_int_equal(ev.u.contact.why, WZP_ERR_STATE);
    ASSERT_OK(wzp_client_contact_forget(c, fp));
    ev = await_event(c, WZP_EVENT_CONTACT);
    ASSERT_OK(ev.u.contact.why);
    assert_string_equal(ev.u.contact.name, "");
    memset(long_name, 'n', sizeof long_name);
    long_name[WZP_ALIAS_MAX] = '\0';
    assert_int_equal(wzp_client_contact_add(c, fp, long_name), WZP_ERR_NAME);

    wzp_client_free(c, NULL, NULL);
    wzp_global_deinit();
}

/* The name is still looked up when the acceptance comes. */
WZP_TEST(client_told_to_accept_clear_media_right_after_joining_does)
{
    uv_relay *r = relay_start_as(SR_NO_CAPS);
    wzp_client_config cfg;
    wzp_client_config_default(&cfg);
    cfg.engine.identity = own_identity();
    cfg.engine.allow_legacy = true;
    wzp_client *c = NULL;
    int fd = -1;
    int timeout = 0;
    ASSERT_OK(wzp_client_new(&c, &cfg));
    ASSERT_OK(wzp_client_fd(c, &fd, &timeout));

    ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));
    ASSERT_OK(wzp_client_accept_clear(c));

    assert_true(process_until(c, WZP_CLIENT_JOINED));
    wzp_client_free(c, NULL, NULL);
    relay_end(r);
}

/* Nothing was processed before the first command: its arrival must show. */
WZP_TEST(client_behind_a_descriptor_wakes_for_the_first_command)
{
    ASSERT_OK(wzp_global_init());
    wzp_client *c = client_new(NULL);
    struct pollfd p = {.events = POLLIN};
    int timeout = 0;
    ASSERT_OK(wzp_client_fd(c, &p.fd, &timeout));

    ASSERT_OK(wzp_client_words(c));

    assert_true(timeout >= 0 || poll(&p, 1, 1000) == 1);
    wzp_client_free(c, NULL, NULL);
    wzp_global_deinit();
}

WZP_TEST(client_takes_64_commands_at_once_and_no_more)
{
    ASSERT_OK(wzp_global_init());
    wzp_client *c = client_new(NULL);
    int fd = -1;
    int timeout = 0;
    ASSERT_OK(wzp_client_fd(c, &fd, &timeout));

    for (int i = 0; i < 64; i++) {
        ASSERT_OK(wzp_client_mute(c, i % 2 == 0));
    }
    assert_int_equal(wzp_client_mute(c, true), WZP_ERR_FULL);

    for (int i = 0; i < 3; i++) {
        ASSERT_OK(wzp_client_process(c));
    }
    ASSERT_OK(wzp_client_mute(c, true));
    wzp_client_free(c, NULL, NULL);
    wzp_global_deinit();
}

/* In a room the client is run every 10 ms, and its figures are renewed every
 * tenth time. False: they never become these. */
static bool comes_to(wzp_client *c, bool is_muted, bool is_held, bool is_open)
{
    for (int i = 0; i < 1000; i++) {
        struct pollfd p = {.events = POLLIN};
        int timeout = 0;
        wzp_client_stats s = {.size = sizeof s};
        wzp_client_stats_get(c, &s);
        if (s.is_muted == is_muted && s.is_held == is_held &&
            s.is_open == is_open) {
            return true;
        }
        ASSERT_OK(wzp_client_fd(c, &p.fd, &timeout));
        (void)poll(&p, 1, timeout);
        ASSERT_OK(wzp_client_process(c));
    }
    return false;
}

WZP_TEST(client_passes_mute_hold_push_to_talk_and_volume_on)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    int fd = -1;
    int timeout = 0;
    ASSERT_OK(wzp_client_fd(c, &fd, &timeout));
    ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));
    assert_true(process_until(c, WZP_CLIENT_JOINED));

    ASSERT_OK(wzp_client_mute(c, true));
    assert_true(comes_to(c, true, false, false));
    ASSERT_OK(wzp_client_hold(c, true));
    ASSERT_OK(wzp_client_mute(c, false));
    assert_true(comes_to(c, false, true, false));
    ASSERT_OK(wzp_client_hold(c, false));
    assert_true(comes_to(c, false, false, true));
    ASSERT_OK(wzp_client_push_to_talk(c, true, false));
    assert_true(comes_to(c, false, false, false));
    ASSERT_OK(wzp_client_push_to_talk(c, true, true));
    assert_true(comes_to(c, false, false, true));
    ASSERT_OK(wzp_client_volume(c, 7, 400)); /* nobody: nothing happens */
    assert_int_equal(wzp_client_volume(c, 7, 401), WZP_ERR_ARG);

    ASSERT_OK(wzp_client_process(c));
    wzp_client_free(c, NULL, NULL);
    relay_end(r);
}

/* --- load from several threads -------------------------------------------- */

typedef struct caller {
    pthread_t thread;
    wzp_client *c;
    const char *relay;
    uint32_t seed;
    size_t full; /* commands the queue had no room for */
} caller;

static wzp_err some_command(caller *k)
{
    switch (fake_number(&k->seed) % 8) {
    case 0: return wzp_client_leave(k->c);
    case 1: return wzp_client_join(k->c, "room", k->relay, NULL);
    case 2: return wzp_client_pin_decide(k->c, true);
    case 3:
        return fake_number(&k->seed) % 32 == 0 ? wzp_client_words(k->c)
                                               : WZP_OK;
    default: return wzp_client_mute(k->c, fake_number(&k->seed) % 2 == 0);
    }
}

static void *call_commands(void *user)
{
    caller *k = user;
    for (int i = 0; i < 2000; i++) {
        wzp_client_stats s = {.size = sizeof s};
        wzp_client_event ev;
        k->full += some_command(k) == WZP_ERR_FULL;
        wzp_client_stats_get(k->c, &s);
        bool any = wzp_client_next_event(k->c, &ev);
        (void)any; /* whoever is first has it */
    }
    return NULL;
}

WZP_TEST(client_takes_commands_from_four_threads)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    caller k[4];
    for (uint32_t i = 0; i < 4; i++) {
        k[i] = (caller){.c = c, .relay = r->address, .seed = i + 1};
        assert_int_equal(
            pthread_create(&k[i].thread, NULL, call_commands, &k[i]), 0);
    }

    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(k[i].thread, NULL), 0);
    }
    /* And it still obeys. */
    while (wzp_client_leave(c) == WZP_ERR_FULL) {
    }
    while (wzp_client_join(c, "last", r->address, NULL) == WZP_ERR_FULL) {
    }
    wzp_client_event ev;
    wzp_client_stats s = {.size = sizeof s};
    for (wzp_client_stats_get(c, &s); s.state != WZP_CLIENT_JOINED;
         wzp_client_stats_get(c, &s)) {
        wzp_err e = wzp_client_wait_event(c, 50, &ev);
        if (e == WZP_OK && ev.kind == WZP_EVENT_ENDED) {
            wzp_ignore(wzp_client_join(c, "last", r->address, NULL), "again");
        }
    }

    wzp_client_free(c, NULL, NULL);
    relay_end(r);
}
