/* SPDX-License-Identifier: MIT */
/* Who gets a packet, see forward.h.
 */
#include "room/forward.h"

#include <wzp/crypto/sframe.h>

/* Clear packets go between legacy members, and to and from a capable member
 * that is the only one: with a second one the room is sealed, and no client of
 * ours sends or plays anything clear there (secure-media.md 1). */
static bool may_clear(const wzp__room *room, const wzp__member *m)
{
    return !m->is_capable || room->n_capable == 1;
}

static bool check_clear(const wzp__room *room, const wzp__member *from,
                        wzp_relay_stats *stats, const wzp_pkt *pkt)
{
    wzp_media_view view;
    if (wzp_media_view_decode(pkt->data, pkt->len, &view) != WZP_OK) {
        stats->media_dropped_malformed++; /* a trailer that is not there */
        return false;
    }
    stats->media_dropped_legacy += !may_clear(room, from);
    return may_clear(room, from);
}

/* Where the packet may go; *sealed says by which rule. False: counted and
 * dropped. */
static bool check(const wzp__room *room, const wzp__member *from,
                  wzp_relay_stats *stats, const wzp_pkt *pkt, bool *sealed)
{
    wzp_media_hdr hdr;
    if (wzp_media_hdr_decode(pkt->data, pkt->len, &hdr) != WZP_OK) {
        stats->media_dropped_malformed++;
        return false;
    }
    *sealed = (hdr.flags & WZP_MEDIA_SEALED) != 0;
    if (!*sealed) {
        return check_clear(room, from, stats, pkt);
    }
    wzp_sealed_view view;
    if (wzp_sealed_view_decode(pkt->data, pkt->len, &view) != WZP_OK) {
        stats->media_dropped_malformed++;
        return false;
    }
    if (!from->is_capable || (uint16_t)(view.kid >> 16) != from->sid) {
        stats->media_dropped_sid++;
        return false;
    }
    return true;
}

void wzp__forward(const wzp__room *room, const wzp__member *from,
                  wzp__egress *eg, wzp_tstamp now, wzp_pkt *pkt)
{
    bool sealed = false;
    eg->stats->media_in++;
    eg->stats->media_in_bytes += pkt->len;
    if (!check(room, from, eg->stats, pkt, &sealed)) {
        return;
    }
    pkt->stream = from->sid;
    for (size_t i = 0; i < room->n; i++) {
        const wzp__member *to = room->members[i];
        if (to == from) {
            continue;
        }
        if (sealed ? !to->is_capable : !may_clear(room, to)) {
            eg->stats->media_dropped_legacy++;
            continue;
        }
        wzp__egress_dgram(eg, now, to->conn, pkt);
    }
}
