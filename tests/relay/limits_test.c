/* SPDX-License-Identifier: MIT */
/* What a registered client may ask for, by kind. */
#include "signal/limits.h"

#include "support/harness.h"

static const uint64_t *counter(const wzp_relay_stats *s, wzp__limit what)
{
    const uint64_t *const all[WZP__LIMITS] = {
        [WZP__LIMIT_READ] = &s->limited_read,
        [WZP__LIMIT_REGISTER] = &s->limited_register,
        [WZP__LIMIT_PING] = &s->limited_ping,
        [WZP__LIMIT_REFLECT] = &s->limited_reflect,
        [WZP__LIMIT_OFFER] = &s->limited_offer,
        [WZP__LIMIT_CALL] = &s->limited_call,
        [WZP__LIMIT_OTHER] = &s->limited_other,
    };
    return all[what];
}

static uint64_t all_counters(const wzp_relay_stats *s)
{
    uint64_t n = 0;
    for (wzp__limit what = 0; what < WZP__LIMITS; what++) {
        n += *counter(s, what);
    }
    return n;
}

static size_t kind_count(void)
{
    return WZP__LIMITS;
}

/* A burst is served, what follows dropped, and after a multiple it is over. */
static void run_flood(size_t row)
{
    const wzp__limit what = (wzp__limit)row;
    const uint64_t burst = wzp__limits_rate(what)->burst;
    wzp__limits l = {0};
    wzp_relay_stats s = {0};
    for (uint64_t i = 0; i < WZP__LIMITS_BORNE * burst; i++) {
        assert_int_equal(wzp__limits_take(&l, WZP_S, what, 1, &s),
                         i < burst ? WZP__LIMITS_SERVE : WZP__LIMITS_DROP);
    }
    assert_int_equal(wzp__limits_take(&l, WZP_S, what, 1, &s),
                     WZP__LIMITS_CLOSE);
    /* Counted where it belongs, and nowhere else. */
    const uint64_t refused = (WZP__LIMITS_BORNE - 1) * burst + 1;
    assert_int_equal(*counter(&s, what), refused);
    assert_int_equal(all_counters(&s), refused);
    assert_int_equal(s.signals_refused, refused);
    /* The other kinds have theirs. */
    for (wzp__limit other = 0; other < WZP__LIMITS; other++) {
        assert_int_equal(wzp__limits_take(&l, WZP_S, other, 1, &s),
                         other == what ? WZP__LIMITS_CLOSE : WZP__LIMITS_SERVE);
    }
}

WZP_ROWS(a_flood_is_served_then_dropped_then_ended, kind_count, run_flood);

/* The control: who keeps to the rate is served for as long as it likes. */
static void run_steady(size_t row)
{
    const wzp__limit what = (wzp__limit)row;
    const wzp__rate *rate = wzp__limits_rate(what);
    wzp__limits l = {0};
    wzp_relay_stats s = {0};
    wzp_tstamp now = WZP_S;
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(wzp__limits_take(&l, now, what, 1, &s),
                         WZP__LIMITS_SERVE);
        now += rate->per / rate->tokens + 1;
    }
    assert_int_equal(s.signals_refused, 0);
}

WZP_ROWS(who_keeps_to_the_rate_is_always_served, kind_count, run_steady);

/* Twice the rate for an hour: half of it is dropped, and nothing ends. */
static void run_eager(size_t row)
{
    const wzp__limit what = (wzp__limit)row;
    const wzp__rate *rate = wzp__limits_rate(what);
    wzp__limits l = {0};
    wzp_relay_stats s = {0};
    uint64_t served = 0;
    const wzp_tstamp gap = rate->per / rate->tokens / 2;
    const uint64_t n = 3600 * WZP_S / gap;
    for (uint64_t i = 0; i < n; i++) {
        const wzp__limits_result may =
            wzp__limits_take(&l, WZP_S + i * gap, what, 1, &s);
        assert_int_not_equal(may, WZP__LIMITS_CLOSE);
        served += may == WZP__LIMITS_SERVE;
    }
    assert_in_range(served, n / 2 - 1, n / 2 + rate->burst + 1);
}

WZP_ROWS(an_eager_client_is_slowed_and_kept, kind_count, run_eager);

static const struct {
    wzp_signal_kind kind;
    wzp__limit what;
} KINDS[] = {
    {WZP_SIG_REGISTER_PRESENCE, WZP__LIMIT_REGISTER},
    {WZP_SIG_PING, WZP__LIMIT_PING},
    {WZP_SIG_REFLECT, WZP__LIMIT_REFLECT},
    {WZP_SIG_DIRECT_CALL_OFFER, WZP__LIMIT_OFFER},
    {WZP_SIG_DIRECT_CALL_ANSWER, WZP__LIMIT_CALL},
    {WZP_SIG_DIRECT_CALL_REVEAL, WZP__LIMIT_CALL},
    {WZP_SIG_HANGUP, WZP__LIMIT_CALL},
    {WZP_SIG_MEDIA_PATH_REPORT, WZP__LIMIT_CALL},
    {WZP_SIG_CANDIDATE_UPDATE, WZP__LIMIT_CALL},
    {WZP_SIG_CALL_OFFER, WZP__LIMIT_OTHER},
    {WZP_SIG_ROOM_SYNC, WZP__LIMIT_OTHER},
    {WZP_SIG_AUTH_TOKEN, WZP__LIMIT_OTHER},
    {WZP_SIG_FEDERATED_ROUTE, WZP__LIMIT_OTHER},
};

static size_t row_count(void)
{
    return sizeof KINDS / sizeof KINDS[0];
}

static void run_kind(size_t row)
{
    assert_int_equal(wzp__limits_of(KINDS[row].kind), KINDS[row].what);
}

WZP_ROWS(a_signal_is_of_this_kind, row_count, run_kind);
