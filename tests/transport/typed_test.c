/* SPDX-License-Identifier: MIT */
/* Typed datagrams between two endpoints: what goes over the wire, and that
 * what comes out is what went in. design/secure-media.md 8.
 */
#include "quic/typed.h"

#include "net.h"

#include <wzp/proto/media.h>
#include <wzp/proto/profile.h>

enum { BODY = 40, BOTH = WZP_TYPED_RECEIVE | WZP_TYPED_SEND };

static wzp_endpoint_stats stats_of(const net_node *node)
{
    wzp_endpoint_stats s = {.size = sizeof s};
    wzp_endpoint_stats_get(node->ep, &s);
    return s;
}

static void type(net_pair *p, unsigned client, unsigned server)
{
    assert_int_equal(wzp_endpoint_typed(p->client->ep, p->c, client), WZP_OK);
    assert_int_equal(wzp_endpoint_typed(p->server->ep, p->s, server), WZP_OK);
}

static wzp_media_hdr speech(uint16_t seq, uint32_t timestamp)
{
    return (wzp_media_hdr){.codec = WZP_CODEC_OPUS_24K,
                           .seq = seq,
                           .timestamp = timestamp,
                           .flags = WZP_MEDIA_SEALED,
                           .source_hint = 7};
}

/* Fill a packet: header, then `mark` in a body of BODY bytes. */
static void fill(wzp_pkt *pkt, const wzp_media_hdr *hdr, uint32_t mark)
{
    wzp_media_hdr_encode(hdr, pkt->data);
    memset(pkt->data + WZP_MEDIA_HDR_LEN, 0xA5, BODY);
    memcpy(pkt->data + WZP_MEDIA_HDR_LEN, &mark, sizeof mark);
    pkt->len = WZP_MEDIA_HDR_LEN + BODY;
}

static void send_media(net_node *from, wzp_conn_id conn,
                       const wzp_media_hdr *hdr, uint32_t mark)
{
    wzp_pkt *pkt = wzp_pkt_get(from->pool);
    assert_non_null(pkt);
    fill(pkt, hdr, mark);
    pkt->stream = hdr->source_hint;
    assert_int_equal(
        wzp_endpoint_send_dgram(from->ep, from->net->now, conn, pkt), WZP_OK);
    wzp_pkt_unref(pkt);
}

static void send_raw(net_pair *p, const uint8_t *data, size_t len)
{
    wzp_pkt *pkt = wzp_pkt_get(p->client->pool);
    assert_non_null(pkt);
    memcpy(pkt->data, data, len);
    pkt->len = len;
    assert_int_equal(
        wzp_endpoint_send_dgram(p->client->ep, p->n->now, p->c, pkt), WZP_OK);
    wzp_pkt_unref(pkt);
    net_run(p->n, 100 * WZP_MS);
}

/* n frames of speech, 20 ms apart. */
static void talk_for(net_pair *p, uint16_t first, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const wzp_media_hdr hdr =
            speech((uint16_t)(first + i), 20 * (uint32_t)(first + i));
        send_media(p->client, p->c, &hdr, i);
        net_run(p->n, 20 * WZP_MS);
    }
    net_run(p->n, 100 * WZP_MS);
}

/* The same; the server got all, and the last is right. */
static void talk(net_pair *p, uint16_t first, unsigned n)
{
    const size_t before = p->server->dgrams;
    talk_for(p, first, n);
    assert_int_equal(p->server->dgrams - before, n);
}

static uint64_t sent_bytes(net_pair *p)
{
    return net_stats(p->client, p->c).tx_bytes;
}

WZP_TEST(speech_travels_as_minis_once_its_context_is_acknowledged)
{
    net_pair p = net_connect(1);
    type(&p, WZP_TYPED_SEND, WZP_TYPED_RECEIVE);
    talk(&p, 65500, 100);
    const wzp_conn_stats c = net_stats(p.client, p.c);
    const wzp_conn_stats s = net_stats(p.server, p.s);
    /* A round trip of 40 ms and a held acknowledgement of 95 ms. */
    assert_in_range(c.typed_opens_sent, 2, 9);
    assert_int_equal(c.typed_minis_sent, 100 - c.typed_opens_sent);
    assert_int_equal(s.typed_received, 100);
    const wzp_media_hdr last = speech(63, 20 * 65599u);
    uint8_t head[WZP_MEDIA_HDR_LEN];
    wzp_media_hdr_encode(&last, head);
    assert_int_equal(p.server->last_dgram_len, WZP_MEDIA_HDR_LEN + BODY);
    assert_memory_equal(p.server->last_dgram, head, sizeof head);
    net_free(p.n);
}

WZP_TEST(speech_without_dgram1_travels_bare)
{
    net_pair p = net_connect(2);
    talk(&p, 1, 50);
    assert_int_equal(net_stats(p.client, p.c).typed_opens_sent, 0);
    assert_int_equal(net_stats(p.client, p.c).typed_minis_sent, 0);
    const wzp_media_hdr last = speech(50, 1000);
    uint8_t head[WZP_MEDIA_HDR_LEN];
    wzp_media_hdr_encode(&last, head);
    assert_memory_equal(p.server->last_dgram, head, sizeof head);
    net_free(p.n);
}

/* The control: an endpoint that did not announce sees what the wire carries. */
WZP_TEST(receiver_without_dgram1_would_see_the_types)
{
    net_pair p = net_connect(3);
    type(&p, WZP_TYPED_SEND, 0);
    talk(&p, 1, 1);
    assert_int_equal(p.server->last_dgram[0], WZP_DGRAM_TYPE_OPEN);
    assert_int_equal(p.server->last_dgram_len, WZP_DGRAM_OPEN_LEN + BODY);
    talk(&p, 2, 30);
    assert_int_equal(p.server->last_dgram[0], WZP_DGRAM_TYPE_MINI);
    assert_int_equal(p.server->last_dgram_len, WZP_DGRAM_MINI_LEN + BODY);
    net_free(p.n);
}

WZP_TEST(mini_saves_eight_bytes_of_every_packet_on_the_wire)
{
    uint64_t bytes[2];
    for (unsigned i = 0; i < 2; i++) {
        net_pair p = net_connect(4);
        if (i == 1) {
            type(&p, WZP_TYPED_SEND, WZP_TYPED_RECEIVE);
        }
        talk(&p, 1, 50); /* probes of the path are over, contexts open */
        const uint64_t before = sent_bytes(&p);
        talk(&p, 51, 200);
        bytes[i] = sent_bytes(&p) - before;
        net_free(p.n);
    }
    assert_int_equal(bytes[0] - bytes[1], 200 * 8);
}

WZP_TEST(clear_and_control_packets_travel_bare)
{
    net_pair p = net_connect(5);
    type(&p, WZP_TYPED_SEND, WZP_TYPED_RECEIVE);
    wzp_media_hdr hdr = speech(1, 20);
    hdr.flags = 0;
    send_media(p.client, p.c, &hdr, 0);
    hdr.flags = WZP_MEDIA_SEALED | WZP_MEDIA_CONTROL;
    hdr.codec = WZP_CODEC_COMFORT_NOISE;
    send_media(p.client, p.c, &hdr, 0);
    net_run(p.n, 100 * WZP_MS);
    assert_int_equal(p.server->dgrams, 2);
    assert_int_equal(net_stats(p.client, p.c).typed_opens_sent, 0);
    assert_int_equal(net_stats(p.server, p.s).typed_received, 0);
    net_free(p.n);
}

WZP_TEST(packet_that_fits_only_without_a_context_travels_bare)
{
    net_pair p = net_connect(6);
    type(&p, WZP_TYPED_SEND, WZP_TYPED_RECEIVE);
    const size_t limit = wzp_endpoint_dgram_limit(p.client->ep, p.c);
    const wzp_media_hdr hdr = speech(1, 20);
    wzp_pkt *pkt = wzp_pkt_get(p.client->pool);
    fill(pkt, &hdr, 0);
    memset(pkt->data + pkt->len, 1, limit - pkt->len);
    for (size_t less = 0; less < 5; less++) {
        pkt->len = limit - less;
        assert_int_equal(
            wzp_endpoint_send_dgram(p.client->ep, p.n->now, p.c, pkt), WZP_OK);
        net_run(p.n, 5 * WZP_MS);
        assert_int_equal(net_stats(p.client, p.c).typed_opens_sent,
                         less < 3 ? 0 : less - 2);
    }
    wzp_pkt_unref(pkt);
    net_run(p.n, 100 * WZP_MS);
    assert_int_equal(p.server->dgrams, 5);
    net_free(p.n);
}

WZP_TEST(datagrams_of_no_form_are_dropped_and_counted_by_reason)
{
    static const uint8_t bad_type[] = {0x24, 0, 0, 0};
    static const uint8_t federation[40] = {WZP_DGRAM_TYPE_FEDERATION};
    static const uint8_t unopened[] = {WZP_DGRAM_TYPE_MINI, 0x31, 0, 1, 9};
    static const uint8_t cut[] = {WZP_DGRAM_TYPE_MINI, 0x31};
    static const uint8_t cut_open[14] = {WZP_DGRAM_TYPE_OPEN};
    static const uint8_t inside[20] = {WZP_DGRAM_TYPE_OPEN, 1, 20, 0x3C};
    net_pair p = net_connect(7);
    type(&p, 0, WZP_TYPED_RECEIVE);
    send_raw(&p, bad_type, sizeof bad_type);
    send_raw(&p, federation, sizeof federation);
    assert_int_equal(net_stats(p.server, p.s).typed_bad_type, 2);
    send_raw(&p, unopened, sizeof unopened);
    assert_int_equal(net_stats(p.server, p.s).typed_bad_context, 1);
    send_raw(&p, cut, sizeof cut);
    send_raw(&p, cut_open, sizeof cut_open);
    send_raw(&p, inside, sizeof inside);
    assert_int_equal(net_stats(p.server, p.s).typed_malformed, 3);
    assert_int_equal(stats_of(p.server).typed_refused, 6);
    assert_int_equal(p.server->dgrams, 0);
    send_raw(&p, inside + 4, 1); /* bare and short: the owner's to refuse */
    assert_int_equal(p.server->dgrams, 1);
    net_signal(p.client, p.c, "{}"); /* and all goes on */
    net_run(p.n, WZP_S);
    assert_int_equal(p.server->signals, 1);
    net_free(p.n);
}

WZP_TEST(typed_of_a_connection_that_is_gone_is_not_found)
{
    net_pair p = net_connect(8);
    assert_int_equal(wzp_endpoint_typed(p.client->ep, 12345, BOTH),
                     WZP_ERR_NOT_FOUND);
    net_free(p.n);
}

WZP_TEST(contexts_cost_nothing_before_the_first_sealed_packet)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__typed t;
    wzp_conn_stats stats = {0};
    wzp_dgram_head head;
    wzp_pkt_pool *pool;
    assert_int_equal(wzp_pkt_pool_new(&pool, &mem, 1), WZP_OK);
    wzp_pkt *pkt = wzp_pkt_get(pool);
    wzp__typed_init(&t, &mem);
    t.ways = BOTH;
    wzp_media_hdr hdr = speech(1, 20);
    hdr.flags = 0;
    fill(pkt, &hdr, 0);
    assert_int_equal(wzp__typed_head(&t, pkt, 1200, &head), 0);
    uint8_t data[64];
    memcpy(data, pkt->data, pkt->len);
    assert_int_equal(wzp__typed_read(&t, data, pkt->len, pkt, &stats), WZP_OK);
    assert_null(t.tx);
    assert_null(t.rx);
    hdr.flags = WZP_MEDIA_SEALED;
    fill(pkt, &hdr, 0);
    assert_int_equal(wzp__typed_head(&t, pkt, 1200, &head), WZP_MEDIA_HDR_LEN);
    assert_non_null(t.tx);
    wzp__typed_deinit(&t);
    wzp_pkt_unref(pkt);
    wzp_pkt_pool_free(pool);
}

static void *no_memory(void *user, void *ptr, size_t old, size_t size)
{
    (void)user;
    (void)ptr;
    (void)old;
    (void)size;
    return NULL;
}

WZP_TEST(without_memory_for_contexts_packets_go_bare_and_opens_are_dropped)
{
    static const uint8_t open[20] = {WZP_DGRAM_TYPE_OPEN, 0x10, 20};
    const wzp_mem mem = wzp_mem_default();
    const wzp_mem none = {.resize = no_memory};
    wzp__typed t;
    wzp_conn_stats stats = {0};
    wzp_dgram_head head;
    wzp_pkt_pool *pool;
    assert_int_equal(wzp_pkt_pool_new(&pool, &mem, 1), WZP_OK);
    wzp_pkt *pkt = wzp_pkt_get(pool);
    const wzp_media_hdr hdr = speech(1, 20);
    fill(pkt, &hdr, 0);
    wzp__typed_init(&t, &none);
    t.ways = BOTH;
    assert_int_equal(wzp__typed_head(&t, pkt, 1200, &head), 0);
    assert_int_equal(head.len, 0);
    assert_int_equal(wzp__typed_read(&t, open, sizeof open, pkt, &stats),
                     WZP_ERR_NOMEM);
    wzp__typed_deinit(&t);
    wzp_pkt_unref(pkt);
    wzp_pkt_pool_free(pool);
}

static size_t take_all(wzp_pkt_pool *pool, wzp_pkt **out, size_t cap)
{
    size_t n = 0;
    while (n < cap && (out[n] = wzp_pkt_get(pool)) != NULL) {
        n++;
    }
    return n;
}

WZP_TEST(context_opened_while_the_pool_was_empty_is_known_afterwards)
{
    /* What is acknowledged is taken for opened, whoever had room for it. */
    wzp_pkt *all[256];
    net_pair p = net_connect(10);
    type(&p, WZP_TYPED_SEND, WZP_TYPED_RECEIVE);
    const size_t taken = take_all(p.server->pool, all, 256);
    talk_for(&p, 1, 20);
    const wzp_conn_stats s = net_stats(p.server, p.s);
    assert_int_equal(p.server->dgrams, 0);
    assert_int_equal(s.dgram_no_buffer, 20);
    assert_int_equal(stats_of(p.server).dgram_no_buffer, 20);
    assert_true(net_stats(p.client, p.c).typed_minis_sent > 0);
    for (size_t i = 0; i < taken; i++) {
        wzp_pkt_unref(all[i]);
    }
    talk(&p, 21, 20);
    assert_int_equal(net_stats(p.server, p.s).typed_bad_context, 0);
    assert_int_equal(net_stats(p.server, p.s).typed_received, 20);
    net_free(p.n);
}

/* --- anything, over a bad link --- */

enum { STREAMS = 20, SENT = 6000 };

static uint8_t sent[SENT][WZP_MEDIA_HDR_LEN + BODY];
static size_t arrived, wrong;

static void compare(net_node *node, const wzp_pkt *pkt)
{
    (void)node;
    uint32_t mark;
    memcpy(&mark, pkt->data + WZP_MEDIA_HDR_LEN, sizeof mark);
    arrived++;
    if (pkt->len != sizeof sent[0] || mark >= SENT ||
        memcmp(pkt->data, sent[mark], sizeof sent[0]) != 0) {
        wrong++;
    }
}

/* What a sender may do between two packets: go on, pause, skip frames, change
 * the codec, send a bundle or parity. */
static void change(wzp_media_hdr *hdr, uint64_t dice)
{
    hdr->seq++;
    hdr->timestamp += wzp_codec_info_get(hdr->codec)->frame_ms;
    hdr->flags = WZP_MEDIA_SEALED;
    hdr->is_repair = false;
    switch (dice % 64) {
    case 0: hdr->timestamp += (uint32_t)(dice >> 20); break;
    case 1:
        hdr->codec = dice >> 8 & 1 ? WZP_CODEC_OPUS_6K : WZP_CODEC_OPUS_24K;
        break;
    case 2:
    case 3: hdr->flags |= WZP_MEDIA_BUNDLE; break;
    case 4: hdr->is_repair = true; break;
    case 5: hdr->seq = (uint16_t)(dice >> 30); break;
    case 6:
        hdr->seq = (uint16_t)(hdr->seq + 3);
        hdr->timestamp += 3u * wzp_codec_info_get(hdr->codec)->frame_ms;
        break;
    default: break;
    }
}

static void babble(net_pair *p, unsigned n_streams, uint64_t seed)
{
    wzp_media_hdr hdr[STREAMS];
    arrived = 0;
    wrong = 0;
    for (unsigned i = 0; i < n_streams; i++) {
        hdr[i] = speech((uint16_t)(65500 + i), UINT32_MAX - 4000 + i);
        hdr[i].source_hint = (uint8_t)i;
    }
    p->server->on_dgram = compare;
    for (uint32_t i = 0; i < SENT; i++) {
        const uint64_t dice = net_next(&seed);
        wzp_media_hdr *h = &hdr[(dice >> 40) % n_streams];
        change(h, dice);
        send_media(p->client, p->c, h, i);
        wzp_pkt scratch = {.data = sent[i]};
        fill(&scratch, h, i);
        net_run(p->n, 20 * WZP_MS / n_streams);
    }
    net_run(p->n, WZP_S);
}

static void babble_over(const wzp_link_cfg *link, unsigned n_streams,
                        uint64_t seed)
{
    net_pair p = net_connect(seed);
    net_link(p.n, link);
    type(&p, BOTH, BOTH);
    babble(&p, n_streams, seed);
    assert_int_equal(wrong, 0);
    assert_true(arrived > SENT * 3 / 5);
    const wzp_conn_stats s = net_stats(p.server, p.s);
    assert_int_equal(s.typed_malformed + s.typed_bad_type, 0);
    assert_int_equal(s.typed_bad_context, 0);
    assert_true(net_stats(p.client, p.c).typed_minis_sent > SENT / 10);
    net_free(p.n);
}

WZP_TEST(whatever_the_senders_do_what_comes_out_is_what_went_in)
{
    for (uint64_t seed = 20; seed < 24; seed++) {
        babble_over(&(wzp_link_cfg){.loss = 0.1,
                                    .delay_ns = 40 * WZP_MS,
                                    .jitter_ns = 60 * WZP_MS,
                                    .dup = 0.1,
                                    .seed = seed},
                    seed % 2 == 0 ? 3 : STREAMS, seed);
    }
}
