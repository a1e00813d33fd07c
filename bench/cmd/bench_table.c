/* SPDX-License-Identifier: MIT */
/* Prints build/bench/results.json as a table, and with --doc writes it into
 * docs/benchmarks.md. The last step of `make bench`; all work is done in
 * bench/support/results.c.
 */
#include "bench/support/results.h"

#include <getopt.h>
#include <stdio.h>

static int usage(FILE *out, int status)
{
    fputs("usage: bench_table [--results FILE] [--doc FILE --commit TEXT "
          "--date TEXT --machine TEXT]\n"
          "  --results FILE  rows to read (build/bench/results.json)\n"
          "  --doc FILE      Markdown file to write the table into\n"
          "  --commit TEXT   what was measured\n"
          "  --date TEXT     when\n"
          "  --machine TEXT  on what: processor, cores, system\n",
          out);
    return status;
}

int main(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"results", required_argument, NULL, 'r'},
        {"doc", required_argument, NULL, 'd'},
        {"commit", required_argument, NULL, 'c'},
        {"date", required_argument, NULL, 't'},
        {"machine", required_argument, NULL, 'm'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *results = "build/bench/results.json", *doc = NULL;
    wzp_results_facts facts = {
        .commit = "unknown", .date = "no date", .machine = "unknown"};
    char error[WZP_RESULTS_ERROR_LEN] = "";
    int option;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        switch (option) {
        case 'r': results = optarg; break;
        case 'd': doc = optarg; break;
        case 'c': facts.commit = optarg; break;
        case 't': facts.date = optarg; break;
        case 'm': facts.machine = optarg; break;
        case 'h': return usage(stdout, 0);
        default: return usage(stderr, 2);
        }
    }
    if (!wzp_results_table(results, stdout, error) ||
        (doc != NULL && !wzp_results_document(results, doc, &facts, error))) {
        fprintf(stderr, "bench_table: %s\n", error);
        return 1;
    }
    return 0;
}
