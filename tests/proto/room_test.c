/* SPDX-License-Identifier: MIT */
/* RoomUpdate, RoomDelta, RoomSync. */
#include "round_trip.h"

#define MID "\"AAECAwQFBgcICQoLDA0ODw\""
#define KPH "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""

WZP_TEST(room_update_of_capable_members_has_their_extra_keys)
{
    const wzp_signal sig = round_trip(
        "{\"RoomUpdate\":{\"count\":2,\"participants\":[{\"fingerprint\":\"f\","
        "\"alias\":null,\"relay_label\":null,\"mid\":" MID ",\"kph\":" KPH
        ",\"caps\":[\"e2e1\"]},{\"fingerprint\":\"\",\"alias\":\"x\","
        "\"relay_label\":\"R\"}],\"rev\":7}}");
    const wzp_sig_room_update *u = &sig.u.room_update;
    assert_int_equal(u->participants.n, 2);
    assert_int_equal(u->participants.v[0].mid.len, WZP_MID_LEN);
    assert_int_equal(u->participants.v[0].mid.ptr[15], 15);
    assert_int_equal(u->participants.v[0].kph.len, WZP_HASH_LEN);
    assert_int_equal(u->participants.v[1].caps, 0);
    assert_null(u->participants.v[1].mid.ptr);
    assert_true(u->rev.has);
    assert_int_equal(u->rev.v, 7);
}

WZP_TEST(room_update_lists_are_not_null)
{
    wzp_signal sig;
    assert_int_equal(
        decode("{\"RoomUpdate\":{\"count\":0,\"participants\":null}}", &sig),
        WZP_ERR_FIELD);
    assert_int_equal(decode("{\"RoomUpdate\":{\"count\":0}}", &sig),
                     WZP_ERR_FIELD);
}

WZP_TEST(room_delta_and_sync_round_trip)
{
    const wzp_signal sig = round_trip(
        "{\"RoomDelta\":{\"rev\":8,\"joined\":[{\"fingerprint\":\"f\","
        "\"alias\":null,\"relay_label\":null}],\"left\":[" MID "]}}");
    assert_int_equal(sig.u.room_delta.left.n, 1);
    assert_int_equal(sig.u.room_delta.left.v[0].len, WZP_MID_LEN);
    round_trip("{\"RoomDelta\":{\"rev\":9,\"joined\":[],\"left\":[]}}");
    round_trip("{\"RoomSync\":{\"rev\":4294967295}}");
}

WZP_TEST(room_delta_with_a_mid_of_another_length_is_refused)
{
    wzp_signal sig;
    assert_int_equal(
        decode("{\"RoomDelta\":{\"rev\":8,\"joined\":[],\"left\":[\"AA\"]}}",
               &sig),
        WZP_ERR_FIELD);
    assert_int_equal(decode("{\"RoomSync\":{\"rev\":4294967296}}", &sig),
                     WZP_ERR_FIELD);
}
