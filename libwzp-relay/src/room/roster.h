/* SPDX-License-Identifier: MIT */
/* Telling the members of a room who is in it. Capable members get a RoomDelta
 * for capable members that come and go; legacy ones get the whole RoomUpdate
 * for any change, capable ones get it when a legacy member came or went.
 * Source: spec/relay.md 3.2; design/secure-media.md 5.
 *
 * Timers, per room (the first change goes out at once, later ones wait):
 *   delta  20 ms   joins and leaves of one moment share a message, and those
 *                  who join in it their first roster: in a large room it is
 *                  the largest of all messages
 *   full   250 ms  legacy members are told four times a second at most
 */
#ifndef WZP_RELAY_ROSTER_H
#define WZP_RELAY_ROSTER_H

#include "egress.h"
#include "room/room.h"

#define WZP__ROSTER_DELTA_GAP (20 * WZP_MS)  /* chosen */
#define WZP__ROSTER_FULL_GAP  (250 * WZP_MS) /* secure-media.md 5 */

/* A member has been inserted; a member is about to be removed. */
void wzp__roster_joined(wzp__room *room, wzp__member *member);
void wzp__roster_left(wzp__room *room, const wzp__member *member);

/* The whole roster to one member that asked; from then on it gets the changes.
 */
void wzp__roster_send(wzp__room *room, wzp__egress *eg, wzp_tstamp now,
                      wzp__member *member);

/* Send what is due. */
void wzp__roster_flush(wzp__room *room, wzp__egress *eg, wzp_tstamp now);
/* When flush has something to do; WZP_NEVER when nothing waits. */
wzp_tstamp wzp__roster_deadline(const wzp__room *room);

#endif
