/* SPDX-License-Identifier: MIT */
/* A jitter buffer under any order of frames, times and readings. Numbers given
 * out never go back, no frame comes out twice, every answer fills time, and the
 * figures add up. Records: op, then
 *
 *   insert  seq u16 (a difference to the last), timestamp difference u8, flags
 *   next    how many ticks; every answer is stretched as wished, or half so
 *   other   time passes, or a tick begins, or the reach changes, or reset
 */
#include "fuzz/fuzz.h"

#include <wzp/proto/jitter.h>

typedef struct bench {
    wzp_jitter *jb;
    fuzz_in in;
    wzp_tstamp now;
    uint16_t seq;
    uint32_t timestamp;
    uint64_t restarts; /* numbers begin anew with a restart or a reset */
    int64_t last;      /* number given out */
    bool has_last;
    uint64_t played;
} bench;

static wzp_jitter_stats stats_of(const bench *b)
{
    wzp_jitter_stats s = {.size = sizeof s};
    wzp_jitter_stats_get(b->jb, &s);
    return s;
}

static void forget_order(bench *b)
{
    b->has_last = false;
}

static void insert(bench *b)
{
    static const uint8_t bytes[64];
    b->seq = (uint16_t)(b->seq + fuzz_u16(&b->in));
    b->timestamp += fuzz_u8(&b->in) * 5u;
    const uint8_t flags = fuzz_u8(&b->in);
    const wzp_jitter_in frame = {
        .seq = b->seq,
        .timestamp = b->timestamp,
        .codec = flags & 7,
        .frame_ms = (flags & 8) != 0 ? (uint8_t)(flags >> 1) : 20,
        .is_repair = (flags & 0x80) != 0,
        .is_follower = (flags & 0x40) != 0,
        .data = bytes,
        .len = flags & 63,
    };
    const wzp_err e = wzp_jitter_insert(b->jb, b->now, &frame);
    REQUIRE_ONE_OF(e, WZP_ERR_LATE, WZP_ERR_DUP, WZP_ERR_FULL, WZP_ERR_ARG);
    if (stats_of(b).restarts != b->restarts) {
        b->restarts = stats_of(b).restarts;
        forget_order(b);
    }
}

static void check_number(bench *b, int64_t seq)
{
    require(!b->has_last || seq > b->last);
    b->last = seq;
    b->has_last = true;
}

static void check_answer(bench *b, const wzp_jitter_out *out, uint8_t tick)
{
    wzp_jitter_frame held;
    require(out->fill_ms > 0);
    switch (out->result) {
    case WZP_JITTER_FRAME:
        require(out->frame.data.len <= WZP_FRAME_MAX);
        require(out->fill_ms == out->frame.frame_ms);
        check_number(b, out->frame.seq);
        b->played++;
        break;
    case WZP_JITTER_HOLE:
        require(out->ahead >= 1);
        check_number(b, out->seq);
        require(wzp_jitter_peek(b->jb, 0, &held));
        require(held.seq == out->seq + out->ahead);
        break;
    case WZP_JITTER_WAIT:
    case WZP_JITTER_SILENCE: require(out->fill_ms <= tick); break;
    case WZP_JITTER_EMPTY: require(out->fill_ms == tick); break;
    case WZP_JITTER_EXPAND: break;
    }
    require(out->stretch_ms < out->fill_ms && -out->stretch_ms < out->fill_ms);
}

static void play(bench *b, uint8_t ticks)
{
    const uint8_t tick = (ticks & 128) != 0 ? 10 : 20;
    for (unsigned i = 0; i < (ticks & 31u) + 1; i++) {
        wzp_jitter_out out;
        wzp_jitter_next(b->jb, b->now, tick, &out);
        check_answer(b, &out, tick);
        const int wish = (ticks & 64) != 0 ? out.stretch_ms : 0;
        b->now += (uint64_t)(out.fill_ms + wish) * WZP_MS;
    }
    const wzp_jitter_stats s = stats_of(b);
    require(s.played == b->played && s.played <= s.received);
    require(s.never_came <= s.lost && s.wait_ms <= s.target_ms);
    require(s.played + s.dropped <= s.received);
}

static void step(bench *b)
{
    const uint8_t op = fuzz_u8(&b->in);
    switch (op & 3) {
    case 0:
    case 1: insert(b); break;
    case 2: play(b, fuzz_u8(&b->in)); break;
    default:
        if ((op & 0xC0) == 0xC0) {
            wzp_jitter_reset(b->jb);
            forget_order(b);
        } else if ((op & 0x80) != 0) {
            wzp_jitter_set_reach(b->jb, (uint16_t)((op >> 2) * 60));
            wzp_jitter_set_tick(b->jb, b->now);
        } else {
            b->now += (op >> 2) * WZP_MS * 7;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const wzp_mem mem = wzp_mem_default();
    bench b = {.in = {data, size}, .now = WZP_S};
    wzp_jitter_config cfg;
    wzp_jitter_config_default(&cfg);
    cfg.slots = (uint16_t)(8 + (fuzz_u8(&b.in) & 63));
    cfg.max_delay_ms = (uint16_t)(100 + fuzz_u8(&b.in));
    require(wzp_jitter_new(&b.jb, &mem, &cfg) == WZP_OK);
    for (int i = 0; i < 500 && b.in.left > 0; i++) {
        step(&b);
    }
    wzp_jitter_frame held;
    size_t n = 0;
    while (wzp_jitter_peek(b.jb, n, &held)) {
        require(++n <= cfg.slots);
    }
    wzp_jitter_free(b.jb);
    return 0;
}
