/* SPDX-License-Identifier: MIT */
/* See rooms_file.h. */
#include "rooms_file.h"

#include "common/fingerprints.h"
#include "common/text_file.h"

#include <wzp/crypto/guarded.h>
#include <wzp/proto/hex.h>
#include <wzp/proto/room_name.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reader {
    rooms_file *f;
    size_t cap_rules;
    size_t cap_allowed, n_allowed;
    const char *wrong; /* what is wrong with the line */
} reader;

static bool refuse(reader *r, const char *what)
{
    r->wrong = what;
    return false;
}

/* --- a line --------------------------------------------------------------- */

static bool is_gap(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Takes the next word off the line and ends it with a NUL; NULL: there is none,
 * or a comment begins. */
static char *next_word(char **at)
{
    char *word = *at;
    while (is_gap(*word)) {
        word++;
    }
    if (*word == '\0' || *word == '#') {
        return NULL;
    }
    char *end = word;
    while (*end != '\0' && !is_gap(*end)) {
        end++;
    }
    *at = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

static bool take_name(reader *r, wzp_room_rule *rule, const char *word)
{
    const size_t len = strlen(word);
    const wzp_room_kind kind = wzp_room_name_kind(word, len);
    if (len > WZP_ROOM_NAME_MAX ||
        (kind != WZP_ROOM_NAMED && kind != WZP_ROOM_HASHED)) {
        return refuse(r, "the first word cannot be the name of a room");
    }
    rule->name = word;
    return true;
}

static bool take_access(reader *r, wzp_room_rule *rule, const char *hex)
{
    if (rule->has_access) {
        return refuse(r, "access= stands there twice");
    }
    if (wzp_hex_decode(hex, strlen(hex), rule->access, WZP_KEY_LEN) != WZP_OK) {
        return refuse(r, "access= takes 64 hexadecimal digits");
    }
    rule->has_access = true;
    return true;
}

static bool take_allowed(reader *r, wzp_room_rule *rule, const char *list)
{
    const size_t before = r->n_allowed;
    if (rule->n_allowed > 0) {
        return refuse(r, "allow= stands there twice");
    }
    if (!app_fingerprints_add(list, strlen(list), r->f->allowed, r->cap_allowed,
                              &r->n_allowed)) {
        return refuse(r, "allow= takes fingerprints, divided by commas");
    }
    rule->allowed = (const uint8_t(*)[WZP_FP_LEN])(r->f->allowed + before);
    rule->n_allowed = r->n_allowed - before;
    return true;
}

static bool begins(const char *word, const char *with)
{
    return strncmp(word, with, strlen(with)) == 0;
}

static bool take_line(reader *r, char *line)
{
    const char *word = next_word(&line);
    if (word == NULL) {
        return true;
    }
    wzp_room_rule *rule = &r->f->rules[r->f->n++];
    if (!take_name(r, rule, word)) {
        return false;
    }
    while ((word = next_word(&line)) != NULL) {
        bool ok = false;
        if (begins(word, "access=")) {
            ok = take_access(r, rule, word + strlen("access="));
        } else if (begins(word, "allow=")) {
            ok = take_allowed(r, rule, word + strlen("allow="));
        } else {
            ok = refuse(r, "after the name stand access= and allow= only");
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* --- a file --------------------------------------------------------------- */

static size_t count_lines(const char *text, size_t len)
{
    size_t n = 1;
    for (size_t i = 0; i < len; i++) {
        n += text[i] == '\n';
    }
    return n;
}

static bool reserve(reader *r, const char *text, size_t len)
{
    rooms_file *f = r->f;
    r->cap_rules = count_lines(text, len);
    r->cap_allowed = app_fingerprints_most(len) + 1;
    f->text = wzp_guarded_new(len + 1);
    f->rules = wzp_guarded_new(r->cap_rules * sizeof *f->rules);
    f->allowed = calloc(r->cap_allowed, WZP_FP_LEN);
    return f->text != NULL && f->rules != NULL && f->allowed != NULL;
}

/* 0, or the number of the line that is wrong. */
static size_t take_lines(reader *r, size_t len)
{
    char *text = r->f->text;
    for (size_t line = 1; len > 0; line++) {
        char *end = memchr(text, '\n', len);
        const size_t whole = end == NULL ? len : (size_t)(end - text);
        if (memchr(text, '\0', whole) != NULL) {
            r->wrong = "there is a NUL byte";
            return line;
        }
        text[whole] = '\0'; /* the line end, or the text's own NUL */
        if (!take_line(r, text)) {
            return line;
        }
        const size_t step = end == NULL ? whole : whole + 1;
        text += step;
        len -= step;
    }
    return 0;
}

bool rooms_file_parse(rooms_file *out, const char *text, size_t len, char *why,
                      size_t why_len)
{
    rooms_file f = {0};
    reader r = {.f = &f};
    size_t wrong = 0;
    const bool has_memory = reserve(&r, text, len);
    if (has_memory) {
        if (len > 0) {
            memcpy(f.text, text, len);
        }
        wrong = take_lines(&r, len);
    }
    if (has_memory && wrong == 0) {
        *out = f;
        return true;
    }
    rooms_file_free(&f);
    if (has_memory) {
        (void)snprintf(why, why_len, "line %zu: %s", wrong, r.wrong);
    } else {
        (void)snprintf(why, why_len, "out of memory");
    }
    return false;
}

bool rooms_file_load(rooms_file *out, const char *path, bool *is_exposed,
                     char *why, size_t why_len)
{
    app_text_file f;
    char inner[128];
    if (!app_text_file_read(&f, path, why, why_len)) {
        return false;
    }
    *is_exposed = f.is_exposed;
    const bool ok = rooms_file_parse(out, f.text, f.len, inner, sizeof inner);
    app_text_file_free(&f);
    if (!ok) {
        (void)snprintf(why, why_len, "%s: %s", path, inner);
    }
    return ok;
}

void rooms_file_free(rooms_file *f)
{
    wzp_guarded_free(f->rules);
    wzp_guarded_free(f->text);
    free(f->allowed);
    *f = (rooms_file){0};
}
