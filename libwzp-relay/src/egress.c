/* SPDX-License-Identifier: MIT */
/* Sending and counting, see egress.h.
 */
#include "egress.h"

#include <inttypes.h>

void wzp__egress_begin(wzp__egress *eg)
{
    wzp_arena_reset(eg->arena);
}

bool wzp__egress_encode(wzp__egress *eg, const wzp_signal *sig, wzp_str *text)
{
    wzp_err e = wzp_signal_encode(eg->arena, sig, text);
    if (e == WZP_OK && text->len > WZP_SIGNAL_MAX) {
        e = WZP_ERR_OVERSIZE;
    }
    if (e != WZP_OK) {
        WZP_LOG(eg->log, WZP_LOG_ERROR, "relay", "signal.encode",
                "kind=%s err=%s", wzp_signal_name(sig->kind), wzp_err_name(e));
        return false;
    }
    return true;
}

void wzp__egress_text(wzp__egress *eg, wzp_tstamp now, wzp_conn_id conn,
                      wzp_str text)
{
    wzp_err e = wzp_endpoint_send_signal(eg->ep, now, conn, text.ptr, text.len);
    if (e == WZP_OK) {
        eg->stats->signals_out++;
        return;
    }
    /* FULL: the endpoint closes that connection; WZP_EP_CLOSED tells us. */
    WZP_LOG(eg->log, WZP_LOG_DEBUG, "relay", "signal.unsent",
            "conn=%" PRIu64 " err=%s", conn, wzp_err_name(e));
    if (e == WZP_ERR_NOMEM) {
        wzp__egress_drop(eg, now, conn);
    }
}

void wzp__egress_drop(wzp__egress *eg, wzp_tstamp now, wzp_conn_id conn)
{
    wzp_ignore(wzp_endpoint_close(eg->ep, now, conn, WZP_CLOSE_FULL,
                                  "relay is out of memory"),
               "gone already: WZP_EP_CLOSED is on its way");
}

void wzp__egress_signal(wzp__egress *eg, wzp_tstamp now, wzp_conn_id conn,
                        const wzp_signal *sig)
{
    wzp_str text;
    wzp__egress_begin(eg);
    if (wzp__egress_encode(eg, sig, &text)) {
        wzp__egress_text(eg, now, conn, text);
    }
}

bool wzp__egress_takes_routed(const wzp__egress *eg, wzp_conn_id conn)
{
    wzp_conn_stats stats = {.size = sizeof stats};
    if (wzp_endpoint_conn_stats(eg->ep, conn, &stats) != WZP_OK) {
        return false;
    }
    return stats.signal_queued < eg->routed_max;
}

void wzp__egress_dgram(wzp__egress *eg, wzp_tstamp now, wzp_conn_id conn,
                       wzp_pkt *pkt)
{
    if (wzp_endpoint_send_dgram(eg->ep, now, conn, pkt) == WZP_OK) {
        eg->stats->media_out++;
    } else {
        eg->stats->media_dropped_queue++;
    }
}
