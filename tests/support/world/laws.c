/* SPDX-License-Identifier: MIT */
/* See laws.h. */
#include "laws.h"

#include <stdlib.h>
#include <string.h>

/* --- counters --- */

typedef struct counter {
    size_t at; /* of a uint64_t */
    const char *broken;
} counter;

#define CLIENT(f)                                                              \
    {                                                                          \
        offsetof(wzp_client_stats, f), "client counter " #f " went back"       \
    }
#define RELAY(f)                                                               \
    {                                                                          \
        offsetof(wzp_relay_stats, f), "relay counter " #f " went back"         \
    }

static const counter OF_CLIENT[] = {
    CLIENT(frames_captured),  CLIENT(frames_encoded),
    CLIENT(packets_sent),     CLIENT(packets_unsent),
    CLIENT(control_sent),     CLIENT(packets_received),
    CLIENT(packets_late),     CLIENT(packets_dup),
    CLIENT(frames_played),    CLIENT(rebuilt_lbrr),
    CLIENT(rebuilt_dred),     CLIENT(concealed),
    CLIENT(underruns),        CLIENT(packets_no_room),
    CLIENT(capture_overflow), CLIENT(playout_underflow),
    CLIENT(ticks_skipped),    CLIENT(tx_packets),
    CLIENT(tx_bytes),         CLIENT(rx_packets),
    CLIENT(rx_bytes),         CLIENT(dgram_dropped),
    CLIENT(reconnects),       CLIENT(events_dropped),
    CLIENT(rebuilt_copy),     CLIENT(rebuilt_parity),
    CLIENT(comfort_ms),       CLIENT(longer_ms),
    CLIENT(shorter_ms),       CLIENT(media_malformed),
    CLIENT(reports_sent),     CLIENT(reports_received),
    CLIENT(frames_dropped),   CLIENT(frames_undecodable),
    CLIENT(bridged_ms),       CLIENT(control_malformed),
    CLIENT(packets_lost),
};

static const counter OF_GROUP[] = {
    CLIENT(group.sealed),        CLIENT(group.opened),
    CLIENT(group.not_sealed),    CLIENT(group.unknown_key),
    CLIENT(group.bad_tag),       CLIENT(group.replayed),
    CLIENT(group.malformed),     CLIENT(group.packages_refused),
    CLIENT(group.pairs_refused), CLIENT(group.keys_refused),
    CLIENT(group.keys_repeated), CLIENT(group.members_ignored),
};

static const counter OF_RELAY[] = {
    RELAY(joined),
    RELAY(left),
    RELAY(refused_auth),
    RELAY(refused_legacy),
    RELAY(refused_full),
    RELAY(refused_timeout),
    RELAY(refused_protocol),
    RELAY(refused_rule),
    RELAY(media_in),
    RELAY(media_in_bytes),
    RELAY(media_out),
    RELAY(media_dropped_malformed),
    RELAY(media_dropped_sid),
    RELAY(media_dropped_legacy),
    RELAY(media_dropped_queue),
    RELAY(media_no_buffer),
    RELAY(media_refused),
    RELAY(media_dropped_late),
    RELAY(signals_in),
    RELAY(signals_out),
    RELAY(signals_malformed),
    RELAY(signals_unknown),
    RELAY(signals_refused),
    RELAY(signals_ignored),
    RELAY(keys_routed),
    RELAY(events_dropped),
    RELAY(loss_reports),
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

static uint64_t value(const void *stats, size_t at)
{
    uint64_t v;
    memcpy(&v, (const uint8_t *)stats + at, sizeof v);
    return v;
}

static const char *compare(const counter *c, size_t n, const void *before,
                           const void *now)
{
    for (size_t i = 0; i < n; i++) {
        if (value(now, c[i].at) < value(before, c[i].at)) {
            return c[i].broken;
        }
    }
    return NULL;
}

const char *wzp_law_client_counters(const wzp_client_stats *before,
                                    const wzp_client_stats *now,
                                    bool is_same_group)
{
    const char *broken = compare(OF_CLIENT, COUNT(OF_CLIENT), before, now);
    if (broken == NULL && is_same_group) {
        broken = compare(OF_GROUP, COUNT(OF_GROUP), before, now);
    }
    return broken;
}

const char *wzp_law_relay_counters(const wzp_relay_stats *before,
                                   const wzp_relay_stats *now)
{
    return compare(OF_RELAY, COUNT(OF_RELAY), before, now);
}

const char *wzp_law_generation(const wzp_group_stats *before,
                               const wzp_group_stats *now)
{
    if (now->generation < before->generation) {
        return "the own generation went back";
    }
    if (now->generation == before->generation && now->step < before->step) {
        return "the own step went back";
    }
    return NULL;
}

/* --- bounds --- */

static bool is_over(wzp_filled f)
{
    return f.n > f.most;
}

const char *wzp_law_bounds(const wzp_inside *in, size_t pool_all)
{
    if (in->pool_free > pool_all) {
        return "more packets were given back than taken";
    }
    if (is_over(in->conns)) {
        return "more connections than allowed";
    }
    if (is_over(in->events)) {
        return "more events queued than allowed";
    }
    if (is_over(in->signals)) {
        return "more signals queued than allowed";
    }
    if (is_over(in->dgrams)) {
        return "more datagrams queued than allowed";
    }
    return is_over(in->held) ? "more packets held than allowed" : NULL;
}

const char *wzp_law_empty(const wzp_inside *in, size_t pool_all)
{
    if (in->conns.n != 0 || in->peers != 0) {
        return "a connection was left behind";
    }
    if (in->held.n != 0) {
        return "a packet was left waiting for its key";
    }
    return in->pool_free != pool_all ? "a packet was not given back" : NULL;
}

/* --- nonces --- */

static wzp_sealed_seen *find(const wzp_nonces *t, const uint8_t *mid)
{
    size_t i;
    memcpy(&i, mid, sizeof i); /* a hash already */
    for (;; i++) {
        wzp_sealed_seen *s = &t->last[i & (t->cap - 1)];
        if (s->node < 0 || memcmp(s->mid, mid, WZP_MID_LEN) == 0) {
            return s;
        }
    }
}

static void grow(wzp_nonces *t)
{
    wzp_nonces old = *t;
    t->cap = old.cap == 0 ? 64 : old.cap * 2;
    t->last = calloc(t->cap, sizeof *t->last);
    if (t->last == NULL) {
        abort();
    }
    for (size_t i = 0; i < t->cap; i++) {
        t->last[i].node = -1;
    }
    for (size_t i = 0; i < old.cap; i++) {
        if (old.last[i].node >= 0) {
            *find(t, old.last[i].mid) = old.last[i];
        }
    }
    free(old.last);
}

static bool is_later(const wzp_sealed_seen *a, const wzp_sealed_seen *b)
{
    if (a->generation != b->generation) {
        return a->generation > b->generation;
    }
    return a->step != b->step ? a->step > b->step : a->ctr > b->ctr;
}

const char *wzp_law_nonce(wzp_nonces *t, const wzp_sealed_seen *p)
{
    if (2 * t->n >= t->cap) {
        grow(t);
    }
    if ((uint8_t)p->kid != p->step ||
        (uint8_t)(p->kid >> 8) != (uint8_t)p->generation) {
        return "a packet names another key than it is sealed under";
    }
    wzp_sealed_seen *last = find(t, p->mid);
    if (last->node < 0) {
        t->n++;
    } else if (last->node != p->node) {
        return "two clients seal as one member";
    } else if (!is_later(p, last)) {
        return "a counter was used twice under one key";
    }
    *last = *p;
    return NULL;
}

int wzp_nonces_node(const wzp_nonces *t, const uint8_t mid[WZP_MID_LEN])
{
    return t->cap == 0 ? -1 : find(t, mid)->node;
}

void wzp_nonces_free(wzp_nonces *t)
{
    free(t->last);
    *t = (wzp_nonces){0};
}
