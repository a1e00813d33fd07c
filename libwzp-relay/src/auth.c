/* SPDX-License-Identifier: MIT */
/* Tokens on their way to the host, see auth.h.
 */
#include "auth.h"

#include <wzp/crypto/wipe.h>

#include <string.h>

static wzp_err keep(const wzp_mem *mem, wzp_str from, wzp__kept *out)
{
    char *copy = wzp_mem_new(mem, from.len);
    if (copy == NULL) {
        return WZP_ERR_NOMEM;
    }
    memcpy(copy, from.ptr, from.len);
    *out = (wzp__kept){copy, from.len};
    return WZP_OK;
}

void wzp__kept_free(const wzp_mem *mem, wzp__kept *kept)
{
    if (kept->text != NULL) {
        wzp_wipe(kept->text, kept->len);
        wzp_mem_free(mem, kept->text, kept->len);
    }
    *kept = (wzp__kept){0};
}

void wzp__asks_init(wzp__asks *asks, const wzp_mem *mem)
{
    *asks = (wzp__asks){.mem = mem};
}

void wzp__asks_deinit(wzp__asks *asks)
{
    if (asks->mem != NULL) {
        wzp__kept_free(asks->mem, &asks->taken);
    }
}

wzp_err wzp__auth_ask(wzp__asks *asks, wzp__auth *auth, wzp_conn_id conn,
                      wzp_str token)
{
    if (token.len == 0 || token.len > WZP_RELAY_TOKEN_MAX) {
        return WZP_ERR_AUTH;
    }
    WZP_TRY(keep(asks->mem, token, &auth->token));
    auth->state = WZP__AUTH_ASKED;
    auth->conn = conn;
    auth->next = NULL;
    auth->prev = asks->last;
    if (asks->last != NULL) {
        asks->last->next = auth;
    } else {
        asks->first = auth;
    }
    asks->last = auth;
    return WZP_OK;
}

/* Out of the list; its token is nobody's then. */
static void unlink_ask(wzp__asks *asks, wzp__auth *auth)
{
    if (auth->prev != NULL) {
        auth->prev->next = auth->next;
    } else {
        asks->first = auth->next;
    }
    if (auth->next != NULL) {
        auth->next->prev = auth->prev;
    } else {
        asks->last = auth->prev;
    }
    auth->prev = auth->next = NULL;
}

bool wzp__asks_take(wzp__asks *asks, wzp_conn_id *conn, wzp_str *token)
{
    wzp__auth *auth = asks->first;
    wzp__kept_free(asks->mem, &asks->taken);
    if (auth == NULL) {
        return false;
    }
    unlink_ask(asks, auth);
    asks->taken = auth->token;
    auth->token = (wzp__kept){0};
    *conn = auth->conn;
    *token = (wzp_str){asks->taken.text, asks->taken.len};
    return true;
}

wzp_err wzp__auth_hold(const wzp_mem *mem, wzp__auth *auth, wzp_str json)
{
    if (auth->held.text != NULL || json.len == 0 ||
        json.len > WZP__AUTH_HELD_MAX) {
        return WZP_ERR_PROTOCOL;
    }
    return keep(mem, json, &auth->held);
}

wzp__kept wzp__auth_grant(wzp__auth *auth,
                          const uint8_t fingerprint[WZP_FP_LEN])
{
    const wzp__kept held = auth->held;
    auth->held = (wzp__kept){0};
    auth->state = WZP__AUTH_GRANTED;
    memcpy(auth->fingerprint, fingerprint, WZP_FP_LEN);
    return held;
}

bool wzp__auth_admits(const wzp__auth *auth, bool asks_auth,
                      const uint8_t identity[WZP_KEY_LEN])
{
    uint8_t fingerprint[WZP_FP_LEN];
    wzp_identity_fingerprint(identity, fingerprint);
    return !asks_auth ||
           (auth->state == WZP__AUTH_GRANTED &&
            memcmp(auth->fingerprint, fingerprint, WZP_FP_LEN) == 0);
}

void wzp__auth_drop(wzp__asks *asks, wzp__auth *auth)
{
    if (auth->token.text != NULL) {
        unlink_ask(asks, auth);
    }
    wzp__auth_deinit(asks->mem, auth);
}

void wzp__auth_deinit(const wzp_mem *mem, wzp__auth *auth)
{
    wzp__kept_free(mem, &auth->token);
    wzp__kept_free(mem, &auth->held);
}
