/* SPDX-License-Identifier: MIT */
/* The table of who is reachable. */
#include "signal/registry.h"

#include "support/harness.h"

#include <string.h>

static wzp__registration entry(uint32_t who, wzp_conn_id conn, bool is_verified)
{
    wzp__registration r = {.conn = conn, .is_verified = is_verified};
    uint32_t mixed = who * UINT32_C(2654435761); /* not in order */
    memcpy(r.fingerprint, &mixed, sizeof mixed);
    return r;
}

static wzp_err insert(wzp__registry *t, uint32_t who, wzp_conn_id conn,
                      bool is_verified, wzp_conn_id *replaced)
{
    const wzp__registration r = entry(who, conn, is_verified);
    return wzp__registry_insert(t, &r, replaced);
}

static const wzp__registration *find(const wzp__registry *t, uint32_t who)
{
    const wzp__registration r = entry(who, 0, false);
    return wzp__registry_find(t, r.fingerprint);
}

static bool remove_of(wzp__registry *t, uint32_t who, wzp_conn_id conn)
{
    const wzp__registration r = entry(who, 0, false);
    return wzp__registry_remove(t, r.fingerprint, conn);
}

WZP_TEST(registrations_are_found_while_others_come_and_go)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__registry t;
    wzp_conn_id replaced;
    wzp__registry_init(&t, &mem, 64);
    /* A window of 40 moves over 1 … 2000. */
    for (uint32_t who = 1; who <= 2000; who++) {
        assert_int_equal(insert(&t, who, who, true, &replaced), WZP_OK);
        assert_int_equal(replaced, 0);
        if (who > 40) {
            assert_true(remove_of(&t, who - 40, who - 40));
        }
        for (uint32_t k = who > 45 ? who - 45 : 1; k <= who + 2; k++) {
            const wzp__registration *r = find(&t, k);
            assert_int_equal(r != NULL, k <= who && k + 40 > who);
            assert_true(r == NULL || r->conn == k);
        }
    }
    assert_int_equal(t.n, 40);
    wzp__registry_deinit(&t);
}

static const struct {
    bool older, newer; /* verified */
    wzp_err err;
} RULES[] = {
    {true, true, WZP_OK},
    {false, true, WZP_OK},
    {false, false, WZP_OK},
    {true, false, WZP_ERR_UNVERIFIED},
};

static size_t rule_count(void)
{
    return sizeof RULES / sizeof RULES[0];
}

static void run_rule(size_t row)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__registry t;
    wzp_conn_id replaced;
    const bool is_taken = RULES[row].err == WZP_OK;
    wzp__registry_init(&t, &mem, 8);
    assert_int_equal(insert(&t, 5, 1, RULES[row].older, &replaced), WZP_OK);
    assert_int_equal(insert(&t, 5, 2, RULES[row].newer, &replaced),
                     RULES[row].err);
    assert_int_equal(replaced, is_taken ? 1 : 0);
    assert_int_equal(t.n, 1);
    assert_int_equal(find(&t, 5)->conn, is_taken ? 2 : 1);
    assert_int_equal(find(&t, 5)->is_verified,
                     RULES[row].older || RULES[row].newer);
    assert_int_equal(t.n_verified, find(&t, 5)->is_verified);
    assert_true(remove_of(&t, 5, find(&t, 5)->conn));
    assert_int_equal(t.n_verified, 0);
    wzp__registry_deinit(&t);
}

WZP_ROWS(newer_takes_the_place_of_older_by_this_rule, rule_count, run_rule);

WZP_TEST(a_connection_takes_out_its_own_registration_only)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__registry t;
    wzp_conn_id replaced;
    wzp__registry_init(&t, &mem, 8);
    assert_int_equal(insert(&t, 5, 1, true, &replaced), WZP_OK);
    assert_int_equal(insert(&t, 5, 2, true, &replaced), WZP_OK);
    assert_false(remove_of(&t, 5, 1)); /* the older one, late */
    assert_int_equal(find(&t, 5)->conn, 2);
    assert_true(remove_of(&t, 5, 2));
    assert_null(find(&t, 5));
    assert_false(remove_of(&t, 5, 2));
    wzp__registry_deinit(&t);
}

WZP_TEST(a_full_registry_takes_newer_ones_of_its_own_only)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__registry t;
    wzp_conn_id replaced;
    wzp__registry_init(&t, &mem, 2);
    assert_int_equal(insert(&t, 1, 1, false, &replaced), WZP_OK);
    assert_int_equal(insert(&t, 2, 2, false, &replaced), WZP_OK);
    assert_int_equal(insert(&t, 3, 3, true, &replaced), WZP_ERR_ROOM_FULL);
    assert_null(find(&t, 3));
    assert_int_equal(insert(&t, 1, 4, true, &replaced), WZP_OK);
    assert_int_equal(replaced, 1);
    wzp__registry_deinit(&t);
}

static void *fail_when_told(void *user, void *ptr, size_t old, size_t size)
{
    const wzp_mem mem = wzp_mem_default();
    size_t *left = user;
    if (size > 0 && (*left)-- == 0) {
        *left = 0;
        return NULL;
    }
    return mem.resize(mem.user, ptr, old, size);
}

WZP_TEST(no_memory_leaves_the_registry_as_it_was)
{
    size_t left = 0;
    const wzp_mem mem = {.resize = fail_when_told, .user = &left};
    for (size_t n = 0; n < 2; n++) { /* the array; the entry */
        wzp__registry t;
        wzp_conn_id replaced;
        wzp__registry_init(&t, &mem, 8);
        left = n;
        assert_int_equal(insert(&t, 1, 1, true, &replaced), WZP_ERR_NOMEM);
        assert_int_equal(t.n, 0);
        assert_null(find(&t, 1));
        left = 8;
        assert_int_equal(insert(&t, 1, 1, true, &replaced), WZP_OK);
        wzp__registry_deinit(&t);
    }
}
