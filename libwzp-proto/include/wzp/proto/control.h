/* SPDX-License-Identifier: MIT */
/* Control frames: what endpoints tell each other inside sealed packets. Items
 * of type u8, length u8, value. Unknown types are skipped, of longer values the
 * known part is read. Source: design/secure-media.md 7.
 */
#ifndef WZP_PROTO_CONTROL_H
#define WZP_PROTO_CONTROL_H

#include <wzp/proto/err.h>

#define WZP_CONTROL_REPORT_LEN 22

/* Items of known types taken from one frame. chosen: a sealed packet of 1,100
 * bytes holds 45 reports. */
#define WZP_CONTROL_ITEMS_MAX 64

typedef enum wzp_control_type {
    WZP_CONTROL_KEEPALIVE = 1,
    WZP_CONTROL_REPORT = 2,
    WZP_CONTROL_MUTE = 3,
    WZP_CONTROL_HOLD = 4,
} wzp_control_type;

/* What a receiver says about one stream it hears: of the time since its last
 * report, or (now) of this moment. Sequence numbers count frames. */
typedef struct wzp_receiver_report {
    uint16_t sid;         /* of the stream */
    uint16_t highest_seq; /* now */
    uint32_t expected;    /* by so much highest_seq rose */
    uint16_t lost; /* of expected: came in no packet of their own, repaired or
                      not */
    uint16_t late; /* frames that came after their moment */
    uint16_t jitter_ms;           /* now; RFC 3550 */
    uint16_t playout_delay_ms;    /* now */
    uint16_t rate_kbps;           /* opened media, headers included */
    int16_t gradient_us_s;        /* now: by how much the one-way delay grows */
    uint16_t loss_after_permille; /* of what was played: not from real data */
} wzp_receiver_report;

typedef struct wzp_control_item {
    wzp_control_type type;
    union {
        wzp_receiver_report report; /* REPORT */
        bool is_on;                 /* MUTE, HOLD */
    } u;
} wzp_control_item;

/* WZP_ERR_ARG for an unknown type, WZP_ERR_SPACE. */
WZP_NODISCARD wzp_err wzp_control_encode(const wzp_control_item *items,
                                         size_t n, uint8_t *out, size_t cap,
                                         size_t *out_len) WZP_NONNULL(5);

/* The items of known types, in order. WZP_ERR_CONTROL, and nothing is to be
 * used, when an item is cut or too short, or there are more than
 * WZP_CONTROL_ITEMS_MAX. An empty frame has no items and is fine. */
WZP_NODISCARD wzp_err wzp_control_decode(
    const uint8_t *data, size_t len,
    wzp_control_item items[WZP_CONTROL_ITEMS_MAX], size_t *n) WZP_NONNULL(3, 4);

#endif
