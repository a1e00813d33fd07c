/* SPDX-License-Identifier: MIT */
/* What a registered client may ask. */
#include "signal/desk.h"

#include "rig.h"

typedef struct bench {
    rig r;
    rig_client c;
} bench;

static void begin(bench *b)
{
    rig_new(&b->r);
    rig_client_init(&b->r, &b->c, 3);
    rig_registered(&b->r, &b->c);
}

static void end(bench *b)
{
    rig_client_free(&b->c);
    rig_free(&b->r);
}

static void say(bench *b, const char *json)
{
    rig_text(&b->r, b->c.conn, json, strlen(json));
}

WZP_TEST(a_registered_client_is_answered_with_its_own_time)
{
    bench b;
    wzp_signal sig;
    begin(&b);
    say(&b, "{\"Ping\":{\"timestamp_ms\":18446744073709551615}}");
    rig_expect(&b.r, b.c.conn, WZP_SIG_PONG, &sig);
    assert_int_equal(sig.u.ping.timestamp_ms, UINT64_MAX);
    end(&b);
}

WZP_TEST(reflect_says_where_the_client_is_now)
{
    bench b;
    wzp_signal sig;
    begin(&b);
    say(&b, "\"Reflect\"");
    rig_expect(&b.r, b.c.conn, WZP_SIG_REFLECT_RESPONSE, &sig);
    const wzp_str before = sig.u.reflect_response.observed_addr;
    assert_int_equal(before.len, strlen("10.0.0.1:1001"));
    assert_memory_equal(before.ptr, "10.0.0.1:1001", before.len);
    const uint8_t ip[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 9};
    fake->conns[b.c.conn].remote = wzp_addr_v6(ip, 77); /* it moved */
    say(&b, "\"Reflect\"");
    rig_expect(&b.r, b.c.conn, WZP_SIG_REFLECT_RESPONSE, &sig);
    const wzp_str after = sig.u.reflect_response.observed_addr;
    assert_int_equal(after.len, strlen("[2001:db8::9]:77"));
    assert_memory_equal(after.ptr, "[2001:db8::9]:77", after.len);
    end(&b);
}

WZP_TEST(whoever_is_called_is_not_there)
{
    bench b;
    rig_client callee;
    wzp_signal sig = {.kind = WZP_SIG_DIRECT_CALL_OFFER};
    char target[WZP_FP_TEXT_LEN + 1];
    uint8_t fp[WZP_FP_LEN];
    begin(&b);
    rig_client_init(&b.r, &callee, 4);
    rig_registered(&b.r, &callee); /* though it is */
    wzp_identity_fingerprint(callee.identity.public_key, fp);
    wzp_fingerprint_encode(fp, target);
    sig.u.direct_call_offer.caller_fingerprint = WZP_STR("");
    sig.u.direct_call_offer.target_fingerprint =
        (wzp_str){target, WZP_FP_TEXT_LEN};
    sig.u.direct_call_offer.call_id = WZP_STR("1234");
    rig_signal(&b.r, b.c.conn, &sig);
    rig_expect(&b.r, b.c.conn, WZP_SIG_HANGUP, &sig);
    assert_int_equal(sig.u.hangup.reason, WZP_HANGUP_NORMAL);
    assert_null(sig.u.hangup.call_id.ptr);
    rig_expect_none(&b.r, callee.conn); /* and nothing reaches it */
    rig_client_free(&callee);
    end(&b);
}

static const char *const IGNORED[] = {
    "{\"Hangup\":{\"reason\":\"Normal\"}}",
    "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"12\"}}",
    "{\"CallRinging\":{\"call_id\":\"12\"}}",
    "\"Hold\"",
    "{\"AuthToken\":{\"token\":\"x\"}}",
    "{\"RoomSync\":{\"rev\":0}}",
};

static size_t ignored_count(void)
{
    return sizeof IGNORED / sizeof IGNORED[0];
}

static void run_ignored(size_t row)
{
    bench b;
    begin(&b);
    say(&b, IGNORED[row]);
    rig_expect_none(&b.r, b.c.conn);
    assert_int_equal(rig_stats(&b.r).signals_ignored, 1);
    assert_int_equal(rig_stats(&b.r).registered, 1);
    assert_true(fake->conns[b.c.conn].is_open);
    end(&b);
}

WZP_ROWS(what_means_nothing_here_is_counted_and_harmless, ignored_count,
         run_ignored);

WZP_TEST(a_registration_said_again_is_ignored)
{
    bench b;
    rig_client other;
    rig_reg o;
    begin(&b);
    rig_client_init(&b.r, &other, 9);
    rig_make_reg(&b.c, b.c.conn, &o);
    rig_signal(&b.r, b.c.conn, &o.sig);
    rig_make_reg(&other, b.c.conn, &o); /* nor does it become somebody else */
    rig_signal(&b.r, b.c.conn, &o.sig);
    rig_expect_none(&b.r, b.c.conn);
    assert_int_equal(rig_stats(&b.r).registered, 1);
    assert_int_equal(rig_stats(&b.r).registrations, 1);
    assert_int_equal(rig_stats(&b.r).signals_ignored, 2);
    rig_client_free(&other);
    end(&b);
}

WZP_TEST(unknown_and_malformed_messages_are_counted_apart)
{
    bench b;
    begin(&b);
    say(&b, "{\"Dance\":{}}");
    say(&b, "{\"Ping\":");
    rig_expect_none(&b.r, b.c.conn);
    assert_int_equal(rig_stats(&b.r).signals_unknown, 1);
    assert_int_equal(rig_stats(&b.r).signals_malformed, 1);
    assert_true(fake->conns[b.c.conn].is_open);
    end(&b);
}

WZP_TEST(nothing_longer_than_before_registering_is_read)
{
    bench b;
    static char text[WZP_SIGNAL_MAX_EARLY + 64];
    wzp_signal sig;
    begin(&b);
    /* white space is JSON: of the allowed length it is a Ping */
    memset(text, ' ', sizeof text);
    memcpy(text, "{\"Ping\":{\"timestamp_ms\":1}}", 27);
    rig_text(&b.r, b.c.conn, text, WZP_SIGNAL_MAX_EARLY);
    rig_expect(&b.r, b.c.conn, WZP_SIG_PONG, &sig);
    rig_text(&b.r, b.c.conn, text, WZP_SIGNAL_MAX_EARLY + 1);
    rig_expect_none(&b.r, b.c.conn);
    assert_int_equal(rig_stats(&b.r).signals_malformed, 1);
    end(&b);
}

/* Pings as fast as they come. */
WZP_TEST(a_flood_is_answered_in_part_and_ended_by_name)
{
    bench b;
    wzp_signal sig;
    wzp_relay_event ev;
    size_t pongs = 0, said = 0;
    begin(&b);
    assert_true(wzp_relay_next_event(b.r.relay, &ev));
    while (fake->conns[b.c.conn].is_open) {
        say(&b, "{\"Ping\":{\"timestamp_ms\":1}}");
        said++;
        assert_true(said < 1000);
    }
    while (rig_take(&b.r, b.c.conn, &sig)) {
        pongs++;
    }
    assert_int_equal(pongs, wzp__limits_rate(WZP__LIMIT_PING)->burst);
    assert_int_equal(rig_stats(&b.r).limited_ping, said - pongs);
    assert_int_equal(rig_stats(&b.r).closed_rate, 1);
    assert_int_equal(rig_stats(&b.r).registered, 0);
    rig_expect_closed(b.c.conn, WZP_CLOSE_NOT_ALLOWED);
    assert_string_equal(fake->conns[b.c.conn].reason,
                        wzp_strerror(WZP_ERR_RATE));
    assert_true(wzp_relay_next_event(b.r.relay, &ev));
    assert_int_equal(ev.kind, WZP_RELAY_UNREGISTERED);
    assert_int_equal(ev.err, WZP_ERR_RATE);
    end(&b);
}

/* The control: the same number over a longer time. */
WZP_TEST(as_many_messages_in_more_time_are_all_answered)
{
    bench b;
    wzp_signal sig;
    begin(&b);
    for (int i = 0; i < 200; i++) {
        say(&b, "{\"Ping\":{\"timestamp_ms\":1}}");
        rig_expect(&b.r, b.c.conn, WZP_SIG_PONG, &sig);
        rig_advance(&b.r, 500 * WZP_MS);
    }
    assert_int_equal(rig_stats(&b.r).signals_refused, 0);
    end(&b);
}

WZP_TEST(long_messages_cost_as_much_as_many_short_ones)
{
    bench b;
    static char text[60000];
    begin(&b);
    memset(text, ' ', sizeof text);
    memcpy(text, "\"Hold\"", 6);
    for (int i = 0; i < 40; i++) {
        rig_text(&b.r, b.c.conn, text, sizeof text);
    }
    assert_true(rig_stats(&b.r).limited_read > 0);
    assert_true(rig_stats(&b.r).signals_ignored < 40);
    end(&b);
}
