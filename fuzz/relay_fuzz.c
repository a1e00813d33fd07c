/* SPDX-License-Identifier: MIT */
/* A relay with joined members, under what members and strangers can make it
 * read once QUIC is off: signals and datagrams of several connections, offers
 * at the wrong place, connections that come and go, time. (With QUIC on it is
 * relay_udp.) Who is who:
 *
 *   0, 1  capable members of "room"     3  a capable member of "other"
 *   2     a legacy member of "room"     4  accepted, has offered nothing
 *
 * Whatever the input says: nothing crosses between rooms, nobody speaks under
 * another's stream id, what the relay writes can be read, the count of members
 * is that of the rooms. On `_signal`: nobody is registered with proof over a
 * connection that the proof is not for, and nobody with proof gives way to one
 * without. An input that begins with 0xEC has a relay that asks for tokens:
 * nobody comes in whose token was not granted.
 */
#include "fuzz/fuzz.h"
#define FAKE_CONNS 100

#include "relay/rig.h"

#include <wzp/proto/room_name.h>

enum { CLIENTS = 5, MEMBERS = 4, STEPS = 120, CONNS_MAX = 64 };

/* Registrations: of client 0 and 1 for the connections 6 and 7 (the first ones
 * that an input makes), of client 0 for 8, and of client 0 without proof. */
enum { REGS = 4 };

typedef struct bench {
    rig r;
    rig_client c[CLIENTS];
    fuzz_in in;
    bool asks_auth;
    size_t grants;
} bench;

/* Identities, packages and signatures take long to make and are always the
 * same: made once. The offer of client i is for connection i + 1. */
static struct {
    bool is_ready;
    rig_client c[CLIENTS];
    char *text[CLIENTS + REGS];
    size_t len[CLIENTS + REGS];
} made;

static const char *room_of(size_t i)
{
    return i == 3 ? "other" : "room";
}

static void keep_text(rig *r, size_t i, const wzp_signal *sig)
{
    wzp_str text;
    wzp_arena_reset(r->out);
    require(wzp_signal_encode(r->out, sig, &text) == WZP_OK);
    made.text[i] = malloc(text.len);
    require(made.text[i] != NULL);
    memcpy(made.text[i], text.ptr, text.len);
    made.len[i] = text.len;
}

static void make_clients(rig *r)
{
    if (made.is_ready) {
        return;
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        rig_client *c = &made.c[i];
        rig_offer o;
        rig_client_init(r, c, (uint8_t)(i + 1));
        c->is_legacy = i == 2;
        c->conn = i + 1;
        rig_package(r, c, room_of(i), RIG_UNIX + 3600);
        rig_make_offer(c, c->conn, &o);
        keep_text(r, i, &o.sig);
    }
    for (size_t i = 0; i < REGS; i++) {
        rig_client c = made.c[i == 1];
        rig_reg o;
        c.is_legacy = i == 3;
        rig_make_reg(&c, i < 3 ? MEMBERS + 2 + i : 0, &o);
        keep_text(r, CLIENTS + i, &o.sig);
    }
    made.is_ready = true;
}

static bool is_open(wzp_conn_id conn)
{
    return conn <= fake->n_conns && fake->conns[conn].is_open;
}

/* --- what must hold ------------------------------------------------------- */

/* A key message names its sender truly, or it was not to be passed on. */
static void check_from(const bench *b, const wzp_signal *sig)
{
    const uint8_t *from = NULL;
    switch (sig->kind) {
    case WZP_SIG_E2EE_PAIR: from = sig->u.e2ee_pair.from; break;
    case WZP_SIG_E2EE_KEYS: from = sig->u.e2ee_keys.from; break;
    case WZP_SIG_E2EE_KEY_REQUEST: from = sig->u.e2ee_key_request.from; break;
    default: return;
    }
    bool is_member = false;
    for (size_t i = 0; i < CLIENTS; i++) {
        is_member |= memcmp(from, b->c[i].mid, WZP_MID_LEN) == 0;
    }
    require(is_member);
}

/* Reads all that was sent to a connection; number of key messages. */
static size_t read_all(bench *b, wzp_conn_id conn)
{
    size_t keys = 0;
    wzp_signal sig;
    while (conn <= fake->n_conns && fake->conns[conn].first != NULL) {
        require(rig_take(&b->r, conn, &sig)); /* asserts that it decodes */
        check_from(b, &sig);
        keys += sig.kind == WZP_SIG_E2EE_PAIR ||
                sig.kind == WZP_SIG_E2EE_KEYS ||
                sig.kind == WZP_SIG_E2EE_KEY_REQUEST;
    }
    return keys;
}

static void check(bench *b)
{
    const wzp_relay_stats s = rig_stats(&b->r);
    require(s.members <= s.conns && s.rooms <= s.members);
    require(s.joined - s.left == s.members);
    require(s.media_out <= s.media_in * CONNS_MAX);
    require(s.registered + s.members <= s.conns);
    require(s.registered_verified <= s.registered);
    require(s.registrations - s.registrations_ended == s.registered);
    require(!b->asks_auth ||
            s.joined + s.registrations + s.address_probes <= b->grants);
}

/* --- steps ---------------------------------------------------------------- */

static void send_text(bench *b, wzp_conn_id conn, wzp_bytes text)
{
    if (is_open(conn)) {
        rig_text(&b->r, conn, (const char *)text.ptr, text.len);
    }
}

static size_t read_everybody(bench *b)
{
    size_t keys = 0;
    for (wzp_conn_id conn = 1; conn <= fake->n_conns; conn++) {
        keys += read_all(b, conn);
    }
    return keys;
}

/* A message of a kind that is routed, well formed, to and from whom the input
 * says; it must not arrive in another room, nor from a false name, nor from
 * who is no capable member. */
static void send_keys(bench *b, size_t who)
{
    const uint8_t how = fuzz_u8(&b->in);
    const rig_client *from = &b->c[(how & 8) != 0 ? who : how >> 4 & 3];
    const rig_client *to = &b->c[how & 3];
    const wzp_bytes body = fuzz_blob(&b->in);
    const wzp_bytes mids[2] = {{to->mid, WZP_MID_LEN}, body};
    wzp_e2ee_box box[2] = {{.n = how, .box = body}, {.n = 1, .box = body}};
    wzp_signal sig = {.kind = WZP_SIG_KEY_PACKAGE_REQUEST};
    switch (fuzz_u8(&b->in) & 3) {
    case 0: sig.u.key_package_request.mids = (wzp_bytes_list){mids, 1}; break;
    case 1:
        sig.kind = WZP_SIG_E2EE_PAIR;
        memcpy(sig.u.e2ee_pair.from, from->mid, WZP_MID_LEN);
        memcpy(sig.u.e2ee_pair.to, to->mid, WZP_MID_LEN);
        sig.u.e2ee_pair.ct = body;
        break;
    case 2:
        sig.kind = WZP_SIG_E2EE_KEYS;
        memcpy(sig.u.e2ee_keys.from, from->mid, WZP_MID_LEN);
        memcpy(box[0].to, to->mid, WZP_MID_LEN);
        memcpy(box[1].to, b->c[how >> 5 & 3].mid, WZP_MID_LEN);
        sig.u.e2ee_keys.k = (wzp_e2ee_box_list){box, 2};
        break;
    default:
        sig.kind = WZP_SIG_E2EE_KEY_REQUEST;
        memcpy(sig.u.e2ee_key_request.from, from->mid, WZP_MID_LEN);
        memcpy(sig.u.e2ee_key_request.to, to->mid, WZP_MID_LEN);
        break;
    }
    wzp_str text;
    wzp_arena_reset(b->r.out);
    if (!is_open(who + 1) ||
        wzp_signal_encode(b->r.out, &sig, &text) != WZP_OK) {
        return; /* some lengths cannot be written */
    }
    rig_text(&b->r, who + 1, text.ptr, text.len);
    const bool is_false = from != &b->c[who] || who == 2;
    require(who == 3 || read_all(b, 4) == 0);
    require((who != 3 && !is_false) || read_everybody(b) == 0);
}

/* Counts of datagrams that members have got. */
static void note_dgrams(size_t out[MEMBERS])
{
    for (size_t i = 0; i < MEMBERS; i++) {
        out[i] = fake->conns[i + 1].dgrams;
    }
}

static void send_dgram(bench *b, size_t who, const uint8_t *data, size_t len)
{
    size_t before[MEMBERS];
    size_t after[MEMBERS];
    wzp_media_hdr hdr;
    if (!is_open(who + 1) || len > WZP_PKT_CAP) {
        return;
    }
    note_dgrams(before);
    rig_dgram(&b->r, who + 1, data, len);
    note_dgrams(after);
    const bool is_header = wzp_media_hdr_decode(data, len, &hdr) == WZP_OK;
    for (size_t i = 0; i < MEMBERS; i++) {
        const size_t got = after[i] - before[i];
        require(got <= 1 && (got == 0 || is_header));
        /* Not to itself, not to another room, nothing from who has not joined.
         */
        require(got == 0 || (i != who && (who == 3) == (i == 3) && who != 4));
    }
}

/* Sealed under the stream id of anybody, on the connection of `who`. */
static void send_sealed(bench *b, size_t who)
{
    uint8_t data[WZP_PKT_CAP];
    const uint8_t how = fuzz_u8(&b->in);
    const size_t as = how & 3;
    const uint16_t sid = b->c[as].sid;
    const wzp_media_hdr hdr = {
        .flags = WZP_MEDIA_SEALED, .seq = how, .source_hint = (uint8_t)sid};
    size_t before[MEMBERS];
    size_t after[MEMBERS];
    wzp_media_hdr_encode(&hdr, data);
    size_t len = WZP_MEDIA_HDR_LEN;
    len += wzp_sframe_hdr_encode(wzp_sframe_kid(sid, how >> 2, 0),
                                 fuzz_u8(&b->in), data + len);
    const wzp_bytes body = fuzz_bytes(&b->in, 20 + (how & 15));
    memcpy(data + len, body.ptr, body.len);
    note_dgrams(before);
    send_dgram(b, who, data, len + body.len);
    note_dgrams(after);
    if (as != who) {
        require(memcmp(before, after, sizeof before) == 0);
    }
}

static void connect(bench *b)
{
    char sni[WZP_SNI_MAX + 1];
    const wzp_bytes text = fuzz_bytes(&b->in, fuzz_u8(&b->in));
    if (fake->n_conns >= CONNS_MAX) {
        return;
    }
    memcpy(sni, text.ptr != NULL ? (const char *)text.ptr : "", text.len);
    sni[text.len] = '\0';
    wzp_room_name_lower(sni, text.len, sni); /* as the endpoint gives it */
    (void)rig_accept(&b->r, sni);
}

/* Does this text still say that it is an offer of a client that seals? An
 * earlier client's offer is bound to nothing, so who takes the `caps` out of
 * one may come in as such a client, where those are admitted. */
static bool is_capable_offer(bench *b, const char *text, size_t len)
{
    wzp_signal sig;
    wzp_arena_reset(b->r.arena);
    return wzp_signal_decode(b->r.arena, text, len, WZP_SIGNAL_MAX, &sig) ==
               WZP_OK &&
           sig.kind == WZP_SIG_CALL_OFFER &&
           (sig.u.call_offer.caps & WZP_CAP_E2E1) != 0;
}

/* A good offer of somebody, on any connection, perhaps with one byte changed.
 */
static void offer(bench *b)
{
    const size_t i = fuzz_u8(&b->in) % CLIENTS;
    const wzp_conn_id conn = 1 + fuzz_u8(&b->in) % CONNS_MAX;
    const uint16_t at = fuzz_u16(&b->in);
    const uint8_t by = fuzz_u8(&b->in);
    const uint64_t joined = rig_stats(&b->r).joined;
    char *text = malloc(made.len[i]);
    require(text != NULL);
    memcpy(text, made.text[i], made.len[i]);
    text[at % made.len[i]] = (char)(text[at % made.len[i]] ^ by);
    send_text(b, conn, (wzp_bytes){(const uint8_t *)text, made.len[i]});
    if (conn != i + 1 && is_capable_offer(b, text, made.len[i])) {
        /* bound to another connection */
        require(rig_stats(&b->r).joined == joined);
    }
    free(text);
}

/* Does this text still claim proof? */
static bool claims_proof(bench *b, const char *text, size_t len)
{
    wzp_signal sig;
    wzp_arena_reset(b->r.arena);
    return wzp_signal_decode(b->r.arena, text, len, WZP_SIGNAL_MAX, &sig) ==
               WZP_OK &&
           sig.kind == WZP_SIG_REGISTER_PRESENCE &&
           (sig.u.register_presence.binding.len > 0 ||
            (sig.u.register_presence.caps & WZP_CAP_E2E1) != 0);
}

/* A good registration, on any connection, perhaps with one byte changed. */
static void registration(bench *b)
{
    const size_t i = fuzz_u8(&b->in) % REGS;
    const wzp_conn_id conn = 1 + fuzz_u8(&b->in) % CONNS_MAX;
    const uint16_t at = fuzz_u16(&b->in);
    const uint8_t by = fuzz_u8(&b->in);
    const wzp_relay_stats before = rig_stats(&b->r);
    const size_t len = made.len[CLIENTS + i];
    char *text = malloc(len);
    require(text != NULL);
    memcpy(text, made.text[CLIENTS + i], len);
    text[at % len] = (char)(text[at % len] ^ by);
    const bool has_proof = claims_proof(b, text, len);
    send_text(b, conn, (wzp_bytes){(const uint8_t *)text, len});
    const wzp_relay_stats after = rig_stats(&b->r);
    if (!has_proof) {
        require(after.registered_verified == before.registered_verified);
    } else if (i == 3 || conn != MEMBERS + 2 + i) {
        require(after.registrations == before.registrations);
    }
    free(text);
}

static void say_token(bench *b, wzp_conn_id conn)
{
    static const char token[] = "{\"AuthToken\":{\"token\":\"sesame\"}}";
    send_text(b, conn, (wzp_bytes){(const uint8_t *)token, sizeof token - 1});
}

/* The host takes what it is asked and answers: no, or yes for a client. */
static void answer_asks(bench *b, uint8_t how)
{
    wzp_relay_event ev;
    uint8_t fp[WZP_FP_LEN];
    wzp_identity_fingerprint(b->c[how % CLIENTS].identity.public_key, fp);
    while (wzp_relay_next_event(b->r.relay, &ev)) {
        if (ev.kind == WZP_RELAY_AUTH) {
            require(b->asks_auth && ev.token_len <= WZP_RELAY_TOKEN_MAX);
            const bool ok = (how & 0x80) == 0;
            const wzp_err e =
                wzp_relay_auth(b->r.relay, b->r.now, ev.conn, ok, fp);
            require(e == WZP_OK); /* who is gone is not asked about */
            b->grants += ok;
            rig_poll(&b->r);
        }
    }
}

/* What is not about rooms. */
static void at_the_desk(bench *b, uint8_t op)
{
    switch (op >> 4) {
    case 0: /* a connection that will register, or will not */
        if (fake->n_conns < CONNS_MAX) {
            (void)rig_accept(&b->r, "_signal");
        }
        break;
    case 1: registration(b); break;
    case 2: say_token(b, 1 + fuzz_u8(&b->in) % CONNS_MAX); break;
    case 3: answer_asks(b, fuzz_u8(&b->in)); break;
    case 15:
        wzp_relay_drain(b->r.relay, b->r.now, "going down");
        rig_poll(&b->r);
        break;
    default: break;
    }
}

static void happen(bench *b, uint8_t op)
{
    const wzp_conn_id conn = 1 + fuzz_u8(&b->in) % CONNS_MAX;
    if (!is_open(conn)) {
        return;
    }
    switch (op >> 4 & 3) {
    case 0: rig_gone(&b->r, conn, WZP_ERR_IDLE, 0); break;
    case 1: rig_gone(&b->r, conn, WZP_ERR_PEER_CLOSED, op >> 6); break;
    case 2: fake->conns[conn].is_stuck = true; break;
    default: fake->conns[conn].queued = (size_t)fuzz_u8(&b->in) << 13; break;
    }
}

static void step(bench *b)
{
    const uint8_t op = fuzz_u8(&b->in);
    const size_t who = (op >> 4) % CLIENTS;
    wzp_bytes bytes;
    switch (op & 15) {
    case 0:
    case 1: send_text(b, who + 1, fuzz_blob(&b->in)); break;
    case 2:
    case 3: send_keys(b, who); break;
    case 4:
        bytes = fuzz_bytes(&b->in, fuzz_u8(&b->in));
        send_dgram(b, who, bytes.ptr, bytes.len);
        break;
    case 5:
    case 6: send_sealed(b, who); break;
    case 7:
        rig_advance(&b->r, (wzp_tstamp)fuzz_u8(&b->in) * 50 * WZP_MS);
        break;
    case 8: connect(b); break;
    case 9:
    case 10: offer(b); break;
    case 11: happen(b, op); break;
    case 12: at_the_desk(b, op); break;
    default: send_text(b, 6 + who, fuzz_blob(&b->in)); break;
    }
    (void)read_everybody(b);
    check(b);
}

static void enter(bench *b)
{
    wzp_relay_config cfg = rig_config(&b->r);
    cfg.allow_legacy = true;
    cfg.asks_auth = b->asks_auth;
    rig_start(&b->r, &cfg);
    make_clients(&b->r);
    for (size_t i = 0; i < CLIENTS; i++) {
        b->c[i] = made.c[i];
        require(rig_accept(&b->r, room_of(i)) == i + 1);
        if (i < MEMBERS && b->asks_auth) {
            say_token(b, i + 1);
            answer_asks(b, (uint8_t)i);
        }
        if (i < MEMBERS) {
            rig_text(&b->r, i + 1, made.text[i], made.len[i]);
        }
    }
    require(rig_stats(&b->r).members == MEMBERS);
    rig_advance(&b->r, WZP_S);
    for (size_t i = 0; i < CLIENTS; i++) {
        rig_forget(&b->c[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bench b;
    memset(&b, 0, sizeof b);
    b.in = (fuzz_in){data, size};
    b.asks_auth = size > 0 && data[0] == 0xEC;
    enter(&b);
    for (int i = 0; i < STEPS && b.in.left > 0; i++) {
        step(&b);
    }
    rig_advance(&b.r, 60 * WZP_S); /* every timer */
    check(&b);
    rig_free(&b.r);
    return 0;
}
