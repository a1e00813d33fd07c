/* SPDX-License-Identifier: MIT */
/* The sweep as one page that needs nothing else: figures, curves, pictures,
 * sound.
 */
#ifndef WZP_VOICE_PAGE_H
#define WZP_VOICE_PAGE_H

#include "bench/support/results.h"
#include "bench/voice/run.h"

/* rows: of voice_figures_make. False: not written, said on stderr. */
bool voice_page_write(const char *path, const voice_run *runs, size_t n,
                      const wzp_result *rows, size_t n_rows,
                      const voice_material *m);

#endif
