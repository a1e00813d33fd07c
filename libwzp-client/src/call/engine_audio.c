/* SPDX-License-Identifier: MIT */
/* See engine_audio.h. */
#include "call/engine_parts.h"

#include <string.h>

#define TICK          WZP_AUDIO_TICK_SAMPLES
#define TICK_NS       (10 * WZP_MS)
#define TICKS_AT_ONCE 10 /* behind by more: time is skipped */

/* Devices with a clock. chosen: what a first burst of a sound server takes is
 * no sign of its habits; a missing block costs one more until the end of the
 * device, at most four; nothing played for 100 ms, and twice what it takes at
 * once: nobody does; pieces less than 5 ms apart are of one burst. */
#define PATIENCE_NS (500 * WZP_MS)
#define EXTRA_MOST  (4 * (size_t)TICK)
#define DEAF_NS     (100 * WZP_MS)
#define BURST_NS    (5 * WZP_MS)
#define MIX_FAR_NS  (40 * (int64_t)WZP_MS) /* the mix's clock jumps */
#define MIX_SLEW    16
/* A microphone opens. chosen: windows of noise suppression overlap by one
 * block, and in the next its filters fall by 40 dB. */
#define RINGING (2 * (size_t)TICK)

static void push_note(wzp_engine *e, wzp_tstamp now, const wzp_audio_note *note)
{
    wzp_client_event ev = {.kind = WZP_EVENT_AUDIO, .at = now};
    ev.u.audio = *note;
    wzp__event_queue_push(&e->events, &ev);
}

/* --- recording ------------------------------------------------------------ */

static void push_recording(wzp_engine *e, wzp_tstamp now, wzp_audio_event what,
                           wzp_err why)
{
    const wzp_audio_note note = {.what = what, .why = why};
    push_note(e, now, &note);
}

static void end_recording(wzp_engine *e, wzp_tstamp now, wzp_err why)
{
    if (e->audio.is_recording) {
        const wzp_audio_recorder *r = &e->cfg.recorder;
        const wzp_err ended = r->end(r->user);
        e->audio.is_recording = false;
        push_recording(e, now, WZP_AUDIO_RECORDED, why != WZP_OK ? why : ended);
    }
}

wzp_err wzp_engine_record(wzp_engine *e, wzp_tstamp now, const char *path)
{
    const wzp_audio_recorder *r = &e->cfg.recorder;
    if (r->begin == NULL || !e->audio.is_on) {
        return WZP_ERR_STATE;
    }
    end_recording(e, now, WZP_OK);
    if (path == NULL) {
        return WZP_OK;
    }
    WZP_TRY(r->begin(r->user, path));
    e->audio.is_recording = true;
    e->audio.recorded = 0;
    push_recording(e, now, WZP_AUDIO_RECORDING, WZP_OK);
    return WZP_OK;
}

static void record(wzp_engine *e, wzp_tstamp now, const int16_t *pcm)
{
    if (e->audio.is_recording) {
        const wzp_audio_recorder *r = &e->cfg.recorder;
        const wzp_err err = r->write(r->user, pcm, TICK);
        if (err != WZP_OK) {
            end_recording(e, now, err);
            return;
        }
        e->audio.recorded += TICK;
    }
}

/* --- one block each way --------------------------------------------------- */

static void mix_block(wzp_engine *e, wzp_tstamp at)
{
    int16_t pcm[TICK];
    wzp__voices_mix(&e->voices, at, pcm);
    size_t n = wzp__ring_write(&e->port.playout, pcm, TICK);
    (void)n; /* full: the device does not play; nothing to lose */
}

/* Samples until nothing of before comes out of the capture chain. */
static size_t chain_tail(const wzp_engine *e)
{
    wzp_capture_stats s = {.size = sizeof s};
    wzp_capture_stats_get(e->audio.capture, &s);
    return s.delay_samples == 0 ? 0 : s.delay_samples + RINGING;
}

void wzp__engine_audio_door(wzp_engine *e, wzp_tstamp now, bool is_closed)
{
    if (is_closed == e->is_closed) {
        return;
    }
    e->is_closed = is_closed;
    if (is_closed) {
        wzp__sender_close(e->sender, now);
    } else { /* what waits was said behind a closed door */
        e->audio.shut = wzp__ring_level(&e->port.capture) + chain_tail(e);
    }
}

static void silence_shut(wzp_engine *e, int16_t pcm[TICK])
{
    size_t n = e->audio.shut < TICK ? e->audio.shut : TICK;
    e->audio.shut -= n;
    n = e->is_closed ? TICK : n;
    memset(pcm, 0, n * sizeof *pcm);
}

static void capture_block(wzp_engine *e, wzp_tstamp now, int16_t pcm[TICK])
{
    int16_t far[TICK];
    const bool has_far = wzp__audio_port_far(&e->port, far);
    wzp_capture_process(e->audio.capture, pcm, has_far ? far : NULL,
                        &e->audio.heard);
    silence_shut(e, pcm);
    record(e, now, pcm);
    const wzp__sender_in in = {.is_wanted = wzp__engine_is_heard(e),
                               .is_voice = e->audio.heard.is_voice,
                               .noise_level = e->audio.heard.noise_level};
    wzp__sender_capture(e->sender, now, pcm, TICK, &in);
}

/* Whole blocks only: what is left waits for its rest. */
static void capture_all(wzp_engine *e, wzp_tstamp now)
{
    int16_t pcm[TICK];
    while (wzp__ring_level(&e->port.capture) >= TICK &&
           wzp__ring_read(&e->port.capture, pcm, TICK) == TICK) {
        capture_block(e, now, pcm);
    }
    wzp__engine_send_media(e, now);
}

static void note_start(wzp_engine *e, wzp_tstamp now)
{
    if (e->stats.playout_start == 0) {
        e->stats.playout_start = now;
        e->stats.capture_start = now - TICK_NS; /* spoken before it is there */
    }
}

/* --- ticked devices ------------------------------------------------------- */

static void device_tick(wzp_engine *e, wzp_tstamp now)
{
    wzp_err err = e->cfg.audio.tick(e->cfg.audio.user, &e->port);
    if (err != WZP_OK && !e->audio.input_ended) {
        e->audio.input_ended = true;
        wzp_client_event ev = {.kind = WZP_EVENT_INPUT_ENDED, .at = now};
        wzp__event_queue_push(&e->events, &ev);
    }
}

static void tick(wzp_engine *e, wzp_tstamp now)
{
    note_start(e, now);
    while (wzp__ring_level(&e->port.playout) < TICK) {
        mix_block(e, now);
    }
    device_tick(e, now);
    capture_all(e, now);
}

static void run_ticks(wzp_engine *e, wzp_tstamp now)
{
    wzp__engine_audio *a = &e->audio;
    if (now > a->tick_at + TICKS_AT_ONCE * TICK_NS) { /* slept: do not race */
        wzp_tstamp to = now - TICKS_AT_ONCE * TICK_NS;
        e->stats.ticks_skipped += (to - a->tick_at) / TICK_NS;
        a->tick_at = to;
    }
    while (a->is_on && a->tick_at <= now) {
        tick(e, a->tick_at);
        a->tick_at += TICK_NS;
    }
}

/* --- devices with a clock ------------------------------------------------- */

/* A burst is what a device takes at one go, in however many pieces: its last
 * block is mixed for the moment itself, the others for the ones before, so that
 * blocks follow each other as evenly as they are played and what has come is
 * there for all of them. */
static void mix_blocks(wzp_engine *e, wzp_tstamp now, size_t n)
{
    wzp__engine_audio *a = &e->audio;
    if (n > 0 && a->mixed_at == 0) {
        a->mix_at = now - (n - 1) * TICK_NS;
    } else if (n > 0 && now - a->mixed_at >= BURST_NS) { /* another one */
        const int64_t off = (int64_t)(a->mixed_at + TICK_NS - a->mix_at);
        const bool is_far = off > MIX_FAR_NS || off < -MIX_FAR_NS;
        a->mix_at += (wzp_tstamp)(is_far ? off : off / MIX_SLEW);
    }
    for (; n > 0; n--) {
        mix_block(e, a->mix_at);
        a->mix_at += TICK_NS;
        a->mixed_at = now;
    }
}

/* What the device takes at once, in whole blocks, and more where that was not
 * enough. */
static size_t playout_target(const wzp_engine *e)
{
    const size_t quantum = atomic_load(&e->port.quantum);
    const size_t blocks = (quantum + TICK - 1) / TICK;
    const size_t want = (blocks == 0 ? 1 : blocks) * TICK + e->audio.extra;
    const size_t most = (e->port.playout.cap / TICK - 1) * TICK;
    return want < most ? want : most;
}

/* From what is ready up to what should be. */
static size_t blocks_missing(wzp_engine *e)
{
    const size_t target = playout_target(e);
    const size_t level = wzp__ring_level(&e->port.playout);
    return level < target ? (target - level + TICK - 1) / TICK : 0;
}

static void begin_device(wzp__engine_audio *a, wzp_tstamp now)
{
    a->extra = 0;
    a->mixed_at = 0;
    a->patience_at = now + PATIENCE_NS;
}

static void learn_level(wzp_engine *e, wzp_tstamp now)
{
    wzp__engine_audio *a = &e->audio;
    const uint64_t underflow = atomic_load(&e->port.playout_underflow);
    if (underflow != a->underflow && now >= a->patience_at) {
        a->extra += a->extra < EXTRA_MOST ? TICK : 0;
        a->patience_at = now + PATIENCE_NS;
    }
    a->underflow = underflow;
}

/* Nothing played for so long: nobody does. */
static wzp_tstamp deaf_after(const wzp_engine *e)
{
    const uint32_t quantum = atomic_load(&e->port.quantum);
    return DEAF_NS + (wzp_tstamp)quantum * 2 * WZP_S / WZP_PCM_RATE;
}

static bool is_playing(wzp_engine *e, wzp_tstamp now)
{
    wzp__engine_audio *a = &e->audio;
    const uint64_t asked = atomic_load(&e->port.asked);
    if (asked != a->asked) {
        if (now - a->played_at >= deaf_after(e)) { /* it begins */
            begin_device(a, now);
        }
        a->asked = asked;
        a->played_at = now;
    }
    return now - a->played_at < deaf_after(e);
}

/* Nobody plays: the voices go on, in the engine's time. */
static void mix_for_nobody(wzp_engine *e, wzp_tstamp now)
{
    int16_t pcm[TICK];
    if (now > e->audio.mix_at + (wzp_tstamp)MIX_FAR_NS) {
        e->audio.mix_at = now;
    }
    for (; e->audio.mix_at <= now; e->audio.mix_at += TICK_NS) {
        wzp__voices_mix(&e->voices, e->audio.mix_at, pcm);
    }
}

static void run_clocked(wzp_engine *e, wzp_tstamp now)
{
    note_start(e, now);
    const bool is_played = is_playing(e, now);
    learn_level(e, now);
    if (is_played) {
        mix_blocks(e, now, blocks_missing(e));
    } else {
        mix_for_nobody(e, now);
    }
    capture_all(e, now);
    e->audio.tick_at = now + TICK_NS;
}

static void take_notes(wzp_engine *e, wzp_tstamp now)
{
    wzp_audio_note note;
    while (e->cfg.audio.poll != NULL &&
           e->cfg.audio.poll(e->cfg.audio.user, &note)) {
        if (note.what == WZP_AUDIO_STARTED) {
            begin_device(&e->audio, now);
            wzp_capture_reset(e->audio.capture); /* another room, or device */
        }
        e->audio.restarts += note.what == WZP_AUDIO_LOST;
        push_note(e, now, &note);
    }
}

/* --- life ----------------------------------------------------------------- */

wzp_err wzp__engine_audio_init(wzp_engine *e)
{
    wzp_capture_config cfg;
    wzp_capture_config_default(&cfg);
    cfg.mem = e->cfg.mem;
    cfg.parts = e->cfg.capture;
    WZP_TRY(wzp__audio_port_init(&e->port, &e->cfg.mem));
    return wzp_capture_new(&e->audio.capture, &cfg);
}

void wzp__engine_audio_deinit(wzp_engine *e)
{
    wzp_capture_free(e->audio.capture);
    wzp__audio_port_deinit(&e->port, &e->cfg.mem);
}

static void open_device(wzp_engine *e, wzp_tstamp now)
{
    const wzp_err err = e->cfg.audio.start(e->cfg.audio.user, &e->port);
    e->audio.is_on = err == WZP_OK;
    if (err != WZP_OK) {
        const wzp_audio_note note = {.what = WZP_AUDIO_FAILED, .why = err};
        push_note(e, now, &note);
        WZP_LOG(&e->cfg.log, WZP_LOG_ERROR, "engine", "audio.start.failed",
                "err=%s", wzp_err_name(err));
    }
}

static void close_device(wzp_engine *e)
{
    e->cfg.audio.stop(e->cfg.audio.user);
    e->audio.is_on = false;
}

void wzp__engine_audio_start(wzp_engine *e, wzp_tstamp now)
{
    if (e->audio.is_on) {
        return;
    }
    wzp__audio_port_forget(&e->port);
    e->audio.shut = chain_tail(e); /* of the room before */
    e->audio.tick_at = now;
    e->audio.mix_at = now;
    begin_device(&e->audio, now);
    open_device(e, now);
}

void wzp__engine_audio_stop(wzp_engine *e, wzp_tstamp now)
{
    if (e->audio.is_on) {
        close_device(e);
        end_recording(e, now, WZP_OK);
    }
}

void wzp__engine_audio_run(wzp_engine *e, wzp_tstamp now)
{
    if (!e->audio.is_on) {
        return;
    }
    take_notes(e, now);
    if (e->cfg.audio.tick != NULL) {
        run_ticks(e, now);
    } else {
        run_clocked(e, now);
    }
}

wzp_tstamp wzp__engine_audio_deadline(const wzp_engine *e)
{
    return e->audio.is_on ? e->audio.tick_at : WZP_NEVER;
}

/* --- commands and statistics ---------------------------------------------- */

void wzp_engine_capture_set(wzp_engine *e, wzp_tstamp now,
                            const wzp_capture_parts *parts)
{
    (void)now;
    wzp_capture_set(e->audio.capture, parts);
}

void wzp_engine_audio_wake(wzp_engine *e, wzp_tstamp now,
                           void (*wake)(void *user), void *user)
{
    const bool was_on = e->audio.is_on;
    if (was_on) {
        close_device(e);
    }
    e->port.wake = e->cfg.audio.tick == NULL ? wake : NULL;
    e->port.wake_user = user;
    if (was_on && wake != NULL) {
        open_device(e, now);
    }
    if (!e->audio.is_on) {
        end_recording(e, now, WZP_OK);
    }
}

void wzp__engine_audio_stats(const wzp_engine *e, wzp_client_stats *out)
{
    const wzp__engine_audio *a = &e->audio;
    wzp_capture_stats c = {.size = sizeof c};
    wzp_capture_stats_get(a->capture, &c);
    out->capture_overflow = atomic_load(&e->port.capture_overflow);
    out->playout_underflow = atomic_load(&e->port.playout_underflow);
    out->capture_level_db = a->heard.level_db;
    out->is_voice = a->heard.is_voice;
    out->has_echo = c.parts.echo;
    out->has_denoise = c.parts.denoise;
    out->has_gain = c.parts.gain;
    out->has_vad = c.parts.vad;
    out->echo_delay_ms = c.echo_delay_ms;
    out->erle_db = c.erle_db > 0 ? (uint32_t)c.erle_db : 0;
    out->device_restarts = a->restarts;
    out->recorded_ms = a->recorded / (WZP_PCM_RATE / 1000);
}
