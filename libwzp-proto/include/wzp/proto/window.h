/* SPDX-License-Identifier: MIT */
/* The receiving side of bundles of form 2: keeps the frames and symbols of late
 * as a system of equations and gives each lost frame as soon as it follows.
 * No I/O, no clock. Source: bundle2.h.
 *
 * Bounded: the newest WZP_WINDOW_FRAMES frames, of one length, at most one
 * equation for each. What a hostile sender can do is only to make frames of
 * its own stream come out wrong.
 */
#ifndef WZP_PROTO_WINDOW_H
#define WZP_PROTO_WINDOW_H

#include <wzp/proto/bundle2.h>
#include <wzp/proto/env.h>

/* What a bundle covers and has (48), and as much again as packets may come out
 * of order. */
#define WZP_WINDOW_FRAMES 64

typedef struct wzp_window wzp_window;

/* About 7 KB. WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_window_new(wzp_window **out, const wzp_mem *mem)
    WZP_NONNULL(1, 2);
void wzp_window_free(wzp_window *w);

/* Forget all frames. */
void wzp_window_reset(wzp_window *w) WZP_NONNULL(1);

/* A frame is here, however it came. One of another length than those before
 * begins anew, as does one far ahead of them; one behind the window is
 * ignored. len 1 … WZP_BUNDLE2_LEN_MAX, else it is ignored. */
void wzp_window_frame(wzp_window *w, uint16_t seq, const uint8_t *frame,
                      size_t len) WZP_NONNULL(1, 3);

/* The symbols of a bundle, decoded without error. Its frames are given with
 * wzp_window_frame. */
void wzp_window_parity(wzp_window *w, const wzp_bundle2 *b) WZP_NONNULL(1, 2);

/* A frame that followed from symbols and did not come since, each once, oldest
 * first; false: none.
 * `frame` is borrowed until the next call that gives something in. */
bool wzp_window_next(wzp_window *w, uint16_t *seq, wzp_bytes *frame)
    WZP_NONNULL(1, 2, 3);

#endif
