/* SPDX-License-Identifier: MIT */
/* Strangers that begin and do not go on, in every state before a join: what
 * ends them, under which name and counter, and that an honest client gets in
 * meanwhile in its usual time.
 */
#include "hub.h"
#include "quic/table.h"

/* An honest join: TLS in 100 ms and the answer in 100 ms (hub_join); a Retry
 * costs one round trip of 10 ms in the first. */

typedef struct crowd {
    hub h;
    hub_client *bad; /* one address, many connections */
    wzp_conn_id *ids;
    size_t n;
} crowd;

static crowd *crowd_new(void)
{
    crowd *w = calloc(1, sizeof *w);
    assert_non_null(w);
    hub_new(&w->h, false);
    return w;
}

static void crowd_free(crowd *w)
{
    hub_free(&w->h);
    assert_int_equal(w->h.held, 0);
    free(w->ids);
    free(w);
}

/* `n` connections from the address of one more client. They leave in small
 * groups, so that the network of the hub holds their packets. */
static void crowd_dial(crowd *w, size_t n, const char *sni, bool is_deaf)
{
    w->bad = hub_dial(&w->h, sni);
    w->bad->is_deaf = is_deaf;
    w->ids = calloc(n, sizeof *w->ids);
    assert_non_null(w->ids);
    w->ids[0] = w->bad->conn;
    const wzp_dial dial = {
        .local = w->bad->addr, .remote = w->h.relay_addr, .sni = sni};
    for (w->n = 1; w->n < n; w->n++) {
        assert_int_equal(
            wzp_endpoint_dial(w->bad->ep, w->h.now, &dial, &w->ids[w->n]),
            WZP_OK);
        if (w->n % 64 == 0) {
            hub_run(&w->h, 2 * WZP_MS);
        }
    }
    hub_run(&w->h, 20 * WZP_MS);
}

static void expect_honest_join(crowd *w)
{
    hub_client *honest = hub_join(&w->h, "lobby"); /* asserts both halves */
    assert_false(honest->is_closed);
    assert_true(hub_stats(&w->h).members >= 1);
}

/* Everything of the strangers is over: connections, tombs, memory. */
static void expect_only(crowd *w, size_t members, size_t most_held)
{
    hub_run(&w->h, WZP__TOMB_LIFE + WZP_S);
    assert_int_equal(hub_stats(&w->h).conns, members);
    assert_int_equal(hub_stats(&w->h).half_open, 0);
    assert_int_equal(hub_stats(&w->h).members, members);
    assert_true(w->h.held <= most_held);
}

/* --- half a handshake ----------------------------------------------------- */

/* Which packets of the strangers go on their way. */
typedef struct gate {
    size_t bad_client;
    bool no_handshake; /* Initials only: no Finished is ever seen */
} gate;

/* RFC 9000 section 16. */
static size_t varint(const uint8_t *data, size_t *at)
{
    const size_t bytes = (size_t)1 << (data[*at] >> 6);
    size_t v = data[*at] & 0x3F;
    for (size_t i = 1; i < bytes; i++) {
        v = v << 8 | data[*at + i];
    }
    *at += bytes;
    return v;
}

/* Length of the QUIC packet that begins a datagram, if it is an Initial; 0 for
 * any other. */
static size_t initial_len(const uint8_t *data, size_t len)
{
    if (len < 7 || (data[0] & 0xF0) != 0xC0) {
        return 0;
    }
    size_t at = 6 + (size_t)data[5]; /* behind the destination id */
    at += 1 + (size_t)data[at];      /* and the source id */
    const size_t token = varint(data, &at);
    at += token;
    const size_t rest = varint(data, &at);
    return at + rest;
}

static size_t gate_cut(void *user, int from, const uint8_t *data, size_t len)
{
    const gate *g = user;
    if ((size_t)from != g->bad_client) {
        return len;
    }
    const size_t first = initial_len(data, len);
    if (first == 0) {
        return 0;
    }
    return g->no_handshake && first < len ? first : len;
}

static void half_handshakes(size_t n, bool reads_answers)
{
    crowd *w = crowd_new();
    gate g = {.bad_client = 0, .no_handshake = true};
    w->h.cut = gate_cut;
    w->h.cut_user = &g;
    const size_t before = w->h.held;
    crowd_dial(w, n, "lobby", !reads_answers);
    hub_run(&w->h, WZP_S);
    const wzp_relay_stats during = hub_stats(&w->h);
    assert_true(during.half_open > 0);
    assert_true(during.half_open <= 512);
    expect_honest_join(w);
    w->bad->is_off = true;
    hub_run(&w->h, 10 * WZP_S); /* handshake_timeout */
    assert_true(hub_stats(&w->h).handshakes_failed >= during.half_open);
    assert_int_equal(hub_stats(&w->h).joined, 1);
    expect_only(w, 1, before + 400000);
    crowd_free(w);
}

WZP_TEST(one_initial_and_silence_ends_by_itself)
{
    half_handshakes(1, false);
}

WZP_TEST(thousands_of_initials_and_silence_keep_nobody_out)
{
    half_handshakes(3000, false);
}

WZP_TEST(no_finished_after_the_server_hello_ends_by_itself)
{
    half_handshakes(1, true);
}

WZP_TEST(thousands_without_finished_from_one_address_keep_nobody_out)
{
    half_handshakes(3000, true);
}
