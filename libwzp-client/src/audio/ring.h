/* SPDX-License-Identifier: MIT */
/* Samples between two threads: one writes, one reads, and each cursor has
 * exactly one writer. When full, the producer's new samples are dropped and
 * counted; nobody overwrites what may be being read.
 */
#ifndef WZP_CLIENT_AUDIO_RING_H
#define WZP_CLIENT_AUDIO_RING_H

#include <wzp/proto/env.h>

#include <stdatomic.h>

typedef struct wzp__ring {
    int16_t *buf;
    size_t cap;             /* samples, a power of two */
    _Atomic size_t written; /* total; moved by the producer only */
    _Atomic size_t read;    /* total; moved by the consumer only */
} wzp__ring;

/* cap is rounded up to a power of two. WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__ring_init(wzp__ring *ring, const wzp_mem *mem,
                                     size_t cap);
void wzp__ring_deinit(wzp__ring *ring, const wzp_mem *mem);

/* Producer: samples taken, less than n when full. */
size_t wzp__ring_write(wzp__ring *ring, const int16_t *pcm, size_t n);
/* Consumer: samples given, less than n when empty. */
size_t wzp__ring_read(wzp__ring *ring, int16_t *pcm, size_t n);
/* Either side: samples waiting at this moment. */
size_t wzp__ring_level(wzp__ring *ring);

#endif
