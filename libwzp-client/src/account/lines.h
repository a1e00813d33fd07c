/* SPDX-License-Identifier: MIT */
/* Tables in the store that are text, a line per entry: reading one, line by
 * line and word by word. What the words mean is the table's business.
 */
#ifndef WZP_CLIENT_LINES_H
#define WZP_CLIENT_LINES_H

#include <wzp/client/store.h>

typedef struct wzp__lines {
    wzp_mem mem;
    uint8_t *data; /* what the store gave; freed by close */
    size_t len;
    wzp_str rest;
    bool is_cut; /* the line last given had no end: torn, perhaps */
} wzp__lines;

/* Nothing saved under `name` yet, or store.load NULL: no lines. Errors of the
 * store; then there is nothing to close. */
WZP_NODISCARD wzp_err wzp__lines_open(wzp__lines *l, const wzp_store *store,
                                      const wzp_mem *mem, const char *name);
void wzp__lines_close(wzp__lines *l);

/* The next line that is not empty, without its end; valid until close. */
bool wzp__lines_next(wzp__lines *l, wzp_str *line);

/* The text before the first space, both of which are taken off *line; absent
 * when there is no space or nothing before it. */
wzp_str wzp__lines_word(wzp_str *line);

/* Digits and nothing else. */
bool wzp__lines_number(wzp_str text, uint64_t *out);

#endif
