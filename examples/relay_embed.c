/* SPDX-License-Identifier: MIT */
/* A relay on the caller's own libuv loop, until Ctrl-C.
 *
 *   relay_embed ADDR:PORT
 *
 * The identity is new each time, so clients that pinned the last one's
 * certificate will object; a real relay keeps its seed (docs/operating.md).
 */
#include <wzp/crypto/wipe.h>
#include <wzp/relay/relay_uv.h>

#include <uv.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

static wzp_unix_s unix_now(void *user)
{
    (void)user;
    return (wzp_unix_s)time(NULL);
}

static void on_done(void *user) /* drained, and every handle is closed */
{
    uv_signal_t *interrupt = user;
    uv_close((uv_handle_t *)interrupt, NULL);
}

static void on_interrupt(uv_signal_t *interrupt, int signum)
{
    (void)signum;
    uv_signal_stop(interrupt); /* a second Ctrl-C ends the process */
    wzp_relay_uv_stop(interrupt->data, "relay shut down", on_done, interrupt);
}

static wzp_err run(uv_loop_t *loop, const wzp_identity *id, const char *at)
{
    char why[160] = "not an ADDR:PORT";
    wzp_relay_uv *relay;
    wzp_addr listen;
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.identity = *id;
    cfg.rng = wzp_rng_system();
    cfg.unix_now = unix_now;
    wzp_err e = wzp_addr_decode(at, strlen(at), &listen);
    if (e == WZP_OK) {
        e = wzp_relay_uv_new(&relay, loop, &cfg, &listen, why, sizeof why);
    }
    if (e != WZP_OK) {
        fprintf(stderr, "relay_embed: %s\n", why);
        return e;
    }
    uv_signal_t interrupt = {.data = relay};
    uv_signal_init(loop, &interrupt);
    uv_signal_start(&interrupt, on_interrupt, SIGINT);
    uv_run(loop, UV_RUN_DEFAULT);
    return WZP_OK;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: relay_embed ADDR:PORT\n");
        return 2;
    }
    if (wzp_crypto_global_init() != WZP_OK) {
        return 1;
    }
    uint8_t seed[WZP_SEED_LEN];
    wzp_rng rng = wzp_rng_system();
    wzp_rng_fill(&rng, seed, sizeof seed);

    wzp_seed_identity *id;
    wzp_err e = wzp_seed_identity_new(&id, seed);
    wzp_wipe(seed, sizeof seed);
    if (e == WZP_OK) {
        wzp_identity table = wzp_seed_identity_table(id);
        e = run(uv_default_loop(), &table, argv[1]);
        wzp_seed_identity_free(id);
    }
    wzp_crypto_global_deinit();
    return e == WZP_OK ? 0 : 1;
}
