/* SPDX-License-Identifier: MIT */
/* See sealed_seed.h. */
#include "sealed_seed.h"

#include <wzp/proto/b64.h>
#include <wzp/proto/bytes.h>

#include <sodium.h>

#include <string.h>

enum {
    PASSES = 3,
    MEMORY_KIB = 256 << 10,
    HEAD_LEN = 8 + WZP__SEALED_SALT_LEN + WZP__SEALED_NONCE_LEN,
    RAW_LEN = HEAD_LEN + WZP__SEALED_BOX_LEN,
};

static const char FAMILY[] = "wzp-sealed-seed-";
static const char PREFIX[] = "wzp-sealed-seed-1:";
enum { PREFIX_LEN = sizeof PREFIX - 1 };

_Static_assert(WZP_SEALED_SEED_MAX == PREFIX_LEN + RAW_LEN / 3 * 4 + 1,
               "the text is as long as the header says");
_Static_assert(RAW_LEN % 3 == 0, "base64url without a rest");

/* --- the text ------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static wzp_str trim(const char *text, size_t len)
{
    while (len > 0 && is_space(text[0])) {
        text++;
        len--;
    }
    while (len > 0 && is_space(text[len - 1])) {
        len--;
    }
    return (wzp_str){text, len};
}

static bool begins_with(wzp_str text, const char *what)
{
    const size_t len = strlen(what);
    return text.len >= len && memcmp(text.ptr, what, len) == 0;
}

bool wzp_sealed_seed_is(const char *text, size_t len)
{
    return begins_with(trim(text, len), FAMILY);
}

static bool is_cost_taken(const wzp__sealed_seed *s)
{
    return s->passes >= 1 && s->passes <= WZP_SEALED_SEED_PASSES_MAX &&
           s->memory_kib >= WZP_SEALED_SEED_KIB_MIN &&
           s->memory_kib <= WZP_SEALED_SEED_KIB_MAX;
}

wzp_err wzp__sealed_seed_decode(const char *text, size_t len,
                                wzp__sealed_seed *out)
{
    uint8_t raw[RAW_LEN];
    size_t raw_len = 0;
    const wzp_str t = trim(text, len);
    if (t.len != WZP_SEALED_SEED_MAX - 1 || !begins_with(t, PREFIX) ||
        wzp_b64_decode(t.ptr + PREFIX_LEN, t.len - PREFIX_LEN, raw, sizeof raw,
                       &raw_len) != WZP_OK) {
        return WZP_ERR_IDENTITY_FILE;
    }
    wzp_reader r = wzp_reader_init(raw, raw_len);
    wzp__sealed_seed s = {.passes = wzp_read_u32(&r)};
    s.memory_kib = wzp_read_u32(&r);
    wzp_read_copy(&r, s.salt, sizeof s.salt);
    wzp_read_copy(&r, s.nonce, sizeof s.nonce);
    wzp_read_copy(&r, s.box, sizeof s.box);
    if (wzp_reader_end(&r) != WZP_OK || !is_cost_taken(&s)) {
        return WZP_ERR_IDENTITY_FILE;
    }
    *out = s;
    return WZP_OK;
}

static void write_head(wzp_writer *w, const wzp__sealed_seed *s)
{
    wzp_write_u32(w, s->passes);
    wzp_write_u32(w, s->memory_kib);
    wzp_write_bytes(w, s->salt, sizeof s->salt);
    wzp_write_bytes(w, s->nonce, sizeof s->nonce);
}

void wzp__sealed_seed_encode(const wzp__sealed_seed *s,
                             char out[WZP_SEALED_SEED_MAX])
{
    uint8_t raw[RAW_LEN];
    wzp_writer w = wzp_writer_init(raw, sizeof raw);
    write_head(&w, s);
    wzp_write_bytes(&w, s->box, sizeof s->box);
    memcpy(out, PREFIX, PREFIX_LEN);
    (void)wzp_b64_encode(raw, sizeof raw, out + PREFIX_LEN,
                         WZP_SEALED_SEED_MAX - 1 - PREFIX_LEN);
    out[WZP_SEALED_SEED_MAX - 1] = '\0';
}

/* --- the box -------------------------------------------------------------- */

typedef struct associated {
    uint8_t bytes[PREFIX_LEN + HEAD_LEN];
} associated;

static associated associate(const wzp__sealed_seed *s)
{
    associated a;
    wzp_writer w = wzp_writer_init(a.bytes, sizeof a.bytes);
    wzp_write_bytes(&w, PREFIX, PREFIX_LEN);
    write_head(&w, s);
    return a;
}

static wzp_err derive(const wzp__sealed_seed *s, const char *pass,
                      size_t pass_len, uint8_t key[WZP_KEY_LEN])
{
    if (pass_len == 0) {
        return WZP_ERR_PASSPHRASE;
    }
    if (crypto_pwhash_argon2id(key, WZP_KEY_LEN, pass, pass_len, s->salt,
                               s->passes, (size_t)s->memory_kib * 1024,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
        return WZP_ERR_NOMEM;
    }
    return WZP_OK;
}

wzp_err wzp__sealed_seed_fill(wzp__sealed_seed *s,
                              const uint8_t seed[WZP_SEED_LEN],
                              const char *pass, size_t pass_len,
                              const wzp_rng *rng)
{
    uint8_t key[WZP_KEY_LEN];
    wzp_rng_fill(rng, s->salt, sizeof s->salt);
    wzp_rng_fill(rng, s->nonce, sizeof s->nonce);
    WZP_TRY(derive(s, pass, pass_len, key));
    const associated a = associate(s);
    crypto_aead_xchacha20poly1305_ietf_encrypt(s->box, NULL, seed, WZP_SEED_LEN,
                                               a.bytes, sizeof a.bytes, NULL,
                                               s->nonce, key);
    sodium_memzero(key, sizeof key);
    return WZP_OK;
}

wzp_err wzp_sealed_seed_seal(const uint8_t seed[WZP_SEED_LEN], const char *pass,
                             size_t pass_len, const wzp_rng *rng,
                             char out[WZP_SEALED_SEED_MAX])
{
    wzp__sealed_seed s = {.passes = PASSES, .memory_kib = MEMORY_KIB};
    WZP_TRY(wzp__sealed_seed_fill(&s, seed, pass, pass_len, rng));
    wzp__sealed_seed_encode(&s, out);
    return WZP_OK;
}

static wzp_err open_box(const wzp__sealed_seed *s, const char *pass,
                        size_t pass_len, uint8_t seed[WZP_SEED_LEN])
{
    uint8_t key[WZP_KEY_LEN];
    WZP_TRY(derive(s, pass, pass_len, key));
    const associated a = associate(s);
    const int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
        seed, NULL, NULL, s->box, sizeof s->box, a.bytes, sizeof a.bytes,
        s->nonce, key);
    sodium_memzero(key, sizeof key);
    return bad == 0 ? WZP_OK : WZP_ERR_PASSPHRASE;
}

wzp_err wzp_sealed_seed_open(const char *text, size_t len, const char *pass,
                             size_t pass_len, uint8_t seed[WZP_SEED_LEN])
{
    wzp__sealed_seed s;
    wzp_err e = wzp__sealed_seed_decode(text, len, &s);
    if (e == WZP_OK) {
        e = open_box(&s, pass, pass_len, seed);
    }
    if (e != WZP_OK) {
        sodium_memzero(seed, WZP_SEED_LEN);
    }
    return e;
}
