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

/* Reads the relay's events; how many refusals, and the last one's error. */
static wzp_err last_refusal(crowd *w, size_t *count)
{
    wzp_relay_event ev = {.size = sizeof ev};
    wzp_err err = WZP_OK;
    *count = 0;
    while (wzp_relay_next_event(w->h.relay, &ev)) {
        if (ev.kind == WZP_RELAY_REFUSED) {
            err = ev.err;
            (*count)++;
        }
    }
    return err;
}

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
    int n_bad;         /* clients 0 … n_bad − 1 */
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

/* Of the strangers Initials only go on their way: no Finished is ever seen. */
static size_t gate_cut(void *user, int from, const uint8_t *data, size_t len)
{
    const int *n_bad = user; /* clients 0 … *n_bad − 1 */
    if (from >= *n_bad) {
        return len;
    }
    const size_t first = initial_len(data, len);
    if (first == 0) {
        return 0;
    }
    return first < len ? first : len;
}

static void half_handshakes(size_t n, bool reads_answers)
{
    crowd *w = crowd_new();
    int n_bad = 1;
    w->h.cut = gate_cut;
    w->h.cut_user = &n_bad;
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

/* A few addresses that do answer take what they can get; still one more comes
 * in. Without the share of an address (share.h) the second would fill all. */
WZP_TEST(thousands_without_finished_from_eight_addresses_keep_nobody_out)
{
    crowd *w = crowd_new();
    int n_bad = 8;
    w->h.cut = gate_cut;
    w->h.cut_user = &n_bad;
    for (int i = 0; i < n_bad; i++) {
        free(w->ids);
        crowd_dial(w, 500, "lobby", false);
    }
    assert_true(hub_stats(&w->h).half_open > 400);
    expect_honest_join(w);
    for (int i = 0; i < n_bad; i++) {
        w->h.c[i].is_off = true;
    }
    hub_run(&w->h, 11 * WZP_S);
    expect_only(w, 1, SIZE_MAX);
    crowd_free(w);
}

/* --- a whole handshake and then nothing much ------------------------------ */

static wzp__conn *raw(const crowd *w, size_t i)
{
    return wzp__table_find(w->bad->ep, w->ids[i]);
}

/* Bytes on a stream of connection i, without ever ending it. -1 opens one. */
static void dribble(crowd *w, size_t i, int64_t *stream, const char *data,
                    size_t len)
{
    uint8_t buf[WZP__UDP_MAX];
    wzp__conn *c = raw(w, i);
    ngtcp2_path_storage ps;
    ngtcp2_ssize taken;
    ngtcp2_path_storage_zero(&ps);
    if (c == NULL || c->state != WZP__CONN_OPEN) {
        return;
    }
    if (*stream < 0) {
        assert_int_equal(ngtcp2_conn_open_bidi_stream(c->quic, stream, NULL),
                         0);
    }
    ngtcp2_vec vec = {(uint8_t *)(uintptr_t)data, len};
    const ngtcp2_ssize n =
        ngtcp2_conn_writev_stream(c->quic, &ps.path, NULL, buf, sizeof buf,
                                  &taken, 0, *stream, &vec, 1, w->h.now);
    assert_true(n >= 0);
    if (n > 0) {
        hub_fly(&w->h, w->bad->addr.ip[3], -1, buf, (size_t)n);
    }
}

/* All were let in by QUIC and refused by the relay with this name. */
static void expect_refused(crowd *w, size_t n, uint64_t code,
                           const char *reason)
{
    size_t told;
    const wzp_err err = last_refusal(w, &told);
    assert_int_equal(w->bad->n_connected, n);
    assert_int_equal(w->bad->n_closed, n);
    assert_int_equal(w->bad->close_err, WZP_ERR_PEER_CLOSED);
    assert_int_equal(w->bad->close_code, code);
    assert_string_equal(w->bad->reason, reason);
    assert_true(told > 0);
    assert_int_equal(err, code == WZP_CLOSE_SLOW ? WZP_ERR_TIMEOUT
                                                 : WZP_ERR_PROTOCOL);
}

static void expect_timed_out(crowd *w, size_t n)
{
    assert_int_equal(hub_stats(&w->h).refused_timeout, n);
    expect_refused(w, n, WZP_CLOSE_SLOW, "no CallOffer in time");
}

WZP_TEST(strangers_that_offer_nothing_time_out_by_name)
{
    enum { N = 250 };
    crowd *w = crowd_new();
    crowd_dial(w, N, "lobby", false);
    hub_run(&w->h, 200 * WZP_MS);
    assert_int_equal(w->bad->n_connected, N);
    expect_honest_join(w);
    hub_run(&w->h, 9 * WZP_S);
    assert_int_equal(w->bad->n_closed, 0);
    hub_run(&w->h, 2 * WZP_S);
    expect_timed_out(w, N);
    expect_only(w, 1, SIZE_MAX);
    crowd_free(w);
}

/* 256 from one address, and it gets no more; others do, and so does it when
 * those are over. */
WZP_TEST(strangers_of_one_address_cannot_hold_all_connections)
{
    crowd *w = crowd_new();
    crowd_dial(w, 4000, "lobby", false);
    hub_run(&w->h, WZP_S);
    /* At most as many more as were under way without a Retry. */
    assert_in_range(hub_stats(&w->h).conns, 256, 256 + 256);
    assert_int_equal(hub_stats(&w->h).handshakes_refused,
                     4000 - hub_stats(&w->h).conns);
    expect_honest_join(w);
    hub_run(&w->h, 11 * WZP_S);
    assert_true(hub_stats(&w->h).refused_timeout >= 256);
    expect_only(w, 1, SIZE_MAX);
    crowd_free(w);
}

WZP_TEST(an_offer_byte_by_byte_times_out_by_name)
{
    static const char offer[] = "\0\0\1\0{\"CallOffer\":{\"identity_pub\":[";
    crowd *w = crowd_new();
    int64_t stream = -1;
    crowd_dial(w, 1, "lobby", false);
    hub_run(&w->h, 100 * WZP_MS);
    for (size_t i = 0; i < 108; i++) {
        dribble(w, 0, &stream, &offer[i < sizeof offer - 1 ? i : 20], 1);
        hub_run(&w->h, 100 * WZP_MS);
        if (i == 50) {
            expect_honest_join(w);
        }
    }
    expect_timed_out(w, 1);
    expect_only(w, 1, SIZE_MAX);
    crowd_free(w);
}

WZP_TEST(streams_opened_and_never_filled_time_out_by_name)
{
    enum { N = 100 };
    crowd *w = crowd_new();
    crowd_dial(w, N, "lobby", false);
    hub_run(&w->h, 100 * WZP_MS);
    for (size_t i = 0; i < N; i++) {
        for (int k = 0; k < 20; k++) { /* claims 64 KiB each, sends nothing */
            int64_t stream = -1;
            dribble(w, i, &stream, "\0\1\0\0", 4);
        }
        hub_run(&w->h, WZP_MS);
    }
    const size_t held = w->h.held;
    hub_run(&w->h, 5 * WZP_S);
    assert_true(w->h.held <= held + 65536); /* claims allocate nothing */
    expect_honest_join(w);
    hub_run(&w->h, 6 * WZP_S);
    expect_timed_out(w, N);
    expect_only(w, 1, SIZE_MAX);
    crowd_free(w);
}

static void say(crowd *w, const char *json)
{
    wzp_ignore(wzp_endpoint_send_signal(w->bad->ep, w->h.now, w->bad->conn,
                                        json, strlen(json)),
               "it may have been closed");
}

WZP_TEST(a_token_and_no_offer_times_out_by_name)
{
    crowd *w = crowd_new();
    crowd_dial(w, 1, "lobby", false);
    hub_run(&w->h, 100 * WZP_MS);
    say(w, "{\"AuthToken\":{\"token\":\"t\"}}");
    expect_honest_join(w);
    hub_run(&w->h, 11 * WZP_S);
    expect_timed_out(w, 1);
    expect_only(w, 1, SIZE_MAX);
    crowd_free(w);
}

WZP_TEST(tokens_without_end_are_refused_by_name)
{
    crowd *w = crowd_new();
    crowd_dial(w, 1, "lobby", false);
    hub_run(&w->h, 100 * WZP_MS);
    for (int i = 0; i < 8; i++) {
        say(w, "{\"AuthToken\":{\"token\":\"t\"}}");
        hub_run(&w->h, 50 * WZP_MS);
    }
    assert_int_equal(hub_stats(&w->h).refused_protocol, 1);
    expect_refused(w, 1, WZP_CLOSE_PROTOCOL, "expected a CallOffer");
    expect_only(w, 0, SIZE_MAX);
    crowd_free(w);
}

/* The roles that want no room: they linger at most 100 ms, though the client
 * never closes. */
static void linger(const char *sni, wzp_tstamp most)
{
    enum { N = 200 };
    crowd *w = crowd_new();
    crowd_dial(w, N, sni, false);
    hub_run(&w->h, most + 200 * WZP_MS);
    assert_int_equal(w->bad->n_connected, N);
    assert_int_equal(w->bad->n_closed, N);
    assert_int_equal(w->bad->close_code, WZP_CLOSE_NORMAL);
    assert_string_equal(w->bad->reason, sni);
    expect_honest_join(w);
    expect_only(w, 1, SIZE_MAX);
    crowd_free(w);
}

WZP_TEST(who_only_wants_the_version_does_not_linger)
{
    linger("version", 100 * WZP_MS);
}

WZP_TEST(who_only_wants_a_ping_does_not_linger)
{
    linger("ping", 0);
}
