/* SPDX-License-Identifier: MIT */
/* What every header of every library uses: attributes, virtual time, bounded
 * text. No functions, no state. Errors are in err.h, memory and randomness in
 * env.h.
 */
#ifndef WZP_PROTO_BASE_H
#define WZP_PROTO_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#    define WZP_NODISCARD    __attribute__((warn_unused_result))
#    define WZP_NONNULL(...) __attribute__((nonnull(__VA_ARGS__)))
#    define WZP_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#    define WZP_NODISCARD
#    define WZP_NONNULL(...)
#    define WZP_PRINTF(f, a)
#endif

/* Monotonic time in nanoseconds since an arbitrary start. Always an argument,
 * sampled once per wake by the shell; machines never read a clock. */
typedef uint64_t wzp_tstamp;

#define WZP_NEVER UINT64_MAX /* a deadline that is not set */
#define WZP_MS    UINT64_C(1000000)
#define WZP_S     UINT64_C(1000000000)

/* Wall clock, seconds since 1970-01-01 UTC. Used only where the protocol says
 * so (expiry of key packages and pins). */
typedef uint64_t wzp_unix_s;

/* Text that is not terminated: UTF-8, `len` bytes. {NULL, 0} is "absent";
 * a non-NULL pointer with len 0 is the empty text. Borrowed unless said. */
typedef struct wzp_str {
    const char *ptr;
    size_t len;
} wzp_str;

#define WZP_STR(literal) ((wzp_str){(literal), sizeof(literal) - 1})
#define WZP_STR_NONE     ((wzp_str){NULL, 0})

/* Bytes, borrowed. {NULL, 0} is "absent". */
typedef struct wzp_bytes {
    const uint8_t *ptr;
    size_t len;
} wzp_bytes;

/* Lengths that several libraries share. */
#define WZP_KEY_LEN     32   /* Ed25519 / X25519 public key, session key */
#define WZP_SIG_LEN     64   /* Ed25519 signature */
#define WZP_HASH_LEN    32   /* SHA-256 */
#define WZP_FP_LEN      16   /* identity fingerprint, spec/wire.md 3.2 */
#define WZP_FP_TEXT_LEN 39   /* eight groups of four hex digits, no NUL */
#define WZP_MID_LEN     16   /* member id, design/secure-media.md 4 */
#define WZP_FRAME_MAX   1275 /* one codec frame: RFC 6716 section 3.4 */
#define WZP_MEDIA_MAX   1100 /* MediaHeader + payload, secure-media.md 6 */

#endif
