/* SPDX-License-Identifier: MIT */
/* May media be clear? The rules of design/secure-media.md 1, decided from what
 * is known of the room; nothing else in the client decides it.
 *
 *   legacy party here ─ allow_legacy?
 *     no ──► REFUSED, LEGACY
 *     yes ─ sealed in this membership, somebody capable listed, or a seen
 *           identity?
 *       yes ──► REFUSED, DOWNGRADE
 *       no ─ accepted?
 *         no ──► ASKED
 *         yes ──► ON
 */
#ifndef WZP_CLIENT_CLEAR_H
#define WZP_CLIENT_CLEAR_H

#include <wzp/client/event.h>

/* One membership, reconnects included. */
typedef struct wzp__clear {
    bool is_allowed;  /* by the configuration */
    bool is_accepted; /* by the application */
    bool was_sealed;  /* a member proved that it can seal */
    bool has_seen;    /* a legacy member's identity could seal before */
    size_t n_capable; /* as of the last review */
    size_t n_legacy;
    wzp_clear_state state;
    wzp_err why;
} wzp__clear;

/* What is in the room now. */
typedef struct wzp__clear_view {
    bool is_relay_legacy;
    size_t n_capable; /* listed with a member id, whatever their state */
    size_t n_legacy;
    bool has_seen;
} wzp__clear_view;

/* A new membership. */
void wzp__clear_begin(wzp__clear *c);

/* True when the state or its reason changed. */
bool wzp__clear_review(wzp__clear *c, const wzp__clear_view *view);

/* The application accepts. Errors of wzp_engine_accept_clear but STATE. */
WZP_NODISCARD wzp_err wzp__clear_accept(wzp__clear *c);

#endif
