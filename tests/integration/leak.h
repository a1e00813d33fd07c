/* SPDX-License-Identifier: MIT */
/* What tests that look for secrets have in common: everything that a client of
 * the world says goes to the sinks of tests/support/secrets.
 */
#ifndef WZP_TEST_LEAK_H
#define WZP_TEST_LEAK_H

#include "apps/wzp-client/stats_file.c"
#include "support/harness.h"
#include "support/sanitized.h"
#include "support/secrets/secrets.h"
#include "support/world/world.h"

#include <stdio.h>

static inline void hear(void *user, wzp_log_level level, const char *subsystem,
                        const char *event, const char *fields)
{
    char line[700];
    (void)user;
    const int n = snprintf(line, sizeof line, "%s %s %s %s",
                           wzp_log_level_name(level), subsystem, event, fields);
    secrets_emit(SECRETS_LOG, line, (size_t)n);
}

static const wzp_log EVERYTHING = {.write = hear, .level = WZP_LOG_DEBUG};

static inline const int16_t *hum(void)
{
    static int16_t pcm[4800];
    for (size_t i = 0; i < 4800; i++) {
        pcm[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    return pcm;
}

static inline void emit_client_stats(wzp_world *w, wzp_node client)
{
    const wzp_client_stats c = wzp_world_stats(w, client);
    char text[4000];
    FILE *f = fmemopen(text, sizeof text, "w");
    assert_true(stats_file_write(f, &c));
    const long n = ftell(f);
    fclose(f);
    secrets_emit(SECRETS_STATS, text, (size_t)n);
    secrets_emit(SECRETS_STATS, &c, sizeof c);
}

#endif
