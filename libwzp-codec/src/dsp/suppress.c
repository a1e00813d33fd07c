/* SPDX-License-Identifier: MIT */
#include "dsp/suppress.h"

#include <wzp/codec/codec.h>

#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>

enum {
    NOISE_DB = -15,       /* voice-facts.md 6: more of it eats speech */
    ECHO_DB = -40,        /* while only the far end speaks */
    ECHO_ACTIVE_DB = -15, /* while both do: voice-facts.md 6 */
};

struct wzp__suppress {
    wzp_mem mem;
    SpeexPreprocessState *speex;
    bool noise;
    SpeexEchoState *echo;
};

static void ask(SpeexPreprocessState *speex, int request, spx_int32_t value)
{
    speex_preprocess_ctl(speex, request, &value);
}

static SpeexPreprocessState *create(void)
{
    SpeexPreprocessState *speex =
        speex_preprocess_state_init(WZP_CAPTURE_BLOCK, WZP_PCM_RATE);
    if (speex != NULL) {
        /* On also where noise stays: without it echo would, too
         * (voice-facts.md 6). */
        ask(speex, SPEEX_PREPROCESS_SET_DENOISE, 1);
        ask(speex, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS, ECHO_DB);
        ask(speex, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS_ACTIVE, ECHO_ACTIVE_DB);
    }
    return speex;
}

static void tell(wzp__suppress *s)
{
    ask(s->speex, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, s->noise ? NOISE_DB : 0);
    speex_preprocess_ctl(s->speex, SPEEX_PREPROCESS_SET_ECHO_STATE, s->echo);
}

wzp_err wzp__suppress_new(wzp__suppress **out, const wzp_mem *mem)
{
    wzp__suppress *s = wzp_mem_new(mem, sizeof *s);
    if (s == NULL) {
        return WZP_ERR_NOMEM;
    }
    *s = (wzp__suppress){.mem = *mem, .speex = create()};
    if (s->speex == NULL) {
        wzp__suppress_free(s);
        return WZP_ERR_NOMEM;
    }
    tell(s);
    *out = s;
    return WZP_OK;
}

void wzp__suppress_free(wzp__suppress *s)
{
    if (s == NULL) {
        return;
    }
    if (s->speex != NULL) {
        speex_preprocess_state_destroy(s->speex);
    }
    const wzp_mem mem = s->mem;
    wzp_mem_free(&mem, s, sizeof *s);
}

void wzp__suppress_reset(wzp__suppress *s)
{
    SpeexPreprocessState *speex = create();
    if (speex == NULL) {
        return; /* the old one forgets by itself, in seconds */
    }
    speex_preprocess_state_destroy(s->speex);
    s->speex = speex;
    tell(s);
}

void wzp__suppress_set(wzp__suppress *s, bool noise, SpeexEchoState *echo)
{
    if (s->noise != noise || s->echo != echo) {
        s->noise = noise;
        s->echo = echo;
        tell(s);
    }
}

void wzp__suppress_process(wzp__suppress *s, int16_t pcm[WZP_CAPTURE_BLOCK])
{
    speex_preprocess_run(s->speex, pcm);
}
