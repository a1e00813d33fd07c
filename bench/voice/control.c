/* SPDX-License-Identifier: MIT */
/* See control.h. */
#include "bench/voice/control.h"

#include <stdio.h>
#include <stdlib.h>

void voice_control_config(unsigned who, wzp_world_client_config *cfg)
{
    const wzp_media_mode *mode = voice_who_mode(who);
    cfg->has_engine = true;
    wzp_engine_config_default(&cfg->engine);
    if (who == VOICE_AUTO) {
        cfg->engine.quality.max_tier = WZP_TIER_GOOD;
    }
    if (mode != NULL) {
        cfg->engine.has_fixed_mode = true;
        cfg->engine.fixed_mode = *mode;
    }
    cfg->engine.capture.denoise = who == VOICE_DENOISED;
}

void voice_control_begin(unsigned who, wzp_world *w, wzp_node talker)
{
    if (who >= VOICE_TIER &&
        wzp_engine_quality_force(wzp_world_engine(w, talker), wzp_world_now(w),
                                 (wzp_tier)(who - VOICE_TIER)) != WZP_OK) {
        abort();
    }
}

void voice_control_mode(const wzp_client_stats *stats, char *out, size_t cap)
{
    static const char *const REDUNDANCY[] = {"", " LBRR", " DRED",
                                             " LBRR+DRED"};
    const wzp_media_mode *m = &stats->mode;
    const wzp_codec_info *info = wzp_codec_info_get(m->codec);
    int n = snprintf(out, cap, "%s/%u%s", info == NULL ? "?" : info->name,
                     m->frame_ms, REDUNDANCY[m->redundancy % 4]);
    if (n > 0 && (size_t)n < cap && (m->n_new > 1 || m->n_old > 0)) {
        n += snprintf(out + n, cap - (size_t)n, " %u+%u", m->n_new, m->n_old);
    }
    if (n > 0 && (size_t)n < cap && m->window_q > 0) {
        n += snprintf(out + n, cap - (size_t)n, " q%u w%u", m->window_q,
                      m->window);
    }
    if (n > 0 && (size_t)n < cap && m->parity_r > 0) {
        (void)snprintf(out + n, cap - (size_t)n, " %u/%u", m->parity_r,
                       m->parity_k);
    }
}
