/* SPDX-License-Identifier: MIT */
/* The attacker can send packets from any address but does not get what is sent
 * there. He has no key and no place in a room, or a place and an address of
 * his own that he says he has left. He wants the relay to send more to somebody
 * else than he sends himself, or to keep something for each packet of his.
 *
 * What stops him: to an address that has not proven itself QUIC sends at most
 * three times what came from there, retransmissions and closing included, and
 * with a Retry no more than came; answers without a connection are shorter than
 * their questions, and resets are limited (libwzp-transport/src/quic/accept.c,
 * stateless.c); addresses are known only once they are proven (share.h). Every
 * byte is counted here, after each packet and at each timer.
 */
#include "relay/hub.h"
#include "support/allocs.h"
#include "support/liar/forge.h"

#include <stdlib.h>
#include <string.h>

enum {
    ADDRESSES = 200, /* below the 256 handshakes that get no Retry */
    BATCHES = 4,
    FULL = 256, /* half of all handshakes: from here on a Retry */
};

typedef struct account {
    uint64_t in, out;
} account;

typedef struct target {
    hub h;
    wzp_endpoint *ep; /* makes real first packets */
    wzp_pkt_pool *pool;
    account *of;    /* by address */
    unsigned times; /* what may be sent to an address */
    uint64_t in, out, packets;
    uint8_t first[WZP_FORGE_MAX]; /* what `hello` made last */
    size_t first_len;
} target;

static wzp_addr spoofed(size_t i)
{
    return wzp_addr_v4(
        (const uint8_t[]){172, 16, (uint8_t)(i >> 8), (uint8_t)i},
        (uint16_t)(1024 + i));
}

static void answered(void *user, const wzp_addr *to, size_t len)
{
    target *t = user;
    const size_t i = (size_t)to->ip[2] << 8 | to->ip[3];
    assert_int_equal(to->ip[0], 172);
    account *a = &t->of[i];
    a->out += len;
    t->out += len;
    if (a->out > t->times * a->in) {
        print_message("address %zu: %llu bytes for %llu\n", i,
                      (unsigned long long)a->out, (unsigned long long)a->in);
    }
    assert_true(a->out <= t->times * a->in);
}

static void send_as(target *t, size_t i, const uint8_t *data, size_t len)
{
    const wzp_addr from = spoofed(i);
    t->of[i].in += len;
    t->in += len;
    t->packets++;
    wzp_relay_recv(t->h.relay, t->h.now, &t->h.relay_addr, &from, data, len);
    hub_drain(&t->h, -1);
}

static target *target_new(unsigned times)
{
    const wzp_mem mem = wzp_mem_default();
    target *t = calloc(1, sizeof *t);
    assert_non_null(t);
    hub_new(&t->h, false);
    t->h.outside = answered;
    t->h.outside_user = t;
    t->of = calloc(65536, sizeof *t->of);
    assert_non_null(t->of);
    t->times = times;
    assert_int_equal(wzp_pkt_pool_new(&t->pool, &mem, 4), WZP_OK);
    return t;
}

static void target_free(target *t)
{
    wzp_endpoint_free(t->ep);
    wzp_pkt_pool_free(t->pool);
    hub_free(&t->h);
    free(t->of);
    free(t);
}

/* --- packets --- */

/* A client's whole first packet, as ours makes it. Its endpoint is a new one
 * each time, as it would keep what nobody answers. */
static size_t hello(target *t, uint8_t *out)
{
    wzp_endpoint_config cfg;
    wzp_endpoint_config_default(&cfg);
    cfg.rng = t->h.rng;
    cfg.pool = t->pool;
    wzp_endpoint_free(t->ep);
    assert_int_equal(wzp_endpoint_new(&t->ep, &cfg, t->h.now), WZP_OK);
    const wzp_dial d = {
        .local = spoofed(0), .remote = t->h.relay_addr, .sni = "lobby"};
    wzp_conn_id id;
    wzp_ep_action a;
    assert_int_equal(wzp_endpoint_dial(t->ep, t->h.now, &d, &id), WZP_OK);
    while (wzp_endpoint_poll(t->ep, t->h.now, &a)) {
        if (a.kind == WZP_EP_SEND) {
            t->first_len = a.u.send.len;
            memcpy(t->first, a.u.send.data, t->first_len);
        }
    }
    assert_in_range(t->first_len, 1200, WZP_FORGE_MAX);
    memcpy(out, t->first, t->first_len);
    return t->first_len;
}

static wzp_forge_id random_id(target *t)
{
    wzp_forge_id id = {.len = 8};
    wzp_rng_fill(&t->h.rng, id.data, id.len);
    return id;
}

/* An Initial with these frames; its ids are kept for what follows it. */
static size_t forged(target *t, const char *frames, size_t n, size_t token,
                     uint8_t *out)
{
    static const uint8_t tokens[1000] = {0xb7};
    wzp_forge_initial in = {.dcid = random_id(t),
                            .scid = random_id(t),
                            .token = tokens,
                            .token_len = token,
                            .frames = (const uint8_t *)frames,
                            .n_frames = n};
    in.keys = in.dcid;
    wzp_forge_initial_write(&in, 1200, out);
    t->first_len = 1200;
    memcpy(t->first, out, 1200);
    return 1200;
}

/* k-th small packet for the connection of the first one. */
static size_t small(const target *t, int k, uint8_t *out)
{
    memset(out, 0x40 + k, 64);
    memcpy(out + 1, t->first + 6, 8); /* its destination id */
    return 10 + (size_t)k % 54;
}

static size_t again(target *t, int k, uint8_t *out)
{
    if (k == 0) {
        return hello(t, out);
    }
    memcpy(out, t->first, t->first_len);
    return t->first_len;
}

static size_t then_small(target *t, int k, uint8_t *out)
{
    return k == 0 ? hello(t, out) : small(t, k, out);
}

static size_t cut(target *t, int k, uint8_t *out)
{
    return hello(t, out) - 1 - 100 * (size_t)k;
}

static size_t coalesced(target *t, int k, uint8_t *out)
{
    size_t n = hello(t, out);
    const uint8_t first = t->packets % 2 == 0 ? 0xE0 : 0xD0;
    (void)k;
    wzp_rng_fill(&t->h.rng, out + n, WZP_FORGE_MAX - n);
    out[n] = first;                   /* Handshake, 0-RTT */
    memcpy(out + n + 1, out + 1, 22); /* version and both ids */
    return WZP_FORGE_MAX;
}

static size_t version(target *t, int k, uint8_t *out)
{
    wzp_rng_fill(&t->h.rng, out, 1300);
    memcpy(out, "\xC0\xBA\xBA\xBA\xBA\x08", 6);
    out[14] = 8;
    return 1200 - (size_t)k + 1; /* 1201, 1200, then too short */
}

static size_t early(target *t, int k, uint8_t *out)
{
    (void)k;
    wzp_rng_fill(&t->h.rng, out, 1300);
    memcpy(out, "\xD0\0\0\0\x01\x08", 6);
    out[14] = 8;
    return 1200;
}

static size_t garbage(target *t, int k, uint8_t *out)
{
    wzp_rng_fill(&t->h.rng, out, WZP_FORGE_MAX);
    if (k % 2 == 1) {
        memcpy(out, "\xC0\0\0\0\x01\x08", 6); /* as an Initial */
        out[14] = 8;
        out[23] = 0;
        out[24] = 0x44; /* 1175 bytes more */
        out[25] = 0x97;
    }
    return 1200;
}

static size_t resets(target *t, int k, uint8_t *out)
{
    wzp_rng_fill(&t->h.rng, out, WZP_FORGE_MAX);
    out[0] = 0x40 | (out[0] & 0x3F);
    return 20 + (size_t)k * 12;
}

static size_t huge_token(target *t, int k, uint8_t *out)
{
    return forged(t, "\x01", 1, 300 + 100 * (size_t)k, out);
}

static size_t pings(target *t, int k, uint8_t *out)
{
    (void)k;
    return forged(t, "\x01\x01\x01", 3, 0, out);
}

/* The server closes at once; then it is asked for more. */
static size_t broken_hello(target *t, int k, uint8_t *out)
{
    static const char crypto[] = "\x06\x00\x40\x10not a ClientHello";
    return k == 0 ? forged(t, crypto, sizeof crypto - 2, 0, out)
                  : small(t, k, out);
}

static size_t wrong_frame(target *t, int k, uint8_t *out)
{
    static const char stream[] = "\x0A\x00\x04"
                                 "abcd";
    return k == 0 ? forged(t, stream, sizeof stream - 1, 0, out)
                  : small(t, k, out);
}

static size_t closing(target *t, int k, uint8_t *out)
{
    static const char close[] = "\x1C\x00\x00\x00";
    return k == 0 ? forged(t, close, 4, 0, out) : small(t, k, out);
}

/* The beginning of a ClientHello that says it is 512 bytes long. */
static size_t half_hello(target *t, int k, uint8_t *out)
{
    static const char crypto[] = "\x06\x00\x0A\x01\x00\x02\x00\x03\x03"
                                 "abcd";
    return k == 0 ? forged(t, crypto, sizeof crypto - 1, 0, out)
                  : again(t, k, out);
}

/* --- rows --- */

static const struct {
    const char *name;
    size_t (*make)(target *t, int k, uint8_t *out);
    int each;    /* packets of an address */
    int answers; /* without pressure; −1: it may or may not */
} ROWS[] = {
    {"a first packet", again, 1, 1},
    {"the same three times", again, 3, 1},
    {"small packets after it", then_small, 40, 1},
    {"shorter than allowed", cut, 5, 0},
    {"with others in one datagram", coalesced, 1, 1},
    {"another version", version, 3, 1},
    {"early data", early, 2, -1},
    {"garbage", garbage, 6, -1},
    {"packets of no connection", resets, 40, 1},
    {"tokens of up to 900 bytes", huge_token, 7, -1},
    {"pings", pings, 5, -1},
    {"no ClientHello, then small ones", broken_hello, 40, 1},
    {"a frame not allowed, then small ones", wrong_frame, 40, 1},
    {"a close, then small ones", closing, 40, -1},
    {"half a ClientHello", half_hello, 3, 1},
};

static size_t n_rows(void)
{
    return sizeof ROWS / sizeof ROWS[0];
}

/* Each address its packets, some time in between, then the time in which all
 * timers fire. */
static void batch(target *t, size_t row, size_t first)
{
    uint8_t data[WZP_FORGE_MAX];
    for (size_t i = 0; i < ADDRESSES; i++) {
        for (int k = 0; k < ROWS[row].each; k++) {
            const size_t len = ROWS[row].make(t, k, data);
            send_as(t, first + i, data, len);
            if (k % 8 == 7) {
                hub_run(&t->h, 10 * WZP_MS);
            }
        }
    }
    hub_run(&t->h, 60 * WZP_S);
}

static void assert_nothing_kept(const target *t)
{
    const wzp_relay_stats s = hub_stats(&t->h);
    assert_int_equal(s.conns, 0);
    assert_int_equal(s.half_open, 0);
    assert_int_equal(s.retries_sent, 0);
}

static void without_retry(size_t row)
{
    target *t = target_new(3);
    batch(t, row, 0);
    const size_t held = t->h.held; /* tables have grown */
    for (size_t b = 1; b < BATCHES; b++) {
        batch(t, row, b * ADDRESSES);
        assert_nothing_kept(t);
        assert_int_equal(t->h.held, held);
    }
    print_message("%s: %llu packets, %.2f times as many bytes out as in\n",
                  ROWS[row].name, (unsigned long long)t->packets,
                  (double)t->out / (double)t->in);
    if (row == 0) { /* control: what is sent again is counted */
        assert_true(t->out > 2 * t->in);
    }
    if (ROWS[row].answers >= 0) {
        assert_int_equal(t->out > 0, ROWS[row].answers);
    }
    target_free(t);
}

WZP_ROWS(no_more_than_three_times_goes_to_an_address_that_was_only_claimed,
         n_rows, without_retry);

/* Half of all handshakes are under way, and do not end while it lasts. */
static void fill(target *t)
{
    uint8_t data[WZP_FORGE_MAX];
    t->times = 3;
    for (size_t i = 0; i < FULL; i++) {
        const size_t len = hello(t, data);
        send_as(t, 60000 + i, data, len);
    }
    assert_int_equal(hub_stats(&t->h).half_open, FULL);
    t->in = t->out = t->packets = 0;
}

static void with_retry(size_t row)
{
    target *t = target_new(3);
    uint8_t data[WZP_FORGE_MAX];
    fill(t);
    const size_t held = t->h.held;
    for (size_t i = 0; i < 1000; i++) {
        for (int k = 0; k < ROWS[row].each; k++) {
            const size_t len = ROWS[row].make(t, k, data);
            send_as(t, i, data, len);
            assert_true(t->of[i].out <= t->of[i].in);
        }
    }
    assert_int_equal(hub_stats(&t->h).half_open, FULL);
    assert_int_equal(t->h.held, held); /* not a byte for any of them */
    print_message("%s: %.2f times as many bytes out as in\n", ROWS[row].name,
                  (double)t->out / (double)t->in);
    target_free(t);
}

WZP_ROWS(no_more_than_came_goes_there_when_a_retry_is_asked_for, n_rows,
         with_retry);

/* --- what a proven address gets, and what follows from an address --- */

static wzp_conn_stats bytes_of(const hub_client *c)
{
    wzp_conn_stats s = {.size = sizeof s};
    assert_int_equal(wzp_endpoint_conn_stats(c->ep, c->conn, &s), WZP_OK);
    return s;
}

static void speak_for(hub *h, hub_client *c, wzp_tstamp span, uint64_t *ctr)
{
    for (wzp_tstamp t = 0; t < span; t += 20 * WZP_MS) {
        hub_speak(h, c, (*ctr)++);
        hub_run(h, 20 * WZP_MS);
    }
}

WZP_TEST(control_who_proved_its_address_gets_more_than_three_times)
{
    target *t = target_new(3);
    uint64_t ctr = 0;
    hub_client *speaker = hub_join(&t->h, "lobby");
    hub_client *listener = hub_join(&t->h, "lobby");
    speak_for(&t->h, speaker, 20 * WZP_S, &ctr);
    const wzp_conn_stats s = bytes_of(listener);
    assert_true(s.rx_bytes > 3 * s.tx_bytes);
    target_free(t);
}

/* What a listener sends comes from an address that it only claims. */
typedef struct mover {
    target *t;
    int client;   /* −1: nobody yet */
    size_t moves; /* packets that still do */
    wzp_addr from;
    size_t victim;
} mover;

static size_t move(void *user, int from, const uint8_t *data, size_t len)
{
    mover *m = user;
    if (from != m->client || m->moves == 0) {
        return len;
    }
    m->moves--;
    send_as(m->t, m->victim, data, len);
    return 0;
}

/* Says it is elsewhere with so many packets while another talks. */
static void claim(size_t packets)
{
    target *t = target_new(3);
    mover m = {.t = t, .client = -1, .victim = 7};
    uint64_t ctr = 0;
    t->h.cut = move;
    t->h.cut_user = &m;
    hub_client *speaker = hub_join(&t->h, "lobby");
    hub_client *liar = hub_join(&t->h, "lobby");
    speak_for(&t->h, speaker, 2 * WZP_S, &ctr);
    m.client = (int)(liar - t->h.c);
    m.moves = packets;
    speak_for(&t->h, speaker, 60 * WZP_S, &ctr);
    print_message("%zu packets from a claimed address: %llu bytes, and %llu "
                  "went there\n",
                  packets, (unsigned long long)t->of[7].in,
                  (unsigned long long)t->of[7].out);
    assert_true(t->of[7].in > 0);
    assert_true(t->of[7].out > 0); /* it is asked whether it is there */
    assert_int_equal(hub_stats(&t->h).path_changes, 0);
    hub_run(&t->h, 60 * WZP_S);
    target_free(t);
}

WZP_TEST(who_says_once_that_it_moved_sends_no_more_than_three_times_there)
{
    claim(1);
}

WZP_TEST(who_says_always_that_it_moved_sends_no_more_than_three_times_there)
{
    claim(1000000);
}

/* --- nothing is kept --- */

/* What third parties allocate counts as well. */
WZP_TEST(after_the_flood_all_that_was_allocated_is_given_back)
{
#if ALLOCS_WORK
    target *t = target_new(3);
    for (size_t row = 0; row < n_rows(); row++) { /* tables grow */
        batch(t, row, row * ADDRESSES);
    }
    allocs.is_quiet = true;
    for (size_t row = 0; row < n_rows(); row++) {
        wzp_endpoint_free(t->ep);
        t->ep = NULL;
        allocs_begin(NULL);
        batch(t, row, (row + n_rows()) * ADDRESSES);
        wzp_endpoint_free(t->ep);
        t->ep = NULL;
        allocs_end();
        assert_int_equal(allocs.made[0], allocs.freed[0]);
    }
    hub_client *c = hub_dial(&t->h, "lobby"); /* control: somebody stays */
    allocs_begin(NULL);
    hub_run(&t->h, WZP_S);
    allocs_end();
    assert_true(c->is_connected);
    assert_true(allocs.made[0] > allocs.freed[0]);
    target_free(t);
#else
    WZP_SKIP("sanitizers have an allocator of their own");
#endif
}

/* 10,000 addresses that are only claimed, then one that is proven. */
WZP_TEST(an_address_that_was_only_claimed_is_not_remembered)
{
    target *t = target_new(3);
    uint8_t data[WZP_FORGE_MAX];
    fill(t);
    const size_t held = t->h.held;
    for (size_t i = 0; i < 10000; i++) {
        const size_t len = forged(t, "\x01", 1, 0, data);
        send_as(t, i, data, len);
    }
    assert_int_equal(t->h.held, held);
    assert_int_equal(hub_stats(&t->h).retries_sent, 10000);
    (void)hub_join(&t->h, "lobby");
    assert_true(t->h.held > held);
    target_free(t);
}
