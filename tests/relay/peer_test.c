/* SPDX-License-Identifier: MIT */
/* The table of connections and its deadlines. */
#include "peer.h"

#include "support/harness.h"

WZP_TEST(peers_are_found_while_others_come_and_go)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__peers t;
    assert_int_equal(wzp__peers_init(&t, &mem, 64), WZP_OK);
    /* A window of 40 numbers moves over 1 … 5000. */
    for (wzp_conn_id id = 1; id <= 5000; id++) {
        wzp__peer *peer = wzp__peers_insert(&t, id);
        assert_non_null(peer);
        if (id > 40) {
            wzp__peers_remove(&t, wzp__peers_find(&t, id - 40));
        }
        for (wzp_conn_id k = id > 45 ? id - 45 : 1; k <= id + 2; k++) {
            peer = wzp__peers_find(&t, k);
            assert_int_equal(peer != NULL, k <= id && k + 40 > id);
            assert_true(peer == NULL || peer->conn == k);
        }
    }
    assert_int_equal(t.n, 40);
    wzp__peers_deinit(&t);
}

WZP_TEST(peer_table_refuses_more_than_it_was_made_for)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__peers t;
    size_t n = 0;
    assert_int_equal(wzp__peers_init(&t, &mem, 8), WZP_OK);
    while (wzp__peers_insert(&t, n + 1) != NULL) {
        n++;
    }
    assert_int_equal(n, 8);
    wzp__peers_deinit(&t);
}

WZP_TEST(peers_are_overdue_in_order_and_only_while_they_wait)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__peers t;
    wzp__peer *p[5];
    assert_int_equal(wzp__peers_init(&t, &mem, 8), WZP_OK);
    assert_int_equal(wzp__peers_deadline(&t), WZP_NEVER);
    for (size_t i = 0; i < 5; i++) {
        p[i] = wzp__peers_insert(&t, i + 1);
        wzp__peer_enter(&t, p[i],
                        i == 4 ? WZP__PEER_VERSION : WZP__PEER_WAIT_OFFER,
                        i == 4 ? 15 : 10 * (i + 1));
    }
    assert_int_equal(wzp__peers_deadline(&t), 10);
    assert_null(wzp__peers_overdue(&t, 9));
    assert_ptr_equal(wzp__peers_overdue(&t, 10), p[0]);
    wzp__peer_enter(&t, p[0], WZP__PEER_MEMBER, WZP_NEVER);  /* first */
    wzp__peer_enter(&t, p[2], WZP__PEER_CLOSING, WZP_NEVER); /* middle */
    assert_int_equal(wzp__peers_deadline(&t), 15);
    assert_ptr_equal(wzp__peers_overdue(&t, 15), p[4]);
    wzp__peers_remove(&t, p[4]);
    wzp__peers_remove(&t, p[3]); /* last */
    assert_int_equal(wzp__peers_deadline(&t), 20);
    assert_ptr_equal(wzp__peers_overdue(&t, 99), p[1]);
    wzp__peers_deinit(&t);
}
