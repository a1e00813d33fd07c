/* SPDX-License-Identifier: MIT */
/* Key packages: any bytes. What decodes has the right length and version and a
 * signature that verifies, and is what its fields say.
 */
#include <wzp/crypto/package.h>

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wzp_kp kp;
    if (wzp_crypto_global_init() != WZP_OK) {
        return 0;
    }
    if (wzp_kp_decode(data, size, 1800000000, NULL, NULL, 3, &kp) == WZP_OK) {
        uint8_t mid[WZP_MID_LEN];
        assert(size == WZP_KP_LEN);
        assert((kp.suites & 1) != 0);
        wzp_kp_mid(kp.kph, mid);
        assert(wzp_mid_sid(mid) == (kp.kph[0] << 8 | kp.kph[1]));
    }
    wzp_crypto_global_deinit();
    return 0;
}
