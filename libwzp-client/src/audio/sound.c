/* SPDX-License-Identifier: MIT */
/* See sound.h. miniaudio is compiled in here, all of it static, so that no name
 * of its own leaves this object (docs/adr/0016). It loads the system's
 * libraries at run time and takes memory from the C library: its threads cannot
 * share ours.
 */
#include "audio/sound.h"

#define MA_API static
#define MINIAUDIO_IMPLEMENTATION
#define MA_NO_DECODING
#define MA_NO_ENCODING
#define MA_NO_GENERATION
#define MA_NO_RESOURCE_MANAGER
#define MA_NO_NODE_GRAPH
#define MA_NO_ENGINE
#include <miniaudio.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

#define PERIOD  WZP_AUDIO_TICK_SAMPLES
#define PERIODS 2 /* chosen: one being played, one being written */

typedef struct stream {
    ma_device device;
    wzp__sound_fn *fn; /* NULL: not open */
    void *user;
    _Atomic bool is_stopped;
} stream;

/* ALSA's own types, as miniaudio loads it without its headers. */
typedef void alsa_say(const char *file, int line, const char *function, int err,
                      const char *format, va_list args);
typedef alsa_say *alsa_set_say(alsa_say *say);

struct wzp__sound {
    ma_context context;
    bool is_connected;
    alsa_say *alsa_said; /* before us, on this thread */
    stream streams[2];   /* out, in */
};

wzp_err wzp__sound_new(wzp__sound **out, const wzp_mem *mem)
{
    wzp__sound *s = wzp_mem_new(mem, sizeof *s);
    if (s == NULL) {
        return WZP_ERR_NOMEM;
    }
    *out = s;
    return WZP_OK;
}

void wzp__sound_free(wzp__sound *s, const wzp_mem *mem)
{
    if (s != NULL) {
        wzp__sound_disconnect(s);
        wzp_mem_free(mem, s, sizeof *s);
    }
}

/* --- which sound system --------------------------------------------------- */

/* Letters and digits of a backend's name, in lower case: "audio(4)" is
 * "audio4". */
static void name_of(ma_backend backend, char out[32])
{
    size_t n = 0;
    for (const char *c = ma_get_backend_name(backend); *c != '\0'; c++) {
        const char low = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
        if (((low >= 'a' && low <= 'z') || (low >= '0' && low <= '9')) &&
            n < 31) {
            out[n++] = low;
        }
    }
    out[n] = '\0';
}

static bool is_named(ma_backend backend, const char *name)
{
    char own[32];
    name_of(backend, own);
    return strcmp(own, name) == 0;
}

/* Backends to try, in miniaudio's order. */
static ma_uint32 choose(const char *name, ma_backend out[MA_BACKEND_COUNT])
{
    ma_uint32 n = 0;
    for (int b = 0; b < MA_BACKEND_COUNT; b++) {
        const ma_backend each = (ma_backend)b;
        if (name[0] == '\0'
                ? each != ma_backend_null && each != ma_backend_custom
                : is_named(each, name)) {
            out[n++] = each;
        }
    }
    return n;
}

static void say_nothing(const char *file, int line, const char *function,
                        int err, const char *format, va_list args)
{
    (void)file;
    (void)line;
    (void)function;
    (void)err;
    (void)format;
    (void)args;
}

/* ALSA writes dozens of lines to stderr for every device that cannot be opened,
 * if nobody else on the thread wants to hear of it. Returns who did before. */
static alsa_say *tell_alsa(wzp__sound *s, alsa_say *say)
{
    if (s->context.backend != ma_backend_alsa) {
        return NULL;
    }
    alsa_set_say *set = (alsa_set_say *)ma_dlsym(
        ma_context_get_log(&s->context), s->context.alsa.asoundSO,
        "snd_lib_error_set_local");
    return set == NULL ? NULL : set(say);
}

wzp_err wzp__sound_connect(wzp__sound *s, const char *backend)
{
    ma_backend backends[MA_BACKEND_COUNT];
    const ma_uint32 n = choose(backend, backends);
    ma_context_config cfg = ma_context_config_init();
    cfg.pulse.pApplicationName = "wzp";
    cfg.jack.pClientName = "wzp";
    if (n == 0 ||
        ma_context_init(backends, n, &cfg, &s->context) != MA_SUCCESS) {
        return WZP_ERR_NOT_FOUND;
    }
    s->is_connected = true;
    s->alsa_said = tell_alsa(s, say_nothing);
    return WZP_OK;
}

void wzp__sound_backend(const wzp__sound *s, char out[32])
{
    out[0] = '\0';
    if (s->is_connected) {
        name_of(s->context.backend, out);
    }
}

/* Stopped first: ma_device_uninit waits for a thread that it does not wake, for
 * ever where PulseAudio has ended the stream. */
static void close_stream(stream *st)
{
    const ma_result r = ma_device_stop(&st->device);
    (void)r; /* gone already, or going now */
    ma_device_uninit(&st->device);
    st->fn = NULL;
}

void wzp__sound_disconnect(wzp__sound *s)
{
    for (size_t i = 0; i < 2; i++) {
        if (s->streams[i].fn != NULL) {
            close_stream(&s->streams[i]);
        }
    }
    if (s->is_connected) {
        tell_alsa(s, s->alsa_said);
        ma_context_uninit(&s->context);
        s->is_connected = false;
    }
}

/* --- which devices -------------------------------------------------------- */

static void copy_text(char out[WZP_DEVICE_NAME_MAX], const char *text)
{
    size_t n = strnlen(text, WZP_DEVICE_NAME_MAX - 1);
    memcpy(out, text, n);
    out[n] = '\0';
}

static void add_device(const wzp__sound *s, wzp__sound_list *list,
                       const ma_device_info *info, bool is_input)
{
    if (list->n == WZP__SOUND_DEVICES) {
        return;
    }
    wzp__sound_device *d = &list->of[list->n++];
    _Static_assert(sizeof info->id <= sizeof d->handle, "a handle fits");
    *d = (wzp__sound_device){.is_input = is_input,
                             .is_default = info->isDefault != MA_FALSE};
    copy_text(d->name, info->name);
    const char *id = s->context.backend == ma_backend_pulseaudio
                         ? info->id.pulse
                     : s->context.backend == ma_backend_alsa ? info->id.alsa
                                                             : info->name;
    copy_text(d->id, id);
    memcpy(d->handle, &info->id, sizeof info->id);
}

wzp_err wzp__sound_list_get(wzp__sound *s, wzp__sound_list *out)
{
    ma_device_info *outputs;
    ma_device_info *inputs;
    ma_uint32 n_out = 0;
    ma_uint32 n_in = 0;
    out->n = 0;
    if (!s->is_connected ||
        ma_context_get_devices(&s->context, &outputs, &n_out, &inputs, &n_in) !=
            MA_SUCCESS) {
        return WZP_ERR_IO;
    }
    for (ma_uint32 i = 0; i < n_in; i++) {
        add_device(s, out, &inputs[i], true);
    }
    for (ma_uint32 i = 0; i < n_out; i++) {
        add_device(s, out, &outputs[i], false);
    }
    return WZP_OK;
}

/* --- streams -------------------------------------------------------------- */

static void on_samples(ma_device *device, void *out, const void *in,
                       ma_uint32 n)
{
    const stream *st = device->pUserData;
    st->fn(st->user, in, out, n);
}

static void on_notification(const ma_device_notification *what)
{
    stream *st = what->pDevice->pUserData;
    if (what->type == ma_device_notification_type_stopped) {
        atomic_store(&st->is_stopped, true);
    } else if (what->type == ma_device_notification_type_started) {
        atomic_store(&st->is_stopped, false);
    }
}

wzp_err wzp__sound_open(wzp__sound *s, bool is_input,
                        const wzp__sound_device *which, wzp__sound_fn *fn,
                        void *user)
{
    stream *st = &s->streams[is_input];
    ma_device_id id;
    ma_device_config cfg = ma_device_config_init(
        is_input ? ma_device_type_capture : ma_device_type_playback);
    if (which != NULL) {
        memcpy(&id, which->handle, sizeof id);
    }
    cfg.capture.pDeviceID = cfg.playback.pDeviceID = which == NULL ? NULL : &id;
    cfg.capture.format = cfg.playback.format = ma_format_s16;
    cfg.capture.channels = cfg.playback.channels = 1;
    cfg.sampleRate = 48000;
    cfg.periodSizeInFrames = PERIOD;
    cfg.periods = PERIODS;
    cfg.performanceProfile = ma_performance_profile_low_latency;
    cfg.noPreSilencedOutputBuffer = MA_TRUE;
    cfg.noFixedSizedCallback = MA_TRUE; /* the rings take any number */
    cfg.dataCallback = on_samples;
    cfg.notificationCallback = on_notification;
    cfg.pUserData = st;
    st->fn = fn;
    st->user = user;
    atomic_store(&st->is_stopped, false);
    ma_result r = ma_device_init(&s->context, &cfg, &st->device);
    if (r == MA_SUCCESS) {
        r = ma_device_start(&st->device);
        if (r != MA_SUCCESS) {
            ma_device_uninit(&st->device);
        }
    }
    if (r != MA_SUCCESS) {
        st->fn = NULL;
        return WZP_ERR_IO;
    }
    return WZP_OK;
}

bool wzp__sound_is_stopped(const wzp__sound *s, bool is_input)
{
    return atomic_load(&s->streams[is_input].is_stopped);
}
