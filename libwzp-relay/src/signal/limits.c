/* SPDX-License-Identifier: MIT */
/* The table of limits, see limits.h. All rates are chosen: several times what
 * a client does that follows spec/client.md 4.
 */
#include "signal/limits.h"

static const wzp__rate TABLE[WZP__LIMITS] = {
    /* A call is a dozen messages of up to 5 KB; two devices of one network
     * that try each other's candidates send a hundred. */
    [WZP__LIMIT_READ] = {64, WZP_S, 256},
    /* Once a connection is registered, it is. */
    [WZP__LIMIT_REGISTER] = {1, 60 * WZP_S, 3},
    /* To see whether the way is still there: every few seconds. */
    [WZP__LIMIT_PING] = {2, WZP_S, 10},
    /* Asked before each call and each answer, and after a move. */
    [WZP__LIMIT_REFLECT] = {1, WZP_S, 10},
    /* People call, and call again; each makes somebody's device ring. */
    [WZP__LIMIT_OFFER] = {20, 60 * WZP_S, 10},
    /* Candidates, path reports, proposals: bursts when a call begins. */
    [WZP__LIMIT_CALL] = {20, WZP_S, 100},
    /* A newer client may try what we do not know, once or twice. */
    [WZP__LIMIT_OTHER] = {1, WZP_S, 20},
};

wzp__limit wzp__limits_of(wzp_signal_kind kind)
{
    switch (kind) {
    case WZP_SIG_REGISTER_PRESENCE: return WZP__LIMIT_REGISTER;
    case WZP_SIG_PING: return WZP__LIMIT_PING;
    case WZP_SIG_REFLECT: return WZP__LIMIT_REFLECT;
    case WZP_SIG_DIRECT_CALL_OFFER: return WZP__LIMIT_OFFER;
    case WZP_SIG_DIRECT_CALL_ANSWER:
    case WZP_SIG_DIRECT_CALL_REVEAL:
    case WZP_SIG_CALL_RINGING:
    case WZP_SIG_HANGUP:
    case WZP_SIG_MEDIA_PATH_REPORT:
    case WZP_SIG_ICE_CANDIDATE:
    case WZP_SIG_CANDIDATE_UPDATE:
    case WZP_SIG_HARD_NAT_PROBE:
    case WZP_SIG_HARD_NAT_BIRTHDAY_START:
    case WZP_SIG_UPGRADE_PROPOSAL:
    case WZP_SIG_UPGRADE_RESPONSE:
    case WZP_SIG_UPGRADE_CONFIRM:
    case WZP_SIG_QUALITY_CAPABILITY: return WZP__LIMIT_CALL;
    default: return WZP__LIMIT_OTHER;
    }
}

const wzp__rate *wzp__limits_rate(wzp__limit what)
{
    return &TABLE[what];
}

static void count(wzp_relay_stats *stats, wzp__limit what)
{
    stats->signals_refused++;
    switch (what) {
    case WZP__LIMIT_READ: stats->limited_read++; break;
    case WZP__LIMIT_REGISTER: stats->limited_register++; break;
    case WZP__LIMIT_PING: stats->limited_ping++; break;
    case WZP__LIMIT_REFLECT: stats->limited_reflect++; break;
    case WZP__LIMIT_OFFER: stats->limited_offer++; break;
    case WZP__LIMIT_CALL: stats->limited_call++; break;
    case WZP__LIMIT_OTHER: stats->limited_other++; break;
    case WZP__LIMITS: break;
    }
}

wzp__limits_result wzp__limits_take(wzp__limits *l, wzp_tstamp now,
                                    wzp__limit what, uint64_t tokens,
                                    wzp_relay_stats *stats)
{
    const wzp__rate *rate = &TABLE[what];
    const wzp__rate borne = {WZP__LIMITS_BORNE * rate->tokens, rate->per,
                             WZP__LIMITS_BORNE * rate->burst};
    const bool is_borne =
        wzp__budget_spend(&l->of[what].borne, now, &borne, tokens);
    if (is_borne && wzp__budget_spend(&l->of[what].served, now, rate, tokens)) {
        return WZP__LIMITS_SERVE;
    }
    count(stats, what);
    return is_borne ? WZP__LIMITS_DROP : WZP__LIMITS_CLOSE;
}
