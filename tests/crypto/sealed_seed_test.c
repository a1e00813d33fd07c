/* SPDX-License-Identifier: MIT
 *
 * A seed under a passphrase. What is opened here was made by hand out of
 * libsodium's functions, and what was sealed is opened by them, so that the
 * two directions do not only agree with each other. Where nothing is said of
 * the cost it is the cheapest that the form takes.
 */
#include "sealed_seed.h"

#include "vec_impl.h"

#include <wzp/proto/b64.h>

#include <sodium.h>

#define PASS  "correct horse battery staple"
#define CHEAP WZP_SEALED_SEED_KIB_MIN

enum { RAW = 96, TEXT = WZP_SEALED_SEED_MAX - 1, PREFIX = 18 };

static void put_u32(uint8_t *out, uint32_t v)
{
    for (int i = 0; i < 4; i++) {
        out[i] = (uint8_t)(v >> (24 - 8 * i));
    }
}

static void as_text(const uint8_t raw[RAW], char out[WZP_SEALED_SEED_MAX])
{
    memcpy(out, "wzp-sealed-seed-1:", PREFIX);
    assert_int_equal(wzp_b64_encode(raw, RAW, out + PREFIX, 128), 128);
    out[TEXT] = '\0';
}

/* The header's definition, written out. */
static void by_hand(const uint8_t seed[32], const char *pass, uint32_t passes,
                    uint32_t kib, uint8_t raw[RAW])
{
    uint8_t key[32], ad[PREFIX + 48];
    put_u32(raw, passes);
    put_u32(raw + 4, kib);
    randombytes_buf(raw + 8, 40);
    assert_int_equal(crypto_pwhash(key, 32, pass, strlen(pass), raw + 8, passes,
                                   (size_t)kib * 1024,
                                   crypto_pwhash_ALG_ARGON2ID13),
                     0);
    memcpy(ad, "wzp-sealed-seed-1:", PREFIX);
    memcpy(ad + PREFIX, raw, 48);
    crypto_aead_xchacha20poly1305_ietf_encrypt(raw + 48, NULL, seed, 32, ad,
                                               sizeof ad, NULL, raw + 24, key);
}

static void make_seed(uint8_t seed[32])
{
    for (int i = 0; i < 32; i++) {
        seed[i] = (uint8_t)(i + 1);
    }
}

static void make_cheap(char text[WZP_SEALED_SEED_MAX], uint8_t raw[RAW])
{
    uint8_t seed[32];
    make_seed(seed);
    by_hand(seed, PASS, 1, CHEAP, raw);
    as_text(raw, text);
}

static wzp_err open_text(const char *text, size_t len, const char *pass,
                         uint8_t seed[32])
{
    memset(seed, 0x77, 32);
    return wzp_sealed_seed_open(text, len, pass, strlen(pass), seed);
}

static void check_wiped(const uint8_t seed[32])
{
    assert_true(sodium_is_zero(seed, 32));
}

WZP_TEST(what_was_made_by_hand_opens)
{
    uint8_t raw[RAW], seed[32], got[32];
    char text[WZP_SEALED_SEED_MAX];
    make_seed(seed);
    make_cheap(text, raw);
    ASSERT_OK(open_text(text, TEXT, PASS, got));
    assert_memory_equal(got, seed, 32);
}

/* The product's own cost: this one test pays it. */
WZP_TEST(what_was_sealed_is_opened_by_hand_and_cost_256_mib)
{
    uint8_t raw[RAW], seed[32], got[32], key[32], ad[PREFIX + 48];
    char text[WZP_SEALED_SEED_MAX];
    size_t len = 0;
    const wzp_rng rng = wzp_rng_system();
    make_seed(seed);
    ASSERT_OK(wzp_sealed_seed_seal(seed, PASS, strlen(PASS), &rng, text));
    assert_int_equal(strlen(text), TEXT);
    assert_memory_equal(text, "wzp-sealed-seed-1:", PREFIX);
    ASSERT_OK(wzp_b64_decode(text + PREFIX, 128, raw, RAW, &len));
    WZP_ASSERT_HEX(raw, 8, "0000000300040000");
    assert_int_equal(crypto_pwhash(key, 32, PASS, strlen(PASS), raw + 8, 3,
                                   (size_t)256 << 20,
                                   crypto_pwhash_ALG_ARGON2ID13),
                     0);
    memcpy(ad, text, PREFIX);
    memcpy(ad + PREFIX, raw, 48);
    assert_int_equal(
        crypto_aead_xchacha20poly1305_ietf_decrypt(
            got, NULL, NULL, raw + 48, 48, ad, sizeof ad, raw + 24, key),
        0);
    assert_memory_equal(got, seed, 32);
    ASSERT_OK(open_text(text, TEXT, PASS, got));
    assert_memory_equal(got, seed, 32);
}

WZP_TEST(salt_and_nonce_are_new_at_every_sealing)
{
    uint8_t seed[32];
    wzp__sealed_seed a = {.passes = 1, .memory_kib = CHEAP}, b = a;
    const wzp_rng rng = wzp_rng_system();
    make_seed(seed);
    ASSERT_OK(wzp__sealed_seed_fill(&a, seed, PASS, 5, &rng));
    ASSERT_OK(wzp__sealed_seed_fill(&b, seed, PASS, 5, &rng));
    assert_memory_not_equal(a.salt, b.salt, sizeof a.salt);
    assert_memory_not_equal(a.nonce, b.nonce, sizeof a.nonce);
    assert_memory_not_equal(a.box, b.box, sizeof a.box);
}

WZP_TEST(another_passphrase_is_named_and_gives_nothing)
{
    uint8_t raw[RAW], got[32];
    char text[WZP_SEALED_SEED_MAX];
    make_cheap(text, raw);
    static const char *const wrong[] = {
        "", "x", "correct horse battery staple ", "correct horse battery stapl",
        "Correct horse battery staple"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(open_text(text, TEXT, wrong[i], got),
                         WZP_ERR_PASSPHRASE);
        check_wiped(got);
    }
}

WZP_TEST(an_empty_passphrase_seals_nothing)
{
    const uint8_t seed[32] = {0};
    char text[WZP_SEALED_SEED_MAX] = "as before";
    const wzp_rng rng = wzp_rng_system();
    assert_int_equal(wzp_sealed_seed_seal(seed, "", 0, &rng, text),
                     WZP_ERR_PASSPHRASE);
    assert_string_equal(text, "as before");
}

/* Salt, nonce, box: bytes of each. */
WZP_TEST(a_changed_byte_opens_nothing)
{
    static const size_t at[] = {8, 23, 24, 47, 48, 79, 80, 95};
    uint8_t raw[RAW], got[32];
    char text[WZP_SEALED_SEED_MAX];
    make_cheap(text, raw);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        raw[at[i]] ^= 0x40;
        as_text(raw, text);
        raw[at[i]] ^= 0x40;
        assert_int_equal(open_text(text, TEXT, PASS, got), WZP_ERR_PASSPHRASE);
        check_wiped(got);
    }
}

/* Sealed under the cost of now, but without saying so to the box: what an
 * implementation does that leaves the header out. */
WZP_TEST(the_header_is_authenticated_and_not_only_used)
{
    uint8_t raw[RAW], seed[32], key[32], got[32];
    char text[WZP_SEALED_SEED_MAX];
    make_seed(seed);
    by_hand(seed, PASS, 1, CHEAP, raw);
    assert_int_equal(crypto_pwhash(key, 32, PASS, strlen(PASS), raw + 8, 1,
                                   (size_t)CHEAP * 1024,
                                   crypto_pwhash_ALG_ARGON2ID13),
                     0);
    crypto_aead_xchacha20poly1305_ietf_encrypt(raw + 48, NULL, seed, 32, raw,
                                               48, NULL, raw + 24, key);
    as_text(raw, text);
    assert_int_equal(open_text(text, TEXT, PASS, got), WZP_ERR_PASSPHRASE);
}

typedef struct cost {
    uint32_t passes, kib;
    wzp_err want; /* of a text that nobody can open */
} cost;

static const cost COSTS[] = {
    {0, CHEAP, WZP_ERR_IDENTITY_FILE},
    {1, CHEAP - 1, WZP_ERR_IDENTITY_FILE},
    {1, 0, WZP_ERR_IDENTITY_FILE},
    {1, CHEAP, WZP_OK},
    {1, CHEAP + 1, WZP_OK},
    {16, CHEAP, WZP_OK},
    {17, CHEAP, WZP_ERR_IDENTITY_FILE},
    {0xFFFFFFFF, CHEAP, WZP_ERR_IDENTITY_FILE},
    {1, 1u << 20, WZP_OK},
    {1, (1u << 20) + 1, WZP_ERR_IDENTITY_FILE},
    {1, 0xFFFFFFFF, WZP_ERR_IDENTITY_FILE},
};

static size_t count_costs(void)
{
    return sizeof COSTS / sizeof *COSTS;
}

/* Refused before anything is paid: the text is only looked at. */
static void run_cost(size_t row)
{
    const cost *c = &COSTS[row];
    uint8_t raw[RAW] = {0}, got[32];
    char text[WZP_SEALED_SEED_MAX];
    wzp__sealed_seed s;
    put_u32(raw, c->passes);
    put_u32(raw + 4, c->kib);
    as_text(raw, text);
    assert_int_equal(wzp__sealed_seed_decode(text, TEXT, &s), c->want);
    if (c->want != WZP_OK) {
        assert_int_equal(open_text(text, TEXT, PASS, got), c->want);
        check_wiped(got);
    }
}

WZP_ROWS(an_absurd_cost_is_refused_unpaid, count_costs, run_cost);

WZP_TEST(white_space_around_it_is_let_pass)
{
    uint8_t raw[RAW], got[32];
    char text[WZP_SEALED_SEED_MAX], wide[WZP_SEALED_SEED_MAX + 8];
    make_cheap(text, raw);
    const int n = snprintf(wide, sizeof wide, " \t%s\r\n\n", text);
    assert_true(wzp_sealed_seed_is(wide, (size_t)n));
    ASSERT_OK(open_text(wide, (size_t)n, PASS, got));
}

WZP_TEST(every_other_length_is_refused)
{
    uint8_t raw[RAW], got[32];
    char text[WZP_SEALED_SEED_MAX + 1];
    make_cheap(text, raw);
    for (size_t len = 0; len < TEXT; len++) {
        assert_int_equal(open_text(text, len, PASS, got),
                         WZP_ERR_IDENTITY_FILE);
        check_wiped(got);
    }
    text[TEXT] = 'A';
    assert_int_equal(open_text(text, TEXT + 1, PASS, got),
                     WZP_ERR_IDENTITY_FILE);
}

WZP_TEST(another_version_is_one_that_cannot_be_read)
{
    uint8_t raw[RAW], got[32];
    char text[WZP_SEALED_SEED_MAX];
    make_cheap(text, raw);
    text[PREFIX - 2] = '2';
    assert_true(wzp_sealed_seed_is(text, TEXT));
    assert_int_equal(open_text(text, TEXT, PASS, got), WZP_ERR_IDENTITY_FILE);
    text[0] = 'x';
    assert_false(wzp_sealed_seed_is(text, TEXT));
    assert_false(wzp_sealed_seed_is("", 0));
    assert_int_equal(open_text(text, TEXT, PASS, got), WZP_ERR_IDENTITY_FILE);
}

WZP_TEST(a_character_outside_the_alphabet_is_refused)
{
    uint8_t raw[RAW], got[32];
    char text[WZP_SEALED_SEED_MAX];
    static const char bad[] = {'+', '/', '=', ' ', '\n', '\0'};
    make_cheap(text, raw);
    for (size_t i = 0; i < sizeof bad; i++) {
        text[PREFIX + 20 + i] = bad[i];
        assert_int_equal(open_text(text, TEXT, PASS, got),
                         WZP_ERR_IDENTITY_FILE);
        make_cheap(text, raw);
    }
}
