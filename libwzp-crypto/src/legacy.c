/* SPDX-License-Identifier: MIT */
/* The seed's session: see legacy.h. */
#include "hkdf.h"
#include "sha256.h"

#include <wzp/crypto/legacy.h>

#include <sodium.h>

#include <string.h>

enum { CODE_MOD = 10000, HALF = 0x8000 };

void wzp_legacy_public(const uint8_t secret[WZP_KEY_LEN],
                       uint8_t out[WZP_KEY_LEN])
{
    crypto_scalarmult_curve25519_base(out, secret);
}

static void set_id(wzp_legacy_session *s)
{
    uint8_t h[WZP_HASH_LEN];
    crypto_hash_sha256(h, s->key, sizeof s->key);
    memcpy(s->id, h, WZP_LEGACY_ID_LEN);
    sodium_memzero(h, sizeof h);
}

wzp_err wzp_legacy_derive(const uint8_t eph_secret[WZP_KEY_LEN],
                          const uint8_t peer_pub[WZP_KEY_LEN],
                          wzp_legacy_session *out, unsigned *code)
{
    static const char code_label[] = "warzone-sas-code";
    uint8_t shared[WZP_KEY_LEN];
    uint8_t prk[WZP_KEY_LEN];
    uint8_t c[4];
    wzp_err e = wzp__x25519(eph_secret, peer_pub, shared);
    if (e != WZP_OK) {
        return e;
    }
    wzp__hkdf_extract(NULL, 0, shared, sizeof shared, prk);
    wzp__hkdf_label(prk, "warzone-session-key", out->key);
    set_id(out);
    e = wzp__hkdf_expand(prk, code_label, sizeof code_label - 1, c, sizeof c);
    *code = ((unsigned)c[0] << 24 | (unsigned)c[1] << 16 | (unsigned)c[2] << 8 |
             c[3]) %
            CODE_MOD;
    sodium_memzero(shared, sizeof shared);
    sodium_memzero(prk, sizeof prk);
    sodium_memzero(c, sizeof c);
    return e;
}

wzp_err wzp_legacy_rekey(const wzp_legacy_session *old,
                         const uint8_t eph_secret[WZP_KEY_LEN],
                         const uint8_t peer_pub[WZP_KEY_LEN],
                         wzp_legacy_session *out)
{
    uint8_t shared[WZP_KEY_LEN];
    uint8_t prk[WZP_KEY_LEN];
    WZP_TRY(wzp__x25519(eph_secret, peer_pub, shared));
    wzp__hkdf_extract(old->key, sizeof old->key, shared, sizeof shared, prk);
    wzp__hkdf_label(prk, "warzone-rekey", out->key);
    set_id(out);
    sodium_memzero(shared, sizeof shared);
    sodium_memzero(prk, sizeof prk);
    return WZP_OK;
}

void wzp_legacy_nonce(const wzp_legacy_session *s, uint32_t counter,
                      uint8_t direction, uint8_t out[WZP_LEGACY_NONCE_LEN])
{
    memset(out, 0, WZP_LEGACY_NONCE_LEN);
    memcpy(out, s->id, WZP_LEGACY_ID_LEN);
    wzp__put_u32(out + WZP_LEGACY_ID_LEN, counter);
    out[8] = direction;
}

void wzp_legacy_seal(const wzp_legacy_session *s, uint32_t counter,
                     wzp_bytes ad, wzp_bytes plain, uint8_t *out)
{
    uint8_t nonce[WZP_LEGACY_NONCE_LEN];
    wzp_legacy_nonce(s, counter, 0, nonce);
    crypto_aead_chacha20poly1305_ietf_encrypt(
        out, NULL, plain.ptr, plain.len, ad.ptr, ad.len, NULL, nonce, s->key);
}

wzp_err wzp_legacy_open(const wzp_legacy_session *s, uint32_t counter,
                        wzp_bytes ad, wzp_bytes sealed, uint8_t *out)
{
    uint8_t nonce[WZP_LEGACY_NONCE_LEN];
    if (sealed.len < WZP_LEGACY_TAG_LEN) {
        return WZP_ERR_LENGTH;
    }
    wzp_legacy_nonce(s, counter, 0, nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.ptr,
                                                  sealed.len, ad.ptr, ad.len,
                                                  nonce, s->key) != 0) {
        return WZP_ERR_TAG;
    }
    return WZP_OK;
}

static uint64_t bit(uint16_t seq)
{
    return UINT64_C(1) << (seq % 64);
}

static size_t word(uint16_t seq)
{
    return seq % WZP_LEGACY_WINDOW / 64;
}

static void move_to(wzp_legacy_window *w, uint16_t seq)
{
    const uint16_t ahead = (uint16_t)(seq - w->highest);
    if (!w->is_started || ahead >= WZP_LEGACY_WINDOW) {
        memset(w->seen, 0, sizeof w->seen);
    } else {
        for (uint16_t s = (uint16_t)(w->highest + 1); s != seq; s++) {
            w->seen[word(s)] &= ~bit(s);
        }
        w->seen[word(seq)] &= ~bit(seq);
    }
    w->is_started = true;
    w->highest = seq;
}

wzp_err wzp_legacy_window_accept(wzp_legacy_window *w, uint16_t seq)
{
    const uint16_t ahead = (uint16_t)(seq - w->highest);
    if (!w->is_started || (ahead > 0 && ahead < HALF)) {
        move_to(w, seq);
    } else if ((uint16_t)-ahead >= WZP_LEGACY_WINDOW ||
               (w->seen[word(seq)] & bit(seq)) != 0) {
        return WZP_ERR_REPLAY;
    }
    w->seen[word(seq)] |= bit(seq);
    return WZP_OK;
}
