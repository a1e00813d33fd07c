/* SPDX-License-Identifier: MIT */
/* Writing a message by its table (field.h). */
#include "signal/caps.h"
#include "signal/field.h"

#include <wzp/proto/b64.h>

#include <string.h>

/* The value at a field's place, read as what it is. */
#define LOAD(type, name)                                                       \
    type name;                                                                 \
    memcpy(&name, at, sizeof name)

static void put_key(wzp__json_out *o, const char *name)
{
    wzp__json_put_char(o, '"');
    wzp__json_put(o, name, strlen(name)); /* ours: nothing to escape */
    wzp__json_put(o, "\":", 2);
}

static void put_comma(wzp__json_out *o, size_t i)
{
    if (i != 0) {
        wzp__json_put_char(o, ',');
    }
}

static void put_numbers(wzp__json_out *o, const uint8_t *v, size_t n)
{
    wzp__json_put_char(o, '[');
    for (size_t i = 0; i < n; i++) {
        put_comma(o, i);
        wzp__json_put_uint(o, v[i]);
    }
    wzp__json_put_char(o, ']');
}

/* In pieces of whole groups, so that no buffer is needed. */
static void put_b64(wzp__json_out *o, const uint8_t *v, size_t n)
{
    enum { PIECE = 48 };
    char text[PIECE / 3 * 4];
    wzp__json_put_char(o, '"');
    for (size_t i = 0; i < n; i += PIECE) {
        const size_t piece = (n - i < PIECE) ? n - i : PIECE;
        wzp__json_put(o, text, wzp_b64_encode(v + i, piece, text, sizeof text));
    }
    wzp__json_put_char(o, '"');
}

static void put_enum(wzp__json_out *o, const wzp__field *f, unsigned v)
{
    const char *name = f->name_of(v);
    if (name == NULL) {
        o->err = WZP_ERR_ARG;
        return;
    }
    wzp__json_put_string(o, (wzp_str){name, strlen(name)});
}

static void put_str_list(wzp__json_out *o, wzp_str_list list)
{
    wzp__json_put_char(o, '[');
    for (size_t i = 0; i < list.n; i++) {
        put_comma(o, i);
        wzp__json_put_string(o, list.v[i]);
    }
    wzp__json_put_char(o, ']');
}

static void put_u16_list(wzp__json_out *o, wzp_u16_list list)
{
    wzp__json_put_char(o, '[');
    for (size_t i = 0; i < list.n; i++) {
        put_comma(o, i);
        wzp__json_put_uint(o, list.v[i]);
    }
    wzp__json_put_char(o, ']');
}

static void put_b64_list(wzp__json_out *o, wzp_bytes_list list)
{
    wzp__json_put_char(o, '[');
    for (size_t i = 0; i < list.n; i++) {
        put_comma(o, i);
        put_b64(o, list.v[i].ptr, list.v[i].len);
    }
    wzp__json_put_char(o, ']');
}

static void put_struct_list(wzp__json_out *o, const wzp__shape *shape,
                            wzp_str_list list, unsigned depth)
{
    const uint8_t *v = (const uint8_t *)list.v;
    wzp__json_put_char(o, '[');
    for (size_t i = 0; i < list.n; i++) {
        put_comma(o, i);
        wzp__fields_encode(o, shape, v + i * shape->size, depth);
    }
    wzp__json_put_char(o, ']');
}

static void put_bytes_checked(wzp__json_out *o, const wzp__field *f,
                              wzp_bytes v)
{
    if (f->len != 0 && v.len != f->len) {
        o->err = WZP_ERR_ARG;
    } else if (f->type == WZP__F_B64) {
        put_b64(o, v.ptr, v.len);
    } else {
        put_numbers(o, v.ptr, v.len);
    }
}

static void put_value(wzp__json_out *o, const wzp__field *f,
                      const uint8_t *base, unsigned depth)
{
    const uint8_t *at = base + f->at;
    switch (f->type) {
    case WZP__F_STR: {
        LOAD(wzp_str, v);
        wzp__json_put_string(o, v);
        break;
    }
    case WZP__F_BOOL: {
        LOAD(bool, v);
        wzp__json_put(o, v ? "true" : "false", v ? 4 : 5);
        break;
    }
    case WZP__F_U8: wzp__json_put_uint(o, *at); break;
    case WZP__F_U16: {
        LOAD(uint16_t, v);
        wzp__json_put_uint(o, v);
        break;
    }
    case WZP__F_U32: {
        LOAD(uint32_t, v);
        wzp__json_put_uint(o, v);
        break;
    }
    case WZP__F_U64: {
        LOAD(uint64_t, v);
        wzp__json_put_uint(o, v);
        break;
    }
    case WZP__F_F32: {
        LOAD(float, v);
        wzp__json_put_f32(o, v);
        break;
    }
    case WZP__F_OPT_U32: {
        LOAD(wzp_opt_u32, v);
        wzp__json_put_uint(o, v.v);
        break;
    }
    case WZP__F_OPT_F32: {
        LOAD(wzp_opt_f32, v);
        wzp__json_put_f32(o, v.v);
        break;
    }
    case WZP__F_ENUM: {
        LOAD(unsigned, v);
        put_enum(o, f, v);
        break;
    }
    case WZP__F_KEY: put_numbers(o, at, WZP_KEY_LEN); break;
    case WZP__F_NUMBERS:
    case WZP__F_B64: {
        LOAD(wzp_bytes, v);
        put_bytes_checked(o, f, v);
        break;
    }
    case WZP__F_B64_ARRAY: put_b64(o, at, f->len); break;
    case WZP__F_STRUCT:
    case WZP__F_OPT_STRUCT: wzp__fields_encode(o, f->shape, at, depth); break;
    case WZP__F_STR_LIST: {
        LOAD(wzp_str_list, v);
        put_str_list(o, v);
        break;
    }
    case WZP__F_U16_LIST: {
        LOAD(wzp_u16_list, v);
        put_u16_list(o, v);
        break;
    }
    case WZP__F_B64_LIST: {
        LOAD(wzp_bytes_list, v);
        put_b64_list(o, v);
        break;
    }
    case WZP__F_STRUCT_LIST: {
        LOAD(wzp_str_list, v);
        put_struct_list(o, f->shape, v, depth);
        break;
    }
    case WZP__F_CAPS: {
        LOAD(uint32_t, v);
        wzp__caps_encode(o, v);
        break;
    }
    case WZP__F_SIGNAL: {
        LOAD(const wzp_signal *, v);
        wzp__signal_encode_value(o, v, depth + 1);
        break;
    }
    }
}

/* There is nothing to write: an absent text, an empty list, an option unset. */
static bool is_absent(const wzp__field *f, const uint8_t *base)
{
    const uint8_t *at = base + f->at;
    switch (f->type) {
    case WZP__F_STR:
    case WZP__F_NUMBERS:
    case WZP__F_B64: {
        LOAD(wzp_str, v);
        return v.ptr == NULL;
    }
    case WZP__F_STR_LIST:
    case WZP__F_U16_LIST:
    case WZP__F_B64_LIST:
    case WZP__F_STRUCT_LIST: {
        LOAD(wzp_str_list, v);
        return v.n == 0;
    }
    case WZP__F_OPT_U32: {
        LOAD(wzp_opt_u32, v);
        return !v.has;
    }
    case WZP__F_OPT_F32: {
        LOAD(wzp_opt_f32, v);
        return !v.has;
    }
    case WZP__F_OPT_STRUCT: return !*(const bool *)(base + f->has);
    case WZP__F_CAPS: {
        LOAD(uint32_t, v);
        return v == 0;
    }
    default: return false;
    }
}

void wzp__fields_encode(wzp__json_out *o, const wzp__shape *shape,
                        const void *in, unsigned depth)
{
    size_t written = 0;
    wzp__json_put_char(o, '{');
    for (size_t i = 0; i < shape->n; i++) {
        const wzp__field *f = &shape->fields[i];
        const bool optional = f->rule == WZP__OMIT || f->rule == WZP__NULLABLE;
        const bool absent = optional && is_absent(f, in);
        if (absent && f->rule == WZP__OMIT) {
            continue;
        }
        put_comma(o, written++);
        put_key(o, f->name);
        if (absent) {
            wzp__json_put(o, "null", 4);
        } else {
            put_value(o, f, in, depth);
        }
    }
    wzp__json_put_char(o, '}');
}
