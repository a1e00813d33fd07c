/* SPDX-License-Identifier: MIT */
/* The relay's shell on a real loop and loopback socket: start, stop, and what
 * it says when it cannot listen.
 */
#include "support/harness.h"

#include <wzp/relay/relay_uv.h>

#include <uv.h>

#include <string.h>

typedef struct host {
    uv_loop_t loop;
    wzp_seed_identity *seed;
    wzp_relay_config cfg;
    int stopped;
} host;

static wzp_unix_s unix_now(void *user)
{
    (void)user;
    return 1800000000;
}

static void host_open(host *h)
{
    uint8_t seed[WZP_SEED_LEN];
    memset(h, 0, sizeof *h);
    memset(seed, 1, sizeof seed);
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    assert_int_equal(wzp_seed_identity_new(&h->seed, seed), WZP_OK);
    assert_int_equal(uv_loop_init(&h->loop), 0);
    wzp_relay_config_default(&h->cfg);
    h->cfg.rng = wzp_rng_system();
    h->cfg.identity = wzp_seed_identity_table(h->seed);
    h->cfg.unix_now = unix_now;
}

static void host_close(host *h)
{
    assert_int_equal(uv_run(&h->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&h->loop), 0);
    wzp_seed_identity_free(h->seed);
    wzp_crypto_global_deinit();
}

static void on_stopped(void *user)
{
    ((host *)user)->stopped++;
}

WZP_TEST(a_relay_listens_and_stops_with_nothing_left_on_the_loop)
{
    host h;
    char why[200] = "";
    const uint8_t ip[4] = {127, 0, 0, 1};
    const wzp_addr any = wzp_addr_v4(ip, 0);
    wzp_relay_uv *r = NULL;
    host_open(&h);
    assert_int_equal(
        wzp_relay_uv_new(&r, &h.loop, &h.cfg, &any, why, sizeof why), WZP_OK);
    assert_int_not_equal(wzp_relay_uv_local(r).port, 0);
    assert_non_null(wzp_relay_uv_machine(r));
    wzp_relay_uv_stop(r, "test is over", on_stopped, &h);
    wzp_relay_uv_stop(r, "twice is once", on_stopped, &h);
    host_close(&h);
    assert_int_equal(h.stopped, 1);
}

WZP_TEST(an_address_in_use_is_one_clear_clause)
{
    host h;
    char why[200] = "";
    const uint8_t ip[4] = {127, 0, 0, 1};
    const wzp_addr any = wzp_addr_v4(ip, 0);
    wzp_relay_uv *r = NULL, *second = NULL;
    host_open(&h);
    assert_int_equal(
        wzp_relay_uv_new(&r, &h.loop, &h.cfg, &any, why, sizeof why), WZP_OK);
    const wzp_addr taken = wzp_relay_uv_local(r);
    assert_int_equal(
        wzp_relay_uv_new(&second, &h.loop, &h.cfg, &taken, why, sizeof why),
        WZP_ERR_IO);
    assert_null(second);
    assert_memory_equal(why, "cannot listen on 127.0.0.1:", 27);
    assert_non_null(strstr(why, "already in use"));
    wzp_relay_uv_stop(r, "test is over", on_stopped, &h);
    host_close(&h);
}

WZP_TEST(a_wrong_configuration_is_named_before_anything_is_opened)
{
    host h;
    char why[200] = "";
    const uint8_t ip[4] = {127, 0, 0, 1};
    const wzp_addr any = wzp_addr_v4(ip, 0);
    wzp_relay_uv *r = NULL;
    host_open(&h);
    h.cfg.max_members = 0;
    assert_int_equal(
        wzp_relay_uv_new(&r, &h.loop, &h.cfg, &any, why, sizeof why),
        WZP_ERR_CONFIG);
    assert_memory_equal(why, "max_members", 11);
    host_close(&h);
}
