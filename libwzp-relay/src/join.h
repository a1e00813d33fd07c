/* SPDX-License-Identifier: MIT */
/* A connection's way through the relay: by its role to a handshake, into a
 * room (or the signal service, signal/register.h), and out again. Every way out
 * ends in one place, so that no table keeps what is gone.
 */
#ifndef WZP_RELAY_JOIN_H
#define WZP_RELAY_JOIN_H

#include "relay_state.h"

/* A TLS handshake is done. up: borrowed from the action. */
void wzp__join_accepted(wzp_relay *relay, wzp_tstamp now,
                        const wzp_ep_action *action);
/* A peer that waits to join a room says so. */
void wzp__join_offer(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                     const wzp_sig_call_offer *offer);
/* The peer's deadline passed. */
void wzp__join_expire(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer);

/* What a CallOffer or RegisterPresence costs its address (wzp_endpoint_charge).
 * chosen: as much as its handshake. */
#define WZP__POINTS_OFFER 1

/* Close the connection and leave the room at once; the peer goes when the
 * endpoint says so. err goes into the event (WZP_OK: left as it wished). */
void wzp__join_close(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                     uint64_t code, const char *reason, wzp_err err);
/* It may not come in: counted, told, and closed with the usual code and
 * sentence of the error; from the signal service it is told so first, if it
 * need not come again. reason  NULL, or static text in the sentence's place. */
void wzp__join_refuse_for(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                          wzp_err err, const char *reason);
/* Into the event queue and the log. */
void wzp__join_tell(wzp_relay *relay, wzp_tstamp now, wzp_relay_event_kind kind,
                    const wzp__peer *peer, wzp_err err);

/* A name as it is kept: at most 63 bytes, cut between characters. The text is
 * valid UTF-8: the parser refuses anything else. */
void wzp__join_alias(wzp_str alias, char out[WZP_ALIAS_MAX]);

/* The connection is gone. */
void wzp__join_gone(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                    wzp_err err);

/* Roster changes of a room that could not go out yet must not be slept
 * through. */
void wzp__join_room_changed(wzp_relay *relay, wzp_tstamp now, wzp__room *room);

#endif
