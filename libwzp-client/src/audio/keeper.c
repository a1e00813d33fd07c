/* SPDX-License-Identifier: MIT */
/* See keeper.h. Everything is opened and closed together: a connection to a
 * sound server that died takes all its streams along.
 */
#include "audio/keeper.h"

#include <string.h>

#define QUIET_ROUNDS   8  /* 2 s without a call: the device stands still */
#define STOPPED_ROUNDS 2  /* suspended for longer than this: lost */
#define LIST_ROUNDS    8  /* look at the list of devices every 2 s */
#define YOUNG_ROUNDS   20 /* lost within 5 s counts as a failure to open */
#define BACKOFF_MOST   20 /* rounds: 5 s */
#define HALF_ROUNDS    20 /* try the half that could not be opened every 5 s */
/* chosen: 30 s, in which a sound server is started again even where the machine
 * is slow; then any sound system is better than none. */
#define LOYAL_ROUNDS 120

static void say(wzp__keeper *k, wzp_audio_event what, wzp_err why)
{
    wzp_audio_note note = {.what = what, .why = why};
    memcpy(note.output, k->halves[0].name, sizeof note.output);
    memcpy(note.input, k->halves[1].name, sizeof note.input);
    k->say(k->say_user, &note);
}

/* --- which device --------------------------------------------------------- */

static const wzp__sound_device *find(const wzp__sound_list *list, bool is_input,
                                     const char *want)
{
    for (size_t i = 0; i < list->n; i++) {
        const wzp__sound_device *d = &list->of[i];
        if (d->is_input == is_input &&
            (strcmp(d->id, want) == 0 || strcmp(d->name, want) == 0)) {
            return d;
        }
    }
    return NULL;
}

static const wzp__sound_device *find_default(const wzp__sound_list *list,
                                             bool is_input)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->of[i].is_input == is_input && list->of[i].is_default) {
            return &list->of[i];
        }
    }
    return NULL;
}

/* What this half should be on; NULL: whatever the system takes. */
static const wzp__sound_device *
choose(const wzp__keeper *k, const wzp__sound_list *list, bool is_input)
{
    const char *want = k->halves[is_input].want;
    const wzp__sound_device *d =
        want[0] == '\0' ? NULL : find(list, is_input, want);
    return d != NULL ? d : find_default(list, is_input);
}

static bool is_same_list(const wzp__sound_list *a, const wzp__sound_list *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) {
        same = a->of[i].is_input == b->of[i].is_input &&
               a->of[i].is_default == b->of[i].is_default &&
               strcmp(a->of[i].id, b->of[i].id) == 0;
    }
    return same;
}

/* --- opening and closing -------------------------------------------------- */

static void shut(wzp__keeper *k)
{
    char on[sizeof k->had_all] = "";
    if (k->is_on) {
        wzp__sound_backend(k->sound, on);
        k->loyal = strcmp(on, k->had_all) == 0 ? LOYAL_ROUNDS : 0;
    }
    wzp__sound_disconnect(k->sound);
    for (size_t i = 0; i < 2; i++) {
        k->halves[i].is_open = false;
        k->halves[i].name[0] = '\0';
        k->halves[i].id[0] = '\0';
    }
    k->is_on = false;
}

static wzp_err open_half(wzp__keeper *k, bool is_input)
{
    wzp__keeper_half *h = &k->halves[is_input];
    const wzp__sound_device *d = choose(k, &k->list, is_input);
    WZP_TRY(wzp__sound_open(k->sound, is_input, d, h->fn, h->user));
    h->is_open = true;
    h->quiet = 0;
    h->stopped = 0;
    h->seen = atomic_load(&h->calls);
    if (d != NULL) {
        memcpy(h->name, d->name, sizeof h->name);
        memcpy(h->id, d->id, sizeof h->id);
    }
    return WZP_OK;
}

/* Something stands in for the device that was asked for. */
static bool is_stand_in(const wzp__keeper *k, bool is_input)
{
    const wzp__keeper_half *h = &k->halves[is_input];
    return h->is_open && h->want[0] != '\0' &&
           find(&k->list, is_input, h->want) == NULL;
}

static void try_later(wzp__keeper *k)
{
    k->wait = k->backoff;
    k->backoff = k->backoff * 2 < BACKOFF_MOST ? k->backoff * 2 : BACKOFF_MOST;
}

static wzp_err open_wanted(wzp__keeper *k)
{
    wzp_err e[2] = {WZP_OK, WZP_OK};
    const bool waits = k->backend[0] == '\0' && k->loyal > 0;
    WZP_TRY(wzp__sound_connect(k->sound, waits ? k->had_all : k->backend));
    WZP_TRY(wzp__sound_list_get(k->sound, &k->list));
    for (size_t i = 0; i < 2; i++) {
        if (k->halves[i].is_wanted) {
            e[i] = open_half(k, i == 1);
        }
    }
    if (k->halves[0].is_open || k->halves[1].is_open) {
        return WZP_OK;
    }
    return e[0] != WZP_OK ? e[0] : e[1];
}

static void say_started(wzp__keeper *k)
{
    const bool has_all = !is_stand_in(k, false) && !is_stand_in(k, true);
    if (has_all) {
        wzp__sound_backend(k->sound, k->had_all);
    }
    say(k, WZP_AUDIO_STARTED, has_all ? WZP_OK : WZP_ERR_NOT_FOUND);
}

static void open_all(wzp__keeper *k)
{
    const wzp_err e = open_wanted(k);
    if (e != WZP_OK) {
        shut(k);
        if (!k->has_failed) {
            say(k, WZP_AUDIO_FAILED, e);
        }
        k->has_failed = true;
        try_later(k);
        return;
    }
    k->is_on = true;
    k->has_failed = false;
    k->age = 0;
    say_started(k);
}

/* --- looking after it ----------------------------------------------------- */

static void lose(wzp__keeper *k, wzp_err why)
{
    say(k, WZP_AUDIO_LOST, why);
    shut(k);
    if (k->age < YOUNG_ROUNDS) {
        try_later(k);
    }
}

/* WZP_OK: it plays. */
static wzp_err check_half(wzp__keeper *k, bool is_input)
{
    wzp__keeper_half *h = &k->halves[is_input];
    if (!h->is_open) {
        return WZP_OK;
    }
    const uint32_t calls = atomic_load(&h->calls);
    const bool is_stopped = wzp__sound_is_stopped(k->sound, is_input);
    h->quiet = calls == h->seen ? h->quiet + 1 : 0;
    h->stopped = is_stopped ? h->stopped + 1 : 0;
    h->seen = calls;
    if (h->stopped >= STOPPED_ROUNDS) {
        return WZP_ERR_CLOSED;
    }
    return h->quiet >= QUIET_ROUNDS ? WZP_ERR_TIMEOUT : WZP_OK;
}

/* Another device than the one that is open should be: it came, or the default
 * one is another now. */
static bool is_better(const wzp__keeper *k, bool is_input)
{
    const wzp__keeper_half *h = &k->halves[is_input];
    const wzp__sound_device *d = choose(k, &k->now, is_input);
    return h->is_wanted && d != NULL && strcmp(d->id, h->id) != 0;
}

static void look_at_list(wzp__keeper *k)
{
    if (wzp__sound_list_get(k->sound, &k->now) != WZP_OK) {
        lose(k, WZP_ERR_CLOSED);
        return;
    }
    if (is_same_list(&k->list, &k->now)) {
        return;
    }
    const bool is_moving = is_better(k, false) || is_better(k, true);
    k->list = k->now;
    say(k, WZP_AUDIO_CHANGED, WZP_OK);
    if (is_moving) {
        shut(k);
    }
}

/* Somebody else may have had it. */
static void open_missing(wzp__keeper *k)
{
    bool is_new = false;
    for (size_t i = 0; i < 2; i++) {
        const wzp__keeper_half *h = &k->halves[i];
        is_new |= h->is_wanted && !h->is_open && open_half(k, i == 1) == WZP_OK;
    }
    if (is_new) {
        say_started(k);
    }
}

static void look_after(wzp__keeper *k)
{
    k->age++;
    for (size_t i = 0; i < 2; i++) {
        const wzp_err e = check_half(k, i == 1);
        if (e != WZP_OK) {
            lose(k, e);
            return;
        }
    }
    if (k->age == YOUNG_ROUNDS) {
        k->backoff = 1;
    }
    if (k->age % HALF_ROUNDS == 0) {
        open_missing(k);
    }
    if (k->age % LIST_ROUNDS == 0) {
        look_at_list(k);
    }
}

void wzp__keeper_round(wzp__keeper *k, bool is_wanted)
{
    k->backoff = k->backoff == 0 ? 1 : k->backoff;
    if (!is_wanted) {
        shut(k);
        k->wait = 0;
        k->backoff = 1;
        k->loyal = 0;
        k->has_failed = false;
        return;
    }
    if (k->is_on) {
        look_after(k);
    } else {
        k->wait -= k->wait > 0;
        k->loyal -= k->loyal > 0;
    }
    if (!k->is_on && k->wait == 0) {
        open_all(k);
    }
}
