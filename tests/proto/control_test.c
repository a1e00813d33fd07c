/* SPDX-License-Identifier: MIT */
/* Control frames: vectors, must-fail rows, cuts. */
#include "vectors.h"

#include <wzp/proto/control.h>

#include <stdlib.h>

static size_t count_controls(void)
{
    return rows_in(secure_vectors("control"));
}

static void assert_report(const wzp_receiver_report *r, const cJSON *v)
{
    assert_int_equal(r->sid, wzp_test_num(v, "sid"));
    assert_int_equal(r->highest_seq, wzp_test_num(v, "highest_seq"));
    assert_int_equal(r->expected, wzp_test_num(v, "expected"));
    assert_int_equal(r->lost, wzp_test_num(v, "lost"));
    assert_int_equal(r->late, wzp_test_num(v, "late"));
    assert_int_equal(r->jitter_ms, wzp_test_num(v, "jitter_ms"));
    assert_int_equal(r->playout_delay_ms, wzp_test_num(v, "playout_delay_ms"));
    assert_int_equal(r->rate_kbps, wzp_test_num(v, "rate_kbit_s"));
    assert_int_equal(r->gradient_us_s, (int)wzp_test_num(v, "gradient_us_s"));
    assert_int_equal(r->loss_after_permille,
                     wzp_test_num(v, "loss_after_permille"));
}

static void run_control(size_t row)
{
    const cJSON *v = row_in(secure_vectors("control"), row);
    uint8_t data[256];
    size_t len;
    wzp_test_hex_of(v, "plaintext", data, sizeof data, &len);
    wzp_control_item items[WZP_CONTROL_ITEMS_MAX];
    size_t n;
    assert_int_equal(wzp_control_decode(data, len, items, &n), WZP_OK);
    const cJSON *wanted = wzp_test_item(v, "items");
    assert_int_equal(n, rows_in(wanted));
    for (size_t i = 0; i < n; i++) {
        const cJSON *w = row_in(wanted, i);
        assert_int_equal(items[i].type, cJSON_GetArrayItem(w, 0)->valuedouble);
        /* Written alone it is type, length, and the value of the vector. */
        uint8_t out[64];
        size_t out_len;
        assert_int_equal(
            wzp_control_encode(&items[i], 1, out, sizeof out, &out_len),
            WZP_OK);
        WZP_ASSERT_HEX(out + 2, out_len - 2,
                       cJSON_GetArrayItem(w, 1)->valuestring);
        assert_int_equal(out[1], out_len - 2);
        if (items[i].type == WZP_CONTROL_REPORT) {
            assert_report(&items[i].u.report, wzp_test_item(v, "report"));
        }
    }
}
WZP_ROWS(control_of_the_vectors, count_controls, run_control);

static size_t count_must_fail(void)
{
    return must_fail_rows("control");
}

static void run_must_fail(size_t row)
{
    uint8_t data[256];
    size_t len;
    wzp_test_hex_of(must_fail_row("control", row), "plaintext", data,
                    sizeof data, &len);
    wzp_control_item items[WZP_CONTROL_ITEMS_MAX];
    size_t n;
    assert_int_equal(wzp_control_decode(data, len, items, &n), WZP_ERR_CONTROL);
}
WZP_ROWS(control_that_must_fail, count_must_fail, run_must_fail);

WZP_TEST(control_cut_at_any_length_is_refused_or_ends_between_items)
{
    const wzp_control_item items[] = {
        {.type = WZP_CONTROL_KEEPALIVE},
        {.type = WZP_CONTROL_REPORT, .u.report = {.gradient_us_s = -32768}},
        {.type = WZP_CONTROL_MUTE, .u.is_on = true},
        {.type = WZP_CONTROL_HOLD, .u.is_on = false},
    };
    uint8_t data[64];
    size_t len;
    assert_int_equal(wzp_control_encode(items, 4, data, sizeof data, &len),
                     WZP_OK);
    assert_int_equal(len, 2 + 24 + 3 + 3);
    for (size_t cut = 0; cut <= len; cut++) {
        uint8_t *copy = malloc(cut + 1);
        memcpy(copy, data, cut);
        wzp_control_item read[WZP_CONTROL_ITEMS_MAX];
        size_t n = 99;
        const bool whole =
            cut == 0 || cut == 2 || cut == 26 || cut == 29 || cut == 32;
        assert_int_equal(wzp_control_decode(copy, cut, read, &n),
                         whole ? WZP_OK : WZP_ERR_CONTROL);
        if (cut == len) {
            assert_int_equal(n, 4);
            assert_int_equal(read[1].u.report.gradient_us_s, -32768);
            assert_true(read[2].u.is_on);
            assert_false(read[3].u.is_on);
        }
        free(copy);
    }
}

WZP_TEST(control_takes_64_items_and_no_more)
{
    uint8_t data[2 * (WZP_CONTROL_ITEMS_MAX + 1)];
    for (size_t i = 0; i < sizeof data; i += 2) {
        data[i] = WZP_CONTROL_KEEPALIVE;
        data[i + 1] = 0;
    }
    wzp_control_item items[WZP_CONTROL_ITEMS_MAX];
    size_t n;
    assert_int_equal(wzp_control_decode(data, sizeof data - 2, items, &n),
                     WZP_OK);
    assert_int_equal(n, WZP_CONTROL_ITEMS_MAX);
    assert_int_equal(wzp_control_decode(data, sizeof data, items, &n),
                     WZP_ERR_CONTROL);
}

WZP_TEST(control_of_an_unknown_type_or_without_room_is_not_written)
{
    const wzp_control_item odd = {.type = (wzp_control_type)9};
    const wzp_control_item mute = {.type = WZP_CONTROL_MUTE};
    uint8_t out[2];
    size_t len;
    assert_int_equal(wzp_control_encode(&odd, 1, out, sizeof out, &len),
                     WZP_ERR_ARG);
    assert_int_equal(wzp_control_encode(&mute, 1, out, sizeof out, &len),
                     WZP_ERR_SPACE);
}
