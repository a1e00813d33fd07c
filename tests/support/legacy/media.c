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

bool wzp_legacy_is(const char *json, size_t len, const char *name)
{
    char start[64];
    int n = snprintf(start, sizeof start, "{\"%s\"", name);
    if (n > 0 && (size_t)n <= len && memcmp(json, start, (size_t)n) == 0) {
        return true;
    }
    return (size_t)n - 1 <= len && memcmp(json, start + 1, (size_t)n - 1) == 0;
}
