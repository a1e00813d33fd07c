/* SPDX-License-Identifier: MIT */
/* All rooms, by their 32-character hash. A sorted array: names are chosen by
 * clients, and a search tree of hashes they choose cannot be made slow.
 */
#ifndef WZP_RELAY_ROOM_TABLE_H
#define WZP_RELAY_ROOM_TABLE_H

#include "room/room.h"

typedef struct wzp__room_table {
    const wzp_mem *mem; /* borrowed */
    wzp__room **rooms;  /* ascending by hash; owned */
    size_t n, cap, max;
} wzp__room_table;

void wzp__room_table_init(wzp__room_table *t, const wzp_mem *mem, size_t max);
void wzp__room_table_deinit(wzp__room_table *t);

/* NULL when there is no such room. */
wzp__room *wzp__room_table_find(const wzp__room_table *t, const char *hash);
/* How many rooms were made from this IPv4 address, or this IPv6 /48. */
size_t wzp__room_table_made(const wzp__room_table *t, const wzp_addr *from);
/* An empty room that is not in the table yet. WZP_ERR_ROOM_FULL (max rooms),
 * WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__room_table_insert(wzp__room_table *t,
                                             const char *hash, const char *name,
                                             wzp__room **out);
/* Takes out and frees. */
void wzp__room_table_remove(wzp__room_table *t, wzp__room *room);

#endif
