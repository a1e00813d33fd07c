/* SPDX-License-Identifier: MIT */
/* What an engine is made of, for the files that make it work: engine.c
 * (routing), engine_audio.c (sound), engine_clear.c (legacy parties),
 * engine_contacts.c (people we know), engine_stats.c (the snapshot),
 * engine_life.c (making and freeing), engine_line.c (registration),
 * engine_calls.c (direct calls), engine_control.c (control frames, mute and
 * hold) and engine_quality.c (in which mode we send).
 */
#ifndef WZP_CLIENT_ENGINE_PARTS_H
#define WZP_CLIENT_ENGINE_PARTS_H

#include "account/pins.h"
#include "account/seen.h"
#include "audio/port.h"
#include "call/clear.h"
#include "call/clear_streams.h"
#include "call/engine_audio.h"
#include "call/event_queue.h"
#include "call/held.h"
#include "call/session.h"
#include "signal/calls.h"
#include "signal/line.h"
#include "voice/control.h"
#include "voice/sender.h"
#include "voice/voices.h"

#include <wzp/client/engine.h>
#include <wzp/proto/dred_tuner.h>
#include <wzp/proto/tier.h>
#include <wzp/proto/upgrade.h>

/* The volume of somebody, however its member is numbered. */
typedef struct wzp__kept_volume {
    uint8_t fingerprint[WZP_FP_LEN];
    uint16_t gain;
} wzp__kept_volume;

struct wzp_engine {
    wzp_engine_config cfg;
    char alias[WZP_ALIAS_MAX];
    wzp_pkt_pool *pool;
    wzp_endpoint *ep;
    wzp_pins *pins;
    wzp_contacts *contacts;
    wzp__session *session;
    wzp__sender *sender;
    wzp__voices voices;
    wzp__held held;
    wzp_audio_port port;
    wzp__event_queue events;

    wzp__seen *seen;
    wzp__clear clear;
    wzp__clear_streams streams;

    wzp__line *line;
    wzp_register reg; /* of the line; `relay` is the line's to tell */
    wzp__calls *calls;
    bool line_asked_first; /* about a certificate, when both wait */

    wzp_quality *quality;
    wzp_media_mode mode; /* that the sender was told */
    wzp_tier tier;       /* of it */
    wzp_tstamp path_at, repairs_at;
    wzp__receiver_stats repairs_from; /* before this connection */
    uint64_t repairs_told;            /* the relay knows of so many */
    uint64_t rtt_samples;             /* of the connection, noted so far */
    wzp_upgrade upgrade;              /* in a direct call: */
    char upgrade_call[WZP_CALL_ID_MAX + 1];
    wzp_tier peer_takes;
    wzp_tier_hysteresis legacy_tier; /* towards legacy parties */
    wzp_dred_tuner legacy_dred;

    uint32_t epoch; /* of the key group the voices belong to */

    wzp__engine_audio audio;
    bool is_closed; /* nothing of the microphone goes out now */
    wzp__control control;
    wzp__kept_volume volume[WZP__VOLUMES]; /* of those who proved who they are,
                                              for this room */
    size_t n_volumes;
    wzp_tstamp report_at; /* the next receiver reports, not before */
    wzp_tstamp stats_at;
    wzp_client_stats stats; /* the counters kept here; rest on demand */
};

/* --- engine.c --- */

/* What the sender has, as packets. */
void wzp__engine_send_media(wzp_engine *e, wzp_tstamp now);
/* Hand a sealed packet to the connection and count how that went. */
void wzp__engine_send_packet(wzp_engine *e, wzp_tstamp now, wzp_pkt *pkt,
                             uint64_t *counter);

/* --- engine_control.c --- */

/* A control frame of this member. */
void wzp__engine_control_recv(wzp_engine *e, wzp_tstamp now, uint32_t member,
                              const uint8_t *plain, size_t len);
void wzp__engine_keep_alive(wzp_engine *e, wzp_tstamp now);
void wzp__engine_control_expire(wzp_engine *e, wzp_tstamp now);
wzp_tstamp wzp__engine_control_deadline(const wzp_engine *e);
/* A member proved who it is: as loud as it was before. */
void wzp__engine_volume_meets(wzp_engine *e, const wzp_member_info *info);
/* The room was left: nobody is on hold any more. Mute and push-to-talk stay. */
void wzp__engine_control_left(wzp_engine *e, wzp_tstamp now);

/* --- engine_stats.c --- */

void wzp__engine_keep_path_stats(wzp_engine *e, wzp_conn_id conn);

/* --- engine_contacts.c --- */

/* A member that proved who it is: somebody we know? False: it has the
 * fingerprint of a contact and another key; it gets no keys, and the host was
 * told. */
bool wzp__engine_contact_meets(wzp_engine *e, wzp_tstamp now,
                               const wzp_member_info *info);
/* A contact whose key was seen. */
bool wzp__engine_contact_can_seal(const wzp_engine *e,
                                  const uint8_t fp[WZP_FP_LEN]);
/* What the user calls this member, into a WZP_EVENT_MEMBER. */
void wzp__engine_contact_name(const wzp_engine *e, wzp_client_event *ev);
/* Into a room in which only contacts get keys. Errors of wzp_engine_join. */
WZP_NODISCARD wzp_err wzp__engine_contacts_join(wzp_engine *e, wzp_tstamp now,
                                                const wzp_join *join);

/* --- engine_clear.c --- */

/* Ask the rules again: members or the relay may have changed. */
void wzp__engine_clear_review(wzp_engine *e, wzp_tstamp now);
/* This member proved that it can seal, if it did. */
void wzp__engine_clear_note(wzp_engine *e, const wzp_member_info *info);
/* A packet that is not sealed: played when clear media is on. False: it is
 * not. */
bool wzp__engine_clear_recv(wzp_engine *e, wzp_tstamp now, const wzp_pkt *pkt);
/* Somebody hears what we say: when muted, legacy listeners only, to whom a gap
 * would be loss. */
bool wzp__engine_is_heard(const wzp_engine *e);
/* The next packet in clear; false when there is none. */
bool wzp__engine_clear_next(wzp_engine *e, wzp_tstamp now, wzp_pkt *pkt);

/* --- engine_quality.c --- */

WZP_NODISCARD wzp_err wzp__engine_quality_new(wzp_engine *e, wzp_tstamp now);
/* In the room, over a connection of its own; and out of it. */
void wzp__engine_quality_begin(wzp_engine *e, wzp_tstamp now);
void wzp__engine_quality_end(wzp_engine *e);
/* Members came, went, or proved what they are. */
void wzp__engine_quality_review(wzp_engine *e, wzp_tstamp now);
void wzp__engine_quality_gone(wzp_engine *e, uint32_t member);
/* A media packet goes out. */
void wzp__engine_quality_sent(wzp_engine *e, wzp_tstamp now,
                              const wzp_pkt *pkt);
/* A member's report about our stream; a legacy party's about its path. */
void wzp__engine_quality_heard(wzp_engine *e, wzp_tstamp now, uint32_t member,
                               const wzp_receiver_report *report);
void wzp__engine_quality_legacy(wzp_engine *e, const wzp_quality_report *r);
/* The relay's ceiling. */
void wzp__engine_quality_directive(wzp_engine *e, wzp_tstamp now,
                                   wzp_codec_id codec);
/* The sender and the host get the mode that is in force now. */
void wzp__engine_quality_apply(wzp_engine *e, wzp_tstamp now);
void wzp__engine_quality_expire(wzp_engine *e, wzp_tstamp now);
wzp_tstamp wzp__engine_quality_deadline(const wzp_engine *e);
void wzp__engine_quality_stats(const wzp_engine *e, wzp_client_stats *out);

/* --- engine_upgrade.c --- */

/* In a room; the other side of a direct call has come into it. */
void wzp__engine_upgrade_begin(wzp_engine *e, wzp_tstamp now);
void wzp__engine_upgrade_tell(wzp_engine *e, wzp_tstamp now);
/* We would send this tier. */
void wzp__engine_upgrade_want(wzp_engine *e, wzp_tstamp now, wzp_tier wanted);
/* False: the signal is about something else. */
bool wzp__engine_upgrade_recv(wzp_engine *e, wzp_tstamp now,
                              const wzp_signal *sig);

/* --- engine_line.c --- */

/* False when there was nothing. */
bool wzp__engine_line_drain(wzp_engine *e, wzp_tstamp now);
/* The answer to a question about a certificate is for the line. */
bool wzp__engine_line_asks(const wzp_engine *e);
static inline bool wzp__engine_is_proved(const wzp_member_info *info)
{
    return info->state == WZP_MEMBER_VERIFIED ||
           info->state == WZP_MEMBER_KEYED;
}

/* --- engine_calls.c --- */

/* False when the calls had nothing to do. */
bool wzp__engine_calls_drain(wzp_engine *e, wzp_tstamp now);
/* From the line. */
void wzp__engine_calls_recv(wzp_engine *e, wzp_tstamp now,
                            const wzp_signal *sig);
/* The line's state may have changed. */
void wzp__engine_calls_line(wzp_engine *e);

static inline bool wzp__engine_is_clear(const wzp_engine *e)
{
    return e->clear.state == WZP_CLEAR_ON &&
           wzp__session_state(e->session) == WZP_CLIENT_JOINED;
}

#endif
