/* SPDX-License-Identifier: MIT */
/* Is this the relay we know? Its certificate against the pin, the successor it
 * announced, and the words for people when neither fits.
 * Source: design/secure-media.md 1, 3.
 */
#ifndef WZP_CLIENT_TRUST_H
#define WZP_CLIENT_TRUST_H

#include "account/pins.h"

#include <wzp/client/event.h>
#include <wzp/proto/signal.h>
#include <wzp/transport/endpoint.h>

/* One relay, by the name the user gave. Everything pointed to is borrowed. */
typedef struct wzp__trust {
    wzp_pins *pins;
    const char *relay;
    const uint8_t *fixed; /* the host's own pin, which never moves; or NULL */
    /* of the present connection */
    uint8_t seen[WZP_HASH_LEN];
    bool has_key; /* the certificate is of an Ed25519 key: */
    uint8_t key[WZP_KEY_LEN];
} wzp__trust;

typedef enum wzp__trust_answer {
    WZP__TRUST_FIRST, /* never seen, nothing to expect */
    WZP__TRUST_KNOWN, /* as pinned, or its announced successor in time */
    WZP__TRUST_DIFFERS,
} wzp__trust_answer;

/* What this relay's certificate should be. WZP_ERR_NOT_FOUND: whatever it
 * shows. */
WZP_NODISCARD wzp_err wzp__trust_pin(const wzp__trust *t,
                                     uint8_t out[WZP_HASH_LEN]);

/* up: WZP_EP_CONNECTED. pinned: filled for WZP__TRUST_DIFFERS. */
wzp__trust_answer wzp__trust_check(wzp__trust *t, const wzp_ep_action *up,
                                   wzp_unix_s now,
                                   uint8_t pinned[WZP_HASH_LEN]);

/* The relay proved itself on the connection that was checked last: pin what it
 * showed and keep the successor it announces. The latest answer counts: one
 * without takes an earlier announcement back. A host's own pin is no reason to
 * remember anything. WZP_ERR_SIGNATURE: announced, but not under the
 * certificate's key; nothing is kept of it then. Errors of the store. */
WZP_NODISCARD wzp_err wzp__trust_proved(wzp__trust *t, const wzp_next_tls *next,
                                        wzp_unix_s now);

/* Take the certificate seen last as the pin. Errors of the store: it is taken
 * in memory. */
WZP_NODISCARD wzp_err wzp__trust_accept(wzp__trust *t, wzp_unix_s now);

/* Both fingerprints, and how to decide. */
void wzp__trust_text(const wzp__trust *t, char out[WZP_ENDED_TEXT_MAX]);

#endif
