/* SPDX-License-Identifier: MIT */
/* The ring of events, see event_queue.h.
 */
#include "event_queue.h"

#include <string.h>

bool wzp__event_queue_insert(wzp__event_queue *q, const wzp_relay_event *ev,
                             const char *room)
{
    bool is_full = q->n == WZP__EVENTS_MAX;
    if (is_full) {
        q->first = (q->first + 1) % WZP__EVENTS_MAX;
        q->n--;
    }
    wzp__event *slot = &q->ring[(q->first + q->n) % WZP__EVENTS_MAX];
    size_t len = strlen(room);
    if (len > WZP_ROOM_NAME_MAX) {
        len = WZP_ROOM_NAME_MAX;
    }
    slot->ev = *ev;
    slot->ev.size = sizeof slot->ev;
    memcpy(slot->room, room, len);
    slot->room[len] = '\0';
    q->n++;
    return is_full;
}

bool wzp__event_queue_take(wzp__event_queue *q, wzp_relay_event *out)
{
    if (q->n == 0) {
        return false;
    }
    q->taken = q->ring[q->first];
    q->first = (q->first + 1) % WZP__EVENTS_MAX;
    q->n--;
    q->taken.ev.room = q->taken.room;
    *out = q->taken.ev;
    return true;
}
