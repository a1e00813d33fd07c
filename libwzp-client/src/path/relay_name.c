/* SPDX-License-Identifier: MIT */
/* See relay_name.h. */
#include "path/relay_name.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT "4433"
#define PORT_MOST    65535

/* Where the host begins and ends, and the port or NULL. */
typedef struct parts {
    const char *host, *end, *port;
} parts;

static wzp_err split(const char *text, parts *out)
{
    if (*text == '[') {
        const char *end = strchr(text, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':')) {
            return WZP_ERR_ADDRESS;
        }
        *out = (parts){text + 1, end, end[1] == ':' ? end + 2 : NULL};
        return WZP_OK;
    }
    const char *colon = strchr(text, ':');
    const char *end = colon == NULL ? text + strlen(text) : colon;
    *out = (parts){text, end, colon == NULL ? NULL : colon + 1};
    return WZP_OK;
}

static bool is_port(const char *port)
{
    size_t len = strlen(port);
    return len > 0 && len <= 5 && strspn(port, "0123456789") == len &&
           strtoul(port, NULL, 10) <= PORT_MOST;
}

/* Brackets stand around a host, never in it; what pins cannot keep (pins.c) is
 * no name either. Other bytes are the resolver's business. */
static bool is_host(const char *host, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)host[i];
        if (c <= ' ' || c == 0x7f || c == '[' || c == ']') {
            return false;
        }
    }
    return len > 0 && len <= WZP__RELAY_HOST_MAX;
}

wzp_err wzp__relay_name_decode(const char *text, wzp__relay_name *out)
{
    parts p;
    WZP_TRY(split(text, &p));
    size_t len = (size_t)(p.end - p.host);
    const char *port = p.port == NULL ? DEFAULT_PORT : p.port;
    if (!is_host(p.host, len) || !is_port(port)) {
        return WZP_ERR_ADDRESS;
    }
    for (size_t i = 0; i < len; i++) { /* names are one in any letter case */
        char c = p.host[i];
        out->host[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    out->host[len] = '\0';
    memcpy(out->port, port, strlen(port) + 1);
    return WZP_OK;
}
