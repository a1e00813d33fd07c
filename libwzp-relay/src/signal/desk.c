/* SPDX-License-Identifier: MIT */
/* Answers to registered clients, see desk.h. Kinds that mean nothing to a
 * relay are read, counted and dropped.
 */
#include "signal/desk.h"

#include "signal/serve.h"

/* Where the client's packets come from now: it may have moved since it
 * registered. */
static void reflect(wzp__egress *eg, wzp_tstamp now, wzp_conn_id conn)
{
    char text[WZP_ADDR_TEXT_MAX];
    wzp_conn_stats stats = {.size = sizeof stats};
    if (wzp_endpoint_conn_stats(eg->ep, conn, &stats) != WZP_OK) {
        return; /* gone: WZP_EP_CLOSED is on its way */
    }
    const size_t len = wzp_addr_encode(&stats.remote, text);
    const wzp_signal answer = {.kind = WZP_SIG_REFLECT_RESPONSE,
                               .u.reflect_response = {{text, len}}};
    wzp__egress_signal(eg, now, conn, &answer);
}

static void answer(wzp__egress *eg, wzp_tstamp now, wzp_conn_id conn,
                   const wzp_signal *sig)
{
    switch (sig->kind) {
    case WZP_SIG_PING: {
        const wzp_signal pong = {.kind = WZP_SIG_PONG, .u.ping = sig->u.ping};
        wzp__egress_signal(eg, now, conn, &pong);
        break;
    }
    case WZP_SIG_REFLECT: reflect(eg, now, conn); break;
    case WZP_SIG_DIRECT_CALL_OFFER: {
        /* As for somebody who is not there, spec/relay.md 4.3 step 2. */
        const wzp_signal nobody = {.kind = WZP_SIG_HANGUP,
                                   .u.hangup = {.reason = WZP_HANGUP_NORMAL}};
        wzp__egress_signal(eg, now, conn, &nobody);
        break;
    }
    default: eg->stats->signals_ignored++; break;
    }
}

wzp__desk_result wzp__desk_serve(wzp__desk *desk, wzp_conn_id conn,
                                 wzp__egress *eg, wzp_tstamp now,
                                 wzp_arena *arena, wzp_str json)
{
    wzp_signal sig;
    eg->stats->signals_in++;
    wzp__limits_result may =
        wzp__limits_take(&desk->limits, now, WZP__LIMIT_READ,
                         1 + json.len / WZP__BUDGET_BYTES, eg->stats);
    if (may == WZP__LIMITS_SERVE) {
        wzp_arena_reset(arena);
        const wzp_err e = wzp_signal_decode(arena, json.ptr, json.len,
                                            WZP_SIGNAL_MAX_EARLY, &sig);
        const wzp__limit what =
            e == WZP_OK ? wzp__limits_of(sig.kind) : WZP__LIMIT_OTHER;
        if (e != WZP_OK) {
            wzp__serve_count_error(eg, conn, e);
        }
        may = wzp__limits_take(&desk->limits, now, what, 1, eg->stats);
        if (e == WZP_OK && may == WZP__LIMITS_SERVE) {
            answer(eg, now, conn, &sig);
        }
    }
    return may == WZP__LIMITS_CLOSE ? WZP__DESK_TOO_MUCH : WZP__DESK_STAY;
}
