/* SPDX-License-Identifier: MIT */
/* A client whose relay is the fuzzer, over a real pair of endpoints: answers
 * that lie, rosters, key messages, any text as a signal, any bytes as a
 * datagram, and from a true member of the room - the friend, whose keys the
 * client has - sealed frames, bundles, parity and control of any content. Raw
 * UDP bytes come from outside. The first byte says in which mood the relay
 * answers the CallOffer.
 *
 * If nothing but raw UDP came, the client is still in the room at the end.
 */
#include "client/small_call.h"
#include "fuzz/fuzz.h"

enum { STEPS = 80 };

typedef struct bench {
    sc *c;
    fuzz_in in;
    uint8_t last[1500]; /* the relay's last packet, to be damaged */
    size_t last_len;
    bool is_spoilt;
} bench;

static void say(bench *b, const char *text, size_t len)
{
    sr *w = b->c->w;
    b->is_spoilt = true;
    wzp_ignore(
        wzp_endpoint_send_signal(w->relay, w->now, w->relay_conn, text, len),
        "the client may have gone");
}

static void say_signal(bench *b, const wzp_signal *sig)
{
    wzp_str json;
    wzp_arena_reset(b->c->w->arena);
    if (wzp_signal_encode(b->c->w->arena, sig, &json) == WZP_OK) {
        say(b, json.ptr, json.len);
    }
}

static void send_dgram(bench *b, wzp_bytes bytes)
{
    sr *w = b->c->w;
    wzp_pkt *pkt = wzp_pkt_get(w->relay_pool);
    if (pkt == NULL) {
        return;
    }
    pkt->len = bytes.len < WZP_PKT_CAP ? bytes.len : WZP_PKT_CAP;
    if (pkt->len > 0) {
        memcpy(pkt->data, bytes.ptr, pkt->len);
    }
    wzp_ignore(wzp_endpoint_send_dgram(w->relay, w->now, w->relay_conn, pkt),
               "the client may have gone");
    wzp_pkt_unref(pkt);
}

/* A true member seals what it likes. */
static void friend_sends(bench *b)
{
    const uint8_t how = fuzz_u8(&b->in);
    const wzp_media_hdr hdr = {.codec = how & 7,
                               .is_repair = (how & 8) != 0,
                               .seq = fuzz_u16(&b->in),
                               .timestamp = fuzz_u16(&b->in),
                               .fec_block = fuzz_u8(&b->in),
                               .fec_symbol = fuzz_u8(&b->in)};
    const wzp_bytes plain = fuzz_bytes(&b->in, fuzz_u8(&b->in) * 4u);
    (void)sc_friend_sends(b->c, &hdr, (wzp_plain_form)(how >> 4 & 3),
                          plain.len > 0 ? plain.ptr : (const uint8_t *)"",
                          plain.len);
}

/* A roster of the two, wronged at a byte, or with somebody unknown. */
static void send_roster(bench *b)
{
    sr *w = b->c->w;
    sc_who who[2];
    const uint8_t how = fuzz_u8(&b->in);
    const size_t at = fuzz_u8(&b->in) % WZP_HASH_LEN;
    wzp_participant p[3];
    p[0] = sc_participant((wzp_bytes){w->kp, w->kp_len}, &who[0]);
    p[1] = sc_participant(wzp_group_package_view(b->c->friend), &who[1]);
    p[2] = p[1];
    who[how & 1].kph[at] ^= (uint8_t)(how >> 4);
    p[1].caps = (how & 2) != 0 ? 0 : p[1].caps;
    wzp_signal sig = {.kind = WZP_SIG_ROOM_UPDATE,
                      .u.room_update = {.count = how,
                                        .participants = {p, 1 + how % 3},
                                        .rev = {true, how >> 2}}};
    if ((how & 8) != 0) {
        sig = (wzp_signal){.kind = WZP_SIG_ROOM_DELTA};
        sig.u.room_delta.rev = how >> 4;
        sig.u.room_delta.joined = (wzp_participant_list){p, how & 1};
        sig.u.room_delta.left = (wzp_bytes_list){&p[1].mid, how >> 2 & 1};
    }
    say_signal(b, &sig);
}

/* Key messages from the friend's name, and packages that are none. */
static void send_keys(bench *b)
{
    const uint8_t how = fuzz_u8(&b->in);
    const wzp_bytes body = fuzz_blob(&b->in);
    uint8_t mine[WZP_HASH_LEN];
    uint8_t theirs[WZP_MID_LEN];
    wzp_e2ee_box box = {.n = how, .box = body};
    wzp_signal sig = {.kind = WZP_SIG_KEY_PACKAGES};
    wzp_sha256(b->c->w->kp, b->c->w->kp_len, mine);
    wzp_group_own_mid(b->c->friend, theirs);
    memcpy(box.to, mine, WZP_MID_LEN);
    switch (how & 3) {
    case 0: sig.u.key_packages.kps = (wzp_bytes_list){&body, 1}; break;
    case 1:
        sig.kind = WZP_SIG_E2EE_PAIR;
        memcpy(sig.u.e2ee_pair.from, theirs, WZP_MID_LEN);
        memcpy(sig.u.e2ee_pair.to, mine, WZP_MID_LEN);
        sig.u.e2ee_pair.ct = body;
        break;
    case 2:
        sig.kind = WZP_SIG_E2EE_KEYS;
        memcpy(sig.u.e2ee_keys.from, theirs, WZP_MID_LEN);
        sig.u.e2ee_keys.gen = how >> 2;
        sig.u.e2ee_keys.suite = WZP_SUITE_CHACHA;
        sig.u.e2ee_keys.k = (wzp_e2ee_box_list){&box, 1};
        break;
    default:
        sig.kind = WZP_SIG_E2EE_KEY_REQUEST;
        memcpy(sig.u.e2ee_key_request.from, theirs, WZP_MID_LEN);
        memcpy(sig.u.e2ee_key_request.to, mine, WZP_MID_LEN);
        break;
    }
    say_signal(b, &sig);
}

static void give_raw(bench *b, bool is_damaged)
{
    sr *w = b->c->w;
    uint8_t data[1500];
    size_t len = 0;
    if (is_damaged) {
        len = b->last_len;
        memcpy(data, b->last, len);
        for (int i = fuzz_u8(&b->in) & 7; i >= 0 && len > 0; i--) {
            const size_t at = fuzz_u16(&b->in) % len;
            data[at] ^= fuzz_u8(&b->in);
        }
    } else {
        const wzp_bytes raw = fuzz_blob(&b->in);
        len = raw.len < sizeof data ? raw.len : sizeof data;
        memcpy(data, len > 0 ? raw.ptr : data, len);
    }
    wzp_engine_recv(b->c->e, w->now, &w->addr, &w->relay_addr, data, len);
    sc_settle(b->c);
}

static void keep_last(bench *b)
{
    const sr *w = b->c->w;
    for (size_t i = 0; i < w->n_packets; i++) {
        if (!w->packets[i].is_to_relay) {
            b->last_len = w->packets[i].len;
            memcpy(b->last, w->packets[i].data, b->last_len);
        }
    }
}

static void step(bench *b)
{
    const uint8_t op = fuzz_u8(&b->in);
    sr *w = b->c->w;
    wzp_bytes bytes;
    switch (op & 15) {
    case 0:
    case 1:
        bytes = fuzz_blob(&b->in);
        say(b, bytes.len > 0 ? (const char *)bytes.ptr : "", bytes.len);
        break;
    case 2: send_roster(b); break;
    case 3: send_keys(b); break;
    case 4:
    case 5:
    case 6: friend_sends(b); break;
    case 7: (void)sc_friend_speaks(b->c); break;
    case 8: send_dgram(b, fuzz_bytes(&b->in, fuzz_u8(&b->in) * 5u)); break;
    case 9: give_raw(b, false); break;
    case 10: give_raw(b, true); break;
    case 11:
        if (op == 0xFB) {
            b->is_spoilt = true;
            wzp_ignore(wzp_endpoint_close(w->relay, w->now, w->relay_conn,
                                          fuzz_u8(&b->in), "end"),
                       "the client may have gone");
        }
        break;
    default: sc_run(b->c, (wzp_tstamp)(op >> 4) * 30 * WZP_MS); break;
    }
    sc_settle(b->c);
    keep_last(b);
    sc_run(b->c, 10 * WZP_MS);
    b->c->n_events = 0;
}

static void check(const bench *b)
{
    const wzp_client_state state = wzp_engine_state(b->c->e);
    require(wzp_client_state_name(state) != NULL);
    if (!b->is_spoilt) {
        require(state == WZP_CLIENT_JOINED);
    }
}

/* Plays what is heard; has no microphone, since encoding takes long and is not
 * the subject. */
static wzp_err tick(void *user, wzp_audio_port *port)
{
    int16_t pcm[SC_TICK];
    (void)user;
    require(wzp_audio_playout(port, pcm, SC_TICK) <= SC_TICK);
    return WZP_OK;
}

/* sc_new with that device. */
static sc *new_call(void)
{
    sc *c = calloc(1, sizeof *c);
    require(c != NULL);
    c->w = sr_new();
    c->w->on_signal = sc_on_signal;
    c->w->on_dgram = sc_on_dgram;
    c->w->user = c;
    wzp_engine_config cfg = sc_config(c);
    cfg.audio.tick = tick;
    require(wzp_engine_new(&c->e, &cfg, c->w->now) == WZP_OK);
    return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bench b = {.in = {data, size}};
    uint32_t seed = 1;
    const wzp_rng rng = fake_rng(&seed);
    wzp_transport_set_test_rng(&rng);
    b.c = new_call();
    sc_add_friend(b.c);
    b.c->w->mood = (sr_mood)(fuzz_u8(&b.in) % (SR_JUNK + 1));
    b.is_spoilt = b.c->w->mood != SR_GOOD;
    const wzp_join join = sr_join_of(b.c->w, "room");
    require(wzp_engine_join(b.c->e, b.c->w->now, &join) == WZP_OK);
    sc_run(b.c, 500 * WZP_MS);
    for (int i = 0; i < STEPS && b.in.left > 0; i++) {
        step(&b);
    }
    check(&b);
    sc_free(b.c);
    wzp_transport_set_test_rng(NULL);
    return 0;
}
