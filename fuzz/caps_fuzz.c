/* SPDX-License-Identifier: MIT */
/* Lists of capabilities: unknown names leave nothing behind, and what was
 * understood is written and understood the same.
 */
#include "signal/caps.h"

#include "fuzz/fuzz.h"

#include <wzp/proto/signal.h>

static wzp_err read_caps(const char *text, size_t len, uint32_t *caps)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_arena *arena;
    require(wzp_arena_new(&arena, &mem, 1 << 20) == WZP_OK);
    wzp__json j = wzp__json_init(text, len, arena);
    *caps = wzp__caps_decode(&j);
    const wzp_err e = wzp__json_end(&j);
    wzp_arena_free(arena);
    return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint32_t known = WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_BUNDLE1 |
                           WZP_CAP_PARITY1 | WZP_CAP_DGRAM1 | WZP_CAP_SIG1 |
                           WZP_CAP_DRED_10 | WZP_CAP_DRED_12 | WZP_CAP_BUNDLE2 |
                           WZP_CAP_FRAMES;
    uint32_t caps;
    uint32_t again;
    const wzp_err e = read_caps((const char *)data, size, &caps);
    if (e != WZP_OK) {
        REQUIRE_ONE_OF(e, WZP_ERR_JSON, WZP_ERR_UTF8, WZP_ERR_FIELD);
        return 0;
    }
    require((caps & WZP_CAP_PRESENT) != 0 && (caps & ~known) == 0);
    char text[512];
    wzp__json_out out = {.buf = text, .cap = sizeof text};
    wzp__caps_encode(&out, caps);
    require(out.err == WZP_OK && out.len <= sizeof text);
    require(read_caps(text, out.len, &again) == WZP_OK && again == caps);
    return 0;
}
