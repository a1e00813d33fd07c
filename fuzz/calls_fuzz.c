/* SPDX-License-Identifier: MIT */
/* Three people with four machines of direct calls, and a relay that is the
 * fuzzer: it passes on what they say, to whom it likes, changed, again, late or
 * never, and says things of its own, among them any text; users call, answer,
 * decide and hang up, lines come and go, time passes. The first byte says who
 * has another key kept for the other.
 *
 * Whoever answered and has keys in the end has them with whom the event names:
 * that one made a reveal for this call, and sees the same digits. Nobody is in
 * a room without keys; a timer runs exactly while there is a call.
 */
#include "client/small_hub.h"
#include "fuzz/fuzz.h"

enum { STEPS = 60, CHANGED_MAX = 8192 };

typedef struct bench {
    sh *h;
    fuzz_in in;
} bench;

static sh_device *device(bench *b)
{
    return &b->h->d[fuzz_u8(&b->in) % SH_DEVICES];
}

/* Not every text is a signal; those that are, are refused by name. */
static void tell(bench *b, sh_device *d, const char *text, size_t len)
{
    wzp_signal sig;
    wzp_arena *arena;
    const wzp_mem mem = wzp_mem_default();
    require(wzp_arena_new(&arena, &mem, 8 * (size_t)WZP_SIGNAL_MAX) == WZP_OK);
    if (wzp_signal_decode(arena, text, len, WZP_SIGNAL_MAX, &sig) == WZP_OK) {
        const wzp_err e = wzp__calls_recv(d->calls, b->h->now, &sig);
        require(strcmp(wzp_err_name(e), "?") != 0);
    }
    wzp_arena_free(arena);
    sh_drain(d);
}

/* Something that was said, with some of its bytes changed. */
static void pass(bench *b, bool is_changed)
{
    const sh_device *from = device(b);
    sh_device *to = device(b);
    const size_t i = fuzz_u8(&b->in);
    char text[CHANGED_MAX];
    if (from->n_said == 0) {
        return;
    }
    const char *said = from->said[from->n_said - 1 - i % from->n_said];
    const size_t len = strlen(said);
    require(len < sizeof text);
    memcpy(text, said, len + 1);
    for (int n = is_changed ? 1 + (fuzz_u8(&b->in) & 3) : 0; n > 0; n--) {
        const size_t at = fuzz_u16(&b->in) % len;
        text[at] = (char)fuzz_u8(&b->in);
    }
    tell(b, to, text, len);
}

/* The id of the last call this one was told of. */
static const char *id_of(const sh_device *d)
{
    for (size_t i = d->n_events; i-- > 0;) {
        if (d->events[i].kind == WZP_EVENT_CALL) {
            return d->events[i].u.call.call_id;
        }
    }
    return "none";
}

static void say(bench *b)
{
    const char *id = id_of(device(b));
    sh_device *to = device(b);
    const uint8_t how = fuzz_u8(&b->in);
    char room[100];
    snprintf(room, sizeof room, "call-%s", id);
    wzp_signal sig = {.kind = WZP_SIG_CALL_SETUP,
                      .u.call_setup = {.call_id = {id, strlen(id)},
                                       .room = {room, strlen(room)},
                                       .relay_addr = WZP_STR(SH_RELAY)}};
    if ((how & 3) == 1) {
        sig = (wzp_signal){.kind = WZP_SIG_CALL_RINGING,
                           .u.call_ringing.call_id = {id, strlen(id)}};
    } else if ((how & 3) != 0) {
        sig = (wzp_signal){.kind = WZP_SIG_HANGUP};
        sig.u.hangup.reason = (wzp_hangup_reason)(how / 4 % 5);
        sig.u.hangup.call_id =
            (how & 3) == 3 ? WZP_STR_NONE : (wzp_str){id, strlen(id)};
    }
    const wzp_err e = wzp__calls_recv(to->calls, b->h->now, &sig);
    require(strcmp(wzp_err_name(e), "?") != 0);
    sh_drain(to);
}

static void act(bench *b, sh_device *d, uint8_t what)
{
    const sh *h = b->h;
    switch (what % 8) {
    case 0:
    case 1:
        wzp_ignore(wzp__calls_call(d->calls, h->now, device(b)->fp),
                   "not now, or themselves");
        break;
    case 2:
    case 3:
        wzp_ignore(wzp__calls_answer(d->calls, h->now, id_of(d),
                                     (wzp_accept_mode)(what / 8 % 3)),
                   "it may not ring");
        break;
    case 4:
        wzp__calls_hangup(d->calls, h->now, (wzp_hangup_reason)(what / 8 % 5));
        break;
    case 5:
        wzp_ignore(wzp__calls_contact_decide(d->calls, h->now, what / 8 & 1),
                   "there may be nothing");
        break;
    case 6: wzp__calls_heard(d->calls, h->now); break;
    default: wzp__calls_left(d->calls, h->now, WZP_ERR_IDLE); break;
    }
    sh_drain(d);
}

static void step(bench *b)
{
    const uint8_t op = fuzz_u8(&b->in);
    wzp_bytes text;
    sh_device *d;
    switch (op & 7) {
    case 0:
        d = device(b);
        text = fuzz_blob(&b->in);
        tell(b, d, text.len > 0 ? (const char *)text.ptr : "", text.len);
        break;
    case 1:
    case 2: pass(b, false); break;
    case 3: pass(b, true); break;
    case 4: say(b); break;
    case 5:
        d = device(b); /* arguments have no order */
        act(b, d, fuzz_u8(&b->in));
        break;
    case 6:
        d = device(b);
        wzp__calls_line(d->calls, (op & 8) != 0, (op & 16) != 0);
        sh_drain(d);
        break;
    default:
        b->h->now += (wzp_tstamp)fuzz_u8(&b->in) * WZP_S / 2;
        for (size_t i = 0; i < SH_DEVICES; i++) {
            wzp__calls_expire(b->h->d[i].calls, b->h->now);
            sh_drain(&b->h->d[i]);
        }
        break;
    }
}

/* --- the claims ----------------------------------------------------------- */

static bool has_agreed(const sh_device *d, const char *id, const char *digits)
{
    for (size_t i = 0; i < d->n_events; i++) {
        const wzp_client_event *ev = &d->events[i];
        if (ev->kind == WZP_EVENT_CALL &&
            ev->u.call.state == WZP_CALL_CONNECTING &&
            strcmp(ev->u.call.call_id, id) == 0 &&
            strcmp(ev->u.call.digits, digits) == 0) {
            return true;
        }
    }
    return false;
}

/* Somebody with this identity revealed just this. */
static bool is_shared(const sh *h, const wzp_client_event *ev)
{
    for (size_t i = 0; i < SH_DEVICES; i++) {
        const sh_device *d = &h->d[i];
        if (memcmp(wzp_seed_identity_table(d->id).public_key, ev->u.call.key,
                   WZP_KEY_LEN) == 0 &&
            sh_said(d, "DirectCallReveal", 0) != NULL &&
            has_agreed(d, ev->u.call.call_id, ev->u.call.digits)) {
            return true;
        }
    }
    return false;
}

/* It said DirectCallAnswer for this call, and no offer of its own. */
static bool was_called(const sh_device *d, const char *id)
{
    bool has_answered = false;
    for (size_t i = 0; i < d->n_said; i++) {
        const bool is_it = strstr(d->said[i], id) != NULL;
        has_answered |= is_it && sh_is(d->said[i], "DirectCallAnswer");
        if (is_it && sh_is(d->said[i], "DirectCallOffer")) {
            return false;
        }
    }
    return has_answered;
}

static void check(const bench *b)
{
    for (size_t i = 0; i < SH_DEVICES; i++) {
        const sh_device *d = &b->h->d[i];
        size_t agreed = 0;
        for (size_t k = 0; k < d->n_events; k++) {
            const wzp_client_event *ev = &d->events[k];
            if (ev->kind == WZP_EVENT_CALL &&
                ev->u.call.state == WZP_CALL_CONNECTING) {
                agreed++;
                require(strlen(ev->u.call.digits) == WZP_CALL_DIGITS);
                require(!was_called(d, ev->u.call.call_id) ||
                        is_shared(b->h, ev));
            }
        }
        require(d->joins <= agreed);
        require(d->leaves <= d->joins);
        require(!wzp__calls_is_busy(d->calls) ||
                wzp__calls_deadline(d->calls) != WZP_NEVER);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bench b = {.h = sh_new(), .in = {data, size}};
    const uint8_t plants = fuzz_u8(&b.in);
    for (int i = 0; i < 2; i++) {
        if ((plants >> i & 1) != 0) {
            sh_plant(&b.h->d[i], &b.h->d[!i]);
        }
    }
    for (int i = 0; i < STEPS && b.in.left > 0; i++) {
        step(&b);
    }
    check(&b);
    sh_free(b.h);
    return 0;
}
