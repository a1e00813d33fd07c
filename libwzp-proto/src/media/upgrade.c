/* SPDX-License-Identifier: MIT */
/* Agreement on a higher tier, see upgrade.h. */
#include <wzp/proto/upgrade.h>

#include <string.h>

#define ANSWER_WITHIN (5 * WZP_S)  /* spec/client.md 3.7 */
#define AGAIN_AFTER   (60 * WZP_S) /* chosen: as a probe that failed */

void wzp_upgrade_init(wzp_upgrade *u, wzp_tier agreed, bool is_smaller)
{
    *u = (wzp_upgrade){
        .agreed = agreed, .is_smaller = is_smaller, .deadline = WZP_NEVER};
}

static void copy_id(char to[WZP_UPGRADE_ID_MAX + 1], const char *from)
{
    size_t n = 0;
    while (n < WZP_UPGRADE_ID_MAX && from[n] != '\0') {
        to[n] = from[n];
        n++;
    }
    to[n] = '\0';
}

static void rest(wzp_upgrade *u)
{
    u->state = WZP_UPGRADE_IDLE;
    u->deadline = WZP_NEVER;
    u->id[0] = '\0';
}

static void send(wzp_upgrade *u, wzp_upgrade_kind kind, const char *id,
                 bool is_accepted)
{
    u->has_out = true;
    u->out = (wzp_upgrade_msg){
        .kind = kind, .tier = u->tier, .is_accepted = is_accepted};
    copy_id(u->out.id, id);
}

bool wzp_upgrade_propose(wzp_upgrade *u, wzp_tstamp now, wzp_tier tier,
                         const char *id)
{
    if (u->state != WZP_UPGRADE_IDLE || now < u->not_before ||
        tier <= u->agreed) {
        return false;
    }
    u->state = WZP_UPGRADE_PROPOSED;
    u->tier = tier;
    u->deadline = now + ANSWER_WITHIN;
    u->not_before = now + AGAIN_AFTER;
    copy_id(u->id, id);
    send(u, WZP_UPGRADE_PROPOSAL, id, false);
    return true;
}

static bool agree(wzp_upgrade *u)
{
    const bool is_more = u->tier > u->agreed;
    u->agreed = is_more ? u->tier : u->agreed;
    rest(u);
    return is_more;
}

static void on_proposal(wzp_upgrade *u, wzp_tstamp now,
                        const wzp_upgrade_msg *msg, bool may)
{
    if (u->last[0] != '\0' && strcmp(msg->id, u->last) == 0) {
        send(u, WZP_UPGRADE_RESPONSE, msg->id, u->last_accepted);
        return; /* again: the answer was lost */
    }
    if (u->state == WZP_UPGRADE_PROPOSED && u->is_smaller) {
        return; /* ours stands */
    }
    copy_id(u->last, msg->id);
    u->last_accepted = may;
    rest(u);
    if (may) {
        u->state = WZP_UPGRADE_ACCEPTED;
        u->tier = msg->tier;
        u->deadline = now + ANSWER_WITHIN;
        copy_id(u->id, msg->id);
    }
    send(u, WZP_UPGRADE_RESPONSE, msg->id, may);
}

bool wzp_upgrade_recv(wzp_upgrade *u, wzp_tstamp now,
                      const wzp_upgrade_msg *msg, bool may)
{
    if (msg->kind == WZP_UPGRADE_PROPOSAL) {
        on_proposal(u, now, msg, may);
        return false;
    }
    if (strcmp(msg->id, u->id) != 0) {
        return false; /* of another one, or again */
    }
    if (msg->kind == WZP_UPGRADE_CONFIRM) {
        return u->state == WZP_UPGRADE_ACCEPTED && msg->tier == u->tier &&
               agree(u);
    }
    if (u->state != WZP_UPGRADE_PROPOSED) {
        return false;
    }
    if (!msg->is_accepted) {
        rest(u);
        return false;
    }
    send(u, WZP_UPGRADE_CONFIRM, u->id, true);
    return agree(u);
}

bool wzp_upgrade_poll(wzp_upgrade *u, wzp_upgrade_msg *out)
{
    if (!u->has_out) {
        return false;
    }
    *out = u->out;
    u->has_out = false;
    return true;
}

void wzp_upgrade_expire(wzp_upgrade *u, wzp_tstamp now)
{
    if (now >= u->deadline) {
        rest(u);
    }
}

wzp_tstamp wzp_upgrade_deadline(const wzp_upgrade *u)
{
    return u->deadline;
}
