/* SPDX-License-Identifier: MIT */
/* The bounded queue of events between a client and its host. There is
 * at most one statistics event in it, the newest. When full, the oldest of
 * what matters least is dropped and counted: statistics, members, the input's
 * end, words, states (the newest ones stay), pins, contacts, calls and clear
 * media; the end of a call last. A newcomer that matters less than all of it is
 * the one dropped.
 */
#ifndef WZP_CLIENT_EVENT_QUEUE_H
#define WZP_CLIENT_EVENT_QUEUE_H

#include <wzp/client/event.h>

typedef struct wzp__event_queue {
    wzp_mem mem;
    wzp_client_event *v;
    size_t cap, count; /* v[0] is the oldest */
    uint64_t dropped;
} wzp__event_queue;

/* cap ≥ 8. WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__event_queue_init(wzp__event_queue *q,
                                            const wzp_mem *mem, size_t cap);
void wzp__event_queue_deinit(wzp__event_queue *q);

/* Copies ev and sets its size. */
void wzp__event_queue_push(wzp__event_queue *q, const wzp_client_event *ev);
/* False when empty. */
bool wzp__event_queue_pop(wzp__event_queue *q, wzp_client_event *out);

#endif
