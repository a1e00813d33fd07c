/* SPDX-License-Identifier: MIT */
/* The relay's shell: the transport's UDP shell with a relay machine in it, and
 * a timer that watches a drain end. No protocol here.
 */
#include <wzp/relay/relay_uv.h>
#include <wzp/transport/uv_udp.h>

#include <uv.h>

#include <stdio.h>
#include <string.h>

#define DRAIN_LOOK_MS 10 /* chosen: how often a drain is looked at */

struct wzp_relay_uv {
    wzp_mem mem;
    wzp_relay *relay;
    wzp_uv_udp *udp;
    uv_timer_t drain;
    bool is_stopping;
    void (*done)(void *user);
    void *user;
};

static void machine_recv(void *machine, wzp_tstamp now, const wzp_addr *local,
                         const wzp_addr *remote, const uint8_t *data,
                         size_t len)
{
    wzp_relay_recv(machine, now, local, remote, data, len);
}

static void machine_expire(void *machine, wzp_tstamp now)
{
    wzp_relay_expire(machine, now);
}

static wzp_tstamp machine_deadline(void *machine)
{
    return wzp_relay_deadline(machine);
}

static bool machine_poll_send(void *machine, wzp_tstamp now, wzp_addr *local,
                              wzp_addr *remote, const uint8_t **data,
                              size_t *len)
{
    return wzp_relay_poll_send(machine, now, local, remote, data, len);
}

static void say_why(char *why, size_t why_len, const wzp_addr *listen,
                    const char *reason)
{
    char text[WZP_ADDR_TEXT_MAX];
    if (why != NULL && why_len > 0) {
        wzp_addr_encode(listen, text);
        (void)snprintf(why, why_len, "cannot listen on %s: %s", text, reason);
    }
}

wzp_err wzp_relay_uv_new(wzp_relay_uv **out, uv_loop_t *loop,
                         const wzp_relay_config *cfg, const wzp_addr *listen,
                         char *why, size_t why_len)
{
    char reason[128] = "";
    wzp_relay *relay = NULL;
    WZP_TRY(wzp_relay_new(&relay, cfg, wzp_uv_now(), why, why_len));
    wzp_relay_uv *r = wzp_mem_new(&cfg->mem, sizeof *r);
    if (r == NULL) {
        wzp_relay_free(relay);
        say_why(why, why_len, listen, wzp_strerror(WZP_ERR_NOMEM));
        return WZP_ERR_NOMEM;
    }
    const wzp_uv_machine machine = {
        .recv = machine_recv,
        .expire = machine_expire,
        .deadline = machine_deadline,
        .poll_send = machine_poll_send,
        .machine = relay,
    };
    r->mem = cfg->mem;
    r->relay = relay;
    wzp_err e = wzp_uv_udp_new(&r->udp, loop, &r->mem, listen, &machine, reason,
                               sizeof reason);
    if (e != WZP_OK) {
        say_why(why, why_len, listen, reason);
        wzp_relay_free(relay);
        wzp_mem_free(&cfg->mem, r, sizeof *r);
        return e;
    }
    (void)uv_timer_init(loop, &r->drain);
    r->drain.data = r;
    *out = r;
    return WZP_OK;
}

wzp_addr wzp_relay_uv_local(const wzp_relay_uv *r)
{
    return wzp_uv_udp_local(r->udp);
}

wzp_relay *wzp_relay_uv_machine(wzp_relay_uv *r)
{
    return r->relay;
}

/* --- stopping ------------------------------------------------------------- */

static void on_timer_closed(uv_handle_t *handle)
{
    wzp_relay_uv *r = handle->data;
    void (*done)(void *user) = r->done;
    void *user = r->user;
    const wzp_mem mem = r->mem;
    wzp_relay_free(r->relay);
    wzp_mem_free(&mem, r, sizeof *r);
    if (done != NULL) {
        done(user);
    }
}

static void on_udp_closed(void *user)
{
    wzp_relay_uv *r = user;
    uv_close((uv_handle_t *)&r->drain, on_timer_closed);
}

static void on_drain(uv_timer_t *timer)
{
    wzp_relay_uv *r = timer->data;
    if (wzp_relay_is_drained(r->relay, wzp_uv_now())) {
        (void)uv_timer_stop(timer);
        wzp_uv_udp_close(r->udp, on_udp_closed, r);
    }
}

void wzp_relay_uv_stop(wzp_relay_uv *r, const char *reason,
                       void (*done)(void *user), void *user)
{
    if (r->is_stopping) {
        return;
    }
    r->is_stopping = true;
    r->done = done;
    r->user = user;
    wzp_relay_drain(r->relay, wzp_uv_now(), reason);
    wzp_uv_udp_kick(r->udp);
    (void)uv_timer_start(&r->drain, on_drain, 0, DRAIN_LOOK_MS);
}
