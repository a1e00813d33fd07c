/* SPDX-License-Identifier: MIT */
/* Whether the network under a socket has gone, by what the system says to
 * sends. One refused packet says little: routes come and go while a phone
 * changes networks. No clock in here.
 */
#ifndef WZP_TRANSPORT_UV_NETWATCH_H
#define WZP_TRANSPORT_UV_NETWATCH_H

#include <wzp/proto/base.h>

#define WZP__NETWATCH_SPAN                                                     \
    WZP_S /* chosen: a call notices, a flicker passes                          \
           */

typedef struct wzp__netwatch {
    bool is_refused;  /* the last packet was, because of the network */
    wzp_tstamp since; /* first of the packets refused in a row, or when the
                       * last attempt at another socket was */
} wzp__netwatch;

/* A packet was sent (error 0) or refused (errno). True: refused for
 * WZP__NETWATCH_SPAN, it is time for another socket; again at most every
 * WZP__NETWATCH_SPAN. */
bool wzp__netwatch_sent(wzp__netwatch *w, wzp_tstamp now, int error);

#endif
