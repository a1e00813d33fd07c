/* SPDX-License-Identifier: MIT */
/* How the talker of a run is told which tier to use. */
#ifndef WZP_VOICE_CONTROL_H
#define WZP_VOICE_CONTROL_H

#include "bench/voice/run.h"
#include "support/world/world.h"

/* Settings of both clients, before they are made. */
void voice_control_config(unsigned who, wzp_world_client_config *cfg);
/* After the talker joined. */
void voice_control_begin(unsigned who, wzp_world *w, wzp_node talker);
/* "24k/20 LBRR": the mode that these statistics tell. */
void voice_control_mode(const wzp_client_stats *stats, char *out, size_t cap);

#endif
