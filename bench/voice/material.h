/* SPDX-License-Identifier: MIT */
/* The speech of the sweep: real, of men and women, of 8, 16 and 48 kHz
 * recordings, each levelled to −24 dBFS where it is active (RMS of 20 ms above
 * 120), as design/voice-facts.md has it.
 */
#ifndef WZP_VOICE_MATERIAL_H
#define WZP_VOICE_MATERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VOICE_RATE = 48000,
    VOICE_LEAD = 2 * VOICE_RATE,   /* silence first: the room is joined */
    VOICE_SETTLE = 8 * VOICE_RATE, /* speech until measuring begins */
};

/* One string of samples: VOICE_LEAD of silence, then speech until `end`, then
 * silence. */
typedef struct voice_material {
    int16_t *pcm;
    size_t n, end;
} voice_material;

/* From the folder of scripts/deps.sh. False: a file is missing or bad, said on
 * stderr. */
bool voice_material_load(const char *folder, voice_material *out);
void voice_material_free(voice_material *m);

/* RMS of these samples above 120: somebody speaks. */
bool voice_material_is_active(const voice_material *m, int64_t at, size_t n);

#endif
