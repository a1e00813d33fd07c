/* SPDX-License-Identifier: MIT */
/* Signals of a member, after it joined. The earlier relay never read them, and
 * its clients stalled after a hundred. Source: spec/relay.md 2.4 (C: accept
 * and drain), weaknesses-relay.md 56.
 */
#ifndef WZP_RELAY_SERVE_H
#define WZP_RELAY_SERVE_H

#include "egress.h"
#include "room/room.h"

typedef enum wzp__serve_result {
    WZP__SERVE_STAY,
    WZP__SERVE_LEAVE, /* it said Hangup */
} wzp__serve_result;

/* arena  for the decoded message; reset here, and not the egress arena */
wzp__serve_result wzp__serve(wzp__room *room, wzp__member *member,
                             wzp__egress *eg, wzp_tstamp now, wzp_arena *arena,
                             wzp_str json);

/* Count an error of wzp_signal_decode: unknown variants apart. */
void wzp__serve_count_error(wzp__egress *eg, wzp_conn_id conn, wzp_err e);

#endif
