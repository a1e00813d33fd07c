/* SPDX-License-Identifier: MIT */
/* Contexts of one connection, see typed.h.
 */
#include "quic/typed.h"

#include <wzp/proto/profile.h>

#include <string.h>

/* Bytes of a MediaHeader, spec/wire.md 1.1. */
enum { AT_CODEC = 0, AT_FLAGS = 10 };

void wzp__typed_init(wzp__typed *t, const wzp_mem *mem)
{
    *t = (wzp__typed){.mem = mem};
}

void wzp__typed_deinit(wzp__typed *t)
{
    wzp_dgram_rx_free(t->rx);
    wzp_dgram_tx_free(t->tx);
}

/* --- sending --- */

static bool is_sealed_media(const wzp_pkt *pkt)
{
    return pkt->len >= WZP_MEDIA_HDR_LEN &&
           (pkt->data[AT_FLAGS] & (WZP_MEDIA_SEALED | WZP_MEDIA_CONTROL)) ==
               WZP_MEDIA_SEALED;
}

/* Speech, bundles and parity of one sender differ in these two bytes: each gets
 * contexts of its own, so that none spoils another's prediction. */
static uint32_t stream_of(const wzp_pkt *pkt)
{
    return (uint32_t)pkt->stream << 16 | (uint32_t)pkt->data[AT_CODEC] << 8 |
           pkt->data[AT_FLAGS];
}

static bool has_tx(wzp__typed *t)
{
    if (t->tx == NULL && wzp_dgram_tx_new(&t->tx, t->mem) != WZP_OK) {
        t->tx = NULL; /* bare ones are always right */
    }
    return t->tx != NULL;
}

size_t wzp__typed_head(wzp__typed *t, const wzp_pkt *pkt, size_t limit,
                       wzp_dgram_head *out)
{
    out->kind = WZP_DGRAM_BARE;
    out->len = 0;
    out->token = 0;
    if ((t->ways & WZP_TYPED_SEND) == 0 || !is_sealed_media(pkt) ||
        pkt->len + WZP_DGRAM_OPEN_LEN - WZP_MEDIA_HDR_LEN > limit) {
        return 0;
    }
    const wzp_codec_info *codec =
        wzp_codec_info_get(pkt->data[AT_CODEC] >> 2 & 15);
    if (codec == NULL || !has_tx(t)) {
        return 0;
    }
    wzp_dgram_tx_encode(t->tx, stream_of(pkt), pkt->data, codec->frame_ms, out);
    return WZP_MEDIA_HDR_LEN;
}

void wzp__typed_acked(wzp__typed *t, uint32_t token)
{
    if (token != 0 && t->tx != NULL) {
        wzp_dgram_tx_acked(t->tx, token);
    }
}

/* --- receiving --- */

static void count_refused(wzp_conn_stats *stats, wzp_err e)
{
    switch (e) {
    case WZP_ERR_NOMEM: break; /* the caller's to count */
    case WZP_ERR_DGRAM_TYPE: stats->typed_bad_type++; break;
    case WZP_ERR_DGRAM_CONTEXT: stats->typed_bad_context++; break;
    default: stats->typed_malformed++; break;
    }
}

/* An open or a mini; a federation datagram has no business on this hop. */
static wzp_err decode(wzp__typed *t, const uint8_t *data, size_t len,
                      wzp_dgram_view *out)
{
    const wzp_dgram_kind kind = wzp_dgram_classify(data[0]);
    if (kind != WZP_DGRAM_OPEN && kind != WZP_DGRAM_MINI) {
        return WZP_ERR_DGRAM_TYPE;
    }
    if (t->rx == NULL) {
        WZP_TRY(wzp_dgram_rx_new(&t->rx, t->mem));
    }
    return wzp_dgram_decode(t->rx, data, len, out);
}

static wzp_err expand(wzp__typed *t, const uint8_t *data, size_t len,
                      wzp_pkt *pkt)
{
    wzp_dgram_view view;
    WZP_TRY(decode(t, data, len, &view));
    return wzp_dgram_view_copy(&view, pkt->data, WZP_PKT_CAP, &pkt->len);
}

static bool is_typed(const wzp__typed *t, const uint8_t *data, size_t len)
{
    return len > 0 && (t->ways & WZP_TYPED_RECEIVE) != 0 &&
           wzp_dgram_classify(data[0]) != WZP_DGRAM_BARE;
}

wzp_err wzp__typed_read(wzp__typed *t, const uint8_t *data, size_t len,
                        wzp_pkt *pkt, wzp_conn_stats *stats)
{
    if (!is_typed(t, data, len)) {
        if (len > 0) {
            memcpy(pkt->data, data, len);
        }
        pkt->len = len;
        return WZP_OK; /* what is in it is the owner's business */
    }
    const wzp_err e = expand(t, data, len, pkt);
    if (e == WZP_OK) {
        stats->typed_received++;
    } else {
        count_refused(stats, e);
    }
    return e;
}

void wzp__typed_missed(wzp__typed *t, const uint8_t *data, size_t len)
{
    wzp_dgram_view view;
    if (is_typed(t, data, len)) {
        wzp_ignore(decode(t, data, len, &view),
                   "the datagram is dropped and counted anyway");
    }
}
