/* SPDX-License-Identifier: MIT */
/* Allocations and frees of the whole process, third parties included, while a
 * relay and five clients on loopback sockets hold a room with two speakers.
 */
#include "support/allocs.h"

#include "bench/support/results.h"
#include "support/uv_room.h"

#include <math.h>

enum { WARM_MS = 15000, COUNT_MS = 10000 };

int main(void)
{
    char error[WZP_RESULTS_ERROR_LEN];
    char conditions[200];
    uv_room r;
    if (!ALLOCS_WORK) {
        fprintf(stderr, "allocs: a sanitizer has the allocator\n");
        return 1;
    }
    uv_room_open(&r);
    uv_room_run(&r, WARM_MS);
    const uint64_t before = uv_room_forwarded(&r);
    allocs_begin(NULL);
    uv_room_run(&r, COUNT_MS);
    allocs_end();
    const uint64_t packets = uv_room_forwarded(&r) - before;
    const uint64_t calls = allocs.made[0] + allocs.freed[0];
    (void)snprintf(conditions, sizeof conditions,
                   "malloc, its kin and free, anybody's, in %d s of a room of "
                   "%d with %d speakers on loopback, relay and clients in one "
                   "process; %llu packets forwarded",
                   COUNT_MS / 1000, UV_ROOM_CLIENTS, UV_ROOM_TALKERS,
                   (unsigned long long)packets);
    const wzp_result row = {.id = "allocs",
                            .what = "allocations while packets flow",
                            .value = packets == 0 ? NAN : (double)calls,
                            .unit = "",
                            .baseline = NAN,
                            .goal_is = WZP_GOAL_AT_MOST,
                            .goal = 0,
                            .runs = 1,
                            .spread = NAN,
                            .conditions = conditions};
    uv_room_close(&r);
    printf("%-14s %-52s %12.0f\n", row.id, row.what, row.value);
    if (!wzp_results_put("build/bench/results.json", &row, 1, error)) {
        fprintf(stderr, "allocs: %s\n", error);
        return 1;
    }
    return 0;
}
