/* SPDX-License-Identifier: MIT */
/* Opened packets into frames, see depacket.h. A packet is read as a whole
 * before anything of it comes out, so that a bad one leaves no trace.
 */
#include "voice/depacket.h"

#include "voice/blocks.h"

#include <wzp/codec/codec.h>
#include <wzp/proto/bundle.h>
#include <wzp/proto/window.h>

#include <string.h>

enum {
    SEEN = 256,     /* numbers remembered; older frames are of no use */
    STALE_MAX = 5,  /* packets in a row without a new number: it restarted */
    FORM_BYTE = 2,  /* of a bundle */
    REACH_MS = 1000 /* two such spans are "of late" */
};

struct wzp__depacket {
    wzp_mem mem;
    int64_t highest;    /* extended number of the newest frame; −1: none */
    int64_t seen[SEEN]; /* by number; 0: none */
    unsigned n_stale;
    unsigned n_new; /* in the packet read last */
    wzp_window *window;
    uint32_t window_at[WZP_WINDOW_FRAMES]; /* time stamps, by number */
    wzp__blocks blocks;
    uint32_t reach_ms, reach_before_ms;
    wzp_tstamp reach_from;
};

/* A packet taken apart: frames in order, the repeats first. */
typedef struct content {
    wzp_bundle list;
    wzp_bundle2 window; /* n_parity 0: none */
    uint32_t timestamps[WZP_BUNDLE_FRAMES_MAX];
    uint8_t frame_ms[WZP_BUNDLE_FRAMES_MAX];
    uint8_t codec;
} content;

/* Where frames go. */
typedef struct sink {
    wzp__depacket *d;
    wzp_tstamp now;
    uint8_t codec;
    wzp__frame_fn *fn;
    void *user;
} sink;

static void forget(wzp__depacket *d)
{
    d->highest = -1;
    memset(d->seen, 0, sizeof d->seen);
    d->n_stale = 0;
    wzp_window_reset(d->window);
    wzp__blocks_reset(&d->blocks);
}

wzp_err wzp__depacket_new(wzp__depacket **out, const wzp_mem *mem)
{
    wzp__depacket *d = wzp_mem_new(mem, sizeof *d);
    if (d == NULL) {
        return WZP_ERR_NOMEM;
    }
    d->mem = *mem;
    wzp_err e = wzp_window_new(&d->window, mem);
    if (e != WZP_OK) {
        wzp_mem_free(mem, d, sizeof *d);
        return e;
    }
    forget(d);
    *out = d;
    return WZP_OK;
}

void wzp__depacket_free(wzp__depacket *d)
{
    if (d == NULL) {
        return;
    }
    wzp_mem mem = d->mem;
    wzp_window_free(d->window);
    wzp_mem_free(&mem, d, sizeof *d);
}

/* --- taking apart --- */

/* Sums of frame lengths, forwards from the first new one and backwards. */
static wzp_err tell_times(content *c, uint32_t timestamp)
{
    const unsigned n = (unsigned)c->list.n_old + c->list.n_new;
    for (unsigned i = 0; i < n; i++) {
        const wzp_bytes *f = &c->list.frames[i];
        WZP_TRY(wzp_codec_frame_ms(c->codec, f->ptr, f->len, &c->frame_ms[i]));
    }
    uint32_t at = timestamp;
    for (unsigned i = c->list.n_old; i < n; i++) {
        c->timestamps[i] = at;
        at += c->frame_ms[i];
    }
    at = timestamp;
    for (unsigned i = c->list.n_old; i > 0; i--) {
        at -= c->frame_ms[i - 1];
        c->timestamps[i - 1] = at;
    }
    return WZP_OK;
}

static wzp_err read_window(content *c, const uint8_t *plain, size_t len,
                           uint16_t seq)
{
    WZP_TRY(wzp_bundle2_decode(plain, len, seq, &c->window));
    const wzp_codec_info *info = wzp_codec_info_get(c->codec);
    if (info == NULL || info->is_opus) {
        return WZP_ERR_BUNDLE; /* its frames have no fixed size */
    }
    c->list.seq = seq;
    c->list.n_old = 0;
    c->list.n_new = c->window.n_new;
    for (unsigned i = 0; i < c->window.n_new; i++) {
        c->list.frames[i] =
            (wzp_bytes){c->window.frames + (size_t)i * c->window.frame_len,
                        c->window.frame_len};
    }
    return WZP_OK;
}

static wzp_err read_frames(content *c, const wzp_media_hdr *hdr,
                           wzp_plain_form form, const uint8_t *plain,
                           size_t len)
{
    c->codec = hdr->codec;
    c->window.n_parity = 0;
    if (form == WZP_FORM_FRAME) {
        c->list.seq = hdr->seq;
        c->list.n_old = 0;
        c->list.n_new = 1;
        c->list.frames[0] = (wzp_bytes){plain, len};
    } else if (len > FORM_BYTE && plain[FORM_BYTE] == WZP_BUNDLE2_FORM) {
        WZP_TRY(read_window(c, plain, len, hdr->seq));
    } else {
        WZP_TRY(wzp_bundle_decode(plain, len, hdr->seq, &c->list));
    }
    return tell_times(c, hdr->timestamp);
}

/* --- numbers --- */

/* As large as a wrap from the beginning, so that none is below 1. */
static int64_t extend(const wzp__depacket *d, uint16_t seq)
{
    return d->highest < 0 ? seq + INT64_C(0x10000)
                          : wzp_seq_extend(d->highest, seq);
}

static bool is_news(const wzp__depacket *d, int64_t seq)
{
    return seq > d->highest - SEEN && seq > 0 && d->seen[seq % SEEN] != seq;
}

/* Every new frame of this packet was here, or is long past. */
static bool is_stale(const wzp__depacket *d, const content *c)
{
    for (unsigned i = 0; i < c->list.n_new; i++) {
        if (is_news(d, extend(d, (uint16_t)(c->list.seq + i)))) {
            return false;
        }
    }
    return c->list.n_new > 0;
}

/* Sealing lets no packet in twice: stale ones, again and again, are of a sender
 * that counts from the beginning. */
static void note_stale(wzp__depacket *d, const content *c)
{
    d->n_stale = is_stale(d, c) ? d->n_stale + 1 : 0;
    if (d->n_stale >= STALE_MAX) {
        forget(d);
    }
}

/* --- frames out --- */

static void emit(const sink *to, const wzp__frame_in *f)
{
    wzp__depacket *d = to->d;
    const int64_t seq = extend(d, f->seq);
    if (!is_news(d, seq)) {
        return;
    }
    d->seen[seq % SEEN] = seq;
    d->highest = seq > d->highest ? seq : d->highest;
    wzp__blocks_frame_add(&d->blocks, f->codec, f->seq, f->timestamp, f->data,
                          f->len);
    if (!wzp_codec_info_get(f->codec)->is_opus &&
        f->codec != WZP_CODEC_COMFORT_NOISE && f->from != WZP__FRAME_PARITY) {
        wzp_window_frame(d->window, f->seq, f->data, f->len);
    }
    to->fn(to->user, to->now, f);
}

static void emit_listed(const sink *to, const content *c, unsigned i)
{
    const bool is_new = i >= c->list.n_old;
    const wzp__frame_in f = {
        .seq = (uint16_t)(c->list.seq - c->list.n_old + i),
        .timestamp = c->timestamps[i],
        .codec = c->codec,
        .frame_ms = c->frame_ms[i],
        .from = is_new ? WZP__FRAME_NEW : WZP__FRAME_COPY,
        .is_follower = is_new && i > c->list.n_old,
        .data = c->list.frames[i].ptr,
        .len = c->list.frames[i].len,
    };
    emit(to, &f);
}

static void emit_all(const sink *to, const content *c)
{
    const unsigned n_old = c->list.n_old;
    for (unsigned i = n_old; i < n_old + c->list.n_new; i++) {
        emit_listed(to, c, i);
    }
    for (unsigned i = 0; i < n_old; i++) {
        emit_listed(to, c, i);
    }
}

/* --- rebuilding --- */

static void add_window(wzp__depacket *d, const content *c, uint32_t timestamp,
                       uint8_t frame_ms)
{
    const wzp_bundle2 *b = &c->window;
    for (unsigned back = 1; back <= b->n_old; back++) {
        const uint16_t seq = (uint16_t)(b->seq - back);
        d->window_at[seq % WZP_WINDOW_FRAMES] = timestamp - back * frame_ms;
    }
    wzp_window_parity(d->window, b);
}

static void emit_rebuilt(void *user, uint16_t seq, uint32_t timestamp,
                         uint8_t codec, const uint8_t *data, size_t len)
{
    wzp__frame_in f = {
        .seq = seq,
        .timestamp = timestamp,
        .codec = codec,
        .from = WZP__FRAME_PARITY,
        .data = data,
        .len = len,
    };
    if (wzp_codec_frame_ms(codec, data, len, &f.frame_ms) == WZP_OK) {
        emit(user, &f);
    }
}

static void emit_solved(sink *to)
{
    uint16_t seq;
    wzp_bytes frame;
    while (wzp_window_next(to->d->window, &seq, &frame)) {
        emit_rebuilt(to, seq, to->d->window_at[seq % WZP_WINDOW_FRAMES],
                     to->codec, frame.ptr, frame.len);
    }
}

/* --- reach --- */

static void note_reach(wzp__depacket *d, wzp_tstamp now, uint32_t ms)
{
    if (now - d->reach_from >= REACH_MS * WZP_MS) {
        const bool is_recent = now - d->reach_from < 2 * REACH_MS * WZP_MS;
        d->reach_before_ms = is_recent ? d->reach_ms : 0;
        d->reach_ms = 0;
        d->reach_from = now;
    }
    d->reach_ms = ms > d->reach_ms ? ms : d->reach_ms;
}

unsigned wzp__depacket_n_new(const wzp__depacket *d)
{
    return d->n_new;
}

uint32_t wzp__depacket_reach_ms(const wzp__depacket *d)
{
    return d->reach_ms > d->reach_before_ms ? d->reach_ms : d->reach_before_ms;
}

/* --- packets --- */

/* What one window leaves open the next ones may settle, together: at 50 % loss
 * 5 of 100 rebuilt frames come after 5 packets of a window of 4. Who sends more
 * symbols than half the frames they cover expects such loss. */
static uint32_t reach_of(const content *c, uint32_t timestamp)
{
    const wzp_codec_info *info = wzp_codec_info_get(c->codec);
    if (c->window.n_parity > 0) {
        const uint32_t reach = (uint32_t)c->window.n_old * info->frame_ms;
        const bool is_strong = c->window.n_parity * 2 > c->window.n_old;
        return is_strong ? reach * 3 / 2 : reach;
    }
    return c->list.n_old == 0 ? 0 : timestamp - c->timestamps[0];
}

static wzp_err recv_frames(sink *to, const wzp_media_hdr *hdr,
                           wzp_plain_form form, const uint8_t *plain,
                           size_t len)
{
    content c;
    WZP_TRY(read_frames(&c, hdr, form, plain, len));
    to->d->n_new = c.list.n_new;
    note_stale(to->d, &c);
    note_reach(to->d, to->now, reach_of(&c, hdr->timestamp));
    emit_all(to, &c);
    if (c.window.n_parity > 0) {
        add_window(to->d, &c, hdr->timestamp,
                   wzp_codec_info_get(c.codec)->frame_ms);
    }
    return WZP_OK;
}

static wzp_err recv_parity(sink *to, const wzp_media_hdr *hdr,
                           const uint8_t *plain, size_t len)
{
    wzp_parity p;
    const wzp_codec_info *info = wzp_codec_info_get(hdr->codec);
    WZP_TRY(wzp_parity_decode(plain, len, &p));
    if (info == NULL) {
        return WZP_ERR_PARITY;
    }
    const uint32_t back = (uint16_t)(hdr->seq - p.base);
    note_reach(to->d, to->now,
               (back < WZP_PARITY_TOTAL_MAX ? back : p.k) * info->frame_ms);
    wzp__blocks_parity_add(&to->d->blocks, hdr, &p);
    return WZP_OK;
}

wzp_err wzp__depacket_recv(wzp__depacket *d, wzp_tstamp now,
                           const wzp_media_hdr *hdr, wzp_plain_form form,
                           const uint8_t *plain, size_t len, wzp__frame_fn *fn,
                           void *user)
{
    sink to = {d, now, hdr->codec, fn, user};
    d->n_new = 0;
    switch (form) {
    case WZP_FORM_FRAME:
    case WZP_FORM_BUNDLE:
        WZP_TRY(recv_frames(&to, hdr, form, plain, len));
        break;
    case WZP_FORM_PARITY: WZP_TRY(recv_parity(&to, hdr, plain, len)); break;
    case WZP_FORM_CONTROL: return WZP_ERR_ARG;
    }
    emit_solved(&to);
    wzp__blocks_rebuild(&d->blocks, emit_rebuilt, &to);
    return WZP_OK;
}
