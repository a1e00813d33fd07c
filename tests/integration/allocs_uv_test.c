/* SPDX-License-Identifier: MIT */
/* The shells allocate nothing for a packet either: a relay and clients on
 * loopback sockets, every allocator of the process counted. Real time: in some
 * seconds a queue grows, or members tell the relay what was lost, with a signal
 * that may allocate. What a packet cost would be seen in all of them.
 */
#include "support/allocs.h"
#include "support/harness.h"
#include "support/uv_room.h"

enum { WINDOW_MS = 1000, WINDOWS = 60, PACKETS = 200 };

WZP_TEST(a_room_on_sockets_allocates_nothing_for_its_packets)
{
    if (!ALLOCS_WORK) {
        WZP_SKIP("a sanitizer has the allocator");
        return;
    }
    uv_room r;
    uint64_t most = 0; /* allocations in a window */
    bool is_free = false;
    allocs.is_quiet = true;
    allocs_begin(NULL);
    uv_room_open(&r);
    for (int i = 0; i < WINDOWS && !is_free; i++) {
        const uint64_t before = uv_room_forwarded(&r);
        uv_room_run(&r, WINDOW_MS);
        const uint64_t packets = uv_room_forwarded(&r) - before;
        const uint64_t calls = allocs.made[0] + allocs.freed[0];
        print_message("%llu packets, %llu allocations\n",
                      (unsigned long long)packets, (unsigned long long)calls);
        most = calls > most ? calls : most;
        is_free = packets > PACKETS && calls * 20 < packets;
        allocs_begin(NULL);
    }
    allocs_end();
    uv_room_close(&r);
    assert_true(most > 1000); /* the control: a join is seen */
    assert_true(is_free);
}
