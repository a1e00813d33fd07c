/* SPDX-License-Identifier: MIT */
/* Finding a direct path: own address as seen from outside, candidates, port
 * prediction, the outcome of the race. spec/wire.md 2.4, 2.5.
 */
#include "signal/field.h"

/* clang-format off */
static const wzp__field ICE_CANDIDATE[] = {
    WZP__FIELD(wzp_sig_ice_candidate, candidate, STR, REQUIRED),
};
const wzp__shape wzp__shape_ice_candidate = WZP__SHAPE(wzp_sig_ice_candidate, ICE_CANDIDATE);

static const wzp__field REFLECT_RESPONSE[] = {
    WZP__FIELD(wzp_sig_reflect_response, observed_addr, STR, REQUIRED),
};
const wzp__shape wzp__shape_reflect_response = WZP__SHAPE(wzp_sig_reflect_response, REFLECT_RESPONSE);

static const wzp__field MEDIA_PATH_REPORT[] = {
    WZP__FIELD(wzp_sig_media_path_report, call_id, STR, REQUIRED),
    WZP__FIELD(wzp_sig_media_path_report, direct_ok, BOOL, REQUIRED),
    WZP__FIELD(wzp_sig_media_path_report, race_winner, STR, DEFAULT),
};
const wzp__shape wzp__shape_media_path_report = WZP__SHAPE(wzp_sig_media_path_report, MEDIA_PATH_REPORT);

static const wzp__field HARD_NAT_PROBE[] = {
    WZP__FIELD(wzp_sig_hard_nat_probe, call_id, STR, REQUIRED),
    WZP__FIELD(wzp_sig_hard_nat_probe, port_sequence, U16_LIST, DEFAULT),
    WZP__FIELD(wzp_sig_hard_nat_probe, allocation, STR, REQUIRED),
    WZP__FIELD(wzp_sig_hard_nat_probe, probe_time_ms, U64, REQUIRED),
    WZP__FIELD(wzp_sig_hard_nat_probe, external_ip, STR, REQUIRED),
};
const wzp__shape wzp__shape_hard_nat_probe = WZP__SHAPE(wzp_sig_hard_nat_probe, HARD_NAT_PROBE);

static const wzp__field HARD_NAT_BIRTHDAY_START[] = {
    WZP__FIELD(wzp_sig_hard_nat_birthday_start, call_id, STR, REQUIRED),
    WZP__FIELD(wzp_sig_hard_nat_birthday_start, acceptor_port_count, U16, REQUIRED),
    WZP__FIELD(wzp_sig_hard_nat_birthday_start, acceptor_ports, U16_LIST, DEFAULT),
    WZP__FIELD(wzp_sig_hard_nat_birthday_start, external_ip, STR, REQUIRED),
};
const wzp__shape wzp__shape_hard_nat_birthday_start = WZP__SHAPE(wzp_sig_hard_nat_birthday_start, HARD_NAT_BIRTHDAY_START);

static const wzp__field CANDIDATE_UPDATE[] = {
    WZP__FIELD(wzp_sig_candidate_update, call_id, STR, REQUIRED),
    WZP__FIELD(wzp_sig_candidate_update, reflexive_addr, STR, OMIT),
    WZP__FIELD(wzp_sig_candidate_update, local_addrs, STR_LIST, OMIT),
    WZP__FIELD(wzp_sig_candidate_update, mapped_addr, STR, OMIT),
    WZP__FIELD(wzp_sig_candidate_update, generation, U32, REQUIRED),
};
const wzp__shape wzp__shape_candidate_update = WZP__SHAPE(wzp_sig_candidate_update, CANDIDATE_UPDATE);
/* clang-format on */
