/* SPDX-License-Identifier: MIT */
/* Reading a message by its table (field.h). Writing is in field_out.c,
 * capabilities are in caps.c.
 */
#include "signal/field.h"

#include "signal/caps.h"

#include <wzp/proto/b64.h>

#include <string.h>

/* --- arrays --- */

/* Open an array and make room for all its elements; NULL on error. */
static void *open_array(wzp__json *j, size_t size, size_t *n)
{
    wzp__json_open(j, WZP__JSON_ARRAY);
    *n = wzp__json_count(j);
    if (j->err != WZP_OK) {
        return NULL;
    }
    void *v = wzp_arena_alloc(j->arena, *n * size);
    if (v == NULL) {
        wzp__json_fail(j, WZP_ERR_NOMEM);
    }
    return v;
}

static wzp_str_list read_str_list(wzp__json *j)
{
    size_t n;
    wzp_str *v = open_array(j, sizeof *v, &n);
    for (size_t i = 0; wzp__json_next_element(j); i++) {
        v[i] = wzp__json_string(j);
    }
    return (wzp_str_list){v, n};
}

static wzp_u16_list read_u16_list(wzp__json *j)
{
    size_t n;
    uint16_t *v = open_array(j, sizeof *v, &n);
    for (size_t i = 0; wzp__json_next_element(j); i++) {
        v[i] = (uint16_t)wzp__json_uint(j, UINT16_MAX);
    }
    return (wzp_u16_list){v, n};
}

static wzp_bytes read_numbers(wzp__json *j, size_t len)
{
    size_t n;
    uint8_t *v = open_array(j, sizeof *v, &n);
    for (size_t i = 0; wzp__json_next_element(j); i++) {
        v[i] = (uint8_t)wzp__json_uint(j, UINT8_MAX);
    }
    if (len != 0 && n != len) {
        wzp__json_fail(j, WZP_ERR_FIELD);
    }
    return (wzp_bytes){v, n};
}

static void read_key(wzp__json *j, uint8_t out[WZP_KEY_LEN])
{
    const wzp_bytes key = read_numbers(j, WZP_KEY_LEN);
    if (j->err == WZP_OK) {
        memcpy(out, key.ptr, WZP_KEY_LEN);
    }
}

static wzp_bytes read_b64(wzp__json *j, size_t len)
{
    char *before = j->text;
    const wzp_str text = wzp__json_text(j);
    if (j->err != WZP_OK) {
        return (wzp_bytes){NULL, 0};
    }
    /* A text with escapes was kept: the bytes take its place, so that both
     * together are not longer than what was read. */
    j->text = before;
    size_t n = wzp_b64_decoded_len(text.len);
    uint8_t *v = (uint8_t *)wzp__json_keep(j, n);
    const wzp_err e = wzp_b64_decode(text.ptr, text.len, v, n, &n);
    if (e != WZP_OK) {
        wzp__json_fail(j, e);
    } else if (len != 0 && n != len) {
        wzp__json_fail(j, WZP_ERR_FIELD);
    }
    return (wzp_bytes){v, n};
}

static void read_b64_array(wzp__json *j, uint8_t *out, size_t len)
{
    const wzp_bytes bytes = read_b64(j, len);
    if (j->err == WZP_OK) {
        memcpy(out, bytes.ptr, len);
    }
}

static wzp_bytes_list read_b64_list(wzp__json *j, size_t len)
{
    size_t n;
    wzp_bytes *v = open_array(j, sizeof *v, &n);
    for (size_t i = 0; wzp__json_next_element(j); i++) {
        v[i] = read_b64(j, len);
    }
    return (wzp_bytes_list){v, n};
}

/* All lists of structs look alike: a pointer and a number. */
static void read_struct_list(wzp__json *j, const wzp__shape *shape, void *out)
{
    size_t n;
    uint8_t *v = open_array(j, shape->size, &n);
    for (size_t i = 0; wzp__json_next_element(j); i++) {
        wzp__fields_decode(j, shape, v + i * shape->size);
    }
    memcpy(out, &(wzp_str_list){(const wzp_str *)(const void *)v, n},
           sizeof(wzp_str_list));
}

/* --- single values --- */

/* A unit value of an enum: "Normal", or {"Normal":null}. */
static unsigned read_enum(wzp__json *j, const char *(*name_of)(unsigned))
{
    const bool object = wzp__json_peek(j) == WZP__JSON_OBJECT;
    wzp_str text = WZP_STR_NONE;
    if (object) {
        wzp__json_open(j, WZP__JSON_OBJECT);
        if (!wzp__json_next_key(j, &text) || !wzp__json_take_null(j) ||
            wzp__json_next_key(j, &text)) {
            wzp__json_fail(j, WZP_ERR_FIELD);
        }
    } else {
        text = wzp__json_text(j);
    }
    const char *name;
    for (unsigned i = 0; (name = name_of(i)) != NULL; i++) {
        if (strlen(name) == text.len &&
            (text.len == 0 || memcmp(name, text.ptr, text.len) == 0)) {
            return i;
        }
    }
    wzp__json_fail(j, WZP_ERR_FIELD);
    return 0;
}

static void read_signal(wzp__json *j, const wzp_signal **out)
{
    wzp_signal *inner = wzp_arena_alloc(j->arena, sizeof *inner);
    if (inner == NULL) {
        wzp__json_fail(j, WZP_ERR_NOMEM);
        return;
    }
    wzp__signal_decode_value(j, inner);
    *out = inner;
}

/* Put a value of one type where it belongs. */
#define STORE(type, value)                                                     \
    do {                                                                       \
        const type stored = (value);                                           \
        memcpy(at, &stored, sizeof stored);                                    \
    } while (0)

static void read_value(wzp__json *j, const wzp__field *f, uint8_t *base)
{
    uint8_t *at = base + f->at;
    switch (f->type) {
    case WZP__F_STR: STORE(wzp_str, wzp__json_string(j)); break;
    case WZP__F_BOOL: STORE(bool, wzp__json_bool(j)); break;
    case WZP__F_U8:
        STORE(uint8_t, (uint8_t)wzp__json_uint(j, UINT8_MAX));
        break;
    case WZP__F_U16:
        STORE(uint16_t, (uint16_t)wzp__json_uint(j, UINT16_MAX));
        break;
    case WZP__F_U32:
        STORE(uint32_t, (uint32_t)wzp__json_uint(j, UINT32_MAX));
        break;
    case WZP__F_U64: STORE(uint64_t, wzp__json_uint(j, UINT64_MAX)); break;
    case WZP__F_F32: STORE(float, wzp__json_f32(j)); break;
    case WZP__F_OPT_U32:
        STORE(wzp_opt_u32,
              ((wzp_opt_u32){true, (uint32_t)wzp__json_uint(j, UINT32_MAX)}));
        break;
    case WZP__F_OPT_F32:
        STORE(wzp_opt_f32, ((wzp_opt_f32){true, wzp__json_f32(j)}));
        break;
    case WZP__F_ENUM: STORE(unsigned, read_enum(j, f->name_of)); break;
    case WZP__F_KEY: read_key(j, at); break;
    case WZP__F_NUMBERS: STORE(wzp_bytes, read_numbers(j, f->len)); break;
    case WZP__F_B64: STORE(wzp_bytes, read_b64(j, f->len)); break;
    case WZP__F_B64_ARRAY: read_b64_array(j, at, f->len); break;
    case WZP__F_OPT_STRUCT:
        *(bool *)(base + f->has) = true;
        wzp__fields_decode(j, f->shape, at);
        break;
    case WZP__F_STRUCT: wzp__fields_decode(j, f->shape, at); break;
    case WZP__F_STR_LIST: STORE(wzp_str_list, read_str_list(j)); break;
    case WZP__F_U16_LIST: STORE(wzp_u16_list, read_u16_list(j)); break;
    case WZP__F_B64_LIST:
        STORE(wzp_bytes_list, read_b64_list(j, f->len));
        break;
    case WZP__F_STRUCT_LIST: read_struct_list(j, f->shape, at); break;
    case WZP__F_CAPS: STORE(uint32_t, wzp__caps_decode(j)); break;
    case WZP__F_SIGNAL: read_signal(j, (const wzp_signal **)(void *)at); break;
    }
}

/* --- objects --- */

static bool is_list(wzp__field_type type)
{
    return type == WZP__F_STR_LIST || type == WZP__F_U16_LIST ||
           type == WZP__F_B64_LIST || type == WZP__F_STRUCT_LIST ||
           type == WZP__F_CAPS;
}

static bool takes_null(const wzp__field *f)
{
    return f->rule == WZP__NULLABLE ||
           (f->rule == WZP__OMIT && !is_list(f->type));
}

static bool is_text(wzp_str key, const char *name)
{
    return strlen(name) == key.len && memcmp(name, key.ptr, key.len) == 0;
}

/* The field with this key; shape->n if there is none. */
static size_t find_field(const wzp__shape *shape, wzp_str key)
{
    size_t i = 0;
    for (; i < shape->n; i++) {
        const wzp__field *f = &shape->fields[i];
        if (is_text(key, f->name) ||
            (f->is_profile_key &&
             (is_text(key, "profile") || is_text(key, "target_profile")))) {
            break;
        }
    }
    return i;
}

void wzp__fields_decode(wzp__json *j, const wzp__shape *shape, void *out)
{
    uint32_t seen = 0;
    wzp_str key = WZP_STR_NONE;
    wzp__json_open(j, WZP__JSON_OBJECT);
    while (wzp__json_next_key(j, &key)) {
        const size_t i = find_field(shape, key);
        if (i == shape->n) {
            wzp__json_skip(j);
            continue;
        }
        const wzp__field *f = &shape->fields[i];
        if ((seen >> i & 1) != 0) {
            wzp__json_fail(j, WZP_ERR_JSON);
            return;
        }
        seen |= UINT32_C(1) << i;
        if (!takes_null(f) || !wzp__json_take_null(j)) {
            read_value(j, f, out);
        }
    }
    for (size_t i = 0; i < shape->n && j->err == WZP_OK; i++) {
        if (shape->fields[i].rule == WZP__REQUIRED && (seen >> i & 1) == 0) {
            wzp__json_fail(j, WZP_ERR_FIELD);
        }
    }
}
