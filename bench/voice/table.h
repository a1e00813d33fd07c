/* SPDX-License-Identifier: MIT */
/* The runs as text. */
#ifndef WZP_VOICE_TABLE_H
#define WZP_VOICE_TABLE_H

#include "bench/voice/run.h"

#include <stdio.h>

void voice_table_write(FILE *out, const voice_run *runs, size_t n);

#endif
