/* SPDX-License-Identifier: MIT */
/* See call.h. The library has its own thread; this one waits for events and
 * looks at signals, the keyboard and the second's statistics in between.
 */
#include "call.h"

#include "home.h"
#include "keyboard.h"
#include "stats_file.h"
#include "talk.h"
#include "view.h"

#include <wzp/transport/uv_udp.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MS       50 /* chosen: keys and signals are felt at once */
#define GOODBYE_NS    (3 * WZP_S) /* then it ends without */
#define LAST_WORDS_NS (2 * WZP_S) /* spec/client.md 5.1 */

typedef struct call {
    const call_options *o;
    view view;
    keyboard keys;
    wzp_store_file *store;
    sound sound;
    talk talk;
    wzp_client *client;
    FILE *stats;
    wzp_tstamp stats_at; /* next line */
    wzp_tstamp leave_at; /* of --duration; WZP_NEVER: not joined, not asked */
    wzp_tstamp give_up;  /* leaving: no longer than this */
    bool is_leaving, has_ended, has_recorded;
    int status;
} call;

/* --- signals --- */

static volatile sig_atomic_t signals;

/* The first one asks to leave, the second one insists. */
static void on_signal(int number)
{
    if (++signals > 1) {
        _exit(128 + number);
    }
}

static void catch_signals(void)
{
    struct sigaction act = {.sa_handler = on_signal};
    sigemptyset(&act.sa_mask);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
}

/* --- set-up --- */

static bool open_sound(call *c)
{
    char why[512];
    const bool is_open = sound_open(&c->sound, &c->o->sound, why, sizeof why);
    if (!is_open) {
        view_say(&c->view, "wzp-client: %s", why);
    }
    return is_open;
}

static bool open_stats(call *c)
{
    if (c->o->stats == NULL) {
        return true;
    }
    c->stats = fopen(c->o->stats, "w");
    if (c->stats == NULL) {
        view_say(&c->view, "wzp-client: cannot write %s: %s", c->o->stats,
                 strerror(errno));
    }
    return c->stats != NULL;
}

static bool open_client(call *c)
{
    wzp_client_config cfg;
    wzp_client_config_default(&cfg);
    cfg.engine.log = c->o->log;
    cfg.engine.identity = c->o->identity;
    cfg.engine.alias = c->o->alias;
    cfg.engine.store = wzp_store_file_table(c->store);
    cfg.engine.allow_legacy = c->o->allow_legacy;
    sound_configure(&c->sound, &cfg.engine);
    quality_configure(&c->o->quality, &cfg.engine);
    wzp_err e = wzp_client_new(&c->client, &cfg);
    if (e == WZP_OK) {
        e = wzp_client_run_thread(c->client);
    }
    if (e != WZP_OK) {
        view_say(&c->view, "wzp-client: cannot start: %s", wzp_strerror(e));
        return false;
    }
    if (c->o->sound.parts.denoise) {
        view_say(&c->view, "noise is taken away by %s", wzp_capture_denoiser());
    }
    quality_apply(&c->o->quality, c->client);
    talk_begin(&c->talk, c->client, &c->view, c->o->push_to_talk);
    return true;
}

/* What is wrong with the texts themselves is wrong usage. */
static bool join(call *c)
{
    const terms *t = c->o->terms;
    wzp_client_join_options o;
    wzp_client_join_options_default(&o);
    o.room = c->o->room;
    o.relay = c->o->relay;
    o.pin = c->o->pin;
    o.policy = t->policy;
    o.allowed = (const uint8_t(*)[WZP_FP_LEN])t->allowed;
    o.n_allowed = t->n_allowed;
    o.secret = t->secret;
    o.secret_len = t->secret_len;
    o.public_name = t->public_name;
    wzp_err e = wzp_client_join_with(c->client, &o);
    terms_forget(c->o->terms);
    if (e == WZP_OK) {
        return true;
    }
    c->status = 2;
    if (e == WZP_ERR_NAME) {
        view_say(&c->view, "wzp-client: \"%s\" cannot be the name of a room",
                 c->o->room);
    } else if (e == WZP_ERR_ADDRESS) {
        view_say(&c->view, "wzp-client: \"%s\" is not HOST:PORT", c->o->relay);
    } else if (c->o->pin != NULL) {
        view_say(&c->view, "wzp-client: --pin needs 64 hexadecimal digits");
    } else {
        view_say(&c->view, "wzp-client: %s", wzp_strerror(e));
    }
    return false;
}

/* --- while it lasts --- */

static void leave(call *c)
{
    if (!c->is_leaving) {
        c->is_leaving = true;
        c->give_up = wzp_uv_now() + GOODBYE_NS;
        wzp_ignore(wzp_client_leave(c->client), "then it ends by give_up");
    }
}

static void decide_pin(call *c, bool accept)
{
    c->view.is_asking = false;
    view_say(&c->view, accept ? "the new certificate is remembered"
                              : "the new certificate is refused; "
                                "--accept-new-key would take it");
    wzp_ignore(wzp_client_pin_decide(c->client, accept),
               "the question is over then");
}

static void ask_pin(call *c)
{
    if (c->o->pin != NULL) {
        return; /* nothing to ask: the client ends it */
    }
    if (c->o->accept_new_key) {
        decide_pin(c, true);
    } else if (c->keys.is_terminal) {
        view_ask(&c->view, "Accept the new certificate? [y/N] ");
    } else {
        decide_pin(c, false);
    }
}

static void ask_words(call *c)
{
    wzp_ignore(wzp_client_words(c->client), "asked for again by hand");
}

static void on_state(call *c, const wzp_client_event *ev)
{
    if (ev->u.state.state == WZP_CLIENT_JOINED && c->o->duration_s > 0 &&
        c->leave_at == WZP_NEVER) {
        c->leave_at = wzp_uv_now() + c->o->duration_s * WZP_S;
    }
    if (ev->u.state.state == WZP_CLIENT_JOINED && !c->has_recorded &&
        c->o->sound.record_mic != NULL) { /* once: it would begin anew */
        c->has_recorded = true;
        const wzp_err e = wzp_client_record(c->client, c->o->sound.record_mic);
        if (e != WZP_OK) {
            view_say(&c->view, "not recording: %s", wzp_strerror(e));
        }
    }
}

/* As the earlier client: what is still on its way is waited for. */
static void on_input_ended(call *c)
{
    if (sound_ends_with_input(&c->o->sound)) {
        c->leave_at = wzp_uv_now() + LAST_WORDS_NS;
    }
}

static void on_event(call *c, const wzp_client_event *ev)
{
    view_event(&c->view, ev);
    switch (ev->kind) {
    case WZP_EVENT_STATE: on_state(c, ev); break;
    case WZP_EVENT_PIN:
        if (!ev->u.pin.is_first) {
            ask_pin(c);
        }
        break;
    case WZP_EVENT_MEMBER:
        talk_member(&c->talk, ev);
        if (c->o->words && !ev->u.member.is_gone &&
            ev->u.member.info.state == WZP_MEMBER_KEYED) {
            ask_words(c); /* they change with every member */
        }
        break;
    case WZP_EVENT_ENDED:
        c->has_ended = true;
        c->status = ev->u.ended.why == WZP_OK ? 0 : 1;
        break;
    case WZP_EVENT_CLEAR:
        if (ev->u.clear.state == WZP_CLEAR_ASKED) { /* --allow-legacy says so */
            wzp_ignore(wzp_client_accept_clear(c->client), "asked for again");
        }
        break;
    case WZP_EVENT_INPUT_ENDED: on_input_ended(c); break;
    case WZP_EVENT_CONTACT:
    case WZP_EVENT_TALKERS:
    case WZP_EVENT_PEER:
    case WZP_EVENT_QUALITY:
    case WZP_EVENT_AUDIO:
    case WZP_EVENT_WORDS:
    case WZP_EVENT_LINE:
    case WZP_EVENT_CALL:
    case WZP_EVENT_STATS: break;
    }
}

static void on_key(call *c, int key)
{
    if (c->view.is_asking) {
        decide_pin(c, key == 'y' || key == 'Y');
    } else if (key == 'w') {
        ask_words(c);
    } else if (key == 'q') {
        leave(c);
    } else {
        talk_key(&c->talk, key);
    }
}

static void write_stats(call *c)
{
    wzp_client_stats s = {.size = sizeof s};
    wzp_client_stats_get(c->client, &s);
    if (!c->has_ended) {
        view_status(&c->view, &s);
    }
    if (c->stats != NULL && !stats_file_write(c->stats, &s)) {
        view_say(&c->view, "wzp-client: cannot write %s: %s", c->o->stats,
                 strerror(errno));
        fclose(c->stats);
        c->stats = NULL;
    }
}

static void every_round(call *c, wzp_tstamp now)
{
    int key = keyboard_poll(&c->keys);
    if (key >= 0) {
        on_key(c, key);
    }
    if (signals > 0 || now >= c->leave_at) {
        leave(c);
    }
    if (now >= c->stats_at) {
        write_stats(c);
        c->stats_at += WZP_S;
    }
}

static void run(call *c)
{
    wzp_client_event ev;
    c->stats_at = wzp_uv_now() + WZP_S;
    while (!c->has_ended && wzp_uv_now() < c->give_up) {
        if (wzp_client_wait_event(c->client, WAIT_MS, &ev) == WZP_OK) {
            on_event(c, &ev);
        }
        every_round(c, wzp_uv_now());
    }
    if (!c->has_ended) {
        view_say(&c->view, "wzp-client: the relay did not confirm; left");
    }
    write_stats(c); /* the last line is the end of the call */
}

static int finish(call *c)
{
    view_end(&c->view);
    wzp_client_free(c->client, NULL, NULL);
    wzp_store_file_free(c->store);
    if (c->stats != NULL && fclose(c->stats) != 0 && c->status == 0) {
        view_say(&c->view, "wzp-client: cannot write %s", c->o->stats);
        c->status = 1;
    }
    const char *broken = sound_close(&c->sound);
    if (broken != NULL) {
        view_say(&c->view, "wzp-client: %s is not complete", broken);
        c->status = 1;
    }
    return c->status;
}

int call_run(const call_options *o)
{
    call c = {.o = o, .status = 1, .leave_at = WZP_NEVER, .give_up = WZP_NEVER};
    view_init(&c.view, o->relay, o->pin != NULL);
    keyboard_init(&c.keys);
    catch_signals();
    if (home_open(&c.store) && open_sound(&c) && open_stats(&c) &&
        open_client(&c) && join(&c)) {
        c.status = 0;
        run(&c);
    }
    return finish(&c);
}
