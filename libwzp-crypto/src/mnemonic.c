/* SPDX-License-Identifier: MIT */
/* Seed ↔ 24 words: BIP39 English, entropy = the seed, 8 bits of SHA-256 as
 * checksum, 11 bits a word, most significant first (spec/wire.md 3.1).
 */
#include "wordlist.h"

#include <wzp/crypto/identity.h>
#include <wzp/crypto/room.h>

#include <sodium.h>

#include <string.h>

enum {
    BITS_PER_WORD = 11,
    ENTROPY_LEN = WZP_SEED_LEN + 1, /* with the checksum byte */
};

const char *wzp_word(uint16_t index)
{
    return index < WZP__WORDS ? wzp_wordlist[index] : "";
}

static uint8_t checksum(const uint8_t seed[WZP_SEED_LEN])
{
    uint8_t hash[WZP_HASH_LEN];
    crypto_hash_sha256(hash, seed, WZP_SEED_LEN);
    const uint8_t first = hash[0];
    sodium_memzero(hash, sizeof hash);
    return first;
}

static uint16_t bits_at(const uint8_t *data, size_t word)
{
    uint16_t v = 0;
    for (size_t i = 0; i < BITS_PER_WORD; i++) {
        const size_t bit = word * BITS_PER_WORD + i;
        const unsigned b = ((unsigned)data[bit / 8] >> (7 - bit % 8)) & 1u;
        v = (uint16_t)((unsigned)v << 1 | b);
    }
    return v;
}

void wzp_mnemonic_encode(const uint8_t seed[WZP_SEED_LEN],
                         char out[WZP_MNEMONIC_MAX])
{
    uint8_t data[ENTROPY_LEN];
    memcpy(data, seed, WZP_SEED_LEN);
    data[WZP_SEED_LEN] = checksum(seed);
    size_t at = 0;
    for (size_t w = 0; w < WZP_MNEMONIC_WORDS; w++) {
        const char *word = wzp_word(bits_at(data, w));
        const size_t n = strlen(word);
        if (w > 0) {
            out[at++] = ' ';
        }
        memcpy(out + at, word, n);
        at += n;
    }
    out[at] = '\0';
    sodium_memzero(data, sizeof data);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Index of a word in the sorted list, or -1. */
static int find(const char *word)
{
    int lo = 0;
    int hi = WZP__WORDS - 1;
    while (lo <= hi) {
        const int mid = (lo + hi) / 2;
        const int c = strcmp(word, wzp_wordlist[mid]);
        if (c == 0) {
            return mid;
        }
        if (c < 0) {
            hi = mid - 1;
        } else {
            lo = mid + 1;
        }
    }
    return -1;
}

/* Takes the next word from text[*at …], lower-cased. False at the end; a word
 * that is too long comes out empty, which is in no list. */
static bool next_word(const char *text, size_t len, size_t *at,
                      char word[WZP__WORD_MAX + 1])
{
    while (*at < len && is_space(text[*at])) {
        (*at)++;
    }
    if (*at == len) {
        return false;
    }
    size_t n = 0;
    for (; *at < len && !is_space(text[*at]); (*at)++, n++) {
        char c = text[*at];
        if (c >= 'A' && c <= 'Z') {
            c = (char)(c - 'A' + 'a');
        }
        if (n < WZP__WORD_MAX) {
            word[n] = c;
        }
    }
    word[n <= WZP__WORD_MAX ? n : 0] = '\0';
    return true;
}

static void put_bits(uint8_t *data, size_t word, unsigned index)
{
    for (size_t i = 0; i < BITS_PER_WORD; i++) {
        const size_t bit = word * BITS_PER_WORD + i;
        if ((index >> (BITS_PER_WORD - 1 - i)) & 1u) {
            data[bit / 8] |= (uint8_t)(0x80u >> (bit % 8));
        }
    }
}

wzp_err wzp_mnemonic_decode(const char *text, size_t len,
                            uint8_t out[WZP_SEED_LEN])
{
    uint8_t data[ENTROPY_LEN] = {0};
    char word[WZP__WORD_MAX + 1];
    wzp_err e = WZP_ERR_MNEMONIC;
    size_t at = 0;
    for (size_t w = 0; w < WZP_MNEMONIC_WORDS; w++) {
        const int index = next_word(text, len, &at, word) ? find(word) : -1;
        if (index < 0) {
            goto done;
        }
        put_bits(data, w, (unsigned)index);
    }
    if (!next_word(text, len, &at, word) &&
        data[WZP_SEED_LEN] == checksum(data)) {
        e = WZP_OK;
    }
done:
    if (e == WZP_OK) {
        memcpy(out, data, WZP_SEED_LEN);
    } else {
        sodium_memzero(out, WZP_SEED_LEN);
    }
    sodium_memzero(data, sizeof data);
    sodium_memzero(word, sizeof word);
    return e;
}
