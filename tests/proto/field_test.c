/* SPDX-License-Identifier: MIT */
/* The reader of tables, on a table of its own: rules of absence, duplicate and
 * unknown keys.
 */
#include "signal/field.h"

#include "round_trip.h"

typedef struct thing {
    wzp_str required;
    wzp_str nullable;
    wzp_str omitted;
    uint32_t number;
    wzp_u16_list list;
    uint8_t id[2];
} thing;

static const wzp__field THING[] = {
    WZP__FIELD(thing, required, STR, REQUIRED),
    WZP__FIELD(thing, nullable, STR, NULLABLE),
    WZP__FIELD(thing, omitted, STR, OMIT),
    WZP__FIELD(thing, number, U32, DEFAULT),
    WZP__FIELD(thing, list, U16_LIST, OMIT),
    WZP__FIELD_AS(thing, b64, id, B64_ARRAY, DEFAULT, .len = 2),
};
static const wzp__shape SHAPE = WZP__SHAPE(thing, THING);

static wzp_err read_thing(const char *json, thing *out)
{
    wzp__json j = wzp__json_init(json, strlen(json), arena());
    memset(out, 0, sizeof *out);
    wzp__fields_decode(&j, &SHAPE, out);
    return wzp__json_end(&j);
}

static const struct {
    const char *json;
    wzp_err e;
} ROWS[] = {
    {"{\"required\":\"\"}", WZP_OK},
    {"{}", WZP_ERR_FIELD},
    {"{\"required\":null}", WZP_ERR_FIELD},
    {"{\"required\":1}", WZP_ERR_FIELD},
    {"{\"required\":\"\",\"nullable\":null,\"omitted\":null}", WZP_OK},
    {"{\"required\":\"\",\"number\":null}", WZP_ERR_FIELD},
    {"{\"required\":\"\",\"list\":null}", WZP_ERR_FIELD},
    {"{\"required\":\"\",\"list\":[]}", WZP_OK},
    {"{\"required\":\"\",\"list\":[1,2,65535]}", WZP_OK},
    {"{\"required\":\"\",\"list\":[1,65536]}", WZP_ERR_FIELD},
    {"{\"required\":\"\",\"list\":[1,[]]}", WZP_ERR_FIELD},
    {"{\"required\":\"\",\"list\":[1,2}", WZP_ERR_JSON},
    {"{\"required\":\"\",\"list\":[1 2]}", WZP_ERR_JSON},
    {"{\"required\":\"\",\"required\":\"\"}", WZP_ERR_JSON},
    {"{\"required\":\"\",\"unknown\":1,\"unknown\":2}", WZP_OK},
    {"{\"required\":\"\",\"unknown\":[{\"a\":[{}]},tru]}", WZP_ERR_JSON},
    {"{\"required\":\"\",\"requir\\u0065d\":\"\"}", WZP_ERR_JSON},
    {"{\"required\":\"\",\"b64\":\"__8\"}", WZP_OK},
    {"{\"required\":\"\",\"b64\":\"_w\"}", WZP_ERR_FIELD},
    {"{\"required\":\"\",\"b64\":\"!!\"}", WZP_ERR_B64},
    {"[\"\"]", WZP_ERR_FIELD},
    {"{\"required\":\"\"}}", WZP_ERR_JSON},
    {"{\"required\" \"\"}", WZP_ERR_JSON},
    {"{required:\"\"}", WZP_ERR_JSON},
};

static size_t count_rows(void)
{
    return sizeof ROWS / sizeof ROWS[0];
}

static void run_row(size_t row)
{
    thing t;
    assert_int_equal(read_thing(ROWS[row].json, &t), ROWS[row].e);
}
WZP_ROWS(object_is_read_by_its_table, count_rows, run_row);

WZP_TEST(unknown_values_are_skipped_at_140_levels)
{
    char json[1024] = "{\"deep\":";
    size_t len = strlen(json);
    memset(json + len, '[', 140);
    memset(json + len + 140, ']', 140);
    memcpy(json + len + 280, ",\"required\":\"x\"}", 17);
    thing t;
    assert_int_equal(read_thing(json, &t), WZP_OK);
    assert_text(t.required, "x");
}
