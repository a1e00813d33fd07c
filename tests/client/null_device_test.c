/* SPDX-License-Identifier: MIT */
/* The device without ears and mouth. */
#include "audio/port.h"
#include "client/fakes.h"

#include <wzp/client/audio.h>

WZP_TEST(null_device_takes_ten_ms_a_tick_and_gives_nothing)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_audio_port port;
    ASSERT_OK(wzp__audio_port_init(&port, &mem));
    wzp_audio_io io = wzp_audio_null();
    const int16_t pcm[3 * WZP_AUDIO_TICK_SAMPLES] = {0};
    assert_int_equal(
        wzp__ring_write(&port.playout, pcm, 3 * WZP_AUDIO_TICK_SAMPLES),
        3 * WZP_AUDIO_TICK_SAMPLES);

    ASSERT_OK(io.start(io.user, &port));
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(io.tick(io.user, &port));
    }
    io.stop(io.user);

    assert_int_equal(wzp__ring_level(&port.playout), WZP_AUDIO_TICK_SAMPLES);
    assert_int_equal(wzp__ring_level(&port.capture), 0);
    wzp__audio_port_deinit(&port, &mem);
}

WZP_TEST(null_device_knows_its_size)
{
    assert_int_equal(wzp_audio_null().size, sizeof(wzp_audio_io));
}
