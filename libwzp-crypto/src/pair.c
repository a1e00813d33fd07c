/* SPDX-License-Identifier: MIT */
/* P, PRK and the two direction keys: see pair.h. */
#include "hkdf.h"
#include "sha256.h"

#include <wzp/crypto/pair.h>

#include <sodium.h>

#include <string.h>

static void make_text(const wzp_pair_names *names, const uint8_t *ct,
                      wzp_pair_text *out)
{
    uint8_t h[WZP_HASH_LEN];
    wzp__sha256_parts(WZP__PARTS({ct, WZP_KEM_CT_LEN}), h);
    wzp__join(out->p,
              WZP__PARTS(WZP__LABEL("wzp-pair-v1"),
                         {names->room_id, WZP_HASH_LEN},
                         {names->kph_from, WZP_HASH_LEN},
                         {names->kph_to, WZP_HASH_LEN}, {h, WZP_HASH_LEN}));
}

static void derive(const wzp_pair_text *text, const uint8_t shared[WZP_KEY_LEN],
                   const uint8_t *psk, wzp_pair_keys *out)
{
    uint8_t salt[WZP_HASH_LEN];
    uint8_t ikm[2 * WZP_KEY_LEN];
    uint8_t prk[WZP_KEY_LEN];
    wzp__sha256_parts(WZP__PARTS({text->p, sizeof text->p}), salt);
    const size_t len = wzp__join(
        ikm, WZP__PARTS({shared, WZP_KEY_LEN},
                        {psk, psk != NULL ? (size_t)WZP_KEY_LEN : 0}));
    wzp__hkdf_extract(salt, sizeof salt, ikm, len, prk);
    wzp__hkdf_label(prk, "wzp-pair i2r", out->i2r);
    wzp__hkdf_label(prk, "wzp-pair r2i", out->r2i);
    sodium_memzero(ikm, sizeof ikm);
    sodium_memzero(prk, sizeof prk);
}

wzp_err wzp_pair_seal(const wzp_identity *id, const wzp_rng *rng,
                      const wzp_pair_names *names,
                      const uint8_t kem_to[WZP_KEM_PK_LEN], const uint8_t *psk,
                      uint8_t ct[WZP_KEM_CT_LEN], uint8_t sig[WZP_SIG_LEN],
                      wzp_pair_keys *out)
{
    uint8_t shared[WZP_KEY_LEN];
    wzp_pair_text text;
    wzp_err e = wzp_kem_seal(rng, kem_to, ct, shared);
    if (e != WZP_OK) {
        goto done;
    }
    make_text(names, ct, &text);
    e = id->sign(id->user, text.p, sizeof text.p, sig);
    if (e != WZP_OK) {
        goto done;
    }
    derive(&text, shared, psk, out);
done:
    sodium_memzero(shared, sizeof shared);
    return e;
}

wzp_err wzp_pair_verify(const uint8_t id_from[WZP_KEY_LEN],
                        const wzp_pair_names *names, wzp_bytes ct,
                        wzp_bytes sig, wzp_pair_text *out)
{
    if (ct.len != WZP_KEM_CT_LEN || sig.len != WZP_SIG_LEN) {
        return WZP_ERR_LENGTH;
    }
    make_text(names, ct.ptr, out);
    return wzp_identity_verify(id_from, out->p, sizeof out->p, sig.ptr,
                               sig.len);
}

wzp_err wzp_pair_open(const wzp_pair_text *text,
                      const uint8_t ct[WZP_KEM_CT_LEN],
                      const wzp_kem_secret *secret, const uint8_t *psk,
                      wzp_pair_keys *out)
{
    uint8_t shared[WZP_KEY_LEN];
    const wzp_err e = wzp_kem_open(secret, ct, shared);
    if (e == WZP_OK) {
        derive(text, shared, psk, out);
    }
    sodium_memzero(shared, sizeof shared);
    return e;
}

bool wzp_pair_stands(const uint8_t kph_a[WZP_HASH_LEN],
                     const uint8_t kph_b[WZP_HASH_LEN])
{
    return memcmp(kph_a, kph_b, WZP_HASH_LEN) < 0; /* both are public */
}
