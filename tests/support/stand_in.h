/* SPDX-License-Identifier: MIT */
/* Frames of a stand-in for an encoder: silence of the right codec and length,
 * so that everything between two codecs is real.
 */
#ifndef WZP_TEST_STAND_IN_H
#define WZP_TEST_STAND_IN_H

#include <wzp/proto/profile.h>

#define WZP_STAND_IN_MAX 64

/* samples at 48 kHz: 10, 20, 40 or 60 ms for Opus, else the codec's own.
 * Returns the length. */
size_t wzp_stand_in_frame(wzp_codec_id codec, size_t samples,
                          uint8_t out[WZP_STAND_IN_MAX]);

#endif
