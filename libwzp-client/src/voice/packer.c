/* SPDX-License-Identifier: MIT */
/* Frames into packets, see packer.h. A packet that waits is a few numbers; its
 * plaintext is made of the frames when it is taken, so that waiting costs no
 * copies. A frame's place in the ring is used again after 64 frames: packets
 * that still need it then are given up.
 */
#include "voice/packer.h"

#include <wzp/proto/bundle.h>
#include <wzp/proto/bundle2.h>
#include <wzp/proto/parity.h>

#include <string.h>

enum {
    NEW_MAX = 8,
    OLD_MAX = 24,
    PARITY_MAX = 32,
    /* Frames during which a block's parity goes out. chosen: the block, these
     * and a bundle are kept at once. */
    SPREAD_FRAMES = 16,
};

static uint8_t at_most(unsigned value, unsigned most)
{
    return (uint8_t)(value < most ? value : most);
}

static bool is_fixed_size(wzp_codec_id codec)
{
    return codec == WZP_CODEC_CODEC2_3200 || codec == WZP_CODEC_CODEC2_1200;
}

wzp_media_mode wzp__packer_checked(const wzp_media_mode *mode)
{
    wzp_media_mode m = *mode;
    m.n_new = m.n_new == 0 ? 1 : at_most(m.n_new, NEW_MAX);
    m.n_old = at_most(m.n_old, OLD_MAX);
    m.window_q = is_fixed_size(m.codec) ? at_most(m.window_q, 3) : 0;
    m.window = at_most(m.window, WZP_BUNDLE2_OLD_MAX / m.n_new);
    m.parity_k = at_most(m.parity_k, PARITY_MAX);
    m.parity_r = m.parity_k == 0 ? 0 : at_most(m.parity_r, PARITY_MAX);
    return m;
}

void wzp__packer_init(wzp__packer *p, const wzp_media_mode *mode)
{
    memset(p, 0, sizeof *p);
    p->mode = wzp__packer_checked(mode);
}

static wzp__packer_frame *frame_of(wzp__packer *p, uint16_t seq)
{
    return &p->frames[seq % WZP__PACKER_FRAMES];
}

static const wzp__packer_frame *kept(const wzp__packer *p, uint16_t seq)
{
    return &p->frames[seq % WZP__PACKER_FRAMES];
}

/* --- the queue --- */

static wzp__packer_entry *oldest(wzp__packer *p)
{
    return &p->waiting[p->head];
}

static void pop(wzp__packer *p)
{
    p->head = (p->head + 1) % WZP__PACKER_WAITING;
    p->count--;
}

void wzp__packer_drop(wzp__packer *p)
{
    p->frames_dropped += oldest(p)->n_new;
    pop(p);
}

void wzp__packer_sent(wzp__packer *p)
{
    pop(p);
}

static void push(wzp__packer *p, const wzp__packer_entry *e)
{
    if (p->count == WZP__PACKER_WAITING) {
        wzp__packer_drop(p);
    }
    p->waiting[(p->head + p->count) % WZP__PACKER_WAITING] = *e;
    p->count++;
}

/* --- closing packets --- */

static unsigned total_len(const wzp__packer *p, uint16_t from, unsigned n)
{
    unsigned len = 0;
    for (unsigned i = 0; i < n; i++) {
        len += kept(p, (uint16_t)(from + i))->len;
    }
    return len;
}

/* Upper bound: header, and a length of three bytes for each frame. */
static unsigned bundle_len(const wzp__packer *p, uint16_t from, unsigned n)
{
    return 4 + 3 * n + total_len(p, from, n);
}

static void add_window(wzp__packer *p, wzp__packer_entry *e, unsigned before)
{
    e->n_old = at_most(before, p->mode.window * p->mode.n_new);
    e->n_parity = at_most(p->mode.window_q * (unsigned)e->n_new, e->n_old);
    e->n_old = e->n_parity == 0 ? 0 : e->n_old;
    e->row = p->row;
    p->row = (uint8_t)((p->row + e->n_parity) % WZP_BUNDLE2_ROWS);
}

/* As many repeats as there are, and as fit. */
static void add_repeats(wzp__packer *p, wzp__packer_entry *e, unsigned before)
{
    unsigned n = at_most(p->mode.n_old, before);
    n = at_most(n, WZP_BUNDLE_FRAMES_MAX - e->n_new);
    while (n > 0 && bundle_len(p, (uint16_t)(e->seq - n), n + e->n_new) >
                        WZP__PACKER_PLAIN_MAX) {
        n--;
    }
    e->n_old = (uint8_t)n;
}

/* The next n parity packets of the block before, or as many as there are. */
static void release_parity(wzp__packer *p, wzp_tstamp now, unsigned n)
{
    const wzp__packer_frame *last = kept(p, (uint16_t)(p->seq - 1));
    for (; n > 0 && p->block.index < p->block.r; n--) {
        const wzp__packer_entry e = {
            .at = now,
            .timestamp = last->timestamp + last->frame_ms,
            .seq = p->seq,
            .codec = last->codec,
            .n_old = p->block.k,
            .base = p->block.base,
            .parity_r = p->block.r,
            .index = p->block.index++,
        };
        push(p, &e);
    }
}

/* The frames since the last block are one. One cut short has its share of
 * parity packets, rounded up. */
static void close_block(wzp__packer *p, wzp_tstamp now)
{
    const unsigned k = p->n_block;
    unsigned r = p->mode.parity_r;
    p->n_block = 0;
    if (k == 0 || r == 0) {
        return;
    }
    release_parity(p, now, r); /* what is left of the one before */
    if (k < p->mode.parity_k) {
        r = (r * k + p->mode.parity_k - 1) / p->mode.parity_k;
    }
    r = at_most(r, WZP_PARITY_TOTAL_MAX - k);
    const unsigned packets = at_most(k, SPREAD_FRAMES) / p->mode.n_new;
    p->block = (wzp__packer_block){
        .base = (uint16_t)(p->seq - k),
        .k = (uint8_t)k,
        .r = (uint8_t)r,
        .at_once = (uint8_t)(packets == 0 ? r : (r + packets - 1) / packets),
    };
}

static void close_packet(wzp__packer *p, wzp_tstamp now)
{
    const uint16_t first = (uint16_t)(p->seq - p->n_pending);
    const wzp__packer_frame *f = kept(p, first);
    wzp__packer_entry e = {
        .at = now,
        .timestamp = f->timestamp,
        .seq = first,
        .codec = f->codec,
        .n_new = (uint8_t)p->n_pending,
    };
    if (p->n_pending == 0) {
        return;
    }
    const unsigned before = p->n_run - p->n_pending;
    if (p->mode.window_q > 0) {
        add_window(p, &e, before);
    } else {
        add_repeats(p, &e, before);
    }
    p->n_pending = 0;
    push(p, &e);
    release_parity(p, now, p->block.at_once);
    if (p->n_block >= p->mode.parity_k) {
        close_block(p, now);
    }
}

/* All that is open goes out. */
static void end_blocks(wzp__packer *p, wzp_tstamp now)
{
    close_packet(p, now);
    close_block(p, now);
    release_parity(p, now, p->block.r);
}

void wzp__packer_pause(wzp__packer *p, wzp_tstamp now)
{
    end_blocks(p, now);
    p->n_run = 0;
}

void wzp__packer_set_mode(wzp__packer *p, wzp_tstamp now,
                          const wzp_media_mode *mode)
{
    end_blocks(p, now);
    p->mode = wzp__packer_checked(mode);
}

void wzp__packer_forget(wzp__packer *p)
{
    while (p->count > 0) {
        wzp__packer_drop(p);
    }
    p->frames_dropped += p->n_pending;
    p->n_run = 0;
    p->n_pending = 0;
    p->n_block = 0;
    p->block = (wzp__packer_block){0};
}

/* --- frames in --- */

/* The oldest frame that this packet is made of. */
static uint16_t first_needed(const wzp__packer_entry *e)
{
    return e->parity_r > 0 ? e->base : (uint16_t)(e->seq - e->n_old);
}

uint8_t *wzp__packer_room(wzp__packer *p)
{
    while (p->count > 0 &&
           (uint16_t)(p->seq - first_needed(oldest(p))) >= WZP__PACKER_FRAMES) {
        wzp__packer_drop(p);
    }
    p->n_run = at_most(p->n_run, WZP__PACKER_FRAMES - 1);
    return frame_of(p, p->seq)->data;
}

static bool continues(const wzp__packer *p, const wzp__packer_frame *f)
{
    const wzp__packer_frame *last = kept(p, (uint16_t)(p->seq - 1));
    return p->n_run > 0 && f->codec == last->codec &&
           f->frame_ms == last->frame_ms &&
           f->timestamp == last->timestamp + last->frame_ms;
}

void wzp__packer_put(wzp__packer *p, wzp_tstamp now, const wzp__packer_frame *f)
{
    wzp__packer_frame *mine = frame_of(p, p->seq);
    if (f->len > WZP__PACKER_PLAIN_MAX) {
        p->frames_dropped++;
        return;
    }
    if (!continues(p, f)) {
        wzp__packer_pause(p, now);
    }
    mine->timestamp = f->timestamp;
    mine->seq = p->seq;
    mine->len = f->len;
    mine->codec = f->codec;
    mine->frame_ms = f->frame_ms;
    const uint16_t first = (uint16_t)(p->seq - p->n_pending);
    if (p->n_pending > 0 &&
        bundle_len(p, first, p->n_pending + 1) > WZP__PACKER_PLAIN_MAX) {
        close_packet(p, now);
    }
    p->seq++;
    p->n_run++;
    p->n_pending++;
    p->n_block += p->mode.parity_r > 0;
    if (p->n_pending >= p->mode.n_new || f->codec == WZP_CODEC_COMFORT_NOISE) {
        close_packet(p, now);
    }
}

/* --- packets out --- */

bool wzp__packer_at(const wzp__packer *p, wzp_tstamp *at)
{
    if (p->count > 0) {
        *at = p->waiting[p->head].at;
    }
    return p->count > 0;
}

static wzp_err write_window(const wzp__packer *p, const wzp__packer_entry *e,
                            wzp__packed *out)
{
    const uint8_t *frames[WZP_BUNDLE2_OLD_MAX + WZP_BUNDLE2_NEW_MAX];
    for (unsigned i = 0; i < (unsigned)e->n_old + e->n_new; i++) {
        frames[i] = kept(p, (uint16_t)(first_needed(e) + i))->data;
    }
    const wzp_bundle2 b = {
        .seq = e->seq,
        .n_old = e->n_old,
        .n_new = e->n_new,
        .frame_len = (uint8_t)kept(p, e->seq)->len,
        .row = e->row,
        .n_parity = e->n_parity,
    };
    return wzp_bundle2_encode(&b, frames, out->plain, sizeof out->plain,
                              &out->len);
}

static void list_frames(const wzp__packer *p, uint16_t from, unsigned n,
                        wzp_bytes *out)
{
    for (unsigned i = 0; i < n; i++) {
        const wzp__packer_frame *f = kept(p, (uint16_t)(from + i));
        out[i] = (wzp_bytes){f->data, f->len};
    }
}

static wzp_err write_bundle(const wzp__packer *p, const wzp__packer_entry *e,
                            wzp__packed *out)
{
    wzp_bundle b = {.seq = e->seq, .n_old = e->n_old, .n_new = e->n_new};
    list_frames(p, first_needed(e), (unsigned)e->n_old + e->n_new, b.frames);
    return wzp_bundle_encode(&b, out->plain, sizeof out->plain, &out->len);
}

static wzp_err write_parity(const wzp__packer *p, const wzp__packer_entry *e,
                            wzp__packed *out)
{
    wzp_bytes frames[WZP_PARITY_TOTAL_MAX];
    list_frames(p, first_needed(e), e->n_old, frames);
    const wzp_parity parity = {
        .base = first_needed(e),
        .k = e->n_old,
        .r = e->parity_r,
        .index = e->index,
    };
    return wzp_parity_encode(&parity, frames, out->plain, sizeof out->plain,
                             &out->len);
}

wzp_err wzp__packer_get(const wzp__packer *p, wzp__packed *out)
{
    const wzp__packer_entry *e = &p->waiting[p->head];
    out->hdr = (wzp_media_hdr){
        .codec = e->codec, .seq = e->seq, .timestamp = e->timestamp};
    if (e->parity_r > 0) {
        out->form = WZP_FORM_PARITY;
        return write_parity(p, e, out);
    }
    if (e->n_parity > 0) {
        out->form = WZP_FORM_BUNDLE;
        return write_window(p, e, out);
    }
    if (e->n_old > 0 || e->n_new > 1) {
        out->form = WZP_FORM_BUNDLE;
        return write_bundle(p, e, out);
    }
    const wzp__packer_frame *f = kept(p, e->seq);
    out->form = WZP_FORM_FRAME;
    out->len = f->len;
    memcpy(out->plain, f->data, f->len);
    return WZP_OK;
}

const wzp__packer_frame *wzp__packer_frame_at(const wzp__packer *p, size_t i)
{
    const wzp__packer_entry *e = &p->waiting[p->head];
    if (p->count == 0 || i >= e->n_new) {
        return NULL;
    }
    return kept(p, (uint16_t)(e->seq + i));
}
