/* SPDX-License-Identifier: MIT */
/* What the demo's call was like, from the files it left in one folder:
 *
 *   speech-X.wav    what X said (looped)       X is "a" or "b"
 *   heard-by-X.wav  what X heard
 *   X.jsonl         X's statistics, a line per second
 *   X.words         X's room check words
 *   clear.json, sealed.json  what the tap found in the two runs
 */
#ifndef WZP_TEST_REPORT_CALL_H
#define WZP_TEST_REPORT_CALL_H

#include <stdbool.h>
#include <stdint.h>

/* One client's statistics file: the first line on which it talked, the last
 * one of the call, and the last one of the file. */
typedef struct wzp_report_stats {
    /* Where the audio of most of the call counts from; ns, one clock for all.
     * skipped_ms, which the client left out when it got no processor, is in
     * it. */
    double capture_start, playout_start;
    double skipped_ms;
    double sent, received, lost, rebuilt, concealed;
    double wire_kbps; /* own sending, all headers down to IPv4 */
} wzp_report_stats;

/* False: not there, or it never talked. */
bool wzp_report_stats_read(const char *path, wzp_report_stats *out);

typedef struct wzp_report_way {
    double sent, received, lost, rebuilt, concealed;
    double stoi;     /* NAN: nothing recognisable was heard */
    double delay_ms; /* mouth to ear, median; NAN likewise */
    double delay_least_ms, delay_greatest_ms;
    double wire_kbps;
    double skipped_ms; /* by the sender's process */
} wzp_report_way;

typedef struct wzp_report_search {
    double frames, found, items;
} wzp_report_search;

typedef struct wzp_report {
    wzp_report_way a_to_b, b_to_a;
    char words_a[256], words_b[256];
    bool words_equal;
    wzp_report_search clear, sealed;
    bool ok;
    char why[512]; /* what is not as it should be; "" when ok */
} wzp_report;

/* Adds a clause to `why`; what does not fit is left out. */
__attribute__((format(printf, 2, 3))) void
wzp_report_complain(wzp_report *r, const char *fmt, ...);

/* Fills ok and why from everything else. */
void wzp_report_judge(wzp_report *r);

/* False: a file is missing or unreadable, `why` names it. */
bool wzp_report_make(const char *folder, wzp_report *out);

/* report.json in the folder. */
bool wzp_report_write(const char *folder, const wzp_report *r);

/* For people, to stdout. */
void wzp_report_print(const wzp_report *r);

#endif
