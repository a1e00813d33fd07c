/* SPDX-License-Identifier: MIT */
/* The solver of sliding windows, first with the bundles of an honest sender in
 * any order and with any losses, then with any bytes between them. Of an honest
 * sender every frame comes out right and once; of any, nothing else than frames
 * of its length. Records: op, then
 *
 *   send    new frames, symbols: the sender's next bundle; arrives or waits
 *   late    one that waited arrives
 *   bytes   a blob, taken as a bundle of any number; from then on frames may be
 *           wrong
 *   reset
 */
#include "fuzz/fuzz.h"

#include <wzp/proto/window.h>

enum { LEN = 6, FRAMES = 1024, WAITING = 8, STEPS = 150, BUNDLE_MAX = 512 };

typedef struct sent {
    uint16_t seq;
    size_t len;
    uint8_t data[BUNDLE_MAX];
} sent;

typedef struct bench {
    wzp_window *w;
    fuzz_in in;
    uint8_t frame[FRAMES][LEN];
    bool is_given[FRAMES];
    unsigned n; /* frames made */
    uint16_t base;
    uint8_t row;
    sent waiting[WAITING];
    size_t n_waiting;
    bool is_honest;
} bench;

static void give(bench *b, const sent *s)
{
    wzp_bundle2 x;
    if (wzp_bundle2_decode(s->data, s->len, s->seq, &x) != WZP_OK) {
        return;
    }
    for (unsigned i = 0; i < x.n_new; i++) {
        const uint16_t seq = (uint16_t)(s->seq + i);
        wzp_window_frame(b->w, seq, x.frames + (size_t)i * x.frame_len,
                         x.frame_len);
        b->is_given[(uint16_t)(seq - b->base) % FRAMES] = true;
    }
    wzp_window_parity(b->w, &x);
}

static void collect(bench *b)
{
    uint16_t seq;
    wzp_bytes frame;
    for (unsigned n = 0; wzp_window_next(b->w, &seq, &frame); n++) {
        require(n < WZP_WINDOW_FRAMES);
        require(frame.len >= 1 && frame.len <= WZP_BUNDLE2_LEN_MAX);
        if (b->is_honest) {
            const uint16_t i = (uint16_t)(seq - b->base);
            require(i < b->n && frame.len == LEN && !b->is_given[i]);
            require(memcmp(frame.ptr, b->frame[i], LEN) == 0);
            b->is_given[i] = true;
        }
    }
}

static void send_next(bench *b, uint8_t what)
{
    const unsigned n_new = 1 + (what & 7);
    const unsigned n_old = b->n < 16 ? b->n : 16;
    const uint8_t *frames[WZP_BUNDLE2_OLD_MAX + WZP_BUNDLE2_NEW_MAX];
    if (b->n + n_new > FRAMES || n_old == 0) {
        b->n += b->n == 0;
        return;
    }
    const uint8_t p = fuzz_u8(&b->in) % 16;
    for (unsigned i = 0; i < n_old + n_new; i++) {
        frames[i] = b->frame[b->n - n_old + i];
    }
    const wzp_bundle2 x = {
        .seq = (uint16_t)(b->base + b->n),
        .n_old = (uint8_t)n_old,
        .n_new = (uint8_t)n_new,
        .frame_len = LEN,
        .row = b->row,
        .n_parity = (uint8_t)(1 + (p < n_old ? p : n_old - 1)),
    };
    sent s = {.seq = x.seq};
    require(wzp_bundle2_encode(&x, frames, s.data, BUNDLE_MAX, &s.len) ==
            WZP_OK);
    b->row = (uint8_t)((b->row + x.n_parity) % WZP_BUNDLE2_ROWS);
    b->n += n_new;
    if ((what & 8) != 0) {
        give(b, &s);
    } else if ((what & 16) != 0 && b->n_waiting < WAITING) {
        b->waiting[b->n_waiting++] = s;
    } /* else it is lost */
}

static void step(bench *b)
{
    const uint8_t op = fuzz_u8(&b->in);
    sent s = {0};
    switch (op >> 6) {
    case 0:
    case 1: send_next(b, op); break;
    case 2:
        if (b->n_waiting > 0) {
            give(b, &b->waiting[0]);
            memmove(b->waiting, b->waiting + 1,
                    --b->n_waiting * sizeof b->waiting[0]);
        }
        break;
    default:
        b->is_honest = false;
        if (op == 0xFF) {
            wzp_window_reset(b->w);
            break;
        }
        s.seq = (uint16_t)(b->base + b->n + (op & 31));
        const wzp_bytes any = fuzz_bytes(&b->in, (size_t)fuzz_u8(&b->in));
        s.len = any.len;
        memcpy(s.data, any.ptr, any.len);
        give(b, &s);
        break;
    }
    collect(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bench b;
    const wzp_mem mem = wzp_mem_default();
    memset(&b, 0, sizeof b);
    b.in = (fuzz_in){data, size};
    b.is_honest = true;
    b.base = fuzz_u16(&b.in);
    for (size_t i = 0; i < FRAMES; i++) {
        for (size_t k = 0; k < LEN; k++) {
            b.frame[i][k] = (uint8_t)(i * 31 + k * 7 + (i >> 5));
        }
    }
    require(wzp_window_new(&b.w, &mem) == WZP_OK);
    for (int i = 0; i < STEPS && b.in.left > 0; i++) {
        step(&b);
    }
    wzp_window_free(b.w);
    return 0;
}
