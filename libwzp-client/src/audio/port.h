/* SPDX-License-Identifier: MIT */
/* Inside of wzp_audio_port: the capture and the playout ring with their
 * counters. The device uses the public calls of audio.h; the engine these.
 */
#ifndef WZP_CLIENT_AUDIO_PORT_H
#define WZP_CLIENT_AUDIO_PORT_H

#include "audio/ring.h"

#include <wzp/client/audio.h>

struct wzp_audio_port {
    wzp__ring capture;
    wzp__ring playout;
    _Atomic uint64_t capture_overflow;  /* samples dropped, ring full */
    _Atomic uint64_t playout_underflow; /* samples of silence given */
};

/* Each ring holds at least 200 ms (chosen: twenty ticks). WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__audio_port_init(wzp_audio_port *port,
                                           const wzp_mem *mem);
/* Drop what a device took and nobody read; no device may be running. */
void wzp__audio_port_forget(wzp_audio_port *port);
void wzp__audio_port_deinit(wzp_audio_port *port, const wzp_mem *mem);

#endif
