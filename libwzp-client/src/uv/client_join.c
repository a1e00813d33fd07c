/* SPDX-License-Identifier: MIT */
/* Joining begins off the loop: the room's secret takes a second of Argon2id and
 * 256 MiB, the relay's addresses are asked for by name. Then the engine tries
 * them in order.
 */
#include "uv/client_parts.h"
#include "uv/lookup.h"

#include <wzp/crypto/guarded.h>
#include <wzp/crypto/room.h>
#include <wzp/crypto/wipe.h>
#include <wzp/proto/sized.h>

#include <netdb.h>
#include <stdio.h>
#include <string.h>

typedef struct join_job {
    uv_work_t derive;
    uv_getaddrinfo_t resolve;
    wzp_client *client;
    wzp__command cmd;
    wzp_err err; /* of the derivation */
} join_job;

/* One room or call at a time: this join is refused, what there is goes on. */
static void refuse_second(wzp_client *c)
{
    wzp_client_event ev = {.kind = WZP_EVENT_STATE, .at = wzp_uv_now()};
    ev.u.state.state = wzp_engine_state(c->engine);
    ev.u.state.why = WZP_ERR_STATE;
    wzp__client_publish(c, &ev);
}

static void start_join(wzp_client *c, const wzp__command *cmd,
                       const struct addrinfo *list)
{
    char relay[WZP__RELAY_TEXT_MAX];
    const wzp__join_terms *terms = cmd->terms;
    wzp__lookup_text(&cmd->relay, relay);
    wzp_join join = {.room = cmd->room,
                     .relay = relay,
                     .local = wzp_uv_udp_local(c->udp),
                     .has_pin = cmd->has_pin,
                     .policy = terms->policy,
                     .allowed = (const uint8_t(*)[WZP_FP_LEN])terms->allowed,
                     .n_allowed = terms->n_allowed,
                     .has_secret = terms->has_keys,
                     .public_name = terms->public_name};
    memcpy(join.pin, cmd->pin, sizeof join.pin);
    memcpy(join.access, terms->access, sizeof join.access);
    memcpy(join.psk, terms->psk, sizeof join.psk);
    join.n_addrs = wzp__lookup_addresses(list, join.addrs);
    wzp_err e = join.n_addrs == 0
                    ? WZP_ERR_RESOLVE
                    : wzp_engine_join(c->engine, wzp_uv_now(), &join);
    wzp_wipe(&join, sizeof join);
    if (e == WZP_ERR_STATE) {
        refuse_second(c);
    } else if (e != WZP_OK) {
        wzp__client_publish_ended(c, e, wzp_strerror(e));
    } else if (c->has_accepted) {
        wzp_ignore(wzp_engine_accept_clear(c->engine, wzp_uv_now()),
                   "WZP_EVENT_CLEAR will say what is refused");
    }
    wzp_uv_udp_kick(c->udp);
}

/* --- steps ---------------------------------------------------------------- */

static void free_job(wzp_client *c, join_job *job)
{
    wzp_guarded_free(job->cmd.terms);
    wzp_mem_free(&c->mem, job, sizeof *job);
}

/* text  NULL: nothing to tell, as the engine or the host knows */
static void finish(join_job *job, wzp_err why, const char *text)
{
    wzp_client *c = job->client;
    c->is_resolving = false;
    c->jobs--;
    if (text != NULL && !c->is_stopping) {
        wzp__client_publish_ended(c, why, text);
    }
    free_job(c, job);
    wzp__client_maybe_close(c);
}

static void on_resolved(uv_getaddrinfo_t *req, int status,
                        struct addrinfo *list)
{
    join_job *job = req->data;
    wzp_client *c = job->client;
    c->is_resolving = false; /* the engine takes over */
    if (c->has_left) {
        finish(job, WZP_OK, "left the room");
    } else if (status != 0) {
        char text[160];
        (void)snprintf(text, sizeof text, "cannot find relay \"%.100s\": %s",
                       job->cmd.relay.host, uv_strerror(status));
        finish(job, WZP_ERR_RESOLVE, text);
    } else {
        if (!c->is_stopping) {
            start_join(c, &job->cmd, list);
        }
        finish(job, WZP_OK, NULL);
    }
    uv_freeaddrinfo(list);
}

/* A libuv error, or 0. */
static int resolve(join_job *job)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    job->resolve.data = job;
    return uv_getaddrinfo(job->client->loop, &job->resolve, on_resolved,
                          job->cmd.relay.host, job->cmd.relay.port, &hints);
}

static void derive_work(uv_work_t *req)
{
    join_job *job = req->data;
    wzp__join_terms *t = job->cmd.terms;
    uint8_t room_id[WZP_HASH_LEN];
    wzp_room_id((wzp_str){job->cmd.room, strlen(job->cmd.room)}, room_id);
    job->err = wzp_room_secret_derive(t->secret, t->secret_len, room_id,
                                      t->access, t->psk);
    wzp_wipe(t->secret, sizeof t->secret);
    t->secret_len = 0;
    t->has_keys = job->err == WZP_OK;
}

static void on_derived(uv_work_t *req, int status)
{
    join_job *job = req->data;
    const wzp_client *c = job->client;
    if (c->has_left) {
        finish(job, WZP_OK, "left the room");
    } else if (c->is_stopping) {
        finish(job, WZP_OK, NULL);
    } else if (status != 0 || job->err != WZP_OK) {
        finish(job, status != 0 ? WZP_ERR_CLOSED : job->err,
               "the room's secret cannot be used: that takes 256 MiB of "
               "memory");
    } else {
        const int e = resolve(job);
        if (e != 0) {
            finish(job, WZP_ERR_RESOLVE, uv_strerror(e));
        }
    }
}

static int begin(join_job *job)
{
    if (job->cmd.terms->secret_len == 0) {
        return resolve(job);
    }
    job->derive.data = job;
    return uv_queue_work(job->client->loop, &job->derive, derive_work,
                         on_derived);
}

void wzp__client_begin_join(wzp_client *c, const wzp__command *cmd)
{
    if (c->is_resolving || wzp_engine_state(c->engine) != WZP_CLIENT_IDLE) {
        refuse_second(c);
        wzp_guarded_free(cmd->terms);
        return;
    }
    join_job *job = wzp_mem_new(&c->mem, sizeof *job);
    if (job == NULL) {
        wzp__client_publish_ended(c, WZP_ERR_NOMEM,
                                  wzp_strerror(WZP_ERR_NOMEM));
        wzp_guarded_free(cmd->terms);
        return;
    }
    *job = (join_job){.client = c, .cmd = *cmd};
    int e = begin(job);
    if (e != 0) {
        free_job(c, job);
        wzp__client_publish_ended(c, WZP_ERR_RESOLVE, uv_strerror(e));
        return;
    }
    c->jobs++;
    c->has_left = false;
    c->has_accepted = false;
    c->is_resolving = true;
}

/* --- the command ---------------------------------------------------------- */

void wzp_client_join_options_default_sized(wzp_client_join_options *o,
                                           size_t size)
{
    const wzp_client_join_options full = {.size = sizeof full};
    wzp_sized_give(o, size, &full, sizeof full);
}

static wzp_err take_texts(wzp__command *cmd, const wzp_client_join_options *o)
{
    if (o->room == NULL || o->relay == NULL) {
        return WZP_ERR_ARG;
    }
    const size_t len = strlen(o->room);
    if (len == 0 || len > WZP_ROOM_NAME_MAX ||
        wzp_room_name_kind(o->room, len) == WZP_ROOM_RESERVED) {
        return WZP_ERR_NAME;
    }
    memcpy(cmd->room, o->room, len + 1);
    WZP_TRY(wzp__relay_name_decode(o->relay, &cmd->relay));
    if (o->pin != NULL) {
        WZP_TRY(wzp__lookup_pin(o->pin, cmd->pin));
        cmd->has_pin = true;
    }
    return WZP_OK;
}

static wzp_err take_terms(wzp__command *cmd, const wzp_client_join_options *o)
{
    if (o->policy > WZP_POLICY_LIST ||
        (o->n_allowed > 0 && o->allowed == NULL)) {
        return WZP_ERR_ARG;
    }
    if (o->secret != NULL &&
        (o->secret_len == 0 || o->secret_len > WZP_ROOM_SECRET_MAX)) {
        return WZP_ERR_PASSPHRASE;
    }
    wzp__join_terms *t = wzp_guarded_new(sizeof *t + o->n_allowed * WZP_FP_LEN);
    if (t == NULL) {
        return WZP_ERR_NOMEM;
    }
    t->policy = o->policy;
    t->public_name = o->public_name;
    if (o->secret != NULL) {
        t->secret_len = o->secret_len;
        memcpy(t->secret, o->secret, o->secret_len);
    }
    if (o->n_allowed > 0) {
        t->n_allowed = o->n_allowed;
        memcpy(t->allowed, o->allowed, o->n_allowed * WZP_FP_LEN);
    }
    cmd->terms = t;
    return WZP_OK;
}

wzp_err wzp__client_join_command(wzp__command *out,
                                 const wzp_client_join_options *options)
{
    wzp__command cmd = {.kind = WZP__CMD_JOIN};
    wzp_client_join_options o;
    wzp_client_join_options_default(&o);
    wzp_sized_take(&o, sizeof o, options);
    WZP_TRY(take_texts(&cmd, &o));
    WZP_TRY(take_terms(&cmd, &o));
    *out = cmd;
    return WZP_OK;
}
