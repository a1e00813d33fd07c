/* SPDX-License-Identifier: MIT */
/* Quality reports, directives and upgrades. */
#include "round_trip.h"

#define PROFILE                                                                \
    "{\"codec\":\"Opus32k\",\"fec_ratio\":0.1,\"frame_duration_ms\":20,"       \
    "\"frames_per_block\":5}"

WZP_TEST(upgrade_proposal_has_its_options)
{
    const wzp_signal sig = round_trip(
        "{\"UpgradeProposal\":{\"call_id\":\"c\",\"proposal_id\":\"p\","
        "\"proposed_profile\":" PROFILE ",\"local_loss_pct\":0.33333334,"
        "\"local_rtt_ms\":80}}");
    assert_true(sig.u.upgrade_proposal.local_loss_pct.has);
    assert_true(sig.u.upgrade_proposal.local_rtt_ms.v == 80);
    round_trip(
        "{\"QualityCapability\":{\"call_id\":\"c\",\"max_profile\":" PROFILE
        ",\"loss_pct\":1.0,\"rtt_ms\":0}}");
}

WZP_TEST(upgrade_messages_take_the_names_of_other_states)
{
    decode_and_encode(
        "{\"UpgradeProposal\":{\"call_id\":\"c\",\"profile\":" PROFILE "}}",
        "{\"UpgradeProposal\":{\"call_id\":\"c\",\"proposal_id\":"
        "\"\",\"proposed_profile\":" PROFILE "}}");
    decode_and_encode("{\"UpgradeConfirm\":{\"call_id\":\"c\","
                      "\"target_profile\":" PROFILE "}}",
                      "{\"UpgradeConfirm\":{\"call_id\":\"c\",\"proposal_id\":"
                      "\"\",\"confirmed_profile\":" PROFILE "}}");
    wzp_signal sig;
    assert_int_equal(decode("{\"UpgradeConfirm\":{\"call_id\":\"c\","
                            "\"profile\":" PROFILE
                            ",\"target_profile\":" PROFILE "}}",
                            &sig),
                     WZP_ERR_JSON);
    assert_int_equal(
        decode("{\"QualityDirective\":{\"profile\":" PROFILE "}}", &sig),
        WZP_ERR_FIELD);
}

WZP_TEST(profile_needs_all_its_keys_and_a_known_codec)
{
    wzp_signal sig;
    assert_int_equal(
        decode("{\"QualityDirective\":{\"recommended_profile\":{\"codec\":"
               "\"Opus24k\",\"fec_ratio\":0.2,\"frame_duration_ms\":20}}}",
               &sig),
        WZP_ERR_FIELD);
    assert_int_equal(
        decode("{\"QualityDirective\":{\"recommended_profile\":{\"codec\":"
               "\"Opus25k\",\"fec_ratio\":0.2,\"frame_duration_ms\":20,"
               "\"frames_per_block\":5}}}",
               &sig),
        WZP_ERR_FIELD);
    assert_int_equal(
        decode("{\"QualityDirective\":{\"recommended_profile\":{\"codec\":"
               "\"Opus24k\",\"fec_ratio\":1e39,\"frame_duration_ms\":20,"
               "\"frames_per_block\":5}}}",
               &sig),
        WZP_ERR_FIELD);
}

WZP_TEST(quality_update_and_loss_recovery_round_trip)
{
    const wzp_signal sig = round_trip(
        "{\"QualityUpdate\":{\"report\":{\"loss_pct\":255,\"rtt_4ms\":1,"
        "\"jitter_ms\":2,\"bitrate_cap_kbps\":3},\"recommended_"
        "profile\":" PROFILE "}}");
    assert_int_equal(sig.u.quality_update.report.loss, 255);
    assert_int_equal(sig.u.quality_update.report.bitrate_cap, 3);
    decode_and_encode("{\"LossRecoveryUpdate\":{\"frames_decoded\":5}}",
                      "{\"LossRecoveryUpdate\":{\"dred_reconstructions\":0,"
                      "\"classical_plc_invocations\":0,\"frames_decoded\":5}}");
    wzp_signal other;
    assert_int_equal(
        decode("{\"LossRecoveryUpdate\":{\"frames_decoded\":null}}", &other),
        WZP_ERR_FIELD);
    round_trip("{\"UpgradeResponse\":{\"call_id\":\"c\",\"proposal_id\":\"p\","
               "\"accepted\":false,\"reason\":\"no\"}}");
}

WZP_TEST(float_that_is_not_finite_is_not_written)
{
    wzp_signal sig = {.kind = WZP_SIG_QUALITY_DIRECTIVE};
    sig.u.quality_directive.recommended_profile.fec_ratio = 1.0f / 0.0f;
    wzp_str text;
    assert_int_equal(wzp_signal_encode(arena(), &sig, &text), WZP_ERR_ARG);
}
