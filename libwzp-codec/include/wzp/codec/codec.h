/* SPDX-License-Identifier: MIT */
/* One encoder and one decoder interface for every codec id. PCM is always
 * int16_t pcm[frames], mono, 48,000 Hz. Source: spec/wire.md 1.2;
 * design/voice-facts.md 7 for operating points.
 *
 * An object belongs to one thread; what libcodec2 shares between threads does
 * no harm (docs/embedding.md). No allocation after creation.
 */
#ifndef WZP_CODEC_CODEC_H
#define WZP_CODEC_CODEC_H

#include <wzp/proto/env.h>
#include <wzp/proto/mode.h>

#define WZP_PCM_RATE 48000
#define WZP_PCM_MAX  2880 /* samples in the longest frame: 60 ms */

typedef struct wzp_encoder_config {
    size_t size;
    wzp_mem mem;
    wzp_codec_id codec;        /* default OPUS_24K */
    uint8_t frame_ms;          /* 10, 20, 40, 60; default 20 */
    wzp_redundancy redundancy; /* default NONE */
    uint8_t loss_pct;          /* hint to the encoder 0 … 100; 0 = by table */
    uint8_t complexity;        /* 0 … 10, default 9; ≥ 7 for DRED */
    bool dtx;                  /* default false */
} wzp_encoder_config;

typedef struct wzp_encoder wzp_encoder;

void wzp_encoder_config_default_sized(wzp_encoder_config *cfg, size_t size);
static inline void wzp_encoder_config_default(wzp_encoder_config *cfg)
{
    wzp_encoder_config_default_sized(cfg, sizeof *cfg);
}

/* WZP_ERR_CONFIG (also DRED with a complexity below 7), WZP_ERR_NOMEM,
 * WZP_ERR_UNSUPPORTED: no operating point for this codec, frame length and
 * redundancy. There are, ms in brackets:
 *
 *   every Opus id (10, 20, 40, 60), Codec2_3200 (20), Codec2_1200 (40),
 *   ComfortNoise (20)                NONE
 *   OPUS_24K (20, 40)                LBRR
 *   OPUS_24K (20, 40, 60), OPUS_32K (20), OPUS_48K (20), OPUS_64K (20)  DRED
 *   OPUS_32K (40)                    BOTH
 *
 * libcodec2 takes 64 kB of the C library's heap here, not of cfg->mem, and may
 * end the process where there are none. */
WZP_NODISCARD wzp_err wzp_encoder_new(wzp_encoder **out,
                                      const wzp_encoder_config *cfg);
void wzp_encoder_free(wzp_encoder *enc);

/* Samples per frame at 48 kHz: frame_ms × 48, and the codec, of the next
 * frame. */
size_t wzp_encoder_frame_samples(const wzp_encoder *enc);
wzp_codec_id wzp_encoder_codec(const wzp_encoder *enc);

/* One frame. out: cap ≥ WZP_FRAME_MAX. *out_len may be 0 … 2 for DTX. As
 * comfort noise a frame is one byte: how loud it is. WZP_ERR_ARG when samples
 * is not exactly one frame, WZP_ERR_SPACE. */
WZP_NODISCARD wzp_err wzp_encoder_encode(wzp_encoder *enc, const int16_t *pcm,
                                         size_t samples, uint8_t *out,
                                         size_t cap, size_t *out_len);

/* Another operating point from the next frame on, without a click or a gap:
 * codec, frame length, redundancy and hint. Between Opus ids nothing is
 * forgotten; any other codec hears first what was spoken just before. Errors as
 * of new; on one of them nothing has changed. The hint works only together with
 * a redundancy, and is raised to what that one needs.
 *
 * Leaving LBRR, the next frame is larger once: up to 40 kbit/s. */
WZP_NODISCARD wzp_err wzp_encoder_set(wzp_encoder *enc, wzp_codec_id codec,
                                      uint8_t frame_ms,
                                      wzp_redundancy redundancy,
                                      uint8_t loss_pct);

/* Forget all sound: the next frame is as the first of a new encoder and
 * repeats nothing spoken before. What was configured or set stays. */
void wzp_encoder_reset(wzp_encoder *enc);

typedef struct wzp_decoder_config {
    size_t size;
    wzp_mem mem;
    uint8_t complexity; /* 0 … 10, default 5 (deep PLC) */
} wzp_decoder_config;

typedef struct wzp_decoder wzp_decoder;

void wzp_decoder_config_default_sized(wzp_decoder_config *cfg, size_t size);
static inline void wzp_decoder_config_default(wzp_decoder_config *cfg)
{
    wzp_decoder_config_default_sized(cfg, sizeof *cfg);
}
/* WZP_ERR_CONFIG, WZP_ERR_NOMEM. libcodec2 takes 64 kB of the C library's heap
 * here, not of cfg->mem, and may end the process where there are none. */
WZP_NODISCARD wzp_err wzp_decoder_new(wzp_decoder **out,
                                      const wzp_decoder_config *cfg);
void wzp_decoder_free(wzp_decoder *dec);

/* Decode one received frame of any codec id; the decoder switches by itself,
 * over 5 ms.
 *
 * pcm       room for cap samples, cap ≥ WZP_PCM_MAX
 * *samples  samples written: the frame's own length
 *
 * WZP_ERR_CODEC_DATA: not a frame of this codec; conceal instead.
 * WZP_ERR_UNSUPPORTED: no such codec. WZP_ERR_SPACE. On an error nothing has
 * sounded. */
WZP_NODISCARD wzp_err wzp_decoder_decode(wzp_decoder *dec, wzp_codec_id codec,
                                         const uint8_t *frame, size_t len,
                                         int16_t *pcm, size_t cap,
                                         size_t *samples);

typedef enum wzp_rebuilt {
    WZP_REBUILT_CONCEALED, /* no real data */
    WZP_REBUILT_LBRR,
    WZP_REBUILT_DRED,
} wzp_rebuilt;

/* Fill a hole of `samples` (a multiple of 120, ≤ WZP_PCM_MAX) that ends
 * `ahead` samples before the start of `next`, the first frame received after
 * the hole (ahead 0: next follows directly). next NULL: plain concealment.
 * Tries LBRR when ahead is 0, then DRED from `next`, then concealment; *how
 * says which, and never claims too much: a hole that real data covers only in
 * part counts as concealed. Must be called in playing order, a gap's oldest
 * hole first. `pcm` has room for `samples`. WZP_ERR_ARG for another length. */
WZP_NODISCARD wzp_err wzp_decoder_fill(wzp_decoder *dec, size_t samples,
                                       wzp_codec_id next_codec,
                                       const uint8_t *next, size_t next_len,
                                       size_t ahead, int16_t *pcm,
                                       wzp_rebuilt *how);

/* How far back, in samples, this frame could rebuild what was lost before it:
 * LBRR's frame or DRED's history, 1.04 s at most; 0 nothing. Reads DRED's bits
 * (some µs). */
size_t wzp_decoder_reach(wzp_decoder *dec, wzp_codec_id codec,
                         const uint8_t *frame, size_t len);

/* DRED bitstream this build reads and writes: 10 for libopus 1.5.2, 0 = none;
 * found by asking the library, not by its version text. */
unsigned wzp_dred_version(void);

/* Length of an encoded frame: for Opus read from the frame itself, else the
 * codec's own. WZP_ERR_CODEC_DATA: not a frame of this codec, or not a whole
 * number of milliseconds up to 60. */
WZP_NODISCARD wzp_err wzp_codec_frame_ms(wzp_codec_id codec,
                                         const uint8_t *frame, size_t len,
                                         uint8_t *ms);

/* Encoder look-ahead plus decoder delay at 48 kHz, in samples, resampling
 * included; 0 for comfort noise and unknown ids. */
size_t wzp_codec_delay(wzp_codec_id codec);

#endif
