/* SPDX-License-Identifier: MIT */
/* --stats: one line of JSON per second, every field of wzp_client_stats. */
#ifndef WZP_APP_CLIENT_STATS_FILE_H
#define WZP_APP_CLIENT_STATS_FILE_H

#include <wzp/client/event.h>

#include <stdio.h>

/* One line, flushed; false when it could not be written. */
bool stats_file_write(FILE *f, const wzp_client_stats *s);

#endif
