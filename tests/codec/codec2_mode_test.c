/* SPDX-License-Identifier: MIT */
/* The table against the library, and that an object that was used can be made
 * as new.
 */
#include "codec/codec2_mode.h"

#include "codec/speech.h"

WZP_TEST(codec2_mode_lengths_are_the_librarys_and_the_wires)
{
    struct CODEC2 *modes[WZP__CODEC2_MODES];
    assert_int_equal(wzp__codec2_modes_new(modes), WZP_OK);
    for (size_t i = 0; i < WZP__CODEC2_MODES; i++) {
        const wzp__codec2_mode *m = wzp__codec2_mode_at(i);
        const wzp_codec_info *info = wzp_codec_info_get(m->codec);
        assert_ptr_equal(m, wzp__codec2_mode_get(m->codec));
        assert_int_equal(m->index, i);
        assert_int_equal(m->samples, codec2_samples_per_frame(modes[i]));
        assert_int_equal(m->bytes, codec2_bytes_per_frame(modes[i]));
        assert_int_equal(m->samples, info->frame_ms * info->rate_hz / 1000);
        assert_int_equal(m->bytes * 8000, info->bitrate_bps * info->frame_ms);
        assert_in_range(m->samples, 1, WZP__CODEC2_FRAME_MAX);
        assert_in_range(m->bytes, 1, WZP__CODEC2_BYTES_MAX);
    }
    wzp__codec2_modes_free(modes);
    assert_null(wzp__codec2_mode_get(WZP_CODEC_OPUS_24K));
    assert_null(wzp__codec2_mode_get(WZP_CODEC_COMFORT_NOISE));
}

enum { NARROW_S = 8000 };

/* A voice at 8 kHz. */
static const int16_t *narrow(void)
{
    static int16_t pcm[4 * NARROW_S + 1];
    if (pcm[NARROW_S] == 0) {
        const wzp_mem mem = wzp_mem_default();
        wzp_resampler *down;
        size_t n;
        assert_int_equal(wzp_resampler_new(&down, &mem, WZP_PCM_RATE, NARROW_S),
                         WZP_OK);
        assert_int_equal(wzp_resampler_process(down, speech_get(SPEECH_MADE),
                                               4 * WZP_PCM_RATE, pcm,
                                               4 * NARROW_S, &n),
                         WZP_OK);
        wzp_resampler_free(down);
    }
    return pcm;
}

/* One second from `at` on, through both; rms of the last part of it. */
static double level(struct CODEC2 *enc, struct CODEC2 *dec,
                    const wzp__codec2_mode *m, size_t at, size_t frames)
{
    double sum = 0.0;
    for (size_t i = 0; i < frames; i++) {
        int16_t in[WZP__CODEC2_FRAME_MAX];
        int16_t out[WZP__CODEC2_FRAME_MAX];
        uint8_t frame[WZP__CODEC2_BYTES_MAX];
        memcpy(in, narrow() + at + i * m->samples, m->samples * sizeof *in);
        codec2_encode(enc, frame, in);
        codec2_decode(dec, out, frame);
        const double rms = speech_rms(out, m->samples);
        sum += rms * rms;
    }
    return sqrt(sum / (double)frames);
}

/* Every combination of a new and a used end gives the same level; the control
 * is one that was not renewed, which 1200 cannot bear. */
static void run_renew(size_t row)
{
    const wzp__codec2_mode *m = wzp__codec2_mode_at(row);
    double got[4];
    double control = 0.0;
    for (size_t k = 0; k < 5; k++) {
        struct CODEC2 *enc[WZP__CODEC2_MODES];
        struct CODEC2 *dec[WZP__CODEC2_MODES];
        assert_int_equal(wzp__codec2_modes_new(enc), WZP_OK);
        assert_int_equal(wzp__codec2_modes_new(dec), WZP_OK);
        if (k != 0) { /* used: they hear different things */
            level(enc[row], enc[row], m, 0, 25);
            level(dec[row], dec[row], m, NARROW_S / 3, 10);
        }
        if (k < 4) {
            if ((k & 1) != 0) {
                wzp__codec2_renew(enc[row], m);
            }
            if ((k & 2) != 0) {
                wzp__codec2_renew(dec[row], m);
            }
        }
        if (k == 1 || k == 2) { /* the other end is new */
            codec2_destroy(k == 1 ? dec[row] : enc[row]);
            *(k == 1 ? &dec[row] : &enc[row]) = codec2_create(m->mode);
        }
        const double l =
            level(enc[row], dec[row], m, 2 * NARROW_S + NARROW_S / 5, 8);
        *(k < 4 ? &got[k] : &control) = l;
        wzp__codec2_modes_free(enc);
        wzp__codec2_modes_free(dec);
    }
    print_message("new %.0f, encoder renewed %.0f, decoder %.0f, both %.0f, "
                  "none %.0f\n",
                  got[0], got[1], got[2], got[3], control);
    for (size_t k = 1; k < 4; k++) {
        assert_true(got[k] > 0.6 * got[0] && got[k] < 1.67 * got[0]);
    }
    assert_true(row == 0 || control > 1.67 * got[0]);
}

static size_t count_modes(void)
{
    return WZP__CODEC2_MODES;
}
WZP_ROWS(codec2_mode_that_was_renewed_is_as_loud_as_new, count_modes,
         run_renew);
