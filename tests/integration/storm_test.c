/* SPDX-License-Identifier: MIT */
/* The storm: a room in which people come, go and vanish while some talk, over
 * links that lose, repeat and reorder everything both ways, key messages
 * included. Nobody stays deaf: secure-media.md 10.5.
 *
 * Who counts. A talker is audible while it is powered on, in state JOINED, and
 * its microphone is open; a listener listens while it is powered on and in
 * state JOINED. For every ordered pair of them a clock starts at the moment
 * both became true, hence finding each other and agreeing on keys are part of
 * what it measures; every media packet of that talker that the listener opens
 * sets it to zero; it stops when either ends. What it shows before it is set
 * to zero or stopped is a gap. A gap above 2 s is deafness.
 *
 * JOINED is the client's own belief. After the relay has been restarted
 * clients believe in a connection that nobody knows any more, so only those
 * count whose state JOINED is younger than the relay.
 */
#include "support/harness.h"
#include "support/world/rng.h"
#include "support/world/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST    64
#define DEAF    (2 * WZP_S)
#define LOOK    (10 * WZP_MS) /* the clocks' resolution */
#define BINS    3000          /* of LOOK */
#define HUM_LEN 4800

typedef struct weather {
    uint64_t seed;
    int members;
    int talkers; /* the first ones, whenever they are in */
    double loss, key_loss;
    wzp_tstamp duration, move_every;
    unsigned vanish_pct; /* of those who go */
    bool restarts_relay; /* once, in the middle */
    bool has_deaf_one;   /* control: for 3 s no key reaches some member */
} weather;

typedef struct storm {
    const weather *cfg;
    wzp_world *w;
    wzp_test_rng rng;
    wzp_node relay, node[MOST];
    int index[MOST * 4]; /* of a node; −1: none */
    wzp_tstamp relay_born;
    wzp_tstamp off_since[MOST];   /* vanished then */
    wzp_tstamp clock[MOST][MOST]; /* [talker][listener]; 0: stopped */
    /* result */
    uint64_t bin[BINS + 1];
    uint64_t gaps, deaf, joins, leaves, vanished;
    wzp_tstamp max_gap;
} storm;

static const int16_t *hum(void)
{
    static int16_t pcm[HUM_LEN];
    for (size_t i = 0; i < HUM_LEN; i++) {
        pcm[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    return pcm;
}

/* --- the clocks --- */

static void end_gap(storm *s, int talker, int listener, wzp_tstamp now)
{
    const wzp_tstamp gap = now - s->clock[talker][listener];
    const size_t bin = (size_t)(gap / LOOK);
    s->bin[bin < BINS ? bin : BINS]++;
    s->gaps++;
    s->max_gap = gap > s->max_gap ? gap : s->max_gap;
    if (gap > DEAF) {
        s->deaf++;
        fprintf(stderr,
                "storm seed %llu: %d did not hear %d for %llu ms until %llu "
                "ms\n",
                (unsigned long long)s->cfg->seed, listener, talker,
                (unsigned long long)(gap / WZP_MS),
                (unsigned long long)(now / WZP_MS));
    }
}

static void on_opened(void *user, wzp_tstamp now, const wzp_world_opened *o)
{
    storm *s = user;
    if (!o->is_media || o->from < 0 || s->index[o->from] < 0 ||
        s->index[o->by] < 0) {
        return;
    }
    const int talker = s->index[o->from], listener = s->index[o->by];
    if (s->clock[talker][listener] != 0) {
        end_gap(s, talker, listener, now);
        s->clock[talker][listener] = now;
    }
}

static bool is_counted(storm *s, int i)
{
    wzp_client_event ev;
    if (!wzp_world_is_alive(s->w, s->node[i]) ||
        wzp_world_events(s->w, s->node[i], WZP_EVENT_STATE, &ev) == 0) {
        return false;
    }
    return ev.u.state.state == WZP_CLIENT_JOINED && ev.at >= s->relay_born &&
           wzp_engine_state(wzp_world_engine(s->w, s->node[i])) ==
               WZP_CLIENT_JOINED;
}

static void look(storm *s)
{
    bool counted[MOST];
    const wzp_tstamp now = wzp_world_now(s->w);
    for (int i = 0; i < s->cfg->members; i++) {
        counted[i] = is_counted(s, i);
    }
    for (int t = 0; t < s->cfg->talkers; t++) {
        for (int l = 0; l < s->cfg->members; l++) {
            wzp_tstamp *clock = &s->clock[t][l];
            if (t == l || (counted[t] && counted[l]) == (*clock != 0)) {
                continue;
            }
            if (*clock != 0) {
                end_gap(s, t, l, now);
            }
            *clock = counted[t] && counted[l] ? now : 0;
        }
    }
}

static void stop_clocks(storm *s)
{
    memset(s->clock, 0, sizeof s->clock);
}

static double percentile_ms(const storm *s, double share)
{
    uint64_t seen = 0;
    for (size_t b = 0; b <= BINS; b++) {
        seen += s->bin[b];
        if ((double)seen >= share * (double)s->gaps) {
            return (double)((b + 1) * (LOOK / WZP_MS));
        }
    }
    return 0;
}

static void print(const storm *s, const char *name)
{
    fprintf(stderr,
            "%s, seed %llu: %d members, %llu joins, %llu leaves, %llu "
            "vanished; %llu gaps, p99 %.0f ms, p99.99 %.0f ms, max %.0f ms, "
            "%llu above 2 s\n",
            name, (unsigned long long)s->cfg->seed, s->cfg->members,
            (unsigned long long)s->joins, (unsigned long long)s->leaves,
            (unsigned long long)s->vanished, (unsigned long long)s->gaps,
            percentile_ms(s, 0.99), percentile_ms(s, 0.9999),
            (double)s->max_gap / (double)WZP_MS, (unsigned long long)s->deaf);
    wzp_relay_stats r = {.size = sizeof r};
    wzp_relay_stats_get(wzp_world_relay_machine(s->w, s->relay), &r);
    fprintf(stderr,
            "  relay: %llu keys routed, %llu signals refused, %llu media "
            "copies, %llu dropped\n",
            (unsigned long long)r.keys_routed,
            (unsigned long long)r.signals_refused,
            (unsigned long long)r.media_out,
            (unsigned long long)r.media_dropped_queue);
}

/* --- the weather --- */

static uint64_t below(storm *s, uint64_t n)
{
    return wzp_test_rng_next(&s->rng) % n;
}

static void join(storm *s, int i)
{
    wzp_world_join(s->w, s->node[i], "storm", s->relay);
    s->joins++;
}

static void begin(storm *s, const weather *cfg)
{
    *s = (storm){.cfg = cfg,
                 .w = wzp_world_new(cfg->seed),
                 .rng = {cfg->seed * 7919 + 1}};
    memset(s->index, -1, sizeof s->index);
    s->relay = wzp_world_relay(s->w, 9, NULL);
    for (int i = 0; i < cfg->members; i++) {
        wzp_world_client_config client = {
            .identity = 20,
            .person = (uint32_t)i + 1,
            .in = i < cfg->talkers ? hum() : NULL,
            .in_len = HUM_LEN,
        };
        const wzp_link_cfg link = {
            .loss = cfg->loss,
            .delay_ns = (10 + below(s, 50)) * WZP_MS,
            .jitter_ns = 5 * WZP_MS,
            .reorder = 0.02,
            .dup = 0.02,
        };
        s->node[i] = wzp_world_client(s->w, &client);
        s->index[s->node[i]] = i;
        wzp_world_link(s->w, s->node[i], &link, &link);
    }
    wzp_world_on_opened(s->w, on_opened, s);
    wzp_world_silence(s->w, true);
    wzp_world_key_loss(s->w, cfg->key_loss, cfg->key_loss);
    for (int i = 0; i < cfg->members; i += 2) {
        join(s, i);
    }
}

static void go(storm *s, int i)
{
    if (below(s, 100) < s->cfg->vanish_pct) {
        wzp_world_kill(s->w, s->node[i]);
        s->off_since[i] = wzp_world_now(s->w);
        s->vanished++;
    } else {
        wzp_world_leave(s->w, s->node[i]);
        s->leaves++;
    }
}

static void somebody_moves(storm *s)
{
    const int i = (int)below(s, (uint64_t)s->cfg->members);
    if (!wzp_world_is_alive(s->w, s->node[i])) {
        wzp_world_restart_client(s->w, s->node[i]);
        join(s, i);
        return;
    }
    switch (wzp_engine_state(wzp_world_engine(s->w, s->node[i]))) {
    case WZP_CLIENT_IDLE: join(s, i); break;
    case WZP_CLIENT_JOINED: go(s, i); break;
    default: break; /* on its way */
    }
}

static void in_the_middle(storm *s)
{
    if (s->cfg->restarts_relay) {
        wzp_world_kill(s->w, s->relay);
        s->relay_born = WZP_NEVER;
        look(s);
        wzp_world_run(s->w, 3 * WZP_S);
        wzp_world_restart_relay(s->w, s->relay);
        s->relay_born = wzp_world_now(s->w);
    }
}

/* A listener that comes while no key message gets through to it. */
static void deafen(storm *s)
{
    const int i = s->cfg->members - 1;
    if (wzp_world_is_alive(s->w, s->node[i])) {
        wzp_world_kill(s->w, s->node[i]);
    }
    wzp_world_restart_client(s->w, s->node[i]);
    wzp_world_no_keys(s->w, s->node[i], wzp_world_now(s->w) + 3500 * WZP_MS);
    join(s, i);
}

static void blow(storm *s)
{
    const wzp_tstamp half = wzp_world_now(s->w) + s->cfg->duration / 2;
    const wzp_tstamp end = half + s->cfg->duration / 2;
    wzp_tstamp move_at = wzp_world_now(s->w);
    bool is_second_half = false;
    while (wzp_world_now(s->w) < end) {
        wzp_world_run(s->w, LOOK);
        look(s);
        if (wzp_world_now(s->w) >= move_at) {
            somebody_moves(s);
            move_at += s->cfg->move_every / 2 + below(s, s->cfg->move_every);
            look(s);
        }
        if (wzp_world_now(s->w) >= half && !is_second_half) {
            is_second_half = true;
            in_the_middle(s);
            if (s->cfg->has_deaf_one) {
                deafen(s);
                move_at += 5 * WZP_S;
            }
        }
    }
}

static void calm(storm *s)
{
    stop_clocks(s);
    wzp_world_on_opened(s->w, NULL, NULL);
    for (int i = 0; i < s->cfg->members; i++) {
        if (wzp_world_is_alive(s->w, s->node[i])) {
            wzp_world_leave(s->w, s->node[i]);
        }
    }
    wzp_world_run(s->w, 40 * WZP_S); /* the relay's idle time-out and more */
    wzp_world_check_empty(s->w);
    wzp_world_free(s->w);
}

static void run(storm *s, const char *name, const weather *cfg)
{
    begin(s, cfg);
    blow(s);
    print(s, name);
    calm(s);
}

WZP_TEST(the_storm_notices_a_member_whose_keys_do_not_arrive)
{
    static storm s;
    const weather cfg = {
        .seed = 2,
        .members = 6,
        .talkers = 2,
        .loss = 0.10,
        .duration = 20 * WZP_S,
        .move_every = 60 * WZP_S,
        .has_deaf_one = true,
    };
    run(&s, "control", &cfg);
    assert_true(s.deaf > 0);
}

/* Each for as many minutes as WZP_SOAK says. */
static const weather SOAKS[] = {
    {.seed = 11, .vanish_pct = 10},
    {.seed = 12, .vanish_pct = 10},
    {.seed = 13, .vanish_pct = 10, .key_loss = 0.10},
    {.seed = 14, .vanish_pct = 10, .restarts_relay = true},
};

/* Without it, samples: of a minute, with lost key messages, with a restart. */
static const weather SAMPLES[] = {
    {.seed = 1, .vanish_pct = 10, .key_loss = 0.10},
    {.seed = 3, .vanish_pct = 30, .restarts_relay = true},
};

static size_t row_count(void)
{
    return getenv("WZP_SOAK") != NULL ? sizeof SOAKS / sizeof *SOAKS
                                      : sizeof SAMPLES / sizeof *SAMPLES;
}

static void row_run(size_t row)
{
    static storm s;
    const char *minutes = getenv("WZP_SOAK");
    weather cfg = minutes != NULL ? SOAKS[row] : SAMPLES[row];
    cfg.loss = 0.10;
    cfg.members = minutes != NULL ? 50 : 12;
    cfg.talkers = minutes != NULL ? 5 : 3;
    cfg.duration =
        minutes != NULL ? strtoul(minutes, NULL, 10) * 60 * WZP_S : 60 * WZP_S;
    cfg.move_every = minutes != NULL ? 500 * WZP_MS : WZP_S;
    run(&s, "storm", &cfg);
    assert_true(s.gaps > 8000);
    assert_true(s.joins > 20);
    assert_int_equal(s.deaf, 0);
}

WZP_ROWS(in_a_storm_nobody_is_deaf_for_more_than_two_seconds, row_count,
         row_run);
