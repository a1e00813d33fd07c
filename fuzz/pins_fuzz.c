/* SPDX-License-Identifier: MIT */
/* Any bytes as the file of pinned relays: refused as malformed, or a table
 * that takes another relay and, saved and loaded, still knows both.
 */
#include "libwzp-client/src/account/pins.h"

#include "fuzz/fuzz.h"

typedef struct disk {
    const uint8_t *data;
    size_t len;
    uint8_t *saved; /* NULL: nothing was saved */
    size_t saved_len;
} disk;

static wzp_err load(void *user, const char *name, const wzp_mem *mem,
                    uint8_t **out, size_t *len)
{
    const disk *d = user;
    require(strcmp(name, "pins") == 0);
    *len = d->len;
    *out = wzp_mem_new(mem, d->len);
    require(*out != NULL);
    if (d->len > 0) {
        memcpy(*out, d->data, d->len);
    }
    return WZP_OK;
}

static wzp_err save(void *user, const char *name, const uint8_t *data,
                    size_t len)
{
    disk *d = user;
    require(strcmp(name, "pins") == 0 && len > 0);
    free(d->saved);
    d->saved = malloc(len);
    require(d->saved != NULL);
    memcpy(d->saved, data, len);
    d->saved_len = len;
    return WZP_OK;
}

static void check_reload(const disk *first, const uint8_t hash[WZP_HASH_LEN])
{
    const wzp_mem mem = wzp_mem_default();
    disk d = {.data = first->saved, .len = first->saved_len};
    const wzp_store store = {load, save, &d};
    wzp_pins *pins;
    uint8_t got[WZP_HASH_LEN];
    require(wzp_pins_new(&pins, &mem, &store) == WZP_OK);
    require(wzp__pins_get(pins, "new.example:1", got) == WZP_OK);
    require(memcmp(got, hash, sizeof got) == 0);
    wzp_pins_free(pins);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const wzp_mem mem = wzp_mem_default();
    const uint8_t hash[WZP_HASH_LEN] = {1, 2, 3};
    disk d = {.data = data, .len = size};
    const wzp_store store = {load, save, &d};
    wzp_pins *pins;
    const wzp_err e = wzp_pins_new(&pins, &mem, &store);
    if (e != WZP_OK) {
        REQUIRE_ONE_OF(e, WZP_ERR_MALFORMED, WZP_ERR_IO);
        return 0;
    }
    require(wzp__pins_set(pins, "new.example:1", hash, 5) == WZP_OK);
    check_reload(&d, hash);
    wzp_pins_free(pins);
    free(d.saved);
    return 0;
}
