/* SPDX-License-Identifier: MIT */
/* A doubly linked list in order of queueing: messages leave it in any order,
 * as acknowledgements come. */
#include "quic/outbox.h"

#include "quic/stream.h"

#include <assert.h>
#include <string.h>

void wzp__outbox_init(wzp__outbox *out, const wzp_mem *mem,
                      wzp__outtexts *texts, size_t max_bytes)
{
    *out = (wzp__outbox){.mem = *mem, .texts = texts, .max_bytes = max_bytes};
}

void wzp__outbox_deinit(wzp__outbox *out)
{
    while (out->first != NULL) {
        wzp__outbox_remove(out, out->first);
    }
}

static void write_prefix(uint8_t *p, size_t len)
{
    p[0] = (uint8_t)(len >> 24);
    p[1] = (uint8_t)(len >> 16);
    p[2] = (uint8_t)(len >> 8);
    p[3] = (uint8_t)len;
}

/* One reference to it; NULL when out of memory. */
static wzp__outtext *take_text(wzp__outbox *out, const char *data, size_t len)
{
    wzp__outtext *text = out->texts->last;
    if (text != NULL && text->len == len && len > 0 &&
        memcmp(text->data + WZP__SIGNAL_HDR, data, len) == 0) {
        text->refs++;
        return text;
    }
    text = wzp_mem_new(&out->mem, sizeof *text + WZP__SIGNAL_HDR + len);
    if (text == NULL) {
        return NULL;
    }
    text->refs = 1;
    text->len = len;
    write_prefix(text->data, len);
    if (len > 0) {
        memcpy(text->data + WZP__SIGNAL_HDR, data, len);
    }
    out->texts->last = text;
    return text;
}

static void give_text(wzp__outbox *out, wzp__outtext *text)
{
    text->refs--;
    if (text->refs > 0) {
        return;
    }
    if (out->texts->last == text) {
        out->texts->last = NULL;
    }
    wzp_mem_free(&out->mem, text, sizeof *text + WZP__SIGNAL_HDR + text->len);
}

wzp_err wzp__outbox_push(wzp__outbox *out, const char *data, size_t len,
                         bool is_uni)
{
    assert(len <= WZP__SIGNAL_MAX);
    const size_t prefix = is_uni ? 0 : WZP__SIGNAL_HDR;
    if (out->count > 0 && out->bytes + prefix + len > out->max_bytes) {
        return WZP_ERR_FULL;
    }
    wzp__outmsg *msg = wzp_mem_new(&out->mem, sizeof *msg);
    if (msg == NULL) {
        return WZP_ERR_NOMEM;
    }
    wzp__outtext *text = take_text(out, data, len);
    if (text == NULL) {
        wzp_mem_free(&out->mem, msg, sizeof *msg);
        return WZP_ERR_NOMEM;
    }
    *msg = (wzp__outmsg){.prev = out->last,
                         .stream = -1,
                         .is_uni = is_uni,
                         .len = prefix + len,
                         .text = text,
                         .data = text->data + WZP__SIGNAL_HDR - prefix};
    if (out->last != NULL) {
        out->last->next = msg;
    } else {
        out->first = msg;
    }
    out->last = msg;
    if (out->unsent == NULL) {
        out->unsent = msg;
    }
    out->bytes += msg->len;
    out->count++;
    return WZP_OK;
}

void wzp__outbox_sent(wzp__outbox *out, size_t n)
{
    wzp__outmsg *msg = out->unsent;
    assert(msg != NULL && n <= msg->len - msg->sent);
    msg->sent += n;
    if (msg->sent == msg->len) {
        msg->fin_sent = true;
        out->unsent = msg->next;
    }
}

void wzp__outbox_remove(wzp__outbox *out, wzp__outmsg *msg)
{
    if (out->unsent == msg) {
        out->unsent = msg->next;
    }
    if (msg->prev != NULL) {
        msg->prev->next = msg->next;
    } else {
        out->first = msg->next;
    }
    if (msg->next != NULL) {
        msg->next->prev = msg->prev;
    } else {
        out->last = msg->prev;
    }
    out->bytes -= msg->len;
    out->count--;
    give_text(out, msg->text);
    wzp_mem_free(&out->mem, msg, sizeof *msg);
}
