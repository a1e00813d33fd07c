/* SPDX-License-Identifier: MIT */
/* The probe machine against an endpoint that plays the relay, on a clock of
 * the test's own; packets arrive 5 ms after they were sent.
 */
#include "support/harness.h"

#include <wzp/client/probe.h>
#include <wzp/transport/endpoint.h>
#include <wzp/transport/global.h>

#include <string.h>

#define ONE_WAY (5 * WZP_MS)
#define FLIGHTS 64

typedef struct flight {
    wzp_tstamp at;
    bool to_relay;
    wzp_addr from, to;
    size_t len;
    uint8_t data[1500];
} flight;

typedef struct scene {
    wzp_tstamp now;
    wzp_endpoint *relay; /* NULL: nobody listens */
    wzp_pkt_pool *pool;
    const char *build;  /* sent to `version`; NULL: only accepts */
    const char *refuse; /* closes with this reason instead */
    char sni[WZP_SNI_MAX + 1];
    uint64_t close_code;
    char close_reason[WZP_REASON_MAX + 1];
    bool is_closed;
    wzp_probe *probe;
    wzp_probe_result result;
    flight flights[FLIGHTS];
    size_t n;
} scene;

static const uint8_t HERE[4] = {192, 0, 2, 1};
static const uint8_t THERE[4] = {192, 0, 2, 2};
static const uint8_t NOWHERE[4] = {192, 0, 2, 3};

static wzp_addr relay_addr(void)
{
    return wzp_addr_v4(THERE, 4433);
}

static void make_relay(scene *s)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_endpoint_config cfg;
    wzp_endpoint_config_default(&cfg);
    cfg.mem = mem;
    cfg.rng = wzp_rng_system();
    cfg.accepts = true;
    cfg.has_tls_seed = true;
    memset(cfg.tls_seed, 7, sizeof cfg.tls_seed);
    assert_int_equal(wzp_pkt_pool_new(&s->pool, &mem, 16), WZP_OK);
    cfg.pool = s->pool;
    assert_int_equal(wzp_endpoint_new(&s->relay, &cfg, s->now), WZP_OK);
}

static void begin(scene *s, wzp_probe_kind kind, const uint8_t (*ips)[4],
                  size_t n, bool with_relay)
{
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    s->now = 1000 * WZP_S;
    if (with_relay) {
        make_relay(s);
    }
    wzp_probe_config cfg;
    wzp_probe_config_default(&cfg);
    cfg.rng = wzp_rng_system();
    cfg.kind = kind;
    cfg.local = wzp_addr_v4(HERE, 1024);
    cfg.n_addrs = n;
    for (size_t i = 0; i < n; i++) {
        cfg.addrs[i] = wzp_addr_v4(ips[i], 4433);
    }
    assert_int_equal(wzp_probe_new(&s->probe, &cfg, s->now), WZP_OK);
}

static void end(scene *s)
{
    wzp_probe_free(s->probe);
    wzp_endpoint_free(s->relay);
    wzp_pkt_pool_free(s->pool);
    wzp_transport_global_deinit();
    wzp_crypto_global_deinit();
}

static void send(scene *s, bool to_relay, const wzp_addr *from,
                 const wzp_addr *to, const uint8_t *data, size_t len)
{
    assert_true(s->n < FLIGHTS && len <= sizeof s->flights[0].data);
    flight *f = &s->flights[s->n++];
    *f = (flight){s->now + ONE_WAY, to_relay, *from, *to, len, {0}};
    memcpy(f->data, data, len);
}

static void on_relay_action(scene *s, const wzp_ep_action *a)
{
    if (a->kind == WZP_EP_CLOSED) {
        s->is_closed = true;
        s->close_code = a->u.closed.code;
        memcpy(s->close_reason, a->u.closed.reason,
               strlen(a->u.closed.reason) + 1);
    }
    if (a->kind != WZP_EP_ACCEPTED) {
        return;
    }
    wzp_conn_id conn = a->conn;
    memcpy(s->sni, a->u.up.sni, strlen(a->u.up.sni) + 1);
    if (s->refuse != NULL) {
        assert_int_equal(wzp_endpoint_close(s->relay, s->now, conn,
                                            WZP_CLOSE_FULL, s->refuse),
                         WZP_OK);
    } else if (s->build != NULL) {
        assert_int_equal(wzp_endpoint_send_uni(s->relay, s->now, conn, s->build,
                                               strlen(s->build)),
                         WZP_OK);
    }
}

static void drain(scene *s)
{
    wzp_addr local;
    wzp_addr remote;
    const uint8_t *data;
    size_t len;
    wzp_ep_action a;
    while (
        wzp_probe_poll_send(s->probe, s->now, &local, &remote, &data, &len)) {
        send(s, true, &local, &remote, data, len);
    }
    while (s->relay != NULL && wzp_endpoint_poll(s->relay, s->now, &a)) {
        if (a.kind == WZP_EP_SEND) {
            send(s, false, &a.u.send.local, &a.u.send.remote, a.u.send.data,
                 a.u.send.len);
        } else {
            on_relay_action(s, &a);
        }
    }
}

static void deliver(scene *s)
{
    for (size_t i = 0; i < s->n;) {
        flight f = s->flights[i];
        if (f.at > s->now) {
            i++;
            continue;
        }
        memmove(&s->flights[i], &s->flights[i + 1], (s->n - i - 1) * sizeof f);
        s->n--;
        const wzp_addr relay = relay_addr();
        if (!f.to_relay) {
            wzp_probe_recv(s->probe, s->now, &f.to, &f.from, f.data, f.len);
        } else if (s->relay != NULL && wzp_addr_equal(&f.to, &relay)) {
            wzp_endpoint_recv(s->relay, s->now, &f.to, &f.from, f.data, f.len);
        }
    }
}

/* Until the probe is done (and a little longer), or for 20 s. */
static bool run(scene *s)
{
    bool done = false;
    wzp_tstamp until = s->now + 20 * WZP_S;
    while (s->now < until) {
        deliver(s);
        if (wzp_probe_deadline(s->probe) <= s->now) {
            wzp_probe_expire(s->probe, s->now);
        }
        if (s->relay != NULL && wzp_endpoint_deadline(s->relay) <= s->now) {
            wzp_endpoint_expire(s->relay, s->now);
        }
        drain(s);
        if (!done && wzp_probe_result_get(s->probe, &s->result)) {
            done = true;
            until = s->now + 50 * WZP_MS; /* let the good-bye arrive */
        }
        s->now += WZP_MS;
    }
    return done;
}

WZP_TEST(probe_ping_measures_the_handshake_and_says_good_bye)
{
    scene s = {0};
    uint8_t hash[WZP_HASH_LEN];
    begin(&s, WZP_PROBE_PING, &THERE, 1, true);

    assert_true(run(&s));

    assert_int_equal(s.result.err, WZP_OK);
    assert_in_range(s.result.handshake_us, 10000, 60000); /* 1 RTT is 10 ms */
    assert_int_equal(wzp_endpoint_cert_hash(s.relay, hash), WZP_OK);
    assert_memory_equal(s.result.cert_hash, hash, sizeof hash);
    assert_string_equal(s.sni, "ping");
    assert_true(s.is_closed);
    assert_int_equal(s.close_code, WZP_CLOSE_NORMAL);
    assert_string_equal(s.close_reason, "ping");
    end(&s);
}

WZP_TEST(probe_version_brings_the_build_text)
{
    scene s = {.build = "0.1.0-abcdef"};
    begin(&s, WZP_PROBE_VERSION, &THERE, 1, true);

    assert_true(run(&s));

    assert_int_equal(s.result.err, WZP_OK);
    assert_string_equal(s.sni, "version");
    assert_string_equal(s.result.text, "0.1.0-abcdef");
    assert_true(s.result.handshake_us > 0);
    end(&s);
}

WZP_TEST(probe_version_text_cannot_reach_a_terminal_unprinted)
{
    scene s = {.build = "\x1b[2Jevil\n\x80"};
    begin(&s, WZP_PROBE_VERSION, &THERE, 1, true);

    assert_true(run(&s));

    assert_string_equal(s.result.text, "?[2Jevil??");
    end(&s);
}

WZP_TEST(probe_takes_the_address_that_answers)
{
    scene s = {0};
    uint8_t ips[3][4];
    const wzp_addr relay = relay_addr();
    memcpy(ips[0], NOWHERE, 4);
    memcpy(ips[1], THERE, 4);
    memcpy(ips[2], NOWHERE, 4);
    begin(&s, WZP_PROBE_PING, (const uint8_t(*)[4])ips, 3, true);

    assert_true(run(&s));

    assert_int_equal(s.result.err, WZP_OK);
    assert_true(wzp_addr_equal(&s.result.relay, &relay));
    end(&s);
}

WZP_TEST(probe_of_a_relay_that_is_not_there_times_out)
{
    scene s = {0};
    begin(&s, WZP_PROBE_PING, &NOWHERE, 1, false);
    wzp_tstamp start = s.now;

    assert_true(run(&s));

    assert_int_equal(s.result.err, WZP_ERR_TIMEOUT);
    assert_in_range(s.now - start, 5 * WZP_S, 6 * WZP_S);
    end(&s);
}

WZP_TEST(probe_of_a_relay_that_refuses_tells_its_reason)
{
    scene s = {.refuse = "relay is full"};
    begin(&s, WZP_PROBE_VERSION, &THERE, 1, true);

    assert_true(run(&s));

    assert_int_equal(s.result.err, WZP_ERR_PEER_CLOSED);
    assert_non_null(strstr(s.result.text, "relay is full"));
    end(&s);
}

WZP_TEST(probe_without_addresses_is_a_configuration_error)
{
    wzp_probe *p = NULL;
    wzp_probe_config cfg;
    wzp_probe_config_default(&cfg);
    cfg.rng = wzp_rng_system();
    assert_int_equal(wzp_probe_new(&p, &cfg, WZP_S), WZP_ERR_CONFIG);
    cfg.n_addrs = WZP_RELAY_ADDRS_MAX + 1;
    assert_int_equal(wzp_probe_new(&p, &cfg, WZP_S), WZP_ERR_CONFIG);
    assert_null(p);
}
