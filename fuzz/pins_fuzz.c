/* SPDX-License-Identifier: MIT */
/* Any bytes as the file of pinned relays: refused as malformed, or a table
 * that takes another relay and, saved and loaded, still knows both.
 */
#include "libwzp-client/src/account/pins.h"

#include "fuzz/disk.h"

static void check_reload(const fuzz_disk *first,
                         const uint8_t hash[WZP_HASH_LEN])
{
    const wzp_mem mem = wzp_mem_default();
    fuzz_disk d = {
        .name = "pins", .data = first->saved, .len = first->saved_len};
    const wzp_store store = fuzz_disk_store(&d);
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
    fuzz_disk d = {.name = "pins", .data = data, .len = size};
    const wzp_store store = fuzz_disk_store(&d);
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
