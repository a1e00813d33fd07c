/* SPDX-License-Identifier: MIT */
/* See held.h. */
#include "call/held.h"

#include <string.h>

#define HELD_NS (300 * WZP_MS)

static void drop(wzp__held *h, size_t i)
{
    wzp_pkt_unref(h->v[i].pkt);
    memmove(&h->v[i], &h->v[i + 1], (h->n - i - 1) * sizeof h->v[0]);
    h->n--;
}

void wzp__held_add(wzp__held *h, wzp_tstamp now, wzp_pkt *pkt)
{
    if (h->n == WZP__HELD_MAX) {
        drop(h, 0);
    }
    h->v[h->n].pkt = wzp_pkt_ref(pkt);
    h->v[h->n].at = now;
    h->n++;
}

void wzp__held_retry(wzp__held *h, wzp_tstamp now,
                     bool (*open)(void *user, wzp_tstamp now,
                                  const wzp_pkt *pkt),
                     void *user)
{
    for (size_t i = 0; i < h->n;) {
        if (now - h->v[i].at > HELD_NS || open(user, now, h->v[i].pkt)) {
            drop(h, i);
        } else {
            i++;
        }
    }
}

void wzp__held_clear(wzp__held *h)
{
    while (h->n > 0) {
        drop(h, h->n - 1);
    }
}
