/* SPDX-License-Identifier: MIT */
/* A non-blocking UDP socket: packets in batches, each with the own address it
 * arrived at, and packets out that leave from the address they are to leave
 * from. libuv's own UDP has neither (deps.md 1). Linux.
 *
 * On a dual-stack socket IPv4 peers are seen and named as IPv4.
 */
#ifndef WZP_TRANSPORT_UV_SOCKET_H
#define WZP_TRANSPORT_UV_SOCKET_H

#include "uv/run.h"

#include <wzp/proto/addr.h>
#include <wzp/proto/env.h>

#include <sys/socket.h>

enum {
    WZP__SOCKET_BATCH = 64,
    WZP__SOCKET_PACKET = 2048, /* bytes; QUIC packets are at most 1,500 here */
};

typedef struct wzp__socket {
    int fd; /* −1: closed */
    bool is_v6;
    bool splits;    /* the system takes runs (UDP_SEGMENT) */
    wzp_addr local; /* as bound, with the real port */
} wzp__socket;

typedef struct wzp__socket_packet {
    wzp_addr local, remote;
    const uint8_t *data;
    size_t len;
    bool is_truncated;
} wzp__socket_packet;

/* Receive buffers; big, so not on a stack. */
typedef struct wzp__socket_batch wzp__socket_batch;

WZP_NODISCARD wzp_err wzp__socket_batch_new(wzp__socket_batch **out,
                                            const wzp_mem *mem);
void wzp__socket_batch_free(wzp__socket_batch *b, const wzp_mem *mem);

/* WZP_ERR_IO, *system_error is errno. */
WZP_NODISCARD wzp_err wzp__socket_open(wzp__socket *s, const wzp_addr *addr,
                                       int *system_error);
void wzp__socket_close(wzp__socket *s);

/* How many packets came, 0 … WZP__SOCKET_BATCH; never waits. */
size_t wzp__socket_recv(const wzp__socket *s, wzp__socket_batch *b);
/* Packet i of the last batch; false when its address is unusable. Borrowed
 * until the next batch. */
bool wzp__socket_get(const wzp__socket *s, const wzp__socket_batch *b, size_t i,
                     wzp__socket_packet *out);

/* 0, or errno when the system did not take it: it is lost, as on a network. */
int wzp__socket_send(const wzp__socket *s, const wzp_addr *local,
                     const wzp_addr *remote, const uint8_t *data, size_t len);

typedef struct wzp__socket_sent {
    size_t packets; /* the system took them */
    size_t calls;   /* of the system */
    int error;      /* of the last packet that was not taken, or 0 */
} wzp__socket_sent;

/* A whole run: in one call, or packet by packet where the system refuses. */
wzp__socket_sent wzp__socket_send_run(wzp__socket *s, const wzp__run *run);

#endif
