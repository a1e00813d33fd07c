/* SPDX-License-Identifier: MIT */
/* No microphone and no speaker: a ticked device without state. */
#include <wzp/client/audio.h>

static wzp_err start(void *user, wzp_audio_port *port)
{
    (void)user;
    (void)port;
    return WZP_OK;
}

static void stop(void *user)
{
    (void)user;
}

static wzp_err tick(void *user, wzp_audio_port *port)
{
    int16_t pcm[WZP_AUDIO_TICK_SAMPLES];
    size_t real = wzp_audio_playout(port, pcm, WZP_AUDIO_TICK_SAMPLES);
    (void)user;
    (void)real;
    return WZP_OK;
}

wzp_audio_io wzp_audio_null(void)
{
    return (wzp_audio_io){.size = sizeof(wzp_audio_io),
                          .start = start,
                          .stop = stop,
                          .tick = tick};
}
