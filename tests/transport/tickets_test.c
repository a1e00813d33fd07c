/* SPDX-License-Identifier: MIT */
/* The dialler's few tickets: whose they are, and which go first. */
#include "quic/tickets.h"

#include "net.h"

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

static wzp__ticket_origin origin(uint8_t host, const char *sni, uint8_t cert)
{
    wzp__ticket_origin o = {.remote = net_v4(host, 4433)};
    memcpy(o.sni, sni, strlen(sni) + 1);
    memset(o.cert, cert, sizeof o.cert);
    return o;
}

static void put(wzp__tickets *t, wzp_tstamp until, uint8_t host,
                const char *sni, uint8_t cert)
{
    const wzp__ticket_origin from = origin(host, sni, cert);
    wzp__tickets_put(t, until, &from, wolfSSL_SESSION_new());
}

static bool take(wzp__tickets *t, wzp_tstamp now, uint8_t host, const char *sni,
                 uint8_t cert)
{
    const wzp__ticket_origin want = origin(host, sni, cert);
    wzp__ticket got;
    if (!wzp__tickets_take(t, now, &want, &got)) {
        return false;
    }
    wolfSSL_SESSION_free(got.session);
    return true;
}

static wzp__tickets make(void)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__tickets t;
    assert_int_equal(wzp_transport_global_init(), WZP_OK);
    assert_int_equal(wzp__tickets_init(&t, &mem, 2), WZP_OK);
    return t;
}

static void done(wzp__tickets *t)
{
    wzp__tickets_deinit(t);
    wzp_transport_global_deinit();
}

WZP_TEST(tickets_are_taken_once_and_only_by_their_origin)
{
    wzp__tickets t = make();
    put(&t, 100, 1, "room", 5);
    assert_false(take(&t, 1, 2, "room", 5));
    assert_false(take(&t, 1, 1, "roo", 5));
    assert_false(take(&t, 1, 1, "room", 6));
    assert_true(take(&t, 1, 1, "room", 5));
    assert_false(take(&t, 1, 1, "room", 5));
    done(&t);
}

WZP_TEST(tickets_end)
{
    wzp__tickets t = make();
    put(&t, 100, 1, "room", 5);
    assert_false(take(&t, 100, 1, "room", 5));
    assert_null(t.v[0].session); /* and it is gone */
    put(&t, 100, 1, "room", 5);
    assert_true(take(&t, 99, 1, "room", 5));
    done(&t);
}

WZP_TEST(tickets_beyond_the_cap_replace_the_one_that_ends_first)
{
    wzp__tickets t = make();
    put(&t, 200, 1, "a", 5);
    put(&t, 100, 1, "b", 5);
    put(&t, 300, 1, "c", 5);
    assert_false(take(&t, 1, 1, "b", 5));
    assert_true(take(&t, 1, 1, "a", 5));
    assert_true(take(&t, 1, 1, "c", 5));
    done(&t);
}

WZP_TEST(tickets_of_one_origin_replace_each_other)
{
    wzp__tickets t = make();
    put(&t, 100, 1, "a", 5);
    put(&t, 50, 1, "b", 5);
    put(&t, 200, 1, "a", 5);
    assert_true(take(&t, 150, 1, "a", 5));
    assert_true(take(&t, 1, 1, "b", 5));
    done(&t);
}
