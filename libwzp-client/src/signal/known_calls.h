/* SPDX-License-Identifier: MIT */
/* Call ids that must not ring again for 24 h (design/secure-media.md 4, rule
 * a). Those that were answered are kept under the name "calls" in the store: a
 * line each, 32 hex digits of the id's hash and the unix second. Those that
 * only rang are kept in memory, the latest ones.
 *
 * An answered one is never pushed out: a full table refuses new calls instead.
 * It fills only by answering, which is the user's to do.
 */
#ifndef WZP_CLIENT_KNOWN_CALLS_H
#define WZP_CLIENT_KNOWN_CALLS_H

#include <wzp/client/store.h>

#define WZP__KNOWN_CALLS_ANSWERED 1024 /* chosen: one every 84 s for a day */
#define WZP__KNOWN_CALLS_RANG     256  /* chosen */
#define WZP__KNOWN_CALLS_S        (24 * 60 * 60)

typedef struct wzp__known_calls wzp__known_calls;

/* Loads. A store that cannot be read or parsed is an error, never an empty
 * table. store->load NULL: nothing is kept. */
WZP_NODISCARD wzp_err wzp__known_calls_new(wzp__known_calls **out,
                                           const wzp_mem *mem,
                                           const wzp_store *store);
void wzp__known_calls_free(wzp__known_calls *k);

/* WZP_ERR_CALL_KNOWN; WZP_ERR_FULL: nothing could be remembered of it, so it
 * must not ring. */
WZP_NODISCARD wzp_err wzp__known_calls_check(const wzp__known_calls *k,
                                             wzp_unix_s now, wzp_str call_id);
void wzp__known_calls_rang(wzp__known_calls *k, wzp_str call_id);
/* And to the store. Errors of the store: it is known in memory.
 * WZP_ERR_FULL. */
WZP_NODISCARD wzp_err wzp__known_calls_answered(wzp__known_calls *k,
                                                wzp_unix_s now,
                                                wzp_str call_id);

#endif
