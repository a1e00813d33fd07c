/* SPDX-License-Identifier: MIT */
/* What this build is and can do. */
#include <wzp/client/client.h>
#include <wzp/crypto/sframe.h>

#include <string.h>

const char *wzp_version(void)
{
    return "0.1.0";
}

void wzp_features(wzp_features_info *out)
{
    size_t size = out->size < sizeof *out ? out->size : sizeof *out;
    wzp_features_info all = {.size = size,
                             .aes = wzp_suite_is_available(WZP_SUITE_AES),
                             .rnnoise = false,
                             .dred_version = wzp_dred_version()};
    memcpy(out, &all, size);
}
