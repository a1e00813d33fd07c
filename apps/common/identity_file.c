/* SPDX-License-Identifier: MIT */
/* Reading and making an identity file, see identity_file.h. A new one is
 * written beside its place and linked there: it is whole or absent, and a file
 * that another process made in the meantime wins.
 */
#include "identity_file.h"

#include <wzp/crypto/wipe.h>
#include <wzp/proto/hex.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_LEN = 4096, HEX_LEN = 2 * WZP_SEED_LEN };

typedef struct reason {
    char *text;
    size_t len;
} reason;

static bool fail(reason why, const char *what, const char *path)
{
    (void)snprintf(why.text, why.len, "%s %s: %s", what, path, strerror(errno));
    return false;
}

bool app_identity_default_path(const char *name, char out[APP_PATH_MAX])
{
    const char *home = getenv("HOME");
    if (home == NULL || home[0] == '\0') {
        home = ".";
    }
    int n = snprintf(out, APP_PATH_MAX, "%s/.wzp/%s", home, name);
    return n > 0 && n < APP_PATH_MAX;
}

/* --- reading -------------------------------------------------------------- */

static bool parse(const char *path, const char *text, size_t len,
                  uint8_t seed[WZP_SEED_LEN], reason why)
{
    if (wzp_seed_from_hex(text, len, seed) == WZP_OK) {
        return true;
    }
    (void)snprintf(why.text, why.len,
                   "identity file %s does not hold 64 hexadecimal digits; it "
                   "was left as it is",
                   path);
    return false;
}

static bool read_open(int fd, const char *path, uint8_t seed[WZP_SEED_LEN],
                      bool *is_exposed, reason why)
{
    char text[FILE_MAX_LEN];
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return fail(why, "cannot read identity file", path);
    }
    *is_exposed = (st.st_mode & 077) != 0;
    size_t len = 0;
    ssize_t n;
    while (len < sizeof text &&
           (n = read(fd, text + len, sizeof text - len)) != 0) {
        if (n < 0) {
            wzp_wipe(text, sizeof text);
            return fail(why, "cannot read identity file", path);
        }
        len += (size_t)n;
    }
    bool ok = parse(path, text, len, seed, why);
    wzp_wipe(text, sizeof text);
    return ok;
}

/* --- making --------------------------------------------------------------- */

static bool make_folders(const char *path, reason why)
{
    char folder[APP_PATH_MAX];
    for (size_t i = 1; path[i] != '\0'; i++) {
        if (path[i] != '/') {
            continue;
        }
        memcpy(folder, path, i);
        folder[i] = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
            return fail(why, "cannot make folder", folder);
        }
    }
    return true;
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0) {
            return false;
        }
        text += n;
        len -= (size_t)n;
    }
    return fsync(fd) == 0;
}

static bool write_new(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    bool ok = write_all(fd, text, len);
    int error = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        error = errno;
    }
    errno = error;
    return ok;
}

static bool make(const char *path, const wzp_rng *rng, reason why)
{
    char beside[APP_PATH_MAX + 32];
    uint8_t seed[WZP_SEED_LEN];
    char text[HEX_LEN + 1];
    if (!make_folders(path, why)) {
        return false;
    }
    wzp_rng_fill(rng, seed, sizeof seed);
    wzp_hex_encode(seed, sizeof seed, text);
    wzp_wipe(seed, sizeof seed);
    text[HEX_LEN] = '\n';
    (void)snprintf(beside, sizeof beside, "%s.new.%ld", path, (long)getpid());
    bool ok = write_new(beside, text, sizeof text);
    wzp_wipe(text, sizeof text);
    if (ok && link(beside, path) != 0 && errno != EEXIST) {
        ok = false;
    }
    int error = errno;
    (void)unlink(beside);
    errno = error;
    return ok || fail(why, "cannot write identity file", path);
}

bool app_identity_load(const char *path, const wzp_rng *rng,
                       uint8_t seed[WZP_SEED_LEN], bool *is_new,
                       bool *is_exposed, char *why, size_t why_len)
{
    const reason because = {why, why_len};
    *is_new = false;
    *is_exposed = false;
    if (strlen(path) >= APP_PATH_MAX) {
        errno = ENAMETOOLONG;
        return fail(because, "cannot read identity file", path);
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        if (!make(path, rng, because)) {
            return false;
        }
        *is_new = true;
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0) {
        return fail(because, "cannot read identity file", path);
    }
    bool ok = read_open(fd, path, seed, is_exposed, because);
    (void)close(fd);
    return ok;
}
