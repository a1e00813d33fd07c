/* SPDX-License-Identifier: MIT */
/* A path as arithmetic, see path_model.h. */
#include "support/path_model.h"

#include <wzp/proto/media.h>

#include <stdlib.h>

#define STEP             (2 * WZP_MS)
#define ACK_HOLD         (95 * WZP_MS) /* as transport does */
#define PATH_EVERY       (100 * WZP_MS)
#define REPORT_EVERY     WZP_S
#define GRADIENT_OF      10 /* packets: libwzp-proto/src/media/delay.c */
#define IP_UDP           28
#define DATAGRAM_TO_WIRE 50 /* see quality.c */

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

void wzp_path_model_init(wzp_path_model *m, const wzp_quality_config *cfg,
                         uint32_t caps, uint64_t seed)
{
    wzp_quality_config all;
    const wzp_mem mem = wzp_mem_default();
    const wzp_link_cfg perfect = {.seed = seed};
    wzp_quality_config_default(&all);
    *m = (wzp_path_model){.now = WZP_S,
                          .begin = WZP_S,
                          .rng = 88172645463325252u + seed,
                          .back_ns = 20 * WZP_MS,
                          .send_at = WZP_S,
                          .path_at = WZP_S,
                          .report_at = 2 * WZP_S,
                          .heard_last = WZP_S};
    wzp_link_init(&m->up, &perfect);
    wzp_link_init(&m->down, &perfect);
    if (wzp_quality_new(&m->q, &mem, cfg != NULL ? cfg : &all, m->now) !=
        WZP_OK) {
        abort();
    }
    wzp_quality_caps(m->q, m->now, caps);
}

void wzp_path_model_deinit(wzp_path_model *m)
{
    wzp_quality_free(m->q);
}

void wzp_path_model_up(wzp_path_model *m, const wzp_link_cfg *cfg)
{
    wzp_link_set(&m->up, cfg);
}

void wzp_path_model_down(wzp_path_model *m, const wzp_link_cfg *cfg)
{
    wzp_link_set(&m->down, cfg);
}

wzp_quality_state wzp_path_model_state(const wzp_path_model *m)
{
    wzp_quality_state s = {.size = sizeof s};
    wzp_quality_state_get(m->q, &s);
    return s;
}

/* --- the speaker --- */

static void send(wzp_path_model *m, const wzp_media_mode *mode)
{
    uint64_t due[WZP_LINK_COPIES_MAX];
    const uint32_t ms = wzp_media_mode_delay_ms(mode);
    const uint32_t wire = wzp_media_mode_wire_bps(mode) * ms / 8000;
    wzp_path_model_packet *p = &m->of[m->tail++ % WZP_PATH_MODEL_FLYING];
    *p = (wzp_path_model_packet){.is_used = true,
                                 .sent_at = m->now,
                                 .seq = m->seq,
                                 .frames = mode->n_new,
                                 .bytes = wire - IP_UDP,
                                 .heard_at = UINT64_MAX,
                                 .acked_at = m->now + WZP_S / 2};
    m->seq = (uint16_t)(m->seq + mode->n_new);
    m->send_at = m->now + ms * WZP_MS;
    m->sent_bytes += wire;
    m->flying_bytes += wire;
    wzp_quality_sent(m->q, m->now, p->seq, wire - DATAGRAM_TO_WIRE);
    if (wzp_link_send(&m->up, m->now, p->bytes, due) == 0) {
        return;
    }
    const uint64_t at_relay = due[0];
    p->rtt = at_relay - m->now + m->back_ns;
    p->acked_at = at_relay + next_random(&m->rng) % ACK_HOLD + m->back_ns;
    /* The second link takes packets in the order of time; jitter of the first
     * may be larger than a packet's distance, then it is a bit early. */
    m->down_at = at_relay > m->down_at ? at_relay : m->down_at;
    if (wzp_link_send(&m->down, m->down_at, p->bytes, due) > 0) {
        p->heard_at = due[0];
    }
}

/* --- what comes back --- */

static void acknowledge(wzp_path_model *m, wzp_path_model_packet *p)
{
    p->is_acked = true;
    m->flying_bytes -= p->bytes + IP_UDP;
    if (p->rtt > 0) {
        m->newest_rtt = p->rtt;
    }
}

static void hear(wzp_path_model *m, wzp_path_model_packet *p)
{
    const uint16_t last = (uint16_t)(p->seq + p->frames - 1);
    m->got++;
    m->heard++;
    const uint64_t silent = m->now - m->heard_last;
    m->silence_most = silent > m->silence_most ? silent : m->silence_most;
    m->heard_last = m->now;
    if (!m->has_highest || wzp_seq_before(m->highest, last)) {
        m->highest = last;
        m->has_highest = true;
    }
    const uint64_t own = m->up.cfg.delay_ns + m->down.cfg.delay_ns;
    const uint64_t took = p->heard_at - p->sent_at;
    m->queue_ns = took > own ? took - own : 0;
    if (m->got == 1) {
        m->first_took = took;
        m->first_at = m->now;
    }
    m->last_took = took;
    m->last_at = m->now;
    p->heard_at = UINT64_MAX - 1; /* done */
}

static void look(wzp_path_model *m)
{
    for (uint64_t i = m->head; i < m->tail; i++) {
        wzp_path_model_packet *p = &m->of[i % WZP_PATH_MODEL_FLYING];
        if (!p->is_acked && p->acked_at <= m->now) {
            acknowledge(m, p);
        }
        if (p->heard_at <= m->now) {
            hear(m, p);
        }
    }
    while (m->head < m->tail) {
        const wzp_path_model_packet *p =
            &m->of[m->head % WZP_PATH_MODEL_FLYING];
        const bool is_waited = p->heard_at < UINT64_MAX - 1;
        if (!p->is_acked || is_waited || m->now - p->sent_at < 6 * WZP_S) {
            break;
        }
        m->head++;
    }
}

/* Packets up to the highest heard that was not reported on before. */
static void count(wzp_path_model *m, uint32_t *expected, uint32_t *lost,
                  uint32_t *unrepaired)
{
    bool before = m->was_lost;
    *expected = *lost = *unrepaired = 0;
    for (uint64_t i = m->head; i < m->tail; i++) {
        wzp_path_model_packet *p = &m->of[i % WZP_PATH_MODEL_FLYING];
        const uint16_t last = (uint16_t)(p->seq + p->frames - 1);
        if (!p->is_used || !m->has_highest ||
            wzp_seq_before(m->highest, last)) {
            continue;
        }
        const bool is_lost = p->heard_at != UINT64_MAX - 1;
        p->is_used = false;
        (*expected)++;
        *lost += is_lost;
        *unrepaired += is_lost && before;
        before = is_lost;
    }
    m->was_lost = before;
}

static void report(wzp_path_model *m)
{
    uint32_t expected, lost, unrepaired;
    count(m, &expected, &lost, &unrepaired);
    m->report_at = m->now + REPORT_EVERY;
    const wzp_redundancy level = wzp_path_model_state(m).mode.redundancy;
    const uint32_t left = level == WZP_REDUNDANCY_NONE   ? lost
                          : level == WZP_REDUNDANCY_LBRR ? unrepaired
                                                         : 0;
    const double span = (double)(m->last_at - m->first_at);
    const double grown = (double)m->last_took - (double)m->first_took;
    double gradient = m->got >= GRADIENT_OF ? grown / span * 1e6 : 0;
    gradient = gradient > INT16_MAX ? INT16_MAX : gradient;
    gradient = gradient < INT16_MIN ? INT16_MIN : gradient;
    m->got = 0;
    m->report = (wzp_receiver_report){
        .gradient_us_s = (int16_t)gradient,
        .highest_seq = m->highest,
        .expected = expected,
        .lost = (uint16_t)lost,
        .loss_after_permille =
            (uint16_t)(expected > 0 ? left * 1000 / expected : 0)};
    const double chance =
        (double)(next_random(&m->rng) >> 11) / 9007199254740992.0;
    m->has_report = m->has_highest && chance >= m->down.cfg.loss;
    m->report_back = m->now + 2 * m->back_ns;
}

static void note_path(wzp_path_model *m)
{
    const wzp_quality_path path = {.rtt_us = m->newest_rtt / 1000,
                                   .arrived_bytes =
                                       m->sent_bytes - m->flying_bytes,
                                   .in_flight_bytes = m->flying_bytes};
    m->newest_rtt = 0;
    m->path_at = m->now + PATH_EVERY;
    wzp_quality_path_note(m->q, m->now, &path);
}

void wzp_path_model_run(wzp_path_model *m, uint64_t ns)
{
    const uint64_t end = m->now + ns;
    for (; m->now < end; m->now += STEP) {
        look(m);
        if (m->has_report && m->now >= m->report_back) {
            m->has_report = false;
            wzp_quality_heard(m->q, m->now, 1, &m->report);
        }
        if (m->now >= m->report_at) {
            report(m);
        }
        if (m->now >= m->path_at) {
            note_path(m);
        }
        if (m->now >= wzp_quality_deadline(m->q)) {
            wzp_quality_expire(m->q, m->now);
        }
        if (m->now >= m->send_at) {
            const wzp_quality_state s = wzp_path_model_state(m);
            send(m, &s.mode);
        }
    }
}
