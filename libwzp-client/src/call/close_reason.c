/* SPDX-License-Identifier: MIT */
/* See close_reason.h. */
#include "call/close_reason.h"

wzp_err wzp__close_final(uint64_t code)
{
    switch (code) {
    case WZP_CLOSE_AUTH: return WZP_ERR_AUTH;
    case WZP_CLOSE_NOT_ALLOWED: return WZP_ERR_NOT_ALLOWED;
    case WZP_CLOSE_PROTOCOL: return WZP_ERR_PROTOCOL;
    case WZP_CLOSE_REPLACED: return WZP_ERR_REPLACED;
    case WZP_CLOSE_LEGACY: return WZP_ERR_LEGACY;
    case WZP_CLOSE_KEY_MISMATCH: return WZP_ERR_PIN;
    default: return WZP_OK;
    }
}

wzp_err wzp__close_temporary(wzp_err err, uint64_t code)
{
    if (err != WZP_ERR_PEER_CLOSED) {
        return err;
    }
    switch (code) {
    case WZP_CLOSE_SHUTDOWN: return WZP_ERR_SHUTDOWN;
    case WZP_CLOSE_FULL: return WZP_ERR_ROOM_FULL;
    case WZP_CLOSE_SLOW: return WZP_ERR_SLOW;
    default: return WZP_ERR_PEER_CLOSED;
    }
}
