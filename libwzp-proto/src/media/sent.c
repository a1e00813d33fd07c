/* SPDX-License-Identifier: MIT */
/* A log of what was sent, see sent.h. */
#include "media/sent.h"

#include <wzp/proto/media.h>

void wzp__sent_note(wzp__sent *s, wzp_tstamp now, uint16_t seq, size_t bytes)
{
    const size_t i = s->count % WZP__SENT_MAX;
    s->of[i].at = now;
    s->of[i].before = s->bytes;
    s->of[i].seq = seq;
    s->bytes += bytes;
    s->count++;
}

/* The newest packet that begins at this frame or before; parity and control
 * packets bear the number of a frame to come. count: none. */
static uint64_t newest_with(const wzp__sent *s, uint16_t seq)
{
    const uint64_t n = s->count < WZP__SENT_MAX ? s->count : WZP__SENT_MAX;
    for (uint64_t i = s->count; i-- > s->count - n;) {
        if (!wzp_seq_before(seq, s->of[i % WZP__SENT_MAX].seq)) {
            return i;
        }
    }
    return s->count;
}

bool wzp__sent_find(const wzp__sent *s, uint16_t seq, wzp__sent_view *out)
{
    const uint64_t i = newest_with(s, seq);
    if (i == s->count) {
        return false;
    }
    const size_t next = (i + 1) % WZP__SENT_MAX;
    const bool has_more = i + 1 < s->count;
    *out =
        (wzp__sent_view){.at = s->of[i % WZP__SENT_MAX].at,
                         .has_more = has_more,
                         .next = has_more ? s->of[next].at : 0,
                         .arrived = has_more ? s->of[next].before : s->bytes};
    out->after = s->bytes - out->arrived;
    return true;
}

uint64_t wzp__sent_since(const wzp__sent *s, wzp_tstamp since)
{
    const uint64_t n = s->count < WZP__SENT_MAX ? s->count : WZP__SENT_MAX;
    uint64_t i = s->count;
    while (i > s->count - n && s->of[(i - 1) % WZP__SENT_MAX].at >= since) {
        i--;
    }
    return i == s->count ? 0 : s->bytes - s->of[i % WZP__SENT_MAX].before;
}
