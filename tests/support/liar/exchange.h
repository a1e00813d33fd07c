/* SPDX-License-Identifier: MIT */
/* The lying relay's role `_signal`: registrations and the routing of direct
 * calls (spec/relay.md 4.1, 4.3–4.5), honest until a test says otherwise. All
 * that it says passes the hooks of liar.h, numbered as there: each connection
 * of the role is a number, and `from` is whose words they are, or
 * WZP_LIAR_RELAY for the relay's own (Ack, Ringing, Setup, Hangups for those
 * who are gone).
 *
 * What an honest one does here, beyond the specification's relay:
 *   a registration counts only with a valid signature and binding; the newest
 *   of a fingerprint stands, the one before is closed with WZP_CLOSE_REPLACED;
 *   an unsigned one is taken as unverified, and never displaces a verified one;
 *   messages of a call are taken from its two parties only, in their order
 *   (offer, answer, reveal), and an id that is in use begins no second call;
 *   into the room `call-<id>` come its two parties while the call lasts, each
 *   with one connection, the newest. Other rooms are open.
 * What is not allowed is dropped and counted.
 */
#ifndef WZP_TEST_EXCHANGE_H
#define WZP_TEST_EXCHANGE_H

#include "liar.h"

/* Several registrations of one fingerprint stand side by side: an offer rings
 * at all of them, the first that accepts has the call, the others get Hangup,
 * and their answers are dropped. */
void wzp_liar_allow_devices(wzp_liar *liar, bool allow);
/* Of a call that is known, everything passes: answers of anybody to the caller,
 * reveals and hang-ups of anybody to everybody in it, and its room is open. It
 * does not end here. */
void wzp_liar_let_all_pass(wzp_liar *liar, bool lax);
/* Anybody is let into the rooms of calls. */
void wzp_liar_open_call_rooms(wzp_liar *liar, bool open);

/* The newest connection that is registered as this identity, or −1. Its Hangup,
 * for instance, is wzp_liar_say(liar, line, &sig). */
int wzp_liar_line(const wzp_liar *liar, uint8_t identity);
/* Calls that ring or are held now. */
size_t wzp_liar_calls(const wzp_liar *liar);
/* Messages and joins that were dropped or refused. */
uint64_t wzp_liar_refused(const wzp_liar *liar);

#endif
