/* SPDX-License-Identifier: MIT */
/* How connections end, and what either side is told. */
#include "net.h"
#include "quic/table.h"

typedef struct code_row {
    uint64_t code;
    const char *reason;
} code_row;

static const code_row CODES[] = {
    {WZP_CLOSE_NORMAL, "hangup"},
    {WZP_CLOSE_SHUTDOWN, "relay is shutting down"},
    {WZP_CLOSE_AUTH, ""},
    {WZP_CLOSE_FULL, "full"},
    {WZP_CLOSE_SLOW, "slow"},
    {WZP_CLOSE_KEY_MISMATCH, "key mismatch"},
    {4611686018427387903u, "largest code"},
};

static size_t code_rows(void)
{
    return sizeof CODES / sizeof *CODES;
}

static void tells_code(size_t row)
{
    net_pair p = net_connect(1);
    assert_int_equal(wzp_endpoint_close(p.client->ep, p.n->now, p.c,
                                        CODES[row].code, CODES[row].reason),
                     WZP_OK);
    net_run(p.n, WZP_S);
    const net_conn *c = net_note(p.client, p.c);
    assert_true(c->closed);
    assert_int_equal(c->err, WZP_OK);
    const net_conn *s = net_only(p.server);
    assert_int_equal(s->err, WZP_ERR_PEER_CLOSED);
    assert_int_equal(s->code, CODES[row].code);
    assert_string_equal(s->reason, CODES[row].reason);
    net_free(p.n);
}

WZP_ROWS(conn_close_tells_the_peer_code_and_reason, code_rows, tells_code);

WZP_TEST(conn_close_cuts_a_long_reason_and_cleans_it)
{
    net_pair p = net_connect(2);
    char reason[400];
    memset(reason, 'x', sizeof reason);
    reason[399] = '\0';
    reason[0] = '\n';
    assert_int_equal(wzp_endpoint_close(p.server->ep, p.n->now, p.s, 1, reason),
                     WZP_OK);
    net_run(p.n, WZP_S);
    const net_conn *c = net_note(p.client, p.c);
    assert_int_equal(strlen(c->reason), WZP_REASON_MAX);
    assert_int_equal(c->reason[0], '?');
    net_free(p.n);
}

WZP_TEST(conn_close_sends_what_was_queued_before)
{
    net_pair p = net_connect(3);
    net_signal(p.server, p.s, "{\"bye\":1}");
    assert_int_equal(net_dgram(p.server, p.s, 10, 1), WZP_OK);
    assert_int_equal(wzp_endpoint_close(p.server->ep, p.n->now, p.s, 0, "done"),
                     WZP_OK);
    net_run(p.n, WZP_S);
    assert_int_equal(p.client->signals, 1);
    assert_int_equal(p.client->dgrams, 1);
    assert_true(net_note(p.client, p.c)->closed);
    net_free(p.n);
}

static void close_at_once(net_node *node, wzp_conn_id conn)
{
    net_signal(node, conn, "{\"secret\":1}");
    assert_int_equal(wzp_endpoint_close(node->ep, node->net->now, conn,
                                        WZP_CLOSE_KEY_MISMATCH, "pin"),
                     WZP_OK);
}

WZP_TEST(conn_close_for_a_wrong_key_sends_nothing_but_the_close)
{
    net *n = net_new(4);
    net_node *server = net_add(n, true);
    net_node *client = net_add(n, false);
    client->on_up = close_at_once;
    (void)net_dial(n, client, server, "room");
    net_run(n, WZP_S);
    assert_int_equal(server->signals, 0);
    assert_int_equal(client->ends, 1);
    net_free(n);
}

WZP_TEST(conn_close_is_repeated_for_a_peer_that_did_not_hear_it)
{
    net_pair p = net_connect(5);
    p.n->cut = true;
    assert_int_equal(wzp_endpoint_close(p.server->ep, p.n->now, p.s, 3, "out"),
                     WZP_OK);
    net_run(p.n, 100 * WZP_MS);
    p.n->cut = false;
    assert_false(net_note(p.client, p.c)->closed);
    assert_int_equal(net_dgram(p.client, p.c, 10, 1), WZP_OK);
    net_run(p.n, WZP_S);
    assert_int_equal(net_note(p.client, p.c)->err, WZP_ERR_PEER_CLOSED);
    assert_int_equal(net_note(p.client, p.c)->code, 3);
    net_free(p.n);
}

WZP_TEST(conn_close_leaves_nothing_behind)
{
    net_pair p = net_connect(6);
    assert_int_equal(wzp_endpoint_close(p.server->ep, p.n->now, p.s, 0, ""),
                     WZP_OK);
    net_run(p.n, 10 * WZP_S);
    for (size_t i = 0; i < 2; i++) {
        wzp_endpoint_stats s = {.size = sizeof s};
        wzp_endpoint_stats_get(p.n->nodes[i].ep, &s);
        assert_int_equal(s.conns, 0);
        assert_int_equal(s.half_open, 0);
        assert_int_equal(s.closed, 1);
        assert_true(wzp_endpoint_deadline(p.n->nodes[i].ep) == WZP_NEVER);
    }
    net_free(p.n);
}

WZP_TEST(conn_close_of_a_handshake_is_told_once)
{
    net *n = net_new(7);
    net_node *server = net_add(n, true);
    net_node *client = net_add(n, false);
    const wzp_conn_id id = net_dial(n, client, server, "room");
    net_run(n, 10 * WZP_MS);
    assert_int_equal(wzp_endpoint_close(client->ep, n->now, id, 0, "stop"),
                     WZP_OK);
    net_run(n, 15 * WZP_S);
    assert_int_equal(client->ends, 1);
    assert_int_equal(server->ups, 0);
    wzp_endpoint_stats s = {.size = sizeof s};
    wzp_endpoint_stats_get(server->ep, &s);
    assert_int_equal(s.conns, 0);
    net_free(n);
}

WZP_TEST(conn_close_after_a_restart_is_quick_by_stateless_reset)
{
    net_pair p = net_connect(8);
    wzp_endpoint_free(p.server->ep);
    const wzp_endpoint_config cfg = net_config(p.n, p.server, true);
    assert_int_equal(wzp_endpoint_new(&p.server->ep, &cfg, p.n->now), WZP_OK);
    assert_int_equal(net_dgram(p.client, p.c, 100, 1), WZP_OK);
    net_run(p.n, WZP_S);
    assert_true(net_note(p.client, p.c)->closed);
    assert_int_equal(net_note(p.client, p.c)->err, WZP_ERR_RESET);
    net_free(p.n);
}

/* --- the log --- */

typedef struct lines {
    size_t info, debug;
} lines;

static void note_line(void *user, wzp_log_level level, const char *subsystem,
                      const char *event, const char *fields)
{
    lines *l = user;
    (void)subsystem;
    (void)event;
    (void)fields;
    l->info += level <= WZP_LOG_INFO;
    l->debug += level == WZP_LOG_DEBUG;
}

WZP_TEST(conn_close_of_strangers_leaves_no_line_in_the_log_of_a_listener)
{
    enum { STRANGERS = 20 };
    lines l = {0};
    net *n = net_new(90);
    net_node *server = net_add(n, true);
    net_node *client = net_add(n, false);
    server->ep->env.cfg.log = (wzp_log){note_line, &l, WZP_LOG_DEBUG};
    client->ep->env.tls.alpn[0] = 'x'; /* a protocol nobody speaks */
    for (int i = 0; i < STRANGERS; i++) {
        (void)net_dial(n, client, server, "room");
        net_run(n, 100 * WZP_MS);
    }
    assert_int_equal(server->ep->env.stats.handshake_failed, STRANGERS);
    assert_true(l.debug >= STRANGERS); /* the ear works */
    assert_int_equal(l.info, 0);
    net_free(n);
}
