/* SPDX-License-Identifier: MIT */
/* One speaker at 200 packets/s to 50 listeners, through a relay in a process
 * of its own: deliveries per CPU-second of the relay, against bare paced
 * sendto of packets of the same size at the same rate in the same run.
 */
#include "bench/support/floor.h"
#include "fanout_load.h"

enum { LISTENERS = 50, RATE = 200, ROUNDS = 5 };

#define SECONDS 2.0

static void on_tick(uv_timer_t *timer)
{
    load_speak(timer->data);
}

/* Deliveries per CPU-second in one window; *lost counts what did not come. */
static double round_of(load *l, const load_relay *relay, uint64_t *lost)
{
    uv_timer_t tick;
    (void)uv_timer_init(&l->loop, &tick);
    tick.data = &l->c[0];
    (void)uv_timer_start(&tick, on_tick, 0, 1000 / RATE);
    load_run(l, 0.3); /* settle */
    const uint64_t spoken = l->c[0].ctr;
    const uint64_t before = l->received;
    const double cpu = load_relay_cpu(relay);
    load_run(l, SECONDS);
    const double used = load_relay_cpu(relay) - cpu;
    const uint64_t got = l->received - before;
    const uint64_t want = (l->c[0].ctr - spoken) * LISTENERS;
    *lost += want > got + LISTENERS ? want - got : 0;
    (void)uv_timer_stop(&tick);
    uv_close((uv_handle_t *)&tick, NULL);
    load_run(l, 0.1);
    return (double)got / used;
}

/* UDP payload of a delivery, as a listener sees it. */
static size_t packet_size(const load *l)
{
    wzp_conn_stats s = {.size = sizeof s};
    load_must(wzp_endpoint_conn_stats(l->c[1].ep, l->c[1].conn, &s), "stats");
    return (size_t)((s.rx_bytes + s.rx_packets / 2) / s.rx_packets);
}

int main(void)
{
    double deliveries[ROUNDS], floors[ROUNDS];
    uint64_t lost = 0;
    char conditions[300];
    load l;
    const load_relay relay = load_relay_start();
    load_open(&l, LISTENERS + 1, &relay);
    load_join_all(&l, LISTENERS + 1);
    load_run(&l, 1.0);
    (void)round_of(&l, &relay, &lost); /* warm */
    lost = 0;
    for (int i = 0; i < ROUNDS; i++) {
        const wzp_floor f = {.size = packet_size(&l),
                             .receivers = LISTENERS,
                             .rate = RATE,
                             .seconds = SECONDS};
        floors[i] = wzp_floor_run(&f);
        deliveries[i] = round_of(&l, &relay, &lost);
    }
    const wzp_runs got = wzp_runs_of(deliveries, ROUNDS);
    const wzp_runs floor = wzp_runs_of(floors, ROUNDS);
    (void)snprintf(conditions, sizeof conditions,
                   "1 to 50 on loopback at 200 packets/s, sealed 100 B, UDP "
                   "payload %zu B; floor: paced sendto of that size, spread "
                   "%.2f; %d rounds of 2 s, interleaved; %llu lost; load "
                   "average %.1f",
                   packet_size(&l), floor.spread, ROUNDS,
                   (unsigned long long)lost, load_average_1min());
    const wzp_result row = {
        .id = "fanout_first",
        .what = "deliveries per CPU-second of the relay, 1 to 50",
        .value = got.median,
        .unit = "1/s",
        .baseline = floor.median,
        .goal_is = WZP_GOAL_AT_LEAST,
        .goal = 0.45,
        .runs = ROUNDS,
        .spread = got.spread,
        .conditions = conditions};
    load_put(&row, 1);
    load_relay_stop(&relay);
    return 0;
}
