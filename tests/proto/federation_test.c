/* SPDX-License-Identifier: MIT */
/* What relays tell each other. */
#include "round_trip.h"

WZP_TEST(federation_hello_and_rooms_round_trip)
{
    round_trip("{\"FederationHello\":{\"tls_fingerprint\":\"aa\"}}");
    round_trip("{\"FederationHello\":{\"tls_fingerprint\":\"aa\",\"caps\":"
               "[\"e2e1\",\"dgram1\",\"sig1\"]}}");
    round_trip("{\"GlobalRoomActive\":{\"room\":\"r\",\"participants\":[]}}");
    round_trip("{\"GlobalRoomInactive\":{\"room\":\"r\"}}");
    decode_and_encode(
        "{\"GlobalRoomActive\":{\"room\":\"r\"}}",
        "{\"GlobalRoomActive\":{\"room\":\"r\",\"participants\":[]}}");
}

WZP_TEST(federated_signal_forward_carries_any_message)
{
    const wzp_signal sig = round_trip(
        "{\"FederatedSignalForward\":{\"inner\":{\"RoomSync\":{\"rev\":3}},"
        "\"origin_relay_fp\":\"fp\"}}");
    const wzp_signal *inner = sig.u.federated_signal_forward.inner;
    assert_non_null(inner);
    assert_int_equal(inner->kind, WZP_SIG_ROOM_SYNC);
    assert_int_equal(inner->u.room_sync.rev, 3);
}

WZP_TEST(federated_route_carries_its_path)
{
    const wzp_signal sig = round_trip(
        "{\"FederatedRoute\":{\"to\":\"c1\",\"ttl\":3,\"path\":[\"a\",\"b\"],"
        "\"inner\":{\"FederatedSignalForward\":{\"inner\":\"Hold\","
        "\"origin_relay_fp\":\"\"}}}}");
    assert_int_equal(sig.u.federated_route.path.n, 2);
    assert_text(sig.u.federated_route.path.v[1], "b");
    assert_int_equal(sig.u.federated_route.ttl, 3);
}

WZP_TEST(federated_message_needs_its_inner_one)
{
    wzp_signal sig;
    assert_int_equal(
        decode("{\"FederatedSignalForward\":{\"origin_relay_fp\":\"\"}}", &sig),
        WZP_ERR_FIELD);
    assert_int_equal(decode("{\"FederatedSignalForward\":{\"inner\":null,"
                            "\"origin_relay_fp\":\"\"}}",
                            &sig),
                     WZP_ERR_FIELD);
}

WZP_TEST(routes_and_session_forwards_round_trip)
{
    round_trip("{\"RouteQuery\":{\"fingerprint\":\"f\",\"ttl\":255}}");
    round_trip("{\"RouteResponse\":{\"fingerprint\":\"f\",\"found\":false,"
               "\"relay_chain\":[]}}");
    round_trip(
        "{\"SessionForward\":{\"session_id\":\"s\",\"target_fingerprint\":"
        "\"t\",\"source_relay\":\"r\"}}");
    round_trip("{\"SessionForwardAck\":{\"session_id\":\"s\",\"room_name\":"
               "\"r\"}}");
}
