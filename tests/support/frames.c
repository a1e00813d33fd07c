/* SPDX-License-Identifier: MIT */
/* See frames.h. */
#include "frames.h"

void wzp_frames_write(FILE *f, const uint8_t *frame, size_t len)
{
    const uint8_t head[2] = {(uint8_t)(len >> 8), (uint8_t)len};
    fwrite(head, 1, sizeof head, f);
    fwrite(frame, 1, len, f);
}

bool wzp_frames_read(FILE *f, uint8_t *buf, size_t cap, size_t *len)
{
    uint8_t head[2];
    if (fread(head, 1, sizeof head, f) != sizeof head) {
        return false;
    }
    *len = (size_t)head[0] << 8 | head[1];
    return *len <= cap && fread(buf, 1, *len, f) == *len;
}
