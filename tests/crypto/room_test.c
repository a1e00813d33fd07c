/* SPDX-License-Identifier: MIT
 *
 * Room names, room secret, check words.
 */
#include "vec_impl.h"

#include <wzp/crypto/room.h>

static wzp_str text(const cJSON *row, const char *key)
{
    const char *s = wzp_test_str(row, key);
    return (wzp_str){s, strlen(s)};
}

static size_t hash_rows(void)
{
    return vec_count(vec(OLD, "room_hash"));
}

static void hash_row(size_t i)
{
    const cJSON *row = vec_row(vec(OLD, "room_hash"), i);
    char hex[WZP_ROOM_HEX_LEN + 1];
    uint8_t tag[8];
    wzp_room_hash(text(row, "name"), hex);
    assert_string_equal(hex, wzp_test_str(row, "sni"));
    wzp_room_federation_tag(text(row, "name"), tag);
    ASSERT_BYTES(tag, sizeof tag, row, "federation_tag");
}
WZP_ROWS(room_hash_follows_the_vector, hash_rows, hash_row);

static size_t id_rows(void)
{
    return vec_count(vec(SM, "rooms"));
}

static void id_row(size_t i)
{
    const cJSON *row = vec_row(vec(SM, "rooms"), i);
    uint8_t id[WZP_HASH_LEN];
    uint8_t ctx[WZP_HASH_LEN];
    wzp_room_id(text(row, "name"), id);
    ASSERT_BYTES(id, sizeof id, row, "room_id");
    wzp_room_ctx(id, ctx);
    ASSERT_BYTES(ctx, sizeof ctx, row, "ctx");
}
WZP_ROWS(room_id_follows_the_vector, id_rows, id_row);

WZP_TEST(room_call_context_follows_the_vector)
{
    const cJSON *v = vec(SM, "call_ctx");
    uint8_t ctx[WZP_HASH_LEN];
    wzp_call_ctx(text(v, "call_id"), ctx);
    ASSERT_BYTES(ctx, sizeof ctx, v, "ctx");
}

WZP_TEST(room_secret_and_proof_follow_the_vector)
{
    const cJSON *v = vec(SM, "room_secret");
    uint8_t room_id[WZP_HASH_LEN];
    uint8_t access[WZP_KEY_LEN];
    uint8_t psk[WZP_KEY_LEN];
    uint8_t exporter[32];
    uint8_t kph[WZP_HASH_LEN];
    uint8_t proof[WZP_HASH_LEN];
    const char *secret = wzp_test_str(v, "secret_text");
    vec_bytes(v, "room_id", room_id, sizeof room_id);
    ASSERT_OK(
        wzp_room_secret_derive(secret, strlen(secret), room_id, access, psk));
    ASSERT_BYTES(access, sizeof access, v, "access");
    ASSERT_BYTES(psk, sizeof psk, v, "psk");
    vec_bytes(v, "exporter", exporter, sizeof exporter);
    vec_kph(wzp_test_str(v, "package"), kph);
    wzp_room_proof(access, exporter, kph, proof);
    ASSERT_BYTES(proof, sizeof proof, v, "room_proof");
    ASSERT_OK(wzp_room_proof_check(access, exporter, kph, proof, 32));
    ASSERT_ERR(wzp_room_proof_check(access, exporter, kph, proof, 31),
               WZP_ERR_ROOM_PROOF);
}

WZP_TEST(room_words_follow_the_vector_in_any_order_of_keys)
{
    const cJSON *v = vec(SM, "room_words");
    const cJSON *list = wzp_test_item(v, "identity_keys");
    const size_t n = vec_count(list);
    uint8_t keys[8][WZP_KEY_LEN];
    uint8_t room_id[WZP_HASH_LEN];
    uint16_t words[WZP_ROOM_WORDS];
    size_t len;
    vec_bytes(v, "room_id", room_id, sizeof room_id);
    assert_true(n <= 8);
    for (size_t i = 0; i < n; i++) {
        wzp_test_hex(vec_row(list, i)->valuestring, keys[n - 1 - i],
                     WZP_KEY_LEN, &len);
    }
    ASSERT_OK(
        wzp_room_words(room_id, (const uint8_t(*)[WZP_KEY_LEN])keys, n, words));
    for (size_t w = 0; w < WZP_ROOM_WORDS; w++) {
        const cJSON *index = vec_row(wzp_test_item(v, "word_indices"), w);
        const cJSON *word = vec_row(wzp_test_item(v, "words"), w);
        assert_int_equal(words[w], index->valueint);
        assert_string_equal(wzp_word(words[w]), word->valuestring);
    }
}

static size_t proof_rows(void)
{
    return vec_fail_count("room_proof");
}

static void proof_row(size_t i)
{
    const cJSON *row = vec_fail_row("room_proof", i);
    uint8_t access[WZP_KEY_LEN];
    uint8_t exporter[32];
    uint8_t kph[WZP_HASH_LEN];
    uint8_t proof[WZP_HASH_LEN];
    vec_bytes(row, "access", access, sizeof access);
    vec_bytes(row, "exporter", exporter, sizeof exporter);
    vec_bytes(row, "kph", kph, sizeof kph);
    vec_bytes(row, "room_proof", proof, sizeof proof);
    vec_assert_error(
        row, wzp_room_proof_check(access, exporter, kph, proof, sizeof proof));
}
WZP_ROWS(room_proof_must_fail, proof_rows, proof_row);
