/* SPDX-License-Identifier: MIT */
/* Quality control, see quality.h: what is known, and what limits, becomes the
 * mode to send in. The path itself is in quality_path.c.
 */
#include "media/quality_parts.h"

#include <wzp/proto/sized.h>

#define REPORT_GOOD      (5 * WZP_S)
#define DIRECTIVE_FOR    (30 * WZP_S) /* chosen: relays say it again on change */
#define BOOST_FOR        (10 * WZP_S) /* spec/client.md 3.5 */
#define HOP_SAMPLES      3
#define LISTENER_SAMPLES 2
/* Of a datagram on the wire, beyond its length: IPv4 20, UDP 8, QUIC 27,
 * DATAGRAM 3, and 8 less for the header that became a mini. */
#define PACKET_BYTES 50
/* A longest loss is told apart from the silence of listeners. */
#define OWN_LOSS_FROM 20 /* per mille: less may be packets overtaken */

void wzp_quality_config_default_sized(wzp_quality_config *cfg, size_t size)
{
    const wzp_quality_config full = {.size = sizeof full,
                                     .max_tier = WZP_TIER_STUDIO_64K,
                                     .start_tier = WZP_TIER_GOOD,
                                     .network = WZP_NETWORK_UNKNOWN};
    wzp_sized_give(cfg, size, &full, sizeof full);
}

wzp_err wzp_quality_new(wzp_quality **out, const wzp_mem *mem,
                        const wzp_quality_config *given, wzp_tstamp now)
{
    wzp_quality_config cfg;
    wzp_quality_config_default(&cfg);
    wzp_sized_take(&cfg, sizeof cfg, given);
    if ((unsigned)cfg.max_tier >= WZP_TIER_COUNT ||
        (unsigned)cfg.start_tier >= WZP_TIER_COUNT ||
        cfg.start_tier > cfg.max_tier ||
        (unsigned)cfg.network > WZP_NETWORK_CELLULAR) {
        return WZP_ERR_CONFIG;
    }
    wzp_quality *q = wzp_mem_new(mem, sizeof *q);
    if (q == NULL) {
        return WZP_ERR_NOMEM;
    }
    q->mem = *mem;
    q->cfg = cfg;
    q->network = cfg.network;
    q->peer_max = WZP_TIER_STUDIO_64K;
    q->rung = wzp__ladder_rung(cfg.start_tier);
    wzp__bandwidth_init(&q->hop, HOP_SAMPLES);
    wzp__redundancy_init(&q->redundancy, now);
    wzp__probe_init(&q->probe, now);
    wzp__quality_decide(q, now, WZP_QUALITY_START);
    q->state.changes = 0;
    *out = q;
    return WZP_OK;
}

void wzp_quality_free(wzp_quality *q)
{
    if (q != NULL) {
        const wzp_mem mem = q->mem;
        wzp_mem_free(&mem, q, sizeof *q);
    }
}

/* --- what is known becomes a mode --- */

static wzp_tier lower(wzp_tier a, wzp_tier b)
{
    return a < b ? a : b;
}

unsigned wzp__quality_most(const wzp_quality *q, wzp_tstamp now)
{
    wzp_tier most = lower(q->cfg.max_tier, q->peer_max);
    if (now < q->directive_until) {
        most = lower(most, q->directive);
    }
    return wzp__ladder_rung(most);
}

wzp__ladder_need wzp__quality_need(const wzp_quality *q, wzp_tstamp now)
{
    uint8_t step = q->redundancy.step;
    if (now < q->boost_until && step < WZP__REDUNDANCY_STEP_MOST) {
        step++;
    }
    return (wzp__ladder_need){
        .level = q->redundancy.level,
        .step = step,
        .caps = q->caps,
        .budget_bps = q->estimate_bps > 0 ? q->estimate_bps : UINT32_MAX};
}

static void choose(const wzp_quality *q, wzp_tstamp now, wzp_tier *tier,
                   wzp_media_mode *mode)
{
    unsigned rung = q->rung;
    if (q->is_forced) {
        rung = wzp__ladder_rung(q->forced);
    } else if (rung > wzp__quality_most(q, now)) {
        rung = wzp__quality_most(q, now);
    }
    wzp__ladder_need need = wzp__quality_need(q, now);
    if (q->is_forced || q->probe.is_on) {
        need.budget_bps = UINT32_MAX;
    }
    *tier = wzp__ladder_tier(rung);
    wzp__ladder_mode(rung, &need, mode);
    if (q->is_fixed) {
        *mode = q->fixed;
        wzp_media_mode_fit(mode, q->caps);
    }
}

void wzp__quality_decide(wzp_quality *q, wzp_tstamp now, wzp_quality_why why)
{
    wzp_media_mode mode;
    wzp_quality_state *s = &q->state;
    choose(q, now, &s->tier, &mode);
    if (!wzp_media_mode_is_equal(&mode, &s->mode)) {
        s->mode = mode;
        s->why = why;
        s->changes++;
    }
    s->wanted = s->tier;
}

/* --- listeners --- */

static bool is_fresh(const wzp__listener *l, wzp_tstamp now)
{
    return l->is_used && now - l->heard_at < REPORT_GOOD;
}

/* NULL: it is one too many. */
static wzp__listener *listener_get(wzp_quality *q, wzp_tstamp now, uint32_t id)
{
    wzp__listener *place = NULL;
    for (size_t i = 0; i < WZP__QUALITY_LISTENERS; i++) {
        wzp__listener *l = &q->listener[i];
        if (l->is_used && l->id == id) {
            return l;
        }
        const bool is_watched = q->cut.is_on && q->cut.who == l;
        if (place == NULL && !is_fresh(l, now) && !is_watched) {
            place = l;
        }
    }
    if (place != NULL) {
        *place = (wzp__listener){.is_used = true, .id = id};
        wzp__bandwidth_init(&place->way, LISTENER_SAMPLES);
    }
    return place;
}

static uint16_t more(uint16_t a, uint16_t b)
{
    return a > b ? a : b;
}

wzp__loss_view wzp__quality_loss(const wzp_quality *q, wzp_tstamp now)
{
    wzp__loss_view worst = {0};
    bool any = false;
    for (size_t i = 0; i < WZP__QUALITY_LISTENERS; i++) {
        if (!is_fresh(&q->listener[i], now)) {
            continue;
        }
        const wzp__loss_view v = wzp__loss_get(&q->listener[i].loss, now);
        any = true;
        worst.newest_permille = more(worst.newest_permille, v.newest_permille);
        worst.permille = more(worst.permille, v.permille);
        worst.after_permille = more(worst.after_permille, v.after_permille);
        worst.cluster = v.cluster > worst.cluster ? v.cluster : worst.cluster;
    }
    if (!any && q->hop_loss_permille >= OWN_LOSS_FROM) {
        worst.permille = (uint16_t)q->hop_loss_permille;
    }
    return worst;
}

static void note_loss(wzp_quality *q, wzp_tstamp now)
{
    const wzp__loss_view loss = wzp__quality_loss(q, now);
    const uint32_t packet_ms = wzp_media_mode_delay_ms(&q->state.mode);
    q->state.loss_permille = loss.permille;
    q->state.burst_ms = loss.cluster * packet_ms;
    if (wzp__redundancy_note(&q->redundancy, now, &loss, packet_ms)) {
        wzp__quality_decide(q, now, WZP_QUALITY_LOSS);
    }
}

/* How old the first frame is that it had not got yet, and what has arrived
 * since its last report. */
static void note_way(wzp_quality *q, wzp_tstamp now, wzp__listener *l,
                     const wzp_receiver_report *r)
{
    wzp__sent_view at;
    if (r->expected == 0 || !wzp__sent_find(&q->sent, r->highest_seq, &at)) {
        return;
    }
    const wzp__bandwidth_sample sample = {
        .delay = now - (at.has_more ? at.next : at.at),
        .arrived = at.arrived,
        .backlog = at.after,
        .window = 1};
    l->gradient_us_s = r->gradient_us_s;
    wzp__bandwidth_note(&l->way, now, &sample);
}

void wzp_quality_heard(wzp_quality *q, wzp_tstamp now, uint32_t id,
                       const wzp_receiver_report *report)
{
    wzp__listener *l = listener_get(q, now, id);
    if (l == NULL) {
        return;
    }
    l->heard_at = now;
    wzp__loss_note(&l->loss, now, report);
    note_way(q, now, l, report);
    note_loss(q, now);
    wzp__quality_watch(q, now, l);
    wzp__quality_climb(q, now);
}

void wzp_quality_forget(wzp_quality *q, uint32_t id)
{
    for (size_t i = 0; i < WZP__QUALITY_LISTENERS; i++) {
        wzp__listener *l = &q->listener[i];
        if (l->is_used && l->id == id) {
            q->cut.is_on = q->cut.is_on && q->cut.who != l;
            *l = (wzp__listener){0};
        }
    }
}

/* --- our own hop --- */

void wzp_quality_sent(wzp_quality *q, wzp_tstamp now, uint16_t seq, size_t len)
{
    wzp__sent_note(&q->sent, now, seq, len + PACKET_BYTES);
}

void wzp_quality_path_note(wzp_quality *q, wzp_tstamp now,
                           const wzp_quality_path *path)
{
    const wzp__bandwidth_sample sample = {.delay = path->rtt_us * 1000,
                                          .arrived = path->arrived_bytes,
                                          .backlog = path->in_flight_bytes,
                                          .window = WZP_S / 2};
    q->hop_loss_permille = path->loss_permille;
    wzp__bandwidth_note(&q->hop, now, &sample);
    wzp__quality_watch(q, now, NULL);
}

/* --- what limits --- */

void wzp_quality_caps(wzp_quality *q, wzp_tstamp now, uint32_t caps)
{
    q->caps = caps;
    wzp__quality_decide(q, now, WZP_QUALITY_PEERS);
}

void wzp_quality_directive(wzp_quality *q, wzp_tstamp now, wzp_tier ceiling)
{
    q->directive = ceiling;
    q->directive_until = now + DIRECTIVE_FOR;
    wzp__quality_decide(q, now, WZP_QUALITY_DIRECTIVE);
}

void wzp_quality_peer_max(wzp_quality *q, wzp_tstamp now, wzp_tier max)
{
    q->peer_max = max;
    wzp__quality_decide(q, now, WZP_QUALITY_PEERS);
}

/* What was measured is of another way. */
static void unlearn_ways(wzp_quality *q, wzp_tstamp now)
{
    q->estimate_bps = 0;
    q->cut = (wzp__cut){0};
    wzp__bandwidth_init(&q->hop, HOP_SAMPLES);
    for (size_t i = 0; i < WZP__QUALITY_LISTENERS; i++) {
        wzp__bandwidth_init(&q->listener[i].way, LISTENER_SAMPLES);
    }
    wzp__probe_disturb(&q->probe, now);
}

void wzp_quality_begin(wzp_quality *q, wzp_tstamp now)
{
    for (size_t i = 0; i < WZP__QUALITY_LISTENERS; i++) {
        q->listener[i] = (wzp__listener){0};
    }
    unlearn_ways(q, now);
}

/* From WiFi to cellular there is less, most likely: one tier down before it is
 * felt. */
void wzp_quality_network(wzp_quality *q, wzp_tstamp now, wzp_network kind)
{
    const bool is_less =
        kind == WZP_NETWORK_CELLULAR && q->network != WZP_NETWORK_CELLULAR;
    q->network = kind;
    q->boost_until = now + BOOST_FOR;
    unlearn_ways(q, now);
    const wzp_tier tier = wzp__ladder_tier(q->rung);
    if (is_less && tier > WZP_TIER_CATASTROPHIC) {
        q->rung = wzp__ladder_rung((wzp_tier)(tier - 1));
    }
    wzp__quality_decide(q, now, WZP_QUALITY_NETWORK);
}

/* --- the user --- */

void wzp_quality_force(wzp_quality *q, wzp_tstamp now, wzp_tier tier)
{
    q->is_fixed = false;
    q->is_forced = true;
    q->forced = tier;
    q->cut = (wzp__cut){0};
    wzp__probe_disturb(&q->probe, now);
    wzp__quality_decide(q, now, WZP_QUALITY_USER);
}

void wzp_quality_fix(wzp_quality *q, wzp_tstamp now, const wzp_media_mode *mode)
{
    q->is_forced = true;
    q->is_fixed = true;
    q->cut = (wzp__cut){0};
    q->fixed = *mode;
    q->forced = WZP_TIER_GOOD;
    wzp_ignore(wzp_codec_tier(mode->codec, &q->forced), "of no tier: GOOD");
    wzp__quality_decide(q, now, WZP_QUALITY_USER);
}

void wzp_quality_auto(wzp_quality *q, wzp_tstamp now)
{
    q->is_fixed = false;
    q->is_forced = false;
    wzp__probe_disturb(&q->probe, now);
    wzp__quality_decide(q, now, WZP_QUALITY_USER);
}

/* --- the machine's verbs --- */

void wzp_quality_expire(wzp_quality *q, wzp_tstamp now)
{
    if (now >= wzp__redundancy_deadline(&q->redundancy)) {
        note_loss(q, now);
    }
    if (q->directive_until != 0 && now >= q->directive_until) {
        q->directive_until = 0;
        wzp__quality_decide(q, now, WZP_QUALITY_DIRECTIVE);
    }
    if (q->boost_until != 0 && now >= q->boost_until) {
        q->boost_until = 0;
        wzp__quality_decide(q, now, WZP_QUALITY_NETWORK);
    }
    if (q->cut.is_on && now >= q->cut.judge_at) {
        wzp__quality_watch(q, now, q->cut.who);
    }
}

static wzp_tstamp sooner(wzp_tstamp a, wzp_tstamp b)
{
    return a < b ? a : b;
}

wzp_tstamp wzp_quality_deadline(const wzp_quality *q)
{
    wzp_tstamp at = wzp__redundancy_deadline(&q->redundancy);
    at = q->directive_until != 0 ? sooner(at, q->directive_until) : at;
    at = q->boost_until != 0 ? sooner(at, q->boost_until) : at;
    return q->cut.is_on ? sooner(at, q->cut.judge_at) : at;
}

void wzp_quality_state_get(const wzp_quality *q, wzp_quality_state *out)
{
    wzp_quality_state all = q->state;
    wzp_tstamp queue = q->hop.queue;
    for (size_t i = 0; i < WZP__QUALITY_LISTENERS; i++) {
        const wzp__bandwidth *way = &q->listener[i].way;
        queue =
            q->listener[i].is_used && way->queue > queue ? way->queue : queue;
    }
    all.size = sizeof all;
    all.is_forced = q->is_forced;
    all.is_probing = q->probe.is_on;
    all.estimate_bps = q->estimate_bps;
    all.queue_ms = (uint32_t)(queue / WZP_MS);
    wzp_sized_give(out, out->size, &all, sizeof all);
}
