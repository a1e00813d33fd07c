/* SPDX-License-Identifier: MIT */
/* The subcommand ping: is the relay there, how far, who is it, which build. Two
 * probes, one after the other.
 */

#include "commands.h"

#include <wzp/client/probe.h>
#include <wzp/proto/fingerprint.h>

#include <uv.h>

#include <stdio.h>

static void on_done(const wzp_probe_result *result, void *user)
{
    wzp_probe_result *out = user;
    *out = *result;
}

/* Blocks until there is an answer or none. Wrong usage is 2, no answer 1. */
static int probe(const char *relay, wzp_probe_kind kind, wzp_log log,
                 wzp_probe_result *out)
{
    uv_loop_t loop;
    if (uv_loop_init(&loop) != 0) {
        fprintf(stderr, "wzp-client: cannot start\n");
        return 1;
    }
    wzp_err e = wzp_probe_start(&loop, relay, kind, log, on_done, out);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    if (e == WZP_ERR_ADDRESS) {
        fprintf(stderr, "wzp-client: \"%s\" is not HOST:PORT\n", relay);
        return 2;
    }
    if (e != WZP_OK) {
        fprintf(stderr, "wzp-client: %s\n", wzp_strerror(e));
        return 1;
    }
    if (out->err != WZP_OK) {
        fprintf(stderr, "wzp-client: %s: %s\n", relay, out->text);
    }
    return out->err == WZP_OK ? 0 : 1;
}

static int print_ping(const char *relay, wzp_log log)
{
    wzp_probe_result r = {.err = WZP_ERR_INTERNAL};
    char address[WZP_ADDR_TEXT_MAX];
    char fp[WZP_TLS_FP_TEXT_LEN + 1];
    int status = probe(relay, WZP_PROBE_PING, log, &r);
    if (status == 0) {
        wzp_addr_encode(&r.relay, address);
        wzp_tls_fingerprint_encode(r.cert_hash, fp);
        printf("relay        %s\n", address);
        printf("handshake    %.1f ms\n", (double)r.handshake_us / 1e3);
        printf("certificate  %s\n", fp);
        fflush(stdout);
    }
    return status;
}

int ping_run(settings *s)
{
    if (s->arguments.n != 1) {
        return settings_refuse("ping needs one HOST:PORT");
    }
    s->relay = s->arguments.v[0];
    int status = print_ping(s->relay, s->log);
    if (status == 0) {
        wzp_probe_result r = {.err = WZP_ERR_INTERNAL};
        status = probe(s->relay, WZP_PROBE_VERSION, s->log, &r);
        if (status == 0) {
            printf("version      %s\n", r.text);
        }
    }
    return status;
}

int ping_version(const settings *s)
{
    wzp_probe_result r = {.err = WZP_ERR_INTERNAL};
    char address[WZP_ADDR_TEXT_MAX];
    int status = probe(s->relay, WZP_PROBE_VERSION, s->log, &r);
    if (status == 0) {
        wzp_addr_encode(&r.relay, address);
        printf("%s %s\n", address, r.text);
    }
    return status;
}
