/* SPDX-License-Identifier: MIT */
/* Recorded speech as 48 kHz mono in memory, and as one file made of several. */
#ifndef WZP_TEST_REPORT_SPEECH_H
#define WZP_TEST_REPORT_SPEECH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wzp_speech {
    int16_t *pcm; /* 48 kHz, mono; free() */
    size_t n;
} wzp_speech;

/* Any WAV file, resampled as the client's WAV device does it. False: it is
 * not readable. */
bool wzp_speech_load(const char *path, wzp_speech *out);
void wzp_speech_free(wzp_speech *s);

/* The files one after the other, a pause after each. False: `bad` names the
 * file that failed. */
bool wzp_speech_join(const char *out, char **files, int n, const char **bad);

#endif
