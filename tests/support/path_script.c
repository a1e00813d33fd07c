/* SPDX-License-Identifier: MIT */
/* Networks that change, see path_script.h. */
#include "support/path_script.h"

#include <wzp/proto/signal.h>

#define ALL_CAPS                                                               \
    (WZP_CAP_FRAMES | WZP_CAP_BUNDLE1 | WZP_CAP_BUNDLE2 | WZP_CAP_PARITY1 |    \
     WZP_CAP_DRED_10)
#define STEP     (100 * WZP_MS)
#define SETTLE_S 15
#define QUEUE    (1 << 20) /* bytes: deep, nothing overflows */
#define IP_UDP   28

typedef struct phase {
    unsigned from_s;           /* 0: no more phases */
    uint32_t up_bps, down_bps; /* 0: broad */
    double loss, burst_ms;     /* of the down link */
    unsigned delay_ms, jitter_ms;
    bool is_cellular; /* the speaker is told so */
} phase;

typedef struct script {
    const char *name;
    unsigned length_s;
    unsigned less_s, more_s; /* when the path becomes less, more; 0: never */
    phase of[3];
} script;

/* The first phase begins at 1 s, as 0 ends the list. */
static const script SCRIPTS[] = {
    {"broad and clean", 120, 0, 0, {{1, 0, 0, 0, 0, 20, 0, false}}},
    {"speaker's link 100, 20, 60 kbit/s",
     120,
     20,
     50,
     {{1, 100000, 0, 0, 0, 20, 0, false},
      {20, 20000, 0, 0, 0, 20, 0, false},
      {50, 60000, 0, 0, 0, 20, 0, false}}},
    {"listener's link 100, 20, 60 kbit/s",
     120,
     20,
     50,
     {{1, 0, 100000, 0, 0, 20, 0, false},
      {20, 0, 20000, 0, 0, 20, 0, false},
      {50, 0, 60000, 0, 0, 20, 0, false}}},
    {"a dip of 15 s to 12 kbit/s",
     100,
     20,
     35,
     {{1, 100000, 0, 0, 0, 20, 0, false},
      {20, 12000, 0, 0, 0, 20, 0, false},
      {35, 100000, 0, 0, 0, 20, 0, false}}},
    {"40 kbit/s all the time", 120, 0, 0, {{1, 40000, 0, 0, 0, 20, 0, false}}},
    {"16 kbit/s all the time", 120, 0, 0, {{1, 0, 16000, 0, 0, 20, 0, false}}},
    {"5 % lost at random", 120, 0, 0, {{1, 0, 0, 0.05, 0, 20, 0, false}}},
    {"30 % lost at random from 20 to 60 s",
     120,
     0,
     0,
     {{1, 0, 0, 0, 0, 20, 0, false},
      {20, 0, 0, 0.3, 0, 20, 0, false},
      {60, 0, 0, 0, 0, 20, 0, false}}},
    {"satellite, 600 ms there and back",
     120,
     0,
     0,
     {{1, 0, 0, 0, 0, 150, 0, false}}},
    {"jitter of 60 ms, then cellular with bursts of 200 ms",
     120,
     0,
     0,
     {{1, 0, 0, 0, 0, 40, 30, false}, {20, 0, 0, 0.03, 200, 60, 30, true}}},
};

size_t wzp_path_script_count(void)
{
    return sizeof SCRIPTS / sizeof *SCRIPTS;
}

const char *wzp_path_script_name(size_t i)
{
    return SCRIPTS[i].name;
}

static void begin_phase(wzp_path_model *m, const phase *p, bool was_cellular)
{
    const wzp_link_cfg up = {.delay_ns = p->delay_ms * WZP_MS,
                             .jitter_ns = p->jitter_ms * WZP_MS,
                             .rate_bps = p->up_bps,
                             .queue_bytes = QUEUE};
    const wzp_link_cfg down = {.delay_ns = p->delay_ms * WZP_MS,
                               .jitter_ns = p->jitter_ms * WZP_MS,
                               .rate_bps = p->down_bps,
                               .queue_bytes = QUEUE,
                               .loss = p->loss,
                               .burst_ms = p->burst_ms};
    m->back_ns = p->delay_ms * WZP_MS;
    wzp_path_model_up(m, &up);
    wzp_path_model_down(m, &down);
    if (p->is_cellular != was_cellular) {
        wzp_quality_network(m->q, m->now,
                            p->is_cellular ? WZP_NETWORK_CELLULAR
                                           : WZP_NETWORK_WIFI);
    }
}

/* What is sent on the link, which knows nothing of IP and UDP. */
static bool is_fitting(const wzp_media_mode *mode, const phase *p)
{
    const uint32_t ip = IP_UDP * 8000 / wzp_media_mode_delay_ms(mode);
    const uint32_t bps = wzp_media_mode_wire_bps(mode) - ip;
    return (p->up_bps == 0 || bps <= p->up_bps) &&
           (p->down_bps == 0 || bps <= p->down_bps);
}

typedef struct watch {
    const script *s;
    const phase *p;
    wzp_tier before, tier; /* before it became less; last seen */
    wzp_path_figures out;
} watch;

static void look(watch *w, const wzp_path_model *m)
{
    const double t = (double)(m->now - m->begin) / (double)WZP_S;
    const wzp_quality_state s = wzp_path_model_state(m);
    wzp_path_figures *f = &w->out;
    if (t < SETTLE_S) {
        w->tier = f->least = s.tier;
    }
    f->changes += s.tier != w->tier;
    w->tier = s.tier;
    f->least = s.tier < f->least ? s.tier : f->least;
    const double less = t - w->s->less_s;
    if (w->s->less_s == 0 || less < 0) {
        w->before = s.tier;
        return;
    }
    if (f->down_s < 0 && less > 0.05 && is_fitting(&s.mode, w->p)) {
        f->down_s = less;
    }
    const double queue = (double)m->queue_ns / (double)WZP_MS;
    if (less >= 5 && less < 10 && queue > f->queue_5s_ms) {
        f->queue_5s_ms = queue;
    }
    const double more = t - w->s->more_s;
    if (more >= 0 && f->up_s < 0 && s.tier >= w->before) {
        f->up_s = more;
    }
}

wzp_path_figures wzp_path_script_run(size_t i, uint64_t seed)
{
    static wzp_path_model m;
    watch w = {.s = &SCRIPTS[i], .out = {.down_s = -1, .up_s = -1}};
    size_t n = 0;
    wzp_path_model_init(&m, NULL, ALL_CAPS, seed);
    for (unsigned step = 0; step < w.s->length_s * 10; step++) {
        if (n < 3 && w.s->of[n].from_s > 0 &&
            (n == 0 || step >= w.s->of[n].from_s * 10)) {
            begin_phase(&m, &w.s->of[n], n > 0 && w.s->of[n - 1].is_cellular);
            w.p = &w.s->of[n++];
        }
        wzp_path_model_run(&m, STEP);
        look(&w, &m);
    }
    w.out.changes_10s = w.out.changes * 10.0 / (w.s->length_s - SETTLE_S);
    w.out.silence_s = (double)m.silence_most / (double)WZP_S;
    w.out.last = w.tier;
    wzp_path_model_deinit(&m);
    return w.out;
}
