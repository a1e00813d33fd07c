/* SPDX-License-Identifier: MIT */
/* Voice detection: the level in two bands against floors that follow the
 * background, and what RNNoise thinks where it runs. What is voice stays so for
 * a while, so that ends of words are not cut.
 */
#ifndef WZP__DSP_VAD_H
#define WZP__DSP_VAD_H

#include "dsp/biquad.h"

#include <wzp/codec/capture.h>

enum {
    WZP__VAD_WINDOWS = 12, /* of 250 ms: the floor is the least of 3 s */
};

typedef struct wzp__vad_floor {
    float windows[WZP__VAD_WINDOWS]; /* least level of each, dBFS */
    float smooth;                    /* level, dBFS */
    float db;                        /* the floor */
} wzp__vad_floor;

typedef struct wzp__vad {
    wzp__biquad highpass, lowpass, high;
    wzp__vad_floor floors[2]; /* below, above 2.5 kHz */
    uint32_t blocks;
    uint8_t hang;
    bool has_background;
    float background; /* mean square of what is not voice */
} wzp__vad;

typedef struct wzp__vad_out {
    bool is_active; /* this very block is speech */
    bool is_voice;  /* with hangover */
} wzp__vad_out;

void wzp__vad_init(wzp__vad *v);

/* probability  of speech, 0 … 1; below 0: not known
 * is_echo      what is in the block is left over from the far end */
wzp__vad_out wzp__vad_process(wzp__vad *v, const int16_t pcm[WZP_CAPTURE_BLOCK],
                              float probability, bool is_echo);

/* Of the blocks as they leave the chain, those that are not voice: the
 * amplitude of even noise as loud as they, 0 … 255. */
uint8_t wzp__vad_background(wzp__vad *v, const int16_t pcm[WZP_CAPTURE_BLOCK],
                            bool is_voice);

#endif
