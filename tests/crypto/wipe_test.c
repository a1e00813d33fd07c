/* SPDX-License-Identifier: MIT
 *
 * Forgetting.
 */
#include "vec_impl.h"

#include <wzp/crypto/wipe.h>

WZP_TEST(wipe_clears_exactly_what_it_is_given)
{
    uint8_t b[5] = {1, 2, 3, 4, 5};
    wzp_wipe(b + 1, 3);
    WZP_ASSERT_HEX(b, sizeof b, "0100000005");
}
