/* SPDX-License-Identifier: MIT */
/* Datagram forms of one hop (dgram.h).
 *
 * A context is a MediaHeader that both sides know, and a step. A mini carries a
 * sequence number only; the timestamp follows from the distance to the
 * context's. A context lives in a slot (which stream) and a version (which
 * header of it); a header that does not follow opens the next version, so a
 * mini can never be read with the wrong header, whatever got lost.
 */
#include <wzp/proto/bytes.h>
#include <wzp/proto/dgram.h>
#include <wzp/proto/profile.h>

#include <assert.h>

enum {
    SLOTS = 16,
    VERSIONS = 16,
    /* A slot unused for this many datagrams may be given to another stream.
     * chosen: a second of one speaker; shorter would let 17 speakers open
     * contexts with every packet. */
    SLOT_BUSY = 64,
    /* A slot may open this many versions at once, then one per so many of its
     * datagrams; headers that change faster go bare, which is shorter than
     * opening. So a version's number comes again after 128 datagrams at the
     * earliest (fewer where the caller encoded one more than once, waiting for
     * a window), and one that was late is hardly taken for its successor; if
     * it is, the seal does not open.
     * chosen: 2.5 s of speech. */
    CREDIT_MAX = 8,
    CREDIT_EACH = 16,
};

wzp_dgram_kind wzp_dgram_classify(uint8_t first)
{
    if ((first >> 2 & 15) < WZP_CODEC_COUNT) {
        return WZP_DGRAM_BARE;
    }
    switch (first) {
    case WZP_DGRAM_TYPE_OPEN: return WZP_DGRAM_OPEN;
    case WZP_DGRAM_TYPE_MINI: return WZP_DGRAM_MINI;
    case WZP_DGRAM_TYPE_FEDERATION: return WZP_DGRAM_FEDERATION;
    default: return WZP_DGRAM_UNKNOWN;
    }
}

/* A bare datagram long enough and with a codec we know. */
static wzp_err check_bare(wzp_bytes bare)
{
    if (bare.len < WZP_MEDIA_HDR_LEN) {
        return WZP_ERR_LENGTH;
    }
    return (wzp_dgram_classify(bare.ptr[0]) == WZP_DGRAM_BARE) ? WZP_OK
                                                               : WZP_ERR_CODEC;
}

/* --- federation --- */

void wzp_fed_hdr_encode(const wzp_fed_hdr *hdr, uint8_t out[WZP_FED_HDR_LEN])
{
    assert(hdr->hops <= WZP_FED_HOPS_MAX);
    wzp_writer w = wzp_writer_init(out, WZP_FED_HDR_LEN);
    wzp_write_u8(&w, WZP_DGRAM_TYPE_FEDERATION);
    wzp_write_u8(&w, hdr->hops);
    wzp_write_u64(&w, hdr->origin);
    wzp_write_bytes(&w, hdr->room_hash, WZP_ROOM_HASH_LEN);
}

wzp_err wzp_fed_decode(const uint8_t *data, size_t len, wzp_fed_hdr *hdr,
                       wzp_bytes *bare)
{
    wzp_reader r = wzp_reader_init(data, len);
    const uint8_t type = wzp_read_u8(&r);
    if (r.err == WZP_OK && type != WZP_DGRAM_TYPE_FEDERATION) {
        return WZP_ERR_DGRAM_TYPE;
    }
    wzp_fed_hdr h = {.hops = wzp_read_u8(&r), .origin = wzp_read_u64(&r)};
    wzp_read_copy(&r, h.room_hash, WZP_ROOM_HASH_LEN);
    const wzp_bytes inside = wzp_read_rest(&r);
    if (r.err != WZP_OK) {
        return WZP_ERR_LENGTH;
    }
    WZP_TRY(check_bare(inside));
    if (h.hops > WZP_FED_HOPS_MAX) {
        return WZP_ERR_HOPS;
    }
    *hdr = h;
    *bare = inside;
    return WZP_OK;
}

wzp_err wzp_fed_legacy_decode(const uint8_t *data, size_t len,
                              wzp_bytes *room_hash, wzp_bytes *bare)
{
    wzp_reader r = wzp_reader_init(data, len);
    const wzp_bytes hash = wzp_read_bytes(&r, WZP_ROOM_HASH_LEN);
    const wzp_bytes inside = wzp_read_rest(&r);
    if (r.err != WZP_OK) {
        return WZP_ERR_LENGTH;
    }
    WZP_TRY(check_bare(inside));
    *room_hash = hash;
    *bare = inside;
    return WZP_OK;
}

/* --- contexts --- */

/* Offsets within a MediaHeader. */
enum { AT_SEQ = 2, AT_TIMESTAMP = 4, AFTER_TIMESTAMP = 8 };

typedef struct context {
    bool is_open;
    uint8_t step_ms;
    uint8_t head[WZP_MEDIA_HDR_LEN];
} context;

static uint16_t seq_of(const uint8_t head[WZP_MEDIA_HDR_LEN])
{
    return (uint16_t)(head[AT_SEQ] << 8 | head[AT_SEQ + 1]);
}

static uint32_t timestamp_of(const uint8_t head[WZP_MEDIA_HDR_LEN])
{
    wzp_reader r = wzp_reader_init(head + AT_TIMESTAMP, 4);
    return wzp_read_u32(&r);
}

/* The whole header that follows from a context and a sequence number. */
static void predict(const context *c, uint16_t seq,
                    uint8_t out[WZP_MEDIA_HDR_LEN])
{
    const uint32_t base = timestamp_of(c->head);
    const uint16_t ahead = (uint16_t)(seq - seq_of(c->head));
    /* The distance as signed 16 bits, the product modulo 2^32. */
    const uint32_t steps =
        (ahead < 0x8000) ? ahead : (uint32_t)ahead - 0x10000u;
    memcpy(out, c->head, WZP_MEDIA_HDR_LEN);
    wzp_writer w = wzp_writer_init(out + AT_SEQ, AFTER_TIMESTAMP - AT_SEQ);
    wzp_write_u16(&w, seq);
    wzp_write_u32(&w, base + steps * c->step_ms);
}

/* --- receiving --- */

/* The versions of a slot; allocated when the first one is opened, because
 * most receivers hear few streams. */
typedef struct rx_slot {
    context versions[VERSIONS];
} rx_slot;

struct wzp_dgram_rx {
    wzp_mem mem;
    rx_slot *slots[SLOTS];
};

wzp_err wzp_dgram_rx_new(wzp_dgram_rx **out, const wzp_mem *mem)
{
    wzp_dgram_rx *rx = wzp_mem_new(mem, sizeof *rx);
    if (rx == NULL) {
        return WZP_ERR_NOMEM;
    }
    rx->mem = *mem;
    *out = rx;
    return WZP_OK;
}

void wzp_dgram_rx_free(wzp_dgram_rx *rx)
{
    if (rx == NULL) {
        return;
    }
    const wzp_mem mem = rx->mem;
    for (size_t i = 0; i < SLOTS; i++) {
        wzp_mem_free(&mem, rx->slots[i], sizeof *rx->slots[i]);
    }
    wzp_mem_free(&mem, rx, sizeof *rx);
}

/* Cut a bare datagram that was checked into head and body. */
static void set_bare(wzp_dgram_view *out, wzp_bytes bare)
{
    memcpy(out->head, bare.ptr, WZP_MEDIA_HDR_LEN);
    out->body =
        (wzp_bytes){bare.ptr + WZP_MEDIA_HDR_LEN, bare.len - WZP_MEDIA_HDR_LEN};
}

static wzp_err decode_open(wzp_dgram_rx *rx, wzp_reader *r, wzp_dgram_view *out)
{
    const uint8_t ctx = wzp_read_u8(r);
    const uint8_t step_ms = wzp_read_u8(r);
    const wzp_bytes bare = wzp_read_rest(r);
    if (r->err != WZP_OK) {
        return WZP_ERR_LENGTH;
    }
    WZP_TRY(check_bare(bare));
    rx_slot **slot = &rx->slots[ctx / VERSIONS];
    if (*slot == NULL &&
        (*slot = wzp_mem_new(&rx->mem, sizeof **slot)) == NULL) {
        return WZP_ERR_NOMEM;
    }
    set_bare(out, bare);
    context *c = &(*slot)->versions[ctx % VERSIONS];
    c->is_open = true;
    c->step_ms = step_ms;
    memcpy(c->head, out->head, WZP_MEDIA_HDR_LEN);
    return WZP_OK;
}

static wzp_err decode_mini(const wzp_dgram_rx *rx, wzp_reader *r,
                           wzp_dgram_view *out)
{
    const uint8_t ctx = wzp_read_u8(r);
    const uint16_t seq = wzp_read_u16(r);
    out->body = wzp_read_rest(r);
    if (r->err != WZP_OK) {
        return WZP_ERR_LENGTH;
    }
    const rx_slot *slot = rx->slots[ctx / VERSIONS];
    if (slot == NULL || !slot->versions[ctx % VERSIONS].is_open) {
        return WZP_ERR_DGRAM_CONTEXT;
    }
    predict(&slot->versions[ctx % VERSIONS], seq, out->head);
    return WZP_OK;
}

wzp_err wzp_dgram_decode(wzp_dgram_rx *rx, const uint8_t *data, size_t len,
                         wzp_dgram_view *out)
{
    if (len == 0) {
        return WZP_ERR_TRUNCATED;
    }
    wzp_reader r = wzp_reader_init(data, len);
    out->kind = wzp_dgram_classify(wzp_read_u8(&r));
    if (out->kind == WZP_DGRAM_BARE) {
        if (len < WZP_MEDIA_HDR_LEN) {
            return WZP_ERR_TRUNCATED;
        }
        set_bare(out, (wzp_bytes){data, len});
        return WZP_OK;
    }
    if (rx == NULL) {
        return WZP_ERR_DGRAM_TYPE;
    }
    switch (out->kind) {
    case WZP_DGRAM_OPEN: return decode_open(rx, &r, out);
    case WZP_DGRAM_MINI: return decode_mini(rx, &r, out);
    case WZP_DGRAM_FEDERATION: {
        wzp_bytes bare;
        WZP_TRY(wzp_fed_decode(data, len, &out->fed, &bare));
        set_bare(out, bare);
        return WZP_OK;
    }
    default: return WZP_ERR_DGRAM_TYPE;
    }
}

wzp_err wzp_dgram_view_copy(const wzp_dgram_view *view, uint8_t *out,
                            size_t cap, size_t *out_len)
{
    wzp_writer w = wzp_writer_init(out, cap);
    wzp_write_bytes(&w, view->head, WZP_MEDIA_HDR_LEN);
    wzp_write_bytes(&w, view->body.ptr, view->body.len);
    return wzp_writer_end(&w, out_len);
}

/* --- sending --- */

typedef struct tx_slot {
    bool is_used;
    bool is_acked; /* an open datagram of this version arrived */
    uint32_t stream;
    uint32_t opened; /* how often the slot changed its version: 1, 2, … */
    uint8_t spent;   /* versions opened, less those paid back; ≤ CREDIT_MAX */
    uint8_t unpaid;  /* datagrams since the last one was paid back */
    uint64_t last_used;
    uint16_t last_seq; /* of the stream's last header, and its */
    uint32_t last_timestamp;
    context context;
} tx_slot;

struct wzp_dgram_tx {
    wzp_mem mem;
    uint64_t sent; /* datagrams so far; the clock of last_used */
    tx_slot slots[SLOTS];
};

wzp_err wzp_dgram_tx_new(wzp_dgram_tx **out, const wzp_mem *mem)
{
    wzp_dgram_tx *tx = wzp_mem_new(mem, sizeof *tx);
    if (tx == NULL) {
        return WZP_ERR_NOMEM;
    }
    tx->mem = *mem;
    *out = tx;
    return WZP_OK;
}

void wzp_dgram_tx_free(wzp_dgram_tx *tx)
{
    if (tx != NULL) {
        const wzp_mem mem = tx->mem;
        wzp_mem_free(&mem, tx, sizeof *tx);
    }
}

/* The stream's slot, or one it can have, or NULL. */
static tx_slot *find_slot(wzp_dgram_tx *tx, uint32_t stream)
{
    tx_slot *best = NULL;
    for (size_t i = 0; i < SLOTS; i++) {
        tx_slot *s = &tx->slots[i];
        if (s->is_used && s->stream == stream) {
            return s;
        }
        if (best == NULL || (best->is_used &&
                             (!s->is_used || s->last_used < best->last_used))) {
            best = s;
        }
    }
    const bool busy = best->is_used && tx->sent - best->last_used < SLOT_BUSY;
    return busy ? NULL : best;
}

/* Begin a new version of a slot. */
static void open_version(tx_slot *s, uint32_t stream,
                         const uint8_t head[WZP_MEDIA_HDR_LEN], uint8_t step_ms)
{
    s->is_used = true;
    s->is_acked = false;
    s->stream = stream;
    s->opened++;
    s->spent++;
    s->context.is_open = true;
    s->context.step_ms = step_ms;
    memcpy(s->context.head, head, WZP_MEDIA_HDR_LEN);
}

static bool follows(const tx_slot *s, uint32_t stream,
                    const uint8_t head[WZP_MEDIA_HDR_LEN])
{
    if (!s->is_used || s->stream != stream) {
        return false;
    }
    uint8_t predicted[WZP_MEDIA_HDR_LEN];
    predict(&s->context, seq_of(head), predicted);
    return memcmp(predicted, head, WZP_MEDIA_HDR_LEN) == 0;
}

/* The frame length that the stream's last two headers show. Where they show
 * none (a pause was between them, or they are two streams'): that of before, or
 * the guess. */
static uint8_t step_of(const tx_slot *s, uint32_t stream,
                       const uint8_t head[WZP_MEDIA_HDR_LEN], uint8_t guess)
{
    static const uint8_t LENGTHS[] = {10, 20, 40, 60};
    if (!s->is_used || s->stream != stream) {
        return guess;
    }
    const uint16_t frames = (uint16_t)(seq_of(head) - s->last_seq);
    const uint32_t passed = timestamp_of(head) - s->last_timestamp;
    for (size_t i = 0; frames > 0 && i < sizeof LENGTHS; i++) {
        if (passed == (uint32_t)frames * LENGTHS[i]) {
            return LENGTHS[i];
        }
    }
    return s->context.step_ms;
}

static void pay_back(tx_slot *s)
{
    if (s->spent > 0 && ++s->unpaid == CREDIT_EACH) {
        s->spent--;
        s->unpaid = 0;
    }
}

/* A version of the slot that predicts this header, old or new. False: too many
 * were opened lately. */
static bool prepare(wzp_dgram_tx *tx, tx_slot *s, uint32_t stream,
                    const uint8_t head[WZP_MEDIA_HDR_LEN], uint8_t guess)
{
    const bool is_new = !follows(s, stream, head);
    const uint8_t step_ms = step_of(s, stream, head, guess);
    pay_back(s);
    s->last_seq = seq_of(head);
    s->last_timestamp = timestamp_of(head);
    if (is_new && s->spent == CREDIT_MAX) {
        return false;
    }
    if (is_new) {
        open_version(s, stream, head, step_ms);
    }
    s->last_used = tx->sent;
    return true;
}

/* slot (4 bits) and the count of its versions (28 bits), never 0 because the
 * count is not. Tells an acknowledgement of this version from one of 16
 * versions ago. */
static uint32_t token_of(size_t slot, uint32_t opened)
{
    return (opened & 0x0FFFFFFF) << 4 | (uint32_t)slot;
}

void wzp_dgram_tx_encode(wzp_dgram_tx *tx, uint32_t stream,
                         const uint8_t head[WZP_MEDIA_HDR_LEN], uint8_t step_ms,
                         wzp_dgram_head *out)
{
    *out = (wzp_dgram_head){.kind = WZP_DGRAM_BARE};
    wzp_writer w = wzp_writer_init(out->bytes, sizeof out->bytes);
    tx->sent++;
    tx_slot *s = find_slot(tx, stream);
    if (s == NULL || !prepare(tx, s, stream, head, step_ms)) {
        wzp_write_bytes(&w, head, WZP_MEDIA_HDR_LEN);
        out->len = w.len;
        return;
    }
    const size_t slot = (size_t)(s - tx->slots);
    const uint8_t ctx = (uint8_t)(slot << 4 | (s->opened & (VERSIONS - 1)));
    if (s->is_acked) {
        out->kind = WZP_DGRAM_MINI;
        wzp_write_u8(&w, WZP_DGRAM_TYPE_MINI);
        wzp_write_u8(&w, ctx);
        wzp_write_u16(&w, seq_of(head));
    } else {
        out->kind = WZP_DGRAM_OPEN;
        out->token = token_of(slot, s->opened);
        wzp_write_u8(&w, WZP_DGRAM_TYPE_OPEN);
        wzp_write_u8(&w, ctx);
        wzp_write_u8(&w, s->context.step_ms);
        wzp_write_bytes(&w, head, WZP_MEDIA_HDR_LEN);
    }
    out->len = w.len;
}

void wzp_dgram_tx_acked(wzp_dgram_tx *tx, uint32_t token)
{
    tx_slot *s = &tx->slots[token & (SLOTS - 1)];
    if (s->is_used && token_of((size_t)(s - tx->slots), s->opened) == token) {
        s->is_acked = true;
    }
}
