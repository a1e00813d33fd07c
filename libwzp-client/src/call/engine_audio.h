/* SPDX-License-Identifier: MIT */
/* The audio of an engine: every 10 ms the mix goes to the device and what it
 * recorded through the capture chain to the sender.
 *
 * A ticked device is driven by the engine's clock, exactly. A device with its
 * own clock leads: the engine fills the playout ring to a level as small as the
 * device's habits allow and takes what was recorded, as often as it is run;
 * one that does not play leaves the mixing to the engine's clock, and what is
 * heard then is thrown away.
 */
#ifndef WZP_CLIENT_ENGINE_AUDIO_H
#define WZP_CLIENT_ENGINE_AUDIO_H

#include <wzp/client/engine.h>
#include <wzp/codec/capture.h>

typedef struct wzp__engine_audio {
    wzp_capture *capture;
    wzp_capture_out heard; /* what the chain said of the last block */
    size_t shut;           /* samples of the microphone still to be silence */
    bool is_on;
    bool input_ended;
    wzp_tstamp tick_at;
    /* devices with a clock of their own */
    wzp_tstamp mix_at;      /* of the next block, follows the device's clock */
    wzp_tstamp mixed_at;    /* the last block; 0: none since it began */
    size_t extra;           /* samples over what the device takes at once */
    uint64_t asked;         /* samples by the device, as far as seen */
    wzp_tstamp played_at;   /* when it was seen to ask */
    uint64_t underflow;     /* as far as it was seen */
    wzp_tstamp patience_at; /* underflow counts from then on */
    /* recording */
    bool is_recording;
    uint64_t recorded; /* samples */
    uint64_t restarts;
} wzp__engine_audio;

WZP_NODISCARD wzp_err wzp__engine_audio_init(wzp_engine *e);
void wzp__engine_audio_deinit(wzp_engine *e);

/* Nothing happens when it is on already, or off. */
void wzp__engine_audio_start(wzp_engine *e, wzp_tstamp now);
void wzp__engine_audio_stop(wzp_engine *e, wzp_tstamp now);

/* The microphone is closed, or open again. What it took before goes nowhere. */
void wzp__engine_audio_door(wzp_engine *e, wzp_tstamp now, bool is_closed);

/* All that is due, and for devices with a clock all that they wait for. */
void wzp__engine_audio_run(wzp_engine *e, wzp_tstamp now);
wzp_tstamp wzp__engine_audio_deadline(const wzp_engine *e);

void wzp__engine_audio_stats(const wzp_engine *e, wzp_client_stats *out);

#endif
