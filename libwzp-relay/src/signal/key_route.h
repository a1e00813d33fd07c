/* SPDX-License-Identifier: MIT */
/* Key messages between the capable members of a room: E2eePair, E2eeKeys and
 * E2eeKeyRequest go to the member they name, key packages are handed out. The
 * relay reads who is meant, and can open nothing.
 * Source: design/secure-media.md 5.
 */
#ifndef WZP_RELAY_KEY_ROUTE_H
#define WZP_RELAY_KEY_ROUTE_H

#include "egress.h"
#include "room/room.h"

#define WZP__KPS_PER_MESSAGE 32 /* KeyPackages: 59 KB of JSON */

/* True for the kinds that route takes. */
bool wzp__key_route_takes(wzp_signal_kind kind);

/* sig  decoded; not in the egress arena
 *
 * What is not allowed (from a legacy member, `from` not the sender's, unknown
 * or own `to`, over budget) is counted in signals_refused and goes nowhere. */
void wzp__key_route(wzp__room *room, wzp__member *from, wzp__egress *eg,
                    wzp_tstamp now, const wzp_signal *sig);

#endif
