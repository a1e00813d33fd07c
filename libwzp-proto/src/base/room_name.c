/* SPDX-License-Identifier: MIT */
/* Room names (room_name.h). The alphabet is what the earlier system's TLS
 * library accepts as a server name, which is wider than DNS host names ("_")
 * and narrower than it looks (the last label is not a number).
 */
#include <wzp/proto/hex.h>
#include <wzp/proto/room_name.h>

#include <string.h>

enum { LABEL_MAX = 63, HASHED_LEN = 32 };

static char lower(char c)
{
    return (c >= 'A' && c <= 'Z') ? (char)(c - 'A' + 'a') : c;
}

void wzp_room_name_lower(const char *text, size_t len, char *out)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = lower(text[i]);
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One label, without its dot. */
static bool is_label(const char *text, size_t len)
{
    if (len == 0 || len > LABEL_MAX || text[len - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        const char c = lower(text[i]);
        if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-' && c != '_') {
            return false;
        }
    }
    return true;
}

bool wzp_room_name_is_sni(const char *text, size_t len)
{
    if (len == 0 || len > WZP_ROOM_NAME_MAX) {
        return false;
    }
    size_t start = 0;
    for (size_t i = 0; i <= len; i++) {
        if (i != len && text[i] != '.') {
            continue;
        }
        if (!is_label(text + start, i - start)) {
            return false;
        }
        if (i != len) {
            start = i + 1;
        }
    }
    for (size_t i = start; i < len; i++) {
        if (!is_digit(text[i])) {
            return true;
        }
    }
    return false; /* the last label is a number: could be an IP address */
}

/* True when `text` begins with `word` (or is it, with `whole`), any case. */
static bool matches(const char *text, size_t len, const char *word, bool whole)
{
    const size_t n = strlen(word);
    if (len < n || (whole && len != n)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (lower(text[i]) != word[i]) {
            return false;
        }
    }
    return true;
}

wzp_room_kind wzp_room_name_kind(const char *text, size_t len)
{
    if (matches(text, len, "_", false) || matches(text, len, "ping", true) ||
        matches(text, len, "version", true)) {
        return WZP_ROOM_RESERVED;
    }
    if (matches(text, len, WZP_ROOM_CALL_PREFIX, false)) {
        return WZP_ROOM_CALL;
    }
    if (len != HASHED_LEN) {
        return WZP_ROOM_NAMED;
    }
    for (size_t i = 0; i < len; i++) {
        if (wzp_hex_digit(text[i]) < 0) {
            return WZP_ROOM_NAMED;
        }
    }
    return WZP_ROOM_HASHED;
}

wzp_err wzp_room_name_decode(const char *text, size_t len,
                             char out[WZP_ROOM_NAME_MAX + 1],
                             wzp_room_kind *kind)
{
    if (!wzp_room_name_is_sni(text, len)) {
        return WZP_ERR_NAME;
    }
    wzp_room_name_lower(text, len, out);
    out[len] = '\0';
    *kind = wzp_room_name_kind(out, len);
    return WZP_OK;
}

wzp_str wzp_room_name_call_id(const char *name, size_t len)
{
    const size_t n = strlen(WZP_ROOM_CALL_PREFIX);
    if (!matches(name, len, WZP_ROOM_CALL_PREFIX, false)) {
        return WZP_STR_NONE;
    }
    for (int i = 0; i < 2 && matches(name, len, WZP_ROOM_CALL_PREFIX, false);
         i++) {
        name += n;
        len -= n;
    }
    return (wzp_str){name, len};
}
