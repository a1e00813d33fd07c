/* SPDX-License-Identifier: MIT */
/* An IP address and a port as a value, and their text: "192.0.2.1:4433",
 * "[2001:db8::1]:4433". No sockets, no host names: the transport turns this
 * into a sockaddr and resolves names. Source: spec/wire.md 2.3 (addr).
 */
#ifndef WZP_PROTO_ADDR_H
#define WZP_PROTO_ADDR_H

#include <wzp/proto/err.h>

/* "[" 45 characters of IPv6 "]:" 65535, and the NUL. */
#define WZP_ADDR_TEXT_MAX 54

typedef enum wzp_family {
    WZP_FAMILY_NONE = 0,
    WZP_FAMILY_V4 = 4,
    WZP_FAMILY_V6 = 6,
} wzp_family;

/* All bytes not used are zero, so that equal addresses are equal memory. No
 * scope ids: a link-local IPv6 address cannot be told apart by interface. */
typedef struct wzp_addr {
    uint8_t ip[16];  /* IPv4: the first four; network order */
    uint16_t port;   /* host order */
    uint8_t family;  /* wzp_family */
    uint8_t unused_; /* 0 */
} wzp_addr;

/* ip is 4 bytes (V4) or 16 bytes (V6), network order. */
wzp_addr wzp_addr_v4(const uint8_t ip[4], uint16_t port) WZP_NONNULL(1);
wzp_addr wzp_addr_v6(const uint8_t ip[16], uint16_t port) WZP_NONNULL(1);

/* Address and port, both required; brackets around IPv6 are too. IPv4 octets
 * without leading zeros, port 0 … 65535. WZP_ERR_ADDRESS. */
WZP_NODISCARD wzp_err wzp_addr_decode(const char *text, size_t len,
                                      wzp_addr *out) WZP_NONNULL(3);

/* The address alone ("192.0.2.1", "2001:db8::1", "[2001:db8::1]"), with the
 * port given. WZP_ERR_ADDRESS. */
WZP_NODISCARD wzp_err wzp_addr_decode_ip(const char *text, size_t len,
                                         uint16_t port, wzp_addr *out)
    WZP_NONNULL(4);

/* Canonical text (RFC 5952 for IPv6) with NUL; returns its length. "-" for
 * WZP_FAMILY_NONE. encode_ip leaves port and brackets out. */
size_t wzp_addr_encode(const wzp_addr *addr, char out[WZP_ADDR_TEXT_MAX])
    WZP_NONNULL(1, 2);
size_t wzp_addr_encode_ip(const wzp_addr *addr, char out[WZP_ADDR_TEXT_MAX])
    WZP_NONNULL(1, 2);

/* Same family, address and port. */
bool wzp_addr_equal(const wzp_addr *a, const wzp_addr *b) WZP_NONNULL(1, 2);

/* ::ffff:192.0.2.1 as 192.0.2.1; any other address as it is. Both name the same
 * place on a socket for both families. */
wzp_addr wzp_addr_unmapped(const wzp_addr *addr) WZP_NONNULL(1);

/* 127.0.0.0/8 or ::1; not ::ffff:127.0.0.1, see wzp_addr_unmapped. */
bool wzp_addr_is_loopback(const wzp_addr *addr) WZP_NONNULL(1);

#endif
