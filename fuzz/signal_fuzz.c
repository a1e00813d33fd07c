/* SPDX-License-Identifier: MIT */
/* Signal messages. What decodes is encoded, decodes again, and is then written
 * the same: reading loses nothing that writing shows.
 */
#include <wzp/proto/signal.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static wzp_arena *new_arena(void)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_arena *arena;
    if (wzp_arena_new(&arena, &mem, 8u * WZP_SIGNAL_MAX) != WZP_OK) {
        abort();
    }
    return arena;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wzp_arena *arena = new_arena();
    wzp_arena *again = new_arena();
    wzp_signal sig;
    wzp_str text;
    const wzp_err e = wzp_signal_decode(arena, (const char *)data, size,
                                        WZP_SIGNAL_MAX, &sig);
    /* More than 16 messages within messages are read, but not written. */
    if (e == WZP_OK && wzp_signal_encode(arena, &sig, &text) == WZP_OK) {
        wzp_signal second;
        wzp_str second_text;
        if (wzp_signal_decode(again, text.ptr, text.len, 2u * WZP_SIGNAL_MAX,
                              &second) != WZP_OK ||
            wzp_signal_encode(again, &second, &second_text) != WZP_OK ||
            text.len != second_text.len ||
            memcmp(text.ptr, second_text.ptr, text.len) != 0) {
            abort();
        }
    }
    wzp_arena_free(arena);
    wzp_arena_free(again);
    return 0;
}
