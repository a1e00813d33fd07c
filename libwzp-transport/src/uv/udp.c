/* SPDX-License-Identifier: MIT */
/* One uv_poll for the socket, one uv_timer for the machine's deadline. A wake:
 * take a batch, sample the clock, hand the packets over, drain, arm.
 */
#include "uv/netwatch.h"
#include "uv/socket.h"

#include <wzp/proto/sized.h>
#include <wzp/transport/uv_udp.h>

#include <uv.h>

#include <stdio.h>

enum {
    BATCHES_PER_WAKE = 4, /* chosen: then others on the loop have their turn */
};

/* libuv watches each socket with a handle of its own, which outlives it. */
typedef struct watch {
    uv_poll_t poll;
    wzp_uv_udp *udp;
} watch;

struct wzp_uv_udp {
    wzp_mem mem;
    uv_loop_t *loop;
    watch *watch;
    uv_timer_t timer;
    wzp_uv_machine machine;
    wzp_addr addr; /* as asked for */
    wzp__socket socket;
    wzp__netwatch net;
    bool is_cut_off; /* another socket is due */
    wzp__run run;    /* being gathered */
    wzp__socket_batch *batch;
    wzp_uv_udp_stats stats;
    wzp_tstamp armed; /* what the timer is set to */
    bool is_draining; /* the machine is being polled */
    bool is_closing;
    int open_handles;
    void (*closed)(void *user);
    void *closed_user;
};

wzp_tstamp wzp_uv_now(void)
{
    return uv_hrtime();
}

/* --- time --- */

static void on_timer(uv_timer_t *timer);

static void arm(wzp_uv_udp *u, wzp_tstamp now)
{
    const wzp_tstamp at = u->machine.deadline(u->machine.machine);
    if (at == u->armed) {
        return;
    }
    u->armed = at;
    if (at == WZP_NEVER) {
        (void)uv_timer_stop(&u->timer);
        return;
    }
    /* Milliseconds, rounded up; from now, not from when the loop woke. */
    const uint64_t ms = at <= now ? 0 : (at - now + WZP_MS - 1) / WZP_MS;
    uv_update_time(u->loop);
    (void)uv_timer_start(&u->timer, on_timer, ms, 0);
}

static void send_run(wzp_uv_udp *u, wzp_tstamp now)
{
    if (u->run.count == 0) {
        return;
    }
    const wzp__socket_sent sent = wzp__socket_send_run(&u->socket, &u->run);
    u->stats.tx_packets += sent.packets;
    u->stats.tx_errors += u->run.count - sent.packets;
    u->stats.tx_calls += sent.calls;
    u->is_cut_off |= wzp__netwatch_sent(&u->net, now, sent.error);
    wzp__run_clear(&u->run);
}

static void send_all(wzp_uv_udp *u, wzp_tstamp now)
{
    wzp_addr local, remote;
    const uint8_t *data = NULL;
    size_t len = 0;
    u->is_draining = true;
    while (u->machine.poll_send(u->machine.machine, now, &local, &remote, &data,
                                &len)) {
        if (!wzp__run_add(&u->run, &local, &remote, data, len)) {
            send_run(u, now);
            if (!wzp__run_add(&u->run, &local, &remote, data, len)) {
                u->stats.tx_errors++; /* longer than any packet */
            }
        }
    }
    send_run(u, now);
    u->is_draining = false;
}

static wzp_err reopen(wzp_uv_udp *u, wzp_tstamp now);

static void drain(wzp_uv_udp *u, wzp_tstamp now)
{
    send_all(u, now);
    if (u->is_cut_off) {
        u->is_cut_off = false;
        if (reopen(u, now) == WZP_OK) {
            send_all(u, now);
        }
    }
    if (!u->is_closing) {
        arm(u, now);
    }
}

static void on_timer(uv_timer_t *timer)
{
    wzp_uv_udp *u = timer->data;
    const wzp_tstamp now = wzp_uv_now();
    u->stats.wakes++;
    u->armed = WZP_NEVER;
    u->machine.expire(u->machine.machine, now);
    drain(u, now);
}

/* --- packets --- */

static size_t take_batch(wzp_uv_udp *u)
{
    const size_t n = wzp__socket_recv(&u->socket, u->batch);
    if (n == 0) {
        return 0;
    }
    const wzp_tstamp now = wzp_uv_now();
    u->stats.batches++;
    for (size_t i = 0; i < n; i++) {
        wzp__socket_packet p;
        if (!wzp__socket_get(&u->socket, u->batch, i, &p)) {
            continue;
        }
        if (p.is_truncated) {
            u->stats.rx_truncated++;
            continue;
        }
        u->stats.rx_packets++;
        u->machine.recv(u->machine.machine, now, &p.local, &p.remote, p.data,
                        p.len);
    }
    drain(u, now);
    return n;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)events;
    wzp_uv_udp *u = ((watch *)poll->data)->udp;
    u->stats.wakes++;
    if (status < 0 && !u->is_closing) {
        /* libuv stops at an error of the socket; reading takes it away. */
        (void)uv_poll_start(poll, UV_READABLE, on_readable);
    }
    for (int i = 0; i < BATCHES_PER_WAKE && !u->is_closing; i++) {
        if (take_batch(u) < WZP__SOCKET_BATCH) {
            break;
        }
    }
}

/* --- life --- */

static void release(wzp_uv_udp *u)
{
    wzp__socket_close(&u->socket);
    wzp__socket_batch_free(u->batch, &u->mem);
    const wzp_mem mem = u->mem;
    wzp_mem_free(&mem, u, sizeof *u);
}

static void handle_gone(wzp_uv_udp *u)
{
    if (--u->open_handles > 0) {
        return;
    }
    void (*closed)(void *user) = u->closed;
    void *user = u->closed_user;
    release(u);
    if (closed != NULL) {
        closed(user);
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    handle_gone(handle->data);
}

static void on_watch_closed(uv_handle_t *handle)
{
    watch *w = handle->data;
    wzp_uv_udp *u = w->udp;
    wzp_mem_free(&u->mem, w, sizeof *w);
    handle_gone(u);
}

/* Begin to watch a socket; *out is the handle. 0 or what libuv says. */
static int watch_socket(wzp_uv_udp *u, const wzp__socket *s, watch **out)
{
    watch *w = wzp_mem_new(&u->mem, sizeof *w);
    if (w == NULL) {
        return UV_ENOMEM;
    }
    w->udp = u;
    int rv = uv_poll_init(u->loop, &w->poll, s->fd);
    if (rv != 0) {
        wzp_mem_free(&u->mem, w, sizeof *w);
        return rv;
    }
    w->poll.data = w;
    u->open_handles++;
    rv = uv_poll_start(&w->poll, UV_READABLE, on_readable);
    if (rv != 0) {
        uv_close((uv_handle_t *)&w->poll, on_watch_closed);
        return rv;
    }
    *out = w;
    return 0;
}

static void unwatch(watch *w)
{
    (void)uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

static wzp_err take_another(wzp_uv_udp *u, wzp_tstamp now)
{
    wzp_addr any_port = u->addr;
    any_port.port = 0;
    wzp__socket fresh;
    int system_error = 0;
    WZP_TRY(wzp__socket_open(&fresh, &any_port, &system_error));
    watch *w = NULL;
    if (watch_socket(u, &fresh, &w) != 0) {
        wzp__socket_close(&fresh);
        return WZP_ERR_IO;
    }
    unwatch(u->watch);
    wzp__socket_close(&u->socket);
    u->watch = w;
    u->socket = fresh;
    u->stats.reopened++;
    u->machine.moved(u->machine.machine, now, &fresh.local);
    return WZP_OK;
}

static wzp_err reopen(wzp_uv_udp *u, wzp_tstamp now)
{
    if (u->is_closing || u->machine.moved == NULL) {
        return WZP_ERR_STATE;
    }
    const wzp_err e = take_another(u, now);
    u->stats.reopen_errors += e != WZP_OK;
    return e;
}

/* 0 or what libuv says; then it closes itself. */
static int start(wzp_uv_udp *u)
{
    (void)uv_timer_init(u->loop, &u->timer); /* cannot fail */
    u->timer.data = u;
    u->open_handles = 1;
    const int rv = watch_socket(u, &u->socket, &u->watch);
    if (rv != 0) {
        uv_close((uv_handle_t *)&u->timer, on_timer_closed);
    }
    return rv;
}

static void say_why(char *why, size_t why_len, int error)
{
    if (why != NULL && why_len > 0) {
        (void)snprintf(why, why_len, "%s", uv_strerror(error));
    }
}

wzp_err wzp_uv_udp_new(wzp_uv_udp **out, uv_loop_t *loop, const wzp_mem *mem,
                       const wzp_addr *addr, const wzp_uv_machine *machine,
                       char *why, size_t why_len)
{
    wzp_uv_udp *u = wzp_mem_new(mem, sizeof *u);
    if (u == NULL) {
        return WZP_ERR_NOMEM;
    }
    *u = (wzp_uv_udp){.mem = *mem,
                      .loop = loop,
                      .machine = *machine,
                      .addr = *addr,
                      .socket = {.fd = -1},
                      .stats = {.size = sizeof u->stats},
                      .armed = WZP_NEVER};
    int system_error = 0;
    wzp_err e = wzp__socket_batch_new(&u->batch, mem);
    if (e == WZP_OK) {
        e = wzp__socket_open(&u->socket, addr, &system_error);
    }
    if (e != WZP_OK) {
        say_why(why, why_len, e == WZP_ERR_IO ? -system_error : UV_ENOMEM);
        release(u);
        return e;
    }
    const int rv = start(u);
    if (rv != 0) {
        say_why(why, why_len, rv);
        return WZP_ERR_IO;
    }
    *out = u;
    return WZP_OK;
}

wzp_addr wzp_uv_udp_local(const wzp_uv_udp *udp)
{
    return udp->socket.local;
}

void wzp_uv_udp_kick(wzp_uv_udp *udp)
{
    if (!udp->is_draining && !udp->is_closing) {
        drain(udp, wzp_uv_now());
    }
}

wzp_err wzp_uv_udp_reopen(wzp_uv_udp *udp)
{
    const wzp_tstamp now = wzp_uv_now();
    WZP_TRY(reopen(udp, now));
    drain(udp, now);
    return WZP_OK;
}

void wzp_uv_udp_close(wzp_uv_udp *udp, void (*closed)(void *user), void *user)
{
    if (udp->is_closing) {
        return;
    }
    udp->is_closing = true;
    udp->closed = closed;
    udp->closed_user = user;
    unwatch(udp->watch);
    uv_close((uv_handle_t *)&udp->timer, on_timer_closed);
}

void wzp_uv_udp_stats_get(const wzp_uv_udp *udp, wzp_uv_udp_stats *out)
{
    wzp_sized_give(out, out->size, &udp->stats, sizeof udp->stats);
}
