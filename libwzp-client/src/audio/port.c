/* SPDX-License-Identifier: MIT */
/* The two rings between a device and the engine, see port.h. */
#include "audio/port.h"

#include <string.h>

#define PORT_SAMPLES 9600 /* 200 ms; the ring rounds up */

wzp_err wzp__audio_port_init(wzp_audio_port *port, const wzp_mem *mem)
{
    atomic_init(&port->capture_overflow, 0);
    atomic_init(&port->playout_underflow, 0);
    WZP_TRY(wzp__ring_init(&port->capture, mem, PORT_SAMPLES));
    return wzp__ring_init(&port->playout, mem, PORT_SAMPLES);
}

void wzp__audio_port_forget(wzp_audio_port *port)
{
    int16_t pcm[WZP_AUDIO_TICK_SAMPLES];
    while (wzp__ring_read(&port->capture, pcm, WZP_AUDIO_TICK_SAMPLES) > 0) {
    }
}

void wzp__audio_port_deinit(wzp_audio_port *port, const wzp_mem *mem)
{
    wzp__ring_deinit(&port->capture, mem);
    wzp__ring_deinit(&port->playout, mem);
}

size_t wzp_audio_capture(wzp_audio_port *port, const int16_t *pcm, size_t n)
{
    size_t taken = wzp__ring_write(&port->capture, pcm, n);
    if (taken < n) {
        atomic_fetch_add_explicit(&port->capture_overflow, n - taken,
                                  memory_order_relaxed);
    }
    return taken;
}

size_t wzp_audio_playout(wzp_audio_port *port, int16_t *pcm, size_t n)
{
    size_t given = wzp__ring_read(&port->playout, pcm, n);
    if (given < n) {
        memset(pcm + given, 0, (n - given) * sizeof *pcm);
        atomic_fetch_add_explicit(&port->playout_underflow, n - given,
                                  memory_order_relaxed);
    }
    return given;
}
