/* SPDX-License-Identifier: MIT */
/* Signal messages from text to struct and back, for the tests of each concern.
 */
#ifndef WZP_TEST_PROTO_ROUND_TRIP_H
#define WZP_TEST_PROTO_ROUND_TRIP_H

#include "support/harness.h"

#include <wzp/proto/signal.h>

#include <string.h>

static wzp_arena *test_arena;

/* An empty arena, the same for all tests of the program. */
static inline wzp_arena *arena(void)
{
    if (test_arena == NULL) {
        const wzp_mem mem = wzp_mem_default();
        assert_int_equal(wzp_arena_new(&test_arena, &mem, 8u * WZP_SIGNAL_MAX),
                         WZP_OK);
    }
    wzp_arena_reset(test_arena);
    return test_arena;
}

__attribute__((destructor)) static void free_test_arena(void)
{
    wzp_arena_free(test_arena);
}

static inline wzp_err decode(const char *json, wzp_signal *out)
{
    return wzp_signal_decode(arena(), json, strlen(json), WZP_SIGNAL_MAX, out);
}

/* The message decodes; encoded again it is the text `again`. */
static inline wzp_signal decode_and_encode(const char *json, const char *again)
{
    wzp_signal sig;
    assert_int_equal(decode(json, &sig), WZP_OK);
    wzp_str text;
    assert_int_equal(wzp_signal_encode(test_arena, &sig, &text), WZP_OK);
    assert_int_equal(text.len, strlen(again));
    assert_memory_equal(text.ptr, again, text.len);
    return sig;
}

static inline wzp_signal round_trip(const char *json)
{
    return decode_and_encode(json, json);
}

static inline void assert_text(wzp_str text, const char *wanted)
{
    assert_non_null(text.ptr);
    assert_int_equal(text.len, strlen(wanted));
    assert_memory_equal(text.ptr, wanted, text.len);
}

#endif
