/* SPDX-License-Identifier: MIT */
/* How much work one member may cause: a token for each message read (and one
 * more per 4 KiB of it) and for each one routed on. A member that follows
 * secure-media.md 5 (a pair and a key for every other member on a join, a key
 * for every other one per generation) stays well below; what goes above is
 * dropped and counted.
 */
#ifndef WZP_RELAY_BUDGET_H
#define WZP_RELAY_BUDGET_H

#include "room/room.h"

/* chosen: four messages per member at once, and one per member in four
 * seconds, above a floor for small rooms. */
#define WZP__BUDGET_BURST(members) (128 + 4 * (uint64_t)(members))
#define WZP__BUDGET_PER_S(members) (64 + (uint64_t)(members) / 4)

#define WZP__BUDGET_BYTES 4096 /* of a message read, for one token */

/* False when the member may not: nothing is taken then. */
WZP_NODISCARD bool wzp__budget_take(wzp__budget *b, wzp_tstamp now,
                                    size_t members, uint64_t tokens);

#endif
