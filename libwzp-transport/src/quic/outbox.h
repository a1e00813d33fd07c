/* SPDX-License-Identifier: MIT */
/* Messages going out, one stream each, oldest first. A message keeps its bytes
 * until QUIC says they were acknowledged, because QUIC sends from here again
 * when a packet is lost. Bounded by bytes not yet acknowledged. Nothing of QUIC
 * is here: the owner opens streams and reports what became of them.
 */
#ifndef WZP_TRANSPORT_QUIC_OUTBOX_H
#define WZP_TRANSPORT_QUIC_OUTBOX_H

#include <wzp/proto/env.h>

typedef struct wzp__outmsg {
    struct wzp__outmsg *prev, *next;
    int64_t stream; /* −1 before the stream was opened */
    bool is_uni;    /* plain text on a unidirectional stream, no prefix */
    bool fin_sent;  /* everything was handed to QUIC */
    size_t len;     /* bytes on the wire, prefix included */
    size_t sent;    /* handed to QUIC */
    size_t alloc;   /* of this struct and its data */
    uint8_t data[];
} wzp__outmsg;

typedef struct wzp__outbox {
    wzp_mem mem;
    size_t max_bytes;
    wzp__outmsg *first, *last; /* all, in the order they were given */
    wzp__outmsg *unsent;       /* first one not wholly handed over */
    size_t bytes;              /* of all */
    size_t count;
} wzp__outbox;

void wzp__outbox_init(wzp__outbox *out, const wzp_mem *mem, size_t max_bytes);
void wzp__outbox_deinit(wzp__outbox *out);

/* Queue a copy; with the length prefix unless is_uni. A single message always
 * fits into an empty outbox. WZP_ERR_FULL, WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__outbox_push(wzp__outbox *out, const char *data,
                                       size_t len, bool is_uni);

/* `n` more bytes of out->unsent were handed over; with the last of them also
 * the end of the stream. Moves on to the next message when complete. */
void wzp__outbox_sent(wzp__outbox *out, size_t n);

/* The peer has everything, or the stream is gone: forget the message. */
void wzp__outbox_remove(wzp__outbox *out, wzp__outmsg *msg);

#endif
