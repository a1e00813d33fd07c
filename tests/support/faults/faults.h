/* SPDX-License-Identifier: MIT */
/* System calls and libuv calls of the shells that fail on demand: the n-th
 * call of one of them fails once, as the system would let it fail, in whatever
 * thread it is made. Programs that use this are linked with WRAP_faults
 * (mk/tests.mk), which puts the functions of faults.c before the real ones.
 */
#ifndef WZP_TEST_FAULTS_H
#define WZP_TEST_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

/* clang-format off */
/* name, error: an errno, or what libuv returns. split_…: a sendmsg of several
 * packets with UDP_SEGMENT. */
#define WZP_FAULTS(X)                                                          \
    X(socket,           EMFILE)                                                \
    X(setsockopt,       ENOPROTOOPT)                                           \
    X(bind,             EADDRINUSE)                                            \
    X(getsockname,      ENOBUFS)                                               \
    X(recvmmsg,         ENOMEM)                                                \
    X(sendmsg,          ENOBUFS)                                               \
    X(split_io,         EIO)                                                   \
    X(split_inval,      EINVAL)                                                \
    X(split_size,       EMSGSIZE)                                              \
    X(close,            EIO)                                                   \
    X(open,             EMFILE)                                                \
    X(read,             EIO)                                                   \
    X(write,            ENOSPC)                                                \
    X(fsync,            EIO)                                                   \
    X(fstat,            EIO)                                                   \
    X(rename,           EACCES)                                                \
    X(mkdir,            EACCES)                                                \
    X(flock,            EWOULDBLOCK)                                           \
    X(unlink,           EACCES)                                                \
    X(fopen,            EMFILE)                                                \
    X(fread,            EIO)                                                   \
    X(fwrite,           ENOSPC)                                                \
    X(fclose,           EIO)                                                   \
    X(wzp_wolfssl_rand_block, EIO)                                             \
    X(uv_loop_init,     EMFILE)                                                \
    X(uv_poll_init,     EEXIST)                                                \
    X(uv_poll_start,    EBADF)                                                 \
    X(uv_async_init,    EMFILE)                                                \
    X(uv_mutex_init,    ENOMEM)                                                \
    X(uv_cond_init,     ENOMEM)                                                \
    X(uv_thread_create, EAGAIN)                                                \
    X(uv_getaddrinfo,   ENOMEM)                                                \
    X(uv_queue_work,    EINVAL)
/* Those that only files of the programs need. */
#define WZP_FAULTS_OF_APPS(X)                                                  \
    X(link,             EPERM)                                                 \
    X(fchown,           EPERM)                                                 \
    X(realpath,         ELOOP)
/* clang-format on */

typedef enum wzp_fault {
#define WZP_FAULT_ID(name, error) WZP_FAULT_##name,
    WZP_FAULTS(WZP_FAULT_ID) WZP_FAULTS_OF_APPS(WZP_FAULT_ID)
#undef WZP_FAULT_ID
        WZP_FAULT_COUNT,
    WZP_FAULT_COUNT_OF_SHELLS = WZP_FAULT_link,
} wzp_fault;

const char *wzp_fault_name(wzp_fault f);

/* Count calls from zero; call number n (from 1) of f fails, 0: none does. */
void wzp_fault_arm(wzp_fault f, size_t n);
/* No call fails any more. True when one did since arming. */
bool wzp_fault_disarm(void);
/* Calls of f since arming. */
size_t wzp_fault_calls(wzp_fault f);

#endif
