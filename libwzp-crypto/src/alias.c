/* SPDX-License-Identifier: MIT */
/* A name for somebody who gave none: two words chosen by the public key, never
 * by the seed, of which they would tell ten bits. Plain text on the wire, so
 * that the lists are ours alone.
 */
#include <wzp/crypto/identity.h>

#include <sodium.h>

#include <string.h>

static const char LABEL[] = "wzp-alias-v1";

static const char *const ADJECTIVES[] = {
    "Amber",  "Bold",   "Brave",  "Bright", "Calm",  "Clever",  "Copper",
    "Coral",  "Daring", "Eager",  "Early",  "Fair",  "Gentle",  "Golden",
    "Happy",  "Honest", "Jolly",  "Keen",   "Kind",  "Lively",  "Lucky",
    "Mellow", "Merry",  "Misty",  "Nimble", "Noble", "Patient", "Proud",
    "Quick",  "Quiet",  "Silver", "Steady", "Sunny", "Swift",   "Wise",
};

static const char *const NOUNS[] = {
    "Badger", "Bear",   "Beaver",  "Cricket", "Crane", "Deer",   "Dolphin",
    "Eagle",  "Falcon", "Finch",   "Fox",     "Hare",  "Hawk",   "Heron",
    "Ibis",   "Jay",    "Kestrel", "Lark",    "Lynx",  "Marten", "Moose",
    "Otter",  "Owl",    "Panther", "Raven",   "Robin", "Salmon", "Seal",
    "Stag",   "Swan",   "Wolf",    "Wren",
};

enum {
    N_ADJECTIVES = sizeof ADJECTIVES / sizeof ADJECTIVES[0],
    N_NOUNS = sizeof NOUNS / sizeof NOUNS[0],
};

void wzp_alias_from_key(const uint8_t public_key[WZP_KEY_LEN],
                        char out[WZP_ALIAS_MAX])
{
    crypto_hash_sha256_state st;
    uint8_t h[WZP_HASH_LEN];
    crypto_hash_sha256_init(&st);
    crypto_hash_sha256_update(&st, (const uint8_t *)LABEL, strlen(LABEL));
    crypto_hash_sha256_update(&st, public_key, WZP_KEY_LEN);
    crypto_hash_sha256_final(&st, h);
    const char *first = ADJECTIVES[(unsigned)(h[0] << 8 | h[1]) % N_ADJECTIVES];
    const char *second = NOUNS[(unsigned)(h[2] << 8 | h[3]) % N_NOUNS];
    const size_t n = strlen(first);
    const size_t m = strlen(second);
    memcpy(out, first, n);
    out[n] = ' ';
    memcpy(out + n + 1, second, m + 1);
}
