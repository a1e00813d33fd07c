/* SPDX-License-Identifier: MIT */
/* What a call speaks and where it is heard: the machine's devices, WAV files,
 * the earlier client's bare samples, or nothing; and the recording of the own
 * microphone.
 */
#ifndef WZP_APP_CLIENT_SOUND_H
#define WZP_APP_CLIENT_SOUND_H

#include "raw.h"

#include <wzp/client/engine.h>

/* As given; NULL and 0 are "not given". */
typedef struct sound_options {
    bool has_devices;
    const char *input, *output, *backend; /* of devices; "none": without */
    const char *in, *out;                 /* WAV files */
    bool loop;
    unsigned long tone_s; /* as of the earlier client */
    const char *send_file, *record;
    const char *record_mic; /* WAV file */
    wzp_capture_parts parts;
} sound_options;

typedef struct sound {
    const sound_options *o;
    wzp_audio_wav *wav;
    wzp_audio_device *device;
    raw raw;
    wzp_audio_wav_recorder *recorder;
} sound;

/* False: `why` is one sentence. sound_close in any case. */
bool sound_open(sound *s, const sound_options *o, char *why, size_t why_len);
/* Into the configuration of a client. */
void sound_configure(sound *s, wzp_engine_config *cfg);
/* After the client was freed. NULL, or the file that is not complete. */
const char *sound_close(sound *s);

/* It speaks one thing once and then is done, as the earlier client. */
bool sound_ends_with_input(const sound_options *o);

#endif
