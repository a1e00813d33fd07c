/* SPDX-License-Identifier: MIT */
/* Packets that came before the key that opens them: at most 32, at most
 * 300 ms (design/secure-media.md 6).
 */
#ifndef WZP_CLIENT_HELD_H
#define WZP_CLIENT_HELD_H

#include <wzp/proto/pkt.h>

#define WZP__HELD_MAX 32

typedef struct wzp__held {
    struct {
        wzp_pkt *pkt;
        wzp_tstamp at;
    } v[WZP__HELD_MAX];
    size_t n;
} wzp__held;

/* Takes a reference; the oldest makes room. */
void wzp__held_add(wzp__held *h, wzp_tstamp now, wzp_pkt *pkt);

/* Try each again, oldest first: `open` returns true when it is done with the
 * packet, however that ended. Those that waited too long are dropped. */
void wzp__held_retry(wzp__held *h, wzp_tstamp now,
                     bool (*open)(void *user, wzp_tstamp now,
                                  const wzp_pkt *pkt),
                     void *user);

void wzp__held_clear(wzp__held *h);

#endif
