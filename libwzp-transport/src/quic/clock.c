/* SPDX-License-Identifier: MIT */
/* The library is built so that it asks here (scripts/deps.sh); see clock.h.
 */
#include "quic/clock.h"

#include <wolfssl/options.h>
#include <wolfssl/wzp_hooks.h>

/* Only differences count; 0 would be an error to wolfSSL. */
#define EPOCH_MS 1

static _Thread_local wzp_tstamp told;

void wzp__clock_at(wzp_tstamp now)
{
    told = now;
}

long long wzp_wolfssl_time_ms(void)
{
    return EPOCH_MS + (long long)(told / WZP_MS);
}
