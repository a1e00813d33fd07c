/* SPDX-License-Identifier: MIT */
/* See lookup.h. */
#include "uv/lookup.h"

#include <wzp/proto/hex.h>

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

wzp_err wzp__lookup_pin(const char *text, uint8_t out[WZP_HASH_LEN])
{
    char hex[2 * WZP_HASH_LEN + 1];
    size_t n = 0;
    for (; *text != '\0'; text++) {
        if (*text == ':') {
            continue;
        }
        if (n == sizeof hex - 1) {
            return WZP_ERR_ARG;
        }
        hex[n++] = *text;
    }
    return wzp_hex_decode(hex, n, out, WZP_HASH_LEN);
}

void wzp__lookup_text(const wzp__relay_name *relay,
                      char out[WZP__RELAY_TEXT_MAX])
{
    const bool is_v6 = strchr(relay->host, ':') != NULL;
    (void)snprintf(out, WZP__RELAY_TEXT_MAX, is_v6 ? "[%s]:%s" : "%s:%s",
                   relay->host, relay->port);
}

static bool addr_of(const struct sockaddr *sa, wzp_addr *out)
{
    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)sa;
        *out = wzp_addr_v4((const void *)&v4->sin_addr, ntohs(v4->sin_port));
        return true;
    }
    if (sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)sa;
        *out = wzp_addr_v6((const void *)&v6->sin6_addr, ntohs(v6->sin6_port));
        return true;
    }
    return false;
}

size_t wzp__lookup_addresses(const struct addrinfo *list,
                             wzp_addr out[WZP_RELAY_ADDRS_MAX])
{
    size_t n = 0;
    for (; list != NULL && n < WZP_RELAY_ADDRS_MAX; list = list->ai_next) {
        n += addr_of(list->ai_addr, &out[n]);
    }
    return n;
}
