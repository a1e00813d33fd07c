/* SPDX-License-Identifier: MIT */
/* The other direction of <wzp/proto/utf8.h>, for JSON's escapes. */
#ifndef WZP_PROTO_BASE_UTF8_H
#define WZP_PROTO_BASE_UTF8_H

#include <wzp/proto/utf8.h>

/* Writes 1 … 4 bytes and returns how many; c is no surrogate and at most
 * 0x10FFFF. */
size_t wzp__utf8_encode(uint32_t c, char *out);

#endif
