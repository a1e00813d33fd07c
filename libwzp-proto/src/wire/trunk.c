/* SPDX-License-Identifier: MIT */
/* Trunk frames and their batcher (trunk.h). The batcher writes entries straight
 * into the frame it will give out; a second buffer keeps the frame handed out
 * while the next one is begun.
 */
#include <wzp/proto/bytes.h>
#include <wzp/proto/trunk.h>

enum { COUNT_LEN = 2, ENTRY_HDR_LEN = WZP_TRUNK_ID_LEN + 2 };

static void write_entry(wzp_writer *w, const wzp_trunk_entry *entry)
{
    wzp_write_bytes(w, entry->session_id, WZP_TRUNK_ID_LEN);
    wzp_write_u16(w, (uint16_t)entry->payload.len);
    wzp_write_bytes(w, entry->payload.ptr, entry->payload.len);
}

wzp_err wzp_trunk_encode(const wzp_trunk_entry *entries, size_t n, uint8_t *out,
                         size_t cap, size_t *out_len)
{
    if (n > UINT16_MAX) {
        return WZP_ERR_OVERSIZE;
    }
    wzp_writer w = wzp_writer_init(out, cap);
    wzp_write_u16(&w, (uint16_t)n);
    for (size_t i = 0; i < n; i++) {
        if (entries[i].payload.len > UINT16_MAX) {
            return WZP_ERR_OVERSIZE;
        }
        write_entry(&w, &entries[i]);
    }
    return wzp_writer_end(&w, out_len);
}

wzp_err wzp_trunk_decode(const uint8_t *data, size_t len,
                         wzp_trunk_entry *entries, size_t cap, size_t *n)
{
    wzp_reader r = wzp_reader_init(data, len);
    const uint16_t count = wzp_read_u16(&r);
    WZP_TRY(r.err);
    if (count > cap) {
        return WZP_ERR_OVERSIZE;
    }
    for (size_t i = 0; i < count; i++) {
        wzp_read_copy(&r, entries[i].session_id, WZP_TRUNK_ID_LEN);
        const uint16_t payload_len = wzp_read_u16(&r);
        entries[i].payload = wzp_read_bytes(&r, payload_len);
        WZP_TRY(r.err);
    }
    *n = count;
    return WZP_OK;
}

/* --- batcher --- */

struct wzp_trunk_batcher {
    wzp_mem mem;
    size_t max_entries;
    size_t max_bytes;
    size_t buf_len; /* of each of the two */
    uint8_t *filling;
    uint8_t *given;
    size_t len;     /* bytes in `filling`, the count included */
    size_t entries; /* in `filling` */
};

wzp_err wzp_trunk_batcher_new(wzp_trunk_batcher **out, const wzp_mem *mem,
                              size_t max_entries, size_t max_bytes)
{
    if (max_entries == 0 || max_entries > UINT16_MAX ||
        max_bytes < COUNT_LEN + ENTRY_HDR_LEN || max_bytes > UINT16_MAX) {
        return WZP_ERR_ARG;
    }
    wzp_trunk_batcher *b = wzp_mem_new(mem, sizeof *b);
    if (b == NULL) {
        return WZP_ERR_NOMEM;
    }
    /* One entry alone may be longer than max_bytes. */
    const size_t buf_len = max_bytes + ENTRY_HDR_LEN + WZP_TRUNK_PAYLOAD_MAX;
    *b = (wzp_trunk_batcher){
        .mem = *mem,
        .max_entries = max_entries,
        .max_bytes = max_bytes,
        .buf_len = buf_len,
        .filling = wzp_mem_new(mem, buf_len),
        .given = wzp_mem_new(mem, buf_len),
        .len = COUNT_LEN,
    };
    if (b->filling == NULL || b->given == NULL) {
        wzp_trunk_batcher_free(b);
        return WZP_ERR_NOMEM;
    }
    *out = b;
    return WZP_OK;
}

void wzp_trunk_batcher_free(wzp_trunk_batcher *b)
{
    if (b == NULL) {
        return;
    }
    const wzp_mem mem = b->mem;
    wzp_mem_free(&mem, b->filling, b->buf_len);
    wzp_mem_free(&mem, b->given, b->buf_len);
    wzp_mem_free(&mem, b, sizeof *b);
}

wzp_bytes wzp_trunk_batcher_flush(wzp_trunk_batcher *b)
{
    if (b->entries == 0) {
        return (wzp_bytes){NULL, 0};
    }
    uint8_t *frame = b->filling;
    const size_t len = b->len;
    frame[0] = (uint8_t)(b->entries >> 8);
    frame[1] = (uint8_t)b->entries;
    b->filling = b->given;
    b->given = frame;
    b->len = COUNT_LEN;
    b->entries = 0;
    return (wzp_bytes){frame, len};
}

wzp_err wzp_trunk_batcher_insert(wzp_trunk_batcher *b,
                                 const wzp_trunk_entry *entry, wzp_bytes *frame)
{
    *frame = (wzp_bytes){NULL, 0};
    if (entry->payload.len > WZP_TRUNK_PAYLOAD_MAX) {
        return WZP_ERR_OVERSIZE;
    }
    const size_t more = ENTRY_HDR_LEN + entry->payload.len;
    /* Full by what is there: that goes, this one waits. */
    const bool begins_next =
        b->entries != 0 &&
        (b->entries + 1 > b->max_entries || b->len + more > b->max_bytes);
    if (begins_next) {
        *frame = wzp_trunk_batcher_flush(b);
    }
    wzp_writer w = wzp_writer_init(b->filling + b->len, b->buf_len - b->len);
    write_entry(&w, entry);
    b->len += w.len;
    b->entries++;
    if (!begins_next &&
        (b->entries >= b->max_entries || b->len >= b->max_bytes)) {
        *frame = wzp_trunk_batcher_flush(b);
    }
    return w.err;
}
