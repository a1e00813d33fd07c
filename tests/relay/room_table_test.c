/* SPDX-License-Identifier: MIT */
/* Rooms by hash. */
#include "room/room_table.h"

#include "support/harness.h"

#include <stdio.h>
#include <string.h>

static void key_of(unsigned i, char key[WZP_ROOM_HEX_LEN + 1])
{
    char name[32];
    (void)snprintf(name, sizeof name, "room%u", i);
    wzp__room_key(name, key);
}

WZP_TEST(rooms_are_found_by_hash_until_removed)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__room_table t;
    char key[WZP_ROOM_HEX_LEN + 1];
    wzp__room_table_init(&t, &mem, 1000);
    for (unsigned i = 0; i < 100; i++) {
        wzp__room *room = NULL;
        key_of(i, key);
        assert_int_equal(wzp__room_table_insert(&t, key, "x", &room), WZP_OK);
        assert_string_equal(room->hash, key);
    }
    for (unsigned i = 0; i < 100; i += 2) {
        key_of(i, key);
        wzp__room_table_remove(&t, wzp__room_table_find(&t, key));
    }
    for (unsigned i = 0; i < 100; i++) {
        key_of(i, key);
        assert_int_equal(wzp__room_table_find(&t, key) != NULL, i % 2 == 1);
    }
    assert_int_equal(t.n, 50);
    wzp__room_table_deinit(&t);
}

WZP_TEST(room_table_is_full_at_its_limit)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__room_table t;
    wzp__room *room = NULL;
    char key[WZP_ROOM_HEX_LEN + 1];
    wzp__room_table_init(&t, &mem, 1);
    key_of(1, key);
    assert_int_equal(wzp__room_table_insert(&t, key, "a", &room), WZP_OK);
    key_of(2, key);
    assert_int_equal(wzp__room_table_insert(&t, key, "b", &room),
                     WZP_ERR_ROOM_FULL);
    wzp__room_table_deinit(&t);
}
