/* SPDX-License-Identifier: MIT */
/* What a good call is, see call.h. */
#include "call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STOI_LEAST     0.80
#define DELAY_LEAST_MS 20.0 /* less than a frame cannot be */
#define DELAY_MOST_MS  600.0

void wzp_report_complain(wzp_report *r, const char *fmt, ...)
{
    size_t len = strlen(r->why);
    size_t sep = len > 0 ? 2 : 0;
    if (len + sep + 1 >= sizeof r->why) {
        return;
    }
    memcpy(r->why + len, "; ", sep);
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(r->why + len + sep, sizeof r->why - len - sep, fmt, args);
    va_end(args);
}

static void judge_way(wzp_report *r, const char *name,
                      const wzp_report_way *way)
{
    if (!(way->sent > 0 && way->received > 0)) {
        wzp_report_complain(r, "%s: nothing was sent or received", name);
    }
    if (!(way->stoi >= STOI_LEAST)) {
        wzp_report_complain(r, "%s: STOI %.3f is below %.2f", name, way->stoi,
                            STOI_LEAST);
    }
    if (!(way->delay_ms >= DELAY_LEAST_MS && way->delay_ms <= DELAY_MOST_MS)) {
        wzp_report_complain(r, "%s: a delay of %.0f ms", name, way->delay_ms);
    }
}

void wzp_report_judge(wzp_report *r)
{
    judge_way(r, "A to B", &r->a_to_b);
    judge_way(r, "B to A", &r->b_to_a);
    if (!r->words_equal) {
        wzp_report_complain(r, "the check words are missing or differ");
    }
    if (!(r->clear.found > 0)) {
        wzp_report_complain(
            r, "the tap did not find clear frames: its search proves "
               "nothing");
    }
    if (!(r->sealed.frames > 0 && r->sealed.items > 0)) {
        wzp_report_complain(r,
                            "the tap had nothing to search in the sealed call");
    }
    if (r->sealed.found != 0) {
        wzp_report_complain(r, "the relay could hear %.0f frames",
                            r->sealed.found);
    }
    r->ok = r->why[0] == '\0';
}
