/* SPDX-License-Identifier: MIT */
/* See peer.h. Source of the order of messages: spec/wire.md 2.4, 3.3. */
#include "peer.h"

#include "hand.h"
#include "media.h"
#include "support/frames.h"

#include <wzp/codec/resample.h>

#include <stdlib.h>
#include <string.h>

#define FRAME_NS      (20 * WZP_MS)
#define FRAME_SAMPLES 960
#define PACKETS       128
#define ALIAS         "Old Phone"

static bool fail(wzp_legacy_peer *p, const char *what, const char *detail)
{
    (void)snprintf(p->why, sizeof p->why, "%s%s", what, detail);
    return false;
}

/* --- life --- */

static bool load_speech(wzp_legacy_peer *p, const char *path)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_wav wav = {0};
    wzp_resampler *r = NULL;
    if (wzp_wav_load(&wav, &mem, path) != WZP_OK || wav.samples == 0) {
        return fail(p, "cannot read speech from ", path);
    }
    bool ok = wzp_resampler_new(&r, &mem, wav.rate_hz, WZP_PCM_RATE) == WZP_OK;
    if (ok) {
        size_t cap = wzp_resampler_bound(r, wav.samples);
        p->pcm = calloc(cap, sizeof *p->pcm);
        ok = p->pcm != NULL &&
             wzp_resampler_process(r, wav.pcm, wav.samples, p->pcm, cap,
                                   &p->n_pcm) == WZP_OK;
    }
    wzp_resampler_free(r);
    wzp_wav_free(&wav, &mem);
    return ok || fail(p, "cannot resample ", path);
}

static bool make_endpoint(wzp_legacy_peer *p, wzp_tstamp now)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_endpoint_config cfg;
    wzp_endpoint_config_default(&cfg);
    cfg.mem = mem;
    cfg.rng = wzp_rng_system();
    cfg.max_conns = 4;
    if (wzp_pkt_pool_new(&p->pool, &mem, PACKETS) != WZP_OK) {
        return false;
    }
    cfg.pool = p->pool;
    return wzp_endpoint_new(&p->ep, &cfg, now) == WZP_OK;
}

static bool make_identity(wzp_legacy_peer *p)
{
    uint8_t seed[WZP_SEED_LEN];
    const wzp_rng rng = wzp_rng_system();
    wzp_rng_fill(&rng, seed, sizeof seed);
    return wzp_seed_identity_new(&p->identity, seed) == WZP_OK;
}

bool wzp_legacy_peer_init(wzp_legacy_peer *p, wzp_tstamp now, const char *wav,
                          const char *frames, uint64_t to_send)
{
    *p = (wzp_legacy_peer){.next = WZP_NEVER, .to_send = to_send};
    if (!load_speech(p, wav)) {
        return false;
    }
    p->frames = fopen(frames, "wb");
    if (p->frames == NULL) {
        return fail(p, "cannot write ", frames);
    }
    wzp_encoder_config enc;
    wzp_encoder_config_default(&enc);
    return (make_identity(p) && make_endpoint(p, now) &&
            wzp_encoder_new(&p->enc, &enc) == WZP_OK) ||
           fail(p, "cannot set up identity, endpoint or encoder", "");
}

void wzp_legacy_peer_deinit(wzp_legacy_peer *p)
{
    wzp_endpoint_free(p->ep);
    wzp_pkt_pool_free(p->pool);
    wzp_encoder_free(p->enc);
    wzp_seed_identity_free(p->identity);
    free(p->pcm);
    if (p->frames != NULL) {
        fclose(p->frames);
    }
}

bool wzp_legacy_peer_dial(wzp_legacy_peer *p, wzp_tstamp now,
                          const wzp_addr *local, const wzp_addr *relay,
                          const char *room)
{
    const wzp_dial dial = {.local = *local, .remote = *relay, .sni = room};
    wzp_err e = wzp_endpoint_dial(p->ep, now, &dial, &p->conn);
    return e == WZP_OK || fail(p, "cannot dial: ", wzp_strerror(e));
}

/* --- sending --- */

static void give_up(wzp_legacy_peer *p, wzp_tstamp now, const char *why)
{
    fail(p, why, "");
    wzp_ignore(wzp_endpoint_close(p->ep, now, p->conn, 0, "done"),
               "it may be closed already");
}

static void send_offer(wzp_legacy_peer *p, wzp_tstamp now)
{
    const wzp_rng rng = wzp_rng_system();
    wzp_legacy_hand hand;
    char json[2048];
    wzp_legacy_hand_make(&hand, p->identity, &rng, "call-offer");
    size_t len = wzp_legacy_offer(json, sizeof json, hand.identity,
                                  hand.ephemeral, hand.signature, ALIAS);
    if (len == 0 ||
        wzp_endpoint_send_signal(p->ep, now, p->conn, json, len) != WZP_OK) {
        give_up(p, now, "cannot send CallOffer");
    }
}

static void next_pcm(wzp_legacy_peer *p, int16_t pcm[FRAME_SAMPLES])
{
    for (size_t i = 0; i < FRAME_SAMPLES; i++) {
        pcm[i] = p->pcm[p->at];
        p->at = (p->at + 1) % p->n_pcm;
    }
}

static void send_frame(wzp_legacy_peer *p, wzp_tstamp now)
{
    int16_t pcm[FRAME_SAMPLES];
    uint8_t frame[WZP_FRAME_MAX];
    size_t len = 0;
    next_pcm(p, pcm);
    if (wzp_encoder_encode(p->enc, pcm, FRAME_SAMPLES, frame, sizeof frame,
                           &len) != WZP_OK) {
        give_up(p, now, "cannot encode");
        return;
    }
    wzp_pkt *pkt = wzp_pkt_get(p->pool);
    if (pkt == NULL) {
        p->refused++;
        return;
    }
    wzp_legacy_header(pkt->data, (uint16_t)p->sent, (uint32_t)(p->sent * 20));
    memcpy(pkt->data + WZP_LEGACY_HEADER, frame, len);
    pkt->len = WZP_LEGACY_HEADER + len;
    if (wzp_endpoint_send_dgram(p->ep, now, p->conn, pkt) == WZP_OK) {
        wzp_frames_write(p->frames, frame, len);
        p->sent++;
    } else {
        p->refused++;
    }
    wzp_pkt_unref(pkt);
}

void wzp_legacy_peer_expire(wzp_legacy_peer *p, wzp_tstamp now)
{
    wzp_endpoint_expire(p->ep, now);
    while (!p->is_closed && p->next <= now) {
        if (p->to_send == 0) {
            p->next = WZP_NEVER;
            wzp_ignore(wzp_endpoint_close(p->ep, now, p->conn, 0, "done"),
                       "closed already is as good");
            return;
        }
        p->to_send--;
        p->next += FRAME_NS;
        send_frame(p, now);
    }
}

wzp_tstamp wzp_legacy_peer_deadline(const wzp_legacy_peer *p)
{
    wzp_tstamp at = wzp_endpoint_deadline(p->ep);
    return !p->is_closed && p->next < at ? p->next : at;
}

/* --- what happened --- */

static void on_action(wzp_legacy_peer *p, wzp_tstamp now,
                      const wzp_ep_action *a)
{
    switch (a->kind) {
    case WZP_EP_CONNECTED: send_offer(p, now); break;
    case WZP_EP_SIGNAL:
        if (!p->is_answered &&
            wzp_legacy_is(a->u.signal.data, a->u.signal.len, "CallAnswer")) {
            p->is_answered = true;
            p->next = now;
        }
        break;
    case WZP_EP_DGRAM:
        p->received++;
        p->received_bytes += a->u.dgram->len;
        break;
    case WZP_EP_CLOSED:
        p->is_closed = true;
        if (a->u.closed.err != WZP_OK && p->to_send > 0) {
            (void)snprintf(p->why, sizeof p->why, "%s: %s",
                           wzp_strerror(a->u.closed.err), a->u.closed.reason);
        }
        break;
    case WZP_EP_SEND:
    case WZP_EP_ACCEPTED:
    case WZP_EP_UNI: break;
    }
}

bool wzp_legacy_peer_poll(wzp_legacy_peer *p, wzp_tstamp now,
                          wzp_ep_action *out)
{
    while (wzp_endpoint_poll(p->ep, now, out)) {
        if (out->kind == WZP_EP_SEND) {
            return true;
        }
        on_action(p, now, out);
    }
    return false;
}
