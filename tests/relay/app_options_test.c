/* SPDX-License-Identifier: MIT */
/* The command line of the programs (apps/common), and that of wzp-relay. They
 * are no library: the sources are taken in here.
 */
#include "apps/common/options.c"
#include "apps/wzp-relay/settings.c"
#include "support/harness.h"

#include <stdlib.h>
#include <string.h>

/* argv out of a text with single spaces. */
static bool parse_text(settings *s, const char *text, char *why, size_t len)
{
    static char copy[400];
    char *argv[20] = {copy};
    int argc = 1;
    (void)snprintf(copy, sizeof copy, "%s", text);
    for (char *at = strchr(copy, ' '); at != NULL; at = strchr(at, ' ')) {
        *at = '\0';
        at++;
        argv[argc] = at;
        argc++;
    }
    return settings_parse(s, argc, argv, why, len);
}

WZP_TEST(no_options_give_the_defaults)
{
    settings s;
    char why[200];
    assert_true(parse_text(&s, "wzp-relay", why, sizeof why));
    assert_int_equal(s.listen.port, 4433);
    assert_int_equal(s.listen.family, WZP_FAMILY_V4);
    assert_int_equal(s.max_members, 1024);
    assert_int_equal(s.log_level, WZP_LOG_INFO);
    assert_false(s.allow_legacy);
    assert_null(s.identity);
}

WZP_TEST(options_are_read_in_every_form)
{
    settings s;
    char why[200];
    assert_true(parse_text(&s,
                           "wzp-relay --listen=[::1]:5 -i id --max-members 7 "
                           "--allow-legacy --log-level debug",
                           why, sizeof why));
    assert_int_equal(s.listen.port, 5);
    assert_int_equal(s.listen.family, WZP_FAMILY_V6);
    assert_string_equal(s.identity, "id");
    assert_int_equal(s.max_members, 7);
    assert_true(s.allow_legacy);
    assert_int_equal(s.log_level, WZP_LOG_DEBUG);
    assert_true(parse_text(&s, "wzp-relay -h", why, sizeof why));
    assert_true(s.wants_help);
    assert_true(parse_text(&s, "wzp-relay -V", why, sizeof why));
    assert_true(s.wants_version);
}

static const struct {
    const char *text;
    const char *says;
} WRONG[] = {
    {"wzp-relay --trunking", "--trunking is not available in this version"},
    {"wzp-relay --remote 1.2.3.4:5", "--remote is not available"},
    {"wzp-relay -c file", "--config is not available"},
    {"wzp-relay --metrics-port=1", "--metrics-port is not available"},
    {"wzp-relay --nonsense", "unknown option --nonsense"},
    {"wzp-relay -x", "unknown option -x"},
    {"wzp-relay -hV", "unknown option -hV"},
    {"wzp-relay --listen", "--listen needs a value: ADDR:PORT"},
    {"wzp-relay --listen 4433", "--listen takes an address and a port"},
    {"wzp-relay --listen example.org:1", "--listen takes an address"},
    {"wzp-relay --allow-legacy=yes", "--allow-legacy takes no value"},
    {"wzp-relay --max-members 1", "--max-members takes a number from 2"},
    {"wzp-relay --max-members -3", "--max-members takes a number from 2"},
    {"wzp-relay --max-members 9x", "--max-members takes a number from 2"},
    {"wzp-relay --log-level loud", "--log-level is one of"},
    {"wzp-relay extra", "unexpected argument 'extra'"},
    {"wzp-relay -- --listen", "unexpected argument '--listen'"},
};

static size_t count_wrong(void)
{
    return sizeof WRONG / sizeof WRONG[0];
}

static void run_wrong(size_t row)
{
    settings s;
    char why[200] = "";
    assert_false(parse_text(&s, WRONG[row].text, why, sizeof why));
    assert_memory_equal(why, WRONG[row].says, strlen(WRONG[row].says));
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
    for (size_t i = 0; i < N_OPTIONS; i++) {
        char name[40];
        (void)snprintf(name, sizeof name, "--%s", TABLE[i].name);
        assert_int_equal(strstr(text, name) != NULL,
                         TABLE[i].kind != APP_OPTION_ABSENT);
    }
    free(text);
}
