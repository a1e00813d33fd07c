/* SPDX-License-Identifier: MIT */
/* A client as they were before sealing: joins a room with the old handshake,
 * sends clear Opus frames, counts what it hears. A machine: the socket, the
 * clock and the timer are in main.c.
 */
#ifndef WZP_TEST_LEGACY_PEER_H
#define WZP_TEST_LEGACY_PEER_H

#include <wzp/codec/codec.h>
#include <wzp/codec/wav.h>
#include <wzp/crypto/identity.h>
#include <wzp/transport/endpoint.h>

#include <stdio.h>

typedef struct wzp_legacy_peer {
    wzp_endpoint *ep;
    wzp_pkt_pool *pool;
    wzp_conn_id conn;
    wzp_seed_identity *identity;
    wzp_encoder *enc;
    FILE *frames;     /* every frame sent, frames.h */
    int16_t *pcm;     /* what is spoken, 48 kHz */
    size_t n_pcm, at; /* looped */
    wzp_tstamp next;  /* when the next frame is due; WZP_NEVER before */
    uint64_t to_send; /* frames still to send */
    uint64_t sent, refused, received, received_bytes;
    bool is_answered, is_closed;
    char why[WZP_REASON_MAX + 64]; /* not "": ended with an error */
} wzp_legacy_peer;

/* Reads `wav` (any rate), opens `frames`. False: `why` says what failed. */
bool wzp_legacy_peer_init(wzp_legacy_peer *p, wzp_tstamp now, const char *wav,
                          const char *frames, uint64_t to_send);
void wzp_legacy_peer_deinit(wzp_legacy_peer *p);

bool wzp_legacy_peer_dial(wzp_legacy_peer *p, wzp_tstamp now,
                          const wzp_addr *local, const wzp_addr *relay,
                          const char *room);

/* Send what is due; closes after the last frame. */
void wzp_legacy_peer_expire(wzp_legacy_peer *p, wzp_tstamp now);
wzp_tstamp wzp_legacy_peer_deadline(const wzp_legacy_peer *p);
/* Next packet to send; false when there is none. */
bool wzp_legacy_peer_poll(wzp_legacy_peer *p, wzp_tstamp now,
                          wzp_ep_action *out);

#endif
