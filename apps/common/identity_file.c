/* SPDX-License-Identifier: MIT */
/* Reading, making and replacing an identity file, see identity_file.h. What is
 * written is written beside its place: a new one is linked there, so that a
 * file that another process made in the meantime wins, a replacement renamed.
 */
#include "identity_file.h"

#include "passphrase.h"

#include <wzp/crypto/guarded.h>
#include <wzp/crypto/sealed_seed.h>
#include <wzp/crypto/wipe.h>
#include <wzp/proto/hex.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_LEN = 4096, HEX_LEN = 2 * WZP_SEED_LEN };

typedef struct content {
    char text[WZP_SEALED_SEED_MAX + 1]; /* with its line end, no NUL */
    size_t len;
} content;

static bool fail(app_identity_file *f, const char *what, const char *path)
{
    (void)snprintf(f->why, sizeof f->why, "%s %.1000s: %s", what, path,
                   strerror(errno));
    return false;
}

__attribute__((format(printf, 2, 3))) static bool refuse(app_identity_file *f,
                                                         const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(f->why, sizeof f->why, fmt, args);
    va_end(args);
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

/* --- the passphrase ------------------------------------------------------- */

/* out: guarded, APP_PASSPHRASE_MAX; NULL: no memory. */
static bool read_passphrase(app_identity_file *f, char *out, wzp_str *pass)
{
    char prompt[APP_PATH_MAX + 32];
    if (out == NULL) {
        return refuse(f, "no memory for the passphrase");
    }
    if (f->passphrase_file == NULL && !f->may_ask) {
        return refuse(f,
                      "identity file %s is under a passphrase: "
                      "--passphrase-file FILE gives it",
                      f->path);
    }
    (void)snprintf(prompt, sizeof prompt, "Passphrase of %s: ", f->path);
    pass->ptr = out;
    const app_ask ask = {"passphrase", "--passphrase-file", prompt};
    return app_passphrase_read(f->passphrase_file, &ask, out,
                               APP_PASSPHRASE_MAX, &pass->len, f->why,
                               sizeof f->why);
}

static bool say_sealed(app_identity_file *f, wzp_err e)
{
    switch (e) {
    case WZP_OK: return true;
    case WZP_ERR_PASSPHRASE:
        return refuse(f,
                      "wrong passphrase for identity file %s, or the file was "
                      "damaged",
                      f->path);
    case WZP_ERR_NOMEM:
        return refuse(f,
                      "the passphrase of identity file %s takes more memory "
                      "than there is",
                      f->path);
    default:
        return refuse(f,
                      "identity file %s is sealed in a way that this version "
                      "cannot read; it was left as it is",
                      f->path);
    }
}

/* --- reading -------------------------------------------------------------- */

static bool open_sealed(app_identity_file *f, const char *text, size_t len,
                        uint8_t seed[WZP_SEED_LEN])
{
    wzp_str pass;
    char *buffer = wzp_guarded_new(APP_PASSPHRASE_MAX);
    bool ok = read_passphrase(f, buffer, &pass) &&
              say_sealed(
                  f, wzp_sealed_seed_open(text, len, pass.ptr, pass.len, seed));
    wzp_guarded_free(buffer);
    return ok;
}

static bool parse(app_identity_file *f, const char *text, size_t len,
                  uint8_t seed[WZP_SEED_LEN])
{
    f->is_sealed = wzp_sealed_seed_is(text, len);
    if (f->is_sealed) {
        return open_sealed(f, text, len, seed);
    }
    if (wzp_seed_from_hex(text, len, seed) == WZP_OK) {
        return true;
    }
    return refuse(f,
                  "identity file %s does not hold 64 hexadecimal digits; it "
                  "was left as it is",
                  f->path);
}

static bool read_open(app_identity_file *f, int fd, uint8_t seed[WZP_SEED_LEN])
{
    char text[FILE_MAX_LEN];
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return fail(f, "cannot read identity file", f->path);
    }
    f->is_exposed = (st.st_mode & 077) != 0;
    size_t len = 0;
    ssize_t n;
    while (len < sizeof text &&
           (n = read(fd, text + len, sizeof text - len)) != 0) {
        if (n < 0) {
            wzp_wipe(text, sizeof text);
            return fail(f, "cannot read identity file", f->path);
        }
        len += (size_t)n;
    }
    bool ok = parse(f, text, len, seed);
    wzp_wipe(text, sizeof text);
    return ok;
}

/* --- writing -------------------------------------------------------------- */

static bool compose(app_identity_file *f, const wzp_rng *rng, wzp_str pass,
                    const uint8_t seed[WZP_SEED_LEN], content *out)
{
    if (pass.ptr == NULL) {
        wzp_hex_encode(seed, WZP_SEED_LEN, out->text);
        out->len = HEX_LEN;
    } else if (!say_sealed(f, wzp_sealed_seed_seal(seed, pass.ptr, pass.len,
                                                   rng, out->text))) {
        return false;
    } else {
        out->len = WZP_SEALED_SEED_MAX - 1;
    }
    out->text[out->len++] = '\n';
    f->is_sealed = pass.ptr != NULL;
    return true;
}

static bool make_folders(app_identity_file *f)
{
    char folder[APP_PATH_MAX];
    for (size_t i = 1; f->path[i] != '\0'; i++) {
        if (f->path[i] != '/') {
            continue;
        }
        memcpy(folder, f->path, i);
        folder[i] = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
            return fail(f, "cannot make folder", folder);
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

/* A replacement keeps the owner: who encrypts a service's identity as root
 * must not lock the service out. */
static bool give(int fd, const struct stat *owner)
{
    return owner == NULL || owner->st_uid == geteuid() ||
           fchown(fd, owner->st_uid, owner->st_gid) == 0;
}

static bool write_new(const char *path, const content *c,
                      const struct stat *owner)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    bool ok = give(fd, owner) && write_all(fd, c->text, c->len);
    int error = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        error = errno;
    }
    errno = error;
    return ok;
}

/* The name in the folder is on the disk as well. */
static bool sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    memcpy(folder, path, len);
    (void)snprintf(folder + len, sizeof folder - len, "%s",
                   len > 0 ? "" : (slash == NULL ? "." : "/"));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    errno = error;
    return ok;
}

static void draft_path(const char *path, char out[PATH_MAX + 32])
{
    (void)snprintf(out, PATH_MAX + 32, "%s.new.%ld", path, (long)getpid());
}

static void remove_draft(const char *beside)
{
    int error = errno;
    (void)unlink(beside);
    errno = error;
}

/* --- making --------------------------------------------------------------- */

static bool put_new(app_identity_file *f, const content *c)
{
    char beside[PATH_MAX + 32];
    draft_path(f->path, beside);
    bool ok = write_new(beside, c, NULL);
    f->is_new = ok && link(beside, f->path) == 0;
    ok = f->is_new ? sync_folder(f->path) : ok && errno == EEXIST;
    remove_draft(beside);
    return ok || fail(f, "cannot write identity file", f->path);
}

/* Also true where another process was faster: then its file counts. */
static bool make(app_identity_file *f, const wzp_rng *rng, wzp_str pass,
                 uint8_t seed[WZP_SEED_LEN])
{
    content c;
    if (!make_folders(f)) {
        return false;
    }
    wzp_rng_fill(rng, seed, WZP_SEED_LEN);
    bool ok = compose(f, rng, pass, seed, &c) && put_new(f, &c);
    wzp_wipe(&c, sizeof c);
    if (!ok) {
        wzp_wipe(seed, WZP_SEED_LEN);
    }
    return ok;
}

static bool is_too_long(app_identity_file *f)
{
    f->is_new = f->is_sealed = f->is_exposed = false;
    if (strlen(f->path) < APP_PATH_MAX) {
        return false;
    }
    errno = ENAMETOOLONG;
    return !fail(f, "cannot read identity file", f->path);
}

bool app_identity_make(app_identity_file *f, const wzp_rng *rng, wzp_str pass,
                       uint8_t seed[WZP_SEED_LEN])
{
    if (is_too_long(f) || !make(f, rng, pass, seed)) {
        return false;
    }
    if (!f->is_new) {
        wzp_wipe(seed, WZP_SEED_LEN);
        return refuse(f, "%s is there already and is not replaced", f->path);
    }
    return true;
}

static bool make_for_load(app_identity_file *f, const wzp_rng *rng,
                          uint8_t seed[WZP_SEED_LEN])
{
    wzp_str pass = {NULL, 0};
    if (f->passphrase_file == NULL) {
        return make(f, rng, pass, seed);
    }
    char *buffer = wzp_guarded_new(APP_PASSPHRASE_MAX);
    bool ok = read_passphrase(f, buffer, &pass) && make(f, rng, pass, seed);
    wzp_guarded_free(buffer);
    return ok;
}

bool app_identity_load(app_identity_file *f, const wzp_rng *rng,
                       uint8_t seed[WZP_SEED_LEN])
{
    if (is_too_long(f)) {
        return false;
    }
    int fd = open(f->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        if (!make_for_load(f, rng, seed)) {
            return false;
        }
        if (f->is_new) {
            return true;
        }
        fd = open(f->path, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0) {
        return fail(f, "cannot read identity file", f->path);
    }
    bool ok = read_open(f, fd, seed);
    (void)close(fd);
    return ok;
}

/* --- replacing ------------------------------------------------------------ */

/* For writing if that is allowed; what may only be read is replaced too, as
 * the folder decides that. */
static int open_old(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    return fd >= 0 ? fd : open(path, O_RDONLY | O_CLOEXEC);
}

/* It has no name any more. Best effort: disks and file systems that write
 * elsewhere keep the old blocks. */
static void overwrite(int fd, const struct stat *old)
{
    static const char zeros[FILE_MAX_LEN];
    const size_t len = (size_t)old->st_size < sizeof zeros
                           ? (size_t)old->st_size
                           : sizeof zeros;
    (void)write_all(fd, zeros, len);
}

static bool swap(app_identity_file *f, const char *path, const content *c,
                 const struct stat *old)
{
    char beside[PATH_MAX + 32];
    draft_path(path, beside);
    if (!write_new(beside, c, old) || rename(beside, path) != 0) {
        remove_draft(beside);
        return fail(f, "cannot write identity file", f->path);
    }
    return sync_folder(path) || fail(f, "cannot write identity file", f->path);
}

bool app_identity_replace(app_identity_file *f, const wzp_rng *rng,
                          wzp_str pass, const uint8_t seed[WZP_SEED_LEN])
{
    char path[PATH_MAX]; /* where a symbolic link leads */
    struct stat old;
    content c;
    int fd = realpath(f->path, path) != NULL ? open_old(path) : -1;
    if (fd < 0 || fstat(fd, &old) != 0) {
        bool failed = fail(f, "cannot replace identity file", f->path);
        if (fd >= 0) {
            (void)close(fd);
        }
        return failed;
    }
    bool ok = old.st_nlink <= 1 ||
              refuse(f,
                     "identity file %s has a second name (a hard link), which "
                     "would keep the old content",
                     f->path);
    ok = ok && compose(f, rng, pass, seed, &c) && swap(f, path, &c, &old);
    if (ok) {
        f->is_exposed = false; /* the new one is not */
        overwrite(fd, &old);
    }
    wzp_wipe(&c, sizeof c);
    (void)close(fd);
    return ok;
}
