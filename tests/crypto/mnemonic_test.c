/* SPDX-License-Identifier: MIT
 *
 * Seed ↔ 24 words.
 */
#include "vec_impl.h"

#include <wzp/crypto/room.h>

#include <ctype.h>
#include <stdio.h>

static size_t phrase_rows(void)
{
    return vec_count(vec(OLD, "bip39_phrases"));
}

static void phrase_row(size_t i)
{
    const cJSON *row = vec_row(vec(OLD, "bip39_phrases"), i);
    const char *phrase = wzp_test_str(row, "phrase");
    uint8_t seed[WZP_SEED_LEN];
    uint8_t back[WZP_SEED_LEN];
    char out[WZP_MNEMONIC_MAX];
    vec_bytes(row, "entropy", seed, sizeof seed);
    wzp_mnemonic_encode(seed, out);
    assert_string_equal(out, phrase);
    ASSERT_OK(wzp_mnemonic_decode(phrase, strlen(phrase), back));
    assert_memory_equal(back, seed, sizeof seed);
}
WZP_ROWS(mnemonic_phrase_follows_the_vector, phrase_rows, phrase_row);

static size_t index_rows(void)
{
    return vec_count(vec(OLD, "identity"));
}

static void index_row(size_t i)
{
    const cJSON *row = vec_row(vec(OLD, "identity"), i);
    const cJSON *list = wzp_test_item(row, "bip39_word_indices");
    uint8_t seed[WZP_SEED_LEN];
    char out[WZP_MNEMONIC_MAX];
    char want[WZP_MNEMONIC_MAX] = "";
    size_t at = 0;
    vec_bytes(row, "seed", seed, sizeof seed);
    for (size_t w = 0; w < WZP_MNEMONIC_WORDS; w++) {
        const char *word = wzp_word((uint16_t)vec_row(list, w)->valueint);
        at += (size_t)snprintf(want + at, sizeof want - at, "%s%s",
                               w > 0 ? " " : "", word);
    }
    wzp_mnemonic_encode(seed, out);
    assert_string_equal(out, want);
}
WZP_ROWS(mnemonic_indices_follow_the_vector, index_rows, index_row);

static const char ZEROS[] =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon "
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon "
    "abandon abandon abandon abandon abandon art";

WZP_TEST(mnemonic_takes_any_case_and_white_space)
{
    char text[512];
    uint8_t seed[WZP_SEED_LEN];
    size_t n = 0;
    text[n++] = '\t';
    for (const char *p = ZEROS; *p != '\0'; p++) {
        text[n++] = *p == ' ' ? '\n' : (char)toupper(*p);
        if (*p == ' ') {
            text[n++] = ' ';
        }
    }
    text[n++] = ' ';
    ASSERT_OK(wzp_mnemonic_decode(text, n, seed));
}

WZP_TEST(mnemonic_refuses_and_wipes)
{
    static const char *const bad[] = {
        "",
        "abandon",
        "abandon abandon abandon abandon abandon abandon abandon abandon "
        "abandon abandon abandon abandon abandon abandon abandon abandon "
        "abandon abandon abandon abandon abandon abandon abandon abandon",
        "abandon abandon abandon abandon abandon abandon abandon abandon "
        "abandon abandon abandon abandon abandon abandon abandon abandon "
        "abandon abandon abandon abandon abandon abandon abandon art art",
        "abandon abandon abandon abandon abandon abandon abandon abandon "
        "abandon abandon abandon abandon abandon abandon abandon abandon "
        "abandon abandon abandon abandon abandon abandon abandonx art",
        "abandonabandon abandon abandon abandon abandon abandon abandon "
        "abandon abandon abandon abandon abandon abandon abandon abandon "
        "abandon abandon abandon abandon abandon abandon abandon abandon art",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t seed[WZP_SEED_LEN];
        uint8_t zero[WZP_SEED_LEN] = {0};
        memset(seed, 7, sizeof seed);
        ASSERT_ERR(wzp_mnemonic_decode(bad[i], strlen(bad[i]), seed),
                   WZP_ERR_MNEMONIC);
        assert_memory_equal(seed, zero, sizeof seed);
    }
}

WZP_TEST(mnemonic_every_prefix_is_refused)
{
    uint8_t seed[WZP_SEED_LEN];
    for (size_t n = 0; n < strlen(ZEROS); n++) {
        ASSERT_ERR(wzp_mnemonic_decode(ZEROS, n, seed), WZP_ERR_MNEMONIC);
    }
}

WZP_TEST(mnemonic_word_index_out_of_range_is_empty)
{
    assert_string_equal(wzp_word(2047), "zoo");
    assert_string_equal(wzp_word(2048), "");
}
