/* SPDX-License-Identifier: MIT */
/* The earlier protocol's rule of tiers, for legacy peers and nobody else: a
 * QualityReport becomes a tier, and one that holds long enough is gone to. Our
 * own rules are in quality.h. Source: spec/client.md 3.2, 3.3.
 */
#ifndef WZP_PROTO_TIER_H
#define WZP_PROTO_TIER_H

#include <wzp/proto/media.h>
#include <wzp/proto/profile.h>

/* The tier that one report asks for. */
wzp_tier wzp_tier_of_report(const wzp_quality_report *report, bool is_cellular)
    WZP_NONNULL(1);

/* Down after 3 worse reports in a row (2 on cellular) to the last one's tier;
 * up one tier after 5 better ones below GOOD, 10 from GOOD on. */
typedef struct wzp_tier_hysteresis {
    wzp_tier tier;
    bool is_cellular;
    unsigned worse, better; /* in a row */
} wzp_tier_hysteresis;

/* True: h->tier has changed. */
bool wzp_tier_hysteresis_note(wzp_tier_hysteresis *h, wzp_tier observed)
    WZP_NONNULL(1);

#endif
