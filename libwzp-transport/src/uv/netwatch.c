/* SPDX-License-Identifier: MIT */
#include "uv/netwatch.h"

#include <errno.h>

/* The network or the own address is gone; not: the peer is, or this packet. */
static bool is_network(int error)
{
    return error == ENETUNREACH || error == ENETDOWN ||
           error == EADDRNOTAVAIL || error == ENODEV;
}

bool wzp__netwatch_sent(wzp__netwatch *w, wzp_tstamp now, int error)
{
    if (!is_network(error)) {
        w->is_refused = false;
        return false;
    }
    if (!w->is_refused) {
        *w = (wzp__netwatch){true, now};
        return false;
    }
    if (now - w->since < WZP__NETWATCH_SPAN) {
        return false;
    }
    w->since = now;
    return true;
}
