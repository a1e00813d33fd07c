/* SPDX-License-Identifier: MIT */
/* Bundles (bundle.h). All lengths come before all frames, so decoding walks
 * twice over the list: once for lengths, once for borrowing.
 */
#include <wzp/proto/bundle.h>
#include <wzp/proto/bytes.h>

enum {
    HDR_LEN = 3,
    FORM_SAME = 0,    /* one length for all */
    FORM_EACH = 1,    /* a length for each */
    LEN_ESCAPE = 255, /* form 1: the length follows as u16 */
};

static bool have_same_len(const wzp_bundle *b, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (b->frames[i].len != b->frames[0].len) {
            return false;
        }
    }
    return b->frames[0].len <= UINT8_MAX;
}

static size_t count(const wzp_bundle *b)
{
    return (size_t)b->n_old + b->n_new;
}

size_t wzp_bundle_len(const wzp_bundle *b)
{
    const size_t n = count(b);
    if (n == 0 || n > WZP_BUNDLE_FRAMES_MAX) {
        return 0;
    }
    const bool same = have_same_len(b, n);
    size_t len = HDR_LEN + (same ? 1 : 0);
    for (size_t i = 0; i < n; i++) {
        const size_t frame_len = b->frames[i].len;
        if (frame_len > WZP_FRAME_MAX) {
            return 0;
        }
        len += frame_len;
        if (!same) {
            len += (frame_len >= LEN_ESCAPE) ? 3 : 1;
        }
    }
    return len;
}

static void write_len(wzp_writer *w, size_t len)
{
    if (len < LEN_ESCAPE) {
        wzp_write_u8(w, (uint8_t)len);
        return;
    }
    wzp_write_u8(w, LEN_ESCAPE);
    wzp_write_u16(w, (uint16_t)len);
}

wzp_err wzp_bundle_encode(const wzp_bundle *b, uint8_t *out, size_t cap,
                          size_t *out_len)
{
    if (wzp_bundle_len(b) == 0) {
        return WZP_ERR_ARG;
    }
    const size_t n = count(b);
    const bool same = have_same_len(b, n);
    wzp_writer w = wzp_writer_init(out, cap);
    wzp_write_u8(&w, b->n_old);
    wzp_write_u8(&w, b->n_new);
    wzp_write_u8(&w, same ? FORM_SAME : FORM_EACH);
    if (same) {
        wzp_write_u8(&w, (uint8_t)b->frames[0].len);
    }
    for (size_t i = 0; i < n && !same; i++) {
        write_len(&w, b->frames[i].len);
    }
    for (size_t i = 0; i < n; i++) {
        wzp_write_bytes(&w, b->frames[i].ptr, b->frames[i].len);
    }
    return wzp_writer_end(&w, out_len);
}

/* Form 1: a u16 that would have fitted the u8 is refused, so that a bundle has
 * one spelling. */
static wzp_err read_len(wzp_reader *r, size_t *len)
{
    *len = wzp_read_u8(r);
    if (*len == LEN_ESCAPE) {
        *len = wzp_read_u16(r);
        if (r->err == WZP_OK && *len < LEN_ESCAPE) {
            return WZP_ERR_BUNDLE;
        }
    }
    return r->err;
}

wzp_err wzp_bundle_decode(const uint8_t *data, size_t len, uint16_t seq,
                          wzp_bundle *out)
{
    wzp_reader r = wzp_reader_init(data, len);
    out->seq = seq;
    out->n_old = wzp_read_u8(&r);
    out->n_new = wzp_read_u8(&r);
    const uint8_t form = wzp_read_u8(&r);
    const size_t n = count(out);
    if (r.err != WZP_OK || n == 0 || n > WZP_BUNDLE_FRAMES_MAX ||
        form > FORM_EACH) {
        return WZP_ERR_BUNDLE;
    }
    const size_t same = (form == FORM_SAME) ? wzp_read_u8(&r) : 0;
    for (size_t i = 0; i < n; i++) {
        out->frames[i].len = same;
        if (form == FORM_EACH && read_len(&r, &out->frames[i].len) != WZP_OK) {
            return WZP_ERR_BUNDLE;
        }
    }
    for (size_t i = 0; i < n; i++) {
        out->frames[i] = wzp_read_bytes(&r, out->frames[i].len);
    }
    return (wzp_reader_end(&r) == WZP_OK) ? WZP_OK : WZP_ERR_BUNDLE;
}
