/* SPDX-License-Identifier: MIT */
/* How much work one member may cause: a token for each message read (and one
 * more per 4 KiB of it), for each one routed on and for each package handed
 * out. A member that follows secure-media.md 5 stays below, however restless
 * the room is; what goes above is dropped and counted.
 *
 * What such a member sends: when it comes, a pair (read and routed) and a key
 * for every other one, each with two repeats in rooms of up to 64, hence nine
 * for each; the packages it asks for are paid by the floor, or in larger rooms
 * by the repeats it does not send. Later a generation, a key for every other
 * one with two repeats, at most every max(200 ms, members × 5 ms), hence 15 a
 * second for each, at most 600.
 */
#ifndef WZP_RELAY_BUDGET_H
#define WZP_RELAY_BUDGET_H

#include "room/room.h"

/* chosen: what is said above, a floor for all the rest, and three seconds of a
 * stalled stream: at 10 % loss every way a storm of fifty has them. */
#define WZP__BUDGET_PER_S(members)                                             \
    (64 + ((members) < 40 ? 15 * (uint64_t)(members) : 600))
#define WZP__BUDGET_BURST(members)                                             \
    (128 + 9 * (uint64_t)(members) + 3 * WZP__BUDGET_PER_S(members))

#define WZP__BUDGET_BYTES 4096 /* of a message read, for one token */

/* How a bucket fills: `tokens` in each `per`, up to `burst`. */
typedef struct wzp__rate {
    uint64_t tokens;
    wzp_tstamp per;
    uint64_t burst;
} wzp__rate;

/* False when there are not that many: nothing is taken then. */
WZP_NODISCARD bool wzp__budget_spend(wzp__budget *b, wzp_tstamp now,
                                     const wzp__rate *rate, uint64_t tokens);

/* The same for a member of a room of that size. */
WZP_NODISCARD bool wzp__budget_take(wzp__budget *b, wzp_tstamp now,
                                    size_t members, uint64_t tokens);

#endif
