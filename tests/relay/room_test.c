/* SPDX-License-Identifier: MIT */
/* Members of a room: order, lookup, limits. */
#include "room/room.h"

#include "support/harness.h"

#include <string.h>

static const wzp_mem *heap(void)
{
    static wzp_mem mem;
    mem = wzp_mem_default();
    return &mem;
}

static wzp__room *room_named(const char *name)
{
    char key[WZP_ROOM_HEX_LEN + 1];
    wzp__room_key(name, key);
    wzp__room *room = wzp__room_new(heap(), key, name);
    assert_non_null(room);
    return room;
}

/* A capable member whose id begins with sid and ends with `tail`. */
static wzp__member *capable(wzp_conn_id conn, uint16_t sid, uint8_t tail)
{
    wzp__member *m = wzp__member_new(heap());
    assert_non_null(m);
    m->conn = conn;
    m->is_capable = true;
    m->mid[0] = (uint8_t)(sid >> 8);
    m->mid[1] = (uint8_t)sid;
    m->mid[15] = tail;
    m->sid = sid;
    return m;
}

static wzp__member *legacy(wzp_conn_id conn)
{
    wzp__member *m = wzp__member_new(heap());
    assert_non_null(m);
    m->conn = conn;
    return m;
}

WZP_TEST(room_keeps_join_order_whatever_the_member_ids)
{
    wzp__room *room = room_named("lobby");
    for (uint16_t i = 0; i < 20; i++) {
        wzp__member *m = capable(i, (uint16_t)(i * 40503u), 0);
        assert_int_equal(wzp__room_insert(room, 100, m), WZP_OK);
    }
    wzp__room_remove(room, room->members[5]);
    assert_int_equal(room->n, 19);
    for (size_t i = 0; i < room->n; i++) {
        assert_int_equal(room->members[i]->conn, i < 5 ? i : i + 1);
    }
    wzp__room_free(room);
}

WZP_TEST(room_finds_capable_members_by_id_and_only_those)
{
    wzp__room *room = room_named("lobby");
    for (uint16_t i = 0; i < 50; i++) {
        wzp__member *m = capable(i, (uint16_t)(i * 7919u), 1);
        assert_int_equal(wzp__room_insert(room, 100, m), WZP_OK);
    }
    assert_int_equal(wzp__room_insert(room, 100, legacy(99)), WZP_OK);
    for (size_t i = 0; i < 50; i++) {
        const wzp__member *m = room->members[i];
        assert_ptr_equal(wzp__room_find(room, m->mid), m);
    }
    const uint8_t zero[WZP_MID_LEN] = {0};
    assert_null(wzp__room_find(room, zero));
    wzp__room_free(room);
}

WZP_TEST(room_refuses_the_fifth_member_with_one_stream_id)
{
    wzp__room *room = room_named("lobby");
    for (uint8_t i = 0; i < 4; i++) {
        assert_int_equal(wzp__room_insert(room, 100, capable(i, 0x1234, i)),
                         WZP_OK);
    }
    assert_int_equal(wzp__room_insert(room, 100, capable(8, 0x1233, 0)),
                     WZP_OK);
    assert_int_equal(wzp__room_insert(room, 100, capable(9, 0x1235, 0)),
                     WZP_OK);
    wzp__member *fifth = capable(7, 0x1234, 7);
    assert_int_equal(wzp__room_insert(room, 100, fifth), WZP_ERR_SID);
    /* one of the four leaves: now it may */
    wzp__room_remove(room, room->members[2]);
    assert_int_equal(wzp__room_insert(room, 100, fifth), WZP_OK);
    wzp__room_free(room);
}

WZP_TEST(room_refuses_the_same_package_twice)
{
    wzp__room *room = room_named("lobby");
    wzp__member *again = capable(2, 5, 5);
    assert_int_equal(wzp__room_insert(room, 100, capable(1, 5, 5)), WZP_OK);
    assert_int_equal(wzp__room_insert(room, 100, again), WZP_ERR_EXISTS);
    wzp__member_free(heap(), again);
    wzp__room_free(room);
}

WZP_TEST(room_is_full_at_its_limit)
{
    wzp__room *room = room_named("lobby");
    wzp__member *third = legacy(3);
    assert_int_equal(wzp__room_insert(room, 2, legacy(1)), WZP_OK);
    assert_int_equal(wzp__room_insert(room, 2, capable(2, 1, 1)), WZP_OK);
    assert_int_equal(wzp__room_insert(room, 2, third), WZP_ERR_ROOM_FULL);
    wzp__member_free(heap(), third);
    wzp__room_free(room);
}

WZP_TEST(raw_and_hashed_name_have_one_key)
{
    char raw[WZP_ROOM_HEX_LEN + 1], hashed[WZP_ROOM_HEX_LEN + 1];
    wzp__room_key("lobby", raw);
    wzp__room_key(raw, hashed);
    assert_string_equal(raw, hashed);
    wzp__room_key("lobby2", hashed);
    assert_string_not_equal(raw, hashed);
}
