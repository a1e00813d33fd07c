/* SPDX-License-Identifier: MIT */
/* One run, whoever made it: the frames that the encoder gave, what became of
 * each at the listener, and what was heard of which speech when. Positions are
 * samples of the material (material.h).
 */
#ifndef WZP_VOICE_TAKE_H
#define WZP_VOICE_TAKE_H

#include "bench/support/timeline.h"
#include "bench/voice/material.h"

#include <wzp/codec/codec.h>
#include <wzp/proto/media.h>

typedef enum voice_fate {
    VOICE_SKIPPED, /* never played in any form */
    VOICE_DIRECT,  /* its own packet came in time */
    VOICE_COPY,    /* a repeat, or rebuilt from parity */
    VOICE_LBRR,
    VOICE_DRED,
    VOICE_CONCEALED,
    VOICE_FATES
} voice_fate;

typedef struct voice_frame {
    int64_t at; /* its first sample */
    uint32_t n; /* samples */
    wzp_codec_id codec;
    bool has_arrived; /* itself, in time */
    voice_fate fate;
    uint16_t len;
    uint8_t data[WZP_FRAME_MAX];
} voice_frame;

typedef struct voice_take {
    voice_frame *frames;
    size_t n_frames, frames_cap;
    wzp_piece *pieces;
    int64_t *played_ns; /* of each: its first sample was played so long after
                         * sample 0 of the material was spoken */
    size_t n_pieces, pieces_cap;
    int16_t *heard;
    size_t n_heard, heard_cap;
} voice_take;

void voice_take_free(voice_take *t);
voice_frame *voice_take_frame(voice_take *t); /* a new one, at the end */
void voice_take_piece(voice_take *t, const wzp_piece *piece, int64_t played_ns);
void voice_take_heard(voice_take *t, const int16_t *pcm, size_t n);
/* The frame that holds this sample; NULL: none does. */
voice_frame *voice_take_find(voice_take *t, int64_t at);

/* Of frames that begin in [from, to): how many, and of those that did not
 * arrive themselves how many came to each fate; the same of those in which
 * somebody speaks. */
typedef struct voice_fates {
    size_t frames, lost, lost_active;
    size_t of_lost[VOICE_FATES], of_active[VOICE_FATES];
} voice_fates;
voice_fates voice_take_fates(const voice_take *t, const voice_material *m,
                             int64_t from, int64_t to);

typedef struct voice_score {
    double stoi;      /* to the codec without loss, once settled */
    double stoi_all;  /* from the first word on */
    double stoi_said; /* to what was said, once settled */
    /* What a listener with all the time in the world would have made of the
     * packets that came, each frame's hole filled from the next one; copies and
     * parity left out. */
    double stoi_ideal;
    double m2e_ms, m2e_p95_ms; /* mouth to ear, once settled; what was done to
                                  the sound before it was encoded included */
    double put_in_ms, left_out_ms; /* heard and not said; said, not heard */
} voice_score;

/* is_near: nothing is lost and delay alone counts, so that of the sound itself
 * is measured, not taken from the codec's table. False: nothing to compare.
 * restored, clean: m->n samples each, the caller's to free. */
bool voice_take_score(const voice_take *t, const voice_material *m,
                      bool is_near, voice_score *out, int16_t **restored,
                      int16_t **clean);

#endif
