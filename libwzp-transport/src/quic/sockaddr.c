/* SPDX-License-Identifier: MIT */
/* Values only; no socket is touched here. */
#include "quic/sockaddr.h"

#include <string.h>

socklen_t wzp__sockaddr_from(const wzp_addr *addr, wzp__sockaddr *out)
{
    memset(out, 0, sizeof *out);
    if (addr->family == WZP_FAMILY_V4) {
        out->in.sin_family = AF_INET;
        out->in.sin_port = htons(addr->port);
        memcpy(&out->in.sin_addr, addr->ip, 4);
        return sizeof out->in;
    }
    if (addr->family == WZP_FAMILY_V6) {
        out->in6.sin6_family = AF_INET6;
        out->in6.sin6_port = htons(addr->port);
        memcpy(&out->in6.sin6_addr, addr->ip, 16);
        return sizeof out->in6;
    }
    return 0;
}

bool wzp__sockaddr_to(const struct sockaddr *sa, socklen_t len, wzp_addr *out)
{
    *out = (wzp_addr){0};
    if (sa->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        memcpy(out->ip, &in.sin_addr, 4);
        out->port = ntohs(in.sin_port);
        out->family = WZP_FAMILY_V4;
        return true;
    }
    if (sa->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof in6);
        memcpy(out->ip, &in6.sin6_addr, 16);
        out->port = ntohs(in6.sin6_port);
        out->family = WZP_FAMILY_V6;
        return true;
    }
    return false;
}

wzp_addr wzp__sockaddr_own(const wzp_addr *local, const wzp_addr *remote)
{
    static const uint8_t ANY[16];
    if (local->family == WZP_FAMILY_V6 && remote->family == WZP_FAMILY_V4 &&
        memcmp(local->ip, ANY, sizeof ANY) == 0) {
        return wzp_addr_v4(ANY, local->port);
    }
    return *local;
}
