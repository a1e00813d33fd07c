/* SPDX-License-Identifier: MIT */
/* See backoff.h. */
#include "path/backoff.h"

uint32_t wzp__backoff_next(wzp__backoff *b, const wzp_rng *rng)
{
    static const uint32_t ms[] = {250, 1000, 2000, 4000, 8000, 15000, 30000};
    const uint32_t base = ms[b->step];
    b->step += b->step + 1 < sizeof ms / sizeof ms[0];
    return base - base / 5 + wzp_rng_below(rng, base * 2 / 5 + 1);
}
