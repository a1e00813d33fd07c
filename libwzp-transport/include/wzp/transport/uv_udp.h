/* SPDX-License-Identifier: MIT */
/* The shell of a machine that speaks over one UDP socket: receives in batches,
 * samples the clock once per wake, calls the machine, sends what it gives, and
 * re-arms one timer. Relay and client each put one machine in it.
 */
#ifndef WZP_TRANSPORT_UV_UDP_H
#define WZP_TRANSPORT_UV_UDP_H

#include <wzp/proto/addr.h>
#include <wzp/proto/env.h>

typedef struct uv_loop_s uv_loop_t;
typedef struct wzp_uv_udp wzp_uv_udp;

/* The verbs of the machine inside. */
typedef struct wzp_uv_machine {
    void (*recv)(void *machine, wzp_tstamp now, const wzp_addr *local,
                 const wzp_addr *remote, const uint8_t *data, size_t len);
    void (*expire)(void *machine, wzp_tstamp now);
    wzp_tstamp (*deadline)(void *machine);
    /* Next packet to send; false when there is none. Called after every
     * batch. The owner's other actions are drained inside. */
    bool (*poll_send)(void *machine, wzp_tstamp now, wzp_addr *local,
                      wzp_addr *remote, const uint8_t **data, size_t *len);
    void *machine;
    /* Another socket is in place, bound to `local`; what is sent from now on
     * leaves from it. NULL: this machine stays where it is (a relay), and so
     * does its socket. */
    void (*moved)(void *machine, wzp_tstamp now, const wzp_addr *local);
} wzp_uv_machine;

/* Bind `addr` (port 0: any; an IPv6 wildcard is dual-stack where possible) and
 * start. WZP_ERR_IO with the system's reason in `why` (e.g. "address already
 * in use"); why may be NULL. */
WZP_NODISCARD wzp_err wzp_uv_udp_new(wzp_uv_udp **out, uv_loop_t *loop,
                                     const wzp_mem *mem, const wzp_addr *addr,
                                     const wzp_uv_machine *machine, char *why,
                                     size_t why_len);

/* Where it is bound (wildcard address with the real port). */
wzp_addr wzp_uv_udp_local(const wzp_uv_udp *udp);

/* Monotonic clock as the shell samples it. */
wzp_tstamp wzp_uv_now(void);

/* Commands were given to the machine from outside: drain and re-arm now. */
void wzp_uv_udp_kick(wzp_uv_udp *udp);

/* Take another socket at the address of wzp_uv_udp_new, on any port; the old
 * one is closed, and the machine told. Happens by itself when the system has
 * refused to send for a second because of the network (see netwatch.h).
 * WZP_ERR_IO: none to be had, the old one stays. WZP_ERR_STATE: closing, or the
 * machine has no `moved`. Not from inside the machine. */
WZP_NODISCARD wzp_err wzp_uv_udp_reopen(wzp_uv_udp *udp);

/* Close; memory is released when libuv says so, then `closed` is called (may
 * be NULL). */
void wzp_uv_udp_close(wzp_uv_udp *udp, void (*closed)(void *user), void *user);

typedef struct wzp_uv_udp_stats {
    size_t size;
    uint64_t wakes, batches, rx_packets, tx_packets, rx_truncated;
    uint64_t tx_errors; /* sendmsg failed: packet lost, as on a network */
    uint64_t reopened;  /* sockets taken after the first */
    uint64_t tx_calls;  /* of the system; several packets may leave in one */
    uint64_t reopen_errors; /* another socket was due and not to be had */
} wzp_uv_udp_stats;

/* out->size  set by the caller: sizeof *out. */
void wzp_uv_udp_stats_get(const wzp_uv_udp *udp, wzp_uv_udp_stats *out);

#endif
