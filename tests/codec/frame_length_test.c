/* SPDX-License-Identifier: MIT */
/* The length of an encoded frame, asked of the frame. */
#include "codec/speech.h"

WZP_TEST(frame_length_of_opus_is_the_encoders)
{
    static const uint8_t lengths_ms[] = {10, 20, 40, 60};
    for (size_t i = 0; i < sizeof lengths_ms; i++) {
        wzp_encoder_config cfg = speech_config(WZP_REDUNDANCY_NONE);
        cfg.frame_ms = lengths_ms[i];
        wzp_encoder *enc;
        assert_int_equal(wzp_encoder_new(&enc, &cfg), WZP_OK);
        uint8_t frame[WZP_FRAME_MAX];
        size_t len;
        assert_int_equal(wzp_encoder_encode(enc, speech_get(SPEECH_MADE),
                                            wzp_encoder_frame_samples(enc),
                                            frame, sizeof frame, &len),
                         WZP_OK);
        wzp_encoder_free(enc);
        /* under any Opus id */
        uint8_t ms = 0;
        assert_int_equal(
            wzp_codec_frame_ms(WZP_CODEC_OPUS_64K, frame, len, &ms), WZP_OK);
        assert_int_equal(ms, lengths_ms[i]);
    }
}

WZP_TEST(frame_length_of_other_codecs_is_their_own)
{
    uint8_t ms = 0;
    const uint8_t frame[8] = {0};
    assert_int_equal(wzp_codec_frame_ms(WZP_CODEC_CODEC2_1200, frame, 6, &ms),
                     WZP_OK);
    assert_int_equal(ms, 40);
}

WZP_TEST(frame_length_refuses_what_is_no_frame)
{
    uint8_t ms = 77;
    const uint8_t two_of_60_ms[] = {3 << 3 | 1, 0, 0};
    const uint8_t short_frame[] = {16 << 3, 0}; /* CELT, 2.5 ms */
    static const uint8_t large[WZP_FRAME_MAX + 1];
    assert_int_equal(
        wzp_codec_frame_ms(WZP_CODEC_OPUS_24K, two_of_60_ms, 3, &ms),
        WZP_ERR_CODEC_DATA);
    assert_int_equal(
        wzp_codec_frame_ms(WZP_CODEC_OPUS_24K, short_frame, 2, &ms),
        WZP_ERR_CODEC_DATA);
    assert_int_equal(
        wzp_codec_frame_ms(WZP_CODEC_OPUS_24K, large, sizeof large, &ms),
        WZP_ERR_CODEC_DATA);
    assert_int_equal(wzp_codec_frame_ms(WZP_CODEC_OPUS_24K, large, 0, &ms),
                     WZP_ERR_CODEC_DATA);
    assert_int_equal(wzp_codec_frame_ms((wzp_codec_id)9, large, 5, &ms),
                     WZP_ERR_CODEC_DATA);
    /* the others have one length */
    static const struct {
        wzp_codec_id codec;
        size_t len;
    } fixed[] = {{WZP_CODEC_CODEC2_3200, 8},
                 {WZP_CODEC_CODEC2_1200, 6},
                 {WZP_CODEC_COMFORT_NOISE, 1}};
    for (size_t i = 0; i < 3; i++) {
        for (size_t len = 0; len < 10; len++) {
            uint8_t got;
            assert_int_equal(
                wzp_codec_frame_ms(fixed[i].codec, large, len, &got),
                len == fixed[i].len ? WZP_OK : WZP_ERR_CODEC_DATA);
        }
    }
    assert_int_equal(ms, 77);
}
