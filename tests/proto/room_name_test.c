/* SPDX-License-Identifier: MIT */
/* Room names: spec/wire.md 5.2, spec/relay.md 2.1. */
#include "vectors.h"

#include <wzp/proto/room_name.h>

#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *name;
    const char *lower; /* NULL: not a server name */
    wzp_room_kind kind;
} NAMES[] = {
    {"default", "default", WZP_ROOM_NAMED},
    {"Team-Room", "team-room", WZP_ROOM_NAMED},
    {"a_b.c-d", "a_b.c-d", WZP_ROOM_NAMED},
    {"-a", "-a", WZP_ROOM_NAMED},
    {"12.a", "12.a", WZP_ROOM_NAMED},
    {"1-1", "1-1", WZP_ROOM_NAMED},
    {L63, L63, WZP_ROOM_NAMED},
    {L63 "." L63, L63 "." L63, WZP_ROOM_NAMED},
    {"_signal", "_signal", WZP_ROOM_RESERVED},
    {"_anything", "_anything", WZP_ROOM_RESERVED},
    {"PING", "ping", WZP_ROOM_RESERVED},
    {"version", "version", WZP_ROOM_RESERVED},
    {"pinger", "pinger", WZP_ROOM_NAMED},
    {"call-18c3", "call-18c3", WZP_ROOM_CALL},
    {"CALL-X", "call-x", WZP_ROOM_CALL},
    {"call", "call", WZP_ROOM_NAMED},
    {"0E45b806bcd33981a4d1273c595c1775", "0e45b806bcd33981a4d1273c595c1775",
     WZP_ROOM_HASHED},
    {"0e45b806bcd33981a4d1273c595c177", "0e45b806bcd33981a4d1273c595c177",
     WZP_ROOM_NAMED},
    {"0e45b806bcd33981a4d1273c595c177g", "0e45b806bcd33981a4d1273c595c177g",
     WZP_ROOM_NAMED},
    {"", NULL, WZP_ROOM_NAMED},
    {"a b", NULL, WZP_ROOM_NAMED},
    {"caf\xC3\xA9", NULL, WZP_ROOM_NAMED},
    {"a-", NULL, WZP_ROOM_NAMED},
    {"a-.b", NULL, WZP_ROOM_NAMED},
    {"a..b", NULL, WZP_ROOM_NAMED},
    {".a", NULL, WZP_ROOM_NAMED},
    {"a.", NULL, WZP_ROOM_NAMED},
    {"123", NULL, WZP_ROOM_NAMED},
    {"a.12", NULL, WZP_ROOM_NAMED},
    {"192.0.2.1", NULL, WZP_ROOM_NAMED},
    {"a/b", NULL, WZP_ROOM_NAMED},
    {L63 "a", NULL, WZP_ROOM_NAMED},
    {L63 "." L63 "." L63 "." L63, NULL, WZP_ROOM_NAMED},
};

static size_t count_names(void)
{
    return sizeof NAMES / sizeof NAMES[0];
}

static void run_name(size_t row)
{
    const char *name = NAMES[row].name;
    char out[WZP_ROOM_NAME_MAX + 1];
    wzp_room_kind kind;
    const wzp_err e = wzp_room_name_decode(name, strlen(name), out, &kind);
    assert_int_equal(wzp_room_name_is_sni(name, strlen(name)), e == WZP_OK);
    assert_int_equal(wzp_room_name_kind(name, strlen(name)), NAMES[row].kind);
    if (NAMES[row].lower == NULL) {
        assert_int_equal(e, WZP_ERR_NAME);
        return;
    }
    assert_int_equal(e, WZP_OK);
    assert_string_equal(out, NAMES[row].lower);
    assert_int_equal(kind, NAMES[row].kind);
}
WZP_ROWS(room_name_is_checked_and_classified, count_names, run_name);

static size_t count_rooms(void)
{
    return rows_in(secure_vectors("rooms"));
}

static void run_room(size_t row)
{
    const cJSON *v = row_in(secure_vectors("rooms"), row);
    const char *name = wzp_test_str(v, "name");
    char lower[256] = {0};
    wzp_room_name_lower(name, strlen(name), lower);
    assert_string_equal(lower, wzp_test_str(v, "lower"));
}
WZP_ROWS(room_name_of_the_vectors_is_lowered, count_rooms, run_room);

WZP_TEST(room_name_of_a_call_holds_its_id)
{
    static const char *const names[][2] = {
        {"call-18c3", "18c3"},
        {"call-call-18c3", "18c3"},
        {"call-", ""},
        {"call-call-call-1", "call-1"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const wzp_str id =
            wzp_room_name_call_id(names[i][0], strlen(names[i][0]));
        assert_int_equal(id.len, strlen(names[i][1]));
        assert_memory_equal(id.ptr, names[i][1], id.len);
    }
    assert_null(wzp_room_name_call_id("room", 4).ptr);
}
