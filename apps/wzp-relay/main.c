/* SPDX-License-Identifier: MIT */
/* wzp-relay: one relay on one loop. Options are in settings.c, the
 * identity file in identity.c, the file of rooms in rooms.c, everything
 * else in libwzp-relay.
 *
 * Exit status: 0 stopped by a signal, 1 could not start, 2 wrong use.
 * stdout says what was started and, once it listens, one line
 *   ready ADDR:PORT
 */
#include "common/harden.h"
#include "common/log_stderr.h"
#include "identity.h"
#include "rooms.h"
#include "settings.h"

#include <wzp/proto/fingerprint.h>
#include <wzp/relay/relay_uv.h>

#include <uv.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef WZP_BUILD
#    define WZP_BUILD "development build"
#endif

typedef struct app {
    settings settings;
    wzp_log log;
    wzp_seed_identity *identity;
    wzp_seed_identity *next_identity; /* NULL: none is announced */
    uv_loop_t loop;
    uv_signal_t signals[3]; /* TERM, INT, HUP */
    wzp_relay_uv *relay;
    bool is_stopping;
} app;

static wzp_unix_s unix_now(void *user)
{
    (void)user;
    return (wzp_unix_s)time(NULL);
}

static int fail(int status, const char *why)
{
    fprintf(stderr, "wzp-relay: %s\n", why);
    return status;
}

static void on_stopped(void *user)
{
    app *a = user;
    for (size_t i = 0; i < 3; i++) {
        uv_close((uv_handle_t *)&a->signals[i], NULL);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    app *a = handle->data;
    (void)number;
    if (a->is_stopping) {
        _exit(1); /* asked twice: do not wait for anybody */
    }
    a->is_stopping = true;
    WZP_LOG(&a->log, WZP_LOG_INFO, "app", "relay.stop", "signal=%d", number);
    wzp_relay_uv_stop(a->relay, "relay is shutting down", on_stopped, a);
}

static void on_reload(uv_signal_t *handle, int number)
{
    const app *a = handle->data;
    (void)number;
    if (!a->is_stopping) {
        rooms_reload(a->settings.rooms, &a->log,
                     wzp_relay_uv_machine(a->relay));
    }
}

static bool start(app *a, char *why, size_t why_len)
{
    wzp_relay_config cfg;
    rooms_file rooms;
    if (!rooms_open(a->settings.rooms, &a->log, &rooms, why, why_len)) {
        return false;
    }
    wzp_relay_config_default(&cfg);
    cfg.rng = wzp_rng_system();
    cfg.log = a->log;
    cfg.identity = wzp_seed_identity_table(a->identity);
    if (a->next_identity != NULL) {
        cfg.next_identity = wzp_seed_identity_table(a->next_identity);
        cfg.next_not_before =
            a->settings.next_from != 0 ? a->settings.next_from : unix_now(NULL);
    }
    cfg.unix_now = unix_now;
    cfg.allow_legacy = a->settings.allow_legacy;
    cfg.max_members = a->settings.max_members;
    cfg.room_rules = rooms.rules;
    cfg.n_room_rules = rooms.n;
    cfg.is_closed = a->settings.is_closed;
    cfg.build = WZP_BUILD;
    const wzp_err e = wzp_relay_uv_new(&a->relay, &a->loop, &cfg,
                                       &a->settings.listen, why, why_len);
    rooms_file_free(&rooms);
    return e == WZP_OK;
}

static void announce(const app *a)
{
    uint8_t hash[WZP_HASH_LEN], fp[WZP_FP_LEN];
    char tls[WZP_TLS_FP_TEXT_LEN + 1], id[WZP_FP_TEXT_LEN + 1];
    char at[WZP_ADDR_TEXT_MAX];
    const wzp_addr local = wzp_relay_uv_local(a->relay);
    wzp_addr_encode(&local, at);
    wzp_relay_cert_hash(wzp_relay_uv_machine(a->relay), hash);
    wzp_tls_fingerprint_encode(hash, tls);
    wzp_identity_fingerprint(wzp_seed_identity_table(a->identity).public_key,
                             fp);
    wzp_fingerprint_encode(fp, id);
    printf("wzp-relay %s\nlisten   %s\ntls      %s\nidentity %s\n", WZP_BUILD,
           at, tls, id);
    if (wzp_relay_next_cert_hash(wzp_relay_uv_machine(a->relay), hash) ==
        WZP_OK) {
        wzp_tls_fingerprint_encode(hash, tls);
        printf("next     %s\n", tls);
    }
    printf("ready %s\n", at);
    fflush(stdout);
}

static bool is_same(const wzp_seed_identity *a, const wzp_seed_identity *b)
{
    return memcmp(wzp_seed_identity_table(a).public_key,
                  wzp_seed_identity_table(b).public_key, WZP_KEY_LEN) == 0;
}

static bool open_identities(app *a, char *why, size_t why_len)
{
    const char *next = a->settings.next_identity;
    const char *pass = a->settings.passphrase;
    a->identity =
        identity_open(a->settings.identity, pass, &a->log, why, why_len);
    if (a->identity == NULL || next == NULL) {
        return a->identity != NULL;
    }
    a->next_identity = identity_open(next, pass, &a->log, why, why_len);
    if (a->next_identity != NULL && is_same(a->identity, a->next_identity)) {
        (void)snprintf(why, why_len,
                       "--next-identity %s holds the identity the relay has "
                       "now",
                       next);
        return false;
    }
    return a->next_identity != NULL;
}

static int run(app *a)
{
    static const int numbers[3] = {SIGTERM, SIGINT, SIGHUP};
    char why[1400] = "";
    if (!open_identities(a, why, sizeof why) || !start(a, why, sizeof why)) {
        return fail(1, why);
    }
    for (size_t i = 0; i < 3; i++) {
        uv_signal_init(&a->loop, &a->signals[i]);
        a->signals[i].data = a;
        uv_signal_start(&a->signals[i],
                        numbers[i] == SIGHUP ? on_reload : on_signal,
                        numbers[i]);
    }
    announce(a);
    uv_run(&a->loop, UV_RUN_DEFAULT);
    return 0;
}

int main(int argc, char **argv)
{
    app a = {0};
    char why[300];
    app_harden("wzp-relay");
    if (!settings_parse(&a.settings, argc, argv, why, sizeof why)) {
        (void)fail(2, why);
        return fail(2, "try 'wzp-relay --help'");
    }
    if (a.settings.wants_help) {
        settings_help();
        return 0;
    }
    if (a.settings.wants_version) {
        puts(WZP_BUILD);
        return 0;
    }
    if (wzp_crypto_global_init() != WZP_OK || uv_loop_init(&a.loop) != 0) {
        return fail(1, "cannot initialise");
    }
    (void)signal(SIGPIPE, SIG_IGN);
    a.log = app_log_stderr(a.settings.log_level);
    int status = run(&a);
    wzp_seed_identity_free(a.identity);
    wzp_seed_identity_free(a.next_identity);
    (void)uv_loop_close(&a.loop);
    wzp_crypto_global_deinit();
    return status;
}
