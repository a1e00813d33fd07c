/* SPDX-License-Identifier: MIT */
/* Quality control of one sender: what listeners report about our stream, and
 * what the path shows, become the mode we send in (mode.h). A machine: no
 * clock, no I/O.
 *
 * Loss chooses redundancy, the bandwidth there is chooses the tier; a long
 * round trip alone costs nothing. Down at once, up with hysteresis and by
 * probing, back when a probe fails. Listeners say what they received
 * (secure-media.md 7); a relay's QualityDirective is a ceiling that expires.
 */
#ifndef WZP_PROTO_QUALITY_H
#define WZP_PROTO_QUALITY_H

#include <wzp/proto/control.h>
#include <wzp/proto/env.h>
#include <wzp/proto/mode.h>

typedef struct wzp_quality wzp_quality;

typedef enum wzp_network {
    WZP_NETWORK_UNKNOWN, /* as WIFI */
    WZP_NETWORK_WIFI,    /* or a cable */
    WZP_NETWORK_CELLULAR,
} wzp_network;

/* Why the mode of sending changed. */
typedef enum wzp_quality_why {
    WZP_QUALITY_START,
    WZP_QUALITY_LOSS,      /* the listeners lose packets, or no more */
    WZP_QUALITY_BANDWIDTH, /* the path holds less, or more */
    WZP_QUALITY_PROBE,     /* tried a higher tier, or came back from it */
    WZP_QUALITY_DIRECTIVE, /* a relay's ceiling, or its end */
    WZP_QUALITY_PEERS,     /* listeners with other abilities */
    WZP_QUALITY_NETWORK,   /* another network */
    WZP_QUALITY_USER,      /* forced, or no more */
} wzp_quality_why;

typedef struct wzp_quality_config {
    size_t size;
    wzp_tier max_tier;   /* default STUDIO_64K */
    wzp_tier start_tier; /* default GOOD */
    wzp_network network; /* default UNKNOWN */
} wzp_quality_config;

void wzp_quality_config_default_sized(wzp_quality_config *cfg, size_t size)
    WZP_NONNULL(1);
static inline void wzp_quality_config_default(wzp_quality_config *cfg)
{
    wzp_quality_config_default_sized(cfg, sizeof *cfg);
}

/* 33 KB. WZP_ERR_CONFIG, WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_quality_new(wzp_quality **out, const wzp_mem *mem,
                                      const wzp_quality_config *cfg,
                                      wzp_tstamp now) WZP_NONNULL(1, 2, 3);
void wzp_quality_free(wzp_quality *q);

/* --- what is known --- */

/* A connection begins, or begins anew: its way was never measured, its
 * listeners are numbered as they come. The tier stays. */
void wzp_quality_begin(wzp_quality *q, wzp_tstamp now) WZP_NONNULL(1);
/* A listener's report about our stream; `listener` tells them apart. Each
 * counts for 5 s after its last one, the worst of them decides. Of more than 32
 * that report at a time the others are not asked. */
void wzp_quality_heard(wzp_quality *q, wzp_tstamp now, uint32_t listener,
                       const wzp_receiver_report *report) WZP_NONNULL(1, 4);
/* It left, or was not heard. */
void wzp_quality_forget(wzp_quality *q, uint32_t listener) WZP_NONNULL(1);

/* A media packet left: the sequence number of its first new frame, and its
 * length as a datagram. Reports are held against this. */
void wzp_quality_sent(wzp_quality *q, wzp_tstamp now, uint16_t seq, size_t len)
    WZP_NONNULL(1);

/* Our own hop, as transport sees it; every 100 ms or so. Zeros where nothing
 * is known. */
typedef struct wzp_quality_path {
    uint64_t rtt_us;        /* newest sample */
    uint64_t arrived_bytes; /* on the wire: all sent and not in flight, ever */
    uint64_t in_flight_bytes; /* on the wire */
    uint32_t loss_permille;   /* of our media, last second */
} wzp_quality_path;
void wzp_quality_path_note(wzp_quality *q, wzp_tstamp now,
                           const wzp_quality_path *path) WZP_NONNULL(1, 3);

/* WZP_CAP_* that all listeners have; before the first: none. */
void wzp_quality_caps(wzp_quality *q, wzp_tstamp now, uint32_t caps)
    WZP_NONNULL(1);
/* A relay's word: not above this tier for 30 s. */
void wzp_quality_directive(wzp_quality *q, wzp_tstamp now, wzp_tier ceiling)
    WZP_NONNULL(1);
/* What the other side of a direct call can take (QualityCapability). */
void wzp_quality_peer_max(wzp_quality *q, wzp_tstamp now, wzp_tier max)
    WZP_NONNULL(1);
/* The machine is on another network, or on another kind of one. */
void wzp_quality_network(wzp_quality *q, wzp_tstamp now, wzp_network kind)
    WZP_NONNULL(1);

/* --- what the user wants --- */

/* This tier, whatever happens; redundancy goes on following the loss. */
void wzp_quality_force(wzp_quality *q, wzp_tstamp now, wzp_tier tier)
    WZP_NONNULL(1);
/* This mode and nothing else. For tests, benches, fixed set-ups. */
void wzp_quality_fix(wzp_quality *q, wzp_tstamp now, const wzp_media_mode *mode)
    WZP_NONNULL(1, 3);
void wzp_quality_auto(wzp_quality *q, wzp_tstamp now) WZP_NONNULL(1);

/* --- the machine's verbs --- */

/* When the deadline is there, or at any time. After this and after each call
 * above, state.changes tells whether the mode is another. */
void wzp_quality_expire(wzp_quality *q, wzp_tstamp now) WZP_NONNULL(1);
/* WZP_NEVER: none. */
wzp_tstamp wzp_quality_deadline(const wzp_quality *q) WZP_NONNULL(1);

typedef struct wzp_quality_state {
    size_t size;
    wzp_media_mode mode; /* to send in now, fitted to the listeners */
    wzp_tier tier;
    uint32_t changes;    /* of the mode, so far: has it changed? */
    wzp_quality_why why; /* of the last change */
    wzp_tier wanted;     /* would be tried, were it allowed; else `tier` */
    bool is_forced, is_probing;
    uint32_t estimate_bps;  /* what the path holds; 0: not known */
    uint32_t queue_ms;      /* self-made delay on the path */
    uint16_t loss_permille; /* worst listener, windowed */
    uint32_t burst_ms;      /* longest loss lately, 0: singles */
} wzp_quality_state;
void wzp_quality_state_get(const wzp_quality *q, wzp_quality_state *out)
    WZP_NONNULL(1, 2);

#endif
