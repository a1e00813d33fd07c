/* SPDX-License-Identifier: MIT */
/* Dialling a relay that is known by name: from a socket of either family, and
 * resuming where its pin allows that.
 */
#ifndef WZP_CLIENT_PATH_DIAL_H
#define WZP_CLIENT_PATH_DIAL_H

#include "account/trust.h"

/* to: local, remote and sni; the rest is decided here. *out: 0 on error. */
WZP_NODISCARD wzp_err wzp__dial(wzp_endpoint *ep, wzp_tstamp now,
                                const wzp__trust *trust, const wzp_dial *to,
                                wzp_conn_id *out);

#endif
