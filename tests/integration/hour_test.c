/* SPDX-License-Identifier: MIT */
/* An hour of talk without a pause: QUIC's new packet keys and the group's next
 * generation fall into the same seconds, and not one frame is missing. In make
 * test nobody says a word until the last two minutes, as that is cheap.
 */
#include "support/harness.h"
#include "support/liar/exchange.h"
#include "support/world/inside.h"

#include <stdlib.h>

enum { TALKERS_MAX = 3 };

typedef struct talk {
    wzp_world *w;
    wzp_liar *liar; /* NULL: the room is at a relay of ours */
    wzp_node relay, node[TALKERS_MAX];
    int n;
} talk;

static const int16_t *hum(void)
{
    static int16_t pcm[4800];
    for (size_t i = 0; i < 4800; i++) {
        pcm[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    return pcm;
}

static void add(talk *t)
{
    const wzp_world_client_config cfg = {
        .identity = (uint8_t)(1 + t->n), .in = hum(), .in_len = 4800};
    const wzp_link_cfg link = {.delay_ns = (uint64_t)(20 + 10 * t->n) * WZP_MS};
    t->node[t->n] = wzp_world_client(t->w, &cfg);
    wzp_world_link(t->w, t->node[t->n], &link, &link);
    t->n++;
}

static void room_of_three(talk *t)
{
    t->relay = wzp_world_relay(t->w, 9, NULL);
    for (int i = 0; i < 3; i++) {
        add(t);
        wzp_world_join(t->w, t->node[i], "hour", t->relay);
    }
}

static void direct_call(talk *t)
{
    wzp_call_to to;
    wzp_client_event ev;
    t->liar = wzp_liar_new(t->w, 9);
    t->relay = wzp_liar_node(t->liar);
    for (int i = 0; i < 2; i++) {
        add(t);
        wzp_world_register(t->w, t->node[i], t->relay);
        assert_true(wzp_world_await_line(t->w, t->node[i], WZP_LINE_REGISTERED,
                                         5 * WZP_S));
    }
    wzp_world_fingerprint(t->w, t->node[1], to.fingerprint);
    assert_int_equal(wzp_engine_call(wzp_world_engine(t->w, t->node[0]),
                                     wzp_world_now(t->w), &to),
                     WZP_OK);
    wzp_world_kick(t->w, t->node[0]);
    wzp_world_run(t->w, WZP_S / 2);
    assert_true(wzp_world_events(t->w, t->node[1], WZP_EVENT_CALL, &ev) > 0);
    assert_int_equal(wzp_engine_answer(wzp_world_engine(t->w, t->node[1]),
                                       wzp_world_now(t->w), ev.u.call.call_id,
                                       WZP_ACCEPT_GENERIC),
                     WZP_OK);
    wzp_world_kick(t->w, t->node[1]);
}

#define HOUR  (3600 * WZP_S)
#define QUIET (3540 * WZP_S)

static void mute(talk *t, bool muted)
{
    for (int i = 0; i < t->n; i++) {
        wzp_engine_mute(wzp_world_engine(t->w, t->node[i]), wzp_world_now(t->w),
                        muted);
        wzp_world_kick(t->w, t->node[i]);
    }
}

typedef struct figures {
    uint64_t sent, received, lost, dropped, unsent, played;
    uint32_t generation;
} figures;

static void take(const talk *t, figures *f)
{
    *f = (figures){.generation = UINT32_MAX};
    for (int i = 0; i < t->n; i++) {
        const wzp_client_stats s = wzp_world_stats(t->w, t->node[i]);
        f->sent += s.packets_sent;
        f->received += s.packets_received;
        f->lost += s.packets_lost + s.packets_late + s.concealed;
        f->dropped += s.dgram_dropped;
        f->unsent += s.packets_unsent;
        f->played += s.frames_played;
        if (s.group.generation < f->generation) {
            f->generation = s.group.generation;
        }
    }
}

static uint64_t key_updates(const talk *t)
{
    uint64_t sum = 0;
    for (int i = 0; i < t->n; i++) {
        wzp_inside in;
        wzp_inside_client(wzp_world_engine(t->w, t->node[i]), &in);
        sum += in.key_updates;
    }
    return sum;
}

/* Those that are on their way when the figures are taken: of each pair, what is
 * said within 60 ms. */
static void assert_all_heard(const talk *t, const figures *from)
{
    figures f;
    take(t, &f);
    const uint64_t ears = (uint64_t)t->n - 1;
    const uint64_t said = (f.sent - from->sent) * ears;
    const uint64_t way = 5 * (uint64_t)t->n * ears;
    assert_int_equal(f.lost - from->lost, 0);
    assert_int_equal(f.dropped - from->dropped, 0);
    assert_int_equal(f.unsent - from->unsent, 0);
    assert_in_range(f.received - from->received, said - way, said + way);
    assert_in_range(f.played - from->played, said - way, said + way);
}

static void close_talk(talk *t)
{
    wzp_world_free(t->w);
    wzp_liar_free(t->liar);
}

/* Until 65 s after the first hour. */
static void talk_for_an_hour(void (*begin)(talk *))
{
    talk t = {.w = wzp_world_new(36)};
    figures from, to;
    const wzp_tstamp born = wzp_world_now(t.w);
    wzp_world_no_codec(t.w);
    begin(&t);
    wzp_world_run(t.w, 5 * WZP_S); /* keys are of now */
    if (getenv("WZP_SOAK") == NULL) {
        mute(&t, true);
        wzp_world_run(t.w, QUIET);
        mute(&t, false);
    }
    wzp_world_run(t.w, 5 * WZP_S);
    take(&t, &from);
    const uint64_t updates = key_updates(&t);
    wzp_world_run(t.w, born + HOUR + 65 * WZP_S - wzp_world_now(t.w));
    take(&t, &to);
    assert_true(to.sent - from.sent >= 115 * 49 * (uint64_t)t.n);
    assert_int_equal(from.generation, 0); /* what is to happen did */
    assert_int_equal(to.generation, 1);
    assert_true(key_updates(&t) - updates >= (uint64_t)t.n);
    assert_all_heard(&t, &from);
    close_talk(&t);
}

WZP_TEST(in_a_call_of_an_hour_no_frame_is_missing)
{
    talk_for_an_hour(direct_call);
}

WZP_TEST(in_a_room_of_three_of_an_hour_no_frame_is_missing)
{
    talk_for_an_hour(room_of_three);
}
