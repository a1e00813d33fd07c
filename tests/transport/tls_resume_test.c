/* SPDX-License-Identifier: MIT */
/* Session resumption: as whom, when, and when not. Every handshake that does
 * not resume is a full one, never a failed one.
 */
#include "net.h"
#include "quic/table.h"

static const char *const ASKED[] = {"_federation"};

typedef struct pair {
    net *n;
    net_node *server, *client;
} pair;

/* A listener that gives tickets and a dialler that keeps two. */
static pair resuming(uint64_t seed, bool gives, size_t kept)
{
    pair a = {.n = net_new(seed)};
    for (size_t i = 0; i < 2; i++) {
        net_node *node = net_prepare(a.n);
        wzp_endpoint_config cfg = net_config(a.n, node, i == 0);
        cfg.has_tls_seed = true;
        cfg.tls_seed[0] = (uint8_t)i;
        cfg.gives_tickets = i == 0 && gives;
        cfg.max_tickets = i == 0 ? 0 : kept;
        cfg.cert_snis = ASKED;
        cfg.n_cert_snis = 1;
        assert_int_equal(wzp_endpoint_new(&node->ep, &cfg, a.n->now), WZP_OK);
    }
    a.server = &a.n->nodes[0];
    a.client = &a.n->nodes[1];
    return a;
}

/* Dial with this pin; the note of the connection once it is up. */
static net_conn *dial_pinned(pair *a, const char *sni, const uint8_t *pin)
{
    wzp_dial d = {.local = a->client->addr,
                  .remote = a->server->addr,
                  .sni = sni,
                  .resumes = pin != NULL};
    wzp_conn_id id = 0;
    if (pin != NULL) {
        memcpy(d.resume_cert, pin, sizeof d.resume_cert);
    }
    assert_int_equal(wzp_endpoint_dial(a->client->ep, a->n->now, &d, &id),
                     WZP_OK);
    (void)net_note(a->client, id);
    net_run(a->n, WZP_S);
    return net_note(a->client, id);
}

static uint64_t resumed(net_node *node)
{
    wzp_endpoint_stats s = {.size = sizeof s};
    wzp_endpoint_stats_get(node->ep, &s);
    return s.resumed;
}

static const uint8_t *pin_of(const pair *a)
{
    return a->server->ep->env.tls.cert.hash;
}

WZP_TEST(tls_resume_goes_on_with_a_ticket_as_the_same_certificate)
{
    pair a = resuming(40, true, 2);
    const net_conn first = *dial_pinned(&a, "room", pin_of(&a));
    assert_true(first.up);
    assert_int_equal(resumed(a.client), 0);
    const net_conn *second = dial_pinned(&a, "room", pin_of(&a));
    assert_true(second->up);
    assert_int_equal(resumed(a.client), 1);
    assert_int_equal(resumed(a.server), 1);
    assert_true(second->has_peer_cert);
    assert_memory_equal(second->cert_hash, first.cert_hash, 32);
    assert_true(second->has_peer_key);
    assert_memory_equal(second->peer_key, first.peer_key, 32);
    /* The exporter is the connection's, on both sides. */
    assert_memory_not_equal(second->exporter, first.exporter, 32);
    assert_memory_equal(second->exporter, a.server->conns[1].exporter, 32);
    /* It gives a ticket again, and works. */
    const net_conn *third = dial_pinned(&a, "room", pin_of(&a));
    assert_int_equal(resumed(a.server), 2);
    net_signal(a.client, third->id, "{}");
    net_run(a.n, WZP_S);
    assert_int_equal(a.server->signals, 1);
    net_free(a.n);
}

static void leaves_no_object(const pair *a, wzp_conn_id id)
{
    const wzp__conn *c = wzp__table_find(a->client->ep, id);
    assert_null(c->tls.ssl);
    assert_null(c->tls.wish);
    assert_null(c->tls.facts);
}

WZP_TEST(tls_resume_object_is_freed_when_the_ticket_came_or_none_came)
{
    pair a = resuming(41, true, 2);
    leaves_no_object(&a, dial_pinned(&a, "room", NULL)->id);
    net_free(a.n);
    a = resuming(42, false, 2);
    const wzp_conn_id id = dial_pinned(&a, "room", NULL)->id;
    assert_non_null(wzp__table_find(a.client->ep, id)->tls.ssl);
    net_run(a.n, 6 * WZP_S); /* two seconds, and the next packet */
    leaves_no_object(&a, id);
    net_free(a.n);
}

WZP_TEST(tls_resume_without_tickets_kept_nothing_waits)
{
    pair a = resuming(43, true, 0);
    leaves_no_object(&a, dial_pinned(&a, "room", NULL)->id);
    (void)dial_pinned(&a, "room", pin_of(&a));
    assert_int_equal(resumed(a.server), 0);
    net_free(a.n);
}

typedef struct offer_row {
    const char *sni; /* the first is "room" */
    bool has_pin;
    uint8_t pin_xor;  /* of the expected certificate */
    wzp_tstamp after; /* the first connection */
    bool resumes;
} offer_row;

#define MINUTES (60 * WZP_S)

static const offer_row OFFERS[] = {
    {"room", true, 0, 0, true},
    {"room", true, 0, 59 * MINUTES, true},
    {"room", true, 0, 61 * MINUTES, false}, /* too old */
    {"room", true, 1, 0, false},            /* of another certificate */
    {"room", false, 0, 0, false},           /* no certificate expected */
    {"other", true, 0, 0, false},           /* under another name */
    {NULL, true, 0, 0, false},
};

static size_t offer_rows(void)
{
    return sizeof OFFERS / sizeof *OFFERS;
}

static void offers_ticket(size_t row)
{
    const offer_row *r = &OFFERS[row];
    pair a = resuming(50 + row, true, 2);
    uint8_t pin[32];
    memcpy(pin, pin_of(&a), sizeof pin);
    pin[0] ^= r->pin_xor;
    (void)dial_pinned(&a, "room", NULL);
    net_run(a.n, r->after);
    const net_conn *c = dial_pinned(&a, r->sni, r->has_pin ? pin : NULL);
    assert_true(c->up);
    assert_int_equal(resumed(a.server), r->resumes);
    assert_int_equal(resumed(a.client), r->resumes);
    assert_memory_equal(c->cert_hash, pin_of(&a), 32);
    net_free(a.n);
}

WZP_ROWS(tls_resume_offers_a_ticket_only_where_it_belongs, offer_rows,
         offers_ticket);

WZP_TEST(tls_resume_ticket_is_used_once)
{
    pair a = resuming(60, true, 2);
    (void)dial_pinned(&a, "room", NULL);
    wzp_dial d = {.local = a.client->addr,
                  .remote = a.server->addr,
                  .sni = "room",
                  .resumes = true};
    memcpy(d.resume_cert, pin_of(&a), sizeof d.resume_cert);
    wzp_conn_id id[2];
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(wzp_endpoint_dial(a.client->ep, a.n->now, &d, &id[i]),
                         WZP_OK);
        (void)net_note(a.client, id[i]);
    }
    net_run(a.n, WZP_S);
    assert_true(net_note(a.client, id[0])->up);
    assert_true(net_note(a.client, id[1])->up);
    assert_int_equal(resumed(a.server), 1);
    net_free(a.n);
}

/* The listener starts again, with this first byte of its seed. */
static void restart(pair *a, uint8_t seed)
{
    wzp_endpoint_free(a->server->ep);
    a->server->conn_count = 0; /* numbers begin again */
    wzp_endpoint_config cfg = net_config(a->n, a->server, true);
    cfg.tls_seed[0] = seed;
    cfg.gives_tickets = true;
    assert_int_equal(wzp_endpoint_new(&a->server->ep, &cfg, a->n->now), WZP_OK);
}

WZP_TEST(tls_resume_ticket_does_not_outlive_the_listener)
{
    pair a = resuming(61, true, 2);
    (void)dial_pinned(&a, "room", NULL);
    restart(&a, 0);
    const net_conn *c = dial_pinned(&a, "room", pin_of(&a));
    assert_true(c->up);
    assert_memory_equal(c->cert_hash, pin_of(&a), 32);
    assert_int_equal(resumed(a.client), 0);
    net_free(a.n);
}

WZP_TEST(tls_resume_listener_with_another_certificate_is_told_as_such)
{
    pair a = resuming(62, true, 2);
    uint8_t old[32];
    memcpy(old, pin_of(&a), sizeof old);
    (void)dial_pinned(&a, "room", NULL);
    restart(&a, 99);
    const net_conn *c =
        dial_pinned(&a, "room", old); /* the ticket is offered */
    assert_true(c->up);
    assert_memory_not_equal(c->cert_hash, old, 32);
    assert_memory_equal(c->cert_hash, pin_of(&a), 32);
    assert_int_equal(resumed(a.client), 0);
    net_free(a.n);
}

WZP_TEST(tls_resume_ticket_sealed_with_another_key_is_no_ticket)
{
    pair a = resuming(63, true, 2);
    (void)dial_pinned(&a, "room", NULL);
    a.server->ep->env.tls.ticket_keys->key[0].key[31] ^= 1; /* same name */
    const net_conn *c = dial_pinned(&a, "room", pin_of(&a));
    assert_true(c->up);
    assert_int_equal(resumed(a.client), 0);
    assert_int_equal(resumed(a.server), 0);
    net_free(a.n);
}

WZP_TEST(tls_resume_ticket_survives_one_change_of_keys)
{
    pair a = resuming(64, true, 2);
    (void)dial_pinned(&a, "room", NULL); /* makes the key */
    net_run(a.n, 50 * MINUTES);
    (void)dial_pinned(&a, "room", NULL); /* its ticket is kept */
    net_run(a.n, 50 * MINUTES);
    (void)dial_pinned(&a, "room", pin_of(&a));
    assert_int_equal(resumed(a.client), 1);
    const wzp__ticket_keys *k = a.server->ep->env.tls.ticket_keys;
    assert_true(k->key[0].is_set);
    assert_true(k->key[1].is_set); /* this one opened it */
    net_free(a.n);
}

WZP_TEST(tls_resume_ticket_is_no_way_around_a_required_certificate)
{
    pair a = resuming(65, true, 2);
    (void)dial_pinned(&a, "room", NULL);
    wzp__tickets *kept = a.client->ep->env.tls.tickets;
    for (size_t i = 0; i < kept->n; i++) { /* a dialler that cheats */
        memcpy(kept->v[i].from.sni, "_federation", sizeof "_federation");
    }
    const net_conn *c = dial_pinned(&a, "_federation", pin_of(&a));
    net_run(a.n, WZP_S);
    assert_int_equal(a.server->ups, 1);
    assert_true(c->closed);
    wzp_endpoint_stats s = {.size = sizeof s};
    wzp_endpoint_stats_get(a.server->ep, &s);
    assert_int_equal(s.cert_refused, 1);
    net_free(a.n);
}

WZP_TEST(tls_resume_gives_no_ticket_under_a_name_that_needs_a_certificate)
{
    pair a = resuming(66, true, 2);
    const wzp_dial d = {.local = a.client->addr,
                        .remote = a.server->addr,
                        .sni = "_federation",
                        .present_cert = true};
    wzp_conn_id id = 0;
    assert_int_equal(wzp_endpoint_dial(a.client->ep, a.n->now, &d, &id),
                     WZP_OK);
    net_run(a.n, WZP_S);
    assert_true(net_note(a.client, id)->up);
    const wzp__tickets *kept = a.client->ep->env.tls.tickets;
    assert_null(kept->v[0].session);
    assert_null(kept->v[1].session);
    assert_false(a.server->ep->env.tls.ticket_keys->key[0].is_set);
    net_free(a.n);
}

WZP_TEST(tls_resume_sends_no_early_data)
{
    pair a = resuming(67, true, 2);
    (void)dial_pinned(&a, "room", NULL);
    wzp_dial d = {.local = a.client->addr,
                  .remote = a.server->addr,
                  .sni = "room",
                  .resumes = true};
    memcpy(d.resume_cert, pin_of(&a), sizeof d.resume_cert);
    wzp_conn_id id = 0;
    assert_int_equal(wzp_endpoint_dial(a.client->ep, a.n->now, &d, &id),
                     WZP_OK);
    (void)net_note(a.client, id);
    const size_t before = a.n->packet_count;
    assert_int_equal(
        wzp_endpoint_send_signal(a.client->ep, a.n->now, id, "{}", 2),
        WZP_ERR_STATE);
    net_drain_all(a.n);
    assert_int_equal(a.n->packet_count, before + 1);
    assert_int_equal(a.n->packets[before].data[0] >> 4 & 3, 0); /* Initial */
    net_run(a.n, WZP_S);
    assert_int_equal(resumed(a.client), 1);
    net_free(a.n);
}

/* What other listeners may send after the handshake. */
typedef struct late_row {
    const char *what;
    size_t nonce; /* bytes, 255: no ticket at all but the bytes of `head` */
    uint32_t lifetime;
    bool offers_early;
    bool is_kept;
    uint8_t head[8];
} late_row;

static const late_row LATE[] = {
    {"one of ours", 1, 3600, false, true, {0}},
    {"of rustls: a nonce of 32 bytes", 32, 3600, false, false, {0}},
    {"nonce of 9", 9, 3600, false, false, {0}},
    {"nonce of 8", 8, 3600, false, true, {0}},
    {"longer than a week", 1, 700000, false, false, {0}},
    {"offers early data", 1, 3600, true, false, {0}},
    {"not a ticket", 255, 0, false, false, {24, 0, 0, 1, 0}},
    {"nothing TLS knows", 255, 0, false, false, {0xee, 0, 0, 4, 1, 2, 3, 4}},
    {"cut in a length", 255, 0, false, false, {4, 0, 0, 4, 0, 0, 0, 1}},
    {"never whole", 255, 0, false, false, {4, 0, 0xff, 0xff, 0, 0, 0, 1}},
};

static size_t late_rows(void)
{
    return sizeof LATE / sizeof *LATE;
}

static size_t make_late(const late_row *r, uint8_t out[256])
{
    if (r->nonce == 255) {
        memcpy(out, r->head, sizeof r->head);
        return r->head[0] == 24 ? 5 : 8;
    }
    size_t n = 4;
    for (size_t i = 0; i < 4; i++) {
        out[n++] = (uint8_t)(r->lifetime >> (24 - 8 * i));
    }
    memset(out + n, 7, 4); /* age_add */
    n += 4;
    out[n++] = (uint8_t)r->nonce;
    memset(out + n, 8, r->nonce);
    n += r->nonce;
    out[n++] = 0;
    out[n++] = 40;
    memset(out + n, 9, 40); /* the ticket */
    n += 40;
    static const uint8_t EARLY[] = {0, 42, 0, 4, 0xff, 0xff, 0xff, 0xff};
    out[n++] = 0;
    out[n++] = r->offers_early ? sizeof EARLY : 0;
    memcpy(out + n, EARLY, sizeof EARLY);
    n += r->offers_early ? sizeof EARLY : 0;
    out[0] = 4;
    out[1] = 0;
    out[2] = 0;
    out[3] = (uint8_t)(n - 4);
    return n;
}

static void reads_late(size_t row)
{
    pair a = resuming(70 + row, false, 2);
    const wzp_conn_id id = dial_pinned(&a, "room", NULL)->id;
    const wzp_conn_id s = net_only(a.server)->id;
    uint8_t bytes[256];
    const size_t len = make_late(&LATE[row], bytes);
    assert_int_equal(ngtcp2_conn_submit_crypto_data(
                         wzp__table_find(a.server->ep, s)->quic,
                         NGTCP2_ENCRYPTION_LEVEL_1RTT, bytes, len),
                     0);
    net_signal(a.server, s, "{}");
    net_run(a.n, 10 * WZP_S);
    assert_int_equal(a.client->signals, 1);
    assert_false(net_note(a.client, id)->closed);
    leaves_no_object(&a, id);
    const wzp__ticket *kept = a.client->ep->env.tls.tickets->v;
    assert_int_equal(kept[0].session != NULL, LATE[row].is_kept);
    /* And what is kept, but unknown to the listener, does no harm. */
    assert_true(dial_pinned(&a, "room", pin_of(&a))->up);
    assert_int_equal(resumed(a.client), 0);
    net_free(a.n);
}

WZP_ROWS(tls_resume_late_bytes_never_end_a_connection, late_rows, reads_late);
