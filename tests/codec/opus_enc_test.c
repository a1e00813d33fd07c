/* SPDX-License-Identifier: MIT */
/* What an operating point change and a restart do to the next packets. Rates
 * and reach of each point are in opus_point_test.c.
 */
#include "codec/opus_enc.h"

#include "codec/speech.h"

#include <opus.h>

typedef struct fixture {
    wzp__opus_enc o;
    void *space;
    size_t at;
    uint8_t out[WZP_FRAME_MAX];
    size_t len;
} fixture;

static const wzp__opus_point *point(unsigned ms, wzp_redundancy redundancy)
{
    const wzp__opus_point *p =
        wzp__opus_point_get(WZP_CODEC_OPUS_24K, ms, redundancy);
    assert_non_null(p);
    return p;
}

static void set_up(fixture *f, wzp_redundancy redundancy)
{
    *f = (fixture){.space = malloc(wzp__opus_enc_size()), .at = 192000};
    assert_non_null(f->space);
    assert_int_equal(wzp__opus_enc_init(&f->o, f->space, 9, false), WZP_OK);
    assert_int_equal(wzp__opus_enc_set(&f->o, point(20, redundancy), 0),
                     WZP_OK);
}

static void encode(fixture *f, size_t ms)
{
    assert_int_equal(wzp__opus_enc_encode(&f->o,
                                          speech_get(SPEECH_MADE) + f->at,
                                          ms * 48, f->out, &f->len),
                     WZP_OK);
    assert_int_equal(
        opus_packet_get_nb_samples(f->out, (opus_int32)f->len, WZP_PCM_RATE),
        ms * 48);
    f->at += ms * 48;
}

static bool has_lbrr(const fixture *f)
{
    return opus_packet_has_lbrr(f->out, (opus_int32)f->len) > 0;
}

/* A flush is one frame, with room for what LBRR holds; from it on there is
 * none. */
static void run_flush(size_t row)
{
    static const unsigned lengths_ms[] = {10, 20, 40, 60};
    fixture f;
    set_up(&f, WZP_REDUNDANCY_LBRR);
    do {
        encode(&f, 20);
    } while (!has_lbrr(&f) || f.at % 48000 != 0);
    assert_int_equal(
        wzp__opus_enc_set(&f.o, point(lengths_ms[row], WZP_REDUNDANCY_NONE), 0),
        WZP_OK);
    assert_non_null(f.o.pending);
    encode(&f, lengths_ms[row]);
    assert_null(f.o.pending);
    assert_in_range(f.len * 8000 / lengths_ms[row], 1000, 48000);
    for (size_t i = 0; i < 10; i++) {
        encode(&f, lengths_ms[row]);
        assert_false(has_lbrr(&f));
    }
    free(f.space);
}

static size_t count_lengths(void)
{
    return 4;
}
WZP_ROWS(opus_enc_leaves_lbrr_in_one_frame, count_lengths, run_flush);

WZP_TEST(opus_enc_set_again_before_the_flush_takes_the_last)
{
    fixture f;
    set_up(&f, WZP_REDUNDANCY_LBRR);
    encode(&f, 20);
    assert_int_equal(wzp__opus_enc_set(&f.o, point(20, WZP_REDUNDANCY_NONE), 0),
                     WZP_OK);
    assert_int_equal(wzp__opus_enc_set(&f.o, point(20, WZP_REDUNDANCY_DRED), 0),
                     WZP_OK);
    encode(&f, 20);
    assert_ptr_equal(f.o.point, point(20, WZP_REDUNDANCY_DRED));
    assert_int_equal(wzp__opus_enc_set(&f.o, point(20, WZP_REDUNDANCY_LBRR), 0),
                     WZP_OK);
    assert_null(f.o.pending);
    free(f.space);
}

static size_t reach_ms(const fixture *f)
{
    wzp_decoder *dec = speech_decoder();
    const size_t reach =
        wzp_decoder_reach(dec, WZP_CODEC_OPUS_24K, f->out, f->len);
    wzp_decoder_free(dec);
    return reach / 48;
}

WZP_TEST(opus_enc_restart_repeats_nothing_said_before)
{
    fixture f;
    set_up(&f, WZP_REDUNDANCY_DRED);
    for (size_t i = 0; i < 100; i++) {
        encode(&f, 20);
    }
    assert_true(reach_ms(&f) >= 135);
    assert_int_equal(wzp__opus_enc_restart(&f.o), WZP_OK);
    for (size_t i = 0; i < 5; i++) {
        encode(&f, 20);
        assert_true(reach_ms(&f) <= i * 20);
    }
    assert_int_equal(wzp__opus_enc_set(&f.o, point(20, WZP_REDUNDANCY_LBRR), 0),
                     WZP_OK);
    do {
        encode(&f, 20);
    } while (!has_lbrr(&f));
    assert_int_equal(wzp__opus_enc_restart(&f.o), WZP_OK);
    encode(&f, 20);
    assert_false(has_lbrr(&f));
    free(f.space);
}
