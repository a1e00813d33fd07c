/* SPDX-License-Identifier: MIT */
/* Becoming reachable: RegisterPresence is checked, answered with an Ack, and
 * kept in the registry until the connection ends. The Ack is the first thing a
 * client hears, also when it is refused for good; then it is closed.
 * Source: design/secure-media.md 3, 9; spec/relay.md 4.1.
 *
 *   signature ─ binding? ─ yes ─ binding holds ─────────────► verified
 *                        └ no ── allow_legacy ─ of somebody ► not verified
 *                                             └ of nobody ──► address probe
 */
#ifndef WZP_RELAY_REGISTER_H
#define WZP_RELAY_REGISTER_H

#include "relay_state.h"

typedef enum wzp__register_sort {
    WZP__REGISTER_VERIFIED,
    WZP__REGISTER_UNVERIFIED,
    WZP__REGISTER_PROBE, /* the identity is all zero: nobody's */
} wzp__register_sort;

/* The door; a pure function.
 *
 * exporter  WZP_EXPORTER_LEN bytes
 *
 * WZP_ERR_SIGNATURE, WZP_ERR_BINDING (wrong, or e2e1 announced without one),
 * WZP_ERR_LEGACY (proves nothing, where that is not enough). */
WZP_NODISCARD wzp_err wzp__register_check(const wzp__admit_rules *rules,
                                          const uint8_t *exporter,
                                          const wzp_sig_register_presence *reg,
                                          wzp__register_sort *out);

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
