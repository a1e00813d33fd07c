/* SPDX-License-Identifier: MIT */
/* Before a connection is in: tokens, and what the host's word is worth. What
 * else may be said there is in join_test.c and register_test.c.
 */
#include "door.h"

#include "rig.h"

typedef struct bench {
    rig r;
    rig_client c;
    uint8_t fp[WZP_FP_LEN];
    bool is_signal; /* registers, instead of joining a room */
    char log[8192];
    size_t log_len;
} bench;

static void keep_log(void *user, wzp_log_level level, const char *subsystem,
                     const char *event, const char *text)
{
    bench *b = user;
    (void)level;
    b->log_len +=
        (size_t)snprintf(b->log + b->log_len, sizeof b->log - b->log_len,
                         "%s %s %s\n", subsystem, event, text);
    assert_true(b->log_len < sizeof b->log);
}

static void begin(bench *b, bool is_signal)
{
    memset(b, 0, sizeof *b);
    wzp_relay_config cfg = rig_config(&b->r);
    cfg.asks_auth = true;
    cfg.log = (wzp_log){.write = keep_log, .user = b, .level = WZP_LOG_DEBUG};
    rig_start(&b->r, &cfg);
    rig_client_init(&b->r, &b->c, 3);
    wzp_identity_fingerprint(b->c.identity.public_key, b->fp);
    rig_package(&b->r, &b->c, "lobby", RIG_UNIX + 60);
    b->is_signal = is_signal;
    b->c.conn = rig_accept(&b->r, is_signal ? "_signal" : "lobby");
}

static void end(bench *b)
{
    rig_client_free(&b->c);
    rig_free(&b->r);
}

static void say_token(bench *b, const char *token)
{
    const wzp_signal sig = {.kind = WZP_SIG_AUTH_TOKEN,
                            .u.auth_token = {{token, strlen(token)}}};
    rig_signal(&b->r, b->c.conn, &sig);
}

static void enter(bench *b)
{
    rig_offer offer;
    rig_reg reg;
    if (b->is_signal) {
        rig_make_reg(&b->c, b->c.conn, &reg);
        rig_signal(&b->r, b->c.conn, &reg.sig);
    } else {
        rig_make_offer(&b->c, b->c.conn, &offer);
        rig_signal(&b->r, b->c.conn, &offer.sig);
    }
}

static void expect_asked(bench *b, const char *token)
{
    wzp_relay_event ev;
    assert_true(wzp_relay_next_event(b->r.relay, &ev));
    assert_int_equal(ev.kind, WZP_RELAY_AUTH);
    assert_int_equal(ev.conn, b->c.conn);
    assert_int_equal(ev.remote.port, 1000 + b->c.conn);
    assert_string_equal(ev.room, b->is_signal ? "_signal" : "lobby");
    assert_int_equal(ev.token_len, strlen(token));
    assert_memory_equal(ev.token, token, ev.token_len);
}

static bool is_in(bench *b)
{
    const wzp_relay_stats s = rig_stats(&b->r);
    assert_int_equal(s.members + s.registered <= 1, true);
    return s.members + s.registered == 1;
}

static void answer(bench *b, bool ok, const uint8_t *fp)
{
    assert_int_equal(wzp_relay_auth(b->r.relay, b->r.now, b->c.conn, ok, fp),
                     WZP_OK);
    rig_poll(&b->r);
}

/* Refused by WZP_ERR_AUTH, on either service in its own way. */
static void expect_refused(bench *b, const char *text)
{
    wzp_relay_event ev;
    if (b->is_signal) {
        rig_expect_no_ack(&b->r, b->c.conn, WZP_CLOSE_AUTH);
    }
    rig_expect_closed(b->c.conn, WZP_CLOSE_AUTH);
    assert_non_null(strstr(fake->conns[b->c.conn].reason, text));
    assert_true(wzp_relay_next_event(b->r.relay, &ev));
    assert_int_equal(ev.kind, WZP_RELAY_REFUSED);
    assert_int_equal(ev.err, WZP_ERR_AUTH);
    assert_false(is_in(b));
    assert_int_equal(rig_stats(&b->r).refused_auth, 1);
    assert_int_equal(rig_stats(&b->r).conns, 0);
}

static size_t services(void)
{
    return 2;
}

static void run_good(size_t row)
{
    bench b;
    begin(&b, row != 0);
    say_token(&b, "sesame-4711");
    assert_false(is_in(&b));
    expect_asked(&b, "sesame-4711");
    answer(&b, true, b.fp);
    assert_false(is_in(&b));
    enter(&b);
    assert_true(is_in(&b));
    assert_int_equal(rig_stats(&b.r).auth_asked, 1);
    /* never logged; the log is not empty */
    assert_null(strstr(b.log, "sesame"));
    assert_non_null(strstr(b.log, row != 0 ? "signal.register" : "room.join"));
    end(&b);
}

WZP_ROWS(who_is_granted_comes_in_as_that_identity, services, run_good);

/* Clients wait for nothing: the protocol has no answer to a token. */
static void run_held(size_t row)
{
    bench b;
    begin(&b, row != 0);
    say_token(&b, "sesame");
    enter(&b);
    assert_false(is_in(&b)); /* not before the host's word */
    rig_advance(&b.r, 9 * WZP_S);
    assert_false(is_in(&b));
    expect_asked(&b, "sesame");
    answer(&b, true, b.fp);
    assert_true(is_in(&b));
    end(&b);
}

WZP_ROWS(what_is_said_right_after_the_token_waits_for_the_host, services,
         run_held);

static void run_no_token(size_t row)
{
    bench b;
    begin(&b, row != 0);
    enter(&b);
    expect_refused(&b, "AuthToken first");
    end(&b);
}

WZP_ROWS(who_sends_no_token_is_refused, services, run_no_token);

static void run_declined(size_t row)
{
    bench b;
    begin(&b, row != 0);
    say_token(&b, "wrong");
    enter(&b);
    expect_asked(&b, "wrong");
    answer(&b, false, NULL);
    expect_refused(&b, "not accepted");
    end(&b);
}

WZP_ROWS(whom_the_host_declines_is_refused, services, run_declined);

/* A good token, stolen or lent: valid, but somebody else's. */
static void run_foreign(size_t row)
{
    bench b;
    begin(&b, row != 0);
    b.fp[15] ^= 1;
    say_token(&b, "sesame");
    enter(&b);
    expect_asked(&b, "sesame");
    answer(&b, true, b.fp);
    expect_refused(&b, "another identity");
    end(&b);
}

WZP_ROWS(a_token_of_another_identity_is_refused, services, run_foreign);

static void run_too_long(size_t row)
{
    bench b;
    static char token[WZP_RELAY_TOKEN_MAX + 2];
    begin(&b, row != 0);
    memset(token, 'x', sizeof token - 1);
    say_token(&b, token);
    expect_refused(&b, wzp_strerror(WZP_ERR_AUTH));
    end(&b);
}

WZP_ROWS(a_token_without_end_is_refused, services, run_too_long);

static void run_silent_host(size_t row)
{
    bench b;
    begin(&b, row != 0);
    say_token(&b, "sesame");
    enter(&b);
    rig_advance(&b.r, 10 * WZP_S);
    rig_expect_none(&b.r, b.c.conn);
    rig_expect_closed(b.c.conn, WZP_CLOSE_SLOW);
    assert_non_null(strstr(fake->conns[b.c.conn].reason, "AuthToken"));
    assert_int_equal(rig_stats(&b.r).refused_timeout, 1);
    /* It said all it had to: its address must not pay for our host. */
    assert_int_equal(fake->charged, 0);
    /* The answer comes too late, and the token is no longer handed out. */
    assert_int_equal(wzp_relay_auth(b.r.relay, b.r.now, b.c.conn, true, b.fp),
                     WZP_ERR_NOT_FOUND);
    wzp_relay_event ev;
    assert_true(wzp_relay_next_event(b.r.relay, &ev));
    assert_int_equal(ev.kind, WZP_RELAY_REFUSED);
    assert_int_equal(ev.err, WZP_ERR_TIMEOUT);
    end(&b);
}

WZP_ROWS(a_host_that_says_nothing_is_waited_for_in_vain, services,
         run_silent_host);

static void run_silent_client(size_t row)
{
    bench b;
    begin(&b, row != 0);
    say_token(&b, "sesame");
    expect_asked(&b, "sesame");
    answer(&b, true, b.fp);
    rig_advance(&b.r, 10 * WZP_S);
    rig_expect_closed(b.c.conn, WZP_CLOSE_SLOW);
    assert_null(strstr(fake->conns[b.c.conn].reason, "AuthToken"));
    assert_int_equal(fake->charged, 10);
    end(&b);
}

WZP_ROWS(who_is_granted_and_says_nothing_more_pays_for_the_place, services,
         run_silent_client);

static void run_more(size_t row)
{
    bench b;
    begin(&b, row != 0);
    say_token(&b, "sesame");
    say_token(&b, "another");
    if (b.is_signal) {
        rig_expect_no_ack(&b.r, b.c.conn, WZP_CLOSE_PROTOCOL);
    }
    rig_expect_closed(b.c.conn, WZP_CLOSE_PROTOCOL);
    end(&b);
}

WZP_ROWS(one_token_is_looked_at_and_no_second, services, run_more);

static void run_taken_back(size_t row)
{
    bench b;
    wzp_relay_event ev;
    begin(&b, row != 0);
    say_token(&b, "sesame");
    expect_asked(&b, "sesame");
    answer(&b, true, b.fp);
    enter(&b);
    assert_true(is_in(&b));
    answer(&b, true, b.fp); /* said again: nothing new */
    assert_true(is_in(&b));
    answer(&b, false, NULL);
    assert_false(is_in(&b));
    rig_expect_closed(b.c.conn, WZP_CLOSE_AUTH);
    assert_non_null(strstr(fake->conns[b.c.conn].reason, "no longer"));
    assert_true(wzp_relay_next_event(b.r.relay, &ev)); /* came in */
    assert_true(wzp_relay_next_event(b.r.relay, &ev));
    assert_int_equal(ev.kind,
                     row != 0 ? WZP_RELAY_UNREGISTERED : WZP_RELAY_LEFT);
    assert_int_equal(ev.err, WZP_ERR_AUTH);
    end(&b);
}

WZP_ROWS(a_yes_may_be_taken_back_later, services, run_taken_back);

static void run_taken_back_early(size_t row)
{
    bench b;
    begin(&b, row != 0);
    say_token(&b, "sesame");
    expect_asked(&b, "sesame");
    answer(&b, true, b.fp);
    answer(&b, false, NULL);
    expect_refused(&b, "not accepted");
    end(&b);
}

WZP_ROWS(a_yes_may_be_taken_back_before_it_was_used, services,
         run_taken_back_early);

WZP_TEST(a_yes_said_twice_changes_no_identity)
{
    bench b;
    uint8_t other[WZP_FP_LEN] = {1};
    begin(&b, true);
    say_token(&b, "sesame");
    answer(&b, true, other);
    answer(&b, true, b.fp);
    enter(&b);
    assert_false(is_in(&b));
    end(&b);
}

/* Everything a relay holds, to be searched. */
enum { BLOCKS = 512 };

typedef struct heap {
    struct {
        void *ptr;
        size_t len;
    } of[BLOCKS];
} heap;

static void *heap_resize(void *user, void *ptr, size_t old, size_t size)
{
    const wzp_mem mem = wzp_mem_default();
    heap *h = user;
    void *out = mem.resize(mem.user, ptr, old, size);
    for (size_t i = 0; i < BLOCKS; i++) {
        if (h->of[i].ptr == ptr) { /* the block, or an empty place */
            h->of[i].ptr = size > 0 ? out : NULL;
            h->of[i].len = size;
            return out;
        }
    }
    fail();
    return NULL;
}

static bool heap_holds(const heap *h, const char *text)
{
    const size_t len = strlen(text);
    for (size_t i = 0; i < BLOCKS; i++) {
        const char *p = h->of[i].ptr;
        for (size_t at = 0; p != NULL && at + len <= h->of[i].len; at++) {
            if (memcmp(p + at, text, len) == 0) {
                return true;
            }
        }
    }
    return false;
}

WZP_TEST(no_memory_of_the_relay_holds_a_token_that_was_taken)
{
    static heap h;
    bench b = {0};
    wzp_relay_event ev;
    memset(&h, 0, sizeof h);
    wzp_relay_config cfg = rig_config(&b.r);
    cfg.asks_auth = true;
    cfg.mem = (wzp_mem){.resize = heap_resize, .user = &h};
    rig_start(&b.r, &cfg);
    rig_client_init(&b.r, &b.c, 3);
    wzp_identity_fingerprint(b.c.identity.public_key, b.fp);
    b.is_signal = true;
    b.c.conn = rig_accept(&b.r, "_signal");
    say_token(&b, "sesame-4711-open");
    assert_true(heap_holds(&h, "sesame-4711-open")); /* the control */
    expect_asked(&b, "sesame-4711-open");
    assert_false(wzp_relay_next_event(b.r.relay, &ev));
    assert_false(heap_holds(&h, "sesame-4711"));
    answer(&b, true, b.fp);
    enter(&b);
    assert_true(is_in(&b));
    assert_false(heap_holds(&h, "sesame-4711"));
    end(&b);
}

WZP_TEST(no_word_without_an_ask_or_to_who_is_gone)
{
    bench b;
    begin(&b, true);
    assert_int_equal(wzp_relay_auth(b.r.relay, b.r.now, b.c.conn, true, b.fp),
                     WZP_ERR_NOT_FOUND);
    assert_int_equal(wzp_relay_auth(b.r.relay, b.r.now, 99, true, b.fp),
                     WZP_ERR_NOT_FOUND);
    say_token(&b, "sesame");
    answer(&b, false, NULL);
    assert_int_equal(wzp_relay_auth(b.r.relay, b.r.now, b.c.conn, true, b.fp),
                     WZP_ERR_NOT_FOUND);
    end(&b);
}

/* Many clients whose host is slow: every ask is heard, whatever else goes on.
 */
WZP_TEST(asks_are_not_pushed_out_by_other_events)
{
    bench b;
    wzp_relay_event ev;
    size_t asks = 0;
    begin(&b, true);
    for (int i = 0; i < 600; i++) {
        const wzp_conn_id conn = rig_accept(&b.r, "_probe"); /* refused */
        assert_false(fake->conns[conn].is_open);
        b.c.conn = rig_accept(&b.r, "_signal");
        say_token(&b, "sesame");
        b.log_len = 0;
    }
    assert_true(rig_stats(&b.r).events_dropped > 0);
    while (wzp_relay_next_event(b.r.relay, &ev)) {
        asks += ev.kind == WZP_RELAY_AUTH;
    }
    assert_int_equal(asks, 600);
    end(&b);
}

/* The control: without asks_auth a token means nothing, and none is kept. */
WZP_TEST(a_relay_that_asks_for_none_takes_who_has_no_token)
{
    rig r;
    rig_client c;
    wzp_relay_event ev;
    rig_new(&r);
    rig_client_init(&r, &c, 3);
    c.conn = rig_accept(&r, "_signal");
    const wzp_signal token = {.kind = WZP_SIG_AUTH_TOKEN,
                              .u.auth_token = {WZP_STR("sesame")}};
    rig_signal(&r, c.conn, &token);
    rig_reg o;
    rig_make_reg(&c, c.conn, &o);
    rig_signal(&r, c.conn, &o.sig);
    rig_expect_ack(&r, c.conn);
    while (wzp_relay_next_event(r.relay, &ev)) {
        assert_int_not_equal(ev.kind, WZP_RELAY_AUTH);
    }
    rig_client_free(&c);
    rig_free(&r);
}
