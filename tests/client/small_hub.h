/* SPDX-License-Identifier: MIT */
/* Two people's machines of direct calls, the second with as many devices as a
 * test wants, and between them a signal relay of a few lines. What is said goes
 * through JSON, and is kept: tests read it, change it, say it again or keep it
 * from arriving. No connection, no clock but `now`.
 */
#ifndef WZP_TEST_CLIENT_SMALL_HUB_H
#define WZP_TEST_CLIENT_SMALL_HUB_H

#include "client/fakes.h"
#include "signal/calls.h"

#include <wzp/crypto/group.h>
#include <wzp/crypto/room.h>
#include <wzp/proto/fingerprint.h>
#include <wzp/proto/hex.h>

#define SH_UNIX  UINT64_C(1800000000)
#define SH_RELAY "192.0.2.7:4433"

enum { SH_DEVICES = 4, SH_SAID = 256, SH_EVENTS = 256 };

/* One device: a machine, and all that came out of it. */
typedef struct sh_device {
    struct sh *hub;
    fake_mem m;
    wzp_seed_identity *id;
    uint8_t fp[WZP_FP_LEN];
    wzp_store_memory *store_memory;
    wzp_store store;
    wzp_contacts *contacts;
    wzp__calls *calls;

    char *said[SH_SAID]; /* to the relay, as JSON */
    size_t n_said, n_passed;
    bool is_deaf; /* what is said to it is lost */
    wzp_client_event events[SH_EVENTS];
    size_t n_events;
    wzp_group *group; /* begun with the JOIN */
    wzp_tstamp at;    /* of the JOIN */
    char room[80];
    wzp_addr relay;
    size_t joins, leaves;
} sh_device;

/* 0 is one person; 1 and above are devices of another, but 3: a third one. */
enum { SH_ALICE, SH_BOB, SH_BOB2, SH_CAROL };

typedef struct sh {
    wzp_tstamp now;
    wzp_unix_s unix_now;
    uint32_t seed;
    wzp_arena *arena;
    sh_device d[SH_DEVICES];
} sh;

static wzp_unix_s sh_unix(void *user)
{
    const sh *h = user;
    return h->unix_now;
}

/* --- what machines do ----------------------------------------------------- */

static inline void sh_say(sh_device *d, const wzp_signal *sig)
{
    wzp_str json;
    wzp_arena_reset(d->hub->arena);
    ASSERT_OK(wzp_signal_encode(d->hub->arena, sig, &json));
    assert_true(d->n_said < SH_SAID);
    d->said[d->n_said] = calloc(1, json.len + 1);
    memcpy(d->said[d->n_said++], json.ptr, json.len);
}

static inline void sh_enter(sh_device *d, const wzp__calls_action *a)
{
    wzp_group_config cfg;
    wzp_group_config_default(&cfg);
    cfg.rng = fake_rng(&d->hub->seed);
    cfg.identity = wzp_seed_identity_table(d->id);
    cfg.now = d->hub->now;
    cfg.agreed = a->u.join.agree;
    wzp_group_free(d->group);
    ASSERT_OK(wzp_group_new(&d->group, &cfg));
    snprintf(d->room, sizeof d->room, "%s", a->u.join.room);
    d->relay = a->u.join.relay;
    d->at = d->hub->now;
    d->joins++;
}

static inline void sh_drain(sh_device *d)
{
    wzp__calls_action a;
    while (wzp__calls_poll(d->calls, d->hub->now, &a)) {
        switch (a.kind) {
        case WZP__CALLS_SEND: sh_say(d, &a.u.signal); break;
        case WZP__CALLS_EVENT:
            assert_true(d->n_events < SH_EVENTS);
            d->events[d->n_events++] = a.u.event;
            break;
        case WZP__CALLS_JOIN: sh_enter(d, &a); break;
        case WZP__CALLS_LEAVE: d->leaves++; break;
        }
    }
}

/* What the machine makes of it. */
static inline wzp_err sh_tell_text(sh_device *d, const char *json)
{
    wzp_signal sig;
    wzp_arena *arena;
    const wzp_mem mem = wzp_mem_default();
    ASSERT_OK(wzp_arena_new(&arena, &mem, 8 * (size_t)WZP_SIGNAL_MAX));
    ASSERT_OK(
        wzp_signal_decode(arena, json, strlen(json), WZP_SIGNAL_MAX, &sig));
    const wzp_err e = wzp__calls_recv(d->calls, d->hub->now, &sig);
    wzp_arena_free(arena); /* nothing of it may be kept */
    sh_drain(d);
    return e;
}

static inline wzp_err sh_tell(sh_device *d, const wzp_signal *sig)
{
    wzp_str json;
    char *text;
    wzp_arena_reset(d->hub->arena);
    ASSERT_OK(wzp_signal_encode(d->hub->arena, sig, &json));
    text = calloc(1, json.len + 1);
    memcpy(text, json.ptr, json.len);
    const wzp_err e = sh_tell_text(d, text);
    free(text);
    return e;
}

static inline wzp_err sh_tell_setup(sh_device *d, const char *id)
{
    char room[100];
    snprintf(room, sizeof room, "call-%s", id);
    const wzp_signal sig = {.kind = WZP_SIG_CALL_SETUP,
                            .u.call_setup = {.call_id = {id, strlen(id)},
                                             .room = {room, strlen(room)},
                                             .relay_addr = WZP_STR(SH_RELAY)}};
    return sh_tell(d, &sig);
}

static inline wzp_err sh_tell_hangup(sh_device *d, wzp_hangup_reason reason,
                                     const char *id)
{
    const wzp_signal sig = {
        .kind = WZP_SIG_HANGUP,
        .u.hangup = {.reason = reason,
                     .call_id = id == NULL ? WZP_STR_NONE
                                           : (wzp_str){id, strlen(id)}}};
    return sh_tell(d, &sig);
}

static inline wzp_err sh_tell_ringing(sh_device *d, const char *id)
{
    const wzp_signal sig = {.kind = WZP_SIG_CALL_RINGING,
                            .u.call_ringing.call_id = {id, strlen(id)}};
    return sh_tell(d, &sig);
}

/* --- life ----------------------------------------------------------------- */

static inline void sh_start(sh_device *d)
{
    const wzp_mem mem = fake_mem_table(&d->m);
    ASSERT_OK(wzp_contacts_new(&d->contacts, &mem, &d->store));
    wzp__calls_deps deps = {.mem = mem,
                            .rng = fake_rng(&d->hub->seed),
                            .log = wzp_log_none(),
                            .identity = wzp_seed_identity_table(d->id),
                            .unix_now = sh_unix,
                            .unix_now_user = d->hub,
                            .alias = "Some Name",
                            .store = &d->store,
                            .contacts = d->contacts};
    memset(deps.tls_hash, 7, sizeof deps.tls_hash);
    ASSERT_OK(wzp__calls_new(&d->calls, &deps));
    wzp__calls_line(d->calls, true, false);
}

static inline void sh_stop(sh_device *d)
{
    wzp__calls_free(d->calls);
    wzp_contacts_free(d->contacts);
    wzp_group_free(d->group);
    d->group = NULL;
}

static inline sh *sh_new(void)
{
    static const uint8_t people[SH_DEVICES] = {1, 2, 2, 3};
    sh *h = calloc(1, sizeof *h);
    const wzp_mem mem = wzp_mem_default();
    h->now = 100 * WZP_S;
    h->unix_now = SH_UNIX;
    h->seed = 5;
    ASSERT_OK(wzp_crypto_global_init());
    ASSERT_OK(wzp_arena_new(&h->arena, &mem, 8 * (size_t)WZP_SIGNAL_MAX));
    for (size_t i = 0; i < SH_DEVICES; i++) {
        sh_device *d = &h->d[i];
        uint8_t seed[WZP_SEED_LEN];
        memset(seed, people[i], sizeof seed);
        d->hub = h;
        ASSERT_OK(wzp_seed_identity_new(&d->id, seed));
        wzp_identity_fingerprint(wzp_seed_identity_table(d->id).public_key,
                                 d->fp);
        ASSERT_OK(wzp_store_memory_new(&d->store_memory, &mem));
        d->store = wzp_store_memory_table(d->store_memory);
        sh_start(d);
    }
    return h;
}

static inline void sh_free(sh *h)
{
    for (size_t i = 0; i < SH_DEVICES; i++) {
        sh_device *d = &h->d[i];
        sh_stop(d);
        assert_int_equal(d->m.held, 0);
        wzp_store_memory_free(d->store_memory);
        wzp_seed_identity_free(d->id);
        for (size_t k = 0; k < d->n_said; k++) {
            free(d->said[k]);
        }
    }
    wzp_arena_free(h->arena);
    wzp_crypto_global_deinit();
    free(h);
}

/* Everything of this device is forgotten but its store. */
static inline void sh_restart(sh_device *d)
{
    sh_stop(d);
    sh_start(d);
}

/* --- reading -------------------------------------------------------------- */

static inline bool sh_is(const char *json, const char *name)
{
    return strncmp(json + 2, name, strlen(name)) == 0;
}

/* The n-th signal of this name that it said, counted from 0; NULL: none. */
static inline const char *sh_said(const sh_device *d, const char *name,
                                  size_t n)
{
    for (size_t i = 0; i < d->n_said; i++) {
        if (sh_is(d->said[i], name) && n-- == 0) {
            return d->said[i];
        }
    }
    return NULL;
}

/* The last call event, which is of this state. */
static inline const wzp_client_event *sh_last(const sh_device *d,
                                              wzp_call_state state)
{
    for (size_t i = d->n_events; i-- > 0;) {
        if (d->events[i].kind == WZP_EVENT_CALL) {
            assert_int_equal(d->events[i].u.call.state, state);
            return &d->events[i];
        }
    }
    fail_msg("no call event");
    return NULL;
}

static inline void sh_assert_ended(const sh_device *d, wzp_err why)
{
    const wzp_client_event *ev = sh_last(d, WZP_CALL_ENDED);
    assert_string_equal(wzp_err_name(ev->u.call.why), wzp_err_name(why));
    assert_false(wzp__calls_is_busy(d->calls));
    assert_true(wzp__calls_deadline(d->calls) == WZP_NEVER);
}

static inline wzp_client_stats sh_stats(const sh_device *d)
{
    wzp_client_stats s = {.size = sizeof s};
    wzp__calls_stats(d->calls, &s);
    return s;
}

static inline const char *sh_id(const sh_device *d)
{
    static char id[4][WZP_CALL_ID_MAX + 1];
    static size_t next;
    char *out = id[next++ % 4];
    for (size_t i = d->n_events; i-- > 0;) {
        if (d->events[i].kind == WZP_EVENT_CALL) {
            memcpy(out, d->events[i].u.call.call_id, sizeof id[0]);
            return out;
        }
    }
    fail_msg("no call event");
    return NULL;
}

/* --- the relay ------------------------------------------------------------ */

static inline void sh_to(sh_device *d, const char *json)
{
    if (!d->is_deaf) {
        wzp_ignore(sh_tell_text(d, json), "tests look at what came of it");
    }
}

/* Does what relay.md 4.3 to 4.5 says, for one call between 0 and devices 1 and
 * 2: whoever is not deaf gets all. */
static inline void sh_route(sh *h, size_t from, const char *json)
{
    const bool is_caller = sh_is(json, "DirectCallOffer");
    char id[WZP_CALL_ID_MAX + 1] = "";
    const char *at = strstr(json, "\"call_id\":\"");
    if (at != NULL) {
        sscanf(at, "\"call_id\":\"%64[^\"]", id);
    }
    for (size_t to = 0; to < SH_DEVICES; to++) {
        if ((to == SH_ALICE) != (from == SH_ALICE)) {
            sh_to(&h->d[to], json);
        }
    }
    if (is_caller) {
        wzp_ignore(sh_tell_ringing(&h->d[from], id), "it may be over");
    } else if (sh_is(json, "DirectCallAnswer") &&
               strstr(json, "Reject") == NULL) {
        wzp_ignore(sh_tell_setup(&h->d[SH_ALICE], id), "it may be over");
        wzp_ignore(sh_tell_setup(&h->d[from], id), "it may be over");
    }
}

/* Until nobody says anything more. */
static inline void sh_run(sh *h)
{
    for (bool any = true; any;) {
        any = false;
        for (size_t i = 0; i < SH_DEVICES; i++) {
            sh_device *d = &h->d[i];
            sh_drain(d);
            if (d->n_passed < d->n_said) {
                any = true;
                sh_route(h, i, d->said[d->n_passed++]);
            }
        }
    }
}

/* What was said so far does not pass. */
static inline void sh_hush(sh_device *d)
{
    d->n_passed = d->n_said;
}

static inline void sh_wait(sh *h, wzp_tstamp duration)
{
    h->now += duration;
    h->unix_now += duration / WZP_S;
    for (size_t i = 0; i < SH_DEVICES; i++) {
        wzp__calls_expire(h->d[i].calls, h->now);
    }
    sh_run(h);
}

/* --- steps ---------------------------------------------------------------- */

/* 0 calls device 1's person; only device 1 is on. */
static inline void sh_ring(sh *h)
{
    h->d[SH_BOB2].is_deaf = h->d[SH_CAROL].is_deaf = true;
    ASSERT_OK(wzp__calls_call(h->d[SH_ALICE].calls, h->now, h->d[SH_BOB].fp));
    sh_run(h);
    (void)sh_last(&h->d[SH_BOB], WZP_CALL_RINGING_IN);
}

static inline void sh_answer(sh_device *d)
{
    ASSERT_OK(
        wzp__calls_answer(d->calls, d->hub->now, sh_id(d), WZP_ACCEPT_GENERIC));
    sh_drain(d);
}

static inline void sh_agree(sh *h)
{
    sh_ring(h);
    sh_answer(&h->d[SH_BOB]);
    sh_run(h);
    (void)sh_last(&h->d[SH_ALICE], WZP_CALL_CONNECTING);
    (void)sh_last(&h->d[SH_BOB], WZP_CALL_CONNECTING);
}

static inline void sh_hear(sh_device *d)
{
    wzp__calls_heard(d->calls, d->hub->now);
    sh_drain(d);
}

/* Both heard each other. */
static inline void sh_connect(sh *h)
{
    sh_agree(h);
    sh_hear(&h->d[SH_ALICE]);
    sh_hear(&h->d[SH_BOB]);
}

/* The contact `of` is kept with a key that is not its own. */
static inline void sh_plant(sh_device *d, const sh_device *of)
{
    char line[256], fp[33];
    wzp_hex_encode(of->fp, WZP_FP_LEN, fp);
    fp[32] = '\0';
    const int n =
        snprintf(line, sizeof line,
                 "%s %064d 1700000000 1700000000 verified Bob\n", fp, 7);
    ASSERT_OK(d->store.save(d->store.user, "contacts", (const uint8_t *)line,
                            (size_t)n));
    sh_restart(d);
}

#endif
