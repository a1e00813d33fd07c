/* SPDX-License-Identifier: MIT */
/* Comfort noise: learns the colour and the level of the background from decoded
 * speech, and makes noise of that colour at the level that is asked for. Every
 * change of level takes 5 ms, so it may be laid over anything at any sample.
 */
#ifndef WZP_CODEC_COMFORT_H
#define WZP_CODEC_COMFORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WZP__COMFORT_ORDER 8 /* chosen: the tilt and a hump or two */

typedef struct wzp__comfort {
    uint32_t seed;
    float level; /* of the newest sample: amplitude of even noise */
    float floor; /* energy per sample of the background; < 0: not known */
    bool has_colour;
    float corr[WZP__COMFORT_ORDER + 1]; /* of the background, [0] is 1 */
    float lpc[WZP__COMFORT_ORDER];      /* prediction from the newest on */
    float gain;                         /* makes what the filter adds good */
    float past[WZP__COMFORT_ORDER];     /* newest first */
} wzp__comfort;

void wzp__comfort_init(wzp__comfort *c);

/* Decoded sound, a frame at a time: where it is quiet, this is the
 * background. */
void wzp__comfort_hear(wzp__comfort *c, const int16_t *pcm, size_t samples);

/* The level of the background as heard; 0 where nothing was. */
float wzp__comfort_background(const wzp__comfort *c);

/* At once; no sound of it is under way any more. */
void wzp__comfort_stop(wzp__comfort *c);

/* Add noise to pcm, from the level it has to `level`. */
void wzp__comfort_add(wzp__comfort *c, float level, int16_t *pcm,
                      size_t samples);

#endif
