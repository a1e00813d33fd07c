/* SPDX-License-Identifier: MIT */
#include "dsp/blend.h"

#include <string.h>

void wzp__blend_init(wzp__blend *b, uint8_t warm_up, bool is_on)
{
    *b = (wzp__blend){.is_on = is_on,
                      .warm_up = warm_up,
                      .at = is_on ? (uint8_t)(warm_up + 1) : 0};
}

void wzp__blend_set(wzp__blend *b, bool is_on)
{
    b->is_on = is_on;
    if (!is_on && !wzp__blend_is_heard(b)) {
        b->at = 0;
    }
}

bool wzp__blend_is_running(const wzp__blend *b)
{
    return b->is_on || b->at > 0;
}

bool wzp__blend_is_heard(const wzp__blend *b)
{
    return b->at > b->warm_up || (b->is_on && b->at == b->warm_up);
}

void wzp__blend_fade(const int16_t from[WZP_CAPTURE_BLOCK],
                     const int16_t to[WZP_CAPTURE_BLOCK],
                     int16_t out[WZP_CAPTURE_BLOCK])
{
    for (int32_t i = 0; i < WZP_CAPTURE_BLOCK; i++) {
        const int32_t sum = from[i] * (WZP_CAPTURE_BLOCK - i) + to[i] * i;
        out[i] = (int16_t)(sum / WZP_CAPTURE_BLOCK);
    }
}

void wzp__blend_mix(wzp__blend *b, const int16_t without[WZP_CAPTURE_BLOCK],
                    int16_t with[WZP_CAPTURE_BLOCK])
{
    if (!b->is_on) {
        wzp__blend_fade(with, without, with);
        b->at = 0;
    } else if (b->at < b->warm_up) {
        memcpy(with, without, WZP_CAPTURE_BLOCK * sizeof *with);
        b->at++;
    } else if (b->at == b->warm_up) {
        wzp__blend_fade(without, with, with);
        b->at++;
    }
}
