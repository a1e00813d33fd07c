/* SPDX-License-Identifier: MIT */
/* A program of yesterday with the libraries of today. install_test.sh compiles
 * it once per public struct that begins with `size`, against headers in which
 * that struct (STRUCT) has fewer fields, and links the installed libraries. A
 * new struct has no function run_<struct> here: then this does not compile.
 *
 * DROPPED_<field> is defined for each field taken away. The fence behind each
 * struct is where a library that knows the whole struct would write, and what
 * it would take for the missing fields.
 */
#include <wzp/client/client.h>
#include <wzp/client/contacts.h>
#include <wzp/client/pins.h>
#include <wzp/client/probe.h>
#include <wzp/codec/capture.h>
#include <wzp/codec/codec.h>
#include <wzp/crypto/group.h>
#include <wzp/proto/jitter.h>
#include <wzp/proto/quality.h>
#include <wzp/relay/relay.h>
#include <wzp/transport/endpoint.h>
#include <wzp/transport/global.h>
#include <wzp/transport/uv_udp.h>

#include <uv.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(what) require((what), #what)

static void require(bool holds, const char *what)
{
    if (!holds) {
        printf("does not hold: %s\n", what);
        exit(1);
    }
}

enum { FENCE = 4096, FENCE_BYTE = 0xEE };

/* OLD(type, name): the struct name.v with a fence behind it. */
#define OLD(type, name)                                                        \
    struct {                                                                   \
        type v;                                                                \
        uint8_t fence[FENCE];                                                  \
    } name;                                                                    \
    memset(&name, FENCE_BYTE, sizeof name)

static void require_fence(const uint8_t *fence)
{
    for (size_t i = 0; i < FENCE; i++) {
        if (fence[i] != FENCE_BYTE) {
            printf("byte %zu behind the struct was written\n", i);
            exit(1);
        }
    }
}

/* What a function of the library gave: no byte too many, and it says so. */
#define REQUIRE_GIVEN(name)                                                    \
    do {                                                                       \
        require_fence((name).fence);                                           \
        REQUIRE((name).v.size == sizeof(name).v);                              \
    } while (0)

/* --- what the machines need ----------------------------------------------- */

static const wzp_tstamp START = 1000 * WZP_S;

static wzp_unix_s unix_now(void *user)
{
    (void)user;
    return 1800000000;
}

static wzp_identity identity(void)
{
    static wzp_seed_identity *id;
    const uint8_t seed[WZP_SEED_LEN] = {7};
    REQUIRE(wzp_seed_identity_new(&id, seed) == WZP_OK);
    return wzp_seed_identity_table(id);
}

static wzp_addr address(uint16_t port)
{
    return wzp_addr_v4((const uint8_t[4]){127, 0, 0, 1}, port);
}

static void fill_relay(wzp_relay_config *cfg)
{
    cfg->identity = identity();
    cfg->rng = wzp_rng_system();
    cfg->unix_now = unix_now;
}

static wzp_relay *relay_new(void)
{
    wzp_relay *relay;
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    fill_relay(&cfg);
    REQUIRE(wzp_relay_new(&relay, &cfg, START, NULL, 0) == WZP_OK);
    return relay;
}

static wzp_engine *engine_new(void)
{
    wzp_engine *engine;
    wzp_engine_config cfg;
    wzp_engine_config_default(&cfg);
    cfg.identity = identity();
    cfg.rng = wzp_rng_system();
    cfg.unix_now = unix_now;
    REQUIRE(wzp_engine_new(&engine, &cfg, START) == WZP_OK);
    return engine;
}

static wzp_endpoint *endpoint_new(void)
{
    static wzp_pkt_pool *pool;
    static wzp_mem mem;
    mem = wzp_mem_default();
    wzp_endpoint *ep;
    wzp_endpoint_config cfg;
    wzp_endpoint_config_default(&cfg);
    REQUIRE(wzp_pkt_pool_new(&pool, &mem, 64) == WZP_OK);
    cfg.rng = wzp_rng_system();
#ifndef DROPPED_pool
    cfg.pool = pool;
#endif
    REQUIRE(wzp_endpoint_new(&ep, &cfg, START) == WZP_OK);
    return ep;
}

/* One client and one relay, without a network between them, for 3 s. */
static void hold_call(wzp_engine *engine, wzp_relay *relay)
{
    wzp_addr local, remote;
    const uint8_t *data;
    size_t len;
    wzp_join join = {.room = "kitchen", .relay = "relay:4433", .n_addrs = 1};
    join.addrs[0] = address(4433);
    join.local = address(5000);
    REQUIRE(wzp_engine_join(engine, START, &join) == WZP_OK);
    for (wzp_tstamp now = START; now < START + 3 * WZP_S; now += WZP_MS) {
        while (
            wzp_engine_poll_send(engine, now, &local, &remote, &data, &len)) {
            wzp_relay_recv(relay, now, &remote, &local, data, len);
        }
        while (wzp_relay_poll_send(relay, now, &local, &remote, &data, &len)) {
            wzp_engine_recv(engine, now, &remote, &local, data, len);
        }
        wzp_engine_expire(engine, now);
        wzp_relay_expire(relay, now);
    }
}

/* --- configurations: taken, with the default for what they lack ----------- */

static void run_wzp_jitter_config(void)
{
    wzp_mem mem = wzp_mem_default();
    wzp_jitter *jb;
    OLD(wzp_jitter_config, cfg);
    wzp_jitter_config_default(&cfg.v);
    REQUIRE_GIVEN(cfg);
    REQUIRE(wzp_jitter_new(&jb, &mem, &cfg.v) == WZP_OK);
}

static void run_wzp_encoder_config(void)
{
    wzp_encoder *enc;
    OLD(wzp_encoder_config, cfg);
    wzp_encoder_config_default(&cfg.v);
    REQUIRE_GIVEN(cfg);
    REQUIRE(wzp_encoder_new(&enc, &cfg.v) == WZP_OK);
}

static void run_wzp_quality_config(void)
{
    wzp_mem mem = wzp_mem_default();
    wzp_quality *quality;
    OLD(wzp_quality_config, cfg);
    wzp_quality_config_default(&cfg.v);
    REQUIRE_GIVEN(cfg);
    REQUIRE(wzp_quality_new(&quality, &mem, &cfg.v, 0) == WZP_OK);
}

static void run_wzp_capture_config(void)
{
    wzp_capture *capture;
    OLD(wzp_capture_config, cfg);
    wzp_capture_config_default(&cfg.v);
    REQUIRE_GIVEN(cfg);
    REQUIRE(wzp_capture_new(&capture, &cfg.v) == WZP_OK);
}

static void run_wzp_decoder_config(void)
{
    wzp_decoder *dec;
    OLD(wzp_decoder_config, cfg);
    wzp_decoder_config_default(&cfg.v);
    REQUIRE_GIVEN(cfg);
    REQUIRE(wzp_decoder_new(&dec, &cfg.v) == WZP_OK);
}

static void run_wzp_group_config(void)
{
    wzp_group *group;
    OLD(wzp_group_config, cfg);
    wzp_group_config_default(&cfg.v);
    REQUIRE_GIVEN(cfg);
    cfg.v.identity = identity();
    REQUIRE(wzp_group_new(&group, &cfg.v) == WZP_OK);
}

static void run_wzp_agree_config(void)
{
    wzp_agree *agree;
    OLD(wzp_agree_config, cfg);
    wzp_agree_config_default(&cfg.v);
    REQUIRE_GIVEN(cfg);
    cfg.v.identity = identity();
#ifdef DROPPED_call_id /* an agreement cannot be without: refused by name */
    REQUIRE(wzp_agree_new_caller(&agree, &cfg.v) == WZP_ERR_CONFIG);
#else
    cfg.v.call_id = WZP_STR("call");
    REQUIRE(wzp_agree_new_caller(&agree, &cfg.v) == WZP_OK);
#endif
}

static void run_wzp_endpoint_config(void)
{
    wzp_endpoint *ep;
    wzp_pkt_pool *pool;
    wzp_mem mem = wzp_mem_default();
    OLD(wzp_endpoint_config, cfg);
    wzp_endpoint_config_default(&cfg.v);
    REQUIRE_GIVEN(cfg);
    REQUIRE(wzp_pkt_pool_new(&pool, &mem, 64) == WZP_OK);
    cfg.v.rng = wzp_rng_system();
#ifdef DROPPED_pool /* an endpoint cannot be without: refused by name */
    REQUIRE(wzp_endpoint_new(&ep, &cfg.v, START) == WZP_ERR_CONFIG);
#else
    cfg.v.pool = pool;
    REQUIRE(wzp_endpoint_new(&ep, &cfg.v, START) == WZP_OK);
#endif
}

static void run_wzp_relay_config(void)
{
    wzp_relay *relay;
    OLD(wzp_relay_config, cfg);
    wzp_relay_config_default(&cfg.v);
    REQUIRE_GIVEN(cfg);
    fill_relay(&cfg.v);
    REQUIRE(wzp_relay_new(&relay, &cfg.v, START, NULL, 0) == WZP_OK);
    hold_call(engine_new(), relay);
}

static void run_wzp_engine_config(void)
{
    wzp_engine *engine;
    OLD(wzp_engine_config, cfg);
    wzp_engine_config_default(&cfg.v);
    REQUIRE_GIVEN(cfg);
    cfg.v.identity = identity();
    cfg.v.rng = wzp_rng_system();
    cfg.v.unix_now = unix_now;
    REQUIRE(wzp_engine_new(&engine, &cfg.v, START) == WZP_OK);

    wzp_client *client; /* whose configuration contains it */
    OLD(wzp_client_config, outer);
    wzp_client_config_default(&outer.v);
    REQUIRE_GIVEN(outer);
    outer.v.engine.identity = identity();
    REQUIRE(wzp_client_new(&client, &outer.v) == WZP_OK);
}

static void run_wzp_client_config(void)
{
    wzp_client *client;
    OLD(wzp_client_config, cfg);
    wzp_client_config_default(&cfg.v);
    REQUIRE_GIVEN(cfg);
    cfg.v.engine.identity = identity();
    REQUIRE(wzp_client_new(&client, &cfg.v) == WZP_OK);
}

static void run_wzp_probe_config(void)
{
    wzp_probe *probe;
    OLD(wzp_probe_config, cfg);
    wzp_probe_config_default(&cfg.v);
    REQUIRE_GIVEN(cfg);
    cfg.v.rng = wzp_rng_system();
    cfg.v.local = address(5000);
    cfg.v.addrs[0] = address(4433);
#ifdef DROPPED_n_addrs
    REQUIRE(wzp_probe_new(&probe, &cfg.v, START) == WZP_ERR_CONFIG);
#else
    cfg.v.n_addrs = 1;
    REQUIRE(wzp_probe_new(&probe, &cfg.v, START) == WZP_OK);
#endif
}

static void run_wzp_audio_wav_config(void)
{
    wzp_audio_wav *wav;
    OLD(wzp_audio_wav_config, cfg);
    wzp_audio_wav_config_default(&cfg.v);
    REQUIRE_GIVEN(cfg);
    REQUIRE(wzp_audio_wav_new(&wav, &cfg.v) == WZP_OK);
}

static void run_wzp_audio_device_config(void)
{
    wzp_audio_device *device;
    OLD(wzp_audio_device_config, cfg);
    wzp_audio_device_config_default(&cfg.v);
    REQUIRE_GIVEN(cfg);
    REQUIRE(wzp_audio_device_new(&device, &cfg.v) == WZP_OK);
}

/* --- statistics and events: no byte beyond size --------------------------- */

static void run_wzp_jitter_stats(void)
{
    wzp_mem mem = wzp_mem_default();
    wzp_jitter *jb;
    REQUIRE(wzp_jitter_new(&jb, &mem, NULL) == WZP_OK);
    OLD(wzp_jitter_stats, stats);
    stats.v.size = sizeof stats.v;
    wzp_jitter_stats_get(jb, &stats.v);
    REQUIRE_GIVEN(stats);
}

static void run_wzp_quality_state(void)
{
    wzp_mem mem = wzp_mem_default();
    wzp_quality *quality;
    wzp_quality_config cfg;
    wzp_quality_config_default(&cfg);
    REQUIRE(wzp_quality_new(&quality, &mem, &cfg, 0) == WZP_OK);
    OLD(wzp_quality_state, state);
    state.v.size = sizeof state.v;
    wzp_quality_state_get(quality, &state.v);
    REQUIRE_GIVEN(state);
}

static void run_wzp_capture_stats(void)
{
    wzp_capture *capture;
    wzp_capture_config cfg;
    wzp_capture_config_default(&cfg);
    REQUIRE(wzp_capture_new(&capture, &cfg) == WZP_OK);
    OLD(wzp_capture_stats, stats);
    stats.v.size = sizeof stats.v;
    wzp_capture_stats_get(capture, &stats.v);
    REQUIRE_GIVEN(stats);
}

static void run_wzp_group_stats(void)
{
    wzp_group *group;
    wzp_group_config cfg;
    wzp_group_config_default(&cfg);
    cfg.identity = identity();
    REQUIRE(wzp_group_new(&group, &cfg) == WZP_OK);
    OLD(wzp_group_stats, stats);
    stats.v.size = sizeof stats.v;
    wzp_group_stats_get(group, &stats.v);
    REQUIRE_GIVEN(stats);
}

static void run_wzp_conn_stats(void)
{
    wzp_endpoint *ep = endpoint_new();
    wzp_conn_id conn;
    const wzp_dial dial = {.local = address(5000), .remote = address(4433)};
    REQUIRE(wzp_endpoint_dial(ep, START, &dial, &conn) == WZP_OK);
    OLD(wzp_conn_stats, stats);
    stats.v.size = sizeof stats.v;
    REQUIRE(wzp_endpoint_conn_stats(ep, conn, &stats.v) == WZP_OK);
    REQUIRE_GIVEN(stats);
}

static void run_wzp_endpoint_stats(void)
{
    OLD(wzp_endpoint_stats, stats);
    stats.v.size = sizeof stats.v;
    wzp_endpoint_stats_get(endpoint_new(), &stats.v);
    REQUIRE_GIVEN(stats);
}

static wzp_tstamp never(void *machine)
{
    (void)machine;
    return WZP_NEVER;
}

static void run_wzp_uv_udp_stats(void)
{
    uv_loop_t loop;
    wzp_uv_udp *udp;
    const wzp_uv_machine machine = {.deadline = never};
    const wzp_mem mem = wzp_mem_default();
    const wzp_addr any = address(0);
    REQUIRE(uv_loop_init(&loop) == 0);
    REQUIRE(wzp_uv_udp_new(&udp, &loop, &mem, &any, &machine, NULL, 0) ==
            WZP_OK);
    OLD(wzp_uv_udp_stats, stats);
    stats.v.size = sizeof stats.v;
    wzp_uv_udp_stats_get(udp, &stats.v);
    REQUIRE_GIVEN(stats);
}

static void run_wzp_relay_stats(void)
{
    wzp_relay *relay = relay_new();
    hold_call(engine_new(), relay);
    OLD(wzp_relay_stats, stats);
    stats.v.size = sizeof stats.v;
    wzp_relay_stats_get(relay, &stats.v);
    REQUIRE_GIVEN(stats);
#ifndef DROPPED_members
    REQUIRE(stats.v.conns == 1);
#endif
}

static void run_wzp_relay_event(void)
{
    wzp_relay *relay = relay_new();
    hold_call(engine_new(), relay);
    OLD(wzp_relay_event, ev);
    REQUIRE(wzp_relay_next_event(relay, &ev.v));
    REQUIRE_GIVEN(ev);
#ifndef DROPPED_kind
    REQUIRE(ev.v.kind == WZP_RELAY_JOINED);
#endif
}

static void run_wzp_client_stats(void)
{
    wzp_engine *engine = engine_new();
    hold_call(engine, relay_new());
    OLD(wzp_client_stats, stats);
    stats.v.size = sizeof stats.v;
    wzp_engine_stats_get(engine, &stats.v);
    REQUIRE_GIVEN(stats);
#ifndef DROPPED_state
    REQUIRE(stats.v.state == WZP_CLIENT_JOINED);
#endif

    wzp_client *client;
    wzp_client_config cfg;
    wzp_client_config_default(&cfg);
    cfg.engine.identity = identity();
    REQUIRE(wzp_client_new(&client, &cfg) == WZP_OK);
    OLD(wzp_client_stats, shown);
    shown.v.size = sizeof shown.v;
    wzp_client_stats_get(client, &shown.v);
    REQUIRE_GIVEN(shown);
}

static void run_wzp_client_event(void)
{
    wzp_engine *engine = engine_new();
    hold_call(engine, relay_new());
    OLD(wzp_client_event, ev);
    REQUIRE(wzp_engine_next_event(engine, &ev.v));
    REQUIRE_GIVEN(ev);

    wzp_client *client;
    wzp_client_config cfg;
    wzp_client_config_default(&cfg);
    cfg.engine.identity = identity();
    REQUIRE(wzp_client_new(&client, &cfg) == WZP_OK);
    REQUIRE(wzp_client_run_thread(client) == WZP_OK);
    REQUIRE(wzp_client_join(client, "kitchen", "127.0.0.1:9", NULL) == WZP_OK);
    OLD(wzp_client_event, first);
    REQUIRE(wzp_client_wait_event(client, 10000, &first.v) == WZP_OK);
    REQUIRE_GIVEN(first);
    REQUIRE(wzp_client_leave(client) == WZP_OK);
    OLD(wzp_client_event, next);
    while (!wzp_client_next_event(client, &next.v)) {
        uv_sleep(1);
    }
    REQUIRE_GIVEN(next);
}

static void run_wzp_client_join_options(void)
{
    wzp_client *client;
    wzp_client_config cfg;
    wzp_client_config_default(&cfg);
    cfg.engine.identity = identity();
    OLD(wzp_client_join_options, o);
    wzp_client_join_options_default(&o.v);
    REQUIRE_GIVEN(o);
    REQUIRE(wzp_client_new(&client, &cfg) == WZP_OK);
    REQUIRE(wzp_client_run_thread(client) == WZP_OK);
#ifndef DROPPED_room
    o.v.room = "kitchen";
#    ifndef DROPPED_relay
    o.v.relay = "127.0.0.1:9";
    REQUIRE(wzp_client_join_with(client, &o.v) == WZP_OK);
    wzp_client_free(client, NULL, NULL);
    return;
#    endif
#endif
    REQUIRE(wzp_client_join_with(client, &o.v) == WZP_ERR_ARG);
    wzp_client_free(client, NULL, NULL);
}

static void run_wzp_probe_result(void)
{
    wzp_probe *probe;
    wzp_probe_config cfg;
    wzp_probe_config_default(&cfg);
    cfg.rng = wzp_rng_system();
    cfg.local = address(5000);
    cfg.addrs[0] = address(4433);
#ifndef DROPPED_n_addrs
    cfg.n_addrs = 1;
#endif
    REQUIRE(wzp_probe_new(&probe, &cfg, START) == WZP_OK);
    wzp_probe_expire(probe, START + 6 * WZP_S); /* nobody answered */
    OLD(wzp_probe_result, result);
    REQUIRE(wzp_probe_result_get(probe, &result.v));
    REQUIRE_GIVEN(result);
}

static void run_wzp_contact(void)
{
    const wzp_mem mem = wzp_mem_default();
    const wzp_store none = {0};
    const uint8_t fp[WZP_FP_LEN] = {7};
    wzp_contacts *contacts;
    REQUIRE(wzp_contacts_new(&contacts, &mem, &none) == WZP_OK);
    REQUIRE(wzp_contacts_add(contacts, fp, "Anna", 1) == WZP_OK);
    OLD(wzp_contact, at);
    REQUIRE(wzp_contacts_at(contacts, 0, &at.v) == WZP_OK);
    REQUIRE_GIVEN(at);
    OLD(wzp_contact, known);
    REQUIRE(wzp_contacts_find(contacts, fp, &known.v) == WZP_OK);
    REQUIRE_GIVEN(known);
    OLD(wzp_contact, named);
    REQUIRE(wzp_contacts_find_name(contacts, "anna", &named.v) == WZP_OK);
    REQUIRE_GIVEN(named);
}

/* One relay, written as of today. */
static wzp_err load_pins(void *user, const char *name, const wzp_mem *mem,
                         uint8_t **out, size_t *len)
{
    const char *text = user;
    (void)name;
    *len = strlen(text);
    *out = wzp_mem_new(mem, *len);
    REQUIRE(*out != NULL);
    memcpy(*out, text, *len);
    return WZP_OK;
}

static void run_wzp_pin(void)
{
    static char text[] = "relay:4433 "
                         "0101010101010101010101010101010101010101010101010101"
                         "010101010101 1 2\n";
    const wzp_mem mem = wzp_mem_default();
    const wzp_store store = {.load = load_pins, .user = text};
    wzp_pins *pins;
    REQUIRE(wzp_pins_new(&pins, &mem, &store) == WZP_OK);
    OLD(wzp_pin, pin);
    REQUIRE(wzp_pins_at(pins, 0, &pin.v) == WZP_OK);
    REQUIRE_GIVEN(pin);
}

static void run_wzp_features_info(void)
{
    OLD(wzp_features_info, info);
    info.v.size = sizeof info.v;
    wzp_features(&info.v);
    REQUIRE_GIVEN(info);
}

#define RUN_OF(name) run_##name
#define RUN(name)    RUN_OF(name)

int main(void)
{
    REQUIRE(wzp_global_init() == WZP_OK);
    RUN(STRUCT)();
    return 0;
}
