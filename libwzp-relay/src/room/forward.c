/* SPDX-License-Identifier: MIT */
/* Who gets a packet, see forward.h.
 */
#include "room/forward.h"

#include <wzp/crypto/sframe.h>

/* Where the packet may go; *capable says to which kind of member. False:
 * counted and dropped. */
static bool check(const wzp__member *from, wzp_relay_stats *stats,
                  const wzp_pkt *pkt, bool *capable)
{
    wzp_media_hdr hdr;
    if (wzp_media_hdr_decode(pkt->data, pkt->len, &hdr) != WZP_OK) {
        stats->media_dropped_malformed++;
        return false;
    }
    *capable = (hdr.flags & WZP_MEDIA_SEALED) != 0;
    if (!*capable) {
        if (from->is_capable) {
            stats->media_dropped_legacy++;
        }
        return !from->is_capable;
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
    bool capable = false;
    eg->stats->media_in++;
    eg->stats->media_in_bytes += pkt->len;
    if (!check(from, eg->stats, pkt, &capable)) {
        return;
    }
    pkt->stream = from->sid;
    for (size_t i = 0; i < room->n; i++) {
        const wzp__member *to = room->members[i];
        if (to == from) {
            continue;
        }
        if (to->is_capable != capable) {
            eg->stats->media_dropped_legacy++;
            continue;
        }
        wzp__egress_dgram(eg, now, to->conn, pkt);
    }
}
