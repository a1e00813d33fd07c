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

#define WZP_DEVICE_NAME_MAX 256

typedef enum wzp_audio_event {
    WZP_AUDIO_STARTED,   /* with these devices; why: WZP_ERR_NOT_FOUND: one that
                            was asked for is not there, another one stands in */
    WZP_AUDIO_FAILED,    /* why: no sound until it can be started */
    WZP_AUDIO_LOST,      /* the device is gone: trying another */
    WZP_AUDIO_CHANGED,   /* the list of devices, or the default one */
    WZP_AUDIO_RECORDING, /* of the own microphone: began */
    WZP_AUDIO_RECORDED,  /* ended; why: WZP_OK, or it failed */
} wzp_audio_event;

/* What happened to the devices, or to a recording. */
typedef struct wzp_audio_note {
    wzp_audio_event what;
    wzp_err why;
    char input[WZP_DEVICE_NAME_MAX]; /* "": none, or a file */
    char output[WZP_DEVICE_NAME_MAX];
} wzp_audio_note;

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
    /* What happened since: false when nothing did. Asked at every tick, on the
     * engine's thread. NULL: nothing ever does. */
    bool (*poll)(void *user, wzp_audio_note *out);
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

/* --- the machine's own devices ---
 *
 * Microphone and speaker of the system, through whatever sound server there is.
 * Devices may come, go and change at any time: another one is taken, and
 * wzp_audio_note tells. One thread for each of these looks after them; the loop
 * never waits for a sound system. */
typedef struct wzp_audio_device wzp_audio_device;

typedef struct wzp_audio_device_config {
    size_t size;
    wzp_mem mem;
    /* Name or id, as wzp_audio_device_list tells them. NULL: the default one,
     * also when another one becomes that. "": none. What is not there is
     * replaced by the default one until it comes. */
    const char *input, *output;
    /* "pulseaudio", "alsa", "jack", …; "null": a device that hears nothing and
     * plays to nobody, in real time. NULL: the first of the system's. */
    const char *backend;
} wzp_audio_device_config;

void wzp_audio_device_config_default_sized(wzp_audio_device_config *cfg,
                                           size_t size);
static inline void wzp_audio_device_config_default(wzp_audio_device_config *cfg)
{
    wzp_audio_device_config_default_sized(cfg, sizeof *cfg);
}

/* Nothing is opened before wzp_audio_io's start, which never fails: what comes
 * of it is told. WZP_ERR_NAME: a name longer than any. WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_audio_device_new(wzp_audio_device **out,
                                           const wzp_audio_device_config *cfg);
/* After whoever was given the table. Waits 3 s at most for the sound system to
 * close: what hangs in it for longer is freed by its own thread, whenever it
 * comes back. */
void wzp_audio_device_free(wzp_audio_device *device);
wzp_audio_io wzp_audio_device_table(wzp_audio_device *device);

typedef struct wzp_audio_device_info {
    bool is_input, is_default;
    const char *name; /* for people */
    const char *id;   /* for programs; may be the name */
} wzp_audio_device_info;

/* Calls each for every device there is, inputs first. Blocks for as long as the
 * sound system takes. backend as above. WZP_ERR_NOT_FOUND: no sound system.
 * WZP_ERR_IO, WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_audio_device_list(
    const char *backend,
    void (*each)(void *user, const wzp_audio_device_info *info), void *user);

/* --- recording the own microphone, see wzp_engine_record ---
 *
 * The engine has no files: it hands what is recorded to this table, on its own
 * thread. */
typedef struct wzp_audio_recorder {
    size_t size;
    wzp_err (*begin)(void *user, const char *path);
    /* Always 10 ms. An error ends the recording. */
    wzp_err (*write)(void *user, const int16_t *pcm, size_t n);
    wzp_err (*end)(void *user);
    void *user;
} wzp_audio_recorder;

/* WAV files, 48 kHz mono, readable up to the last half second at every moment.
 * Replaces a file that is there. */
typedef struct wzp_audio_wav_recorder wzp_audio_wav_recorder;
WZP_NODISCARD wzp_err wzp_audio_wav_recorder_new(wzp_audio_wav_recorder **out,
                                                 const wzp_mem *mem);
void wzp_audio_wav_recorder_free(wzp_audio_wav_recorder *recorder);
wzp_audio_recorder
wzp_audio_wav_recorder_table(wzp_audio_wav_recorder *recorder);

#endif
