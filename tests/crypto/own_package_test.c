/* SPDX-License-Identifier: MIT
 *
 * The package that a member makes of itself.
 */
#include "own_package.h"

#include "vec_impl.h"

enum { NOW = 1800000000 };

static wzp_kem_secret secret;
static uint8_t bytes[WZP_KP_LEN];

static wzp_err make(uint16_t caps, wzp_kp *kp)
{
    const wzp_identity id = vec_identity("alice");
    const wzp_rng rng = wzp_rng_system();
    *kp = (wzp_kp){.caps = caps, .tls = {1}, .ctx = {2}};
    return wzp__own_package_make(&id, &rng, NOW, kp, &secret, bytes);
}

WZP_TEST(own_package_is_valid_for_24_hours_and_lists_this_machines_suites)
{
    wzp_kp made;
    wzp_kp read;
    ASSERT_OK(make(0x3F, &made));
    ASSERT_OK(wzp_kp_decode(bytes, sizeof bytes, NOW, made.ctx, NULL,
                            wzp__own_suites(), &read));
    assert_int_equal(read.exp, NOW + 86400);
    assert_int_equal(read.suites,
                     wzp_suite_is_available(WZP_SUITE_AES) ? 3 : 1);
    assert_int_equal(read.caps, 0x3F);
    assert_memory_equal(read.tls, made.tls, WZP_HASH_LEN);
    assert_memory_equal(read.kph, made.kph, WZP_HASH_LEN);
}

WZP_TEST(own_package_carries_the_key_whose_secret_it_gives)
{
    wzp_kp kp;
    uint8_t ct[WZP_KEM_CT_LEN];
    uint8_t ours[WZP_KEY_LEN];
    uint8_t theirs[WZP_KEY_LEN];
    const wzp_rng rng = wzp_rng_system();
    ASSERT_OK(make(0, &kp));
    ASSERT_OK(wzp_kem_seal(&rng, kp.kem, ct, theirs));
    ASSERT_OK(wzp_kem_open(&secret, ct, ours));
    assert_memory_equal(ours, theirs, WZP_KEY_LEN);
}

WZP_TEST(own_package_refuses_caps_that_no_package_carries)
{
    wzp_kp kp;
    ASSERT_ERR(make(0x40, &kp), WZP_ERR_CONFIG);
}
