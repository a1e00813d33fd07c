/* SPDX-License-Identifier: MIT */
/* TLS 1.3 as QUIC uses it: the contexts, one object per connection, and what
 * is taken out of it when the handshake is done. wolfSSL is called here,
 * in tls_method.c, tls_resume.c, ticket_keys.c, tickets.c, clock.c, cert.c and
 * global.c only.
 *
 * The signature of the peer's handshake is always verified. Its certificate is
 * not judged: the owner gets the hash and compares it with a pin. A client is
 * asked for one only under the server names that need it; there it must show
 * one and prove that it has the key. ALPN `wzp` is required on both sides.
 *
 * Where both sides are set to it, a listener gives one ticket per connection
 * and a dialler may resume with it: always with a fresh key exchange, never
 * with early data, and only as the certificate the ticket came from. See
 * ticket_keys.h, tickets.h, docs/adr/0013-resumption.md.
 * Source: spec/wire.md 5.1, 5.2; design/secure-media.md 3, 4; design/deps.md
 * 3; weaknesses-wire.md 5.
 */
#ifndef WZP_TRANSPORT_QUIC_TLS_H
#define WZP_TRANSPORT_QUIC_TLS_H

#include "quic/cert.h"
#include "quic/ticket_keys.h"
#include "quic/tickets.h"

#include <wzp/proto/env.h>
#include <wzp/transport/endpoint.h>

#include <ngtcp2/ngtcp2_crypto.h>

struct WOLFSSL;
struct WOLFSSL_CTX;

typedef struct wzp__tls {
    struct WOLFSSL_CTX *client, *server; /* server: NULL without a seed */
    wzp__cert cert;
    bool has_cert;
    char alpn[16]; /* what both sides must speak; tests set another, or none */
    /* Server names under which a certificate is asked for, each ended by NUL;
     * a last '*' stands for any rest. */
    wzp_mem mem;
    char *cert_snis;
    size_t cert_snis_len;
    wzp__ticket_keys *ticket_keys; /* NULL: a listener that gives none */
    wzp__tickets *tickets;         /* NULL: a dialler that keeps none */
} wzp__tls;

/* seed  NULL for an endpoint that only dials. WZP_ERR_TLS. */
WZP_NODISCARD wzp_err wzp__tls_init(wzp__tls *tls, const uint8_t *seed);
void wzp__tls_deinit(wzp__tls *tls);

/* Ask clients for a certificate under these names, as in wzp_endpoint_config.
 * Once, after wzp__tls_init. WZP_ERR_CONFIG: a name that cannot be; NOMEM. */
WZP_NODISCARD wzp_err wzp__tls_require(wzp__tls *tls, const wzp_mem *mem,
                                       const char *const *names, size_t n);

#define WZP__CERT_SNIS_MAX 16

/* What the owner is told when the handshake is done. It is kept apart because
 * a connection lives long and this does not. */
typedef struct wzp__tls_facts {
    char sni[WZP_SNI_MAX + 1]; /* server: lower case; "" when none came */
    bool has_sni;
    bool has_peer_cert;
    uint8_t peer_cert[WZP_HASH_LEN];
    bool has_peer_key; /* the certificate is of an Ed25519 key: */
    uint8_t peer_key[WZP_KEY_LEN];
    uint8_t exporter[32]; /* secret */
    bool is_resumed;
} wzp__tls_facts;

#define WZP__TICKET_MESSAGE 512 /* ours have 205 bytes */

/* A dialler's, from the dial until a ticket came or none is expected more. */
typedef struct wzp__tls_wish {
    wzp__ticket_origin from; /* of the ticket offered; then of the next */
    bool is_offered;
    wzp_tstamp until; /* the TLS object is kept so long */
    uint8_t message[WZP__TICKET_MESSAGE];
    size_t len, need; /* bytes of it that are there, and in all */
} wzp__tls_wish;

/* One connection's side of it. `ref` is first: ngtcp2's glue finds the
 * connection through it. The storage must not move. */
typedef struct wzp__tls_session {
    ngtcp2_crypto_conn_ref ref;
    struct WOLFSSL *ssl;
    const wzp__tls *tls;
    wzp_mem mem;
    wzp__tls_facts *facts; /* NULL once the owner has them */
    wzp__tls_wish *wish;   /* NULL: no ticket is waited for */
    bool is_broken;        /* keys could not be installed: end the connection */
} wzp__tls_session;

/* tls_method.c: how wolfSSL hands keys and bytes to ngtcp2. */
bool wzp__tls_method_set(struct WOLFSSL_CTX *ctx);

/* `s->ref` is filled by the caller. */
WZP_NODISCARD wzp_err wzp__tls_accept(wzp__tls_session *s, const wzp__tls *tls,
                                      const wzp_mem *mem);
WZP_NODISCARD wzp_err wzp__tls_dial(wzp__tls_session *s, const wzp__tls *tls,
                                    const wzp_mem *mem, wzp_tstamp now,
                                    const wzp_dial *dial);

/* The handshake is done: check ALPN, take the exporter value.
 * WZP_ERR_ALPN, WZP_ERR_CERT, WZP_ERR_TLS. */
WZP_NODISCARD wzp_err wzp__tls_finish(wzp__tls_session *s, wzp_tstamp now);

/* Free the TLS object; the rest stays readable. */
void wzp__tls_drop(wzp__tls_session *s);
/* Wipe and free the facts. */
void wzp__tls_forget(wzp__tls_session *s);

/* --- tls_resume.c --- */

/* gives    as a listener, a ticket with each connection
 * n_kept   tickets to keep as a dialler; 0: none
 * Once, after wzp__tls_init. NOMEM, WZP_ERR_TLS. */
WZP_NODISCARD wzp_err wzp__tls_resume(wzp__tls *tls, const wzp_mem *mem,
                                      const wzp_rng *rng, bool gives,
                                      size_t n_kept);
/* The time, before packets go in. */
void wzp__tls_at(const wzp__tls *tls, wzp_tstamp now);

/* Offer the ticket of the certificate the dialler expects, if there is one,
 * and wait for the next. */
WZP_NODISCARD wzp_err wzp__tls_wish_ticket(wzp__tls_session *s, wzp_tstamp now,
                                           const wzp_dial *dial);
/* The handshake is done. A dialler that resumed saw no certificate: it has
 * that of the ticket. One that did not has what it was shown, for the next. */
void wzp__tls_settle_wish(wzp__tls_session *s, wzp_tstamp now);
/* Bytes of TLS after the handshake; only a ticket can be meant. Whatever is
 * wrong with it, the connection goes on. */
void wzp__tls_recv_late(wzp__tls_session *s, wzp_tstamp now,
                        const uint8_t *data, size_t len);
/* Is the TLS object still needed after the handshake? */
bool wzp__tls_awaits(const wzp__tls_session *s, wzp_tstamp now);

void wzp__tls_end_wish(wzp__tls_session *s);

#endif
