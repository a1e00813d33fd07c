/* SPDX-License-Identifier: MIT */
/* Header contexts in calls and rooms: nearly every packet is a mini, the wire
 * carries as many bytes less as minis save, and the sound is the same. The
 * control is the same world in which nobody may send them: this program stands
 * before wzp_endpoint_typed (mk/tests.mk). design/secure-media.md 8.
 */
#include "support/harness.h"
#include "support/world/world.h"

#include <wzp/proto/dgram.h>
#include <wzp/transport/endpoint.h>

enum { SECONDS = 20, TALKERS = 3, LISTENERS = 5 };

static bool is_off;
static uint64_t n_open, n_mini, n_bare;

wzp_err __real_wzp_endpoint_typed(wzp_endpoint *ep, wzp_conn_id conn,
                                  unsigned ways);
wzp_err __wrap_wzp_endpoint_typed(wzp_endpoint *ep, wzp_conn_id conn,
                                  unsigned ways);
wzp_err __wrap_wzp_endpoint_typed(wzp_endpoint *ep, wzp_conn_id conn,
                                  unsigned ways)
{
    return __real_wzp_endpoint_typed(ep, conn,
                                     is_off ? ways & ~WZP_TYPED_SEND : ways);
}

void __real_wzp_dgram_tx_encode(wzp_dgram_tx *tx, uint32_t stream,
                                const uint8_t head[WZP_MEDIA_HDR_LEN],
                                uint8_t step_ms, wzp_dgram_head *out);
void __wrap_wzp_dgram_tx_encode(wzp_dgram_tx *tx, uint32_t stream,
                                const uint8_t head[WZP_MEDIA_HDR_LEN],
                                uint8_t step_ms, wzp_dgram_head *out);
void __wrap_wzp_dgram_tx_encode(wzp_dgram_tx *tx, uint32_t stream,
                                const uint8_t head[WZP_MEDIA_HDR_LEN],
                                uint8_t step_ms, wzp_dgram_head *out)
{
    __real_wzp_dgram_tx_encode(tx, stream, head, step_ms, out);
    n_open += out->kind == WZP_DGRAM_OPEN;
    n_mini += out->kind == WZP_DGRAM_MINI;
    n_bare += out->kind == WZP_DGRAM_BARE;
}

static const int16_t *hum(void)
{
    static int16_t pcm[4800];
    for (size_t i = 0; i < 4800; i++) {
        pcm[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    return pcm;
}

static wzp_node member(wzp_world *w, int i, bool talks, double loss)
{
    const wzp_world_client_config cfg = {.is_steady = true,
                                         .identity = (uint8_t)(20 + i),
                                         .in = talks ? hum() : NULL,
                                         .in_len = 4800};
    const wzp_node n = wzp_world_client(w, &cfg);
    const wzp_link_cfg link = {.loss = loss,
                               .delay_ns = (uint64_t)(10 + 5 * i) * WZP_MS,
                               .jitter_ns = 5 * WZP_MS,
                               .dup = loss / 10};
    wzp_world_link(w, n, &link, &link);
    return n;
}

typedef struct outcome {
    uint64_t dgrams; /* that could have been minis */
    uint64_t opens, minis, bare;
    uint64_t rx_bytes, received, bad_tag; /* at the last member */
} outcome;

/* A room of talkers and listeners for SECONDS after everybody has keys. */
static outcome room(uint32_t talkers, uint32_t listeners, double loss)
{
    wzp_world *w = wzp_world_new(31);
    const wzp_node relay = wzp_world_relay(w, 9, NULL);
    wzp_node n[TALKERS + LISTENERS];
    const uint32_t all = talkers + listeners;
    for (uint32_t i = 0; i < all; i++) {
        n[i] = member(w, (int)i, i < talkers, loss);
        wzp_world_join(w, n[i], "mini", relay);
    }
    const wzp_node last = n[all - 1];
    const uint32_t heard = listeners == 0 ? talkers - 1 : talkers;
    assert_true(wzp_world_await_keyed(w, last, heard, 20 * WZP_S));
    wzp_world_run(w, 5 * WZP_S);
    n_open = n_mini = n_bare = 0;
    const wzp_client_stats before = wzp_world_stats(w, last);
    wzp_world_run(w, SECONDS * WZP_S);
    const wzp_client_stats after = wzp_world_stats(w, last);
    const outcome o = {.dgrams = n_open + n_mini + n_bare,
                       .opens = n_open,
                       .minis = n_mini,
                       .bare = n_bare,
                       .rx_bytes = after.rx_bytes - before.rx_bytes,
                       .received =
                           after.packets_received - before.packets_received,
                       .bad_tag = after.group.bad_tag};
    wzp_world_free(w);
    return o;
}

WZP_TEST(room_at_10_percent_loss_sends_more_than_nine_of_ten_packets_as_minis)
{
    is_off = false;
    const outcome o = room(TALKERS, LISTENERS, 0.1);
    assert_true(o.dgrams > 50 * SECONDS * TALKERS * LISTENERS);
    assert_true(o.minis * 10 > o.dgrams * 9);
    assert_int_equal(o.bare, 0);
    assert_int_equal(o.bad_tag, 0);
}

WZP_TEST(call_at_10_percent_loss_sends_more_than_nine_of_ten_packets_as_minis)
{
    is_off = false;
    const outcome o = room(2, 0, 0.1);
    assert_true(o.dgrams >= 50 * SECONDS * 2 * 15 / 10);
    assert_true(o.minis * 10 > o.dgrams * 9);
    assert_int_equal(o.bad_tag, 0);
}

/* Eight bytes of each packet the listener gets, and nothing else changes. */
WZP_TEST(minis_save_eight_bytes_a_packet_at_the_listener)
{
    is_off = true;
    const outcome without = room(TALKERS, LISTENERS, 0);
    is_off = false;
    const outcome with = room(TALKERS, LISTENERS, 0);
    assert_int_equal(without.minis + without.opens, 0);
    assert_int_equal(with.received, without.received);
    const double saved =
        (double)(without.rx_bytes - with.rx_bytes) / (double)with.received;
    assert_true(saved > 7.5 && saved < 8.5);
}
