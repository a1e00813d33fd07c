/* SPDX-License-Identifier: MIT
 *
 * Replay window.
 */
#include "vec_impl.h"

#include <wzp/crypto/replay.h>

static bool offer(wzp_replay *r, uint64_t ctr)
{
    const wzp_replay before = *r;
    if (wzp_replay_check(r, ctr) != WZP_OK) {
        assert_memory_equal(&before, r, sizeof before);
        return false;
    }
    wzp_replay_mark(r, ctr);
    return true;
}

WZP_TEST(replay_follows_the_vector)
{
    const cJSON *v = vec(SM, "replay");
    wzp_replay r = {.highest = 0};
    assert_int_equal(vec_u64(v, "size"), WZP_REPLAY_WINDOW);
    for (size_t i = 0; i < vec_count(wzp_test_item(v, "ctrs")); i++) {
        const uint64_t ctr =
            (uint64_t)vec_row(wzp_test_item(v, "ctrs"), i)->valuedouble;
        assert_int_equal(offer(&r, ctr), cJSON_IsTrue(vec_row(
                                             wzp_test_item(v, "accepted"), i)));
    }
}

/* After WireGuard's selftest/counter.c: one window, numbered lines. */
#define W ((uint64_t)WZP_REPLAY_WINDOW)
static const struct {
    uint64_t ctr;
    bool want;
} LINES[] = {
    /*  1 */ {0, true},
    /*  2 */ {1, true},
    /*  3 */ {1, false},
    /*  4 */ {9, true},
    /*  5 */ {8, true},
    /*  6 */ {7, true},
    /*  7 */ {7, false},
    /*  8 */ {W, true},
    /*  9 */ {W - 1, true},
    /* 10 */ {W - 1, false},
    /* 11 */ {W - 2, true},
    /* 12 */ {2, true},
    /* 13 */ {2, false},
    /* 14 */ {W + 16, true},
    /* 15 */ {3, false},
    /* 16 */ {W + 16, false},
    /* 17 */ {W * 4, true},
    /* 18 */ {W * 4 - (W - 1), true},
    /* 19 */ {10, false},
    /* 20 */ {W * 4 - W, false},
    /* 21 */ {W * 4 - (W + 1), false},
    /* 22 */ {W * 4 - (W - 2), true},
    /* 23 */ {W * 4 + 1 - W, false},
    /* 24 */ {0, false},
    /* 25 */ {UINT64_MAX - 1, true},
    /* 26 */ {UINT64_MAX - 1, false},
    /* 27 */ {UINT64_MAX, true},
    /* 28 */ {UINT64_MAX - (W - 1), true},
    /* 29 */ {UINT64_MAX - W, false},
    /* 30 */ {0, false},
};

WZP_TEST(replay_window_is_exact_line_by_line)
{
    wzp_replay r = {.highest = 0};
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        if (offer(&r, LINES[i].ctr) != LINES[i].want) {
            fail_msg("line %zu", i + 1);
        }
    }
}

WZP_TEST(replay_agrees_with_a_simple_model_over_random_counters)
{
    enum { SPAN = 40000 };
    static bool seen[SPAN];
    wzp_replay r = {.highest = 0};
    uint64_t highest = 0;
    uint32_t x = 1;
    bool started = false;
    for (unsigned i = 0; i < 60000; i++) {
        x = x * 1664525 + 1013904223;
        const uint64_t base = (uint64_t)i / 2;
        const uint64_t ctr = base + (x >> 8) % 9500;
        const bool want =
            !started || ctr > highest || (highest - ctr < W && !seen[ctr]);
        assert_int_equal(offer(&r, ctr), want);
        if (want) {
            seen[ctr] = true;
            highest = !started || ctr > highest ? ctr : highest;
            started = true;
        }
    }
}
