/* SPDX-License-Identifier: MIT */
/* What people see of sound: who talks, who is muted, how well we send, which
 * devices there are.
 */
#include "view.h"

#include <stdio.h>
#include <string.h>

static void note_talkers(view *v, const wzp_client_event *ev)
{
    size_t len = 0;
    v->talkers[0] = '\0';
    for (size_t i = 0; i < ev->u.talkers.n; i++) {
        const int n =
            snprintf(v->talkers + len, sizeof v->talkers - len, "%s%s",
                     i == 0 ? "" : ", ",
                     people_name(&v->people, ev->u.talkers.of[i].member));
        if (n < 0 || len + (size_t)n >= sizeof v->talkers) {
            v->talkers[len] = '\0'; /* no half names */
            return;
        }
        len += (size_t)n;
    }
}

static void say_peer(view *v, const wzp_client_event *ev)
{
    const char *name = people_name(&v->people, ev->u.peer.member);
    if (ev->u.peer.is_held) {
        view_say(v, "%s has put the call on hold", name);
    } else if (ev->u.peer.is_muted) {
        view_say(v, "%s is muted", name);
    } else {
        view_say(v, "%s can be heard again", name);
    }
}

static const char *why_quality(wzp_quality_why why, bool is_up)
{
    switch (why) {
    case WZP_QUALITY_START: break;
    case WZP_QUALITY_LOSS:
        return is_up ? "fewer packets are lost" : "packets are lost";
    case WZP_QUALITY_BANDWIDTH:
        return is_up ? "the path holds more" : "the path holds less";
    case WZP_QUALITY_PROBE:
        return is_up ? "trying whether the path holds more"
                     : "more was too much";
    case WZP_QUALITY_DIRECTIVE: return "the relay asks for it";
    case WZP_QUALITY_PEERS: return "who listens has changed";
    case WZP_QUALITY_NETWORK: return "another network";
    case WZP_QUALITY_USER: return "as you asked";
    }
    return "to begin with";
}

const char *view_sending(wzp_tier tier, const wzp_media_mode *mode)
{
    const char *name = wzp_tier_name(tier);
    return mode->codec == WZP_CODEC_CODEC2_3200 ? "Codec2 3200"
           : name == NULL                       ? "no tier"
                                                : name;
}

/* Tiers only: inside of one the mode may change often, and says little to
 * people. What it costs is known once there is somebody to send to: before,
 * nothing is packed together. */
static void say_quality(view *v, const wzp_client_event *ev)
{
    const char *name = view_sending(ev->u.quality.tier, &ev->u.quality.mode);
    const bool is_up = ev->u.quality.tier > v->tier;
    char rate[32] = "";
    if (strcmp(name, v->sending) == 0) {
        return;
    }
    v->sending = name;
    v->tier = ev->u.quality.tier;
    if (v->people.n > 0) {
        (void)snprintf(rate, sizeof rate, ", %u kbit/s",
                       ev->u.quality.wire_bps / 1000);
    }
    view_say(v, "sending at %s%s: %s", name, rate,
             why_quality(ev->u.quality.why, is_up));
}

static void say_audio(view *v, const wzp_client_event *ev)
{
    const wzp_audio_note *a = &ev->u.audio;
    const char *in = a->input[0] == '\0' ? "none" : a->input;
    const char *out = a->output[0] == '\0' ? "none" : a->output;
    switch (a->what) {
    case WZP_AUDIO_STARTED:
        view_say(v, "microphone: %s, speaker: %s%s", in, out,
                 a->why == WZP_ERR_NOT_FOUND
                     ? "; not all that was asked for is there (see "
                       "wzp-client devices)"
                     : "");
        break;
    case WZP_AUDIO_FAILED:
        view_say(v, "no sound: no device can be opened (%s); trying on",
                 wzp_strerror(a->why));
        break;
    case WZP_AUDIO_LOST:
        view_say(v, "a device was lost (%s, %s); trying another", in, out);
        break;
    case WZP_AUDIO_CHANGED: break; /* what comes of it is told */
    case WZP_AUDIO_RECORDING:
        v->is_recording = true;
        view_say(v, "RECORDING what you say");
        break;
    case WZP_AUDIO_RECORDED:
        v->is_recording = false;
        if (a->why == WZP_OK) {
            view_say(v, "the recording has ended");
        } else {
            view_say(v, "not recording: %s", wzp_strerror(a->why));
        }
        break;
    }
}

void view_sound_event(view *v, const wzp_client_event *ev)
{
    switch (ev->kind) {
    case WZP_EVENT_TALKERS: note_talkers(v, ev); break;
    case WZP_EVENT_PEER: say_peer(v, ev); break;
    case WZP_EVENT_QUALITY: say_quality(v, ev); break;
    case WZP_EVENT_AUDIO: say_audio(v, ev); break;
    default: break;
    }
}
