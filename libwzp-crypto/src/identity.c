/* SPDX-License-Identifier: MIT */
/* Identity from a seed: Ed25519 key by HKDF (spec/wire.md 3.1), fingerprint
 * (3.2), hex form. The words are in mnemonic.c, the alias in alias.c.
 */
#include "hkdf.h"

#include <wzp/crypto/identity.h>

#include <sodium.h>

#include <string.h>

static const char ED25519_LABEL[] = "warzone-ed25519";

/* Lives in guarded, locked memory (sodium_malloc), wiped when freed. */
struct wzp_seed_identity {
    uint8_t seed[WZP_SEED_LEN];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    uint8_t public_key[WZP_KEY_LEN];
};

wzp_err wzp_seed_identity_new(wzp_seed_identity **out,
                              const uint8_t seed[WZP_SEED_LEN])
{
    wzp_seed_identity *id = sodium_malloc(sizeof *id);
    if (id == NULL) {
        return WZP_ERR_NOMEM;
    }
    memcpy(id->seed, seed, WZP_SEED_LEN);
    uint8_t ed_seed[WZP_KEY_LEN];
    wzp__hkdf(seed, WZP_SEED_LEN, ED25519_LABEL, ed_seed);
    crypto_sign_seed_keypair(id->public_key, id->secret_key, ed_seed);
    sodium_memzero(ed_seed, sizeof ed_seed);
    *out = id;
    return WZP_OK;
}

void wzp_seed_identity_free(wzp_seed_identity *id)
{
    sodium_free(id);
}

static wzp_err seed_sign(void *user, const uint8_t *msg, size_t len,
                         uint8_t sig[WZP_SIG_LEN])
{
    const wzp_seed_identity *id = user;
    if (crypto_sign_detached(sig, NULL, msg, len, id->secret_key) != 0) {
        return WZP_ERR_INTERNAL;
    }
    return WZP_OK;
}

static wzp_err seed_derive(void *user, const char *label,
                           uint8_t out[WZP_KEY_LEN])
{
    const wzp_seed_identity *id = user;
    wzp__hkdf(id->seed, WZP_SEED_LEN, label, out);
    return WZP_OK;
}

wzp_identity wzp_seed_identity_table(const wzp_seed_identity *id)
{
    wzp_identity table = {.sign = seed_sign, .derive = seed_derive};
    memcpy(table.public_key, id->public_key, WZP_KEY_LEN);
    /* The functions only read; the table's type has room for ones that do
     * not. */
    union {
        const void *from;
        void *to;
    } user = {.from = id};
    table.user = user.to;
    return table;
}

void wzp_identity_fingerprint(const uint8_t public_key[WZP_KEY_LEN],
                              uint8_t out[WZP_FP_LEN])
{
    uint8_t hash[WZP_HASH_LEN];
    crypto_hash_sha256(hash, public_key, WZP_KEY_LEN);
    memcpy(out, hash, WZP_FP_LEN);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

wzp_err wzp_seed_from_hex(const char *text, size_t len,
                          uint8_t out[WZP_SEED_LEN])
{
    while (len > 0 && is_space(text[0])) {
        text++;
        len--;
    }
    while (len > 0 && is_space(text[len - 1])) {
        len--;
    }
    size_t got = 0;
    const char *end = NULL;
    if (len != 2u * WZP_SEED_LEN ||
        sodium_hex2bin(out, WZP_SEED_LEN, text, len, NULL, &got, &end) != 0 ||
        got != WZP_SEED_LEN || end != text + len) {
        sodium_memzero(out, WZP_SEED_LEN);
        return WZP_ERR_SEED;
    }
    return WZP_OK;
}

wzp_err wzp_identity_verify(const uint8_t public_key[WZP_KEY_LEN],
                            const uint8_t *msg, size_t len, const uint8_t *sig,
                            size_t sig_len)
{
    /* libsodium refuses low-order keys, non-canonical keys and S ≥ L. */
    if (sig_len != WZP_SIG_LEN ||
        crypto_sign_verify_detached(sig, msg, len, public_key) != 0) {
        return WZP_ERR_SIGNATURE;
    }
    return WZP_OK;
}
