/* SPDX-License-Identifier: MIT */
/* Packets that can leave in one system call: one after the other between the
 * same two ends, all of one length, only the last may be shorter (UDP_SEGMENT).
 * A big signal or a roster is such a run; speech to fifty listeners is not.
 */
#ifndef WZP_TRANSPORT_UV_RUN_H
#define WZP_TRANSPORT_UV_RUN_H

#include <wzp/proto/addr.h>

enum {
    WZP__RUN_PACKETS = 16, /* chosen: of the 64 the system takes; ngtcp2 gives
                            * about ten at a time */
    WZP__RUN_BYTES = WZP__RUN_PACKETS * 1452,
};

typedef struct wzp__run {
    wzp_addr local, remote;
    size_t count;
    size_t each; /* bytes of every packet but the last */
    size_t len;  /* bytes of all */
    uint8_t data[WZP__RUN_BYTES];
} wzp__run;

/* False: does not belong to this run, which is to be sent first. An empty run
 * takes anything up to WZP__RUN_BYTES. Copies. */
bool wzp__run_add(wzp__run *r, const wzp_addr *local, const wzp_addr *remote,
                  const uint8_t *data, size_t len);
/* It is sent. */
void wzp__run_clear(wzp__run *r);

#endif
