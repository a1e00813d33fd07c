/* SPDX-License-Identifier: MIT */
/* Opening the identity, see identity.h.
 */
#include "identity.h"

#include "common/identity_file.h"

#include <wzp/crypto/wipe.h>

#include <stdio.h>
#include <unistd.h>

static void tell(const app_identity_file *f, const wzp_log *log)
{
    if (f->is_new) {
        WZP_LOG(log, WZP_LOG_INFO, "app", "identity.made", "file=%s", f->path);
    }
    if (f->is_exposed) {
        WZP_LOG(log, WZP_LOG_WARN, "app", "identity.exposed",
                "file=%s hint=\"chmod 600\"", f->path);
    }
    if (f->passphrase_file != NULL && !f->is_sealed) {
        WZP_LOG(log, WZP_LOG_WARN, "app", "identity.clear",
                "file=%s hint=\"wzp-client identity --encrypt\"", f->path);
    }
}

wzp_seed_identity *identity_open(const char *path, const char *passphrase_file,
                                 const wzp_log *log, char *why, size_t why_len)
{
    char usual[APP_PATH_MAX];
    uint8_t seed[WZP_SEED_LEN];
    const wzp_rng rng = wzp_rng_system();
    app_identity_file f = {.path = path,
                           .passphrase_file = passphrase_file,
                           .may_ask = isatty(STDIN_FILENO) == 1};
    if (path == NULL) {
        if (!app_identity_default_path("relay-identity", usual)) {
            (void)snprintf(why, why_len, "HOME is too long a path");
            return NULL;
        }
        f.path = usual;
    }
    if (!app_identity_load(&f, &rng, seed)) {
        (void)snprintf(why, why_len, "%s", f.why);
        return NULL;
    }
    wzp_seed_identity *identity = NULL;
    if (wzp_seed_identity_new(&identity, seed) != WZP_OK) {
        (void)snprintf(why, why_len, "no protected memory for the identity");
        identity = NULL;
    }
    wzp_wipe(seed, sizeof seed);
    tell(&f, log);
    return identity;
}
