/* SPDX-License-Identifier: MIT
 *
 * Members by number, mid and place.
 */
#include "group/state.h"
#include "vec_impl.h"

static wzp_group *begin(size_t max)
{
    static wzp_group g;
    memset(&g, 0, sizeof g);
    g.mem = wzp_mem_default();
    ASSERT_OK(wzp__table_init(&g, max));
    return &g;
}

static wzp__member *add(wzp_group *g, uint8_t a, uint8_t b)
{
    const uint8_t mid[WZP_MID_LEN] = {a, b};
    wzp__member *m = NULL;
    ASSERT_OK(wzp__member_insert(g, mid, &m));
    return m;
}

WZP_TEST(table_members_are_found_by_mid_also_in_one_bucket)
{
    wzp_group *g = begin(4);
    const uint8_t none[WZP_MID_LEN] = {9, 7};
    wzp__member *a = add(g, 1, 7);
    wzp__member *b = add(g, 2, 7);
    wzp__member *c = add(g, 3, 8);
    assert_ptr_equal(wzp__member_find(g, a->mid), a);
    assert_ptr_equal(wzp__member_find(g, b->mid), b);
    assert_null(wzp__member_find(g, none));
    wzp__member_remove(g, b);
    assert_ptr_equal(wzp__member_find(g, a->mid), a);
    assert_ptr_equal(wzp__member_find(g, c->mid), c);
    assert_int_equal(g->n_listed, 2);
    wzp__table_deinit(g);
}

WZP_TEST(table_members_speak_to_us_while_they_are_listed_and_not_refused)
{
    wzp_group *g = begin(4);
    const uint8_t us[WZP_MID_LEN] = {5, 5};
    const uint8_t none[WZP_MID_LEN] = {9, 7};
    memcpy(g->mid, us, sizeof us);
    wzp__member *a = add(g, 1, 7);
    wzp__member *m = NULL;
    ASSERT_ERR(wzp__member_speaks(g, a->mid, none, &m), WZP_ERR_PROTOCOL);
    ASSERT_ERR(wzp__member_speaks(g, none, us, &m), WZP_ERR_NOT_FOUND);
    a->state = WZP_MEMBER_REFUSED;
    ASSERT_ERR(wzp__member_speaks(g, a->mid, us, &m), WZP_ERR_NOT_ALLOWED);
    wzp__member_list(g, a, false);
    ASSERT_ERR(wzp__member_speaks(g, a->mid, us, &m), WZP_ERR_NOT_FOUND);
    assert_null(m);
    wzp__member_list(g, a, true);
    a->state = WZP_MEMBER_UNKNOWN;
    ASSERT_OK(wzp__member_speaks(g, a->mid, us, &m));
    assert_ptr_equal(m, a);
    wzp__table_deinit(g);
}

WZP_TEST(table_departed_ones_come_after_listed_ones)
{
    wzp_group *g = begin(4);
    wzp__member *m[4];
    for (uint8_t i = 0; i < 4; i++) {
        m[i] = add(g, i, i);
    }
    wzp__member_list(g, m[1], false);
    wzp__member_list(g, m[1], false);
    assert_int_equal(g->n_listed, 3);
    for (size_t i = 0; i < g->n_members; i++) {
        assert_int_equal(g->list[i]->is_listed, i < g->n_listed);
        assert_int_equal(g->list[i]->pos, i);
    }
    wzp__member_list(g, m[1], true);
    assert_int_equal(g->n_listed, 4);
    wzp__table_deinit(g);
}

WZP_TEST(table_is_bounded_and_the_first_departed_makes_room)
{
    wzp_group *g = begin(2);
    wzp__member *m = NULL;
    const uint8_t mid[WZP_MID_LEN] = {99};
    for (uint8_t i = 0; i < 4; i++) {
        m = add(g, i, 0);
        wzp__member_list(g, m, false);
        m->left_at = 10u + i;
    }
    add(g, 10, 0);
    const uint8_t first[WZP_MID_LEN] = {0, 0};
    assert_null(wzp__member_find(g, first));
    add(g, 11, 0);
    ASSERT_ERR(wzp__member_insert(g, mid, &m), WZP_ERR_FULL);
    assert_int_equal(g->stats.members_ignored, 1);
    wzp__table_deinit(g);
}

WZP_TEST(table_members_without_keys_make_room_before_those_who_had_some)
{
    wzp_group *g = begin(2);
    const uint8_t keyed[WZP_MID_LEN] = {0};
    for (uint8_t i = 0; i < 4; i++) {
        wzp__member *m = add(g, i, 0);
        m->has_high = i == 0; /* left first */
        wzp__member_list(g, m, false);
        m->left_at = 10u + i;
    }
    for (uint8_t i = 0; i < 20; i++) {
        wzp__member *m = add(g, (uint8_t)(100 + i), 0);
        wzp__member_list(g, m, false);
        m->left_at = 20u + i;
    }
    assert_non_null(wzp__member_find(g, keyed));
    assert_int_equal(g->n_forgotten, 0);
    wzp__table_deinit(g);
}

WZP_TEST(table_who_had_keys_and_made_room_does_not_come_back)
{
    wzp_group *g = begin(2);
    wzp__member *m = NULL;
    for (uint8_t i = 0; i < 200; i++) {
        m = add(g, i, 0);
        m->pair = WZP__PAIR_PEER;
        wzp__member_list(g, m, false);
        m->left_at = 10u + i;
    }
    assert_int_equal(g->n_forgotten, 196);
    for (uint8_t i = 0; i < 196; i++) {
        const uint8_t mid[WZP_MID_LEN] = {i};
        ASSERT_ERR(wzp__member_insert(g, mid, &m), WZP_ERR_KEY_REPLAYED);
    }
    assert_int_equal(g->stats.members_ignored, 196);
    wzp__table_deinit(g);
}

WZP_TEST(table_full_of_what_it_must_not_forget_takes_nobody_new)
{
    wzp_group *g = begin(2);
    wzp__member *m = NULL;
    for (unsigned i = 0; i < WZP__FORGOTTEN_MAX + 4; i++) {
        m = add(g, (uint8_t)i, (uint8_t)(i >> 8));
        m->has_high = true;
        wzp__member_list(g, m, false);
        m->left_at = i;
    }
    const uint8_t mid[WZP_MID_LEN] = {1, 2, 3};
    ASSERT_ERR(wzp__member_insert(g, mid, &m), WZP_ERR_FULL);
    wzp__table_deinit(g);
}

WZP_TEST(table_numbers_are_not_used_again_soon)
{
    wzp_group *g = begin(8);
    uint32_t last = UINT32_MAX;
    for (unsigned i = 0; i < 40; i++) {
        wzp__member *m = add(g, (uint8_t)i, 1);
        assert_int_not_equal(m->number, last);
        last = m->number;
        assert_ptr_equal(g->slots[last], m);
        wzp__member_remove(g, m);
    }
    wzp__table_deinit(g);
}

WZP_TEST(table_work_is_handed_out_in_turn)
{
    wzp_group *g = begin(4);
    wzp__member *a = add(g, 1, 1);
    wzp__member *b = add(g, 2, 1);
    assert_null(wzp__todo_next(g, WZP__TODO_BOX));
    wzp__todo_set(g, a, WZP__TODO_BOX);
    wzp__todo_set(g, a, WZP__TODO_BOX);
    wzp__todo_set(g, b, WZP__TODO_BOX);
    wzp__member *first = wzp__todo_next(g, WZP__TODO_BOX);
    assert_ptr_not_equal(first, wzp__todo_next(g, WZP__TODO_BOX));
    wzp__todo_clear(g, a, WZP__TODO_BOX);
    wzp__member_remove(g, b);
    assert_int_equal(g->todo_count[WZP__TODO_BOX], 0);
    wzp__table_deinit(g);
}
