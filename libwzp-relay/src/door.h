/* SPDX-License-Identifier: MIT */
/* What a connection says before it is in: a token, where this relay asks for
 * one (auth.h), then a CallOffer (join.h) or, on the signal service, a
 * RegisterPresence (signal/register.h). All of it in join_timeout.
 */
#ifndef WZP_RELAY_DOOR_H
#define WZP_RELAY_DOOR_H

#include "relay_state.h"

/* A signal of a peer that is not in; json is valid until the next call on the
 * endpoint. Nothing when it is on its way out. */
void wzp__door_signal(wzp_relay *relay, wzp_tstamp now, wzp__peer *peer,
                      wzp_str json);

/* The host has looked at its token, see wzp_relay_auth. peer may be NULL. */
WZP_NODISCARD wzp_err wzp__door_auth(wzp_relay *relay, wzp_tstamp now,
                                     wzp__peer *peer, bool ok,
                                     const uint8_t *fingerprint);

#endif
