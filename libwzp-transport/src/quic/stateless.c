/* SPDX-License-Identifier: MIT */
/* Each function reserves a place, lets ngtcp2 write into it and keeps it if
 * something came out. */
#include "quic/stateless.h"

#include "quic/sockaddr.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include <string.h>

enum {
    RESET_MIN = 43,  /* below this an answer could be longer than the question;
                      * RFC 9000 section 10.3 */
    RESET_RAND = 22, /* bytes before the token: 38 in all */
};
#define RETRY_LIFE (10 * WZP_S) /* chosen: the handshake timeout */

static wzp__answer *reserve(wzp__stateless *s, const wzp_addr *local,
                            const wzp_addr *remote)
{
    if (s->count == WZP__STATELESS_MAX) {
        return NULL;
    }
    wzp__answer *a = &s->ring[(s->head + s->count) % WZP__STATELESS_MAX];
    a->local = *local;
    a->remote = *remote;
    return a;
}

static bool keep(wzp__stateless *s, wzp__answer *a, ngtcp2_ssize n)
{
    if (n <= 0) {
        return false;
    }
    a->len = (uint16_t)n;
    s->count++;
    return true;
}

void wzp__stateless_version(wzp__stateless *s, wzp__env *env,
                            const wzp__stray *in)
{
    wzp__answer *a = reserve(s, in->local, in->remote);
    if (a == NULL) {
        return;
    }
    uint8_t unused = 0;
    wzp_rng_fill(&env->cfg.rng, &unused, 1);
    const uint32_t versions[] = {NGTCP2_PROTO_VER_V1};
    (void)keep(s, a,
               ngtcp2_pkt_write_version_negotiation(
                   a->data, sizeof a->data, unused, in->ids->scid,
                   in->ids->scidlen, in->ids->dcid, in->ids->dcidlen, versions,
                   1));
}

/* Takes one, if there is one. */
static bool may_reset(wzp__stateless *s, wzp_tstamp now)
{
    const wzp_tstamp from = s->resets_until > now ? s->resets_until : now;
    if (from - now > WZP_S - WZP_S / WZP__RESETS) {
        return false;
    }
    s->resets_until = from + WZP_S / WZP__RESETS;
    return true;
}

void wzp__stateless_reset(wzp__stateless *s, wzp__env *env, wzp_tstamp now,
                          const wzp__stray *in)
{
    if (in->len < RESET_MIN || !may_reset(s, now)) {
        return;
    }
    wzp__answer *a = reserve(s, in->local, in->remote);
    if (a == NULL) {
        return;
    }
    ngtcp2_cid cid;
    ngtcp2_cid_init(&cid, in->ids->dcid, in->ids->dcidlen);
    uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN];
    if (ngtcp2_crypto_generate_stateless_reset_token(
            token, env->secret, sizeof env->secret, &cid) != 0) {
        return;
    }
    uint8_t rand[RESET_RAND];
    wzp_rng_fill(&env->cfg.rng, rand, sizeof rand);
    env->stats.resets_sent +=
        keep(s, a,
             ngtcp2_pkt_write_stateless_reset(a->data, sizeof a->data, token,
                                              rand, sizeof rand));
}

void wzp__stateless_refuse(wzp__stateless *s, const wzp__stray *in, wzp_err why)
{
    wzp__answer *a = reserve(s, in->local, in->remote);
    if (a == NULL) {
        return;
    }
    ngtcp2_cid dcid, scid;
    ngtcp2_cid_init(&dcid, in->ids->scid, in->ids->scidlen);
    ngtcp2_cid_init(&scid, in->ids->dcid, in->ids->dcidlen);
    const char *text = wzp_strerror(why);
    (void)keep(s, a,
               ngtcp2_crypto_write_connection_close(
                   a->data, sizeof a->data, in->ids->version, &dcid, &scid,
                   NGTCP2_CONNECTION_REFUSED, (const uint8_t *)text,
                   strlen(text)));
}

void wzp__stateless_retry(wzp__stateless *s, wzp__env *env, wzp_tstamp now,
                          const wzp__stray *in, const ngtcp2_pkt_hd *hd)
{
    wzp__answer *a = reserve(s, in->local, in->remote);
    if (a == NULL) {
        return;
    }
    ngtcp2_cid scid = {.datalen = WZP__CID_LEN};
    wzp_rng_fill(&env->cfg.rng, scid.data, scid.datalen);
    wzp__sockaddr sa;
    const socklen_t sa_len = wzp__sockaddr_from(in->remote, &sa);
    uint8_t token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2];
    const ngtcp2_ssize n = ngtcp2_crypto_generate_retry_token2(
        token, env->secret, sizeof env->secret, hd->version, &sa.any, sa_len,
        &scid, &hd->dcid, now);
    if (n < 0) {
        return;
    }
    env->stats.retries_sent +=
        keep(s, a,
             ngtcp2_crypto_write_retry(a->data, sizeof a->data, hd->version,
                                       &hd->scid, &scid, &hd->dcid, token,
                                       (size_t)n));
}

bool wzp__stateless_verify(const wzp__env *env, wzp_tstamp now,
                           const wzp_addr *remote, const ngtcp2_pkt_hd *hd,
                           ngtcp2_cid *odcid)
{
    if (hd->tokenlen == 0 || hd->token[0] != NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2) {
        return false;
    }
    wzp__sockaddr sa;
    const socklen_t sa_len = wzp__sockaddr_from(remote, &sa);
    return ngtcp2_crypto_verify_retry_token2(
               odcid, hd->token, hd->tokenlen, env->secret, sizeof env->secret,
               hd->version, &sa.any, sa_len, &hd->dcid, RETRY_LIFE, now) == 0;
}

void wzp__stateless_repeat(wzp__stateless *s, const wzp_addr *local,
                           const wzp_addr *remote, const uint8_t *data,
                           size_t len)
{
    wzp__answer *a = reserve(s, local, remote);
    if (a != NULL && len <= sizeof a->data) {
        memcpy(a->data, data, len);
        (void)keep(s, a, (ngtcp2_ssize)len);
    }
}

const wzp__answer *wzp__stateless_next(wzp__stateless *s)
{
    if (s->count == 0) {
        return NULL;
    }
    const wzp__answer *a = &s->ring[s->head];
    s->head = (s->head + 1) % WZP__STATELESS_MAX;
    s->count--;
    return a;
}
