/* SPDX-License-Identifier: MIT */
/* See tap.h.
 *
 * A receiver makes sound in pieces: it asks its jitter buffer, decodes or
 * fills, perhaps stretches, and plays the piece in ticks. So the pieces wait in
 * a queue here, and each tick takes 10 ms of it. The stretcher cuts or repeats
 * at one spot and copies the rest; where, is found by looking.
 */
#include "bench/voice/tap.h"

#include "support/codec_wrap.h"
#include "support/world/world_parts.h"
#include "voice/receiver_parts.h"

#include <wzp/codec/stretch.h>
#include <wzp/proto/jitter.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS_MAX 64
#define SEARCH     500 /* frames back: 10 s */
#define PER_MS     (VOICE_RATE / 1000)

/* Sound made and not yet played. */
typedef struct block {
    size_t n; /* samples */
    bool is_speech;
    double from, to; /* media time, ms */
    size_t again;    /* n 0: the last so many samples played stand for this as
                        well, as a period that was cut out is like its
                        neighbour */
} block;

/* What the stretcher copied before and behind the spot it changed. */
typedef struct copied {
    size_t before, behind;
} copied;

static struct {
    wzp_world *w;
    wzp_node talker, listener;
    const voice_material *m;
    voice_take *take;
    voice_tap_check check;
    wzp_codec_id codec;
    bool has_origin;   /* known by the first packet that arrived: */
    int64_t origin_ms; /* media time of sample 0 of the material */
    bool has_clock;
    int64_t clock_ns;    /* world time at which sample 0 was spoken */
    wzp_jitter_out last; /* answer of the jitter buffer */
    copied copied;
    block queue[BLOCKS_MAX];
    size_t n_queue;
} tap;

void voice_tap_begin(wzp_world *w, wzp_node talker, wzp_node listener,
                     const voice_material *m, voice_take *take)
{
    voice_take_free(take);
    const wzp_codec_id codec = tap.codec; /* encoders are older than this */
    memset(&tap, 0, sizeof tap);
    tap.codec = codec;
    tap.w = w;
    tap.talker = talker;
    tap.listener = listener;
    tap.m = m;
    tap.take = take;
}

voice_tap_check voice_tap_end(void)
{
    size_t n = 0;
    const int16_t *heard = wzp_world_heard(tap.w, tap.listener, &n);
    voice_take_heard(tap.take, heard, n);
    for (size_t i = 0; i < tap.take->n_pieces; i++) {
        tap.take->played_ns[i] -= tap.clock_ns;
    }
    tap.w = NULL;
    return tap.check;
}

size_t voice_tap_spoken(void)
{
    return tap.w->nodes[tap.talker]->in_at;
}

/* Sample of the material at this media time. */
static int64_t sample_at(double media_ms)
{
    return (int64_t)llround((media_ms - (double)tap.origin_ms) * PER_MS);
}

/* --- the talker --- */

wzp_err __real_wzp_encoder_new(wzp_encoder **out,
                               const wzp_encoder_config *cfg);
wzp_err __wrap_wzp_encoder_new(wzp_encoder **out,
                               const wzp_encoder_config *cfg);
wzp_err __wrap_wzp_encoder_new(wzp_encoder **out, const wzp_encoder_config *cfg)
{
    tap.codec = cfg->codec;
    return __real_wzp_encoder_new(out, cfg);
}

wzp_err __real_wzp_encoder_set(wzp_encoder *enc, wzp_codec_id codec,
                               uint8_t frame_ms, wzp_redundancy redundancy,
                               uint8_t loss_pct);
wzp_err __wrap_wzp_encoder_set(wzp_encoder *enc, wzp_codec_id codec,
                               uint8_t frame_ms, wzp_redundancy redundancy,
                               uint8_t loss_pct);
wzp_err __wrap_wzp_encoder_set(wzp_encoder *enc, wzp_codec_id codec,
                               uint8_t frame_ms, wzp_redundancy redundancy,
                               uint8_t loss_pct)
{
    const wzp_err e =
        __real_wzp_encoder_set(enc, codec, frame_ms, redundancy, loss_pct);
    if (e == WZP_OK && tap.w != NULL && tap.w->acting == tap.talker) {
        tap.codec = codec;
    }
    return e;
}

wzp_err __wrap_wzp_encoder_encode(wzp_encoder *enc, const int16_t *pcm,
                                  size_t samples, uint8_t *out, size_t cap,
                                  size_t *out_len)
{
    const wzp_err e =
        __real_wzp_encoder_encode(enc, pcm, samples, out, cap, out_len);
    if (tap.w == NULL || e != WZP_OK || *out_len == 0) {
        return e;
    }
    const size_t spoken = tap.w->nodes[tap.talker]->in_at;
    voice_frame *f = voice_take_frame(tap.take);
    f->at = (int64_t)spoken - (int64_t)samples;
    f->n = (uint32_t)samples;
    f->codec = tap.codec;
    f->len = (uint16_t)*out_len;
    memcpy(f->data, out, *out_len);
    if (!tap.has_clock) {
        tap.has_clock = true;
        tap.clock_ns = (int64_t)tap.w->now - (int64_t)spoken * 1000000 / PER_MS;
    }
    if (f->at < 0 ||
        memcmp(pcm, tap.m->pcm + f->at, samples * sizeof *pcm) != 0) {
        tap.check.bad_input++;
    }
    return e;
}

/* --- the listener's buffer --- */

static bool is_of(const voice_frame *f, const wzp_jitter_in *in)
{
    return f->len == in->len && memcmp(f->data, in->data, in->len) == 0;
}

static voice_frame *sent_as(const wzp_jitter_in *in)
{
    if (tap.has_origin) {
        voice_frame *f = voice_take_find(tap.take, sample_at(in->timestamp));
        if (f != NULL && is_of(f, in)) {
            return f;
        }
    }
    for (size_t i = 0; i < SEARCH && i < tap.take->n_frames; i++) {
        voice_frame *f = &tap.take->frames[tap.take->n_frames - 1 - i];
        if (is_of(f, in)) {
            return f;
        }
    }
    return NULL;
}

static void note_arrival(const wzp_jitter_in *in)
{
    voice_frame *f = sent_as(in);
    if (f == NULL || in->is_repair) {
        return;
    }
    f->has_arrived = true;
    const int64_t origin = (int64_t)in->timestamp - f->at / PER_MS;
    if (!tap.has_origin) {
        tap.has_origin = true;
        tap.origin_ms = origin;
    }
    tap.check.bad_stamp += origin != tap.origin_ms;
}

wzp_err __real_wzp_jitter_insert(wzp_jitter *jb, wzp_tstamp now,
                                 const wzp_jitter_in *in);
wzp_err __wrap_wzp_jitter_insert(wzp_jitter *jb, wzp_tstamp now,
                                 const wzp_jitter_in *in);
wzp_err __wrap_wzp_jitter_insert(wzp_jitter *jb, wzp_tstamp now,
                                 const wzp_jitter_in *in)
{
    const wzp_err e = __real_wzp_jitter_insert(jb, now, in);
    if (tap.w != NULL && e == WZP_OK && in->len > 0) {
        note_arrival(in);
    }
    return e;
}

void __real_wzp_jitter_next(wzp_jitter *jb, wzp_tstamp now, uint8_t tick_ms,
                            wzp_jitter_out *out);
void __wrap_wzp_jitter_next(wzp_jitter *jb, wzp_tstamp now, uint8_t tick_ms,
                            wzp_jitter_out *out);
void __wrap_wzp_jitter_next(wzp_jitter *jb, wzp_tstamp now, uint8_t tick_ms,
                            wzp_jitter_out *out)
{
    __real_wzp_jitter_next(jb, now, tick_ms, out);
    tap.last = *out;
}

/* --- its decoder --- */

/* As on the wire: the buffer extends stamps, from where is its own affair. */
static double stamp(int64_t extended_ms)
{
    return (uint32_t)extended_ms;
}

static void set_fate(double from_ms, double to_ms, voice_fate fate)
{
    for (double ms = from_ms + 5; ms < to_ms; ms += 10) {
        voice_frame *f = voice_take_find(tap.take, sample_at(ms));
        if (f != NULL) {
            f->fate = fate;
        }
    }
}

wzp_err __wrap_wzp_decoder_decode(wzp_decoder *dec, wzp_codec_id codec,
                                  const uint8_t *frame, size_t len,
                                  int16_t *pcm, size_t cap, size_t *samples)
{
    const wzp_err e =
        __real_wzp_decoder_decode(dec, codec, frame, len, pcm, cap, samples);
    if (tap.w != NULL && e == WZP_OK && tap.last.result == WZP_JITTER_FRAME) {
        const double from = stamp(tap.last.frame.timestamp);
        const double to = from + (double)*samples / PER_MS;
        set_fate(from, to,
                 tap.last.frame.is_repair ? VOICE_COPY : VOICE_DIRECT);
    }
    return e;
}

static voice_fate fate_of(wzp_rebuilt how)
{
    switch (how) {
    case WZP_REBUILT_LBRR: return VOICE_LBRR;
    case WZP_REBUILT_DRED: return VOICE_DRED;
    case WZP_REBUILT_CONCEALED: break;
    }
    return VOICE_CONCEALED;
}

wzp_err __wrap_wzp_decoder_fill(wzp_decoder *dec, size_t samples,
                                wzp_codec_id next_codec, const uint8_t *next,
                                size_t next_len, size_t ahead, int16_t *pcm,
                                wzp_rebuilt *how)
{
    const wzp_err e = __real_wzp_decoder_fill(dec, samples, next_codec, next,
                                              next_len, ahead, pcm, how);
    if (tap.w == NULL) {
        return e;
    }
    const bool is_hole = tap.last.result == WZP_JITTER_HOLE;
    const double from = stamp(tap.last.timestamp);
    const double to = from + (double)samples / PER_MS;
    if (is_hole) {
        set_fate(from, to, e == WZP_OK ? fate_of(*how) : VOICE_CONCEALED);
    }
    return e;
}

/* --- its playing --- */

static void add_block(const block *b)
{
    if (tap.n_queue == BLOCKS_MAX) {
        abort();
    }
    tap.queue[tap.n_queue++] = *b;
}

static void add(size_t n, bool is_speech, double from_ms, double to_ms)
{
    if (n > 0) {
        add_block(&(block){n, is_speech, from_ms, to_ms, 0});
    }
}

/* Between two copies: n samples played for `said` that were spoken, from
 * from_ms on. */
static void add_spot(size_t n, size_t said, double from_ms)
{
    const size_t both = n < said ? n : said;
    const double mid = from_ms + (double)both / PER_MS;
    add(both, true, from_ms, mid);
    add(n - both, false, 0, 0);
    if (said > both) {
        const size_t again = said - both;
        add_block(&(block){0, true, mid, mid + (double)again / PER_MS, again});
    }
}

/* The receiver's own account against the frame or the hole it asked for. */
static void check_media(double from_ms)
{
    const bool is_hole = tap.last.result == WZP_JITTER_HOLE;
    const double asked =
        stamp(is_hole ? tap.last.timestamp : tap.last.frame.timestamp);
    if (is_hole || tap.last.result == WZP_JITTER_FRAME) {
        const double off = fabs(from_ms - asked);
        tap.check.bad_media += off > 1;
        tap.check.worst_media_ms = fmax(tap.check.worst_media_ms, off);
    }
}

static void add_speech(const wzp__receiver *r)
{
    const double from = fmod((double)r->media_us / 1000, 0x1p32);
    const double to = from + (double)r->media_span_us / 1000;
    const copied *c = &tap.copied;
    check_media(from);
    if (c->before + c->behind == 0 || c->before + c->behind > r->len) {
        add(r->len, to > from, from, to);
        return;
    }
    const double cut = from + (double)c->before / PER_MS;
    const double rest = to - (double)c->behind / PER_MS;
    add(c->before, true, from, cut);
    add_spot(r->len - c->before - c->behind,
             rest > cut ? (size_t)llround((rest - cut) * PER_MS) : 0, cut);
    add(c->behind, true, rest, to);
}

void __real_wzp__receiver_make(wzp__receiver *r, wzp_tstamp now, size_t left);
void __wrap_wzp__receiver_make(wzp__receiver *r, wzp_tstamp now, size_t left);
void __wrap_wzp__receiver_make(wzp__receiver *r, wzp_tstamp now, size_t left)
{
    tap.copied = (copied){0};
    __real_wzp__receiver_make(r, now, left);
    if (tap.w == NULL) {
        return;
    }
    if (r->media_us < 0) {
        add(r->len, false, 0, 0);
    } else {
        add_speech(r);
    }
}

static void drop_first(void)
{
    memmove(tap.queue, tap.queue + 1, --tap.n_queue * sizeof tap.queue[0]);
}

/* Played is what ends at `at`. */
static void play_again(size_t at)
{
    const block *b = &tap.queue[0];
    const wzp_piece piece = {.at = at - b->again,
                             .n = b->again,
                             .from = sample_at(b->from),
                             .to = sample_at(b->from) + (int64_t)b->again};
    if (tap.has_origin && b->again <= at) {
        voice_take_piece(tap.take, &piece, (int64_t)tap.w->now);
    }
    drop_first();
}

/* The first n samples of the queue, played from `at` on. */
static void play(size_t at, size_t n)
{
    block *b = &tap.queue[0];
    const double share = (double)n / (double)b->n;
    const double mid = b->from + (b->to - b->from) * share;
    wzp_piece piece = {.at = at, .n = n};
    if (b->is_speech && tap.has_origin) {
        piece.from = sample_at(b->from);
        piece.to = sample_at(mid);
    }
    const size_t tick_at = at - tap.w->nodes[tap.listener]->heard_len;
    voice_take_piece(tap.take, &piece,
                     (int64_t)tap.w->now + (int64_t)tick_at * 1000000 / PER_MS);
    b->from = mid;
    b->n -= n;
    if (b->n == 0) {
        drop_first();
    }
}

bool __real_wzp__receiver_read(wzp__receiver *r, wzp_tstamp now,
                               int16_t out[WZP_AUDIO_TICK_SAMPLES]);
bool __wrap_wzp__receiver_read(wzp__receiver *r, wzp_tstamp now,
                               int16_t out[WZP_AUDIO_TICK_SAMPLES]);
bool __wrap_wzp__receiver_read(wzp__receiver *r, wzp_tstamp now,
                               int16_t out[WZP_AUDIO_TICK_SAMPLES])
{
    if (tap.w == NULL || tap.w->acting != tap.listener) {
        return __real_wzp__receiver_read(r, now, out);
    }
    const bool any = __real_wzp__receiver_read(r, now, out);
    size_t at = tap.w->nodes[tap.listener]->heard_len;
    const size_t end = at + WZP_AUDIO_TICK_SAMPLES;
    while (tap.n_queue > 0 && (at < end || tap.queue[0].n == 0)) {
        if (tap.queue[0].n == 0) {
            play_again(at);
            continue;
        }
        const size_t left = tap.queue[0].n;
        const size_t n = left < end - at ? left : end - at;
        play(at, n);
        at += n;
    }
    return any;
}

static copied look_for_spot(const int16_t *in, size_t n, const int16_t *out,
                            size_t n_out)
{
    const size_t least = n < n_out ? n : n_out;
    copied c = {0};
    while (c.before < least && in[c.before] == out[c.before]) {
        c.before++;
    }
    while (c.before + c.behind < least &&
           in[n - 1 - c.behind] == out[n_out - 1 - c.behind]) {
        c.behind++;
    }
    return c;
}

wzp_err __real_wzp_stretch_process(wzp_stretch *s, const int16_t *in, size_t n,
                                   int32_t want, int16_t *out, size_t cap,
                                   size_t *n_out, int32_t *done);
wzp_err __wrap_wzp_stretch_process(wzp_stretch *s, const int16_t *in, size_t n,
                                   int32_t want, int16_t *out, size_t cap,
                                   size_t *n_out, int32_t *done);
wzp_err __wrap_wzp_stretch_process(wzp_stretch *s, const int16_t *in, size_t n,
                                   int32_t want, int16_t *out, size_t cap,
                                   size_t *n_out, int32_t *done)
{
    const wzp_err e =
        __real_wzp_stretch_process(s, in, n, want, out, cap, n_out, done);
    if (tap.w != NULL && e == WZP_OK && *done != 0) {
        tap.copied = look_for_spot(in, n, out, *n_out);
    }
    return e;
}
