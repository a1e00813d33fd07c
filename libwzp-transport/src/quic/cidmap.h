/* SPDX-License-Identifier: MIT */
/* Connection ids to numbers: an open hash table keyed with a secret, because a
 * client chooses the first id it uses and could choose colliding ones.
 */
#ifndef WZP_TRANSPORT_QUIC_CIDMAP_H
#define WZP_TRANSPORT_QUIC_CIDMAP_H

#include <wzp/proto/env.h>

#define WZP__CID_MAX 20 /* RFC 9000 section 17.2 */
#define WZP__CID_LEN                                                           \
    8 /* of our own ids; chosen: fixed, so that short headers                  \
       * can be read */
#define WZP__CID_KEY_LEN 16

typedef struct wzp__cid {
    uint8_t len; /* 0 … WZP__CID_MAX; unused bytes are 0 */
    uint8_t data[WZP__CID_MAX];
} wzp__cid;

/* Cut at WZP__CID_MAX: longer ones are never stored. */
wzp__cid wzp__cid_of(const uint8_t *data, size_t len);

typedef struct wzp__cidmap_entry {
    uint32_t value; /* plus 1; 0 = free */
    wzp__cid cid;
} wzp__cidmap_entry;

typedef struct wzp__cidmap {
    wzp_mem mem;
    uint64_t key[2];
    wzp__cidmap_entry *v; /* cap entries, a power of two */
    size_t cap, count;
} wzp__cidmap;

void wzp__cidmap_init(wzp__cidmap *m, const wzp_mem *mem,
                      const uint8_t key[WZP__CID_KEY_LEN]);
void wzp__cidmap_deinit(wzp__cidmap *m);

/* Insert or replace. value < UINT32_MAX. */
WZP_NODISCARD wzp_err wzp__cidmap_set(wzp__cidmap *m, const wzp__cid *cid,
                                      uint32_t value);
bool wzp__cidmap_get(const wzp__cidmap *m, const wzp__cid *cid,
                     uint32_t *value);
/* Only when it maps to `value`; unknown ids are fine. */
void wzp__cidmap_remove(wzp__cidmap *m, const wzp__cid *cid, uint32_t value);

#endif
