/* SPDX-License-Identifier: MIT */
/* The attacker is the relay's operator, and keeps things back: leaves, so that
 * somebody who is gone stays on the roster; joins, so that somebody hears who
 * is not listed; packages; and it lets those who left or are yet to come have
 * all the packets.
 */
#include "support/harness.h"
#include "support/liar/stage.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_MAX 4000

/* Media packets that passed the relay, from puppet 0. */
typedef struct kept {
    size_t n;
    size_t len[KEPT_MAX];
    uint8_t data[KEPT_MAX][256];
} kept;

static kept all;

static bool keep(void *user, wzp_liar *liar, int from, int to, uint8_t *data,
                 size_t *len)
{
    kept *k = user;
    (void)liar;
    if (from == 0 && to == 1 && k->n < KEPT_MAX && *len <= 256) {
        memcpy(k->data[k->n], data, *len);
        k->len[k->n++] = *len;
    }
    return true;
}

static void keep_all(wzp_stage *s)
{
    const wzp_liar_hooks hooks = {.user = &all, .dgram = keep};
    all.n = 0;
    wzp_liar_hook(s->liar, &hooks);
}

/* How many of them p can open with all it has. */
static size_t opens(wzp_stage *s, wzp_puppet *p)
{
    size_t n = 0;
    for (size_t i = 0; i < all.n; i++) {
        uint8_t plain[WZP_PKT_CAP];
        wzp_opened o;
        n += wzp_group_open(wzp_puppet_group(p), wzp_world_now(s->w),
                            all.data[i], all.len[i], plain, sizeof plain,
                            &o) == WZP_OK;
    }
    return n;
}

/* --- leaves --- */

/* Three talk, the third falls silent. dies: its node has no power, so that no
 * keep-alive comes; otherwise it only stops talking. */
static void silent_test(bool dies)
{
    wzp_stage s;
    wzp_stage_pair(&s, 1, true);
    wzp_puppet *third = wzp_stage_enter(&s, NULL);
    wzp_liar_withhold_leaves(s.liar, true);
    const uint32_t before = wzp_puppet_stats(s.p[0]).generation;
    wzp_puppet_speak(third, false);
    if (dies) {
        wzp_world_kill(s.w, wzp_puppet_node(third));
    }
    wzp_world_run(s.w, 17 * WZP_S); /* three intervals of 5 s, and the change */
    keep_all(&s);
    wzp_world_run(s.w, WZP_S);
    assert_true(wzp_stage_state(s.p[0], 2) >= 0); /* listed all the time */
    assert_true(all.n > 40);
    if (dies) {
        assert_int_equal(wzp_puppet_stats(s.p[0]).generation, before + 1);
        assert_int_equal(opens(&s, third), 0);
    } else {
        assert_int_equal(wzp_puppet_stats(s.p[0]).generation, before);
    }
    assert_in_range(wzp_stage_hears(&s, s.p[1]), 48, 52);
    wzp_stage_close(&s);
}

WZP_TEST(whose_leave_is_withheld_gets_no_new_keys_after_three_silent_intervals)
{
    silent_test(true);
}

WZP_TEST(control_who_keeps_alive_keeps_the_keys)
{
    silent_test(false);
}

/* It left, the roster says so, but the relay goes on giving it everything. */
static bool to_the_gone(void *user, wzp_liar *liar, int from, int to,
                        wzp_signal *sig)
{
    wzp_stage *s = user;
    if (sig->kind == WZP_SIG_E2EE_KEYS && from == 0 && to == 1) {
        wzp_ignore(wzp_group_recv(wzp_puppet_group(s->p[2]),
                                  wzp_world_now(s->w), 0, sig),
                   "not for it");
    }
    (void)liar;
    return true;
}

static void gone_test(bool is_told)
{
    wzp_stage s;
    wzp_stage_pair(&s, 2, true);
    wzp_puppet *third = wzp_stage_enter(&s, NULL);
    const wzp_liar_hooks hooks = {.user = &s, .signal = to_the_gone};
    wzp_liar_hook(s.liar, &hooks);
    wzp_liar_withhold_leaves(s.liar, !is_told);
    wzp_puppet_leave(third);
    wzp_world_run(s.w, WZP_S);
    keep_all(&s);
    wzp_world_run(s.w, WZP_S);
    assert_true(all.n > 40);
    const size_t n = opens(&s, third);
    if (is_told) {
        assert_int_equal(n, 0);
    } else {
        assert_true(n > 40);
    }
    wzp_stage_close(&s);
}

WZP_TEST(who_left_opens_nothing_of_the_next_generation)
{
    gone_test(true);
}

WZP_TEST(control_who_left_opens_all_until_somebody_knows)
{
    gone_test(false);
}

/* --- joins --- */

WZP_TEST(who_comes_opens_nothing_earlier)
{
    wzp_stage s;
    wzp_stage_pair(&s, 3, true);
    keep_all(&s);
    wzp_world_run(s.w, 2 * WZP_S);
    const size_t earlier = all.n;
    wzp_puppet *newcomer = wzp_stage_add(&s, NULL);
    wzp_puppet_join(newcomer, WZP_STAGE_ROOM, s.relay);
    wzp_world_run(s.w, 2 * WZP_S);
    const size_t n = all.n;
    all.n = earlier - 5; /* those on the way while it came are its own */
    assert_true(all.n > 80);
    assert_int_equal(opens(&s, newcomer), 0);
    /* Control: what came after it did open, so these are only seen twice. */
    all.n = n;
    const uint64_t before = wzp_puppet_stats(newcomer).replayed;
    (void)opens(&s, newcomer);
    assert_true(wzp_puppet_stats(newcomer).replayed - before > 20);
    wzp_stage_close(&s);
}

static void unlisted_test(bool is_listed)
{
    wzp_stage s;
    wzp_stage_pair(&s, 4, true);
    wzp_puppet *third = wzp_stage_add(&s, NULL);
    wzp_puppet_join(third, WZP_STAGE_ROOM, s.relay);
    for (int ms = 0; ms < 4000; ms++) {
        wzp_world_run(s.w, WZP_MS);
        if (wzp_liar_count(s.liar) > 2 && !is_listed) {
            wzp_liar_member_at(s.liar, 2)->is_listed = false;
            if (ms % 100 == 0) {
                wzp_liar_roster(s.liar);
            }
        }
    }
    const uint64_t before = wzp_puppet_opened(third);
    const uint64_t b = wzp_puppet_opened(s.p[0]);
    wzp_world_run(s.w, WZP_S);
    if (is_listed) {
        assert_true(wzp_puppet_opened(third) - before > 90);
        assert_true(wzp_puppet_opened(s.p[0]) - b > 90);
    } else {
        assert_int_equal(wzp_puppet_opened(third), before);
        assert_in_range(wzp_puppet_opened(s.p[0]) - b, 48, 52);
    }
    wzp_stage_close(&s);
}

WZP_TEST(who_is_not_listed_is_not_heard_and_hears_nobody)
{
    unlisted_test(false);
}

WZP_TEST(control_who_is_listed_is_heard_and_hears)
{
    unlisted_test(true);
}

/* --- packages --- */

static bool withhold_packages(void *user, wzp_liar *liar, int from, int to,
                              wzp_signal *sig)
{
    const bool *is_off = user;
    (void)liar;
    (void)from;
    (void)to;
    return *is_off || sig->kind != WZP_SIG_KEY_PACKAGES;
}

WZP_TEST(withheld_packages_keep_the_members_unknown_and_no_longer)
{
    wzp_stage s;
    bool is_off = false;
    const wzp_liar_hooks hooks = {.user = &is_off, .signal = withhold_packages};
    wzp_stage_open(&s, 5, true);
    wzp_liar_hook(s.liar, &hooks);
    wzp_stage_enter(&s, NULL);
    wzp_stage_enter(&s, NULL);
    wzp_world_run(s.w, 20 * WZP_S);
    assert_int_equal(wzp_stage_state(s.p[0], 1), WZP_MEMBER_UNKNOWN);
    assert_int_equal(wzp_puppet_opened(s.p[0]), 0);
    assert_int_equal(wzp_puppet_sent(s.p[0]), 0);
    is_off = true;
    wzp_world_run(s.w, 10 * WZP_S); /* asked for every 8 s by now */
    assert_int_equal(wzp_stage_state(s.p[0], 1), WZP_MEMBER_KEYED);
    assert_in_range(wzp_stage_hears(&s, s.p[0]), 48, 52);
    wzp_stage_close(&s);
}
