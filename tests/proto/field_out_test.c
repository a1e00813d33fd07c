/* SPDX-License-Identifier: MIT */
/* The writer of tables, on a table of its own: what is written when there is
 * nothing, and what is refused.
 */
#include "round_trip.h"
#include "signal/field.h"

typedef struct thing {
    wzp_str required;
    wzp_str nullable;
    wzp_str omitted;
    bool flag;
    wzp_str_list list;
    wzp_bytes bytes;
    wzp_opt_f32 ratio;
} thing;

static const wzp__field THING[] = {
    WZP__FIELD(thing, required, STR, REQUIRED),
    WZP__FIELD(thing, nullable, STR, NULLABLE),
    WZP__FIELD(thing, omitted, STR, OMIT),
    WZP__FIELD(thing, flag, BOOL, DEFAULT),
    WZP__FIELD(thing, list, STR_LIST, OMIT),
    WZP__FIELD(thing, bytes, B64, OMIT, .len = 3),
    WZP__FIELD(thing, ratio, OPT_F32, OMIT),
};
static const wzp__shape SHAPE = WZP__SHAPE(thing, THING);

static wzp_err write_thing(const thing *t, const char *wanted)
{
    char text[512];
    wzp__json_out o = {.buf = text, .cap = sizeof text};
    wzp__fields_encode(&o, &SHAPE, t, 0);
    if (o.err == WZP_OK) {
        assert_text((wzp_str){text, o.len}, wanted);
    }
    return o.err;
}

WZP_TEST(empty_object_has_what_its_rules_demand)
{
    const thing t = {.flag = false};
    assert_int_equal(
        write_thing(&t, "{\"required\":\"\",\"nullable\":null,\"flag\":false}"),
        WZP_OK);
}

WZP_TEST(full_object_is_written_in_order)
{
    const wzp_str list[] = {WZP_STR("a"), WZP_STR("")};
    const thing t = {
        .required = WZP_STR("r"),
        .nullable = WZP_STR(""),
        .omitted = WZP_STR(""),
        .flag = true,
        .list = {list, 2},
        .bytes = {(const uint8_t *)"\xFF\xEF\x01", 3},
        .ratio = {true, 0.5f},
    };
    assert_int_equal(
        write_thing(&t, "{\"required\":\"r\",\"nullable\":\"\",\"omitted\":"
                        "\"\",\"flag\":true,\"list\":[\"a\",\"\"],\"bytes\":"
                        "\"_-8B\",\"ratio\":0.5}"),
        WZP_OK);
}

WZP_TEST(object_with_wrong_bytes_or_text_is_refused)
{
    thing t = {.bytes = {(const uint8_t *)"ab", 2}};
    assert_int_equal(write_thing(&t, ""), WZP_ERR_ARG);
    t = (thing){.required = WZP_STR("\xFF")};
    assert_int_equal(write_thing(&t, ""), WZP_ERR_ARG);
}

WZP_TEST(object_longer_than_its_buffer_is_an_error)
{
    const thing t = {.required = WZP_STR("0123456789")};
    char text[16];
    wzp__json_out o = {.buf = text, .cap = sizeof text};
    wzp__fields_encode(&o, &SHAPE, &t, 0);
    assert_int_equal(o.err, WZP_ERR_SPACE);
}
