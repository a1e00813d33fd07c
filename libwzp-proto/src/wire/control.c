/* SPDX-License-Identifier: MIT */
/* Control frames (control.h).
 *
 *   type u8 | length u8 | value
 *   1 keep-alive  –
 *   2 report      sid u16, highest seq u16, expected u32, lost u16, late u16,
 *                 jitter u16, playout delay u16, rate u16, gradient i16,
 *                 loss after repair u16
 *   3 mute        u8       4 hold  u8
 */
#include <wzp/proto/bytes.h>
#include <wzp/proto/control.h>

static void write_report(wzp_writer *w, const wzp_receiver_report *p)
{
    wzp_write_u16(w, p->sid);
    wzp_write_u16(w, p->highest_seq);
    wzp_write_u32(w, p->expected);
    wzp_write_u16(w, p->lost);
    wzp_write_u16(w, p->late);
    wzp_write_u16(w, p->jitter_ms);
    wzp_write_u16(w, p->playout_delay_ms);
    wzp_write_u16(w, p->rate_kbps);
    wzp_write_u16(w, (uint16_t)p->gradient_us_s);
    wzp_write_u16(w, p->loss_after_permille);
}

static void read_report(wzp_reader *r, wzp_receiver_report *out)
{
    out->sid = wzp_read_u16(r);
    out->highest_seq = wzp_read_u16(r);
    out->expected = wzp_read_u32(r);
    out->lost = wzp_read_u16(r);
    out->late = wzp_read_u16(r);
    out->jitter_ms = wzp_read_u16(r);
    out->playout_delay_ms = wzp_read_u16(r);
    out->rate_kbps = wzp_read_u16(r);
    const uint16_t gradient = wzp_read_u16(r);
    out->gradient_us_s =
        (int16_t)(gradient < 0x8000 ? gradient : gradient - 0x10000);
    out->loss_after_permille = wzp_read_u16(r);
}

wzp_err wzp_control_encode(const wzp_control_item *items, size_t n,
                           uint8_t *out, size_t cap, size_t *out_len)
{
    wzp_writer w = wzp_writer_init(out, cap);
    for (size_t i = 0; i < n; i++) {
        const wzp_control_item *item = &items[i];
        wzp_write_u8(&w, (uint8_t)item->type);
        switch (item->type) {
        case WZP_CONTROL_KEEPALIVE: wzp_write_u8(&w, 0); break;
        case WZP_CONTROL_REPORT:
            wzp_write_u8(&w, WZP_CONTROL_REPORT_LEN);
            write_report(&w, &item->u.report);
            break;
        case WZP_CONTROL_MUTE:
        case WZP_CONTROL_HOLD:
            wzp_write_u8(&w, 1);
            wzp_write_u8(&w, item->u.is_on ? 1 : 0);
            break;
        default: return WZP_ERR_ARG;
        }
    }
    return wzp_writer_end(&w, out_len);
}

/* One item's value; *known is false for types that are skipped. */
static wzp_err read_value(uint8_t type, wzp_bytes value, wzp_control_item *item,
                          bool *known)
{
    wzp_reader r = wzp_reader_init(value.ptr, value.len);
    *item = (wzp_control_item){.type = (wzp_control_type)type};
    *known = true;
    switch (type) {
    case WZP_CONTROL_KEEPALIVE: break;
    case WZP_CONTROL_REPORT: read_report(&r, &item->u.report); break;
    case WZP_CONTROL_MUTE:
    case WZP_CONTROL_HOLD: item->u.is_on = wzp_read_u8(&r) != 0; break;
    default: *known = false; break;
    }
    return (r.err == WZP_OK) ? WZP_OK : WZP_ERR_CONTROL;
}

wzp_err wzp_control_decode(const uint8_t *data, size_t len,
                           wzp_control_item items[WZP_CONTROL_ITEMS_MAX],
                           size_t *n)
{
    wzp_reader r = wzp_reader_init(data, len);
    size_t count = 0;
    while (r.left > 0) {
        const uint8_t type = wzp_read_u8(&r);
        const uint8_t value_len = wzp_read_u8(&r);
        const wzp_bytes value = wzp_read_bytes(&r, value_len);
        if (r.err != WZP_OK) {
            return WZP_ERR_CONTROL;
        }
        wzp_control_item item;
        bool known;
        WZP_TRY(read_value(type, value, &item, &known));
        if (!known) {
            continue;
        }
        if (count == WZP_CONTROL_ITEMS_MAX) {
            return WZP_ERR_CONTROL;
        }
        items[count++] = item;
    }
    *n = count;
    return WZP_OK;
}
