/* SPDX-License-Identifier: MIT */
/* The engine and the people its user knows: members held against the keys that
 * are kept, and commands about contacts.
 */
#include "call/engine_parts.h"

#include <wzp/crypto/wipe.h>

#include <string.h>

static wzp_unix_s unix_now(const wzp_engine *e)
{
    return e->cfg.unix_now(e->cfg.unix_now_user);
}

/* seen may be NULL. */
static void tell(wzp_engine *e, wzp_tstamp now, wzp_err why,
                 const uint8_t fp[WZP_FP_LEN], const uint8_t *seen)
{
    wzp_contact known;
    wzp_client_event ev = {.kind = WZP_EVENT_CONTACT, .at = now};
    ev.u.contact.why = why;
    memcpy(ev.u.contact.fingerprint, fp, WZP_FP_LEN);
    if (wzp_contacts_find(e->contacts, fp, &known) == WZP_OK) {
        memcpy(ev.u.contact.name, known.name, sizeof known.name);
        memcpy(ev.u.contact.pinned, known.key, WZP_KEY_LEN);
        ev.u.contact.is_verified = known.is_verified;
    }
    if (seen != NULL) {
        memcpy(ev.u.contact.seen, seen, WZP_KEY_LEN);
    }
    wzp__event_queue_push(&e->events, &ev);
}

bool wzp__engine_contact_meets(wzp_engine *e, wzp_tstamp now,
                               const wzp_member_info *info)
{
    if (!wzp__engine_is_proved(info) ||
        wzp_contacts_see(e->contacts, info->identity, unix_now(e)) !=
            WZP_ERR_CONTACT) {
        return true;
    }
    wzp_ignore(wzp_group_refuse(wzp__session_group(e->session), now,
                                info->member, WZP_ERR_CONTACT),
               "it was asked about just now");
    tell(e, now, WZP_ERR_CONTACT, info->fingerprint, info->identity);
    return false;
}

bool wzp__engine_contact_can_seal(const wzp_engine *e,
                                  const uint8_t fp[WZP_FP_LEN])
{
    wzp_contact known;
    return wzp_contacts_find(e->contacts, fp, &known) == WZP_OK &&
           known.is_capable;
}

void wzp__engine_contact_name(const wzp_engine *e, wzp_client_event *ev)
{
    wzp_contact known;
    if (wzp__engine_is_proved(&ev->u.member.info) &&
        wzp_contacts_find(e->contacts, ev->u.member.info.fingerprint, &known) ==
            WZP_OK) {
        memcpy(ev->u.member.contact, known.name, sizeof known.name);
        ev->u.member.is_verified = known.is_verified;
    }
}

/* --- a room for contacts only --- */

static void list_contacts(const wzp_engine *e, uint8_t (*out)[WZP_FP_LEN],
                          size_t n)
{
    for (size_t i = 0; i < n; i++) {
        wzp_contact known = {.size = sizeof known};
        wzp_ignore(wzp_contacts_at(e->contacts, i, &known),
                   "there are n of them");
        memcpy(out[i], known.fingerprint, WZP_FP_LEN);
    }
}

wzp_err wzp__engine_contacts_join(wzp_engine *e, wzp_tstamp now,
                                  const wzp_join *join)
{
    const size_t n = wzp_contacts_count(e->contacts);
    const size_t all = n + join->n_allowed;
    uint8_t(*list)[WZP_FP_LEN] =
        wzp_mem_array(&e->cfg.mem, all + 1, WZP_FP_LEN);
    if (list == NULL) {
        return WZP_ERR_NOMEM;
    }
    list_contacts(e, list, n);
    if (join->n_allowed > 0) {
        memcpy(list[n], join->allowed, join->n_allowed * WZP_FP_LEN);
    }
    wzp_join with = *join;
    with.allowed = (const uint8_t(*)[WZP_FP_LEN])list;
    with.n_allowed = all;
    const wzp_err err = wzp__session_start(e->session, now, &with);
    wzp_wipe(&with, sizeof with);
    wzp_mem_free(&e->cfg.mem, list, (all + 1) * WZP_FP_LEN);
    return err;
}

/* Whoever became a contact, saved or not, in the room we are in. */
static wzp_err let_in(wzp_engine *e, wzp_tstamp now,
                      const uint8_t fp[WZP_FP_LEN])
{
    wzp_contact known;
    if (wzp__session_policy(e->session) != WZP_POLICY_CONTACTS ||
        wzp_contacts_find(e->contacts, fp, &known) != WZP_OK) {
        return WZP_OK;
    }
    return wzp__session_allow(e->session, now, fp);
}

/* --- commands --- */

/* Members with this fingerprint are told of again, as what they are to us now.
 * Who is added while here was seen. */
static void tell_members(wzp_engine *e, wzp_tstamp now,
                         const uint8_t fp[WZP_FP_LEN])
{
    const wzp_group *g = wzp__session_group(e->session);
    const size_t n = g == NULL ? 0 : wzp_group_member_count(g);
    for (size_t i = 0; i < n; i++) {
        wzp_client_event ev = {.kind = WZP_EVENT_MEMBER, .at = now};
        wzp_member_info *info = &ev.u.member.info;
        if (wzp_group_member_at(g, i, info) == WZP_OK &&
            wzp__engine_is_proved(info) &&
            memcmp(info->fingerprint, fp, WZP_FP_LEN) == 0 &&
            wzp__engine_contact_meets(e, now, info)) {
            wzp__engine_contact_name(e, &ev);
            wzp__event_queue_push(&e->events, &ev);
        }
    }
}

static wzp_err done(wzp_engine *e, wzp_tstamp now, wzp_err err,
                    const uint8_t fp[WZP_FP_LEN])
{
    tell_members(e, now, fp);
    tell(e, now, err, fp, NULL);
    return err;
}

wzp_err wzp_engine_contact_add(wzp_engine *e, wzp_tstamp now,
                               const uint8_t fp[WZP_FP_LEN], const char *name)
{
    const wzp_err err = wzp_contacts_add(e->contacts, fp, name, unix_now(e));
    const wzp_err listed = let_in(e, now, fp);
    return done(e, now, err != WZP_OK ? err : listed, fp);
}

wzp_err wzp_engine_contact_verify(wzp_engine *e, wzp_tstamp now,
                                  const uint8_t fp[WZP_FP_LEN],
                                  bool is_verified)
{
    return done(e, now, wzp_contacts_verify(e->contacts, fp, is_verified), fp);
}

wzp_err wzp_engine_contact_forget(wzp_engine *e, wzp_tstamp now,
                                  const uint8_t fp[WZP_FP_LEN])
{
    const wzp_err err = wzp_contacts_forget(e->contacts, fp);
    if (err != WZP_ERR_NOT_FOUND &&
        wzp__session_policy(e->session) == WZP_POLICY_CONTACTS) {
        wzp__session_disallow(e->session, now, fp);
    }
    return done(e, now, err, fp);
}

const wzp_contacts *wzp_engine_contacts_view(const wzp_engine *e)
{
    return e->contacts;
}
