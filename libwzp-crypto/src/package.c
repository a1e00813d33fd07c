/* SPDX-License-Identifier: MIT */
/* Key packages: see package.h. Layout, 1388 bytes:
 *
 *   0 version 0x01 · 1 id[32] · 33 kem[1216] · 1249 tls[32] · 1281 exp u64
 *   1289 suites u8 · 1290 caps u16 · 1292 ctx[32] · 1324 sig[64]
 */
#include "sha256.h"

#include <wzp/crypto/package.h>

#include <string.h>

enum {
    VERSION = 0x01,
    AT_ID = 1,
    AT_KEM = AT_ID + WZP_KEY_LEN,
    AT_TLS = AT_KEM + WZP_KEM_PK_LEN,
    AT_EXP = AT_TLS + WZP_HASH_LEN,
    AT_SUITES = AT_EXP + 8,
    AT_CAPS = AT_SUITES + 1,
    AT_CTX = AT_CAPS + 2,
    AT_SIG = AT_CTX + WZP_HASH_LEN,
    SKEW_S = 600,             /* secure-media.md 4 */
    AHEAD_S = 86400 + SKEW_S, /* 24 h and the skew */
    SUITE_MANDATORY = 1,      /* bit 0: 0xF001 */
};
_Static_assert(AT_SIG + WZP_SIG_LEN == WZP_KP_LEN, "layout of the package");

static const char LABEL[] = "wzp-kp-v1";
enum { LABEL_LEN = sizeof LABEL - 1, SIGNED_LEN = LABEL_LEN + AT_SIG };

void wzp_kp_mid(const uint8_t kph[WZP_HASH_LEN], uint8_t mid[WZP_MID_LEN])
{
    memcpy(mid, kph, WZP_MID_LEN);
}

uint16_t wzp_mid_sid(const uint8_t mid[WZP_MID_LEN])
{
    return wzp__get_u16(mid);
}

wzp_err wzp_kp_encode(const wzp_identity *id, wzp_kp *kp,
                      uint8_t out[WZP_KP_LEN])
{
    memcpy(kp->id, id->public_key, WZP_KEY_LEN);
    out[0] = VERSION;
    memcpy(out + AT_ID, kp->id, WZP_KEY_LEN);
    memcpy(out + AT_KEM, kp->kem, WZP_KEM_PK_LEN);
    memcpy(out + AT_TLS, kp->tls, WZP_HASH_LEN);
    wzp__put_u64(out + AT_EXP, kp->exp);
    out[AT_SUITES] = kp->suites;
    wzp__put_u16(out + AT_CAPS, kp->caps);
    memcpy(out + AT_CTX, kp->ctx, WZP_HASH_LEN);
    uint8_t text[SIGNED_LEN];
    memcpy(text, LABEL, LABEL_LEN);
    memcpy(text + LABEL_LEN, out, AT_SIG);
    WZP_TRY(id->sign(id->user, text, sizeof text, out + AT_SIG));
    wzp__sha256_parts(WZP__PARTS({out, WZP_KP_LEN}), kp->kph);
    return WZP_OK;
}

static wzp_err check_signature(const uint8_t *data)
{
    uint8_t text[SIGNED_LEN];
    memcpy(text, LABEL, LABEL_LEN);
    memcpy(text + LABEL_LEN, data, AT_SIG);
    return wzp_identity_verify(data + AT_ID, text, sizeof text, data + AT_SIG,
                               WZP_SIG_LEN);
}

/* What the signed fields must be here and now. */
static wzp_err check_fields(const wzp_kp *kp, wzp_unix_s now,
                            const uint8_t *ctx, const uint8_t *fingerprint,
                            uint8_t own_suites)
{
    uint8_t fp[WZP_FP_LEN];
    wzp_identity_fingerprint(kp->id, fp);
    if (fingerprint != NULL && memcmp(fp, fingerprint, WZP_FP_LEN) != 0) {
        return WZP_ERR_FINGERPRINT;
    }
    if (ctx != NULL && memcmp(kp->ctx, ctx, WZP_HASH_LEN) != 0) {
        return WZP_ERR_KP_CONTEXT;
    }
    if (now > SKEW_S && kp->exp < now - SKEW_S) {
        return WZP_ERR_KP_EXPIRED;
    }
    if (kp->exp > now && kp->exp - now > AHEAD_S) {
        return WZP_ERR_KP_TOO_FAR;
    }
    if (own_suites != 0 && ((kp->suites & SUITE_MANDATORY) == 0 ||
                            (kp->suites & own_suites) == 0)) {
        return WZP_ERR_KP_SUITE;
    }
    return WZP_OK;
}

wzp_err wzp_kp_decode(const uint8_t *data, size_t len, wzp_unix_s now,
                      const uint8_t ctx[WZP_HASH_LEN],
                      const uint8_t fingerprint[WZP_FP_LEN], uint8_t own_suites,
                      wzp_kp *out)
{
    if (len != WZP_KP_LEN) {
        return WZP_ERR_LENGTH;
    }
    if (data[0] != VERSION) {
        return WZP_ERR_KP_VERSION;
    }
    WZP_TRY(check_signature(data));
    wzp_kp kp;
    memcpy(kp.id, data + AT_ID, WZP_KEY_LEN);
    memcpy(kp.kem, data + AT_KEM, WZP_KEM_PK_LEN);
    memcpy(kp.tls, data + AT_TLS, WZP_HASH_LEN);
    kp.exp = wzp__get_u64(data + AT_EXP);
    kp.suites = data[AT_SUITES];
    kp.caps = wzp__get_u16(data + AT_CAPS);
    memcpy(kp.ctx, data + AT_CTX, WZP_HASH_LEN);
    WZP_TRY(check_fields(&kp, now, ctx, fingerprint, own_suites));
    wzp__sha256_parts(WZP__PARTS({data, WZP_KP_LEN}), kp.kph);
    *out = kp;
    return WZP_OK;
}
