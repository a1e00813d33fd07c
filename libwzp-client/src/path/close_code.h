/* SPDX-License-Identifier: MIT */
/* What the end of a connection to a relay means: an error, and whether trying
 * again could help. Source: design/secure-media.md 9.
 */
#ifndef WZP_CLIENT_CLOSE_CODE_H
#define WZP_CLIENT_CLOSE_CODE_H

#include <wzp/transport/endpoint.h>

/* closed: WZP_EP_CLOSED. Never WZP_OK but for a connection we closed. */
wzp_err wzp__close_code_why(const wzp_ep_action *closed);

/* True when it would only end the same way again; text: a sentence about it
 * for people.
 *
 * had_us  this relay had let us in before. Then "no relay" is doubtful: whoever
 *         is on the path can say that, before any proof. */
bool wzp__close_code_is_final(const wzp_ep_action *closed, bool had_us,
                              char *text, size_t cap);

#endif
