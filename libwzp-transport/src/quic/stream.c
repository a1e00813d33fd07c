/* SPDX-License-Identifier: MIT */
/* The streams not yet given out are a window over the stream ids, held in a
 * ring: `next` is its first. A stream can be missing from the middle for a
 * while, as its packets may be lost and sent again.
 *
 * States of an incoming signal stream:
 *
 *   UNSEEN --data--> OPEN --all bytes--> DONE --next()--> (gone)
 *      |               |
 *      +--reset, early FIN--> SKIPPED --next()--> (gone)
 */
#include "quic/stream.h"

#include "quic/wipe.h"

#include <assert.h>
#include <string.h>

/* chosen: a stalled stream may hold up whole messages behind it this long
 * without a byte coming in. Three times the reference's own limits. */
#define HEAD_PATIENCE (10 * WZP_S)

enum {
    FIRST_STREAMS = 8,
    FIRST_BYTES = 512, /* chosen: most signals are smaller */
};

void wzp__inbox_init(wzp__inbox *in, const wzp_mem *mem, size_t max_len,
                     size_t max_held)
{
    *in = (wzp__inbox){.mem = *mem, .max_len = max_len, .max_held = max_held};
}

static wzp__stream *at(const wzp__inbox *in, size_t i)
{
    return &in->ring[(in->head + i) & (in->cap - 1)];
}

/* A message may have been an AuthToken. */
static void wipe_free(const wzp_mem *mem, uint8_t *buf, size_t cap)
{
    if (buf != NULL) {
        wzp__wipe(buf, cap);
        wzp_mem_free(mem, buf, cap);
    }
}

static void drop_buffer(wzp__inbox *in, wzp__stream *s)
{
    in->held -= s->cap;
    wipe_free(&in->mem, s->buf, s->cap);
    s->buf = NULL;
    s->cap = s->have = 0;
}

void wzp__inbox_deinit(wzp__inbox *in)
{
    wzp__inbox_release(in);
    for (size_t i = 0; i < in->count; i++) {
        drop_buffer(in, at(in, i));
    }
    wzp_mem_free(&in->mem, in->ring, in->cap * sizeof *in->ring);
    *in = (wzp__inbox){.mem = in->mem};
}

static wzp_err grow_ring(wzp__inbox *in, size_t need)
{
    size_t cap = in->cap == 0 ? FIRST_STREAMS : in->cap;
    while (cap < need) {
        cap *= 2;
    }
    if (cap == in->cap) {
        return WZP_OK;
    }
    wzp__stream *ring = wzp_mem_array(&in->mem, cap, sizeof *ring);
    if (ring == NULL) {
        return WZP_ERR_NOMEM;
    }
    for (size_t i = 0; i < in->count; i++) {
        ring[i] = *at(in, i);
    }
    wzp_mem_free(&in->mem, in->ring, in->cap * sizeof *in->ring);
    in->ring = ring;
    in->cap = cap;
    in->head = 0;
    return WZP_OK;
}

/* *out is NULL for a stream that was given out already. */
static wzp_err find(wzp__inbox *in, wzp_tstamp now, uint64_t index,
                    wzp__stream **out)
{
    *out = NULL;
    if (index < in->next) {
        return WZP_OK;
    }
    const uint64_t offset = index - in->next;
    if (offset >= in->count) {
        const uint64_t more = offset + 1 - in->count;
        if (more > (in->max_held - in->held) / WZP__STREAM_COST) {
            return WZP_ERR_FULL;
        }
        WZP_TRY(grow_ring(in, (size_t)offset + 1));
        if (in->count == 0) {
            in->progress = now;
        }
        while (in->count <= offset) {
            in->count++;
            *at(in, in->count - 1) = (wzp__stream){0};
        }
        in->held += (size_t)more * WZP__STREAM_COST;
    }
    *out = at(in, (size_t)offset);
    return WZP_OK;
}

/* Room for `more` bytes: twice what is there, never beyond the message. */
static wzp_err reserve(wzp__inbox *in, wzp__stream *s, size_t more)
{
    if (s->have + more <= s->cap) {
        return WZP_OK;
    }
    size_t cap = s->cap < FIRST_BYTES ? FIRST_BYTES : (size_t)s->cap * 2;
    if (cap < s->have + more) {
        cap = s->have + more;
    }
    if (cap > s->len) {
        cap = s->len;
    }
    if (cap - s->cap > in->max_held - in->held) {
        cap = s->have + more; /* no room to spare */
        if (cap - s->cap > in->max_held - in->held) {
            return WZP_ERR_FULL;
        }
    }
    uint8_t *buf = wzp_mem_resize(&in->mem, s->buf, s->cap, cap);
    if (buf == NULL) {
        return WZP_ERR_NOMEM;
    }
    in->held += cap - s->cap;
    s->buf = buf;
    s->cap = (uint32_t)cap;
    return WZP_OK;
}

static wzp_err take_prefix(wzp__inbox *in, wzp__stream *s, const uint8_t **data,
                           size_t *len)
{
    while (s->hdr_len<WZP__SIGNAL_HDR && * len> 0) {
        s->hdr[s->hdr_len++] = *(*data)++;
        (*len)--;
    }
    if (s->hdr_len < WZP__SIGNAL_HDR) {
        return WZP_OK;
    }
    s->len = (uint32_t)s->hdr[0] << 24 | (uint32_t)s->hdr[1] << 16 |
             (uint32_t)s->hdr[2] << 8 | (uint32_t)s->hdr[3];
    return s->have == 0 && s->len > in->max_len ? WZP_ERR_OVERSIZE : WZP_OK;
}

static wzp_err take_body(wzp__inbox *in, wzp__stream *s, const uint8_t *data,
                         size_t len)
{
    if (len > s->len - s->have) {
        len = s->len - s->have; /* what follows is ignored */
    }
    if (len > 0) {
        WZP_TRY(reserve(in, s, len));
        memcpy(s->buf + s->have, data, len);
        s->have += (uint32_t)len;
    }
    if (s->have == s->len) {
        s->state = WZP__STREAM_DONE;
        in->done++;
    }
    return WZP_OK;
}

static void skip(wzp__inbox *in, wzp__stream *s)
{
    drop_buffer(in, s);
    s->state = WZP__STREAM_SKIPPED;
    in->skipped++;
}

static bool is_pending(const wzp__stream *s)
{
    return s->state == WZP__STREAM_UNSEEN || s->state == WZP__STREAM_OPEN;
}

/* Streams without a message at the front are not waited for. */
static void pass_skipped(wzp__inbox *in, wzp_tstamp now)
{
    while (in->count > 0 && at(in, 0)->state == WZP__STREAM_SKIPPED) {
        in->head = (in->head + 1) & (in->cap - 1);
        in->count--;
        in->next++;
        in->held -= WZP__STREAM_COST;
        in->progress = now;
    }
}

wzp_err wzp__inbox_recv(wzp__inbox *in, wzp_tstamp now, uint64_t index,
                        const uint8_t *data, size_t len, bool fin)
{
    wzp__stream *s = NULL;
    WZP_TRY(find(in, now, index, &s));
    if (s == NULL || !is_pending(s)) {
        return WZP_OK;
    }
    s->state = WZP__STREAM_OPEN;
    if (index == in->next && len > 0) {
        in->progress = now;
    }
    WZP_TRY(take_prefix(in, s, &data, &len));
    if (s->hdr_len == WZP__SIGNAL_HDR) {
        WZP_TRY(take_body(in, s, data, len));
    }
    if (fin && s->state == WZP__STREAM_OPEN) {
        skip(in, s);
        pass_skipped(in, now);
    }
    return WZP_OK;
}

wzp_err wzp__inbox_close(wzp__inbox *in, wzp_tstamp now, uint64_t index)
{
    wzp__stream *s = NULL;
    WZP_TRY(find(in, now, index, &s));
    if (s != NULL && is_pending(s)) {
        skip(in, s);
        pass_skipped(in, now);
    }
    return WZP_OK;
}

bool wzp__inbox_is_done(const wzp__inbox *in, uint64_t index)
{
    if (index < in->next) {
        return true;
    }
    return index - in->next < in->count &&
           !is_pending(at(in, (size_t)(index - in->next)));
}

bool wzp__inbox_ready(const wzp__inbox *in)
{
    return in->count > 0 && at(in, 0)->state == WZP__STREAM_DONE;
}

void wzp__inbox_release(wzp__inbox *in)
{
    wipe_free(&in->mem, in->given, in->given_cap);
    in->given = NULL;
    in->given_cap = 0;
}

bool wzp__inbox_next(wzp__inbox *in, wzp_tstamp now, const char **data,
                     size_t *len)
{
    wzp__inbox_release(in);
    if (!wzp__inbox_ready(in)) {
        return false;
    }
    wzp__stream *s = at(in, 0);
    in->given = s->buf;
    in->given_cap = s->cap;
    *data = s->buf == NULL ? "" : (const char *)s->buf;
    *len = s->len;
    in->held -= s->cap + WZP__STREAM_COST;
    in->done--;
    in->head = (in->head + 1) & (in->cap - 1);
    in->count--;
    in->next++;
    in->progress = now;
    pass_skipped(in, now);
    return true;
}

wzp_tstamp wzp__inbox_deadline(const wzp__inbox *in)
{
    if (in->done == 0 || wzp__inbox_ready(in)) {
        return WZP_NEVER;
    }
    return in->progress + HEAD_PATIENCE;
}
