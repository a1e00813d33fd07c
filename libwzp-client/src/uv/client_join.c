/* SPDX-License-Identifier: MIT */
/* Joining begins with a name: the relay's addresses are asked for off the
 * loop, then the engine tries them in order.
 */
#include "uv/client_parts.h"
#include "uv/lookup.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

typedef struct resolve_job {
    uv_getaddrinfo_t req;
    wzp_client *client;
    wzp__command cmd;
} resolve_job;

static void start_join(wzp_client *c, const wzp__command *cmd,
                       const struct addrinfo *list)
{
    char relay[WZP__RELAY_TEXT_MAX];
    wzp__lookup_text(&cmd->relay, relay);
    wzp_join join = {.room = cmd->room,
                     .relay = relay,
                     .local = wzp_uv_udp_local(c->udp),
                     .has_pin = cmd->has_pin};
    memcpy(join.pin, cmd->pin, sizeof join.pin);
    join.n_addrs = wzp__lookup_addresses(list, join.addrs);
    wzp_err e = join.n_addrs == 0
                    ? WZP_ERR_RESOLVE
                    : wzp_engine_join(c->engine, wzp_uv_now(), &join);
    if (e != WZP_OK) {
        wzp__client_publish_ended(c, e, wzp_strerror(e));
    } else if (c->has_accepted) {
        wzp_ignore(wzp_engine_accept_clear(c->engine, wzp_uv_now()),
                   "WZP_EVENT_CLEAR will say what is refused");
    }
    wzp_uv_udp_kick(c->udp);
}

static void on_resolved(uv_getaddrinfo_t *req, int status,
                        struct addrinfo *list)
{
    resolve_job *job = req->data;
    wzp_client *c = job->client;
    c->is_resolving = false;
    c->jobs--;
    if (c->has_left) {
        wzp__client_publish_ended(c, WZP_OK, "left the room");
    } else if (status != 0 && !c->is_stopping) {
        char text[160];
        (void)snprintf(text, sizeof text, "cannot find relay \"%.100s\": %s",
                       job->cmd.relay.host, uv_strerror(status));
        wzp__client_publish_ended(c, WZP_ERR_RESOLVE, text);
    } else if (!c->is_stopping) {
        start_join(c, &job->cmd, list);
    }
    uv_freeaddrinfo(list);
    wzp_mem_free(&c->mem, job, sizeof *job);
    wzp__client_maybe_close(c);
}

void wzp__client_resolve(wzp_client *c, const wzp__command *cmd)
{
    if (c->is_resolving || wzp_engine_state(c->engine) != WZP_CLIENT_IDLE) {
        wzp_client_event ev = {.kind = WZP_EVENT_STATE, .at = wzp_uv_now()};
        ev.u.state.state = wzp_engine_state(c->engine);
        ev.u.state.why = WZP_ERR_STATE; /* refused: one room at a time */
        wzp__client_publish(c, &ev);
        return;
    }
    resolve_job *job = wzp_mem_new(&c->mem, sizeof *job);
    if (job == NULL) {
        wzp__client_publish_ended(c, WZP_ERR_NOMEM,
                                  wzp_strerror(WZP_ERR_NOMEM));
        return;
    }
    *job = (resolve_job){.client = c, .cmd = *cmd};
    job->req.data = job;
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    int e = uv_getaddrinfo(c->loop, &job->req, on_resolved, cmd->relay.host,
                           cmd->relay.port, &hints);
    if (e != 0) {
        wzp_mem_free(&c->mem, job, sizeof *job);
        wzp__client_publish_ended(c, WZP_ERR_RESOLVE, uv_strerror(e));
        return;
    }
    c->jobs++;
    c->has_left = false;
    c->has_accepted = false;
    c->is_resolving = true;
}
