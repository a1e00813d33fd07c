/* SPDX-License-Identifier: MIT */
/* See who.h. */
#include "who.h"

#include "common/identity_file.h"
#include "home.h"

#include <wzp/crypto/wipe.h>

#include <string.h>
#include <unistd.h>

static int from_file(const settings *s, uint8_t seed[WZP_SEED_LEN])
{
    char own[HOME_PATH_MAX];
    char why[APP_PATH_MAX + 128];
    bool is_new;
    bool is_exposed;
    const wzp_rng rng = wzp_rng_system();
    const char *path = s->identity;
    if (path == NULL) {
        if (!home_path("identity", own)) {
            fprintf(stderr, "wzp-client: the path of the home folder is too "
                            "long\n");
            return 1;
        }
        path = own;
    }
    if (s->wants_new && access(path, F_OK) == 0) {
        fprintf(stderr, "wzp-client: %s is there already and is not replaced\n",
                path);
        return 1;
    }
    if (!app_identity_load(path, &rng, seed, &is_new, &is_exposed, why,
                           sizeof why)) {
        fprintf(stderr, "wzp-client: %s\n", why);
        return 1;
    }
    if (is_new) {
        fprintf(stderr, "a new identity is in %s\n", path);
    }
    if (is_exposed) {
        fprintf(stderr,
                "wzp-client: warning: others can read %s; chmod 600 it\n",
                path);
    }
    return 0;
}

int who_seed(const settings *s, uint8_t seed[WZP_SEED_LEN])
{
    int ways =
        (s->seed != NULL) + (s->mnemonic != NULL) + (s->identity != NULL);
    if (ways > 1) {
        return settings_refuse(
            "--seed, --mnemonic and --identity exclude each other");
    }
    if (s->wants_new && (s->seed != NULL || s->mnemonic != NULL)) {
        return settings_refuse("--new makes a file; it takes no seed");
    }
    if (s->seed != NULL) {
        return wzp_seed_from_hex(s->seed, strlen(s->seed), seed) == WZP_OK
                   ? 0
                   : settings_refuse("--seed takes 64 hexadecimal digits");
    }
    if (s->mnemonic != NULL) {
        return wzp_mnemonic_decode(s->mnemonic, strlen(s->mnemonic), seed) ==
                       WZP_OK
                   ? 0
                   : settings_refuse("--mnemonic takes the 24 words of an "
                                     "identity, in quotes");
    }
    return from_file(s, seed);
}

int who_open(const settings *s, wzp_seed_identity **out)
{
    uint8_t seed[WZP_SEED_LEN];
    int status = who_seed(s, seed);
    if (status == 0 && wzp_seed_identity_new(out, seed) != WZP_OK) {
        fprintf(stderr, "wzp-client: out of memory\n");
        status = 1;
    }
    wzp_wipe(seed, sizeof seed);
    return status;
}
