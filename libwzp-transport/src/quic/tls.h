/* SPDX-License-Identifier: MIT */
/* TLS 1.3 as QUIC uses it: the contexts, one object per connection, and what
 * is taken out of it when the handshake is done. wolfSSL is called here,
 * in tls_method.c, cert.c and global.c only.
 *
 * The signature of the peer's handshake is always verified. Its certificate is
 * not judged: the owner gets the hash and compares it with a pin. ALPN `wzp`
 * is required on both sides. No tickets, no resumption, no early data.
 * Source: spec/wire.md 5.1, 5.2; design/deps.md 3; weaknesses-wire.md 5.
 */
#ifndef WZP_TRANSPORT_QUIC_TLS_H
#define WZP_TRANSPORT_QUIC_TLS_H

#include "quic/cert.h"

#include <wzp/proto/env.h>

#include <ngtcp2/ngtcp2_crypto.h>

struct WOLFSSL;
struct WOLFSSL_CTX;

typedef struct wzp__tls {
    struct WOLFSSL_CTX *client, *server; /* server: NULL without a seed */
    wzp__cert cert;
    bool has_cert;
    char alpn[16]; /* what both sides must speak; tests set another, or none */
} wzp__tls;

/* seed  NULL for an endpoint that only dials. WZP_ERR_TLS. */
WZP_NODISCARD wzp_err wzp__tls_init(wzp__tls *tls, const uint8_t *seed);
void wzp__tls_deinit(wzp__tls *tls);

/* One connection's side of it. `ref` is first: ngtcp2's glue finds the
 * connection through it. The storage must not move. */
typedef struct wzp__tls_session {
    ngtcp2_crypto_conn_ref ref;
    struct WOLFSSL *ssl;
    const wzp__tls *tls;
    wzp_mem mem;
    char *sni;      /* server: lower case; NULL when none came */
    bool is_broken; /* keys could not be installed: end the connection */
    bool has_peer_cert;
    uint8_t peer_cert[WZP_HASH_LEN];
    uint8_t exporter[32]; /* secret */
} wzp__tls_session;

/* tls_method.c: how wolfSSL hands keys and bytes to ngtcp2. */
bool wzp__tls_method_set(struct WOLFSSL_CTX *ctx);

/* `s->ref` is filled by the caller. */
WZP_NODISCARD wzp_err wzp__tls_accept(wzp__tls_session *s, const wzp__tls *tls,
                                      const wzp_mem *mem);
WZP_NODISCARD wzp_err wzp__tls_dial(wzp__tls_session *s, const wzp__tls *tls,
                                    const wzp_mem *mem, const char *sni,
                                    bool present_cert);

/* The handshake is done: check ALPN, take the exporter value.
 * WZP_ERR_ALPN, WZP_ERR_CERT, WZP_ERR_TLS. */
WZP_NODISCARD wzp_err wzp__tls_finish(wzp__tls_session *s);

/* Free the TLS object; the rest stays readable. */
void wzp__tls_drop(wzp__tls_session *s);
/* Forget SNI and exporter value. */
void wzp__tls_forget(wzp__tls_session *s);

#endif
