/* SPDX-License-Identifier: MIT */
/* What a member's signals do, see serve.h. Kinds that mean nothing to a relay
 * are read and dropped.
 */
#include "signal/serve.h"

#include "room/roster.h"
#include "signal/budget.h"
#include "signal/key_route.h"

#include <inttypes.h>

void wzp__serve_count_error(wzp__egress *eg, wzp_conn_id conn, wzp_err e)
{
    if (e == WZP_ERR_VARIANT) {
        eg->stats->signals_unknown++;
    } else {
        eg->stats->signals_malformed++;
    }
    WZP_LOG(eg->log, WZP_LOG_DEBUG, "relay", "signal.skipped",
            "conn=%" PRIu64 " err=%s", conn, wzp_err_name(e));
}

static void answer_sync(wzp__room *room, wzp__member *member, wzp__egress *eg,
                        wzp_tstamp now)
{
    /* A roster names everybody: it costs like as many messages, in eighths. */
    uint64_t cost = room->n / 8;
    if (!member->is_capable ||
        !wzp__budget_take(&member->budget, now, room->n, cost)) {
        eg->stats->signals_refused++;
        return;
    }
    wzp__roster_send(room, eg, now, member);
}

wzp__serve_result wzp__serve(wzp__room *room, wzp__member *member,
                             wzp__egress *eg, wzp_tstamp now, wzp_arena *arena,
                             wzp_str json)
{
    wzp_signal sig;
    eg->stats->signals_in++;
    if (!wzp__budget_take(&member->budget, now, room->n,
                          1 + json.len / WZP__BUDGET_BYTES)) {
        eg->stats->signals_refused++;
        return WZP__SERVE_STAY;
    }
    wzp_arena_reset(arena);
    wzp_err e =
        wzp_signal_decode(arena, json.ptr, json.len, WZP_SIGNAL_MAX, &sig);
    if (e != WZP_OK) {
        wzp__serve_count_error(eg, member->conn, e);
        return WZP__SERVE_STAY;
    }
    if (wzp__key_route_takes(sig.kind)) {
        wzp__key_route(room, member, eg, now, &sig);
        return WZP__SERVE_STAY;
    }
    switch (sig.kind) {
    case WZP_SIG_HANGUP: return WZP__SERVE_LEAVE;
    case WZP_SIG_PING: {
        wzp_signal pong = {.kind = WZP_SIG_PONG, .u.ping = sig.u.ping};
        wzp__egress_signal(eg, now, member->conn, &pong);
        break;
    }
    case WZP_SIG_ROOM_SYNC: answer_sync(room, member, eg, now); break;
    case WZP_SIG_LOSS_RECOVERY_UPDATE: eg->stats->loss_reports++; break;
    default: eg->stats->signals_ignored++; break;
    }
    return WZP__SERVE_STAY;
}
