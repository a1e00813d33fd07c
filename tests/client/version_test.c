/* SPDX-License-Identifier: MIT */
/* What this build says of itself. */
#include "client/fakes.h"

#include <wzp/client/client.h>
#include <wzp/codec/capture.h>
#include <wzp/crypto/sframe.h>

WZP_TEST(version_is_three_numbers)
{
    unsigned v[3];
    int used = 0;

    assert_int_equal(
        sscanf(wzp_version(), "%u.%u.%u%n", &v[0], &v[1], &v[2], &used), 3);

    assert_int_equal((size_t)used, strlen(wzp_version()));
}

WZP_TEST(version_features_are_those_of_the_libraries_below)
{
    wzp_features_info f = {.size = sizeof f};

    wzp_features(&f);

    assert_int_equal(f.size, sizeof f);
    assert_int_equal(f.aes, wzp_suite_is_available(WZP_SUITE_AES));
    assert_int_equal(f.dred_version, wzp_dred_version());
    assert_int_equal(f.rnnoise, strcmp(wzp_capture_denoiser(), "rnnoise") == 0);
}

WZP_TEST(version_features_fill_what_an_older_host_knows)
{
    wzp_features_info f;
    memset(&f, 0x55, sizeof f);
    f.size = offsetof(wzp_features_info, dred_version);

    wzp_features(&f);

    assert_int_equal(f.size, offsetof(wzp_features_info, dred_version));
    assert_int_equal(f.dred_version, 0x55555555);
}
