/* SPDX-License-Identifier: MIT */
/* See event_queue.h. A flat array moved down on pop: events are few and the
 * order must stay exact when one is taken out of the middle.
 */
#include "call/event_queue.h"

#include <string.h>

wzp_err wzp__event_queue_init(wzp__event_queue *q, const wzp_mem *mem,
                              size_t cap)
{
    *q = (wzp__event_queue){.mem = *mem, .cap = cap};
    q->v = wzp_mem_array(mem, cap, sizeof *q->v);
    return q->v == NULL ? WZP_ERR_NOMEM : WZP_OK;
}

void wzp__event_queue_deinit(wzp__event_queue *q)
{
    wzp_mem_free(&q->mem, q->v, q->cap * sizeof *q->v);
    q->v = NULL;
    q->count = 0;
}

static void take_out(wzp__event_queue *q, size_t i)
{
    memmove(&q->v[i], &q->v[i + 1], (q->count - i - 1) * sizeof *q->v);
    q->count--;
}

/* What goes first when the queue is full: the higher, the more it matters. */
static unsigned rank(wzp_client_event_kind kind)
{
    switch (kind) {
    case WZP_EVENT_STATS: return 0;
    case WZP_EVENT_TALKERS:
    case WZP_EVENT_QUALITY: return 0;
    case WZP_EVENT_MEMBER:
    case WZP_EVENT_PEER: return 1;
    case WZP_EVENT_INPUT_ENDED: return 2;
    case WZP_EVENT_WORDS: return 3;
    case WZP_EVENT_STATE:
    case WZP_EVENT_LINE: return 4;
    case WZP_EVENT_PIN:
    case WZP_EVENT_CALL:
    case WZP_EVENT_CONTACT:
    case WZP_EVENT_AUDIO:
    case WZP_EVENT_CLEAR: return 5;
    case WZP_EVENT_ENDED: break;
    }
    return 6;
}

/* Drop the oldest of those that matter least. False when all that is held
 * matters more than the newcomer: then that is the one dropped. */
static bool make_room(wzp__event_queue *q, wzp_client_event_kind newcomer)
{
    size_t least = 0;
    for (size_t i = 1; i < q->count; i++) {
        least = rank(q->v[i].kind) < rank(q->v[least].kind) ? i : least;
    }
    q->dropped++;
    if (rank(q->v[least].kind) > rank(newcomer)) {
        return false;
    }
    take_out(q, least);
    return true;
}

/* The newer says all that the older did. */
static bool replaces(const wzp_client_event *newer,
                     const wzp_client_event *older)
{
    switch (newer->kind) {
    case WZP_EVENT_STATS:
    case WZP_EVENT_TALKERS:
    case WZP_EVENT_QUALITY: return older->kind == newer->kind;
    case WZP_EVENT_PEER:
        return older->kind == WZP_EVENT_PEER &&
               older->u.peer.member == newer->u.peer.member;
    default: return false;
    }
}

/* Index of the event that this one replaces, or count. */
static size_t find_replaced(const wzp__event_queue *q,
                            const wzp_client_event *ev)
{
    size_t i = 0;
    while (i < q->count && !replaces(ev, &q->v[i])) {
        i++;
    }
    return i;
}

void wzp__event_queue_push(wzp__event_queue *q, const wzp_client_event *ev)
{
    const size_t old = find_replaced(q, ev);
    if (old < q->count) {
        take_out(q, old);
    }
    if (q->count == q->cap && !make_room(q, ev->kind)) {
        return;
    }
    q->v[q->count] = *ev;
    q->v[q->count].size = sizeof *ev;
    q->count++;
}

bool wzp__event_queue_pop(wzp__event_queue *q, wzp_client_event *out)
{
    if (q->count == 0) {
        return false;
    }
    *out = q->v[0];
    take_out(q, 0);
    return true;
}
