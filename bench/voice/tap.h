/* SPDX-License-Identifier: MIT */
/* An ear inside two clients of a world, by the linker's --wrap: at the talker's
 * encoder, and at the listener's jitter buffer, decoder and stretcher. It
 * writes a take (take.h) that is exact to the sample, however the listener
 * waits, skips and stretches.
 *
 * One talker with a microphone, one listener without; one tap at a time.
 */
#ifndef WZP_VOICE_TAP_H
#define WZP_VOICE_TAP_H

#include "bench/voice/take.h"
#include "support/world/world.h"

typedef struct voice_tap_check {
    size_t bad_input; /* frames that were not made of the material */
    size_t bad_stamp; /* packets whose stamp is not where they were spoken */
    size_t bad_media; /* ticks in which the receiver's own account of what it
                         plays is another one, by more than 1 ms */
    double worst_media_ms;
} voice_tap_check;

/* From now on; `take` is begun anew. */
void voice_tap_begin(wzp_world *w, wzp_node talker, wzp_node listener,
                     const voice_material *m, voice_take *take);
/* The world may go now. */
voice_tap_check voice_tap_end(void);
/* Samples the talker's microphone has given so far. */
size_t voice_tap_spoken(void);

#endif
