/* SPDX-License-Identifier: MIT */
/* A relay on a libuv loop: one socket, one timer, one relay machine.
 */
#ifndef WZP_RELAY_RELAY_UV_H
#define WZP_RELAY_RELAY_UV_H

#include <wzp/relay/relay.h>

typedef struct uv_loop_s uv_loop_t;
typedef struct wzp_relay_uv wzp_relay_uv;

/* Create the machine and bind `listen`. On failure `why` says in one clause
 * what is wrong ("cannot listen on 0.0.0.0:4433: address already in use"). */
WZP_NODISCARD wzp_err wzp_relay_uv_new(wzp_relay_uv **out, uv_loop_t *loop,
                                       const wzp_relay_config *cfg,
                                       const wzp_addr *listen, char *why,
                                       size_t why_len);

wzp_addr wzp_relay_uv_local(const wzp_relay_uv *r);
wzp_relay *wzp_relay_uv_machine(wzp_relay_uv *r);

/* Drain with `reason`, then close and release everything; `done` is called
 * last (may be NULL). */
void wzp_relay_uv_stop(wzp_relay_uv *r, const char *reason,
                       void (*done)(void *user), void *user);

#endif
