/* SPDX-License-Identifier: MIT */
/* See wire_ear.h. A datagram is noted when QUIC takes it, a packet when it is
 * sent; how many datagrams have left by then says what is in it.
 */
#include "bench/voice/wire_ear.h"

#include "call/engine_parts.h"

#include <string.h>

enum {
    IP_UDP = 28,
    WAITING_MAX = 8192, /* datagrams taken and not yet sent */
    FLAGS_AT = 10,      /* in a sealed packet: of its media header */
};

static struct {
    const wzp_engine *talker;
    bool is_media[WAITING_MAX];
    uint64_t taken, sent;
    voice_wire wire;
} ear;

void voice_wire_begin(const wzp_engine *talker)
{
    memset(&ear, 0, sizeof ear);
    ear.talker = talker;
}

voice_wire voice_wire_get(void)
{
    return ear.wire;
}

wzp_err __real_wzp_endpoint_send_dgram(wzp_endpoint *ep, wzp_tstamp now,
                                       wzp_conn_id conn, wzp_pkt *pkt);
wzp_err __wrap_wzp_endpoint_send_dgram(wzp_endpoint *ep, wzp_tstamp now,
                                       wzp_conn_id conn, wzp_pkt *pkt);
wzp_err __wrap_wzp_endpoint_send_dgram(wzp_endpoint *ep, wzp_tstamp now,
                                       wzp_conn_id conn, wzp_pkt *pkt)
{
    const bool is_media = (pkt->data[FLAGS_AT] & WZP_MEDIA_CONTROL) == 0;
    const wzp_err e = __real_wzp_endpoint_send_dgram(ep, now, conn, pkt);
    if (ear.talker != NULL && ep == ear.talker->ep && e == WZP_OK) {
        ear.is_media[ear.taken++ % WAITING_MAX] = is_media;
    }
    return e;
}

static uint64_t sent_so_far(void)
{
    wzp_conn_stats s = {.size = sizeof s};
    return wzp_endpoint_conn_stats(ear.talker->ep,
                                   wzp__session_conn(ear.talker->session),
                                   &s) == WZP_OK
               ? s.dgram_sent
               : 0;
}

static void note(size_t len)
{
    bool has_media = false;
    for (const uint64_t sent = sent_so_far(); ear.sent < sent; ear.sent++) {
        has_media |= ear.is_media[ear.sent % WAITING_MAX];
    }
    if (has_media) {
        ear.wire.media_packets++;
        ear.wire.media_bytes += len + IP_UDP;
    } else {
        ear.wire.other_packets++;
        ear.wire.other_bytes += len + IP_UDP;
    }
}

bool __real_wzp_engine_poll_send(wzp_engine *engine, wzp_tstamp now,
                                 wzp_addr *local, wzp_addr *remote,
                                 const uint8_t **data, size_t *len);
bool __wrap_wzp_engine_poll_send(wzp_engine *engine, wzp_tstamp now,
                                 wzp_addr *local, wzp_addr *remote,
                                 const uint8_t **data, size_t *len);
bool __wrap_wzp_engine_poll_send(wzp_engine *engine, wzp_tstamp now,
                                 wzp_addr *local, wzp_addr *remote,
                                 const uint8_t **data, size_t *len)
{
    const bool any =
        __real_wzp_engine_poll_send(engine, now, local, remote, data, len);
    if (any && engine == ear.talker) {
        note(*len);
    }
    return any;
}
