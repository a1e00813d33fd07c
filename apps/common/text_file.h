/* SPDX-License-Identifier: MIT */
/* A small file that people write, read whole. It may hold secrets.
 */
#ifndef WZP_APPS_TEXT_FILE_H
#define WZP_APPS_TEXT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define APP_TEXT_FILE_MAX ((size_t)4 << 20) /* bytes; chosen: 65,536 rooms */

typedef struct app_text_file {
    char *text; /* in guarded memory; a NUL after `len` bytes */
    size_t len;
    bool is_exposed; /* others than the owner may read it */
} app_text_file;

/* False: `why` is one sentence without full stop, and *out is not set. */
bool app_text_file_read(app_text_file *out, const char *path, char *why,
                        size_t why_len);
/* Wipes. */
void app_text_file_free(app_text_file *f);

#endif
