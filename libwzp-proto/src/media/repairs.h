/* SPDX-License-Identifier: MIT */
/* How long redundancy makes playout wait: what 97 % of the frames that were
 * lost lately needed to be rebuilt in time, by the next packet or by a repair
 * that came. Times are µs, on the scale of delay.h.
 */
#ifndef WZP_PROTO_MEDIA_REPAIRS_H
#define WZP_PROTO_MEDIA_REPAIRS_H

#include <wzp/proto/base.h>

/* chosen: 97 % of 128 leaves four out. */
#define WZP__REPAIRS_MAX 128

typedef struct wzp__repairs {
    int64_t at[WZP__REPAIRS_MAX]; /* ring */
    int64_t need[WZP__REPAIRS_MAX];
    size_t n, next;
} wzp__repairs;

/* A lost frame could be rebuilt at `at`, `need` after its timestamp. */
void wzp__repairs_add(wzp__repairs *r, int64_t at, int64_t need);

/* The delay wanted for them; INT64_MIN when nothing was lost lately. */
int64_t wzp__repairs_wanted(const wzp__repairs *r, int64_t now);

#endif
