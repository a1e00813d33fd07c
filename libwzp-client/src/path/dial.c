/* SPDX-License-Identifier: MIT */
/* See dial.h. */
#include "path/dial.h"

wzp_err wzp__dial(wzp_endpoint *ep, wzp_tstamp now, const wzp__trust *trust,
                  const wzp_dial *to, wzp_conn_id *out)
{
    wzp_dial d = *to;
    if (d.local.family != d.remote.family) { /* one socket for both families */
        d.local = (wzp_addr){.family = d.remote.family, .port = to->local.port};
    }
    d.resumes = wzp__trust_pin(trust, d.resume_cert) == WZP_OK;
    *out = 0;
    return wzp_endpoint_dial(ep, now, &d, out);
}
