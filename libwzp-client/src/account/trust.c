/* SPDX-License-Identifier: MIT */
/* See trust.h. Comparisons need no constant time: certificates are public.
 */
#include "account/trust.h"

#include <wzp/crypto/next_tls.h>
#include <wzp/proto/fingerprint.h>

#include <stdio.h>
#include <string.h>

wzp_err wzp__trust_pin(const wzp__trust *t, uint8_t out[WZP_HASH_LEN])
{
    if (t->fixed != NULL) {
        memcpy(out, t->fixed, WZP_HASH_LEN);
        return WZP_OK;
    }
    return wzp__pins_get(t->pins, t->relay, out);
}

wzp__trust_answer wzp__trust_check(wzp__trust *t, const wzp_ep_action *up,
                                   wzp_unix_s now, uint8_t pinned[WZP_HASH_LEN])
{
    memcpy(t->seen, up->u.up.cert_hash, WZP_HASH_LEN);
    t->has_key = up->u.up.has_peer_key;
    memcpy(t->key, up->u.up.peer_key, WZP_KEY_LEN);
    if (wzp__trust_pin(t, pinned) != WZP_OK) {
        return WZP__TRUST_FIRST;
    }
    const bool is_known = memcmp(pinned, t->seen, WZP_HASH_LEN) == 0 ||
                          (t->fixed == NULL &&
                           wzp__pins_is_next(t->pins, t->relay, t->seen, now));
    return is_known ? WZP__TRUST_KNOWN : WZP__TRUST_DIFFERS;
}

/* The announcement if its signature is the certificate's, else none. */
static wzp_err check_next(const wzp__trust *t, const wzp_next_tls *next,
                          const uint8_t **sha256)
{
    *sha256 = NULL;
    if (!next->has) {
        return WZP_OK;
    }
    if (!t->has_key) {
        return WZP_ERR_SIGNATURE;
    }
    WZP_TRY(
        wzp_next_tls_verify(t->key, next->sha256, next->not_before, next->sig));
    *sha256 = next->sha256;
    return WZP_OK;
}

wzp_err wzp__trust_proved(wzp__trust *t, const wzp_next_tls *next,
                          wzp_unix_s now)
{
    if (t->fixed != NULL) {
        return WZP_OK;
    }
    const uint8_t *sha256;
    const wzp_err bad = check_next(t, next, &sha256);
    const wzp_err pin = wzp__trust_accept(t, now);
    const wzp_err kept =
        wzp__pins_set_next(t->pins, t->relay, sha256, next->not_before);
    return bad != WZP_OK ? bad : pin != WZP_OK ? pin : kept;
}

wzp_err wzp__trust_accept(wzp__trust *t, wzp_unix_s now)
{
    return wzp__pins_set(t->pins, t->relay, t->seen, now);
}

void wzp__trust_text(const wzp__trust *t, char out[WZP_ENDED_TEXT_MAX])
{
    uint8_t pin[WZP_HASH_LEN] = {0};
    char pinned[WZP_TLS_FP_TEXT_LEN + 1], seen[WZP_TLS_FP_TEXT_LEN + 1];
    wzp_ignore(wzp__trust_pin(t, pin),
               "there is one, or nothing would differ from it");
    wzp_tls_fingerprint_encode(pin, pinned);
    wzp_tls_fingerprint_encode(t->seen, seen);
    (void)snprintf(out, WZP_ENDED_TEXT_MAX,
                   "%s: pinned %s, seen %s; ask whoever runs the relay which "
                   "one is right, and accept the new one only if they say so",
                   wzp_strerror(WZP_ERR_PIN), pinned, seen);
}
