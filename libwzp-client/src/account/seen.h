/* SPDX-License-Identifier: MIT */
/* Identities once seen with a valid key package: media towards them is never
 * clear again (design/secure-media.md 1). Kept under the name "capable" in the
 * store: a fingerprint of 32 hex digits per line, ascending.
 *
 * A full table answers yes for everybody: a relay that invents identities must
 * not be able to push a real one out.
 */
#ifndef WZP_CLIENT_SEEN_H
#define WZP_CLIENT_SEEN_H

#include <wzp/client/store.h>

#define WZP__SEEN_MAX 8192 /* chosen: 264 KB in the store */

typedef struct wzp__seen wzp__seen;

/* Loads. A store that cannot be read or parsed is an error, never an empty
 * table. store.load NULL: nothing is kept. */
WZP_NODISCARD wzp_err wzp__seen_new(wzp__seen **out, const wzp_mem *mem,
                                    const wzp_store *store);
void wzp__seen_free(wzp__seen *s);

/* Remembers; wzp__seen_save keeps it. WZP_ERR_FULL, WZP_ERR_NOMEM: from now on
 * everybody counts as seen. */
WZP_NODISCARD wzp_err wzp__seen_add(wzp__seen *s, const uint8_t fp[WZP_FP_LEN]);
bool wzp__seen_has(const wzp__seen *s, const uint8_t fp[WZP_FP_LEN]);
/* To the store, if there is anything new. WZP_ERR_IO: kept in memory only. */
WZP_NODISCARD wzp_err wzp__seen_save(wzp__seen *s);

#endif
