/* SPDX-License-Identifier: MIT */
/* See client.h. */
#include "client.h"

#include "hand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE          48
#define BUNDLE_LEN    3 /* header of form 0, docs/wire.md */
#define PACKETS       256
#define SILENT_AFTER  5  /* frames, spec/wire.md 1.2 */
#define NOISE_EVERY   10 /* suppressed frames */
#define REPORT_EVERY  50 /* frames, spec/wire.md 1.4 */
#define REPORTS_GOOD  6  /* loss of 2.4 %: asks for GOOD, spec/client.md 3.2 */
#define SILENCE_RMS   100
#define COMFORT_NOISE 5

/* --- sending --- */

static bool is_silence(const int16_t *pcm, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)pcm[i] * pcm[i];
    }
    return sum / (double)n < (double)SILENCE_RMS * SILENCE_RMS;
}

static void send(wzp_legacy_client *c, wzp_tstamp now,
                 const wzp_legacy_media *m)
{
    wzp_pkt *pkt = wzp_pkt_get(c->pool);
    if (pkt == NULL) {
        return;
    }
    pkt->len = wzp_legacy_write(m, pkt->data);
    c->seq++;
    for (int i = 0; i < (c->cfg.sends_twice ? 2 : 1); i++) {
        c->sent += wzp_endpoint_send_dgram(c->ep, now, c->conn, pkt) == WZP_OK;
    }
    wzp_pkt_unref(pkt);
}

static void send_noise(wzp_legacy_client *c, wzp_tstamp now)
{
    static const uint8_t level = 50;
    const wzp_legacy_media m = {.codec = COMFORT_NOISE,
                                .seq = c->seq,
                                .timestamp_ms = c->timestamp_ms + c->frame_ms,
                                .payload = &level,
                                .len = 1};
    c->noise_sent++;
    send(c, now, &m);
}

static void send_source(wzp_legacy_client *c, wzp_tstamp now,
                        const int16_t *pcm)
{
    uint8_t frame[WZP_FRAME_MAX + BUNDLE_LEN] = {0};
    size_t len = 0;
    if (wzp_encoder_encode(c->enc, pcm, c->frame_ms * RATE, frame,
                           WZP_FRAME_MAX, &len) != WZP_OK) {
        abort();
    }
    if (c->cfg.sends_bundles) { /* one new frame, none of before */
        memmove(frame + BUNDLE_LEN, frame, len);
        memcpy(frame, "\0\1\0", BUNDLE_LEN);
        len += BUNDLE_LEN;
    }
    wzp_legacy_media m = {
        .codec = (uint8_t)c->cfg.codec,
        .has_report = c->frames % REPORT_EVERY == 49,
        .report = {c->cfg.reports_loss > 0 ? c->cfg.reports_loss : REPORTS_GOOD,
                   10, 0, 200},
        .seq = c->seq,
        .timestamp_ms = c->timestamp_ms,
        .payload = frame,
        .len = len};
    send(c, now, &m);
    if (c->cfg.sends_repair && c->frames % 5 == 4) {
        m.is_repair = true;
        m.has_report = false;
        m.seq = c->seq;
        m.timestamp_ms += c->frame_ms;
        send(c, now, &m);
    }
}

static void send_frame(wzp_legacy_client *c, wzp_tstamp now)
{
    int16_t pcm[40 * RATE];
    size_t n = c->frame_ms * RATE;
    for (size_t i = 0; i < n; i++) {
        pcm[i] = c->cfg.in[c->at];
        c->at = (c->at + 1) % c->cfg.in_len;
    }
    c->silent = c->cfg.suppresses && is_silence(pcm, n) ? c->silent + 1 : 0;
    if (c->silent <= SILENT_AFTER) {
        send_source(c, now, pcm);
    } else if ((c->silent - SILENT_AFTER) % NOISE_EVERY == 0) {
        send_noise(c, now);
    }
    c->frames++;
    c->timestamp_ms += c->frame_ms;
}

/* --- receiving --- */

static void hear(wzp_legacy_client *c, const int16_t *pcm, size_t n)
{
    if (c->n_heard + n > c->cap_heard) {
        c->cap_heard = c->cap_heard == 0 ? 480000 : 2 * c->cap_heard;
        c->heard = realloc(c->heard, c->cap_heard * sizeof *c->heard);
        if (c->heard == NULL) {
            abort();
        }
    }
    memcpy(c->heard + c->n_heard, pcm, n * sizeof *pcm);
    c->n_heard += n;
}

static void on_media(wzp_legacy_client *c, const wzp_pkt *pkt)
{
    wzp_legacy_media m;
    int16_t pcm[WZP_PCM_MAX];
    size_t n = 0;
    if (!wzp_legacy_read(pkt->data, pkt->len, &m)) {
        c->malformed++;
        return;
    }
    c->gaps += c->received > 0 && m.seq != (uint16_t)(c->last_seq + 1);
    c->last_seq = m.seq;
    c->received++;
    c->repair += m.is_repair;
    c->reports += m.has_report;
    c->not_plain += m.reserved != 0;
    if (!m.is_repair && wzp_decoder_decode(c->dec, m.codec, m.payload, m.len,
                                           pcm, WZP_PCM_MAX, &n) == WZP_OK) {
        hear(c, pcm, n);
    }
}

static void on_roster(wzp_legacy_client *c, const char *json, size_t len)
{
    c->room_updates++;
    c->n_listed = 0;
    while (c->n_listed < WZP_LEGACY_LISTED) {
        wzp_legacy_name *one = &c->listed[c->n_listed];
        if (!wzp_legacy_text(json, len, "fingerprint", c->n_listed,
                             one->fingerprint, sizeof one->fingerprint)) {
            break;
        }
        one->alias[0] = '\0';
        (void)wzp_legacy_text(json, len, "alias", c->n_listed, one->alias,
                              sizeof one->alias);
        c->n_listed++;
    }
}

static void on_signal(wzp_legacy_client *c, wzp_tstamp now, const char *json,
                      size_t len)
{
    if (!c->is_joined && wzp_legacy_is(json, len, "CallAnswer")) {
        c->is_joined = true;
        c->next = c->cfg.in == NULL ? WZP_NEVER : now;
    } else if (wzp_legacy_is(json, len, "RoomUpdate")) {
        on_roster(c, json, len);
    } else {
        c->strange += !wzp_legacy_is(json, len, "QualityDirective");
    }
}

static void send_offer(wzp_legacy_client *c, wzp_tstamp now)
{
    wzp_legacy_hand hand;
    char json[2048];
    wzp_legacy_hand_make(&hand, c->identity, &c->cfg.rng, "call-offer");
    size_t len = wzp_legacy_offer(json, sizeof json, hand.identity,
                                  hand.ephemeral, hand.signature, c->cfg.alias);
    if (len == 0 ||
        wzp_endpoint_send_signal(c->ep, now, c->conn, json, len) != WZP_OK) {
        abort();
    }
}

static void on_closed(wzp_legacy_client *c, const wzp_ep_action *a)
{
    c->is_closed = true;
    c->next = WZP_NEVER;
    c->close_code = a->u.closed.code;
    (void)snprintf(c->close_reason, sizeof c->close_reason, "%s",
                   a->u.closed.reason);
}

static void on_action(wzp_legacy_client *c, wzp_tstamp now,
                      const wzp_ep_action *a)
{
    switch (a->kind) {
    case WZP_EP_CONNECTED:
        if (c->cfg.alias != NULL) {
            send_offer(c, now);
        }
        break;
    case WZP_EP_SIGNAL:
        on_signal(c, now, a->u.signal.data, a->u.signal.len);
        break;
    case WZP_EP_UNI:
        (void)snprintf(c->version, sizeof c->version, "%.*s",
                       (int)a->u.signal.len, a->u.signal.data);
        break;
    case WZP_EP_DGRAM: on_media(c, a->u.dgram); break;
    case WZP_EP_CLOSED: on_closed(c, a); break;
    case WZP_EP_SEND:
    case WZP_EP_ACCEPTED: break;
    }
}

/* --- the machine --- */

static void machine_recv(void *m, wzp_tstamp now, const wzp_addr *local,
                         const wzp_addr *remote, const uint8_t *data,
                         size_t len)
{
    wzp_legacy_client *c = m;
    wzp_endpoint_recv(c->ep, now, local, remote, data, len);
}

static void machine_expire(void *m, wzp_tstamp now)
{
    wzp_legacy_client *c = m;
    wzp_endpoint_expire(c->ep, now);
    while (c->next <= now) {
        c->next += c->frame_ms * WZP_MS;
        send_frame(c, now);
    }
}

static wzp_tstamp machine_deadline(void *m)
{
    const wzp_legacy_client *c = m;
    wzp_tstamp at = wzp_endpoint_deadline(c->ep);
    return c->next < at ? c->next : at;
}

static bool machine_poll(void *m, wzp_tstamp now, wzp_addr *local,
                         wzp_addr *remote, const uint8_t **data, size_t *len)
{
    wzp_legacy_client *c = m;
    wzp_ep_action a;
    while (wzp_endpoint_poll(c->ep, now, &a)) {
        if (a.kind == WZP_EP_SEND) {
            *local = a.u.send.local;
            *remote = a.u.send.remote;
            *data = a.u.send.data;
            *len = a.u.send.len;
            return true;
        }
        on_action(c, now, &a);
    }
    return false;
}

wzp_uv_machine wzp_legacy_client_machine(wzp_legacy_client *c)
{
    return (wzp_uv_machine){.recv = machine_recv,
                            .expire = machine_expire,
                            .deadline = machine_deadline,
                            .poll_send = machine_poll,
                            .machine = c};
}

/* --- life --- */

void wzp_legacy_client_init(wzp_legacy_client *c,
                            const wzp_legacy_client_config *cfg, wzp_tstamp now)
{
    *c = (wzp_legacy_client){.cfg = *cfg, .next = WZP_NEVER};
    c->identity = wzp_legacy_identity(cfg->identity);
    c->ep = wzp_legacy_endpoint(&c->pool, PACKETS, &cfg->rng, NULL, now);
    wzp_decoder_config dec;
    wzp_decoder_config_default(&dec);
    if (wzp_decoder_new(&c->dec, &dec) != WZP_OK) {
        abort();
    }
    wzp_legacy_client_switch(c, cfg->codec);
}

void wzp_legacy_client_switch(wzp_legacy_client *c, wzp_codec_id codec)
{
    wzp_encoder_config enc;
    wzp_encoder_config_default(&enc);
    c->cfg.codec = codec;
    c->frame_ms = wzp_codec_info_get(codec)->frame_ms;
    enc.codec = codec;
    enc.frame_ms = (uint8_t)c->frame_ms;
    wzp_encoder_free(c->enc);
    if (wzp_encoder_new(&c->enc, &enc) != WZP_OK) {
        abort();
    }
}

void wzp_legacy_client_deinit(wzp_legacy_client *c)
{
    wzp_endpoint_free(c->ep);
    wzp_pkt_pool_free(c->pool);
    wzp_encoder_free(c->enc);
    wzp_decoder_free(c->dec);
    wzp_seed_identity_free(c->identity);
    free(c->heard);
}

void wzp_legacy_client_dial(wzp_legacy_client *c, wzp_tstamp now,
                            const wzp_addr *local, const wzp_addr *relay,
                            const char *sni)
{
    const wzp_dial dial = {.local = *local, .remote = *relay, .sni = sni};
    if (wzp_endpoint_dial(c->ep, now, &dial, &c->conn) != WZP_OK) {
        abort();
    }
}

void wzp_legacy_client_leave(wzp_legacy_client *c, wzp_tstamp now)
{
    c->next = WZP_NEVER;
    wzp_ignore(wzp_endpoint_close(c->ep, now, c->conn, 0, "hangup"),
               "gone already is as good");
}
