/* SPDX-License-Identifier: MIT */
/* The modes to choose from, cheapest first: rungs of a ladder, several to a
 * tier where the path is narrow, and what the loss makes of each.
 * Source: voice-facts.md 7.
 */
#ifndef WZP_PROTO_MEDIA_LADDER_H
#define WZP_PROTO_MEDIA_LADDER_H

#include <wzp/proto/mode.h>

enum {
    WZP__LADDER_RUNGS = 8,
};

wzp_tier wzp__ladder_tier(unsigned rung);
/* The highest rung of a tier. */
unsigned wzp__ladder_rung(wzp_tier tier);

typedef struct wzp__ladder_need {
    wzp_redundancy level;
    uint8_t step;        /* 0 … 3, see redundancy.h */
    uint32_t caps;       /* of all listeners */
    uint32_t budget_bps; /* UINT32_MAX: no limit is known */
} wzp__ladder_need;

/* The mode of this rung, fitted to the listeners. Redundancy that would go
 * beyond the budget is left out as far as that helps. */
void wzp__ladder_mode(unsigned rung, const wzp__ladder_need *need,
                      wzp_media_mode *out);
/* What it needs on the wire. */
uint32_t wzp__ladder_bps(unsigned rung, const wzp__ladder_need *need);

/* The highest rung up to `most` that keeps the budget; 0 when none does. */
unsigned wzp__ladder_highest(unsigned most, const wzp__ladder_need *need);

#endif
