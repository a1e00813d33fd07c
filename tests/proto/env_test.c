/* SPDX-License-Identifier: MIT */
/* Memory, bounded random numbers, log events. */
#include "memory.h"
#include "support/harness.h"

#include <stdio.h>
#include <string.h>

WZP_TEST(memory_is_zeroed_and_counted)
{
    test_memory m = {0};
    const wzp_mem mem = test_memory_mem(&m);
    uint8_t *p = wzp_mem_new(&mem, 16);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(p[i], 0);
    }
    p = wzp_mem_resize(&mem, p, 16, 32);
    assert_int_equal(m.held, 32);
    wzp_mem_free(&mem, p, 32);
    wzp_mem_free(&mem, NULL, 5);
    assert_int_equal(m.held, 0);
}

WZP_TEST(memory_of_an_array_checks_the_product)
{
    const wzp_mem mem = wzp_mem_default();
    assert_null(wzp_mem_array(&mem, SIZE_MAX / 2, 3));
    void *p = wzp_mem_array(&mem, 4, 8);
    assert_non_null(p);
    wzp_mem_free(&mem, p, 32);
    p = wzp_mem_new(&mem, 0);
    assert_non_null(p);
    wzp_mem_free(&mem, p, 1);
}

/* A source that counts up from a start. */
static void fill_counting(void *user, uint8_t *out, size_t len)
{
    uint32_t *next = user;
    assert_int_equal(len, sizeof *next);
    memcpy(out, next, sizeof *next);
    ++*next;
}

WZP_TEST(random_number_below_a_bound_is_unbiased)
{
    /* 2^32 mod 3 = 1: the value 0 is thrown away, 1, 2, 3 give 1, 2, 0. */
    uint32_t next = 0;
    const wzp_rng rng = {.fill = fill_counting, .user = &next};
    assert_int_equal(wzp_rng_below(&rng, 3), 1);
    assert_int_equal(wzp_rng_below(&rng, 3), 2);
    assert_int_equal(wzp_rng_below(&rng, 3), 0);
    assert_int_equal(next, 4);
    assert_int_equal(wzp_rng_below(&rng, 1), 0);
}

typedef struct seen {
    unsigned n;
    char fields[600];
    wzp_log_level level;
} seen;

static void note(void *user, wzp_log_level level, const char *subsystem,
                 const char *event, const char *fields)
{
    seen *s = user;
    assert_string_equal(subsystem, "test");
    assert_string_equal(event, "test.event");
    s->n++;
    s->level = level;
    snprintf(s->fields, sizeof s->fields, "%s", fields);
}

WZP_TEST(log_event_is_formatted_up_to_its_level)
{
    seen s = {0};
    const wzp_log log = {.write = note, .user = &s, .level = WZP_LOG_INFO};
    WZP_LOG(&log, WZP_LOG_INFO, "test", "test.event", "id=%d name=%s", 7, "x");
    assert_int_equal(s.n, 1);
    assert_string_equal(s.fields, "id=7 name=x");
    WZP_LOG(&log, WZP_LOG_DEBUG, "test", "test.event", "id=%d", 8);
    assert_int_equal(s.n, 1);
    char big[700];
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    WZP_LOG(&log, WZP_LOG_ERROR, "test", "test.event", "%s", big);
    assert_int_equal(strlen(s.fields), 511);
    const wzp_log none = wzp_log_none();
    WZP_LOG(&none, WZP_LOG_ERROR, "test", "test.event", "x=1%s", "");
    wzp_log_event(&none, WZP_LOG_ERROR, "test", "test.event", "x=1%s", "");
}

WZP_TEST(log_levels_have_names)
{
    static const wzp_log_level levels[] = {
        WZP_LOG_ERROR, WZP_LOG_WARN, WZP_LOG_INFO, WZP_LOG_DEBUG, WZP_LOG_OFF};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        wzp_log_level back;
        assert_int_equal(
            wzp_log_level_parse(wzp_log_level_name(levels[i]), &back), WZP_OK);
        assert_int_equal(back, levels[i]);
    }
    wzp_log_level level;
    assert_int_equal(wzp_log_level_parse("loud", &level), WZP_ERR_CONFIG);
    assert_null(wzp_log_level_name((wzp_log_level)9));
}
