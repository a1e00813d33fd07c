/* SPDX-License-Identifier: MIT */
/* GF(2^8) with polynomial 0x11D, for parity packets and bundles of form 2.
 * Multiplication is bit by bit; of rows by a table of 32 bytes made for
 * each: no tables have to be kept.
 */
#ifndef WZP_PROTO_GF256_H
#define WZP_PROTO_GF256_H

#include <wzp/proto/base.h>

uint8_t wzp__gf256_mul(uint8_t a, uint8_t b);

/* 1/a; 0 for 0. */
uint8_t wzp__gf256_inv(uint8_t a);

/* dst ^= c × src */
void wzp__gf256_add_scaled(uint8_t *dst, const uint8_t *src, size_t len,
                           uint8_t c);

/* dst *= c */
void wzp__gf256_scale(uint8_t *dst, size_t len, uint8_t c);

#endif
