/* SPDX-License-Identifier: MIT */
/* See take.h. */
#include "bench/voice/take.h"

#include "bench/support/align.h"
#include "bench/support/stoi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 4096

static void *need(void *p)
{
    if (p == NULL) {
        abort();
    }
    return p;
}

void voice_take_free(voice_take *t)
{
    free(t->frames);
    free(t->pieces);
    free(t->played_ns);
    free(t->heard);
    *t = (voice_take){0};
}

voice_frame *voice_take_frame(voice_take *t)
{
    if (t->n_frames == t->frames_cap) {
        t->frames_cap = t->frames_cap == 0 ? FIRST_CAP : 2 * t->frames_cap;
        t->frames = need(realloc(t->frames, t->frames_cap * sizeof *t->frames));
    }
    voice_frame *f = &t->frames[t->n_frames++];
    memset(f, 0, sizeof *f);
    return f;
}

void voice_take_piece(voice_take *t, const wzp_piece *piece, int64_t played_ns)
{
    if (t->n_pieces == t->pieces_cap) {
        t->pieces_cap = t->pieces_cap == 0 ? FIRST_CAP : 2 * t->pieces_cap;
        t->pieces = need(realloc(t->pieces, t->pieces_cap * sizeof *t->pieces));
        t->played_ns =
            need(realloc(t->played_ns, t->pieces_cap * sizeof *t->played_ns));
    }
    t->pieces[t->n_pieces] = *piece;
    t->played_ns[t->n_pieces++] = played_ns;
}

void voice_take_heard(voice_take *t, const int16_t *pcm, size_t n)
{
    while (t->n_heard + n > t->heard_cap) {
        t->heard_cap = t->heard_cap == 0 ? 10 * VOICE_RATE : 2 * t->heard_cap;
        t->heard = need(realloc(t->heard, t->heard_cap * sizeof *t->heard));
    }
    memcpy(t->heard + t->n_heard, pcm, n * sizeof *pcm);
    t->n_heard += n;
}

voice_frame *voice_take_find(voice_take *t, int64_t at)
{
    size_t low = 0, high = t->n_frames;
    while (low < high) {
        const size_t mid = (low + high) / 2;
        voice_frame *f = &t->frames[mid];
        if (at < f->at) {
            high = mid;
        } else if (at >= f->at + f->n) {
            low = mid + 1;
        } else {
            return f;
        }
    }
    return NULL;
}

voice_fates voice_take_fates(const voice_take *t, const voice_material *m,
                             int64_t from, int64_t to)
{
    voice_fates sum = {0};
    for (size_t i = 0; i < t->n_frames; i++) {
        const voice_frame *f = &t->frames[i];
        if (f->at < from || f->at >= to) {
            continue;
        }
        sum.frames++;
        if (!f->has_arrived) {
            sum.lost++;
            sum.of_lost[f->fate]++;
            const bool is_active = voice_material_is_active(m, f->at, f->n);
            sum.lost_active += is_active;
            sum.of_active[f->fate] += is_active;
        }
    }
    return sum;
}

/* --- score --- */

static wzp_decoder *new_decoder(void)
{
    wzp_decoder_config cfg;
    wzp_decoder *dec = NULL;
    wzp_decoder_config_default(&cfg);
    if (wzp_decoder_new(&dec, &cfg) != WZP_OK) {
        abort();
    }
    return dec;
}

/* What lies between this frame, which did not come, and the next that did. */
static void fill_one(const voice_take *t, wzp_decoder *dec, size_t i,
                     int16_t *pcm)
{
    const voice_frame *f = &t->frames[i];
    const voice_frame *next = NULL;
    wzp_rebuilt how;
    for (size_t k = i + 1; k < t->n_frames && next == NULL; k++) {
        next = t->frames[k].has_arrived ? &t->frames[k] : NULL;
    }
    const int64_t ahead = next == NULL ? 0 : next->at - f->at - f->n;
    if (wzp_decoder_fill(dec, f->n, next == NULL ? f->codec : next->codec,
                         next == NULL ? NULL : next->data,
                         next == NULL ? 0 : next->len, (size_t)ahead, pcm,
                         &how) != WZP_OK) {
        memset(pcm, 0, f->n * sizeof *pcm);
    }
}

/* Every frame in order through one decoder; with_loss: those that did not come
 * are filled. */
static void decode_all(const voice_take *t, bool with_loss, int16_t *out,
                       size_t n_out)
{
    wzp_decoder *dec = new_decoder();
    for (size_t i = 0; i < t->n_frames; i++) {
        const voice_frame *f = &t->frames[i];
        int16_t pcm[WZP_PCM_MAX];
        size_t n = f->n;
        if (with_loss && !f->has_arrived) {
            fill_one(t, dec, i, pcm);
        } else if (wzp_decoder_decode(dec, f->codec, f->data, f->len, pcm,
                                      WZP_PCM_MAX, &n) != WZP_OK) {
            continue;
        }
        if (f->at >= 0 && (size_t)f->at + n <= n_out) {
            memcpy(out + f->at, pcm, n * sizeof *pcm);
        }
    }
    wzp_decoder_free(dec);
}

static double stoi_ideal(const voice_take *t, const voice_material *m,
                         const int16_t *clean, size_t from)
{
    int16_t *ideal = need(calloc(m->n, sizeof *ideal));
    decode_all(t, true, ideal, m->n);
    const double stoi =
        wzp_stoi(clean + from, ideal + from, m->end - from, VOICE_RATE);
    free(ideal);
    return stoi;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static size_t codec_delay(const voice_take *t)
{
    return t->n_frames == 0 ? 0
                            : wzp_codec_delay(t->frames[t->n_frames - 1].codec);
}

/* How much later than it was said a sound is on the speaker's time: the codec,
 * and what was before it. */
static double lag_of(const voice_material *m, const int16_t *restored)
{
    const wzp_align_in in = {.ref = m->pcm + VOICE_LEAD,
                             .n_ref = m->end - VOICE_LEAD,
                             .rec = restored + VOICE_LEAD,
                             .n_rec = m->end - VOICE_LEAD,
                             .rate = VOICE_RATE,
                             .max_delay = VOICE_RATE / 10};
    wzp_align a;
    double lag = 0;
    if (wzp_align_track(&in, 2000, 20, &a)) {
        lag = wzp_align_delay_ms(&a, VOICE_RATE, 0, 0, NULL, NULL) *
              VOICE_RATE / 1000;
        wzp_align_deinit(&a);
    }
    return lag;
}

static void score_delay(const voice_take *t, int64_t from, int64_t to,
                        double lag, voice_score *out)
{
    double *ms = need(calloc(t->n_pieces + 1, sizeof *ms));
    size_t n = 0;
    double sum = 0, played = 0, put_in = 0;
    for (size_t i = 0; i < t->n_pieces; i++) {
        const wzp_piece *p = &t->pieces[i];
        const double spoken = ((double)p->from - lag) * 1000 / VOICE_RATE;
        if (p->to <= p->from) {
            put_in += n > 0 && ms[n - 1] > 0 ? (double)p->n : 0;
        } else if (p->from >= from && p->to <= to) {
            ms[n] = (double)t->played_ns[i] / 1e6 - spoken;
            sum += ms[n++];
            played += (double)(p->to - p->from);
        }
    }
    qsort(ms, n, sizeof *ms, by_size);
    out->m2e_ms = n == 0 ? (double)NAN : sum / (double)n;
    out->m2e_p95_ms = n == 0 ? (double)NAN : ms[n * 95 / 100];
    out->put_in_ms = put_in * 1000 / VOICE_RATE;
    out->left_out_ms = ((double)(to - from) - played) * 1000 / VOICE_RATE;
    free(ms);
}

bool voice_take_score(const voice_take *t, const voice_material *m,
                      bool is_near, voice_score *out, int16_t **restored,
                      int16_t **clean)
{
    const size_t settled = VOICE_LEAD + VOICE_SETTLE, d = codec_delay(t);
    int16_t *a = need(calloc(m->n, sizeof *a));
    int16_t *b = need(calloc(m->n, sizeof *b));
    wzp_timeline_restore(t->pieces, t->n_pieces, t->heard, t->n_heard, 0, a,
                         m->n);
    decode_all(t, false, b, m->n);
    *restored = a;
    *clean = b;
    score_delay(t, (int64_t)settled, (int64_t)m->end,
                is_near ? lag_of(m, a) : (double)d, out);
    out->stoi =
        wzp_stoi(b + settled, a + settled, m->end - settled, VOICE_RATE);
    out->stoi_all = wzp_stoi(b + VOICE_LEAD, a + VOICE_LEAD,
                             m->end - VOICE_LEAD, VOICE_RATE);
    out->stoi_said = wzp_stoi(m->pcm + settled, a + settled + d,
                              m->end - settled - d, VOICE_RATE);
    out->stoi_ideal = stoi_ideal(t, m, b, settled);
    return !isnan(out->stoi);
}
