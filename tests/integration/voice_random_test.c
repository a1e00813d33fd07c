/* SPDX-License-Identifier: MIT */
/* Minutes of talk made up by a seed: loss, holes, jitter, disorder, narrow
 * paths, gaps, changes of address, a relay that starts anew, what users do,
 * members that come and go, clocks that differ. In each the laws of talk.h
 * hold, what is taken is given back, and the same seed gives the same minute.
 *
 * In make test a few; WZP_SOAK=n plays 100 n with the real codec and 1,000 n
 * with a stand-in, each in a process of its own, WZP_TALK_JOBS at a time (as
 * many as there are processors). What befell a talk that broke a law is
 * printed, with its seed; WZP_TALK_SEED=n makes that the first one, of
 * WZP_TALK_COUNT, WZP_TALK_LOG=1 prints all.
 */
#include "support/crew.h"
#include "talk.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define CALM_S 12
#define LENGTH (60 * WZP_S)
#define FORGET                                                                 \
    (16 * WZP_S) /* libwzp-proto/src/media/repairs.c remembers 15              \
                  */
#define GUESTS      3
#define REJOIN_S    45 /* tests/integration/call_test.c: time-out, back-off */
#define LOG_LEN     8000
#define FULL_PACKET 1500

typedef struct scene {
    talk t;
    wzp_test_rng rng;
    wzp_trace trace;
    base floor;
    wzp_node guest[GUESTS];
    bool guest_in[GUESTS];
    bool is_translated[2];
    uint64_t under_way_ns; /* at most, what entered in this trouble */
    bool was_rejoined;     /* media times began anew */
    /* Most by which delay was too high after trouble: what nobody asked for,
     * 5 s after; everything, later. */
    double above_ms, late_ms;
    wzp_tstamp above_at;
    unsigned unheard, measured; /* times of relief */
    uint64_t hash, heard;
    wzp_client_stats end;
    char log[LOG_LEN];
    size_t log_len;
} scene;

static uint64_t below(scene *s, uint64_t n)
{
    return wzp_test_rng_next(&s->rng) % n;
}

__attribute__((format(printf, 2, 3))) static void note(scene *s,
                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n =
        vsnprintf(s->log + s->log_len, LOG_LEN - s->log_len, format, args);
    va_end(args);
    s->log_len += (size_t)n < LOG_LEN - s->log_len ? (size_t)n : 0;
}

static double seconds(const scene *s)
{
    return (double)wzp_world_now(s->t.w) / (double)WZP_S - 1000;
}

/* --- what may befall a link --- */

static void note_under_way(scene *s, uint64_t ns)
{
    s->under_way_ns = ns > s->under_way_ns ? ns : s->under_way_ns;
}

static wzp_link_cfg lossy_link(scene *s)
{
    wzp_link_cfg link = {
        .loss = (double)below(s, 51) / 100,
        .burst_ms = below(s, 2) == 0 ? (double)(20 + below(s, 480)) : 0,
        .delay_ns = (HOP_MS + below(s, 200)) * WZP_MS,
        .jitter_ns = below(s, 60) * WZP_MS,
        .dup = (double)below(s, 10) / 100,
        .keep_order = below(s, 2) == 0,
        .reorder = (double)below(s, 10) / 100,
    };
    note_under_way(s, link.delay_ns + link.jitter_ns + WZP_LINK_REORDER_NS);
    note(s, " loss %.2f in %.0f ms, %u +- %u ms;", link.loss, link.burst_ms,
         (unsigned)(link.delay_ns / WZP_MS),
         (unsigned)(link.jitter_ns / WZP_MS));
    return link;
}

/* 10 to 200 kbit/s, low ones as likely as high ones. Below 10 the lowest tier
 * and the acknowledgements of what comes the other way do not fit. The queue
 * holds a full packet: QUIC needs paths that carry 1,200 bytes (RFC 9000, 14),
 * and probes with such. */
static wzp_link_cfg narrow_link(scene *s)
{
    const uint64_t bps = (uint64_t)(10000 * exp2((double)below(s, 433) / 100));
    const uint64_t least_ms = FULL_PACKET * 8000 / bps + 1;
    const uint64_t asked_ms = 50 + below(s, 450);
    const uint64_t queue_ms = asked_ms < least_ms ? least_ms : asked_ms;
    const wzp_link_cfg link = {
        .delay_ns = HOP_MS * WZP_MS,
        .rate_bps = bps,
        .queue_bytes = bps * queue_ms / 8000,
        .loss = below(s, 3) == 0 ? (double)below(s, 11) / 100 : 0,
    };
    note_under_way(s, queue_ms * WZP_MS);
    note(s, " %u bit/s, queue %u ms, loss %.2f;", (unsigned)bps,
         (unsigned)queue_ms, link.loss);
    return link;
}

static wzp_link_cfg traced_link(scene *s)
{
    const wzp_link_cfg link = {.trace = &s->trace};
    int32_t longest = 0;
    for (size_t i = 0; i < WZP_TRACE_LEN; i++) {
        const int32_t delay = s->trace.delay[i];
        longest = delay > longest ? delay : longest;
    }
    note_under_way(s, (uint64_t)longest * WZP_TRACE_UNIT_NS);
    note(s, " trace %s;", s->trace.name);
    return link;
}

static wzp_link_cfg dead_link(scene *s)
{
    const wzp_link_cfg link = {.loss = 1};
    note(s, " dead;");
    return link;
}

static wzp_link_cfg some_link(scene *s)
{
    switch (below(s, 8)) {
    case 0: return dead_link(s);
    case 1: return traced_link(s);
    case 2:
    case 3: return narrow_link(s);
    case 4: return CLEAN;
    default: return lossy_link(s);
    }
}

/* Both ways of one of the two, or of both. */
static void change_links(scene *s)
{
    const uint64_t which = below(s, 3);
    for (unsigned i = 0; i < 2; i++) {
        if (which == i || which == 2) {
            note(s, " links of %u:", i);
            const wzp_link_cfg up = some_link(s), down = some_link(s);
            wzp_world_link(s->t.w, s->t.node[i], &up, &down);
        }
    }
}

/* --- what may befall a client --- */

static wzp_engine *engine(scene *s, int i)
{
    return wzp_world_engine(s->t.w, s->t.node[i]);
}

static wzp_tstamp now_at(scene *s, int i)
{
    return wzp_world_now_at(s->t.w, s->t.node[i]);
}

/* Another address, of which its engine hears after a gap. */
static void hand_over(scene *s, int i)
{
    const uint64_t gap_ms = below(s, 2) == 0 ? 0 : below(s, 2000);
    const wzp_link_cfg dead = {.loss = 1};
    note(s, " %d moves, gap %u ms;", i, (unsigned)gap_ms);
    wzp_world_link(s->t.w, s->t.node[i], &dead, &dead);
    wzp_world_move(s->t.w, s->t.node[i]);
    run(&s->t, gap_ms * WZP_MS);
    wzp_world_link(s->t.w, s->t.node[i], &CLEAN, &CLEAN);
    const wzp_addr addr = wzp_world_addr(s->t.w, s->t.node[i]);
    wzp_engine_moved(engine(s, i), now_at(s, i), &addr);
    if (below(s, 2) == 0) {
        const wzp_network network = (wzp_network)below(s, 3);
        wzp_engine_quality_network(engine(s, i), now_at(s, i), network);
        if (i == 1) {
            s->t.is_mobile = network == WZP_NETWORK_CELLULAR;
        }
    }
    wzp_world_kick(s->t.w, s->t.node[i]);
}

/* Its translator forgets it, and may give it another address. */
static void rebind(scene *s, int i)
{
    note(s, " %d is translated anew;", i);
    if (below(s, 2) == 0) {
        wzp_world_rebind(s->t.w, s->t.node[i]);
    } else {
        wzp_world_readdress(s->t.w, s->t.node[i]);
    }
}

static void change_address(scene *s)
{
    const int i = (int)below(s, 2);
    if (s->is_translated[i]) {
        rebind(s, i);
    } else {
        hand_over(s, i);
    }
}

static void restart_relay(scene *s)
{
    note(s, " relay starts anew;");
    wzp_world_restart_relay(s->t.w, s->t.relay);
    s->was_rejoined = true;
}

static void tier(scene *s)
{
    const uint64_t which = below(s, WZP_TIER_COUNT);
    note(s, " tier %u;", (unsigned)which);
    assert_int_equal(
        wzp_engine_quality_force(engine(s, 0), now_at(s, 0), (wzp_tier)which),
        WZP_OK);
}

static void skew(scene *s)
{
    const int i = (int)below(s, 2);
    const int32_t ppm = (int32_t)below(s, 1001) - 500;
    note(s, " clock of %d: %d ppm;", i, (int)ppm);
    wzp_world_skew(s->t.w, s->t.node[i], ppm);
}

/* Node 0 is silent, or node 1 does not listen, because they want it so. */
static void be_quiet(scene *s)
{
    const uint64_t which = below(s, 4);
    note(s, " quiet %u;", (unsigned)which);
    s->t.is_quiet = true;
    if (which == 0) {
        wzp_engine_mute(engine(s, 0), now_at(s, 0), true);
    } else if (which == 1) {
        wzp_engine_push_to_talk(engine(s, 0), now_at(s, 0), true, false);
    } else {
        const int i = (int)which - 2;
        wzp_engine_hold(engine(s, i), now_at(s, i), true);
    }
    wzp_world_kick(s->t.w, s->t.node[0]);
    wzp_world_kick(s->t.w, s->t.node[1]);
}

static void speak(scene *s)
{
    s->t.is_quiet = false;
    wzp_engine_mute(engine(s, 0), now_at(s, 0), false);
    wzp_engine_push_to_talk(engine(s, 0), now_at(s, 0), false, false);
    for (int i = 0; i < 2; i++) {
        wzp_engine_hold(engine(s, i), now_at(s, i), false);
        wzp_world_kick(s->t.w, s->t.node[i]);
    }
}

/* Guests say nothing: what node 1 hears is node 0. */
static void guest(scene *s)
{
    const unsigned i = (unsigned)below(s, GUESTS);
    const wzp_world_client_config cfg = {.identity = (uint8_t)(50 + i)};
    note(s, " guest %u %s;", i, s->guest_in[i] ? "leaves" : "comes");
    if (s->guest[i] == 0) {
        s->guest[i] = wzp_world_client(s->t.w, &cfg);
        wzp_world_link(s->t.w, s->guest[i], &CLEAN, &CLEAN);
    }
    if (s->guest_in[i]) {
        wzp_world_leave(s->t.w, s->guest[i]);
    } else if (wzp_engine_state(wzp_world_engine(s->t.w, s->guest[i])) ==
               WZP_CLIENT_IDLE) {
        wzp_world_join(s->t.w, s->guest[i], "long", s->t.relay);
    } else {
        return; /* on its way out */
    }
    s->guest_in[i] = !s->guest_in[i];
}

/* --- a minute --- */

static void something_happens(scene *s)
{
    switch (below(s, 12)) {
    case 0:
    case 1: change_address(s); break;
    case 2:
        if (below(s, 4) == 0) {
            restart_relay(s);
        }
        break;
    case 3: be_quiet(s); break;
    case 4: tier(s); break;
    case 5: skew(s); break;
    case 6:
    case 7: guest(s); break;
    default: break;
    }
}

static void trouble(scene *s)
{
    s->under_way_ns = 0;
    note(s, "\n%6.1f", seconds(s));
    if (below(s, 6) != 0) {
        change_links(s);
    }
    for (uint64_t n = 1 + below(s, 3); n > 0; n--) {
        something_happens(s);
        run(&s->t, (1 + below(s, 40)) * LOOK_NS);
    }
}

static void all_clean(scene *s)
{
    for (int i = 0; i < 2; i++) {
        wzp_world_link(s->t.w, s->t.node[i], &CLEAN, &CLEAN);
        wzp_engine_quality_auto(engine(s, i), now_at(s, i));
        wzp_world_kick(s->t.w, s->t.node[i]);
    }
    speak(s);
}

static bool are_joined(scene *s)
{
    return stats(&s->t, 0).state == WZP_CLIENT_JOINED &&
           stats(&s->t, 1).state == WZP_CLIENT_JOINED &&
           stats(&s->t, 0).members_keyed > 0 &&
           stats(&s->t, 1).members_keyed > 0;
}

static void keep_most(scene *s, double *most, double above, const char *what)
{
    if (above > *most) {
        *most = above;
        s->above_at = wzp_world_now(s->t.w);
        note(s, "; %s", what);
    }
}

/* is_late: what is waited for on purpose counts as well. */
static void judge_delay(scene *s, bool is_late)
{
    const double now = delay_ms(&s->t), floor = floor_ms(&s->t, &s->floor);
    const wzp_client_stats in = stats(&s->t, 1), out = stats(&s->t, 0);
    const double wait = is_late ? 0 : wait_ms(&s->t);
    note(s,
         "\n%6.1f relief: %.0f ms, floor %.0f, wait %u, target %u, "
         "reconnects %u and %u; tier %d,"
         " codec %d, %u ms x %u+%u, window %u x %u%s",
         seconds(s), now, floor, in.playout_wait_ms, in.playout_delay_ms,
         (unsigned)out.reconnects, (unsigned)in.reconnects, (int)out.tier,
         (int)out.mode.codec, out.mode.frame_ms, out.mode.n_new, out.mode.n_old,
         out.mode.window, out.mode.window_q, s->t.is_mobile ? "; mobile" : "");
    if (now <= 0) {
        s->unheard++;
        note(s, "; NOT HEARD");
    } else if (!s->was_rejoined) {
        s->measured++;
        if (!is_near(now - wait, floor)) {
            keep_most(s, is_late ? &s->late_ms : &s->above_ms,
                      now - wait - floor, is_late ? "LATE" : "ABOVE");
        }
    }
}

/* Packets to an address that a translator no longer gives away, and those that
 * were missed because QUIC waits. */
static uint64_t astray(scene *s)
{
    uint64_t sum = missed(&s->t);
    for (int i = 0; i < 2; i++) {
        wzp_link_stats up, down;
        uint64_t refused;
        wzp_world_link_stats(s->t.w, s->t.node[i], &up, &down, &refused);
        sum += refused;
    }
    return sum;
}

/* The network is well: what is under way arrives, then it is as it was. But
 * QUIC may still wait for a probe (talk.h), or for an answer from a new address
 * that could not come in the trouble; then it goes back to the old one 3 s
 * later, and loses some packets there (RFC 9000, 9.3.2). Such trouble ends with
 * the last packet it costs, and after HELD_MS. */
static void relief(scene *s)
{
    all_clean(s);
    run(&s->t, s->under_way_ns);
    for (int i = 0; i < REJOIN_S && s->was_rejoined && !are_joined(s); i++) {
        run(&s->t, WZP_S);
    }
    const wzp_tstamp most = recovery(&s->t) + HELD_MS * WZP_MS;
    wzp_tstamp well = 0;
    for (wzp_tstamp t = 0; well < recovery(&s->t) && t < most; t += LOOK_NS) {
        const uint64_t before = astray(s);
        run(&s->t, LOOK_NS);
        well = astray(s) == before ? well + LOOK_NS : 0;
    }
    judge_delay(s, false);
}

static void end(scene *s)
{
    for (unsigned i = 0; i < GUESTS; i++) {
        if (s->guest_in[i]) {
            wzp_world_leave(s->t.w, s->guest[i]);
        }
    }
    s->hash = wzp_world_trace(s->t.w);
    s->heard = s->t.heard_hash;
    s->end = stats(&s->t, 1);
    finish(&s->t);
}

/* Who is behind one is translated anew, who is not moves by itself. */
static void translators(scene *s)
{
    for (int i = 0; i < 2; i++) {
        const wzp_nat_cfg nat = {.kind = (wzp_nat_kind)below(s, 4),
                                 .idle_ns = 60 * WZP_S};
        s->is_translated[i] = nat.kind != WZP_NAT_NONE;
        wzp_world_nat(s->t.w, s->t.node[i], &nat);
    }
}

static void play(scene *s, uint64_t seed, bool is_stand_in)
{
    memset(s, 0, sizeof *s);
    s->rng.state = seed * 31 + 7;
    const char *trace = wzp_trace_name(below(s, wzp_trace_count()));
    assert_true(wzp_trace_make(trace, &s->trace));
    const wzp_capture_parts parts = {.vad = below(s, 2) == 0};
    begin(&s->t, seed, is_stand_in, &parts);
    translators(s);
    join_both(&s->t);
    run(&s->t, CALM_S * WZP_S);
    s->floor = base_of(&s->t);
    note(s, "vad %d, floor %.0f ms at %u", parts.vad, s->floor.delay_ms,
         s->floor.mode_ms);
    const wzp_tstamp until = wzp_world_now(s->t.w) + LENGTH - CALM_S * WZP_S;
    while (wzp_world_now(s->t.w) < until) {
        trouble(s);
        relief(s);
    }
    run(&s->t, FORGET);
    judge_delay(s, true);
    end(s);
}

/* NULL: none was. */
static const char *broken_law(const scene *s)
{
    return s->t.deaf_most_ms >= DEAF_MS   ? "somebody was deaf"
           : s->t.held_most_ms >= HELD_MS ? "QUIC held back for too long"
           : s->above_ms > 0              ? "delay came back too slowly"
           : s->late_ms > 0               ? "delay stayed"
           : s->unheard > 0               ? "nothing was heard after trouble"
           : s->measured == 0 && !s->was_rejoined ? "delay was never measured"
           : s->t.alive_looks <= 100              ? "the path was never alive"
                                                  : NULL;
}

static void print_scene(const scene *s)
{
    fprintf(stderr,
            "deaf for %u ms, held %u, until %.1f s; delay %.0f ms above its "
            "floor, %.0f "
            "later, at %.1f s; unheard %u\n%s\n",
            s->t.deaf_most_ms, s->t.held_most_ms,
            (double)s->t.deaf_at / (double)WZP_S - 1000, s->above_ms,
            s->late_ms, (double)s->above_at / (double)WZP_S - 1000, s->unheard,
            s->log);
}

static bool is_given_back(void)
{
    return allocs.made[0] > 1000 && allocs.made[0] == allocs.freed[0];
}

/* Is what was taken given back? What a process takes once, it does not take
 * the second time. */
static bool play_balanced(scene *s, uint64_t seed, bool is_stand_in)
{
    if (!ALLOCS_WORK) {
        play(s, seed, is_stand_in); /* a sanitizer looks at it instead */
        return true;
    }
    for (int i = 0; i < 2; i++) {
        allocs_begin(NULL);
        allocs.is_quiet = true;
        play(s, seed, is_stand_in);
        allocs_end();
        if (is_given_back()) {
            return true;
        }
    }
    return false;
}

static bool play_lawful(uint64_t seed, bool is_stand_in)
{
    static scene s;
    const bool is_balanced = play_balanced(&s, seed, is_stand_in);
    const char *law = is_balanced ? broken_law(&s) : "memory is missing";
    if (law != NULL) {
        fprintf(stderr, "%s\n", law);
    }
    if (law != NULL || getenv("WZP_TALK_LOG") != NULL) {
        print_scene(&s);
    }
    return law == NULL;
}

/* --- many of them --- */

static uint64_t number_of(const char *variable, uint64_t usual)
{
    const char *value = getenv(variable);
    return value == NULL ? usual : strtoull(value, NULL, 10);
}

static bool play_real(void *user, uint64_t seed)
{
    (void)user;
    return play_lawful(seed, false);
}

static bool play_stand_in(void *user, uint64_t seed)
{
    (void)user;
    return play_lawful(seed, true);
}

/* Seeds from `first` on: two, in a soak `n` for each of its minutes. */
static void play_many(wzp_crew *crew, uint64_t first, uint64_t n)
{
    const uint64_t usual = n * number_of("WZP_SOAK", 0);
    crew->first = number_of("WZP_TALK_SEED", first);
    crew->n = number_of("WZP_TALK_COUNT", usual == 0 ? 2 : usual);
    crew->jobs = (unsigned)number_of("WZP_TALK_JOBS", 0);
    if (crew->n > 2) {
        (void)crew->work(NULL, crew->first); /* takes what is taken once */
        const size_t broken = wzp_crew_run(crew);
        fprintf(stderr,
                "played: %s: %" PRIu64 " from seed %" PRIu64
                ", %zu broke a law\n",
                crew->what, crew->n, crew->first, broken);
        assert_int_equal(broken, 0);
        return;
    }
    for (uint64_t i = 0; i < crew->n; i++) {
        assert_true(crew->work(NULL, crew->first + i));
    }
}

WZP_TEST(in_a_minute_of_any_network_nobody_is_deaf_and_delay_comes_back)
{
    wzp_crew crew = {.what = "real codec", .work = play_real};
    play_many(&crew, 3000, 100);
}

WZP_TEST(the_same_of_many_more_networks_with_a_codec_that_costs_nothing)
{
    wzp_crew crew = {.what = "stand-in", .work = play_stand_in};
    play_many(&crew, 20000, 1000);
}

/* --- the laws can be broken --- */

static void begin_clean(scene *s, uint64_t seed, bool is_stand_in)
{
    memset(s, 0, sizeof *s);
    s->rng.state = seed;
    begin(&s->t, seed, is_stand_in, NULL);
    join_both(&s->t);
    run(&s->t, CALM_S * WZP_S);
    s->floor = base_of(&s->t);
    assert_true(s->t.deaf_most_ms < DEAF_MS);
}

/* Of each codec: one that speaks, then one that says nothing, then one that
 * does not listen, all three on a path that is alive. */
WZP_TEST(silence_on_a_path_that_is_alive_is_noticed)
{
    static scene s;
    for (int stand_in = 0; stand_in < 2; stand_in++) {
        for (int way = 0; way < 2; way++) {
            begin_clean(&s, 90, stand_in == 1);
            if (way == 0) {
                wzp_engine_mute(engine(&s, 0), now_at(&s, 0), true);
            } else {
                wzp_engine_hold(engine(&s, 1), now_at(&s, 1), true);
            }
            run(&s.t, 4 * WZP_S);
            assert_true(s.t.deaf_most_ms >= DEAF_MS);
            end(&s);
        }
    }
}

/* One that says nothing, as if QUIC dropped datagrams meanwhile. */
WZP_TEST(silence_while_quic_holds_back_has_a_limit_of_its_own)
{
    static scene s;
    begin_clean(&s, 94, true);
    judge_delay(&s, false);
    wzp_engine_mute(engine(&s, 0), now_at(&s, 0), true);
    while (s.t.held_most_ms < HELD_MS && s.t.n_looks < 1000) {
        assert_null(broken_law(&s));
        run(&s.t, LOOK_NS);
        s.t.looks[(s.t.n_looks - 1) % LOOKS_MOBILE].missed = s.t.n_looks;
    }
    assert_true(s.t.held_most_ms >= HELD_MS);
    assert_true(s.t.deaf_most_ms < DEAF_MS);
    assert_non_null(broken_law(&s));
    end(&s);
}

WZP_TEST(on_a_path_that_is_dead_nobody_can_be_deaf)
{
    static scene s;
    const wzp_link_cfg dead = {.loss = 1};
    begin_clean(&s, 91, true);
    wzp_world_link(s.t.w, s.t.node[1], &CLEAN, &dead);
    run(&s.t, 6 * WZP_S);
    assert_true(s.t.deaf_most_ms < DEAF_MS);
    assert_false(s.t.looks[0].has_heard && s.t.looks[1].has_heard);
    end(&s);
}

/* 150 ms of jitter: what nobody asked for. */
WZP_TEST(delay_above_its_floor_is_noticed)
{
    static scene s;
    const wzp_link_cfg jittery = {.delay_ns = HOP_MS * WZP_MS,
                                  .jitter_ns = 150 * WZP_MS};
    begin_clean(&s, 92, true);
    judge_delay(&s, false);
    assert_null(broken_law(&s));
    wzp_world_link(s.t.w, s.t.node[1], &CLEAN, &jittery);
    run(&s.t, RECOVERY);
    judge_delay(&s, false);
    assert_true(s.above_ms > 0);
    assert_non_null(broken_law(&s));
    end(&s);
}

/* Lost in bursts, real data waits for what comes after them: 5 s later that is
 * allowed, FORGET later it is not. */
WZP_TEST(delay_that_stays_is_noticed_though_it_is_on_purpose)
{
    static scene s;
    const wzp_link_cfg holes = {
        .delay_ns = HOP_MS * WZP_MS, .loss = 0.3, .burst_ms = 300};
    begin_clean(&s, 93, false);
    wzp_world_link(s.t.w, s.t.node[1], &CLEAN, &holes);
    run(&s.t, 15 * WZP_S);
    assert_true(wait_ms(&s.t) > 100);
    judge_delay(&s, true);
    assert_true(s.late_ms > 0);
    assert_non_null(broken_law(&s));
    end(&s);
}

WZP_TEST(memory_that_is_not_given_back_is_noticed)
{
    if (!ALLOCS_WORK) {
        WZP_SKIP("a sanitizer looks at it instead");
    }
    allocs_begin(NULL);
    allocs.is_quiet = true;
    void *(*volatile take)(size_t) = malloc; /* or nothing is taken */
    void *kept = take(1);
    allocs_end();
    assert_int_equal(allocs.made[0], allocs.freed[0] + 1);
    free(kept);
}

/* --- again --- */

typedef struct outcome {
    uint64_t packets, heard;
    wzp_client_stats end;
} outcome;

/* In a process of its own: libcodec2 draws the phases of what is unvoiced from
 * one generator, which goes on from talk to talk. */
static outcome play_alone(uint64_t seed, bool is_stand_in)
{
    outcome *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static scene s;
        play(&s, seed, is_stand_in);
        *shared = (outcome){s.hash, s.heard, s.end};
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    const outcome got = *shared;
    munmap(shared, sizeof *shared);
    return got;
}

static size_t again_count(void)
{
    return getenv("WZP_SOAK") == NULL ? 1 : 10;
}

static void again_run(size_t row)
{
    const outcome a = play_alone(4000 + row, false);
    const outcome b = play_alone(4000 + row, false);
    const outcome other = play_alone(5000 + row, false);
    assert_true(a.packets == b.packets);
    assert_true(a.heard == b.heard);
    assert_memory_equal(&a.end, &b.end, sizeof a.end);
    assert_true(a.packets != other.packets);
    assert_true(a.heard != other.heard);
}

WZP_ROWS(a_seed_gives_the_same_packets_and_the_same_sound_another_gives_others,
         again_count, again_run);
