/* SPDX-License-Identifier: MIT */
/* How long a listener's ticket keys live. What they seal: tls_test.c. */
#include "quic/ticket_keys.h"

#include "net.h"

#define LIFE (WZP__TICKET_SECONDS * WZP_S)

static wzp__ticket_keys with_key(wzp_tstamp made)
{
    static uint64_t seed = 1;
    const wzp_rng rng = {net_fill, &seed};
    wzp__ticket_keys k;
    wzp__ticket_keys_init(&k, &rng);
    wzp__ticket_keys_at(&k, made);
    k.key[0] = (wzp__ticket_key){.is_set = true, .made = made, .key = {7}};
    return k;
}

/* The whole library: wolfSSL asks it for randomness. */
static void setup(void)
{
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    wzp_transport_global_deinit();
}

WZP_TEST(ticket_keys_seal_for_an_hour_and_open_for_two)
{
    setup();
    wzp__ticket_keys k = with_key(1000);
    wzp__ticket_keys_at(&k, 1000 + LIFE - 1);
    assert_true(k.key[0].is_set);
    wzp__ticket_keys_at(&k, 1000 + LIFE);
    assert_false(k.key[0].is_set); /* the next ticket makes a new one */
    assert_true(k.key[1].is_set);
    assert_int_equal(k.key[1].key[0], 7);
    wzp__ticket_keys_at(&k, 1000 + 2 * LIFE - 1);
    assert_true(k.key[1].is_set);
    wzp__ticket_keys_at(&k, 1000 + 2 * LIFE);
    assert_false(k.key[1].is_set);
    wzp__ticket_keys_deinit(&k);
}

WZP_TEST(ticket_keys_that_are_over_leave_nothing_in_memory)
{
    static const wzp__ticket_key NONE;
    wzp__ticket_keys k = with_key(1000);
    wzp__ticket_keys_at(&k, 1000 + 5 * LIFE); /* nobody came for long */
    assert_memory_equal(k.key[0].key, NONE.key, sizeof NONE.key);
    assert_memory_equal(k.key[1].key, NONE.key, sizeof NONE.key);
    k = with_key(1000);
    wzp__ticket_keys_deinit(&k);
    assert_memory_equal(k.key[0].key, NONE.key, sizeof NONE.key);
}
