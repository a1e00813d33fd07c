/* SPDX-License-Identifier: MIT */
/* Recording into WAV files, half a second at a time. The header is right after
 * each, see wzp/codec/wav.h.
 */
#include <wzp/client/audio.h>
#include <wzp/codec/codec.h>
#include <wzp/codec/wav.h>

#include <string.h>

#define AT_ONCE 24000 /* samples; chosen: what a crash may cost */

struct wzp_audio_wav_recorder {
    wzp_mem mem;
    wzp_wav_writer *file; /* NULL: not recording */
    size_t n;             /* samples waiting */
    int16_t pcm[AT_ONCE];
};

wzp_err wzp_audio_wav_recorder_new(wzp_audio_wav_recorder **out,
                                   const wzp_mem *mem)
{
    wzp_audio_wav_recorder *r = wzp_mem_new(mem, sizeof *r);
    if (r == NULL) {
        return WZP_ERR_NOMEM;
    }
    r->mem = *mem;
    *out = r;
    return WZP_OK;
}

static wzp_err flush(wzp_audio_wav_recorder *r)
{
    const size_t n = r->n;
    r->n = 0;
    return wzp_wav_writer_write(r->file, r->pcm, n);
}

static wzp_err end(void *user)
{
    wzp_audio_wav_recorder *r = user;
    if (r->file == NULL) {
        return WZP_OK;
    }
    const wzp_err written = flush(r);
    const wzp_err closed = wzp_wav_writer_close(r->file);
    r->file = NULL;
    return written != WZP_OK ? written : closed;
}

static wzp_err begin(void *user, const char *path)
{
    wzp_audio_wav_recorder *r = user;
    r->n = 0;
    return wzp_wav_writer_new(&r->file, &r->mem, path, WZP_PCM_RATE);
}

static wzp_err write_pcm(void *user, const int16_t *pcm, size_t n)
{
    wzp_audio_wav_recorder *r = user;
    memcpy(r->pcm + r->n, pcm, n * sizeof *pcm);
    r->n += n;
    return r->n + WZP_AUDIO_TICK_SAMPLES > AT_ONCE ? flush(r) : WZP_OK;
}

void wzp_audio_wav_recorder_free(wzp_audio_wav_recorder *r)
{
    if (r != NULL) {
        const wzp_mem mem = r->mem;
        wzp_ignore(end(r), "whoever records ends it first, and is told");
        wzp_mem_free(&mem, r, sizeof *r);
    }
}

wzp_audio_recorder wzp_audio_wav_recorder_table(wzp_audio_wav_recorder *r)
{
    return (wzp_audio_recorder){.size = sizeof(wzp_audio_recorder),
                                .begin = begin,
                                .write = write_pcm,
                                .end = end,
                                .user = r};
}
