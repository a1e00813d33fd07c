/* SPDX-License-Identifier: MIT */
/* Every error of every library, once: value, class, text.
 *
 * The class is the only thing a caller may branch on when it does not care for
 * the exact error:
 *   TRANSIENT  try later (blocked, nothing there yet); never ends a call
 *   PEER       these bytes or this peer are wrong: drop them, or close it
 *   LOCAL      configuration, resources, refused by policy on our side
 *   BUG        the caller broke a precondition
 * Values are appended at the end, never renumbered.
 */
#ifndef WZP_PROTO_ERR_H
#define WZP_PROTO_ERR_H

#include <wzp/proto/base.h>

typedef int wzp_err;

/* clang-format off */
#define WZP_ERR_TABLE(X)                                                                      \
    X(OK,                    0, OK,        "no error")                                        \
    /* general */                                                                             \
    X(ERR_AGAIN,            -1, TRANSIENT, "nothing available yet")                           \
    X(ERR_BLOCKED,          -2, TRANSIENT, "sending is blocked for the moment")               \
    X(ERR_FULL,             -3, TRANSIENT, "a bounded queue or table is full")                \
    X(ERR_NOMEM,            -4, LOCAL,     "out of memory")                                   \
    X(ERR_ARG,              -5, BUG,       "invalid argument")                                \
    X(ERR_STATE,            -6, BUG,       "not possible in this state")                      \
    X(ERR_CONFIG,           -7, LOCAL,     "invalid configuration")                           \
    X(ERR_IO,               -8, LOCAL,     "input/output failed")                             \
    X(ERR_NOT_FOUND,        -9, LOCAL,     "not found")                                       \
    X(ERR_EXISTS,          -10, LOCAL,     "already there")                                   \
    X(ERR_UNSUPPORTED,     -11, LOCAL,     "not supported")                                   \
    X(ERR_TIMEOUT,         -12, LOCAL,     "timed out")                                       \
    X(ERR_CLOSED,          -13, LOCAL,     "closed")                                          \
    X(ERR_INTERNAL,        -14, BUG,       "internal error")                                  \
    X(ERR_SPACE,           -15, BUG,       "output buffer too small")                         \
    /* parsing */                                                                             \
    X(ERR_TRUNCATED,       -20, PEER,      "data ends too early")                             \
    X(ERR_LENGTH,          -21, PEER,      "wrong length")                                    \
    X(ERR_OVERSIZE,        -22, PEER,      "too large")                                       \
    X(ERR_MALFORMED,       -23, PEER,      "malformed")                                       \
    X(ERR_VERSION,         -24, PEER,      "unknown version")                                 \
    X(ERR_CODEC,           -25, PEER,      "unknown codec id")                                \
    X(ERR_JSON,            -26, PEER,      "not valid JSON")                                  \
    X(ERR_VARIANT,         -27, PEER,      "unknown signal variant")                          \
    X(ERR_FIELD,           -28, PEER,      "signal field missing or of the wrong type")       \
    X(ERR_B64,             -29, PEER,      "not valid base64url")                             \
    X(ERR_UTF8,            -30, PEER,      "not valid UTF-8")                                 \
    X(ERR_NAME,            -31, LOCAL,     "name not allowed")                                \
    /* plaintext forms and typed datagrams */                                                 \
    X(ERR_BUNDLE,          -40, PEER,      "malformed bundle")                                \
    X(ERR_PARITY,          -41, PEER,      "malformed parity block")                          \
    X(ERR_CONTROL,         -42, PEER,      "malformed control frame")                         \
    X(ERR_DGRAM_TYPE,      -43, PEER,      "unknown datagram type")                           \
    X(ERR_DGRAM_CONTEXT,   -44, PEER,      "unknown datagram context")                        \
    X(ERR_HOPS,            -45, PEER,      "too many hops")                                   \
    /* keys and sealing */                                                                    \
    X(ERR_SIGNATURE,       -60, PEER,      "signature does not verify")                       \
    X(ERR_TAG,             -61, PEER,      "authentication tag does not verify")              \
    X(ERR_REPLAY,          -62, PEER,      "replayed packet")                                 \
    X(ERR_KEY_UNKNOWN,     -63, PEER,      "no key for this packet")                          \
    X(ERR_NOT_SEALED,      -64, PEER,      "packet is not sealed")                            \
    X(ERR_FORM,            -65, PEER,      "sealed packet of an impossible form")             \
    X(ERR_HEADER,          -66, PEER,      "malformed SFrame header")                         \
    X(ERR_PADDING,         -67, PEER,      "malformed padding")                               \
    X(ERR_KP_VERSION,      -68, PEER,      "key package of an unknown version")               \
    X(ERR_KP_EXPIRED,      -69, PEER,      "key package expired")                             \
    X(ERR_KP_TOO_FAR,      -70, PEER,      "key package expires too far ahead")               \
    X(ERR_KP_CONTEXT,      -71, PEER,      "key package made for another room or call")       \
    X(ERR_KP_SUITE,        -72, PEER,      "no common cipher suite")                          \
    X(ERR_FINGERPRINT,     -73, PEER,      "identity does not match its fingerprint")         \
    X(ERR_COMMIT,          -74, PEER,      "reveal does not match the commitment")            \
    X(ERR_ROLLBACK,        -75, PEER,      "key generation goes back")                        \
    X(ERR_KEY_REPLAYED,    -76, PEER,      "key box already used")                            \
    X(ERR_KEY_AHEAD,       -77, PEER,      "key box too far ahead")                           \
    X(ERR_ROOM_PROOF,      -78, PEER,      "room proof does not verify")                      \
    X(ERR_WEAK_KEY,        -79, PEER,      "low-order public key")                            \
    X(ERR_MNEMONIC,        -80, LOCAL,     "not a valid 24-word mnemonic")                    \
    X(ERR_SEED,            -81, LOCAL,     "a seed is 64 hexadecimal digits")                 \
    X(ERR_COUNTER,         -82, LOCAL,     "packet counter used up: a new key is needed")     \
    X(ERR_PASSPHRASE,      -83, LOCAL,     "wrong passphrase, or none given")                 \
    X(ERR_IDENTITY_FILE,   -84, LOCAL,     "not an identity file this version can read")      \
    /* transport */                                                                           \
    X(ERR_QUIC,           -100, PEER,      "QUIC protocol error")                             \
    X(ERR_TLS,            -101, PEER,      "TLS handshake failed")                            \
    X(ERR_ALPN,           -102, PEER,      "no common application protocol")                  \
    X(ERR_CERT,           -103, PEER,      "peer certificate not accepted")                   \
    X(ERR_IDLE,           -104, PEER,      "connection timed out")                            \
    X(ERR_PEER_CLOSED,    -105, PEER,      "closed by the peer")                              \
    X(ERR_RESET,          -106, PEER,      "stateless reset by the peer")                     \
    X(ERR_STREAM,         -107, PEER,      "signal stream broken or too large")               \
    X(ERR_NO_DATAGRAM,    -108, PEER,      "peer does not accept datagrams")                  \
    X(ERR_RESOLVE,        -109, LOCAL,     "host name not found")                             \
    X(ERR_ADDRESS,        -110, LOCAL,     "not a valid address")                             \
    X(ERR_CERT_REQUIRED,  -111, PEER,      "a certificate is required and none was shown")    \
    X(ERR_MOVED,          -114, LOCAL,     "own address changed before the connection was up")       \
    /* rooms and calls */                                                                     \
    X(ERR_AUTH,           -120, PEER,      "authentication failed")                           \
    X(ERR_NOT_ALLOWED,    -121, PEER,      "not allowed")                                     \
    X(ERR_ROOM_FULL,      -122, PEER,      "room or relay is full")                           \
    X(ERR_PROTOCOL,       -123, PEER,      "message not expected here")                       \
    X(ERR_SLOW,           -124, PEER,      "peer reads too slowly")                           \
    X(ERR_LEGACY,         -125, PEER,      "legacy peer refused: it cannot seal media")       \
    X(ERR_DOWNGRADE,      -126, PEER,      "downgrade to clear media refused")                \
    X(ERR_PIN,            -127, PEER,      "relay certificate differs from the pinned one")   \
    X(ERR_SID,            -128, PEER,      "stream id does not belong to this connection")    \
    X(ERR_BINDING,        -129, PEER,      "handshake is not bound to this connection")       \
    X(ERR_SHUTDOWN,       -130, PEER,      "relay is shutting down")                          \
    X(ERR_REPLACED,       -131, PEER,      "replaced by a newer connection")                  \
    X(ERR_CALL_KNOWN,     -132, PEER,      "call id was used before")                         \
    X(ERR_ANSWERED,       -133, PEER,      "call is already answered")                        \
    X(ERR_BUSY,           -134, PEER,      "busy")                                            \
    X(ERR_DECLINED,       -135, PEER,      "declined")                                        \
    X(ERR_NO_ANSWER,      -136, PEER,      "nobody answered")                                 \
    X(ERR_OFFLINE,        -137, PEER,      "not reachable through this relay")                \
    X(ERR_CONTACT,        -138, PEER,      "identity differs from the one kept for this contact") \
    X(ERR_UNVERIFIED,     -139, PEER,      "registration does not prove the identity")        \
    X(ERR_RATE,           -150, PEER,      "too much in a short time")                        \
    /* audio */                                                                               \
    X(ERR_LATE,           -140, PEER,      "packet came too late")                            \
    X(ERR_DUP,            -141, PEER,      "packet already held")                             \
    X(ERR_CODEC_DATA,     -142, PEER,      "codec frame cannot be decoded")                   \
    X(ERR_WAV,            -143, LOCAL,     "not a WAV file this program can read")            \
    X(ERR_AUDIO,          -144, LOCAL,     "audio device failed")
/* clang-format on */

enum {
#define WZP_ERR_VALUE(name, value, cls, text) WZP_##name = (value),
    WZP_ERR_TABLE(WZP_ERR_VALUE)
#undef WZP_ERR_VALUE
};

typedef enum wzp_errclass {
    WZP_CLASS_OK,
    WZP_CLASS_TRANSIENT,
    WZP_CLASS_PEER,
    WZP_CLASS_LOCAL,
    WZP_CLASS_BUG,
} wzp_errclass;

/* Class of an error; WZP_CLASS_BUG for a value not in the table. */
wzp_errclass wzp_err_class(wzp_err e);

/* One sentence for people, without full stop. Never NULL; static storage. */
const char *wzp_strerror(wzp_err e);

/* The identifier, e.g. "WZP_ERR_TAG". Never NULL; static storage. */
const char *wzp_err_name(wzp_err e);

/* Return from the calling function when `expr` fails. */
#define WZP_TRY(expr)                                                          \
    do {                                                                       \
        wzp_err wzp_try_e_ = (expr);                                           \
        if (wzp_try_e_ != WZP_OK) {                                            \
            return wzp_try_e_;                                                 \
        }                                                                      \
    } while (0)

/* Drop an error on purpose, saying why at the call. `why` is a literal and is
 * only read by people and by check-names. */
static inline void wzp_ignore(wzp_err e, const char *why)
{
    (void)e;
    (void)why;
}

#endif
