/* SPDX-License-Identifier: MIT */
/* The pull reader of JSON: whatever is there is read by its type and written
 * again. What was written is read and written the same, and skipping a value
 * accepts what reading accepts.
 */
#include "libwzp-proto/src/base/json.h"

#include "fuzz/fuzz.h"

typedef struct copy {
    wzp__json in;
    wzp__json_out out;
} copy;

static void put_value(copy *c);

static void put_object(copy *c)
{
    wzp_str key;
    bool is_first = true;
    wzp__json_put_char(&c->out, '{');
    wzp__json_open(&c->in, WZP__JSON_OBJECT);
    while (wzp__json_next_key(&c->in, &key)) {
        if (!is_first) {
            wzp__json_put_char(&c->out, ',');
        }
        is_first = false;
        wzp__json_put_string(&c->out, key);
        wzp__json_put_char(&c->out, ':');
        put_value(c);
    }
    wzp__json_put_char(&c->out, '}');
}

static void put_array(copy *c)
{
    wzp__json_open(&c->in, WZP__JSON_ARRAY);
    const size_t n = wzp__json_count(&c->in);
    size_t seen = 0;
    wzp__json_put_char(&c->out, '[');
    for (; wzp__json_next_element(&c->in); seen++) {
        if (seen > 0) {
            wzp__json_put_char(&c->out, ',');
        }
        put_value(c);
    }
    wzp__json_put_char(&c->out, ']');
    require(c->in.err != WZP_OK || n == seen);
}

/* An integer if it is one, else a float. */
static void put_number(copy *c)
{
    wzp__json whole = c->in;
    const uint64_t v = wzp__json_uint(&whole, UINT64_MAX);
    if (whole.err == WZP_OK) {
        c->in = whole;
        wzp__json_put_uint(&c->out, v);
        return;
    }
    const float f = wzp__json_f32(&c->in);
    if (c->in.err == WZP_OK) {
        wzp__json_put_f32(&c->out, f);
    }
}

static void put_value(copy *c)
{
    require(c->in.depth <= WZP__JSON_DEPTH);
    switch (wzp__json_peek(&c->in)) {
    case WZP__JSON_OBJECT: put_object(c); break;
    case WZP__JSON_ARRAY: put_array(c); break;
    case WZP__JSON_STRING:
        wzp__json_put_string(&c->out, wzp__json_string(&c->in));
        break;
    case WZP__JSON_NUMBER: put_number(c); break;
    case WZP__JSON_BOOL:
        if (wzp__json_bool(&c->in)) {
            wzp__json_put(&c->out, "true", 4);
        } else {
            wzp__json_put(&c->out, "false", 5);
        }
        break;
    case WZP__JSON_NULL:
        require(wzp__json_take_null(&c->in) || c->in.err != WZP_OK);
        wzp__json_put(&c->out, "null", 4);
        break;
    case WZP__JSON_NONE: wzp__json_fail(&c->in, WZP_ERR_JSON); break;
    }
}

/* Reads `text` and writes it to `out`. */
static wzp_err rewrite(const char *text, size_t len, char *out, size_t cap,
                       size_t *out_len)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_arena *arena;
    require(wzp_arena_new(&arena, &mem, 1 << 20) == WZP_OK);
    copy c = {.in = wzp__json_init(text, len, arena),
              .out = {.buf = out, .cap = cap}};
    put_value(&c);
    wzp_err e = wzp__json_end(&c.in);
    if (e == WZP_OK) {
        e = c.out.err;
        require(e == WZP_OK && c.out.len <= cap);
    }
    *out_len = c.out.len;
    wzp_arena_free(arena);
    return e;
}

static bool can_skip(const char *text, size_t len)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_arena *arena;
    require(wzp_arena_new(&arena, &mem, 1 << 20) == WZP_OK);
    wzp__json j = wzp__json_init(text, len, arena);
    wzp__json_skip(&j);
    const bool ok = wzp__json_end(&j) == WZP_OK;
    wzp_arena_free(arena);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MAX = 4096, ROOM = 64 * MAX };
    static char first[ROOM];
    static char second[ROOM];
    size_t len;
    size_t again;
    if (size > MAX) {
        return 0;
    }
    const wzp_err e = rewrite((const char *)data, size, first, ROOM, &len);
    if (e != WZP_OK) {
        REQUIRE_ONE_OF(e, WZP_ERR_JSON, WZP_ERR_UTF8, WZP_ERR_FIELD);
        return 0;
    }
    require(can_skip((const char *)data, size));
    require(rewrite(first, len, second, ROOM, &again) == WZP_OK);
    require(len == again && memcmp(first, second, len) == 0);
    return 0;
}
