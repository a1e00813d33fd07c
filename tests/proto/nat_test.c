/* SPDX-License-Identifier: MIT */
/* Candidates, port prediction, the outcome of the race. */
#include "round_trip.h"

WZP_TEST(hard_nat_messages_have_their_ports)
{
    const wzp_signal sig = round_trip(
        "{\"HardNatProbe\":{\"call_id\":\"c\",\"port_sequence\":[65535,0],"
        "\"allocation\":\"random\",\"probe_time_ms\":1,\"external_ip\":\"i\"}"
        "}");
    assert_int_equal(sig.u.hard_nat_probe.port_sequence.n, 2);
    assert_int_equal(sig.u.hard_nat_probe.port_sequence.v[0], 65535);
    round_trip("{\"HardNatBirthdayStart\":{\"call_id\":\"c\","
               "\"acceptor_port_count\":2,\"acceptor_ports\":[1,2],"
               "\"external_ip\":\"i\"}}");
    wzp_signal other;
    assert_int_equal(
        decode("{\"HardNatProbe\":{\"call_id\":\"c\",\"port_sequence\":[65536],"
               "\"allocation\":\"random\",\"probe_time_ms\":1,\"external_ip\":"
               "\"i\"}}",
               &other),
        WZP_ERR_FIELD);
}

WZP_TEST(candidate_update_leaves_out_what_it_has_not)
{
    const wzp_signal sig = round_trip(
        "{\"CandidateUpdate\":{\"call_id\":\"c\",\"generation\":2}}");
    assert_null(sig.u.candidate_update.reflexive_addr.ptr);
    assert_int_equal(sig.u.candidate_update.local_addrs.n, 0);
    round_trip("{\"CandidateUpdate\":{\"call_id\":\"c\",\"reflexive_addr\":"
               "\"r\",\"local_addrs\":[\"l\"],\"mapped_addr\":\"m\","
               "\"generation\":3}}");
}

WZP_TEST(media_path_report_has_a_default_winner)
{
    decode_and_encode("{\"MediaPathReport\":{\"call_id\":\"c\",\"direct_ok\":"
                      "true}}",
                      "{\"MediaPathReport\":{\"call_id\":\"c\",\"direct_ok\":"
                      "true,\"race_winner\":\"\"}}");
    wzp_signal sig;
    assert_int_equal(decode("{\"MediaPathReport\":{\"call_id\":\"c\","
                            "\"direct_ok\":true,\"race_winner\":null}}",
                            &sig),
                     WZP_ERR_FIELD);
}

WZP_TEST(reflect_and_ice_round_trip)
{
    round_trip("\"Reflect\"");
    round_trip("{\"ReflectResponse\":{\"observed_addr\":\"[::1]:1\"}}");
    round_trip("{\"IceCandidate\":{\"candidate\":\"\"}}");
}
