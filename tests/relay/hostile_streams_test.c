/* SPDX-License-Identifier: MIT */
/* A member that opens streams as no client of ours does, a hundred thousand of
 * them, by ngtcp2 itself under its endpoint; and what becomes of the relay's
 * memory and of two others' call meanwhile.
 */
#include "hub.h"
#include "quic/table.h"

enum {
    STREAMS = 100000,
    /* What one connection may cost the relay at most: its own state, 2 MiB of
     * signals (endpoint.h, signal_max_held), the ring of waiting streams. */
    ONE_CONN_MAX = 4 << 20,
};

typedef enum stream_end {
    WHOLE,      /* a message and FIN */
    RESET,      /* opened and reset, no byte */
    HALF_RESET, /* half a message, then reset */
    HALF_FIN,   /* half a message, then FIN */
    UNFINISHED, /* half a message and silence */
} stream_end;

typedef struct flood {
    hub h;
    hub_client *bad, *ann, *ben;
    size_t opened;
    size_t most_held;
    uint64_t spoken;
} flood;

static wzp__conn *raw(const hub_client *c)
{
    return wzp__table_find(c->ep, c->conn);
}

/* What ngtcp2 has written goes out as one packet of the bad one. */
static void put_packet(flood *f, const uint8_t *buf, ngtcp2_ssize n)
{
    assert_true(n >= 0 || n == NGTCP2_ERR_WRITE_MORE);
    if (n > 0) {
        hub_fly(&f->h, f->bad->addr.ip[3], -1, buf, (size_t)n);
    }
}

/* Adds to the packet begun in buf, and sends those that become full. */
static void write_all(flood *f, uint8_t *buf, int64_t stream,
                      const uint8_t *data, size_t len, bool fin)
{
    ngtcp2_path_storage ps;
    ngtcp2_path_storage_zero(&ps);
    ngtcp2_ssize n;
    do {
        ngtcp2_vec vec = {(uint8_t *)(uintptr_t)data, len};
        ngtcp2_ssize taken = -1;
        n = ngtcp2_conn_writev_stream(raw(f->bad)->quic, &ps.path, NULL, buf,
                                      WZP__UDP_MAX, &taken,
                                      NGTCP2_WRITE_STREAM_FLAG_MORE |
                                          (fin ? NGTCP2_WRITE_STREAM_FLAG_FIN
                                               : NGTCP2_WRITE_STREAM_FLAG_NONE),
                                      stream, &vec, 1, f->h.now);
        put_packet(f, buf, n);
        if (taken > 0) {
            data += taken;
            len -= (size_t)taken;
        }
    } while (n > 0 && len > 0);
}

/* Sends what is begun and what ngtcp2 has to say besides. */
static void finish(flood *f, uint8_t *buf)
{
    ngtcp2_path_storage ps;
    ngtcp2_path_storage_zero(&ps);
    ngtcp2_ssize n;
    do {
        n = ngtcp2_conn_writev_stream(raw(f->bad)->quic, &ps.path, NULL, buf,
                                      WZP__UDP_MAX, NULL, 0, -1, NULL, 0,
                                      f->h.now);
        put_packet(f, buf, n);
    } while (n > 0);
}

/* Opens one stream; false: the relay grants none at the moment. */
static bool open_one(flood *f, uint8_t *buf, bool is_uni, stream_end end)
{
    static const uint8_t message[] = {0,   0,   0,   8,   '"', 'H',
                                      'o', 'l', 'd', '"', ' ', ' '};
    ngtcp2_conn *quic = raw(f->bad)->quic;
    int64_t stream;
    const int rv = is_uni ? ngtcp2_conn_open_uni_stream(quic, &stream, NULL)
                          : ngtcp2_conn_open_bidi_stream(quic, &stream, NULL);
    if (rv == NGTCP2_ERR_STREAM_ID_BLOCKED) {
        return false;
    }
    assert_int_equal(rv, 0);
    f->opened++;
    if (end != RESET) {
        const size_t len = end == WHOLE ? sizeof message : sizeof message / 2;
        write_all(f, buf, stream, message, len,
                  end == WHOLE || end == HALF_FIN);
    }
    if (end == RESET || end == HALF_RESET) {
        assert_int_equal(ngtcp2_conn_shutdown_stream(quic, 0, stream, 7), 0);
    }
    return true;
}

/* As many as the relay grants now, at most `most`. */
static void open_some(flood *f, size_t most, bool is_uni, stream_end end)
{
    uint8_t buf[WZP__UDP_MAX];
    size_t n = 0;
    while (n < most && open_one(f, buf, is_uni, end)) {
        n++;
    }
    finish(f, buf);
}

static void flood_begin(flood *f)
{
    memset(f, 0, sizeof *f);
    hub_new(&f->h, false);
    f->ann = hub_join(&f->h, "lobby");
    f->ben = hub_join(&f->h, "lobby");
    f->bad = hub_join(&f->h, "lobby");
    hub_run(&f->h, WZP_S);
}

/* One step of 20 ms: ann speaks, the bad one floods. */
static void flood_step(flood *f, bool is_uni, stream_end end)
{
    if (!f->bad->is_closed) {
        open_some(f, 100, is_uni, end);
    }
    hub_speak(&f->h, f->ann, f->spoken++);
    hub_run(&f->h, 20 * WZP_MS);
    f->most_held = f->h.held > f->most_held ? f->h.held : f->most_held;
}

static void expect_call_goes_on(flood *f)
{
    hub_run(&f->h, WZP_S);
    assert_int_equal(f->ben->dgrams, f->spoken);
    assert_false(f->ann->is_closed);
    assert_false(f->ben->is_closed);
}

static void flood_end(flood *f)
{
    hub_free(&f->h);
    assert_int_equal(f->h.held, 0);
}

/* Streams that end give their place back, so the flood goes on; nothing of
 * them stays. */
static void flood_with(bool is_uni, stream_end end)
{
    flood *f = calloc(1, sizeof *f);
    assert_non_null(f);
    flood_begin(f);
    const size_t before = f->h.held;
    for (int i = 0; f->opened < STREAMS && i < 20000; i++) {
        flood_step(f, is_uni, end);
        if (f->bad->is_closed) {
            break;
        }
    }
    assert_true(f->opened >= STREAMS);
    assert_false(f->bad->is_closed);
    assert_true(f->most_held < before + ONE_CONN_MAX);
    expect_call_goes_on(f);
    assert_true(f->h.held < before + 65536); /* what ngtcp2 keeps for reuse */
    if (end == WHOLE) { /* they did arrive, and three offers */
        assert_int_equal(hub_stats(&f->h).signals_in, f->opened + 3);
    }
    flood_end(f);
    free(f);
}

WZP_TEST(a_hundred_thousand_messages_on_one_connection_cost_little)
{
    flood_with(false, WHOLE);
}

WZP_TEST(a_hundred_thousand_streams_reset_at_once_cost_little)
{
    flood_with(false, RESET);
}

WZP_TEST(a_hundred_thousand_streams_half_sent_and_reset_cost_little)
{
    flood_with(false, HALF_RESET);
}

WZP_TEST(a_hundred_thousand_streams_half_sent_and_ended_cost_little)
{
    flood_with(false, HALF_FIN);
}

WZP_TEST(a_hundred_thousand_unidirectional_streams_cost_little)
{
    flood_with(true, HALF_FIN);
}

WZP_TEST(a_hundred_thousand_unidirectional_streams_reset_cost_little)
{
    flood_with(true, HALF_RESET);
}

/* Those never finished keep their places: the credit is used up, the relay
 * grants no more and holds what came. */
static void stall_with(bool is_uni, stream_end end)
{
    flood *f = calloc(1, sizeof *f);
    assert_non_null(f);
    flood_begin(f);
    const size_t before = f->h.held;
    for (int i = 0; i < 100; i++) {
        flood_step(f, is_uni, end);
    }
    assert_true(f->opened <= 101); /* 100, and one for the offer's */
    assert_false(f->bad->is_closed);
    assert_true(f->most_held < before + ONE_CONN_MAX);
    expect_call_goes_on(f);
    flood_end(f);
    free(f);
}

WZP_TEST(streams_never_finished_use_up_their_credit_and_no_more)
{
    stall_with(false, UNFINISHED);
}

WZP_TEST(unidirectional_streams_never_finished_use_up_their_credit)
{
    stall_with(true, UNFINISHED);
}

/* ngtcp2 never closes a unidirectional stream that is reset before its first
 * byte (conn_recv_reset_stream): it keeps its place. */
WZP_TEST(unidirectional_streams_reset_without_a_byte_use_up_their_credit)
{
    stall_with(true, RESET);
}

/* Whole messages behind one that does not come: told by name after 10 s. */
WZP_TEST(a_stream_that_holds_up_others_ends_the_connection_by_name)
{
    flood *f = calloc(1, sizeof *f);
    assert_non_null(f);
    flood_begin(f);
    open_some(f, 1, false, UNFINISHED);
    open_some(f, 5, false, WHOLE);
    for (int i = 0; i < 490; i++) {
        flood_step(f, true, RESET);
    }
    assert_false(f->bad->is_closed);
    for (int i = 0; i < 20; i++) {
        flood_step(f, true, RESET);
    }
    assert_true(f->bad->is_closed);
    assert_int_equal(f->bad->close_code, WZP_CLOSE_SLOW);
    assert_string_equal(f->bad->reason, "signal stream stalled");
    assert_int_equal(hub_stats(&f->h).members, 2);
    expect_call_goes_on(f);
    flood_end(f);
    free(f);
}

/* The first of many is held back, the others are reset: the relay waits for
 * the first and must remember the rest, up to its bound; then it says so. */
WZP_TEST(resets_behind_a_missing_stream_are_remembered_up_to_a_bound)
{
    flood *f = calloc(1, sizeof *f);
    assert_non_null(f);
    flood_begin(f);
    const size_t before = f->h.held;
    open_some(f, 1, false, UNFINISHED);
    for (int i = 0; f->opened < STREAMS && !f->bad->is_closed; i++) {
        flood_step(f, false, RESET);
        assert_true(i < 20000);
    }
    assert_true(f->most_held < before + ONE_CONN_MAX);
    assert_true(f->bad->is_closed);
    assert_int_equal(f->bad->close_code, WZP_CLOSE_PROTOCOL);
    assert_string_equal(f->bad->reason, "signal stream too large");
    expect_call_goes_on(f);
    flood_end(f);
    free(f);
}
