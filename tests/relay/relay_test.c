/* SPDX-License-Identifier: MIT */
/* The relay as a whole, on the fake endpoint: life, drain, queries. With real
 * QUIC: relay_hub_test.c.
 */
#include "rig.h"

#include <wzp/crypto/next_tls.h>
#include <wzp/relay/relay.h>

/* --- life ----------------------------------------------------------------- */

typedef struct scarce {
    size_t left; /* allocations that still succeed */
    long live;
} scarce;

static void *scarce_resize(void *user, void *ptr, size_t old, size_t size)
{
    scarce *s = user;
    (void)old;
    if (size == 0) {
        s->live -= ptr != NULL ? 1 : 0;
        free(ptr);
        return NULL;
    }
    if (s->left == 0) {
        return NULL;
    }
    s->left--;
    s->live += ptr == NULL ? 1 : 0;
    return realloc(ptr, size);
}

WZP_TEST(a_relay_made_without_memory_fails_cleanly_at_every_allocation)
{
    bool is_made = false;
    for (size_t n = 0; !is_made; n++) {
        rig r;
        scarce s = {.left = n};
        char why[64] = "";
        wzp_relay *relay = NULL;
        wzp_relay_config cfg = rig_config(&r);
        cfg.mem = (wzp_mem){.resize = scarce_resize, .user = &s};
        wzp_err e = wzp_relay_new(&relay, &cfg, r.now, why, sizeof why);
        is_made = e == WZP_OK;
        if (!is_made) {
            assert_int_equal(e, WZP_ERR_NOMEM);
            assert_null(relay);
            assert_string_equal(why, "out of memory");
        }
        wzp_relay_free(relay);
        assert_int_equal(s.live, 0);
        wzp_seed_identity_free(r.identity);
        wzp_crypto_global_deinit();
    }
}

WZP_TEST(a_join_without_memory_is_refused_and_the_relay_goes_on)
{
    bool is_joined = false;
    for (size_t n = 0; !is_joined; n++) {
        rig r;
        rig_client c;
        scarce s = {.left = 1000000};
        wzp_relay_config cfg = rig_config(&r);
        cfg.mem = (wzp_mem){.resize = scarce_resize, .user = &s};
        rig_start(&r, &cfg);
        rig_client_init(&r, &c, 1);
        rig_package(&r, &c, "lobby", RIG_UNIX + 60);
        rig_offer o;
        c.conn = fake->n_conns + 1;
        rig_make_offer(&c, c.conn, &o);
        s.left = n;
        rig_accept(&r, "lobby");
        rig_signal(&r, c.conn, &o.sig);
        s.left = 1000000;
        is_joined = rig_stats(&r).members == 1 && fake->conns[1].last != NULL;
        if (rig_stats(&r).members == 0) {
            assert_int_equal(rig_stats(&r).rooms, 0);
            assert_int_equal(rig_stats(&r).conns, 0);
        }
        rig_client_free(&c);
        rig_free(&r);
        assert_int_equal(s.live, 0);
    }
}

/* A client that sends its token, and registers before the host has looked. */
static void knock(rig *r, rig_client *c)
{
    rig_reg o;
    const wzp_signal token = {.kind = WZP_SIG_AUTH_TOKEN,
                              .u.auth_token = {WZP_STR("sesame")}};
    c->conn = rig_accept(r, "_signal");
    rig_make_reg(c, c->conn, &o);
    rig_signal(r, c->conn, &token);
    rig_signal(r, c->conn, &o.sig);
}

WZP_TEST(a_registration_without_memory_is_refused_and_the_relay_goes_on)
{
    bool is_in = false;
    for (size_t n = 0; !is_in; n++) {
        rig r;
        rig_client c;
        uint8_t fp[WZP_FP_LEN];
        scarce s = {.left = 1000000};
        wzp_relay_config cfg = rig_config(&r);
        cfg.mem = (wzp_mem){.resize = scarce_resize, .user = &s};
        cfg.asks_auth = true;
        rig_start(&r, &cfg);
        rig_client_init(&r, &c, 1);
        wzp_identity_fingerprint(c.identity.public_key, fp);
        s.left = n;
        knock(&r, &c);
        wzp_ignore(wzp_relay_auth(r.relay, r.now, c.conn, true, fp),
                   "refused before it asked");
        rig_poll(&r);
        s.left = 1000000;
        is_in =
            rig_stats(&r).registered == 1 && fake->conns[c.conn].last != NULL;
        if (rig_stats(&r).registered == 0) {
            rig_advance(&r, WZP_S);
            assert_int_equal(rig_stats(&r).conns, 0);
        }
        rig_client_free(&c);
        rig_free(&r);
        assert_int_equal(s.live, 0);
    }
}

WZP_TEST(a_relay_is_freed_in_the_middle_of_everything)
{
    rig r;
    rig_client c[5];
    rig_new(&r);
    rig_room(&r, c, 3, 0, "lobby");
    rig_client_init(&r, &c[3], 4);
    rig_client_init(&r, &c[4], 5);
    rig_registered(&r, &c[3]);
    rig_accept(&r, "lobby");
    rig_accept(&r, "version");
    rig_accept(&r, "_signal");
    rig_free(&r); /* the sanitizers look at the rest */
    wzp_relay_config cfg = rig_config(&r);
    cfg.asks_auth = true;
    rig_start(&r, &cfg);
    wzp_relay_event ev;
    knock(&r, &c[3]);
    knock(&r, &c[4]); /* one token is taken, one is not */
    assert_true(wzp_relay_next_event(r.relay, &ev));
    rig_free(&r);
    rig_leave_all(c, 5);
}

/* --- drain ---------------------------------------------------------------- */

WZP_TEST(drain_closes_everybody_with_the_reason)
{
    rig r;
    rig_client c[5];
    rig_new_legacy(&r);
    rig_room(&r, c, 5, 2, "lobby");
    wzp_conn_id waiting = rig_accept(&r, "kitchen");
    wzp_conn_id version = rig_accept(&r, "version");
    assert_false(wzp_relay_is_drained(r.relay, r.now));

    wzp_relay_drain(r.relay, r.now, "update");
    rig_poll(&r);

    for (size_t i = 0; i < 5; i++) {
        rig_expect_closed(c[i].conn, WZP_CLOSE_SHUTDOWN);
        assert_string_equal(fake->conns[c[i].conn].reason, "update");
        rig_expect_none(&r, c[i].conn); /* no roster of those who go */
    }
    rig_expect_closed(waiting, WZP_CLOSE_SHUTDOWN);
    rig_expect_closed(version, WZP_CLOSE_SHUTDOWN);
    assert_true(wzp_relay_is_drained(r.relay, r.now));
    wzp_relay_stats s = rig_stats(&r);
    assert_int_equal(s.conns, 0);
    assert_int_equal(s.rooms, 0);
    assert_int_equal(s.members, 0);
    wzp_relay_event ev;
    size_t left = 0;
    while (wzp_relay_next_event(r.relay, &ev)) {
        left += ev.kind == WZP_RELAY_LEFT && ev.err == WZP_ERR_SHUTDOWN ? 1 : 0;
    }
    assert_int_equal(left, 5);
    rig_leave_all(c, 5);
    rig_free(&r);
}

WZP_TEST(who_comes_during_a_drain_is_sent_away)
{
    rig r;
    rig_new(&r);
    wzp_relay_drain(r.relay, r.now, "update");
    wzp_conn_id late = rig_accept(&r, "lobby");
    rig_expect_closed(late, WZP_CLOSE_SHUTDOWN);
    assert_string_equal(fake->conns[late].reason, "update");
    assert_true(wzp_relay_is_drained(r.relay, r.now));
    rig_free(&r);
}

WZP_TEST(a_drain_ends_after_its_time_whoever_is_left)
{
    rig r;
    rig_client c;
    rig_new(&r);
    rig_room(&r, &c, 1, 0, "lobby");
    wzp_relay_drain(r.relay, r.now, "update"); /* CLOSED is not polled */
    assert_false(wzp_relay_is_drained(r.relay, r.now + 2 * WZP_S - 1));
    assert_true(wzp_relay_is_drained(r.relay, r.now + 2 * WZP_S));
    rig_client_free(&c);
    rig_free(&r);
}

/* --- queries -------------------------------------------------------------- */

WZP_TEST(stats_fill_only_what_the_caller_has)
{
    rig r;
    rig_new(&r);
    rig_accept(&r, "lobby");
    wzp_relay_stats s;
    memset(&s, 0xAA, sizeof s);
    s.size = offsetof(wzp_relay_stats, rooms);
    wzp_relay_stats_get(r.relay, &s);
    assert_int_equal(s.conns, 1);
    assert_int_equal(s.size, offsetof(wzp_relay_stats, rooms));
    assert_int_equal(((const uint8_t *)&s.rooms)[0], 0xAA);
    rig_free(&r);
}

WZP_TEST(events_nobody_takes_are_bounded_and_counted)
{
    rig r;
    rig_new(&r);
    for (int i = 0; i < 300; i++) {
        rig_accept(&r, "_probe");
    }
    assert_int_equal(rig_stats(&r).events_dropped, 44);
    rig_free(&r);
}

WZP_TEST(the_certificate_hash_is_the_endpoints)
{
    rig r;
    uint8_t hash[WZP_HASH_LEN];
    rig_new(&r);
    wzp_relay_cert_hash(r.relay, hash);
    assert_int_equal(hash[0], 0xCE);
    rig_free(&r);
}

WZP_TEST(the_next_identitys_certificate_is_announced_under_the_present_key)
{
    rig r;
    rig_client c;
    wzp_signal sig;
    uint8_t tls_seed[WZP_KEY_LEN], next_seed[WZP_KEY_LEN], hash[WZP_HASH_LEN];
    uint8_t want[WZP_SIG_LEN], seed[WZP_SEED_LEN] = {5};
    wzp_seed_identity *next;
    wzp_relay_config cfg = rig_config(&r);
    assert_int_equal(wzp_seed_identity_new(&next, seed), WZP_OK);
    cfg.next_identity = wzp_seed_identity_table(next);
    cfg.next_not_before = RIG_UNIX + 1000;
    rig_start(&r, &cfg);
    rig_client_init(&r, &c, 3);
    rig_package(&r, &c, "lobby", RIG_UNIX + 60);
    rig_enter(&r, &c, "lobby");
    rig_expect(&r, c.conn, WZP_SIG_CALL_ANSWER, &sig);

    assert_int_equal(
        cfg.identity.derive(cfg.identity.user, "wzp-tls-ed25519", tls_seed),
        WZP_OK);
    assert_int_equal(cfg.next_identity.derive(cfg.next_identity.user,
                                              "wzp-tls-ed25519", next_seed),
                     WZP_OK);
    assert_int_equal(wzp_endpoint_cert_hash_of(next_seed, hash), WZP_OK);
    wzp_next_tls_sign(tls_seed, hash, RIG_UNIX + 1000, want);
    const wzp_next_tls *said = &sig.u.call_answer.next_tls;
    assert_true(said->has);
    assert_memory_equal(said->sha256, hash, sizeof hash);
    assert_int_equal(said->not_before, RIG_UNIX + 1000);
    assert_memory_equal(said->sig, want, sizeof want);
    memset(want, 0, sizeof want);
    assert_int_equal(wzp_relay_next_cert_hash(r.relay, want), WZP_OK);
    assert_memory_equal(want, hash, sizeof hash);
    rig_client_free(&c);
    rig_free(&r);
    wzp_seed_identity_free(next);
}

WZP_TEST(without_a_next_identity_nothing_is_announced)
{
    rig r;
    rig_client c;
    wzp_signal sig;
    uint8_t hash[WZP_HASH_LEN];
    rig_new(&r);
    rig_client_init(&r, &c, 3);
    rig_package(&r, &c, "lobby", RIG_UNIX + 60);
    rig_enter(&r, &c, "lobby");
    rig_expect(&r, c.conn, WZP_SIG_CALL_ANSWER, &sig);
    assert_false(sig.u.call_answer.next_tls.has);
    assert_int_equal(wzp_relay_next_cert_hash(r.relay, hash),
                     WZP_ERR_NOT_FOUND);
    rig_client_free(&c);
    rig_free(&r);
}
