/* SPDX-License-Identifier: MIT */
/* tests/support/report: the demo's verdict. One good call, and for each thing
 * that makes a call bad a row that the verdict must notice. Reading of the
 * statistics files is tested here too; listening is tests/bench/.
 */
#include "support/harness.h"
#include "support/report/call.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static wzp_report good_call(void)
{
    const wzp_report_way way = {.sent = 1000,
                                .received = 900,
                                .lost = 100,
                                .rebuilt = 60,
                                .concealed = 40,
                                .stoi = 0.95,
                                .delay_ms = 140,
                                .wire_kbps = 60};
    return (wzp_report){.a_to_b = way,
                        .b_to_a = way,
                        .words_a = "one two",
                        .words_b = "one two",
                        .words_equal = true,
                        .clear = {.frames = 500, .found = 500, .items = 1000},
                        .sealed = {.frames = 2000, .found = 0, .items = 4000}};
}

WZP_TEST(report_of_a_good_call_is_ok)
{
    wzp_report r = good_call();
    wzp_report_judge(&r);
    assert_true(r.ok);
    assert_string_equal(r.why, "");
}

static void no_words(wzp_report *r)
{
    r->words_equal = false;
}
static void nothing_sent(wzp_report *r)
{
    r->a_to_b.sent = 0;
}
static void nothing_received(wzp_report *r)
{
    r->b_to_a.received = 0;
}
static void bad_stoi(wzp_report *r)
{
    r->a_to_b.stoi = 0.79;
}
static void no_stoi(wzp_report *r)
{
    r->b_to_a.stoi = (double)NAN;
}
static void late(wzp_report *r)
{
    r->b_to_a.delay_ms = 601;
}
static void too_early(wzp_report *r)
{
    r->a_to_b.delay_ms = -3;
}
static void no_delay(wzp_report *r)
{
    r->a_to_b.delay_ms = (double)NAN;
}
static void deaf_ear(wzp_report *r)
{
    r->clear.found = 0;
}
static void heard(wzp_report *r)
{
    r->sealed.found = 1;
}
static void no_frames(wzp_report *r)
{
    r->sealed.frames = 0;
}
static void nothing_kept(wzp_report *r)
{
    r->sealed.items = 0;
}

static const struct bad_row {
    void (*spoil)(wzp_report *r);
    const char *says;
} BAD[] = {
    {no_words, "check words"},        {nothing_sent, "A to B: nothing"},
    {nothing_received, "B to A:"},    {bad_stoi, "A to B: STOI 0.790"},
    {no_stoi, "B to A: STOI"},        {late, "B to A: a delay of 601"},
    {too_early, "A to B: a delay"},   {no_delay, "A to B: a delay"},
    {deaf_ear, "clear frames"},       {heard, "could hear 1 frames"},
    {no_frames, "nothing to search"}, {nothing_kept, "nothing to search"},
};

static size_t bad_count(void)
{
    return sizeof BAD / sizeof BAD[0];
}

static void bad_run(size_t row)
{
    wzp_report r = good_call();
    BAD[row].spoil(&r);
    wzp_report_judge(&r);
    assert_false(r.ok);
    assert_non_null(strstr(r.why, BAD[row].says));
}
WZP_ROWS(report_notices, bad_count, bad_run);

WZP_TEST(report_with_everything_wrong_does_not_overflow)
{
    wzp_report r = {0};
    for (int i = 0; i < 100; i++) {
        wzp_report_complain(&r, "complaint number %d", i);
    }
    assert_in_range(strlen(r.why), 1, sizeof r.why - 1);
}

/* --- statistics files --- */

static bool read_stats(const char *text, wzp_report_stats *out)
{
    char path[] = "/tmp/wzp-report-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *f = fdopen(fd, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    bool ok = wzp_report_stats_read(path, out);
    assert_int_equal(remove(path), 0);
    return ok;
}

#define LINE(state, keyed, now, sent, bytes, packets)                          \
    "{\"state\":\"" state "\",\"members_keyed\":" #keyed ",\"now\":" #now      \
    ",\"packets_sent\":" #sent ",\"tx_bytes\":" #bytes                         \
    ",\"tx_packets\":" #packets ",\"rebuilt_lbrr\":2,"                         \
    "\"rebuilt_dred\":3}\n"

WZP_TEST(report_rate_counts_headers_and_only_the_time_of_talking)
{
    wzp_report_stats s;
    assert_true(
        read_stats(LINE("joined", 0, 1000000000, 0, 90000, 500)
                       LINE("joined", 1, 2000000000, 50, 100000, 600)
                           LINE("joined", 1, 4000000000, 150, 112000, 700)
                               LINE("idle", 0, 9000000000, 160, 900000, 800),
                   &s));
    /* 12,000 bytes and 100 packets of 28 more in 2 s */
    assert_true(fabs(s.wire_kbps - 59.2) < 1e-9);
    assert_true(fabs(s.sent - 160) < 1e-9);
    assert_true(fabs(s.rebuilt - 5) < 1e-9);
}

#define AUDIO_LINE(now, ticks)                                                 \
    "{\"state\":\"joined\",\"members_keyed\":1,\"packets_sent\":1,"            \
    "\"capture_start\":1000000000,\"playout_start\":1010000000,\"now\":" #now  \
    ",\"ticks_skipped\":" #ticks "}\n"

WZP_TEST(report_moves_the_time_base_by_the_audio_a_client_skipped)
{
    wzp_report_stats s;
    assert_true(read_stats(AUDIO_LINE(1510000000, 0) AUDIO_LINE(2660000000, 15)
                               AUDIO_LINE(3665000000, 15),
                           &s));
    assert_in_range((int)s.skipped_ms, 149, 151);
    assert_in_range((int)(s.capture_start / 1e6), 1149, 1151);
    assert_in_range((int)(s.playout_start / 1e6), 1159, 1161);
}

WZP_TEST(report_leaves_the_time_base_where_nothing_was_skipped)
{
    wzp_report_stats s;
    assert_true(
        read_stats(AUDIO_LINE(1501000000, 0) AUDIO_LINE(2519000000, 0), &s));
    assert_true(s.skipped_ms < 1e-9);
    assert_true(fabs(s.capture_start - 1e9) < 1e-3);
}

WZP_TEST(report_of_a_client_that_never_talked_has_no_figures)
{
    wzp_report_stats s;
    assert_false(read_stats("", &s));
    assert_false(read_stats(LINE("joined", 0, 1, 0, 0, 0), &s));
    assert_false(wzp_report_stats_read("/nonexistent/a.jsonl", &s));
}

WZP_TEST(report_ignores_a_line_cut_off_by_the_end_of_a_client)
{
    wzp_report_stats s;
    assert_true(
        read_stats(LINE("joined", 1, 1, 5, 0, 0) "{\"state\":\"joi", &s));
    assert_true(fabs(s.sent - 5) < 1e-9);
}
