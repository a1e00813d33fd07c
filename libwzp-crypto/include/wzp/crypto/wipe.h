/* SPDX-License-Identifier: MIT */
/* Forgetting secrets, in a way no compiler removes. */
#ifndef WZP_CRYPTO_WIPE_H
#define WZP_CRYPTO_WIPE_H

#include <wzp/proto/base.h>

void wzp_wipe(void *data, size_t len);

#endif
