/* SPDX-License-Identifier: MIT */
/* Address text (addr.h). Written out by hand, because the C library's
 * functions need sockets' headers and accept forms that peers refuse.
 */
#include <wzp/proto/addr.h>
#include <wzp/proto/hex.h>

#include <stdio.h>
#include <string.h>

enum { GROUPS = 8 }; /* of 16 bits in an IPv6 address */

/* --- reading --- */

/* What has not been read yet. */
typedef struct cursor {
    const char *at;
    size_t left;
} cursor;

static bool take(cursor *c, char wanted)
{
    if (c->left == 0 || *c->at != wanted) {
        return false;
    }
    c->at++;
    c->left--;
    return true;
}

static int digit_value(char ch, unsigned base)
{
    const int v = wzp_hex_digit(ch);
    return (v < (int)base) ? v : -1;
}

/* 1 … max_digits digits. */
static bool take_number(cursor *c, unsigned base, size_t max_digits,
                        unsigned *out)
{
    unsigned v = 0;
    size_t n = 0;
    while (n < max_digits && c->left > 0 && digit_value(*c->at, base) >= 0) {
        v = v * base + (unsigned)digit_value(*c->at, base);
        c->at++;
        c->left--;
        n++;
    }
    *out = v;
    return n != 0;
}

/* 0 … 255 without leading zeros: "01" means 1 to some and is refused by
 * others. */
static bool take_octet(cursor *c, uint8_t *out)
{
    const cursor start = *c;
    unsigned v;
    if (!take_number(c, 10, 3, &v) || v > UINT8_MAX) {
        return false;
    }
    if (*start.at == '0' && start.left - c->left != 1) {
        return false;
    }
    *out = (uint8_t)v;
    return true;
}

static bool take_v4(cursor *c, uint8_t ip[4])
{
    for (int i = 0; i < 4; i++) {
        if ((i != 0 && !take(c, '.')) || !take_octet(c, &ip[i])) {
            return false;
        }
    }
    return true;
}

/* Up to `max` groups of hex, the last two perhaps as dotted IPv4; returns how
 * many 16-bit groups were written. A ':' that no group follows is left. */
static int take_groups(cursor *c, uint8_t *out, int max)
{
    int n = 0;
    while (n < max) {
        const cursor before = *c;
        if (n != 0 && !take(c, ':')) {
            break;
        }
        const cursor group = *c;
        if (n + 2 <= max && take_v4(c, out + 2 * n)) {
            return n + 2;
        }
        *c = group;
        unsigned v;
        if (!take_number(c, 16, 4, &v)) {
            *c = before;
            break;
        }
        out[2 * n] = (uint8_t)(v >> 8);
        out[2 * n + 1] = (uint8_t)v;
        n++;
    }
    return n;
}

static bool take_v6(cursor *c, uint8_t ip[16])
{
    memset(ip, 0, 16);
    const int head = take_groups(c, ip, GROUPS);
    if (head == GROUPS) {
        return true;
    }
    if (!take(c, ':') || !take(c, ':')) {
        return false;
    }
    /* take_groups may have left half a dotted group behind the head. */
    memset(ip + 2 * head, 0, (size_t)(GROUPS - head) * 2);
    uint8_t tail[16] = {0};
    /* The gap "::" stands for at least one group. */
    const int n = take_groups(c, tail, GROUPS - 1 - head);
    memcpy(ip + 2 * (GROUPS - n), tail, (size_t)n * 2);
    return true;
}

static bool take_port(cursor *c, uint16_t *port)
{
    unsigned v;
    if (!take(c, ':') || !take_number(c, 10, 5, &v) || v > UINT16_MAX) {
        return false;
    }
    *port = (uint16_t)v;
    return true;
}

wzp_addr wzp_addr_v4(const uint8_t ip[4], uint16_t port)
{
    wzp_addr a = {.port = port, .family = WZP_FAMILY_V4};
    memcpy(a.ip, ip, 4);
    return a;
}

wzp_addr wzp_addr_v6(const uint8_t ip[16], uint16_t port)
{
    wzp_addr a = {.port = port, .family = WZP_FAMILY_V6};
    memcpy(a.ip, ip, 16);
    return a;
}

wzp_err wzp_addr_decode(const char *text, size_t len, wzp_addr *out)
{
    cursor c = {text, len};
    uint8_t ip[16] = {0};
    uint16_t port = 0;
    const bool is_v6 = take(&c, '[');
    const bool ok = is_v6 ? take_v6(&c, ip) && take(&c, ']') : take_v4(&c, ip);
    if (!ok || !take_port(&c, &port) || c.left != 0) {
        return WZP_ERR_ADDRESS;
    }
    *out = is_v6 ? wzp_addr_v6(ip, port) : wzp_addr_v4(ip, port);
    return WZP_OK;
}

wzp_err wzp_addr_decode_ip(const char *text, size_t len, uint16_t port,
                           wzp_addr *out)
{
    uint8_t ip[16] = {0};
    cursor c = {text, len};
    if (take_v4(&c, ip) && c.left == 0) {
        *out = wzp_addr_v4(ip, port);
        return WZP_OK;
    }
    c = (cursor){text, len};
    const bool brackets = take(&c, '[');
    if (!take_v6(&c, ip) || (brackets && !take(&c, ']')) || c.left != 0) {
        return WZP_ERR_ADDRESS;
    }
    *out = wzp_addr_v6(ip, port);
    return WZP_OK;
}

/* --- writing --- */

static unsigned group_at(const wzp_addr *a, int i)
{
    return (unsigned)(a->ip[2 * i] << 8 | a->ip[2 * i + 1]);
}

/* The longest run of zero groups, the first of equals; none under two. */
static void find_gap(const wzp_addr *a, int *start, int *len)
{
    *start = GROUPS;
    *len = 0;
    for (int i = 0; i < GROUPS; i++) {
        int n = 0;
        while (i + n < GROUPS && group_at(a, i + n) == 0) {
            n++;
        }
        if (n >= 2 && n > *len) {
            *start = i;
            *len = n;
        }
        i += n;
    }
}

/* ::ffff:0:0/96 is written with its last 32 bits dotted (RFC 5952 section 5).
 */
static bool is_mapped(const wzp_addr *a)
{
    static const uint8_t prefix[12] = {[10] = 0xFF, [11] = 0xFF};
    return memcmp(a->ip, prefix, sizeof prefix) == 0;
}

static size_t put_v4(const uint8_t ip[4], char *out, size_t cap)
{
    return (size_t)snprintf(out, cap, "%u.%u.%u.%u", ip[0], ip[1], ip[2],
                            ip[3]);
}

static size_t put_v6(const wzp_addr *a, char *out, size_t cap)
{
    if (is_mapped(a)) {
        const size_t n = (size_t)snprintf(out, cap, "::ffff:");
        return n + put_v4(a->ip + 12, out + n, cap - n);
    }
    int gap;
    int gap_len;
    find_gap(a, &gap, &gap_len);
    size_t n = 0;
    for (int i = 0; i < GROUPS; i++) {
        if (i == gap) {
            n += (size_t)snprintf(out + n, cap - n, "::");
            i += gap_len - 1;
            continue;
        }
        if (i != 0 && i != gap + gap_len) {
            out[n++] = ':';
        }
        n += (size_t)snprintf(out + n, cap - n, "%x", group_at(a, i));
    }
    return n;
}

size_t wzp_addr_encode_ip(const wzp_addr *addr, char out[WZP_ADDR_TEXT_MAX])
{
    switch (addr->family) {
    case WZP_FAMILY_V4: return put_v4(addr->ip, out, WZP_ADDR_TEXT_MAX);
    case WZP_FAMILY_V6: return put_v6(addr, out, WZP_ADDR_TEXT_MAX);
    default: return (size_t)snprintf(out, WZP_ADDR_TEXT_MAX, "-");
    }
}

size_t wzp_addr_encode(const wzp_addr *addr, char out[WZP_ADDR_TEXT_MAX])
{
    if (addr->family == WZP_FAMILY_NONE) {
        return wzp_addr_encode_ip(addr, out);
    }
    char ip[WZP_ADDR_TEXT_MAX];
    wzp_addr_encode_ip(addr, ip);
    /* 45 characters at most, so that nothing is cut. */
    const int n =
        (addr->family == WZP_FAMILY_V6)
            ? snprintf(out, WZP_ADDR_TEXT_MAX, "[%.45s]:%u", ip, addr->port)
            : snprintf(out, WZP_ADDR_TEXT_MAX, "%.45s:%u", ip, addr->port);
    return (size_t)n;
}

bool wzp_addr_equal(const wzp_addr *a, const wzp_addr *b)
{
    return a->family == b->family && a->port == b->port &&
           memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

wzp_addr wzp_addr_unmapped(const wzp_addr *addr)
{
    return addr->family == WZP_FAMILY_V6 && is_mapped(addr)
               ? wzp_addr_v4(addr->ip + 12, addr->port)
               : *addr;
}

bool wzp_addr_is_loopback(const wzp_addr *addr)
{
    static const uint8_t v6[16] = {[15] = 1};
    if (addr->family == WZP_FAMILY_V4) {
        return addr->ip[0] == 127;
    }
    return addr->family == WZP_FAMILY_V6 &&
           memcmp(addr->ip, v6, sizeof v6) == 0;
}
