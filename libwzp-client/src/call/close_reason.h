/* SPDX-License-Identifier: MIT */
/* What the end of a connection means to a membership: the last word, or one to
 * come back from. Source: design/secure-media.md 9.
 */
#ifndef WZP_CLIENT_CLOSE_REASON_H
#define WZP_CLIENT_CLOSE_REASON_H

#include <wzp/transport/endpoint.h>

/* Close codes after which trying again would only be refused again; WZP_OK for
 * the others. */
wzp_err wzp__close_final(uint64_t code);

/* Why a connection that may be tried again is gone. */
wzp_err wzp__close_temporary(wzp_err err, uint64_t code);

#endif
