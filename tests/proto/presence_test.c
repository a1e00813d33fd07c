/* SPDX-License-Identifier: MIT */
/* Registration and lists of who is there. */
#include "round_trip.h"

#define ZEROS                                                                  \
    "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"

WZP_TEST(register_presence_with_binding_round_trips)
{
    const wzp_signal sig = round_trip(
        "{\"RegisterPresence\":{\"identity_pub\":" ZEROS ",\"signature\":[],"
        "\"alias\":\"A\",\"caps\":[\"sig1\"],\"binding\":"
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}");
    assert_int_equal(sig.u.register_presence.binding.len, WZP_SIG_LEN);
}

WZP_TEST(register_presence_ack_has_region_and_relays)
{
    const wzp_signal sig = round_trip(
        "{\"RegisterPresenceAck\":{\"success\":true,\"relay_build\":\"b\","
        "\"relay_region\":\"eu\",\"available_relays\":[\"n|192.0.2.1:4433\"],"
        "\"caps\":[\"e2e1\",\"sig1\"]}}");
    assert_null(sig.u.register_presence_ack.error.ptr);
    assert_int_equal(sig.u.register_presence_ack.available_relays.n, 1);
}

WZP_TEST(register_presence_ack_wants_a_bool)
{
    wzp_signal sig;
    assert_int_equal(decode("{\"RegisterPresenceAck\":{\"success\":1}}", &sig),
                     WZP_ERR_FIELD);
    assert_int_equal(
        decode("{\"RegisterPresenceAck\":{\"success\":\"true\"}}", &sig),
        WZP_ERR_FIELD);
    assert_int_equal(
        decode("{\"RegisterPresenceAck\":{\"success\":tru}}", &sig),
        WZP_ERR_JSON);
}

WZP_TEST(presence_lists_round_trip)
{
    round_trip(
        "{\"PresenceUpdate\":{\"fingerprints\":[],\"relay_addr\":\"\"}}");
    const wzp_signal sig = round_trip(
        "{\"PresenceList\":{\"users\":[{\"fingerprint\":\"f\",\"alias\":null},"
        "{\"fingerprint\":\"g\",\"alias\":\"G\"}]}}");
    assert_int_equal(sig.u.presence_list.users.n, 2);
    assert_text(sig.u.presence_list.users.v[1].alias, "G");
    decode_and_encode("{\"PresenceList\":{}}",
                      "{\"PresenceList\":{\"users\":[]}}");
}
