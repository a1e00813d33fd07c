/* SPDX-License-Identifier: MIT
 *
 * Guarded memory: where it is, and what happens around it. */
#include "vec_impl.h"

#include <wzp/crypto/guarded.h>
#include <wzp/crypto/identity.h>

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

WZP_TEST(guarded_memory_begins_as_zeros)
{
    static const uint8_t none[100];
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    uint8_t *secret = wzp_guarded_new(sizeof none);
    assert_non_null(secret);
    assert_memory_equal(secret, none, sizeof none);
    wzp_guarded_free(secret);
    wzp_guarded_free(NULL);
    wzp_crypto_global_deinit();
}
