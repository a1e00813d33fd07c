/* SPDX-License-Identifier: MIT */
/* Key messages: design/secure-media.md 5. */
#include "round_trip.h"

#define MID "\"AAECAwQFBgcICQoLDA0ODw\""
#define SIG                                                                    \
    "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"                         \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""

WZP_TEST(key_package_messages_round_trip)
{
    const wzp_signal sig =
        round_trip("{\"KeyPackageRequest\":{\"mids\":[" MID "," MID "]}}");
    assert_int_equal(sig.u.key_package_request.mids.n, 2);
    const wzp_signal packages =
        round_trip("{\"KeyPackages\":{\"kps\":[\"_-8\",\"\"]}}");
    assert_int_equal(packages.u.key_packages.kps.v[0].len, 2);
    assert_int_equal(packages.u.key_packages.kps.v[1].len, 0);
}

WZP_TEST(e2ee_pair_has_members_of_sixteen_bytes)
{
    const wzp_signal sig =
        round_trip("{\"E2eePair\":{\"from\":" MID ",\"to\":" MID
                   ",\"ct\":\"AA\",\"sig\":" SIG "}}");
    assert_int_equal(sig.u.e2ee_pair.from[15], 15);
    wzp_signal other;
    assert_int_equal(decode("{\"E2eePair\":{\"from\":\"AAEC\",\"to\":" MID
                            ",\"ct\":\"AA\",\"sig\":" SIG "}}",
                            &other),
                     WZP_ERR_FIELD);
}

WZP_TEST(e2ee_keys_has_its_boxes)
{
    const wzp_signal sig = round_trip(
        "{\"E2eeKeys\":{\"from\":" MID ",\"gen\":4294967295,\"step\":255,"
        "\"suite\":61441,\"k\":[{\"to\":" MID ",\"n\":1,\"box\":\"AAAA\"},"
        "{\"to\":" MID ",\"n\":2,\"box\":\"\"}]}}");
    const wzp_sig_e2ee_keys *k = &sig.u.e2ee_keys;
    assert_int_equal(k->suite, 0xF001);
    assert_int_equal(k->k.n, 2);
    assert_int_equal(k->k.v[0].box.len, 3);
    assert_int_equal(k->k.v[1].n, 2);
    round_trip("{\"E2eeKeyRequest\":{\"from\":" MID ",\"to\":" MID "}}");
}

/* Bytes of an escaped text take its place: neighbours stay whole. */
WZP_TEST(base64_with_escapes_is_read_in_place)
{
    const wzp_signal sig = decode_and_encode(
        "{\"KeyPackages\":{\"kps\":[\"\\u0041AECAwQFBgcICQoLDA0ODw\","
        "\"AAECAwQFBgcI"
        "CQoLDA0OD\\u0077\",\"__8\"]}}",
        "{\"KeyPackages\":{\"kps\":[" MID "," MID ",\"__8\"]}}");
    assert_int_equal(sig.u.key_packages.kps.v[1].ptr[15], 15);
    assert_int_equal(sig.u.key_packages.kps.v[0].ptr[15], 15);
}
