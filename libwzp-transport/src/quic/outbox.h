/* SPDX-License-Identifier: MIT */
/* Messages going out, one stream each, oldest first. A message keeps its bytes
 * until QUIC says they were acknowledged, because QUIC sends from here again
 * when a packet is lost. Bounded by bytes not yet acknowledged. Nothing of QUIC
 * is here: the owner opens streams and reports what became of them.
 *
 * What one owner sends to many is held once: a text equal to the one queued
 * last anywhere in the endpoint, and still there, is shared.
 */
#ifndef WZP_TRANSPORT_QUIC_OUTBOX_H
#define WZP_TRANSPORT_QUIC_OUTBOX_H

#include <wzp/proto/env.h>

/* A message's bytes, for as many outboxes as hold it. */
typedef struct wzp__outtext {
    size_t refs;
    size_t len;     /* of the text, without the prefix */
    uint8_t data[]; /* length prefix, then text */
} wzp__outtext;

/* What the outboxes of one endpoint share. */
typedef struct wzp__outtexts {
    wzp__outtext *last; /* borrowed: gone with its last message */
} wzp__outtexts;

typedef struct wzp__outmsg {
    struct wzp__outmsg *prev, *next;
    int64_t stream;      /* −1 before the stream was opened */
    bool is_uni;         /* plain text on a unidirectional stream, no prefix */
    bool fin_sent;       /* everything was handed to QUIC */
    size_t len;          /* bytes on the wire, prefix included */
    size_t sent;         /* handed to QUIC */
    wzp__outtext *text;  /* one reference */
    const uint8_t *data; /* in it */
} wzp__outmsg;

typedef struct wzp__outbox {
    wzp_mem mem;
    wzp__outtexts *texts; /* borrowed */
    size_t max_bytes;
    wzp__outmsg *first, *last; /* all, in the order they were given */
    wzp__outmsg *unsent;       /* first one not wholly handed over */
    size_t bytes;              /* of all */
    size_t count;
} wzp__outbox;

void wzp__outbox_init(wzp__outbox *out, const wzp_mem *mem,
                      wzp__outtexts *texts, size_t max_bytes);
void wzp__outbox_deinit(wzp__outbox *out);

/* Queue a copy, or share one; with the length prefix unless is_uni. A single
 * message always fits into an empty outbox. WZP_ERR_FULL, WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__outbox_push(wzp__outbox *out, const char *data,
                                       size_t len, bool is_uni);

/* `n` more bytes of out->unsent were handed over; with the last of them also
 * the end of the stream. Moves on to the next message when complete. */
void wzp__outbox_sent(wzp__outbox *out, size_t n);

/* The peer has everything, or the stream is gone: forget the message. */
void wzp__outbox_remove(wzp__outbox *out, wzp__outmsg *msg);

#endif
