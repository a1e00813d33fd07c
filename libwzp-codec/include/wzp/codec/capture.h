/* SPDX-License-Identifier: MIT */
/* What happens to a microphone's samples before they are encoded: echo
 * canceller → high-pass → noise suppression → gain → limiter, and voice
 * detection. Every part can be switched at any time. 10 ms blocks of int16_t,
 * mono, 48,000 Hz. An object belongs to one thread.
 * Source: design/voice-facts.md 4 and 6.
 */
#ifndef WZP_CODEC_CAPTURE_H
#define WZP_CODEC_CAPTURE_H

#include <wzp/proto/env.h>

#define WZP_CAPTURE_BLOCK 480

typedef struct wzp_capture wzp_capture;

/* What is on. */
typedef struct wzp_capture_parts {
    bool echo;    /* canceller, 200 ms tail, with residual suppressor (beside
                     RNNoise that does its work) */
    bool denoise; /* RNNoise where built in, else speexdsp */
    bool gain;    /* towards −20 dBFS of speech, 24 dB at most */
    bool vad;     /* off: everything is voice */
} wzp_capture_parts;

typedef struct wzp_capture_config {
    size_t size;
    wzp_mem mem;
    wzp_capture_parts parts; /* default: all off but the detector */
    bool light_denoise;      /* speexdsp also where RNNoise is built in: 10 ms
                                less delay, a quarter of the CPU */
} wzp_capture_config;

void wzp_capture_config_default_sized(wzp_capture_config *cfg, size_t size);
static inline void wzp_capture_config_default(wzp_capture_config *cfg)
{
    wzp_capture_config_default_sized(cfg, sizeof *cfg);
}

/* WZP_ERR_CONFIG, WZP_ERR_NOMEM. speexdsp takes 670 kB of the C library's heap
 * here, not of cfg->mem, and ends the process where there are none. */
WZP_NODISCARD wzp_err wzp_capture_new(wzp_capture **out,
                                      const wzp_capture_config *cfg);
void wzp_capture_free(wzp_capture *c);
/* From the next block on, without a click: each part fades over one block. */
void wzp_capture_set(wzp_capture *c, const wzp_capture_parts *parts);
/* Another room or device: forget what was learnt, and all sound. Not between
 * two blocks that are in a hurry: speexdsp allocates. */
void wzp_capture_reset(wzp_capture *c);

typedef struct wzp_capture_out {
    bool is_voice;       /* with hangover: false → nothing need be sent */
    uint8_t level_db;    /* of the block, below full scale, 0 … 127 */
    uint8_t noise_level; /* of the background: amplitude of even noise as
                            ComfortNoise announces it, 0 … 255 */
} wzp_capture_out;

/* pcm  in-out, WZP_CAPTURE_BLOCK samples
 * far  what was really played while they were recorded, give or take a delay
 *      of up to 300 ms, which is found out; NULL: nothing was */
void wzp_capture_process(wzp_capture *c, int16_t *pcm, const int16_t *far,
                         wzp_capture_out *out);

typedef struct wzp_capture_stats {
    size_t size;
    wzp_capture_parts parts;
    uint32_t delay_samples; /* that the parts switched on add */
    uint32_t echo_delay_ms; /* between far and its echo; 0: not found */
    int32_t erle_db;        /* echo taken away, last second of far speech */
    int32_t gain_db;        /* −12 … 24 */
} wzp_capture_stats;
/* Fills out->size bytes at most; set it to sizeof *out. */
void wzp_capture_stats_get(const wzp_capture *c, wzp_capture_stats *out);

/* "rnnoise" or "speexdsp": what this build suppresses noise with. */
const char *wzp_capture_denoiser(void);

#endif
