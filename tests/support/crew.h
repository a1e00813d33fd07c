/* SPDX-License-Identifier: MIT */
/* Many pieces of work, each in a process of its own and several at a time: what
 * one leaves behind, or how it dies, is nothing to the others.
 */
#ifndef WZP_TEST_CREW_H
#define WZP_TEST_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wzp_crew {
    const char *what; /* for the lines of progress */
    /* In a child, with what the parent has made so far. False, a signal and
     * ten minutes without an end are failures; only then is shown what the
     * child wrote to standard error. */
    bool (*work)(void *user, uint64_t number);
    void *user;
    uint64_t first;
    uint64_t n;
    unsigned jobs; /* at a time; 0: as many as there are processors */
} wzp_crew;

/* Works on first … first + n − 1. Tells standard error every now and then how
 * far it is, and in the end which numbers failed. Returns how many. */
size_t wzp_crew_run(const wzp_crew *crew);

#endif
