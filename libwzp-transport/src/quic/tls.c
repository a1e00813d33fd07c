/* SPDX-License-Identifier: MIT */
/* wolfSSL is driven through ngtcp2's glue (libngtcp2_crypto_wolfssl); here are
 * its settings and callbacks. Traps met: the ALPN select callback is compiled
 * out of this build, so the list of each connection is set to fail on a
 * mismatch, and a client that offers no ALPN at all is refused in _finish; the
 * exporter works only after wolfSSL_KeepArrays.
 */
#include "quic/tls.h"

#include "quic/wipe.h"

#include <ngtcp2/ngtcp2_crypto_wolfssl.h>
#include <wolfssl/error-ssl.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <string.h>

/* X25519 first: the others exist for peers without it (spec/wire.md 5.1). */
static const char GROUPS[] = "X25519:P-256:P-384";
/* AES-128 first: its handshake hashes with SHA-256, which is faster. */
static const char SUITES[] = "TLS13-AES128-GCM-SHA256:"
                             "TLS13-AES256-GCM-SHA384:"
                             "TLS13-CHACHA20-POLY1305-SHA256";
static const char ALPN[] = "wzp";
static const char EXPORTER[] = "EXPORTER-wzp-binding";

enum {
    QUIC_PARAMS_V1 = 0x39, /* RFC 9001 section 8.2 */
    ALERT_UNRECOGNIZED_NAME = 112,
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

/* Is `name` one of those that need a certificate? */
static bool needs_cert(const wzp__tls *tls, const char *name)
{
    size_t at = 0;
    while (at < tls->cert_snis_len) {
        const char *one = tls->cert_snis + at;
        const size_t len = strlen(one);
        const bool is_prefix = one[len - 1] == '*';
        if (is_prefix ? strncmp(one, name, len - 1) == 0
                      : strcmp(one, name) == 0) {
            return true;
        }
        at += len + 1;
    }
    return false;
}

static int on_verify(int ok, WOLFSSL_X509_STORE_CTX *store);

/* Server: the name the client wants. Names that cannot be in DNS are refused,
 * as rustls does. */
static int on_server_name(WOLFSSL *ssl, int *alert, void *arg)
{
    (void)arg;
    wzp__tls_session *s = wolfSSL_get_app_data(ssl);
    void *name = NULL;
    const size_t len =
        wolfSSL_SNI_GetRequest(ssl, WOLFSSL_SNI_HOST_NAME, &name);
    if (name == NULL || len == 0 || s->facts->has_sni) {
        return 0; /* none, or the second hello after a retry of TLS */
    }
    *alert = ALERT_UNRECOGNIZED_NAME;
    if (len > WZP_SNI_MAX) {
        return fatal_return;
    }
    s->facts->has_sni = true;
    char *sni = s->facts->sni;
    bool is_valid = true;
    for (size_t i = 0; i < len; i++) {
        sni[i] = lower(((const char *)name)[i]);
        is_valid = is_valid && is_name_char(sni[i]);
    }
    if (is_valid && needs_cert(s->tls, sni)) {
        (void)wolfSSL_no_ticket_TLSv13(ssl); /* it would stand in for it */
        wolfSSL_set_verify(
            ssl, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT,
            on_verify);
    }
    return is_valid ? 0 : fatal_return;
}

/* Any certificate is fine, if its hash can be handed over; that its key is the
 * peer's is shown by CertificateVerify, which wolfSSL always checks. wolfSSL
 * calls this also when it finds nothing wrong. */
static int on_verify(int ok, WOLFSSL_X509_STORE_CTX *store)
{
    (void)ok;
    wzp__tls_session *s = store->userCtx;
    if (s == NULL || store->certs == NULL || store->totalCerts < 1) {
        return 0;
    }
    const WOLFSSL_BUFFER_INFO *leaf = &store->certs[0];
    wzp__tls_facts *f = s->facts;
    if (wzp__cert_hash(leaf->buffer, leaf->length, f->peer_cert) != WZP_OK) {
        return 0;
    }
    f->has_peer_cert = true;
    f->has_peer_key =
        wzp__cert_key(leaf->buffer, leaf->length, f->peer_key) == WZP_OK;
    return 1;
}

static bool set_common(WOLFSSL_CTX *ctx)
{
    (void)wolfSSL_CTX_set_session_cache_mode(ctx, WOLFSSL_SESS_CACHE_OFF);
    return wzp__tls_method_set(ctx) && wolfSSL_CTX_only_dhe_psk(ctx) == 0 &&
           wolfSSL_CTX_set1_groups_list(ctx, GROUPS) == WOLFSSL_SUCCESS &&
           wolfSSL_CTX_set_cipher_list(ctx, SUITES) == WOLFSSL_SUCCESS;
}

static WOLFSSL_CTX *new_client_ctx(void)
{
    WOLFSSL_CTX *ctx = wolfSSL_CTX_new(wolfTLSv1_3_client_method());
    if (ctx == NULL) {
        return NULL;
    }
    if (!set_common(ctx)) {
        wolfSSL_CTX_free(ctx);
        return NULL;
    }
    wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER, on_verify);
    return ctx;
}

static WOLFSSL_CTX *new_server_ctx(const wzp__cert *cert)
{
    WOLFSSL_CTX *ctx = wolfSSL_CTX_new(wolfTLSv1_3_server_method());
    if (ctx == NULL) {
        return NULL;
    }
    if (!set_common(ctx) ||
        wolfSSL_CTX_use_certificate_buffer(ctx, cert->der, (long)cert->len,
                                           WOLFSSL_FILETYPE_ASN1) !=
            WOLFSSL_SUCCESS ||
        wolfSSL_CTX_use_PrivateKey_buffer(ctx, cert->key, (long)cert->key_len,
                                          WOLFSSL_FILETYPE_ASN1) !=
            WOLFSSL_SUCCESS ||
        wolfSSL_CTX_set_TicketEncCb(ctx, NULL) != WOLFSSL_SUCCESS) {
        wolfSSL_CTX_free(ctx);
        return NULL;
    }
    (void)wolfSSL_CTX_set_max_early_data(ctx, 0); /* else tickets offer it */
    (void)wolfSSL_CTX_set_timeout(ctx, WZP__TICKET_SECONDS);
    wolfSSL_CTX_set_servername_callback(ctx, on_server_name);
    return ctx;
}

wzp_err wzp__tls_init(wzp__tls *tls, const uint8_t *seed)
{
    *tls = (wzp__tls){0};
    memcpy(tls->alpn, ALPN, sizeof ALPN);
    tls->client = new_client_ctx();
    if (tls->client == NULL) {
        return WZP_ERR_TLS;
    }
    if (seed == NULL) {
        return WZP_OK;
    }
    wzp_err e = wzp__cert_init(&tls->cert, seed);
    if (e == WZP_OK) {
        tls->has_cert = true;
        tls->server = new_server_ctx(&tls->cert);
        e = tls->server != NULL ? WZP_OK : WZP_ERR_TLS;
    }
    if (e != WZP_OK) {
        wzp__tls_deinit(tls);
    }
    return e;
}

void wzp__tls_deinit(wzp__tls *tls)
{
    wolfSSL_CTX_free(tls->client);
    wolfSSL_CTX_free(tls->server);
    wzp__cert_deinit(&tls->cert);
    if (tls->cert_snis != NULL) {
        wzp_mem_free(&tls->mem, tls->cert_snis, tls->cert_snis_len);
    }
    if (tls->ticket_keys != NULL) {
        wzp__ticket_keys_deinit(tls->ticket_keys);
        wzp_mem_free(&tls->mem, tls->ticket_keys, sizeof *tls->ticket_keys);
    }
    if (tls->tickets != NULL) {
        wzp__tickets_deinit(tls->tickets);
        wzp_mem_free(&tls->mem, tls->tickets, sizeof *tls->tickets);
    }
    *tls = (wzp__tls){0};
}

static bool is_requirable(const char *name)
{
    const size_t len = strnlen(name, WZP_SNI_MAX + 1);
    if (len == 0 || len > WZP_SNI_MAX) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        const bool is_rest = name[i] == '*' && i == len - 1;
        if (!is_name_char(name[i]) && !is_rest) {
            return false;
        }
    }
    return true;
}

wzp_err wzp__tls_require(wzp__tls *tls, const wzp_mem *mem,
                         const char *const *names, size_t n)
{
    size_t size = 0;
    if (n > WZP__CERT_SNIS_MAX) {
        return WZP_ERR_CONFIG;
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_requirable(names[i])) {
            return WZP_ERR_CONFIG;
        }
        size += strlen(names[i]) + 1;
    }
    if (n == 0) {
        return WZP_OK;
    }
    tls->mem = *mem;
    tls->cert_snis = wzp_mem_new(mem, size);
    if (tls->cert_snis == NULL) {
        return WZP_ERR_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        const size_t len = strlen(names[i]) + 1;
        memcpy(tls->cert_snis + tls->cert_snis_len, names[i], len);
        tls->cert_snis_len += len;
    }
    return WZP_OK;
}

static wzp_err open_session(wzp__tls_session *s, WOLFSSL_CTX *ctx)
{
    s->facts = wzp_mem_new(&s->mem, sizeof *s->facts);
    s->ssl = s->facts == NULL ? NULL : wolfSSL_new(ctx);
    if (s->ssl == NULL) {
        return WZP_ERR_NOMEM;
    }
    wolfSSL_KeepArrays(s->ssl);
    (void)wolfSSL_set_app_data(s->ssl, s);
    wolfSSL_SetCertCbCtx(s->ssl, s);
    wolfSSL_set_quic_transport_version(s->ssl, QUIC_PARAMS_V1);
    (void)wolfSSL_set_max_early_data(s->ssl, 0);
    if (s->tls->alpn[0] == '\0') {
        return WZP_OK;
    }
    char alpn[sizeof s->tls->alpn];
    memcpy(alpn, s->tls->alpn, sizeof alpn);
    if (wolfSSL_UseALPN(s->ssl, alpn, (unsigned)strlen(alpn),
                        WOLFSSL_ALPN_FAILED_ON_MISMATCH) != WOLFSSL_SUCCESS) {
        return WZP_ERR_TLS;
    }
    return WZP_OK;
}

wzp_err wzp__tls_accept(wzp__tls_session *s, const wzp__tls *tls,
                        const wzp_mem *mem)
{
    s->tls = tls;
    s->mem = *mem;
    if (tls->server == NULL) {
        return WZP_ERR_STATE;
    }
    WZP_TRY(open_session(s, tls->server));
    wolfSSL_set_accept_state(s->ssl);
    return WZP_OK;
}

static wzp_err show_cert(wzp__tls_session *s)
{
    const wzp__cert *cert = &s->tls->cert;
    if (!s->tls->has_cert) {
        return WZP_ERR_CONFIG;
    }
    if (wolfSSL_use_certificate_buffer(s->ssl, cert->der, (long)cert->len,
                                       WOLFSSL_FILETYPE_ASN1) !=
            WOLFSSL_SUCCESS ||
        wolfSSL_use_PrivateKey_buffer(s->ssl, cert->key, (long)cert->key_len,
                                      WOLFSSL_FILETYPE_ASN1) !=
            WOLFSSL_SUCCESS) {
        return WZP_ERR_TLS;
    }
    return WZP_OK;
}

wzp_err wzp__tls_dial(wzp__tls_session *s, const wzp__tls *tls,
                      const wzp_mem *mem, wzp_tstamp now, const wzp_dial *dial)
{
    s->tls = tls;
    s->mem = *mem;
    WZP_TRY(open_session(s, tls->client));
    wolfSSL_set_connect_state(s->ssl);
    if (dial->sni != NULL &&
        wolfSSL_UseSNI(s->ssl, WOLFSSL_SNI_HOST_NAME, dial->sni,
                       (unsigned short)strlen(dial->sni)) != WOLFSSL_SUCCESS) {
        return WZP_ERR_TLS;
    }
    if (dial->present_cert) { /* and then no ticket, which would replace it */
        return show_cert(s);
    }
    return tls->tickets != NULL ? wzp__tls_wish_ticket(s, now, dial) : WZP_OK;
}

/* The server's own check of a match is wolfSSL's; what is left is a client
 * that offered nothing. */
static bool alpn_agreed(const wzp__tls_session *s)
{
    char *list = NULL;
    unsigned short len = 0;
    if (wolfSSL_is_server(s->ssl)) {
        if (wolfSSL_ALPN_GetPeerProtocol(s->ssl, &list, &len) !=
            WOLFSSL_SUCCESS) {
            return false;
        }
        (void)wolfSSL_ALPN_FreePeerProtocol(s->ssl, &list);
        return true;
    }
    if (s->tls->alpn[0] == '\0') {
        return true;
    }
    return wolfSSL_ALPN_GetProtocol(s->ssl, &list, &len) == WOLFSSL_SUCCESS &&
           len == strlen(s->tls->alpn) && memcmp(list, s->tls->alpn, len) == 0;
}

wzp_err wzp__tls_finish(wzp__tls_session *s, wzp_tstamp now)
{
    if (!alpn_agreed(s)) {
        return WZP_ERR_ALPN;
    }
    wzp__tls_facts *f = s->facts;
    f->is_resumed = wolfSSL_session_reused(s->ssl) == 1;
    if (s->wish != NULL) {
        wzp__tls_settle_wish(s, now);
    }
    const bool needs = !wolfSSL_is_server(s->ssl) || needs_cert(s->tls, f->sni);
    if (needs && !f->has_peer_cert) {
        return WZP_ERR_CERT;
    }
    if (wolfSSL_export_keying_material(s->ssl, f->exporter, sizeof f->exporter,
                                       EXPORTER, sizeof EXPORTER - 1, NULL, 0,
                                       1) != WOLFSSL_SUCCESS) {
        return WZP_ERR_TLS;
    }
    wolfSSL_FreeArrays(s->ssl);
    return WZP_OK;
}

void wzp__tls_drop(wzp__tls_session *s)
{
    wolfSSL_free(s->ssl);
    s->ssl = NULL;
    wzp__tls_end_wish(s);
}

void wzp__tls_forget(wzp__tls_session *s)
{
    if (s->facts != NULL) {
        wzp__wipe(s->facts, sizeof *s->facts);
        wzp_mem_free(&s->mem, s->facts, sizeof *s->facts);
        s->facts = NULL;
    }
}
