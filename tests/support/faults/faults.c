/* SPDX-License-Identifier: MIT */
/* See faults.h. A failing close and fclose have released their descriptor all
 * the same, as on Linux.
 */
#include "support/faults/faults.h"

#include <uv.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

static _Atomic size_t calls[WZP_FAULT_COUNT];
static _Atomic size_t fails_at[WZP_FAULT_COUNT];
static atomic_bool has_failed;

const char *wzp_fault_name(wzp_fault f)
{
    static const char *const names[] = {
#define NAME(name, error) #name,
        WZP_FAULTS(NAME) WZP_FAULTS_OF_APPS(NAME)
#undef NAME
    };
    return names[f];
}

void wzp_fault_arm(wzp_fault f, size_t n)
{
    for (size_t i = 0; i < WZP_FAULT_COUNT; i++) {
        fails_at[i] = 0;
        calls[i] = 0;
    }
    has_failed = false;
    fails_at[f] = n;
}

bool wzp_fault_disarm(void)
{
    for (size_t i = 0; i < WZP_FAULT_COUNT; i++) {
        fails_at[i] = 0;
    }
    return has_failed;
}

size_t wzp_fault_calls(wzp_fault f)
{
    return calls[f];
}

static bool is_due(wzp_fault f)
{
    const size_t n = ++calls[f];
    if (n != fails_at[f]) {
        return false;
    }
    has_failed = true;
    return true;
}

static const int errors[] = {
#define ERROR(name, error) error,
    WZP_FAULTS(ERROR) WZP_FAULTS_OF_APPS(ERROR)
#undef ERROR
};

/* The parameters, then the arguments. `value` is what a failing one returns;
 * `also` is done all the same. */
#define WRAP(type, name, params, args, value, also)                            \
    type __real_##name params;                                                 \
    type __wrap_##name params;                                                 \
    type __wrap_##name params                                                  \
    {                                                                          \
        if (is_due(WZP_FAULT_##name)) {                                        \
            also;                                                              \
            errno = errors[WZP_FAULT_##name];                                  \
            return value;                                                      \
        }                                                                      \
        return __real_##name args;                                             \
    }
#define SYS(name, params, args) WRAP(int, name, params, args, -1, (void)0)
#define UV(name, params, args)                                                 \
    WRAP(int, name, params, args, -errors[WZP_FAULT_##name], (void)0)

/* clang-format off */
SYS(socket, (int domain, int type, int protocol), (domain, type, protocol))
SYS(setsockopt, (int fd, int level, int name, const void *v, socklen_t n), (fd, level, name, v, n))
SYS(bind, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n))
SYS(getsockname, (int fd, struct sockaddr *a, socklen_t *n), (fd, a, n))
SYS(recvmmsg, (int fd, struct mmsghdr *v, unsigned n, int flags, struct timespec *t), (fd, v, n, flags, t))
WRAP(int, close, (int fd), (fd), -1, (void)__real_close(fd))
WRAP(ssize_t, read, (int fd, void *buf, size_t n), (fd, buf, n), -1, (void)0)
WRAP(ssize_t, write, (int fd, const void *buf, size_t n), (fd, buf, n), -1, (void)0)
SYS(fsync, (int fd), (fd))
SYS(fstat, (int fd, struct stat *st), (fd, st))
SYS(rename, (const char *from, const char *to), (from, to))
SYS(mkdir, (const char *path, mode_t mode), (path, mode))
SYS(flock, (int fd, int op), (fd, op))
SYS(unlink, (const char *path), (path))
SYS(link, (const char *from, const char *to), (from, to))
SYS(fchown, (int fd, uid_t user, gid_t group), (fd, user, group))
WRAP(char *, realpath, (const char *path, char *out), (path, out), NULL, (void)0)
WRAP(FILE *, fopen, (const char *path, const char *mode), (path, mode), NULL, (void)0)
WRAP(size_t, fread, (void *p, size_t size, size_t n, FILE *f), (p, size, n, f), 0, (void)0)
WRAP(size_t, fwrite, (const void *p, size_t size, size_t n, FILE *f), (p, size, n, f), 0, (void)0)
WRAP(int, fclose, (FILE *f), (f), EOF, (void)__real_fclose(f))
SYS(wzp_wolfssl_rand_block, (unsigned char *out, unsigned n), (out, n))
UV(uv_loop_init, (uv_loop_t *l), (l))
UV(uv_poll_init, (uv_loop_t *l, uv_poll_t *p, int fd), (l, p, fd))
UV(uv_poll_start, (uv_poll_t *p, int events, uv_poll_cb cb), (p, events, cb))
UV(uv_async_init, (uv_loop_t *l, uv_async_t *a, uv_async_cb cb), (l, a, cb))
UV(uv_mutex_init, (uv_mutex_t *m), (m))
UV(uv_cond_init, (uv_cond_t *c), (c))
UV(uv_thread_create, (uv_thread_t *t, uv_thread_cb entry, void *arg), (t, entry, arg))
UV(uv_getaddrinfo, (uv_loop_t *l, uv_getaddrinfo_t *r, uv_getaddrinfo_cb cb, const char *node, const char *service, const struct addrinfo *hints), (l, r, cb, node, service, hints))
UV(uv_queue_work, (uv_loop_t *l, uv_work_t *r, uv_work_cb work, uv_after_work_cb after), (l, r, work, after))
/* clang-format on */

static bool splits(const struct msghdr *msg)
{
    struct msghdr m = *msg;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL;
         c = CMSG_NXTHDR(&m, c)) {
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT) {
            return true;
        }
    }
    return false;
}

ssize_t __real_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
    static const wzp_fault of_runs[] = {
        WZP_FAULT_split_io, WZP_FAULT_split_inval, WZP_FAULT_split_size};
    int error = is_due(WZP_FAULT_sendmsg) ? errors[WZP_FAULT_sendmsg] : 0;
    for (size_t i = 0; i < 3 && splits(m); i++) {
        error = is_due(of_runs[i]) ? errors[of_runs[i]] : error;
    }
    if (error != 0) {
        errno = error;
        return -1;
    }
    return __real_sendmsg(fd, m, flags);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    const mode_t mode =
        (flags & O_CREAT) != 0 ? (mode_t)va_arg(ap, unsigned) : 0;
    va_end(ap);
    if (is_due(WZP_FAULT_open)) {
        errno = errors[WZP_FAULT_open];
        return -1;
    }
    return __real_open(path, flags, mode);
}
