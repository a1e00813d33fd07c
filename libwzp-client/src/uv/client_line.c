/* SPDX-License-Identifier: MIT */
/* A registration begins with a name: the relay's addresses are asked for off
 * the loop, then the engine tries them in order. Beside a join, and
 * independent of it.
 */
#include "uv/client_parts.h"
#include "uv/lookup.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

typedef struct line_job {
    uv_getaddrinfo_t req;
    wzp_client *client;
    wzp__command cmd;
} line_job;

static void publish(wzp_client *c, wzp_line_state state, wzp_err why,
                    const char *text)
{
    wzp_client_event ev = {.kind = WZP_EVENT_LINE, .at = wzp_uv_now()};
    ev.u.line.state = state;
    ev.u.line.why = why;
    (void)snprintf(ev.u.line.text, sizeof ev.u.line.text, "%s", text);
    wzp__client_publish(c, &ev);
}

static void publish_ended(wzp_client *c, wzp_err why, const char *text)
{
    publish(c, WZP_LINE_IDLE, why, text);
}

static void start(wzp_client *c, const wzp__command *cmd,
                  const struct addrinfo *list)
{
    char relay[WZP__RELAY_TEXT_MAX];
    wzp__lookup_text(&cmd->relay, relay);
    wzp_register reg = {.relay = relay,
                        .local = wzp_uv_udp_local(c->udp),
                        .has_pin = cmd->has_pin};
    memcpy(reg.pin, cmd->pin, sizeof reg.pin);
    reg.n_addrs = wzp__lookup_addresses(list, reg.addrs);
    const wzp_err e = reg.n_addrs == 0
                          ? WZP_ERR_RESOLVE
                          : wzp_engine_register(c->engine, wzp_uv_now(), &reg);
    if (e != WZP_OK) {
        publish_ended(c, e, wzp_strerror(e));
    }
    wzp_uv_udp_kick(c->udp);
}

static void on_resolved(uv_getaddrinfo_t *req, int status,
                        struct addrinfo *list)
{
    line_job *job = req->data;
    wzp_client *c = job->client;
    c->is_line_resolving = false;
    c->jobs--;
    if (c->has_unregistered) {
        publish_ended(c, WZP_OK, "registered no more");
    } else if (status != 0 && !c->is_stopping) {
        char text[160];
        (void)snprintf(text, sizeof text, "cannot find relay \"%.100s\": %s",
                       job->cmd.relay.host, uv_strerror(status));
        publish_ended(c, WZP_ERR_RESOLVE, text);
    } else if (!c->is_stopping) {
        start(c, &job->cmd, list);
    }
    uv_freeaddrinfo(list);
    wzp_mem_free(&c->mem, job, sizeof *job);
    wzp__client_maybe_close(c);
}

void wzp__client_register(wzp_client *c, const wzp__command *cmd)
{
    const wzp_line_state state = wzp_engine_line_state(c->engine);
    if (c->is_line_resolving || state != WZP_LINE_IDLE) {
        publish(c, state, WZP_ERR_STATE, "one registration at a time");
        return;
    }
    line_job *job = wzp_mem_new(&c->mem, sizeof *job);
    if (job == NULL) {
        publish_ended(c, WZP_ERR_NOMEM, wzp_strerror(WZP_ERR_NOMEM));
        return;
    }
    *job = (line_job){.client = c, .cmd = *cmd};
    job->req.data = job;
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    const int e = uv_getaddrinfo(c->loop, &job->req, on_resolved,
                                 cmd->relay.host, cmd->relay.port, &hints);
    if (e != 0) {
        wzp_mem_free(&c->mem, job, sizeof *job);
        publish_ended(c, WZP_ERR_RESOLVE, uv_strerror(e));
        return;
    }
    c->jobs++;
    c->has_unregistered = false;
    c->is_line_resolving = true;
}

void wzp__client_unregister(wzp_client *c)
{
    if (c->is_line_resolving) {
        c->has_unregistered = true;
    }
    wzp_engine_unregister(c->engine, wzp_uv_now());
}
