/* SPDX-License-Identifier: MIT */
/* The jitter buffer on the twelve traces of tests/vectors/traces.json, against
 * the best fixed delay in hindsight, speexdsp's jitter buffer and the rule of
 * the reference (playout_delay). No sound: only when what is played.
 *
 * A packet of 20 ms is sent every 20 ms. Buffers are read by a clock of
 * 10 ms ticks, as the engine reads: a tick asks for what its 10 ms still need
 * and has what came until then. speexdsp, which knows frames only, is asked
 * every second tick. When the ticks are makes a difference of
 * up to 10 or 20 ms, so each run is done five times, the reader's clock 4 ms
 * later each time, and the mean is taken.
 *
 * added delay  playout time − (send time + least delay of the trace), the mean
 *              over the packets that were played
 * late         packets that came and were not there when they were asked for:
 *              never played, or waited for. A wait counts as many packets as
 *              were played from nothing (EMPTY, EXPAND; INSERTION of speexdsp),
 *              less those that were passed over after it, since a packet passed
 *              over that came is counted itself and one that never came is no
 *              fault of the buffer
 * best fixed   the least delay with which no more packets are late, known
 *              beforehand, without ticks
 *
 * Stretching is stood in for: a period of 4 … 12 ms, another each time, is cut
 * where that is not more than wished, or repeated, at most once in 25 ms, and
 * is counted as it is. A real voice also has sounds that cannot be stretched.
 *
 * speexdsp: every setting of MAX_LATE_RATE, LATE_COST and MARGIN below is run,
 * and for each trace the one with the least delay is taken among those that are
 * not later than ours by more than a tenth of a per cent; where there is none,
 * the one that is late least. Ours has one setting, its default.
 *
 * The reference: what its rule wants (at least 3 packets, its own default) is
 * followed at once with every packet, which no real buffer could.
 *
 * The figure is the ratio of the sums over the traces, since the best fixed
 * delay of a constant path is 0.
 */
#include "bench/support/results.h"
#include "media/playout_delay.h"
#include "support/trace.h"

#include <wzp/proto/jitter.h>

#include <math.h>
#include <speex/speex_jitter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PACKETS = WZP_TRACE_LEN,
    FRAME_MS = 20,
    FRAME_US = 20000,
    TICK_US = 10000,
    DRAIN_US = 3000000, /* read on after the last packet */
    PHASES = 5,         /* of the reader's clock */
    PHASE_US = FRAME_US / PHASES,
};

/* --- what a buffer did --- */

typedef struct score {
    double late;  /* packets */
    double delay; /* mean added delay, ms */
    unsigned came;
} score;

typedef struct judge {
    const wzp_trace *trace;
    int32_t least; /* delay of the trace, µs */
    bool is_played[PACKETS];
    int64_t last;       /* packet played last, −1 */
    int64_t waited_us;  /* from nothing since then */
    int64_t passed;     /* packets given up since then, something played */
    double late, delay; /* sums */
    unsigned played;
} judge;

static int64_t delay_us(const wzp_trace *t, size_t i)
{
    return (int64_t)t->delay[i] * (WZP_TRACE_UNIT_NS / 1000);
}

static judge judge_of(const wzp_trace *t)
{
    judge j = {.trace = t, .least = INT32_MAX, .last = -1};
    for (size_t i = 0; i < PACKETS; i++) {
        if (t->delay[i] != WZP_TRACE_LOST && delay_us(t, i) < j.least) {
            j.least = (int32_t)delay_us(t, i);
        }
    }
    return j;
}

static void judge_played(judge *j, int64_t i, int64_t at)
{
    const int64_t skipped = i - j->last - 1 - j->passed;
    const int64_t waited = j->waited_us - skipped * FRAME_US;
    if (j->last >= 0 && waited > 0) {
        j->late += (double)waited / FRAME_US;
    }
    j->is_played[i] = true;
    j->played++;
    j->delay += (double)(at - i * FRAME_US - j->least) / 1000;
    j->last = i;
    j->waited_us = 0;
    j->passed = 0;
}

static score judge_end(const judge *j)
{
    score s = {.late = j->late, .delay = j->delay / j->played};
    for (size_t i = 0; i < PACKETS; i++) {
        const bool came = j->trace->delay[i] != WZP_TRACE_LOST;
        s.came += came;
        s.late += came && !j->is_played[i];
    }
    return s;
}

/* --- packets in the order they come --- */

typedef struct arrival {
    int64_t at; /* µs */
    int i;
} arrival;

static int by_time(const void *a, const void *b)
{
    const arrival *x = a, *y = b;
    return x->at != y->at ? (x->at > y->at) - (x->at < y->at) : x->i - y->i;
}

static size_t arrivals_of(const wzp_trace *t, arrival out[PACKETS])
{
    size_t n = 0;
    for (int i = 0; i < PACKETS; i++) {
        if (t->delay[i] != WZP_TRACE_LOST) {
            out[n++] =
                (arrival){(int64_t)i * FRAME_US + delay_us(t, (size_t)i), i};
        }
    }
    qsort(out, n, sizeof *out, by_time);
    return n;
}

/* --- ours --- */

typedef struct stretcher {
    int64_t ready_at;
    unsigned turn;
} stretcher;

/* How much longer a frame at this moment became, µs. */
static int64_t stretch(stretcher *s, int64_t at, int wish_ms)
{
    if (wish_ms == 0 || at < s->ready_at) {
        return 0;
    }
    const int period = 4 + (int)(s->turn++ * 7 % 9);
    if (wish_ms < 0 && period > -wish_ms) {
        return 0;
    }
    s->ready_at = at + 25000;
    return (wish_ms < 0 ? -period : period) * 1000;
}

static int64_t play_next(judge *j, wzp_jitter *jb, stretcher *s, int64_t at)
{
    wzp_jitter_out out;
    wzp_jitter_next(jb, (wzp_tstamp)at * 1000, TICK_US / 1000, &out);
    switch (out.result) {
    case WZP_JITTER_FRAME:
        judge_played(j, (uint32_t)out.frame.timestamp / FRAME_MS, at);
        break;
    case WZP_JITTER_HOLE: j->passed++; break;
    case WZP_JITTER_EXPAND:
    case WZP_JITTER_EMPTY: j->waited_us += out.fill_ms * 1000; break;
    case WZP_JITTER_WAIT:
    case WZP_JITTER_SILENCE: break;
    }
    return at + out.fill_ms * 1000 + stretch(s, at, out.stretch_ms);
}

static void put(wzp_jitter *jb, const arrival *a)
{
    const wzp_jitter_in in = {.seq = (uint16_t)a->i,
                              .timestamp = (uint32_t)a->i * 20,
                              .frame_ms = 20};
    wzp_ignore(wzp_jitter_insert(jb, (wzp_tstamp)a->at * 1000, &in),
               "a packet that is not played is late");
}

/* What a buffer is run on. */
typedef struct input {
    const wzp_trace *trace;
    arrival in[PACKETS];
    size_t n;
} input;

static score run_ours(const input *x, const void *setting, int64_t phase)
{
    (void)setting;
    const wzp_mem mem = wzp_mem_default();
    judge j = judge_of(x->trace);
    stretcher s = {.ready_at = 0};
    wzp_jitter *jb;
    if (wzp_jitter_new(&jb, &mem, NULL) != WZP_OK) {
        abort();
    }
    int64_t at = phase;
    size_t next = 0;
    for (int64_t tick = phase; tick < (int64_t)PACKETS * FRAME_US + DRAIN_US;
         tick += TICK_US) {
        for (; next < x->n && x->in[next].at <= tick; next++) {
            put(jb, &x->in[next]);
        }
        wzp_jitter_set_tick(jb, (wzp_tstamp)tick * 1000);
        while (at < tick + TICK_US) {
            at = play_next(&j, jb, &s, at);
        }
    }
    wzp_jitter_free(jb);
    return judge_end(&j);
}

/* --- the best fixed delay --- */

static int downwards(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

static double best_fixed_ms(const wzp_trace *t, double late)
{
    int64_t delay[PACKETS];
    size_t n = 0;
    for (size_t i = 0; i < PACKETS; i++) {
        if (t->delay[i] != WZP_TRACE_LOST) {
            delay[n++] = delay_us(t, i);
        }
    }
    qsort(delay, n, sizeof *delay, downwards);
    const size_t allowed = (size_t)late < n ? (size_t)late : n - 1;
    return (double)(delay[allowed] - delay[n - 1]) / 1000;
}

/* --- speexdsp --- */

typedef struct speex_setting {
    int max_late_rate, late_cost, margin_ms;
} speex_setting;

static void speex_get(judge *j, JitterBuffer *jb, int64_t at)
{
    char data[4];
    JitterBufferPacket p = {.data = data, .len = sizeof data};
    spx_int32_t offset = 0;
    const int r = jitter_buffer_get(jb, &p, FRAME_US / 100, &offset);
    if (r == JITTER_BUFFER_OK) {
        judge_played(j, p.timestamp / (FRAME_US / 100),
                     at + (int64_t)offset * 100);
    } else if (r == JITTER_BUFFER_INSERTION) {
        j->waited_us += j->last >= 0 ? FRAME_US : 0;
    } else if (j->last >= 0) {
        j->passed++;
    }
    jitter_buffer_tick(jb);
}

static score run_speex(const input *x, const void *setting, int64_t phase)
{
    const speex_setting *set = setting;
    judge j = judge_of(x->trace);
    JitterBuffer *jb = jitter_buffer_init(FRAME_US / 100);
    spx_int32_t rate = set->max_late_rate, cost = set->late_cost * 10,
                margin = set->margin_ms * 10;
    jitter_buffer_ctl(jb, JITTER_BUFFER_SET_MAX_LATE_RATE, &rate);
    jitter_buffer_ctl(jb, JITTER_BUFFER_SET_LATE_COST, &cost);
    jitter_buffer_ctl(jb, JITTER_BUFFER_SET_MARGIN, &margin);
    size_t next = 0;
    for (int64_t tick = phase; tick < (int64_t)PACKETS * FRAME_US + DRAIN_US;
         tick += FRAME_US) {
        for (; next < x->n && x->in[next].at <= tick; next++) {
            char data[4] = {0};
            const JitterBufferPacket p = {
                .data = data,
                .len = sizeof data,
                .timestamp = (spx_uint32_t)x->in[next].i * (FRAME_US / 100),
                .span = FRAME_US / 100,
                .sequence = (spx_uint16_t)x->in[next].i};
            jitter_buffer_put(jb, &p);
        }
        if (next > 0) {
            speex_get(&j, jb, tick);
        }
    }
    jitter_buffer_destroy(jb);
    return judge_end(&j);
}

static const int RATES[] = {1, 4, 15};
static const int COSTS[] = {0, 2, 10, 50}; /* ms for 1 % */
static const int MARGINS[] = {0, 10, 20, 40};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* --- the reference's rule --- */

static score run_reference(const input *x)
{
    enum { MIN = 3, MAX = 250 };
    const judge j = judge_of(x->trace);
    score s = {.came = (unsigned)x->n};
    double sum = 0;
    wzp__playout_delay p;
    wzp__playout_delay_init(&p, MIN, MAX);
    for (size_t i = 0; i < x->n; i++) {
        const arrival *a = &x->in[i];
        const int64_t sent = (int64_t)a->i * FRAME_US;
        const bool is_late = a->at - sent - j.least > p.target * FRAME_US;
        s.late += is_late;
        sum += is_late ? 0 : p.target * FRAME_MS;
        wzp__playout_delay_add(&p, a->at / 1000, sent / 1000);
    }
    s.delay = sum / (s.came - s.late);
    return s;
}

/* --- over the phases --- */

typedef score run_fn(const input *x, const void *setting, int64_t phase);

static score mean_of(run_fn *run, const input *x, const void *setting)
{
    score sum = {.late = 0};
    for (int p = 0; p < PHASES; p++) {
        const score s = run(x, setting, (int64_t)p * PHASE_US);
        sum.late += s.late / PHASES;
        sum.delay += s.delay / PHASES;
        sum.came = s.came;
    }
    return sum;
}

/* The fairest setting for this trace, see above. */
static score best_speex(const input *x, double late, speex_setting *setting)
{
    score best = {.late = INFINITY};
    for (size_t k = 0; k < COUNT(RATES) * COUNT(COSTS) * COUNT(MARGINS); k++) {
        const speex_setting set = {RATES[k % COUNT(RATES)],
                                   COSTS[k / COUNT(RATES) % COUNT(COSTS)],
                                   MARGINS[k / COUNT(RATES) / COUNT(COSTS)]};
        const score s = mean_of(run_speex, x, &set);
        const double most = late + 0.001 * s.came;
        const bool fits = s.late <= most;
        const bool is_better = fits ? best.late > most || s.delay < best.delay
                                    : s.late < best.late;
        if (is_better) {
            best = s;
            *setting = set;
        }
    }
    return best;
}

/* --- all --- */

typedef struct sums {
    double ours, fixed, speex, reference, late, speex_late;
} sums;

static void run_trace(const char *name, sums *sum)
{
    static wzp_trace t;
    static input x;
    if (!wzp_trace_make(name, &t)) {
        abort();
    }
    x.trace = &t;
    x.n = arrivals_of(&t, x.in);
    const score ours = mean_of(run_ours, &x, NULL);
    const double fixed = best_fixed_ms(&t, ours.late);
    speex_setting set = {0, 0, 0};
    const score speex = best_speex(&x, ours.late, &set);
    printf("%-18s %6.1f %5.2f %% | %6.1f %5.2f | %6.1f %5.2f %% %5.2f "
           "(rate %d, cost %d, margin %d)\n",
           name, ours.delay, 100 * ours.late / ours.came, fixed,
           ours.delay / fixed, speex.delay, 100 * speex.late / speex.came,
           ours.delay / speex.delay, set.max_late_rate, set.late_cost,
           set.margin_ms);
    sum->ours += ours.delay;
    sum->fixed += fixed;
    sum->speex += speex.delay;
    const score reference = run_reference(&x);
    printf("%-18s (reference: %.1f ms, %.2f %%)\n", "", reference.delay,
           100 * reference.late / reference.came);
    sum->reference += reference.delay;
    sum->late += ours.late / ours.came;
    sum->speex_late += speex.late / speex.came;
}

int main(void)
{
    sums sum = {.ours = 0};
    const double n = (double)wzp_trace_count();
    printf("%-18s %6s %7s | %6s %5s | %6s %7s %5s\n", "added delay, ms", "ours",
           "late", "fixed", "ratio", "speex", "late", "ratio");
    for (size_t i = 0; i < wzp_trace_count(); i++) {
        run_trace(wzp_trace_name(i), &sum);
    }
    printf("%-18s %6.1f %5.2f %% | %6.1f %5.2f | %6.1f %5.2f %% %5.2f\n",
           "mean", sum.ours / n, 100 * sum.late / n, sum.fixed / n,
           sum.ours / sum.fixed, sum.speex / n, 100 * sum.speex_late / n,
           sum.ours / sum.speex);
    char how[200];
    snprintf(how, sizeof how,
             "12 traces of 60 s, 20 ms frames, 10 ms ticks; late %.2f %%, "
             "speexdsp %.2f %%; ratio of sums",
             100 * sum.late / n, 100 * sum.speex_late / n);
    const wzp_result rows[] = {
        {"jitter", "mean added delay against the best fixed delay in hindsight",
         sum.ours / n, "ms", sum.fixed / n, WZP_GOAL_AT_MOST, 1.2, 1, NAN, how},
        {"jitter", "mean added delay against speexdsp's jitter buffer",
         sum.ours / n, "ms", sum.speex / n, WZP_GOAL_AT_MOST, 0.7, 1, NAN, how},
        {"jitter", "delay that the reference's rule wants", sum.reference / n,
         "ms", NAN, WZP_GOAL_NONE, 0, 1, NAN,
         "the same traces; held at its greatest after every spike"},
    };
    char error[WZP_RESULTS_ERROR_LEN];
    if (!wzp_results_put("build/bench/results.json", rows, COUNT(rows),
                         error)) {
        fprintf(stderr, "jitter: %s\n", error);
        return 1;
    }
    return 0;
}
