/* SPDX-License-Identifier: MIT */
/* The table of roles, see classify.h.
 */
#include "classify.h"

#include <string.h>

static const struct {
    const char *sni;
    wzp__role role;
} EXACT[] = {
    {"ping", WZP__ROLE_PING},
    {"version", WZP__ROLE_VERSION},
};

/* No room can be called so: events and the log say it in a room's place. */
static const char SIGNAL[] = "_signal";

wzp__role wzp__classify(const char *sni, char name[WZP_ROOM_NAME_MAX + 1])
{
    name[0] = '\0';
    if (sni[0] == '\0') {
        memcpy(name, WZP_ROOM_DEFAULT, sizeof WZP_ROOM_DEFAULT);
        return WZP__ROLE_ROOM;
    }
    if (strcmp(sni, SIGNAL) == 0) {
        memcpy(name, SIGNAL, sizeof SIGNAL);
        return WZP__ROLE_SIGNAL;
    }
    for (size_t i = 0; i < sizeof EXACT / sizeof EXACT[0]; i++) {
        if (strcmp(sni, EXACT[i].sni) == 0) {
            return EXACT[i].role;
        }
    }
    wzp_room_kind kind;
    if (wzp_room_name_decode(sni, strlen(sni), name, &kind) != WZP_OK) {
        name[0] = '\0';
        return WZP__ROLE_BAD_NAME;
    }
    switch (kind) {
    case WZP_ROOM_NAMED:
    case WZP_ROOM_HASHED: return WZP__ROLE_ROOM;
    case WZP_ROOM_CALL: return WZP__ROLE_CALL;
    case WZP_ROOM_RESERVED: break;
    }
    name[0] = '\0';
    return WZP__ROLE_RESERVED;
}
