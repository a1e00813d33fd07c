/* SPDX-License-Identifier: MIT */
/* Memory for secrets that stay for a while: a page of its own between two
 * pages that nothing can touch, locked so that it is not swapped out, left out
 * of core dumps, wiped when freed. Where the system refuses to lock it
 * (RLIMIT_MEMLOCK) it is had all the same, without that.
 *
 * Not from wzp_mem: a page each. For secrets that live as long as a call or a
 * process, not for what a packet needs. */
#ifndef WZP_CRYPTO_GUARDED_H
#define WZP_CRYPTO_GUARDED_H

#include <wzp/proto/base.h>

/* All zeros. After wzp_crypto_global_init. NULL: no memory. */
void *wzp_guarded_new(size_t len);
/* Wipes. NULL is fine. */
void wzp_guarded_free(void *secret);

#endif
