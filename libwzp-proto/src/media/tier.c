/* SPDX-License-Identifier: MIT */
/* The earlier protocol's rule of tiers, see tier.h. */
#include <wzp/proto/tier.h>

#define RTT_UNIT_MS 4

/* The first row whose loss or round trip is reached. */
static const struct {
    wzp_tier tier;
    unsigned loss_pct, rtt_ms;
} LEAST[] = {
    {WZP_TIER_CATASTROPHIC, 15, 200}, {WZP_TIER_DEGRADED, 5, 100},
    {WZP_TIER_GOOD, 2, 80},           {WZP_TIER_STUDIO_32K, 1, 50},
    {WZP_TIER_STUDIO_48K, 101, 30},
};

wzp_tier wzp_tier_of_report(const wzp_quality_report *r, bool is_cellular)
{
    const unsigned loss = r->loss * 100u; /* of 255 */
    const unsigned rtt = r->rtt_4ms * RTT_UNIT_MS;
    if (is_cellular) {
        return loss > 25 * 255 || rtt > 500  ? WZP_TIER_CATASTROPHIC
               : loss > 8 * 255 || rtt > 300 ? WZP_TIER_DEGRADED
                                             : WZP_TIER_GOOD;
    }
    for (size_t i = 0; i < sizeof LEAST / sizeof *LEAST; i++) {
        if (loss >= LEAST[i].loss_pct * 255 || rtt >= LEAST[i].rtt_ms) {
            return LEAST[i].tier;
        }
    }
    return WZP_TIER_STUDIO_64K;
}

static bool go_to(wzp_tier_hysteresis *h, wzp_tier tier)
{
    h->tier = tier;
    h->worse = 0;
    h->better = 0;
    return true;
}

bool wzp_tier_hysteresis_note(wzp_tier_hysteresis *h, wzp_tier observed)
{
    const unsigned down = h->is_cellular ? 2 : 3;
    const unsigned up = h->tier < WZP_TIER_GOOD ? 5 : 10;
    h->worse = observed < h->tier ? h->worse + 1 : 0;
    h->better = observed > h->tier ? h->better + 1 : 0;
    if (h->worse >= down) {
        return go_to(h, observed);
    }
    if (h->better >= up) {
        return go_to(h, (wzp_tier)(h->tier + 1));
    }
    return false;
}
