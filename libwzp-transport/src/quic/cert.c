/* SPDX-License-Identifier: MIT */
/* A DER writer of two functions: `bytes` appends, `wrap` puts a tag and a
 * length in front of everything from a mark on. So the certificate is written
 * from the inside out, in reading order.
 */
#include "quic/cert.h"

#include "quic/wipe.h"

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/hmac.h>

#include <assert.h>
#include <string.h>

enum {
    TAG_BIT_STRING = 0x03,
    TAG_INTEGER = 0x02,
    TAG_SEQUENCE = 0x30,
    TAG_SET = 0x31,
    TAG_OCTET_STRING = 0x04,
    TAG_UTF8_STRING = 0x0c,
    TAG_UTC_TIME = 0x17,
    TAG_GENERALIZED_TIME = 0x18,
    TAG_VERSION = 0xa0,    /* [0] of TBSCertificate */
    TAG_EXTENSIONS = 0xa3, /* [3] of TBSCertificate */
    TAG_DNS_NAME = 0x82,   /* [2] of GeneralName */
    SERIAL_LEN = 20,
};

static const uint8_t OID_ED25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
static const uint8_t OID_COMMON_NAME[] = {0x06, 0x03, 0x55, 0x04, 0x03};
static const uint8_t OID_ALT_NAME[] = {0x06, 0x03, 0x55, 0x1d, 0x11};
static const char COMMON_NAME[] = "rcgen self signed cert";
static const char NOT_BEFORE[] = "750101000000Z";
static const char NOT_AFTER[] = "40960101000000Z";
static const char DNS_NAME[] = "localhost";

typedef struct der {
    uint8_t *out;
    size_t len, cap;
} der;

static void bytes(der *d, const void *data, size_t len)
{
    assert(len <= d->cap - d->len);
    memcpy(d->out + d->len, data, len);
    d->len += len;
}

static void wrap(der *d, size_t mark, uint8_t tag)
{
    const size_t len = d->len - mark;
    uint8_t head[4] = {tag};
    size_t head_len = 2;
    if (len < 0x80) {
        head[1] = (uint8_t)len;
    } else if (len < 0x100) {
        head[1] = 0x81;
        head[2] = (uint8_t)len;
        head_len = 3;
    } else {
        head[1] = 0x82;
        head[2] = (uint8_t)(len >> 8);
        head[3] = (uint8_t)len;
        head_len = 4;
    }
    assert(head_len <= d->cap - d->len);
    memmove(d->out + mark + head_len, d->out + mark, len);
    memcpy(d->out + mark, head, head_len);
    d->len += head_len;
}

static void tagged(der *d, uint8_t tag, const void *data, size_t len)
{
    const size_t mark = d->len;
    bytes(d, data, len);
    wrap(d, mark, tag);
}

static void algorithm(der *d)
{
    tagged(d, TAG_SEQUENCE, OID_ED25519, sizeof OID_ED25519);
}

/* First 20 bytes of SHA-256 of the public key, positive, in minimal form. */
static void serial(der *d, const uint8_t key_hash[WZP_HASH_LEN])
{
    uint8_t v[SERIAL_LEN];
    memcpy(v, key_hash, sizeof v);
    v[0] &= 0x7f;
    size_t skip = 0;
    while (skip + 1 < sizeof v && v[skip] == 0 && v[skip + 1] < 0x80) {
        skip++;
    }
    tagged(d, TAG_INTEGER, v + skip, sizeof v - skip);
}

static void name(der *d)
{
    const size_t mark = d->len;
    bytes(d, OID_COMMON_NAME, sizeof OID_COMMON_NAME);
    tagged(d, TAG_UTF8_STRING, COMMON_NAME, sizeof COMMON_NAME - 1);
    wrap(d, mark, TAG_SEQUENCE);
    wrap(d, mark, TAG_SET);
    wrap(d, mark, TAG_SEQUENCE);
}

static void validity(der *d)
{
    const size_t mark = d->len;
    tagged(d, TAG_UTC_TIME, NOT_BEFORE, sizeof NOT_BEFORE - 1);
    tagged(d, TAG_GENERALIZED_TIME, NOT_AFTER, sizeof NOT_AFTER - 1);
    wrap(d, mark, TAG_SEQUENCE);
}

static void bit_string(der *d, const uint8_t *data, size_t len)
{
    const size_t mark = d->len;
    bytes(d, "\0", 1); /* no unused bits */
    bytes(d, data, len);
    wrap(d, mark, TAG_BIT_STRING);
}

static void public_key(der *d, const uint8_t key[WZP_KEY_LEN])
{
    const size_t mark = d->len;
    algorithm(d);
    bit_string(d, key, WZP_KEY_LEN);
    wrap(d, mark, TAG_SEQUENCE);
}

static void extensions(der *d)
{
    const size_t mark = d->len;
    bytes(d, OID_ALT_NAME, sizeof OID_ALT_NAME);
    const size_t value = d->len;
    tagged(d, TAG_DNS_NAME, DNS_NAME, sizeof DNS_NAME - 1);
    wrap(d, value, TAG_SEQUENCE);
    wrap(d, value, TAG_OCTET_STRING);
    wrap(d, mark, TAG_SEQUENCE);
    wrap(d, mark, TAG_SEQUENCE);
    wrap(d, mark, TAG_EXTENSIONS);
}

static void to_be_signed(der *d, const uint8_t pub[WZP_KEY_LEN],
                         const uint8_t key_hash[WZP_HASH_LEN])
{
    static const uint8_t VERSION_3[] = {0x02, 0x01, 0x02};
    tagged(d, TAG_VERSION, VERSION_3, sizeof VERSION_3);
    serial(d, key_hash);
    algorithm(d);
    name(d);
    validity(d);
    name(d);
    public_key(d, pub);
    extensions(d);
    wrap(d, 0, TAG_SEQUENCE);
}

wzp_err wzp__cert_hash(const uint8_t *data, size_t len,
                       uint8_t out[WZP_HASH_LEN])
{
    return wc_Sha256Hash(data, (word32)len, out) == 0 ? WZP_OK : WZP_ERR_TLS;
}

wzp_err wzp__cert_key(const uint8_t *data, size_t len, uint8_t out[WZP_KEY_LEN])
{
    DecodedCert cert;
    wc_InitDecodedCert(&cert, data, (word32)len, NULL);
    const bool is_ours = wc_ParseCert(&cert, CERT_TYPE, NO_VERIFY, NULL) == 0 &&
                         cert.keyOID == ED25519k &&
                         cert.pubKeySize == WZP_KEY_LEN;
    if (is_ours) {
        memcpy(out, cert.publicKey, WZP_KEY_LEN);
    }
    wc_FreeDecodedCert(&cert);
    return is_ours ? WZP_OK : WZP_ERR_CERT;
}

wzp_err wzp__cert_derive(const uint8_t seed[WZP_KEY_LEN], const char *label,
                         uint8_t out[WZP_KEY_LEN])
{
    return wc_HKDF(WC_SHA256, seed, WZP_KEY_LEN, NULL, 0,
                   (const uint8_t *)label, (word32)strlen(label), out,
                   WZP_KEY_LEN) == 0
               ? WZP_OK
               : WZP_ERR_TLS;
}

static wzp_err load_key(ed25519_key *key, const uint8_t seed[WZP_KEY_LEN],
                        uint8_t pub[WZP_KEY_LEN])
{
    if (wc_ed25519_import_private_only(seed, WZP_KEY_LEN, key) != 0 ||
        wc_ed25519_make_public(key, pub, WZP_KEY_LEN) != 0 ||
        wc_ed25519_import_private_key(seed, WZP_KEY_LEN, pub, WZP_KEY_LEN,
                                      key) != 0) {
        return WZP_ERR_TLS;
    }
    return WZP_OK;
}

static wzp_err write_cert(wzp__cert *cert, ed25519_key *key,
                          const uint8_t pub[WZP_KEY_LEN])
{
    uint8_t key_hash[WZP_HASH_LEN];
    WZP_TRY(wzp__cert_hash(pub, WZP_KEY_LEN, key_hash));
    der d = {cert->der, 0, sizeof cert->der};
    to_be_signed(&d, pub, key_hash);
    uint8_t sig[WZP_SIG_LEN];
    word32 sig_len = sizeof sig;
    if (wc_ed25519_sign_msg(d.out, (word32)d.len, sig, &sig_len, key) != 0) {
        return WZP_ERR_TLS;
    }
    algorithm(&d);
    bit_string(&d, sig, sizeof sig);
    wrap(&d, 0, TAG_SEQUENCE);
    cert->len = d.len;
    return wzp__cert_hash(cert->der, cert->len, cert->hash);
}

wzp_err wzp__cert_init(wzp__cert *cert, const uint8_t seed[WZP_KEY_LEN])
{
    *cert = (wzp__cert){0};
    ed25519_key key;
    if (wc_ed25519_init(&key) != 0) {
        return WZP_ERR_TLS;
    }
    uint8_t pub[WZP_KEY_LEN];
    wzp_err e = load_key(&key, seed, pub);
    if (e != WZP_OK) {
        goto done;
    }
    e = write_cert(cert, &key, pub);
    if (e != WZP_OK) {
        goto done;
    }
    const int n = wc_Ed25519KeyToDer(&key, cert->key, sizeof cert->key);
    e = n > 0 ? WZP_OK : WZP_ERR_TLS;
    cert->key_len = n > 0 ? (size_t)n : 0;
done:
    wc_ed25519_free(&key);
    if (e != WZP_OK) {
        wzp__cert_deinit(cert);
    }
    return e;
}

void wzp__cert_deinit(wzp__cert *cert)
{
    wzp__wipe(cert, sizeof *cert);
}
