/* SPDX-License-Identifier: MIT */
/* The statistics of an engine: its own counters, and those of its parts asked
 * when somebody looks.
 */
#include "call/engine_parts.h"

#include <wzp/proto/sized.h>

static void add_voices(const wzp_engine *e, wzp_client_stats *out)
{
    wzp__receiver_stats sum;
    wzp__voices_stats_get(&e->voices, &sum);
    out->packets_received = sum.packets_received;
    out->packets_lost = sum.packets_lost;
    out->packets_late = sum.packets_late;
    out->packets_dup = sum.packets_dup;
    out->packets_no_room = e->voices.no_room;
    out->frames_played = sum.frames_played;
    out->rebuilt_lbrr = sum.rebuilt_lbrr;
    out->rebuilt_dred = sum.rebuilt_dred;
    out->concealed = sum.concealed;
    out->underruns = sum.underruns;
    out->playout_delay_ms = sum.playout_delay_ms;
    out->rebuilt_copy = sum.rebuilt_copy;
    out->rebuilt_parity = sum.rebuilt_parity;
    out->comfort_ms = sum.comfort_ms;
    out->longer_ms = sum.longer_ms;
    out->shorter_ms = sum.shorter_ms;
    out->playout_wait_ms = sum.playout_wait_ms;
    out->jitter_ms = sum.jitter_ms;
    out->media_malformed = sum.malformed;

    out->frames_undecodable = sum.undecodable;
    out->frames_dropped = sum.dropped;
    out->bridged_ms = sum.bridged_ms;
    out->voices = (uint32_t)wzp__voices_count(&e->voices);
}

static void add_path(const wzp_engine *e, wzp_client_stats *out)
{
    wzp_conn_stats c = {.size = sizeof c};
    if (wzp_endpoint_conn_stats(e->ep, wzp__session_conn(e->session), &c) !=
        WZP_OK) {
        return;
    }
    out->rtt_us = c.rtt_us;
    out->loss_permille = c.loss_permille;
    out->tx_rate_bps = c.tx_rate_bps;
    out->rx_rate_bps = c.rx_rate_bps;
    out->tx_packets += c.tx_packets;
    out->tx_bytes += c.tx_bytes;
    out->rx_packets += c.rx_packets;
    out->rx_bytes += c.rx_bytes;
    out->dgram_dropped += c.dgram_dropped_age + c.dgram_dropped_full;
}

/* Path counters of a connection that ends are added to the session's sum. */
void wzp__engine_keep_path_stats(wzp_engine *e, wzp_conn_id conn)
{
    wzp_conn_stats c = {.size = sizeof c};
    if (wzp_endpoint_conn_stats(e->ep, conn, &c) == WZP_OK) {
        e->stats.tx_packets += c.tx_packets;
        e->stats.tx_bytes += c.tx_bytes;
        e->stats.rx_packets += c.rx_packets;
        e->stats.rx_bytes += c.rx_bytes;
        e->stats.dgram_dropped += c.dgram_dropped_age + c.dgram_dropped_full;
    }
}

static void add_members(const wzp_engine *e, wzp_client_stats *out)
{
    const wzp_group *g = wzp__session_group(e->session);
    wzp__session_group_stats(e->session, &out->group);
    if (g == NULL) {
        return;
    }
    size_t n = wzp_group_member_count(g);
    out->members = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        wzp_member_info info;
        if (wzp_group_member_at(g, i, &info) == WZP_OK) {
            out->members_keyed += info.state == WZP_MEMBER_KEYED;
            out->members_legacy += info.state == WZP_MEMBER_LEGACY;
        }
    }
}

void wzp_engine_stats_get(const wzp_engine *e, wzp_client_stats *out)
{
    wzp_client_stats all = e->stats;
    wzp__sender_stats sent;
    wzp__sender_stats_get(e->sender, &sent);
    all.state = wzp__session_state(e->session);
    all.frames_captured = sent.frames_captured;
    all.frames_encoded = sent.frames_encoded;
    all.packets_unsent += sent.frames_unsent;
    all.packets_parity = sent.packets_parity;
    all.silence_ms = sent.silence_ms;
    wzp__engine_audio_stats(e, &all);
    all.events_dropped = e->events.dropped;
    all.clear = e->clear.state;
    all.is_muted = e->control.is_muted;
    all.is_held = e->control.is_held;
    all.is_open = !e->is_closed;
    all.signals_refused = wzp__session_signals_refused(e->session) +
                          wzp__line_signals_refused(e->line);
    wzp__calls_stats(e->calls, &all);
    wzp__engine_quality_stats(e, &all);
    add_voices(e, &all);
    add_path(e, &all);
    add_members(e, &all);
    wzp_sized_give(out, out->size, &all, sizeof all);
}
