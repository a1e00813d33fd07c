/* SPDX-License-Identifier: MIT */
/* Key messages reach whom they name, and nothing else reaches anybody. */
#include "signal/key_route.h"

#include "rig.h"
#include "signal/budget.h"

static const uint8_t CT[WZP_KEM_CT_LEN] = {1, 2, 3};
static const uint8_t SIG[WZP_SIG_LEN] = {4, 5, 6};
static const uint8_t BOX[48] = {7, 8, 9};

static wzp_signal pair_of(const rig_client *from, const rig_client *to)
{
    wzp_signal sig = {.kind = WZP_SIG_E2EE_PAIR};
    memcpy(sig.u.e2ee_pair.from, from->mid, WZP_MID_LEN);
    memcpy(sig.u.e2ee_pair.to, to->mid, WZP_MID_LEN);
    sig.u.e2ee_pair.ct = (wzp_bytes){CT, sizeof CT};
    sig.u.e2ee_pair.sig = (wzp_bytes){SIG, sizeof SIG};
    return sig;
}

static wzp_signal asking(const rig_client *from, const rig_client *to)
{
    wzp_signal sig = {.kind = WZP_SIG_E2EE_KEY_REQUEST};
    memcpy(sig.u.e2ee_key_request.from, from->mid, WZP_MID_LEN);
    memcpy(sig.u.e2ee_key_request.to, to->mid, WZP_MID_LEN);
    return sig;
}

WZP_TEST(a_pair_goes_to_the_member_it_names_and_to_nobody_else)
{
    rig r;
    rig_client c[4];
    wzp_signal sig;
    rig_new(&r);
    rig_room(&r, c, 4, 0, "lobby");
    wzp_signal pair = pair_of(&c[0], &c[2]);
    rig_signal(&r, c[0].conn, &pair);
    rig_expect(&r, c[2].conn, WZP_SIG_E2EE_PAIR, &sig);
    assert_memory_equal(sig.u.e2ee_pair.from, c[0].mid, WZP_MID_LEN);
    assert_int_equal(sig.u.e2ee_pair.ct.len, sizeof CT);
    assert_memory_equal(sig.u.e2ee_pair.ct.ptr, CT, sizeof CT);
    assert_memory_equal(sig.u.e2ee_pair.sig.ptr, SIG, sizeof SIG);
    for (size_t i = 0; i < 4; i++) {
        rig_expect_none(&r, c[i].conn);
    }
    assert_int_equal(rig_stats(&r).keys_routed, 1);
    rig_leave_all(c, 4);
    rig_free(&r);
}

WZP_TEST(a_key_request_goes_to_the_member_it_names)
{
    rig r;
    rig_client c[2];
    wzp_signal sig;
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    wzp_signal ask = asking(&c[0], &c[1]);
    rig_signal(&r, c[0].conn, &ask);
    rig_expect(&r, c[1].conn, WZP_SIG_E2EE_KEY_REQUEST, &sig);
    assert_memory_equal(sig.u.e2ee_key_request.from, c[0].mid, WZP_MID_LEN);
    rig_leave_all(c, 2);
    rig_free(&r);
}

WZP_TEST(each_receiver_of_keys_gets_its_own_box_only)
{
    rig r;
    rig_client c[4];
    wzp_signal sig;
    wzp_e2ee_box boxes[3];
    rig_new(&r);
    rig_room(&r, c, 4, 0, "lobby");
    wzp_signal keys = {.kind = WZP_SIG_E2EE_KEYS};
    memcpy(keys.u.e2ee_keys.from, c[0].mid, WZP_MID_LEN);
    keys.u.e2ee_keys.gen = 3;
    keys.u.e2ee_keys.step = 2;
    keys.u.e2ee_keys.suite = WZP_SUITE_CHACHA;
    keys.u.e2ee_keys.k = (wzp_e2ee_box_list){boxes, 3};
    for (uint32_t i = 0; i < 3; i++) {
        boxes[i] = (wzp_e2ee_box){.n = 10 + i, .box = {BOX, sizeof BOX}};
        memcpy(boxes[i].to, c[i + 1].mid, WZP_MID_LEN);
    }
    rig_signal(&r, c[0].conn, &keys);
    for (uint32_t i = 0; i < 3; i++) {
        rig_expect(&r, c[i + 1].conn, WZP_SIG_E2EE_KEYS, &sig);
        const wzp_sig_e2ee_keys *k = &sig.u.e2ee_keys;
        assert_memory_equal(k->from, c[0].mid, WZP_MID_LEN);
        assert_int_equal(k->gen, 3);
        assert_int_equal(k->step, 2);
        assert_int_equal(k->suite, WZP_SUITE_CHACHA);
        assert_int_equal(k->k.n, 1);
        assert_int_equal(k->k.v[0].n, 10 + i);
        assert_memory_equal(k->k.v[0].to, c[i + 1].mid, WZP_MID_LEN);
        rig_expect_none(&r, c[i + 1].conn);
    }
    rig_leave_all(c, 4);
    rig_free(&r);
}

WZP_TEST(a_second_box_for_one_receiver_is_refused)
{
    rig r;
    rig_client c[2];
    wzp_signal sig;
    wzp_e2ee_box boxes[3];
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    wzp_signal keys = {.kind = WZP_SIG_E2EE_KEYS};
    memcpy(keys.u.e2ee_keys.from, c[0].mid, WZP_MID_LEN);
    keys.u.e2ee_keys.k = (wzp_e2ee_box_list){boxes, 3};
    for (uint32_t i = 0; i < 3; i++) {
        boxes[i] = (wzp_e2ee_box){.n = i, .box = {BOX, sizeof BOX}};
        memcpy(boxes[i].to, c[1].mid, WZP_MID_LEN);
    }
    rig_signal(&r, c[0].conn, &keys);
    rig_expect(&r, c[1].conn, WZP_SIG_E2EE_KEYS, &sig);
    rig_expect_none(&r, c[1].conn);
    assert_int_equal(rig_stats(&r).signals_refused, 2);
    rig_leave_all(c, 2);
    rig_free(&r);
}

/* --- refused -------------------------------------------------------------- */

/* c[0], c[1], c[2] capable, c[3] legacy, all in one room; c[4] elsewhere. */
static const struct {
    const char *what;
    size_t sender, from, to;
} FORGED[] = {
    {"from is another", 0, 1, 2},    {"from is nobody", 0, 4, 2},
    {"to oneself", 0, 0, 0},         {"to another room", 0, 0, 4},
    {"by a legacy member", 3, 0, 2},
};

static size_t count_forged(void)
{
    return sizeof FORGED / sizeof FORGED[0];
}

static void run_forged(size_t row)
{
    rig r;
    rig_client c[5];
    rig_new_legacy(&r);
    rig_room(&r, c, 4, 1, "lobby");
    rig_client_init(&r, &c[4], 20);
    rig_join(&r, &c[4], "kitchen");
    const rig_client *from = &c[FORGED[row].from];
    const rig_client *to = &c[FORGED[row].to];
    wzp_conn_id sender = c[FORGED[row].sender].conn;
    wzp_signal pair = pair_of(from, to);
    wzp_signal ask = asking(from, to);
    wzp_e2ee_box box = {.box = {BOX, sizeof BOX}};
    wzp_signal keys = {.kind = WZP_SIG_E2EE_KEYS, .u.e2ee_keys.k = {&box, 1}};
    memcpy(keys.u.e2ee_keys.from, from->mid, WZP_MID_LEN);
    memcpy(box.to, to->mid, WZP_MID_LEN);

    rig_signal(&r, sender, &pair);
    rig_signal(&r, sender, &ask);
    rig_signal(&r, sender, &keys);

    for (size_t i = 0; i < 5; i++) {
        rig_expect_none(&r, c[i].conn);
    }
    assert_int_equal(rig_stats(&r).signals_refused, 3);
    assert_int_equal(rig_stats(&r).keys_routed, 0);
    rig_leave_all(c, 5);
    rig_free(&r);
}

WZP_ROWS(a_forged_key_message_goes_nowhere, count_forged, run_forged);

WZP_TEST(a_receiver_that_is_behind_is_not_flooded_by_others)
{
    rig r;
    rig_client c[2];
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    fake->conns[c[1].conn].queued = 1000000;
    wzp_signal pair = pair_of(&c[0], &c[1]);
    rig_signal(&r, c[0].conn, &pair);
    rig_expect_none(&r, c[1].conn);
    assert_int_equal(rig_stats(&r).signals_refused, 1);
    rig_leave_all(c, 2);
    rig_free(&r);
}

WZP_TEST(one_member_cannot_route_without_end)
{
    rig r;
    rig_client c[2];
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    wzp_signal ask = asking(&c[0], &c[1]);
    for (int i = 0; i < 1000; i++) {
        rig_signal(&r, c[0].conn, &ask);
    }
    /* each costs one token to read and one to route */
    assert_true(rig_stats(&r).keys_routed <= WZP__BUDGET_BURST(2) / 2);
    assert_true(rig_stats(&r).signals_refused > 0);
    rig_advance(&r, 10 * WZP_S);
    uint64_t before = rig_stats(&r).keys_routed;
    rig_signal(&r, c[0].conn, &ask);
    assert_int_equal(rig_stats(&r).keys_routed, before + 1);
    rig_leave_all(c, 2);
    rig_free(&r);
}

/* --- packages ------------------------------------------------------------- */

WZP_TEST(packages_are_handed_out_byte_for_byte)
{
    rig r;
    rig_client c[3];
    wzp_signal sig;
    rig_new(&r);
    rig_room(&r, c, 3, 0, "lobby");
    uint8_t nobody[WZP_MID_LEN] = {0};
    wzp_bytes mids[] = {{c[2].mid, WZP_MID_LEN},
                        {nobody, WZP_MID_LEN},
                        {c[1].mid, WZP_MID_LEN}};
    wzp_signal ask = {.kind = WZP_SIG_KEY_PACKAGE_REQUEST,
                      .u.key_package_request.mids = {mids, 3}};
    rig_signal(&r, c[0].conn, &ask);
    rig_expect(&r, c[0].conn, WZP_SIG_KEY_PACKAGES, &sig);
    const wzp_bytes_list *kps = &sig.u.key_packages.kps;
    assert_int_equal(kps->n, 2);
    assert_int_equal(kps->v[0].len, WZP_KP_LEN);
    assert_memory_equal(kps->v[0].ptr, c[2].kp, WZP_KP_LEN);
    assert_memory_equal(kps->v[1].ptr, c[1].kp, WZP_KP_LEN);
    rig_expect_none(&r, c[0].conn);
    rig_leave_all(c, 3);
    rig_free(&r);
}

WZP_TEST(many_packages_come_in_messages_of_bounded_size)
{
    enum { MANY = 80 };
    rig r;
    rig_client *c = calloc(MANY, sizeof *c);
    wzp_bytes mids[MANY];
    wzp_signal sig;
    size_t got = 0;
    assert_non_null(c);
    rig_new(&r);
    rig_room(&r, c, MANY, 0, "lobby");
    for (size_t i = 0; i < MANY; i++) {
        mids[i] = (wzp_bytes){c[i].mid, WZP_MID_LEN};
    }
    wzp_signal ask = {.kind = WZP_SIG_KEY_PACKAGE_REQUEST,
                      .u.key_package_request.mids = {mids, MANY}};
    rig_signal(&r, c[0].conn, &ask);
    while (rig_take(&r, c[0].conn, &sig)) {
        assert_int_equal(sig.kind, WZP_SIG_KEY_PACKAGES);
        assert_in_range(sig.u.key_packages.kps.n, 1, WZP__KPS_PER_MESSAGE);
        got += sig.u.key_packages.kps.n;
    }
    assert_int_equal(got, MANY);
    rig_leave_all(c, MANY);
    free(c);
    rig_free(&r);
}

/* 30 bytes ask for 1.8 KB: whoever only asks must not get many for one. */
WZP_TEST(every_package_handed_out_is_paid_for)
{
    rig r;
    rig_client c[2];
    wzp_bytes mids[WZP__KPS_PER_MESSAGE];
    wzp_signal sig;
    size_t got = 0;
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    for (size_t i = 0; i < WZP__KPS_PER_MESSAGE; i++) {
        mids[i] = (wzp_bytes){c[1].mid, WZP_MID_LEN};
    }
    const wzp_signal ask = {
        .kind = WZP_SIG_KEY_PACKAGE_REQUEST,
        .u.key_package_request.mids = {mids, WZP__KPS_PER_MESSAGE}};
    for (int i = 0; i < 200; i++) {
        rig_signal(&r, c[0].conn, &ask);
        while (rig_take(&r, c[0].conn, &sig)) {
            assert_int_equal(sig.kind, WZP_SIG_KEY_PACKAGES);
            got += sig.u.key_packages.kps.n;
        }
    }
    assert_in_range(got, WZP__KPS_PER_MESSAGE, WZP__BUDGET_BURST(2));
    rig_leave_all(c, 2);
    rig_free(&r);
}
