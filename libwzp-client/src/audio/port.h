/* SPDX-License-Identifier: MIT */
/* Inside of wzp_audio_port: three rings with their counters. The device uses
 * the public calls of audio.h; the engine these.
 *
 *   capture  device → engine  what was recorded
 *   playout  engine → device  what is to be played
 *   played   device → engine  what was played, silence for what was missing
 *                             included: the far end of the echo canceller
 */
#ifndef WZP_CLIENT_AUDIO_PORT_H
#define WZP_CLIENT_AUDIO_PORT_H

#include "audio/ring.h"

#include <wzp/client/audio.h>

struct wzp_audio_port {
    wzp__ring capture;
    wzp__ring playout;
    wzp__ring played;
    _Atomic uint64_t capture_overflow;  /* samples dropped, ring full */
    _Atomic uint64_t playout_underflow; /* samples of silence given */
    _Atomic uint64_t asked;             /* samples, by the device */
    _Atomic uint32_t quantum; /* the most samples taken at once, since start */
    /* Called from the device's threads after they took or gave samples, so that
     * the engine is run; NULL: it looks by itself. Set while no device runs. */
    void (*wake)(void *user);
    void *wake_user;
};

/* Each ring holds at least 200 ms (chosen: twenty ticks). WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__audio_port_init(wzp_audio_port *port,
                                           const wzp_mem *mem);
/* Drop what a device took and nobody read, and what it did not play; no device
 * may be running. */
void wzp__audio_port_forget(wzp_audio_port *port);

/* One tick of what was played while the tick of capture read just before was
 * recorded, give or take a device's delay. False: nothing was, or it is not
 * told yet; then far is silence.
 *
 * Both come in blocks, and two devices have two clocks: between one and four
 * blocks may wait here. Where more do, the oldest go. */
bool wzp__audio_port_far(wzp_audio_port *port,
                         int16_t far[WZP_AUDIO_TICK_SAMPLES]);
void wzp__audio_port_deinit(wzp_audio_port *port, const wzp_mem *mem);

#endif
