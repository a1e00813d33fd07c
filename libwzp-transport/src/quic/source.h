/* SPDX-License-Identifier: MIT */
/* What is known of the addresses peers come from: how many places each holds,
 * and what it has used up of the work it may cause. Only addresses that are
 * proven get in (share.h sees to it), so spoofed ones cost no memory.
 *
 * Work is counted in points and forgotten with time: an entry says when it will
 * all be forgotten. Then, and once no place is held, the entry goes. Of entries
 * without places WZP__SOURCES_IDLE are kept; when there is one more, the one
 * that has the least to forget goes first: whoever comes from many addresses
 * throws out only what has done less than he.
 */
#ifndef WZP_TRANSPORT_QUIC_SOURCE_H
#define WZP_TRANSPORT_QUIC_SOURCE_H

#include "quic/cidmap.h"
#include "quic/heap.h"

enum {
    WZP__SOURCES_IDLE = 4096, /* chosen: 0.5 MB */
};
#define WZP__SOURCE_NONE UINT32_MAX

typedef struct wzp__source {
    wzp__cid key;       /* first bytes of an address; len 0: unused */
    uint32_t conns;     /* places held */
    uint32_t strangers; /* of those, by peers not trusted */
    wzp_tstamp until;   /* then all its work is forgotten */
    uint32_t next;      /* of the unused ones */
} wzp__source;

typedef struct wzp__sources {
    wzp_mem mem;
    wzp__cidmap map; /* key → index in v */
    wzp__heap idle;  /* those without places, by `until` */
    wzp__source *v;
    uint32_t cap, unused; /* WZP__SOURCE_NONE: all are in use */
} wzp__sources;

void wzp__sources_init(wzp__sources *t, const wzp_mem *mem,
                       const uint8_t key[WZP__CID_KEY_LEN]);
void wzp__sources_deinit(wzp__sources *t);

/* NULL when nothing is known of it. Valid until the next enter. */
wzp__source *wzp__sources_find(const wzp__sources *t, const wzp__cid *key);
/* The same, made if there was none, and kept until it is settled; NULL without
 * memory. */
wzp__source *wzp__sources_enter(wzp__sources *t, const wzp__cid *key);
/* It was changed: it is kept while it is needed. */
void wzp__sources_settle(wzp__sources *t, wzp_tstamp now, wzp__source *s);

#endif
