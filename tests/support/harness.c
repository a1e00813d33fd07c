/* SPDX-License-Identifier: MIT
 *
 * Registration before main, one flat array of cmocka tests, and a closing
 * line that scripts/run-tests adds up: "N passed, N failed, N skipped".
 */
#include "support/harness.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MAX_ENTRIES = 1024, /* chosen: WZP_TEST and WZP_ROWS lines per program */
    NAME_MAX_LEN = 160, /* chosen: "sentence[row]" */
};

/* What a test program declares: a test, or a table when `count` is set. */
typedef struct entry {
    const char *name;
    CMUnitTestFunction test;
    wzp_test_count_fn *count;
    wzp_test_row_fn *row;
} entry;

/* What cmocka gets to run: a row of an entry (0 for a plain test). */
typedef struct plan {
    struct CMUnitTest *tests;
    struct planned {
        const entry *entry;
        size_t row;
        char name[NAME_MAX_LEN];
    } * rows;
    size_t len;
    size_t cap;
} plan;

static entry entries[MAX_ENTRIES];
static size_t n_entries;
static size_t n_skipped;

static void die(const char *what, const char *name)
{
    fprintf(stderr, "harness: %s: %s\n", what, name);
    exit(2);
}

static void *must_alloc(void *old, size_t size)
{
    void *p = realloc(old, size);
    if (p == NULL) {
        die("out of memory", "realloc");
    }
    return p;
}

static const char *external_dir(void)
{
    const char *dir = getenv("WZP_EXTERNAL_VECTORS");
    return dir != NULL ? dir : "../shared/vectors/external";
}

/* Registration ------------------------------------------------------------ */

static void add_entry(entry e)
{
    if (n_entries == MAX_ENTRIES) {
        die("too many tests in one program", e.name);
    }
    entries[n_entries++] = e;
}

void wzp_test_register(const char *name, CMUnitTestFunction run)
{
    add_entry((entry){.name = name, .test = run});
}

void wzp_test_register_rows(const char *name, wzp_test_count_fn *count,
                            wzp_test_row_fn *run)
{
    add_entry((entry){.name = name, .count = count, .row = run});
}

void wzp_test_skip(const char *why, const char *file, int line)
{
    n_skipped++;
    print_message("skipped: %s\n", why);
    _skip(file, line);
    abort(); /* _skip jumps back into cmocka */
}

/* Running ----------------------------------------------------------------- */

static void run_row(void **state)
{
    const struct planned *p = *state;
    p->entry->row(p->row);
}

static void run_no_rows(void **state)
{
    const struct planned *p = *state;
    if (access(external_dir(), F_OK) != 0) {
        WZP_SKIP("the external vectors are not here");
    }
    fail_msg("%s has no rows", p->entry->name);
}

static void plan_add(plan *pl, const entry *e, size_t row, const char *name,
                     const char *filter)
{
    if (filter != NULL && strstr(name, filter) == NULL) {
        return;
    }
    if (pl->len == pl->cap) {
        pl->cap = pl->cap == 0 ? 64 : pl->cap * 2;
        pl->rows = must_alloc(pl->rows, pl->cap * sizeof *pl->rows);
    }
    struct planned *p = &pl->rows[pl->len++];
    p->entry = e;
    p->row = row;
    snprintf(p->name, sizeof p->name, "%s", name);
}

static void plan_entry(plan *pl, const entry *e, const char *filter)
{
    char name[NAME_MAX_LEN];
    size_t rows = e->count != NULL ? e->count() : 1;
    if (e->count != NULL && rows == 0) {
        snprintf(name, sizeof name, "%s[none]", e->name);
        plan_add(pl, e, SIZE_MAX, name, filter);
        return;
    }
    for (size_t row = 0; row < rows; row++) {
        if (e->count != NULL) {
            snprintf(name, sizeof name, "%s[%zu]", e->name, row);
        } else {
            snprintf(name, sizeof name, "%s", e->name);
        }
        plan_add(pl, e, row, name, filter);
    }
}

/* cmocka's array can only be filled once the rows no longer move. */
static void plan_finish(plan *pl)
{
    pl->tests = must_alloc(NULL, (pl->len + 1) * sizeof *pl->tests);
    for (size_t i = 0; i < pl->len; i++) {
        struct planned *p = &pl->rows[i];
        CMUnitTestFunction fn = p->entry->test;
        if (p->entry->count != NULL) {
            fn = p->row == SIZE_MAX ? run_no_rows : run_row;
        }
        pl->tests[i] = (struct CMUnitTest){
            .name = p->name, .test_func = fn, .initial_state = p};
    }
}

int main(int argc, char **argv)
{
    plan pl = {0};
    for (size_t i = 0; i < n_entries; i++) {
        plan_entry(&pl, &entries[i], argc > 1 ? argv[1] : NULL);
    }
    plan_finish(&pl);

    int failed = 0;
    if (pl.len > 0) {
        failed = _cmocka_run_group_tests(argv[0], pl.tests, pl.len, NULL, NULL);
    }
    size_t bad = failed > 0 ? (size_t)failed : 0;
    fflush(stderr);
    printf("%zu passed, %zu failed, %zu skipped\n", pl.len - bad - n_skipped,
           bad, n_skipped);
    fflush(stdout); /* the leak check ends the program without it */
    free(pl.tests);
    free(pl.rows);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Vectors ----------------------------------------------------------------- */

static cJSON *read_tree(const char *dir, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        die("cannot open", path);
    }
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    if (size < 0) {
        die("cannot read", path);
    }
    char *text = must_alloc(NULL, (size_t)size + 1);
    size_t got = fread(text, 1, (size_t)size, f);
    fclose(f);
    cJSON *tree = cJSON_ParseWithLength(text, got);
    free(text);
    if (tree == NULL) {
        die("not JSON", path);
    }
    return tree;
}

cJSON *wzp_test_read_json(const char *name)
{
    const char *dir = getenv("WZP_VECTORS");
    return read_tree(dir != NULL ? dir : "tests/vectors", name);
}

cJSON *wzp_test_read_external(const char *name)
{
    if (access(external_dir(), F_OK) != 0) {
        return NULL;
    }
    return read_tree(external_dir(), name);
}

const cJSON *wzp_test_item(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    if (item == NULL) {
        fail_msg("no member \"%s\"", key);
    }
    return item;
}

const char *wzp_test_str(const cJSON *object, const char *key)
{
    const cJSON *item = wzp_test_item(object, key);
    if (!cJSON_IsString(item)) {
        fail_msg("member \"%s\" is not a string", key);
    }
    return item->valuestring;
}

double wzp_test_num(const cJSON *object, const char *key)
{
    const cJSON *item = wzp_test_item(object, key);
    if (!cJSON_IsNumber(item)) {
        fail_msg("member \"%s\" is not a number", key);
    }
    return item->valuedouble;
}

/* Hex --------------------------------------------------------------------- */

static unsigned nibble(char c)
{
    if (!isxdigit((unsigned char)c)) {
        fail_msg("not a hex digit: '%c'", c);
    }
    if (isdigit((unsigned char)c)) {
        return (unsigned)(c - '0');
    }
    return (unsigned)(tolower((unsigned char)c) - 'a') + 10;
}

void wzp_test_hex(const char *hex, uint8_t *buf, size_t cap, size_t *len)
{
    size_t n = strlen(hex) / 2;
    if (strlen(hex) % 2 != 0 || n > cap) {
        fail_msg("%zu hex digits do not fit %zu bytes", strlen(hex), cap);
    }
    for (size_t i = 0; i < n; i++) {
        buf[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
    }
    *len = n;
}

void wzp_test_hex_of(const cJSON *object, const char *key, uint8_t *buf,
                     size_t cap, size_t *len)
{
    wzp_test_hex(wzp_test_str(object, key), buf, cap, len);
}

void wzp_test_assert_hex(const uint8_t *data, size_t len, const char *hex,
                         const char *file, int line)
{
    bool same = strlen(hex) == 2 * len;
    for (size_t i = 0; same && i < len; i++) {
        same = data[i] == (nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
    }
    if (same) {
        return;
    }
    print_error("expected %s\n     got ", hex);
    for (size_t i = 0; i < len; i++) {
        print_error("%02x", data[i]);
    }
    print_error("\n");
    _fail(file, line);
}
