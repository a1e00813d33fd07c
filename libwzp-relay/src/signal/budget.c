/* SPDX-License-Identifier: MIT */
/* Token buckets, see budget.h. A new one (all zero) is full.
 */
#include "signal/budget.h"

bool wzp__budget_spend(wzp__budget *b, wzp_tstamp now, const wzp__rate *rate,
                       uint64_t tokens)
{
    if (b->at == 0 ||
        now - b->at >= rate->per * (rate->burst / rate->tokens + 1)) {
        b->tokens = rate->burst;
        b->at = now;
    } else {
        uint64_t more = (now - b->at) * rate->tokens / rate->per;
        b->tokens =
            b->tokens + more < rate->burst ? b->tokens + more : rate->burst;
        b->at += more * rate->per / rate->tokens; /* keeps the rest of one */
    }
    if (b->tokens < tokens) {
        return false;
    }
    b->tokens -= tokens;
    return true;
}

bool wzp__budget_take(wzp__budget *b, wzp_tstamp now, size_t members,
                      uint64_t tokens)
{
    const wzp__rate rate = {WZP__BUDGET_PER_S(members), WZP_S,
                            WZP__BUDGET_BURST(members)};
    return wzp__budget_spend(b, now, &rate, tokens);
}
