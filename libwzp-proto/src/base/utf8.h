/* SPDX-License-Identifier: MIT */
/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above
 * U+10FFFF.
 */
#ifndef WZP_PROTO_BASE_UTF8_H
#define WZP_PROTO_BASE_UTF8_H

#include <wzp/proto/base.h>

bool wzp__utf8_is_valid(const char *text, size_t len);

/* Writes 1 … 4 bytes and returns how many; c is no surrogate and at most
 * 0x10FFFF. */
size_t wzp__utf8_encode(uint32_t c, char *out);

#endif
