/* SPDX-License-Identifier: MIT */
/* What members tell each other beside their voices, sealed: that they are
 * there, how they hear each other, mute and hold. And the states of our own
 * microphone, of which they are told.
 *
 * Timers:
 *   report   every max(1 s, members × 20 ms) (secure-media.md 5), if something
 *            was heard since; at a moment of the member's own, as all who
 *            listen hear the same speaker begin
 *   and those of control.h
 */
#include "call/engine_parts.h"

#include <string.h>

#define REPORT_NS        WZP_S
#define REPORT_MEMBER_NS (20 * WZP_MS)
/* chosen: fill a sealed packet as far as is safe with any header. */
#define REPORTS 40

/* --- out --- */

static bool can_send(const wzp_engine *e)
{
    return wzp__session_state(e->session) == WZP_CLIENT_JOINED &&
           wzp__session_group(e->session) != NULL;
}

/* Reports of members, from `n` items on; voices in clear have no stream id. */
static size_t add_reports(wzp_engine *e, wzp_tstamp now,
                          wzp_control_item *items, size_t n)
{
    const size_t most = n + REPORTS;
    wzp_receiver_report report;
    uint32_t member;
    while (n < most && wzp__voices_report(&e->voices, now, &member, &report)) {
        wzp_member_info info;
        if (wzp_group_member_get(wzp__session_group(e->session), member,
                                 &info) == WZP_OK) {
            report.sid = (uint16_t)(info.mid[0] << 8 | info.mid[1]);
            items[n++] = (wzp_control_item){.type = WZP_CONTROL_REPORT,
                                            .u.report = report};
        }
    }
    return n;
}

static wzp_err seal(wzp_engine *e, wzp_tstamp now,
                    const wzp_control_item *items, size_t n, wzp_pkt *pkt)
{
    uint8_t plain[WZP_MEDIA_MAX];
    size_t len = 0;
    WZP_TRY(wzp_control_encode(items, n, plain, sizeof plain, &len));
    return wzp__sender_control(e->sender, now, wzp__session_group(e->session),
                               plain, len, pkt->data, WZP_PKT_CAP, &pkt->len);
}

/* AGAIN, too, when nobody holds a key of ours yet. */
static wzp_err send_items(wzp_engine *e, wzp_tstamp now,
                          const wzp_control_item *items, size_t n)
{
    wzp_pkt *pkt = wzp_pkt_get(e->pool);
    if (pkt == NULL) {
        return WZP_ERR_AGAIN;
    }
    const wzp_err err = seal(e, now, items, n, pkt);
    if (err != WZP_OK) {
        wzp_pkt_unref(pkt);
        return err;
    }
    wzp__engine_send_packet(e, now, pkt, &e->stats.control_sent);
    return WZP_OK;
}

void wzp__engine_keep_alive(wzp_engine *e, wzp_tstamp now)
{
    wzp_control_item items[1 + WZP__CONTROL_STATE_ITEMS] = {
        {.type = WZP_CONTROL_KEEPALIVE}};
    const size_t n = 1 + wzp__control_state(&e->control, items + 1);
    wzp_ignore(send_items(e, now, items, n), "the group asks again");
}

static void tell_state(wzp_engine *e, wzp_tstamp now)
{
    wzp_control_item items[WZP__CONTROL_STATE_ITEMS];
    const size_t n = wzp__control_state(&e->control, items);
    wzp_ignore(send_items(e, now, items, n),
               "told again, and with keep-alives");
    wzp__control_told(&e->control, now);
}

static uint16_t own_sid(const wzp_engine *e)
{
    uint8_t mid[WZP_MID_LEN];
    wzp_group_own_mid(wzp__session_group(e->session), mid);
    return (uint16_t)(mid[0] << 8 | mid[1]);
}

/* The next moment after `now` that is ours. */
static wzp_tstamp next_report(const wzp_engine *e, wzp_tstamp now)
{
    const wzp_tstamp by_members =
        wzp_group_member_count(wzp__session_group(e->session)) *
        REPORT_MEMBER_NS;
    const wzp_tstamp every = by_members > REPORT_NS ? by_members : REPORT_NS;
    const wzp_tstamp ours = every / 65536 * own_sid(e);
    return now + every - (now + every - ours) % every;
}

static void send_reports(wzp_engine *e, wzp_tstamp now)
{
    wzp_control_item items[WZP__CONTROL_STATE_ITEMS + REPORTS];
    const size_t n0 = wzp__control_state(&e->control, items);
    const size_t n = add_reports(e, now, items, n0);
    if (n > n0 && send_items(e, now, items, n) == WZP_OK) {
        e->stats.reports_sent += n - n0;
    }
}

/* --- in --- */

static void push_peers(wzp_engine *e, wzp_tstamp now)
{
    wzp__control_peer peer;
    uint32_t member;
    while (wzp__control_news(&e->control, now, &member, &peer)) {
        wzp_client_event ev = {.kind = WZP_EVENT_PEER, .at = now};
        ev.u.peer.member = member;
        ev.u.peer.is_muted = peer.is_muted;
        ev.u.peer.is_held = peer.is_held;
        wzp__event_queue_push(&e->events, &ev);
    }
}

static void on_item(wzp_engine *e, wzp_tstamp now, uint32_t member,
                    const wzp_control_item *item)
{
    switch (item->type) {
    case WZP_CONTROL_REPORT:
        if (item->u.report.sid == own_sid(e)) {
            e->stats.reports_received++;
            wzp__engine_quality_heard(e, now, member, &item->u.report);
        }
        break;
    case WZP_CONTROL_MUTE:
    case WZP_CONTROL_HOLD: wzp__control_heard(&e->control, member, item); break;
    case WZP_CONTROL_KEEPALIVE: break; /* the group saw it */
    }
}

void wzp__engine_control_recv(wzp_engine *e, wzp_tstamp now, uint32_t member,
                              const uint8_t *plain, size_t len)
{
    wzp_control_item items[WZP_CONTROL_ITEMS_MAX];
    size_t n;
    if (wzp_control_decode(plain, len, items, &n) != WZP_OK) {
        e->stats.control_malformed++;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        on_item(e, now, member, &items[i]);
    }
    push_peers(e, now);
}

/* --- time --- */

static void push_talkers(wzp_engine *e, wzp_tstamp now)
{
    wzp_client_event ev = {.kind = WZP_EVENT_TALKERS, .at = now};
    if (wzp__talkers_poll(&e->voices.talkers, now, ev.u.talkers.of,
                          &ev.u.talkers.n)) {
        wzp__event_queue_push(&e->events, &ev);
    }
}

void wzp__engine_control_expire(wzp_engine *e, wzp_tstamp now)
{
    wzp__engine_audio_door(e, now, !wzp__control_is_open(&e->control, now));
    if (!can_send(e)) {
        return;
    }
    push_talkers(e, now);
    push_peers(e, now);
    if (wzp__control_is_due(&e->control, now)) {
        tell_state(e, now);
    }
    if (now >= e->report_at) {
        if (e->report_at != 0 && wzp__voices_has_report(&e->voices)) {
            send_reports(e, now);
        }
        e->report_at = next_report(e, now);
    }
}

wzp_tstamp wzp__engine_control_deadline(const wzp_engine *e)
{
    if (!can_send(e)) {
        return WZP_NEVER;
    }
    const wzp_tstamp at = wzp__control_deadline(&e->control);
    return e->report_at < at && wzp__voices_has_report(&e->voices)
               ? e->report_at
               : at;
}

void wzp__engine_control_left(wzp_engine *e, wzp_tstamp now)
{
    wzp__control_forget_all(&e->control);
    e->n_volumes = 0;
    e->voices.talkers = (wzp__talkers){0}; /* who was told is told of the end */
    wzp_engine_hold(e, now, false);
}

/* --- commands --- */

void wzp_engine_mute(wzp_engine *e, wzp_tstamp now, bool is_on)
{
    wzp__control_mute(&e->control, now, is_on);
    wzp__engine_control_expire(e, now);
}

void wzp_engine_hold(wzp_engine *e, wzp_tstamp now, bool is_on)
{
    wzp__control_hold(&e->control, now, is_on);
    wzp__voices_hold(&e->voices, is_on);
    wzp__engine_control_expire(e, now);
}

void wzp_engine_push_to_talk(wzp_engine *e, wzp_tstamp now, bool is_on,
                             bool is_down)
{
    wzp__control_key(&e->control, now, is_on, is_down);
    wzp__engine_control_expire(e, now);
}

static size_t find_volume(const wzp_engine *e, const wzp_member_info *info)
{
    size_t i = 0;
    while (i < e->n_volumes && memcmp(e->volume[i].fingerprint,
                                      info->fingerprint, WZP_FP_LEN) != 0) {
        i++;
    }
    return i;
}

static void keep_volume(wzp_engine *e, const wzp_member_info *info,
                        uint16_t gain)
{
    const size_t i = find_volume(e, info);
    if (!wzp__engine_is_proved(info) || i == WZP__VOLUMES) {
        return; /* it has it as long as its number */
    }
    if (gain == WZP__GAIN_ONE) {
        if (i < e->n_volumes) {
            e->volume[i] = e->volume[--e->n_volumes];
        }
        return;
    }
    e->n_volumes += i == e->n_volumes;
    memcpy(e->volume[i].fingerprint, info->fingerprint, WZP_FP_LEN);
    e->volume[i].gain = gain;
}

void wzp__engine_volume_meets(wzp_engine *e, const wzp_member_info *info)
{
    const size_t i = find_volume(e, info);
    if (wzp__engine_is_proved(info) && i < e->n_volumes) {
        wzp_ignore(
            wzp__voices_volume(&e->voices, info->member, e->volume[i].gain),
            "so many are not as they come already");
    }
}

wzp_err wzp_engine_volume(wzp_engine *e, wzp_tstamp now, uint32_t member,
                          uint32_t gain_percent)
{
    wzp_member_info info;
    (void)now;
    if (gain_percent > WZP_VOLUME_MAX) {
        return WZP_ERR_ARG;
    }
    const wzp_group *group = wzp__session_group(e->session);
    if (group == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    WZP_TRY(wzp_group_member_get(group, member, &info));
    const uint16_t gain = (uint16_t)(gain_percent * WZP__GAIN_ONE / 100);
    WZP_TRY(wzp__voices_volume(&e->voices, member, gain));
    keep_volume(e, &info, gain);
    return WZP_OK;
}
