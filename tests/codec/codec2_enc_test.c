/* SPDX-License-Identifier: MIT */
/* 48 kHz in, frames of Codec2 out: their length, and that a restart leaves
 * nothing of what was said. What they sound like is in codec2_dec_test.c.
 */
#include "codec/codec2_enc.h"

#include "codec/codec2_mode.h"
#include "codec/speech.h"

static wzp__codec2_enc *make(void)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__codec2_enc *c;
    assert_int_equal(wzp__codec2_enc_new(&c, &mem), WZP_OK);
    return c;
}

static size_t encode(wzp__codec2_enc *c, const wzp__codec2_mode *m,
                     const int16_t *pcm, uint8_t *out)
{
    size_t len = 0;
    assert_int_equal(wzp__codec2_enc_encode(c, m->codec, pcm,
                                            m->samples * WZP__CODEC2_RATIO, out,
                                            &len),
                     WZP_OK);
    return len;
}

static size_t count_modes(void)
{
    return WZP__CODEC2_MODES;
}

static void run_lengths(size_t row)
{
    const wzp__codec2_mode *m = wzp__codec2_mode_at(row);
    wzp__codec2_enc *c = make();
    for (size_t i = 0; i < 50; i++) {
        uint8_t exact[WZP__CODEC2_BYTES_MAX];
        uint8_t *out = exact + WZP__CODEC2_BYTES_MAX - m->bytes;
        assert_int_equal(encode(c, m, speech_get(SPEECH_MADE) + i * FRAME, out),
                         m->bytes);
    }
    wzp__codec2_enc_free(c);
    wzp__codec2_enc_free(NULL);
}
WZP_ROWS(codec2_enc_frames_have_the_lengths_of_the_wire, count_modes,
         run_lengths);

/* Silence after a restart is coded as after creation, once the noise of the
 * renewal is over; without a restart the last word is in the first frame. */
static void run_restart(size_t row)
{
    static const int16_t silence[WZP_PCM_MAX];
    const wzp__codec2_mode *m = wzp__codec2_mode_at(row);
    wzp__codec2_enc *used = make();
    wzp__codec2_enc *kept = make();
    struct CODEC2 *dec[2] = {codec2_create(m->mode), codec2_create(m->mode)};
    uint8_t frame[WZP__CODEC2_BYTES_MAX];
    int16_t out[WZP__CODEC2_FRAME_MAX];
    const size_t n = m->samples * WZP__CODEC2_RATIO;
    for (size_t i = 50; i > 0; i--) { /* until 4.25 s: in a word */
        const int16_t *pcm = speech_get(SPEECH_MADE) + 204000 - i * n;
        encode(used, m, pcm, frame);
        encode(kept, m, pcm, frame);
    }

    wzp__codec2_enc_restart(used);

    double rms[2] = {0};
    for (size_t i = 0; i < 6; i++) {
        encode(used, m, silence, frame);
        codec2_decode(dec[0], out, frame);
        rms[0] = fmax(rms[0], speech_rms(out, m->samples));
        encode(kept, m, silence, frame);
        codec2_decode(dec[1], out, frame);
        rms[1] = fmax(rms[1], speech_rms(out, m->samples));
    }
    print_message("restarted %.0f, not restarted %.0f\n", rms[0], rms[1]);
    assert_true(rms[0] < 60.0);
    assert_true(rms[1] > 3.0 * rms[0]);
    codec2_destroy(dec[0]);
    codec2_destroy(dec[1]);
    wzp__codec2_enc_free(used);
    wzp__codec2_enc_free(kept);
}
WZP_ROWS(codec2_enc_restart_forgets, count_modes, run_restart);
