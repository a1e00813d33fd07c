/* SPDX-License-Identifier: MIT */
/* Routing by member id, see key_route.h. Messages are written anew from their
 * decoded form, so that a receiver's parser sees only what ours understood.
 */
#include "signal/key_route.h"

#include "signal/budget.h"

#include <inttypes.h>
#include <string.h>

typedef struct route {
    wzp__room *room;
    wzp__member *from;
    wzp__egress *eg;
    wzp_tstamp now;
} route;

bool wzp__key_route_takes(wzp_signal_kind kind)
{
    return kind == WZP_SIG_KEY_PACKAGE_REQUEST || kind == WZP_SIG_E2EE_PAIR ||
           kind == WZP_SIG_E2EE_KEYS || kind == WZP_SIG_E2EE_KEY_REQUEST;
}

static void refuse(const route *r, const char *why)
{
    r->eg->stats->signals_refused++;
    WZP_LOG(r->eg->log, WZP_LOG_DEBUG, "relay", "keys.refused",
            "conn=%" PRIu64 " why=\"%s\"", r->from->conn, why);
}

static bool pay(const route *r, uint64_t tokens)
{
    if (wzp__budget_take(&r->from->budget, r->now, r->room->n, tokens)) {
        return true;
    }
    refuse(r, "too many");
    return false;
}

/* Whoever says it is from somebody else gets nothing routed. */
static bool is_own(const route *r, const uint8_t from[WZP_MID_LEN])
{
    if (memcmp(from, r->from->mid, WZP_MID_LEN) == 0) {
        return true;
    }
    refuse(r, "from is not the sender");
    return false;
}

/* The member that `to` names, if the message may go there. */
static wzp__member *receiver(const route *r, const uint8_t to[WZP_MID_LEN])
{
    wzp__member *m = wzp__room_find(r->room, to);
    if (m == NULL || m == r->from) {
        refuse(r, "no such receiver");
        return NULL;
    }
    if (!wzp__egress_takes_routed(r->eg, m->conn)) {
        refuse(r, "receiver is behind");
        return NULL;
    }
    return pay(r, 1) ? m : NULL;
}

static void route_one(const route *r, const uint8_t from[WZP_MID_LEN],
                      const uint8_t to[WZP_MID_LEN], const wzp_signal *sig)
{
    const wzp__member *m = is_own(r, from) ? receiver(r, to) : NULL;
    if (m != NULL) {
        wzp__egress_signal(r->eg, r->now, m->conn, sig);
        r->eg->stats->keys_routed++;
    }
}

/* One message per receiver, with its box only. A second box for one receiver
 * in one message is refused: it could only fill that receiver's queue. */
static void route_keys(const route *r, const wzp_sig_e2ee_keys *keys)
{
    if (!is_own(r, keys->from)) {
        return;
    }
    r->room->stamp++;
    for (size_t i = 0; i < keys->k.n; i++) {
        wzp__member *m = receiver(r, keys->k.v[i].to);
        if (m == NULL) {
            continue;
        }
        if (m->stamp == r->room->stamp) {
            refuse(r, "second box for one receiver");
            continue;
        }
        m->stamp = r->room->stamp;
        wzp_signal sig = {.kind = WZP_SIG_E2EE_KEYS, .u.e2ee_keys = *keys};
        sig.u.e2ee_keys.k = (wzp_e2ee_box_list){&keys->k.v[i], 1};
        wzp__egress_signal(r->eg, r->now, m->conn, &sig);
        r->eg->stats->keys_routed++;
    }
}

/* Packages of members that are here, in messages of bounded size. What does
 * not fit into the asker's own queue is left out; it asks again. */
static void answer_request(const route *r,
                           const wzp_sig_key_package_request *request)
{
    size_t i = 0;
    while (i < request->mids.n) {
        wzp_bytes kps[WZP__KPS_PER_MESSAGE];
        size_t n = 0;
        for (; i < request->mids.n && n < WZP__KPS_PER_MESSAGE; i++) {
            wzp_bytes mid = request->mids.v[i];
            const wzp__member *m = mid.len == WZP_MID_LEN
                                       ? wzp__room_find(r->room, mid.ptr)
                                       : NULL;
            if (m != NULL) {
                kps[n] = (wzp_bytes){m->kp, sizeof m->kp};
                n++;
            }
        }
        if (n == 0) {
            return;
        }
        if (!wzp__egress_takes_routed(r->eg, r->from->conn) || !pay(r, n)) {
            refuse(r, "asker is behind");
            return;
        }
        wzp_signal sig = {.kind = WZP_SIG_KEY_PACKAGES,
                          .u.key_packages = {.kps = {kps, n}}};
        wzp__egress_signal(r->eg, r->now, r->from->conn, &sig);
    }
}

void wzp__key_route(wzp__room *room, wzp__member *from, wzp__egress *eg,
                    wzp_tstamp now, const wzp_signal *sig)
{
    const route r = {.room = room, .from = from, .eg = eg, .now = now};
    if (!from->is_capable) {
        refuse(&r, "legacy member");
        return;
    }
    switch (sig->kind) {
    case WZP_SIG_E2EE_PAIR:
        route_one(&r, sig->u.e2ee_pair.from, sig->u.e2ee_pair.to, sig);
        break;
    case WZP_SIG_E2EE_KEY_REQUEST:
        route_one(&r, sig->u.e2ee_key_request.from, sig->u.e2ee_key_request.to,
                  sig);
        break;
    case WZP_SIG_E2EE_KEYS: route_keys(&r, &sig->u.e2ee_keys); break;
    case WZP_SIG_KEY_PACKAGE_REQUEST:
        answer_request(&r, &sig->u.key_package_request);
        break;
    default: break;
    }
}
