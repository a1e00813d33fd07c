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

WZP_TEST(tls_exporter_value_is_wiped_after_it_was_given)
{
    net_pair p = net_connect(5);
    static const uint8_t ZERO[32];
    assert_memory_equal(wzp__table_find(p.server->ep, p.s)->tls.exporter, ZERO,
                        32);
    assert_memory_equal(wzp__table_find(p.client->ep, p.c)->tls.exporter, ZERO,
                        32);
    net_free(p.n);
}

WZP_TEST(tls_dialler_may_show_a_certificate)
{
    net *n = net_new(6);
    net_node *a = net_add(n, true);
    net_node *b = net_add(n, true);
    const wzp_dial d = {.local = a->addr,
                        .remote = b->addr,
                        .sni = "_federation",
                        .present_cert = true};
    wzp_conn_id id = 0;
    assert_int_equal(wzp_endpoint_dial(a->ep, n->now, &d, &id), WZP_OK);
    net_run(n, WZP_S);
    assert_true(net_note(a, id)->up);
    net_free(n);
}
