/* SPDX-License-Identifier: MIT */
/* JSON text, read and written piece by piece, with the rules of serde_json
 * (spec/wire.md 2.2): exact integers up to 2^64 − 1, strict UTF-8, no lone
 * surrogates, no trailing text, unknown values skipped at any depth up to a
 * bound. Which keys may come, and how often, is the caller's matter.
 *
 * There is no tree: the caller asks for what it expects and the value goes
 * straight into its struct. Errors are sticky in `err`: WZP_ERR_JSON (not
 * JSON), WZP_ERR_UTF8, WZP_ERR_FIELD (JSON, but of another type or out of
 * range), WZP_ERR_NOMEM.
 */
#ifndef WZP_PROTO_BASE_JSON_H
#define WZP_PROTO_BASE_JSON_H

#include <wzp/proto/arena.h>

/* Containers open at once while reading: serde_json's limit. */
#define WZP__JSON_DEPTH 127
/* The same for values that are skipped. chosen: four times the 128 that a peer
 * could ever send in a known place, and 64 bytes of stack. */
#define WZP__JSON_SKIP_DEPTH 512

/* --- reading --- */

typedef struct wzp__json {
    const char *at;
    const char *end;
    wzp_arena *arena;
    char *text; /* room for all texts that are kept: as long as the input,
                   because each is shorter than what it was read from */
    unsigned depth;
    wzp_err err;
} wzp__json;

/* Takes `len` bytes of the arena at once. */
wzp__json wzp__json_init(const char *text, size_t len, wzp_arena *arena);

typedef enum wzp__json_type {
    WZP__JSON_NONE, /* no value begins here */
    WZP__JSON_OBJECT,
    WZP__JSON_ARRAY,
    WZP__JSON_STRING,
    WZP__JSON_NUMBER,
    WZP__JSON_BOOL,
    WZP__JSON_NULL,
} wzp__json_type;

/* What comes next, by its first character. */
wzp__json_type wzp__json_peek(wzp__json *j);

/* Containers:
 *     wzp__json_open(j, WZP__JSON_OBJECT);
 *     while (wzp__json_next_key(j, &key)) { … exactly one value … }
 * The loop ends at the closing bracket or at an error. */
void wzp__json_open(wzp__json *j, wzp__json_type container);
bool wzp__json_next_key(wzp__json *j, wzp_str *key);
bool wzp__json_next_element(wzp__json *j);

/* Elements of the array that was just opened; nothing is consumed. 0 and the
 * error when something in there is not JSON. */
size_t wzp__json_count(wzp__json *j);

/* Consumes `null` if that comes next. */
bool wzp__json_take_null(wzp__json *j);

/* Values. The text of _string is a copy; that of _text is borrowed from the
 * input where it has no escapes. All give 0, false or an absent text on
 * error. */
wzp_str wzp__json_string(wzp__json *j);
wzp_str wzp__json_text(wzp__json *j);
uint64_t wzp__json_uint(wzp__json *j, uint64_t max);
float wzp__json_f32(wzp__json *j); /* finite */
bool wzp__json_bool(wzp__json *j);

/* Room for `len` bytes made from a text just read, at most its length (what
 * base64 stands for). */
char *wzp__json_keep(wzp__json *j, size_t len);

/* Check and drop one value. */
void wzp__json_skip(wzp__json *j);

/* Note an error, unless there is one. */
void wzp__json_fail(wzp__json *j, wzp_err err);

/* The verdict: the sticky error, or WZP_ERR_JSON when text is left. */
WZP_NODISCARD wzp_err wzp__json_end(wzp__json *j);

/* --- writing --- */

/* With buf NULL only counts: a message is written twice, once to learn its
 * length. err: WZP_ERR_ARG for text that is not UTF-8 or a float that is not
 * finite. */
typedef struct wzp__json_out {
    char *buf;
    size_t cap;
    size_t len;
    wzp_err err;
} wzp__json_out;

void wzp__json_put(wzp__json_out *o, const char *raw, size_t len);
void wzp__json_put_char(wzp__json_out *o, char c);
void wzp__json_put_string(wzp__json_out *o, wzp_str text);
void wzp__json_put_uint(wzp__json_out *o, uint64_t v);
/* Shortest text that reads back the same, as serde_json writes it. */
void wzp__json_put_f32(wzp__json_out *o, float v);

#endif
