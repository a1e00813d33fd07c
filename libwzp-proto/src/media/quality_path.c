/* SPDX-License-Identifier: MIT */
/* Quality control and the path: a queue of our own making takes us down at
 * once, far enough that it drains; calm takes us up again (quality.h).
 */
#include "media/quality_parts.h"

#define HOP_FULL    (80 * WZP_MS)  /* chosen: above what jitter makes of 3 */
#define WAY_FULL    (150 * WZP_MS) /* the same, with reports in it */
#define WAY_BURSTS  (400 * WZP_MS) /* no second report is waited for */
#define GROWING     5000 /* µs/s: chosen, far above what clocks differ */
#define CALM_QUEUE  (50 * WZP_MS)
#define DRAIN       (2 * WZP_S) /* in which what waits shall be gone */
#define DRAIN_MOST  (5 * WZP_S)
#define SHARE_PCT   85 /* of what the path holds: room for bursts, and others */
#define LEARN_AFTER (700 * WZP_MS) /* a rate is of 500 ms */
#define JUDGE_AFTER (1500 * WZP_MS)
#define LOSS_STUDIO 20 /* per mille: no studio tier */
#define LOSS_CALM   10 /* per mille: none is tried */
#define FRESH       (5 * WZP_S)

/* --- is the path full? --- */

/* Bits of the last second. */
static uint64_t sent_bps(const wzp_quality *q, wzp_tstamp now)
{
    return wzp__sent_since(&q->sent, now < WZP_S ? 0 : now - WZP_S) * 8;
}

/* We send about what the mode needs; else a queue is not ours. */
static bool is_sending(const wzp_quality *q, wzp_tstamp now)
{
    return sent_bps(q, now) * 2 >= wzp_media_mode_wire_bps(&q->state.mode);
}

static wzp__bandwidth *way_of(wzp_quality *q, wzp__listener *who)
{
    return who != NULL ? &who->way : &q->hop;
}

/* How many packets in a row may be lost by chance, one time in a hundred. */
static unsigned run_of(uint16_t permille)
{
    return permille >= 400   ? 8
           : permille >= 200 ? 5
           : permille >= 80  ? 3
           : permille >= 10  ? 2
                             : 1;
}

/* What may look like a queue and is none. A packet of the mode takes so long
 * on a path of this width, and the least delay may be of a shorter one. A
 * report says nothing of the time since its last packet, and the next ones may
 * be lost. */
static wzp_tstamp doubt(const wzp_quality *q, wzp_tstamp now,
                        const wzp__listener *who)
{
    const wzp_media_mode *m = &q->state.mode;
    const wzp_tstamp ms = wzp_media_mode_delay_ms(m);
    wzp_tstamp all = 0;
    if (q->estimate_bps > 0) {
        all = ms * wzp_media_mode_wire_bps(m) / q->estimate_bps;
    }
    if (who != NULL) {
        const wzp__loss_view loss = wzp__loss_get(&who->loss, now);
        all += ms * (run_of(loss.permille) + loss.cluster);
    }
    return all * WZP_MS;
}

/* Our hop is measured often, and three samples must agree. Of reports, one a
 * second, two must; or one that says much, and that it is growing: a hole in
 * what arrives looks the same otherwise. It grows as well where a try sends an
 * eighth more than arrives; of its first second the listener saw little. */
static bool is_full(wzp_quality *q, wzp_tstamp now, wzp__listener *who)
{
    const wzp__bandwidth *way = way_of(q, who);
    const wzp_tstamp extra = doubt(q, now, who);
    if (who == NULL) {
        return way->queue >= HOP_FULL + extra;
    }
    const wzp_tstamp much = q->probe.is_on ? CALM_QUEUE + extra : WAY_BURSTS;
    const bool grows =
        who->gradient_us_s >= GROWING ||
        (q->probe.is_on && way->rate_bps * 8 < sent_bps(q, now) * 7);
    return way->queue >= WAY_FULL + extra ||
           (grows && wzp__bandwidth_newest(way) >= much);
}

static wzp_tstamp queue_of(wzp_quality *q, wzp__listener *who)
{
    return who == NULL ? q->hop.queue : wzp__bandwidth_newest(&who->way);
}

static bool is_way_calm(wzp_quality *q, wzp_tstamp now, wzp__listener *who)
{
    return way_of(q, who)->queue < CALM_QUEUE + doubt(q, now, who);
}

/* --- down --- */

static void step_to(wzp_quality *q, wzp_tstamp now, unsigned rung)
{
    q->rung = rung;
    wzp__probe_disturb(&q->probe, now);
}

/* Up to `most`: what leaves so much of `bps` that the queue empties in time. */
static unsigned rung_that_drains(const wzp_quality *q, wzp_tstamp now,
                                 unsigned most, uint64_t bps, wzp_tstamp queue)
{
    wzp__ladder_need need = wzp__quality_need(q, now);
    const wzp_tstamp left = queue < DRAIN ? DRAIN - queue : 0;
    uint64_t pct = left * 100 / DRAIN;
    pct = pct < SHARE_PCT ? pct : SHARE_PCT;
    need.budget_bps = (uint32_t)(bps * pct / 100);
    return wzp__ladder_highest(most, &need);
}

/* Until what waits is gone, when `held` goes out and `sent` comes in. */
static wzp_tstamp drain_time(wzp_tstamp queue, uint64_t held, uint64_t sent)
{
    if (sent >= held) {
        return DRAIN_MOST;
    }
    const wzp_tstamp t = queue / (held - sent) * held;
    return t < DRAIN_MOST ? t : DRAIN_MOST;
}

static void cut(wzp_quality *q, wzp_tstamp now, wzp__listener *who)
{
    const wzp__bandwidth *way = way_of(q, who);
    const unsigned from = q->cut.is_on ? q->cut.from : q->rung;
    const wzp_tstamp queue = wzp__bandwidth_queue(way);
    const uint32_t sent = wzp_media_mode_wire_bps(&q->state.mode);
    const uint64_t held = way->rate_bps < sent ? way->rate_bps : sent;
    q->estimate_bps = (uint32_t)held;
    if (q->probe.is_on) {
        wzp__probe_fail(&q->probe, now);
    }
    const unsigned most = q->rung > 0 ? q->rung - 1 : 0;
    step_to(q, now, rung_that_drains(q, now, most, held, queue));
    wzp__probe_block(&q->probe, now);
    wzp__quality_decide(q, now, WZP_QUALITY_BANDWIDTH);
    const wzp_tstamp drain =
        drain_time(queue, held, wzp_media_mode_wire_bps(&q->state.mode));
    q->cut = (wzp__cut){.is_on = true,
                        .who = who,
                        .at = now,
                        .most = queue_of(q, who),
                        .judge_at = now + drain * 3 / 2 + JUDGE_AFTER,
                        .from = from};
}

/* What is sent arrives, without a queue: so much the path holds at least. A
 * listener that lies may have made the estimate small, and then every queue
 * would pass for the time of a long packet (doubt). */
static void confirm(wzp_quality *q)
{
    const uint32_t sent = wzp_media_mode_wire_bps(&q->state.mode);
    if (q->estimate_bps > 0 && q->estimate_bps < sent) {
        q->estimate_bps = sent;
    }
}

/* The queue is gone: as much as the path held then. */
static void settle(wzp_quality *q, wzp_tstamp now)
{
    confirm(q);
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
    wzp__bandwidth_rebase(&q->hop, now);
    for (size_t i = 0; i < WZP__QUALITY_LISTENERS; i++) {
        wzp__bandwidth_rebase(&q->listener[i].way, now);
    }
    q->cut.is_on = false;
    q->estimate_bps = 0;
    step_to(q, now, q->cut.from);
    wzp__quality_decide(q, now, WZP_QUALITY_BANDWIDTH);
}

/* As long as a queue drains, what arrives is what the path holds, and more than
 * is sent; at first some of it is of the time before. */
static void learn(wzp_quality *q, wzp_tstamp now, wzp_tstamp queue)
{
    const uint64_t rate = way_of(q, q->cut.who)->rate_bps;
    const uint64_t sent = wzp_media_mode_wire_bps(&q->state.mode);
    if (now - q->cut.at >= LEARN_AFTER && rate > sent + sent / 8 &&
        rate < q->estimate_bps) {
        q->estimate_bps = (uint32_t)rate;
        const unsigned rung = rung_that_drains(q, now, q->rung, rate, queue);
        if (rung < q->rung) {
            step_to(q, now, rung);
            wzp__quality_decide(q, now, WZP_QUALITY_BANDWIDTH);
        }
    }
}

static void watch_cut(wzp_quality *q, wzp_tstamp now)
{
    const wzp_tstamp queue = queue_of(q, q->cut.who);
    const bool grows = queue > q->cut.most + q->cut.most / 8;
    q->cut.most = queue > q->cut.most ? queue : q->cut.most;
    if (queue < CALM_QUEUE + doubt(q, now, q->cut.who)) {
        settle(q, now);
        return;
    }
    learn(q, now, queue);
    if (now < q->cut.judge_at) {
        return;
    }
    if (grows && q->rung > 0) {
        cut(q, now, q->cut.who); /* still too much */
    } else if (queue * 10 >= q->cut.most * 7) {
        take_back(q, now);
    } else {
        q->cut.most = queue;
        q->cut.judge_at = now + JUDGE_AFTER;
    }
}

void wzp__quality_watch(wzp_quality *q, wzp_tstamp now, wzp__listener *who)
{
    if (q->is_fixed || q->is_forced) {
        return;
    }
    if (!q->cut.is_on && is_full(q, now, who) && is_sending(q, now)) {
        cut(q, now, who);
    } else if (q->cut.is_on && q->cut.who == who) {
        watch_cut(q, now);
    }
}

/* --- up --- */

static bool is_calm(wzp_quality *q, wzp_tstamp now)
{
    bool all = is_way_calm(q, now, NULL);
    for (size_t i = 0; i < WZP__QUALITY_LISTENERS; i++) {
        wzp__listener *l = &q->listener[i];
        const bool counts = l->is_used && now - l->heard_at < FRESH;
        all = all && (!counts || is_way_calm(q, now, l));
    }
    return all;
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
        q->state.wanted = tier;
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
    const bool was_on = q->probe.is_on;
    const bool is_next =
        wzp__probe_good(&q->probe, now, q->rung, is_up_to_good);
    if (was_on && !q->probe.is_on) {
        confirm(q); /* the try has passed */
    }
    if (is_next) {
        climb(q, now);
    }
}
