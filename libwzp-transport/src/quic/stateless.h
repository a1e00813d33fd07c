/* SPDX-License-Identifier: MIT */
/* Answers to packets that belong to no connection, made without keeping
 * anything about the sender: version negotiation, Retry, refusal, stateless
 * reset. They wait in a small ring; when it is full they are not sent.
 */
#ifndef WZP_TRANSPORT_QUIC_STATELESS_H
#define WZP_TRANSPORT_QUIC_STATELESS_H

#include "quic/env.h"

enum {
    WZP__STATELESS_MAX = 32,     /* waiting answers; chosen */
    WZP__STATELESS_PACKET = 512, /* bytes; a Retry with its token fits */
    /* chosen: after a restart each of 4096 clients hears it in some seconds;
     * whoever it is aimed at gets 40 kB/s at most */
    WZP__RESETS = 1024,
};

typedef struct wzp__answer {
    wzp_addr local, remote;
    uint16_t len;
    uint8_t data[WZP__STATELESS_PACKET];
} wzp__answer;

typedef struct wzp__stateless {
    wzp__answer ring[WZP__STATELESS_MAX];
    size_t head, count;
    wzp_tstamp resets_until; /* a point of time later for each one sent */
} wzp__stateless;

/* A received packet that no connection wants. */
typedef struct wzp__stray {
    const wzp_addr *local, *remote;
    const uint8_t *data;
    size_t len;
    const ngtcp2_version_cid *ids;
} wzp__stray;

void wzp__stateless_version(wzp__stateless *s, wzp__env *env,
                            const wzp__stray *in);
/* WZP__RESETS at once and a second, RFC 9000 section 21.11. */
void wzp__stateless_reset(wzp__stateless *s, wzp__env *env, wzp_tstamp now,
                          const wzp__stray *in);
/* why: its text goes along. */
void wzp__stateless_refuse(wzp__stateless *s, const wzp__stray *in,
                           wzp_err why);
void wzp__stateless_retry(wzp__stateless *s, wzp__env *env, wzp_tstamp now,
                          const wzp__stray *in, const ngtcp2_pkt_hd *hd);

/* Is the token of this Initial one of our Retry tokens? Then *odcid is the id
 * the client chose first. */
bool wzp__stateless_verify(const wzp__env *env, wzp_tstamp now,
                           const wzp_addr *remote, const ngtcp2_pkt_hd *hd,
                           ngtcp2_cid *odcid);

/* A ready packet, copied (a tomb's). */
void wzp__stateless_repeat(wzp__stateless *s, const wzp_addr *local,
                           const wzp_addr *remote, const uint8_t *data,
                           size_t len);

/* The next answer, valid until the next call; NULL when there is none. */
const wzp__answer *wzp__stateless_next(wzp__stateless *s);

#endif
