/* SPDX-License-Identifier: MIT */
/* See hand.h. */
#include "hand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

wzp_seed_identity *wzp_legacy_identity(uint8_t seed_byte)
{
    uint8_t seed[WZP_SEED_LEN];
    wzp_seed_identity *id;
    memset(seed, seed_byte, sizeof seed);
    if (wzp_seed_identity_new(&id, seed) != WZP_OK) {
        abort();
    }
    return id;
}

wzp_endpoint *wzp_legacy_endpoint(wzp_pkt_pool **pool, size_t packets,
                                  const wzp_rng *rng, const uint8_t *tls_seed,
                                  wzp_tstamp now)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_endpoint_config cfg;
    wzp_endpoint *ep;
    wzp_endpoint_config_default(&cfg);
    cfg.mem = mem;
    cfg.rng = *rng;
    cfg.max_conns = 64;
    if (tls_seed != NULL) {
        cfg.accepts = true;
        cfg.has_tls_seed = true;
        memcpy(cfg.tls_seed, tls_seed, sizeof cfg.tls_seed);
    }
    if (wzp_pkt_pool_new(pool, &mem, packets) != WZP_OK) {
        abort();
    }
    cfg.pool = *pool;
    if (wzp_endpoint_new(&ep, &cfg, now) != WZP_OK) {
        abort();
    }
    return ep;
}

/* ephemeral ‖ label */
static size_t signed_part(const wzp_legacy_hand *hand, const char *label,
                          uint8_t out[64])
{
    size_t len = strlen(label);
    memcpy(out, hand->ephemeral, sizeof hand->ephemeral);
    memcpy(out + sizeof hand->ephemeral, label, len);
    return sizeof hand->ephemeral + len;
}

void wzp_legacy_hand_make(wzp_legacy_hand *hand, const wzp_seed_identity *id,
                          const wzp_rng *rng, const char *label)
{
    const wzp_identity table = wzp_seed_identity_table(id);
    uint8_t text[64];
    memcpy(hand->identity, table.public_key, sizeof hand->identity);
    wzp_rng_fill(rng, hand->ephemeral, sizeof hand->ephemeral);
    size_t len = signed_part(hand, label, text);
    if (table.sign(table.user, text, len, hand->signature) != WZP_OK) {
        abort();
    }
}

bool wzp_legacy_hand_is_good(const wzp_legacy_hand *hand, const char *label)
{
    uint8_t text[64];
    size_t len = signed_part(hand, label, text);
    return wzp_identity_verify(hand->identity, text, len, hand->signature,
                               sizeof hand->signature) == WZP_OK;
}

void wzp_legacy_fingerprint(const uint8_t identity_pub[32], bool upper,
                            char out[40])
{
    uint8_t fp[WZP_FP_LEN];
    wzp_identity_fingerprint(identity_pub, fp);
    char *at = out;
    for (size_t i = 0; i < WZP_FP_LEN; i += 2) {
        at += sprintf(at, upper ? "%s%02X%02X" : "%s%02x%02x",
                      i == 0 ? "" : ":", fp[i], fp[i + 1]);
    }
}
