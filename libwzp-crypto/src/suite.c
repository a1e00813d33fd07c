/* SPDX-License-Identifier: MIT */
/* Which suites this machine has, see package.h. */
#include "aead.h"

#include <wzp/crypto/package.h>

bool wzp_suite_is_available(uint16_t suite)
{
    return suite == WZP_SUITE_CHACHA ||
           (suite == WZP_SUITE_AES && wzp__aead_has_aes());
}
