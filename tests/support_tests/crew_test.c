/* SPDX-License-Identifier: MIT */
#include "support/crew.h"

#include "support/harness.h"

#include <signal.h>
#include <sys/mman.h>

enum { N = 20, FIRST = 100 };

/* Shared with the children: how often each number was worked on. */
static unsigned *shared(void)
{
    void *p = mmap(NULL, N * sizeof(unsigned), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    return p;
}

static bool count(void *user, uint64_t number)
{
    unsigned *times = user;
    times[number - FIRST]++;
    return true;
}

WZP_TEST(every_number_is_worked_on_once_whatever_the_size_of_the_crew)
{
    for (unsigned jobs = 0; jobs < 4; jobs++) {
        unsigned *times = shared();
        const wzp_crew crew = {.what = "count",
                               .work = count,
                               .user = times,
                               .first = FIRST,
                               .n = N,
                               .jobs = jobs};
        assert_int_equal(wzp_crew_run(&crew), 0);
        for (size_t i = 0; i < N; i++) {
            assert_int_equal(times[i], 1);
        }
        munmap(times, N * sizeof *times);
    }
}

/* Two of them badly: one says so, one dies. */
static bool stumble(void *user, uint64_t number)
{
    unsigned *seen = user;
    if (number == 3) {
        return false;
    }
    if (number == 5) {
        raise(SIGKILL);
    }
    return ++*seen == 1;
}

WZP_TEST(one_that_fails_or_dies_is_counted_and_the_others_go_on)
{
    unsigned seen = 0; /* not shared: each child has its own */
    const wzp_crew crew = {
        .what = "stumble", .work = stumble, .user = &seen, .n = 9, .jobs = 2};
    assert_int_equal(wzp_crew_run(&crew), 2);
    assert_int_equal(seen, 0);
}
