/* SPDX-License-Identifier: MIT */
#include "dsp/echo.h"

#include "dsp/blend.h"
#include "dsp/echo_delay.h"

#include <wzp/codec/codec.h>

#include <speex/speex_echo.h>
#include <string.h>

enum {
    PER_MS = WZP_PCM_RATE / 1000,
    TAIL = 200 * PER_MS, /* voice-facts.md 6 */
    AHEAD = 4 * PER_MS,  /* chosen: shifted this much less than was found, as
                            the strongest path need not be the first */
    LEAST_LEFT = 1 * PER_MS, /* of the delay, else it is shifted anew … */
    MOST_LEFT = 10 * PER_MS, /* … voice-facts.md 6 */
    HISTORY = 128,           /* chosen: blocks that a new canceller learns */
    AT_ONCE = 4,             /* chosen: of them per block */
    FAR_BLOCKS = HISTORY + WZP__ECHO_DELAY_MAX_MS / 10 + 1,
};

#define SMOOTH 0.5f /* chosen: over 20 ms; forgets speech in 200 */
#define ADDS                                                                   \
    1.25f /* chosen: 1 dB; a voice alone comes out as loud as it is            \
           */

struct wzp__echo {
    wzp_mem mem;
    SpeexEchoState *now;
    SpeexEchoState *next;
    wzp__echo_delay *delay;
    uint32_t blocks;    /* seen, from 0 on; block b is in row b mod HISTORY */
    int32_t shift;      /* of `now`, samples */
    int32_t next_shift; /* −1: nothing is learnt anew */
    uint32_t next_at;   /* block that `next` has to learn now */
    float power_in, power_out; /* smoothed */
    bool adds;                 /* more comes out than went in */
    int16_t near[HISTORY][WZP_CAPTURE_BLOCK];
    int16_t far[FAR_BLOCKS * WZP_CAPTURE_BLOCK]; /* a ring */
};

static SpeexEchoState *create(void)
{
    SpeexEchoState *s = speex_echo_state_init(WZP_CAPTURE_BLOCK, TAIL);
    spx_int32_t rate = WZP_PCM_RATE;
    if (s != NULL) {
        speex_echo_ctl(s, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
    }
    return s;
}

wzp_err wzp__echo_new(wzp__echo **out, const wzp_mem *mem)
{
    wzp__echo *e = wzp_mem_new(mem, sizeof *e);
    if (e == NULL) {
        return WZP_ERR_NOMEM;
    }
    *e = (wzp__echo){.mem = *mem, .next_shift = -1};
    e->now = create();
    e->next = create();
    if (e->now == NULL || e->next == NULL ||
        wzp__echo_delay_new(&e->delay, mem) != WZP_OK) {
        wzp__echo_free(e);
        return WZP_ERR_NOMEM;
    }
    *out = e;
    return WZP_OK;
}

void wzp__echo_free(wzp__echo *e)
{
    if (e == NULL) {
        return;
    }
    const wzp_mem mem = e->mem;
    if (e->now != NULL) {
        speex_echo_state_destroy(e->now);
    }
    if (e->next != NULL) {
        speex_echo_state_destroy(e->next);
    }
    wzp__echo_delay_free(e->delay);
    wzp_mem_free(&mem, e, sizeof *e);
}

void wzp__echo_reset(wzp__echo *e)
{
    speex_echo_state_reset(e->now);
    wzp__echo_delay_reset(e->delay);
    memset(e->far, 0, sizeof e->far);
    e->blocks = 0;
    e->shift = 0;
    e->next_shift = -1;
    e->power_in = 0;
    e->power_out = 0;
    e->adds = false;
}

static void push(wzp__echo *e, const int16_t *near, const int16_t *far)
{
    memcpy(e->near[e->blocks % HISTORY], near, sizeof e->near[0]);
    memcpy(e->far + e->blocks % FAR_BLOCKS * WZP_CAPTURE_BLOCK, far,
           sizeof e->near[0]);
    e->blocks++;
}

/* What was played `shift` samples before block `block` began. */
static void shifted(const wzp__echo *e, uint32_t block, int32_t shift,
                    int16_t out[WZP_CAPTURE_BLOCK])
{
    const size_t ring = sizeof e->far / sizeof e->far[0];
    size_t at =
        (size_t)(block % FAR_BLOCKS) * WZP_CAPTURE_BLOCK + ring - (size_t)shift;
    for (size_t i = 0; i < WZP_CAPTURE_BLOCK; i++, at++) {
        out[i] = e->far[at % ring];
    }
}

static void cancel(wzp__echo *e, SpeexEchoState *s, uint32_t block,
                   int32_t shift, int16_t out[WZP_CAPTURE_BLOCK])
{
    int16_t far[WZP_CAPTURE_BLOCK];
    shifted(e, block, shift, far);
    speex_echo_cancellation(s, e->near[block % HISTORY], far, out);
}

/* Does the delay found ask for another shift than the newest one? */
static void realign(wzp__echo *e)
{
    const int32_t found = wzp__echo_delay_samples(e->delay);
    if (found < 0) {
        return;
    }
    const int32_t shift = e->next_shift >= 0 ? e->next_shift : e->shift;
    const int32_t left = found - shift;
    if (left <= MOST_LEFT && (left >= LEAST_LEFT || shift == 0)) {
        return;
    }
    e->next_shift = found > AHEAD ? found - AHEAD : 0;
    e->next_at = e->blocks > HISTORY ? e->blocks - HISTORY : 0;
    speex_echo_state_reset(e->next);
}

/* One step of learning anew. True: `out` is the newest block through `next`. */
static bool catch_up(wzp__echo *e, int16_t out[WZP_CAPTURE_BLOCK])
{
    for (int i = 0; i <= AT_ONCE && e->next_at != e->blocks; i++) {
        cancel(e, e->next, e->next_at, e->next_shift, out);
        e->next_at++;
    }
    return e->next_at == e->blocks;
}

static void take_over(wzp__echo *e)
{
    SpeexEchoState *old = e->now;
    e->now = e->next;
    e->next = old;
    e->shift = e->next_shift;
    e->next_shift = -1;
}

static float power(const int16_t pcm[WZP_CAPTURE_BLOCK])
{
    float sum = 0;
    for (size_t i = 0; i < WZP_CAPTURE_BLOCK; i++) {
        sum += (float)pcm[i] * (float)pcm[i];
    }
    return sum;
}

/* Who speaks without an echo, through a headset, teaches the canceller a path
 * that is not there, and then hears of the far end what it takes away. What
 * adds is left out. */
static void keep_from_adding(wzp__echo *e, int16_t pcm[WZP_CAPTURE_BLOCK])
{
    const int16_t *near = e->near[(e->blocks - 1) % HISTORY];
    const bool did_add = e->adds;
    e->power_in += (power(near) - e->power_in) * SMOOTH;
    e->power_out += (power(pcm) - e->power_out) * SMOOTH;
    e->adds = e->power_out > ADDS * e->power_in;
    if (e->adds && did_add) {
        memcpy(pcm, near, sizeof e->near[0]);
    } else if (e->adds) {
        wzp__blend_fade(pcm, near, pcm);
    } else if (did_add) {
        wzp__blend_fade(near, pcm, pcm);
    }
}

void wzp__echo_process(wzp__echo *e, int16_t pcm[WZP_CAPTURE_BLOCK],
                       const int16_t far[WZP_CAPTURE_BLOCK])
{
    int16_t fresh[WZP_CAPTURE_BLOCK];
    push(e, pcm, far);
    wzp__echo_delay_process(e->delay, pcm, far);
    realign(e);
    cancel(e, e->now, e->blocks - 1, e->shift, pcm);
    if (e->next_shift >= 0 && catch_up(e, fresh)) {
        wzp__blend_fade(pcm, fresh, pcm);
        take_over(e);
    }
    keep_from_adding(e, pcm);
}

SpeexEchoState *wzp__echo_state(const wzp__echo *e)
{
    return e->now;
}

int32_t wzp__echo_found(const wzp__echo *e)
{
    return wzp__echo_delay_samples(e->delay);
}

int32_t wzp__echo_shift(const wzp__echo *e)
{
    return e->shift;
}
