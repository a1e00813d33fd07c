/* SPDX-License-Identifier: MIT */
/* Room names: they travel as the TLS server name, so they follow its rules.
 * Lower-casing, the alphabet, and what kind of name it is. The hashes of a
 * name (room id, the 32-hex form, the federation tag) are in libwzp-crypto.
 * Source: spec/wire.md 5.2, 3.8; spec/relay.md 2.1; weaknesses-wire.md 38.
 */
#ifndef WZP_PROTO_ROOM_NAME_H
#define WZP_PROTO_ROOM_NAME_H

#include <wzp/proto/err.h>

#define WZP_ROOM_NAME_MAX    253       /* bytes, no NUL; DNS, RFC 1035 2.3.4 */
#define WZP_ROOM_DEFAULT     "default" /* no server name at all */
#define WZP_ROOM_CALL_PREFIX "call-"

typedef enum wzp_room_kind {
    WZP_ROOM_NAMED,    /* an ordinary name */
    WZP_ROOM_HASHED,   /* 32 hex digits: taken as the hash itself */
    WZP_ROOM_CALL,     /* "call-" and a call id; members are checked */
    WZP_ROOM_RESERVED, /* begins with "_", or is "ping" or "version" */
} wzp_room_kind;

/* A → a … Z → z, every other byte unchanged; `out` has `len` bytes and may be
 * `text`. */
void wzp_room_name_lower(const char *text, size_t len, char *out);

/* True when the text can be a server name: labels of 1 … 63 of A–Z a–z 0–9 _ -
 * joined by single dots, no label ending in "-", the last not all digits, at
 * most 253 bytes. Anything else has to be hashed before dialling. */
bool wzp_room_name_is_sni(const char *text, size_t len);

/* Check and lower-case a name as received or typed, and say what it is. The
 * caller decides what it does with WZP_ROOM_RESERVED: no room has such a name.
 *
 * out   the lower-cased name with NUL
 * WZP_ERR_NAME when wzp_room_name_is_sni says no */
WZP_NODISCARD wzp_err wzp_room_name_decode(const char *text, size_t len,
                                           char out[WZP_ROOM_NAME_MAX + 1],
                                           wzp_room_kind *kind)
    WZP_NONNULL(3, 4);

/* Kind of any text, safe as a server name or not; case does not matter. */
wzp_room_kind wzp_room_name_kind(const char *text, size_t len);

/* The call id within a name of kind WZP_ROOM_CALL, borrowed; direct dials say
 * "call-call-<id>" (spec/wire.md 2.6), so both prefixes come off. Absent for
 * the other kinds. */
wzp_str wzp_room_name_call_id(const char *name, size_t len);

#endif
