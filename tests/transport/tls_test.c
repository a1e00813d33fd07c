/* SPDX-License-Identifier: MIT */
/* TLS as both sides see it: who is refused, and which name arrives. */
#include "net.h"
#include "quic/table.h"

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

typedef struct sni_row {
    const char *sent; /* NULL: none */
    const char *seen; /* NULL: refused */
} sni_row;

static const sni_row NAMES[] = {
    {"_signal", "_signal"},
    {"Room-1.Example", "room-1.example"},
    {"0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"},
    {"call-x", "call-x"},
    {NULL, ""},
    {"with space", NULL},
    {"sl/ash", NULL},
    {"\xc3\xa9", NULL},
};

static size_t name_rows(void)
{
    return sizeof NAMES / sizeof *NAMES;
}

static void sees_name(size_t row)
{
    net *n = net_new(1);
    net_node *server = net_add(n, true);
    net_node *client = net_add(n, false);
    const wzp_conn_id id = net_dial(n, client, server, NAMES[row].sent);
    net_run(n, WZP_S);
    if (NAMES[row].seen != NULL) {
        assert_string_equal(net_only(server)->sni, NAMES[row].seen);
    } else {
        assert_int_equal(server->ups, 0);
        assert_int_equal(net_note(client, id)->err, WZP_ERR_TLS);
    }
    net_free(n);
}

WZP_ROWS(tls_server_name_is_lower_case_or_refused, name_rows, sees_name);

typedef struct alpn_row {
    const char *client, *server;
    bool works;
} alpn_row;

static const alpn_row PROTOCOLS[] = {
    {"wzp", "wzp", true}, {"wzq", "wzp", false},  {"wzp", "other", false},
    {"wz", "wzp", false}, {"wzpp", "wzp", false}, {"", "wzp", false},
    {"wzp", "", false},
};

static size_t alpn_rows(void)
{
    return sizeof PROTOCOLS / sizeof *PROTOCOLS;
}

static void set_alpn(net_node *node, const char *name)
{
    char *alpn = node->ep->env.tls.alpn;
    memset(alpn, 0, sizeof node->ep->env.tls.alpn);
    memcpy(alpn, name, strlen(name));
}

static void agrees_on_protocol(size_t row)
{
    net *n = net_new(2);
    net_node *server = net_add(n, true);
    net_node *client = net_add(n, false);
    set_alpn(server, PROTOCOLS[row].server);
    set_alpn(client, PROTOCOLS[row].client);
    const wzp_conn_id id = net_dial(n, client, server, "room");
    net_run(n, 2 * WZP_S);
    if (PROTOCOLS[row].works) {
        assert_true(net_note(client, id)->up);
        assert_int_equal(server->ups, 1);
    } else {
        assert_int_equal(server->ups, 0);
        assert_int_equal(net_note(client, id)->err, WZP_ERR_ALPN);
    }
    net_free(n);
}

WZP_ROWS(tls_protocol_must_be_the_same, alpn_rows, agrees_on_protocol);

WZP_TEST(tls_server_without_the_key_of_its_certificate_is_refused)
{
    net *n = net_new(3);
    net_node *server = net_add(n, true);
    net_node *client = net_add(n, false);
    const uint8_t seed[32] = {9};
    wzp__cert other;
    assert_int_equal(wzp__cert_init(&other, seed), WZP_OK);
    assert_int_equal(wolfSSL_CTX_use_PrivateKey_buffer(
                         server->ep->env.tls.server, other.key,
                         (long)other.key_len, WOLFSSL_FILETYPE_ASN1),
                     WOLFSSL_SUCCESS);
    const wzp_conn_id id = net_dial(n, client, server, "room");
    net_run(n, 12 * WZP_S);
    assert_false(net_note(client, id)->up);
    assert_int_equal(net_note(client, id)->err, WZP_ERR_TLS);
    wzp__cert_deinit(&other);
    net_free(n);
}

WZP_TEST(tls_object_is_freed_after_the_handshake)
{
    net_pair p = net_connect(4);
    assert_null(wzp__table_find(p.server->ep, p.s)->tls.ssl);
    assert_null(wzp__table_find(p.client->ep, p.c)->tls.ssl);
    net_free(p.n);
}

WZP_TEST(tls_session_tickets_are_ignored)
{
    net_pair p = net_connect(7);
    static const uint8_t TICKET[100] = {4, 0, 0, 96};
    assert_int_equal(ngtcp2_conn_submit_crypto_data(
                         wzp__table_find(p.server->ep, p.s)->quic,
                         NGTCP2_ENCRYPTION_LEVEL_1RTT, TICKET, sizeof TICKET),
                     0);
    net_signal(p.server, p.s, "{}");
    net_run(p.n, WZP_S);
    assert_int_equal(p.client->signals, 1);
    assert_false(net_note(p.client, p.c)->closed);
    net_free(p.n);
}

WZP_TEST(tls_facts_are_freed_after_they_were_given)
{
    net_pair p = net_connect(5);
    assert_null(wzp__table_find(p.server->ep, p.s)->tls.facts);
    assert_null(wzp__table_find(p.client->ep, p.c)->tls.facts);
    net_free(p.n);
}

/* --- certificates of clients --- */

static const char *const ASKED[] = {"_federation", "call-*"};

/* A listener that asks under ASKED, and a dialler with a seed of its own. */
typedef struct asking {
    net *n;
    net_node *server, *client;
} asking;

static asking ask(uint64_t seed)
{
    asking a = {.n = net_new(seed)};
    for (size_t i = 0; i < 2; i++) {
        net_node *node = net_prepare(a.n);
        wzp_endpoint_config cfg = net_config(a.n, node, i == 0);
        cfg.has_tls_seed = true;
        cfg.tls_seed[0] = (uint8_t)i;
        if (i == 0) {
            cfg.cert_snis = ASKED;
            cfg.n_cert_snis = 2;
        }
        assert_int_equal(wzp_endpoint_new(&node->ep, &cfg, a.n->now), WZP_OK);
    }
    a.server = &a.n->nodes[0];
    a.client = &a.n->nodes[1];
    return a;
}

static wzp_conn_id dial_as(asking *a, const char *sni, bool present)
{
    const wzp_dial d = {.local = a->client->addr,
                        .remote = a->server->addr,
                        .sni = sni,
                        .present_cert = present};
    wzp_conn_id id = 0;
    assert_int_equal(wzp_endpoint_dial(a->client->ep, a->n->now, &d, &id),
                     WZP_OK);
    (void)net_note(a->client, id);
    return id;
}

static uint64_t refused(net_node *node)
{
    wzp_endpoint_stats s = {.size = sizeof s};
    wzp_endpoint_stats_get(node->ep, &s);
    return s.cert_refused;
}

static void is_the_clients_cert(const asking *a, const net_conn *seen)
{
    uint8_t hash[32];
    assert_int_equal(wzp_endpoint_cert_hash(a->client->ep, hash), WZP_OK);
    assert_true(seen->has_peer_cert);
    assert_memory_equal(seen->cert_hash, hash, sizeof hash);
    assert_true(seen->has_peer_key);
    const wzp__cert *cert = &a->client->ep->env.tls.cert;
    uint8_t key[32];
    assert_int_equal(wzp__cert_key(cert->der, cert->len, key), WZP_OK);
    assert_memory_equal(seen->peer_key, key, sizeof key);
}

typedef struct asked_row {
    const char *sni; /* NULL: none */
    bool present;
    wzp_err err;   /* of both sides; WZP_OK: it connects */
    bool is_shown; /* the listener has the hash */
} asked_row;

static const asked_row ROLES[] = {
    {"_federation", true, WZP_OK, true},
    {"_FEDERATION", true, WZP_OK, true},
    {"call-1f", true, WZP_OK, true},
    {"call-", true, WZP_OK, true},
    {"_federation", false, WZP_ERR_CERT_REQUIRED, false},
    {"_FEDERATION", false, WZP_ERR_CERT_REQUIRED, false},
    {"call-1f", false, WZP_ERR_CERT_REQUIRED, false},
    {"_federation2", false, WZP_OK, false}, /* exact is exact */
    {"call", false, WZP_OK, false},
    {"room", false, WZP_OK, false},
    {"room", true, WZP_OK, false}, /* shown only when asked */
    {NULL, false, WZP_OK, false},
};

static size_t role_rows(void)
{
    return sizeof ROLES / sizeof *ROLES;
}

static void asks_by_name(size_t row)
{
    const asked_row *r = &ROLES[row];
    asking a = ask(10 + row);
    const wzp_conn_id id = dial_as(&a, r->sni, r->present);
    net_run(a.n, 2 * WZP_S);
    const net_conn *c = net_note(a.client, id);
    assert_int_equal(refused(a.server), r->err != WZP_OK);
    assert_int_equal(refused(a.client), r->err != WZP_OK);
    if (r->err != WZP_OK) {
        assert_int_equal(a.server->ups, 0);
        assert_true(c->closed);
        assert_int_equal(c->err, r->err);
    } else {
        assert_false(c->closed);
        assert_true(c->has_peer_cert); /* of the listener */
        const net_conn *s = net_only(a.server);
        assert_int_equal(s->has_peer_cert, r->is_shown);
        assert_int_equal(s->has_peer_key, r->is_shown);
        if (r->is_shown) {
            is_the_clients_cert(&a, s);
        }
    }
    net_free(a.n);
}

WZP_ROWS(tls_asks_for_a_certificate_by_server_name, role_rows, asks_by_name);

WZP_TEST(tls_signal_of_a_client_without_certificate_is_never_read)
{
    asking a = ask(30);
    const wzp_conn_id id = dial_as(&a, "_federation", false);
    while (!net_note(a.client, id)->up) {
        net_run(a.n, WZP_MS);
    }
    net_signal(a.client, id, "{\"FederationHello\":{}}");
    assert_int_equal(net_dgram(a.client, id, 10, 1), WZP_OK);
    net_run(a.n, 2 * WZP_S);
    assert_int_equal(a.server->ups, 0);
    assert_int_equal(a.server->signals, 0);
    assert_int_equal(a.server->dgrams, 0);
    net_free(a.n);
}

/* The dialler shows `stolen` but has only its own key. */
static wzp_err dial_with_stolen(uint64_t seed, bool has_key)
{
    asking a = ask(seed);
    wzp__cert *own = &a.client->ep->env.tls.cert;
    wzp__cert other;
    const uint8_t victim[32] = {9};
    assert_int_equal(wzp__cert_init(&other, victim), WZP_OK);
    memcpy(own->der, other.der, sizeof own->der);
    own->len = other.len;
    memcpy(own->hash, other.hash, sizeof own->hash);
    if (has_key) {
        memcpy(own->key, other.key, sizeof own->key);
    }
    const wzp_conn_id id = dial_as(&a, "_federation", true);
    net_run(a.n, 2 * WZP_S);
    assert_int_equal(a.server->ups, has_key);
    if (has_key) {
        assert_memory_equal(net_only(a.server)->cert_hash, other.hash, 32);
    }
    const wzp_err e = net_note(a.client, id)->err;
    wzp__cert_deinit(&other);
    net_free(a.n);
    return e;
}

WZP_TEST(tls_client_without_the_key_of_its_certificate_is_refused)
{
    assert_int_equal(dial_with_stolen(31, false), WZP_ERR_TLS);
    assert_int_equal(dial_with_stolen(32, true), WZP_OK); /* control */
}

WZP_TEST(tls_object_is_freed_after_a_mutual_handshake)
{
    asking a = ask(33);
    const wzp_conn_id id = dial_as(&a, "_federation", true);
    net_run(a.n, 2 * WZP_S);
    const wzp__conn *s = wzp__table_find(a.server->ep, net_only(a.server)->id);
    const wzp__conn *c = wzp__table_find(a.client->ep, id);
    assert_null(s->tls.ssl);
    assert_null(s->tls.facts);
    assert_null(c->tls.ssl);
    assert_null(c->tls.facts);
    net_free(a.n);
}

WZP_TEST(tls_mutual_handshake_survives_loss)
{
    asking a = ask(34);
    net_link(a.n,
             &(wzp_link_cfg){.loss = 0.2, .delay_ns = 30 * WZP_MS, .seed = 34});
    const wzp_conn_id id = dial_as(&a, "call-7", true);
    net_run(a.n, 8 * WZP_S);
    assert_true(net_note(a.client, id)->up);
    is_the_clients_cert(&a, net_only(a.server));
    net_free(a.n);
}

static const char *const BAD_NAMES[] = {"", "*x", "Room", "a b", "x**"};

static size_t bad_name_rows(void)
{
    return sizeof BAD_NAMES / sizeof *BAD_NAMES;
}

static void refuses_name(size_t row)
{
    net *n = net_new(35);
    net_node *node = net_add(n, true);
    wzp_endpoint_config cfg = net_config(n, node, true);
    cfg.cert_snis = &BAD_NAMES[row];
    cfg.n_cert_snis = 1;
    wzp_endpoint *ep = NULL;
    assert_int_equal(wzp_endpoint_new(&ep, &cfg, n->now), WZP_ERR_CONFIG);
    net_free(n);
}

WZP_ROWS(tls_refuses_to_ask_under_a_bad_name, bad_name_rows, refuses_name);

WZP_TEST(tls_key_of_a_certificate_that_is_cut_is_not_read)
{
    const uint8_t seed[32] = {4};
    wzp__cert cert;
    uint8_t key[32];
    assert_int_equal(wzp__cert_init(&cert, seed), WZP_OK);
    for (size_t len = 0; len < cert.len; len++) {
        assert_int_equal(wzp__cert_key(cert.der, len, key), WZP_ERR_CERT);
    }
    assert_int_equal(wzp__cert_key(cert.der, cert.len, key), WZP_OK);
    wzp__cert_deinit(&cert);
}
