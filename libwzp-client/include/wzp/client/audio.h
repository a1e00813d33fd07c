/* SPDX-License-Identifier: MIT */
/* What a platform fills in to give a client ears and a mouth. The engine has
 * no platform code: WZP_AUDIO_TICKED devices (WAV files, null, tests) are
 * driven by the engine's own clock; others run on their own thread and touch
 * only the port.
 *
 * PCM is int16_t, mono, 48,000 Hz.
 */
#ifndef WZP_CLIENT_AUDIO_H
#define WZP_CLIENT_AUDIO_H

#include <wzp/proto/env.h>

#define WZP_AUDIO_TICK_SAMPLES 480 /* 10 ms */

/* The engine's side of the two rings. Callable from the device's thread. */
typedef struct wzp_audio_port wzp_audio_port;

/* Microphone → engine. Returns samples taken; the rest is dropped and counted
 * when the ring is full. */
size_t wzp_audio_capture(wzp_audio_port *port, const int16_t *pcm, size_t n);

/* Engine → speaker. Always fills n samples; missing ones are silence and
 * counted. Returns the number of real samples. */
size_t wzp_audio_playout(wzp_audio_port *port, int16_t *pcm, size_t n);

typedef struct wzp_audio_io {
    size_t size;
    /* Begin calling the port (own thread), or be ready for tick. */
    wzp_err (*start)(void *user, wzp_audio_port *port);
    /* Returns after the last port call. */
    void (*stop)(void *user);
    /* Ticked devices: take exactly 10 ms from the port and give as much, or
     * nothing without a microphone. NULL for devices with their own clock.
     * WZP_ERR_CLOSED when the input has ended (silence from then on; reported
     * once as an event). */
    wzp_err (*tick)(void *user, wzp_audio_port *port);
    void *user;
} wzp_audio_io;

/* No microphone; what is heard is thrown away. */
wzp_audio_io wzp_audio_null(void);

/* WAV in, WAV out. */
typedef struct wzp_audio_wav wzp_audio_wav;

typedef struct wzp_audio_wav_config {
    size_t size;
    wzp_mem mem;
    const char *in;  /* any rate; NULL: silence */
    const char *out; /* 48 kHz mono; NULL: nothing is written */
    bool loop;       /* start the input again when it ends */
} wzp_audio_wav_config;

void wzp_audio_wav_config_default_sized(wzp_audio_wav_config *cfg, size_t size);
static inline void wzp_audio_wav_config_default(wzp_audio_wav_config *cfg)
{
    wzp_audio_wav_config_default_sized(cfg, sizeof *cfg);
}
/* WZP_ERR_IO, WZP_ERR_WAV, WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_audio_wav_new(wzp_audio_wav **out,
                                        const wzp_audio_wav_config *cfg);
/* Closes the output; WZP_ERR_IO when it could not be written. */
wzp_err wzp_audio_wav_free(wzp_audio_wav *wav);
wzp_audio_io wzp_audio_wav_table(wzp_audio_wav *wav);

#endif
