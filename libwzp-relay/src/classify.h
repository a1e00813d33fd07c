/* SPDX-License-Identifier: MIT */
/* What a connection wants, by the server name it asked for. A pure function;
 * what follows from a role is in relay.c. Source: spec/relay.md 2.1.
 */
#ifndef WZP_RELAY_CLASSIFY_H
#define WZP_RELAY_CLASSIFY_H

#include <wzp/proto/room_name.h>

typedef enum wzp__role {
    WZP__ROLE_ROOM,     /* join the room `name` */
    WZP__ROLE_CALL,     /* room of a direct call, members are checked */
    WZP__ROLE_SIGNAL,   /* wants to be reachable, and to call */
    WZP__ROLE_PING,     /* measures the handshake, wants nothing more */
    WZP__ROLE_VERSION,  /* wants the build text */
    WZP__ROLE_RESERVED, /* begins with "_": a role this relay has not */
    WZP__ROLE_BAD_NAME, /* no room can have this name */
} wzp__role;

/* sni   as the endpoint gives it: lower case, "" when there was none
 * name  set for WZP__ROLE_ROOM and WZP__ROLE_CALL, "_signal" for
 *       WZP__ROLE_SIGNAL, else "" */
wzp__role wzp__classify(const char *sni, char name[WZP_ROOM_NAME_MAX + 1]);

#endif
