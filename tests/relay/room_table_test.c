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

WZP_TEST(rooms_are_counted_by_the_address_or_ipv6_site_that_made_them)
{
    const wzp_mem mem = wzp_mem_default();
    const uint8_t v4[4] = {192, 0, 2, 1};
    uint8_t v6[16] = {0x20, 1, 13, 184};
    wzp__room_table t;
    wzp__room *room = NULL;
    char key[WZP_ROOM_HEX_LEN + 1];
    wzp__room_table_init(&t, &mem, 100);
    for (unsigned i = 0; i < 5; i++) {
        key_of(i, key);
        assert_int_equal(wzp__room_table_insert(&t, key, "a", &room), WZP_OK);
        v6[15] = (uint8_t)i; /* another host, */
        v6[7] = (uint8_t)i;  /* another /64 of one /48 */
        room->maker =
            i < 2 ? wzp_addr_v4(v4, (uint16_t)i) : wzp_addr_v6(v6, (uint16_t)i);
    }
    const wzp_addr one = wzp_addr_v4(v4, 9);
    const wzp_addr other = wzp_addr_v4((const uint8_t[]){192, 0, 2, 2}, 9);
    const wzp_addr site = wzp_addr_v6(v6, 9);
    v6[5] = 1;
    const wzp_addr next_site = wzp_addr_v6(v6, 9);
    assert_int_equal(wzp__room_table_made(&t, &one), 2);
    assert_int_equal(wzp__room_table_made(&t, &other), 0);
    assert_int_equal(wzp__room_table_made(&t, &site), 3);
    assert_int_equal(wzp__room_table_made(&t, &next_site), 0);
    wzp__room_table_deinit(&t);
}
