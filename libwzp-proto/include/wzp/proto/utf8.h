/* SPDX-License-Identifier: MIT */
/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above
 * U+10FFFF.
 */
#ifndef WZP_PROTO_UTF8_H
#define WZP_PROTO_UTF8_H

#include <wzp/proto/base.h>

bool wzp_utf8_is_valid(const char *text, size_t len);

/* Valid, and without control characters (U+0000–1F, U+7F–9F): what can stand
 * on a line of a file or a terminal and do nothing to it. */
bool wzp_utf8_is_line(const char *text, size_t len);

#endif
