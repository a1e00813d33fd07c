/* SPDX-License-Identifier: MIT */
/* The relay with an ear at its wire, for the demo: libwzp-relay as it is, in a
 * process where every action the relay takes from its endpoint (decrypted
 * datagrams and signals) and every UDP payload it receives is also kept. At
 * SIGTERM the copies are searched for the frames the senders really encoded.
 * Linked with -Wl,--wrap=wzp_endpoint_poll,--wrap=wzp_endpoint_recv.
 *
 *   tap LISTEN IDENTITY-BYTE legacy|strict REPORT FRAMES…
 *
 * REPORT gets one JSON object: frames, found, skipped, captured_bytes, items.
 */
#include "capture.h"

#include <wzp/relay/relay_uv.h>
#include <wzp/transport/endpoint.h>
#include <wzp/transport/global.h>

#include <uv.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static wzp_capture capture;

bool __real_wzp_endpoint_poll(wzp_endpoint *ep, wzp_tstamp now,
                              wzp_ep_action *out);
bool __wrap_wzp_endpoint_poll(wzp_endpoint *ep, wzp_tstamp now,
                              wzp_ep_action *out);
void __real_wzp_endpoint_recv(wzp_endpoint *ep, wzp_tstamp now,
                              const wzp_addr *local, const wzp_addr *remote,
                              const uint8_t *data, size_t len);
void __wrap_wzp_endpoint_recv(wzp_endpoint *ep, wzp_tstamp now,
                              const wzp_addr *local, const wzp_addr *remote,
                              const uint8_t *data, size_t len);

bool __wrap_wzp_endpoint_poll(wzp_endpoint *ep, wzp_tstamp now,
                              wzp_ep_action *out)
{
    if (!__real_wzp_endpoint_poll(ep, now, out)) {
        return false;
    }
    if (out->kind == WZP_EP_DGRAM) {
        wzp_capture_add(&capture, out->u.dgram->data, out->u.dgram->len);
    } else if (out->kind == WZP_EP_SIGNAL) {
        wzp_capture_add(&capture, out->u.signal.data, out->u.signal.len);
    }
    return true;
}

void __wrap_wzp_endpoint_recv(wzp_endpoint *ep, wzp_tstamp now,
                              const wzp_addr *local, const wzp_addr *remote,
                              const uint8_t *data, size_t len)
{
    wzp_capture_add(&capture, data, len);
    __real_wzp_endpoint_recv(ep, now, local, remote, data, len);
}

typedef struct tap {
    uv_loop_t loop;
    uv_signal_t term;
    wzp_relay_uv *relay;
    wzp_seed_identity *identity;
} tap;

static wzp_unix_s unix_now(void *user)
{
    (void)user;
    return (wzp_unix_s)time(NULL);
}

static void on_term(uv_signal_t *handle, int number)
{
    tap *t = handle->data;
    (void)number;
    uv_close((uv_handle_t *)handle, NULL);
    wzp_relay_uv_stop(t->relay, "demo is over", NULL, NULL);
}

static int write_report(const char *path, const wzp_capture_result *r)
{
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        return 1;
    }
    fprintf(f,
            "{\"frames\":%" PRIu64 ",\"found\":%" PRIu64 ",\"skipped\":%" PRIu64
            ",\"captured_bytes\":%zu,\"items\":%" PRIu64 "}\n",
            r->frames, r->found, r->skipped, capture.len, capture.items);
    return fclose(f) == 0 ? 0 : 1;
}

static int search(int n, char **files, const char *report)
{
    wzp_capture_result r = {0};
    for (int i = 0; i < n; i++) {
        if (wzp_capture_search(&capture, files[i], &r) != 0) {
            fprintf(stderr, "tap: cannot read %s\n", files[i]);
            return 1;
        }
    }
    return write_report(report, &r);
}

static int start(tap *t, char **argv)
{
    uint8_t seed[WZP_SEED_LEN];
    memset(seed, (int)strtol(argv[2], NULL, 10), sizeof seed);
    wzp_relay_config cfg;
    wzp_addr listen;
    char why[200] = "";
    wzp_relay_config_default(&cfg);
    if (wzp_crypto_global_init() != WZP_OK ||
        wzp_transport_global_init() != WZP_OK ||
        wzp_seed_identity_new(&t->identity, seed) != WZP_OK ||
        wzp_addr_decode(argv[1], strlen(argv[1]), &listen) != WZP_OK) {
        fprintf(stderr, "tap: bad arguments\n");
        return 1;
    }
    cfg.rng = wzp_rng_system();
    cfg.identity = wzp_seed_identity_table(t->identity);
    cfg.unix_now = unix_now;
    cfg.allow_legacy = strcmp(argv[3], "legacy") == 0;
    if (wzp_relay_uv_new(&t->relay, &t->loop, &cfg, &listen, why, sizeof why) !=
        WZP_OK) {
        fprintf(stderr, "tap: %s\n", why);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    tap t = {0};
    if (argc < 6) {
        fprintf(stderr, "usage: tap LISTEN IDENTITY-BYTE legacy|strict REPORT "
                        "FRAMES…\n");
        return 2;
    }
    uv_loop_init(&t.loop);
    if (start(&t, argv) != 0) {
        return 1;
    }
    uv_signal_init(&t.loop, &t.term);
    t.term.data = &t;
    uv_signal_start(&t.term, on_term, SIGTERM);
    wzp_addr at = wzp_relay_uv_local(t.relay);
    printf("ready 127.0.0.1:%u\n", at.port);
    fflush(stdout);
    uv_run(&t.loop, UV_RUN_DEFAULT);
    uv_loop_close(&t.loop);
    int status = search(argc - 5, argv + 5, argv[4]);
    wzp_seed_identity_free(t.identity);
    wzp_capture_free(&capture);
    wzp_transport_global_deinit();
    wzp_crypto_global_deinit();
    return status;
}
