/* SPDX-License-Identifier: MIT */
/* Memory that runs out on demand: malloc, calloc and realloc of everything
 * linked into the program, third parties included but for speexdsp, are counted
 * while a machine works, and the n-th of them fails. Which code that is the
 * program says with enter and leave; the test's own allocations never fail.
 * Linked with WRAP_alloc (mk/tests.mk). One thread.
 */
#ifndef WZP_TEST_ALLOC_H
#define WZP_TEST_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* Nestable. */
void wzp_alloc_enter(void);
void wzp_alloc_leave(void);

/* Count from zero; number n (from 1) fails, 0: none does. */
void wzp_alloc_arm(size_t n);
/* Nothing fails any more. True when one did since arming. */
bool wzp_alloc_disarm(void);

/* Allocations between enter and leave since arming. */
size_t wzp_alloc_count(void);
/* Blocks the program holds now, its own included. */
size_t wzp_alloc_live(void);

#endif
