/* SPDX-License-Identifier: MIT */
/* How much one client of the signal service may ask for, by what it asks. Two
 * buckets for each: what the first lacks is dropped and counted; who also
 * empties the second, which holds and gets a multiple, is closed with
 * WZP_ERR_RATE.
 */
#ifndef WZP_RELAY_LIMITS_H
#define WZP_RELAY_LIMITS_H

#include "signal/budget.h"

#include <wzp/proto/signal.h>
#include <wzp/relay/relay.h>

typedef enum wzp__limit {
    WZP__LIMIT_READ,     /* any message, by its length */
    WZP__LIMIT_REGISTER, /* RegisterPresence, again */
    WZP__LIMIT_PING,
    WZP__LIMIT_REFLECT,
    WZP__LIMIT_OFFER, /* DirectCallOffer */
    WZP__LIMIT_CALL,  /* what belongs to a call that stands */
    WZP__LIMIT_OTHER, /* unknown, malformed, or not for a relay */
    WZP__LIMITS,
} wzp__limit;

/* What is borne before the connection ends: so many times as much as is
 * served. chosen: an eager client stays below, a flood does not. */
#define WZP__LIMITS_BORNE 8

/* A value of 224 bytes; all zero is full. */
typedef struct wzp__limits {
    struct {
        wzp__budget served, borne;
    } of[WZP__LIMITS];
} wzp__limits;

typedef enum wzp__limits_result {
    WZP__LIMITS_SERVE,
    WZP__LIMITS_DROP,
    WZP__LIMITS_CLOSE,
} wzp__limits_result;

wzp__limit wzp__limits_of(wzp_signal_kind kind);

/* The rate at which messages of this sort are served. */
const wzp__rate *wzp__limits_rate(wzp__limit what);

/* tokens  1, or more for a long message. What is not served is counted in
 *         `stats`, under its sort and in signals_refused. */
WZP_NODISCARD wzp__limits_result wzp__limits_take(wzp__limits *l,
                                                  wzp_tstamp now,
                                                  wzp__limit what,
                                                  uint64_t tokens,
                                                  wzp_relay_stats *stats);

#endif
