/* SPDX-License-Identifier: MIT */
/* Measured figures, kept in build/bench/results.json for programs to read.
 *
 * The file is one JSON array of rows
 *   {"id","what","value","unit","baseline","ratio","goal","goal_is","ok",
 *    "runs","spread","conditions"}
 * where baseline, ratio, goal, goal_is, ok and spread are null when they do
 * not apply. Each bench writes its own rows; those of the others stay.
 * docs/benchmarks.md is made from it (bench/cmd/bench_table.c).
 */
#ifndef WZP_BENCH_RESULTS_H
#define WZP_BENCH_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { WZP_RESULTS_ERROR_LEN = 256 };

/* ---- runs -------------------------------------------------------------- */

typedef struct wzp_runs {
    double median, least, greatest;
    double spread; /* (greatest - least) / median; 0 where the median is 0 */
    size_t n;
} wzp_runs;

/* Of v[0..n); n at least 1 (figures that are published: at least 5). */
wzp_runs wzp_runs_of(const double *v, size_t n);

/* ---- rows -------------------------------------------------------------- */

typedef enum wzp_goal {
    WZP_GOAL_NONE, /* only reported: ok is null */
    WZP_GOAL_AT_LEAST,
    WZP_GOAL_AT_MOST,
} wzp_goal;

/* id and what together name a row. The goal is about the ratio to the baseline
 * where there is a baseline, otherwise about the value; ratio and ok follow
 * from the rest. */
typedef struct wzp_result {
    const char *id;   /* as in the issue: "seal_open" */
    const char *what; /* "seal and open of 100 bytes" */
    double value;
    const char *unit; /* "1/s", "KiB", "" */
    double baseline;  /* same unit; NAN: none */
    wzp_goal goal_is;
    double goal;
    size_t runs;            /* value is their median; 0 counts as 1 */
    double spread;          /* of the runs, see wzp_runs; NAN: one run */
    const char *conditions; /* machine load, sizes, rates: what one must know
                             * to measure the same again */
} wzp_result;

/* value / baseline, or NAN. */
double wzp_result_ratio(const wzp_result *r);

/* 1 reached, 0 missed, -1 without a goal. A NAN value misses. */
int wzp_result_ok(const wzp_result *r);

/* Puts n rows into the file at `path`: each replaces the row of the same id
 * and what, or comes last. The file is replaced as a whole or, on an error,
 * stays as it was; its folder must exist. False: `error` says why. */
bool wzp_results_put(const char *path, const wzp_result *rows, size_t n,
                     char error[WZP_RESULTS_ERROR_LEN]);

/* ---- reading ----------------------------------------------------------- */

/* All rows as a Markdown table. */
bool wzp_results_table(const char *path, FILE *out,
                       char error[WZP_RESULTS_ERROR_LEN]);

/* What the numbers of a document were measured with. */
typedef struct wzp_results_facts {
    const char *commit;
    const char *date;
    const char *machine;
} wzp_results_facts;

/* Writes table and facts between the two marker lines of the Markdown file
 * `doc`, whose other text stays; a file that is not there is begun. */
bool wzp_results_document(const char *path, const char *doc,
                          const wzp_results_facts *facts,
                          char error[WZP_RESULTS_ERROR_LEN]);

#define WZP_RESULTS_BEGIN "<!-- results: begin, written by make bench -->"
#define WZP_RESULTS_END   "<!-- results: end -->"

#endif
