/* SPDX-License-Identifier: MIT */
/* The figures of the voice path that the sweep measures: m2e, rebuilt, stoi,
 * stoi_bursts, stoi_baseline.
 */
#ifndef WZP_VOICE_FIGURES_H
#define WZP_VOICE_FIGURES_H

#include "bench/support/results.h"
#include "bench/voice/run.h"

#include <stdio.h>

enum { VOICE_FIGURES_MAX = 40 };

/* Returns how many rows were made. Their texts stay valid until the next call.
 * NAN, a miss, where the runs are missing or not to be trusted. */
size_t voice_figures_make(const voice_run *runs, size_t n,
                          wzp_result out[VOICE_FIGURES_MAX]);
void voice_figures_print(FILE *out, const wzp_result *rows, size_t n);

#endif
