/* SPDX-License-Identifier: MIT */
/* Hexadecimal text. */
#include "support/harness.h"

#include <wzp/proto/hex.h>

WZP_TEST(hex_round_trips_in_both_cases)
{
    uint8_t out[4];
    assert_int_equal(wzp_hex_decode("00fFaB10", 8, out, 4), WZP_OK);
    char text[8];
    wzp_hex_encode(out, 4, text);
    assert_memory_equal(text, "00ffab10", 8);
}

WZP_TEST(hex_of_another_length_or_with_other_characters_is_refused)
{
    uint8_t out[2] = {1, 1};
    assert_int_equal(wzp_hex_decode("001", 3, out, 2), WZP_ERR_LENGTH);
    assert_int_equal(wzp_hex_decode("001122", 6, out, 2), WZP_ERR_LENGTH);
    assert_int_equal(wzp_hex_decode("00g1", 4, out, 2), WZP_ERR_MALFORMED);
    assert_int_equal(out[0], 0);
    assert_int_equal(wzp_hex_decode("", 0, out, 0), WZP_OK);
}

WZP_TEST(hex_digits_are_twenty_two_characters)
{
    unsigned known = 0;
    for (int c = 0; c < 256; c++) {
        known += wzp_hex_digit((char)c) >= 0;
    }
    assert_int_equal(known, 22);
}
