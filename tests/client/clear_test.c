/* SPDX-License-Identifier: MIT */
/* The rules of clear media: every situation of design/secure-media.md 1, and
 * what the application's acceptance does in each.
 */
#include "call/clear.h"

#include "client/fakes.h"

static const struct {
    const char *what;
    bool is_allowed, is_accepted, was_sealed;
    wzp__clear_view view;
    wzp_clear_state state;
    wzp_err why;
    wzp_err accept; /* what accepting now would say */
} ROWS[] = {
    {"nobody", true, true, false, {0}, WZP_CLEAR_OFF, WZP_OK, WZP_OK},
    {"capable only",
     true,
     true,
     true,
     {.n_capable = 2},
     WZP_CLEAR_OFF,
     WZP_OK,
     WZP_ERR_DOWNGRADE},
    {"not allowed",
     false,
     false,
     false,
     {.n_legacy = 1},
     WZP_CLEAR_REFUSED,
     WZP_ERR_LEGACY,
     WZP_ERR_LEGACY},
    {"not allowed, whatever was accepted",
     false,
     true,
     false,
     {.n_legacy = 1},
     WZP_CLEAR_REFUSED,
     WZP_ERR_LEGACY,
     WZP_ERR_LEGACY},
    {"a legacy relay, not allowed",
     false,
     false,
     false,
     {.is_relay_legacy = true},
     WZP_CLEAR_REFUSED,
     WZP_ERR_LEGACY,
     WZP_ERR_LEGACY},
    {"asked",
     true,
     false,
     false,
     {.n_legacy = 1},
     WZP_CLEAR_ASKED,
     WZP_OK,
     WZP_OK},
    {"asked for the relay",
     true,
     false,
     false,
     {.is_relay_legacy = true},
     WZP_CLEAR_ASKED,
     WZP_OK,
     WZP_OK},
    {"on", true, true, false, {.n_legacy = 3}, WZP_CLEAR_ON, WZP_OK, WZP_OK},
    {"on through a legacy relay",
     true,
     true,
     false,
     {.is_relay_legacy = true, .n_legacy = 1},
     WZP_CLEAR_ON,
     WZP_OK,
     WZP_OK},
    {"a capable member is listed",
     true,
     true,
     false,
     {.n_legacy = 1, .n_capable = 1},
     WZP_CLEAR_REFUSED,
     WZP_ERR_DOWNGRADE,
     WZP_ERR_DOWNGRADE},
    {"one was there",
     true,
     true,
     true,
     {.n_legacy = 1},
     WZP_CLEAR_REFUSED,
     WZP_ERR_DOWNGRADE,
     WZP_ERR_DOWNGRADE},
    {"one was there, the relay forgot",
     true,
     true,
     true,
     {.is_relay_legacy = true},
     WZP_CLEAR_REFUSED,
     WZP_ERR_DOWNGRADE,
     WZP_ERR_DOWNGRADE},
    {"a seen identity",
     true,
     true,
     false,
     {.n_legacy = 2, .has_seen = true},
     WZP_CLEAR_REFUSED,
     WZP_ERR_DOWNGRADE,
     WZP_ERR_DOWNGRADE},
};

static size_t row_count(void)
{
    return sizeof ROWS / sizeof ROWS[0];
}

static void run_row(size_t row)
{
    wzp__clear c = {.is_allowed = ROWS[row].is_allowed,
                    .is_accepted = ROWS[row].is_accepted,
                    .was_sealed = ROWS[row].was_sealed};
    const bool is_news = wzp__clear_review(&c, &ROWS[row].view);
    assert_int_equal(c.state, ROWS[row].state);
    assert_int_equal(c.why, ROWS[row].why);
    assert_int_equal(is_news, ROWS[row].state != WZP_CLEAR_OFF);
    assert_false(wzp__clear_review(&c, &ROWS[row].view)); /* said once */
    c.is_accepted = false;
    assert_int_equal(wzp__clear_accept(&c), ROWS[row].accept);
    assert_int_equal(c.is_accepted, ROWS[row].accept == WZP_OK);
}
WZP_ROWS(clear_media_is_as_the_table_of_the_policy_says, row_count, run_row);

WZP_TEST(clear_begins_anew_with_every_membership_but_the_configuration_stays)
{
    wzp__clear c = {
        .is_allowed = true, .is_accepted = true, .was_sealed = true};
    wzp__clear_begin(&c);
    assert_true(c.is_allowed);
    assert_false(c.is_accepted);
    assert_false(c.was_sealed);
    assert_int_equal(c.state, WZP_CLEAR_OFF);
}

WZP_TEST(clear_sentences_say_not_encrypted_where_it_is_or_would_be)
{
    assert_non_null(
        strstr(wzp_clear_sentence(WZP_CLEAR_ON, WZP_OK), "NOT ENCRYPTED"));
    assert_non_null(
        strstr(wzp_clear_sentence(WZP_CLEAR_ASKED, WZP_OK), "NOT ENCRYPTED"));
    assert_string_not_equal(
        wzp_clear_sentence(WZP_CLEAR_REFUSED, WZP_ERR_LEGACY),
        wzp_clear_sentence(WZP_CLEAR_REFUSED, WZP_ERR_DOWNGRADE));
}
