/* SPDX-License-Identifier: MIT */
/* One uv_poll for the socket, one uv_timer for the machine's deadline. A wake:
 * take a batch, sample the clock, hand the packets over, drain, arm.
 */
#include "uv/socket.h"

#include <wzp/proto/sized.h>
#include <wzp/transport/uv_udp.h>

#include <uv.h>

#include <stdio.h>

enum {
    BATCHES_PER_WAKE = 4, /* chosen: then others on the loop have their turn */
    HANDLES = 2,
};

struct wzp_uv_udp {
    wzp_mem mem;
    uv_loop_t *loop;
    uv_poll_t poll;
    uv_timer_t timer;
    wzp_uv_machine machine;
    wzp__socket socket;
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

static void drain(wzp_uv_udp *u, wzp_tstamp now)
{
    wzp_addr local, remote;
    const uint8_t *data = NULL;
    size_t len = 0;
    u->is_draining = true;
    while (u->machine.poll_send(u->machine.machine, now, &local, &remote, &data,
                                &len)) {
        if (wzp__socket_send(&u->socket, &local, &remote, data, len)) {
            u->stats.tx_packets++;
        } else {
            u->stats.tx_errors++;
        }
    }
    u->is_draining = false;
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
    wzp_uv_udp *u = poll->data;
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

static void on_closed(uv_handle_t *handle)
{
    wzp_uv_udp *u = handle->data;
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

/* 0 or what libuv says; then it closes itself. */
static int start(wzp_uv_udp *u)
{
    (void)uv_timer_init(u->loop, &u->timer); /* cannot fail */
    int rv = uv_poll_init(u->loop, &u->poll, u->socket.fd);
    if (rv != 0) {
        /* The timer handle is already known to the loop: close it alone. */
        u->open_handles = 1;
        uv_close((uv_handle_t *)&u->timer, on_closed);
        return rv;
    }
    u->open_handles = HANDLES;
    rv = uv_poll_start(&u->poll, UV_READABLE, on_readable);
    if (rv != 0) {
        wzp_uv_udp_close(u, NULL, NULL);
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
                      .socket = {.fd = -1},
                      .stats = {.size = sizeof u->stats},
                      .armed = WZP_NEVER};
    u->poll.data = u;
    u->timer.data = u;
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

void wzp_uv_udp_close(wzp_uv_udp *udp, void (*closed)(void *user), void *user)
{
    if (udp->is_closing) {
        return;
    }
    udp->is_closing = true;
    udp->closed = closed;
    udp->closed_user = user;
    (void)uv_poll_stop(&udp->poll);
    uv_close((uv_handle_t *)&udp->poll, on_closed);
    uv_close((uv_handle_t *)&udp->timer, on_closed);
}

void wzp_uv_udp_stats_get(const wzp_uv_udp *udp, wzp_uv_udp_stats *out)
{
    wzp_sized_give(out, out->size, &udp->stats, sizeof udp->stats);
}
