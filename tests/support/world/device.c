/* SPDX-License-Identifier: MIT */
/* The audio device of a client: speaks a loop of samples, keeps what is played.
 */
#include "world_parts.h"

#include <stdlib.h>
#include <string.h>

static wzp_err device_start(void *user, wzp_audio_port *port)
{
    (void)user;
    (void)port;
    return WZP_OK;
}

static void device_stop(void *user)
{
    (void)user;
}

static void keep(wzp__node *nd, const int16_t *pcm, size_t n)
{
    if (nd->heard_len + n > nd->heard_cap) {
        nd->heard_cap = nd->heard_cap == 0 ? 48000 * 10 : nd->heard_cap * 2;
        nd->heard = wzp__world_need(
            realloc(nd->heard, nd->heard_cap * sizeof *nd->heard));
    }
    memcpy(nd->heard + nd->heard_len, pcm, n * sizeof *pcm);
    nd->heard_len += n;
}

static wzp_err device_tick(void *user, wzp_audio_port *port)
{
    wzp__node *nd = user;
    int16_t pcm[WZP_AUDIO_TICK_SAMPLES];
    size_t n = wzp_audio_playout(port, pcm, WZP_AUDIO_TICK_SAMPLES);
    if (nd->keep_heard) {
        keep(nd, pcm, WZP_AUDIO_TICK_SAMPLES);
    }
    if (nd->in == NULL) {
        return WZP_OK;
    }
    for (size_t i = 0; i < WZP_AUDIO_TICK_SAMPLES; i++) {
        pcm[i] = nd->in[nd->in_at++];
        nd->in_at = nd->in_at == nd->in_len ? 0 : nd->in_at;
    }
    n = wzp_audio_capture(port, pcm, WZP_AUDIO_TICK_SAMPLES);
    (void)n;
    return WZP_OK;
}

wzp_audio_io wzp__device_table(wzp__node *nd)
{
    return (wzp_audio_io){.size = sizeof(wzp_audio_io),
                          .start = device_start,
                          .stop = device_stop,
                          .tick = device_tick,
                          .user = nd};
}
