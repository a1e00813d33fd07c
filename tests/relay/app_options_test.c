/* SPDX-License-Identifier: MIT */
/* The option table of the programs (apps/common). They are no library: the
 * source is taken in here. What wzp-relay's own table says is in tests/e2e.
 */
#include "apps/common/options.c"
#include "support/harness.h"

#include <stdlib.h>
#include <string.h>

typedef struct wishes {
    const char *file;
    bool is_loud;
    unsigned long count;
} wishes;

static const app_option TABLE[] = {
    {.name = "file",
     .letter = 'f',
     .kind = APP_OPTION_TEXT,
     .value_name = "FILE",
     .help = "a file",
     .at = offsetof(wishes, file)},
    {.name = "loud",
     .letter = 'l',
     .kind = APP_OPTION_FLAG,
     .help = "make noise",
     .at = offsetof(wishes, is_loud)},
    {.name = "count",
     .kind = APP_OPTION_NUMBER,
     .value_name = "N",
     .help = "how many",
     .at = offsetof(wishes, count),
     .min = 2,
     .max = 1600},
    {.name = "old", .letter = 'o', .kind = APP_OPTION_ABSENT},
};

enum { N_OPTIONS = sizeof TABLE / sizeof TABLE[0] };

/* argv out of a text with single spaces. */
static bool parse_text(wishes *w, app_words *words, const char *text, char *why,
                       size_t len)
{
    static char copy[400];
    char *argv[50] = {copy};
    int argc = 1;
    const app_options options = {TABLE, N_OPTIONS, w};
    memset(w, 0, sizeof *w);
    (void)snprintf(copy, sizeof copy, "%s", text);
    for (char *at = strchr(copy, ' '); at != NULL; at = strchr(at, ' ')) {
        *at = '\0';
        at++;
        argv[argc] = at;
        argc++;
    }
    return app_options_parse(&options, argc, argv, words, why, len);
}

WZP_TEST(options_are_read_in_every_form)
{
    wishes w;
    app_words words;
    char why[200];
    assert_true(
        parse_text(&w, &words, "p --file=a=b -l --count 7", why, sizeof why));
    assert_string_equal(w.file, "a=b");
    assert_true(w.is_loud);
    assert_int_equal(w.count, 7);
    assert_int_equal(words.n, 0);
    assert_true(parse_text(&w, &words, "p -f x --file y", why, sizeof why));
    assert_string_equal(w.file, "y"); /* the last one counts */
}

WZP_TEST(words_stand_anywhere_and_a_double_dash_makes_the_rest_words)
{
    wishes w;
    app_words words;
    char why[200];
    assert_true(parse_text(&w, &words, "p join -l room - -- --file -x", why,
                           sizeof why));
    assert_true(w.is_loud);
    assert_int_equal(words.n, 5);
    assert_string_equal(words.v[0], "join");
    assert_string_equal(words.v[1], "room");
    assert_string_equal(words.v[2], "-");
    assert_string_equal(words.v[3], "--file");
    assert_string_equal(words.v[4], "-x");
}

static const struct {
    const char *text;
    const char *says;
} WRONG[] = {
    {"p --old", "--old is not available in this version"},
    {"p --old=1", "--old is not available in this version"},
    {"p -o 1", "--old is not available in this version"},
    {"p --nonsense", "unknown option --nonsense"},
    {"p --fil x", "unknown option --fil"},
    {"p --nonsense=1", "unknown option --nonsense"},
    {"p -x", "unknown option -x"},
    {"p -lf", "unknown option -lf"},
    {"p --file", "--file needs a value: FILE"},
    {"p -f", "--file needs a value: FILE"},
    {"p --file=", "--file needs a value: FILE"},
    {"p --loud=yes", "--loud takes no value"},
    {"p --count 1", "--count takes a number from 2 to 1600, not '1'"},
    {"p --count 1601", "--count takes a number from 2 to 1600, not '1601'"},
    {"p --count -3", "--count takes a number from 2 to 1600, not '-3'"},
    {"p --count 9x", "--count takes a number from 2 to 1600, not '9x'"},
    {"p --count=", "--count takes a number from 2 to 1600, not ''"},
    {"p --count 99999999999999999999",
     "--count takes a number from 2 to 1600, not '99999999999999999999'"},
    {"p 1 2 3 4 5 6 7 8 9 a b c d e f g h i j k l m n o p q r s t u v w x",
     "too many arguments"},
};

static size_t count_wrong(void)
{
    return sizeof WRONG / sizeof WRONG[0];
}

static void run_wrong(size_t row)
{
    wishes w;
    app_words words;
    char why[200] = "";
    assert_false(parse_text(&w, &words, WRONG[row].text, why, sizeof why));
    assert_string_equal(why, WRONG[row].says);
}

WZP_ROWS(wrong_use_is_one_clear_sentence, count_wrong, run_wrong);

WZP_TEST(help_names_every_option_there_is_and_no_other)
{
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    assert_non_null(f);
    app_options_help(f, TABLE, N_OPTIONS);
    assert_int_equal(fclose(f), 0);
    assert_non_null(strstr(text, "  -f, --file FILE "));
    assert_non_null(strstr(text, "a file\n"));
    assert_non_null(strstr(text, "      --count N "));
    assert_null(strstr(text, "--old"));
    free(text);
}
