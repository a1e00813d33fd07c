/* SPDX-License-Identifier: MIT */
/* Becoming reachable: RegisterPresence is checked, answered with an Ack, and
 * kept in the registry until the connection ends. The Ack is the first thing a
 * client hears, also when it is refused for good; then it is closed.
 * Source: design/secure-media.md 3, 9; spec/relay.md 4.1.
 */
#ifndef WZP_RELAY_REGISTER_H
#define WZP_RELAY_REGISTER_H

#include "relay_state.h"

/* A peer that waits to register says so. */
void wzp__register(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                   const wzp_sig_register_presence *reg);

/* Tell a peer that waits to register that it may not, and close it a moment
 * later. */
void wzp__register_refused(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                           const wzp__verdict *verdict);

/* The peer goes: its registration does too, unless it is no longer its own.
 * Nothing where it had none. */
void wzp__register_left(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                        wzp_err err);

#endif
