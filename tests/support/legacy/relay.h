/* SPDX-License-Identifier: MIT */
/* A relay of the earlier protocol as a machine for the world: rooms by the raw
 * server name, the old handshake, plain fan-out, the roles `ping` and
 * `version`. It announces nothing, parses every packet and writes it anew, and
 * counts what no old client would have sent it.
 * Source: spec/relay.md 2–3; spec/wire.md 1, 2.4, 5.2.
 */
#ifndef WZP_TEST_LEGACY_RELAY_H
#define WZP_TEST_LEGACY_RELAY_H

#include "media.h"

#include <wzp/crypto/identity.h>
#include <wzp/transport/endpoint.h>
#include <wzp/transport/uv_udp.h> /* the machine table */

enum { WZP_LEGACY_CONNS = 16 };

typedef struct wzp_legacy_conn {
    wzp_conn_id id; /* 0: free */
    char sni[WZP_SNI_MAX + 1];
    bool is_member;
    wzp_legacy_name name;
    wzp_tstamp close_at; /* of the role `version`, else WZP_NEVER */
} wzp_legacy_conn;

typedef struct wzp_legacy_relay {
    wzp_endpoint *ep;
    wzp_pkt_pool *pool;
    wzp_seed_identity *identity;
    wzp_rng rng;
    bool hides_names;  /* every fingerprint is "" (nobody authenticated) */
    bool shouts_names; /* fingerprints in upper case */
    wzp_legacy_conn conns[WZP_LEGACY_CONNS];
    /* what it noticed */
    char last_sni[WZP_SNI_MAX + 1];
    unsigned joins, bad_offers;
    uint64_t signals_after; /* on a member's connection: would never be read */
    uint64_t media, malformed, not_plain;
    uint64_t close_code;
} wzp_legacy_relay;

/* seed: byte of the identity; tls_seed: of the TLS key, 32 bytes. */
void wzp_legacy_relay_init(wzp_legacy_relay *r, uint8_t seed,
                           const uint8_t *tls_seed, const wzp_rng *rng,
                           wzp_tstamp now);
void wzp_legacy_relay_deinit(wzp_legacy_relay *r);
wzp_uv_machine wzp_legacy_relay_machine(wzp_legacy_relay *r);

#endif
