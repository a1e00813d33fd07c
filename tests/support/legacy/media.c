/* SPDX-License-Identifier: MIT */
/* See media.h. */
#include "media.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void wzp_legacy_header(uint8_t out[WZP_LEGACY_HEADER], uint16_t seq,
                       uint32_t timestamp_ms)
{
    memset(out, 0, WZP_LEGACY_HEADER); /* codec 0 is Opus24k */
    out[2] = (uint8_t)(seq >> 8);
    out[3] = (uint8_t)seq;
    out[4] = (uint8_t)(timestamp_ms >> 24);
    out[5] = (uint8_t)(timestamp_ms >> 16);
    out[6] = (uint8_t)(timestamp_ms >> 8);
    out[7] = (uint8_t)timestamp_ms;
}

size_t wzp_legacy_write(const wzp_legacy_media *m, uint8_t *out)
{
    wzp_legacy_header(out, m->seq, m->timestamp_ms);
    out[0] = (uint8_t)((m->is_repair ? 0x40 : 0) | m->codec << 2 |
                       (m->has_report ? 0x02 : 0));
    out[10] = m->reserved;
    memcpy(out + WZP_LEGACY_HEADER, m->payload, m->len);
    size_t len = WZP_LEGACY_HEADER + m->len;
    if (m->has_report) {
        memcpy(out + len, m->report, sizeof m->report);
        len += sizeof m->report;
    }
    return len;
}

bool wzp_legacy_read(const uint8_t *data, size_t len, wzp_legacy_media *out)
{
    if (len < WZP_LEGACY_HEADER || (data[0] >> 2 & 15) > 8) {
        return false;
    }
    *out = (wzp_legacy_media){
        .is_repair = (data[0] & 0x40) != 0,
        .codec = data[0] >> 2 & 15,
        .has_report = (data[0] & 0x02) != 0,
        .seq = (uint16_t)(data[2] << 8 | data[3]),
        .timestamp_ms = (uint32_t)data[4] << 24 | (uint32_t)data[5] << 16 |
                        (uint32_t)data[6] << 8 | data[7],
        .reserved = data[10],
        .payload = data + WZP_LEGACY_HEADER,
        .len = len - WZP_LEGACY_HEADER,
    };
    if (!out->has_report) {
        return true;
    }
    if (out->len < sizeof out->report) {
        return false;
    }
    out->len -= sizeof out->report;
    memcpy(out->report, out->payload + out->len, sizeof out->report);
    return true;
}

typedef struct text {
    char *out;
    size_t cap, len;
    bool is_cut;
} text;

__attribute__((format(printf, 2, 3))) static void put(text *t, const char *fmt,
                                                      ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(t->out + t->len, t->cap - t->len, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= t->cap - t->len) {
        t->is_cut = true;
        return;
    }
    t->len += (size_t)n;
}

static void put_bytes(text *t, const char *name, const uint8_t *data,
                      size_t len)
{
    put(t, "\"%s\":[", name);
    for (size_t i = 0; i < len && !t->is_cut; i++) {
        put(t, "%s%u", i == 0 ? "" : ",", data[i]);
    }
    put(t, "],");
}

size_t wzp_legacy_offer(char *out, size_t cap, const uint8_t identity_pub[32],
                        const uint8_t ephemeral_pub[32],
                        const uint8_t signature[64], const char *alias)
{
    text t = {.out = out, .cap = cap};
    put(&t, "{\"CallOffer\":{");
    put_bytes(&t, "identity_pub", identity_pub, 32);
    put_bytes(&t, "ephemeral_pub", ephemeral_pub, 32);
    put_bytes(&t, "signature", signature, 64);
    put(&t, "\"supported_profiles\":[{\"codec\":\"Opus24k\",\"fec_ratio\":0.2,"
            "\"frame_duration_ms\":20,\"frames_per_block\":5}],");
    put(&t, "\"alias\":\"%s\"}}", alias);
    return t.is_cut ? 0 : t.len;
}

size_t wzp_legacy_answer(char *out, size_t cap, const uint8_t identity_pub[32],
                         const uint8_t ephemeral_pub[32],
                         const uint8_t signature[64])
{
    text t = {.out = out, .cap = cap};
    put(&t, "{\"CallAnswer\":{");
    put_bytes(&t, "identity_pub", identity_pub, 32);
    put_bytes(&t, "ephemeral_pub", ephemeral_pub, 32);
    put_bytes(&t, "signature", signature, 64);
    put(&t, "\"chosen_profile\":{\"codec\":\"Opus24k\",\"fec_ratio\":0.2,"
            "\"frame_duration_ms\":20,\"frames_per_block\":5}}}");
    return t.is_cut ? 0 : t.len;
}

size_t wzp_legacy_room_update(char *out, size_t cap, const wzp_legacy_name *who,
                              size_t n)
{
    text t = {.out = out, .cap = cap};
    put(&t, "{\"RoomUpdate\":{\"count\":%u,\"participants\":[", (unsigned)n);
    for (size_t i = 0; i < n; i++) {
        put(&t,
            "%s{\"fingerprint\":\"%s\",\"alias\":\"%s\",\"relay_label\":"
            "null}",
            i == 0 ? "" : ",", who[i].fingerprint, who[i].alias);
    }
    put(&t, "]}}");
    return t.is_cut ? 0 : t.len;
}

/* Behind the n-th "key": */
static const char *value_of(const char *json, size_t len, const char *key,
                            size_t n)
{
    char quoted[64];
    int k = snprintf(quoted, sizeof quoted, "\"%s\":", key);
    for (size_t at = 0; k > 0 && at + (size_t)k <= len; at++) {
        if (memcmp(json + at, quoted, (size_t)k) == 0 && n-- == 0) {
            return json + at + k;
        }
    }
    return NULL;
}

bool wzp_legacy_text(const char *json, size_t len, const char *key, size_t n,
                     char *out, size_t cap)
{
    const char *at = value_of(json, len, key, n);
    const char *end = json + len;
    if (at == NULL || at == end || *at != '"') {
        return false;
    }
    const char *close = memchr(at + 1, '"', (size_t)(end - at - 1));
    if (close == NULL || (size_t)(close - at) > cap) {
        return false;
    }
    memcpy(out, at + 1, (size_t)(close - at - 1));
    out[close - at - 1] = '\0';
    return true;
}

bool wzp_legacy_bytes(const char *json, size_t len, const char *key,
                      uint8_t *out, size_t n)
{
    const char *at = value_of(json, len, key, 0);
    const char *end = json + len;
    for (size_t i = 0; at != NULL && i < n; i++) {
        unsigned v = 0;
        if (at + 1 >= end || *at != (i == 0 ? '[' : ',')) {
            return false;
        }
        for (at++; at < end && *at >= '0' && *at <= '9' && v < 256; at++) {
            v = v * 10 + (unsigned)(*at - '0');
        }
        if (v > 255) {
            return false;
        }
        out[i] = (uint8_t)v;
    }
    return at != NULL && at < end && *at == ']';
}

bool wzp_legacy_is(const char *json, size_t len, const char *name)
{
    char start[64];
    int n = snprintf(start, sizeof start, "{\"%s\"", name);
    if (n > 0 && (size_t)n <= len && memcmp(json, start, (size_t)n) == 0) {
        return true;
    }
    return (size_t)n - 1 <= len && memcmp(json, start + 1, (size_t)n - 1) == 0;
}
