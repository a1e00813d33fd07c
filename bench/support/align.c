/* SPDX-License-Identifier: MIT */
/* Coarse, then fine. Coarse: both signals become envelopes of one value per
 * millisecond, which survive any codec, and are correlated over the whole
 * range of delays. Fine: the waveforms are correlated a few milliseconds
 * either side of the coarse delay; where they do not match (a parametric
 * codec) the coarse delay stands. Where two neighbouring segments disagree,
 * the border between them moves to where the delay really changed.
 */
#include "bench/support/align.h"

#include "bench/support/stoi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ENVELOPE_HZ = 1000,
    FINE_MS = 6, /* chosen: codecs smear an envelope by less */
    FINE_MAX_MS =
        4000, /* chosen: enough to be sure, little enough to be fast */
};

static const double FINE_LIKENESS = 0.5;    /* chosen: waveforms match */
static const double SETTLE_LIKENESS = 0.3;  /* chosen: half of one matches */
static const double MOVE_LIKENESS = 0.05;   /* chosen: better than before */
static const double SEGMENT_LIKENESS = 0.4; /* chosen: envelopes match */
static const double SILENCE = 0.01;         /* -40 dB, as in STOI */

typedef struct envelope {
    double *v;
    size_t n;
    double loudest;
} envelope;

/* ---- envelopes --------------------------------------------------------- */

static size_t ms_of(size_t samples, int rate)
{
    return samples * ENVELOPE_HZ / (size_t)rate;
}

static size_t samples_of(size_t ms, int rate)
{
    return ms * (size_t)rate / ENVELOPE_HZ;
}

static double mean_level(const int16_t *x, size_t from, size_t to)
{
    double sum = 0;
    for (size_t i = from; i < to; i++) {
        sum += abs(x[i]);
    }
    return sum / (double)(to - from);
}

/* Mean level of each millisecond, smoothed over three. */
static bool envelope_init(envelope *e, const int16_t *x, size_t n, int rate)
{
    *e = (envelope){.n = ms_of(n, rate)};
    if (e->n == 0) {
        return false;
    }
    e->v = malloc(e->n * sizeof(*e->v));
    if (e->v == NULL) {
        return false;
    }
    for (size_t i = 0; i < e->n; i++) {
        e->v[i] = mean_level(x, samples_of(i, rate), samples_of(i + 1, rate));
    }
    double before = e->v[0];
    for (size_t i = 0; i < e->n; i++) {
        const double here = e->v[i];
        const double after = i + 1 < e->n ? e->v[i + 1] : here;
        e->v[i] = before / 4 + here / 2 + after / 4;
        e->loudest = fmax(e->loudest, e->v[i]);
        before = here;
    }
    return true;
}

static void envelope_deinit(envelope *e)
{
    free(e->v);
    *e = (envelope){0};
}

static double mean_of(const envelope *e, size_t from, size_t to)
{
    double sum = 0;
    for (size_t i = from; i < to; i++) {
        sum += e->v[i];
    }
    return sum / (double)(to - from);
}

/* ---- coarse ------------------------------------------------------------ */

/* Correlation coefficient of ref[from..to) and rec moved by `delay` (ms), for
 * which silence stands outside the recording. */
static double envelope_likeness(const envelope *ref, size_t from, size_t to,
                                const envelope *rec, ptrdiff_t delay)
{
    const double n = (double)(to - from);
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0;

    for (size_t i = from; i < to; i++) {
        const ptrdiff_t at = (ptrdiff_t)i + delay;
        const double a = ref->v[i];
        const double b = at >= 0 && (size_t)at < rec->n ? rec->v[at] : 0;
        x += a;
        y += b;
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    const double var = (xx - x * x / n) * (yy - y * y / n);
    return var > 0 ? (xy - x * y / n) / sqrt(var) : 0;
}

/* The best delay in [least, most], ms; the earliest of equals. */
static ptrdiff_t coarse_find(const envelope *ref, size_t from, size_t to,
                             const envelope *rec, ptrdiff_t least,
                             ptrdiff_t most, double *score)
{
    ptrdiff_t best = least;
    *score = -1;
    for (ptrdiff_t d = least; d <= most; d++) {
        const double likeness = envelope_likeness(ref, from, to, rec, d);
        if (likeness > *score) {
            *score = likeness;
            best = d;
        }
    }
    return best;
}

/* ---- fine -------------------------------------------------------------- */

static size_t clamp(ptrdiff_t at, size_t most)
{
    return at < 0 ? 0 : (size_t)at > most ? most : (size_t)at;
}

static double rec_at(const wzp_align_in *in, ptrdiff_t i)
{
    return i >= 0 && (size_t)i < in->n_rec ? in->rec[i] : 0;
}

static double wave_product(const wzp_align_in *in, size_t from, size_t to,
                           ptrdiff_t delay)
{
    /* the part of [from, to) whose counterpart was recorded */
    const ptrdiff_t end = (ptrdiff_t)in->n_rec - delay;
    const ptrdiff_t lo = -delay > (ptrdiff_t)from ? -delay : (ptrdiff_t)from;
    const ptrdiff_t hi = end < (ptrdiff_t)to ? end : (ptrdiff_t)to;
    int64_t sum = 0;

    for (ptrdiff_t i = lo; i < hi; i++) {
        sum += in->ref[i] * in->rec[i + delay];
    }
    return (double)sum;
}

static double wave_energy(const int16_t *x, size_t from, size_t to)
{
    double sum = 0;
    for (size_t i = from; i < to; i++) {
        sum += (double)x[i] * x[i];
    }
    return sum;
}

/* Correlation of ref[from..to) and rec moved by `delay`. */
static double wave_likeness(const wzp_align_in *in, size_t from, size_t to,
                            ptrdiff_t delay)
{
    const double xx = wave_energy(in->ref, from, to);
    const double yy =
        wave_energy(in->rec, clamp((ptrdiff_t)from + delay, in->n_rec),
                    clamp((ptrdiff_t)to + delay, in->n_rec));
    return wave_product(in, from, to, delay) / (sqrt(xx * yy) + 1);
}

/* Moves *delay, by FINE_MS at most, to where the waveforms of ref[from..to)
 * match best. False, and *delay as it was: they do not match. */
static bool fine_find(const wzp_align_in *in, size_t from, size_t to,
                      ptrdiff_t *delay)
{
    const ptrdiff_t reach = (ptrdiff_t)samples_of(FINE_MS, in->rate);
    const ptrdiff_t near = *delay;
    const double xx = wave_energy(in->ref, from, to);
    double yy =
        wave_energy(in->rec, clamp((ptrdiff_t)from + near - reach, in->n_rec),
                    clamp((ptrdiff_t)to + near - reach, in->n_rec));
    double best = FINE_LIKENESS;

    for (ptrdiff_t d = near - reach; d <= near + reach; d++) {
        const double likeness =
            wave_product(in, from, to, d) / (sqrt(xx * yy) + 1);
        if (likeness > best) {
            best = likeness;
            *delay = d;
        }
        const double out = rec_at(in, (ptrdiff_t)from + d);
        const double next = rec_at(in, (ptrdiff_t)to + d);
        yy += next * next - out * out;
    }
    return best > FINE_LIKENESS;
}

/* ---- the global delay -------------------------------------------------- */

static ptrdiff_t floor_ms(ptrdiff_t samples, int rate)
{
    return (ptrdiff_t)floor((double)samples * ENVELOPE_HZ / rate);
}

static ptrdiff_t samples_near(ptrdiff_t ms, int rate)
{
    return (ptrdiff_t)lround((double)ms * rate / ENVELOPE_HZ);
}

static bool envelopes_init(const wzp_align_in *in, envelope *ref, envelope *rec)
{
    *ref = *rec = (envelope){0};
    return in->rate >= ENVELOPE_HZ && in->min_delay <= in->max_delay &&
           envelope_init(ref, in->ref, in->n_ref, in->rate) &&
           envelope_init(rec, in->rec, in->n_rec, in->rate) &&
           ref->loudest > 0 && rec->loudest > 0;
}

static ptrdiff_t global_find(const wzp_align_in *in, const envelope *ref,
                             const envelope *rec, double *score)
{
    const ptrdiff_t ms =
        coarse_find(ref, 0, ref->n, rec, floor_ms(in->min_delay, in->rate),
                    floor_ms(in->max_delay, in->rate), score);
    return samples_near(ms, in->rate);
}

bool wzp_align_find(const wzp_align_in *in, ptrdiff_t *delay, double *score)
{
    envelope ref, rec;
    const bool is_ok = envelopes_init(in, &ref, &rec);
    if (is_ok) {
        *delay = global_find(in, &ref, &rec, score);
    }
    envelope_deinit(&ref);
    envelope_deinit(&rec);
    return is_ok;
}

/* ---- segments ---------------------------------------------------------- */

/* The first sound of the recording, in ms. */
static size_t first_sound(const envelope *rec)
{
    size_t i = 0;
    while (i < rec->n && rec->v[i] <= rec->loudest * SILENCE) {
        i++;
    }
    return i;
}

/* Cuts start..end into segments of `len` samples, the rest joins the last. */
static bool cut(wzp_align *a, size_t len)
{
    const size_t total = a->end - a->start;
    a->n_segments = total / len > 0 ? total / len : 1;
    a->segments = calloc(a->n_segments, sizeof(*a->segments));
    if (a->segments == NULL) {
        return false;
    }
    for (size_t i = 0; i < a->n_segments; i++) {
        a->segments[i].start = a->start + i * len;
        a->segments[i].end = a->start + (i + 1) * len;
    }
    a->segments[a->n_segments - 1].end = a->end;
    return true;
}

/* `before` is the delay of the segment before (the global one for the first),
 * which stays unless another one is clearly better: an envelope's peak is
 * flat, a jitter buffer's steps are not small. */
static void segment_find(const wzp_align_in *in, const envelope *ref,
                         const envelope *rec, const wzp_align *a,
                         ptrdiff_t before, int spread_ms, wzp_align_segment *s)
{
    const size_t from = ms_of(s->start, in->rate);
    const size_t to = ms_of(s->end, in->rate);
    const size_t most = s->start + samples_of(FINE_MAX_MS, in->rate);
    const ptrdiff_t middle = floor_ms(a->delay, in->rate);
    const ptrdiff_t stay = floor_ms(before, in->rate);

    s->is_inherited = true;
    if (to <= from || mean_of(ref, from, to) < ref->loudest * SILENCE) {
        return;
    }
    const ptrdiff_t best = coarse_find(ref, from, to, rec, middle - spread_ms,
                                       middle + spread_ms, &s->score);
    if (s->score < SEGMENT_LIKENESS) {
        return;
    }
    const double stayed = envelope_likeness(ref, from, to, rec, stay);
    const bool is_moving = stayed < s->score - MOVE_LIKENESS;
    s->delay = is_moving ? samples_near(best, in->rate) : before;
    s->is_exact =
        fine_find(in, s->start, s->end < most ? s->end : most, &s->delay);
    s->is_inherited = false;
}

static void segments_find(const wzp_align_in *in, const envelope *ref,
                          const envelope *rec, int spread_ms, wzp_align *a)
{
    ptrdiff_t before = a->delay;
    for (size_t i = 0; i < a->n_segments; i++) {
        segment_find(in, ref, rec, a, before, spread_ms, &a->segments[i]);
        if (!a->segments[i].is_inherited) {
            before = a->segments[i].delay;
        }
    }
}

/* Gives `s` the delay of `neighbour` where its waveform matches that better
 * than `best`. */
static void settle_as(const wzp_align_in *in, wzp_align_segment *s,
                      const wzp_align_segment *neighbour, double *best)
{
    const double likeness =
        wave_likeness(in, s->start, s->end, neighbour->delay);
    if (likeness > *best) {
        *best = likeness;
        s->delay = neighbour->delay;
        s->is_exact = true;
        s->is_inherited = false;
    }
}

/* A segment in which the delay changed may match nowhere: its envelope fits
 * best in between. It takes the delay of that neighbour whose waveform it
 * matches better; move_borders then gives each its part. */
static void settle(const wzp_align_in *in, wzp_align *a)
{
    for (size_t i = 0; i < a->n_segments; i++) {
        wzp_align_segment *s = &a->segments[i];
        double best = SETTLE_LIKENESS;
        if (s->is_exact) {
            continue;
        }
        if (i > 0 && s[-1].is_exact) {
            settle_as(in, s, &s[-1], &best);
        }
        if (i + 1 < a->n_segments && s[1].is_exact) {
            settle_as(in, s, &s[1], &best);
        }
    }
}

/* A segment without a delay of its own takes that of the one before, or of the
 * first one behind it that has one. */
static void inherit(wzp_align *a)
{
    ptrdiff_t delay = a->delay;
    for (size_t i = a->n_segments; i-- > 0;) {
        if (!a->segments[i].is_inherited) {
            delay = a->segments[i].delay;
        }
    }
    for (size_t i = 0; i < a->n_segments; i++) {
        if (a->segments[i].is_inherited) {
            a->segments[i].delay = delay;
        }
        delay = a->segments[i].delay;
    }
}

/* Moves the border of two segments to where, with the delay of the one before
 * it and that of the other behind it, the recording differs least from the
 * reference. */
static void move_border(const wzp_align_in *in, wzp_align_segment *before,
                        wzp_align_segment *after)
{
    double xy = 0, yy = 0;
    for (size_t i = before->start; i < after->end; i++) {
        const ptrdiff_t d = i < after->start ? before->delay : after->delay;
        const double y = rec_at(in, (ptrdiff_t)i + d);
        xy += in->ref[i] * y;
        yy += y * y;
    }
    const double gain = yy > 0 ? xy / yy : 0;
    double gained = 0, best = 0;
    size_t border = before->start;

    for (size_t i = before->start; i < after->end; i++) {
        const double with_before =
            in->ref[i] - gain * rec_at(in, (ptrdiff_t)i + before->delay);
        const double with_after =
            in->ref[i] - gain * rec_at(in, (ptrdiff_t)i + after->delay);
        gained += with_after * with_after - with_before * with_before;
        if (gained > best) {
            best = gained;
            border = i + 1;
        }
    }
    before->end = after->start = border;
}

static void move_borders(const wzp_align_in *in, wzp_align *a)
{
    const ptrdiff_t least = (ptrdiff_t)samples_of(1, in->rate);
    for (size_t i = 0; i + 1 < a->n_segments; i++) {
        wzp_align_segment *s = &a->segments[i];
        const ptrdiff_t step = s[1].delay - s[0].delay;
        const bool is_exact = s[0].is_exact && s[1].is_exact;
        if (is_exact && (step > least || step < -least)) {
            move_border(in, &s[0], &s[1]);
        }
    }
}

bool wzp_align_track(const wzp_align_in *in, int segment_ms, int spread_ms,
                     wzp_align *out)
{
    envelope ref, rec;
    bool is_ok = false;

    *out = (wzp_align){0};
    if (!envelopes_init(in, &ref, &rec) || segment_ms <= 0 || spread_ms < 0) {
        goto done;
    }
    out->delay = global_find(in, &ref, &rec, &out->score);
    const size_t sound = samples_of(first_sound(&rec), in->rate);
    out->start = clamp((ptrdiff_t)sound - out->delay, in->n_ref);
    out->end = clamp((ptrdiff_t)in->n_rec - out->delay, in->n_ref);
    if (out->end <= out->start ||
        !cut(out, samples_of((size_t)segment_ms, in->rate))) {
        goto done;
    }
    segments_find(in, &ref, &rec, spread_ms, out);
    settle(in, out);
    inherit(out);
    move_borders(in, out);
    is_ok = true;
done:
    if (!is_ok) {
        wzp_align_deinit(out);
    }
    envelope_deinit(&ref);
    envelope_deinit(&rec);
    return is_ok;
}

void wzp_align_deinit(wzp_align *a)
{
    free(a->segments);
    *a = (wzp_align){0};
}

/* ---- use --------------------------------------------------------------- */

void wzp_align_unroll(const int16_t *one, size_t n_one, int16_t *out,
                      size_t n_out)
{
    for (size_t i = 0; i < n_out; i++) {
        out[i] = one[i % n_one];
    }
}

void wzp_align_apply(const wzp_align_in *in, const wzp_align *a, int16_t *out)
{
    for (size_t s = 0; s < a->n_segments; s++) {
        const wzp_align_segment *seg = &a->segments[s];
        for (size_t i = seg->start; i < seg->end; i++) {
            out[i - a->start] = (int16_t)rec_at(in, (ptrdiff_t)i + seg->delay);
        }
    }
}

double wzp_align_stoi(const wzp_align_in *in, const wzp_align *a)
{
    const size_t n = a->end - a->start;
    int16_t *moved = malloc((n == 0 ? 1 : n) * sizeof(*moved));
    if (moved == NULL) {
        return NAN;
    }
    wzp_align_apply(in, a, moved);
    const double stoi = wzp_stoi(in->ref + a->start, moved, n, in->rate);
    free(moved);
    return stoi;
}

/* The delay at which half of the reference has a lesser or equal one. */
static ptrdiff_t median_delay(const wzp_align *a)
{
    const size_t total = a->end - a->start;
    for (size_t i = 0; i < a->n_segments; i++) {
        size_t below = 0, equal = 0;
        for (size_t j = 0; j < a->n_segments; j++) {
            const wzp_align_segment *s = &a->segments[j];
            const size_t len = s->end - s->start;
            below += s->delay < a->segments[i].delay ? len : 0;
            equal += s->delay == a->segments[i].delay ? len : 0;
        }
        if (below * 2 <= total && (below + equal) * 2 >= total) {
            return a->segments[i].delay;
        }
    }
    return a->delay;
}

double wzp_align_delay_ms(const wzp_align *a, int rate, int64_t ref_start_ns,
                          int64_t rec_start_ns, double *least, double *greatest)
{
    const double ms = 1000.0 / rate;
    const double apart = (double)(rec_start_ns - ref_start_ns) / 1e6;
    ptrdiff_t lo = median_delay(a), hi = lo;

    for (size_t i = 0; i < a->n_segments; i++) {
        const wzp_align_segment *s = &a->segments[i];
        if (s->end > s->start) {
            lo = s->delay < lo ? s->delay : lo;
            hi = s->delay > hi ? s->delay : hi;
        }
    }
    if (least != NULL) {
        *least = (double)lo * ms + apart;
    }
    if (greatest != NULL) {
        *greatest = (double)hi * ms + apart;
    }
    return (double)median_delay(a) * ms + apart;
}
