/* SPDX-License-Identifier: MIT */
/* Bare paced sendto, see floor.h.
 */
#include "bench/support/floor.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct sockets {
    int fd[WZP_FLOOR_RECEIVERS_MAX];
    struct sockaddr_in at[WZP_FLOOR_RECEIVERS_MAX];
    size_t n;
} sockets;

static double now_of(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool open_all(sockets *s, size_t n)
{
    for (s->n = 0; s->n < n; s->n++) {
        struct sockaddr_in *a = &s->at[s->n];
        socklen_t len = sizeof *a;
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        s->fd[s->n] = fd;
        memset(a, 0, sizeof *a);
        a->sin_family = AF_INET;
        a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (fd < 0 || bind(fd, (struct sockaddr *)a, sizeof *a) != 0 ||
            getsockname(fd, (struct sockaddr *)a, &len) != 0) {
            return false;
        }
    }
    return true;
}

/* In a process of its own, until it is killed. */
static void receive_all(const sockets *s)
{
    struct epoll_event ready[WZP_FLOOR_RECEIVERS_MAX];
    char buffer[2048];
    int poll = epoll_create1(0);
    for (size_t i = 0; i < s->n; i++) {
        struct epoll_event e = {.events = EPOLLIN, .data.fd = s->fd[i]};
        (void)epoll_ctl(poll, EPOLL_CTL_ADD, s->fd[i], &e);
    }
    for (;;) {
        int n = epoll_wait(poll, ready, WZP_FLOOR_RECEIVERS_MAX, 1000);
        for (int i = 0; i < n; i++) {
            while (recv(ready[i].data.fd, buffer, sizeof buffer, 0) > 0) {
            }
        }
    }
}

static double send_all(const wzp_floor *f, const sockets *s)
{
    char packet[2048];
    struct timespec tick;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    uint64_t sent = 0;
    memset(packet, 7, sizeof packet);
    const double cpu = now_of(CLOCK_PROCESS_CPUTIME_ID);
    const double end = now_of(CLOCK_MONOTONIC) + f->seconds;
    (void)clock_gettime(CLOCK_MONOTONIC, &tick);
    while (now_of(CLOCK_MONOTONIC) < end) {
        tick.tv_nsec += 1000000000L / (long)f->rate;
        if (tick.tv_nsec >= 1000000000L) {
            tick.tv_sec++;
            tick.tv_nsec -= 1000000000L;
        }
        (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &tick, NULL);
        for (size_t i = 0; i < s->n; i++) {
            sent += sendto(fd, packet, f->size, 0,
                           (const struct sockaddr *)&s->at[i],
                           sizeof s->at[i]) == (ssize_t)f->size
                        ? 1
                        : 0;
        }
    }
    (void)close(fd);
    return (double)sent / (now_of(CLOCK_PROCESS_CPUTIME_ID) - cpu);
}

double wzp_floor_run(const wzp_floor *f)
{
    sockets s = {.n = 0};
    double rate = 0;
    if (f->receivers > WZP_FLOOR_RECEIVERS_MAX || f->size > 2048 ||
        !open_all(&s, f->receivers)) {
        perror("floor");
    } else {
        pid_t reader = fork();
        if (reader == 0) {
            receive_all(&s);
        }
        rate = send_all(f, &s);
        (void)kill(reader, SIGKILL);
        (void)waitpid(reader, NULL, 0);
    }
    for (size_t i = 0; i < s.n; i++) {
        (void)close(s.fd[i]);
    }
    return rate;
}
