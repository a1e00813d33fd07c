/* SPDX-License-Identifier: MIT */
/* Who is talking, in clear media: legacy packets name no sender and all of a
 * room come as one (spec/wire.md 0). They are told apart by what two clocks
 * started at different moments show: arrival minus time stamp. Talkers who
 * started within a quarter of a second of each other cannot be, and are heard
 * as one with holes.
 */
#ifndef WZP_CLIENT_CLEAR_STREAMS_H
#define WZP_CLIENT_CLEAR_STREAMS_H

#include <wzp/proto/env.h>

#define WZP__CLEAR_STREAMS 4 /* chosen: talkers at once that anyone follows */

typedef struct wzp__clear_stream {
    bool is_used;
    uint16_t seq; /* highest */
    uint32_t timestamp;
    uint32_t transit_ms; /* arrival − time stamp, smoothed, mod 2^32 */
    wzp_tstamp heard_at;
} wzp__clear_stream;

typedef struct wzp__clear_streams {
    wzp__clear_stream v[WZP__CLEAR_STREAMS];
} wzp__clear_streams;

/* The stream, 0 … WZP__CLEAR_STREAMS − 1, of a packet; −1 when it would be one
 * more than are told apart. *is_new: the stream begins with it. */
int wzp__clear_streams_pick(wzp__clear_streams *s, wzp_tstamp now, uint16_t seq,
                            uint32_t timestamp, bool *is_new);

#endif
