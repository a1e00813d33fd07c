/* SPDX-License-Identifier: MIT */
/* What relays tell each other: hello, global rooms, routes, and messages passed
 * on for users. spec/wire.md 2.4; design/secure-media.md 9.
 */
#include "signal/field.h"

/* clang-format off */
static const wzp__field FEDERATION_HELLO[] = {
    WZP__FIELD(wzp_sig_federation_hello, tls_fingerprint, STR, REQUIRED),
    WZP__FIELD(wzp_sig_federation_hello, caps, CAPS, OMIT),
};
const wzp__shape wzp__shape_federation_hello = WZP__SHAPE(wzp_sig_federation_hello, FEDERATION_HELLO);

static const wzp__field GLOBAL_ROOM_ACTIVE[] = {
    WZP__FIELD(wzp_sig_global_room, room, STR, REQUIRED),
    WZP__FIELD(wzp_sig_global_room, participants, STRUCT_LIST, DEFAULT, .shape = &wzp__shape_participant),
};
const wzp__shape wzp__shape_global_room_active = WZP__SHAPE(wzp_sig_global_room, GLOBAL_ROOM_ACTIVE);

static const wzp__field GLOBAL_ROOM_INACTIVE[] = {
    WZP__FIELD(wzp_sig_global_room, room, STR, REQUIRED),
};
const wzp__shape wzp__shape_global_room_inactive = WZP__SHAPE(wzp_sig_global_room, GLOBAL_ROOM_INACTIVE);

static const wzp__field ROUTE_QUERY[] = {
    WZP__FIELD(wzp_sig_route_query, fingerprint, STR, REQUIRED),
    WZP__FIELD(wzp_sig_route_query, ttl, U8, REQUIRED),
};
const wzp__shape wzp__shape_route_query = WZP__SHAPE(wzp_sig_route_query, ROUTE_QUERY);

static const wzp__field ROUTE_RESPONSE[] = {
    WZP__FIELD(wzp_sig_route_response, fingerprint, STR, REQUIRED),
    WZP__FIELD(wzp_sig_route_response, found, BOOL, REQUIRED),
    WZP__FIELD(wzp_sig_route_response, relay_chain, STR_LIST, REQUIRED),
};
const wzp__shape wzp__shape_route_response = WZP__SHAPE(wzp_sig_route_response, ROUTE_RESPONSE);

static const wzp__field SESSION_FORWARD[] = {
    WZP__FIELD(wzp_sig_session_forward, session_id, STR, REQUIRED),
    WZP__FIELD(wzp_sig_session_forward, target_fingerprint, STR, REQUIRED),
    WZP__FIELD(wzp_sig_session_forward, source_relay, STR, REQUIRED),
};
const wzp__shape wzp__shape_session_forward = WZP__SHAPE(wzp_sig_session_forward, SESSION_FORWARD);

static const wzp__field SESSION_FORWARD_ACK[] = {
    WZP__FIELD(wzp_sig_session_forward_ack, session_id, STR, REQUIRED),
    WZP__FIELD(wzp_sig_session_forward_ack, room_name, STR, REQUIRED),
};
const wzp__shape wzp__shape_session_forward_ack = WZP__SHAPE(wzp_sig_session_forward_ack, SESSION_FORWARD_ACK);

static const wzp__field FEDERATED_SIGNAL_FORWARD[] = {
    WZP__FIELD(wzp_sig_federated_signal_forward, inner, SIGNAL, REQUIRED),
    WZP__FIELD(wzp_sig_federated_signal_forward, origin_relay_fp, STR, REQUIRED),
};
const wzp__shape wzp__shape_federated_signal_forward = WZP__SHAPE(wzp_sig_federated_signal_forward, FEDERATED_SIGNAL_FORWARD);

static const wzp__field FEDERATED_ROUTE[] = {
    WZP__FIELD(wzp_sig_federated_route, to, STR, REQUIRED),
    WZP__FIELD(wzp_sig_federated_route, ttl, U8, REQUIRED),
    WZP__FIELD(wzp_sig_federated_route, path, STR_LIST, REQUIRED),
    WZP__FIELD(wzp_sig_federated_route, inner, SIGNAL, REQUIRED),
};
const wzp__shape wzp__shape_federated_route = WZP__SHAPE(wzp_sig_federated_route, FEDERATED_ROUTE);
/* clang-format on */
