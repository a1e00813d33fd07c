/* SPDX-License-Identifier: MIT */
/* recvmmsg and sendmsg with IP_PKTINFO / IPV6_PKTINFO. One system call per
 * batch in, one per run out: sendmmsg brought nothing (transport-facts.md,
 * hint 11).
 */
#include "uv/socket.h"

#include "quic/sockaddr.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    BUFFER = 4 * 1024 * 1024, /* asked for; the system may give less */
    CONTROL = 128,            /* one packet info of either family, one split */
};

struct wzp__socket_batch {
    struct mmsghdr msgs[WZP__SOCKET_BATCH];
    struct iovec iov[WZP__SOCKET_BATCH];
    wzp__sockaddr from[WZP__SOCKET_BATCH];
    _Alignas(struct cmsghdr) uint8_t control[WZP__SOCKET_BATCH][CONTROL];
    uint8_t data[WZP__SOCKET_BATCH][WZP__SOCKET_PACKET];
};

wzp_err wzp__socket_batch_new(wzp__socket_batch **out, const wzp_mem *mem)
{
    wzp__socket_batch *b = wzp_mem_new(mem, sizeof *b);
    if (b == NULL) {
        return WZP_ERR_NOMEM;
    }
    *out = b;
    return WZP_OK;
}

void wzp__socket_batch_free(wzp__socket_batch *b, const wzp_mem *mem)
{
    wzp_mem_free(mem, b, sizeof *b);
}

/* --- addresses --- */

static const uint8_t MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static wzp_addr mapped(const wzp__socket *s, const wzp_addr *a)
{
    if (!s->is_v6 || a->family != WZP_FAMILY_V4) {
        return *a;
    }
    uint8_t ip[16];
    memcpy(ip, MAPPED, sizeof MAPPED);
    memcpy(ip + sizeof MAPPED, a->ip, 4);
    return wzp_addr_v6(ip, a->port);
}

static bool is_wildcard(const wzp_addr *a)
{
    static const uint8_t ZERO[16];
    return memcmp(a->ip, ZERO, sizeof ZERO) == 0;
}

/* --- opening --- */

static bool set(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/* What must work: the own address of packets. What may: the rest. QUIC sets
 * "do not fragment" and finds the path's size itself. */
static bool set_options(const wzp__socket *s, bool is_wildcard6)
{
    (void)set(s->fd, SOL_SOCKET, SO_RCVBUF, BUFFER);
    (void)set(s->fd, SOL_SOCKET, SO_SNDBUF, BUFFER);
    (void)set(s->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    if (!s->is_v6) {
        return set(s->fd, IPPROTO_IP, IP_PKTINFO, 1);
    }
    (void)set(s->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    return set(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, is_wildcard6 ? 0 : 1) &&
           set(s->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

static bool open_at(wzp__socket *s, const wzp_addr *addr)
{
    wzp__sockaddr sa;
    socklen_t len = wzp__sockaddr_from(addr, &sa);
    s->is_v6 = addr->family == WZP_FAMILY_V6;
    s->fd =
        socket(sa.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || !set_options(s, is_wildcard(addr)) ||
        bind(s->fd, &sa.any, len) != 0) {
        return false;
    }
    int each = 0;
    socklen_t each_len = sizeof each;
    s->splits = getsockopt(s->fd, SOL_UDP, UDP_SEGMENT, &each, &each_len) == 0;
    len = sizeof sa;
    return getsockname(s->fd, &sa.any, &len) == 0 &&
           wzp__sockaddr_to(&sa.any, len, &s->local);
}

wzp_err wzp__socket_open(wzp__socket *s, const wzp_addr *addr,
                         int *system_error)
{
    *s = (wzp__socket){.fd = -1};
    if (addr->family == WZP_FAMILY_NONE) {
        *system_error = EAFNOSUPPORT;
        return WZP_ERR_IO;
    }
    if (!open_at(s, addr)) {
        *system_error = errno;
        wzp__socket_close(s);
        return WZP_ERR_IO;
    }
    return WZP_OK;
}

void wzp__socket_close(wzp__socket *s)
{
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
    s->fd = -1;
}

/* --- receiving --- */

size_t wzp__socket_recv(const wzp__socket *s, wzp__socket_batch *b)
{
    for (size_t i = 0; i < WZP__SOCKET_BATCH; i++) {
        b->iov[i] = (struct iovec){b->data[i], sizeof b->data[i]};
        b->msgs[i].msg_hdr = (struct msghdr){
            .msg_name = &b->from[i],
            .msg_namelen = sizeof b->from[i],
            .msg_iov = &b->iov[i],
            .msg_iovlen = 1,
            .msg_control = b->control[i],
            .msg_controllen = sizeof b->control[i],
        };
    }
    const int n = recvmmsg(s->fd, b->msgs, WZP__SOCKET_BATCH, 0, NULL);
    return n > 0 ? (size_t)n : 0;
}

/* The own address from the packet info; the bound one if there is none. */
static wzp_addr own_address(const wzp__socket *s, const struct msghdr *msg)
{
    struct msghdr m = *msg;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL;
         c = CMSG_NXTHDR(&m, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            uint8_t ip[4];
            memcpy(ip, &info.ipi_addr, sizeof ip);
            return wzp_addr_v4(ip, s->local.port);
        }
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            const wzp_addr a =
                wzp_addr_v6(info.ipi6_addr.s6_addr, s->local.port);
            return wzp_addr_unmapped(&a);
        }
    }
    return s->local;
}

bool wzp__socket_get(const wzp__socket *s, const wzp__socket_batch *b, size_t i,
                     wzp__socket_packet *out)
{
    const struct mmsghdr *m = &b->msgs[i];
    if (!wzp__sockaddr_to(&b->from[i].any, m->msg_hdr.msg_namelen,
                          &out->remote)) {
        return false;
    }
    out->remote = wzp_addr_unmapped(&out->remote);
    out->local = own_address(s, &m->msg_hdr);
    out->data = b->data[i];
    out->len = m->msg_len;
    out->is_truncated = (m->msg_hdr.msg_flags & MSG_TRUNC) != 0;
    return true;
}

/* --- sending --- */

/* Write the packet info that says where to leave from. */
static void set_source(const wzp__socket *s, struct msghdr *msg,
                       const wzp_addr *local)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(msg);
    if (!s->is_v6) {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, local->ip, 4);
        c->cmsg_level = IPPROTO_IP;
        c->cmsg_type = IP_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(c), &info, sizeof info);
        msg->msg_controllen = CMSG_SPACE(sizeof info);
        return;
    }
    const wzp_addr from = mapped(s, local);
    struct in6_pktinfo info = {0};
    memcpy(&info.ipi6_addr, from.ip, 16);
    c->cmsg_level = IPPROTO_IPV6;
    c->cmsg_type = IPV6_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(c), &info, sizeof info);
    msg->msg_controllen = CMSG_SPACE(sizeof info);
}

/* Append: split into packets of `each` bytes. */
static void set_split(struct msghdr *msg, uint16_t each)
{
    struct cmsghdr *c =
        (struct cmsghdr *)((uint8_t *)msg->msg_control + msg->msg_controllen);
    c->cmsg_level = SOL_UDP;
    c->cmsg_type = UDP_SEGMENT;
    c->cmsg_len = CMSG_LEN(sizeof each);
    memcpy(CMSG_DATA(c), &each, sizeof each);
    msg->msg_controllen += CMSG_SPACE(sizeof each);
}

/* each 0: one packet. 0 or errno. */
static int send_bytes(const wzp__socket *s, const wzp_addr *local,
                      const wzp_addr *remote, const uint8_t *data, size_t len,
                      size_t each)
{
    wzp__sockaddr to;
    const wzp_addr peer = mapped(s, remote);
    const socklen_t to_len = wzp__sockaddr_from(&peer, &to);
    _Alignas(struct cmsghdr) uint8_t control[CONTROL] = {0};
    struct iovec iov = {(void *)(uintptr_t)data, len};
    struct msghdr msg = {
        .msg_name = &to,
        .msg_namelen = to_len,
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control,
    };
    if (local->family != WZP_FAMILY_NONE && !is_wildcard(local)) {
        msg.msg_controllen = sizeof control;
        set_source(s, &msg, local);
    }
    if (each != 0) {
        set_split(&msg, (uint16_t)each);
    }
    if (msg.msg_controllen == 0) {
        msg.msg_control = NULL;
    }
    ssize_t n = -1;
    do {
        n = sendmsg(s->fd, &msg, 0);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? errno : 0;
}

int wzp__socket_send(const wzp__socket *s, const wzp_addr *local,
                     const wzp_addr *remote, const uint8_t *data, size_t len)
{
    return send_bytes(s, local, remote, data, len, 0);
}

static void send_singly(const wzp__socket *s, const wzp__run *run,
                        wzp__socket_sent *sent)
{
    for (size_t i = 0; i < run->count; i++) {
        const size_t at = i * run->each;
        const size_t rest = run->len - at;
        const int error =
            wzp__socket_send(s, &run->local, &run->remote, run->data + at,
                             rest < run->each ? rest : run->each);
        sent->calls++;
        sent->packets += error == 0;
        sent->error = error != 0 ? error : sent->error;
    }
}

wzp__socket_sent wzp__socket_send_run(wzp__socket *s, const wzp__run *run)
{
    wzp__socket_sent sent = {0};
    if (run->count > 1 && s->splits) {
        sent.calls++;
        sent.error = send_bytes(s, &run->local, &run->remote, run->data,
                                run->len, run->each);
        if (sent.error == 0) {
            sent.packets = run->count;
            return sent;
        }
        /* EINVAL may be about this run, wider than the device; the others are
         * about the device and stay. */
        if (sent.error == EIO || sent.error == ENOPROTOOPT ||
            sent.error == EOPNOTSUPP) {
            s->splits = false;
        }
        sent.error = 0;
    }
    send_singly(s, run, &sent);
    return sent;
}
