/* SPDX-License-Identifier: MIT */
/* Quality control in an engine: what it is told, what becomes of its mode, and
 * what the relay and the host are told of it. What is decided is in quality.h
 * of libwzp-proto; towards legacy parties the earlier protocol's own rules
 * decide, as that is what they report by (tier.h, dred_tuner.h).
 *
 * Timers:
 *   path     every 100 ms while in a room: how our hop is
 *   repairs  every 5 s while in a room: LossRecoveryUpdate to the relay, where
 *            something was lost since the last
 *   and those of quality.h
 */
#include "call/engine_parts.h"
#include "path/handshake.h"

#include <wzp/proto/media.h>

#define PATH_NS    (100 * WZP_MS)
#define SETTLE_NS  (2 * WZP_S) /* chosen: key messages and probes fill it */
#define REPAIRS_NS (5 * WZP_S)
/* IPv4 and UDP, which the transport does not count. */
#define IP_UDP_BYTES 28
/* chosen: what legacy encoders never go below; less gives their decoders
 * nothing they can use (voice-facts.md 1). */
#define LEGACY_HINT_LEAST 15

wzp_err wzp__engine_quality_new(wzp_engine *e, wzp_tstamp now)
{
    e->path_at = WZP_NEVER;
    e->repairs_at = WZP_NEVER;
    wzp_upgrade_init(&e->upgrade, WZP_TIER_GOOD, false);
    WZP_TRY(wzp_quality_new(&e->quality, &e->cfg.mem, &e->cfg.quality, now));
    if (e->cfg.has_fixed_mode) {
        wzp_quality_fix(e->quality, now, &e->cfg.fixed_mode);
    }
    wzp_quality_state s = {.size = sizeof s};
    wzp_quality_state_get(e->quality, &s);
    e->tier = s.tier; /* to be told from the first moment on */
    return WZP_OK;
}

/* --- towards legacy parties --- */

static void legacy_begin(wzp_engine *e)
{
    e->legacy_tier = (wzp_tier_hysteresis){
        .tier = WZP_TIER_GOOD,
        .is_cellular = e->cfg.quality.network == WZP_NETWORK_CELLULAR};
    wzp_dred_tuner_init(&e->legacy_dred, WZP_CODEC_OPUS_24K);
}

/* What their decoders read: the frames of the profile, one to a packet. They
 * rebuild from deep redundancy and from nothing else. */
static void legacy_mode(const wzp_engine *e, wzp_media_mode *out)
{
    const wzp_profile p = wzp_tier_profile(e->legacy_tier.tier);
    const uint8_t hint = e->legacy_dred.loss_pct;
    *out =
        (wzp_media_mode){.codec = p.codec, .frame_ms = p.frame_ms, .n_new = 1};
    if (e->legacy_dred.frames > 0 && p.codec != WZP_CODEC_OPUS_6K) {
        out->redundancy = WZP_REDUNDANCY_DRED;
        out->loss_pct = hint > LEGACY_HINT_LEAST ? hint : LEGACY_HINT_LEAST;
    }
}

void wzp__engine_quality_legacy(wzp_engine *e, const wzp_quality_report *r)
{
    if (wzp_tier_hysteresis_note(
            &e->legacy_tier,
            wzp_tier_of_report(r, e->legacy_tier.is_cellular))) {
        wzp_dred_tuner_init(&e->legacy_dred,
                            wzp_tier_profile(e->legacy_tier.tier).codec);
    }
    (void)wzp_dred_tuner_note(&e->legacy_dred, (float)r->loss * 100 / 255,
                              r->rtt_4ms * 4u, r->jitter_ms);
}

/* --- what comes of it --- */

static void push_quality(wzp_engine *e, wzp_tstamp now,
                         const wzp_quality_state *s)
{
    wzp_client_event ev = {.kind = WZP_EVENT_QUALITY, .at = now};
    ev.u.quality.tier = s->tier;
    ev.u.quality.mode = s->mode;
    ev.u.quality.why = s->why;
    ev.u.quality.is_forced = s->is_forced;
    ev.u.quality.wire_bps = wzp_media_mode_wire_bps(&s->mode);
    wzp__event_queue_push(&e->events, &ev);
}

void wzp__engine_quality_apply(wzp_engine *e, wzp_tstamp now)
{
    wzp_quality_state s = {.size = sizeof s};
    wzp_quality_state_get(e->quality, &s);
    wzp__engine_upgrade_want(e, now, s.wanted);
    if (wzp__engine_is_clear(e)) {
        legacy_mode(e, &s.mode);
        s.tier = e->legacy_tier.tier;
    }
    if (wzp_media_mode_is_equal(&s.mode, &e->mode) && s.tier == e->tier) {
        return;
    }
    e->mode = s.mode;
    e->tier = s.tier;
    wzp__sender_set_mode(e->sender, &s.mode);
    push_quality(e, now, &s);
}

/* --- what is known --- */

void wzp__engine_quality_sent(wzp_engine *e, wzp_tstamp now, const wzp_pkt *pkt)
{
    wzp_media_hdr hdr;
    if (wzp_media_hdr_decode(pkt->data, pkt->len, &hdr) == WZP_OK) {
        wzp_quality_sent(e->quality, now, hdr.seq, pkt->len);
    }
}

void wzp__engine_quality_heard(wzp_engine *e, wzp_tstamp now, uint32_t member,
                               const wzp_receiver_report *report)
{
    wzp_quality_heard(e->quality, now, member, report);
    wzp__engine_quality_apply(e, now);
}

void wzp__engine_quality_gone(wzp_engine *e, uint32_t member)
{
    wzp_quality_forget(e->quality, member);
}

void wzp__engine_quality_review(wzp_engine *e, wzp_tstamp now)
{
    const wzp_group *g = wzp__session_group(e->session);
    const size_t n = g == NULL ? 0 : wzp_group_member_count(g);
    uint32_t caps = wzp__client_package_caps();
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        wzp_member_info m;
        if (wzp_group_member_at(g, i, &m) == WZP_OK &&
            wzp__engine_is_proved(&m)) {
            caps &= m.caps;
            any = true;
        }
    }
    wzp_quality_caps(e->quality, now, any ? caps : 0);
    wzp__engine_quality_apply(e, now);
}

void wzp__engine_quality_begin(wzp_engine *e, wzp_tstamp now)
{
    e->path_at = now + SETTLE_NS;
    e->repairs_at = now + REPAIRS_NS;
    e->rtt_samples = 0;
    e->repairs_told = 0;
    wzp_quality_begin(e->quality, now);
    wzp__voices_stats_get(&e->voices, &e->repairs_from);
    legacy_begin(e);
    wzp__engine_upgrade_begin(e, now);
    wzp__engine_quality_review(e, now);
}

void wzp__engine_quality_end(wzp_engine *e)
{
    e->path_at = WZP_NEVER;
    e->repairs_at = WZP_NEVER;
}

/* On the wire, as mode.h counts. */
static void note_path(wzp_engine *e, wzp_tstamp now)
{
    wzp_conn_stats c = {.size = sizeof c};
    if (wzp_endpoint_conn_stats(e->ep, wzp__session_conn(e->session), &c) !=
        WZP_OK) {
        return;
    }
    const uint64_t sent = c.tx_bytes + c.tx_packets * IP_UDP_BYTES;
    const uint64_t each = c.tx_packets > 0 ? sent / c.tx_packets : 0;
    const uint64_t bare = each > IP_UDP_BYTES ? each - IP_UDP_BYTES : 1;
    const uint64_t in_flight = c.bytes_in_flight * each / bare;
    wzp_quality_path path = {
        .rtt_us = c.rtt_samples != e->rtt_samples ? c.rtt_latest_us : 0,
        .arrived_bytes = sent > in_flight ? sent - in_flight : 0,
        .in_flight_bytes = in_flight,
        .loss_permille = c.loss_permille,
    };
    e->rtt_samples = c.rtt_samples;
    wzp_quality_path_note(e->quality, now, &path);
}

/* Of this connection: what was heard elsewhere is none of this relay's. */
static void tell_repairs(wzp_engine *e, wzp_tstamp now)
{
    wzp__receiver_stats sum;
    wzp__voices_stats_get(&e->voices, &sum);
    const wzp__receiver_stats *from = &e->repairs_from;
    const uint64_t dred = sum.rebuilt_dred - from->rebuilt_dred;
    const uint64_t plc = sum.concealed - from->concealed;
    const uint64_t repairs = dred + plc;
    if (repairs == e->repairs_told) {
        return; /* nothing was lost */
    }
    const wzp_signal sig = {
        .kind = WZP_SIG_LOSS_RECOVERY_UPDATE,
        .u.loss_recovery_update = {.dred_reconstructions = dred,
                                   .classical_plc_invocations = plc,
                                   .frames_decoded = sum.frames_played -
                                                     from->frames_played}};
    if (!wzp__session_is_legacy(e->session) && /* such relays read no more */
        wzp__session_send(e->session, now, &sig) == WZP_OK) {
        e->repairs_told = repairs;
    }
}

void wzp__engine_quality_expire(wzp_engine *e, wzp_tstamp now)
{
    if (e->path_at == WZP_NEVER) {
        return; /* in no room */
    }
    if (now >= e->path_at) {
        note_path(e, now);
        e->path_at = now + PATH_NS;
    }
    if (now >= e->repairs_at) {
        tell_repairs(e, now);
        e->repairs_at = now + REPAIRS_NS;
    }
    wzp_quality_expire(e->quality, now);
    wzp_upgrade_expire(&e->upgrade, now);
    wzp__engine_quality_apply(e, now);
}

wzp_tstamp wzp__engine_quality_deadline(const wzp_engine *e)
{
    if (e->path_at == WZP_NEVER) {
        return WZP_NEVER; /* in no room: nothing is sent */
    }
    wzp_tstamp at = e->path_at < e->repairs_at ? e->path_at : e->repairs_at;
    const wzp_tstamp own = wzp_quality_deadline(e->quality);
    const wzp_tstamp upgrade = wzp_upgrade_deadline(&e->upgrade);
    at = own < at ? own : at;
    return upgrade < at ? upgrade : at;
}

void wzp__engine_quality_stats(const wzp_engine *e, wzp_client_stats *out)
{
    wzp_quality_state s = {.size = sizeof s};
    wzp_quality_state_get(e->quality, &s);
    out->tier = e->tier;
    wzp__sender_mode(e->sender, &out->mode);
    out->is_forced = s.is_forced;
    out->estimate_bps = s.estimate_bps;
    out->queue_ms = s.queue_ms;
    out->peer_loss_permille = s.loss_permille;
    out->mode_changes = s.changes;
}

/* --- commands --- */

void wzp__engine_quality_directive(wzp_engine *e, wzp_tstamp now,
                                   wzp_codec_id codec)
{
    wzp_tier tier;
    if (wzp_codec_tier(codec, &tier) != WZP_OK) {
        tier = WZP_TIER_DEGRADED; /* Opus 16k and Codec2 3200 lie below GOOD */
    }
    wzp_quality_directive(e->quality, now, tier);
    wzp__engine_quality_apply(e, now);
}

void wzp_engine_quality_auto(wzp_engine *e, wzp_tstamp now)
{
    wzp_quality_auto(e->quality, now);
    wzp__engine_quality_apply(e, now);
}

wzp_err wzp_engine_quality_force(wzp_engine *e, wzp_tstamp now, wzp_tier tier)
{
    if ((unsigned)tier >= WZP_TIER_COUNT) {
        return WZP_ERR_ARG;
    }
    wzp_quality_force(e->quality, now, tier);
    wzp__engine_quality_apply(e, now);
    return WZP_OK;
}

void wzp_engine_quality_network(wzp_engine *e, wzp_tstamp now, wzp_network kind)
{
    e->cfg.quality.network = kind;
    e->legacy_tier.is_cellular = kind == WZP_NETWORK_CELLULAR;
    wzp__voices_mobile(&e->voices, kind == WZP_NETWORK_CELLULAR);
    wzp_quality_network(e->quality, now, kind);
    wzp__engine_quality_apply(e, now);
}
