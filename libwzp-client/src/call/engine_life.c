/* SPDX-License-Identifier: MIT */
/* An engine's making and freeing; what it does is in engine.c. */
#include "call/engine_parts.h"

#include <wzp/crypto/wipe.h>
#include <wzp/proto/sized.h>

#include <string.h>

#define PLAYOUT_MOST_MS 2000 /* the jitter buffer's own limit */
/* A relay that answers nothing is given up after three keep-alives. chosen:
 * half of what the relay waits for us. */
#define IDLE_NS (15 * WZP_S)
#define PACKETS 256 /* buffers: sending and receiving */
#define TICKETS 8   /* one per relay and room; chosen */

void wzp_engine_config_default_sized(wzp_engine_config *cfg, size_t size)
{
    wzp_engine_config full = {
        .size = sizeof full,
        .mem = wzp_mem_default(),
        .log = wzp_log_none(),
        .audio = wzp_audio_null(),
        .playout_min_ms = 0,
        .playout_max_ms = 500,
        .max_senders = 8,
        .max_events = 256,
    };
    wzp_quality_config_default(&full.quality);
    wzp_sized_give(cfg, size, &full, sizeof full);
}

static wzp_err check_config(const wzp_engine_config *cfg)
{
    if (cfg->rng.fill == NULL || cfg->unix_now == NULL ||
        cfg->identity.sign == NULL || cfg->audio.start == NULL ||
        cfg->max_senders == 0 || cfg->max_senders > 64 || cfg->max_events < 8 ||
        cfg->max_events > 65536 || cfg->playout_min_ms > cfg->playout_max_ms ||
        cfg->playout_max_ms > PLAYOUT_MOST_MS) {
        return WZP_ERR_CONFIG;
    }
    return WZP_OK;
}

static wzp_err make_endpoint(wzp_engine *e, wzp_tstamp now)
{
    wzp_endpoint_config cfg;
    wzp_endpoint_config_default(&cfg);
    cfg.mem = e->cfg.mem;
    cfg.rng = e->cfg.rng;
    cfg.log = e->cfg.log;
    cfg.max_conns = 64;
    cfg.max_tickets = TICKETS;
    cfg.idle_timeout = IDLE_NS;
    cfg.has_tls_seed = true; /* a certificate of this process only */
    wzp_rng_fill(&e->cfg.rng, cfg.tls_seed, sizeof cfg.tls_seed);
    WZP_TRY(wzp_pkt_pool_new(&e->pool, &e->cfg.mem, PACKETS));
    cfg.pool = e->pool;
    wzp_err err = wzp_endpoint_new(&e->ep, &cfg, now);
    wzp_wipe(cfg.tls_seed, sizeof cfg.tls_seed);
    return err;
}

static wzp_err open_tables(wzp_engine *e)
{
    const wzp_mem *mem = &e->cfg.mem;
    const wzp_store *store = &e->cfg.store;
    const char *name = "pins";
    wzp_err err = wzp_pins_new(&e->pins, mem, store);
    if (err == WZP_OK) {
        name = "contacts";
        err = wzp_contacts_new(&e->contacts, mem, store);
    }
    if (err == WZP_OK) {
        name = "capable";
        err = wzp__seen_new(&e->seen, mem, store);
    }
    if (err != WZP_OK) {
        WZP_LOG(&e->cfg.log, WZP_LOG_ERROR, "engine", "store.refused",
                "name=%s err=%s", name, wzp_err_name(err));
    }
    return err;
}

static wzp_err make_calls(wzp_engine *e)
{
    wzp__calls_deps deps = {.mem = e->cfg.mem,
                            .rng = e->cfg.rng,
                            .log = e->cfg.log,
                            .identity = e->cfg.identity,
                            .unix_now = e->cfg.unix_now,
                            .unix_now_user = e->cfg.unix_now_user,
                            .alias = e->alias,
                            .store = &e->cfg.store,
                            .contacts = e->contacts};
    WZP_TRY(wzp_endpoint_cert_hash(e->ep, deps.tls_hash));
    const wzp_err err = wzp__calls_new(&e->calls, &deps);
    if (err != WZP_OK) {
        WZP_LOG(&e->cfg.log, WZP_LOG_ERROR, "engine", "store.refused",
                "name=calls err=%s", wzp_err_name(err));
    }
    return err;
}

static wzp_err make_parts(wzp_engine *e, wzp_tstamp now)
{
    WZP_TRY(make_endpoint(e, now));
    WZP_TRY(wzp__event_queue_init(&e->events, &e->cfg.mem, e->cfg.max_events));
    WZP_TRY(wzp__engine_audio_init(e));
    WZP_TRY(open_tables(e));
    e->clear.is_allowed = e->cfg.allow_legacy;
    wzp__receiver_config rc = {.mem = e->cfg.mem,
                               .playout_min_ms = e->cfg.playout_min_ms,
                               .playout_max_ms = e->cfg.playout_max_ms,
                               .is_mobile = e->cfg.quality.network ==
                                            WZP_NETWORK_CELLULAR};
    WZP_TRY(wzp__voices_init(&e->voices, &rc, e->cfg.max_senders));
    wzp_encoder_config enc;
    wzp_encoder_config_default(&enc);
    enc.mem = e->cfg.mem;
    WZP_TRY(wzp__sender_new(&e->sender, &e->cfg.mem, &enc));
    wzp__session_deps deps = {.mem = e->cfg.mem,
                              .rng = e->cfg.rng,
                              .log = e->cfg.log,
                              .identity = e->cfg.identity,
                              .ep = e->ep,
                              .pins = e->pins,
                              .unix_now = e->cfg.unix_now,
                              .unix_now_user = e->cfg.unix_now_user,
                              .alias = e->alias,
                              .clear = &e->clear};
    WZP_TRY(wzp__session_new(&e->session, &deps));
    const wzp__line_deps line = {.mem = deps.mem,
                                 .rng = deps.rng,
                                 .log = deps.log,
                                 .identity = deps.identity,
                                 .ep = deps.ep,
                                 .pins = deps.pins,
                                 .unix_now = deps.unix_now,
                                 .unix_now_user = deps.unix_now_user,
                                 .alias = deps.alias};
    WZP_TRY(wzp__line_new(&e->line, &line));
    WZP_TRY(wzp__engine_quality_new(e, now));
    return make_calls(e);
}

static void make_alias(wzp_engine *e)
{
    const char *given = e->cfg.alias;
    size_t len = given == NULL ? 0 : strlen(given);
    if (len == 0 || len >= sizeof e->alias) {
        wzp_alias_from_key(e->cfg.identity.public_key, e->alias);
    } else {
        memcpy(e->alias, given, len + 1);
    }
}

wzp_err wzp_engine_new(wzp_engine **out, const wzp_engine_config *cfg,
                       wzp_tstamp now)
{
    wzp_engine_config all;
    wzp_engine_config_default(&all);
    wzp_sized_take(&all, sizeof all, cfg);
    WZP_TRY(check_config(&all));
    wzp_engine *e = wzp_mem_new(&all.mem, sizeof *e);
    if (e == NULL) {
        return WZP_ERR_NOMEM;
    }
    e->cfg = all;
    e->stats_at = WZP_NEVER;
    wzp__control_init(&e->control);
    make_alias(e);
    wzp_err err = make_parts(e, now);
    if (err != WZP_OK) {
        wzp_engine_free(e);
        return err;
    }
    *out = e;
    return WZP_OK;
}

void wzp_engine_free(wzp_engine *e)
{
    if (e == NULL) {
        return;
    }
    wzp_mem mem = e->cfg.mem;
    wzp__engine_audio_stop(e, 0);
    wzp__voices_deinit(&e->voices);
    wzp__held_clear(&e->held);
    wzp__session_free(e->session);
    wzp__line_free(e->line);
    wzp__calls_free(e->calls);
    wzp__sender_free(e->sender);
    wzp_quality_free(e->quality);
    wzp_pins_free(e->pins);
    wzp_contacts_free(e->contacts);
    wzp__seen_free(e->seen);
    wzp__engine_audio_deinit(e);
    wzp__event_queue_deinit(&e->events);
    wzp_endpoint_free(e->ep);
    wzp_pkt_pool_free(e->pool);
    wzp_mem_free(&mem, e, sizeof *e);
}
