/* SPDX-License-Identifier: MIT */
/* For tests of the shell, the only ones here on real time, sockets and threads:
 * the few lines of small_relay.h on a thread of their own, and a client before
 * them.
 */
#ifndef WZP_TEST_CLIENT_UV_RELAY_H
#define WZP_TEST_CLIENT_UV_RELAY_H

#include "client/small_relay.h"

#include <wzp/client/client.h>
#include <wzp/transport/uv_udp.h>

#include <uv.h>

#include <poll.h>

enum { WAIT_MS = 60000 }; /* for what never comes: machines are slow */

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

static inline void relay_recv(void *m, wzp_tstamp now, const wzp_addr *local,
                              const wzp_addr *remote, const uint8_t *data,
                              size_t len)
{
    sr *w = m;
    w->now = now;
    wzp_endpoint_recv(w->relay, now, local, remote, data, len);
}

static inline void relay_expire(void *m, wzp_tstamp now)
{
    const sr *w = m;
    wzp_endpoint_expire(w->relay, now);
}

static inline wzp_tstamp relay_deadline(void *m)
{
    const sr *w = m;
    return wzp_endpoint_deadline(w->relay);
}

static inline bool relay_poll_send(void *m, wzp_tstamp now, wzp_addr *local,
                                   wzp_addr *remote, const uint8_t **data,
                                   size_t *len)
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

static inline void relay_stop(uv_async_t *handle)
{
    uv_relay *r = handle->data;
    wzp_uv_udp_close(r->udp, NULL, NULL);
    uv_close((uv_handle_t *)handle, NULL);
}

static inline void relay_thread(void *user)
{
    uv_relay *r = user;
    uv_run(&r->loop, UV_RUN_DEFAULT);
}

/* Whoever registers may. */
static inline void answer_registration(void *user, const wzp_signal *sig)
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

static inline uv_relay *relay_start_as(sr_mood mood)
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

static inline uv_relay *relay_start(void)
{
    return relay_start_as(SR_GOOD);
}

/* Handshakes it saw through. It does nothing more, and can be looked at. */
static inline size_t relay_halt(uv_relay *r)
{
    uv_async_send(&r->stop);
    uv_thread_join(&r->thread);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    r->is_halted = true;
    return r->w.dials;
}

/* Returns the number of offers it saw. */
static inline size_t relay_end(uv_relay *r)
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

/* --- the threads that look up names and work on secrets ------------------- */

enum { POOL_THREADS = 4 }; /* libuv's, unless UV_THREADPOOL_SIZE says more */

/* All of them wait: what is asked of a client meanwhile comes before the
 * outcome of a lookup, however slow the one who asks is. */
typedef struct held_pool {
    uv_loop_t loop;
    uv_work_t works[POOL_THREADS];
    uv_sem_t go;
} held_pool;

static inline void wait_to_go(uv_work_t *work)
{
    uv_sem_wait(work->data);
}

static inline void pool_hold(held_pool *p)
{
    assert_int_equal(uv_loop_init(&p->loop), 0);
    assert_int_equal(uv_sem_init(&p->go, 0), 0);
    for (size_t i = 0; i < POOL_THREADS; i++) {
        p->works[i].data = &p->go;
        assert_int_equal(
            uv_queue_work(&p->loop, &p->works[i], wait_to_go, NULL), 0);
    }
}

static inline void pool_release(held_pool *p)
{
    for (size_t i = 0; i < POOL_THREADS; i++) {
        uv_sem_post(&p->go);
    }
    uv_run(&p->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&p->loop), 0);
    uv_sem_destroy(&p->go);
}

/* --- a client ------------------------------------------------------------- */

/* One identity for the whole program; freed at its end by nobody but exit. */
static inline wzp_identity own_identity(void)
{
    static wzp_seed_identity *id;
    if (id == NULL) {
        ASSERT_OK(wzp_crypto_global_init()); /* and never given back */
        id = sr_identity(1);
    }
    return wzp_seed_identity_table(id);
}

static inline wzp_client *client_new(const char *bind)
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
static inline bool has_come(wzp_client *c, wzp_client_state state)
{
    wzp_client_event ev;
    bool any = false;
    while (wzp_client_next_event(c, &ev)) {
        any = any || (ev.kind == WZP_EVENT_STATE && ev.u.state.state == state);
    }
    return any;
}

/* The next event of this kind, own-thread hosting. */
static inline wzp_client_event await_event(wzp_client *c,
                                           wzp_client_event_kind kind)
{
    wzp_client_event ev = {0};
    do {
        ASSERT_OK(wzp_client_wait_event(c, WAIT_MS, &ev));
    } while (ev.kind != kind);
    return ev;
}

static inline void await_state(wzp_client *c, wzp_client_state state)
{
    wzp_client_event ev;
    do {
        ev = await_event(c, WZP_EVENT_STATE);
    } while (ev.u.state.state != state);
}

static inline wzp_client_event await_line(wzp_client *c, wzp_line_state state)
{
    wzp_client_event ev;
    do {
        ev = await_event(c, WZP_EVENT_LINE);
    } while (ev.u.line.state != state);
    return ev;
}

/* "localhost:PORT": a name to look up. */
static inline const char *by_name(const uv_relay *r)
{
    static char relay[64];
    snprintf(relay, sizeof relay, "localhost%s", strchr(r->address, ':'));
    return relay;
}

static inline void note_closed(void *user)
{
    int *closed = user;
    (*closed)++;
}

/* Poll and process until this state; false when nothing happens for long. */
static inline bool process_until(wzp_client *c, wzp_client_state state)
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

#endif
