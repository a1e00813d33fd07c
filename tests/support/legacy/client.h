/* SPDX-License-Identifier: MIT */
/* A client of the earlier protocol, both ways, as a machine for the world: it
 * joins with the old handshake, speaks clear Opus or Codec2, plays what comes
 * on arrival without telling senders apart, and sends no signal after its
 * CallOffer. Its bytes and texts are media.c's; QUIC and codecs the libraries'.
 * Source: spec/wire.md 1, 2.4, 3.3; spec/relay.md 2.3.
 */
#ifndef WZP_TEST_LEGACY_CLIENT_H
#define WZP_TEST_LEGACY_CLIENT_H

#include "media.h"

#include <wzp/codec/codec.h>
#include <wzp/crypto/identity.h>
#include <wzp/transport/endpoint.h>
#include <wzp/transport/uv_udp.h> /* the machine table */

enum { WZP_LEGACY_LISTED = 16 };

typedef struct wzp_legacy_client_config {
    uint8_t identity; /* seed byte, 32 times */
    const char *alias;
    const int16_t *in; /* 48 kHz, looped; NULL: says nothing at all */
    size_t in_len;
    wzp_codec_id codec; /* in frames of its usual length */
    bool suppresses;    /* silence as comfort noise, spec/wire.md 1.2 */
    bool sends_repair;  /* a T packet after every fifth */
    bool sends_twice;   /* every packet, as federation rings did */
    bool sends_bundles; /* which only sealed packets may hold */
    wzp_rng rng;
    uint8_t reports_loss; /* of 255; 0: such as asks for GOOD */
} wzp_legacy_client_config;

typedef struct wzp_legacy_client {
    wzp_legacy_client_config cfg;
    wzp_endpoint *ep;
    wzp_pkt_pool *pool;
    wzp_conn_id conn;
    wzp_seed_identity *identity;
    wzp_encoder *enc;
    wzp_decoder *dec;
    size_t at; /* in `in` */
    unsigned frame_ms;
    unsigned silent; /* frames in a row */
    uint16_t seq;
    uint32_t timestamp_ms;
    uint64_t frames;
    wzp_tstamp next;
    bool is_joined, is_closed;
    uint64_t close_code;
    char close_reason[WZP_REASON_MAX + 1];
    /* what it noticed */
    uint64_t sent, noise_sent, received, malformed, repair, reports;
    uint64_t not_plain; /* reserved bits set: sealed for somebody else */
    uint64_t strange;   /* signals that are not of the earlier protocol */
    unsigned room_updates;
    wzp_legacy_name listed[WZP_LEGACY_LISTED];
    size_t n_listed;
    char version[300]; /* of the `version` role */
    uint16_t last_seq;
    uint64_t gaps; /* packets whose seq is not the next */
    int16_t *heard;
    size_t n_heard, cap_heard;
} wzp_legacy_client;

/* Aborts out of memory, as the world does. */
void wzp_legacy_client_init(wzp_legacy_client *c,
                            const wzp_legacy_client_config *cfg,
                            wzp_tstamp now);
void wzp_legacy_client_deinit(wzp_legacy_client *c);
wzp_uv_machine wzp_legacy_client_machine(wzp_legacy_client *c);

/* sni: the room as it is, or a role. */
void wzp_legacy_client_dial(wzp_legacy_client *c, wzp_tstamp now,
                            const wzp_addr *local, const wzp_addr *relay,
                            const char *sni);
/* Another rate from the next frame on. */
void wzp_legacy_client_switch(wzp_legacy_client *c, wzp_codec_id codec);
void wzp_legacy_client_leave(wzp_legacy_client *c, wzp_tstamp now);

#endif
