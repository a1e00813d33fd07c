/* SPDX-License-Identifier: MIT */
/* The shell of a probe: resolve, one socket, one machine, one answer. */
#include "path/relay_name.h"

#include <wzp/client/probe.h>
#include <wzp/transport/uv_udp.h>

#include <uv.h>

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

typedef struct probing {
    wzp_mem mem;
    wzp_probe_config cfg;
    wzp_probe *machine; /* NULL until resolved */
    wzp_probe_result result;
    uv_getaddrinfo_t resolve;
    uv_timer_t end; /* leaves the socket's own calls before it is closed */
    wzp_uv_udp *udp;
    bool is_ending;
    wzp_probe_done_fn *done;
    void *user;
} probing;

/* --- the end --- */

static void on_all_closed(uv_handle_t *handle)
{
    probing *g = handle->data;
    wzp_mem mem = g->mem;
    wzp_probe_free(g->machine);
    g->done(&g->result, g->user);
    wzp_mem_free(&mem, g, sizeof *g);
}

static void on_socket_closed(void *user)
{
    probing *g = user;
    uv_close((uv_handle_t *)&g->end, on_all_closed);
}

static void on_end(uv_timer_t *timer)
{
    probing *g = timer->data;
    if (g->udp == NULL) {
        on_socket_closed(g);
        return;
    }
    wzp_uv_udp_close(g->udp, on_socket_closed, g);
}

static void end_soon(probing *g)
{
    if (!g->is_ending) {
        g->is_ending = true;
        uv_timer_start(&g->end, on_end, 0, 0);
    }
}

static void fail(probing *g, wzp_err err, const char *text)
{
    g->result = (wzp_probe_result){.size = sizeof g->result, .err = err};
    (void)snprintf(g->result.text, sizeof g->result.text, "%s", text);
    end_soon(g);
}

/* --- the machine in the socket --- */

static void machine_recv(void *m, wzp_tstamp now, const wzp_addr *local,
                         const wzp_addr *remote, const uint8_t *data,
                         size_t len)
{
    probing *g = m;
    if (g->machine != NULL) {
        wzp_probe_recv(g->machine, now, local, remote, data, len);
    }
}

static void machine_expire(void *m, wzp_tstamp now)
{
    probing *g = m;
    if (g->machine != NULL) {
        wzp_probe_expire(g->machine, now);
    }
}

static wzp_tstamp machine_deadline(void *m)
{
    const probing *g = m;
    return g->machine == NULL ? WZP_NEVER : wzp_probe_deadline(g->machine);
}

static bool machine_poll_send(void *m, wzp_tstamp now, wzp_addr *local,
                              wzp_addr *remote, const uint8_t **data,
                              size_t *len)
{
    probing *g = m;
    if (g->machine == NULL) {
        return false;
    }
    if (wzp_probe_poll_send(g->machine, now, local, remote, data, len)) {
        return true;
    }
    if (wzp_probe_result_get(g->machine, &g->result)) {
        end_soon(g);
    }
    return false;
}

/* --- the beginning --- */

static size_t take_addresses(const struct addrinfo *list,
                             wzp_addr out[WZP_RELAY_ADDRS_MAX])
{
    size_t n = 0;
    for (; list != NULL && n < WZP_RELAY_ADDRS_MAX; list = list->ai_next) {
        if (list->ai_family == AF_INET) {
            const struct sockaddr_in *v4 = (const void *)list->ai_addr;
            out[n++] =
                wzp_addr_v4((const void *)&v4->sin_addr, ntohs(v4->sin_port));
        } else if (list->ai_family == AF_INET6) {
            const struct sockaddr_in6 *v6 = (const void *)list->ai_addr;
            out[n++] =
                wzp_addr_v6((const void *)&v6->sin6_addr, ntohs(v6->sin6_port));
        }
    }
    return n;
}

/* Dual-stack where there is IPv6, else IPv4. */
static wzp_err open_socket(probing *g, char *why, size_t why_len)
{
    const wzp_uv_machine machine = {.recv = machine_recv,
                                    .expire = machine_expire,
                                    .deadline = machine_deadline,
                                    .poll_send = machine_poll_send,
                                    .machine = g};
    static const uint8_t families[] = {WZP_FAMILY_V6, WZP_FAMILY_V4};
    wzp_err e = WZP_ERR_IO;
    for (size_t i = 0; i < sizeof families && e != WZP_OK; i++) {
        const wzp_addr any = {.family = families[i]};
        e = wzp_uv_udp_new(&g->udp, g->end.loop, &g->mem, &any, &machine, why,
                           why_len);
        if (e != WZP_OK) {
            WZP_LOG(&g->cfg.log, WZP_LOG_WARN, "probe", "probe.no_socket",
                    "ipv6=%d reason=\"%s\"", i == 0, why);
        }
    }
    return e;
}

static void on_resolved(uv_getaddrinfo_t *req, int status,
                        struct addrinfo *list)
{
    probing *g = req->data;
    char why[200] = "";
    if (status == 0) {
        g->cfg.n_addrs = take_addresses(list, g->cfg.addrs);
    }
    uv_freeaddrinfo(list);
    if (g->cfg.n_addrs == 0) {
        fail(g, WZP_ERR_RESOLVE,
             status != 0 ? uv_strerror(status) : "it has no address");
        return;
    }
    if (open_socket(g, why, sizeof why) != WZP_OK) {
        fail(g, WZP_ERR_IO, why);
        return;
    }
    g->cfg.local = wzp_uv_udp_local(g->udp);
    wzp_err e = wzp_probe_new(&g->machine, &g->cfg, wzp_uv_now());
    if (e != WZP_OK) {
        fail(g, e, wzp_strerror(e));
        return;
    }
    wzp_uv_udp_kick(g->udp);
}

wzp_err wzp_probe_start(uv_loop_t *loop, const char *relay, wzp_probe_kind kind,
                        wzp_log log, wzp_probe_done_fn *done, void *user)
{
    const wzp_mem mem = wzp_mem_default();
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    wzp__relay_name name;
    WZP_TRY(wzp__relay_name_decode(relay, &name));
    probing *g = wzp_mem_new(&mem, sizeof *g);
    if (g == NULL) {
        return WZP_ERR_NOMEM;
    }
    *g = (probing){.mem = mem, .done = done, .user = user};
    wzp_probe_config_default(&g->cfg);
    g->cfg.rng = wzp_rng_system();
    g->cfg.log = log;
    g->cfg.kind = kind;
    g->resolve.data = g;
    g->end.data = g;
    uv_timer_init(loop, &g->end);
    int e = uv_getaddrinfo(loop, &g->resolve, on_resolved, name.host, name.port,
                           &hints);
    if (e != 0) {
        fail(g, WZP_ERR_RESOLVE, uv_strerror(e));
    }
    return WZP_OK;
}
