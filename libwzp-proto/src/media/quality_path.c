/* SPDX-License-Identifier: MIT */
/* Quality control and the path: a queue of our own making takes us down at
 * once, far enough that it drains; calm takes us up again (quality.h).
 */
#include "media/quality_parts.h"

#define HOP_FULL    (80 * WZP_MS)  /* chosen: above what jitter makes of 3 */
#define WAY_FULL    (150 * WZP_MS) /* the same, with reports in it */
#define WAY_BURSTS  (400 * WZP_MS) /* no second report is waited for */
#define CALM_QUEUE  (50 * WZP_MS)
#define DRAIN       (2 * WZP_S) /* in which what waits shall be gone */
#define SHARE_PCT   85 /* of what the path holds: room for bursts, and others */
#define JUDGE_AFTER (1500 * WZP_MS)
#define LOSS_STUDIO 20 /* per mille: no studio tier */
#define LOSS_CALM   10 /* per mille: none is tried */
#define FRESH       (5 * WZP_S)

/* --- is the path full? --- */

/* We send about what the mode needs; else a queue is not ours. */
static bool is_sending(const wzp_quality *q, wzp_tstamp now)
{
    const uint64_t bits =
        wzp__sent_since(&q->sent, now < WZP_S ? 0 : now - WZP_S) * 8;
    return bits * 2 >= wzp_media_mode_wire_bps(&q->state.mode);
}

static wzp_tstamp full_from(const wzp_quality *q, const wzp__bandwidth *way)
{
    return way == &q->hop
               ? HOP_FULL
               : WAY_FULL + wzp_media_mode_delay_ms(&q->state.mode) * WZP_MS;
}

static bool is_full(const wzp_quality *q, const wzp__bandwidth *way)
{
    const wzp_tstamp newest = wzp__bandwidth_newest(way);
    return way->queue >= full_from(q, way) ||
           (way != &q->hop && newest >= WAY_BURSTS);
}

static wzp__bandwidth *fullest(wzp_quality *q, wzp_tstamp now)
{
    wzp__bandwidth *worst = is_full(q, &q->hop) ? &q->hop : NULL;
    for (size_t i = 0; i < WZP__QUALITY_LISTENERS; i++) {
        wzp__listener *l = &q->listener[i];
        if (l->is_used && now - l->heard_at < FRESH && is_full(q, &l->way) &&
            (worst == NULL || l->way.queue > worst->queue)) {
            worst = &l->way;
        }
    }
    return worst;
}

/* --- down --- */

static void step_to(wzp_quality *q, wzp_tstamp now, unsigned rung)
{
    q->rung = rung;
    wzp__probe_disturb(&q->probe, now);
}

/* As much as leaves of `bps` what empties the queue in time. */
static unsigned rung_below(const wzp_quality *q, wzp_tstamp now, uint64_t bps,
                           wzp_tstamp queue)
{
    wzp__ladder_need need = wzp__quality_need(q, now);
    const wzp_tstamp left = queue < DRAIN ? DRAIN - queue : 0;
    uint64_t pct = left * 100 / DRAIN;
    pct = pct < SHARE_PCT ? pct : SHARE_PCT;
    need.budget_bps = (uint32_t)(bps * pct / 100);
    return wzp__ladder_highest(q->rung > 0 ? q->rung - 1 : 0, &need);
}

static void cut(wzp_quality *q, wzp_tstamp now, wzp__bandwidth *way)
{
    const unsigned from = q->cut.is_on ? q->cut.from : q->rung;
    const wzp_tstamp queue = wzp__bandwidth_queue(way);
    const uint32_t sent = wzp_media_mode_wire_bps(&q->state.mode);
    const uint64_t held = way->rate_bps < sent ? way->rate_bps : sent;
    q->estimate_bps = (uint32_t)held;
    if (q->probe.is_on) {
        wzp__probe_fail(&q->probe, now);
    }
    step_to(q, now, rung_below(q, now, held, queue));
    q->cut = (wzp__cut){.is_on = true,
                        .way = way,
                        .queue = queue,
                        .judge_at = now + queue * 3 / 2 + JUDGE_AFTER,
                        .from = from};
    wzp__quality_decide(q, now, WZP_QUALITY_BANDWIDTH);
}

/* The queue is gone: as much as the path held then. */
static void settle(wzp_quality *q, wzp_tstamp now)
{
    wzp__ladder_need need = wzp__quality_need(q, now);
    need.budget_bps = (uint32_t)((uint64_t)q->estimate_bps * SHARE_PCT / 100);
    q->cut.is_on = false;
    const unsigned most = q->cut.from > 0 ? q->cut.from - 1 : 0;
    const unsigned rung = wzp__ladder_highest(most, &need);
    step_to(q, now, rung > q->rung ? rung : q->rung);
    wzp__quality_decide(q, now, WZP_QUALITY_BANDWIDTH);
}

/* We sent less and nothing became of it: the way has become longer, or others
 * fill it, or it is the way back that is full. */
static void take_back(wzp_quality *q, wzp_tstamp now)
{
    wzp__bandwidth_rebase(q->cut.way, now);
    q->cut.is_on = false;
    q->estimate_bps = 0;
    step_to(q, now, q->cut.from);
    wzp__quality_decide(q, now, WZP_QUALITY_BANDWIDTH);
}

static void watch_cut(wzp_quality *q, wzp_tstamp now)
{
    const wzp_tstamp queue = q->cut.way->queue;
    if (queue < CALM_QUEUE) {
        settle(q, now);
        return;
    }
    if (now < q->cut.judge_at) {
        return;
    }
    if (queue * 10 >= q->cut.queue * 7) {
        if (q->rung > 0) {
            cut(q, now, q->cut.way); /* still too much */
        } else {
            take_back(q, now);
        }
        return;
    }
    q->cut.queue = queue;
    q->cut.judge_at = now + JUDGE_AFTER;
}

void wzp__quality_watch(wzp_quality *q, wzp_tstamp now)
{
    if (q->is_fixed || q->is_forced) {
        return;
    }
    if (q->cut.is_on) {
        watch_cut(q, now);
        return;
    }
    wzp__bandwidth *way = fullest(q, now);
    if (way != NULL && is_sending(q, now)) {
        cut(q, now, way);
    }
}

/* --- up --- */

static bool is_calm(const wzp_quality *q, wzp_tstamp now)
{
    if (q->hop.queue >= CALM_QUEUE) {
        return false;
    }
    for (size_t i = 0; i < WZP__QUALITY_LISTENERS; i++) {
        const wzp__listener *l = &q->listener[i];
        if (l->is_used && now - l->heard_at < FRESH &&
            l->way.queue >=
                CALM_QUEUE + wzp_media_mode_delay_ms(&q->state.mode) * WZP_MS) {
            return false;
        }
    }
    return true;
}

/* A studio tier is for clean paths. True: it was left. */
static bool leave_studio(wzp_quality *q, wzp_tstamp now, uint16_t permille)
{
    const bool is_studio = wzp__ladder_tier(q->rung) > WZP_TIER_GOOD;
    q->worse = is_studio && permille >= LOSS_STUDIO ? q->worse + 1 : 0;
    if (q->worse < (q->network == WZP_NETWORK_CELLULAR ? 2 : 3)) {
        return false;
    }
    q->worse = 0;
    if (q->probe.is_on) {
        wzp__probe_fail(&q->probe, now);
    }
    step_to(q, now, wzp__ladder_rung(WZP_TIER_GOOD));
    wzp__quality_decide(q, now, WZP_QUALITY_LOSS);
    return true;
}

static void climb(wzp_quality *q, wzp_tstamp now)
{
    const unsigned from = q->rung;
    const unsigned to = from + 1;
    const wzp_tier tier = wzp__ladder_tier(to < WZP__LADDER_RUNGS ? to : from);
    if (to > wzp__quality_most(q, now)) {
        q->state.wanted = tier; /* somebody may be asked */
        return;
    }
    q->rung = to;
    wzp__probe_begin(&q->probe, now, from);
    wzp__quality_decide(q, now, WZP_QUALITY_PROBE);
}

void wzp__quality_climb(wzp_quality *q, wzp_tstamp now)
{
    const wzp__loss_view loss = wzp__quality_loss(q, now);
    if (q->is_fixed || q->is_forced || q->cut.is_on || !is_sending(q, now) ||
        leave_studio(q, now, loss.permille)) {
        return;
    }
    if (!is_calm(q, now)) {
        if (!q->probe.is_on) {
            wzp__probe_disturb(&q->probe, now);
        }
        return;
    }
    const bool is_up_to_good = q->rung < wzp__ladder_rung(WZP_TIER_GOOD);
    if (!is_up_to_good && loss.permille >= LOSS_CALM) {
        wzp__probe_disturb(&q->probe, now);
        return;
    }
    if (wzp__probe_good(&q->probe, now, q->rung, is_up_to_good)) {
        climb(q, now);
    }
}
