/* SPDX-License-Identifier: MIT */
/* Sealed seeds: any text. What decodes has a cost that is taken and is written
 * as the same text again. Only the cheapest cost is paid, by a passphrase that
 * is not the right one: it opens nothing.
 */
#include "sealed_seed.h"

#include "fuzz.h"

static void open_wrongly(const char *text, size_t len)
{
    static const uint8_t none[WZP_SEED_LEN];
    uint8_t seed[WZP_SEED_LEN];
    memset(seed, 0x77, sizeof seed);
    const wzp_err e = wzp_sealed_seed_open(text, len, "no", 2, seed);
    REQUIRE_ONE_OF(e, WZP_ERR_PASSPHRASE, WZP_ERR_NOMEM);
    require(memcmp(seed, none, sizeof seed) == 0);
}

static void check(const wzp__sealed_seed *s, const char *text, size_t len)
{
    char again[WZP_SEALED_SEED_MAX];
    wzp__sealed_seed_encode(s, again);
    require(strlen(again) == WZP_SEALED_SEED_MAX - 1);
    require(memmem(text, len, again, strlen(again)) != NULL);
    require(wzp_sealed_seed_is(text, len));
    require(s->passes >= 1 && s->passes <= WZP_SEALED_SEED_PASSES_MAX);
    require(s->memory_kib >= WZP_SEALED_SEED_KIB_MIN &&
            s->memory_kib <= WZP_SEALED_SEED_KIB_MAX);
    if (s->passes == 1 && s->memory_kib == WZP_SEALED_SEED_KIB_MIN) {
        open_wrongly(text, len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wzp__sealed_seed s;
    const char *text = (const char *)data;
    if (size == 0 || wzp_crypto_global_init() != WZP_OK) {
        return 0;
    }
    const wzp_err e = wzp__sealed_seed_decode(text, size, &s);
    REQUIRE_ONE_OF(e, WZP_ERR_IDENTITY_FILE);
    if (e == WZP_OK) {
        check(&s, text, size);
    }
    wzp_crypto_global_deinit();
    return 0;
}
