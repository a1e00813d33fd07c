/* SPDX-License-Identifier: MIT */
/* RFC 9605 key schedule and the sealed packet: see sframe.h, sframe_key.h. Both
 * suites run the HKDF-SHA512 schedule of suite 5; they differ in the last two
 * bytes of the labels and in the cipher.
 */
#include "sframe_key.h"

#include "hkdf.h"
#include "sha256.h"

#include <string.h>

enum {
    LABEL_MAX = 64,
    RESERVED_FLAGS = 0x1F, /* bits of byte 10 without a meaning */
    MASK_BYTE_0 = 0xFD,    /* without Q */
    MASK_BYTE_1 = 0xFC,    /* without bits 1..0 */
};

/* Packets under one base key, secure-media.md 5. */
static const uint64_t CTR_END = UINT64_C(1) << 32;

static void expand(const uint8_t *prk, const char *label, uint64_t kid,
                   uint16_t suite, uint8_t *out, size_t len)
{
    uint8_t info[LABEL_MAX];
    uint8_t tail[10];
    wzp__put_u64(tail, kid);
    wzp__put_u16(tail + 8, suite);
    const size_t n = wzp__join(
        info, WZP__PARTS({label, strlen(label)}, {tail, sizeof tail}));
    wzp_ignore(wzp__hkdf512_expand(prk, info, n, out, len),
               "fails above 16320 bytes only");
}

void wzp__sframe_schedule(uint16_t suite, const uint8_t *base_key, size_t len,
                          uint64_t kid, uint8_t key[WZP_KEY_LEN],
                          uint8_t salt[WZP__NONCE_LEN])
{
    uint8_t prk[WZP__HKDF512_PRK_LEN];
    wzp__hkdf512_extract(NULL, 0, base_key, len, prk);
    expand(prk, "SFrame 1.0 Secret key ", kid, suite, key, WZP_KEY_LEN);
    expand(prk, "SFrame 1.0 Secret salt ", kid, suite, salt, WZP__NONCE_LEN);
    sodium_memzero(prk, sizeof prk);
}

void wzp__sframe_nonce(const uint8_t salt[WZP__NONCE_LEN], uint64_t ctr,
                       uint8_t out[WZP__NONCE_LEN])
{
    memcpy(out, salt, WZP__NONCE_LEN);
    for (size_t i = 0; i < 8; i++) {
        out[WZP__NONCE_LEN - 1 - i] ^= (uint8_t)(ctr >> (8 * i));
    }
}

wzp_err wzp__sframe_key_init(wzp_sframe_key *key, uint16_t suite,
                             const uint8_t base_key[WZP_KEY_LEN], uint32_t kid)
{
    uint8_t k[WZP_KEY_LEN];
    wzp__sframe_schedule(suite, base_key, WZP_KEY_LEN, kid, k, key->salt);
    const wzp_err e = wzp__aead_init(&key->aead, suite, k);
    sodium_memzero(k, sizeof k);
    key->kid = kid;
    key->ctr = 0;
    key->replay = (wzp_replay){.highest = 0};
    return e;
}

void wzp__sframe_key_deinit(wzp_sframe_key *key)
{
    sodium_memzero(key, sizeof *key);
}

wzp_err wzp_sframe_key_new(wzp_sframe_key **out, const wzp_mem *mem,
                           uint16_t suite, const uint8_t base_key[WZP_KEY_LEN],
                           uint32_t kid)
{
    wzp_sframe_key *key = wzp_mem_new(mem, sizeof *key);
    if (key == NULL) {
        return WZP_ERR_NOMEM;
    }
    const wzp_err e = wzp__sframe_key_init(key, suite, base_key, kid);
    if (e != WZP_OK) {
        wzp_sframe_key_free(key, mem);
        return e;
    }
    *out = key;
    return WZP_OK;
}

void wzp_sframe_key_free(wzp_sframe_key *key, const wzp_mem *mem)
{
    if (key != NULL) {
        wzp__sframe_key_deinit(key);
        wzp_mem_free(mem, key, sizeof *key);
    }
}

uint64_t wzp_sframe_key_count(const wzp_sframe_key *key)
{
    return key->ctr;
}

/* --- seal --- */

static void write_header(const wzp_seal_input *in, uint32_t kid, uint8_t *out)
{
    static const uint8_t flags[] = {
        [WZP_FORM_FRAME] = WZP_MEDIA_SEALED,
        [WZP_FORM_BUNDLE] = WZP_MEDIA_SEALED | WZP_MEDIA_BUNDLE,
        [WZP_FORM_PARITY] = WZP_MEDIA_SEALED,
        [WZP_FORM_CONTROL] = WZP_MEDIA_SEALED | WZP_MEDIA_CONTROL,
    };
    const wzp_media_hdr h = {
        .is_repair = in->form == WZP_FORM_PARITY,
        .codec = in->hdr->codec,
        .seq = in->hdr->seq,
        .timestamp = in->hdr->timestamp,
        .flags = flags[in->form],
        .source_hint = (uint8_t)(kid >> 16),
    };
    wzp_media_hdr_encode(&h, out);
}

wzp_err wzp_sframe_seal(wzp_sframe_key *key, const wzp_seal_input *in,
                        uint8_t *out, size_t cap, size_t *out_len)
{
    uint8_t ad[WZP_SFRAME_HDR_MAX + WZP_MEDIA_HDR_LEN];
    uint8_t nonce[WZP__NONCE_LEN];
    if (key->ctr >= CTR_END) {
        return WZP_ERR_COUNTER;
    }
    if (in->plain.len > WZP_MEDIA_MAX) {
        return WZP_ERR_OVERSIZE;
    }
    const size_t hdr_len = wzp_sframe_hdr_encode(key->kid, key->ctr, ad);
    const size_t padded = wzp_sframe_padded_len(in->plain.len, in->pad_to);
    const size_t at = WZP_MEDIA_HDR_LEN + hdr_len;
    const size_t total = at + padded + WZP__TAG_LEN;
    if (total > WZP_MEDIA_MAX) {
        return WZP_ERR_OVERSIZE;
    }
    if (total > cap) {
        return WZP_ERR_SPACE;
    }
    write_header(in, key->kid, out);
    memcpy(out + WZP_MEDIA_HDR_LEN, ad, hdr_len);
    memcpy(ad + hdr_len, out, WZP_MEDIA_HDR_LEN);
    if (in->plain.len > 0) {
        memcpy(out + at, in->plain.ptr, in->plain.len);
    }
    wzp_sframe_pad(out + at, in->plain.len, padded);
    wzp__sframe_nonce(key->salt, key->ctr, nonce);
    wzp__aead_seal(&key->aead, nonce,
                   (wzp_bytes){ad, hdr_len + WZP_MEDIA_HDR_LEN}, out + at,
                   padded, out + at);
    key->ctr++;
    *out_len = total;
    return WZP_OK;
}

/* --- open --- */

static wzp_err read_form(const wzp_media_hdr *hdr, wzp_plain_form *out)
{
    const bool is_bundle = (hdr->flags & WZP_MEDIA_BUNDLE) != 0;
    const bool is_control = (hdr->flags & WZP_MEDIA_CONTROL) != 0;
    if (hdr->is_repair + is_bundle + is_control > 1) {
        return WZP_ERR_FORM;
    }
    *out = hdr->is_repair ? WZP_FORM_PARITY
           : is_bundle    ? WZP_FORM_BUNDLE
           : is_control   ? WZP_FORM_CONTROL
                          : WZP_FORM_FRAME;
    return WZP_OK;
}

/* The bytes that are authenticated: SFrame header, then MediaHeader without
 * what relays may touch. */
static void set_ad(wzp_sealed_view *v, const uint8_t *data, size_t hdr_len)
{
    memcpy(v->ad, data + WZP_MEDIA_HDR_LEN, hdr_len);
    memcpy(v->ad + hdr_len, data, WZP_MEDIA_HDR_LEN);
    v->ad[hdr_len] &= MASK_BYTE_0;
    v->ad[hdr_len + 1] &= MASK_BYTE_1;
    v->ad_len = hdr_len + WZP_MEDIA_HDR_LEN;
}

wzp_err wzp_sealed_view_decode(const uint8_t *data, size_t len,
                               wzp_sealed_view *out)
{
    if (wzp_media_hdr_decode(data, len, &out->hdr) != WZP_OK ||
        (out->hdr.flags & WZP_MEDIA_SEALED) == 0) {
        return WZP_ERR_NOT_SEALED;
    }
    if (out->hdr.has_quality) {
        if (len < WZP_MEDIA_HDR_LEN + WZP_QUALITY_LEN) {
            return WZP_ERR_LENGTH;
        }
        len -= WZP_QUALITY_LEN;
    }
    if (len > WZP_MEDIA_MAX) {
        return WZP_ERR_OVERSIZE;
    }
    WZP_TRY(read_form(&out->hdr, &out->form));
    uint64_t kid = 0;
    size_t hdr_len = 0;
    WZP_TRY(wzp_sframe_hdr_decode(data + WZP_MEDIA_HDR_LEN,
                                  len - WZP_MEDIA_HDR_LEN, &kid, &out->ctr,
                                  &hdr_len));
    if (kid > UINT32_MAX) {
        return WZP_ERR_HEADER;
    }
    const size_t at = WZP_MEDIA_HDR_LEN + hdr_len;
    if (len - at <= WZP__TAG_LEN) { /* padding makes at least one byte */
        return WZP_ERR_LENGTH;
    }
    out->kid = (uint32_t)kid;
    out->sealed = (wzp_bytes){data + at, len - at};
    set_ad(out, data, hdr_len);
    return WZP_OK;
}

wzp_err wzp_sframe_open(wzp_sframe_key *key, const wzp_sealed_view *view,
                        uint8_t *plain, size_t cap, size_t *len)
{
    uint8_t nonce[WZP__NONCE_LEN];
    if (view->kid != key->kid) {
        return WZP_ERR_KEY_UNKNOWN;
    }
    WZP_TRY(wzp_replay_check(&key->replay, view->ctr));
    if (view->sealed.len - WZP__TAG_LEN > cap) {
        return WZP_ERR_SPACE;
    }
    wzp__sframe_nonce(key->salt, view->ctr, nonce);
    WZP_TRY(wzp__aead_open(&key->aead, nonce,
                           (wzp_bytes){view->ad, view->ad_len},
                           view->sealed.ptr, view->sealed.len, plain));
    wzp_replay_mark(&key->replay, view->ctr);
    if ((view->hdr.flags & RESERVED_FLAGS) != 0) {
        return WZP_ERR_FORM;
    }
    *len = view->sealed.len - WZP__TAG_LEN;
    return wzp_sframe_unpad(plain, len);
}
