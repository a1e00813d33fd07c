/* SPDX-License-Identifier: MIT */
#include "dsp/neural.h"

#ifdef WZP_HAVE_RNNOISE

#    include "dsp/pcm.h"

#    include <rnnoise.h>
#    include <string.h>

/* Chosen: −26 dB, a little more than the limit of −25 dB that lets the figures
 * of voice-facts.md 6 (25 dB) be reached. */
static const float DRY = 0.05f;

struct wzp__neural {
    wzp_mem mem;
    size_t state_size;
    DenoiseState *state;
    float dry[WZP__NEURAL_DELAY]; /* oldest first */
};

bool wzp__neural_is_there(void)
{
    return true;
}

wzp_err wzp__neural_new(wzp__neural **out, const wzp_mem *mem)
{
    wzp__neural *n = wzp_mem_new(mem, sizeof *n);
    if (n == NULL) {
        return WZP_ERR_NOMEM;
    }
    n->mem = *mem;
    n->state_size = (size_t)rnnoise_get_size();
    n->state = wzp_mem_new(mem, n->state_size);
    if (n->state == NULL) {
        wzp__neural_free(n);
        return WZP_ERR_NOMEM;
    }
    wzp__neural_reset(n);
    *out = n;
    return WZP_OK;
}

void wzp__neural_free(wzp__neural *n)
{
    if (n == NULL) {
        return;
    }
    const wzp_mem mem = n->mem;
    wzp_mem_free(&mem, n->state, n->state_size);
    wzp_mem_free(&mem, n, sizeof *n);
}

void wzp__neural_reset(wzp__neural *n)
{
    rnnoise_init(n->state, NULL); /* allocates nothing: its own network */
    memset(n->dry, 0, sizeof n->dry);
}

float wzp__neural_process(wzp__neural *n, int16_t pcm[WZP_CAPTURE_BLOCK])
{
    float in[WZP_CAPTURE_BLOCK];
    float wet[WZP_CAPTURE_BLOCK];
    for (size_t i = 0; i < WZP_CAPTURE_BLOCK; i++) {
        in[i] = pcm[i];
    }
    const float probability = rnnoise_process_frame(n->state, wet, in);
    for (size_t i = 0; i < WZP_CAPTURE_BLOCK; i++) {
        pcm[i] = wzp__pcm_of((1.0f - DRY) * wet[i] + DRY * n->dry[i]);
    }
    memmove(n->dry, n->dry + WZP_CAPTURE_BLOCK, sizeof in);
    memcpy(n->dry + WZP_CAPTURE_BLOCK, in, sizeof in);
    return probability;
}

#else

bool wzp__neural_is_there(void)
{
    return false;
}

wzp_err wzp__neural_new(wzp__neural **out, const wzp_mem *mem)
{
    (void)out;
    (void)mem;
    return WZP_ERR_UNSUPPORTED;
}

void wzp__neural_free(wzp__neural *n)
{
    (void)n;
}

void wzp__neural_reset(wzp__neural *n)
{
    (void)n;
}

float wzp__neural_process(wzp__neural *n, int16_t pcm[WZP_CAPTURE_BLOCK])
{
    (void)n;
    (void)pcm;
    return 0.0f;
}

#endif
