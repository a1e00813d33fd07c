/* SPDX-License-Identifier: MIT
 *
 * Which suites this machine has.
 */
#include "vec_impl.h"

#include <sodium.h>

WZP_TEST(suite_chacha_is_always_there_and_aes_where_the_processor_has_it)
{
    assert_true(wzp_suite_is_available(WZP_SUITE_CHACHA));
    assert_int_equal(wzp_suite_is_available(WZP_SUITE_AES),
                     crypto_aead_aes256gcm_is_available() != 0);
    assert_false(wzp_suite_is_available(0));
    assert_false(wzp_suite_is_available(4));
}
