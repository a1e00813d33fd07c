/* SPDX-License-Identifier: MIT */
/* See text_file.h. */
#include "text_file.h"

#include <wzp/crypto/guarded.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(char *why, size_t why_len, const char *path, const char *what)
{
    (void)snprintf(why, why_len, "cannot read %s: %s", path, what);
    return false;
}

/* f->len is the size that was seen; a file that grows is cut there. */
static bool read_all(int fd, app_text_file *f)
{
    size_t at = 0;
    while (at < f->len) {
        const ssize_t n = read(fd, f->text + at, f->len - at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return false;
        }
        if (n == 0) {
            break;
        }
        at += (size_t)n;
    }
    f->len = at;
    f->text[at] = '\0';
    return true;
}

static bool read_open(int fd, app_text_file *f, const char *path, char *why,
                      size_t why_len)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return fail(why, why_len, path, strerror(errno));
    }
    if (!S_ISREG(st.st_mode)) {
        return fail(why, why_len, path, "it is not a file");
    }
    if ((unsigned long long)st.st_size > APP_TEXT_FILE_MAX) {
        return fail(why, why_len, path, "it is larger than 4 MiB");
    }
    *f = (app_text_file){.len = (size_t)st.st_size,
                         .is_exposed = (st.st_mode & 077) != 0};
    f->text = wzp_guarded_new(f->len + 1);
    if (f->text == NULL) {
        return fail(why, why_len, path, "out of memory");
    }
    if (!read_all(fd, f)) {
        const int error = errno;
        wzp_guarded_free(f->text);
        return fail(why, why_len, path, strerror(error));
    }
    return true;
}

bool app_text_file_read(app_text_file *out, const char *path, char *why,
                        size_t why_len)
{
    app_text_file f;
    /* A pipe without a writer is told, not waited for. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return fail(why, why_len, path, strerror(errno));
    }
    const bool ok = read_open(fd, &f, path, why, why_len);
    (void)close(fd);
    if (ok) {
        *out = f;
    }
    return ok;
}

void app_text_file_free(app_text_file *f)
{
    wzp_guarded_free(f->text);
    *f = (app_text_file){0};
}
