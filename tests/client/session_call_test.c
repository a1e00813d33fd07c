/* SPDX-License-Identifier: MIT */
/* The room of a direct call: one package and one key group for as long as it
 * lasts, and nothing but sealed media.
 */
#include "client/small_relay.h"

#include <wzp/crypto/room.h>

#define CALL_ID   "0123456789abcdef0123456789abcdef"
#define CALL_ROOM "call-" CALL_ID

/* A finished agreement: ours as the caller's, the other one thrown away. */
static wzp_agree *agreed(sr *w)
{
    wzp_seed_identity *other = sr_identity(77);
    wzp_agree_config cfg;
    wzp_agree *a = NULL, *b = NULL;
    wzp_sig_direct_call_reveal reveal;
    uint8_t commit[WZP_HASH_LEN], fp[WZP_FP_LEN];
    wzp_agree_config_default(&cfg);
    cfg.rng = fake_rng(&w->seed);
    cfg.identity = wzp_seed_identity_table(w->id);
    cfg.now_unix = w->unix_now;
    cfg.call_id = WZP_STR(CALL_ID);
    ASSERT_OK(wzp_agree_new_caller(&a, &cfg));
    wzp_agree_commit(a, commit);
    cfg.identity = wzp_seed_identity_table(other);
    ASSERT_OK(wzp_agree_new_callee(&b, &cfg, commit,
                                   wzp_seed_identity_table(w->id).public_key));
    wzp_identity_fingerprint(cfg.identity.public_key, fp);
    ASSERT_OK(wzp_agree_answered(a, w->unix_now, wzp_agree_package(b), fp));
    ASSERT_OK(wzp_agree_reveal(a, &reveal));
    wzp_agree_free(b);
    wzp_seed_identity_free(other);
    return a;
}

/* Started; the agreement's package is in `kp`. */
static sr *start(uint8_t kp[WZP_KP_LEN])
{
    sr *w = sr_new();
    const wzp_join join = sr_join_of(w, CALL_ROOM);
    wzp_agree *a = agreed(w);
    memcpy(kp, wzp_agree_package(a).ptr, WZP_KP_LEN);
    ASSERT_OK(wzp__session_start_call(w->session, w->now, &join, a));
    wzp_agree_free(a); /* what it needs, it has */
    return w;
}

WZP_TEST(a_call_joins_its_room_by_hash_with_the_package_of_the_agreement)
{
    uint8_t kp[WZP_KP_LEN];
    char hash[WZP_ROOM_HEX_LEN + 1];
    sr *w = start(kp);
    assert_true(wzp__session_is_call(w->session));
    sr_run(w, WZP_S);
    sr_assert_state(w, WZP_CLIENT_JOINED);
    wzp_room_hash(WZP_STR(CALL_ROOM), hash);
    assert_string_equal(w->sni, hash);
    ASSERT_OK(w->offer_err);
    assert_int_equal(w->kp_len, WZP_KP_LEN);
    assert_memory_equal(w->kp, kp, WZP_KP_LEN);
    wzp__session_leave(w->session, w->now);
    sr_run(w, WZP_S);
    assert_false(wzp__session_is_call(w->session));
    assert_null(wzp__session_group(w->session));
    sr_free(w);
}

WZP_TEST(a_call_keeps_its_package_and_keys_over_connections_and_a_room_does_not)
{
    for (int is_call = 0; is_call < 2; is_call++) {
        uint8_t kp[WZP_KP_LEN];
        sr *w = is_call ? start(kp) : sr_new();
        if (!is_call) {
            sr_start(w, "room");
        }
        sr_run(w, WZP_S);
        sr_assert_state(w, WZP_CLIENT_JOINED);
        memcpy(kp, w->kp, sizeof kp);
        const uint32_t epoch = wzp__session_epoch(w->session);
        ASSERT_OK(wzp_endpoint_close(w->relay, w->now, w->relay_conn,
                                     WZP_CLOSE_SHUTDOWN, "restart"));
        sr_run(w, 3 * WZP_S);
        sr_assert_state(w, WZP_CLIENT_JOINED);
        assert_int_equal(w->offers, 2);
        assert_int_equal(wzp__session_epoch(w->session), epoch + !is_call);
        assert_int_equal(memcmp(kp, w->kp, sizeof kp) == 0, is_call);
        sr_free(w);
    }
}

WZP_TEST(a_call_ends_at_a_legacy_relay_whatever_is_allowed)
{
    uint8_t kp[WZP_KP_LEN];
    sr *w = start(kp);
    w->mood = SR_NO_CAPS;
    w->clear.is_allowed = true;
    w->clear.is_accepted = true;
    sr_run(w, WZP_S);
    sr_assert_state(w, WZP_CLIENT_IDLE);
    const wzp__session_event *ev = sr_find(w, WZP__SESSION_ENDED);
    assert_non_null(ev);
    assert_int_equal(ev->why, WZP_ERR_LEGACY);
    assert_null(wzp__session_group(w->session));
    sr_free(w);
}

WZP_TEST(a_call_that_cannot_start_leaves_nothing_behind)
{
    sr *w = sr_new();
    wzp_join join = sr_join_of(w, CALL_ROOM);
    wzp_agree *a = agreed(w);
    join.n_addrs = 0;
    assert_int_equal(wzp__session_start_call(w->session, w->now, &join, a),
                     WZP_ERR_ARG);
    assert_false(wzp__session_is_call(w->session));
    assert_null(wzp__session_group(w->session));
    assert_int_equal(wzp__session_start_call(w->session, w->now, &join, a),
                     WZP_ERR_STATE); /* its keys were taken */
    wzp_agree_free(a);
    a = agreed(w);
    sr_start(w, "room");
    join = sr_join_of(w, CALL_ROOM);
    assert_int_equal(wzp__session_start_call(w->session, w->now, &join, a),
                     WZP_ERR_STATE);
    assert_false(wzp__session_is_call(w->session));
    wzp_agree_free(a);
    sr_free(w);
}
