/* SPDX-License-Identifier: MIT */
/* How long to wait before a relay is tried again, and for how long at all.
 * Shared by what lives through a relay: session and line.
 */
#ifndef WZP_CLIENT_PATH_BACKOFF_H
#define WZP_CLIENT_PATH_BACKOFF_H

#include <wzp/proto/env.h>

/* The first time, so that a wrong address is told to the user. chosen: a
 * person waits no longer */
#define WZP__FIRST_TRY_NS (15 * WZP_S)
/* A connection that lasted this long: the next failure is the first of a row.
 * chosen */
#define WZP__STEADY_NS (10 * WZP_S)

/* Failures in a row, as far as they matter. Zero-initialised: none. */
typedef struct wzp__backoff {
    size_t step;
} wzp__backoff;

/* The wait after one more failure, ms: 250, then 1, 2, 4, 8, 15, 30 s
 * (spec/client.md 4.2, but never at once), each ± 20 % so that a restarted
 * relay is not stormed. */
uint32_t wzp__backoff_next(wzp__backoff *b, const wzp_rng *rng);

#endif
