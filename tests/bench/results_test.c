/* SPDX-License-Identifier: MIT */
/* The results file in a folder of its own: rows replaced and kept, verdicts,
 * a file that is not ours refused, and the Markdown made from it.
 */
#include "bench/support/results.h"

#include "support/harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_LEN = 8192 };

static char dir[64], json[96], doc[96];
static char error[WZP_RESULTS_ERROR_LEN];

static void files_init(void)
{
    snprintf(dir, sizeof(dir), "/tmp/wzp-results-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(json, sizeof(json), "%s/results.json", dir);
    snprintf(doc, sizeof(doc), "%s/benchmarks.md", dir);
}

/* rmdir fails where anything else was left behind. */
static void files_deinit(void)
{
    unlink(json);
    unlink(doc);
    assert_int_equal(rmdir(dir), 0);
}

static void text_put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static const char *text_get(const char *path)
{
    static char text[TEXT_LEN];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    fclose(f);
    return text;
}

static cJSON *rows_get(void)
{
    cJSON *rows = cJSON_Parse(text_get(json));
    assert_true(cJSON_IsArray(rows));
    return rows;
}

static const wzp_result SEAL = {.id = "seal_open",
                                .what = "100 bytes",
                                .value = 300,
                                .unit = "1/s",
                                .baseline = 100,
                                .goal_is = WZP_GOAL_AT_LEAST,
                                .goal = 3,
                                .runs = 5,
                                .spread = 0.04,
                                .conditions = "idle machine"};
static const wzp_result IDLE = {.id = "idle_member",
                                .what = "memory",
                                .value = 80,
                                .unit = "KiB",
                                .baseline = NAN,
                                .goal_is = WZP_GOAL_AT_MOST,
                                .goal = 64,
                                .spread = NAN};
static const wzp_result SPEED = {.id = "speed",
                                 .what = "two-party call | world",
                                 .value = 15.25,
                                 .unit = "×",
                                 .baseline = NAN,
                                 .spread = NAN};

/* ---- runs -------------------------------------------------------------- */

WZP_TEST(runs_of_an_odd_count_have_the_middle_as_median)
{
    const double v[] = {9, 1, 5, 3, 7};
    const wzp_runs r = wzp_runs_of(v, 5);
    assert_true(r.median == 5 && r.least == 1 && r.greatest == 9);
    assert_true(fabs(r.spread - 1.6) < 1e-12);
}

WZP_TEST(runs_of_an_even_count_have_the_mean_of_the_middle_two)
{
    const double v[] = {4, 1, 2, 8};
    assert_true(wzp_runs_of(v, 4).median == 3);
    assert_true(wzp_runs_of(v, 1).median == 4);
    assert_true(wzp_runs_of(v, 1).spread == 0);
    assert_true(isnan(wzp_runs_of(v, 0).median));
}

/* ---- verdicts ---------------------------------------------------------- */

static const struct {
    double value, baseline;
    wzp_goal goal_is;
    double goal;
    int ok;
} VERDICTS[] = {
    {10, NAN, WZP_GOAL_NONE, 0, -1},
    {10, NAN, WZP_GOAL_AT_LEAST, 10, 1},
    {10, NAN, WZP_GOAL_AT_LEAST, 10.1, 0},
    {10, NAN, WZP_GOAL_AT_MOST, 10, 1},
    {10, NAN, WZP_GOAL_AT_MOST, 9.9, 0},
    {45, 100, WZP_GOAL_AT_LEAST, 0.45, 1}, /* of the ratio */
    {44, 100, WZP_GOAL_AT_LEAST, 0.45, 0},
    {44, 0, WZP_GOAL_AT_LEAST, 0.45, 0}, /* no ratio */
    {NAN, NAN, WZP_GOAL_AT_LEAST, 1, 0},
    {NAN, NAN, WZP_GOAL_AT_MOST, 1, 0},
};

static size_t verdict_count(void)
{
    return sizeof(VERDICTS) / sizeof(*VERDICTS);
}

static void verdict_run(size_t row)
{
    const wzp_result r = {.value = VERDICTS[row].value,
                          .baseline = VERDICTS[row].baseline,
                          .goal_is = VERDICTS[row].goal_is,
                          .goal = VERDICTS[row].goal};
    assert_int_equal(wzp_result_ok(&r), VERDICTS[row].ok);
}

WZP_ROWS(results_judge_the_ratio_or_the_value, verdict_count, verdict_run);

/* ---- the file ---------------------------------------------------------- */

WZP_TEST(results_rows_have_every_field)
{
    files_init();
    const wzp_result rows[] = {SEAL, SPEED};
    assert_true(wzp_results_put(json, rows, 2, error));

    cJSON *all = rows_get();
    const cJSON *seal = cJSON_GetArrayItem(all, 0);
    const cJSON *speed = cJSON_GetArrayItem(all, 1);
    assert_string_equal(wzp_test_str(seal, "id"), "seal_open");
    assert_string_equal(wzp_test_str(seal, "what"), "100 bytes");
    assert_string_equal(wzp_test_str(seal, "unit"), "1/s");
    assert_string_equal(wzp_test_str(seal, "conditions"), "idle machine");
    assert_true(wzp_test_num(seal, "value") == 300);
    assert_true(wzp_test_num(seal, "baseline") == 100);
    assert_true(wzp_test_num(seal, "ratio") == 3);
    assert_true(wzp_test_num(seal, "goal") == 3);
    assert_true(wzp_test_num(seal, "runs") == 5);
    assert_true(cJSON_IsTrue(wzp_test_item(seal, "ok")));

    const char *const nulls[] = {"baseline", "ratio", "goal", "ok", "spread"};
    for (size_t i = 0; i < sizeof(nulls) / sizeof(*nulls); i++) {
        assert_true(cJSON_IsNull(wzp_test_item(speed, nulls[i])));
    }
    assert_string_equal(wzp_test_str(speed, "conditions"), "");
    cJSON_Delete(all);
    files_deinit();
}

WZP_TEST(results_of_the_same_name_are_replaced_and_others_kept)
{
    files_init();
    const wzp_result first[] = {SEAL, IDLE};
    assert_true(wzp_results_put(json, first, 2, error));

    wzp_result again = SEAL, other = SEAL;
    again.value = 200;
    other.what = "1000 bytes";
    const wzp_result second[] = {again, other};
    assert_true(wzp_results_put(json, second, 2, error));

    cJSON *all = rows_get();
    assert_int_equal(cJSON_GetArraySize(all), 3);
    const cJSON *seal = cJSON_GetArrayItem(all, 0);
    assert_true(wzp_test_num(seal, "value") == 200);
    assert_true(cJSON_IsFalse(wzp_test_item(seal, "ok")));
    assert_string_equal(wzp_test_str(cJSON_GetArrayItem(all, 1), "id"),
                        "idle_member");
    assert_string_equal(wzp_test_str(cJSON_GetArrayItem(all, 2), "what"),
                        "1000 bytes");
    cJSON_Delete(all);
    files_deinit();
}

WZP_TEST(results_refuse_a_file_that_is_not_theirs_and_leave_it)
{
    files_init();
    text_put(json, "{\"rows\": 1}");

    assert_false(wzp_results_put(json, &SEAL, 1, error));

    assert_non_null(strstr(error, "not a JSON array"));
    assert_string_equal(text_get(json), "{\"rows\": 1}");
    files_deinit();
}

WZP_TEST(results_say_so_when_the_folder_is_missing)
{
    assert_false(wzp_results_put("/nonexistent/r.json", &SEAL, 1, error));
    assert_non_null(strstr(error, "/nonexistent/r.json"));
}

/* ---- Markdown ---------------------------------------------------------- */

WZP_TEST(results_document_keeps_the_text_around_its_markers)
{
    files_init();
    const wzp_result rows[] = {SEAL, IDLE, SPEED};
    const wzp_results_facts facts = {
        .commit = "abc1234", .date = "2025-01-31", .machine = "2 cores"};
    assert_true(wzp_results_put(json, rows, 3, error));
    text_put(doc, "before\n" WZP_RESULTS_BEGIN "\nold\n" WZP_RESULTS_END
                  "\nbehind\n");

    assert_true(wzp_results_document(json, doc, &facts, error));

    assert_string_equal(
        text_get(doc),
        "before\n" WZP_RESULTS_BEGIN "\n\n"
        "Commit abc1234, 2025-01-31. Machine: 2 cores.\n\n"
        "| id | what | value | baseline | ratio | goal | reached | conditions "
        "|\n"
        "|---|---|---|---|---|---|---|---|\n"
        "| seal_open | 100 bytes | 300 1/s | 100 1/s | 3 | ≥ 3 × | yes "
        "| idle machine; median of 5, spread 4.0 % |\n"
        "| idle_member | memory | 80 KiB | – | – | ≤ 64 KiB | **no** |  |\n"
        "| speed | two-party call \\| world | 15.25 × | – | – | – | – |  |\n"
        "\n" WZP_RESULTS_END "\nbehind\n");
    files_deinit();
}

WZP_TEST(results_document_is_begun_once_and_then_stays_the_same)
{
    files_init();
    const wzp_results_facts facts = {
        .commit = "abc", .date = "today", .machine = "here"};
    char once[TEXT_LEN];
    assert_true(wzp_results_put(json, &SEAL, 1, error));

    assert_true(wzp_results_document(json, doc, &facts, error));
    snprintf(once, sizeof(once), "%s", text_get(doc));
    assert_true(wzp_results_document(json, doc, &facts, error));

    assert_string_equal(text_get(doc), once);
    assert_int_equal(strncmp(once, "# Benchmarks\n", 13), 0);
    files_deinit();
}

WZP_TEST(results_document_without_markers_is_left_alone)
{
    files_init();
    const wzp_results_facts facts = {
        .commit = "abc", .date = "today", .machine = "here"};
    text_put(doc, "no markers\n");

    assert_false(wzp_results_document(json, doc, &facts, error));

    assert_string_equal(text_get(doc), "no markers\n");
    files_deinit();
}
