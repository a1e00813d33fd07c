/* SPDX-License-Identifier: MIT */
/* Forgetting secrets, in a way no compiler removes, and a place for those that
 * live long.
 */
#ifndef WZP_CRYPTO_WIPE_H
#define WZP_CRYPTO_WIPE_H

#include <wzp/proto/base.h>

void wzp_wipe(void *data, size_t len);

/* Zeroed memory that is kept out of swap where the system allows, lies between
 * pages nobody can read, and is wiped when freed. From any thread. NULL: there
 * is none. */
void *wzp_guarded_new(size_t len);
/* NULL is fine. */
void wzp_guarded_free(void *data);

#endif
