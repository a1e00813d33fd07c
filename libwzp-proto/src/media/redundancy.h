/* SPDX-License-Identifier: MIT */
/* How much redundancy the loss asks for: up with the first report, down when
 * it was not needed for 10 s, because turning it on and off changes the sound.
 * Source: voice-facts.md 2, 7.
 */
#ifndef WZP_PROTO_MEDIA_REDUNDANCY_H
#define WZP_PROTO_MEDIA_REDUNDANCY_H

#include "media/loss.h"

#include <wzp/proto/mode.h>

#define WZP__REDUNDANCY_STEP_MOST 3

typedef struct wzp__redundancy {
    wzp_redundancy level;
    uint8_t step; /* 0 … STEP_MOST: of codecs that have none of their own */
    wzp_tstamp level_at, step_at; /* last needed */
} wzp__redundancy;

void wzp__redundancy_init(wzp__redundancy *r, wzp_tstamp now);

/* What the worst listener loses. packet_ms: of the mode in force. True: the
 * level or the step is another. */
bool wzp__redundancy_note(wzp__redundancy *r, wzp_tstamp now,
                          const wzp__loss_view *loss, uint32_t packet_ms);

/* When something may go down. */
wzp_tstamp wzp__redundancy_deadline(const wzp__redundancy *r);

#endif
