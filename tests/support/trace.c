/* SPDX-License-Identifier: MIT */
/* Formulas of traces.json, in its units: 0.1 ms. Every draw is made in the
 * order written there, packet after packet.
 */
#include "support/trace.h"

#include <string.h>

enum {
    INTERVAL = 200, /* between packets */
};

/* One generator and what a formula keeps from packet to packet. */
typedef struct maker {
    uint64_t s;
    int32_t walk;
    bool is_bad;
} maker;

static uint32_t draw(maker *m)
{
    m->s = m->s * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(m->s >> 33);
}

static int32_t u(maker *m, uint32_t n)
{
    return (int32_t)(draw(m) % n);
}

/* Towards minus infinity. */
static int32_t gauss(maker *m, int32_t sigma)
{
    int64_t sum = -393210;
    for (int i = 0; i < 12; i++) {
        sum += u(m, 65536);
    }
    const int64_t scaled = sum * sigma;
    return (int32_t)(scaled >= 0 ? scaled / 65536
                                 : -((-scaled + 65535) / 65536));
}

static int32_t constant(maker *m, int32_t i)
{
    (void)m;
    (void)i;
    return 200;
}

static int32_t uniform_5(maker *m, int32_t i)
{
    (void)i;
    return 200 + u(m, 51);
}

static int32_t uniform_20(maker *m, int32_t i)
{
    (void)i;
    return 200 + u(m, 201);
}

static int32_t uniform_60(maker *m, int32_t i)
{
    (void)i;
    return 200 + u(m, 601);
}

static int32_t wifi_spikes(maker *m, int32_t i)
{
    (void)i;
    const int32_t g = gauss(m, 30);
    int32_t raw = 150 + (g < 0 ? -g : g);
    if (u(m, 1000) < 10) {
        raw += 300 + u(m, 1201);
    }
    return raw;
}

static int32_t cellular_walk(maker *m, int32_t i)
{
    m->walk = i == 0 ? 400 : m->walk;
    m->walk += u(m, 121) - 60;
    m->walk = m->walk < 0 ? -m->walk : m->walk;
    m->walk = m->walk > 1500 ? 3000 - m->walk : m->walk;
    return 400 + m->walk + u(m, 51);
}

static int32_t bufferbloat_saw(maker *m, int32_t i)
{
    const int32_t p = i % 421;
    const int32_t queue = p <= 400 ? 10 * p : 4000 - 190 * (p - 400);
    return 300 + queue + u(m, 21);
}

static int32_t route_step(maker *m, int32_t i)
{
    return 400 + (i >= 1000 ? 800 : 0) + u(m, 51);
}

static int32_t gilbert_elliott_10(maker *m, int32_t i)
{
    (void)i;
    const int32_t t = u(m, 1000000);
    m->is_bad = m->is_bad ? t >= 200000 : t < 22222;
    const int32_t j = u(m, 21);
    return m->is_bad ? WZP_TRACE_LOST : 400 + j;
}

static int32_t random_loss_30(maker *m, int32_t i)
{
    (void)i;
    const bool is_lost = u(m, 100) < 30;
    const int32_t j = u(m, 21);
    return is_lost ? WZP_TRACE_LOST : 400 + j;
}

static int32_t satellite(maker *m, int32_t i)
{
    (void)i;
    return 6000 + u(m, 81);
}

static int32_t hand_over(maker *m, int32_t i)
{
    int32_t arrival = INTERVAL * i + 500 + u(m, 31);
    for (int32_t t = 150000; t <= 450000; t += 150000) {
        if (arrival >= t && arrival < t + 8000) {
            arrival = t + 8000;
        }
    }
    return arrival - INTERVAL * i;
}

static const struct {
    const char *name;
    uint64_t seed;
    int32_t (*raw)(maker *m, int32_t i);
    int32_t fifo; /* least time between two arrivals; 0: may overtake */
    bool is_fifo; /* none overtakes, by fifo or by itself */
} TRACES[] = {
    {"constant", 101, constant, 0, true},
    {"uniform-5", 102, uniform_5, 0, true},
    {"uniform-20", 103, uniform_20, 0, true},
    {"uniform-60", 104, uniform_60, 0, false},
    {"wifi-spikes", 105, wifi_spikes, 2, true},
    {"cellular-walk", 106, cellular_walk, 5, true},
    {"bufferbloat-saw", 107, bufferbloat_saw, 5, true},
    {"route-step", 108, route_step, 0, true},
    {"gilbert-elliott-10", 173, gilbert_elliott_10, 0, true},
    {"random-loss-30", 111, random_loss_30, 0, true},
    {"satellite", 121, satellite, 0, true},
    {"hand-over", 122, hand_over, 10, true},
};

size_t wzp_trace_count(void)
{
    return sizeof TRACES / sizeof *TRACES;
}

const char *wzp_trace_name(size_t i)
{
    return i < wzp_trace_count() ? TRACES[i].name : NULL;
}

static void fill(size_t t, wzp_trace *out)
{
    maker m = {.s = TRACES[t].seed};
    int32_t last = INT32_MIN / 2;
    for (int32_t i = 0; i < WZP_TRACE_LEN; i++) {
        int32_t delay = TRACES[t].raw(&m, i);
        if (TRACES[t].fifo > 0) {
            const int32_t soonest = last + TRACES[t].fifo;
            const int32_t arrival = INTERVAL * i + delay;
            last = arrival > soonest ? arrival : soonest;
            delay = last - INTERVAL * i;
        }
        out->delay[i] = delay;
    }
}

bool wzp_trace_make(const char *name, wzp_trace *out)
{
    for (size_t t = 0; t < wzp_trace_count(); t++) {
        if (strcmp(TRACES[t].name, name) == 0) {
            out->name = TRACES[t].name;
            out->is_fifo = TRACES[t].is_fifo;
            fill(t, out);
            return true;
        }
    }
    return false;
}

int32_t wzp_trace_at(const wzp_trace *trace, uint64_t elapsed_ns)
{
    return trace->delay[elapsed_ns / WZP_TRACE_STEP_NS % WZP_TRACE_LEN];
}

uint64_t wzp_trace_hash(const wzp_trace *trace)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < WZP_TRACE_LEN; i++) {
        const uint32_t v = (uint32_t)trace->delay[i];
        for (unsigned b = 0; b < 4; b++) {
            hash = (hash ^ (uint8_t)(v >> 8 * b)) * UINT64_C(0x100000001B3);
        }
    }
    return hash;
}
