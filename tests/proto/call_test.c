/* SPDX-License-Identifier: MIT */
/* Messages of direct calls. */
#include "round_trip.h"

#include <stdio.h>

#define PROFILE                                                                \
    "{\"codec\":\"Codec2_1200\",\"fec_ratio\":1.0,\"frame_duration_ms\":40,"   \
    "\"frames_per_block\":8}"
#define ZEROS                                                                  \
    "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"
#define B64_32 "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""
#define B64_64                                                                 \
    "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"                         \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""

WZP_TEST(direct_call_offer_has_the_keys_of_the_later_state_and_ours)
{
    const wzp_signal sig = round_trip(
        "{\"DirectCallOffer\":{\"caller_fingerprint\":\"a\",\"caller_alias\":"
        "null,\"target_fingerprint\":\"b\",\"call_id\":\"c\",\"identity_"
        "pub\":" ZEROS ",\"ephemeral_pub\":" ZEROS ",\"signature\":[],"
        "\"supported_profiles\":[" PROFILE "],\"caller_reflexive_addr\":"
        "\"192.0.2.1:1\",\"caller_local_addrs\":[\"10.0.0.1:1\"],"
        "\"caller_build_version\":\"v\",\"caller_mapped_addr\":\"192.0.2.1:2\","
        "\"caps\":[\"e2e1\"],\"commit\":" B64_32 "}}");
    const wzp_sig_direct_call_offer *o = &sig.u.direct_call_offer;
    assert_null(o->caller_alias.ptr);
    assert_text(o->caller_mapped_addr, "192.0.2.1:2");
    assert_int_equal(o->caller_local_addrs.n, 1);
    assert_text(o->caller_local_addrs.v[0], "10.0.0.1:1");
    assert_int_equal(o->commit.len, WZP_HASH_LEN);
}

WZP_TEST(direct_call_answer_tells_absent_from_empty)
{
    const wzp_signal sig = round_trip(
        "{\"DirectCallAnswer\":{\"call_id\":\"c\",\"accept_mode\":"
        "\"AcceptGeneric\",\"identity_pub\":" ZEROS ",\"signature\":[],"
        "\"chosen_profile\":" PROFILE ",\"callee_mapped_addr\":\"m\",\"caps\":"
        "[],\"kp\":\"AA\"}}");
    const wzp_sig_direct_call_answer *a = &sig.u.direct_call_answer;
    assert_int_equal(a->accept_mode, WZP_ACCEPT_GENERIC);
    assert_int_equal(a->identity_pub.len, WZP_KEY_LEN);
    assert_null(a->ephemeral_pub.ptr);
    assert_non_null(a->signature.ptr);
    assert_int_equal(a->signature.len, 0);
    assert_true(a->chosen_profile.has);
    assert_true(a->chosen_profile.v.fec_ratio == 1.0f);
    assert_int_equal(a->caps, WZP_CAP_PRESENT);
}

/* `null` is no value for an option and an error for a list or a plain field. */
static const struct {
    const char *json;
    wzp_err e;
} NULLS[] = {
    {"{\"CallSetup\":{\"call_id\":\"c\",\"room\":\"r\",\"relay_addr\":\"a\","
     "\"peer_direct_addr\":null}}",
     WZP_OK},
    {"{\"CallSetup\":{\"call_id\":\"c\",\"room\":\"r\",\"relay_addr\":\"a\","
     "\"peer_local_addrs\":null}}",
     WZP_ERR_FIELD},
    {"{\"CallSetup\":{\"call_id\":null,\"room\":\"r\",\"relay_addr\":\"a\"}}",
     WZP_ERR_FIELD},
    {"{\"DirectCallAnswer\":{\"call_id\":\"c\",\"accept_mode\":\"Reject\","
     "\"identity_pub\":null,\"signature\":null,\"chosen_profile\":null}}",
     WZP_OK},
    {"{\"DirectCallAnswer\":{\"call_id\":\"c\",\"accept_mode\":null}}",
     WZP_ERR_FIELD},
    {"{\"DirectCallAnswer\":{\"call_id\":\"c\",\"accept_mode\":\"Reject\","
     "\"identity_pub\":[1,2,3]}}",
     WZP_ERR_FIELD},
    {"{\"Hangup\":{\"reason\":{\"Busy\":null}}}", WZP_OK},
    {"{\"Hangup\":{\"reason\":{\"Busy\":1}}}", WZP_ERR_FIELD},
    {"{\"Hangup\":{\"reason\":{\"Busy\":null,\"Busy\":null}}}", WZP_ERR_FIELD},
    {"{\"Hangup\":{\"reason\":{}}}", WZP_ERR_FIELD},
    {"{\"Hangup\":{\"reason\":\"\"}}", WZP_ERR_FIELD},
    {"{\"Hangup\":{\"reason\":0}}", WZP_ERR_FIELD},
};

static size_t count_nulls(void)
{
    return sizeof NULLS / sizeof NULLS[0];
}

static void run_null(size_t row)
{
    wzp_signal sig;
    assert_int_equal(decode(NULLS[row].json, &sig), NULLS[row].e);
}
WZP_ROWS(call_message_with_null_or_an_odd_enum, count_nulls, run_null);

WZP_TEST(hangup_reasons_are_all_there)
{
    static const char *const reasons[] = {"Normal", "Busy", "Declined",
                                          "Timeout", "Error"};
    for (unsigned i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        char json[64];
        snprintf(json, sizeof json, "{\"Hangup\":{\"reason\":\"%s\"}}",
                 reasons[i]);
        assert_int_equal(round_trip(json).u.hangup.reason, i);
    }
    const wzp_signal sig = {.kind = WZP_SIG_HANGUP,
                            .u.hangup.reason = (wzp_hangup_reason)5};
    wzp_str text;
    assert_int_equal(wzp_signal_encode(arena(), &sig, &text), WZP_ERR_ARG);
}

WZP_TEST(direct_call_reveal_round_trips_and_checks_lengths)
{
    round_trip("{\"DirectCallReveal\":{\"call_id\":\"c\",\"kp\":\"AA\","
               "\"nonce\":" B64_32 ",\"ct\":\"_-8\",\"sig\":" B64_64 "}}");
    wzp_signal sig;
    assert_int_equal(
        decode("{\"DirectCallReveal\":{\"call_id\":\"c\",\"kp\":\"AA\","
               "\"nonce\":\"AA\",\"ct\":\"\",\"sig\":" B64_64 "}}",
               &sig),
        WZP_ERR_FIELD);
    assert_int_equal(
        decode("{\"DirectCallReveal\":{\"call_id\":\"c\",\"kp\":\"A=\","
               "\"nonce\":" B64_32 ",\"ct\":\"\",\"sig\":" B64_64 "}}",
               &sig),
        WZP_ERR_B64);
}

WZP_TEST(transfer_setup_and_ringing_round_trip)
{
    round_trip("{\"Transfer\":{\"target_fingerprint\":\"t\",\"relay_addr\":"
               "\"r\"}}");
    round_trip("{\"CallSetup\":{\"call_id\":\"c\",\"room\":\"call-c\","
               "\"relay_addr\":\"a\",\"peer_mapped_addr\":\"m\"}}");
    round_trip("{\"CallRinging\":{\"call_id\":\"c\"}}");
}
