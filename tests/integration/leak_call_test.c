/* SPDX-License-Identifier: MIT */
/* Nothing that comes out of a direct call holds a secret of it: both clients
 * and the hub between them, from the registrations to the hang-up, however the
 * call ends. And nothing of it is left in memory, while the process goes on.
 * The nonce is a secret until the caller reveals it. See leak_test.c.
 */
#include "integration/leak.h"
#include "support/liar/exchange.h"

#include <string.h>

enum { RELAY = 9 };

/* How the call ends. */
typedef enum ending {
    HUNG_UP, /* after sound, and a hop that broke */
    DECLINED,
    NOT_ANSWERED,
    WRONGLY_REVEALED,
    CUT, /* the caller's line, while it rings */
    ENDINGS,
} ending;

static const char *const NAMES[] = {"hung up", "declined", "not answered",
                                    "wrongly revealed", "cut"};

typedef struct scene {
    wzp_world *w;
    wzp_liar *liar;
    wzp_node relay, a, b;
    ending how;
    uint8_t ct[WZP_KEM_CT_LEN]; /* a wrong one */
} scene;

static bool spoil_reveal(void *user, wzp_liar *liar, int from, int to,
                         wzp_signal *sig)
{
    scene *s = user;
    (void)liar;
    (void)from;
    (void)to;
    if (sig->kind == WZP_SIG_DIRECT_CALL_REVEAL) {
        memcpy(s->ct, sig->u.direct_call_reveal.ct.ptr, sizeof s->ct);
        s->ct[7] ^= 1;
        sig->u.direct_call_reveal.ct = (wzp_bytes){s->ct, sizeof s->ct};
    }
    return true;
}

static wzp_node person(scene *s, uint8_t identity)
{
    wzp_world_client_config cfg = {.identity = identity,
                                   .person = 0x9A3C71E5,
                                   .in = hum(),
                                   .in_len = 4800,
                                   .has_engine = true};
    const wzp_link_cfg link = {.delay_ns = 20 * WZP_MS};
    wzp_engine_config_default(&cfg.engine);
    cfg.engine.log = EVERYTHING;
    const wzp_node n = wzp_world_client(s->w, &cfg);
    wzp_world_link(s->w, n, &link, &link);
    wzp_world_register(s->w, n, s->relay);
    assert_true(wzp_world_await_line(s->w, n, WZP_LINE_REGISTERED, 5 * WZP_S));
    return n;
}

static void open_scene(scene *s, uint64_t seed, ending how)
{
    *s = (scene){.w = wzp_world_new(seed), .how = how};
    s->liar = wzp_liar_new(s->w, RELAY);
    s->relay = wzp_liar_node(s->liar);
    s->a = person(s, 20);
    s->b = person(s, 21);
    if (how == WRONGLY_REVEALED) {
        wzp_liar_hook(s->liar,
                      &(wzp_liar_hooks){.user = s, .signal = spoil_reveal});
    }
}

static void close_scene(const scene *s)
{
    wzp_world_free(s->w);
    wzp_liar_free(s->liar);
}

static void run(const scene *s, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        wzp_world_run(s->w, WZP_S);
        emit_client_stats(s->w, s->a);
        emit_client_stats(s->w, s->b);
    }
}

static wzp_client_event last(const scene *s, wzp_node n)
{
    wzp_client_event ev = {.kind = WZP_EVENT_STATS};
    assert_true(wzp_world_events(s->w, n, WZP_EVENT_CALL, &ev) > 0);
    return ev;
}

static void call(const scene *s)
{
    wzp_call_to to;
    wzp_world_fingerprint(s->w, s->b, to.fingerprint);
    assert_int_equal(
        wzp_engine_call(wzp_world_engine(s->w, s->a), wzp_world_now(s->w), &to),
        WZP_OK);
    wzp_world_kick(s->w, s->a);
}

static void answer(const scene *s, wzp_accept_mode mode)
{
    const wzp_client_event ev = last(s, s->b);
    assert_int_equal(ev.u.call.state, WZP_CALL_RINGING_IN);
    assert_int_equal(wzp_engine_answer(wzp_world_engine(s->w, s->b),
                                       wzp_world_now(s->w), ev.u.call.call_id,
                                       mode),
                     WZP_OK);
    wzp_world_kick(s->w, s->b);
}

static void hang_up(const scene *s)
{
    wzp_engine_hangup(wzp_world_engine(s->w, s->a), wzp_world_now(s->w),
                      WZP_HANGUP_NORMAL);
    wzp_world_kick(s->w, s->a);
}

static void break_rooms(const scene *s)
{
    for (int i = 0; i < wzp_liar_count(s->liar); i++) {
        if (wzp_liar_member_at(s->liar, i)->is_here) {
            wzp_liar_drop(s->liar, i);
        }
    }
    wzp_world_kick(s->w, s->relay);
}

static void talk(const scene *s)
{
    run(s, 2);
    assert_int_equal(last(s, s->a).u.call.state, WZP_CALL_ACTIVE);
    assert_int_equal(last(s, s->b).u.call.state, WZP_CALL_ACTIVE);
    assert_true(wzp_world_stats(s->w, s->b).packets_received > 40);
    break_rooms(s);
    run(s, 5);
    assert_int_equal(last(s, s->a).u.call.state, WZP_CALL_ACTIVE);
    hang_up(s);
}

static wzp_err why_of(ending how)
{
    static const wzp_err why[] = {WZP_OK, WZP_ERR_DECLINED, WZP_ERR_NO_ANSWER,
                                  WZP_ERR_SIGNATURE, WZP_ERR_NO_ANSWER};
    return why[how];
}

/* One call, from the ringing to its end. */
static void play(const scene *s)
{
    call(s);
    run(s, 1);
    switch (s->how) {
    case HUNG_UP: answer(s, WZP_ACCEPT_GENERIC), talk(s); break;
    case DECLINED: answer(s, WZP_ACCEPT_REJECT); break;
    case NOT_ANSWERED: run(s, 45); break;
    case WRONGLY_REVEALED:
        answer(s, WZP_ACCEPT_GENERIC);
        run(s, 30); /* it may have been for another device: no hang-up */
        break;
    default:
        wzp_liar_drop(s->liar, 0); /* who came first */
        wzp_world_kick(s->w, s->relay);
        run(s, 50);
        break;
    }
    run(s, 3);
    assert_int_equal(last(s, s->a).u.call.state, WZP_CALL_ENDED);
    assert_int_equal(last(s, s->b).u.call.state, WZP_CALL_ENDED);
    assert_string_equal(wzp_err_name(last(s, s->b).u.call.why),
                        wzp_err_name(why_of(s->how)));
}

static bool is_agreed(ending how)
{
    return how == HUNG_UP;
}

static bool is_revealed(ending how)
{
    return how == HUNG_UP || how == WRONGLY_REVEALED;
}

/* Of what there must have been one: else it is not looked for. */
static void check_noted(ending how)
{
    static const char *const agreed[] = {"wzp-e2e caller", "wzp-e2e callee",
                                         "wzp-pair i2r",   "wzp-pair r2i",
                                         "media key",      "shared secret"};
    assert_int_equal(secrets_count("nonce of a call"), 1);
    assert_int_equal(secrets_published(), is_revealed(how));
    assert_true(secrets_count("kem secret") > 0);
    for (size_t i = 0; is_agreed(how) && i < sizeof agreed / sizeof *agreed;
         i++) {
        assert_true(secrets_count(agreed[i]) > 0);
    }
}

static size_t count_endings(void)
{
    return ENDINGS;
}

static void run_ending(size_t row)
{
    scene s;
    print_message("%s\n", NAMES[row]);
    secrets_clear();
    open_scene(&s, 500 + row, (ending)row);
    play(&s);
    close_scene(&s);
    check_noted((ending)row);
    for (secrets_sink k = 0; k < SECRETS_SINKS; k++) {
        assert_true(secrets_emitted(k) > 100 || k == SECRETS_DGRAM);
        assert_int_equal(secrets_leaks(k), 0);
    }
}

WZP_ROWS(nothing_that_comes_out_of_a_call_holds_a_secret_that, count_endings,
         run_ending);

/* The same call again; of each place some bytes are said to be a secret. */
WZP_TEST(control_a_secret_that_comes_out_of_a_call_is_noticed)
{
    uint8_t sample[SECRETS_SINKS][SECRETS_SAMPLE_LEN];
    scene s;
    for (int round = 0; round < 2; round++) {
        secrets_clear();
        for (secrets_sink k = 0; round == 1 && k < SECRETS_SINKS; k++) {
            secrets_note(secrets_sink_name(k), sample[k], sizeof sample[k]);
        }
        open_scene(&s, 510, HUNG_UP);
        play(&s);
        close_scene(&s);
        for (secrets_sink k = 0; k < SECRETS_SINKS; k++) {
            if (round == 0) {
                assert_true(secrets_sample(k, sample[k]));
            } else {
                print_message("%s: noticed %zu times\n", secrets_sink_name(k),
                              secrets_leaks(k));
                assert_true(secrets_leaks(k) > 0);
            }
        }
    }
}

/* --- in memory ------------------------------------------------------------ */

static const char *const OVER[] = {
    "nonce of a call", "kem secret",    "wzp-e2e caller", "wzp-e2e callee",
    "wzp-pair i2r",    "wzp-pair r2i",  "wzp-pair-next",  "wzp-ratchet",
    "shared secret",   "extracted key", "media key",
};

static void assert_forgotten(void)
{
    (void)secrets_in_memory();
    for (size_t i = 0; i < sizeof OVER / sizeof *OVER; i++) {
        assert_int_equal(secrets_found(OVER[i]), 0);
    }
    assert_true(secrets_found("seed") > 0); /* control: the search finds */
}

/* Both are registered on, as are their lines. */
static void run_forgotten(size_t row)
{
    scene s;
    if (WZP_TEST_SANITIZED) {
        WZP_SKIP("a sanitizer keeps what was freed");
    }
    print_message("%s\n", NAMES[row]);
    secrets_clear();
    open_scene(&s, 520 + row, (ending)row);
    play(&s);
    assert_forgotten();
    close_scene(&s);
    check_noted((ending)row);
    assert_int_equal(secrets_in_memory(), 0);
}

WZP_ROWS(nothing_of_a_call_is_left_in_memory_that, count_endings,
         run_forgotten);

/* While it rings and while it lasts, only what is needed on is there. */
WZP_TEST(a_call_holds_what_it_needs_and_no_more)
{
    scene s;
    if (WZP_TEST_SANITIZED) {
        WZP_SKIP("a sanitizer keeps what was freed");
    }
    secrets_clear();
    open_scene(&s, 530, HUNG_UP);
    call(&s);
    run(&s, 1);
    (void)secrets_in_memory();
    assert_int_equal(secrets_found("nonce of a call"), 1);
    assert_int_equal(secrets_found("kem secret"), 0); /* nobody answered */
    answer(&s, WZP_ACCEPT_GENERIC);
    run(&s, 3);
    (void)secrets_in_memory();
    assert_true(secrets_count("shared secret") > 0);
    assert_int_equal(secrets_found("shared secret"), 0);
    assert_int_equal(secrets_found("extracted key"), 0);
    assert_int_equal(secrets_found("kem secret"), 0);
    assert_true(secrets_found("media key") > 0); /* control: in use */
    close_scene(&s);                             /* in the middle of it all */
    assert_int_equal(secrets_in_memory(), 0);
}
