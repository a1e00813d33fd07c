/* SPDX-License-Identifier: MIT */
/* Signal messages coming in: one per stream, u32 BE length then JSON. Streams
 * are assembled in parallel, each in a buffer that grows with the data that
 * came and not with the length that was claimed, and given out whole, in the
 * order of their stream ids. Nothing of QUIC is here: the owner feeds bytes.
 *
 * Source: spec/wire.md 2.1; spec/weaknesses-wire.md 45-47.
 */
#ifndef WZP_TRANSPORT_QUIC_STREAM_H
#define WZP_TRANSPORT_QUIC_STREAM_H

#include <wzp/proto/env.h>

#define WZP__SIGNAL_MAX 1048576u /* bytes of JSON, spec/wire.md 2.1 */
#define WZP__SIGNAL_HDR 4        /* length prefix */

/* What a stream without a byte counts against max_held: a peer can open
 * streams faster than they can be given out. */
#define WZP__STREAM_COST 64

typedef enum wzp__stream_state {
    WZP__STREAM_UNSEEN, /* nothing came yet; maybe still on its way */
    WZP__STREAM_OPEN,
    WZP__STREAM_DONE,    /* whole message in buf; the rest is ignored */
    WZP__STREAM_SKIPPED, /* reset, or ended before its message did */
} wzp__stream_state;

typedef struct wzp__stream {
    wzp__stream_state state;
    uint8_t hdr_len; /* 0 … 4 bytes of the prefix in hdr */
    uint8_t hdr[WZP__SIGNAL_HDR];
    uint32_t len; /* claimed; valid when hdr_len is 4 */
    uint32_t have, cap;
    uint8_t *buf;
} wzp__stream;

typedef struct wzp__inbox {
    wzp_mem mem;
    size_t max_len;    /* of one message; may be raised at any time */
    size_t max_held;   /* bytes in buffers and waiting, WZP__STREAM_COST each;
                        * the same */
    wzp__stream *ring; /* streams `next` … `next` + count − 1 */
    size_t cap, head, count;
    uint64_t next; /* index (id / 4) of the stream to be given out next */
    size_t held;
    size_t done;         /* streams in state DONE */
    uint64_t skipped;    /* streams that gave no message */
    wzp_tstamp progress; /* last byte on the head stream while it was awaited */
    uint8_t *given;      /* buffer of the message given out last */
    size_t given_cap;
} wzp__inbox;

void wzp__inbox_init(wzp__inbox *in, const wzp_mem *mem, size_t max_len,
                     size_t max_held);
void wzp__inbox_deinit(wzp__inbox *in);

/* Bytes came, in stream order. `index` is the stream id divided by 4.
 *
 * WZP_ERR_OVERSIZE  the claimed length is above max_len
 * WZP_ERR_FULL      max_held would be exceeded
 * WZP_ERR_NOMEM
 * After an error the inbox must not be fed any more.
 */
WZP_NODISCARD wzp_err wzp__inbox_recv(wzp__inbox *in, wzp_tstamp now,
                                      uint64_t index, const uint8_t *data,
                                      size_t len, bool fin);

/* The stream was reset or closed: without its message it is skipped. */
WZP_NODISCARD wzp_err wzp__inbox_close(wzp__inbox *in, wzp_tstamp now,
                                       uint64_t index);

/* Has this stream all it can give? */
bool wzp__inbox_is_done(const wzp__inbox *in, uint64_t index);

/* Can wzp__inbox_next give a message? */
bool wzp__inbox_ready(const wzp__inbox *in);

/* The next message in order; false when there is none yet. Borrowed until the
 * next call. */
bool wzp__inbox_next(wzp__inbox *in, wzp_tstamp now, const char **data,
                     size_t *len);

/* Free the message given out last. */
void wzp__inbox_release(wzp__inbox *in);

/* When whole messages have waited too long behind one that does not come:
 * then the peer breaks the order and the owner closes. WZP_NEVER: none. */
wzp_tstamp wzp__inbox_deadline(const wzp__inbox *in);

#endif
