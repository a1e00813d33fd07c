/* SPDX-License-Identifier: MIT */
/* Agreement of two sides of a direct call on a higher tier, as a machine:
 * UpgradeProposal, UpgradeResponse, UpgradeConfirm. A tier that is confirmed
 * may be sent by both; nobody has to. Down goes each side at once and asks
 * nobody. Source: spec/client.md 3.7, spec/weaknesses-client.md 82.
 *
 *   IDLE ─propose→ PROPOSED ─yes, confirm→ IDLE   both may send it
 *                  PROPOSED ─no, or 5 s→ IDLE     it stays as it is
 *   IDLE ─proposal, yes→ ACCEPTED ─confirm→ IDLE  both may send it
 *                        ACCEPTED ─5 s→ IDLE
 * -- end of states
 *
 * Both propose at the same time: the proposal of the smaller fingerprint
 * stands, and the other side answers it. Each message may come twice.
 */
#ifndef WZP_PROTO_UPGRADE_H
#define WZP_PROTO_UPGRADE_H

#include <wzp/proto/profile.h>

#define WZP_UPGRADE_ID_MAX 64 /* bytes, without NUL */

typedef enum wzp_upgrade_kind {
    WZP_UPGRADE_PROPOSAL,
    WZP_UPGRADE_RESPONSE,
    WZP_UPGRADE_CONFIRM,
} wzp_upgrade_kind;

typedef struct wzp_upgrade_msg {
    wzp_upgrade_kind kind;
    char id[WZP_UPGRADE_ID_MAX + 1]; /* of the proposal */
    wzp_tier tier;                   /* not of a response */
    bool is_accepted;                /* of a response */
} wzp_upgrade_msg;

typedef enum wzp_upgrade_state {
    WZP_UPGRADE_IDLE,
    WZP_UPGRADE_PROPOSED,
    WZP_UPGRADE_ACCEPTED,
} wzp_upgrade_state;

/* Lives in its owner; read `agreed`, leave the rest alone. */
typedef struct wzp_upgrade {
    wzp_tier agreed; /* the highest that both may send */
    wzp_upgrade_state state;
    bool is_smaller; /* our fingerprint */
    wzp_tier tier;   /* that is being agreed on */
    char id[WZP_UPGRADE_ID_MAX + 1];
    char last[WZP_UPGRADE_ID_MAX + 1]; /* proposal of theirs answered last */
    bool last_accepted;
    wzp_tstamp deadline;
    wzp_tstamp not_before; /* of the next proposal */
    bool has_out;
    wzp_upgrade_msg out;
} wzp_upgrade;

/* A call begins. agreed: what may be sent without asking. */
void wzp_upgrade_init(wzp_upgrade *u, wzp_tier agreed, bool is_smaller)
    WZP_NONNULL(1);

/* Ask for this tier; id: of this proposal only, at most WZP_UPGRADE_ID_MAX
 * bytes of it count. False: it is agreed on already,
 * or not now, as one is being agreed on, or the last one was made less than a
 * minute ago, whatever became of it. */
bool wzp_upgrade_propose(wzp_upgrade *u, wzp_tstamp now, wzp_tier tier,
                         const char *id) WZP_NONNULL(1, 4);

/* The other side's message. may: we can take this tier ourselves, and hear them
 * well. True: `agreed` has changed. */
bool wzp_upgrade_recv(wzp_upgrade *u, wzp_tstamp now,
                      const wzp_upgrade_msg *msg, bool may) WZP_NONNULL(1, 3);

/* What is to be sent. */
bool wzp_upgrade_poll(wzp_upgrade *u, wzp_upgrade_msg *out) WZP_NONNULL(1, 2);
void wzp_upgrade_expire(wzp_upgrade *u, wzp_tstamp now) WZP_NONNULL(1);
wzp_tstamp wzp_upgrade_deadline(const wzp_upgrade *u) WZP_NONNULL(1);

#endif
