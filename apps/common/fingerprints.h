/* SPDX-License-Identifier: MIT */
/* Lists of fingerprints as people write them: 32 hexadecimal digits each, with
 * a colon after every four or without any, divided by commas.
 */
#ifndef WZP_APPS_FINGERPRINTS_H
#define WZP_APPS_FINGERPRINTS_H

#include <wzp/proto/fingerprint.h>

/* "FP" or "FP,FP,…", nothing else. *n counts those at `out`, which has room for
 * cap of them; more are added. False: one is not a fingerprint, or there is no
 * room. */
bool app_fingerprints_add(const char *text, size_t len,
                          uint8_t (*out)[WZP_FP_LEN], size_t cap, size_t *n);

/* How many a list of so many bytes can hold at most. */
size_t app_fingerprints_most(size_t len);

/* A list a line; what follows a # is a comment. Malloc'ed, at least one. False:
 * `why` is one sentence without full stop. */
bool app_fingerprints_load(const char *path, uint8_t (**out)[WZP_FP_LEN],
                           size_t *n, char *why, size_t why_len);

#endif
