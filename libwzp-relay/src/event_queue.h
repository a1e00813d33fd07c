/* SPDX-License-Identifier: MIT */
/* What happened, for whoever hosts the relay: a ring of fixed size. When
 * nobody reads it, the oldest events are lost and counted.
 */
#ifndef WZP_RELAY_EVENT_QUEUE_H
#define WZP_RELAY_EVENT_QUEUE_H

#include <wzp/proto/room_name.h>
#include <wzp/relay/relay.h>

#define WZP__EVENTS_MAX 256 /* chosen: a burst of joins; 100 KiB */

typedef struct wzp__event {
    wzp_relay_event ev; /* its `room` is set when taken */
    char room[WZP_ROOM_NAME_MAX + 1];
} wzp__event;

/* A value inside its owner; all zero is empty. */
typedef struct wzp__event_queue {
    wzp__event ring[WZP__EVENTS_MAX];
    size_t first, n;
    wzp__event taken; /* what the last take pointed to */
} wzp__event_queue;

/* Copies event and `room`. True when the oldest had to go. */
bool wzp__event_queue_insert(wzp__event_queue *q, const wzp_relay_event *ev,
                             const char *room);
/* False when empty; *out is valid until the next call. */
bool wzp__event_queue_take(wzp__event_queue *q, wzp_relay_event *out);

#endif
