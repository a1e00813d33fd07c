/* SPDX-License-Identifier: MIT */
/* The system's microphone and speaker. Three kinds of threads meet here:
 *
 *   the engine's   start, stop, poll: never waits for the sound system
 *   the keeper's   our own: opens, closes, looks after (keeper.h)
 *   the streams'   the sound system's: touch the port only
 *
 * `port` says whether a stream may touch it: taken away, the engine waits until
 * none is `inside` any more, which is a moment, and the streams go on playing
 * silence until the keeper has closed them. A sound system that never comes
 * back keeps the keeper, and what is its own, but nobody else.
 */
#include "audio/keeper.h"
#include "audio/port.h"

#include <wzp/proto/sized.h>

#include <pthread.h>
#include <string.h>
#include <time.h>

#define NOTES   16 /* not read for long: the oldest go */
#define CLOSE_S 3  /* chosen: sound servers that live close within one */

struct wzp_audio_device {
    wzp_mem mem;
    wzp__keeper keeper; /* of the keeper's thread, once it runs */
    pthread_t thread;
    bool has_thread;

    _Atomic(wzp_audio_port *) port; /* NULL: stopped */
    _Atomic unsigned inside;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_wanted, is_ending; /* under lock, as all below */
    bool has_ended; /* the keeper's thread, but for freeing this … */
    bool is_left;   /* … if nobody waits for it any more */
    wzp_audio_note notes[NOTES];
    size_t n_notes;
};

/* --- on the streams' threads ---------------------------------------------- */

static wzp_audio_port *enter(wzp_audio_device *d)
{
    atomic_fetch_add(&d->inside, 1);
    return atomic_load(&d->port);
}

static void leave(wzp_audio_device *d)
{
    atomic_fetch_sub(&d->inside, 1);
}

static void on_output(void *user, const int16_t *in, int16_t *out, size_t n)
{
    wzp_audio_device *d = user;
    wzp_audio_port *port = enter(d);
    (void)in;
    if (port != NULL) {
        const size_t real = wzp_audio_playout(port, out, n);
        (void)real; /* counted by the port */
    } else {
        memset(out, 0, n * sizeof *out);
    }
    leave(d);
    atomic_fetch_add(&d->keeper.halves[0].calls, 1);
}

static void on_input(void *user, const int16_t *in, int16_t *out, size_t n)
{
    wzp_audio_device *d = user;
    wzp_audio_port *port = enter(d);
    (void)out;
    if (port != NULL) {
        const size_t taken = wzp_audio_capture(port, in, n);
        (void)taken; /* counted by the port */
    }
    leave(d);
    atomic_fetch_add(&d->keeper.halves[1].calls, 1);
}

/* --- on the keeper's thread ----------------------------------------------- */

static void push_note(void *user, const wzp_audio_note *note)
{
    wzp_audio_device *d = user;
    pthread_mutex_lock(&d->lock);
    if (d->n_notes == NOTES) {
        memmove(d->notes, d->notes + 1, (NOTES - 1) * sizeof *d->notes);
        d->n_notes--;
    }
    d->notes[d->n_notes++] = *note;
    pthread_mutex_unlock(&d->lock);
}

static struct timespec later(long ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000L;
    at.tv_sec += at.tv_nsec / 1000000000L;
    at.tv_nsec %= 1000000000L;
    return at;
}

static void destroy(wzp_audio_device *d)
{
    const wzp_mem mem = d->mem;
    wzp__sound_free(d->keeper.sound, &mem);
    pthread_mutex_destroy(&d->lock);
    pthread_cond_destroy(&d->changed);
    wzp_mem_free(&mem, d, sizeof *d);
}

static void *keep(void *user)
{
    wzp_audio_device *d = user;
    pthread_mutex_lock(&d->lock);
    while (!d->is_ending) {
        const bool is_wanted = d->is_wanted;
        pthread_mutex_unlock(&d->lock);
        wzp__keeper_round(&d->keeper, is_wanted);
        const struct timespec at = later(WZP__ROUND_MS);
        pthread_mutex_lock(&d->lock);
        if (!d->is_ending && d->is_wanted == is_wanted) {
            pthread_cond_timedwait(&d->changed, &d->lock, &at);
        }
    }
    pthread_mutex_unlock(&d->lock);
    wzp__keeper_round(&d->keeper, false);
    pthread_mutex_lock(&d->lock);
    d->has_ended = true;
    const bool is_left = d->is_left;
    pthread_cond_signal(&d->changed);
    pthread_mutex_unlock(&d->lock);
    if (is_left) {
        destroy(d);
    }
    return NULL;
}

/* --- on the engine's thread ----------------------------------------------- */

static void want(wzp_audio_device *d, bool is_wanted)
{
    pthread_mutex_lock(&d->lock);
    d->is_wanted = is_wanted;
    pthread_cond_signal(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

static wzp_err start(void *user, wzp_audio_port *port)
{
    wzp_audio_device *d = user;
    if (!d->has_thread && pthread_create(&d->thread, NULL, keep, d) != 0) {
        return WZP_ERR_NOMEM;
    }
    d->has_thread = true;
    atomic_store(&d->port, port);
    want(d, true);
    return WZP_OK;
}

static void stop(void *user)
{
    wzp_audio_device *d = user;
    atomic_store(&d->port, NULL);
    while (atomic_load(&d->inside) != 0) { /* microseconds */
    }
    want(d, false);
}

static bool poll_note(void *user, wzp_audio_note *out)
{
    wzp_audio_device *d = user;
    pthread_mutex_lock(&d->lock);
    const bool any = d->n_notes > 0;
    if (any) {
        *out = d->notes[0];
        d->n_notes--;
        memmove(d->notes, d->notes + 1, d->n_notes * sizeof *d->notes);
    }
    pthread_mutex_unlock(&d->lock);
    return any;
}

wzp_audio_io wzp_audio_device_table(wzp_audio_device *device)
{
    return (wzp_audio_io){.size = sizeof(wzp_audio_io),
                          .start = start,
                          .stop = stop,
                          .poll = poll_note,
                          .user = device};
}

/* --- making and freeing --------------------------------------------------- */

void wzp_audio_device_config_default_sized(wzp_audio_device_config *cfg,
                                           size_t size)
{
    const wzp_audio_device_config full = {.size = sizeof full,
                                          .mem = wzp_mem_default()};
    wzp_sized_give(cfg, size, &full, sizeof full);
}

static wzp_err take_name(char *out, size_t cap, const char *name)
{
    const size_t len = name == NULL ? 0 : strlen(name);
    if (len >= cap) {
        return WZP_ERR_NAME;
    }
    memcpy(out, len == 0 ? "" : name, len + 1);
    return WZP_OK;
}

static wzp_err configure(wzp_audio_device *d,
                         const wzp_audio_device_config *cfg)
{
    const char *names[2] = {cfg->output, cfg->input};
    wzp__keeper *k = &d->keeper;
    k->say = push_note;
    k->say_user = d;
    k->halves[0].fn = on_output;
    k->halves[1].fn = on_input;
    for (size_t i = 0; i < 2; i++) {
        wzp__keeper_half *h = &k->halves[i];
        h->user = d;
        h->is_wanted = names[i] == NULL || names[i][0] != '\0';
        WZP_TRY(take_name(h->want, sizeof h->want, names[i]));
    }
    WZP_TRY(take_name(k->backend, sizeof k->backend, cfg->backend));
    return wzp__sound_new(&k->sound, &d->mem);
}

static wzp_err make_lock(wzp_audio_device *d)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0) {
        return WZP_ERR_NOMEM;
    }
    wzp_err e = WZP_ERR_NOMEM;
    if (pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
        pthread_cond_init(&d->changed, &attr) == 0) {
        e = WZP_OK;
    }
    pthread_condattr_destroy(&attr);
    if (e == WZP_OK && pthread_mutex_init(&d->lock, NULL) != 0) {
        pthread_cond_destroy(&d->changed);
        e = WZP_ERR_NOMEM;
    }
    return e;
}

wzp_err wzp_audio_device_new(wzp_audio_device **out,
                             const wzp_audio_device_config *given)
{
    wzp_audio_device_config cfg;
    wzp_audio_device_config_default(&cfg);
    wzp_sized_take(&cfg, sizeof cfg, given);
    wzp_audio_device *d = wzp_mem_new(&cfg.mem, sizeof *d);
    if (d == NULL) {
        return WZP_ERR_NOMEM;
    }
    d->mem = cfg.mem;
    wzp_err e = configure(d, &cfg);
    if (e == WZP_OK) {
        e = make_lock(d);
    }
    if (e != WZP_OK) {
        wzp__sound_free(d->keeper.sound, &cfg.mem);
        wzp_mem_free(&cfg.mem, d, sizeof *d);
        return e;
    }
    *out = d;
    return WZP_OK;
}

/* False: the thread is left alone with everything. */
static bool end_thread(wzp_audio_device *d)
{
    const pthread_t thread = d->thread;
    const struct timespec until = later(CLOSE_S * 1000);
    pthread_mutex_lock(&d->lock);
    d->is_ending = true;
    pthread_cond_signal(&d->changed);
    int waited = 0;
    while (!d->has_ended && waited == 0) {
        waited = pthread_cond_timedwait(&d->changed, &d->lock, &until);
    }
    const bool has_ended = d->has_ended;
    d->is_left = !has_ended;
    pthread_mutex_unlock(&d->lock);
    if (has_ended) {
        pthread_join(thread, NULL);
    } else {
        pthread_detach(thread);
    }
    return has_ended;
}

void wzp_audio_device_free(wzp_audio_device *d)
{
    if (d != NULL && (!d->has_thread || end_thread(d))) {
        destroy(d);
    }
}

/* --- the list ------------------------------------------------------------- */

wzp_err wzp_audio_device_list(const char *backend,
                              void (*each)(void *user,
                                           const wzp_audio_device_info *info),
                              void *user)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__sound *sound = NULL;
    wzp__sound_list *list = wzp_mem_new(&mem, sizeof *list);
    wzp_err e = list == NULL ? WZP_ERR_NOMEM : wzp__sound_new(&sound, &mem);
    if (e == WZP_OK) {
        e = wzp__sound_connect(sound, backend == NULL ? "" : backend);
    }
    if (e == WZP_OK) {
        e = wzp__sound_list_get(sound, list);
    }
    for (size_t i = 0; e == WZP_OK && i < list->n; i++) {
        const wzp__sound_device *d = &list->of[i];
        each(user, &(wzp_audio_device_info){.is_input = d->is_input,
                                            .is_default = d->is_default,
                                            .name = d->name,
                                            .id = d->id});
    }
    wzp__sound_free(sound, &mem);
    wzp_mem_free(&mem, list, sizeof *list);
    return e;
}
