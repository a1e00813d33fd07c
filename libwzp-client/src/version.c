/* SPDX-License-Identifier: MIT */
/* What this build is and can do. */
#include <wzp/client/client.h>
#include <wzp/codec/capture.h>
#include <wzp/crypto/sframe.h>
#include <wzp/proto/sized.h>

#include <string.h>

const char *wzp_version(void)
{
    return "0.1.0";
}

void wzp_features(wzp_features_info *out)
{
    wzp_features_info all = {.size = sizeof all,
                             .aes = wzp_suite_is_available(WZP_SUITE_AES),
                             .rnnoise =
                                 strcmp(wzp_capture_denoiser(), "rnnoise") == 0,
                             .dred_version = wzp_dred_version()};
    wzp_sized_give(out, out->size, &all, sizeof all);
}
