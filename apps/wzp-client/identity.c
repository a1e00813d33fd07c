/* SPDX-License-Identifier: MIT */
/* The subcommand identity: who am I to others. The secret words are printed
 * only on request.
 */
#include "commands.h"
#include "encrypt.h"
#include "who.h"

#include <wzp/crypto/wipe.h>
#include <wzp/proto/fingerprint.h>
#include <wzp/proto/hex.h>

#include <string.h>

static void print_public(const wzp_identity *id)
{
    uint8_t fp[WZP_FP_LEN];
    char text[WZP_FP_TEXT_LEN + 1];
    char alias[WZP_ALIAS_MAX];
    char key[2 * WZP_KEY_LEN + 1];
    wzp_identity_fingerprint(id->public_key, fp);
    wzp_fingerprint_encode(fp, text);
    wzp_alias_from_key(id->public_key, alias);
    wzp_hex_encode(id->public_key, WZP_KEY_LEN, key);
    key[2 * WZP_KEY_LEN] = '\0';
    printf("fingerprint  %s\n", text);
    printf("alias        %s\n", alias);
    printf("public key   %s\n", key);
}

static void print_mnemonic(const uint8_t seed[WZP_SEED_LEN])
{
    char words[WZP_MNEMONIC_MAX];
    wzp_mnemonic_encode(seed, words);
    printf("mnemonic     %s\n", words);
    wzp_wipe(words, sizeof words);
}

static int check(const settings *s)
{
    if (s->arguments.n != 0) {
        return settings_refuse("identity takes no argument '%s'",
                               s->arguments.v[0]);
    }
    if (s->wants_sealed && s->wants_clear) {
        return settings_refuse("--encrypt and --decrypt exclude each other");
    }
    if ((s->wants_sealed || s->wants_clear) &&
        (s->seed != NULL || s->mnemonic != NULL)) {
        return settings_refuse("--encrypt and --decrypt change a file; they "
                               "take no seed");
    }
    if (s->wants_clear && s->wants_new) {
        return settings_refuse("--new --decrypt is just --new");
    }
    if (s->new_passphrase != NULL && !s->wants_sealed) {
        return settings_refuse("--new-passphrase-file needs --encrypt");
    }
    return 0;
}

int identity_run(settings *s)
{
    uint8_t seed[WZP_SEED_LEN];
    wzp_seed_identity *identity = NULL;
    int status = check(s);
    if (status == 0) {
        status = s->wants_sealed || s->wants_clear ? encrypt_seed(s, seed)
                                                   : who_seed(s, seed);
    }
    if (status == 0 && wzp_seed_identity_new(&identity, seed) != WZP_OK) {
        fprintf(stderr, "wzp-client: out of memory\n");
        status = 1;
    }
    if (status == 0) {
        const wzp_identity table = wzp_seed_identity_table(identity);
        print_public(&table);
        if (s->wants_mnemonic) {
            print_mnemonic(seed);
        }
    }
    wzp_seed_identity_free(identity);
    wzp_wipe(seed, sizeof seed);
    return status;
}
