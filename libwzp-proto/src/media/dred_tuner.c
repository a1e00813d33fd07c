/* SPDX-License-Identifier: MIT */
/* Deep redundancy by the earlier protocol's rule, see dred_tuner.h. */
#include <wzp/proto/dred_tuner.h>

#define LEAST_FRAMES   5
#define LOSS_START     15    /* per cent */
#define LOSS_FULL      40.0f /* per cent: the ceiling is reached */
#define RISE           0.3f
#define FALL           0.05f
#define SPIKE_MS       1.0f
#define SPIKE_TIMES    1.3f
#define SPIKE_NOTES    10
#define PHANTOM_RTT_MS 200 /* a longer round trip counts as loss */
#define PHANTOM_MS     40  /* for each per cent */
#define PHANTOM_MOST   15.0f

typedef struct range {
    float base, ceiling; /* frames of 10 ms */
} range;

static range range_of(wzp_codec_id codec)
{
    switch (codec) {
    case WZP_CODEC_OPUS_32K:
    case WZP_CODEC_OPUS_48K:
    case WZP_CODEC_OPUS_64K: return (range){10, 30};
    case WZP_CODEC_OPUS_16K:
    case WZP_CODEC_OPUS_24K: return (range){20, 50};
    case WZP_CODEC_OPUS_6K: return (range){50, 104};
    default: return (range){0, 0};
    }
}

void wzp_dred_tuner_init(wzp_dred_tuner *t, wzp_codec_id codec)
{
    *t = (wzp_dred_tuner){.codec = codec,
                          .frames = (uint8_t)range_of(codec).base,
                          .loss_pct = LOSS_START};
}

static bool is_spike(wzp_dred_tuner *t, float sample)
{
    if (!t->has_jitter) {
        t->has_jitter = true;
        t->jitter_ms = sample;
    }
    const float step = sample - t->jitter_ms;
    t->jitter_ms += step * (step > 0 ? RISE : FALL);
    return t->jitter_ms > SPIKE_MS && sample > SPIKE_TIMES * t->jitter_ms;
}

static uint8_t expected_loss(float loss_pct, uint32_t rtt_ms)
{
    float phantom = 0;
    if (rtt_ms > PHANTOM_RTT_MS) {
        phantom = (float)(rtt_ms - PHANTOM_RTT_MS) / PHANTOM_MS;
    }
    const float sum =
        loss_pct + (phantom < PHANTOM_MOST ? phantom : PHANTOM_MOST);
    return (uint8_t)(sum < 100 ? sum : 100);
}

bool wzp_dred_tuner_note(wzp_dred_tuner *t, float loss_pct, uint32_t rtt_ms,
                         uint32_t jitter_ms)
{
    const range r = range_of(t->codec);
    if (r.ceiling == 0) {
        return false; /* no Opus */
    }
    if (is_spike(t, (float)jitter_ms)) {
        t->cooldown = SPIKE_NOTES;
    }
    t->cooldown -= t->cooldown > 0;
    const float part = loss_pct < LOSS_FULL ? loss_pct / LOSS_FULL : 1;
    float frames = r.base + part * (r.ceiling - r.base);
    if (t->cooldown > 0) {
        frames = r.ceiling;
    }
    frames = frames < LEAST_FRAMES ? LEAST_FRAMES : frames;
    const uint8_t loss = expected_loss(loss_pct, rtt_ms);
    const bool is_new = (uint8_t)frames != t->frames || loss != t->loss_pct;
    t->frames = (uint8_t)frames;
    t->loss_pct = loss;
    return is_new;
}
