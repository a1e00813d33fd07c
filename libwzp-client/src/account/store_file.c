/* SPDX-License-Identifier: MIT */
/* A store in a folder: one file per name, mode 0600, written beside and
 * renamed into place, so a reader sees the old content or the new one. The
 * file "lock" keeps a second process out while this one lives.
 */
#include <wzp/client/store.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_CAP    4096
#define CONTENT_MAX (16u << 20) /* chosen: far above any table kept here */

struct wzp_store_file {
    wzp_mem mem;
    int lock_fd;
    char dir[PATH_CAP];
};

static wzp_err join_path(char out[PATH_CAP], const char *dir, const char *name,
                         const char *suffix)
{
    int n = snprintf(out, PATH_CAP, "%s/%s%s", dir, name, suffix);
    return n < 0 || n >= PATH_CAP ? WZP_ERR_ARG : WZP_OK;
}

/* Like mkdir -p with mode 0700 for what is new. */
static wzp_err make_dirs(const char *dir)
{
    char path[PATH_CAP];
    size_t len = strlen(dir);
    if (len == 0 || len >= PATH_CAP) {
        return WZP_ERR_ARG;
    }
    memcpy(path, dir, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        char kept = path[i];
        path[i] = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
            return WZP_ERR_IO;
        }
        path[i] = kept;
    }
    return WZP_OK;
}

static wzp_err take_lock(wzp_store_file *s)
{
    char path[PATH_CAP];
    WZP_TRY(join_path(path, s->dir, "lock", ""));
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0) {
        return WZP_ERR_IO;
    }
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK ? WZP_ERR_EXISTS : WZP_ERR_IO;
    }
    return WZP_OK;
}

wzp_err wzp_store_file_new(wzp_store_file **out, const wzp_mem *mem,
                           const char *dir)
{
    WZP_TRY(make_dirs(dir));
    wzp_store_file *s = wzp_mem_new(mem, sizeof *s);
    if (s == NULL) {
        return WZP_ERR_NOMEM;
    }
    s->mem = *mem;
    s->lock_fd = -1;
    memcpy(s->dir, dir, strlen(dir) + 1);
    wzp_err e = take_lock(s);
    if (e != WZP_OK) {
        wzp_store_file_free(s);
        return e;
    }
    *out = s;
    return WZP_OK;
}

void wzp_store_file_free(wzp_store_file *s)
{
    if (s == NULL) {
        return;
    }
    wzp_mem mem = s->mem;
    if (s->lock_fd >= 0) {
        close(s->lock_fd); /* lets go of the lock */
    }
    wzp_mem_free(&mem, s, sizeof *s);
}

static wzp_err read_all(int fd, const wzp_mem *mem, uint8_t **out, size_t *len)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size < 0 || st.st_size > CONTENT_MAX) {
        return WZP_ERR_IO;
    }
    size_t size = (size_t)st.st_size;
    uint8_t *data = wzp_mem_new(mem, size);
    if (data == NULL) {
        return WZP_ERR_NOMEM;
    }
    size_t done = 0;
    while (done < size) {
        ssize_t n = read(fd, data + done, size - done);
        if (n <= 0 && !(n < 0 && errno == EINTR)) {
            wzp_mem_free(mem, data, size);
            return WZP_ERR_IO;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    *out = data;
    *len = size;
    return WZP_OK;
}

static wzp_err load(void *user, const char *name, const wzp_mem *mem,
                    uint8_t **out, size_t *len)
{
    const wzp_store_file *s = user;
    char path[PATH_CAP];
    WZP_TRY(join_path(path, s->dir, name, ""));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? WZP_ERR_NOT_FOUND : WZP_ERR_IO;
    }
    wzp_err e = read_all(fd, mem, out, len);
    close(fd);
    return e;
}

static wzp_err write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno != EINTR) {
            return WZP_ERR_IO;
        }
        data += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) == 0 ? WZP_OK : WZP_ERR_IO;
}

static wzp_err save(void *user, const char *name, const uint8_t *data,
                    size_t len)
{
    const wzp_store_file *s = user;
    char path[PATH_CAP];
    char beside[PATH_CAP];
    WZP_TRY(join_path(path, s->dir, name, ""));
    WZP_TRY(join_path(beside, s->dir, name, ".new"));
    unlink(beside); /* left by a crash, of whatever mode or kind */
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return WZP_ERR_IO;
    }
    wzp_err e = write_all(fd, data, len);
    if (close(fd) != 0 && e == WZP_OK) {
        e = WZP_ERR_IO;
    }
    if (e == WZP_OK && rename(beside, path) != 0) {
        e = WZP_ERR_IO;
    }
    if (e != WZP_OK) {
        unlink(beside);
    }
    return e;
}

wzp_store wzp_store_file_table(wzp_store_file *s)
{
    return (wzp_store){.load = load, .save = save, .user = s};
}
