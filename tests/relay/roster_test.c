/* SPDX-License-Identifier: MIT */
/* Who is told what about a room, and when. */
#include "room/roster.h"

#include "rig.h"

/* What a member has been told, as a list of member ids that it keeps. */
typedef struct view {
    uint32_t rev;
    size_t n;
    uint8_t mids[64][WZP_MID_LEN];
    size_t updates, deltas;
} view;

static void view_add(view *v, const wzp_participant *p)
{
    for (size_t i = 0; i < v->n; i++) {
        if (memcmp(v->mids[i], p->mid.ptr, WZP_MID_LEN) == 0) {
            return;
        }
    }
    memcpy(v->mids[v->n], p->mid.ptr, WZP_MID_LEN);
    v->n++;
}

static void view_drop(view *v, const uint8_t *mid)
{
    for (size_t i = 0; i < v->n; i++) {
        if (memcmp(v->mids[i], mid, WZP_MID_LEN) == 0) {
            v->n--;
            memcpy(v->mids[i], v->mids[v->n], WZP_MID_LEN);
            return;
        }
    }
}

/* Read everything there is, as a client does. */
static void view_read(view *v, rig *r, const rig_client *c)
{
    wzp_signal sig;
    while (rig_take(r, c->conn, &sig)) {
        if (sig.kind == WZP_SIG_ROOM_UPDATE) {
            const wzp_sig_room_update *u = &sig.u.room_update;
            v->updates++;
            v->n = 0;
            v->rev = u->rev.v;
            for (size_t i = 0; i < u->participants.n; i++) {
                if (u->participants.v[i].mid.ptr != NULL) {
                    view_add(v, &u->participants.v[i]);
                }
            }
        } else if (sig.kind == WZP_SIG_ROOM_DELTA) {
            const wzp_sig_room_delta *d = &sig.u.room_delta;
            v->deltas++;
            assert_int_equal(d->rev, v->rev + 1);
            v->rev = d->rev;
            for (size_t i = 0; i < d->left.n; i++) {
                view_drop(v, d->left.v[i].ptr);
            }
            for (size_t i = 0; i < d->joined.n; i++) {
                view_add(v, &d->joined.v[i]);
            }
        }
    }
}

WZP_TEST(a_joiner_gets_everybody_and_the_others_get_the_joiner)
{
    rig r;
    rig_client a, b;
    wzp_signal sig;
    rig_new(&r);
    rig_client_init(&r, &a, 1);
    rig_client_init(&r, &b, 2);
    rig_join(&r, &a, "lobby");
    rig_advance(&r, WZP_S);
    rig_forget(&a);

    rig_package(&r, &b, "lobby", RIG_UNIX + 60);
    rig_enter(&r, &b, "lobby");

    rig_expect(&r, b.conn, WZP_SIG_CALL_ANSWER, &sig);
    rig_expect(&r, b.conn, WZP_SIG_ROOM_UPDATE, &sig);
    const wzp_sig_room_update *u = &sig.u.room_update;
    assert_int_equal(u->count, 2);
    assert_true(u->rev.has);
    uint32_t rev = u->rev.v;
    assert_memory_equal(u->participants.v[0].mid.ptr, a.mid, WZP_MID_LEN);
    assert_memory_equal(u->participants.v[0].kph.ptr, a.kph, WZP_HASH_LEN);
    assert_true((u->participants.v[0].caps & WZP_CAP_E2E1) != 0);
    assert_memory_equal(u->participants.v[1].mid.ptr, b.mid, WZP_MID_LEN);
    assert_int_equal(u->participants.v[1].fingerprint.len, WZP_FP_TEXT_LEN);
    assert_null(u->participants.v[1].relay_label.ptr);
    rig_expect_none(&r, b.conn);

    rig_expect(&r, a.conn, WZP_SIG_ROOM_DELTA, &sig);
    assert_int_equal(sig.u.room_delta.rev, rev);
    assert_int_equal(sig.u.room_delta.joined.n, 1);
    assert_int_equal(sig.u.room_delta.left.n, 0);
    assert_memory_equal(sig.u.room_delta.joined.v[0].mid.ptr, b.mid,
                        WZP_MID_LEN);
    rig_expect_none(&r, a.conn);
    rig_client_free(&a);
    rig_client_free(&b);
    rig_free(&r);
}

WZP_TEST(a_leave_is_a_delta_with_the_member_id)
{
    rig r;
    rig_client c[3];
    wzp_signal sig;
    rig_new(&r);
    rig_room(&r, c, 3, 0, "lobby");
    rig_gone(&r, c[1].conn, WZP_ERR_PEER_CLOSED, 0);
    for (size_t i = 0; i < 3; i += 2) {
        rig_expect(&r, c[i].conn, WZP_SIG_ROOM_DELTA, &sig);
        assert_int_equal(sig.u.room_delta.joined.n, 0);
        assert_int_equal(sig.u.room_delta.left.n, 1);
        assert_memory_equal(sig.u.room_delta.left.v[0].ptr, c[1].mid,
                            WZP_MID_LEN);
    }
    rig_leave_all(c, 3);
    rig_free(&r);
}

WZP_TEST(changes_of_one_moment_share_a_delta)
{
    rig r;
    rig_client c[12];
    wzp_signal sig;
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    for (size_t i = 2; i < 12; i++) {
        rig_client_init(&r, &c[i], (uint8_t)(i + 1));
        rig_package(&r, &c[i], "lobby", RIG_UNIX + 60);
        rig_enter(&r, &c[i], "lobby");
    }
    rig_expect(&r, c[0].conn, WZP_SIG_ROOM_DELTA, &sig); /* at once */
    assert_int_equal(sig.u.room_delta.joined.n, 1);
    rig_expect_none(&r, c[0].conn);
    rig_advance(&r, WZP__ROSTER_DELTA_GAP);
    rig_expect(&r, c[0].conn, WZP_SIG_ROOM_DELTA, &sig);
    assert_int_equal(sig.u.room_delta.joined.n, 9);
    rig_expect_none(&r, c[0].conn);
    rig_leave_all(c, 12);
    rig_free(&r);
}

WZP_TEST(newcomers_of_one_moment_get_the_same_roster)
{
    rig r;
    rig_client c[12];
    wzp_signal sig;
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    for (size_t i = 2; i < 12; i++) {
        rig_client_init(&r, &c[i], (uint8_t)(i + 1));
        rig_package(&r, &c[i], "lobby", RIG_UNIX + 60);
        rig_enter(&r, &c[i], "lobby");
        rig_expect(&r, c[i].conn, WZP_SIG_CALL_ANSWER, &sig);
    }
    rig_expect(&r, c[2].conn, WZP_SIG_ROOM_UPDATE, &sig); /* at once */
    assert_int_equal(sig.u.room_update.count, 3);
    rig_expect_none(&r, c[3].conn);
    rig_advance(&r, WZP__ROSTER_DELTA_GAP);
    const fake_text *one = fake->conns[c[3].conn].first;
    for (size_t i = 4; i < 12; i++) {
        const fake_text *t = fake->conns[c[i].conn].first;
        assert_non_null(t);
        assert_int_equal(t->len, one->len);
        assert_memory_equal(t->text, one->text, one->len);
    }
    for (size_t i = 3; i < 12; i++) {
        rig_expect(&r, c[i].conn, WZP_SIG_ROOM_UPDATE, &sig);
        assert_int_equal(sig.u.room_update.count, 12);
        rig_expect_none(&r, c[i].conn); /* they were all in it */
    }
    rig_leave_all(c, 12);
    rig_free(&r);
}

WZP_TEST(a_visit_shorter_than_the_gap_is_told_to_nobody)
{
    rig r;
    rig_client c[2], d, e;
    wzp_signal sig;
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    rig_client_init(&r, &d, 8);
    rig_client_init(&r, &e, 9);
    rig_join(&r, &d, "lobby");
    rig_forget(&c[0]);
    /* e comes and goes, and no roster was sent meanwhile, not even its own */
    rig_package(&r, &e, "lobby", RIG_UNIX + 60);
    rig_enter(&r, &e, "lobby");
    rig_expect(&r, e.conn, WZP_SIG_CALL_ANSWER, &sig);
    rig_expect_none(&r, e.conn);
    rig_gone(&r, e.conn, WZP_ERR_IDLE, 0);
    rig_advance(&r, WZP_S);
    rig_expect_none(&r, c[0].conn);
    rig_client_free(&d);
    rig_client_free(&e);
    rig_leave_all(c, 2);
    rig_free(&r);
}

/* --- legacy members ------------------------------------------------------- */

WZP_TEST(a_legacy_member_gets_updates_without_extra_keys)
{
    rig r;
    rig_client c[3];
    rig_new_legacy(&r);
    rig_room(&r, c, 2, 1, "lobby");
    rig_client_init(&r, &c[2], 9);
    rig_join(&r, &c[2], "lobby");
    const fake_text *t = fake->conns[c[1].conn].first;
    assert_non_null(t);
    char text[4096];
    assert_true(t->len < sizeof text);
    memcpy(text, t->text, t->len);
    text[t->len] = '\0';
    assert_memory_equal(text, "{\"RoomUpdate\":{\"count\":3,", 25);
    assert_null(strstr(text, "\"mid\""));
    assert_null(strstr(text, "\"kph\""));
    assert_null(strstr(text, "\"caps\""));
    assert_null(strstr(text, "\"rev\""));
    rig_leave_all(c, 3);
    rig_free(&r);
}

WZP_TEST(legacy_members_are_told_four_times_a_second_at_most)
{
    rig r;
    rig_client c[2], d;
    wzp_signal sig;
    size_t n = 0;
    rig_new_legacy(&r);
    rig_room(&r, c, 2, 1, "lobby");
    rig_client_init(&r, &d, 9);
    for (int i = 0; i < 50; i++) { /* two changes each 20 ms, for a second */
        rig_package(&r, &d, "lobby", RIG_UNIX + 3600);
        rig_enter(&r, &d, "lobby");
        rig_advance(&r, 10 * WZP_MS);
        rig_gone(&r, d.conn, WZP_ERR_PEER_CLOSED, 0);
        rig_advance(&r, 10 * WZP_MS);
    }
    rig_advance(&r, WZP_S);
    while (rig_take(&r, c[1].conn, &sig)) {
        assert_int_equal(sig.kind, WZP_SIG_ROOM_UPDATE);
        n++;
    }
    assert_in_range(n, 3, 6);
    assert_int_equal(sig.u.room_update.count, 2); /* and the last is right */
    rig_client_free(&d);
    rig_leave_all(c, 2);
    rig_free(&r);
}

WZP_TEST(a_legacy_change_reaches_capable_members_as_an_update)
{
    rig r;
    rig_client c[3];
    wzp_signal sig;
    rig_new_legacy(&r);
    rig_room(&r, c, 2, 0, "lobby");
    rig_client_init(&r, &c[2], 9);
    c[2].is_legacy = true;
    rig_join(&r, &c[2], "lobby");
    rig_advance(&r, WZP_S);
    rig_expect(&r, c[0].conn, WZP_SIG_ROOM_UPDATE, &sig);
    assert_int_equal(sig.u.room_update.count, 3);
    assert_true(sig.u.room_update.rev.has);
    assert_non_null(sig.u.room_update.participants.v[0].mid.ptr);
    assert_null(sig.u.room_update.participants.v[2].mid.ptr);
    rig_expect_none(&r, c[0].conn);
    rig_gone(&r, c[2].conn, WZP_ERR_PEER_CLOSED, 0);
    rig_advance(&r, WZP_S);
    rig_expect(&r, c[0].conn, WZP_SIG_ROOM_UPDATE, &sig);
    assert_int_equal(sig.u.room_update.count, 2);
    rig_leave_all(c, 3);
    rig_free(&r);
}

WZP_TEST(nobody_is_named_to_the_others_before_its_own_roster)
{
    rig r;
    rig_client c[2], d, e, old;
    wzp_signal sig;
    rig_new_legacy(&r);
    rig_room(&r, c, 2, 0, "lobby");
    rig_client_init(&r, &d, 7);
    rig_client_init(&r, &e, 8);
    rig_client_init(&r, &old, 9);
    old.is_legacy = true;
    rig_join(&r, &d, "lobby"); /* the whole list is due 250 ms from now */
    rig_advance(&r, 240 * WZP_MS);
    rig_gone(&r, d.conn, WZP_ERR_PEER_CLOSED, 0);
    rig_forget(&c[0]);
    rig_package(&r, &e, "lobby", RIG_UNIX + 3600);
    rig_enter(&r, &e, "lobby"); /* waits: that leave went out at once */
    rig_enter(&r, &old, "lobby");
    rig_expect(&r, e.conn, WZP_SIG_CALL_ANSWER, &sig);
    rig_expect_none(&r, e.conn);
    rig_expect_none(&r, c[0].conn);
    rig_advance(&r, 10 * WZP_MS); /* as one list, which names all */
    rig_expect(&r, c[0].conn, WZP_SIG_ROOM_UPDATE, &sig);
    assert_int_equal(sig.u.room_update.count, 4);
    rig_expect(&r, e.conn, WZP_SIG_ROOM_UPDATE, &sig);
    assert_int_equal(sig.u.room_update.count, 4);
    rig_client_free(&d);
    rig_client_free(&e);
    rig_client_free(&old);
    rig_leave_all(c, 2);
    rig_free(&r);
}

/* --- random --------------------------------------------------------------- */

enum { CROWD = 14 };

static void run_crowd(size_t seed)
{
    rig r;
    rig_client c[CROWD];
    view v[CROWD];
    bool in[CROWD] = {false};
    rig_new_legacy(&r);
    r.rng_state.state = seed + 1;
    for (size_t i = 0; i < CROWD; i++) {
        rig_client_init(&r, &c[i], (uint8_t)(i + 1));
        c[i].is_legacy = i >= CROWD - 3;
    }
    for (int step = 0; step < 300; step++) {
        size_t i = wzp_rng_below(&r.rng, CROWD);
        if (in[i]) {
            rig_gone(&r, c[i].conn, WZP_ERR_PEER_CLOSED, 0);
        } else {
            rig_package(&r, &c[i], "lobby", RIG_UNIX + 60);
            rig_enter(&r, &c[i], "lobby");
            memset(&v[i], 0, sizeof v[i]);
        }
        in[i] = !in[i];
        rig_advance(&r, wzp_rng_below(&r.rng, 30) * WZP_MS);
        for (size_t k = 0; k < CROWD; k++) {
            if (in[k] && !c[k].is_legacy) {
                view_read(&v[k], &r, &c[k]);
            }
        }
    }
    rig_advance(&r, WZP_S);
    size_t capable = 0;
    for (size_t k = 0; k < CROWD; k++) {
        capable += in[k] && !c[k].is_legacy ? 1 : 0;
    }
    for (size_t k = 0; k < CROWD; k++) {
        if (in[k] && !c[k].is_legacy) {
            view_read(&v[k], &r, &c[k]);
            assert_int_equal(v[k].n, capable);
        }
    }
    rig_leave_all(c, CROWD);
    rig_free(&r);
}

static size_t count_seeds(void)
{
    return 10;
}

WZP_ROWS(every_view_converges_and_no_revision_is_skipped, count_seeds,
         run_crowd);

/* --- out of memory --- */

static wzp__member *bare_member(wzp__room *room, wzp_conn_id conn,
                                bool is_capable)
{
    wzp__member *m = wzp__member_new(room->mem);
    assert_non_null(m);
    m->conn = conn;
    m->is_capable = is_capable;
    m->mid[0] = (uint8_t)conn;
    assert_int_equal(wzp__room_insert(room, 10, m), WZP_OK);
    return m;
}

WZP_TEST(a_roster_there_is_no_memory_for_goes_out_a_gap_later)
{
    rig r;
    rig_new(&r);
    wzp_mem mem = wzp_mem_default();
    wzp_relay_stats stats = {0};
    wzp_log log = wzp_log_none();
    wzp_arena *tight = NULL; /* too small for any message */
    assert_int_equal(wzp_arena_new(&tight, &mem, 1), WZP_OK);
    wzp__egress eg = {.ep = fake, .arena = tight, .stats = &stats, .log = &log};
    char key[WZP_ROOM_HEX_LEN + 1];
    wzp__room_key("lobby", key);
    wzp__room *room = wzp__room_new(&mem, key, "lobby");
    wzp__member *sealed = bare_member(room, rig_accept(&r, "lobby"), true);
    wzp__member *legacy = bare_member(room, rig_accept(&r, "lobby"), false);
    sealed->has_roster = legacy->has_roster = true;
    wzp__roster_joined(room, bare_member(room, rig_accept(&r, "lobby"), true));

    wzp__roster_flush(room, &eg, r.now);
    assert_int_equal(stats.signals_out, 0);
    assert_int_equal(room->roster.rev, 0);
    const wzp_tstamp again = wzp__roster_deadline(room);
    assert_true(again > r.now && again < r.now + WZP_S);

    eg.arena = r.out;
    wzp__roster_flush(room, &eg, again + WZP_S / 4);
    wzp_signal sig;
    rig_expect(&r, sealed->conn, WZP_SIG_ROOM_DELTA, &sig);
    assert_int_equal(sig.u.room_delta.rev, 1);
    assert_int_equal(sig.u.room_delta.joined.n, 1);
    rig_expect(&r, legacy->conn, WZP_SIG_ROOM_UPDATE, &sig);
    assert_int_equal(wzp__roster_deadline(room), WZP_NEVER);
    wzp__room_free(room);
    wzp_arena_free(tight);
    rig_free(&r);
}

WZP_TEST(a_newcomer_whose_roster_there_is_no_memory_for_is_let_go)
{
    rig r;
    rig_new(&r);
    wzp_mem mem = wzp_mem_default();
    wzp_relay_stats stats = {0};
    wzp_log log = wzp_log_none();
    wzp_arena *tight = NULL;
    assert_int_equal(wzp_arena_new(&tight, &mem, 1), WZP_OK);
    wzp__egress eg = {.ep = fake, .arena = tight, .stats = &stats, .log = &log};
    char key[WZP_ROOM_HEX_LEN + 1];
    wzp__room_key("lobby", key);
    wzp__room *room = wzp__room_new(&mem, key, "lobby");
    wzp__member *m = bare_member(room, rig_accept(&r, "lobby"), true);
    wzp__roster_joined(room, m);
    wzp__roster_flush(room, &eg, r.now);
    assert_int_equal(fake->conns[m->conn].code, WZP_CLOSE_FULL);
    wzp__room_free(room);
    wzp_arena_free(tight);
    rig_free(&r);
}
