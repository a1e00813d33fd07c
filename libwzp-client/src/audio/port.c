/* SPDX-License-Identifier: MIT */
/* The rings between a device and the engine, see port.h. */
#include "audio/port.h"

#include <string.h>

#define PORT_SAMPLES 9600 /* 200 ms; the ring rounds up */
/* chosen: a device's own buffers delay an echo by more than this, so that what
 * was played is still told before its echo comes */
#define FAR_MOST (4 * WZP_AUDIO_TICK_SAMPLES)
#define FAR_KEPT (2 * WZP_AUDIO_TICK_SAMPLES)

wzp_err wzp__audio_port_init(wzp_audio_port *port, const wzp_mem *mem)
{
    atomic_init(&port->capture_overflow, 0);
    atomic_init(&port->playout_underflow, 0);
    atomic_init(&port->asked, 0);
    atomic_init(&port->quantum, 0);
    port->wake = NULL;
    WZP_TRY(wzp__ring_init(&port->capture, mem, PORT_SAMPLES));
    WZP_TRY(wzp__ring_init(&port->playout, mem, PORT_SAMPLES));
    return wzp__ring_init(&port->played, mem, PORT_SAMPLES);
}

static void drop(wzp__ring *ring, size_t n)
{
    int16_t pcm[WZP_AUDIO_TICK_SAMPLES];
    size_t got = 1;
    while (n > 0 && got > 0) {
        const size_t most =
            n < WZP_AUDIO_TICK_SAMPLES ? n : WZP_AUDIO_TICK_SAMPLES;
        got = wzp__ring_read(ring, pcm, most);
        n -= got;
    }
}

void wzp__audio_port_forget(wzp_audio_port *port)
{
    drop(&port->capture, SIZE_MAX);
    drop(&port->playout, SIZE_MAX);
    drop(&port->played, SIZE_MAX);
    atomic_store(&port->quantum, 0);
}

void wzp__audio_port_deinit(wzp_audio_port *port, const wzp_mem *mem)
{
    wzp__ring_deinit(&port->capture, mem);
    wzp__ring_deinit(&port->playout, mem);
    wzp__ring_deinit(&port->played, mem);
}

bool wzp__audio_port_far(wzp_audio_port *port,
                         int16_t far[WZP_AUDIO_TICK_SAMPLES])
{
    const size_t level = wzp__ring_level(&port->played);
    if (level > FAR_MOST) {
        drop(&port->played, level - FAR_KEPT);
    }
    if (level < WZP_AUDIO_TICK_SAMPLES) {
        memset(far, 0, WZP_AUDIO_TICK_SAMPLES * sizeof *far);
        return false;
    }
    return wzp__ring_read(&port->played, far, WZP_AUDIO_TICK_SAMPLES) ==
           WZP_AUDIO_TICK_SAMPLES;
}

static void wake(const wzp_audio_port *port)
{
    if (port->wake != NULL) {
        port->wake(port->wake_user);
    }
}

size_t wzp_audio_capture(wzp_audio_port *port, const int16_t *pcm, size_t n)
{
    size_t taken = wzp__ring_write(&port->capture, pcm, n);
    if (taken < n) {
        atomic_fetch_add_explicit(&port->capture_overflow, n - taken,
                                  memory_order_relaxed);
    }
    wake(port);
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
    if (n > atomic_load_explicit(&port->quantum, memory_order_relaxed)) {
        atomic_store_explicit(&port->quantum, (uint32_t)n,
                              memory_order_relaxed);
    }
    atomic_fetch_add_explicit(&port->asked, n, memory_order_relaxed);
    const size_t told = wzp__ring_write(&port->played, pcm, n);
    (void)told; /* nobody records: what is full of the past stays so */
    wake(port);
    return given;
}
