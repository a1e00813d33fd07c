/* SPDX-License-Identifier: MIT */
/* New packet keys during a connection (RFC 9001, section 6). ngtcp2 does the
 * work, for a peer's updates by itself; here it is decided when ours begin.
 * The TLS object is not needed: each key is made from the one before.
 */
#include "quic/conn.h"

#include <ngtcp2/ngtcp2_crypto.h>

/* chosen: an hour bounds what one stolen key opens, and costs nothing. The
 * packets are half of what AES-GCM may seal with a key (2^23, RFC 9001 section
 * 6.6): an update that has to wait for the one before has 2^22 to do so. */
#define KEY_AGE     (3600 * WZP_S)
#define KEY_PACKETS (UINT64_C(1) << 22)

static void begin(wzp__conn_keys *k, wzp_tstamp now, uint64_t tx_packets)
{
    k->since = now;
    k->tx_first = tx_packets;
}

int wzp__conn_keys_made(ngtcp2_conn *quic, uint8_t *rx_secret,
                        uint8_t *tx_secret, ngtcp2_crypto_aead_ctx *rx_ctx,
                        uint8_t *rx_iv, ngtcp2_crypto_aead_ctx *tx_ctx,
                        uint8_t *tx_iv, const uint8_t *rx_now,
                        const uint8_t *tx_now, size_t len, void *user)
{
    wzp__conn *c = user;
    /* ngtcp2 makes the keys after the next in advance: first when the
     * handshake is over, then each time an update is through. */
    if (c->keys.is_ready) {
        c->total.key_updates++;
        c->env->stats.key_updates++;
    }
    c->keys.is_ready = true;
    begin(&c->keys, c->now, c->total.tx_packets);
    return ngtcp2_crypto_update_key_cb(quic, rx_secret, tx_secret, rx_ctx,
                                       rx_iv, tx_ctx, tx_iv, rx_now, tx_now,
                                       len, user);
}

void wzp__conn_keys_renew(wzp__conn *c, wzp_tstamp now)
{
    const wzp__conn_keys *k = &c->keys;
    if (!k->is_ready || (now - k->since < KEY_AGE &&
                         c->total.tx_packets - k->tx_first < KEY_PACKETS)) {
        return;
    }
    /* "Not yet" is no failure: it is asked for again with the next packet. */
    if (ngtcp2_conn_initiate_key_update(c->quic, now) == 0) {
        begin(&c->keys, now, c->total.tx_packets);
    }
}
