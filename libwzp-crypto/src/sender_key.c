/* SPDX-License-Identifier: MIT */
/* Key boxes and the ratchet: see sender_key.h. The zero nonce is safe because
 * every pk seals once.
 */
#include "hkdf.h"
#include "sha256.h"

#include <wzp/crypto/sender_key.h>

#include <sodium.h>

#include <string.h>

static const uint8_t ZERO_NONCE[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

static void step_on(wzp_key_chain *chain)
{
    wzp__hkdf_label(chain->pk, "wzp-pair-next", chain->pk);
    chain->n++;
}

static void additional_data(const wzp_key_name *name, uint32_t n,
                            uint8_t out[WZP_HASH_LEN])
{
    uint8_t which[11];
    wzp__put_u32(which, name->generation);
    which[4] = name->step;
    wzp__put_u16(which + 5, name->suite);
    wzp__put_u32(which + 7, n);
    wzp__sha256_parts(WZP__PARTS(WZP__LABEL("wzp-e2ee-key"),
                                 {name->names->room_id, WZP_HASH_LEN},
                                 {name->names->kph_from, WZP_HASH_LEN},
                                 {name->names->kph_to, WZP_HASH_LEN},
                                 {which, sizeof which}),
                      out);
}

wzp_err wzp_key_box_seal(wzp_key_chain *chain, const wzp_key_name *name,
                         const uint8_t base_key[WZP_KEY_LEN], uint32_t *n,
                         uint8_t box[WZP_KEY_BOX_LEN])
{
    uint8_t ad[WZP_HASH_LEN];
    if (chain->n == UINT32_MAX) {
        return WZP_ERR_COUNTER;
    }
    additional_data(name, chain->n, ad);
    crypto_aead_chacha20poly1305_ietf_encrypt(box, NULL, base_key, WZP_KEY_LEN,
                                              ad, sizeof ad, NULL, ZERO_NONCE,
                                              chain->pk);
    *n = chain->n;
    step_on(chain);
    return WZP_OK;
}

wzp_err wzp_key_box_open(wzp_key_chain *chain, const wzp_key_name *name,
                         uint32_t n, wzp_bytes box,
                         uint8_t base_key[WZP_KEY_LEN])
{
    if (box.len != WZP_KEY_BOX_LEN) {
        return WZP_ERR_LENGTH;
    }
    if (n < chain->n) {
        return WZP_ERR_KEY_REPLAYED;
    }
    if (n - chain->n > WZP_KEY_AHEAD_MAX || n == UINT32_MAX) {
        return WZP_ERR_KEY_AHEAD;
    }
    wzp_key_chain ahead = *chain; /* kept only if the tag verifies */
    while (ahead.n < n) {
        step_on(&ahead);
    }
    uint8_t ad[WZP_HASH_LEN];
    additional_data(name, n, ad);
    wzp_err e = WZP_OK;
    if (crypto_aead_chacha20poly1305_ietf_decrypt(base_key, NULL, NULL, box.ptr,
                                                  box.len, ad, sizeof ad,
                                                  ZERO_NONCE, ahead.pk) != 0) {
        sodium_memzero(base_key, WZP_KEY_LEN);
        e = WZP_ERR_TAG;
        goto done;
    }
    step_on(&ahead);
    *chain = ahead;
done:
    sodium_memzero(&ahead, sizeof ahead);
    return e;
}

void wzp_key_ratchet(const uint8_t base_key[WZP_KEY_LEN],
                     uint8_t out[WZP_KEY_LEN])
{
    wzp__hkdf_label(base_key, "wzp-ratchet", out);
}
