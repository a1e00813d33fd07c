/* SPDX-License-Identifier: MIT */
/* A call over loopback, a probe and the files of a client, while one system
 * call or libuv call fails once: the first one, the second … of each kind.
 * Whatever it is: no crash, nothing left behind (the address sanitizer looks),
 * an end within the time, and somebody was told by name; or it was one of
 * those that may fail, and the call was held.
 */
#include "support/faults/faults.h"
#include "support/harness.h"

#include <wzp/client/client.h>
#include <wzp/client/probe.h>
#include <wzp/codec/wav.h>
#include <wzp/relay/relay_uv.h>
#include <wzp/transport/uv_udp.h>

#include <uv.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CALLS_IN_TEST = 3, /* of each kind; make soak goes on to CALLS_IN_SOAK */
    CALLS_IN_SOAK = 60,
    LIMIT_MS = 60000, /* above the 15 s of a first join, on a slow machine */
    HOLD_MS = 30,
};

/* Failing leaves the call as it is: packets are lost on networks anyway; the
 * options in question only make it better; what is closed or deleted was not
 * needed any more (the first fclose is that of the input, which was read). */
static bool may_fail_unsaid(wzp_fault f, size_t n)
{
    return f == WZP_FAULT_sendmsg || f == WZP_FAULT_split_io ||
           f == WZP_FAULT_split_inval || f == WZP_FAULT_split_size ||
           f == WZP_FAULT_recvmmsg || f == WZP_FAULT_setsockopt ||
           f == WZP_FAULT_close || f == WZP_FAULT_unlink ||
           (f == WZP_FAULT_fclose && n == 1);
}

#define ASSERT_OK(e) assert_int_equal((e), WZP_OK)

typedef struct stage {
    char dir[64];
    char wav_in[96], wav_out[96];
    uv_loop_t loop;
    bool has_loop;
    wzp_relay_uv *relay;
    wzp_seed_identity *relay_id, *client_id;
    wzp_store_file *store;
    wzp_audio_wav *wav;
    wzp_client *client;
    char address[64];
    bool asks_words;
    /* what came of it */
    wzp_err err; /* the first one, whoever gave it */
    bool was_joined;
    bool has_words;
    atomic_int hints; /* warnings, and a connection lost by name */
    wzp_probe_result probe;
    bool is_probed;
} stage;

static void note(stage *s, wzp_err e)
{
    if (s->err == WZP_OK) {
        s->err = e;
    }
}

static void on_log(void *user, wzp_log_level level, const char *where,
                   const char *event, const char *text)
{
    stage *s = user;
    (void)where;
    (void)event;
    (void)text;
    s->hints += level <= WZP_LOG_WARN;
}

static wzp_unix_s unix_now(void *user)
{
    (void)user;
    return 1800000000;
}

static wzp_seed_identity *identity(uint8_t byte)
{
    uint8_t seed[WZP_SEED_LEN];
    wzp_seed_identity *id = NULL;
    memset(seed, byte, sizeof seed);
    ASSERT_OK(wzp_seed_identity_new(&id, seed));
    return id;
}

/* --- opening -------------------------------------------------------------- */

static wzp_err open_relay(stage *s)
{
    if (uv_loop_init(&s->loop) != 0) {
        return WZP_ERR_IO; /* the host's own */
    }
    s->has_loop = true;
    const wzp_addr any = wzp_addr_v4((const uint8_t[]){127, 0, 0, 1}, 0);
    char why[200] = "";
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.rng = wzp_rng_system();
    cfg.log = (wzp_log){.write = on_log, .user = s, .level = WZP_LOG_WARN};
    cfg.identity = wzp_seed_identity_table(s->relay_id);
    cfg.unix_now = unix_now;
    cfg.max_conns = 16;
    cfg.packets = 256;
    const wzp_err e =
        wzp_relay_uv_new(&s->relay, &s->loop, &cfg, &any, why, sizeof why);
    if (e != WZP_OK) {
        assert_true(why[0] != '\0');
        return e;
    }
    (void)snprintf(s->address, sizeof s->address, "127.0.0.1:%u",
                   wzp_relay_uv_local(s->relay).port);
    return WZP_OK;
}

static wzp_err open_client(stage *s)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_audio_wav_config wav;
    wzp_audio_wav_config_default(&wav);
    wav.in = s->wav_in;
    wav.out = s->wav_out;
    wav.loop = true;
    WZP_TRY(wzp_store_file_new(&s->store, &mem, s->dir));
    WZP_TRY(wzp_audio_wav_new(&s->wav, &wav));
    wzp_client_config cfg;
    wzp_client_config_default(&cfg);
    cfg.engine.unix_now = unix_now;
    cfg.engine.identity = wzp_seed_identity_table(s->client_id);
    cfg.engine.store = wzp_store_file_table(s->store);
    cfg.engine.audio = wzp_audio_wav_table(s->wav);
    cfg.engine.log =
        (wzp_log){.write = on_log, .user = s, .level = WZP_LOG_WARN};
    WZP_TRY(wzp_client_new(&s->client, &cfg));
    WZP_TRY(wzp_client_run_thread(s->client));
    return wzp_client_join(s->client, "torture", s->address, NULL);
}

/* --- holding -------------------------------------------------------------- */

typedef bool until_fn(const stage *s, const wzp_client_event *ev);

/* Both sides go on until an event says it is enough. */
static bool pump(stage *s, uint64_t limit_ms, until_fn *until)
{
    const wzp_tstamp end = wzp_uv_now() + limit_ms * WZP_MS;
    wzp_client_event ev;
    while (wzp_uv_now() < end) {
        (void)uv_run(&s->loop, UV_RUN_NOWAIT);
        if (wzp_client_wait_event(s->client, 2, &ev) != WZP_OK) {
            continue;
        }
        if (ev.kind == WZP_EVENT_STATE) {
            s->was_joined |= ev.u.state.state == WZP_CLIENT_JOINED;
            s->hints += ev.u.state.why != WZP_OK;
        } else if (ev.kind == WZP_EVENT_ENDED) {
            note(s, ev.u.ended.why);
            assert_true(ev.u.ended.text[0] != '\0');
        } else if (ev.kind == WZP_EVENT_WORDS) {
            s->has_words = ev.u.words.err == WZP_OK;
            note(s, ev.u.words.err);
        }
        if (until != NULL && until(s, &ev)) {
            return true;
        }
    }
    return until == NULL;
}

static bool joined_or_ended(const stage *s, const wzp_client_event *ev)
{
    return s->was_joined || ev->kind == WZP_EVENT_ENDED;
}

static bool ended(const stage *s, const wzp_client_event *ev)
{
    (void)s;
    return ev->kind == WZP_EVENT_ENDED;
}

static bool words_came(const stage *s, const wzp_client_event *ev)
{
    (void)s;
    return ev->kind == WZP_EVENT_WORDS;
}

static void on_probed(const wzp_probe_result *result, void *user)
{
    stage *s = user;
    s->probe = *result;
    s->is_probed = true;
}

/* A relay that takes a call takes a probe. */
static void probe(stage *s)
{
    const wzp_log log = {.write = on_log, .user = s, .level = WZP_LOG_WARN};
    const wzp_err e = wzp_probe_start(&s->loop, s->address, WZP_PROBE_VERSION,
                                      log, on_probed, s);
    if (e != WZP_OK) {
        note(s, e);
        return;
    }
    const wzp_tstamp end = wzp_uv_now() + LIMIT_MS * WZP_MS;
    while (!s->is_probed && wzp_uv_now() < end) {
        (void)uv_run(&s->loop, UV_RUN_ONCE);
    }
    assert_true(s->is_probed);
    note(s, s->probe.err);
}

static void hold_call(stage *s)
{
    assert_true(pump(s, LIMIT_MS, joined_or_ended));
    if (!s->was_joined) {
        return;
    }
    if (s->asks_words) {
        note(s, wzp_client_words(s->client));
        assert_true(pump(s, LIMIT_MS, words_came));
    }
    assert_true(pump(s, HOLD_MS, NULL));
    note(s, wzp_client_network_changed(s->client)); /* another socket */
    assert_true(pump(s, HOLD_MS, NULL));
    note(s, wzp_client_leave(s->client));
    assert_true(pump(s, LIMIT_MS, ended));
    probe(s);
}

/* --- closing -------------------------------------------------------------- */

static void close_all(stage *s)
{
    wzp_client_free(s->client, NULL, NULL);
    note(s, wzp_audio_wav_free(s->wav));
    wzp_store_file_free(s->store);
    if (s->relay != NULL) {
        wzp_relay_uv_stop(s->relay, "done", NULL, NULL);
    }
    if (s->has_loop) {
        assert_int_equal(uv_run(&s->loop, UV_RUN_DEFAULT), 0);
        assert_int_equal(uv_loop_close(&s->loop), 0);
    }
}

static void put(const stage *s, const char *name, const char *text)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s/%s", s->dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* Relays of another day, one of them with a successor, people, and somebody who
 * could seal, so that there is something to read. */
static void make_store(const stage *s)
{
    char text[400];
    (void)snprintf(text, sizeof text,
                   "other.example:4433 %064d 1 2 %064d 1800000000\n"
                   "relay.example:4433 %064d 1 2\n",
                   5, 6, 7);
    put(s, "pins", text);
    (void)snprintf(text, sizeof text, "%032d\n", 8);
    put(s, "capable", text);
    (void)snprintf(text, sizeof text,
                   "%032d %064d 1 2 verified Anna\n%032d - 1 0 - Berta\n", 9,
                   10, 11);
    put(s, "contacts", text);
}

static void make_speech(const char *path)
{
    int16_t pcm[4800];
    for (size_t i = 0; i < 4800; i++) {
        pcm[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    const wzp_mem mem = wzp_mem_default();
    wzp_wav_writer *w = NULL;
    ASSERT_OK(wzp_wav_writer_new(&w, &mem, path, 48000));
    ASSERT_OK(wzp_wav_writer_write(w, pcm, 4800));
    ASSERT_OK(wzp_wav_writer_close(w));
}

static void remove_files(const stage *s)
{
    char path[160];
    static const char *const names[] = {
        "pins",         "pins.new", "capable", "capable.new", "contacts",
        "contacts.new", "lock",     "in.wav",  "out.wav"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", s->dir, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(s->dir), 0);
}

/* One whole scenario with call number n of f failing. True when it did. */
static bool play(stage *s, wzp_fault f, size_t n)
{
    *s = (stage){.dir = "/tmp/wzp-torture-XXXXXX",
                 .asks_words = f == WZP_FAULT_uv_queue_work};
    assert_non_null(mkdtemp(s->dir));
    (void)snprintf(s->wav_in, sizeof s->wav_in, "%s/in.wav", s->dir);
    (void)snprintf(s->wav_out, sizeof s->wav_out, "%s/out.wav", s->dir);
    make_speech(s->wav_in);
    make_store(s);
    ASSERT_OK(wzp_global_init());
    s->relay_id = identity(1);
    s->client_id = identity(2);
    wzp_fault_arm(f, n);
    note(s, open_relay(s));
    if (s->err == WZP_OK) {
        note(s, open_client(s));
    }
    if (s->err == WZP_OK) {
        hold_call(s);
    }
    close_all(s);
    const bool has_failed = wzp_fault_disarm();
    wzp_seed_identity_free(s->relay_id);
    wzp_seed_identity_free(s->client_id);
    wzp_global_deinit();
    remove_files(s);
    return has_failed;
}

WZP_TEST(control_without_a_fault_the_call_is_held_and_the_probe_answered)
{
    stage s;
    assert_false(play(&s, WZP_FAULT_uv_queue_work, 0));
    ASSERT_OK(s.err);
    assert_true(s.was_joined);
    assert_true(s.has_words);
    assert_int_equal(s.hints, 0);
    /* of the relay, the client, the client elsewhere, the probe */
    assert_int_equal(wzp_fault_calls(WZP_FAULT_socket), 4);
    for (wzp_fault f = 0; f < WZP_FAULT_COUNT_OF_SHELLS; f++) {
        if (wzp_fault_calls(f) == 0) { /* a row nobody calls is no test */
            fail_msg("%s is not called", wzp_fault_name(f));
        }
    }
}

static size_t calls_to_try(void)
{
    return getenv("WZP_SOAK") != NULL ? CALLS_IN_SOAK : CALLS_IN_TEST;
}

static size_t count_faults(void)
{
    return WZP_FAULT_COUNT_OF_SHELLS;
}

static void run_fault(size_t row)
{
    const wzp_fault f = (wzp_fault)row;
    for (size_t n = 1; n <= calls_to_try(); n++) {
        stage s;
        if (!play(&s, f, n)) {
            assert_true(n > 1);
            break; /* there are no more calls */
        }
        if (s.err == WZP_OK && s.hints == 0 && !may_fail_unsaid(f, n)) {
            fail_msg("%s, call %zu: failed, and nobody was told",
                     wzp_fault_name(f), n);
        }
        if (s.err == WZP_OK) {
            assert_true(s.was_joined);
        } else {
            if (wzp_err_class(s.err) == WZP_CLASS_BUG) {
                fail_msg("%s, call %zu: %s", wzp_fault_name(f), n,
                         wzp_err_name(s.err));
            }
        }
    }
}

WZP_ROWS(every_call_of_the_shells_may_fail_once, count_faults, run_fault);
