/* SPDX-License-Identifier: MIT */
/* How long redundancy makes playout wait: what nearly all of the frames that
 * were lost lately needed to be rebuilt in time. Times are µs, on the scale of
 * delay.h.
 */
#ifndef WZP_PROTO_MEDIA_REPAIRS_H
#define WZP_PROTO_MEDIA_REPAIRS_H

#include <wzp/proto/base.h>

/* chosen: 10 s of 50 % loss at 20 ms */
#define WZP__REPAIRS_MAX          256
#define WZP__REPAIRS_LEFT_OUT_MAX 4 /* per cent */

typedef struct wzp__repairs {
    int64_t at[WZP__REPAIRS_MAX]; /* ring */
    int64_t need[WZP__REPAIRS_MAX];
    size_t n, next;
} wzp__repairs;

/* A lost frame could be rebuilt at `at`, `need` after its timestamp. */
void wzp__repairs_add(wzp__repairs *r, int64_t at, int64_t need);

/* The delay wanted for all but so many of them, rounded down and never the only
 * one; INT64_MIN when nothing was lost lately. left_out_percent: at most
 * WZP__REPAIRS_LEFT_OUT_MAX. */
int64_t wzp__repairs_wanted(const wzp__repairs *r, int64_t now,
                            unsigned left_out_percent);

#endif
