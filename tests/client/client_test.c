/* SPDX-License-Identifier: MIT */
/* The shell: three ways to host a client, commands from several threads, and
 * an end at any moment. The only tests here on real time, sockets and threads;
 * the relay is the few lines of small_relay.h on a thread of its own.
 */
#include "client/small_relay.h"

#include <wzp/client/client.h>
#include <wzp/crypto/room.h>
#include <wzp/transport/uv_udp.h>

#include <uv.h>

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

enum { ROUNDS = 20, WAIT_MS = 20000 };

/* --- a relay on a thread -------------------------------------------------- */

typedef struct uv_relay {
    sr w;
    uv_loop_t loop;
    uv_thread_t thread;
    uv_async_t stop;
    wzp_uv_udp *udp;
    char address[32];
    bool is_halted;
} uv_relay;

static void relay_recv(void *m, wzp_tstamp now, const wzp_addr *local,
                       const wzp_addr *remote, const uint8_t *data, size_t len)
{
    sr *w = m;
    w->now = now;
    wzp_endpoint_recv(w->relay, now, local, remote, data, len);
}

static void relay_expire(void *m, wzp_tstamp now)
{
    const sr *w = m;
    wzp_endpoint_expire(w->relay, now);
}

static wzp_tstamp relay_deadline(void *m)
{
    const sr *w = m;
    return wzp_endpoint_deadline(w->relay);
}

static bool relay_poll_send(void *m, wzp_tstamp now, wzp_addr *local,
                            wzp_addr *remote, const uint8_t **data, size_t *len)
{
    sr *w = m;
    wzp_ep_action a;
    w->now = now;
    while (wzp_endpoint_poll(w->relay, now, &a)) {
        if (a.kind == WZP_EP_SEND) {
            *local = a.u.send.local;
            *remote = a.u.send.remote;
            *data = a.u.send.data;
            *len = a.u.send.len;
            return true;
        }
        sr_relay_action(w, &a);
    }
    return false;
}

static void relay_stop(uv_async_t *handle)
{
    uv_relay *r = handle->data;
    wzp_uv_udp_close(r->udp, NULL, NULL);
    uv_close((uv_handle_t *)handle, NULL);
}

static void relay_thread(void *user)
{
    uv_relay *r = user;
    uv_run(&r->loop, UV_RUN_DEFAULT);
}

/* Whoever registers may. */
static void answer_registration(void *user, const wzp_signal *sig)
{
    const wzp_signal ack = {
        .kind = WZP_SIG_REGISTER_PRESENCE_ACK,
        .u.register_presence_ack = {.success = true,
                                    .error = WZP_STR_NONE,
                                    .relay_build = WZP_STR_NONE,
                                    .relay_region = WZP_STR_NONE,
                                    .caps = WZP_CAP_PRESENT | WZP_CAP_E2E1 |
                                            WZP_CAP_SIG1}};
    if (sig->kind == WZP_SIG_REGISTER_PRESENCE) {
        sr_send(user, &ack);
    }
}

static uv_relay *relay_start_as(sr_mood mood)
{
    ASSERT_OK(wzp_global_init());
    uv_relay *r = calloc(1, sizeof *r);
    assert_non_null(r);
    sr *w = &r->w;
    w->mem = wzp_mem_default();
    w->seed = 7;
    w->mood = mood;
    w->on_signal = answer_registration;
    w->user = w;
    w->now = wzp_uv_now();
    ASSERT_OK(wzp_pkt_pool_new(&w->relay_pool, &w->mem, 64));
    ASSERT_OK(wzp_arena_new(&w->arena, &w->mem, 8u * WZP_SIGNAL_MAX));
    w->relay_id = sr_identity(2);
    w->relay = sr_endpoint(w, w->relay_pool, true, 2);
    ASSERT_OK(wzp_endpoint_cert_hash(w->relay, w->relay_cert));
    assert_int_equal(uv_loop_init(&r->loop), 0);
    const wzp_uv_machine machine = {
        relay_recv, relay_expire, relay_deadline, relay_poll_send, w, NULL};
    const wzp_addr any = wzp_addr_v4((const uint8_t[]){127, 0, 0, 1}, 0);
    ASSERT_OK(
        wzp_uv_udp_new(&r->udp, &r->loop, &w->mem, &any, &machine, NULL, 0));
    snprintf(r->address, sizeof r->address, "127.0.0.1:%u",
             wzp_uv_udp_local(r->udp).port);
    assert_int_equal(uv_async_init(&r->loop, &r->stop, relay_stop), 0);
    r->stop.data = r;
    assert_int_equal(uv_thread_create(&r->thread, relay_thread, r), 0);
    return r;
}

static uv_relay *relay_start(void)
{
    return relay_start_as(SR_GOOD);
}

/* Handshakes it saw through. It does nothing more, and can be looked at. */
static size_t relay_halt(uv_relay *r)
{
    uv_async_send(&r->stop);
    uv_thread_join(&r->thread);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    r->is_halted = true;
    return r->w.dials;
}

/* Returns the number of offers it saw. */
static size_t relay_end(uv_relay *r)
{
    if (!r->is_halted) {
        relay_halt(r);
    }
    const size_t offers = r->w.offers;
    wzp_endpoint_free(r->w.relay);
    wzp_pkt_pool_free(r->w.relay_pool);
    wzp_arena_free(r->w.arena);
    wzp_seed_identity_free(r->w.relay_id);
    free(r);
    wzp_global_deinit();
    return offers;
}

/* --- a client ------------------------------------------------------------- */

/* One identity for the whole program; freed at its end by nobody but exit. */
static wzp_identity own_identity(void)
{
    static wzp_seed_identity *id;
    if (id == NULL) {
        ASSERT_OK(wzp_crypto_global_init()); /* and never given back */
        id = sr_identity(1);
    }
    return wzp_seed_identity_table(id);
}

static wzp_client *client_new(const char *bind)
{
    wzp_client_config cfg;
    wzp_client_config_default(&cfg);
    cfg.engine.identity = own_identity();
    cfg.bind = bind;
    wzp_client *c = NULL;
    ASSERT_OK(wzp_client_new(&c, &cfg));
    return c;
}

/* True when an event so far says this state; others are dropped. */
static bool has_come(wzp_client *c, wzp_client_state state)
{
    wzp_client_event ev;
    bool any = false;
    while (wzp_client_next_event(c, &ev)) {
        any = any || (ev.kind == WZP_EVENT_STATE && ev.u.state.state == state);
    }
    return any;
}

/* The next event of this kind, own-thread hosting. */
static wzp_client_event await_event(wzp_client *c, wzp_client_event_kind kind)
{
    wzp_client_event ev = {0};
    do {
        ASSERT_OK(wzp_client_wait_event(c, WAIT_MS, &ev));
    } while (ev.kind != kind);
    return ev;
}

static void await_state(wzp_client *c, wzp_client_state state)
{
    wzp_client_event ev;
    do {
        ev = await_event(c, WZP_EVENT_STATE);
    } while (ev.u.state.state != state);
}

/* --- the library's own thread --------------------------------------------- */

WZP_TEST(client_on_its_own_thread_starts_and_stops_twenty_times)
{
    uv_relay *r = relay_start();

    for (int i = 0; i < ROUNDS; i++) {
        wzp_client *c = client_new(NULL);
        ASSERT_OK(wzp_client_run_thread(c));
        ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));
        if (i % 2 == 0) {
            await_state(c, WZP_CLIENT_JOINED);
        } /* else wherever it is by now */
        wzp_client_free(c, NULL, NULL);
    }

    assert_true(relay_end(r) >= ROUNDS / 2);
}

WZP_TEST(client_leaves_and_joins_again)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new("127.0.0.1:0");
    ASSERT_OK(wzp_client_run_thread(c));

    for (int i = 0; i < 3; i++) {
        ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));
        await_state(c, WZP_CLIENT_JOINED);
        ASSERT_OK(wzp_client_leave(c));
        assert_int_equal(await_event(c, WZP_EVENT_ENDED).u.ended.why, WZP_OK);
    }

    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_end(r), 3);
}

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

WZP_TEST(client_stays_in_the_call_when_the_network_changes)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));
    await_state(c, WZP_CLIENT_JOINED);
    wzp_client_stats s = {.size = sizeof s};
    uint64_t before = 0;

    for (int i = 0; i < 3; i++) {
        ASSERT_OK(wzp_client_network_changed(c));
        await_event(c, WZP_EVENT_STATS);
        wzp_client_stats_get(c, &s);
        assert_int_equal(s.state, WZP_CLIENT_JOINED);
        assert_int_equal(s.reconnects, 0);
        assert_true(s.rx_packets > before); /* the relay answers there */
        before = s.rx_packets;
    }

    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_end(r), 1);
}

WZP_TEST(client_has_statistics_of_a_call)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));

    const wzp_client_event ev = await_event(c, WZP_EVENT_STATS);

    assert_int_equal(ev.u.stats.state, WZP_CLIENT_JOINED);
    wzp_client_stats s = {.size = sizeof s};
    wzp_client_stats_get(c, &s);
    assert_int_equal(s.size, sizeof s);
    assert_int_equal(s.state, WZP_CLIENT_JOINED);
    assert_true(s.tx_packets > 0);
    assert_true(s.rx_bytes > 0);
    assert_true(s.rtt_us > 0);
    wzp_client_free(c, NULL, NULL);
    relay_end(r);
}

/* --- the caller's loop ---------------------------------------------------- */

static void note_closed(void *user)
{
    int *closed = user;
    (*closed)++;
}

typedef struct watcher {
    uv_prepare_t prepare;
    wzp_client *c;
    wzp_client_state until;
} watcher;

static void watch(uv_prepare_t *handle)
{
    const watcher *w = handle->data;
    if (has_come(w->c, w->until)) {
        uv_stop(handle->loop);
    }
}

/* Run the loop until the client is in this state. */
static void run_until(uv_loop_t *loop, wzp_client *c, wzp_client_state state)
{
    watcher w = {.c = c, .until = state};
    w.prepare.data = &w;
    uv_prepare_init(loop, &w.prepare);
    uv_prepare_start(&w.prepare, watch);
    uv_run(loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&w.prepare, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
}

WZP_TEST(client_on_the_callers_loop_starts_and_stops_twenty_times)
{
    uv_relay *r = relay_start();
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    int closed = 0;

    for (int i = 0; i < ROUNDS; i++) {
        wzp_client *c = client_new(NULL);
        ASSERT_OK(wzp_client_attach(c, &loop));
        ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));
        if (i % 2 == 0) {
            run_until(&loop, c, WZP_CLIENT_JOINED);
        } else {
            uv_run(&loop, UV_RUN_NOWAIT);
        }
        wzp_client_free(c, note_closed, &closed);
        uv_run(&loop, UV_RUN_DEFAULT); /* ends: all handles are gone */
        assert_int_equal(closed, i + 1);
    }

    assert_int_equal(uv_loop_close(&loop), 0);
    relay_end(r);
}

WZP_TEST(client_attached_twice_shares_the_loop_with_another)
{
    uv_relay *r = relay_start();
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    int closed = 0;
    wzp_client *one = client_new(NULL);
    wzp_client *two = client_new(NULL);
    ASSERT_OK(wzp_client_attach(one, &loop));
    ASSERT_OK(wzp_client_attach(two, &loop));

    ASSERT_OK(wzp_client_join(one, "a", r->address, NULL));
    run_until(&loop, one, WZP_CLIENT_JOINED);
    ASSERT_OK(wzp_client_join(two, "b", r->address, NULL));
    run_until(&loop, two, WZP_CLIENT_JOINED);

    wzp_client_free(one, note_closed, &closed);
    wzp_client_free(two, note_closed, &closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(closed, 2);
    assert_int_equal(uv_loop_close(&loop), 0);
    relay_end(r);
}

/* A socket that holds a port; its address in `text`. */
static int hold_port(char text[32])
{
    struct sockaddr_in sa = {.sin_family = AF_INET};
    socklen_t len = sizeof sa;
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&sa, sizeof sa), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
    snprintf(text, 32, "127.0.0.1:%u", ntohs(sa.sin_port));
    return fd;
}

WZP_TEST(client_that_cannot_bind_says_so_and_can_be_freed)
{
    ASSERT_OK(wzp_global_init());
    char address[32];
    int fd = hold_port(address);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    int fd_of_client = -1;
    int timeout = 0;

    wzp_client *c = client_new(address);
    assert_int_equal(wzp_client_attach(c, &loop), WZP_ERR_IO);
    assert_int_equal(wzp_client_run_thread(c), WZP_ERR_IO);
    assert_int_equal(wzp_client_fd(c, &fd_of_client, &timeout), WZP_ERR_IO);
    wzp_client_free(c, NULL, NULL);

    uv_run(&loop, UV_RUN_DEFAULT); /* what attach left behind */
    assert_int_equal(uv_loop_close(&loop), 0);
    close(fd);
    wzp_global_deinit();
}

/* --- a descriptor --------------------------------------------------------- */

/* Poll and process until this state; false when nothing happens for long. */
static bool process_until(wzp_client *c, wzp_client_state state)
{
    while (!has_come(c, state)) {
        struct pollfd p = {.events = POLLIN};
        int timeout = 0;
        if (wzp_client_fd(c, &p.fd, &timeout) != WZP_OK ||
            (poll(&p, 1, timeout < 0 ? WAIT_MS : timeout) == 0 &&
             timeout < 0)) {
            return false;
        }
        ASSERT_OK(wzp_client_process(c));
    }
    return true;
}

WZP_TEST(client_behind_a_descriptor_starts_and_stops_twenty_times)
{
    uv_relay *r = relay_start();

    for (int i = 0; i < ROUNDS; i++) {
        wzp_client *c = client_new(NULL);
        int fd = -1;
        int timeout = 0;
        ASSERT_OK(wzp_client_fd(c, &fd, &timeout));
        assert_true(fd >= 0);
        ASSERT_OK(wzp_client_process(c));
        ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));
        if (i % 2 == 0) {
            assert_true(process_until(c, WZP_CLIENT_JOINED));
        }
        wzp_client_free(c, NULL, NULL);
    }

    relay_end(r);
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

/* --- one way of hosting --------------------------------------------------- */

WZP_TEST(client_is_hosted_once)
{
    ASSERT_OK(wzp_global_init());
    wzp_client *c = client_new(NULL);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    wzp_client_event ev;
    int fd = -1;
    int timeout = 0;

    assert_int_equal(wzp_client_mute(c, true), WZP_ERR_STATE);
    assert_int_equal(wzp_client_process(c), WZP_ERR_STATE);
    assert_int_equal(wzp_client_wait_event(c, 0, &ev), WZP_ERR_STATE);
    assert_false(wzp_client_next_event(c, &ev));
    ASSERT_OK(wzp_client_run_thread(c));
    assert_int_equal(wzp_client_run_thread(c), WZP_ERR_STATE);
    assert_int_equal(wzp_client_attach(c, &loop), WZP_ERR_STATE);
    assert_int_equal(wzp_client_fd(c, &fd, &timeout), WZP_ERR_STATE);
    assert_int_equal(wzp_client_process(c), WZP_ERR_STATE);
    assert_int_equal(wzp_client_wait_event(c, 1, &ev), WZP_ERR_TIMEOUT);

    wzp_client_free(c, NULL, NULL);
    assert_int_equal(uv_loop_close(&loop), 0);
    wzp_global_deinit();
}

WZP_TEST(client_that_was_never_hosted_can_be_freed)
{
    ASSERT_OK(wzp_global_init());

    wzp_client_free(client_new(NULL), NULL, NULL);
    wzp_client_free(NULL, NULL, NULL);

    wzp_global_deinit();
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
    ASSERT_OK(wzp_client_run_thread(c));
    char relay[64];
    snprintf(relay, sizeof relay, "localhost%s", strchr(r->address, ':'));

    ASSERT_OK(wzp_client_join(c, "room", relay, NULL));
    ASSERT_OK(wzp_client_leave(c));
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

/* --- terms of a join ------------------------------------------------------ */

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

    ASSERT_OK(wzp_client_join_with(c, &o));
    ASSERT_OK(wzp_client_leave(c));
    const wzp_client_event ev = await_event(c, WZP_EVENT_ENDED);

    assert_int_equal(ev.u.ended.why, WZP_OK);
    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_end(r), 0);
}

WZP_TEST(client_can_be_freed_while_the_secret_is_worked_on)
{
    uv_relay *r = relay_start();
    const wzp_client_join_options o = with_secret(r, "able baker charlie");
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    ASSERT_OK(wzp_client_join_with(c, &o));
    wzp_client_free(c, NULL, NULL);

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

/* --- registering ---------------------------------------------------------- */

static wzp_client_event await_line(wzp_client *c, wzp_line_state state)
{
    wzp_client_event ev;
    do {
        ev = await_event(c, WZP_EVENT_LINE);
    } while (ev.u.line.state != state);
    return ev;
}

/* "localhost:PORT": a name to look up. */
static const char *by_name(const uv_relay *r)
{
    static char relay[64];
    snprintf(relay, sizeof relay, "localhost%s", strchr(r->address, ':'));
    return relay;
}

WZP_TEST(client_registers_by_name_and_unregisters)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));

    for (int i = 0; i < 2; i++) {
        ASSERT_OK(wzp_client_register(c, by_name(r), NULL));
        ASSERT_OK(await_line(c, WZP_LINE_REGISTERED).u.line.why);
        ASSERT_OK(wzp_client_unregister(c));
        ASSERT_OK(await_line(c, WZP_LINE_IDLE).u.line.why);
    }

    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_halt(r), 2);
    assert_string_equal(r->w.sni, "_signal");
    assert_int_equal(relay_end(r), 0); /* and joined no room */
}

WZP_TEST(client_is_registered_beside_a_room)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    ASSERT_OK(wzp_client_join(c, "room", by_name(r), NULL));
    await_state(c, WZP_CLIENT_JOINED);

    ASSERT_OK(wzp_client_register(c, by_name(r), NULL));
    await_line(c, WZP_LINE_REGISTERED);
    ASSERT_OK(wzp_client_leave(c));
    ASSERT_OK(await_event(c, WZP_EVENT_ENDED).u.ended.why);
    ASSERT_OK(wzp_client_unregister(c));
    ASSERT_OK(await_line(c, WZP_LINE_IDLE).u.line.why);

    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_end(r), 1);
}

/* Both names are looked up at once, and neither knows of the other. */
WZP_TEST(client_looks_up_a_room_and_a_line_at_once)
{
    ASSERT_OK(wzp_global_init());
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));

    ASSERT_OK(wzp_client_join(c, "room", "no..where:4433", NULL));
    ASSERT_OK(wzp_client_register(c, "no..where:4433", NULL));

    bool has_ended = false;
    bool is_idle = false;
    while (!has_ended || !is_idle) {
        wzp_client_event ev;
        ASSERT_OK(wzp_client_wait_event(c, WAIT_MS, &ev));
        has_ended = has_ended || (ev.kind == WZP_EVENT_ENDED &&
                                  ev.u.ended.why == WZP_ERR_RESOLVE);
        is_idle = is_idle || (ev.kind == WZP_EVENT_LINE &&
                              ev.u.line.why == WZP_ERR_RESOLVE);
    }
    wzp_client_free(c, NULL, NULL);
    wzp_global_deinit();
}

static wzp_client_event await_call(wzp_client *c, wzp_call_state state)
{
    wzp_client_event ev;
    do {
        ev = await_event(c, WZP_EVENT_CALL);
    } while (ev.u.call.state != state);
    return ev;
}

WZP_TEST(client_calls_and_hangs_up)
{
    static const uint8_t somebody[WZP_FP_LEN] = {1, 2, 3};
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    ASSERT_OK(wzp_client_register(c, by_name(r), NULL));
    (void)await_line(c, WZP_LINE_REGISTERED);

    ASSERT_OK(wzp_client_call(c, somebody));
    wzp_client_event ev = await_call(c, WZP_CALL_RINGING_OUT);
    assert_memory_equal(ev.u.call.fingerprint, somebody, WZP_FP_LEN);
    ASSERT_OK(wzp_client_call(c, somebody)); /* one at a time */
    ev = await_call(c, WZP_CALL_ENDED);
    assert_int_equal(ev.u.call.why, WZP_ERR_STATE);
    assert_string_equal(ev.u.call.call_id, "");
    ASSERT_OK(wzp_client_hangup(c, WZP_HANGUP_NORMAL));
    ev = await_call(c, WZP_CALL_ENDED);
    ASSERT_OK(ev.u.call.why);
    assert_int_equal(strlen(ev.u.call.call_id), 32);

    wzp_client_free(c, NULL, NULL);
    relay_halt(r);
    relay_end(r);
}

WZP_TEST(client_has_nothing_to_answer_or_decide_without_a_call)
{
    static const uint8_t somebody[WZP_FP_LEN] = {1, 2, 3};
    char long_id[WZP_CALL_ID_MAX + 2];
    wzp_client *c = client_new(NULL);
    assert_int_equal(wzp_client_call(c, somebody), WZP_ERR_STATE);
    ASSERT_OK(wzp_client_run_thread(c));
    memset(long_id, 'x', sizeof long_id);
    long_id[sizeof long_id - 1] = '\0';
    assert_int_equal(wzp_client_answer(c, long_id, WZP_ACCEPT_GENERIC),
                     WZP_ERR_ARG);
    ASSERT_OK(wzp_client_answer(c, "none", WZP_ACCEPT_GENERIC));
    ASSERT_OK(wzp_client_contact_decide(c, true));
    ASSERT_OK(wzp_client_hangup(c, WZP_HANGUP_NORMAL));
    ASSERT_OK(wzp_client_call(c, somebody)); /* not registered */
    const wzp_client_event ev = await_event(c, WZP_EVENT_CALL);
    assert_int_equal(ev.u.call.state, WZP_CALL_ENDED);
    assert_int_equal(ev.u.call.why, WZP_ERR_STATE);
    wzp_client_free(c, NULL, NULL);
    wzp_global_deinit();
}

WZP_TEST(client_that_unregisters_while_resolving_does_not_register)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));

    ASSERT_OK(wzp_client_register(c, by_name(r), NULL));
    ASSERT_OK(wzp_client_unregister(c));
    ASSERT_OK(await_line(c, WZP_LINE_IDLE).u.line.why);

    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_halt(r), 0);
    relay_end(r);
}

WZP_TEST(client_has_one_registration_at_a_time)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    ASSERT_OK(wzp_client_register(c, r->address, NULL));
    await_line(c, WZP_LINE_REGISTERED);

    ASSERT_OK(wzp_client_register(c, r->address, NULL));
    const wzp_client_event ev = await_event(c, WZP_EVENT_LINE);

    assert_int_equal(ev.u.line.state, WZP_LINE_REGISTERED);
    assert_int_equal(ev.u.line.why, WZP_ERR_STATE);
    wzp_client_free(c, NULL, NULL);
    relay_end(r);
}

WZP_TEST(client_tells_when_the_name_of_a_signal_relay_is_not_found)
{
    ASSERT_OK(wzp_global_init());
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));

    ASSERT_OK(wzp_client_register(c, "no..where:4433", NULL));
    const wzp_client_event ev = await_line(c, WZP_LINE_IDLE);

    assert_int_equal(ev.u.line.why, WZP_ERR_RESOLVE);
    assert_non_null(strstr(ev.u.line.text, "no..where"));
    wzp_client_free(c, NULL, NULL);
    wzp_global_deinit();
}

WZP_TEST(client_can_be_freed_while_a_registration_is_resolving)
{
    ASSERT_OK(wzp_global_init());
    for (int i = 0; i < 10; i++) {
        wzp_client *c = client_new(NULL);
        ASSERT_OK(wzp_client_run_thread(c));
        ASSERT_OK(wzp_client_register(c, "localhost:9", NULL));
        wzp_client_free(c, NULL, NULL);
    }
    wzp_global_deinit();
}

WZP_TEST(client_refuses_to_register_at_what_is_no_relay_or_with_no_pin)
{
    ASSERT_OK(wzp_global_init());
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));

    assert_int_equal(wzp_client_register(c, "host:port", NULL),
                     WZP_ERR_ADDRESS);
    assert_int_not_equal(wzp_client_register(c, "host", "12:34"), WZP_OK);

    wzp_client_free(c, NULL, NULL);
    wzp_global_deinit();
}

/* --- a second join is no end of the first --------------------------------- */

WZP_TEST(client_in_a_call_is_refused_a_room_and_the_call_goes_on)
{
    static const uint8_t somebody[WZP_FP_LEN] = {1, 2, 3};
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    ASSERT_OK(wzp_client_register(c, by_name(r), NULL));
    (void)await_line(c, WZP_LINE_REGISTERED);
    ASSERT_OK(wzp_client_call(c, somebody));
    (void)await_call(c, WZP_CALL_RINGING_OUT);

    ASSERT_OK(wzp_client_join(c, "lounge", by_name(r), NULL));
    wzp_client_event ev;
    do {
        ASSERT_OK(wzp_client_wait_event(c, WAIT_MS, &ev));
        assert_int_not_equal(ev.kind, WZP_EVENT_ENDED);
    } while (ev.kind != WZP_EVENT_STATE);
    assert_int_equal(ev.u.state.state, WZP_CLIENT_IDLE);
    assert_int_equal(ev.u.state.why, WZP_ERR_STATE);
    ASSERT_OK(wzp_client_hangup(c, WZP_HANGUP_NORMAL));
    ASSERT_OK(await_call(c, WZP_CALL_ENDED).u.call.why);

    wzp_client_free(c, NULL, NULL);
    relay_halt(r);
    relay_end(r);
}

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

/* --- process-wide --------------------------------------------------------- */

WZP_TEST(client_global_init_is_counted)
{
    ASSERT_OK(wzp_global_init());
    ASSERT_OK(wzp_global_init());
    wzp_global_deinit();

    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    wzp_client_free(c, NULL, NULL);

    wzp_global_deinit();
}

WZP_TEST(client_new_refuses_a_configuration_that_lacks_something)
{
    ASSERT_OK(wzp_global_init());
    wzp_client_config cfg;
    wzp_client_config_default(&cfg); /* no identity */
    wzp_client *c = NULL;

    assert_int_equal(wzp_client_new(&c, &cfg), WZP_ERR_CONFIG);
    cfg.engine.identity = own_identity();
    cfg.bind = "123456789012345678901234567890123456789012345678901234567890"
               "1234567890";
    assert_int_equal(wzp_client_new(&c, &cfg), WZP_ERR_ADDRESS);

    assert_null(c);
    wzp_global_deinit();
}

/* --- an older caller ------------------------------------------------------ */

WZP_TEST(client_finds_what_follows_an_engine_configuration_of_another_length)
{
    enum { SHORTER = 2 * sizeof(uint64_t) };
    const char *const too_long = "a bind address of more than sixty-four "
                                 "characters, which a client refuses";
    _Alignas(wzp_client_config) uint8_t guarded[sizeof(wzp_client_config) + 64];
    memset(guarded, 0xEE, sizeof guarded);
    wzp_client_config *old = (wzp_client_config *)guarded;
    const size_t engine_size = sizeof old->engine - SHORTER;
    const size_t size = sizeof *old - SHORTER;
    uint8_t *bind_at = guarded + offsetof(wzp_client_config, bind) - SHORTER;

    wzp_client_config_default_sized(old, size, engine_size);
    for (size_t i = size; i < sizeof guarded; i++) {
        assert_int_equal(guarded[i], 0xEE);
    }
    assert_int_equal(old->size, size);
    assert_int_equal(old->engine.size, engine_size);
    const char *bind_text;
    memcpy(&bind_text, bind_at, sizeof bind_text);
    assert_null(bind_text);

    wzp_client *c = NULL;
    old->engine.identity = own_identity();
    ASSERT_OK(wzp_client_new(&c, old));
    wzp_client_free(c, NULL, NULL);
    memcpy(bind_at, &too_long, sizeof too_long);
    assert_int_equal(wzp_client_new(&c, old), WZP_ERR_ADDRESS);
}
