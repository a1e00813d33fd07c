/* SPDX-License-Identifier: MIT */
/* Bounded cursors through which every byte from and to the wire passes. All
 * integers are big endian.
 *
 * The error is sticky: after the first one every read gives 0 or NULL, every
 * write does nothing, so a parser reads all its fields and asks once. A reader
 * that was never wrong has err == WZP_OK; a writer likewise.
 */
#ifndef WZP_PROTO_BYTES_H
#define WZP_PROTO_BYTES_H

#include <wzp/proto/err.h>

#include <string.h>

/* --- reading --- */

typedef struct wzp_reader {
    const uint8_t *at; /* next byte; borrowed */
    size_t left;       /* bytes not read yet */
    wzp_err err;       /* WZP_OK, or WZP_ERR_TRUNCATED */
} wzp_reader;

/* data may be NULL when len is 0. */
static inline wzp_reader wzp_reader_init(const uint8_t *data, size_t len)
{
    const wzp_reader r = {data, len, WZP_OK};
    return r;
}

/* The next `len` bytes, borrowed; NULL (and the error) when there are not that
 * many. len 0 gives a pointer that is not to be read. */
static inline const uint8_t *wzp_read_view(wzp_reader *r, size_t len)
{
    if (r->err != WZP_OK || len > r->left) {
        r->err = WZP_ERR_TRUNCATED;
        return NULL;
    }
    if (len == 0) {
        return (r->at != NULL) ? r->at : (const uint8_t *)"";
    }
    const uint8_t *view = r->at;
    r->at += len;
    r->left -= len;
    return view;
}

/* As wzp_read_view, as wzp_bytes; {NULL, 0} on error. */
static inline wzp_bytes wzp_read_bytes(wzp_reader *r, size_t len)
{
    const uint8_t *view = wzp_read_view(r, len);
    const wzp_bytes bytes = {view, (view != NULL) ? len : 0};
    return bytes;
}

/* Copy `len` bytes; `out` is zeroed on error. */
static inline void wzp_read_copy(wzp_reader *r, uint8_t *out, size_t len)
{
    const uint8_t *view = wzp_read_view(r, len);
    if (len == 0) {
        return;
    }
    if (view != NULL) {
        memcpy(out, view, len);
    } else {
        memset(out, 0, len);
    }
}

static inline uint8_t wzp_read_u8(wzp_reader *r)
{
    const uint8_t *p = wzp_read_view(r, 1);
    return (p != NULL) ? p[0] : 0;
}

static inline uint16_t wzp_read_u16(wzp_reader *r)
{
    const uint8_t *p = wzp_read_view(r, 2);
    return (p != NULL) ? (uint16_t)((p[0] << 8) | p[1]) : 0;
}

static inline uint32_t wzp_read_u32(wzp_reader *r)
{
    const uint8_t *p = wzp_read_view(r, 4);
    if (p == NULL) {
        return 0;
    }
    return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) |
           ((uint32_t)p[2] << 8) | p[3];
}

static inline uint64_t wzp_read_u64(wzp_reader *r)
{
    uint64_t hi = wzp_read_u32(r);
    return (hi << 32) | wzp_read_u32(r);
}

/* Everything not read yet. */
static inline wzp_bytes wzp_read_rest(wzp_reader *r)
{
    return wzp_read_bytes(r, r->left);
}

/* The verdict at the end: the sticky error, or WZP_ERR_LENGTH when bytes are
 * left over. */
WZP_NODISCARD static inline wzp_err wzp_reader_end(const wzp_reader *r)
{
    if (r->err != WZP_OK) {
        return r->err;
    }
    return (r->left == 0) ? WZP_OK : WZP_ERR_LENGTH;
}

/* --- writing --- */

typedef struct wzp_writer {
    uint8_t *start; /* cap bytes of room; the caller's */
    size_t cap;
    size_t len;  /* bytes written */
    wzp_err err; /* WZP_OK, or WZP_ERR_SPACE */
} wzp_writer;

static inline wzp_writer wzp_writer_init(uint8_t *out, size_t cap)
{
    const wzp_writer w = {out, cap, 0, WZP_OK};
    return w;
}

/* Room for `len` bytes that the caller fills; NULL (and the error) when it is
 * not there. */
static inline uint8_t *wzp_write_view(wzp_writer *w, size_t len)
{
    if (w->err != WZP_OK || len > w->cap - w->len) {
        w->err = WZP_ERR_SPACE;
        return NULL;
    }
    uint8_t *view = w->start + w->len;
    w->len += len;
    return view;
}

/* data may be NULL when len is 0. */
static inline void wzp_write_bytes(wzp_writer *w, const void *data, size_t len)
{
    if (len == 0) {
        return;
    }
    uint8_t *p = wzp_write_view(w, len);
    if (p != NULL) {
        memcpy(p, data, len);
    }
}

static inline void wzp_write_u8(wzp_writer *w, uint8_t v)
{
    wzp_write_bytes(w, &v, 1);
}

static inline void wzp_write_u16(wzp_writer *w, uint16_t v)
{
    const uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    wzp_write_bytes(w, b, sizeof b);
}

static inline void wzp_write_u32(wzp_writer *w, uint32_t v)
{
    wzp_write_u16(w, (uint16_t)(v >> 16));
    wzp_write_u16(w, (uint16_t)v);
}

static inline void wzp_write_u64(wzp_writer *w, uint64_t v)
{
    wzp_write_u32(w, (uint32_t)(v >> 32));
    wzp_write_u32(w, (uint32_t)v);
}

/* The verdict at the end; *len is set on WZP_OK only. */
WZP_NODISCARD static inline wzp_err wzp_writer_end(const wzp_writer *w,
                                                   size_t *len)
{
    if (w->err == WZP_OK) {
        *len = w->len;
    }
    return w->err;
}

#endif
