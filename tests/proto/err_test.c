/* SPDX-License-Identifier: MIT */
/* The table of errors: every value once, with class, text and name. */
#include "support/harness.h"

#include <wzp/proto/err.h>

#include <string.h>

static const struct {
    wzp_err value;
    const char *name;
    const char *text;
} ERRORS[] = {
#define ROW(name, value, cls, text) {(value), "WZP_" #name, text},
    WZP_ERR_TABLE(ROW)
#undef ROW
};

static size_t count_errors(void)
{
    return sizeof ERRORS / sizeof ERRORS[0];
}

static void run_error(size_t row)
{
    const wzp_err e = ERRORS[row].value;
    assert_string_equal(wzp_err_name(e), ERRORS[row].name);
    assert_string_equal(wzp_strerror(e), ERRORS[row].text);
    assert_int_equal(wzp_err_class(e) == WZP_CLASS_OK, e == WZP_OK);
    assert_true(e <= 0);
    for (size_t i = 0; i < row; i++) {
        assert_int_not_equal(e, ERRORS[i].value);
        assert_string_not_equal(ERRORS[row].text, ERRORS[i].text);
    }
}
WZP_ROWS(error_has_its_own_value_name_and_text, count_errors, run_error);

WZP_TEST(error_that_is_none_of_ours_is_a_bug)
{
    assert_int_equal(wzp_err_class(-9999), WZP_CLASS_BUG);
    assert_int_equal(wzp_err_class(1), WZP_CLASS_BUG);
    assert_non_null(wzp_strerror(-9999));
    assert_non_null(wzp_err_name(-9999));
    assert_int_equal(wzp_err_class(WZP_ERR_BLOCKED), WZP_CLASS_TRANSIENT);
    assert_int_equal(wzp_err_class(WZP_ERR_TAG), WZP_CLASS_PEER);
    assert_int_equal(wzp_err_class(WZP_ERR_CONFIG), WZP_CLASS_LOCAL);
}
