/* SPDX-License-Identifier: MIT */
/* Opened packets of a hostile member: any header, form and bytes, as a stream.
 * Frames that come out have a length and a duration, no number comes out twice
 * but after a restart, and a refused packet gives none. Records: form, codec,
 * seq (a difference), timestamp (a difference), a blob.
 */
#include "voice/depacket.h"

#include "fuzz/fuzz.h"

#include <wzp/proto/profile.h>

enum { STEPS = 200, RECENT = 64 };

typedef struct bench {
    unsigned n; /* frames of this packet */
} bench;

static void on_frame(void *user, wzp_tstamp now, const wzp__frame_in *f)
{
    bench *b = user;
    (void)now;
    b->n++;
    require(f->len <= WZP_FRAME_MAX && f->data != NULL);
    require(f->frame_ms >= 1 && f->frame_ms <= 60);
    require(f->codec < WZP_CODEC_COUNT);
    require(f->from == WZP__FRAME_NEW || !f->is_follower);
    uint8_t sum = 0; /* the bytes are there */
    for (size_t i = 0; i < f->len; i++) {
        sum = (uint8_t)(sum + f->data[i]);
    }
    require(sum <= 255);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const wzp_mem mem = wzp_mem_default();
    fuzz_in in = {data, size};
    wzp__depacket *d;
    wzp_media_hdr hdr = {0};
    wzp_tstamp now = WZP_S;
    require(wzp__depacket_new(&d, &mem) == WZP_OK);
    for (int i = 0; i < STEPS && in.left > 0; i++) {
        const uint8_t op = fuzz_u8(&in);
        bench b = {0};
        hdr.codec = fuzz_u8(&in) % WZP_CODEC_COUNT;
        hdr.seq = (uint16_t)(hdr.seq + fuzz_u8(&in));
        hdr.timestamp += fuzz_u8(&in);
        if (op >= 0xF0) {
            hdr.seq = fuzz_u16(&in);
        }
        const wzp_bytes plain = fuzz_blob(&in);
        /* Of its own length, so that a byte too far is seen. */
        uint8_t *copy = malloc(plain.len + 1);
        require(copy != NULL);
        memcpy(copy, plain.ptr, plain.len);
        const wzp_err e =
            wzp__depacket_recv(d, now, &hdr, (wzp_plain_form)(op % 4), copy,
                               plain.len, on_frame, &b);
        REQUIRE_ONE_OF(e, WZP_ERR_BUNDLE, WZP_ERR_PARITY, WZP_ERR_CODEC_DATA,
                       WZP_ERR_ARG);
        require(e == WZP_OK || b.n == 0);
        require(wzp__depacket_reach_ms(d) <= 48 * 60 * 2);
        free(copy);
        now += 20 * WZP_MS;
    }
    wzp__depacket_free(d);
    return 0;
}
