/* SPDX-License-Identifier: MIT */
/* WAV files: read PCM 16-bit (any rate; channels are averaged), write mono
 * 16-bit. Headerless files are refused.
 * The header of a file being written is correct after every
 * wzp_wav_writer_write, so a program that dies leaves a readable file.
 */
#ifndef WZP_CODEC_WAV_H
#define WZP_CODEC_WAV_H

#include <wzp/proto/env.h>

typedef struct wzp_wav {
    uint32_t rate_hz; /* 8,000 … 192,000 */
    size_t samples;   /* per channel, after mixing down to mono */
    int16_t *pcm;     /* samples, owned */
} wzp_wav;

/* Whole file into memory (at most 1 GiB). WZP_ERR_IO, WZP_ERR_WAV,
 * WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_wav_load(wzp_wav *out, const wzp_mem *mem,
                                   const char *path);
/* The same from bytes. */
WZP_NODISCARD wzp_err wzp_wav_parse(wzp_wav *out, const wzp_mem *mem,
                                    const uint8_t *data, size_t len);
void wzp_wav_free(wzp_wav *wav, const wzp_mem *mem);

typedef struct wzp_wav_writer wzp_wav_writer;

/* Creates the file, for its owner only, or replaces what one holds. rate_hz:
 * 8,000 … 192,000.
 * WZP_ERR_CONFIG, WZP_ERR_IO, WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_wav_writer_new(wzp_wav_writer **out,
                                         const wzp_mem *mem, const char *path,
                                         uint32_t rate_hz);
/* WZP_ERR_IO: nothing of this was added, the file stays readable; also at the
 * format's limit of 4 GiB. */
WZP_NODISCARD wzp_err wzp_wav_writer_write(wzp_wav_writer *w,
                                           const int16_t *pcm, size_t samples);
/* Flushes and closes; frees in any case. */
wzp_err wzp_wav_writer_close(wzp_wav_writer *w);

#endif
