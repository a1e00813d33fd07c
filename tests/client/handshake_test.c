/* SPDX-License-Identifier: MIT */
/* What is offered to a relay and what is believed of its answer. The key group
 * is a stand-in that has a package; signatures and JSON are the real ones.
 */
#include "path/handshake.h"

#include "client/fakes.h"

#include <wzp/codec/codec.h>
#include <wzp/crypto/room.h>

/* --- given ---------------------------------------------------------------- */

struct wzp_group {
    uint8_t kp[100];
};

wzp_bytes wzp_group_package_view(const wzp_group *g)
{
    return (wzp_bytes){g->kp, sizeof g->kp};
}

void wzp_group_own_kph(const wzp_group *g, uint8_t kph[WZP_HASH_LEN])
{
    memset(kph, g->kp[0], WZP_HASH_LEN);
}

typedef struct fixture {
    wzp_mem mem;
    uint32_t seed;
    wzp_arena *arena;
    wzp_seed_identity *client, *relay;
    wzp_group group;
    wzp__handshake h;
    uint8_t signature[WZP_SIG_LEN], bound[WZP_SIG_LEN];
    wzp_sig_call_answer answer;
} fixture;

static wzp_seed_identity *identity(uint8_t byte)
{
    uint8_t seed[WZP_SEED_LEN];
    memset(seed, byte, sizeof seed);
    wzp_seed_identity *id;
    ASSERT_OK(wzp_seed_identity_new(&id, seed));
    return id;
}

/* Sign f->answer for the connection described by `h`. */
static void sign_answer(fixture *f, const wzp__handshake *h)
{
    const wzp_identity relay = wzp_seed_identity_table(f->relay);
    wzp_binding_input in = {.kind = WZP_BINDING_CALL_ANSWER};
    memcpy(in.exporter, h->exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, h->server_cert, sizeof in.server_cert_hash);
    ASSERT_OK(wzp_binding_sign(&relay, &in, f->bound));
    ASSERT_OK(
        wzp_legacy_sign(&relay, false, f->answer.ephemeral_pub, f->signature));
}

static void setup(fixture *f)
{
    memset(f, 0, sizeof *f);
    ASSERT_OK(wzp_crypto_global_init());
    f->mem = wzp_mem_default();
    f->seed = 1;
    ASSERT_OK(wzp_arena_new(&f->arena, &f->mem, 1u << 20));
    f->client = identity(1);
    f->relay = identity(2);
    memset(f->group.kp, 0x4b, sizeof f->group.kp);
    f->h.identity = wzp_seed_identity_table(f->client);
    f->h.alias = "Alice Ä";
    memset(f->h.exporter, 0xe1, sizeof f->h.exporter);
    memset(f->h.server_cert, 0xce, sizeof f->h.server_cert);

    wzp_sig_call_answer *a = &f->answer;
    const wzp_identity relay = wzp_seed_identity_table(f->relay);
    memcpy(a->identity_pub, relay.public_key, WZP_KEY_LEN);
    memset(a->ephemeral_pub, 0x0e, WZP_KEY_LEN);
    a->caps = WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1;
    a->signature = (wzp_bytes){f->signature, WZP_SIG_LEN};
    a->binding = (wzp_bytes){f->bound, WZP_SIG_LEN};
    sign_answer(f, &f->h);
}

static void teardown(fixture *f)
{
    wzp_arena_free(f->arena);
    wzp_seed_identity_free(f->client);
    wzp_seed_identity_free(f->relay);
    wzp_crypto_global_deinit();
}

static wzp_err check(fixture *f)
{
    return wzp__handshake_check(&f->h, &f->answer);
}

/* --- the offer ------------------------------------------------------------ */

static wzp_sig_call_offer offer(fixture *f)
{
    const wzp_rng rng = fake_rng(&f->seed);
    wzp_str json;
    wzp_signal sig;
    ASSERT_OK(wzp__handshake_offer(&f->h, &f->group, &rng, f->arena, &json));
    ASSERT_OK(wzp_signal_decode(f->arena, json.ptr, json.len,
                                WZP_SIGNAL_MAX_EARLY, &sig));
    assert_int_equal(sig.kind, WZP_SIG_CALL_OFFER);
    return sig.u.call_offer;
}

WZP_TEST(handshake_offer_says_who_and_what)
{
    fixture f;
    setup(&f);

    const wzp_sig_call_offer o = offer(&f);

    assert_memory_equal(o.identity_pub, f.h.identity.public_key, WZP_KEY_LEN);
    assert_int_equal(o.alias.len, strlen(f.h.alias));
    assert_memory_equal(o.alias.ptr, f.h.alias, o.alias.len);
    assert_int_equal(o.kp.len, sizeof f.group.kp);
    assert_memory_equal(o.kp.ptr, f.group.kp, o.kp.len);
    assert_int_equal(o.caps & WZP__CLIENT_HOP_CAPS, WZP__CLIENT_HOP_CAPS);
    assert_int_equal(o.caps & WZP_CAP_FRAMES, WZP_CAP_FRAMES);
    assert_null(o.room_proof.ptr);
    teardown(&f);
}

WZP_TEST(handshake_offer_lists_the_six_tiers_best_first)
{
    fixture f;
    setup(&f);

    const wzp_sig_call_offer o = offer(&f);

    assert_int_equal(o.supported_profiles.n, WZP_TIER_COUNT);
    assert_int_equal(o.supported_profiles.v[0].codec, WZP_CODEC_OPUS_64K);
    assert_int_equal(o.supported_profiles.v[3].codec, WZP_CODEC_OPUS_24K);
    assert_int_equal(o.supported_profiles.v[5].codec, WZP_CODEC_CODEC2_1200);
    teardown(&f);
}

WZP_TEST(handshake_offer_carries_both_signatures)
{
    fixture f;
    setup(&f);

    const wzp_sig_call_offer o = offer(&f);

    ASSERT_OK(wzp_legacy_verify(o.identity_pub, true, o.ephemeral_pub,
                                o.signature.ptr, o.signature.len));
    wzp_binding_input in = {.kind = WZP_BINDING_CALL_OFFER, .kp = o.kp};
    memcpy(in.exporter, f.h.exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, f.h.server_cert, sizeof in.server_cert_hash);
    ASSERT_OK(
        wzp_binding_verify(o.identity_pub, &in, o.binding.ptr, o.binding.len));
    teardown(&f);
}

WZP_TEST(handshake_offer_proves_the_rooms_secret_on_this_connection)
{
    const uint8_t access[WZP_KEY_LEN] = {7};
    fixture f;
    setup(&f);
    f.h.access = access;

    const wzp_sig_call_offer o = offer(&f);

    uint8_t kph[WZP_HASH_LEN];
    wzp_group_own_kph(&f.group, kph);
    assert_int_equal(o.room_proof.len, WZP_HASH_LEN);
    ASSERT_OK(wzp_room_proof_check(access, f.h.exporter, kph, o.room_proof.ptr,
                                   o.room_proof.len));
    uint8_t other[WZP_EXPORTER_LEN];
    memset(other, 0xe2, sizeof other);
    assert_int_equal(wzp_room_proof_check(access, other, kph, o.room_proof.ptr,
                                          o.room_proof.len),
                     WZP_ERR_ROOM_PROOF);
    teardown(&f);
}

WZP_TEST(handshake_offers_have_fresh_ephemeral_keys)
{
    fixture f;
    setup(&f);

    const wzp_sig_call_offer one = offer(&f);
    const wzp_sig_call_offer two = offer(&f);

    assert_memory_not_equal(one.ephemeral_pub, two.ephemeral_pub, WZP_KEY_LEN);
    teardown(&f);
}

static wzp_err refuse(void *user, const uint8_t *msg, size_t len,
                      uint8_t sig[WZP_SIG_LEN])
{
    (void)user;
    (void)msg;
    (void)len;
    (void)sig;
    return WZP_ERR_IO;
}

WZP_TEST(handshake_offer_of_a_key_store_that_refuses_fails)
{
    fixture f;
    setup(&f);
    f.h.identity.sign = refuse;
    const wzp_rng rng = fake_rng(&f.seed);
    wzp_str json;

    assert_int_equal(wzp__handshake_offer(&f.h, &f.group, &rng, f.arena, &json),
                     WZP_ERR_IO);

    teardown(&f);
}

WZP_TEST(handshake_package_caps_tell_the_dred_of_this_build)
{
    const uint16_t caps = wzp__client_package_caps();

    assert_int_equal((caps & WZP_CAP_DRED_10) != 0, wzp_dred_version() == 10);
    assert_int_equal((caps & WZP_CAP_DRED_12) != 0, wzp_dred_version() == 12);
    assert_int_equal(caps & ~(WZP_CAP_DRED_10 | WZP_CAP_DRED_12),
                     WZP_CAP_FRAMES | WZP_CAP_BUNDLE1 | WZP_CAP_PARITY1 |
                         WZP_CAP_BUNDLE2);
}

/* --- the answer ----------------------------------------------------------- */

WZP_TEST(handshake_believes_a_good_answer)
{
    fixture f;
    setup(&f);

    ASSERT_OK(check(&f));

    teardown(&f);
}

typedef void spoil(fixture *f);

static void flip_signature(fixture *f)
{
    f->signature[10] ^= 1;
}

static void cut_signature(fixture *f)
{
    f->answer.signature.len = 63;
}

static void no_signature(fixture *f)
{
    f->answer.signature = (wzp_bytes){NULL, 0};
}

static void other_identity(fixture *f)
{
    f->answer.identity_pub[0] ^= 1;
}

static void other_ephemeral(fixture *f)
{
    f->answer.ephemeral_pub[0] ^= 1;
}

static void offer_signature(fixture *f) /* the client's own, reflected */
{
    const wzp_identity relay = wzp_seed_identity_table(f->relay);
    ASSERT_OK(
        wzp_legacy_sign(&relay, true, f->answer.ephemeral_pub, f->signature));
}

static void no_caps(fixture *f)
{
    f->answer.caps = 0;
}

static void no_e2e1(fixture *f)
{
    f->answer.caps &= ~WZP_CAP_E2E1;
}

static void no_sig1(fixture *f)
{
    f->answer.caps &= ~WZP_CAP_SIG1;
}

static void flip_binding(fixture *f)
{
    f->bound[63] ^= 1;
}

static void no_binding(fixture *f)
{
    f->answer.binding = (wzp_bytes){NULL, 0};
}

static void cut_binding(fixture *f)
{
    f->answer.binding.len = 32;
}

static void other_exporter(fixture *f) /* a relay in the middle */
{
    wzp__handshake h = f->h;
    h.exporter[31] ^= 1;
    sign_answer(f, &h);
}

static void other_certificate(fixture *f)
{
    wzp__handshake h = f->h;
    h.server_cert[0] ^= 1;
    sign_answer(f, &h);
}

static void binding_of_an_offer(fixture *f)
{
    const wzp_identity relay = wzp_seed_identity_table(f->relay);
    wzp_binding_input in = {.kind = WZP_BINDING_CALL_OFFER};
    memcpy(in.exporter, f->h.exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, f->h.server_cert, sizeof in.server_cert_hash);
    ASSERT_OK(wzp_binding_sign(&relay, &in, f->bound));
}

static const struct {
    spoil *how;
    wzp_err err;
} answers[] = {
    {flip_signature, WZP_ERR_SIGNATURE},
    {cut_signature, WZP_ERR_SIGNATURE},
    {no_signature, WZP_ERR_SIGNATURE},
    {other_identity, WZP_ERR_SIGNATURE},
    {other_ephemeral, WZP_ERR_SIGNATURE},
    {offer_signature, WZP_ERR_SIGNATURE},
    {no_caps, WZP_ERR_LEGACY},
    {no_e2e1, WZP_ERR_LEGACY},
    {no_sig1, WZP_ERR_LEGACY},
    {flip_binding, WZP_ERR_BINDING},
    {no_binding, WZP_ERR_BINDING},
    {cut_binding, WZP_ERR_BINDING},
    {other_exporter, WZP_ERR_BINDING},
    {other_certificate, WZP_ERR_BINDING},
    {binding_of_an_offer, WZP_ERR_BINDING},
};

static size_t answers_count(void)
{
    return sizeof answers / sizeof answers[0];
}

static void answer_row(size_t row)
{
    fixture f;
    setup(&f);
    answers[row].how(&f);
    assert_int_equal(check(&f), answers[row].err);
    teardown(&f);
}
WZP_ROWS(handshake_refuses_a_bad_answer, answers_count, answer_row);
