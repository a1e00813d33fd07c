/* SPDX-License-Identifier: MIT */
/* Opening the identity, see identity.h.
 */
#include "identity.h"

#include "common/identity_file.h"

#include <wzp/crypto/wipe.h>

#include <stdio.h>

wzp_seed_identity *identity_open(const char *path, const wzp_log *log,
                                 char *why, size_t why_len)
{
    char usual[APP_PATH_MAX];
    uint8_t seed[WZP_SEED_LEN];
    bool is_new, is_exposed;
    const wzp_rng rng = wzp_rng_system();
    if (path == NULL) {
        if (!app_identity_default_path("relay-identity", usual)) {
            (void)snprintf(why, why_len, "HOME is too long a path");
            return NULL;
        }
        path = usual;
    }
    if (!app_identity_load(path, &rng, seed, &is_new, &is_exposed, why,
                           why_len)) {
        return NULL;
    }
    wzp_seed_identity *identity = NULL;
    if (wzp_seed_identity_new(&identity, seed) != WZP_OK) {
        (void)snprintf(why, why_len, "no protected memory for the identity");
        identity = NULL;
    }
    wzp_wipe(seed, sizeof seed);
    if (is_new) {
        WZP_LOG(log, WZP_LOG_INFO, "app", "identity.made", "file=%s", path);
    }
    if (is_exposed) {
        WZP_LOG(log, WZP_LOG_WARN, "app", "identity.exposed",
                "file=%s hint=\"chmod 600\"", path);
    }
    return identity;
}
