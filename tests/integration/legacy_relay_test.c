/* SPDX-License-Identifier: MIT */
/* Ours through an old relay, and who asks whom for what: ping, version. */
#include "integration/legacy_place.h"

#include <wzp/client/probe.h>
#include <wzp/crypto/room.h>

/* --- an old relay --------------------------------------------------------- */

/* Ours has joined through an old relay after the question. */
static wzp_node through(place *p, uint64_t seed)
{
    with_old_relay(p, seed);
    wzp_node a = ours(p, 1, true);
    join(p, a);
    assert_true(wzp_world_await(p->w, a, WZP_CLIENT_CLEAR_DECISION, 5 * WZP_S));
    return a;
}

WZP_TEST(through_an_old_relay_ours_and_an_old_client_talk_once_accepted)
{
    place p;
    wzp_node a = through(&p, 40);
    char hash[33];
    wzp_room_hash((wzp_str){"blue-room", 9}, hash);
    assert_string_equal(p.old_relay.last_sni, hash); /* not the name itself */
    assert_clear(&p, a, WZP_CLEAR_ASKED, WZP_OK);
    assert_true(clear_event(&p, a).u.clear.is_relay);
    wzp_legacy_client *c = old_client(&p);
    run(&p, 20); /* and it waits for as long as it takes */
    assert_int_equal(c->received, 0);
    assert_int_equal(c->n_listed, 1);

    assert_int_equal(accept_clear(&p, a), WZP_OK);
    run(&p, 10);

    assert_string_equal(p.old_relay.last_sni, "blue-room");
    assert_clear(&p, a, WZP_CLEAR_ON, WZP_OK);
    assert_talk(&p, a, c);
    assert_int_equal(stats(&p, a).members, 1); /* the own entry is not one */
    assert_int_equal(stats(&p, a).members_legacy, 1);
    assert_int_equal(p.old_relay.signals_after, 0);
    assert_int_equal(p.old_relay.not_plain, 0);
    assert_int_equal(p.old_relay.malformed, 0);
    assert_int_equal(p.old_relay.bad_offers, 0);
    assert_int_equal(wzp_world_events(p.w, a, WZP_EVENT_PIN, NULL), 1);
    wzp_world_leave(p.w, a);
    run(&p, 1);
    assert_int_equal(p.old_relay.close_code, 0);
    assert_int_equal(c->n_listed, 1);
    end(&p);
}

WZP_TEST(an_old_relay_without_allow_legacy_ends_the_join_with_a_sentence)
{
    place p;
    with_old_relay(&p, 41);
    wzp_node a = ours(&p, 1, false);
    join(&p, a);
    run(&p, 5);
    wzp_client_event ev;
    assert_int_equal(wzp_world_events(p.w, a, WZP_EVENT_ENDED, &ev), 1);
    assert_int_equal(ev.u.ended.why, WZP_ERR_LEGACY);
    assert_non_null(strstr(ev.u.ended.text, "relay0:4433 is an old relay"));
    assert_int_equal(p.old_relay.media, 0);
    assert_int_equal(p.old_relay.close_code, 0);
    end(&p);
}

WZP_TEST(two_of_ours_who_never_met_talk_through_an_old_relay)
{
    place p;
    wzp_node a = through(&p, 42);
    wzp_node b = ours(&p, 2, true);
    join(&p, b);
    run(&p, 2);
    assert_int_equal(accept_clear(&p, a), WZP_OK);
    assert_int_equal(accept_clear(&p, b), WZP_OK);
    run(&p, 10);
    assert_true(heard_by_ours(&p, a, 4) > LOUD);
    assert_true(heard_by_ours(&p, b, 4) > LOUD);
    assert_int_equal(stats(&p, a).members_legacy, 1);
    assert_int_equal(p.old_relay.signals_after, 0);
    assert_int_equal(p.old_relay.not_plain, 0);
    end(&p);
}

WZP_TEST(two_of_ours_who_met_sealed_refuse_to_talk_through_an_old_relay)
{
    place p;
    with_old_relay(&p, 47);
    wzp_node good = wzp_world_relay(p.w, 8, NULL);
    wzp_node a = ours(&p, 1, true);
    wzp_node b = ours(&p, 2, true);
    wzp_world_join(p.w, a, "blue-room", good);
    wzp_world_join(p.w, b, "blue-room", good);
    assert_true(wzp_world_await_keyed(p.w, a, 1, 5 * WZP_S));
    assert_true(wzp_world_await_keyed(p.w, b, 1, 5 * WZP_S));
    wzp_world_leave(p.w, a);
    wzp_world_leave(p.w, b);
    run(&p, 2);
    join(&p, a);
    join(&p, b);
    run(&p, 2);
    assert_int_equal(accept_clear(&p, a), WZP_OK); /* of the relay */
    assert_int_equal(accept_clear(&p, b), WZP_OK);
    run(&p, 5);
    assert_clear(&p, a, WZP_CLEAR_REFUSED, WZP_ERR_DOWNGRADE);
    assert_clear(&p, b, WZP_CLEAR_REFUSED, WZP_ERR_DOWNGRADE);
    assert_sent_nothing_clear(&p, a);
    assert_sent_nothing_clear(&p, b);
    assert_int_equal(p.old_relay.media, 0);
    assert_false(clear_event(&p, a).u.clear.is_relay); /* it names the other */
    end(&p);
}

WZP_TEST(an_old_relay_that_restarts_is_found_again_and_asked_nothing)
{
    place p;
    wzp_node a = through(&p, 43);
    assert_int_equal(accept_clear(&p, a), WZP_OK);
    run(&p, 3);
    wzp_world_kill(p.w, p.relay);
    run(&p, 5);
    wzp_legacy_relay_deinit(&p.old_relay);
    start_old_relay(&p);
    run(&p, 40);
    assert_int_equal(stats(&p, a).state, WZP_CLIENT_JOINED);
    assert_true(stats(&p, a).reconnects > 0);
    wzp_legacy_client *c = old_client(&p);
    run(&p, 8);
    assert_talk(&p, a, c);
    assert_int_equal(p.old_relay.signals_after, 0);
    end(&p);
}

WZP_TEST(anonymous_and_shouted_names_of_an_old_relay_are_members_all_the_same)
{
    for (int i = 0; i < 2; i++) {
        place p;
        wzp_node a = through(&p, 44 + (uint64_t)i);
        p.old_relay.hides_names = i == 0;
        p.old_relay.shouts_names = i == 1;
        assert_int_equal(accept_clear(&p, a), WZP_OK);
        wzp_legacy_client *c = old_client(&p);
        run(&p, 8);
        assert_talk(&p, a, c);
        /* Without names the own entry cannot be told from another's. */
        assert_int_equal(stats(&p, a).members_legacy, i == 0 ? 2 : 1);
        end(&p);
    }
}

WZP_TEST(a_relay_that_forgets_how_to_seal_ends_a_room_that_was_sealed)
{
    place p;
    with_own_relay(&p, 46, true);
    wzp_node a = ours(&p, 1, true);
    wzp_node b = ours(&p, 2, true);
    join(&p, a);
    join(&p, b);
    assert_true(wzp_world_await_keyed(p.w, a, 1, 5 * WZP_S));
    wzp_world_kill(p.w, p.relay);
    start_old_relay(&p); /* the same certificate: the relay itself lies */
    run(&p, 40);

    wzp_client_event ev;
    assert_int_equal(wzp_world_events(p.w, a, WZP_EVENT_ENDED, &ev), 1);
    assert_int_equal(ev.u.ended.why, WZP_ERR_DOWNGRADE);
    assert_true(p.old_relay.joins > 0);
    assert_int_equal(p.old_relay.media, 0);
    end(&p);
}

/* --- ping and version ----------------------------------------------------- */

static wzp_probe_result probe(place *p, wzp_probe_kind kind)
{
    wzp_node n = wzp_world_actor(p->w);
    wzp_probe *pr;
    assert_int_equal(wzp_world_probe(p->w, n, p->relay, kind, &pr), WZP_OK);
    run(p, 6);
    wzp_probe_result r = {.size = sizeof r};
    assert_true(wzp_probe_result_get(pr, &r));
    wzp_world_kill(p->w, n);
    wzp_probe_free(pr);
    return r;
}

WZP_TEST(our_probe_understands_an_old_relay)
{
    place p;
    with_old_relay(&p, 50);
    wzp_probe_result r = probe(&p, WZP_PROBE_PING);
    assert_int_equal(r.err, WZP_OK);
    assert_true(r.handshake_us > 0 || r.err == WZP_OK);
    r = probe(&p, WZP_PROBE_VERSION);
    assert_int_equal(r.err, WZP_OK);
    assert_string_equal(r.text, "9377a90");
    end(&p);
}

WZP_TEST(an_old_client_can_ping_our_relay_and_ask_its_version)
{
    place p;
    with_own_relay(&p, 51, false);
    wzp_legacy_client_config cfg = {0}; /* a role: no CallOffer */
    wzp_legacy_client *c = old_with(&p, cfg, "version");
    wzp_legacy_client *d = old_with(&p, cfg, "ping");
    run(&p, 2);
    assert_true(strlen(c->version) > 0);
    assert_true(c->is_closed && d->is_closed);
    assert_int_equal(c->close_code, 0);
    assert_int_equal(d->close_code, 0);
    end(&p);
}
