/* SPDX-License-Identifier: MIT */
/* The shell: three ways to host a client, and an end at any moment. Its
 * commands: client_commands_test.c and the tests of client_*.c.
 */
#include "client/uv_relay.h"

#include <netinet/in.h>
#include <sys/socket.h>

enum { ROUNDS = 20 };

/* --- the library's own thread --------------------------------------------- */

WZP_TEST(client_on_its_own_thread_starts_and_stops_twenty_times)
{
    uv_relay *r = relay_start();

    for (int i = 0; i < ROUNDS; i++) {
        wzp_client *c = client_new(NULL);
        ASSERT_OK(wzp_client_run_thread(c));
        ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));
        if (i % 2 == 0) {
            await_state(c, WZP_CLIENT_JOINED);
        } /* else wherever it is by now */
        wzp_client_free(c, NULL, NULL);
    }

    assert_true(relay_end(r) >= ROUNDS / 2);
}

WZP_TEST(client_leaves_and_joins_again)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new("127.0.0.1:0");
    ASSERT_OK(wzp_client_run_thread(c));

    for (int i = 0; i < 3; i++) {
        ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));
        await_state(c, WZP_CLIENT_JOINED);
        ASSERT_OK(wzp_client_leave(c));
        assert_int_equal(await_event(c, WZP_EVENT_ENDED).u.ended.why, WZP_OK);
    }

    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_end(r), 3);
}

WZP_TEST(client_stays_in_the_call_when_the_network_changes)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));
    await_state(c, WZP_CLIENT_JOINED);
    wzp_client_stats s = {.size = sizeof s};
    uint64_t before = 0;

    for (int i = 0; i < 3; i++) {
        ASSERT_OK(wzp_client_network_changed(c));
        for (int k = 0; k < 60 && s.rx_packets <= before; k++) {
            await_event(c, WZP_EVENT_STATS);
            wzp_client_stats_get(c, &s);
            assert_int_equal(s.state, WZP_CLIENT_JOINED);
            assert_int_equal(s.reconnects, 0);
        }
        assert_true(s.rx_packets > before); /* the relay answers there */
        before = s.rx_packets;
    }

    wzp_client_free(c, NULL, NULL);
    assert_int_equal(relay_end(r), 1);
}

WZP_TEST(client_has_statistics_of_a_call)
{
    uv_relay *r = relay_start();
    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));

    const wzp_client_event ev = await_event(c, WZP_EVENT_STATS);

    assert_int_equal(ev.u.stats.state, WZP_CLIENT_JOINED);
    wzp_client_stats s = {.size = sizeof s};
    wzp_client_stats_get(c, &s);
    assert_int_equal(s.size, sizeof s);
    assert_int_equal(s.state, WZP_CLIENT_JOINED);
    assert_true(s.tx_packets > 0);
    assert_true(s.rx_bytes > 0);
    assert_true(s.rtt_us > 0);
    wzp_client_free(c, NULL, NULL);
    relay_end(r);
}

/* --- the caller's loop ---------------------------------------------------- */

typedef struct watcher {
    uv_prepare_t prepare;
    wzp_client *c;
    wzp_client_state until;
} watcher;

static void watch(uv_prepare_t *handle)
{
    const watcher *w = handle->data;
    if (has_come(w->c, w->until)) {
        uv_stop(handle->loop);
    }
}

/* Run the loop until the client is in this state. */
static void run_until(uv_loop_t *loop, wzp_client *c, wzp_client_state state)
{
    watcher w = {.c = c, .until = state};
    w.prepare.data = &w;
    uv_prepare_init(loop, &w.prepare);
    uv_prepare_start(&w.prepare, watch);
    uv_run(loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&w.prepare, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
}

WZP_TEST(client_on_the_callers_loop_starts_and_stops_twenty_times)
{
    uv_relay *r = relay_start();
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    int closed = 0;

    for (int i = 0; i < ROUNDS; i++) {
        wzp_client *c = client_new(NULL);
        ASSERT_OK(wzp_client_attach(c, &loop));
        ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));
        if (i % 2 == 0) {
            run_until(&loop, c, WZP_CLIENT_JOINED);
        } else {
            uv_run(&loop, UV_RUN_NOWAIT);
        }
        wzp_client_free(c, note_closed, &closed);
        uv_run(&loop, UV_RUN_DEFAULT); /* ends: all handles are gone */
        assert_int_equal(closed, i + 1);
    }

    assert_int_equal(uv_loop_close(&loop), 0);
    relay_end(r);
}

WZP_TEST(client_attached_twice_shares_the_loop_with_another)
{
    uv_relay *r = relay_start();
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    int closed = 0;
    wzp_client *one = client_new(NULL);
    wzp_client *two = client_new(NULL);
    ASSERT_OK(wzp_client_attach(one, &loop));
    ASSERT_OK(wzp_client_attach(two, &loop));

    ASSERT_OK(wzp_client_join(one, "a", r->address, NULL));
    run_until(&loop, one, WZP_CLIENT_JOINED);
    ASSERT_OK(wzp_client_join(two, "b", r->address, NULL));
    run_until(&loop, two, WZP_CLIENT_JOINED);

    wzp_client_free(one, note_closed, &closed);
    wzp_client_free(two, note_closed, &closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(closed, 2);
    assert_int_equal(uv_loop_close(&loop), 0);
    relay_end(r);
}

/* A socket that holds a port; its address in `text`. */
static int hold_port(char text[32])
{
    struct sockaddr_in sa = {.sin_family = AF_INET};
    socklen_t len = sizeof sa;
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&sa, sizeof sa), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
    snprintf(text, 32, "127.0.0.1:%u", ntohs(sa.sin_port));
    return fd;
}

WZP_TEST(client_that_cannot_bind_says_so_and_can_be_freed)
{
    ASSERT_OK(wzp_global_init());
    char address[32];
    int fd = hold_port(address);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    int fd_of_client = -1;
    int timeout = 0;

    wzp_client *c = client_new(address);
    assert_int_equal(wzp_client_attach(c, &loop), WZP_ERR_IO);
    assert_int_equal(wzp_client_run_thread(c), WZP_ERR_IO);
    assert_int_equal(wzp_client_fd(c, &fd_of_client, &timeout), WZP_ERR_IO);
    wzp_client_free(c, NULL, NULL);

    uv_run(&loop, UV_RUN_DEFAULT); /* what attach left behind */
    assert_int_equal(uv_loop_close(&loop), 0);
    close(fd);
    wzp_global_deinit();
}

/* --- a descriptor --------------------------------------------------------- */

WZP_TEST(client_behind_a_descriptor_starts_and_stops_twenty_times)
{
    uv_relay *r = relay_start();

    for (int i = 0; i < ROUNDS; i++) {
        wzp_client *c = client_new(NULL);
        int fd = -1;
        int timeout = 0;
        ASSERT_OK(wzp_client_fd(c, &fd, &timeout));
        assert_true(fd >= 0);
        ASSERT_OK(wzp_client_process(c));
        ASSERT_OK(wzp_client_join(c, "room", r->address, NULL));
        if (i % 2 == 0) {
            assert_true(process_until(c, WZP_CLIENT_JOINED));
        }
        wzp_client_free(c, NULL, NULL);
    }

    relay_end(r);
}

/* --- one way of hosting --------------------------------------------------- */

WZP_TEST(client_is_hosted_once)
{
    ASSERT_OK(wzp_global_init());
    wzp_client *c = client_new(NULL);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    wzp_client_event ev;
    int fd = -1;
    int timeout = 0;

    assert_int_equal(wzp_client_mute(c, true), WZP_ERR_STATE);
    assert_int_equal(wzp_client_process(c), WZP_ERR_STATE);
    assert_int_equal(wzp_client_wait_event(c, 0, &ev), WZP_ERR_STATE);
    assert_false(wzp_client_next_event(c, &ev));
    ASSERT_OK(wzp_client_run_thread(c));
    assert_int_equal(wzp_client_run_thread(c), WZP_ERR_STATE);
    assert_int_equal(wzp_client_attach(c, &loop), WZP_ERR_STATE);
    assert_int_equal(wzp_client_fd(c, &fd, &timeout), WZP_ERR_STATE);
    assert_int_equal(wzp_client_process(c), WZP_ERR_STATE);
    assert_int_equal(wzp_client_wait_event(c, 1, &ev), WZP_ERR_TIMEOUT);

    wzp_client_free(c, NULL, NULL);
    assert_int_equal(uv_loop_close(&loop), 0);
    wzp_global_deinit();
}

WZP_TEST(client_that_was_never_hosted_can_be_freed)
{
    ASSERT_OK(wzp_global_init());

    wzp_client_free(client_new(NULL), NULL, NULL);
    wzp_client_free(NULL, NULL, NULL);

    wzp_global_deinit();
}

/* --- process-wide --------------------------------------------------------- */

WZP_TEST(client_global_init_is_counted)
{
    ASSERT_OK(wzp_global_init());
    ASSERT_OK(wzp_global_init());
    wzp_global_deinit();

    wzp_client *c = client_new(NULL);
    ASSERT_OK(wzp_client_run_thread(c));
    wzp_client_free(c, NULL, NULL);

    wzp_global_deinit();
}

WZP_TEST(client_new_refuses_a_configuration_that_lacks_something)
{
    ASSERT_OK(wzp_global_init());
    wzp_client_config cfg;
    wzp_client_config_default(&cfg); /* no identity */
    wzp_client *c = NULL;

    assert_int_equal(wzp_client_new(&c, &cfg), WZP_ERR_CONFIG);
    cfg.engine.identity = own_identity();
    cfg.bind = "123456789012345678901234567890123456789012345678901234567890"
               "1234567890";
    assert_int_equal(wzp_client_new(&c, &cfg), WZP_ERR_ADDRESS);

    assert_null(c);
    wzp_global_deinit();
}

/* --- an older caller ------------------------------------------------------ */

WZP_TEST(client_finds_what_follows_an_engine_configuration_of_another_length)
{
    enum { SHORTER = 2 * sizeof(uint64_t) };
    const char *const too_long = "a bind address of more than sixty-four "
                                 "characters, which a client refuses";
    _Alignas(wzp_client_config) uint8_t guarded[sizeof(wzp_client_config) + 64];
    memset(guarded, 0xEE, sizeof guarded);
    wzp_client_config *old = (wzp_client_config *)guarded;
    const size_t engine_size = sizeof old->engine - SHORTER;
    const size_t size = sizeof *old - SHORTER;
    uint8_t *bind_at = guarded + offsetof(wzp_client_config, bind) - SHORTER;

    wzp_client_config_default_sized(old, size, engine_size);
    for (size_t i = size; i < sizeof guarded; i++) {
        assert_int_equal(guarded[i], 0xEE);
    }
    assert_int_equal(old->size, size);
    assert_int_equal(old->engine.size, engine_size);
    const char *bind_text;
    memcpy(&bind_text, bind_at, sizeof bind_text);
    assert_null(bind_text);

    wzp_client *c = NULL;
    old->engine.identity = own_identity();
    ASSERT_OK(wzp_client_new(&c, old));
    wzp_client_free(c, NULL, NULL);
    memcpy(bind_at, &too_long, sizeof too_long);
    assert_int_equal(wzp_client_new(&c, old), WZP_ERR_ADDRESS);
}
