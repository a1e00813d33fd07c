/* SPDX-License-Identifier: MIT */
/* How people write a relay: "HOST:PORT", "HOST", "[v6]:PORT", "[v6]". */
#ifndef WZP_CLIENT_PATH_RELAY_NAME_H
#define WZP_CLIENT_PATH_RELAY_NAME_H

#include <wzp/proto/err.h>

#define WZP__RELAY_HOST_MAX 255

typedef struct wzp__relay_name {
    char host[WZP__RELAY_HOST_MAX + 1]; /* lower case, without brackets */
    char port[6];                       /* digits */
} wzp__relay_name;

/* Port 4433 where there is none. WZP_ERR_ADDRESS. */
WZP_NODISCARD wzp_err wzp__relay_name_decode(const char *text,
                                             wzp__relay_name *out);

#endif
