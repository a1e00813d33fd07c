/* SPDX-License-Identifier: MIT */
/* The keys a listener seals its session tickets with. They are random, live in
 * memory only and are replaced every hour, so a ticket opens for one to two
 * hours and never after a restart. Nothing is kept per ticket.
 *
 *   key[0] seals and opens ──1 h──> key[1] opens only ──1 h──> wiped
 */
#ifndef WZP_TRANSPORT_QUIC_TICKET_KEYS_H
#define WZP_TRANSPORT_QUIC_TICKET_KEYS_H

#include <wzp/proto/env.h>

struct WOLFSSL_CTX;

#define WZP__TICKET_SECONDS 3600 /* chosen: longer than a bad hour's drops */

typedef struct wzp__ticket_key {
    bool is_set;
    uint8_t name[16]; /* random, in clear in the ticket */
    uint8_t key[32];  /* secret */
    wzp_tstamp made;
} wzp__ticket_key;

typedef struct wzp__ticket_keys {
    wzp_rng rng;
    wzp_tstamp now; /* of the call into TLS under way */
    wzp__ticket_key key[2];
} wzp__ticket_keys;

void wzp__ticket_keys_init(wzp__ticket_keys *k, const wzp_rng *rng);
void wzp__ticket_keys_deinit(wzp__ticket_keys *k); /* wipes */

/* Tell the time; keys that are too old go. */
void wzp__ticket_keys_at(wzp__ticket_keys *k, wzp_tstamp now);

/* Let `ctx` seal and open its tickets with k, which must outlive it. */
bool wzp__ticket_keys_use(wzp__ticket_keys *k, struct WOLFSSL_CTX *ctx);

#endif
