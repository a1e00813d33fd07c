/* SPDX-License-Identifier: MIT */
/* When to try more. What was had before comes back after a few good reports;
 * above that a higher rung is tried for 5 s after 30 s of calm. A try that
 * fails is followed by a wait. A rung that a call only began with was not had:
 * it counts when it was kept for 10 calm seconds. Source:
 * spec/client.md 3.3, 3.4.
 */
#ifndef WZP_PROTO_MEDIA_PROBE_H
#define WZP_PROTO_MEDIA_PROBE_H

#include <wzp/proto/base.h>

typedef struct wzp__probe {
    unsigned held;         /* highest rung that the path is known to hold */
    wzp_tstamp calm_since; /* on this rung, without trouble */
    unsigned failed;       /* the rung that failed last, */
    unsigned failures;     /* how often in a row, */
    wzp_tstamp not_before; /* and when it may be tried again */
    unsigned good;         /* reports in a row */
    bool is_on;            /* a try is under way: */
    bool is_above;         /* above what was ever held */
    unsigned from;         /* rung to fall back to */
    wzp_tstamp until;
    unsigned heard; /* reports during it */
} wzp__probe;

void wzp__probe_init(wzp__probe *p, wzp_tstamp now);

/* Another rung, for whatever reason, or trouble: calm begins anew, and a try
 * under way is over without a verdict. */
void wzp__probe_disturb(wzp__probe *p, wzp_tstamp now);

/* A report without trouble came, on this rung. is_low: below GOOD. True: try
 * the next one now. */
bool wzp__probe_good(wzp__probe *p, wzp_tstamp now, unsigned rung, bool is_low);

/* Try the rung above `from`; it was too much. */
void wzp__probe_begin(wzp__probe *p, wzp_tstamp now, unsigned from);
void wzp__probe_fail(wzp__probe *p, wzp_tstamp now);
/* The path no longer holds what it did: nothing is tried for a while. */
void wzp__probe_block(wzp__probe *p, wzp_tstamp now);

#endif
