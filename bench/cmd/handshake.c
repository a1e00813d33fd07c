/* SPDX-License-Identifier: MIT */
/* Full handshakes per CPU-second of the relay: bare (server name "ping": TLS,
 * then closed) and with a room join (CallOffer checked, CallAnswer signed,
 * roster sent); and bare ones resumed with a ticket. All of them give one.
 * Baseline: the public-key operations of the relay alone, by
 * libsodium in this process, in the same run:
 *
 *   bare   X25519 key and exchange, Ed25519 sign (TLS)
 *   join   and verify 3 (offer, binding, package), sign 2 (answer, binding),
 *          X25519 key
 */
#include "fanout_load.h"

enum { AT_ONCE = 20, ROUNDS = 5, LOOPS = 400 };

#define SECONDS 1.5

/* --- the operations alone --- */

static double cpu_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

typedef struct costs {
    double key, exchange, sign, verify; /* seconds each */
} costs;

static costs measure_costs(const wzp_identity *id)
{
    costs c;
    uint8_t secret[WZP_KEY_LEN] = {3}, other[WZP_KEY_LEN];
    uint8_t public_key[WZP_KEY_LEN], sig[WZP_SIG_LEN];
    uint8_t msg[130] = {4}; /* what TLS and a binding sign */
    wzp_legacy_session session;
    unsigned code;
    wzp_legacy_public(secret, other);
    double t = cpu_now();
    for (int i = 0; i < LOOPS; i++) {
        secret[1] = (uint8_t)i;
        wzp_legacy_public(secret, public_key);
    }
    c.key = (cpu_now() - t) / LOOPS;
    t = cpu_now();
    for (int i = 0; i < LOOPS; i++) {
        secret[1] = (uint8_t)i;
        load_must(wzp_legacy_derive(secret, other, &session, &code), "derive");
    }
    c.exchange = (cpu_now() - t) / LOOPS;
    t = cpu_now();
    for (int i = 0; i < LOOPS; i++) {
        msg[1] = (uint8_t)i;
        load_must(id->sign(id->user, msg, sizeof msg, sig), "sign");
    }
    c.sign = (cpu_now() - t) / LOOPS;
    t = cpu_now();
    for (int i = 0; i < LOOPS; i++) {
        load_must(wzp_identity_verify(id->public_key, msg, sizeof msg, sig,
                                      sizeof sig),
                  "verify");
    }
    c.verify = (cpu_now() - t) / LOOPS;
    return c;
}

/* --- handshakes --- */

static const char *room_of[AT_ONCE];
static bool is_over;

/* Bare ones are done when closed. Joined ones hang up, and are then done. */
static void on_done(load_client *c, wzp_tstamp now)
{
    if (c->state == LOAD_JOINED) {
        wzp_ignore(
            wzp_endpoint_close(c->ep, now, c->conn, WZP_CLOSE_NORMAL, "bench"),
            "CLOSED follows");
    } else if (!is_over) {
        load_dial(c, now, room_of[c - c->load->c]);
    }
}

/* Of all connections so far. */
static uint64_t resumed_of(const load *l)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < l->n; i++) {
        wzp_endpoint_stats s = {.size = sizeof s};
        wzp_endpoint_stats_get(l->c[i].ep, &s);
        sum += s.resumed;
    }
    return sum;
}

/* Handshakes per CPU-second in one window. */
static double round_of(load *l, const load_relay *relay, bool with_join)
{
    static char rooms[AT_ONCE][32];
    is_over = false;
    l->on_done = on_done;
    for (size_t i = 0; i < AT_ONCE; i++) {
        /* A room each: what joining costs, not what a crowd is told. */
        (void)snprintf(rooms[i], sizeof rooms[i],
                       with_join ? "bench%zu" : "ping", i);
        room_of[i] = rooms[i];
        load_dial(&l->c[i], wzp_uv_now(), rooms[i]);
        wzp_uv_udp_kick(l->c[i].udp);
    }
    load_run(l, 0.2);
    const size_t *count = with_join ? &l->joined : &l->closed;
    const size_t before = *count;
    const double cpu = load_relay_cpu(relay);
    load_run(l, SECONDS);
    const double rate =
        (double)(*count - before) / (load_relay_cpu(relay) - cpu);
    is_over = true;
    load_run(l, 0.5);
    return rate;
}

/* The same with tickets; all but the first of each client must resume. */
static double resumed_round_of(load *l, const load_relay *relay)
{
    const uint64_t resumed = resumed_of(l);
    const size_t closed = l->closed;
    l->resumes = true;
    const double rate = round_of(l, relay, false);
    l->resumes = false;
    if (resumed_of(l) - resumed + AT_ONCE < l->closed - closed) {
        load_die("handshakes did not resume");
    }
    return rate;
}

int main(void)
{
    double bare[ROUNDS], join[ROUNDS], bare_base[ROUNDS], join_base[ROUNDS];
    double again[ROUNDS];
    char conditions[300];
    load l;
    costs c = {0};
    const load_relay relay = load_relay_start();
    load_open(&l, AT_ONCE, &relay);
    for (int i = 0; i < ROUNDS; i++) {
        c = measure_costs(&l.identity);
        const double tls = c.key + c.exchange + c.sign;
        bare_base[i] = 1 / tls;
        join_base[i] = 1 / (tls + 3 * c.verify + 2 * c.sign + c.key);
        bare[i] = round_of(&l, &relay, false);
        again[i] = resumed_round_of(&l, &relay);
        join[i] = round_of(&l, &relay, true);
    }
    const wzp_runs b = wzp_runs_of(bare, ROUNDS);
    const wzp_runs r = wzp_runs_of(again, ROUNDS);
    const wzp_runs j = wzp_runs_of(join, ROUNDS);
    (void)snprintf(
        conditions, sizeof conditions,
        "20 at once on loopback, full TLS 1.3; baseline: libsodium's "
        "X25519 key %.0f us, exchange with derivation %.0f us, "
        "Ed25519 sign %.0f us, verify %.0f us; %d rounds of 1.5 s; "
        "load average %.1f",
        c.key * 1e6, c.exchange * 1e6, c.sign * 1e6, c.verify * 1e6, ROUNDS,
        load_average_1min());
    const wzp_result rows[] = {
        {.id = "handshake",
         .what = "handshakes per CPU-second of the relay, bare",
         .value = b.median,
         .unit = "1/s",
         .baseline = wzp_runs_of(bare_base, ROUNDS).median,
         .goal_is = WZP_GOAL_AT_LEAST,
         .goal = 0.35,
         .runs = ROUNDS,
         .spread = b.spread,
         .conditions = conditions},
        {.id = "handshake",
         .what = "the same, with room join",
         .value = j.median,
         .unit = "1/s",
         .baseline = wzp_runs_of(join_base, ROUNDS).median,
         .goal_is = WZP_GOAL_AT_LEAST,
         .goal = 0.35,
         .runs = ROUNDS,
         .spread = j.spread,
         .conditions = conditions},
        {.id = "handshake",
         .what = "bare, resumed with a ticket; baseline: the full one",
         .value = r.median,
         .unit = "1/s",
         .baseline = b.median,
         .runs = ROUNDS,
         .spread = r.spread,
         .conditions = "as above; a fresh key exchange, no certificate, no "
                       "signature, the next ticket"},
    };
    load_put(rows, 3);
    load_relay_stop(&relay);
    return 0;
}
