/* SPDX-License-Identifier: MIT */
/* What third parties keep per process, in one place. */
#include <wzp/client/client.h>
#include <wzp/crypto/identity.h>
#include <wzp/transport/global.h>

wzp_err wzp_global_init(void)
{
    WZP_TRY(wzp_crypto_global_init());
    wzp_err e = wzp_transport_global_init();
    if (e != WZP_OK) {
        wzp_crypto_global_deinit();
    }
    return e;
}

void wzp_global_deinit(void)
{
    wzp_transport_global_deinit();
    wzp_crypto_global_deinit();
}
