/* SPDX-License-Identifier: MIT */
/* Direct calls of a client: commands from any thread, done on the loop.
 */
#include "uv/client_parts.h"

#include <string.h>

/* --- on the loop --- */

static void publish(wzp_client *c, const wzp__command *cmd,
                    wzp_call_state state, wzp_err why)
{
    wzp_client_event ev = {.kind = WZP_EVENT_CALL, .at = wzp_uv_now()};
    ev.u.call.state = state;
    ev.u.call.is_incoming = state == WZP_CALL_RINGING_IN;
    ev.u.call.why = why;
    memcpy(ev.u.call.fingerprint, cmd->fp, WZP_FP_LEN);
    memcpy(ev.u.call.call_id, cmd->call_id, sizeof cmd->call_id);
    wzp__client_publish(c, &ev);
}

static void do_call(wzp_client *c, const wzp__command *cmd)
{
    wzp_call_to to;
    memcpy(to.fingerprint, cmd->fp, WZP_FP_LEN);
    const wzp_err e = wzp_engine_call(c->engine, wzp_uv_now(), &to);
    if (e != WZP_OK) {
        publish(c, cmd, WZP_CALL_ENDED, e);
    }
}

static void do_answer(wzp_client *c, const wzp__command *cmd)
{
    const wzp_err e =
        wzp_engine_answer(c->engine, wzp_uv_now(), cmd->call_id, cmd->mode);
    if (e != WZP_OK && e != WZP_ERR_NOT_FOUND) { /* that it ended was told */
        publish(c, cmd, WZP_CALL_RINGING_IN, e);
    }
}

void wzp__client_do_call(wzp_client *c, const wzp__command *cmd)
{
    switch (cmd->kind) {
    case WZP__CMD_CALL: do_call(c, cmd); break;
    case WZP__CMD_ANSWER: do_answer(c, cmd); break;
    case WZP__CMD_HANGUP:
        wzp_engine_hangup(c->engine, wzp_uv_now(), cmd->reason);
        break;
    case WZP__CMD_CONTACT_DECIDE:
        wzp_ignore(
            wzp_engine_contact_decide(c->engine, wzp_uv_now(), cmd->flag),
            "a decision nobody waits for any more, or WZP_EVENT_CALL says it");
        break;
    default: break;
    }
}

/* --- from any thread --- */

wzp_err wzp_client_call(wzp_client *c, const uint8_t fp[WZP_FP_LEN])
{
    wzp__command cmd = {.kind = WZP__CMD_CALL};
    memcpy(cmd.fp, fp, WZP_FP_LEN);
    return wzp__client_post(c, &cmd);
}

wzp_err wzp_client_answer(wzp_client *c, const char *call_id,
                          wzp_accept_mode mode)
{
    wzp__command cmd = {.kind = WZP__CMD_ANSWER, .mode = mode};
    const size_t len = strlen(call_id);
    if (len >= sizeof cmd.call_id) {
        return WZP_ERR_ARG;
    }
    memcpy(cmd.call_id, call_id, len + 1);
    return wzp__client_post(c, &cmd);
}

wzp_err wzp_client_hangup(wzp_client *c, wzp_hangup_reason reason)
{
    const wzp__command cmd = {.kind = WZP__CMD_HANGUP, .reason = reason};
    return wzp__client_post(c, &cmd);
}

wzp_err wzp_client_contact_decide(wzp_client *c, bool accept)
{
    const wzp__command cmd = {.kind = WZP__CMD_CONTACT_DECIDE, .flag = accept};
    return wzp__client_post(c, &cmd);
}
