/* SPDX-License-Identifier: MIT */
/* The shells allocate nothing for a packet either: a relay and clients on
 * loopback sockets, every allocator of the process counted. Real time, so a
 * queue may once grow to what a busy machine makes of it; what a packet cost
 * would be seen a thousand times.
 */
#include "support/allocs.h"
#include "support/harness.h"
#include "support/uv_room.h"

/* Every 5 s members tell the relay how much was lost, where something was: a
 * signal, which may allocate. Counted between two of those. */
enum { WARM_MS = 6500, COUNT_MS = 3000 };

WZP_TEST(a_room_on_sockets_allocates_nothing_for_its_packets)
{
    if (!ALLOCS_WORK) {
        WZP_SKIP("a sanitizer has the allocator");
        return;
    }
    uv_room r;
    allocs.is_quiet = true;
    allocs_begin(NULL);
    uv_room_open(&r);
    uv_room_run(&r, WARM_MS);
    assert_true(allocs.made[0] > 1000); /* the control: a join is seen */
    allocs.is_quiet = false;
    allocs_begin(NULL);
    const uint64_t before = uv_room_forwarded(&r);
    uv_room_run(&r, COUNT_MS);
    allocs_end();
    const uint64_t packets = uv_room_forwarded(&r) - before;
    const uint64_t calls = allocs.made[0] + allocs.freed[0];
    uv_room_close(&r);
    assert_true(packets > 200);
    assert_true(calls * 20 < packets);
}
