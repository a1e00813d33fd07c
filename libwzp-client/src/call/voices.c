/* SPDX-License-Identifier: MIT */
/* The table of receivers, see voices.h. */
#include "call/voices.h"

#define IDLE_NS (10 * WZP_S) /* chosen: longer than a pause in speech */

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

static void retire(wzp__voices *vs, wzp__voice *v)
{
    wzp__receiver_stats last;
    wzp__receiver_stats_get(v->receiver, &last);
    last.playout_delay_ms = 0;
    wzp__receiver_stats_add(&vs->retired, &last);
    wzp__receiver_free(v->receiver);
    *v = (wzp__voice){0};
}

void wzp__voices_retire_all(wzp__voices *vs)
{
    for (size_t i = 0; i < vs->max; i++) {
        if (vs->v[i].receiver != NULL) {
            retire(vs, &vs->v[i]);
        }
    }
}

void wzp__voices_retire(wzp__voices *vs, uint32_t member)
{
    for (size_t i = 0; i < vs->max; i++) {
        if (vs->v[i].receiver != NULL && vs->v[i].member == member) {
            retire(vs, &vs->v[i]);
        }
    }
}

void wzp__voices_retire_idle(wzp__voices *vs, wzp_tstamp now)
{
    for (size_t i = 0; i < vs->max; i++) {
        wzp__voice *v = &vs->v[i];
        if (v->receiver != NULL &&
            now - wzp__receiver_heard_at(v->receiver) > IDLE_NS) {
            retire(vs, v);
        }
    }
}

/* The receiver of this member, made if needed; NULL when all are taken. */
static wzp__receiver *voice_of(wzp__voices *vs, uint32_t member)
{
    wzp__voice *spare = NULL;
    for (size_t i = 0; i < vs->max; i++) {
        wzp__voice *v = &vs->v[i];
        if (v->receiver == NULL) {
            spare = spare == NULL ? v : spare;
        } else if (v->member == member) {
            return v->receiver;
        }
    }
    if (spare == NULL ||
        wzp__receiver_new(&spare->receiver, &vs->cfg) != WZP_OK) {
        return NULL;
    }
    spare->member = member;
    return spare->receiver;
}

void wzp__voices_insert(wzp__voices *vs, wzp_tstamp now, uint32_t member,
                        const wzp_media_hdr *hdr, const uint8_t *frame,
                        size_t len)
{
    wzp__receiver *r = voice_of(vs, member);
    if (r == NULL) {
        vs->no_room++;
        return;
    }
    wzp_ignore(wzp__receiver_insert(r, now, hdr, frame, len),
               "late and double packets are counted by the receiver");
}

void wzp__voices_mix(wzp__voices *vs, wzp_tstamp now,
                     int16_t out[WZP_AUDIO_TICK_SAMPLES])
{
    wzp__mixer_begin(&vs->mixer);
    for (size_t i = 0; i < vs->max; i++) {
        wzp__receiver *r = vs->v[i].receiver;
        if (r != NULL && wzp__receiver_read(r, now, out)) {
            wzp__mixer_add(&vs->mixer, out);
        }
    }
    wzp__mixer_end(&vs->mixer, out);
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
