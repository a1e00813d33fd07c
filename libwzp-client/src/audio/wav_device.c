/* SPDX-License-Identifier: MIT */
/* WAV files as microphone and speaker, driven by the engine's tick. The input
 * is resampled once, when it is opened.
 */
#include <wzp/client/audio.h>
#include <wzp/codec/codec.h>
#include <wzp/codec/resample.h>
#include <wzp/codec/wav.h>
#include <wzp/proto/sized.h>

#include <string.h>

struct wzp_audio_wav {
    wzp_mem mem;
    int16_t *in; /* 48 kHz; NULL: silence */
    size_t in_len, in_cap;
    size_t at; /* next sample to give */
    bool loop;
    wzp_wav_writer *out; /* NULL: nothing is written */
    wzp_err out_err;
};

void wzp_audio_wav_config_default_sized(wzp_audio_wav_config *cfg, size_t size)
{
    const wzp_audio_wav_config full = {.size = sizeof full,
                                       .mem = wzp_mem_default()};
    wzp_sized_give(cfg, size, &full, sizeof full);
}

static wzp_err to_48k(wzp_audio_wav *w, const wzp_wav *wav)
{
    wzp_resampler *r = NULL;
    WZP_TRY(wzp_resampler_new(&r, &w->mem, wav->rate_hz, WZP_PCM_RATE));
    w->in_cap = wzp_resampler_bound(r, wav->samples);
    w->in = wzp_mem_array(&w->mem, w->in_cap, sizeof *w->in);
    wzp_err e = WZP_ERR_NOMEM;
    if (w->in != NULL) {
        e = wzp_resampler_process(r, wav->pcm, wav->samples, w->in, w->in_cap,
                                  &w->in_len);
    }
    wzp_resampler_free(r);
    return e;
}

static wzp_err open_input(wzp_audio_wav *w, const char *path)
{
    wzp_wav wav = {0};
    WZP_TRY(wzp_wav_load(&wav, &w->mem, path));
    wzp_err e = wav.samples == 0 ? WZP_ERR_WAV : to_48k(w, &wav);
    wzp_wav_free(&wav, &w->mem);
    return e;
}

wzp_err wzp_audio_wav_new(wzp_audio_wav **out,
                          const wzp_audio_wav_config *given)
{
    wzp_audio_wav_config cfg;
    wzp_audio_wav_config_default(&cfg);
    wzp_sized_take(&cfg, sizeof cfg, given);
    wzp_audio_wav *w = wzp_mem_new(&cfg.mem, sizeof *w);
    if (w == NULL) {
        return WZP_ERR_NOMEM;
    }
    w->mem = cfg.mem;
    w->loop = cfg.loop;
    wzp_err e = WZP_OK;
    if (cfg.in != NULL) {
        e = open_input(w, cfg.in);
    }
    if (e == WZP_OK && cfg.out != NULL) {
        e = wzp_wav_writer_new(&w->out, &w->mem, cfg.out, WZP_PCM_RATE);
    }
    if (e != WZP_OK) {
        wzp_ignore(wzp_audio_wav_free(w), "the first error is the one to tell");
        return e;
    }
    *out = w;
    return WZP_OK;
}

wzp_err wzp_audio_wav_free(wzp_audio_wav *w)
{
    if (w == NULL) {
        return WZP_OK;
    }
    wzp_mem mem = w->mem;
    wzp_err e = w->out_err;
    if (w->out != NULL) {
        wzp_err closed = wzp_wav_writer_close(w->out);
        e = e == WZP_OK ? closed : e;
    }
    wzp_mem_free(&mem, w->in, w->in_cap * sizeof *w->in);
    wzp_mem_free(&mem, w, sizeof *w);
    return e;
}

static wzp_err start(void *user, wzp_audio_port *port)
{
    (void)user;
    (void)port;
    return WZP_OK;
}

static void stop(void *user)
{
    (void)user;
}

/* One tick of input; silence after the end. False once it has ended. */
static bool read_input(wzp_audio_wav *w, int16_t *pcm)
{
    for (size_t i = 0; i < WZP_AUDIO_TICK_SAMPLES; i++) {
        if (w->at == w->in_len && w->loop) {
            w->at = 0;
        }
        pcm[i] = w->at < w->in_len ? w->in[w->at++] : 0;
    }
    return w->in == NULL || w->at < w->in_len || w->loop;
}

static wzp_err tick(void *user, wzp_audio_port *port)
{
    wzp_audio_wav *w = user;
    int16_t pcm[WZP_AUDIO_TICK_SAMPLES];
    size_t real = wzp_audio_playout(port, pcm, WZP_AUDIO_TICK_SAMPLES);
    (void)real; /* silence is written too: the file keeps the time */
    if (w->out != NULL && w->out_err == WZP_OK) {
        w->out_err = wzp_wav_writer_write(w->out, pcm, WZP_AUDIO_TICK_SAMPLES);
    }
    bool more = read_input(w, pcm);
    size_t taken = wzp_audio_capture(port, pcm, WZP_AUDIO_TICK_SAMPLES);
    (void)taken; /* counted by the port */
    return more ? WZP_OK : WZP_ERR_CLOSED;
}

wzp_audio_io wzp_audio_wav_table(wzp_audio_wav *w)
{
    return (wzp_audio_io){.size = sizeof(wzp_audio_io),
                          .start = start,
                          .stop = stop,
                          .tick = tick,
                          .user = w};
}
