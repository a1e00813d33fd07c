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
#include "trouble.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define CALM_S 12
#define LENGTH (60 * WZP_S)
/* What libwzp-proto/src/media/repairs.c remembers, 15 s, is forgotten. */
#define FORGET   (16 * WZP_S)
#define REJOIN_S 45 /* tests/integration/call_test.c: time-out, back-off */

/* --- a minute --- */

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
