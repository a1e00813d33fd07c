/* SPDX-License-Identifier: MIT */
/* See lines.h. */
#include "account/lines.h"

#include <string.h>

wzp_err wzp__lines_open(wzp__lines *l, const wzp_store *store,
                        const wzp_mem *mem, const char *name)
{
    *l = (wzp__lines){.mem = *mem};
    wzp_err e = store->load == NULL
                    ? WZP_ERR_NOT_FOUND
                    : store->load(store->user, name, mem, &l->data, &l->len);
    l->rest = (wzp_str){(const char *)l->data, l->len};
    return e == WZP_ERR_NOT_FOUND ? WZP_OK : e;
}

void wzp__lines_close(wzp__lines *l)
{
    wzp_mem_free(&l->mem, l->data, l->len);
    l->data = NULL;
}

/* Up to the first `end`, which goes as well; all of it where there is none. */
static wzp_str cut(wzp_str *text, char end, bool *is_found)
{
    const char *stop =
        text->len == 0 ? NULL : memchr(text->ptr, end, text->len);
    *is_found = stop != NULL;
    const size_t len = stop == NULL ? text->len : (size_t)(stop - text->ptr);
    const wzp_str out = {text->ptr, len};
    text->ptr += len + *is_found;
    text->len -= len + *is_found;
    return out;
}

bool wzp__lines_next(wzp__lines *l, wzp_str *line)
{
    while (l->rest.len > 0) {
        bool is_whole;
        *line = cut(&l->rest, '\n', &is_whole);
        l->is_cut = !is_whole;
        if (line->len > 0) {
            return true;
        }
    }
    return false;
}

wzp_str wzp__lines_word(wzp_str *line)
{
    bool is_found;
    wzp_str rest = *line;
    const wzp_str out = cut(&rest, ' ', &is_found);
    if (!is_found || out.len == 0) {
        return WZP_STR_NONE;
    }
    *line = rest;
    return out;
}

bool wzp__lines_number(wzp_str text, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)(unsigned char)text.ptr[i] - '0';
        if (digit > 9 || v > (UINT64_MAX - digit) / 10) {
            return false;
        }
        v = v * 10 + digit;
    }
    *out = v;
    return text.len > 0;
}
