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

wzp_err wzp__relay_name_decode(const char *text, wzp__relay_name *out)
{
    parts p;
    WZP_TRY(split(text, &p));
    size_t len = (size_t)(p.end - p.host);
    const char *port = p.port == NULL ? DEFAULT_PORT : p.port;
    if (len == 0 || len > WZP__RELAY_HOST_MAX || !is_port(port)) {
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
