/* SPDX-License-Identifier: MIT */
/* A client without sealing, for the demo's control run and for tests of what
 * a relay does with old clients. It writes every frame it sends to a file, so
 * that a search for them can be proven to work.
 *
 *   legacy HOST:PORT ROOM SECONDS IN.wav FRAMES.out
 *   legacy --relay HOST:PORT        an old relay instead, see serve.h
 *
 * HOST is an IP address. Prints "joined", and at the end one line of JSON:
 * sent, refused, received, received_bytes. Exit status 1: ended early.
 */
#include "peer.h"
#include "serve.h"

#include <wzp/transport/global.h>
#include <wzp/transport/uv_udp.h>

#include <uv.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct program {
    wzp_legacy_peer peer;
    uv_loop_t loop;
    uv_timer_t end; /* closes the socket outside of its own calls */
    uv_timer_t patience;
    wzp_uv_udp *udp;
    bool is_joined, is_ending;
} program;

static void machine_recv(void *m, wzp_tstamp now, const wzp_addr *local,
                         const wzp_addr *remote, const uint8_t *data,
                         size_t len)
{
    program *g = m;
    wzp_endpoint_recv(g->peer.ep, now, local, remote, data, len);
}

static void machine_expire(void *m, wzp_tstamp now)
{
    program *g = m;
    wzp_legacy_peer_expire(&g->peer, now);
}

static wzp_tstamp machine_deadline(void *m)
{
    const program *g = m;
    return wzp_legacy_peer_deadline(&g->peer);
}

static void on_end(uv_timer_t *timer)
{
    program *g = timer->data;
    wzp_uv_udp_close(g->udp, NULL, NULL);
    uv_close((uv_handle_t *)&g->end, NULL);
    uv_close((uv_handle_t *)&g->patience, NULL);
}

static void end(program *g)
{
    if (!g->is_ending) {
        g->is_ending = true;
        uv_timer_start(&g->end, on_end, 0, 0);
    }
}

static bool machine_poll_send(void *m, wzp_tstamp now, wzp_addr *local,
                              wzp_addr *remote, const uint8_t **data,
                              size_t *len)
{
    program *g = m;
    wzp_ep_action a;
    if (wzp_legacy_peer_poll(&g->peer, now, &a)) {
        *local = a.u.send.local;
        *remote = a.u.send.remote;
        *data = a.u.send.data;
        *len = a.u.send.len;
        return true;
    }
    if (g->peer.is_answered && !g->is_joined) {
        g->is_joined = true;
        printf("joined\n");
        fflush(stdout);
    }
    if (g->peer.is_closed) {
        end(g);
    }
    return false;
}

static void on_patience(uv_timer_t *timer)
{
    program *g = timer->data;
    if (!g->peer.is_answered) {
        (void)snprintf(g->peer.why, sizeof g->peer.why,
                       "no CallAnswer within 10 s");
    }
    end(g);
}

static int open_socket(program *g, const wzp_addr *relay, uint64_t seconds)
{
    const wzp_uv_machine machine = {.recv = machine_recv,
                                    .expire = machine_expire,
                                    .deadline = machine_deadline,
                                    .poll_send = machine_poll_send,
                                    .machine = g};
    const wzp_mem mem = wzp_mem_default();
    const wzp_addr any = {.family = relay->family};
    uv_timer_init(&g->loop, &g->end);
    uv_timer_init(&g->loop, &g->patience);
    g->end.data = g;
    g->patience.data = g;
    uv_timer_start(&g->patience, on_patience, (seconds + 10) * 1000, 0);
    if (wzp_uv_udp_new(&g->udp, &g->loop, &mem, &any, &machine, g->peer.why,
                       sizeof g->peer.why) != WZP_OK) {
        uv_close((uv_handle_t *)&g->end, NULL);
        uv_close((uv_handle_t *)&g->patience, NULL);
        uv_run(&g->loop, UV_RUN_DEFAULT);
        return 1;
    }
    return 0;
}

static int run(program *g, const wzp_addr *relay, const char *room,
               uint64_t seconds)
{
    if (open_socket(g, relay, seconds) != 0) {
        return 1;
    }
    const wzp_addr local = wzp_uv_udp_local(g->udp);
    if (!wzp_legacy_peer_dial(&g->peer, wzp_uv_now(), &local, relay, room)) {
        end(g);
    }
    wzp_uv_udp_kick(g->udp);
    uv_run(&g->loop, UV_RUN_DEFAULT);
    printf("{\"sent\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"received\":%" PRIu64
           ",\"received_bytes\":%" PRIu64 "}\n",
           g->peer.sent, g->peer.refused, g->peer.received,
           g->peer.received_bytes);
    return g->peer.why[0] != '\0';
}

static int speak(int argc, char **argv)
{
    program g = {0};
    wzp_addr relay;
    char *rest = NULL;
    uint64_t seconds = argc == 6 ? strtoul(argv[3], &rest, 10) : 0;
    if (argc != 6 || seconds == 0 || seconds > 3600 || *rest != '\0' ||
        wzp_addr_decode(argv[1], strlen(argv[1]), &relay) != WZP_OK) {
        fprintf(stderr, "usage: legacy IP:PORT ROOM SECONDS IN.wav FRAMES\n"
                        "       legacy --relay IP:PORT\n");
        return 2;
    }
    uv_loop_init(&g.loop);
    int status = 1;
    if (wzp_legacy_peer_init(&g.peer, wzp_uv_now(), argv[4], argv[5],
                             seconds * 50)) {
        status = run(&g, &relay, argv[2], seconds);
    }
    if (g.peer.why[0] != '\0') {
        fprintf(stderr, "legacy: %s\n", g.peer.why);
    }
    uv_loop_close(&g.loop);
    wzp_legacy_peer_deinit(&g.peer);
    return status;
}

int main(int argc, char **argv)
{
    if (wzp_crypto_global_init() != WZP_OK ||
        wzp_transport_global_init() != WZP_OK) {
        fprintf(stderr, "legacy: cannot set up the libraries\n");
        return 1;
    }
    int status = argc == 3 && strcmp(argv[1], "--relay") == 0
                     ? wzp_legacy_serve(argv[2])
                     : speak(argc, argv);
    wzp_transport_global_deinit();
    wzp_crypto_global_deinit();
    return status;
}
