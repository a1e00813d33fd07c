/* SPDX-License-Identifier: MIT */
/* What scripts/demo needs beside the programs of the call.
 *
 *   report speech OUT.wav IN.wav…  one 48 kHz file of several recordings
 *   report call FOLDER             measure the call that left its files there
 */
#include "call.h"
#include "speech.h"

#include <stdio.h>
#include <string.h>

static int make_speech(int argc, char **argv)
{
    const char *bad = NULL;
    if (!wzp_speech_join(argv[2], argv + 3, argc - 3, &bad)) {
        fprintf(stderr, "report: cannot read or write %s\n", bad);
        return 1;
    }
    return 0;
}

static int make_report(const char *folder)
{
    wzp_report r;
    if (!wzp_report_make(folder, &r)) {
        fprintf(stderr, "report: %s\n", r.why);
    }
    if (!wzp_report_write(folder, &r)) {
        fprintf(stderr, "report: cannot write %s/report.json\n", folder);
        return 1;
    }
    wzp_report_print(&r);
    return r.ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc >= 4 && strcmp(argv[1], "speech") == 0) {
        return make_speech(argc, argv);
    }
    if (argc == 3 && strcmp(argv[1], "call") == 0) {
        return make_report(argv[2]);
    }
    fprintf(stderr, "usage: report speech OUT.wav IN.wav…\n"
                    "       report call FOLDER\n");
    return 2;
}
