/* SPDX-License-Identifier: MIT */
/* The table of receivers, see voices.h. */
#include "voice/voices.h"

#include <string.h>

#define IDLE_NS (10 * WZP_S) /* chosen: longer than a pause in speech */
/* chosen: who has said nothing for so long is not cut off in a word. */
#define YIELD_NS (2 * WZP_S)
/* Somebody speaks: the noise of those who do not is not missed. chosen: ten
 * times the longest packet. */
#define SPEAKING_NS (2 * WZP_S)

wzp_err wzp__voices_init(wzp__voices *vs, const wzp__receiver_config *cfg,
                         size_t max)
{
    *vs = (wzp__voices){.cfg = *cfg, .max = max};
    vs->v = wzp_mem_array(&cfg->mem, max, sizeof *vs->v);
    return vs->v == NULL ? WZP_ERR_NOMEM : WZP_OK;
}

void wzp__voices_deinit(wzp__voices *vs)
{
    if (vs->v != NULL) {
        wzp__voices_retire_all(vs);
        wzp_mem_free(&vs->cfg.mem, vs->v, vs->max * sizeof *vs->v);
        vs->v = NULL;
    }
}

/* --- who has a place --- */

static void retire(wzp__voices *vs, wzp__voice *v)
{
    wzp__receiver_stats last;
    wzp__receiver_stats_get(v->receiver, &last);
    last.playout_delay_ms = last.playout_wait_ms = last.jitter_ms = 0;
    wzp__receiver_stats_add(&vs->retired, &last);
    wzp__receiver_free(v->receiver);
    wzp__talkers_forget(&vs->talkers, v->member);
    *v = (wzp__voice){0};
}

static void drop_all(wzp__voices *vs)
{
    for (size_t i = 0; i < vs->max; i++) {
        if (vs->v[i].receiver != NULL) {
            retire(vs, &vs->v[i]);
        }
    }
}

void wzp__voices_retire_all(wzp__voices *vs)
{
    drop_all(vs);
    vs->n_volumes = 0;
}

static wzp__voice *find(wzp__voices *vs, uint32_t member)
{
    for (size_t i = 0; i < vs->max; i++) {
        if (vs->v[i].receiver != NULL && vs->v[i].member == member) {
            return &vs->v[i];
        }
    }
    return NULL;
}

void wzp__voices_retire(wzp__voices *vs, uint32_t member)
{
    wzp__voice *v = find(vs, member);
    if (v != NULL) {
        retire(vs, v);
    }
    wzp_ignore(wzp__voices_volume(vs, member, WZP__GAIN_ONE),
               "as it comes is always possible");
}

static wzp_tstamp since(wzp_tstamp at, wzp_tstamp now)
{
    return now > at ? now - at : 0;
}

/* Of another one than v a word came just now. */
static bool is_other_speaking(const wzp__voices *vs, const wzp__voice *v,
                              wzp_tstamp now)
{
    for (size_t i = 0; i < vs->max; i++) {
        const wzp__voice *other = &vs->v[i];
        if (other != v && other->receiver != NULL &&
            since(wzp__receiver_spoke_at(other->receiver), now) <=
                SPEAKING_NS) {
            return true;
        }
    }
    return false;
}

/* Nothing comes of it; or comfort noise only, under somebody's words. */
static bool is_idle(const wzp__voices *vs, const wzp__voice *v, wzp_tstamp now)
{
    if (since(wzp__receiver_heard_at(v->receiver), now) > IDLE_NS) {
        return true;
    }
    return since(wzp__receiver_spoke_at(v->receiver), now) > IDLE_NS &&
           is_other_speaking(vs, v, now);
}

void wzp__voices_retire_idle(wzp__voices *vs, wzp_tstamp now)
{
    for (size_t i = 0; i < vs->max; i++) {
        wzp__voice *v = &vs->v[i];
        if (v->receiver != NULL && is_idle(vs, v, now)) {
            retire(vs, v);
        }
    }
}

/* A free place; else that of who has been silent longest, which is freed; else
 * NULL. */
static wzp__voice *place(wzp__voices *vs, wzp_tstamp now)
{
    wzp__voice *silent = &vs->v[0];
    for (size_t i = 0; i < vs->max; i++) {
        wzp__voice *v = &vs->v[i];
        if (v->receiver == NULL) {
            return v;
        }
        silent = v->loud_at < silent->loud_at ? v : silent;
    }
    if (since(silent->loud_at, now) < YIELD_NS) {
        return NULL;
    }
    retire(vs, silent);
    return silent;
}

static uint16_t volume_of(const wzp__voices *vs, uint32_t member)
{
    for (size_t i = 0; i < vs->n_volumes; i++) {
        if (vs->volume[i].member == member) {
            return vs->volume[i].gain;
        }
    }
    return WZP__GAIN_ONE;
}

/* The receiver of this member, made if needed; NULL when all are taken. */
static wzp__receiver *receiver_of(wzp__voices *vs, wzp_tstamp now,
                                  uint32_t member)
{
    wzp__voice *v = find(vs, member);
    if (v != NULL) {
        return v->receiver;
    }
    v = place(vs, now);
    if (v == NULL || wzp__receiver_new(&v->receiver, &vs->cfg) != WZP_OK) {
        return NULL;
    }
    v->member = member;
    v->gain = volume_of(vs, member);
    v->loud_at = now;
    v->told_at = now;
    return v->receiver;
}

void wzp__voices_insert(wzp__voices *vs, wzp_tstamp now, uint32_t member,
                        const wzp_media_hdr *hdr, wzp_plain_form form,
                        const uint8_t *plain, size_t len)
{
    const bool is_sound =
        hdr->codec != WZP_CODEC_COMFORT_NOISE && form != WZP_FORM_PARITY;
    if (vs->is_held || (!is_sound && find(vs, member) == NULL)) {
        return;
    }
    wzp__receiver *r = receiver_of(vs, now, member);
    if (r == NULL) {
        vs->no_room++;
        return;
    }
    wzp_ignore(wzp__receiver_insert(r, now, hdr, form, plain, len),
               "counted by the receiver");
}

/* --- what is heard --- */

static void mix_one(wzp__voices *vs, wzp__voice *v, wzp_tstamp now,
                    int16_t pcm[WZP_AUDIO_TICK_SAMPLES])
{
    const uint16_t gain = vs->is_held ? 0 : volume_of(vs, v->member);
    if (wzp__receiver_read(v->receiver, now, pcm)) {
        wzp__gain_ramp(pcm, v->gain, gain);
        wzp__mixer_add(&vs->mixer, pcm);
        wzp__talkers_note(&vs->talkers, v->member, pcm);
    }
    v->gain = gain;
    if (wzp__talkers_has(&vs->talkers, v->member)) {
        v->loud_at = now;
    }
}

void wzp__voices_mix(wzp__voices *vs, wzp_tstamp now,
                     int16_t out[WZP_AUDIO_TICK_SAMPLES])
{
    wzp__mixer_begin(&vs->mixer);
    for (size_t i = 0; i < vs->max; i++) {
        if (vs->v[i].receiver != NULL) {
            mix_one(vs, &vs->v[i], now, out);
        }
    }
    wzp__talkers_tick(&vs->talkers);
    wzp__mixer_end(&vs->mixer, out);
    if (vs->is_held) {
        drop_all(vs); /* it has faded out */
    }
}

void wzp__voices_mobile(wzp__voices *vs, bool is_mobile)
{
    vs->cfg.is_mobile = is_mobile;
    for (size_t i = 0; i < vs->max; i++) {
        if (vs->v[i].receiver != NULL) {
            wzp__receiver_set_mobile(vs->v[i].receiver, is_mobile);
        }
    }
}

void wzp__voices_hold(wzp__voices *vs, bool is_held)
{
    vs->is_held = is_held;
}

wzp_err wzp__voices_volume(wzp__voices *vs, uint32_t member, uint16_t gain)
{
    size_t i = 0;
    if (gain > WZP__GAIN_MAX) {
        return WZP_ERR_ARG;
    }
    while (i < vs->n_volumes && vs->volume[i].member != member) {
        i++;
    }
    if (gain == WZP__GAIN_ONE) {
        if (i < vs->n_volumes) {
            vs->volume[i] = vs->volume[--vs->n_volumes];
        }
        return WZP_OK;
    }
    if (i == WZP__VOLUMES) {
        return WZP_ERR_FULL;
    }
    vs->n_volumes += i == vs->n_volumes;
    vs->volume[i] = (wzp__volume){.member = member, .gain = gain};
    return WZP_OK;
}

/* --- what is told --- */

static bool has_news(const wzp__voice *v)
{
    return v->receiver != NULL &&
           wzp__receiver_heard_at(v->receiver) > v->told_at;
}

bool wzp__voices_has_report(const wzp__voices *vs)
{
    for (size_t i = 0; i < vs->max; i++) {
        if (has_news(&vs->v[i])) {
            return true;
        }
    }
    return false;
}

bool wzp__voices_report(wzp__voices *vs, wzp_tstamp now, uint32_t *member,
                        wzp_receiver_report *out)
{
    for (size_t k = 0; k < vs->max; k++) {
        wzp__voice *v = &vs->v[(vs->next_report + k) % vs->max];
        if (has_news(v)) {
            vs->next_report = (size_t)(v - vs->v) + 1;
            v->told_at = now;
            *member = v->member;
            wzp__receiver_report(v->receiver, now, out);
            return true;
        }
    }
    return false;
}

size_t wzp__voices_count(const wzp__voices *vs)
{
    size_t n = 0;
    for (size_t i = 0; i < vs->max; i++) {
        n += vs->v[i].receiver != NULL;
    }
    return n;
}

void wzp__voices_stats_get(const wzp__voices *vs, wzp__receiver_stats *out)
{
    *out = vs->retired;
    for (size_t i = 0; i < vs->max; i++) {
        wzp__receiver_stats one;
        if (vs->v[i].receiver != NULL) {
            wzp__receiver_stats_get(vs->v[i].receiver, &one);
            wzp__receiver_stats_add(out, &one);
        }
    }
}
