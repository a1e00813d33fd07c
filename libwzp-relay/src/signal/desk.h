/* SPDX-License-Identifier: MIT */
/* What a client of the signal service may ask, once it has registered. Calls
 * are not routed yet: whoever is called is not there.
 * Source: spec/relay.md 4.3, 4.7; wire.md 2.3.
 */
#ifndef WZP_RELAY_DESK_H
#define WZP_RELAY_DESK_H

#include "egress.h"
#include "signal/limits.h"

/* One connection at the desk. */
typedef struct wzp__desk {
    uint8_t fingerprint[WZP_FP_LEN]; /* it is registered under; of a probe: 0 */
    bool is_verified;
    wzp__limits limits;
} wzp__desk;

typedef enum wzp__desk_result {
    WZP__DESK_STAY,
    WZP__DESK_TOO_MUCH, /* far over its limits: close it */
} wzp__desk_result;

/* A signal of `conn`.
 *
 * arena  for the decoded message; reset here, and not the egress arena */
WZP_NODISCARD wzp__desk_result wzp__desk_serve(wzp__desk *desk,
                                               wzp_conn_id conn,
                                               wzp__egress *eg, wzp_tstamp now,
                                               wzp_arena *arena, wzp_str json);

#endif
