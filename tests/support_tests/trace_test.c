/* SPDX-License-Identifier: MIT */
/* The traces made here are those of the file, value by value, and a link plays
 * them.
 */
#include "support/trace.h"

#include "support/harness.h"
#include "support/link.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static size_t trace_rows(void)
{
    return wzp_trace_count();
}

static const cJSON *trace_in_file(const cJSON *file, const char *name)
{
    const cJSON *t;
    cJSON_ArrayForEach(t, wzp_test_item(file, "traces"))
    {
        if (strcmp(wzp_test_str(t, "name"), name) == 0) {
            return t;
        }
    }
    fail_msg("no trace %s in the file", name);
    return NULL;
}

static void same_as_file(size_t row)
{
    cJSON *file = wzp_test_read_json("traces.json");
    wzp_trace trace;
    assert_true(wzp_trace_make(wzp_trace_name(row), &trace));
    const cJSON *there = trace_in_file(file, trace.name);
    assert_int_equal(cJSON_GetArraySize(wzp_test_item(file, "traces")),
                     wzp_trace_count());

    const cJSON *value = wzp_test_item(there, "delay")->child;
    for (size_t i = 0; i < WZP_TRACE_LEN; i++, value = value->next) {
        const int32_t wanted =
            cJSON_IsNull(value) ? WZP_TRACE_LOST : value->valueint;
        assert_int_equal(trace.delay[i], wanted);
    }
    assert_null(value);
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, wzp_trace_hash(&trace));
    assert_string_equal(hash, wzp_test_str(there, "fnv1a64"));
    cJSON_Delete(file);
}

WZP_ROWS(trace_is_the_one_of_the_file, trace_rows, same_as_file);

/* Sent as the file says, every 20 ms, packets meet what the file says. */
static void played(size_t row)
{
    static wzp_trace trace;
    wzp_link link;
    const uint64_t begin = 777;
    assert_true(wzp_trace_make(wzp_trace_name(row), &trace));
    const wzp_link_cfg cfg = {.trace = &trace, .loss = 1, .seed = 1};
    wzp_link_init(&link, &cfg);
    for (uint64_t i = 0; i < 2 * WZP_TRACE_LEN; i++) {
        const uint64_t now = begin + i * WZP_TRACE_STEP_NS;
        const int32_t wanted = trace.delay[i % WZP_TRACE_LEN];
        uint64_t due[WZP_LINK_COPIES_MAX];
        const int n = wzp_link_send(&link, now, 100, due);
        assert_int_equal(n, wanted == WZP_TRACE_LOST ? 0 : 1);
        if (n == 1 && i < WZP_TRACE_LEN) {
            assert_int_equal(due[0] - now,
                             (uint64_t)wanted * WZP_TRACE_UNIT_NS);
        }
    }
    assert_int_equal(link.stats.delivered + link.stats.lost, 2 * WZP_TRACE_LEN);
}

WZP_ROWS(link_plays_the_trace, trace_rows, played);

WZP_TEST(trace_of_an_unknown_name_is_refused)
{
    wzp_trace trace;
    assert_false(wzp_trace_make("perfect", &trace));
    assert_null(wzp_trace_name(wzp_trace_count()));
}
