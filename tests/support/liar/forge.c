/* SPDX-License-Identifier: MIT */
/* RFC 9001 section 5, see forge.h. */
#include "forge.h"

#include <sodium.h>
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/aes.h>

#include <stdlib.h>
#include <string.h>

enum { KEY_LEN = 16, IV_LEN = 12, TAG_LEN = 16, NUMBER_LEN = 4 };

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* HKDF-Expand-Label of TLS 1.3, without context. */
static void expand(const uint8_t prk[32], const char *label, uint8_t *out,
                   size_t len)
{
    uint8_t info[40] = {0, (uint8_t)len, (uint8_t)(6 + strlen(label))};
    size_t n = 3;
    memcpy(info + n, "tls13 ", 6);
    n += 6;
    memcpy(info + n, label, strlen(label));
    n += strlen(label) + 1; /* context of length 0 */
    must(crypto_kdf_hkdf_sha256_expand(out, len, (const char *)info, n, prk) ==
         0);
}

typedef struct keys {
    uint8_t key[KEY_LEN], iv[IV_LEN], hp[KEY_LEN];
} keys;

static void derive(const wzp_forge_id *id, bool from_server, keys *out)
{
    static const uint8_t salt[20] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34,
                                     0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
                                     0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
    uint8_t initial[32], secret[32];
    must(crypto_kdf_hkdf_sha256_extract(initial, salt, sizeof salt, id->data,
                                        id->len) == 0);
    expand(initial, from_server ? "server in" : "client in", secret, 32);
    expand(secret, "quic key", out->key, KEY_LEN);
    expand(secret, "quic iv", out->iv, IV_LEN);
    expand(secret, "quic hp", out->hp, KEY_LEN);
}

static void seal(const uint8_t *key, const uint8_t *iv, const uint8_t *head,
                 size_t head_len, uint8_t *body, size_t body_len)
{
    Aes aes;
    must(wc_AesInit(&aes, NULL, INVALID_DEVID) == 0);
    must(wc_AesGcmSetKey(&aes, key, KEY_LEN) == 0);
    must(wc_AesGcmEncrypt(&aes, body, body, (word32)body_len, iv, IV_LEN,
                          body + body_len, TAG_LEN, head,
                          (word32)head_len) == 0);
    wc_AesFree(&aes);
}

static void protect(const uint8_t *hp, uint8_t *packet, size_t number_at)
{
    static const uint8_t zero[KEY_LEN];
    uint8_t mask[KEY_LEN];
    Aes aes;
    must(wc_AesInit(&aes, NULL, INVALID_DEVID) == 0);
    must(wc_AesSetKey(&aes, hp, KEY_LEN, zero, AES_ENCRYPTION) == 0);
    must(wc_AesCbcEncrypt(&aes, mask, packet + number_at + 4, KEY_LEN) == 0);
    wc_AesFree(&aes);
    packet[0] ^= mask[0] & 0x0F;
    for (size_t i = 0; i < NUMBER_LEN; i++) {
        packet[number_at + i] ^= mask[1 + i];
    }
}

static size_t put_ids(const wzp_forge_id *dcid, const wzp_forge_id *scid,
                      uint8_t *out)
{
    size_t n = 0;
    out[n++] = dcid->len;
    memcpy(out + n, dcid->data, dcid->len);
    n += dcid->len;
    out[n++] = scid->len;
    memcpy(out + n, scid->data, scid->len);
    return n + scid->len;
}

static size_t put_len(size_t len, uint8_t *out)
{
    out[0] = (uint8_t)(0x40 | len >> 8);
    out[1] = (uint8_t)len;
    return 2;
}

void wzp_forge_initial_write(const wzp_forge_initial *in, size_t len,
                             uint8_t out[WZP_FORGE_MAX])
{
    keys k;
    uint8_t iv[IV_LEN];
    derive(&in->keys, in->from_server, &k);
    must(len <= WZP_FORGE_MAX);
    memset(out, 0, WZP_FORGE_MAX);
    out[0] = 0xC0 | (NUMBER_LEN - 1);
    out[4] = 1;
    size_t n = 5 + put_ids(&in->dcid, &in->scid, out + 5);
    n += put_len(in->token_len, out + n);
    if (in->token_len > 0) {
        memcpy(out + n, in->token, in->token_len);
    }
    n += in->token_len;
    must(n + 2 + NUMBER_LEN + in->n_frames + TAG_LEN <= len);
    n += put_len(len - n - 2, out + n);
    for (int i = 0; i < NUMBER_LEN; i++) {
        out[n + (size_t)i] = (uint8_t)(in->number >> (24 - 8 * i));
    }
    memcpy(iv, k.iv, sizeof iv);
    for (size_t i = 0; i < NUMBER_LEN; i++) {
        iv[IV_LEN - NUMBER_LEN + i] ^= out[n + i];
    }
    uint8_t *body = out + n + NUMBER_LEN;
    if (in->n_frames > 0) {
        memcpy(body, in->frames, in->n_frames);
    }
    seal(k.key, iv, out, n + NUMBER_LEN, body, len - n - NUMBER_LEN - TAG_LEN);
    protect(k.hp, out, n);
}

size_t wzp_forge_version(const wzp_forge_id *dcid, const wzp_forge_id *scid,
                         uint8_t out[WZP_FORGE_MAX])
{
    out[0] = 0xC5;
    memset(out + 1, 0, 4);
    size_t n = 5 + put_ids(dcid, scid, out + 5);
    memcpy(out + n, "\x0a\x1a\x2a\x3a", 4);
    return n + 4;
}

size_t wzp_forge_retry(const wzp_forge_id *dcid, const wzp_forge_id *scid,
                       const wzp_forge_id *odcid, uint8_t out[WZP_FORGE_MAX])
{
    static const uint8_t key[KEY_LEN] = {0xbe, 0x0c, 0x69, 0x0b, 0x9f, 0x66,
                                         0x57, 0x5a, 0x1d, 0x76, 0x6b, 0x54,
                                         0xe3, 0x68, 0xc8, 0x4e};
    static const uint8_t iv[IV_LEN] = {0x46, 0x15, 0x99, 0xd3, 0x5d, 0x63,
                                       0x2b, 0xf2, 0x23, 0x98, 0x25, 0xbb};
    uint8_t pseudo[WZP_FORGE_MAX];
    memcpy(out, "\xF5\0\0\0\1", 5);
    size_t n = 5 + put_ids(dcid, scid, out + 5);
    memcpy(out + n, "a token", 7);
    n += 7;
    pseudo[0] = odcid->len;
    memcpy(pseudo + 1, odcid->data, odcid->len);
    memcpy(pseudo + 1 + odcid->len, out, n);
    seal(key, iv, pseudo, 1u + odcid->len + n, out + n, 0);
    return n + TAG_LEN;
}

static size_t take_id(const uint8_t *data, size_t len, size_t at,
                      wzp_forge_id *out)
{
    if (at == 0 || at >= len || data[at] > sizeof out->data ||
        at + 1 + data[at] > len) {
        return 0;
    }
    out->len = data[at];
    memcpy(out->data, data + at + 1, out->len);
    return at + 1 + out->len;
}

bool wzp_forge_ids_of(const uint8_t *data, size_t len, wzp_forge_id *dcid,
                      wzp_forge_id *scid)
{
    if (len < 7 || (data[0] & 0x80) == 0) {
        return false;
    }
    return take_id(data, len, take_id(data, len, 5, dcid), scid) != 0;
}
