/* SPDX-License-Identifier: MIT */
/* A relay behind real QUIC, with two joined members: raw UDP bytes from them
 * and from strangers, packets of theirs damaged or repeated, and what members
 * say inside. Records: op, then what it needs.
 *
 * As long as nobody misbehaved inside a connection, nothing on the outside may
 * end a member's call: at the end both are members and hear each other. A copy
 * that overtakes a genuine packet looks as if the member had moved (RFC 9000
 * section 9.3.3); the relay must be back at the true address within 10 s.
 */
#include "fuzz/fuzz.h"
#include "relay/hub.h"

enum { STEPS = 60, STRANGER = HUB_CLIENTS - 1, KEPT = 8, PACKET = 1500 };

typedef struct bench {
    hub h;
    fuzz_in in;
    wzp_addr stranger;
    struct {
        size_t len;
        uint8_t data[PACKET];
    } kept[KEPT]; /* packets of members, to be damaged and repeated */
    size_t n_kept;
    bool is_spoilt; /* a member misbehaved */
} bench;

static void keep_flying(bench *b)
{
    for (size_t i = 0; i < b->h.n_flying; i++) {
        const hub_packet *p = &b->h.flying[(b->h.first + i) % HUB_FLYING];
        if (p->to < 0) {
            b->kept[b->n_kept % KEPT].len = p->len;
            memcpy(b->kept[b->n_kept % KEPT].data, p->data, p->len);
            b->n_kept++;
        }
    }
}

static void give(bench *b, bool as_member, const uint8_t *data, size_t len)
{
    const wzp_addr *from = as_member ? &b->h.c[0].addr : &b->stranger;
    wzp_relay_recv(b->h.relay, b->h.now, &b->h.relay_addr, from, data, len);
    hub_drain(&b->h, -1);
}

/* A packet of a member again, with some bytes changed and perhaps cut, from
 * the member's address or from another. */
static void give_damaged(bench *b, bool as_member)
{
    uint8_t data[PACKET];
    const uint8_t which = fuzz_u8(&b->in);
    const size_t cut = fuzz_u16(&b->in);
    const size_t changes = fuzz_u8(&b->in) & 15;
    if (b->n_kept == 0) {
        return;
    }
    const size_t i = which % (b->n_kept < KEPT ? b->n_kept : KEPT);
    size_t len = b->kept[i].len;
    memcpy(data, b->kept[i].data, len);
    for (size_t k = 0; k < changes && len > 0; k++) {
        const size_t at = fuzz_u16(&b->in) % len;
        data[at] ^= fuzz_u8(&b->in);
    }
    len = cut < 0x8000 ? len : cut % (len + 1);
    give(b, as_member, data, len);
}

/* Filled up to an Initial's least size, so that it is looked at. */
static void give_padded(bench *b, bool as_member)
{
    uint8_t data[PACKET] = {0};
    const wzp_bytes head = fuzz_bytes(&b->in, fuzz_u8(&b->in));
    if (head.len > 0) {
        memcpy(data, head.ptr, head.len);
    }
    give(b, as_member, data, 1200);
}

static void say_signal(bench *b, hub_client *c)
{
    const wzp_bytes text = fuzz_blob(&b->in);
    b->is_spoilt = true;
    wzp_ignore(wzp_endpoint_send_signal(c->ep, b->h.now, c->conn,
                                        (const char *)text.ptr, text.len),
               "it may be gone by now");
}

static void say_dgram(bench *b, hub_client *c)
{
    wzp_pkt *pkt = wzp_pkt_get(c->pool);
    const wzp_bytes bytes = fuzz_bytes(&b->in, fuzz_u8(&b->in) * 4u);
    if (pkt == NULL) {
        return;
    }
    pkt->len = bytes.len;
    if (bytes.len > 0) {
        memcpy(pkt->data, bytes.ptr, bytes.len);
    }
    wzp_ignore(wzp_endpoint_send_dgram(c->ep, b->h.now, c->conn, pkt),
               "it may be gone by now");
    wzp_pkt_unref(pkt);
}

static void step(bench *b)
{
    const uint8_t op = fuzz_u8(&b->in);
    hub_client *c = &b->h.c[op >> 7];
    wzp_bytes raw;
    switch (op & 7) {
    case 0:
        raw = fuzz_blob(&b->in);
        give(b, op >> 7, raw.ptr, raw.len);
        break;
    case 1:
    case 2: give_damaged(b, op >> 7); break;
    case 3: give_padded(b, op >> 7); break;
    case 4: say_signal(b, c); break;
    case 5: say_dgram(b, c); break;
    case 6: hub_run(&b->h, (wzp_tstamp)(op >> 3) * 40 * WZP_MS); break;
    default:
        if (op == 0xFF) {
            b->is_spoilt = true;
            wzp_ignore(wzp_endpoint_close(c->ep, b->h.now, c->conn,
                                          fuzz_u8(&b->in), "end"),
                       "it may be gone by now");
        }
    }
    for (int i = 0; i < 2; i++) {
        hub_drain(&b->h, i);
    }
    keep_flying(b);
    hub_run(&b->h, 12 * WZP_MS);
}

static void check_call(bench *b)
{
    hub *h = &b->h;
    hub_run(h, 10 * WZP_S);
    require(!h->c[0].is_closed && !h->c[1].is_closed);
    require(hub_stats(h).members == 2);
    const size_t heard = h->c[1].dgrams;
    hub_speak(h, &h->c[0], 1u << 20);
    hub_run(h, 100 * WZP_MS);
    require(h->c[1].dgrams == heard + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bench b;
    memset(&b, 0, sizeof b);
    b.in = (fuzz_in){data, size};
    hub_new(&b.h, false);
    wzp_transport_set_test_rng(&b.h.rng);
    b.stranger = wzp_addr_v4((const uint8_t[]){192, 0, 2, STRANGER}, 9999);
    b.h.c[STRANGER].is_off = true;
    (void)hub_join(&b.h, "room");
    (void)hub_join(&b.h, "room");
    hub_speak(&b.h, &b.h.c[0], 1);
    hub_drain(&b.h, 0);
    keep_flying(&b);
    for (int i = 0; i < STEPS && b.in.left > 0; i++) {
        step(&b);
    }
    if (!b.is_spoilt) {
        check_call(&b);
    }
    hub_free(&b.h);
    wzp_transport_set_test_rng(NULL);
    return 0;
}
