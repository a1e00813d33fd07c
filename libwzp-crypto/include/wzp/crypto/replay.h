/* SPDX-License-Identifier: MIT */
/* Which packet counters of one key were seen: a window of 8192 (design/
 * secure-media.md 6). Check first, mark only after the tag verified.
 */
#ifndef WZP_CRYPTO_REPLAY_H
#define WZP_CRYPTO_REPLAY_H

#include <wzp/proto/err.h>

#define WZP_REPLAY_WINDOW 8192

/* A value: zero-initialised it is empty. bit (ctr mod 8192) of `seen` tells of
 * the counters highest − 8191 … highest. */
typedef struct wzp_replay {
    uint64_t highest;
    bool is_started;
    uint64_t seen[WZP_REPLAY_WINDOW / 64];
} wzp_replay;

/* WZP_ERR_REPLAY: seen, or not above highest − 8192. Changes nothing. */
WZP_NODISCARD wzp_err wzp_replay_check(const wzp_replay *r, uint64_t ctr);

/* Marks a counter that check let through. */
void wzp_replay_mark(wzp_replay *r, uint64_t ctr);

#endif
