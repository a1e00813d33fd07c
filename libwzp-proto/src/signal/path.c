/* SPDX-License-Identifier: MIT */
/* What a path can carry: reports, the relay's ceiling, agreement on another
 * profile. spec/wire.md 2.3, 2.4, 2.5.
 */
#include "signal/field.h"

/* clang-format off */
static const wzp__field REPORT[] = {
    WZP__FIELD_AS(wzp_quality_report, loss_pct, loss, U8, REQUIRED),
    WZP__FIELD(wzp_quality_report, rtt_4ms, U8, REQUIRED),
    WZP__FIELD(wzp_quality_report, jitter_ms, U8, REQUIRED),
    WZP__FIELD_AS(wzp_quality_report, bitrate_cap_kbps, bitrate_cap, U8, REQUIRED),
};
static const wzp__shape REPORT_SHAPE = WZP__SHAPE(wzp_quality_report, REPORT);
/* clang-format on */

/* clang-format off */
static const wzp__field QUALITY_UPDATE[] = {
    WZP__FIELD(wzp_sig_quality_update, report, STRUCT, REQUIRED, .shape = &REPORT_SHAPE),
    WZP__FIELD(wzp_sig_quality_update, recommended_profile, STRUCT, REQUIRED, .shape = &wzp__shape_profile),
};
const wzp__shape wzp__shape_quality_update = WZP__SHAPE(wzp_sig_quality_update, QUALITY_UPDATE);

static const wzp__field LOSS_RECOVERY_UPDATE[] = {
    WZP__FIELD(wzp_sig_loss_recovery_update, dred_reconstructions, U64, DEFAULT),
    WZP__FIELD(wzp_sig_loss_recovery_update, classical_plc_invocations, U64, DEFAULT),
    WZP__FIELD(wzp_sig_loss_recovery_update, frames_decoded, U64, DEFAULT),
};
const wzp__shape wzp__shape_loss_recovery_update = WZP__SHAPE(wzp_sig_loss_recovery_update, LOSS_RECOVERY_UPDATE);

static const wzp__field QUALITY_DIRECTIVE[] = {
    WZP__FIELD(wzp_sig_quality_directive, recommended_profile, STRUCT, REQUIRED, .shape = &wzp__shape_profile),
    WZP__FIELD(wzp_sig_quality_directive, reason, STR, OMIT),
};
const wzp__shape wzp__shape_quality_directive = WZP__SHAPE(wzp_sig_quality_directive, QUALITY_DIRECTIVE);

static const wzp__field UPGRADE_PROPOSAL[] = {
    WZP__FIELD(wzp_sig_upgrade_proposal, call_id, STR, REQUIRED),
    WZP__FIELD(wzp_sig_upgrade_proposal, proposal_id, STR, DEFAULT),
    WZP__FIELD(wzp_sig_upgrade_proposal, proposed_profile, STRUCT, REQUIRED, .shape = &wzp__shape_profile, .is_profile_key = true),
    WZP__FIELD(wzp_sig_upgrade_proposal, local_loss_pct, OPT_F32, OMIT),
    WZP__FIELD(wzp_sig_upgrade_proposal, local_rtt_ms, OPT_U32, OMIT),
};
const wzp__shape wzp__shape_upgrade_proposal = WZP__SHAPE(wzp_sig_upgrade_proposal, UPGRADE_PROPOSAL);

static const wzp__field UPGRADE_RESPONSE[] = {
    WZP__FIELD(wzp_sig_upgrade_response, call_id, STR, REQUIRED),
    WZP__FIELD(wzp_sig_upgrade_response, proposal_id, STR, DEFAULT),
    WZP__FIELD(wzp_sig_upgrade_response, accepted, BOOL, REQUIRED),
    WZP__FIELD(wzp_sig_upgrade_response, reason, STR, OMIT),
};
const wzp__shape wzp__shape_upgrade_response = WZP__SHAPE(wzp_sig_upgrade_response, UPGRADE_RESPONSE);

static const wzp__field UPGRADE_CONFIRM[] = {
    WZP__FIELD(wzp_sig_upgrade_confirm, call_id, STR, REQUIRED),
    WZP__FIELD(wzp_sig_upgrade_confirm, proposal_id, STR, DEFAULT),
    WZP__FIELD(wzp_sig_upgrade_confirm, confirmed_profile, STRUCT, REQUIRED, .shape = &wzp__shape_profile, .is_profile_key = true),
};
const wzp__shape wzp__shape_upgrade_confirm = WZP__SHAPE(wzp_sig_upgrade_confirm, UPGRADE_CONFIRM);

static const wzp__field QUALITY_CAPABILITY[] = {
    WZP__FIELD(wzp_sig_quality_capability, call_id, STR, REQUIRED),
    WZP__FIELD(wzp_sig_quality_capability, max_profile, STRUCT, REQUIRED, .shape = &wzp__shape_profile, .is_profile_key = true),
    WZP__FIELD(wzp_sig_quality_capability, loss_pct, OPT_F32, OMIT),
    WZP__FIELD(wzp_sig_quality_capability, rtt_ms, OPT_U32, OMIT),
};
const wzp__shape wzp__shape_quality_capability = WZP__SHAPE(wzp_sig_quality_capability, QUALITY_CAPABILITY);
/* clang-format on */
