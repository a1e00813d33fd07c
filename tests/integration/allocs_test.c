/* SPDX-License-Identifier: MIT */
/* A packet costs no allocation: with every allocator of the process counted, a
 * room talks, and neither the relay nor a client allocates or frees once all
 * have warmed up. Counted is what happens while a node's machine is called;
 * what the world itself allocates is not.
 */
#include "support/allocs.h"

#include "support/harness.h"
#include "support/world/world.h"

enum { MEMBERS = 20, TALKERS = 3, COUNT_S = 12 };

/* Until nothing grows any more. With loss that takes longer: QUIC remembers up
 * to 256 gaps in the packet numbers of each connection. Half of a talker's
 * packets lost make them in 25 s; a listener, which sends acknowledgements
 * only, needs two minutes, so that only the long scenario loses its packets.
 * Then a quiet time in which keys lost on the way are asked for again. */
enum { WARM_S = 8, WARM_LOSSY_S = 25, WARM_LONG_S = 150, QUIET_S = 12 };
#define WARM_LOSS 0.5

/* --- whose turn it is ----------------------------------------------------- */

/* This program stands before the verbs of the machines (mk/tests.mk). */
typedef enum role { WORLD = -1, RELAY, TALKER, LISTENER, ROLES } role;

static const char *const ROLE_NAMES[ROLES] = {"relay", "talker", "listener"};

static role running = WORLD;
static const wzp_engine *talkers[TALKERS];

static int who(void)
{
    return (int)running;
}

static role role_of(const wzp_engine *e)
{
    for (size_t i = 0; i < TALKERS; i++) {
        if (talkers[i] == e) {
            return TALKER;
        }
    }
    return LISTENER;
}

/* name, its arguments with types, and without: a verb without a result. */
#define VERB(role, name, args, call)                                           \
    void __real_##name args;                                                   \
    void __wrap_##name args;                                                   \
    void __wrap_##name args                                                    \
    {                                                                          \
        running = (role);                                                      \
        __real_##name call;                                                    \
        running = WORLD;                                                       \
    }
#define POLL(role, name, args, call)                                           \
    bool __real_##name args;                                                   \
    bool __wrap_##name args;                                                   \
    bool __wrap_##name args                                                    \
    {                                                                          \
        running = (role);                                                      \
        const bool any = __real_##name call;                                   \
        running = WORLD;                                                       \
        return any;                                                            \
    }

VERB(RELAY, wzp_relay_recv,
     (wzp_relay * m, wzp_tstamp now, const wzp_addr *local,
      const wzp_addr *remote, const uint8_t *data, size_t len),
     (m, now, local, remote, data, len))
VERB(RELAY, wzp_relay_expire, (wzp_relay * m, wzp_tstamp now), (m, now))
POLL(RELAY, wzp_relay_poll_send,
     (wzp_relay * m, wzp_tstamp now, wzp_addr *local, wzp_addr *remote,
      const uint8_t **data, size_t *len),
     (m, now, local, remote, data, len))
VERB(role_of(m), wzp_engine_recv,
     (wzp_engine * m, wzp_tstamp now, const wzp_addr *local,
      const wzp_addr *remote, const uint8_t *data, size_t len),
     (m, now, local, remote, data, len))
VERB(role_of(m), wzp_engine_expire, (wzp_engine * m, wzp_tstamp now), (m, now))
POLL(role_of(m), wzp_engine_poll_send,
     (wzp_engine * m, wzp_tstamp now, wzp_addr *local, wzp_addr *remote,
      const uint8_t **data, size_t *len),
     (m, now, local, remote, data, len))

/* --- the room ------------------------------------------------------------- */

static const int16_t *speech(void)
{
    static int16_t pcm[48000];
    for (size_t i = 0; i < 48000; i++) { /* loud and quiet, on and off */
        const size_t loud = i / 9600 % 4;
        pcm[i] = (int16_t)((int)(i * 7919 % 160) * 40 * (int)loud - 3200);
    }
    return pcm;
}

typedef struct party {
    wzp_world *w;
    wzp_node member[MEMBERS];
    bool is_long; /* listeners' packets are lost as well */
} party;

static void set_links(const party *p, double loss)
{
    for (int i = 0; i < MEMBERS; i++) {
        wzp_link_cfg link = {.loss = loss,
                             .delay_ns = (uint64_t)(10 + i) * WZP_MS,
                             .jitter_ns = 5 * WZP_MS};
        wzp_link_cfg up = link;
        up.loss = i < TALKERS || p->is_long ? loss : 0;
        wzp_world_link(p->w, p->member[i], &up, &link);
    }
}

static party talk(double loss, bool is_long)
{
    party p = {.w = wzp_world_new(51), .is_long = is_long};
    const wzp_node relay = wzp_world_relay(p.w, 9, NULL);
    for (int i = 0; i < MEMBERS; i++) {
        const wzp_world_client_config cfg = {.is_steady = true,
                                             .identity = (uint8_t)(20 + i),
                                             .in =
                                                 i < TALKERS ? speech() : NULL,
                                             .in_len = 48000};
        p.member[i] = wzp_world_client(p.w, &cfg);
        wzp_world_join(p.w, p.member[i], "quiet", relay);
        if (i < TALKERS) {
            talkers[i] = wzp_world_engine(p.w, p.member[i]);
        }
    }
    wzp_world_silence(p.w, true); /* for now: decoders need no warming */
    set_links(&p, 0);
    wzp_world_run(p.w, WARM_S * WZP_S);
    if (loss > 0) {
        set_links(&p, WARM_LOSS);
        wzp_world_run(p.w, (is_long ? WARM_LONG_S : WARM_LOSSY_S) * WZP_S);
        set_links(&p, 0);
        wzp_world_run(p.w, QUIET_S * WZP_S);
        set_links(&p, loss);
    }
    wzp_world_silence(p.w, false);
    return p;
}

/* Nobody allocates for COUNT_S, while packets flow. */
static void assert_none(double loss, bool is_long)
{
    if (!ALLOCS_WORK) {
        WZP_SKIP("a sanitizer has the allocator");
        return;
    }
    party p = talk(loss, is_long);
    const wzp_node listener = p.member[MEMBERS - 1];
    const wzp_client_stats before = wzp_world_stats(p.w, listener);
    allocs_begin(who);
    wzp_world_run(p.w, COUNT_S * WZP_S);
    allocs_end();
    const wzp_client_stats after = wzp_world_stats(p.w, listener);
    assert_true(after.packets_received - before.packets_received >
                50 * TALKERS * COUNT_S * 7 / 10);
    for (int i = 0; i < ROLES; i++) {
        fprintf(stderr, "%s: %llu allocations, %llu frees\n", ROLE_NAMES[i],
                (unsigned long long)allocs.made[i],
                (unsigned long long)allocs.freed[i]);
    }
    uint64_t calls = 0;
    for (int i = 0; i < ROLES; i++) {
        calls += allocs.made[i] + allocs.freed[i];
    }
    /* Every 5 s whoever lost packets tells the relay; and three keep-alives
     * lost in a row, and keys are exchanged anew. Such messages do allocate. */
    const uint64_t packets = 50u * TALKERS * COUNT_S * (MEMBERS - 1);
    assert_true(calls <= (loss > 0 ? packets / 50 : 0));
    wzp_world_free(p.w);
}

WZP_TEST(a_room_that_talks_allocates_nothing)
{
    assert_none(0, false);
}

WZP_TEST(a_room_that_talks_at_10_percent_loss_allocates_nothing)
{
    assert_none(0.1, false);
}

WZP_TEST(a_room_that_loses_acknowledgements_too_allocates_for_no_packet)
{
    if (getenv("WZP_SOAK") == NULL) {
        WZP_SKIP("long: make soak runs it");
        return;
    }
    assert_none(0.1, true);
}

/* The control: the count sees a machine that allocates. */
WZP_TEST(a_member_that_joins_is_seen_to_allocate)
{
    if (!ALLOCS_WORK) {
        WZP_SKIP("a sanitizer has the allocator");
        return;
    }
    wzp_world *w = wzp_world_new(52);
    const wzp_node relay = wzp_world_relay(w, 9, NULL);
    const wzp_world_client_config cfg = {.is_steady = true, .identity = 20};
    const wzp_node n = wzp_world_client(w, &cfg);
    memset(talkers, 0, sizeof talkers); /* of worlds that are gone */
    allocs.is_quiet = true;
    allocs_begin(who);
    wzp_world_join(w, n, "quiet", relay);
    wzp_world_run(w, 2 * WZP_S);
    allocs_end();
    allocs.is_quiet = false;
    assert_true(allocs.made[RELAY] > 0 && allocs.freed[RELAY] > 0);
    assert_true(allocs.made[LISTENER] > 0 && allocs.freed[LISTENER] > 0);
    wzp_world_free(w);
}
