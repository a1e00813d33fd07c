/* SPDX-License-Identifier: MIT */
/* What the connections of one endpoint share: configuration, TLS contexts, the
 * table of connection ids, the queue of what happened. Owned by endpoint.c;
 * the parts of a connection use it and never see the endpoint.
 */
#ifndef WZP_TRANSPORT_QUIC_ENV_H
#define WZP_TRANSPORT_QUIC_ENV_H

#include "quic/cidmap.h"
#include "quic/outbox.h"
#include "quic/source.h"
#include "quic/tls.h"

#include <wzp/transport/endpoint.h>

#include <ngtcp2/ngtcp2.h>

#define WZP__SECRET_LEN 32

struct wzp__conn;

typedef struct wzp__event {
    wzp_ep_action_kind kind; /* all but WZP_EP_SEND */
    struct wzp__conn *conn;
    wzp_pkt *pkt; /* DGRAM: one reference */
} wzp__event;

/* A ring that grows to what was ever needed. */
typedef struct wzp__events {
    wzp__event *ring;
    size_t cap, head, count;
} wzp__events;

typedef struct wzp__env {
    wzp_endpoint_config cfg;
    ngtcp2_mem quic_mem; /* on cfg.mem */
    wzp__tls tls;
    wzp__cidmap cids;     /* own connection ids → slot, or tomb */
    wzp__cidmap resets;   /* peers' stateless reset tokens → slot */
    wzp__sources sources; /* what addresses hold and do, share.h */
    size_t strangers;     /* all in it */
    wzp__events events;
    wzp__outtexts texts;
    struct wzp__conn *ended_first, *ended_last; /* WZP_EP_CLOSED is due */
    uint8_t secret[WZP__SECRET_LEN];            /* of reset and retry tokens */
    wzp_endpoint_stats stats;
} wzp__env;

/* WZP_ERR_NOMEM; the packet reference is taken on WZP_OK. */
WZP_NODISCARD wzp_err wzp__events_push(wzp__env *env, wzp__event ev);
bool wzp__events_pop(wzp__env *env, wzp__event *out);
void wzp__events_deinit(wzp__env *env);

/* ngtcp2's allocator on env->cfg.mem (quic/mem.c). */
ngtcp2_mem wzp__quic_mem(wzp__env *env);

#endif
