/* SPDX-License-Identifier: MIT */
/* CallOffer, CallAnswer, Rekey, AuthToken, Ping and Pong. */
#include "round_trip.h"

#define ZEROS                                                                  \
    "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"
#define KEYS "\"identity_pub\":" ZEROS ",\"ephemeral_pub\":" ZEROS

WZP_TEST(call_offer_of_a_capable_peer_has_its_extra_keys_last)
{
    const wzp_signal sig = round_trip(
        "{\"CallOffer\":{" KEYS ",\"signature\":[1,255],"
        "\"supported_profiles\":[{\"codec\":\"Opus24k\",\"fec_ratio\":0.2,"
        "\"frame_duration_ms\":20,\"frames_per_block\":5}],\"alias\":\"A\","
        "\"caps\":[\"e2e1\",\"bundle1\",\"dgram1\",\"sig1\"],"
        "\"binding\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"kp\":\"_-8\","
        "\"room_proof\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}");
    const wzp_sig_call_offer *o = &sig.u.call_offer;
    assert_int_equal(sig.kind, WZP_SIG_CALL_OFFER);
    assert_int_equal(o->signature.len, 2);
    assert_int_equal(o->signature.ptr[1], 255);
    assert_int_equal(o->supported_profiles.n, 1);
    assert_int_equal(o->supported_profiles.v[0].codec, WZP_CODEC_OPUS_24K);
    assert_int_equal(o->supported_profiles.v[0].frames_per_block, 5);
    assert_text(o->alias, "A");
    assert_int_equal(o->caps, WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_BUNDLE1 |
                                  WZP_CAP_DGRAM1 | WZP_CAP_SIG1);
    assert_int_equal(o->binding.len, WZP_SIG_LEN);
    assert_int_equal(o->kp.len, 2);
    assert_int_equal(o->room_proof.len, WZP_HASH_LEN);
}

WZP_TEST(call_offer_of_a_legacy_peer_has_none)
{
    wzp_signal sig;
    assert_int_equal(decode("{\"CallOffer\":{" KEYS ",\"signature\":[],"
                            "\"supported_profiles\":[]}}",
                            &sig),
                     WZP_OK);
    assert_null(sig.u.call_offer.alias.ptr);
    assert_int_equal(sig.u.call_offer.caps, 0);
    assert_null(sig.u.call_offer.kp.ptr);
    assert_null(sig.u.call_offer.binding.ptr);
    assert_non_null(sig.u.call_offer.signature.ptr);
}

WZP_TEST(call_answer_carries_the_successor_certificate)
{
    const wzp_signal sig = round_trip(
        "{\"CallAnswer\":{" KEYS ",\"signature\":[],"
        "\"chosen_profile\":{\"codec\":\"Opus24k\",\"fec_ratio\":0.2,"
        "\"frame_duration_ms\":20,\"frames_per_block\":5},"
        "\"next_tls\":{\"sha256\":"
        "\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
        "\"not_before\":1800000000,\"sig\":"
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}}");
    const wzp_next_tls *next = &sig.u.call_answer.next_tls;
    assert_true(next->has);
    assert_int_equal(next->sha256[0], 1);
    assert_int_equal(next->not_before, 1800000000);
}

WZP_TEST(ping_takes_every_u64_and_no_more)
{
    const wzp_signal sig =
        round_trip("{\"Ping\":{\"timestamp_ms\":18446744073709551615}}");
    assert_true(sig.u.ping.timestamp_ms == UINT64_MAX);
    wzp_signal other;
    assert_int_equal(
        decode("{\"Ping\":{\"timestamp_ms\":18446744073709551616}}", &other),
        WZP_ERR_FIELD);
}

WZP_TEST(auth_token_is_escaped_like_serde)
{
    const wzp_signal sig = round_trip("{\"AuthToken\":{\"token\":\"\\\"\\\\/"
                                      "\\u0001\\n\\t\\u001f\xC3\xA9\"}}");
    assert_text(sig.u.auth_token.token, "\"\\/\x01\n\t\x1f\xC3\xA9");
}

WZP_TEST(rekey_and_pong_round_trip)
{
    round_trip("{\"Rekey\":{\"new_ephemeral_pub\":" ZEROS
               ",\"signature\":[7]}}");
    round_trip("{\"Pong\":{\"timestamp_ms\":0}}");
}
