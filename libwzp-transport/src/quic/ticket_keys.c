/* SPDX-License-Identifier: MIT */
/* ChaCha20-Poly1305 over what wolfSSL puts into a ticket, see ticket_keys.h.
 * Additional data: name and iv, so that nothing of a ticket can be changed.
 */
#include "quic/ticket_keys.h"

#include "quic/wipe.h"

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/chacha20_poly1305.h>

#include <string.h>

void wzp__ticket_keys_init(wzp__ticket_keys *k, const wzp_rng *rng)
{
    *k = (wzp__ticket_keys){.rng = *rng};
}

void wzp__ticket_keys_deinit(wzp__ticket_keys *k)
{
    wzp__wipe(k, sizeof *k);
}

static void make(wzp__ticket_keys *k)
{
    wzp__ticket_key *new = &k->key[0];
    wzp_rng_fill(&k->rng, new->name, sizeof new->name);
    wzp_rng_fill(&k->rng, new->key, sizeof new->key);
    new->made = k->now;
    new->is_set = true;
}

void wzp__ticket_keys_at(wzp__ticket_keys *k, wzp_tstamp now)
{
    const wzp_tstamp life = WZP__TICKET_SECONDS * WZP_S;
    k->now = now;
    if (k->key[0].is_set && now - k->key[0].made >= life) {
        k->key[1] = k->key[0];
        wzp__wipe(&k->key[0], sizeof k->key[0]);
    }
    if (k->key[1].is_set && now - k->key[1].made >= 2 * life) {
        wzp__wipe(&k->key[1], sizeof k->key[1]);
    }
}

/* Name and iv in one piece. */
static void bound(const uint8_t name[WOLFSSL_TICKET_NAME_SZ],
                  const uint8_t iv[WOLFSSL_TICKET_IV_SZ],
                  uint8_t out[WOLFSSL_TICKET_NAME_SZ + WOLFSSL_TICKET_IV_SZ])
{
    memcpy(out, name, WOLFSSL_TICKET_NAME_SZ);
    memcpy(out + WOLFSSL_TICKET_NAME_SZ, iv, WOLFSSL_TICKET_IV_SZ);
}

static int seal(wzp__ticket_keys *k, uint8_t *name, uint8_t *iv, uint8_t *mac,
                uint8_t *data, word32 len)
{
    uint8_t aad[WOLFSSL_TICKET_NAME_SZ + WOLFSSL_TICKET_IV_SZ];
    if (!k->key[0].is_set) {
        make(k);
    }
    memcpy(name, k->key[0].name, WOLFSSL_TICKET_NAME_SZ);
    wzp_rng_fill(&k->rng, iv, WOLFSSL_TICKET_IV_SZ);
    memset(mac, 0, WOLFSSL_TICKET_MAC_SZ);
    bound(name, iv, aad);
    return wc_ChaCha20Poly1305_Encrypt(k->key[0].key, iv, aad, sizeof aad, data,
                                       len, data, mac) == 0
               ? WOLFSSL_TICKET_RET_OK
               : WOLFSSL_TICKET_RET_FATAL;
}

static int open_with(const wzp__ticket_keys *k, const uint8_t *name,
                     const uint8_t *iv, const uint8_t *mac, uint8_t *data,
                     word32 len)
{
    uint8_t aad[WOLFSSL_TICKET_NAME_SZ + WOLFSSL_TICKET_IV_SZ];
    bound(name, iv, aad);
    for (size_t i = 0; i < 2; i++) {
        const wzp__ticket_key *one = &k->key[i];
        if (one->is_set && memcmp(one->name, name, sizeof one->name) == 0) {
            return wc_ChaCha20Poly1305_Decrypt(one->key, iv, aad, sizeof aad,
                                               data, len, mac, data) == 0
                       ? WOLFSSL_TICKET_RET_OK
                       : WOLFSSL_TICKET_RET_REJECT;
        }
    }
    return WOLFSSL_TICKET_RET_REJECT; /* then the handshake is a full one */
}

/* wolfSSL's form: in place, and the length stays. */
static int on_ticket(WOLFSSL *ssl, unsigned char name[WOLFSSL_TICKET_NAME_SZ],
                     unsigned char iv[WOLFSSL_TICKET_IV_SZ],
                     unsigned char mac[WOLFSSL_TICKET_MAC_SZ], int is_sealing,
                     unsigned char *data, int len, int *out_len, void *user)
{
    (void)ssl;
    wzp__ticket_keys *k = user;
    if (len <= 0) {
        return WOLFSSL_TICKET_RET_REJECT;
    }
    *out_len = len;
    return is_sealing != 0 ? seal(k, name, iv, mac, data, (word32)len)
                           : open_with(k, name, iv, mac, data, (word32)len);
}

bool wzp__ticket_keys_use(wzp__ticket_keys *k, struct WOLFSSL_CTX *ctx)
{
    return wolfSSL_CTX_set_TicketEncCb(ctx, on_ticket) == WOLFSSL_SUCCESS &&
           wolfSSL_CTX_set_TicketEncCtx(ctx, k) == WOLFSSL_SUCCESS &&
           wolfSSL_CTX_set_TicketHint(ctx, WZP__TICKET_SECONDS) ==
               WOLFSSL_SUCCESS;
}
