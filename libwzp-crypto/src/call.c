/* SPDX-License-Identifier: MIT */
/* Direct calls: see call.h. */
#include "hkdf.h"
#include "sha256.h"

#include <wzp/crypto/call.h>
#include <wzp/crypto/room.h>

#include <sodium.h>

#include <string.h>

enum {
    BITS_PER_WORD = 11,
    DIGITS_MOD = 1000000,
    REVEAL_LEN = 13 + WZP_HASH_LEN,
    SUITE_AES_BIT = 2,
};

void wzp_call_commit(const uint8_t kp_caller[WZP_KP_LEN],
                     const uint8_t nonce[WZP_CALL_NONCE_LEN],
                     uint8_t out[WZP_HASH_LEN])
{
    wzp__sha256_parts(WZP__PARTS(WZP__LABEL("wzp-commit-v1"),
                                 {kp_caller, WZP_KP_LEN},
                                 {nonce, WZP_CALL_NONCE_LEN}),
                      out);
}

void wzp_call_transcript(const wzp_call_facts *facts, uint8_t out[WZP_HASH_LEN])
{
    uint8_t h[4][WZP_HASH_LEN];
    wzp_sha256(facts->kp_caller, WZP_KP_LEN, h[0]);
    wzp_sha256(facts->kp_callee, WZP_KP_LEN, h[1]);
    wzp_sha256(facts->ct.ptr, facts->ct.len, h[2]);
    wzp_sha256(facts->call_id.ptr, facts->call_id.len, h[3]);
    wzp__sha256_parts(WZP__PARTS({facts->commit, WZP_HASH_LEN},
                                 {h[0], WZP_HASH_LEN}, {h[1], WZP_HASH_LEN},
                                 {facts->nonce, WZP_CALL_NONCE_LEN},
                                 {h[2], WZP_HASH_LEN}, {h[3], WZP_HASH_LEN}),
                      out);
}

static void reveal_text(const uint8_t transcript[WZP_HASH_LEN],
                        uint8_t out[REVEAL_LEN])
{
    wzp__join(out, WZP__PARTS(WZP__LABEL("wzp-reveal-v1"),
                              {transcript, WZP_HASH_LEN}));
}

wzp_err wzp_call_reveal_sign(const wzp_identity *id,
                             const uint8_t transcript[WZP_HASH_LEN],
                             uint8_t sig[WZP_SIG_LEN])
{
    uint8_t text[REVEAL_LEN];
    reveal_text(transcript, text);
    return id->sign(id->user, text, sizeof text, sig);
}

static wzp_err check_commit(const wzp_call_reveal *in)
{
    uint8_t commit[WZP_HASH_LEN];
    if (in->kp.len != WZP_KP_LEN || in->nonce.len != WZP_CALL_NONCE_LEN ||
        in->ct.len != WZP_KEM_CT_LEN || in->sig.len != WZP_SIG_LEN) {
        return WZP_ERR_LENGTH;
    }
    wzp_call_commit(in->kp.ptr, in->nonce.ptr, commit);
    if (sodium_memcmp(commit, in->commit, WZP_HASH_LEN) != 0) {
        return WZP_ERR_COMMIT;
    }
    return WZP_OK;
}

wzp_err wzp_call_reveal_verify(const wzp_call_reveal *in, wzp_unix_s now,
                               wzp_kp *kp_caller,
                               uint8_t transcript[WZP_HASH_LEN])
{
    uint8_t ctx[WZP_HASH_LEN];
    uint8_t text[REVEAL_LEN];
    WZP_TRY(check_commit(in));
    wzp_call_ctx(in->call_id, ctx);
    WZP_TRY(wzp_kp_decode(in->kp.ptr, in->kp.len, now, ctx, in->fingerprint,
                          in->own_suites, kp_caller));
    wzp_call_facts facts = {
        .kp_caller = in->kp.ptr,
        .kp_callee = in->kp_callee,
        .ct = in->ct,
        .call_id = in->call_id,
    };
    memcpy(facts.commit, in->commit, WZP_HASH_LEN);
    memcpy(facts.nonce, in->nonce.ptr, WZP_CALL_NONCE_LEN);
    wzp_call_transcript(&facts, transcript);
    reveal_text(transcript, text);
    return wzp_identity_verify(kp_caller->id, text, sizeof text, in->sig.ptr,
                               in->sig.len);
}

void wzp_call_keys_derive(const uint8_t transcript[WZP_HASH_LEN],
                          const uint8_t shared[WZP_KEY_LEN], wzp_call_keys *out)
{
    uint8_t prk[WZP_KEY_LEN];
    wzp__hkdf_extract(transcript, WZP_HASH_LEN, shared, WZP_KEY_LEN, prk);
    wzp__hkdf_label(prk, "wzp-e2e caller", out->base_caller);
    wzp__hkdf_label(prk, "wzp-e2e callee", out->base_callee);
    wzp__hkdf_label(prk, "wzp-pair i2r", out->pair.i2r);
    wzp__hkdf_label(prk, "wzp-pair r2i", out->pair.r2i);
    sodium_memzero(prk, sizeof prk);
}

uint16_t wzp_call_suite(uint8_t suites_caller, uint8_t suites_callee)
{
    return (suites_caller & suites_callee & SUITE_AES_BIT) != 0
               ? WZP_SUITE_AES
               : WZP_SUITE_CHACHA;
}

void wzp_call_code_derive(const wzp_call_facts *facts, wzp_call_code *out)
{
    uint8_t h[WZP_HASH_LEN];
    wzp__sha256_parts(WZP__PARTS(WZP__LABEL("wzp-sas-v1"),
                                 {facts->kp_caller, WZP_KP_LEN},
                                 {facts->kp_callee, WZP_KP_LEN},
                                 {facts->nonce, WZP_CALL_NONCE_LEN},
                                 {facts->call_id.ptr, facts->call_id.len}),
                      h);
    const uint64_t first = wzp__get_u64(h);
    for (unsigned w = 0; w < WZP_CALL_WORDS; w++) {
        out->words[w] =
            (uint16_t)(first >> (64 - BITS_PER_WORD * (w + 1)) & 0x7FF);
    }
    uint64_t digits = wzp__get_u64(h + 8) % DIGITS_MOD;
    for (size_t i = WZP_CALL_DIGITS; i-- > 0; digits /= 10) {
        out->digits[i] = (char)('0' + digits % 10);
    }
    out->digits[WZP_CALL_DIGITS] = '\0';
}
