/* SPDX-License-Identifier: MIT */
/* One line per event, written at once, see log_stderr.h.
 */
#include "log_stderr.h"

#include <stdio.h>
#include <time.h>

static void write_line(void *user, wzp_log_level level, const char *subsystem,
                       const char *event, const char *fields)
{
    struct timespec ts;
    struct tm tm;
    char date[32];
    (void)user;
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    (void)gmtime_r(&ts.tv_sec, &tm);
    (void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    fprintf(stderr, "%s.%03ldZ %s %s %s %s\n", date, ts.tv_nsec / 1000000,
            wzp_log_level_name(level), subsystem, event, fields);
}

wzp_log app_log_stderr(wzp_log_level level)
{
    return (wzp_log){.write = write_line, .level = level};
}
