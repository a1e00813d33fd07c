/* SPDX-License-Identifier: MIT */
/* The audio of the earlier client's options: a tone or a file of bare samples
 * to speak, and a file of bare samples of what is heard. 16-bit, little-endian,
 * mono, 48,000 Hz, without a header. Source: spec/client.md 5.1.
 */
#ifndef WZP_APP_CLIENT_RAW_H
#define WZP_APP_CLIENT_RAW_H

#include <wzp/client/audio.h>

#include <stdbool.h>
#include <stdio.h>

typedef struct raw {
    FILE *in, *out;          /* NULL: none */
    unsigned long tone_left; /* samples */
    unsigned long at;        /* samples of the tone so far */
    bool has_failed;         /* writing */
} raw;

/* tone_s: seconds of tone, 0 none; in, out: paths or NULL. False: errno tells,
 * *path which; close what is open all the same. */
bool raw_open(raw *r, unsigned long tone_s, const char *in, const char *out,
              const char **path);
/* False: the output is not complete. */
bool raw_close(raw *r);
wzp_audio_io raw_table(raw *r);

#endif
