/* SPDX-License-Identifier: MIT */
/* Until the parts of others are merged; goes with them. */
#ifndef WZP_CLIENT_RECEIVER_STANDIN_H
#define WZP_CLIENT_RECEIVER_STANDIN_H

#include <wzp/codec/codec.h>
#include <wzp/codec/stretch.h>
#include <wzp/crypto/sframe.h>
#include <wzp/proto/bundle.h>
#include <wzp/proto/jitter.h>
#include <wzp/proto/media.h>

#include <string.h>

typedef enum wzp__frame_from {
    WZP__FRAME_NEW,
    WZP__FRAME_COPY,
    WZP__FRAME_PARITY
} wzp__frame_from;
typedef struct wzp__frame_in {
    uint16_t seq;
    uint32_t timestamp;
    uint8_t codec, frame_ms;
    wzp__frame_from from;
    bool is_follower;
    const uint8_t *data;
    size_t len;
} wzp__frame_in;
typedef void wzp__frame_fn(void *user, wzp_tstamp now,
                           const wzp__frame_in *frame);
typedef struct wzp__depacket {
    wzp_mem mem;
} wzp__depacket;

static inline wzp_err wzp__depacket_new(wzp__depacket **out, const wzp_mem *mem)
{
    wzp__depacket *d = wzp_mem_new(mem, sizeof *d);
    if (d == NULL) {
        return WZP_ERR_NOMEM;
    }
    d->mem = *mem;
    *out = d;
    return WZP_OK;
}
static inline void wzp__depacket_free(wzp__depacket *d)
{
    if (d != NULL) {
        wzp_mem mem = d->mem;
        wzp_mem_free(&mem, d, sizeof *d);
    }
}
static inline wzp_err wzp__depacket_recv(wzp__depacket *d, wzp_tstamp now,
                                         const wzp_media_hdr *hdr,
                                         wzp_plain_form form,
                                         const uint8_t *plain, size_t len,
                                         wzp__frame_fn *fn, void *user)
{
    (void)d;
    if (form != WZP_FORM_FRAME) {
        return form == WZP_FORM_BUNDLE ? WZP_ERR_BUNDLE : WZP_ERR_PARITY;
    }
    uint8_t ms;
    WZP_TRY(wzp_codec_frame_ms(hdr->codec, plain, len, &ms));
    wzp__frame_in f = {hdr->seq,       hdr->timestamp, hdr->codec, ms,
                       WZP__FRAME_NEW, false,          plain,      len};
    fn(user, now, &f);
    return WZP_OK;
}
static inline uint32_t wzp__depacket_reach_ms(const wzp__depacket *d)
{
    (void)d;
    return 0;
}

#define wzp_stretch_new(out, mem) ((void)(mem), *(out) = NULL, WZP_OK)
#define wzp_stretch_free(s)       ((void)(s))
#define wzp_stretch_reset(s)      ((void)(s))
static inline wzp_err standin_stretch(wzp_stretch *s, const int16_t *in,
                                      size_t n, int32_t want, int16_t *out,
                                      size_t cap, size_t *n_out, int32_t *done)
{
    (void)s;
    (void)want;
    (void)cap;
    memcpy(out, in, n * sizeof *in);
    *n_out = n;
    *done = 0;
    return WZP_OK;
}
#define wzp_stretch_process         standin_stretch
#define wzp_jitter_set_reach(j, ms) ((void)(j), (void)(ms))
#define wzp_decoder_reach(d, c, f, n)                                          \
    ((void)(d), (void)(c), (void)(f), (void)(n), (size_t)0)
static inline void standin_comfort(wzp_decoder *d, uint8_t level, int16_t *pcm,
                                   size_t n)
{
    static uint32_t x = 1;
    (void)d;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        pcm[i] = (int16_t)((int)((x >> 16) % (2u * level + 1)) - (int)level);
    }
}
#define wzp_decoder_comfort standin_comfort

#endif
