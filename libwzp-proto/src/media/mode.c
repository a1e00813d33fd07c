/* SPDX-License-Identifier: MIT */
/* What a mode costs on the wire is arithmetic on headers (mode.h); only what
 * the codec makes of speech was measured.
 */
#include <wzp/proto/mode.h>
#include <wzp/proto/signal.h>

/* Bytes of a packet that are no plaintext: IPv4 20, UDP 8; QUIC 1, connection
 * id 8, packet number 1, tag 16; DATAGRAM type 1 and length 2; mini header 4;
 * SFrame header 7, tag 16 (docs/wire.md). */
enum {
    PACKET_BYTES = 20 + 8 + 1 + 8 + 1 + 16 + 3 + 4 + 7 + 16,
    PAD_TO = 8,          /* secure-media.md 6: 1 … 8 bytes are added */
    BUNDLE_BYTES = 3,    /* old, new, form */
    BUNDLE_ONE_LEN = 1,  /* forms 0 and 2: all frames are of this length */
    WINDOW_BYTES = 2,    /* form 2: how many symbols, over how many packets */
    PARITY_BYTES = 5,    /* base, k, r, index */
    PARITY_LEN_BYTES = 2 /* the length in front of each frame */
};

/* Bit/s of active speech where that is not the codec's nominal rate: the
 * operating points of voice-facts.md 7, measured there. */
static const struct {
    wzp_codec_id codec;
    uint8_t frame_ms;
    wzp_redundancy redundancy;
    uint32_t bps;
} POINTS[] = {
    {WZP_CODEC_OPUS_24K, 40, WZP_REDUNDANCY_DRED, 20000},
    {WZP_CODEC_OPUS_24K, 60, WZP_REDUNDANCY_DRED, 19000},
    {WZP_CODEC_OPUS_32K, 20, WZP_REDUNDANCY_DRED, 28500},
    {WZP_CODEC_OPUS_32K, 40, WZP_REDUNDANCY_BOTH, 33000},
    /* Opus has less to say at this rate than it may. */
    {WZP_CODEC_OPUS_6K, 60, WZP_REDUNDANCY_NONE, 5000},
    {WZP_CODEC_OPUS_6K, 40, WZP_REDUNDANCY_NONE, 5300},
};

static uint32_t codec_bps(const wzp_media_mode *m)
{
    for (size_t i = 0; i < sizeof POINTS / sizeof *POINTS; i++) {
        if (POINTS[i].codec == m->codec && POINTS[i].frame_ms == m->frame_ms &&
            POINTS[i].redundancy == m->redundancy) {
            return POINTS[i].bps;
        }
    }
    const wzp_codec_info *info = wzp_codec_info_get(m->codec);
    return info != NULL ? info->bitrate_bps : 0;
}

static bool is_bundle(const wzp_media_mode *m)
{
    return m->n_new > 1 || m->n_old > 0 || m->window_q > 0;
}

static bool is_fixed_size(const wzp_media_mode *m)
{
    return m->codec == WZP_CODEC_CODEC2_1200 ||
           m->codec == WZP_CODEC_CODEC2_3200;
}

static uint32_t on_wire(uint32_t plain)
{
    const uint32_t padded = (plain / PAD_TO + 1) * PAD_TO;
    return PACKET_BYTES + padded;
}

static uint32_t plain_bytes(const wzp_media_mode *m, uint32_t frame)
{
    const uint32_t frames = (uint32_t)m->n_new + m->n_old;
    if (!is_bundle(m)) {
        return frame;
    }
    if (!is_fixed_size(m)) { /* form 1 */
        return BUNDLE_BYTES + frames + frames * frame;
    }
    const uint32_t symbols = (uint32_t)m->window_q * m->n_new;
    const uint32_t head = symbols > 0
                              ? BUNDLE_BYTES + BUNDLE_ONE_LEN + WINDOW_BYTES
                              : BUNDLE_BYTES + BUNDLE_ONE_LEN;
    return head + (frames + symbols) * frame;
}

uint32_t wzp_media_mode_wire_bps(const wzp_media_mode *m)
{
    const uint32_t ms = wzp_media_mode_delay_ms(m);
    if (ms == 0) {
        return 0;
    }
    const uint32_t frame = (codec_bps(m) * m->frame_ms / 1000 + 7) / 8;
    uint32_t bps = on_wire(plain_bytes(m, frame)) * 8 * 1000 / ms;
    if (m->parity_r > 0 && m->parity_k > 0) {
        const uint32_t bytes =
            on_wire(PARITY_BYTES + PARITY_LEN_BYTES + frame) * m->parity_r;
        const uint32_t block_ms = (uint32_t)m->parity_k * m->frame_ms;
        bps += bytes * 8 * 1000 / block_ms;
    }
    return bps;
}

uint32_t wzp_media_mode_delay_ms(const wzp_media_mode *m)
{
    return (uint32_t)m->frame_ms * m->n_new;
}

/* Frames as long as everybody expects of this codec. */
static void shorten(wzp_media_mode *m)
{
    const wzp_codec_info *info = wzp_codec_info_get(m->codec);
    if (info == NULL || m->frame_ms == info->frame_ms) {
        return;
    }
    m->frame_ms = info->frame_ms;
    if (m->redundancy == WZP_REDUNDANCY_BOTH) { /* no such point at 20 ms */
        m->codec = WZP_CODEC_OPUS_24K;
        m->redundancy = WZP_REDUNDANCY_DRED;
    }
}

/* Deep redundancy is lost on them. Long frames were chosen for a narrow path:
 * it stays narrow. */
static void without_dred(wzp_media_mode *m)
{
    if (m->redundancy == WZP_REDUNDANCY_BOTH) {
        m->codec = WZP_CODEC_OPUS_24K;
        m->redundancy = WZP_REDUNDANCY_LBRR;
    } else if (m->redundancy == WZP_REDUNDANCY_DRED && m->frame_ms > 20) {
        m->codec = WZP_CODEC_OPUS_16K;
        m->redundancy = WZP_REDUNDANCY_NONE;
    } else if (m->redundancy == WZP_REDUNDANCY_DRED) {
        m->redundancy = m->codec == WZP_CODEC_OPUS_24K ? WZP_REDUNDANCY_LBRR
                                                       : WZP_REDUNDANCY_NONE;
    }
}

void wzp_media_mode_fit(wzp_media_mode *m, uint32_t caps)
{
    if ((caps & WZP_CAP_FRAMES) == 0) {
        shorten(m);
    }
    if ((caps & (WZP_CAP_DRED_10 | WZP_CAP_DRED_12)) == 0) {
        without_dred(m);
    }
    if ((caps & WZP_CAP_BUNDLE2) == 0 && m->window_q > 0) {
        m->n_old = (uint8_t)(m->window_q * m->n_new); /* whole, not coded */
        m->window_q = 0;
        m->window = 0;
    }
    if ((caps & WZP_CAP_BUNDLE1) == 0) {
        m->n_new = 1;
        m->n_old = 0;
    }
    if ((caps & WZP_CAP_PARITY1) == 0) {
        m->parity_k = 0;
        m->parity_r = 0;
    }
}

bool wzp_media_mode_is_equal(const wzp_media_mode *a, const wzp_media_mode *b)
{
    return a->codec == b->codec && a->frame_ms == b->frame_ms &&
           a->redundancy == b->redundancy && a->loss_pct == b->loss_pct &&
           a->n_new == b->n_new && a->n_old == b->n_old &&
           a->window_q == b->window_q && a->window == b->window &&
           a->parity_k == b->parity_k && a->parity_r == b->parity_r;
}
