/* SPDX-License-Identifier: MIT */
/* Capability names: design/secure-media.md 2. */
#include "round_trip.h"

WZP_TEST(caps_of_all_names_are_nine_bits)
{
    const wzp_signal sig = round_trip(
        "{\"FederationHello\":{\"tls_fingerprint\":\"\",\"caps\":[\"e2e1\","
        "\"bundle1\",\"parity1\",\"dgram1\",\"sig1\",\"dred-10\",\"dred-12\","
        "\"bundle2\",\"frames\"]}}");
    assert_int_equal(sig.u.federation_hello.caps,
                     WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_BUNDLE1 |
                         WZP_CAP_PARITY1 | WZP_CAP_DGRAM1 | WZP_CAP_SIG1 |
                         WZP_CAP_DRED_10 | WZP_CAP_DRED_12 | WZP_CAP_BUNDLE2 |
                         WZP_CAP_FRAMES);
}

WZP_TEST(caps_unknown_are_ignored_and_order_does_not_matter)
{
    decode_and_encode("{\"FederationHello\":{\"tls_fingerprint\":\"\",\"caps\":"
                      "[\"new9\",\"sig1\",\"\",\"e2e1\",\"e2e1\"]}}",
                      "{\"FederationHello\":{\"tls_fingerprint\":\"\",\"caps\":"
                      "[\"e2e1\",\"sig1\"]}}");
}

WZP_TEST(caps_are_an_array_of_texts)
{
    wzp_signal sig;
    assert_int_equal(decode("{\"FederationHello\":{\"tls_fingerprint\":\"\","
                            "\"caps\":\"e2e1\"}}",
                            &sig),
                     WZP_ERR_FIELD);
    assert_int_equal(decode("{\"FederationHello\":{\"tls_fingerprint\":\"\","
                            "\"caps\":[1]}}",
                            &sig),
                     WZP_ERR_FIELD);
}
