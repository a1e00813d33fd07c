/* SPDX-License-Identifier: MIT */
/* One minute of a restless room in `make test`; as many as WZP_SOAK says in
 * `make soak`. Two talk all the time, fourteen come and go at random on lossy
 * links. Looked at every virtual second: who has been in for four seconds has
 * heard somebody within the last two, nothing fails to authenticate, and the
 * relay lists exactly those who are in. And a large room in which three talk.
 */
#include "support/harness.h"
#include "support/world/rng.h"
#include "support/world/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TALKERS 2
#define MEMBERS 16
#define SETTLED 4 /* seconds in the room */

typedef struct crowd {
    wzp_world *w;
    wzp_test_rng rng;
    wzp_node relay;
    wzp_node node[MEMBERS];
    bool is_in[MEMBERS];
    unsigned seconds_in[MEMBERS];
    uint64_t heard[MEMBERS][3]; /* packets received, 0, 1 and 2 s ago */
} crowd;

static const int16_t *hum(void)
{
    static int16_t pcm[4800];
    for (size_t i = 0; i < 4800; i++) {
        pcm[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    return pcm;
}

static void enter(crowd *c, int i)
{
    wzp_world_join(c->w, c->node[i], "restless", c->relay);
    c->is_in[i] = true;
    c->seconds_in[i] = 0;
}

static void begin(crowd *c, uint64_t seed)
{
    *c = (crowd){.w = wzp_world_new(seed), .rng = {seed}};
    c->relay = wzp_world_relay(c->w, 9, NULL);
    for (int i = 0; i < MEMBERS; i++) {
        wzp_world_client_config cfg = {.is_steady = true,
                                       .identity = (uint8_t)(20 + i),
                                       .in = i < TALKERS ? hum() : NULL,
                                       .in_len = 4800};
        wzp_link_cfg link = {.loss = 0.05,
                             .delay_ns = (uint64_t)(5 + 5 * i) * WZP_MS,
                             .jitter_ns = 5 * WZP_MS};
        c->node[i] = wzp_world_client(c->w, &cfg);
        wzp_world_link(c->w, c->node[i], &link, &link);
        if (i < TALKERS) {
            enter(c, i);
        }
    }
}

static void somebody_moves(crowd *c)
{
    int i = TALKERS + (int)(wzp_test_rng_next(&c->rng) % (MEMBERS - TALKERS));
    if (c->is_in[i]) {
        wzp_world_leave(c->w, c->node[i]);
        c->is_in[i] = false;
    } else if (wzp_engine_state(wzp_world_engine(c->w, c->node[i])) ==
               WZP_CLIENT_IDLE) {
        enter(c, i);
    }
}

static void look(crowd *c, unsigned second)
{
    for (int i = 0; i < MEMBERS; i++) {
        wzp_client_stats s = wzp_world_stats(c->w, c->node[i]);
        assert_int_equal(s.group.bad_tag, 0);
        c->heard[i][2] = c->heard[i][1];
        c->heard[i][1] = c->heard[i][0];
        c->heard[i][0] = s.packets_received;
        if (!c->is_in[i] || ++c->seconds_in[i] < SETTLED) {
            continue;
        }
        if (c->heard[i][0] <= c->heard[i][2]) {
            fprintf(stderr, "second %u: member %d is deaf, %u s in\n", second,
                    i, c->seconds_in[i]);
        }
        assert_true(c->heard[i][0] > c->heard[i][2]);
    }
}

static void everybody_leaves(crowd *c)
{
    for (int i = 0; i < MEMBERS; i++) {
        wzp_world_leave(c->w, c->node[i]);
    }
    wzp_world_run(c->w, 5 * WZP_S);
    wzp_relay_stats s = {.size = sizeof s};
    wzp_relay_stats_get(wzp_world_relay_machine(c->w, c->relay), &s);
    assert_int_equal(s.members, 0);
    assert_int_equal(s.rooms, 0);
    assert_int_equal(s.conns, 0);
}

WZP_TEST(in_a_restless_room_nobody_stays_deaf)
{
    const char *soak = getenv("WZP_SOAK");
    unsigned long minutes = soak == NULL ? 1 : strtoul(soak, NULL, 10);
    crowd c;
    begin(&c, 21);
    for (unsigned second = 0; second < 60 * minutes; second++) {
        wzp_world_run(c.w, WZP_S / 2);
        somebody_moves(&c);
        wzp_world_run(c.w, WZP_S / 2);
        look(&c, second);
    }
    everybody_leaves(&c);
    wzp_world_check_empty(c.w);
    wzp_world_free(c.w);
}

/* --- a large room --- */

#define HALL_MOST    300
#define HALL_TALKERS 3

typedef struct hall {
    wzp_world *w;
    wzp_node relay, node[HALL_MOST];
    int index[HALL_MOST + 1]; /* of a node */
    int n;
    uint64_t heard[HALL_MOST][HALL_TALKERS]; /* packets opened */
} hall;

static void count_opened(void *user, wzp_tstamp now, const wzp_world_opened *o)
{
    hall *h = user;
    (void)now;
    if (o->is_media && o->from >= 0 && h->index[o->from] < HALL_TALKERS) {
        h->heard[h->index[o->by]][h->index[o->from]]++;
    }
}

static void fill_hall(hall *h, int n)
{
    *h = (hall){.w = wzp_world_new(31), .n = n};
    h->relay = wzp_world_relay(h->w, 9, NULL);
    wzp_world_silence(h->w, true);
    wzp_world_on_opened(h->w, count_opened, h);
    for (int i = 0; i < n; i++) {
        wzp_world_client_config cfg = {.is_steady = true,
                                       .identity = 20,
                                       .person = (uint32_t)i + 1,
                                       .in = i < HALL_TALKERS ? hum() : NULL,
                                       .in_len = 4800};
        wzp_link_cfg link = {.loss = 0.02,
                             .delay_ns = (uint64_t)(5 + i % 60) * WZP_MS};
        h->node[i] = wzp_world_client(h->w, &cfg);
        h->index[h->node[i]] = i;
        wzp_world_link(h->w, h->node[i], &link, &link);
        wzp_world_join(h->w, h->node[i], "hall", h->relay);
        wzp_world_run(h->w, 50 * WZP_MS);
    }
}

WZP_TEST(in_a_large_hall_everybody_hears_the_three_who_talk)
{
    static hall h;
    const bool is_soak = getenv("WZP_SOAK") != NULL;
    fill_hall(&h, is_soak ? HALL_MOST : 24);
    wzp_world_run(h.w, 10 * WZP_S);
    wzp_world_check_settled(h.w);
    for (int second = 0; second < (is_soak ? 30 : 5); second++) {
        memset(h.heard, 0, sizeof h.heard);
        wzp_world_run(h.w, WZP_S);
        for (int i = 0; i < h.n; i++) {
            for (int t = 0; t < HALL_TALKERS; t++) {
                assert_true(i == t || h.heard[i][t] > 30);
            }
        }
    }
    for (int i = 0; i < h.n; i++) {
        wzp_world_leave(h.w, h.node[i]);
    }
    wzp_world_run(h.w, 15 * WZP_S);
    wzp_world_check_empty(h.w);
    wzp_world_free(h.w);
}
