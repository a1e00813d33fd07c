/* SPDX-License-Identifier: MIT */
/* A connection's way through the relay: by its role to a handshake, into a
 * room, and out again. Every way out ends in one place, so that no table keeps
 * what is gone.
 */
#ifndef WZP_RELAY_JOIN_H
#define WZP_RELAY_JOIN_H

#include "relay_state.h"

/* A TLS handshake is done. up: borrowed from the action. */
void wzp__join_accepted(wzp_relay *relay, wzp_tstamp now,
                        const wzp_ep_action *action);
/* A signal of a peer that has not joined; json is valid until the next call
 * on the endpoint. */
void wzp__join_signal(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                      wzp_str json);
/* The peer's deadline passed. */
void wzp__join_expire(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer);

/* Close the connection and leave the room at once; the peer goes when the
 * endpoint says so. err goes into the event (WZP_OK: left as it wished). */
void wzp__join_close(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                     uint64_t code, const char *reason, wzp_err err);
/* The connection is gone. */
void wzp__join_gone(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                    wzp_err err);

/* Roster changes of a room that could not go out yet must not be slept
 * through. */
void wzp__join_room_changed(wzp_relay *relay, wzp_tstamp now, wzp__room *room);

#endif
