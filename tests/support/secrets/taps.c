/* SPDX-License-Identifier: MIT */
/* Where secrets are made and where things come out, made with the linker's
 * --wrap: the first are noted, the others searched. The product has no switch
 * for it. Randomness is noted where 32 bytes and more are drawn at once, as
 * every key here has that many: what is shorter are connection ids, tokens and
 * challenges, which are seen by design.
 */
#include "support/secrets/secrets.h"
#include "support/world/rng.h"

#include <wzp/client/engine.h>
#include <wzp/crypto/agree.h>
#include <wzp/crypto/identity.h>
#include <wzp/crypto/kem.h>
#include <wzp/crypto/pair.h>
#include <wzp/relay/relay.h>
#include <wzp/transport/endpoint.h>
#include <wzp/transport/global.h>

#include <string.h>

/* TAP(type, name, parameters, arguments, what is done with `r` afterwards) */
#define TAP(type, name, params, args, then)                                    \
    type __real_##name params;                                                 \
    type __wrap_##name params;                                                 \
    type __wrap_##name params                                                  \
    {                                                                          \
        const type r = __real_##name args;                                     \
        then;                                                                  \
        return r;                                                              \
    }
#define TAP_VOID(name, params, args, then)                                     \
    void __real_##name params;                                                 \
    void __wrap_##name params;                                                 \
    void __wrap_##name params                                                  \
    {                                                                          \
        __real_##name args;                                                    \
        then;                                                                  \
    }

/* --- randomness ----------------------------------------------------------- */

enum { DRAWN_MIN = 32 };
static const char *drawn_as = "drawn bytes";

wzp_rng __real_wzp_test_rng_table(wzp_test_rng *rng);
wzp_rng __wrap_wzp_test_rng_table(wzp_test_rng *rng);

static void fill(void *user, uint8_t *out, size_t len)
{
    const wzp_rng real = __real_wzp_test_rng_table(user);
    wzp_rng_fill(&real, out, len);
    if (len >= DRAWN_MIN) {
        secrets_note(drawn_as, out, len);
    }
}

wzp_rng __wrap_wzp_test_rng_table(wzp_test_rng *rng)
{
    return (wzp_rng){.fill = fill, .user = rng};
}

/* What is drawn for something has its name. */
static const char *draw_as(const char *what)
{
    const char *before = drawn_as;
    drawn_as = what;
    return before;
}

wzp_err __real_wzp_agree_new_caller(wzp_agree **out,
                                    const wzp_agree_config *cfg);
wzp_err __wrap_wzp_agree_new_caller(wzp_agree **out,
                                    const wzp_agree_config *cfg);
wzp_err __wrap_wzp_agree_new_caller(wzp_agree **out,
                                    const wzp_agree_config *cfg)
{
    const char *before = draw_as("nonce of a call");
    const wzp_err e = __real_wzp_agree_new_caller(out, cfg);
    (void)draw_as(before);
    return e;
}

/* What wolfSSL draws is noted where it becomes a secret: half of it are the
 * random bytes of a hello, which are sent. */
void __real_wzp_transport_set_test_rng(const wzp_rng *rng);
void __wrap_wzp_transport_set_test_rng(const wzp_rng *rng);
void __wrap_wzp_transport_set_test_rng(const wzp_rng *rng)
{
    if (rng == NULL) {
        __real_wzp_transport_set_test_rng(NULL);
        return;
    }
    const wzp_rng real = __real_wzp_test_rng_table(rng->user);
    __real_wzp_transport_set_test_rng(&real);
}

/* --- what is derived; the kind is the label of ours
 * ------------------------------------------------------ */

/* Of TLS: all but what follows from an empty key, which everybody knows. */
static void note_tls(const uint8_t *out, size_t len, const uint8_t *label,
                     size_t label_len)
{
    if (label_len == 8 && memcmp(label, "exporter", 8) == 0) {
        secrets_note("exporter value", out, len);
    } else if (label_len != 7 || memcmp(label, "derived", 7) != 0) {
        secrets_note("secret of TLS", out, len);
    }
}

/* Of an ML-KEM secret key the beginning and the end: between them is the public
 * key. */
static void note_kem(const wzp_kem_secret *s)
{
    const size_t len = 32;
    secrets_note("secret of a key package", s->mlkem, len);
    secrets_note("secret of a key package", s->mlkem + sizeof s->mlkem - len,
                 len);
    secrets_note("secret of a key package", s->x25519, sizeof s->x25519);
}

/* clang-format off */
TAP(int, wc_curve25519_shared_secret_ex, (void *own, void *peer, uint8_t *out, unsigned *len, int endian), (own, peer, out, len, endian), secrets_note("shared secret of TLS", out, *len))
TAP(int, wc_Tls13_HKDF_Expand_Label_ex, (uint8_t *out, unsigned len, const uint8_t *prk, unsigned prk_len, const uint8_t *protocol, unsigned protocol_len, const uint8_t *label, unsigned label_len, const uint8_t *info, unsigned info_len, int digest, void *heap, int dev), (out, len, prk, prk_len, protocol, protocol_len, label, label_len, info, info_len, digest, heap, dev), note_tls(out, len, label, label_len))
TAP_VOID(wzp__hkdf, (const uint8_t *key, size_t len, const char *label, uint8_t *out), (key, len, label, out), secrets_note(label, out, 32))
TAP_VOID(wzp__hkdf_label, (const uint8_t *prk, const char *label, uint8_t *out), (prk, label, out), secrets_note(label, out, 32))
TAP_VOID(wzp__hkdf_extract, (const uint8_t *salt, size_t salt_len, const uint8_t *ikm, size_t len, uint8_t *prk), (salt, salt_len, ikm, len, prk), secrets_note("extracted key", prk, 32))
TAP(wzp_err, wzp__hkdf512_expand, (const uint8_t *prk, const void *info, size_t info_len, uint8_t *out, size_t len), (prk, info, info_len, out, len), secrets_note("media key", out, len))
TAP(wzp_err, wzp__x25519, (const uint8_t *secret, const uint8_t *peer, uint8_t *out), (secret, peer, out), secrets_note("shared secret", out, 32))
TAP(int, crypto_kem_xwing_enc_deterministic, (uint8_t *ct, uint8_t *shared, const uint8_t *pk, const uint8_t *seed), (ct, shared, pk, seed), secrets_note("shared secret", shared, 32))

void __real_wzp_kem_keypair(const wzp_rng *rng, uint8_t *public_key,
                            wzp_kem_secret *secret);
void __wrap_wzp_kem_keypair(const wzp_rng *rng, uint8_t *public_key,
                            wzp_kem_secret *secret);
void __wrap_wzp_kem_keypair(const wzp_rng *rng, uint8_t *public_key,
                            wzp_kem_secret *secret)
{
    const char *before = draw_as("kem secret");
    __real_wzp_kem_keypair(rng, public_key, secret);
    (void)draw_as(before);
    note_kem(secret);
}
TAP(wzp_err, wzp_kem_open, (const wzp_kem_secret *secret, const uint8_t *ct, uint8_t *shared), (secret, ct, shared), secrets_note("shared secret", shared, 32))
/* clang-format on */

/* From here on the nonce is for everybody: until then nobody may have seen it.
 */
TAP(
    wzp_err, wzp_agree_reveal, (wzp_agree * a, wzp_sig_direct_call_reveal *out),
    (a, out),
    if (r == WZP_OK) { secrets_publish(out->nonce.ptr, out->nonce.len); })

static void note_seed(const uint8_t seed[WZP_SEED_LEN])
{
    char words[WZP_MNEMONIC_MAX];
    secrets_note("seed", seed, WZP_SEED_LEN);
    wzp_mnemonic_encode(seed, words);
    secrets_note_text("words of a seed", words);
    explicit_bzero(words, sizeof words);
}

TAP(wzp_err, wzp_seed_identity_new,
    (wzp_seed_identity * *out, const uint8_t seed[WZP_SEED_LEN]), (out, seed),
    note_seed(seed))

/* --- what comes out ------------------------------------------------------- */

static void look_packet(bool is_one, const uint8_t *const *data,
                        const size_t *len)
{
    if (is_one) {
        secrets_emit(SECRETS_PACKET, *data, *len);
    }
}

static wzp_err (*real_save)(void *, const char *, const uint8_t *, size_t);

static wzp_err save(void *user, const char *name, const uint8_t *data,
                    size_t len)
{
    secrets_emit(SECRETS_STORE, data, len);
    return real_save(user, name, data, len);
}

wzp_store __real_wzp_store_memory_table(wzp_store_memory *s);
wzp_store __wrap_wzp_store_memory_table(wzp_store_memory *s);
wzp_store __wrap_wzp_store_memory_table(wzp_store_memory *s)
{
    wzp_store table = __real_wzp_store_memory_table(s);
    real_save = table.save;
    table.save = save;
    return table;
}

/* clang-format off */
TAP(bool, wzp_engine_poll_send, (wzp_engine *e, wzp_tstamp now, wzp_addr *local, wzp_addr *remote, const uint8_t **data, size_t *len), (e, now, local, remote, data, len), look_packet(r, data, len))
TAP(bool, wzp_relay_poll_send, (wzp_relay *e, wzp_tstamp now, wzp_addr *local, wzp_addr *remote, const uint8_t **data, size_t *len), (e, now, local, remote, data, len), look_packet(r, data, len))
TAP(bool, wzp_engine_next_event_sized, (wzp_engine *e, wzp_client_event *out, size_t size), (e, out, size), if (r) { secrets_emit(SECRETS_EVENT, out, size); })
TAP(wzp_err, wzp_endpoint_send_signal, (wzp_endpoint *ep, wzp_tstamp now, wzp_conn_id conn, const char *json, size_t len), (ep, now, conn, json, len), secrets_emit(SECRETS_SIGNAL, json, len))
TAP(wzp_err, wzp_endpoint_send_dgram, (wzp_endpoint *ep, wzp_tstamp now, wzp_conn_id conn, wzp_pkt *pkt), (ep, now, conn, pkt), secrets_emit(SECRETS_DGRAM, pkt->data, pkt->len))
/* clang-format on */
