/* SPDX-License-Identifier: MIT */
/* A part switched on and off: what is heard of it, and when. */
#include "dsp/blend.h"

#include "support/harness.h"

#include <stdlib.h>

enum { BLOCK = WZP_CAPTURE_BLOCK, WARM_UP = 2, WITHOUT = 1000, WITH = 3000 };

/* One block of a part that turns 1000 into 3000. */
static void run(wzp__blend *b, int16_t out[BLOCK])
{
    int16_t without[BLOCK];
    for (size_t i = 0; i < BLOCK; i++) {
        without[i] = WITHOUT;
        out[i] = wzp__blend_is_running(b) ? WITH : WITHOUT;
    }
    if (wzp__blend_is_running(b)) {
        wzp__blend_mix(b, without, out);
    }
}

static void assert_all(const int16_t out[BLOCK], int expected)
{
    for (size_t i = 0; i < BLOCK; i++) {
        assert_int_equal(out[i], expected);
    }
}

static void assert_fade(const int16_t out[BLOCK], int from, int to)
{
    assert_int_equal(out[0], from);
    for (size_t i = 1; i < BLOCK; i++) {
        assert_true(abs(out[i] - out[i - 1]) <= 5);
    }
    assert_true(abs(out[BLOCK - 1] - to) <= 5);
}

WZP_TEST(blend_that_is_on_from_the_start_is_heard_from_the_start)
{
    wzp__blend b;
    int16_t out[BLOCK];
    wzp__blend_init(&b, WARM_UP, true);

    run(&b, out);

    assert_all(out, WITH);
}

WZP_TEST(blend_that_is_off_does_not_run)
{
    wzp__blend b;

    wzp__blend_init(&b, WARM_UP, false);

    assert_false(wzp__blend_is_running(&b));
    assert_false(wzp__blend_is_heard(&b));
}

WZP_TEST(blend_switched_on_warms_up_unheard_then_fades_in)
{
    wzp__blend b;
    int16_t out[BLOCK];
    wzp__blend_init(&b, WARM_UP, false);
    wzp__blend_set(&b, true);

    for (int i = 0; i < WARM_UP; i++) {
        run(&b, out);
        assert_all(out, WITHOUT);
    }
    run(&b, out);
    assert_fade(out, WITHOUT, WITH);
    run(&b, out);
    assert_all(out, WITH);
}

WZP_TEST(blend_switched_off_fades_out_then_rests)
{
    wzp__blend b;
    int16_t out[BLOCK];
    wzp__blend_init(&b, WARM_UP, true);
    wzp__blend_set(&b, false);

    run(&b, out);
    assert_fade(out, WITH, WITHOUT);
    assert_false(wzp__blend_is_running(&b));
}

WZP_TEST(blend_switched_off_while_it_warms_up_was_never_heard)
{
    wzp__blend b;
    int16_t out[BLOCK];
    wzp__blend_init(&b, WARM_UP, false);
    wzp__blend_set(&b, true);
    run(&b, out);

    wzp__blend_set(&b, false);

    assert_false(wzp__blend_is_running(&b));
}

WZP_TEST(blend_without_warm_up_fades_in_at_once)
{
    wzp__blend b;
    int16_t out[BLOCK];
    wzp__blend_init(&b, 0, false);
    wzp__blend_set(&b, true);

    run(&b, out);

    assert_fade(out, WITHOUT, WITH);
}
