/* SPDX-License-Identifier: MIT
 *
 * Hashes over parts.
 */
#include "sha256.h"

#include "vec_impl.h"

#include <wzp/crypto/room.h>

WZP_TEST(sha256_of_parts_is_that_of_the_whole)
{
    uint8_t whole[WZP_HASH_LEN];
    uint8_t parts[WZP_HASH_LEN];
    uint8_t joined[16];
    wzp_sha256("abcdef", 6, whole);
    wzp__sha256_parts(WZP__PARTS(WZP__LABEL("ab"), {NULL, 0}, {"cdef", 4}),
                      parts);
    assert_memory_equal(whole, parts, sizeof whole);
    WZP_ASSERT_HEX(whole, sizeof whole,
                   "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd9"
                   "3c4721");
    assert_int_equal(
        wzp__join(joined, WZP__PARTS(WZP__LABEL("ab"), {"cdef", 4})), 6);
    assert_memory_equal(joined, "abcdef", 6);
}

WZP_TEST(sha256_integers_are_big_endian)
{
    uint8_t b[8];
    wzp__put_u64(b, UINT64_C(0x0102030405060708));
    WZP_ASSERT_HEX(b, 8, "0102030405060708");
    assert_int_equal(wzp__get_u64(b), UINT64_C(0x0102030405060708));
    assert_int_equal(wzp__get_u16(b), 0x0102);
}
