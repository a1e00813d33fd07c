/* SPDX-License-Identifier: MIT */
/* A token bucket, see budget.h. A new one (all zero) is full.
 */
#include "signal/budget.h"

bool wzp__budget_take(wzp__budget *b, wzp_tstamp now, size_t members,
                      uint64_t tokens)
{
    uint64_t burst = WZP__BUDGET_BURST(members);
    uint64_t rate = WZP__BUDGET_PER_S(members);
    if (b->at == 0 || now - b->at >= WZP_S * (burst / rate + 1)) {
        b->tokens = burst;
        b->at = now;
    } else {
        uint64_t more = (now - b->at) * rate / WZP_S;
        b->tokens = b->tokens + more < burst ? b->tokens + more : burst;
        b->at += more * WZP_S / rate; /* keeps the rest of a token */
    }
    if (b->tokens < tokens) {
        return false;
    }
    b->tokens -= tokens;
    return true;
}
