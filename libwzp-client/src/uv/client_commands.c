/* SPDX-License-Identifier: MIT */
/* The bounded queue of a client's commands: put in from any thread, done on
 * the loop.
 */
#include "uv/client_parts.h"
#include "uv/lookup.h"

#include <wzp/crypto/guarded.h>

#include <string.h>

/* --- on the loop --- */

static void do_leave(wzp_client *c)
{
    if (c->is_resolving) {
        c->has_left = true;
    }
    wzp_engine_leave(c->engine, wzp_uv_now());
}

static void do_accept_clear(wzp_client *c)
{
    if (c->is_resolving) { /* joining, as the host sees it */
        c->has_accepted = true;
        return;
    }
    wzp_ignore(wzp_engine_accept_clear(c->engine, wzp_uv_now()),
               "WZP_EVENT_CLEAR has said what is refused");
}

static void do_reopen(wzp_client *c)
{
    const wzp_err e = wzp_uv_udp_reopen(c->udp);
    if (e != WZP_OK) { /* the old socket stays */
        WZP_LOG(&c->cfg.engine.log, WZP_LOG_WARN, "client", "client.no_socket",
                "err=%s", wzp_err_name(e));
    }
}

static void do_contact(wzp_client *c, const wzp__command *cmd)
{
    const wzp_tstamp now = wzp_uv_now();
    wzp_err e;
    if (cmd->kind == WZP__CMD_CONTACT_ADD) {
        e = wzp_engine_contact_add(c->engine, now, cmd->fp, cmd->name);
    } else if (cmd->kind == WZP__CMD_CONTACT_VERIFY) {
        e = wzp_engine_contact_verify(c->engine, now, cmd->fp, cmd->flag);
    } else {
        e = wzp_engine_contact_forget(c->engine, now, cmd->fp);
    }
    wzp_ignore(e, "WZP_EVENT_CONTACT says it");
}

static void do_quality(wzp_client *c, const wzp__command *cmd)
{
    const wzp_tstamp now = wzp_uv_now();
    if (cmd->flag) {
        wzp_ignore(wzp_engine_quality_force(c->engine, now, cmd->tier),
                   "looked at when it was asked for");
    } else {
        wzp_engine_quality_auto(c->engine, now);
    }
}

static void do_record(wzp_client *c, const wzp__command *cmd)
{
    const wzp_err e = wzp_engine_record(c->engine, wzp_uv_now(),
                                        cmd->flag ? cmd->path : NULL);
    if (e != WZP_OK) {
        wzp_client_event ev = {.kind = WZP_EVENT_AUDIO, .at = wzp_uv_now()};
        ev.u.audio.what = WZP_AUDIO_RECORDED;
        ev.u.audio.why = e;
        wzp__client_publish(c, &ev);
    }
}

static void run_command(wzp_client *c, const wzp__command *cmd)
{
    wzp_tstamp now = wzp_uv_now();
    switch (cmd->kind) {
    case WZP__CMD_JOIN: wzp__client_begin_join(c, cmd); break;
    case WZP__CMD_LEAVE: do_leave(c); break;
    case WZP__CMD_MUTE: wzp_engine_mute(c->engine, now, cmd->flag); break;
    case WZP__CMD_HOLD: wzp_engine_hold(c->engine, now, cmd->flag); break;
    case WZP__CMD_PUSH_TO_TALK:
        wzp_engine_push_to_talk(c->engine, now, cmd->flag, cmd->is_down);
        break;
    case WZP__CMD_VOLUME:
        wzp_ignore(wzp_engine_volume(c->engine, now, cmd->member, cmd->percent),
                   "a member that has just left");
        break;
    case WZP__CMD_PIN_DECIDE:
        wzp_ignore(wzp_engine_pin_decide(c->engine, now, cmd->flag),
                   "a decision nobody waits for any more");
        break;
    case WZP__CMD_ACCEPT_CLEAR: do_accept_clear(c); break;
    case WZP__CMD_WORDS: wzp__client_work_words(c); break;
    case WZP__CMD_NETWORK: do_reopen(c); break;
    case WZP__CMD_CONTACT_ADD:
    case WZP__CMD_CONTACT_VERIFY:
    case WZP__CMD_CONTACT_FORGET: do_contact(c, cmd); break;
    case WZP__CMD_CALL:
    case WZP__CMD_ANSWER:
    case WZP__CMD_HANGUP:
    case WZP__CMD_CONTACT_DECIDE: wzp__client_do_call(c, cmd); break;
    case WZP__CMD_REGISTER: wzp__client_register(c, cmd); break;
    case WZP__CMD_UNREGISTER: wzp__client_unregister(c); break;
    case WZP__CMD_QUALITY: do_quality(c, cmd); break;
    case WZP__CMD_NETWORK_KIND:
        wzp_engine_quality_network(c->engine, now, cmd->network);
        break;
    case WZP__CMD_CAPTURE:
        wzp_engine_capture_set(c->engine, now, &cmd->parts);
        break;
    case WZP__CMD_RECORD: do_record(c, cmd); break;
    }
}

static bool next_command(wzp_client *c, wzp__command *out)
{
    uv_mutex_lock(&c->lock);
    bool any = c->cmd_count > 0;
    if (any) {
        *out = c->commands[c->cmd_head];
        c->cmd_head = (c->cmd_head + 1) % WZP__COMMANDS;
        c->cmd_count--;
    }
    uv_mutex_unlock(&c->lock);
    return any;
}

void wzp__client_run_commands(wzp_client *c)
{
    wzp__command cmd;
    while (!c->is_stopping && next_command(c, &cmd)) {
        run_command(c, &cmd);
    }
}

void wzp__client_drop_commands(wzp_client *c)
{
    wzp__command cmd;
    while (next_command(c, &cmd)) {
        wzp_guarded_free(cmd.terms);
    }
}

/* --- from any thread --- */

wzp_err wzp__client_post(wzp_client *c, const wzp__command *cmd)
{
    if (c->how == WZP__HOST_NONE) {
        return WZP_ERR_STATE;
    }
    uv_mutex_lock(&c->lock);
    bool full = c->cmd_count == WZP__COMMANDS;
    if (!full) {
        c->commands[(c->cmd_head + c->cmd_count) % WZP__COMMANDS] = *cmd;
        c->cmd_count++;
    }
    uv_mutex_unlock(&c->lock);
    if (full) {
        return WZP_ERR_FULL;
    }
    uv_async_send(&c->wake);
    return WZP_OK;
}

wzp_err wzp_client_join_with(wzp_client *c,
                             const wzp_client_join_options *options)
{
    wzp__command cmd;
    WZP_TRY(wzp__client_join_command(&cmd, options));
    const wzp_err e = wzp__client_post(c, &cmd);
    if (e != WZP_OK) {
        wzp_guarded_free(cmd.terms);
    }
    return e;
}

wzp_err wzp_client_join(wzp_client *c, const char *room, const char *relay,
                        const char *pin)
{
    wzp_client_join_options o;
    wzp_client_join_options_default(&o);
    o.room = room;
    o.relay = relay;
    o.pin = pin;
    return wzp_client_join_with(c, &o);
}

wzp_err wzp_client_leave(wzp_client *c)
{
    return wzp__client_post(c, &(wzp__command){.kind = WZP__CMD_LEAVE});
}

wzp_err wzp_client_mute(wzp_client *c, bool muted)
{
    return wzp__client_post(
        c, &(wzp__command){.kind = WZP__CMD_MUTE, .flag = muted});
}

wzp_err wzp_client_quality_auto(wzp_client *c)
{
    return wzp__client_post(c, &(wzp__command){.kind = WZP__CMD_QUALITY});
}

wzp_err wzp_client_quality_force(wzp_client *c, wzp_tier tier)
{
    if (wzp_tier_name(tier) == NULL) {
        return WZP_ERR_ARG;
    }
    return wzp__client_post(
        c,
        &(wzp__command){.kind = WZP__CMD_QUALITY, .flag = true, .tier = tier});
}

wzp_err wzp_client_quality_network(wzp_client *c, wzp_network kind)
{
    return wzp__client_post(
        c, &(wzp__command){.kind = WZP__CMD_NETWORK_KIND, .network = kind});
}

wzp_err wzp_client_capture_set(wzp_client *c, const wzp_capture_parts *parts)
{
    return wzp__client_post(
        c, &(wzp__command){.kind = WZP__CMD_CAPTURE, .parts = *parts});
}

wzp_err wzp_client_record(wzp_client *c, const char *path)
{
    wzp__command cmd = {.kind = WZP__CMD_RECORD, .flag = path != NULL};
    const size_t len = path == NULL ? 0 : strlen(path);
    if (len >= sizeof cmd.path) {
        return WZP_ERR_NAME;
    }
    memcpy(cmd.path, path == NULL ? "" : path, len + 1);
    return wzp__client_post(c, &cmd);
}

wzp_err wzp_client_hold(wzp_client *c, bool held)
{
    return wzp__client_post(
        c, &(wzp__command){.kind = WZP__CMD_HOLD, .flag = held});
}

wzp_err wzp_client_push_to_talk(wzp_client *c, bool is_on, bool is_down)
{
    return wzp__client_post(c, &(wzp__command){.kind = WZP__CMD_PUSH_TO_TALK,
                                               .flag = is_on,
                                               .is_down = is_down});
}

wzp_err wzp_client_volume(wzp_client *c, uint32_t member, uint32_t gain_percent)
{
    if (gain_percent > WZP_VOLUME_MAX) {
        return WZP_ERR_ARG;
    }
    return wzp__client_post(c, &(wzp__command){.kind = WZP__CMD_VOLUME,
                                               .member = member,
                                               .percent = gain_percent});
}

wzp_err wzp_client_pin_decide(wzp_client *c, bool accept)
{
    return wzp__client_post(
        c, &(wzp__command){.kind = WZP__CMD_PIN_DECIDE, .flag = accept});
}

wzp_err wzp_client_accept_clear(wzp_client *c)
{
    return wzp__client_post(c, &(wzp__command){.kind = WZP__CMD_ACCEPT_CLEAR});
}

static wzp_err post_contact(wzp_client *c, wzp__command *cmd,
                            const uint8_t fp[WZP_FP_LEN])
{
    memcpy(cmd->fp, fp, WZP_FP_LEN);
    return wzp__client_post(c, cmd);
}

wzp_err wzp_client_contact_add(wzp_client *c, const uint8_t fp[WZP_FP_LEN],
                               const char *name)
{
    wzp__command cmd = {.kind = WZP__CMD_CONTACT_ADD};
    const size_t len = strlen(name);
    if (len >= sizeof cmd.name) {
        return WZP_ERR_NAME;
    }
    memcpy(cmd.name, name, len + 1);
    return post_contact(c, &cmd, fp);
}

wzp_err wzp_client_contact_verify(wzp_client *c, const uint8_t fp[WZP_FP_LEN],
                                  bool is_verified)
{
    wzp__command cmd = {.kind = WZP__CMD_CONTACT_VERIFY, .flag = is_verified};
    return post_contact(c, &cmd, fp);
}

wzp_err wzp_client_contact_forget(wzp_client *c, const uint8_t fp[WZP_FP_LEN])
{
    wzp__command cmd = {.kind = WZP__CMD_CONTACT_FORGET};
    return post_contact(c, &cmd, fp);
}

wzp_err wzp_client_register(wzp_client *c, const char *relay, const char *pin)
{
    wzp__command cmd = {.kind = WZP__CMD_REGISTER};
    WZP_TRY(wzp__relay_name_decode(relay, &cmd.relay));
    if (pin != NULL) {
        WZP_TRY(wzp__lookup_pin(pin, cmd.pin));
        cmd.has_pin = true;
    }
    return wzp__client_post(c, &cmd);
}

wzp_err wzp_client_unregister(wzp_client *c)
{
    return wzp__client_post(c, &(wzp__command){.kind = WZP__CMD_UNREGISTER});
}

wzp_err wzp_client_words(wzp_client *c)
{
    return wzp__client_post(c, &(wzp__command){.kind = WZP__CMD_WORDS});
}

wzp_err wzp_client_network_changed(wzp_client *c)
{
    return wzp__client_post(c, &(wzp__command){.kind = WZP__CMD_NETWORK});
}
