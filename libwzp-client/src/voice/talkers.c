/* SPDX-License-Identifier: MIT */
/* See talkers.h. */
#include "voice/talkers.h"

#include <math.h>
#include <string.h>

/* Heights, of full scale². chosen: quiet speech is near −45 dB, what is left of
 * a room behind noise suppression below −60. */
#define ON_POWER  1e-5f /* −50 dB */
#define OFF_POWER 1e-6f /* −60 dB */
/* A tick's share of the smoothed level. chosen: up in 20 ms; down 46 dB a
 * second, from loud speech to silence in one. */
#define ATTACK  0.4f
#define RELEASE 0.1f

#define TELL_NS    (200 * WZP_MS) /* chosen: as quick as a face turns */
#define MUCH_DB    6
#define SILENT_DB  127
#define FULL_POWER (32768.0f * 32768.0f)

static wzp__talker *find(wzp__talkers *t, uint32_t member)
{
    for (size_t i = 0; i < WZP__TALKERS_ROOM; i++) {
        if (t->v[i].is_used && t->v[i].member == member) {
            return &t->v[i];
        }
    }
    return NULL;
}

static wzp__talker *find_or_add(wzp__talkers *t, uint32_t member)
{
    wzp__talker *one = find(t, member);
    for (size_t i = 0; one == NULL && i < WZP__TALKERS_ROOM; i++) {
        if (!t->v[i].is_used) {
            one = &t->v[i];
            *one = (wzp__talker){.is_used = true, .member = member};
        }
    }
    return one;
}

static void smooth(wzp__talker *one, float power)
{
    const float share = power > one->power ? ATTACK : RELEASE;
    one->power += (power - one->power) * share;
    one->is_on = one->power > (one->is_on ? OFF_POWER : ON_POWER);
}

void wzp__talkers_note(wzp__talkers *t, uint32_t member,
                       const int16_t pcm[WZP_AUDIO_TICK_SAMPLES])
{
    wzp__talker *one = find_or_add(t, member);
    if (one == NULL) {
        return;
    }
    float sum = 0;
    for (size_t i = 0; i < WZP_AUDIO_TICK_SAMPLES; i++) {
        sum += (float)pcm[i] * (float)pcm[i];
    }
    smooth(one, sum / (WZP_AUDIO_TICK_SAMPLES * FULL_POWER));
    one->is_fresh = true;
}

void wzp__talkers_tick(wzp__talkers *t)
{
    for (size_t i = 0; i < WZP__TALKERS_ROOM; i++) {
        wzp__talker *one = &t->v[i];
        if (one->is_used && !one->is_fresh) {
            smooth(one, 0);
            one->is_used = one->is_on;
        }
        one->is_fresh = false;
    }
}

void wzp__talkers_forget(wzp__talkers *t, uint32_t member)
{
    wzp__talker *one = find(t, member);
    if (one != NULL) {
        *one = (wzp__talker){0};
    }
}

bool wzp__talkers_has(const wzp__talkers *t, uint32_t member)
{
    const wzp__talker *one = find((wzp__talkers *)t, member);
    return one != NULL && one->is_on;
}

/* --- telling --- */

static uint8_t level_db(float power)
{
    const float db = -10.0f * log10f(power);
    return (uint8_t)(db <= 0.0f        ? 0
                     : db >= SILENT_DB ? SILENT_DB
                                       : lroundf(db));
}

/* Put in by loudness; the quietest goes where there are too many. */
static size_t insert(wzp_talker *out, size_t n, wzp_talker one)
{
    size_t at = n;
    while (at > 0 && out[at - 1].level_db > one.level_db) {
        at--;
    }
    if (at == WZP_TALKERS_MAX) {
        return n;
    }
    const size_t end = n < WZP_TALKERS_MAX ? n : WZP_TALKERS_MAX - 1;
    memmove(&out[at + 1], &out[at], (end - at) * sizeof *out);
    out[at] = one;
    return end + 1;
}

static size_t list(const wzp__talkers *t, wzp_talker out[WZP_TALKERS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < WZP__TALKERS_ROOM; i++) {
        const wzp__talker *one = &t->v[i];
        if (one->is_used && one->is_on) {
            n = insert(out, n,
                       (wzp_talker){.member = one->member,
                                    .level_db = level_db(one->power)});
        }
    }
    return n;
}

static bool is_as_told(const wzp__talkers *t, const wzp_talker *now)
{
    for (size_t i = 0; i < t->n_told; i++) {
        if (t->told[i].member == now->member) {
            const int off = t->told[i].level_db - now->level_db;
            return off < MUCH_DB && off > -MUCH_DB;
        }
    }
    return false;
}

bool wzp__talkers_poll(wzp__talkers *t, wzp_tstamp now,
                       wzp_talker out[WZP_TALKERS_MAX], size_t *n)
{
    if (t->told_at != 0 && now < t->told_at + TELL_NS) {
        return false;
    }
    *n = list(t, out);
    bool is_new = *n != t->n_told;
    for (size_t i = 0; !is_new && i < *n; i++) {
        is_new = !is_as_told(t, &out[i]);
    }
    if (!is_new) {
        return false;
    }
    t->n_told = *n;
    memcpy(t->told, out, *n * sizeof *out);
    t->told_at = now;
    return true;
}
