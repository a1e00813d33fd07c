/* SPDX-License-Identifier: MIT */
/* The cache is keyed by the packet's bytes and not by its address: buffers are
 * used again, and comparing 1,275 bytes is cheaper than the mistake.
 */
#include "codec/dred.h"

#include "codec/align.h"

#include <string.h>

enum {
    /* libopus rounds what it is asked for down to chunks: ask 40 ms more, or
     * the answer is short although the packet holds more. */
    MARGIN = 1920,
    /* chosen: 2 s; a packet holds 26 chunks of 40 ms before the last speech */
    FARTHEST = 96000,
    /* 1.04 s: 26 chunks. The silence after them may be 20 s long (or be said to
     * be: no reason to wait for it). */
    FULLEST = 49920,
};

static size_t positive(int n)
{
    return n > 0 ? (size_t)n : 0;
}

size_t wzp__dred_size(void)
{
    size_t features = positive(opus_dred_get_size());
    if (features == 0) {
        return 0;
    }
    return wzp__align_up(positive(opus_dred_decoder_get_size())) + features;
}

void wzp__dred_init(wzp__dred *dred, void *space)
{
    dred->model = NULL;
    dred->limit = 0;
    if (wzp__dred_size() == 0) {
        return;
    }
    OpusDREDDecoder *model = space;
    if (opus_dred_decoder_init(model) != OPUS_OK) {
        return;
    }
    size_t head = wzp__align_up(positive(opus_dred_decoder_get_size()));
    dred->features = (void *)((uint8_t *)space + head);
    dred->model = model;
}

static bool is_held(const wzp__dred *dred, const uint8_t *packet, size_t len,
                    size_t limit)
{
    return dred->limit >= limit && dred->len == len &&
           memcmp(dred->packet, packet, len) == 0;
}

/* Reads, but decodes nothing yet. */
static void read_packet(wzp__dred *dred, const uint8_t *packet, size_t len,
                        size_t limit)
{
    int end = 0;
    int reach =
        opus_dred_parse(dred->model, dred->features, packet, (opus_int32)len,
                        (opus_int32)limit, WZP_PCM_RATE, &end, 1);
    dred->is_processed = false;
    dred->limit = limit;
    dred->reach = positive(reach);
    dred->tail = positive(end);
    dred->len = len;
    memcpy(dred->packet, packet, len);
}

wzp__dred_cover wzp__dred_find(wzp__dred *dred, const uint8_t *packet,
                               size_t len, size_t back, size_t samples)
{
    if (dred->model == NULL || len == 0 || len > WZP_FRAME_MAX ||
        back > FARTHEST) {
        return WZP__DRED_NOTHING;
    }
    if (!is_held(dred, packet, len, back + MARGIN)) {
        read_packet(dred, packet, len, back + MARGIN);
    }
    if (dred->reach + samples <= back || dred->tail >= back) {
        return WZP__DRED_NOTHING;
    }
    if (!dred->is_processed) {
        if (opus_dred_process(dred->model, dred->features, dred->features) !=
            OPUS_OK) {
            dred->reach = 0;
            dred->tail = 0;
            return WZP__DRED_NOTHING;
        }
        dred->is_processed = true;
    }
    return dred->reach >= back ? WZP__DRED_WHOLE : WZP__DRED_PART;
}

size_t wzp__dred_reach(wzp__dred *dred, const uint8_t *packet, size_t len)
{
    if (dred->model == NULL || len == 0 || len > WZP_FRAME_MAX) {
        return 0;
    }
    read_packet(dred, packet, len, FARTHEST);
    dred->limit = 0; /* a hole shall decode no more than it needs */
    return dred->reach < FULLEST ? dred->reach : FULLEST;
}

/* --- version -------------------------------------------------------------- */

enum {
    PROBE_PAYLOAD = 60,     /* chosen: room for a few chunks */
    PROBE_MODEL = 8192,     /* chosen: the model is 1,552 bytes in 1.5.2 */
    PROBE_FEATURES = 32768, /* chosen: 10,592 bytes in 1.5.2 */
};

/* A packet of 20 ms wideband with one empty frame, and padding that holds a
 * DRED extension of this version. RFC 6716 3.2.5; the extension's id 126 and
 * its marker 'D' are libopus' own while DRED is experimental. */
static size_t make_probe(uint8_t packet[PROBE_PAYLOAD + 8], unsigned version)
{
    const uint8_t head[] = {
        9 << 3 | 3,        /* SILK wideband 20 ms, code 3 */
        0x40 | 1,          /* padded, one frame */
        PROBE_PAYLOAD + 3, /* bytes of padding */
        126 << 1,          /* extension that fills the rest */
        'D',
        (uint8_t)version,
    };
    memcpy(packet, head, sizeof head);
    memset(packet + sizeof head, 0x55, PROBE_PAYLOAD);
    return sizeof head + PROBE_PAYLOAD;
}

unsigned wzp_dred_version(void)
{
    alignas(max_align_t) uint8_t model[PROBE_MODEL];
    alignas(max_align_t) uint8_t features[PROBE_FEATURES];
    size_t model_size = positive(opus_dred_decoder_get_size());
    size_t features_size = positive(opus_dred_get_size());
    if (features_size == 0 || features_size > sizeof features ||
        model_size > sizeof model ||
        opus_dred_decoder_init((void *)model) != OPUS_OK) {
        return 0;
    }
    for (unsigned version = 1; version < 256; version++) {
        uint8_t packet[PROBE_PAYLOAD + 8];
        size_t len = make_probe(packet, version);
        int end;
        if (opus_dred_parse((void *)model, (void *)features, packet,
                            (opus_int32)len, WZP_PCM_RATE, WZP_PCM_RATE, &end,
                            1) > 0) {
            return version;
        }
    }
    return 0;
}
