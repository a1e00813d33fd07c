/* SPDX-License-Identifier: MIT */
/* See sound.h. */
#include "sound.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static bool is_raw(const sound_options *o)
{
    return o->tone_s > 0 || o->send_file != NULL || o->record != NULL;
}

bool sound_ends_with_input(const sound_options *o)
{
    return o->tone_s > 0 || o->send_file != NULL;
}

static bool say(char *why, size_t why_len, const char *what, const char *path,
                const char *reason)
{
    (void)snprintf(why, why_len, "%s%s: %s", what, path, reason);
    return false;
}

static bool open_raw(sound *s, char *why, size_t why_len)
{
    const char *path;
    if (raw_open(&s->raw, s->o->tone_s, s->o->send_file, s->o->record, &path)) {
        return true;
    }
    return say(why, why_len,
               path == s->o->record ? "cannot write " : "cannot read ", path,
               strerror(errno));
}

static bool open_wav(sound *s, char *why, size_t why_len)
{
    wzp_audio_wav_config cfg;
    wzp_audio_wav_config_default(&cfg);
    cfg.in = s->o->in;
    cfg.out = s->o->out;
    cfg.loop = s->o->loop;
    if (cfg.in != NULL && access(cfg.in, R_OK) != 0) {
        return say(why, why_len, "cannot read ", cfg.in, strerror(errno));
    }
    errno = 0;
    const wzp_err e = wzp_audio_wav_new(&s->wav, &cfg);
    if (e == WZP_ERR_IO && cfg.out != NULL) {
        return say(why, why_len, "cannot write ", cfg.out,
                   errno != 0 ? strerror(errno) : wzp_strerror(e));
    }
    if (e != WZP_OK) {
        return say(why, why_len, "", cfg.in == NULL ? "audio" : cfg.in,
                   wzp_strerror(e));
    }
    return true;
}

static const char *device_name(const char *given)
{
    return given != NULL && strcmp(given, "none") == 0 ? "" : given;
}

static bool open_devices(sound *s, char *why, size_t why_len)
{
    wzp_audio_device_config cfg;
    wzp_audio_device_config_default(&cfg);
    cfg.input = device_name(s->o->input);
    cfg.output = device_name(s->o->output);
    cfg.backend = s->o->backend;
    const wzp_err e = wzp_audio_device_new(&s->device, &cfg);
    if (e != WZP_OK) {
        return say(why, why_len, "", "audio devices", wzp_strerror(e));
    }
    return true;
}

bool sound_open(sound *s, const sound_options *o, char *why, size_t why_len)
{
    const wzp_mem mem = wzp_mem_default();
    *s = (sound){.o = o};
    if (o->record_mic != NULL &&
        wzp_audio_wav_recorder_new(&s->recorder, &mem) != WZP_OK) {
        return say(why, why_len, "", "recording", wzp_strerror(WZP_ERR_NOMEM));
    }
    if (o->has_devices) {
        return open_devices(s, why, why_len);
    }
    if (is_raw(o)) {
        return open_raw(s, why, why_len);
    }
    return (o->in == NULL && o->out == NULL) || open_wav(s, why, why_len);
}

void sound_configure(sound *s, wzp_engine_config *cfg)
{
    if (s->device != NULL) {
        cfg->audio = wzp_audio_device_table(s->device);
    } else if (is_raw(s->o)) {
        cfg->audio = raw_table(&s->raw);
    } else if (s->wav != NULL) {
        cfg->audio = wzp_audio_wav_table(s->wav);
    }
    if (s->recorder != NULL) {
        cfg->recorder = wzp_audio_wav_recorder_table(s->recorder);
    }
    cfg->capture = s->o->parts;
}

const char *sound_close(sound *s)
{
    const char *broken = NULL;
    if (s->o == NULL) {
        return NULL;
    }
    if (wzp_audio_wav_free(s->wav) != WZP_OK && s->o->out != NULL) {
        broken = s->o->out;
    }
    if (!raw_close(&s->raw)) {
        broken = s->o->record;
    }
    wzp_audio_device_free(s->device);
    wzp_audio_wav_recorder_free(s->recorder);
    return broken;
}
