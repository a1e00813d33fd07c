/* SPDX-License-Identifier: MIT */
/* Capability names ↔ bits (caps.h). */
#include "signal/caps.h"

#include <wzp/proto/signal.h>

#include <string.h>

static const struct {
    uint32_t bit;
    const char *name;
} CAPS[] = {
    {WZP_CAP_E2E1, "e2e1"},       {WZP_CAP_BUNDLE1, "bundle1"},
    {WZP_CAP_PARITY1, "parity1"}, {WZP_CAP_DGRAM1, "dgram1"},
    {WZP_CAP_SIG1, "sig1"},       {WZP_CAP_DRED_10, "dred-10"},
    {WZP_CAP_DRED_12, "dred-12"}, {WZP_CAP_BUNDLE2, "bundle2"},
    {WZP_CAP_FRAMES, "frames"},
};

enum { N_CAPS = sizeof CAPS / sizeof CAPS[0] };

static uint32_t find(wzp_str name)
{
    for (size_t i = 0; i < N_CAPS; i++) {
        if (strlen(CAPS[i].name) == name.len &&
            memcmp(CAPS[i].name, name.ptr, name.len) == 0) {
            return CAPS[i].bit;
        }
    }
    return 0;
}

uint32_t wzp__caps_decode(wzp__json *j)
{
    uint32_t caps = WZP_CAP_PRESENT;
    wzp__json_open(j, WZP__JSON_ARRAY);
    while (wzp__json_next_element(j)) {
        const wzp_str name = wzp__json_text(j);
        if (name.len != 0) {
            caps |= find(name);
        }
    }
    return caps;
}

void wzp__caps_encode(wzp__json_out *o, uint32_t caps)
{
    bool first = true;
    wzp__json_put_char(o, '[');
    for (size_t i = 0; i < N_CAPS; i++) {
        if ((caps & CAPS[i].bit) == 0) {
            continue;
        }
        if (!first) {
            wzp__json_put_char(o, ',');
        }
        first = false;
        wzp__json_put_string(o, (wzp_str){CAPS[i].name, strlen(CAPS[i].name)});
    }
    wzp__json_put_char(o, ']');
}
