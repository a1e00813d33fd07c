/* SPDX-License-Identifier: MIT */
/* Keys and handshake bytes from wolfSSL to ngtcp2. As ngtcp2's glue has it,
 * but for one thing: when keys cannot be installed (out of memory, or the
 * peer's transport parameters are malformed), wolfSSL 5.7.2 takes the failure
 * for a positive error code and its client loops for ever. So it is told that
 * all is well, and the connection is ended when wolfSSL has returned.
 */
#include "quic/tls.h"

#include <ngtcp2/ngtcp2_crypto_wolfssl.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

static wzp__tls_session *session_of(WOLFSSL *ssl)
{
    return wolfSSL_get_app_data(ssl);
}

static ngtcp2_conn *conn_of(wzp__tls_session *s)
{
    return s->ref.get_conn(&s->ref);
}

static bool install(wzp__tls_session *s, ngtcp2_encryption_level level,
                    const uint8_t *rx, const uint8_t *tx, size_t len)
{
    ngtcp2_conn *quic = conn_of(s);
    return (rx == NULL || ngtcp2_crypto_derive_and_install_rx_key(
                              quic, NULL, NULL, NULL, level, rx, len) == 0) &&
           (tx == NULL || ngtcp2_crypto_derive_and_install_tx_key(
                              quic, NULL, NULL, NULL, level, tx, len) == 0);
}

static int on_secrets(WOLFSSL *ssl, WOLFSSL_ENCRYPTION_LEVEL level,
                      const uint8_t *rx, const uint8_t *tx, size_t len)
{
    wzp__tls_session *s = session_of(ssl);
    if (ngtcp2_conn_get_handshake_completed(conn_of(s)) != 0) {
        return 1; /* QUIC changes its keys itself */
    }
    if (!s->is_broken) {
        s->is_broken = !install(
            s, ngtcp2_crypto_wolfssl_from_wolfssl_encryption_level(level), rx,
            tx, len);
    }
    return 1;
}

static int on_handshake_data(WOLFSSL *ssl, WOLFSSL_ENCRYPTION_LEVEL level,
                             const uint8_t *data, size_t len)
{
    ngtcp2_conn *quic = conn_of(session_of(ssl));
    const int rv = ngtcp2_conn_submit_crypto_data(
        quic, ngtcp2_crypto_wolfssl_from_wolfssl_encryption_level(level), data,
        len);
    if (rv != 0) {
        ngtcp2_conn_set_tls_error(quic, rv);
        return 0;
    }
    return 1;
}

static int on_flush(WOLFSSL *ssl)
{
    (void)ssl;
    return 1;
}

static int on_alert(WOLFSSL *ssl, WOLFSSL_ENCRYPTION_LEVEL level, uint8_t alert)
{
    (void)level;
    ngtcp2_conn_set_tls_alert(conn_of(session_of(ssl)), alert);
    return 1;
}

bool wzp__tls_method_set(struct WOLFSSL_CTX *ctx)
{
    static const WOLFSSL_QUIC_METHOD METHOD = {
        .set_encryption_secrets = on_secrets,
        .add_handshake_data = on_handshake_data,
        .flush_flight = on_flush,
        .send_alert = on_alert,
    };
    return wolfSSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) ==
               WOLFSSL_SUCCESS &&
           wolfSSL_CTX_set_quic_method(ctx, &METHOD) == WOLFSSL_SUCCESS;
}
