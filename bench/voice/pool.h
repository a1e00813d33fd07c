/* SPDX-License-Identifier: MIT */
/* Runs, each made once, by several processes: a world needs one for itself.
 */
#ifndef WZP_VOICE_POOL_H
#define WZP_VOICE_POOL_H

#include "bench/voice/run.h"

/* n runs in shared memory, zeroed; NULL: no memory. */
voice_run *voice_pool_new(size_t n);
void voice_pool_free(voice_run *runs, size_t n);

/* All of them, `jobs` at a time, each in a process of its own. False: one died;
 * `is_done` says which runs there are. */
bool voice_pool_work(voice_run *runs, size_t n, const voice_material *m,
                     unsigned jobs);

#endif
