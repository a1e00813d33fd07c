/* SPDX-License-Identifier: MIT */
/* The field of parity: its laws, against a product by plain long division. */
#include "wire/gf256.h"

#include "support/harness.h"

/* Schoolbook: multiply as polynomials, then divide by x^8+x^4+x^3+x^2+1. */
static uint8_t product(unsigned a, unsigned b)
{
    unsigned wide = 0;
    for (unsigned i = 0; i < 8; i++) {
        wide ^= (b >> i & 1) != 0 ? a << i : 0;
    }
    for (unsigned i = 14; i >= 8; i--) {
        wide ^= (wide >> i & 1) != 0 ? 0x11Du << (i - 8) : 0;
    }
    return (uint8_t)wide;
}

WZP_TEST(gf256_product_is_that_of_long_division)
{
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            assert_int_equal(wzp__gf256_mul((uint8_t)a, (uint8_t)b),
                             product(a, b));
        }
    }
}

WZP_TEST(gf256_inverse_times_itself_is_one)
{
    for (unsigned a = 1; a < 256; a++) {
        const uint8_t inverse = wzp__gf256_inv((uint8_t)a);
        assert_int_equal(product(a, inverse), 1);
    }
    assert_int_equal(wzp__gf256_inv(0), 0);
}

WZP_TEST(gf256_adding_the_same_twice_changes_nothing)
{
    uint8_t row[4] = {1, 2, 3, 255};
    const uint8_t other[4] = {7, 0, 200, 9};

    wzp__gf256_add_scaled(row, other, sizeof row, 77);
    assert_int_equal(row[0], 1 ^ product(7, 77));
    wzp__gf256_add_scaled(row, other, sizeof row, 77);
    wzp__gf256_scale(row, sizeof row, 3);

    assert_int_equal(row[0], product(1, 3));
    assert_int_equal(row[3], product(255, 3));
}
