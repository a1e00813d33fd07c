/* SPDX-License-Identifier: MIT */
/* The sound system of the machine, through miniaudio: which devices there are,
 * one stream in and one out, 48,000 Hz mono. The only file that knows
 * miniaudio. All calls come from one thread (keeper.h); they may block for as
 * long as the system likes. Streams call back on threads of their own.
 */
#ifndef WZP_CLIENT_AUDIO_SOUND_H
#define WZP_CLIENT_AUDIO_SOUND_H

#include <wzp/client/audio.h>

#define WZP__SOUND_DEVICES 64 /* chosen: more are not listed */

typedef struct wzp__sound_device {
    bool is_input, is_default;
    char name[WZP_DEVICE_NAME_MAX]; /* for people */
    char id[WZP_DEVICE_NAME_MAX];   /* for programs; may be the name */
    uint8_t handle[256];            /* the system's own */
} wzp__sound_device;

typedef struct wzp__sound_list {
    size_t n;
    wzp__sound_device of[WZP__SOUND_DEVICES];
} wzp__sound_list;

/* Called with 10 ms of samples, more or less. in: captured, else out is to be
 * filled. */
typedef void wzp__sound_fn(void *user, const int16_t *in, int16_t *out,
                           size_t n);

typedef struct wzp__sound wzp__sound;

WZP_NODISCARD wzp_err wzp__sound_new(wzp__sound **out, const wzp_mem *mem);
/* Disconnects first. */
void wzp__sound_free(wzp__sound *s, const wzp_mem *mem);

/* backend: "pulseaudio", "alsa", "jack", "null", …; "": the first that works,
 * which is never "null". WZP_ERR_NOT_FOUND. */
WZP_NODISCARD wzp_err wzp__sound_connect(wzp__sound *s, const char *backend);
/* Closes both streams as well. Nothing happens when not connected. */
void wzp__sound_disconnect(wzp__sound *s);
/* What connect takes for the sound system that is connected; "" none is. */
void wzp__sound_backend(const wzp__sound *s, char out[32]);

/* WZP_ERR_IO. */
WZP_NODISCARD wzp_err wzp__sound_list_get(wzp__sound *s, wzp__sound_list *out);

/* which NULL: the system's default. fn is called from now on. WZP_ERR_IO. */
WZP_NODISCARD wzp_err wzp__sound_open(wzp__sound *s, bool is_input,
                                      const wzp__sound_device *which,
                                      wzp__sound_fn *fn, void *user);
/* The system ended or suspended this stream. */
bool wzp__sound_is_stopped(const wzp__sound *s, bool is_input);

#endif
