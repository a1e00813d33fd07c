/* SPDX-License-Identifier: MIT */
/* The heap: heap[i] is due no later than heap[2i + 1] and heap[2i + 2]. One
 * allocation per packet, which is all a test tool needs.
 */
#include "support/proxy/queue.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 256 };

static bool is_before(const wzp_netsim_packet *a, const wzp_netsim_packet *b)
{
    if (a->due_ns != b->due_ns) {
        return a->due_ns < b->due_ns;
    }
    return a->number < b->number;
}

static void swap(wzp_netsim_packet **a, wzp_netsim_packet **b)
{
    wzp_netsim_packet *const kept = *a;
    *a = *b;
    *b = kept;
}

static bool grow(wzp_netsim_queue *q)
{
    if (q->n < q->room) {
        return true;
    }
    if (q->room >= WZP_NETSIM_QUEUE_MAX) {
        return false;
    }
    const size_t room = q->room == 0 ? ROOM_FIRST : q->room * 2;
    wzp_netsim_packet **heap =
        realloc((void *)q->heap, room * sizeof(wzp_netsim_packet *));
    if (heap == NULL) {
        return false;
    }
    q->heap = heap;
    q->room = room;
    return true;
}

bool wzp_netsim_queue_insert(wzp_netsim_queue *q,
                             const wzp_netsim_packet *packet,
                             const uint8_t *data)
{
    wzp_netsim_packet *copy = malloc(sizeof(*copy) + packet->len);
    if (copy == NULL || !grow(q)) {
        free(copy);
        return false;
    }
    *copy = *packet;
    copy->number = q->next_number++;
    memcpy(copy->data, data, packet->len);

    size_t i = q->n++;
    q->heap[i] = copy;
    while (i > 0 && is_before(q->heap[i], q->heap[(i - 1) / 2])) {
        swap(&q->heap[i], &q->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    return true;
}

uint64_t wzp_netsim_queue_due(const wzp_netsim_queue *q)
{
    return q->n == 0 ? UINT64_MAX : q->heap[0]->due_ns;
}

static void sift_down(wzp_netsim_queue *q)
{
    size_t i = 0;
    for (;;) {
        size_t first = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++) {
            if (child < q->n && is_before(q->heap[child], q->heap[first])) {
                first = child;
            }
        }
        if (first == i) {
            return;
        }
        swap(&q->heap[i], &q->heap[first]);
        i = first;
    }
}

wzp_netsim_packet *wzp_netsim_queue_remove(wzp_netsim_queue *q)
{
    if (q->n == 0) {
        return NULL;
    }
    wzp_netsim_packet *const packet = q->heap[0];
    q->heap[0] = q->heap[--q->n];
    sift_down(q);
    return packet;
}

void wzp_netsim_queue_deinit(wzp_netsim_queue *q)
{
    for (size_t i = 0; i < q->n; i++) {
        free(q->heap[i]);
    }
    free((void *)q->heap);
    *q = (wzp_netsim_queue){0};
}
