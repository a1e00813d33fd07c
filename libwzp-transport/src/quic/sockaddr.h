/* SPDX-License-Identifier: MIT */
/* wzp_addr to the system's form, which ngtcp2 and sockets want, and back. */
#ifndef WZP_TRANSPORT_QUIC_SOCKADDR_H
#define WZP_TRANSPORT_QUIC_SOCKADDR_H

#include <wzp/proto/addr.h>

#include <netinet/in.h>
#include <sys/socket.h>

typedef union wzp__sockaddr {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
} wzp__sockaddr;

/* The length; 0 when the address has no family. */
socklen_t wzp__sockaddr_from(const wzp_addr *addr, wzp__sockaddr *out);

/* False when the family is neither IPv4 nor IPv6. */
bool wzp__sockaddr_to(const struct sockaddr *sa, socklen_t len, wzp_addr *out);

/* A socket on the IPv6 wildcard may speak IPv4 as well: the name of its own end
 * on a path to `remote`. Other addresses stay as they are. */
wzp_addr wzp__sockaddr_own(const wzp_addr *local, const wzp_addr *remote);

#endif
