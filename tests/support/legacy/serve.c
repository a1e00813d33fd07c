/* SPDX-License-Identifier: MIT */
/* See serve.h. */
#include "serve.h"

#include "relay.h"

#include <uv.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

typedef struct server {
    wzp_legacy_relay relay;
    uv_loop_t loop;
    uv_signal_t term;
    wzp_uv_udp *udp;
} server;

static void on_term(uv_signal_t *handle, int number)
{
    server *g = handle->data;
    (void)number;
    wzp_uv_udp_close(g->udp, NULL, NULL);
    uv_close((uv_handle_t *)handle, NULL);
}

static int run(server *g, const wzp_addr *addr)
{
    const wzp_mem mem = wzp_mem_default();
    const wzp_uv_machine machine = wzp_legacy_relay_machine(&g->relay);
    char why[128] = "";
    char text[WZP_ADDR_TEXT_MAX];
    if (wzp_uv_udp_new(&g->udp, &g->loop, &mem, addr, &machine, why,
                       sizeof why) != WZP_OK) {
        fprintf(stderr, "legacy: %s\n", why);
        return 1;
    }
    uv_signal_init(&g->loop, &g->term);
    g->term.data = g;
    uv_signal_start(&g->term, on_term, SIGTERM);
    const wzp_addr bound = wzp_uv_udp_local(g->udp);
    wzp_addr_encode(&bound, text);
    printf("ready %s\n", text);
    fflush(stdout);
    uv_run(&g->loop, UV_RUN_DEFAULT);
    printf("{\"joins\":%u,\"signals_after\":%" PRIu64 ",\"media\":%" PRIu64
           ",\"not_plain\":%" PRIu64 ",\"last_sni\":\"%s\"}\n",
           g->relay.joins, g->relay.signals_after, g->relay.media,
           g->relay.not_plain, g->relay.last_sni);
    return 0;
}

int wzp_legacy_serve(const char *text)
{
    static server g; /* too large for a stack */
    uint8_t tls[WZP_KEY_LEN];
    wzp_addr addr;
    if (wzp_addr_decode(text, strlen(text), &addr) != WZP_OK) {
        fprintf(stderr, "legacy: %s is not IP:PORT\n", text);
        return 2;
    }
    const wzp_rng rng = wzp_rng_system();
    wzp_rng_fill(&rng, tls, sizeof tls);
    wzp_legacy_relay_init(&g.relay, 1, tls, &rng, wzp_uv_now());
    uv_loop_init(&g.loop);
    int status = run(&g, &addr);
    uv_run(&g.loop, UV_RUN_DEFAULT);
    uv_loop_close(&g.loop);
    wzp_legacy_relay_deinit(&g.relay);
    return status;
}
