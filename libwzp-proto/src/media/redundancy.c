/* SPDX-License-Identifier: MIT */
/* Loss to redundancy, see redundancy.h. */
#include "media/redundancy.h"

#define HOLD (10 * WZP_S) /* voice-facts.md 7 */

/* Per mille. Leaving a level takes half of what entering does. */
#define LBRR_FROM      10
#define BOTH_FROM      80 /* LBRR alone falls behind above 10 % */
#define AFTER_FROM     15 /* not repaired: the losses come in runs */
#define LONG_BURST_MS  80 /* LBRR and short DRED reach no farther */
#define STEP_ONE_FROM  10
#define STEP_TWO_FROM  80
#define STEP_MOST_FROM 220

void wzp__redundancy_init(wzp__redundancy *r, wzp_tstamp now)
{
    *r = (wzp__redundancy){
        .level = WZP_REDUNDANCY_LBRR, .level_at = now, .step_at = now};
}

static uint32_t worst(const wzp__loss_view *l)
{
    return l->newest_permille > l->permille ? l->newest_permille : l->permille;
}

static wzp_redundancy level_of(const wzp__loss_view *l, wzp_redundancy now,
                               uint32_t packet_ms)
{
    const uint32_t burst_ms = l->cluster * packet_ms;
    /* Once there is some redundancy, a second's chance is no reason for more:
     * five seconds count. */
    const uint32_t loss = now == WZP_REDUNDANCY_NONE ? worst(l) : l->permille;
    const uint32_t both =
        now == WZP_REDUNDANCY_BOTH ? BOTH_FROM * 3 / 4 : BOTH_FROM;
    if (loss >= both || burst_ms > LONG_BURST_MS) {
        return WZP_REDUNDANCY_BOTH;
    }
    if (l->cluster > 0 ||
        (now != WZP_REDUNDANCY_NONE && l->after_permille >= AFTER_FROM)) {
        return WZP_REDUNDANCY_DRED;
    }
    const uint32_t some =
        now == WZP_REDUNDANCY_NONE ? LBRR_FROM : LBRR_FROM / 2;
    return worst(l) >= some ? WZP_REDUNDANCY_LBRR : WZP_REDUNDANCY_NONE;
}

static uint8_t step_of(const wzp__loss_view *l)
{
    const uint32_t loss = l->permille;
    return loss >= STEP_MOST_FROM  ? WZP__REDUNDANCY_STEP_MOST
           : loss >= STEP_TWO_FROM ? 2
           : loss >= STEP_ONE_FROM ? 1
                                   : 0;
}

bool wzp__redundancy_note(wzp__redundancy *r, wzp_tstamp now,
                          const wzp__loss_view *loss, uint32_t packet_ms)
{
    const wzp__redundancy before = *r;
    const wzp_redundancy level = level_of(loss, r->level, packet_ms);
    const uint8_t step = step_of(loss);
    if (level >= r->level || now - r->level_at >= HOLD) {
        r->level = level;
        r->level_at = now;
    }
    if (step >= r->step || now - r->step_at >= HOLD) {
        r->step = step;
        r->step_at = now;
    }
    return r->level != before.level || r->step != before.step;
}

wzp_tstamp wzp__redundancy_deadline(const wzp__redundancy *r)
{
    const wzp_tstamp level =
        r->level == WZP_REDUNDANCY_NONE ? WZP_NEVER : r->level_at + HOLD;
    const wzp_tstamp step = r->step == 0 ? WZP_NEVER : r->step_at + HOLD;
    return level < step ? level : step;
}
