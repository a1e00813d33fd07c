/* SPDX-License-Identifier: MIT */
/* Read all, change, write all to a file beside it, rename: a reader sees the
 * old rows or the new ones. Benches run one after another; two that write at
 * the same moment would lose the rows of one.
 */
#include "bench/support/results.h"

#include <cjson/cJSON.h>

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_LEN = 1024 };

__attribute__((format(printf, 2, 3))) static bool
refuse(char error[WZP_RESULTS_ERROR_LEN], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, WZP_RESULTS_ERROR_LEN, format, args);
    va_end(args);
    return false;
}

/* ---- runs -------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

wzp_runs wzp_runs_of(const double *v, size_t n)
{
    wzp_runs runs = {.median = NAN, .least = NAN, .greatest = NAN, .n = n};
    double *sorted = malloc(n * sizeof(*sorted));
    if (n == 0 || sorted == NULL) {
        free(sorted);
        return runs;
    }
    memcpy(sorted, v, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), compare);
    runs.least = sorted[0];
    runs.greatest = sorted[n - 1];
    runs.median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    if (runs.median != 0) {
        runs.spread = (runs.greatest - runs.least) / fabs(runs.median);
    }
    free(sorted);
    return runs;
}

/* ---- files ------------------------------------------------------------- */

/* The whole file as text. NULL with an empty error: it is not there. */
static char *file_get(const char *path, char error[WZP_RESULTS_ERROR_LEN])
{
    char *text = NULL, buf[4096];
    size_t len = 0, got = 0;

    error[0] = '\0';
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        if (errno != ENOENT) {
            refuse(error, "cannot open %s: %s", path, strerror(errno));
        }
        return NULL;
    }
    FILE *out = open_memstream(&text, &len);
    while (out != NULL && (got = fread(buf, 1, sizeof(buf), in)) > 0) {
        fwrite(buf, 1, got, out);
    }
    const bool is_bad = ferror(in) != 0 || out == NULL || ferror(out) != 0;
    fclose(in);
    if ((out != NULL && fclose(out) != 0) || is_bad) {
        free(text);
        text = NULL;
        refuse(error, "cannot read %s", path);
    }
    return text;
}

static bool file_put(const char *path, const char *text,
                     char error[WZP_RESULTS_ERROR_LEN])
{
    char beside[PATH_LEN];
    const int len =
        snprintf(beside, sizeof(beside), "%s.%ld", path, (long)getpid());
    if (len < 0 || (size_t)len >= sizeof(beside)) {
        return refuse(error, "path too long: %s", path);
    }
    FILE *f = fopen(beside, "wb");
    if (f == NULL) {
        return refuse(error, "cannot write %s: %s", beside, strerror(errno));
    }
    bool is_ok = fputs(text, f) >= 0;
    is_ok = fclose(f) == 0 && is_ok;
    if (!is_ok || rename(beside, path) != 0) {
        refuse(error, "cannot write %s: %s", path, strerror(errno));
        unlink(beside);
        return false;
    }
    return true;
}

/* The rows of the file; none yet is an empty array. */
static cJSON *rows_get(const char *path, char error[WZP_RESULTS_ERROR_LEN])
{
    char *text = file_get(path, error);
    if (text == NULL) {
        return error[0] != '\0' ? NULL : cJSON_CreateArray();
    }
    cJSON *rows = cJSON_Parse(text);
    free(text);
    if (!cJSON_IsArray(rows)) {
        cJSON_Delete(rows);
        refuse(error, "%s is not a JSON array; remove it to start anew", path);
        return NULL;
    }
    return rows;
}

/* ---- rows -------------------------------------------------------------- */

double wzp_result_ratio(const wzp_result *r)
{
    return r->baseline != 0 ? r->value / r->baseline : (double)NAN;
}

int wzp_result_ok(const wzp_result *r)
{
    const double judged = isnan(r->baseline) ? r->value : wzp_result_ratio(r);
    switch (r->goal_is) {
    case WZP_GOAL_AT_LEAST: return judged >= r->goal;
    case WZP_GOAL_AT_MOST: return judged <= r->goal;
    case WZP_GOAL_NONE: break;
    }
    return -1;
}

static void number_add(cJSON *row, const char *key, double v)
{
    if (isfinite(v)) {
        cJSON_AddNumberToObject(row, key, v);
    } else {
        cJSON_AddNullToObject(row, key);
    }
}

static void text_add(cJSON *row, const char *key, const char *text)
{
    cJSON_AddStringToObject(row, key, text != NULL ? text : "");
}

static cJSON *row_of(const wzp_result *r)
{
    static const char *const GOALS[] = {
        [WZP_GOAL_AT_LEAST] = "at least",
        [WZP_GOAL_AT_MOST] = "at most",
    };
    const int ok = wzp_result_ok(r);
    cJSON *row = cJSON_CreateObject();

    text_add(row, "id", r->id);
    text_add(row, "what", r->what);
    number_add(row, "value", r->value);
    text_add(row, "unit", r->unit);
    number_add(row, "baseline", r->baseline);
    number_add(row, "ratio", wzp_result_ratio(r));
    if (r->goal_is == WZP_GOAL_NONE) {
        cJSON_AddNullToObject(row, "goal");
        cJSON_AddNullToObject(row, "goal_is");
        cJSON_AddNullToObject(row, "ok");
    } else {
        number_add(row, "goal", r->goal);
        text_add(row, "goal_is", GOALS[r->goal_is]);
        cJSON_AddBoolToObject(row, "ok", ok == 1);
    }
    number_add(row, "runs", r->runs == 0 ? 1 : (double)r->runs);
    number_add(row, "spread", r->spread);
    text_add(row, "conditions", r->conditions);
    return row;
}

/* A member's text, "" where there is none. */
static const char *text_get(const cJSON *row, const char *key)
{
    const char *s =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, key));
    return s != NULL ? s : "";
}

/* A member's number, NAN where it is null or missing. */
static double number_get(const cJSON *row, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(row, key);
    return cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
}

static void row_put(cJSON *rows, cJSON *row)
{
    const int n = cJSON_GetArraySize(rows);
    for (int i = 0; i < n; i++) {
        const cJSON *old = cJSON_GetArrayItem(rows, i);
        if (strcmp(text_get(old, "id"), text_get(row, "id")) == 0 &&
            strcmp(text_get(old, "what"), text_get(row, "what")) == 0) {
            cJSON_ReplaceItemInArray(rows, i, row);
            return;
        }
    }
    cJSON_AddItemToArray(rows, row);
}

/* One row a line: short enough to read, and differences stay small. */
static char *rows_print(const cJSON *rows)
{
    char *text = NULL;
    size_t len = 0;
    const cJSON *row = NULL;
    const char *separator = "[\n";
    FILE *out = open_memstream(&text, &len);
    if (out == NULL) {
        return NULL;
    }
    cJSON_ArrayForEach(row, rows)
    {
        char *line = cJSON_PrintUnformatted(row);
        fprintf(out, "%s%s", separator, line != NULL ? line : "null");
        cJSON_free(line);
        separator = ",\n";
    }
    fputs(cJSON_GetArraySize(rows) == 0 ? "[]\n" : "\n]\n", out);
    return fclose(out) == 0 ? text : NULL;
}

bool wzp_results_put(const char *path, const wzp_result *rows, size_t n,
                     char error[WZP_RESULTS_ERROR_LEN])
{
    cJSON *all = rows_get(path, error);
    if (all == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        row_put(all, row_of(&rows[i]));
    }
    char *text = rows_print(all);
    const bool is_ok = text != NULL ? file_put(path, text, error)
                                    : refuse(error, "out of memory");
    free(text);
    cJSON_Delete(all);
    return is_ok;
}

/* ---- Markdown ---------------------------------------------------------- */

/* A number for people: four digits, no exponent for what fits a table. */
static void number_print(FILE *out, double v)
{
    if (isnan(v)) {
        fputs("–", out);
    } else if (fabs(v) >= 1000) {
        fprintf(out, "%.0f", v);
    } else {
        fprintf(out, "%.4g", v);
    }
}

static void quantity_print(FILE *out, double v, const char *unit)
{
    number_print(out, v);
    if (!isnan(v) && unit[0] != '\0') {
        fprintf(out, " %s", unit);
    }
}

/* Text for a table cell: a bar or a line break would end it. */
static void cell_print(FILE *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '|') {
            fputs("\\|", out);
        } else {
            fputc(*c == '\n' ? ' ' : *c, out);
        }
    }
}

static void goal_print(FILE *out, const cJSON *row)
{
    const double goal = number_get(row, "goal");
    if (isnan(goal)) {
        fputs("–", out);
        return;
    }
    fputs(strcmp(text_get(row, "goal_is"), "at most") == 0 ? "≤ " : "≥ ", out);
    if (isnan(number_get(row, "baseline"))) {
        quantity_print(out, goal, text_get(row, "unit"));
    } else {
        number_print(out, goal);
        fputs(" ×", out);
    }
}

static void spread_print(FILE *out, const cJSON *row)
{
    const double spread = number_get(row, "spread");
    if (!isnan(spread)) {
        fprintf(out, "; median of %.0f, spread %.1f %%",
                number_get(row, "runs"), spread * 100);
    }
}

static void row_print(FILE *out, const cJSON *row)
{
    const cJSON *ok = cJSON_GetObjectItemCaseSensitive(row, "ok");
    const char *unit = text_get(row, "unit");

    fprintf(out, "| %s | ", text_get(row, "id"));
    cell_print(out, text_get(row, "what"));
    fputs(" | ", out);
    quantity_print(out, number_get(row, "value"), unit);
    fputs(" | ", out);
    quantity_print(out, number_get(row, "baseline"), unit);
    fputs(" | ", out);
    number_print(out, number_get(row, "ratio"));
    fputs(" | ", out);
    goal_print(out, row);
    fprintf(out, " | %s | ",
            cJSON_IsTrue(ok)    ? "yes"
            : cJSON_IsFalse(ok) ? "**no**"
                                : "–");
    cell_print(out, text_get(row, "conditions"));
    spread_print(out, row);
    fputs(" |\n", out);
}

bool wzp_results_table(const char *path, FILE *out,
                       char error[WZP_RESULTS_ERROR_LEN])
{
    const cJSON *row = NULL;
    cJSON *rows = rows_get(path, error);
    if (rows == NULL) {
        return false;
    }
    fputs(
        "| id | what | value | baseline | ratio | goal | reached | conditions "
        "|\n|---|---|---|---|---|---|---|---|\n",
        out);
    cJSON_ArrayForEach(row, rows)
    {
        row_print(out, row);
    }
    cJSON_Delete(rows);
    return true;
}

/* The document with everything between its markers replaced. */
static bool document_print(FILE *out, const char *old, const char *path,
                           const wzp_results_facts *facts,
                           char error[WZP_RESULTS_ERROR_LEN])
{
    const char *begin = strstr(old, WZP_RESULTS_BEGIN);
    const char *end = begin != NULL ? strstr(begin, WZP_RESULTS_END) : NULL;
    if (end == NULL) {
        return refuse(error, "the document lacks its marker lines");
    }
    fprintf(out, "%.*s%s\n\n", (int)(begin - old), old, WZP_RESULTS_BEGIN);
    fprintf(out, "Commit %s, %s. Machine: %s.\n\n", facts->commit, facts->date,
            facts->machine);
    if (!wzp_results_table(path, out, error)) {
        return false;
    }
    fprintf(out, "\n%s", end);
    return true;
}

bool wzp_results_document(const char *path, const char *doc,
                          const wzp_results_facts *facts,
                          char error[WZP_RESULTS_ERROR_LEN])
{
    static const char NEW[] =
        "# Benchmarks\n\n" WZP_RESULTS_BEGIN "\n" WZP_RESULTS_END "\n";
    char *text = NULL;
    size_t len = 0;
    char *old = file_get(doc, error);
    if (old == NULL && error[0] != '\0') {
        return false;
    }
    FILE *out = open_memstream(&text, &len);
    if (out == NULL) {
        free(old);
        return refuse(error, "out of memory");
    }
    bool is_ok =
        document_print(out, old != NULL ? old : NEW, path, facts, error);
    if (fclose(out) != 0) {
        is_ok = refuse(error, "out of memory");
    }
    is_ok = is_ok && file_put(doc, text, error);
    free(text);
    free(old);
    return is_ok;
}
