/* SPDX-License-Identifier: MIT */
/* Control frames of an engine: what it takes of a friend's, what it says in its
 * own, and when.
 */
#include "client/small_call.h"

static sc *call(void)
{
    sc *c = sc_new();
    sc_add_friend(c);
    sc_join(c);
    sc_run(c, WZP_S);
    assert_true(sc_talk(c, 10) > 5);
    c->n_events = 0;
    return c;
}

static void friend_tells(sc *c, const uint8_t *plain, size_t len)
{
    const wzp_media_hdr hdr = {.codec = WZP_CODEC_COMFORT_NOISE,
                               .seq = (uint16_t)c->said};
    assert_true(sc_friend_sends(c, &hdr, WZP_FORM_CONTROL, plain, len));
    sc_run(c, 200 * WZP_MS);
}

static void friend_tells_items(sc *c, const wzp_control_item *items, size_t n)
{
    uint8_t plain[512];
    size_t len;
    ASSERT_OK(wzp_control_encode(items, n, plain, sizeof plain, &len));
    friend_tells(c, plain, len);
}

static uint16_t sid_of(wzp_bytes package)
{
    uint8_t kph[WZP_HASH_LEN];
    wzp_sha256(package.ptr, package.len, kph);
    return (uint16_t)(kph[0] << 8 | kph[1]);
}

static size_t told(const sc *c, wzp_control_type type, wzp_control_item *last)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_told; i++) {
        if (c->told[i].type == type) {
            *last = c->told[i];
            n++;
        }
    }
    return n;
}

/* --- in ------------------------------------------------------------------- */

WZP_TEST(engine_takes_reports_about_itself_only)
{
    sc *c = call();
    const uint16_t own = sid_of((wzp_bytes){c->w->kp, c->w->kp_len});
    const wzp_control_item items[2] = {
        {.type = WZP_CONTROL_REPORT,
         .u.report = {.sid = own, .expected = 50, .lost = 5}},
        {.type = WZP_CONTROL_REPORT,
         .u.report = {.sid = (uint16_t)(own + 1), .expected = 50}}};

    friend_tells_items(c, items, 2);

    assert_int_equal(sc_stats(c).reports_received, 1);
    assert_int_equal(sc_stats(c).peer_loss_permille, 100);
    sc_free(c);
}

WZP_TEST(engine_tells_its_host_what_a_member_says_of_itself_once)
{
    sc *c = call();
    const wzp_control_item items[2] = {
        {.type = WZP_CONTROL_MUTE, .u.is_on = true},
        {.type = WZP_CONTROL_HOLD, .u.is_on = true}};

    friend_tells_items(c, items, 1);
    assert_int_equal(sc_count(c, WZP_EVENT_PEER), 1);
    friend_tells_items(c, items, 1);
    assert_int_equal(sc_count(c, WZP_EVENT_PEER), 1);
    friend_tells_items(c, items, 2);
    assert_int_equal(sc_count(c, WZP_EVENT_PEER), 2);

    sc_free(c);
}

/* 1,000 frames of 60 changes each, in ten seconds; the last word counts. */
WZP_TEST(engine_tells_its_host_of_a_restless_member_five_times_a_second)
{
    sc *c = call();
    wzp_control_item items[60];
    for (size_t i = 0; i < 60; i++) {
        items[i] =
            (wzp_control_item){.type = WZP_CONTROL_MUTE, .u.is_on = i % 2 == 1};
    }
    uint8_t plain[512];
    size_t len;
    ASSERT_OK(wzp_control_encode(items, 60, plain, sizeof plain, &len));
    const wzp_media_hdr hdr = {.codec = WZP_CODEC_COMFORT_NOISE};
    for (size_t i = 0; i < 1000; i++) {
        assert_true(sc_friend_sends(c, &hdr, WZP_FORM_CONTROL, plain,
                                    len - i / 7 % 2 * 3));
        sc_run(c, 10 * WZP_MS);
    }
    assert_true(sc_count(c, WZP_EVENT_PEER) > 5);
    assert_true(sc_count(c, WZP_EVENT_PEER) <= 50);

    friend_tells_items(c, &items[1], 1);
    sc_run(c, WZP_S);
    const wzp_client_event *last = NULL;
    for (size_t i = 0; i < c->n_events; i++) {
        last = c->events[i].kind == WZP_EVENT_PEER ? &c->events[i] : last;
    }
    assert_true(last->u.peer.is_muted);
    sc_free(c);
}

static const struct {
    uint8_t plain[8];
    size_t len;
    bool is_malformed;
} frames[] = {
    {{1, 0}, 2, false},
    {{0}, 0, false},
    {{200, 2, 9, 9}, 4, false}, /* of a later version */
    {{3, 2, 0, 9}, 4, false},   /* longer */
    {{3, 0}, 2, true},
    {{3}, 1, true},
    {{2, 4, 0, 0, 0, 0}, 6, true},
    {{1, 0, 3, 1}, 4, true},
};

static size_t frames_count(void)
{
    return sizeof frames / sizeof frames[0];
}

static void frame_row(size_t row)
{
    sc *c = call();
    friend_tells(c, frames[row].plain, frames[row].len);
    assert_int_equal(sc_stats(c).control_malformed, frames[row].is_malformed);
    assert_int_equal(sc_count(c, WZP_EVENT_PEER), 0);
    assert_int_equal(sc_stats(c).reports_received, 0);
    assert_true(sc_talk(c, 10) == 10); /* and the call goes on */
    sc_free(c);
}
WZP_ROWS(engine_counts_control_frames_that_are_none, frames_count, frame_row);

/* --- out ------------------------------------------------------------------ */

WZP_TEST(engine_says_how_it_hears_once_a_second)
{
    sc *c = call();
    const uint64_t before = sc_stats(c).reports_sent;

    sc_talk(c, 250); /* 5 s */

    assert_in_range(sc_stats(c).reports_sent - before, 4, 6);
    wzp_control_item item;
    assert_int_equal(told(c, WZP_CONTROL_REPORT, &item), 1);
    assert_int_equal(item.u.report.sid,
                     sid_of(wzp_group_package_view(c->friend)));
    assert_in_range(item.u.report.expected, 45, 55);
    assert_int_equal(item.u.report.lost, 0);
    assert_int_equal(told(c, WZP_CONTROL_MUTE, &item), 1);
    assert_false(item.u.is_on);
    sc_free(c);
}

WZP_TEST(engine_says_nothing_of_who_says_nothing)
{
    sc *c = call();
    sc_run(c, 2 * WZP_S);
    const uint64_t before = sc_stats(c).reports_sent;

    sc_run(c, 20 * WZP_S);

    assert_int_equal(sc_stats(c).reports_sent, before);
    sc_free(c);
}

/* A keep-alive would do for one whose three frames were lost. */
WZP_TEST(engine_says_with_every_frame_that_it_is_muted)
{
    sc *c = call();
    wzp_engine_mute(c->e, c->w->now, true);
    sc_run(c, 2 * WZP_S);
    const uint64_t before = c->control;
    c->n_told = 0;

    sc_run(c, 6 * WZP_S);

    assert_in_range(c->control - before, 2, 6);
    wzp_control_item item;
    assert_int_equal(told(c, WZP_CONTROL_MUTE, &item), 1);
    assert_true(item.u.is_on);
    assert_int_equal(told(c, WZP_CONTROL_KEEPALIVE, &item), 1);
    sc_free(c);
}

WZP_TEST(engine_alone_on_hold_or_muted_sends_nothing_and_harms_nothing)
{
    sc *c = sc_new();
    wzp_engine_mute(c->e, c->w->now, true); /* in no room */
    wzp_engine_hold(c->e, c->w->now, true);
    wzp_engine_push_to_talk(c->e, c->w->now, true, true);
    sc_join(c);

    sc_run(c, 2 * WZP_S);

    assert_int_equal(sc_stats(c).control_sent, 0);
    assert_true(sc_stats(c).is_muted);
    assert_int_equal(wzp_engine_volume(c->e, c->w->now, 0, 100),
                     WZP_ERR_NOT_FOUND);
    sc_free(c);
}

/* --- talkers -------------------------------------------------------------- */

WZP_TEST(engine_tells_its_host_who_talks)
{
    sc *c = call();
    sc_talk(c, 50);
    wzp_client_event ev = {0};
    for (size_t i = 0; i < c->n_events; i++) {
        ev = c->events[i].kind == WZP_EVENT_TALKERS ? c->events[i] : ev;
    }
    assert_int_equal(ev.kind, WZP_EVENT_TALKERS);
    assert_int_equal(ev.u.talkers.n, 1);
    assert_in_range(ev.u.talkers.of[0].level_db, 5, 50);
    sc_free(c);
}
