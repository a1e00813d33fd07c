/* SPDX-License-Identifier: MIT */
/* Binary heap of packets, see flight.h. */
#include "flight.h"

#include <stdlib.h>
#include <string.h>

static bool before(const wzp_flying *a, const wzp_flying *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void swap(wzp_flight *f, size_t i, size_t j)
{
    wzp_flying *t = f->heap[i];
    f->heap[i] = f->heap[j];
    f->heap[j] = t;
}

void wzp_flight_add(wzp_flight *f, const wzp_flying *head, const uint8_t *data,
                    size_t len)
{
    if (len > sizeof head->data) {
        abort(); /* no machine may send more than an Ethernet packet */
    }
    if (f->count == f->cap) {
        f->cap = f->cap == 0 ? 64 : f->cap * 2;
        f->heap = realloc(f->heap, f->cap * sizeof *f->heap);
    }
    wzp_flying *p = f->spare != NULL ? f->spare : malloc(sizeof *p);
    f->spare = NULL;
    if (f->heap == NULL || p == NULL) {
        abort();
    }
    p->due_ns = head->due_ns;
    p->from = head->from;
    p->to = head->to;
    p->src = head->src;
    p->dst = head->dst;
    p->is_last_leg = head->is_last_leg;
    p->order = f->orders++;
    p->len = (uint16_t)len;
    memcpy(p->data, data, len);
    size_t i = f->count++;
    f->heap[i] = p;
    while (i > 0 && before(f->heap[i], f->heap[(i - 1) / 2])) {
        swap(f, i, (i - 1) / 2);
        i = (i - 1) / 2;
    }
}

uint64_t wzp_flight_next(const wzp_flight *f)
{
    return f->count == 0 ? UINT64_MAX : f->heap[0]->due_ns;
}

wzp_flying *wzp_flight_take(wzp_flight *f)
{
    if (f->count == 0) {
        return NULL;
    }
    wzp_flying *p = f->heap[0];
    f->heap[0] = f->heap[--f->count];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t c = 2 * i + 1; c <= 2 * i + 2 && c < f->count; c++) {
            least = before(f->heap[c], f->heap[least]) ? c : least;
        }
        if (least == i) {
            break;
        }
        swap(f, i, least);
        i = least;
    }
    free(f->spare);
    f->spare = p;
    return p;
}

void wzp_flight_free(wzp_flight *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->heap[i]);
    }
    free(f->heap);
    free(f->spare);
    *f = (wzp_flight){0};
}
