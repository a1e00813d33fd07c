/* SPDX-License-Identifier: MIT */
/* The shell of a client: one engine in one UDP socket on one libuv loop, a
 * bounded queue of commands in (client_commands.c), a bounded queue of events
 * out.
 */
#include "uv/client_parts.h"

#include <wzp/proto/sized.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#define EVENTS      512
#define SNAPSHOT_NS (100 * WZP_MS)

/* --- events out --- */

void wzp__client_publish(wzp_client *c, const wzp_client_event *ev)
{
    uv_mutex_lock(&c->lock);
    wzp__event_queue_push(&c->events, ev);
    uv_cond_broadcast(&c->arrived);
    uv_mutex_unlock(&c->lock);
}

void wzp__client_publish_ended(wzp_client *c, wzp_err why, const char *text)
{
    wzp_client_event ev = {.kind = WZP_EVENT_ENDED, .at = wzp_uv_now()};
    ev.u.ended.why = why;
    (void)snprintf(ev.u.ended.text, sizeof ev.u.ended.text, "%s", text);
    wzp__client_publish(c, &ev);
}

static void take_snapshot(wzp_client *c, wzp_tstamp now)
{
    wzp_client_stats stats = {.size = sizeof stats};
    wzp_engine_stats_get(c->engine, &stats);
    stats.now = now;
    uv_mutex_lock(&c->lock);
    c->snapshot = stats;
    uv_mutex_unlock(&c->lock);
}

static void publish(wzp_client *c, wzp_tstamp now)
{
    wzp_client_event ev;
    while (wzp_engine_next_event(c->engine, &ev)) {
        if (ev.kind == WZP_EVENT_ENDED) {
            take_snapshot(c, now); /* the last figures are there before it */
        }
        wzp__client_publish(c, &ev);
    }
    if (now - c->snapshot.now >= SNAPSHOT_NS) { /* only written here */
        take_snapshot(c, now);
    }
}

/* --- the machine in the socket --- */

static void machine_recv(void *m, wzp_tstamp now, const wzp_addr *local,
                         const wzp_addr *remote, const uint8_t *data,
                         size_t len)
{
    wzp_client *c = m;
    wzp_engine_recv(c->engine, now, local, remote, data, len);
}

static void machine_expire(void *m, wzp_tstamp now)
{
    wzp_client *c = m;
    wzp_engine_expire(c->engine, now);
}

static wzp_tstamp machine_deadline(void *m)
{
    const wzp_client *c = m;
    return wzp_engine_deadline(c->engine);
}

static bool machine_poll_send(void *m, wzp_tstamp now, wzp_addr *local,
                              wzp_addr *remote, const uint8_t **data,
                              size_t *len)
{
    wzp_client *c = m;
    if (wzp_engine_poll_send(c->engine, now, local, remote, data, len)) {
        return true;
    }
    publish(c, now);
    return false;
}

static void machine_moved(void *m, wzp_tstamp now, const wzp_addr *local)
{
    wzp_client *c = m;
    wzp_engine_moved(c->engine, now, local);
}

/* --- what wakes the loop --- */

static void begin_stop(wzp_client *c)
{
    if (c->is_stopping) {
        return;
    }
    c->is_stopping = true;
    wzp_engine_leave(c->engine, wzp_uv_now());
    wzp_engine_unregister(c->engine, wzp_uv_now());
    wzp_uv_udp_kick(c->udp); /* the good-byes go out now */
    wzp__client_maybe_close(c);
}

/* On a device's thread. */
static void on_audio(void *user)
{
    wzp_client *c = user;
    uv_async_send(&c->wake);
}

static void on_wake(uv_async_t *handle)
{
    wzp_client *c = handle->data;
    wzp__client_run_commands(c);
    uv_mutex_lock(&c->lock);
    bool stop = c->stop_asked;
    uv_mutex_unlock(&c->lock);
    if (stop) {
        begin_stop(c);
    } else {
        wzp_engine_expire(c->engine, wzp_uv_now()); /* a device waits */
        wzp_uv_udp_kick(c->udp);
    }
}

/* --- events and statistics --- */

bool wzp_client_next_event_sized(wzp_client *c, wzp_client_event *out,
                                 size_t size)
{
    wzp_client_event ev;
    uv_mutex_lock(&c->lock);
    bool any = wzp__event_queue_pop(&c->events, &ev);
    uv_mutex_unlock(&c->lock);
    if (any) {
        wzp_sized_give(out, size, &ev, sizeof ev);
    }
    return any;
}

wzp_err wzp_client_wait_event_sized(wzp_client *c, int timeout_ms,
                                    wzp_client_event *out, size_t size)
{
    wzp_client_event ev;
    if (c->how != WZP__HOST_THREAD) {
        return WZP_ERR_STATE;
    }
    wzp_tstamp wait = timeout_ms > 0 ? (wzp_tstamp)timeout_ms * WZP_MS : 0;
    wzp_tstamp until = wzp_uv_now() + wait;
    uv_mutex_lock(&c->lock);
    bool any = wzp__event_queue_pop(&c->events, &ev);
    for (wzp_tstamp now = wzp_uv_now(); !any && now < until;
         now = wzp_uv_now()) {
        int woke = uv_cond_timedwait(&c->arrived, &c->lock, until - now);
        any = wzp__event_queue_pop(&c->events, &ev);
        (void)woke; /* the loop looks at the clock itself */
    }
    uv_mutex_unlock(&c->lock);
    if (any) {
        wzp_sized_give(out, size, &ev, sizeof ev);
    }
    return any ? WZP_OK : WZP_ERR_TIMEOUT;
}

void wzp_client_stats_get(wzp_client *c, wzp_client_stats *out)
{
    uv_mutex_lock(&c->lock);
    wzp_sized_give(out, out->size, &c->snapshot, sizeof c->snapshot);
    uv_mutex_unlock(&c->lock);
}

/* --- life --- */

static wzp_unix_s system_unix_now(void *user)
{
    (void)user;
    return (wzp_unix_s)time(NULL);
}

/* The engine's configuration is not the last field, so what follows it lies
 * further ahead in the struct of a caller whose engine configuration is
 * shorter: where that one ends. */
enum {
    ENGINE_AT = offsetof(wzp_client_config, engine),
    REST_AT = ENGINE_AT + sizeof(wzp_engine_config),
    REST_LEN = sizeof(wzp_client_config) - REST_AT,
};

static size_t rest_len(size_t size, size_t engine_size)
{
    size_t before = ENGINE_AT + engine_size;
    size_t len = size > before ? size - before : 0;
    return len < REST_LEN ? len : REST_LEN;
}

void wzp_client_config_default_sized(wzp_client_config *cfg, size_t size,
                                     size_t engine_size)
{
    uint8_t *to = (uint8_t *)cfg;
    wzp_client_config full = {.size = sizeof full};
    wzp_engine_config_default(&full.engine);
    full.engine.rng = wzp_rng_system();
    full.engine.unix_now = system_unix_now;
    cfg->size = size;
    wzp_sized_give(to + ENGINE_AT, engine_size, &full.engine,
                   sizeof full.engine);
    memcpy(to + ENGINE_AT + engine_size, (const uint8_t *)&full + REST_AT,
           rest_len(size, engine_size));
}

static void read_config(wzp_client_config *full, const wzp_client_config *cfg)
{
    const uint8_t *from = (const uint8_t *)cfg;
    wzp_client_config_default(full);
    wzp_sized_take(&full->engine, sizeof full->engine, from + ENGINE_AT);
    memcpy((uint8_t *)full + REST_AT, from + ENGINE_AT + cfg->engine.size,
           rest_len(cfg->size, cfg->engine.size));
}

static wzp_err make_locks(wzp_client *c)
{
    if (uv_mutex_init(&c->lock) != 0) {
        return WZP_ERR_NOMEM;
    }
    if (uv_cond_init(&c->arrived) != 0) {
        uv_mutex_destroy(&c->lock);
        return WZP_ERR_NOMEM;
    }
    return WZP_OK;
}

wzp_err wzp_client_new(wzp_client **out, const wzp_client_config *cfg)
{
    wzp_client_config all;
    read_config(&all, cfg);
    if (all.bind != NULL && strlen(all.bind) >= sizeof((wzp_client *)0)->bind) {
        return WZP_ERR_ADDRESS;
    }
    wzp_client *c = wzp_mem_new(&all.engine.mem, sizeof *c);
    if (c == NULL) {
        return WZP_ERR_NOMEM;
    }
    c->mem = all.engine.mem;
    c->cfg = all;
    if (all.bind != NULL) {
        memcpy(c->bind, all.bind, strlen(all.bind) + 1);
    }
    wzp_err e = make_locks(c);
    if (e != WZP_OK) {
        wzp_mem_free(&c->mem, c, sizeof *c);
        return e;
    }
    e = wzp__event_queue_init(&c->events, &c->mem, EVENTS);
    if (e == WZP_OK) {
        e = wzp_engine_new(&c->engine, &all.engine, wzp_uv_now());
    }
    if (e != WZP_OK) {
        wzp_client_free(c, NULL, NULL);
        return e;
    }
    *out = c;
    return WZP_OK;
}

static void free_all(wzp_client *c)
{
    wzp_mem mem = c->mem;
    wzp__client_drop_commands(c);
    wzp_engine_free(c->engine);
    wzp__event_queue_deinit(&c->events);
    uv_cond_destroy(&c->arrived);
    uv_mutex_destroy(&c->lock);
    wzp_mem_free(&mem, c, sizeof *c);
}

static wzp_err bind_socket(wzp_client *c)
{
    const wzp_uv_machine machine = {.recv = machine_recv,
                                    .expire = machine_expire,
                                    .deadline = machine_deadline,
                                    .poll_send = machine_poll_send,
                                    .moved = machine_moved,
                                    .machine = c};
    wzp_addr addr;
    char why[128] = "";
    if (c->bind[0] != '\0') {
        WZP_TRY(wzp_addr_decode(c->bind, strlen(c->bind), &addr));
        return wzp_uv_udp_new(&c->udp, c->loop, &c->mem, &addr, &machine, NULL,
                              0);
    }
    addr = (wzp_addr){.family = WZP_FAMILY_V6}; /* and IPv4 where possible */
    wzp_err e = wzp_uv_udp_new(&c->udp, c->loop, &c->mem, &addr, &machine, why,
                               sizeof why);
    if (e == WZP_OK) {
        return WZP_OK;
    }
    WZP_LOG(&c->cfg.engine.log, WZP_LOG_WARN, "client", "client.ipv4_only",
            "err=%s reason=\"%s\"", wzp_err_name(e), why);
    addr = (wzp_addr){.family = WZP_FAMILY_V4};
    return wzp_uv_udp_new(&c->udp, c->loop, &c->mem, &addr, &machine, NULL, 0);
}

static void on_handle_closed(wzp_client *c)
{
    c->open_handles--;
    if (c->open_handles == 0 && c->how == WZP__HOST_LOOP) {
        void (*closed)(void *) = c->closed;
        void *user = c->closed_user;
        free_all(c);
        if (closed != NULL) {
            closed(user);
        }
    }
}

static void on_udp_closed(void *user)
{
    on_handle_closed(user);
}

static void on_wake_closed(uv_handle_t *handle)
{
    on_handle_closed(handle->data);
}

/* Close the handles once no request of ours is under way. */
void wzp__client_maybe_close(wzp_client *c)
{
    if (c->is_stopping && c->jobs == 0 && c->udp != NULL) {
        wzp_uv_udp *udp = c->udp;
        c->udp = NULL;
        wzp_engine_audio_wake(c->engine, wzp_uv_now(), NULL, NULL);
        wzp_uv_udp_close(udp, on_udp_closed, c);
        uv_close((uv_handle_t *)&c->wake, on_wake_closed);
    }
}

static wzp_err open_on(wzp_client *c, uv_loop_t *loop)
{
    c->loop = loop;
    WZP_TRY(bind_socket(c)); /* first: what fails leaves nothing of ours */
    if (uv_async_init(loop, &c->wake, on_wake) != 0) {
        wzp_uv_udp_close(c->udp, NULL, NULL);
        c->udp = NULL;
        return WZP_ERR_IO;
    }
    c->wake.data = c;
    wzp_engine_audio_wake(c->engine, wzp_uv_now(), on_audio, c);
    c->open_handles = 2;
    return WZP_OK;
}

static wzp_err open_own_loop(wzp_client *c)
{
    if (c->how != WZP__HOST_NONE) {
        return WZP_ERR_STATE;
    }
    if (uv_loop_init(&c->own_loop) != 0) {
        return WZP_ERR_IO;
    }
    wzp_err e = open_on(c, &c->own_loop);
    if (e != WZP_OK) {
        uv_run(&c->own_loop, UV_RUN_DEFAULT);
        uv_loop_close(&c->own_loop);
    }
    return e;
}

static void run_loop(void *user)
{
    wzp_client *c = user;
    uv_run(&c->own_loop, UV_RUN_DEFAULT);
}

wzp_err wzp_client_run_thread(wzp_client *c)
{
    WZP_TRY(open_own_loop(c));
    c->how = WZP__HOST_THREAD;
    if (uv_thread_create(&c->thread, run_loop, c) != 0) {
        c->how = WZP__HOST_FD; /* the loop is there: free closes it */
        return WZP_ERR_IO;
    }
    return WZP_OK;
}

wzp_err wzp_client_attach(wzp_client *c, uv_loop_t *loop)
{
    if (c->how != WZP__HOST_NONE) {
        return WZP_ERR_STATE;
    }
    WZP_TRY(open_on(c, loop));
    c->how = WZP__HOST_LOOP;
    return WZP_OK;
}

wzp_err wzp_client_fd(wzp_client *c, int *fd, int *timeout_ms)
{
    if (c->how == WZP__HOST_NONE) {
        WZP_TRY(open_own_loop(c));
        c->how = WZP__HOST_FD;
    }
    if (c->how != WZP__HOST_FD) {
        return WZP_ERR_STATE;
    }
    *fd = uv_backend_fd(&c->own_loop);
    *timeout_ms = uv_backend_timeout(&c->own_loop);
    return WZP_OK;
}

wzp_err wzp_client_process(wzp_client *c)
{
    if (c->how != WZP__HOST_FD) {
        return WZP_ERR_STATE;
    }
    uv_run(&c->own_loop, UV_RUN_NOWAIT);
    return WZP_OK;
}

void wzp_client_free(wzp_client *c, void (*closed)(void *user), void *user)
{
    if (c == NULL) {
        return;
    }
    if (c->how == WZP__HOST_NONE) {
        free_all(c);
        return;
    }
    c->closed = closed;
    c->closed_user = user;
    if (c->how == WZP__HOST_LOOP) {
        begin_stop(c); /* the rest happens on the caller's loop */
        return;
    }
    uv_mutex_lock(&c->lock);
    c->stop_asked = true;
    uv_mutex_unlock(&c->lock);
    uv_async_send(&c->wake);
    if (c->how == WZP__HOST_THREAD) {
        uv_thread_join(&c->thread);
    } else {
        uv_run(&c->own_loop, UV_RUN_DEFAULT);
    }
    uv_loop_close(&c->own_loop);
    free_all(c);
}
